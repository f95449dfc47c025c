//! Break-glass: what a policy forbids, done all the same for a short while, on the record.

use std::time::Duration;

use crate::model::{Str, Time};

/// That someone set the rules of an environment aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glass {
    /// Names it on the record, and with it every action done under it.
    pub id: Str,
    /// Why.
    pub reason: Str,
    /// Since when.
    pub since: Time,
    /// When it ends by itself.
    pub until: Time,
}

impl Glass {
    /// The longest that it lasts.
    pub const LONGEST: Duration = Duration::from_secs(30 * 60);

    /// One that begins now.
    pub fn new(id: impl Into<Str>, reason: impl Into<Str>, now: Time) -> Self {
        Self { id: id.into(), reason: reason.into(), since: now, until: now.plus(Self::LONGEST) }
    }

    /// Whether it lasts at a moment; before it began it does not either: a clock that was set back makes it no longer.
    pub fn holds(&self, at: Time) -> bool {
        self.since <= at && at < self.until
    }

    /// How long it still lasts, in whole minutes, the last begun one counted: `28m`.
    pub fn left(&self, at: Time) -> String {
        format!("{}m", self.until.since(at).as_secs().div_ceil(60))
    }
}
