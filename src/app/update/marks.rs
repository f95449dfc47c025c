//! Marked rows: which they are, and which of them an action is about.

use crate::app::{command::Command, layout::PaneId, pane::Item, rows::Row, state::State, subject::Subject};
use crate::model::Severity;

/// Runs a command on the marks of the active pane; `false` when it is none.
pub(super) fn run(state: &mut State, command: Command) -> bool {
    let pane = state.active;
    let marks = matches!(command, Command::Mark | Command::MarkAll | Command::MarkNone | Command::MarkInvert);
    if pane == PaneId::Logs || !marks {
        return false;
    }
    if state.pane(pane).subject == Subject::Matrix {
        state.say(Severity::Quiet, "rows of the matrix cannot be marked");
        return true;
    }
    match command {
        Command::Mark => {
            if let Some(item) = state.selected().cloned() {
                toggle(state, pane, [item]);
                super::moves::run(state, Command::Down);
            }
        }
        Command::MarkAll => {
            let shown = items(state, pane);
            state.pane_mut(pane).marks.extend(shown);
        }
        Command::MarkNone => state.pane_mut(pane).marks.clear(),
        Command::MarkInvert => {
            let shown = items(state, pane);
            toggle(state, pane, shown);
        }
        _ => {}
    }
    state.pane_mut(pane).wishes += 1;
    state.settle();
    if command != Command::Mark {
        let count = state.pane(pane).marks.len();
        state.say(Severity::Quiet, format!("{count} marked"));
    }
    true
}

fn toggle(state: &mut State, pane: PaneId, items: impl IntoIterator<Item = Item>) {
    let marks = &mut state.pane_mut(pane).marks;
    for item in items {
        if !marks.remove(&item) {
            marks.insert(item);
        }
    }
}

fn items(state: &State, pane: PaneId) -> Vec<Item> {
    (0..state.pane(pane).rows.shown.len()).filter_map(|at| state.item_at(pane, at)).collect()
}

/// The rows that something is done with: the marked ones that are shown, else the selected one. Marked rows that a
/// filter hides are left out and said to be.
pub(super) fn chosen(state: &State) -> (Vec<Row>, String) {
    let pane = state.pane(state.active);
    if pane.marks.is_empty() {
        return (pane.rows.shown.get(pane.cursor).copied().into_iter().collect(), String::new());
    }
    let rows = pane.rows.shown.iter().filter(|row| pane.rows.marked.contains(row)).copied().collect();
    (rows, left_out(state))
}

/// What to say of marked rows that nothing is done with.
pub(super) fn left_out(state: &State) -> String {
    match state.pane(state.active).rows.hidden {
        0 => String::new(),
        1 => " · 1 marked row is hidden and left out".to_owned(),
        n => format!(" · {n} marked rows are hidden and left out"),
    }
}
