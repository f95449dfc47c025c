//! The rows of a list on screen: scrolled, and gone to by where they stand there.

use super::moves::{height, row};
use crate::app::{command::Command, state::State};

/// Runs a command about the rows on screen; `false` when it is about something else.
pub(super) fn run(state: &mut State, command: Command) -> bool {
    let id = state.active;
    let height = height(state, id).max(1);
    let pane = state.pane(id);
    let (cursor, offset) = (pane.cursor, pane.offset);
    let last = pane.rows.shown.len().saturating_sub(1);
    let bottom = (offset + height - 1).min(last);
    let (at, first) = match command {
        // The selection goes along only where its row would leave the screen.
        Command::ScrollDown => (cursor.max(offset + 1), offset + 1),
        Command::ScrollUp => (cursor.min((offset + height).saturating_sub(2)), offset.saturating_sub(1)),
        Command::PutMiddle => (cursor, cursor.saturating_sub(height / 2)),
        Command::PutTop => (cursor, cursor),
        Command::PutBottom => (cursor, (cursor + 1).saturating_sub(height)),
        Command::WindowTop => (offset, offset),
        Command::WindowMiddle => (offset + (bottom - offset.min(bottom)) / 2, offset),
        Command::WindowBottom => (bottom, offset),
        _ => return false,
    };
    // What fits is not scrolled.
    let first = first.min((last + 1).saturating_sub(height));
    if first == offset && matches!(command, Command::ScrollDown | Command::ScrollUp) {
        return true;
    }
    if at != cursor {
        row(state, at);
    }
    let pane = state.pane_mut(id);
    pane.offset = first;
    pane.scroll(height);
    true
}
