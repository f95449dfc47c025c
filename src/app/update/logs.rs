//! Logs: what is opened for the focus and how far back, filters, marks, columns, a line looked at, saving.

mod choose;
mod line;

use std::path::PathBuf;

use super::moves::height;
use crate::{
    app::{
        command::Command,
        event::Effect,
        input::Input,
        layout::PaneId,
        logs::{GONE, Query, Reading, Wish},
        overlay::{Purpose, Typing},
        state::{Dirty, State},
    },
    model::{Key, LogRequest, LogTarget, Severity},
    triage::Focus,
};

pub(super) use choose::pick;

/// So many pods are read at once while nobody looks, and while someone does.
const STREAMS: (usize, usize) = (8, 50);

/// Runs a command on the logs pane; `false` when it is not one of its own.
pub(super) fn run(state: &mut State, command: Command, effects: &mut Vec<Effect>) -> bool {
    match command {
        Command::Include => begin(state, Purpose::Include),
        Command::Exclude => begin(state, Purpose::Exclude),
        Command::Mark => begin(state, Purpose::Note),
        Command::Filter => {
            let before = state.logs.search().text().to_owned();
            state.logs.begin_search();
            state.typing = Some(Typing { input: Input::new(before.clone()), before, ..Typing::default() });
        }
        Command::DropFilter => {
            if !state.logs.drop_filter() {
                state.say(Severity::Quiet, "no filter is set");
            }
        }
        Command::Archive => archive(state, effects),
        Command::LogsPrevious if state.logs.reading.previous => reopen(state, None, false, effects),
        Command::Range => choose::range(state),
        Command::Columns => choose::columns(state),
        Command::Open => line::open(state),
        Command::Copy => line::copy(state, effects),
        Command::Save => save(state, effects),
        _ => {
            let height = height(state, PaneId::Logs);
            let known = state.logs.run(command, height);
            tell_missed(state);
            return known;
        }
    }
    true
}

fn begin(state: &mut State, purpose: Purpose) {
    state.typing = Some(Typing { purpose, ..Typing::default() });
}

/// Does with the logs what is typed, live.
pub(super) fn typed(state: &mut State, purpose: Purpose, text: &str) {
    match purpose {
        Purpose::Filter => {
            let height = height(state, PaneId::Logs);
            state.logs.set_search(Query::new(text), height);
        }
        Purpose::Include | Purpose::Exclude => {
            state.logs.set_draft(Some((Query::new(text), purpose == Purpose::Exclude)));
        }
        Purpose::Note => {}
    }
}

/// Takes what was typed for the logs; `false` when it is not yet whole.
pub(super) fn confirm(state: &mut State, purpose: Purpose, text: &str) -> bool {
    let wrong = Query::new(text).problem().map(str::to_owned);
    match (purpose, wrong) {
        (Purpose::Note, _) => {
            let now = state.now;
            state.logs.mark(now, text);
        }
        (_, Some(wrong)) => {
            state.say(Severity::Warning, wrong);
            return false;
        }
        (Purpose::Filter, None) => state.logs.end_search(),
        // A sign without a word filters nothing, and is not nothing typed either.
        (_, None) if Query::new(text).is_empty() && !text.trim().is_empty() => state.logs.set_draft(None),
        (_, None) => state.logs.keep_draft(),
    }
    true
}

/// Leaves what was being typed for the logs.
pub(super) fn cancel(state: &mut State, purpose: Purpose, before: &str) {
    match purpose {
        Purpose::Filter => state.logs.cancel_search(Query::new(before)),
        Purpose::Include | Purpose::Exclude => state.logs.set_draft(None),
        Purpose::Note => {}
    }
}

/// Says what was looked for and is not there.
pub(super) fn tell_missed(state: &mut State) {
    let Some((wish, up)) = state.logs.take_missed() else { return };
    let what = match wish {
        Wish::Match => "match",
        Wish::Error => "error line",
        Wish::Mark => "mark",
        Wish::Line => "line",
    };
    state.say(Severity::Quiet, format!("no {what} {}", if up { "above" } else { "below" }));
}

/// Opens the logs that the focus asks for, if others are open, and those of pods that came since.
pub(super) fn follow_focus(state: &mut State, effects: &mut Vec<Effect>) {
    let same = state.logs.reading.of == state.focus && !state.logs.targets.is_empty();
    let reading = if same {
        state.logs.reading.clone()
    } else {
        Reading { of: state.focus.clone(), ..Reading::default() }
    };
    open(state, reading, false, effects);
}

/// Opens the logs of pods that came since too: what takes the place of a pod goes on where that one ended.
pub(super) fn follow_pods(state: &mut State, effects: &mut Vec<Effect>) {
    let reading = &state.logs.reading;
    if reading.of == state.focus && !reading.previous && !state.logs.targets.is_empty() {
        follow_focus(state, effects);
    }
}

/// Opens the logs of the focus anew.
pub(super) fn reopen(
    state: &mut State,
    since: Option<std::time::Duration>,
    previous: bool,
    effects: &mut Vec<Effect>,
) {
    let reading = Reading { of: state.focus.clone(), since, previous };
    open(state, reading, true, effects);
}

fn open(state: &mut State, reading: Reading, anew: bool, effects: &mut Vec<Effect>) {
    let previous = reading.previous;
    let looks = state.active == PaneId::Logs && !previous;
    let most = if looks { STREAMS.1 } else { STREAMS.0 };
    let same = !anew && reading == state.logs.reading && !state.logs.targets.is_empty();
    let pods = state.log_pods(most);
    // Loki is asked only when someone looks.
    let kept = if looks && state.logs.archived { state.kept_logs() } else { None };
    let pod = |key: &Key| LogTarget::Pod { key: key.clone(), container: None, previous };
    if same {
        // The worst come first, and may come on top of those that are read already, up to as many again.
        let open = state.logs.pods().filter(|key| state.store.pods.get(key).is_some()).count();
        let room = if looks { STREAMS.1 } else { (2 * STREAMS.0).saturating_sub(open) };
        let is_new = |(key, uid): &(Key, u128)| *uid != GONE && !state.logs.is_open(key, *uid);
        let fresh: Vec<_> = pods.into_iter().filter(is_new).take(room).collect();
        let kept = kept.filter(|target| !state.logs.targets.contains(target));
        if fresh.is_empty() && kept.is_none() {
            return;
        }
        let targets: Vec<_> = fresh.iter().map(|(key, _)| pod(key)).chain(kept).collect();
        state.logs.add(&targets, fresh);
        state.logs.title = title(state, &reading, &state.logs.targets);
        let requests = targets.iter().map(|t| request(t, &reading)).collect();
        effects.push(Effect::MoreLogs { ticket: state.logs.ticket, requests });
        state.touch(Dirty::Now);
        return;
    }
    let targets: Vec<_> = pods.iter().map(|(key, _)| pod(key)).chain(kept).collect();
    if targets.is_empty() {
        return;
    }
    let ticket = state.ticket();
    let title = title(state, &reading, &targets);
    let requests = targets.iter().map(|t| request(t, &reading)).collect();
    state.logs.open(ticket, title, reading);
    state.logs.add(&targets, pods);
    effects.push(Effect::OpenLogs { ticket, requests });
    state.touch(Dirty::Now);
}

fn request(target: &LogTarget, reading: &Reading) -> LogRequest {
    let tail = match (is_pod(target), reading.since) {
        (true, Some(_)) => None,
        (true, None) => Some(200),
        (false, Some(_)) => Some(20_000),
        (false, None) => Some(1000),
    };
    LogRequest { target: target.clone(), tail, since: reading.since, follow: !reading.previous }
}

fn title(state: &State, reading: &Reading, targets: &[LogTarget]) -> String {
    let of = match &state.focus {
        Focus::Entity(key) => state.name_of(key),
        _ => String::new(),
    };
    let pods = targets.iter().filter(|t| is_pod(t)).count();
    let with = if pods < targets.len() { " + loki" } else { "" };
    let first = targets.iter().find_map(|t| match t {
        LogTarget::Pod { key, .. } => Some(&*key.name),
        LogTarget::Query { .. } => None,
    });
    let before = if reading.previous { " before the last restart" } else { "" };
    match (pods, first) {
        (1, Some(name)) => format!("{name}{with}{before}"),
        (0, _) => format!("{of} · loki"),
        (n, _) => format!("{of} · {n} pods{with}{before}"),
    }
}

const fn is_pod(target: &LogTarget) -> bool {
    matches!(target, LogTarget::Pod { .. })
}

/// Reads what Loki kept as well, or no longer.
fn archive(state: &mut State, effects: &mut Vec<Effect>) {
    if !state.logs.archived && state.kept_logs().is_none() {
        state.say(Severity::Quiet, "no Loki is known for this environment");
        return;
    }
    state.logs.archived = !state.logs.archived;
    state.say(
        Severity::Quiet,
        if state.logs.archived {
            "with what Loki kept, lines of deleted pods too"
        } else {
            "only what the pods themselves still have"
        },
    );
    let since = state.logs.reading.since;
    reopen(state, since, false, effects);
}

/// Has what is shown written to a file.
fn save(state: &mut State, effects: &mut Vec<Effect>) {
    if state.logs.is_empty() {
        state.say(Severity::Quiet, "there is nothing to save");
        return;
    }
    let of = state.logs.title.split(' ').next().unwrap_or_default();
    let safe = |c: char| if c.is_ascii_alphanumeric() || "-.".contains(c) { c } else { '_' };
    let of: String = of.chars().map(safe).take(80).collect();
    let stamp = state.now.timestamp().strftime("%Y%m%dT%H%M%SZ");
    let folder = state.settings.logs.folder.clone().unwrap_or_else(|| PathBuf::from("."));
    let path = folder.join(format!("vigie-{of}-{stamp}.log"));
    effects.push(Effect::Save { path, lines: Box::new(state.logs.saved()) });
}
