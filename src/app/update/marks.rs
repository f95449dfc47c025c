//! Marked rows: which they are, and which of them an action is about.

use std::collections::HashSet;

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
            if let Some(Item::Group(label)) = state.selected().cloned() {
                mark_group(state, pane, &label);
            } else if let Some(item) = state.selected().cloned() {
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
    let shown = (0..state.pane(pane).rows.shown.len()).filter_map(|at| state.item_at(pane, at));
    shown.filter(|item| !matches!(item, Item::Group(_))).collect()
}

/// Marks all of a group, or takes the marks away when all are marked; it is unfolded, so that they are seen.
fn mark_group(state: &mut State, pane: PaneId, label: &str) {
    let rows = &state.pane(pane).rows;
    let Some(group) = rows.groups.iter().find(|g| *g.label == *label) else { return };
    let key = |row: &Row| row.key(&state.store, &state.timeline).map(|k| Item::Entity(k.clone()));
    let items: HashSet<Item> = group.rows.iter().filter_map(key).collect();
    let marks = &mut state.pane_mut(pane).marks;
    if items.is_subset(marks) {
        marks.retain(|item| !items.contains(item));
    } else {
        marks.extend(items);
    }
    let mut folded = state.pane(pane).folded.clone();
    folded.remove(label);
    state.fold(pane, folded);
}

/// The rows that something is done with: the marked ones that are shown, else the selected one. Marked rows that a
/// filter hides are left out and said to be.
pub(super) fn chosen(state: &State) -> (Vec<Row>, String) {
    let pane = state.pane(state.active);
    if pane.marks.is_empty() {
        let selected = pane.rows.shown.get(pane.cursor).copied();
        return (selected.filter(|row| !matches!(row, Row::Group(_))).into_iter().collect(), String::new());
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
