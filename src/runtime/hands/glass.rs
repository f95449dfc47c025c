//! Break-glass: recorded before it holds, and when it ends, also with the screen.

use std::sync::Arc;

use super::{Hands, unrecorded};
use crate::{
    action::glass,
    app::{Event, Notice},
    model::{Glass, Severity, Str},
};

impl Hands {
    /// Sets a policy aside once that is on the record.
    pub(super) fn break_glass(&mut self, environment: Str, reason: String) {
        let (journal, events, now) = (self.journal.clone(), self.events.clone(), self.now());
        self.tasks.spawn_blocking(move || {
            let glass = match &journal {
                Ok(journal) => glass::begin(journal, &environment, &reason, now),
                Err(error) => Err(unrecorded(error)),
            };
            let _ = events.blocking_send(Event::Glass { environment, glass });
        });
    }

    /// Records that a policy holds again.
    pub(super) fn mend_glass(&mut self, environment: Str, broken: Glass, how: &'static str) {
        let Ok(journal) = self.journal.as_ref().map(Arc::clone) else { return };
        let (events, now) = (self.events.clone(), self.now());
        self.tasks.spawn_blocking(move || {
            if let Err(fault) = glass::end(&journal, &environment, &broken, now, how) {
                let text = format!("that break-glass ended could not be recorded: {fault}");
                let _ = events.blocking_send(Event::Notice(Notice::new(Severity::Critical, text)));
            }
        });
    }
}

impl Drop for Hands {
    /// What is set aside is so for the screen only.
    fn drop(&mut self) {
        let Ok(journal) = &self.journal else { return };
        for env in &self.environments {
            if let Some(broken) = &env.policy.glass {
                // Nobody is left to be told; the record of its beginning says how long it could last.
                let _ = glass::end(journal, &env.name, broken, self.now(), "the screen was closed");
            }
        }
    }
}
