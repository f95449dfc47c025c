//! The mouse: it selects, opens and scrolls what is under it, and never plans or confirms anything.

use super::{keys, logs, moves};
use crate::app::{
    command::Command,
    event::Effect,
    layout::{PaneId, Placed},
    mouse::{Mouse, Pointed},
    overlay::Overlay,
    state::State,
};

/// Rows that a turn of the wheel moves by.
const TURN: usize = 3;

/// Takes in what the mouse did.
pub(super) fn take(state: &mut State, mouse: Mouse, effects: &mut Vec<Effect>) {
    state.pending.clear();
    state.keying.leave();
    match state.overlays.last() {
        None => panes(state, mouse, effects),
        // Nothing of a plan is for the mouse.
        Some(Overlay::Sheet(_)) => {}
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

fn panes(state: &mut State, mouse: Mouse, effects: &mut Vec<Effect>) {
    let layout = state.layout();
    let under = layout.panes.iter().find(|p| p.area.holds(mouse.x, mouse.y)).copied();
    let Some(placed) = under.filter(|_| state.typing.is_none()) else { return };
    match mouse.what {
        Pointed::Click => click(state, placed, mouse.y, effects),
        Pointed::Up => wheel(state, placed.pane, false),
        Pointed::Down => wheel(state, placed.pane, true),
    }
}

/// Selects what is clicked on; opens what was selected already.
fn click(state: &mut State, Placed { pane, area }: Placed, y: u16, effects: &mut Vec<Effect>) {
    let was = (state.active == pane && state.pane(pane).touched).then(|| state.pane(pane).cursor);
    moves::enter(state, pane);
    if pane == PaneId::Logs {
        return;
    }
    let body = state.body(pane, area.height);
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
