//! Leaving: what is under way is not left without a word.

use crate::{
    app::{command::Command, event::Effect, state::State},
    model::Severity,
};

impl State {
    /// What would stay unfinished were the program to end now: `sync cart in prod, step 2 of 3`.
    pub fn unfinished(&self) -> Vec<String> {
        let words = |running: &crate::app::Running| {
            let (at, of) = running.step;
            format!("{}, step {} of {of}", running.title, at.max(1))
        };
        self.running.iter().map(words).collect()
    }
}

/// Ends the program; where something is under way, says first what stays unfinished, and ends when asked again.
pub(super) fn quit(state: &mut State, effects: &mut Vec<Effect>) {
    let left = state.unfinished();
    let Some(first) = left.first().filter(|_| !state.leaving) else {
        return effects.push(Effect::Quit);
    };
    let more = if left.len() > 1 { format!(" and {} more", left.len() - 1) } else { String::new() };
    state.say(Severity::Warning, format!("again to leave · unfinished: {first}{more}"));
    state.leaving = true;
}

/// Whoever does something else does not leave.
pub(super) fn stay(state: &mut State, command: Command) {
    if !matches!(command, Command::Quit | Command::Close) {
        state.leaving = false;
    }
}
