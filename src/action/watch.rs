//! Waiting for what the systems show: polls with growing pauses, within a deadline, until told to stop.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::{
    evidence::{Evidence, Seen},
    mark::{Mark, Trace},
    plan::Goal,
    port::Systems,
    sign::Sign,
    subject::Subject,
};
use crate::model::{Fault, FaultKind, Key};

/// The first pause between two looks, and the longest.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(3);

/// How long a mutation whose answer was lost is looked for.
const LOOK_FOR: Duration = Duration::from_secs(10);

/// Asks a running action to stop before its next step; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it was asked.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// How waiting ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Waited {
    Holds(String),
    Failed(String),
    Unverified(String),
    Cancelled,
}

/// What a search for a mutation's trace showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It was received.
    Yes,
    /// The systems show none.
    No,
    /// They could not be asked.
    Blind(Fault),
}

/// Watches on behalf of one action.
pub(super) struct Watcher<'a> {
    pub(super) systems: &'a dyn Systems,
    pub(super) target: Key,
    pub(super) cancel: &'a Cancel,
    pub(super) note: &'a (dyn Fn(String) + Send + Sync),
    pub(super) deadline: Duration,
    /// How long all goals together have been waited for.
    pub(super) spent: Duration,
}

impl Watcher<'_> {
    /// Waits until a goal holds.
    pub(super) async fn until(&mut self, goal: &Goal, evidence: &mut Evidence) -> Waited {
        let mut said = String::new();
        let mut pause = FIRST;
        let mut waited = Duration::ZERO;
        loop {
            // Both clocks: the platform's may stand still, and a slow answer takes time without a pause.
            let began = self.systems.now();
            let now = match Subject::of_goal(self.systems, goal).await {
                Ok(subject) => match evidence.look(goal, &subject, waited) {
                    Seen::Holds(text) => return Waited::Holds(text),
                    Seen::Failed(text) => return Waited::Failed(text),
                    Seen::Lost(text) => return Waited::Unverified(text),
                    Seen::Waiting(text) => text,
                },
                Err(fault) => format!("cannot look: {fault}"),
            };
            if now != said {
                (self.note)(now.clone());
                said = now;
            }
            if self.cancel.is_cancelled() {
                return Waited::Cancelled;
            }
            if self.spent >= self.deadline {
                let secs = self.deadline.as_secs();
                return Waited::Unverified(format!("not within {secs} s: {said}"));
            }
            self.systems.sleep(pause).await;
            let passed = self.systems.now().since(began).max(pause);
            waited += passed;
            self.spent += passed;
            pause = (pause * 3 / 2).min(LONGEST);
        }
    }

    /// Looks for the trace of a mutation whose answer was lost.
    pub(super) async fn find(&self, trace: &Trace, evidence: &Evidence) -> Found {
        let on = trace.key(&self.target);
        let mut waited = Duration::ZERO;
        loop {
            let subject = match &trace.mark {
                Mark::Vault(sign) => Subject::of_sign(self.systems, &on, sign).await,
                _ => Subject::read(self.systems, &on).await,
            };
            let found = match subject {
                Ok(subject) => match trace.mark.is_seen(&subject, evidence) {
                    Some(true) => return Found::Yes,
                    Some(false) => Found::No,
                    None => {
                        let why = match trace.mark {
                            Mark::Vault(Sign::Nothing) => "Vault tells nowhere when it was rotated",
                            _ => "something else was done to it since and covers its trace",
                        };
                        Found::Blind(Fault::new(FaultKind::Unknown, "vigie", format!("look at {on}"), why))
                    }
                },
                Err(fault) => Found::Blind(fault),
            };
            if waited >= LOOK_FOR {
                return found;
            }
            self.systems.sleep(FIRST).await;
            waited += FIRST;
        }
    }
}
