//! Groups of lists: chosen, folded.

use std::collections::HashSet;

use crate::{
    app::{command::Command, group::Groups, overlay::Overlay, pane::Item, rows::Row, state::State},
    model::{Key, Severity, Str},
};

/// Runs a command about groups of the active pane; `false` when it is about something else.
pub(super) fn run(state: &mut State, command: Command) -> bool {
    match command {
        Command::GroupBy => offer(state),
        Command::FoldAll => fold_all(state),
        Command::Open | Command::Fold => return heading(state, |is| !is),
        Command::Left => return fold_here(state),
        Command::Right => return heading(state, |_| false),
        _ => return false,
    }
    true
}

fn offer(state: &mut State) {
    let groups = Groups::of(state, state.active);
    if groups.all.is_empty() {
        return state.say(Severity::Quiet, "this list has no groups");
    }
    state.overlays.push(Overlay::Groups(groups));
}

/// Runs a command in the list of groupings.
pub(super) fn choose(state: &mut State, command: Command) {
    let Some(Overlay::Groups(groups)) = state.overlays.last_mut() else { return };
    if let Some(to) = command.step(groups.cursor, groups.all.len().saturating_sub(1)) {
        groups.cursor = to;
        return;
    }
    match command {
        Command::Cancel | Command::Back => {
            state.overlays.pop();
        }
        Command::Confirm | Command::Open => {
            let chosen = groups.all.get(groups.cursor).cloned();
            state.overlays.pop();
            if let Some((by, words)) = chosen {
                let pane = state.pane_mut(state.active);
                (pane.group, pane.folded) = (by, HashSet::new());
                pane.wishes += 1;
                state.settle();
                let said = if words.starts_with("by") { format!("grouped {words}") } else { words };
                state.say(Severity::Quiet, said);
            }
        }
        _ => {}
    }
}

/// Folds or unfolds the group whose heading is selected; `false` when none is.
fn heading(state: &mut State, fold: impl FnOnce(bool) -> bool) -> bool {
    let Some(Item::Group(label)) = state.selected().cloned() else { return false };
    let is_folded = state.pane(state.active).folded.contains(&label);
    set(state, &label, fold(is_folded));
    true
}

/// Folds the group that the selection is in, and goes to its heading; `false` where nothing is grouped.
fn fold_here(state: &mut State) -> bool {
    let pane = state.pane(state.active);
    let Some(row) = pane.rows.shown.get(pane.cursor).copied() else { return false };
    let group = match row {
        Row::Group(n) => Some(n as usize),
        row => state.group_of(state.active, row),
    };
    let Some(group) = group.and_then(|n| pane.rows.groups.get(n)) else { return false };
    let label = group.label.clone();
    let pane = state.pane_mut(state.active);
    (pane.selected, pane.touched) = (Some(Item::Group(label.clone())), true);
    state.follow = true;
    set(state, &label, true);
    true
}

fn set(state: &mut State, label: &Str, fold: bool) {
    let active = state.active;
    let mut folded = state.pane(active).folded.clone();
    if fold {
        folded.insert(label.clone());
    } else {
        folded.remove(label);
    }
    state.fold(active, folded);
    state.settle();
}

/// Folds all groups, or unfolds them when all are folded.
fn fold_all(state: &mut State) {
    let pane = state.pane(state.active);
    if pane.rows.groups.is_empty() {
        return state.say(Severity::Quiet, "nothing is grouped here");
    }
    let all: HashSet<Str> = pane.rows.groups.iter().map(|g| g.label.clone()).collect();
    let folded = if all.is_subset(&pane.folded) { HashSet::new() } else { all };
    state.fold(state.active, folded);
    state.settle();
}

/// Unfolds the group of an active pane's row that is to be gone to.
pub(super) fn reveal(state: &mut State, key: &Key) {
    let pane = state.pane(state.active);
    let holds = |rows: &[Row]| rows.iter().any(|r| r.key(&state.store, &state.timeline) == Some(key));
    let folded = pane.rows.groups.iter().find(|g| g.folded && holds(&g.rows));
    if let Some(label) = folded.map(|g| g.label.clone()) {
        set(state, &label, false);
    }
}
