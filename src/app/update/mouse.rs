//! The mouse: it selects, opens, sorts and scrolls what is under it and presses the keys below, and never plans or
//! confirms anything.

use super::{keys, logs, moves, sorts};
use crate::{
    app::{
        command::Command,
        event::Effect,
        layout::{PaneId, Placed},
        mouse::{Mouse, Pointed},
        overlay::Overlay,
        state::State,
        subject::Subject,
    },
    model::Severity,
};

/// Rows that a turn of the wheel moves by.
const TURN: usize = 3;

/// Takes in what the mouse did.
pub(super) fn take(state: &mut State, mouse: Mouse, effects: &mut Vec<Effect>) {
    let begun = state.waits_for_keys() || state.keying.count.is_some();
    state.pending.clear();
    state.keying.leave();
    match state.overlays.last() {
        // Nothing of a plan is for the mouse.
        Some(overlay) if overlay.is_sheet() => {}
        _ if mouse.what == Pointed::Click && mouse.y == state.layout().footer.y => {
            // The keys stood elsewhere behind what was begun.
            if !begun {
                below(state, mouse.x, effects);
            }
        }
        None => panes(state, mouse, effects),
        Some(_) => {
            let (command, times) = match mouse.what {
                Pointed::Up => (Command::Up, TURN),
                Pointed::Down => (Command::Down, TURN),
                Pointed::Click => return,
            };
            (0..times).for_each(|_| keys::run(state, command, effects));
        }
    }
}

/// Presses the key below that is clicked on, unless it plans.
fn below(state: &mut State, x: u16, effects: &mut Vec<Effect>) {
    let layout = state.layout();
    if layout.footer.height == 0 || layout.header.height == 0 || state.typing.is_some() {
        return;
    }
    let Some(hint) = state.footer(1).hints.into_iter().find(|hint| hint.holds(x)) else { return };
    let chooses = matches!(state.overlays.last(), Some(Overlay::Picker(_) | Overlay::Resources(_)));
    let plans = hint.command.verb().is_some()
        || hint.command == Command::Undo
        || (chooses && hint.command == Command::Confirm);
    if plans {
        state.say(Severity::Quiet, format!("{} plans: that is for the keyboard", hint.key));
    } else {
        keys::run(state, hint.command, effects);
    }
}

fn panes(state: &mut State, mouse: Mouse, effects: &mut Vec<Effect>) {
    let layout = state.layout();
    let under = layout.panes.iter().find(|p| p.area.holds(mouse.x, mouse.y)).copied();
    let Some(placed) = under.filter(|_| state.typing.is_none()) else { return };
    match mouse.what {
        Pointed::Click => click(state, placed, mouse, effects),
        Pointed::Up => wheel(state, placed.pane, false),
        Pointed::Down => wheel(state, placed.pane, true),
    }
}

/// Selects what is clicked on; opens what was selected already; sorts by the heading of a column.
fn click(
    state: &mut State,
    Placed { pane, area }: Placed,
    Mouse { x, y, .. }: Mouse,
    effects: &mut Vec<Effect>,
) {
    let was = (state.active == pane && state.pane(pane).touched).then(|| state.pane(pane).cursor);
    moves::enter(state, pane);
    if pane == PaneId::Logs {
        return;
    }
    let body = state.body(pane, area.height);
    if body.heading && y == area.y + 1 && state.pane(pane).subject != Subject::Matrix {
        if let Some(column) = state.column_at(pane, area, x) {
            sorts::by_column(state, pane, &column);
        }
        return;
    }
    let first = area.y + 1 + u16::from(body.heading);
    let Some(line) = y.checked_sub(first).filter(|line| *line < body.rows) else { return };
    let at = state.pane(pane).offset + usize::from(line);
    if at >= state.pane(pane).rows.shown.len() {
        return;
    }
    if was == Some(at) {
        keys::pane(state, Command::Open, effects);
    } else {
        moves::row(state, at);
    }
}

/// Scrolls a pane, without going there.
fn wheel(state: &mut State, pane: PaneId, down: bool) {
    if pane == PaneId::Logs {
        let command = if down { Command::Down } else { Command::Up };
        let height = moves::height(state, pane);
        for _ in 0..TURN {
            state.logs.run(command, height);
        }
        logs::tell_missed(state);
    } else if pane == state.active {
        moves::by(state, down, TURN);
    } else {
        moves::scroll(state, pane, down, TURN);
    }
}
