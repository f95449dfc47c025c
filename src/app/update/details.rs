//! Looking closer: descriptions, YAML, events, diffs, trees, why, logs.

use super::{browse, logs, moves, viewer};
use crate::{
    app::{
        command::Command,
        event::{Effect, Ticket},
        layout::PaneId,
        overlay::Overlay,
        pane::Item,
        state::{Dirty, Settings, State},
        subject::Subject,
        viewer::{Sort, Viewer},
        why,
    },
    model::{Answer, Fault, Key, Kind, Query, Severity, Versus},
};

/// Opens what a command shows of the selected thing.
pub(super) fn open(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    if command == Command::Open
        && let Some(Item::Environment(_)) = state.selected()
    {
        let next = if state.has_pane(PaneId::Applications) { PaneId::Applications } else { PaneId::Pods };
        state.follow = true;
        moves::enter(state, next);
        return;
    }
    let Some(key) = state.target() else {
        state.say(Severity::Quiet, "select something first");
        return;
    };
    if let Some(kind) = browse::kind_of(&key).map(str::to_owned) {
        match command {
            Command::Open => browse::show(state, &kind, ""),
            _ => {
                let key = state.key_name(Command::Open);
                state.say(Severity::Quiet, format!("a kind of objects: {key} lists them"));
            }
        }
        return;
    }
    match command {
        Command::Copy => {
            let name = key.title().to_owned();
            state.say(Severity::Quiet, format!("copied {name}"));
            effects.push(Effect::Copy(name));
        }
        Command::Why => explain(state, &key),
        Command::Logs | Command::LogsPrevious => read_logs(state, command == Command::LogsPrevious, effects),
        Command::Open => match key.kind {
            Kind::Application => ask(state, key, Command::Open, effects),
            Kind::Alert => explain(state, &key),
            _ if matches!(state.selected().and_then(Item::key), Some(k) if k.kind == Kind::Change) => {
                moves::go_to(state, &key);
            }
            Kind::Pod => read_logs(state, false, effects),
            Kind::Silence | Kind::Change => explain(state, &key),
            _ => ask(state, key, Command::Describe, effects),
        },
        _ => ask(state, key, command, effects),
    }
}

fn explain(state: &mut State, key: &Key) {
    let lines = {
        let Settings { keys, ascii, .. } = &state.settings;
        why::why(&state.store, &state.timeline, key, keys, *ascii, state.now)
    };
    let mut viewer = Viewer::of("why", Sort::Document, lines);
    viewer.about = Some(key.clone());
    // An overview: one fact a line.
    viewer.wrap = false;
    state.overlays.push(Overlay::Viewer(Box::new(viewer)));
}

/// Asks the system and shows the answer when it comes.
fn ask(state: &mut State, key: Key, command: Command, effects: &mut Vec<Effect>) {
    let is_app = key.kind == Kind::Application;
    let (what, sort, query) = match command {
        Command::Describe => ("description", Sort::Document, Query::Describe(key.clone())),
        Command::Yaml => ("YAML", Sort::Document, Query::Manifest(key.clone())),
        Command::Events => ("events", Sort::Document, Query::Events(key.clone())),
        Command::Open if is_app => ("resources", Sort::Tree, Query::Tree(key.clone())),
        Command::Diff if is_app => {
            ("live → desired", Sort::Diff, Query::Diff { app: key.clone(), versus: Versus::Desired })
        }
        _ => {
            state.say(Severity::Quiet, "only applications have a diff");
            return;
        }
    };
    question(state, key, what, sort, query, effects);
}

/// Asks a question whose answer fills the screen.
pub(super) fn question(
    state: &mut State,
    about: Key,
    what: &'static str,
    sort: Sort,
    query: Query,
    effects: &mut Vec<Effect>,
) {
    let ticket = state.ticket();
    effects.push(Effect::Read { ticket, source: about.source, query: query.clone() });
    let mut viewer = Viewer::waiting(what, about, sort, ticket);
    viewer.query = Some(query);
    state.overlays.push(Overlay::Viewer(Box::new(viewer)));
}

/// Goes to the logs of the selected thing, on the whole screen.
fn read_logs(state: &mut State, previous: bool, effects: &mut Vec<Effect>) {
    if state.active != PaneId::Logs {
        if !state.pinned {
            state.follow = true;
        }
        moves::show(state, Subject::Logs);
        state.zoom = true;
    }
    state.settle();
    if state.logs.reading.previous == previous {
        logs::follow_focus(state, effects);
    } else {
        logs::reopen(state, None, previous, effects);
    }
    if state.logs.targets.is_empty() {
        state.say(Severity::Quiet, "no pods are known whose logs could be read");
    }
}

/// Gives an answer to whoever waits for it; nobody waits for what was closed.
pub(super) fn answer(state: &mut State, ticket: Ticket, answer: Result<Answer, Fault>) {
    if browse::answer(state, ticket, &answer) {
        return;
    }
    if viewer::answer(state, ticket, &answer) {
        return;
    }
    let (now, width) = (state.now, state.size.width);
    for overlay in &mut state.overlays {
        match overlay {
            Overlay::Viewer(viewer) if viewer.ticket == ticket && viewer.waits() => {
                viewer.answer(answer, now, width);
                state.touch(Dirty::Now);
                return;
            }
            Overlay::Picker(picker) if picker.ticket == ticket => {
                picker.answer(answer);
                state.touch(Dirty::Now);
                return;
            }
            Overlay::Resources(picker) if picker.ticket == ticket => {
                picker.answer(answer);
                state.touch(Dirty::Now);
                return;
            }
            Overlay::Sheet(sheet) if sheet.asked == Some(ticket) => {
                sheet.know(answer);
                state.touch(Dirty::Now);
                return;
            }
            _ => {}
        }
    }
}
