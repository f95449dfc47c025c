//! The terminal while another program has it: lent, and taken back as it was, whatever that program did.

use std::io;

use super::{
    away::Away,
    input::Input,
    signals::Signals,
    terminal::{Given, Screen},
};
use crate::{
    app::{Event, Handout, Notice},
    model::Severity,
};

/// Who has the terminal, when it is not this program.
#[derive(Default)]
pub(super) struct Lent(Option<(Away, Given)>);

impl Lent {
    /// Whether another program has it.
    pub fn is_lent(&self) -> bool {
        self.0.is_some()
    }

    /// Gives it to a program that is to show a text, if one is; what there is to tell when that cannot be.
    pub fn lend(
        &mut self,
        handout: Option<Handout>,
        keys: &mut Input,
        screen: &mut Screen,
        signals: &Signals,
    ) -> io::Result<Option<Event>> {
        let Some(handout) = handout.filter(|_| !self.is_lent()) else { return Ok(None) };
        if !keys.hold() {
            return Ok(Some(Event::Hangup));
        }
        let given = screen.give();
        signals.leave_keys(true);
        match Away::start(handout) {
            Ok(away) => {
                self.0 = Some((away, given));
                Ok(None)
            }
            Err(error) => {
                signals.leave_keys(false);
                screen.take_from(&given)?;
                keys.go_on();
                let text = format!("no program could be started: {error}");
                Ok(Some(Event::Notice(Notice::new(Severity::Warning, text))))
            }
        }
    }

    /// Waits until the program ends; what there is to say of how.
    pub async fn ended(&mut self) -> Option<String> {
        match &mut self.0 {
            Some((program, _)) => program.ended().await,
            None => std::future::pending().await,
        }
    }

    /// Takes the terminal back from a program that has ended.
    pub fn take_back(&mut self, keys: &mut Input, screen: &mut Screen, signals: &Signals) -> io::Result<()> {
        if let Some((_, given)) = self.0.take() {
            screen.take_from(&given)?;
            signals.leave_keys(false);
            keys.go_on();
        }
        Ok(())
    }

    /// Ends the program: this one ends.
    pub async fn end(mut self) {
        if let Some((program, given)) = &mut self.0 {
            program.end().await;
            given.tidy();
            self.0 = None;
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // Something broke: the terminal does not stay with a program that nobody waits for.
        if let Some((mut program, given)) = self.0.take() {
            program.kill();
            given.tidy();
        }
    }
}
