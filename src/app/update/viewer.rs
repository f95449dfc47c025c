//! What is done with a text, diff or tree that fills the screen.

use super::{keys, resources};
use crate::{
    app::{
        command::Command,
        event::{Effect, Handout, Program, Ticket},
        format,
        overlay::Overlay,
        state::{Dirty, State},
        viewer::{Content, Room, SHOWN, Sort, Value, Viewer},
    },
    model::{Answer, Fault, Query, Severity},
};

impl State {
    /// The place that a text has which fills the screen.
    pub fn room(&self) -> Room {
        let layout = self.layout();
        let top = layout.header.y + layout.header.height + 1;
        Room {
            width: self.size.width.saturating_sub(2),
            height: usize::from(layout.footer.y.saturating_sub(top)),
        }
    }
}

fn on_top(state: &mut State) -> Option<&mut Viewer> {
    match state.overlays.last_mut() {
        Some(Overlay::Viewer(viewer)) => Some(viewer),
        _ => None,
    }
}

fn all(state: &mut State) -> impl Iterator<Item = &mut Viewer> {
    state.overlays.iter_mut().filter_map(|o| match o {
        Overlay::Viewer(viewer) => Some(&mut **viewer),
        _ => None,
    })
}

/// Runs a command on the viewer on top.
pub(super) fn run(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    let room = state.room();
    let Some(viewer) = on_top(state) else { return };
    if viewer.run(command, room) {
        tell_level(state, command);
        return;
    }
    match command {
        // First what it is narrowed to goes.
        Command::Back if viewer.sort == Sort::Tree && !viewer.search.is_empty() => viewer.search(""),
        Command::Back | Command::Cancel => {
            state.overlays.pop();
        }
        Command::Filter => keys::search(state),
        Command::Copy => copy(state, effects),
        Command::CopyPath => match viewer.path() {
            Some(path) => {
                state.say(Severity::Quiet, format!("copied {path}"));
                effects.push(Effect::Copy(path));
            }
            None => state.say(Severity::Quiet, "only lines of YAML have a path"),
        },
        Command::CopyValue => copy_value(state, effects),
        Command::Reveal => reveal(state, effects),
        Command::Reload => reload(state, effects),
        Command::Editor => hand_out(state, Program::Editor, effects),
        Command::Pager => hand_out(state, Program::Pager, effects),
        Command::Sync if viewer.pointed().is_some() => resources::sync_pointed(state, effects),
        // What is looked at next, or done about it, takes its place.
        Command::Logs
        | Command::LogsPrevious
        | Command::Diff
        | Command::Describe
        | Command::Yaml
        | Command::Events
        | Command::Sync
        | Command::Rollback
        | Command::Hold => {
            let about = viewer.about.clone();
            if about.is_some() && about == state.target() {
                state.overlays.pop();
                keys::pane(state, command, effects);
            }
        }
        _ => {}
    }
}

/// Says how many levels are open, when that was changed.
fn tell_level(state: &mut State, command: Command) {
    if !matches!(command, Command::FoldMore | Command::FoldLess) {
        return;
    }
    let Some(viewer) = on_top(state) else { return };
    let level = match &viewer.content {
        Content::Text(text) if text.has_pointer() => text.level(),
        Content::Tree(tree) => tree.level(),
        Content::Text(_) | Content::Diff(_) => return,
    };
    let levels = if level == 1 { "1 level is open".to_owned() } else { format!("{level} levels are open") };
    state.say(Severity::Quiet, levels);
}

fn copy(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(viewer) = on_top(state) else { return };
    let text = viewer.text();
    let hidden = if viewer.has_secrets() { ", secrets hidden" } else { "" };
    let lines = format::count(text.lines().count());
    state.say(Severity::Quiet, format!("copied all of it, {lines} lines{hidden}"));
    effects.push(Effect::Copy(text));
}

fn copy_value(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(viewer) = on_top(state) else { return };
    match viewer.value() {
        None => state.say(Severity::Quiet, "only lines of YAML have a value"),
        Some(Value::Hidden(entry)) => {
            state.say(Severity::Quiet, format!("{entry} is hidden: have it shown first"));
        }
        Some(Value::Binary(entry)) => {
            state.say(Severity::Quiet, format!("{entry} is binary: it cannot be copied as text"));
        }
        Some(Value::Secret { entry, text, altered }) => {
            let altered = if altered { ", signs that are not safe to paste replaced" } else { "" };
            state.say(Severity::Warning, format!("copied the secret value of {entry}{altered}"));
            effects.push(Effect::Copy(text));
        }
        Some(Value::Plain(text)) => {
            let said = match text.lines().count() {
                0 | 1 => format!("copied {}", format::line(&text)),
                n => format!("copied {} lines", format::count(n)),
            };
            state.say(Severity::Quiet, said);
            effects.push(Effect::Copy(text));
        }
    }
}

/// Has another program show it, secrets masked.
fn hand_out(state: &mut State, with: Program, effects: &mut Vec<Effect>) {
    if !state.settings.programs {
        state.say(Severity::Quiet, "no other programs are started here: the configuration forbids it");
        return;
    }
    let Some(viewer) = on_top(state).filter(|v| !v.loading) else {
        state.say(Severity::Quiet, "there is nothing to show yet");
        return;
    };
    viewer.hide();
    let handout = Handout { text: viewer.text() + "\n", name: file_name(viewer), with };
    effects.push(Effect::HandOut(handout));
}

/// A name for a file with a text, by which an editor knows its syntax too.
fn file_name(viewer: &Viewer) -> String {
    let extension = match (&viewer.content, viewer.path()) {
        (Content::Diff(_), _) => "diff",
        (_, Some(_)) => "yaml",
        _ => "txt",
    };
    let about = viewer.about.as_ref().map_or(String::new(), |key| format!("-{}", key.title()));
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.') { c } else { '-' };
    let name: String =
        format!("{}{about}", viewer.what).to_lowercase().chars().map(plain).take(100).collect();
    format!("{}.{extension}", name.trim_matches(['-', '.']))
}

/// Asks for the secret under the pointer, or hides it.
fn reveal(state: &mut State, effects: &mut Vec<Effect>) {
    let ticket = state.ticket();
    let Some(viewer) = on_top(state) else { return };
    if viewer.is_revealed() {
        viewer.hide();
        return;
    }
    let (Some(key), Some(entry)) = (viewer.about.clone(), viewer.secret()) else {
        state.say(
            Severity::Quiet,
            "nothing is hidden here: values of Secrets are, and what is secret by its name",
        );
        return;
    };
    viewer.revealing = Some((ticket, viewer.cursor_line(), entry.clone()));
    effects.push(Effect::Read {
        ticket,
        source: key.source,
        query: Query::SecretEntry { key, entry: entry.as_str().into() },
    });
    state.say(Severity::Quiet, format!("asking for {entry}"));
}

/// Reads it again; what is shown stays until the answer comes.
fn reload(state: &mut State, effects: &mut Vec<Effect>) {
    let ticket = state.ticket();
    let Some(viewer) = on_top(state) else { return };
    let (Some(key), Some(query)) = (&viewer.about, viewer.query.clone()) else {
        state.say(Severity::Quiet, "this is not read from a system");
        return;
    };
    effects.push(Effect::Read { ticket, source: key.source, query });
    viewer.hide();
    viewer.ticket = ticket;
    viewer.again = true;
}

/// Shows a secret that was asked for; `false` when the answer is to another question.
pub(super) fn answer(state: &mut State, ticket: Ticket, answer: &Result<Answer, Fault>) -> bool {
    let now = state.now;
    let Some(viewer) = all(state).find(|v| v.revealing.as_ref().is_some_and(|r| r.0 == ticket)) else {
        return false;
    };
    let Some((_, line, entry)) = viewer.revealing.take() else { return false };
    let (severity, said) = match answer {
        Ok(Answer::Secret(value)) => {
            viewer.reveal(line, &entry, value.clone(), now);
            (Severity::Warning, format!("{entry} is shown for {} seconds", SHOWN.as_secs()))
        }
        Ok(_) => (Severity::Warning, "the system answered something else than was asked".to_owned()),
        Err(fault) => (Severity::Warning, fault.to_string()),
    };
    state.say(severity, said);
    true
}

/// Hides secrets whose time is over, and reads a tree again whose application changed.
pub(super) fn tick(state: &mut State, effects: &mut Vec<Effect>) {
    let now = state.now;
    let mut expired = false;
    for viewer in all(state) {
        expired |= viewer.expire(now);
    }
    if expired {
        state.say(Severity::Quiet, "the secret is hidden again");
    }
    let State { overlays, store, .. } = state;
    let Some(Overlay::Viewer(viewer)) = overlays.last_mut() else { return };
    if viewer.sort != Sort::Tree || viewer.waits() {
        return;
    }
    let app = viewer.about.as_ref().and_then(|key| store.applications.get(key));
    let seen = app.map(|a| (a.health, a.sync, a.revision.clone(), a.reconciled));
    let changed = viewer.seen.is_some() && viewer.seen != seen;
    viewer.seen = seen;
    if changed {
        reload(state, effects);
    }
}

/// Hides all secrets: nobody is known to look any more.
pub(super) fn hide(state: &mut State) {
    all(state).for_each(Viewer::hide);
}

/// Takes in that the screen has another size.
pub(super) fn resize(state: &mut State) {
    let width = state.size.width;
    all(state).for_each(|viewer| viewer.resize(width));
    state.touch(Dirty::Now);
}
