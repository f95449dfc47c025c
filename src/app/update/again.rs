//! How often a command runs, and doing again what looked, sorted or narrowed last.

use super::{keys, logs, moves};
use crate::{
    app::{
        command::Command,
        event::Effect,
        keying::Again,
        layout::PaneId,
        orders::Orders,
        overlay::{Overlay, Purpose},
        state::State,
    },
    keymap::{Code, Press},
    model::Severity,
};

/// Takes a digit of a count that was begun; `false` when it is none.
pub(super) fn digit(state: &mut State, press: Press) -> bool {
    let digit = press.typed().and_then(|c| c.to_digit(10));
    match digit {
        Some(digit) if state.keying.count.is_some() => state.keying.digit(digit),
        _ => return false,
    }
    true
}

/// Begins a count with the key that was pressed: one with a digit is its first.
pub(super) fn begin(state: &mut State, press: Press) {
    state.keying.count = Some(0);
    if let Code::Char(c) = press.code
        && let Some(digit) = c.to_digit(10)
    {
        state.keying.digit(digit);
    }
}

/// Runs what a key says as often as was counted, and remembers it.
pub(super) fn run(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    let count = state.keying.count.take().filter(|n| *n > 0);
    if command == Command::Repeat {
        return again(state, count, effects);
    }
    if command.repeats() && state.overlays.is_empty() && state.typing.is_none() {
        state.keying.again = Some(Again::Command(command, count));
    }
    times(state, command, count, effects);
}

fn times(state: &mut State, command: Command, count: Option<u16>, effects: &mut Vec<Effect>) {
    let Some(count) = count else { return keys::run(state, command, effects) };
    let is_list = state.overlays.is_empty() && state.active != PaneId::Logs;
    match command {
        Command::Down | Command::Up if is_list => moves::by(state, command == Command::Down, count.into()),
        Command::Top | Command::Bottom if is_list => moves::row(state, usize::from(count) - 1),
        Command::Top | Command::Bottom if !state.overlays.last().is_some_and(Overlay::is_sheet) => {
            keys::run(state, Command::Top, effects);
            for _ in 1..count {
                keys::run(state, Command::Down, effects);
            }
        }
        Command::Mark if is_list => (0..count).for_each(|_| keys::run(state, command, effects)),
        _ if command.counts() => (0..count).for_each(|_| keys::run(state, command, effects)),
        _ => keys::run(state, command, effects),
    }
}

fn again(state: &mut State, count: Option<u16>, effects: &mut Vec<Effect>) {
    if !state.overlays.is_empty() {
        return state.say(Severity::Quiet, "only in the panes something is done again");
    }
    match state.keying.again.clone() {
        None => state.say(Severity::Quiet, "nothing was looked at, sorted or filtered yet"),
        Some(Again::Command(command, before)) => times(state, command, count.or(before), effects),
        Some(Again::Typed(purpose, text)) => typed(state, purpose, &text),
        Some(Again::Sort(sort)) => {
            let active = state.active;
            if Orders::of(state, active).all.iter().any(|(known, _)| *known == sort) {
                state.pane_mut(active).sort_by(sort);
                state.say(Severity::Quiet, format!("sorted {}", state.sort_words(active)));
            } else {
                state.say(Severity::Quiet, "this list cannot be sorted so");
            }
        }
    }
}

fn typed(state: &mut State, purpose: Purpose, text: &str) {
    if state.active == PaneId::Logs {
        if purpose == Purpose::Filter {
            state.logs.begin_search();
        }
        logs::typed(state, purpose, text);
        logs::confirm(state, purpose, text);
        return;
    }
    if purpose == Purpose::Filter {
        state.narrow(state.active, text);
    }
}
