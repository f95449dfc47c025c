//! How old what is on screen is, and why.

use crate::model::{Fault, Str, Time};

/// How a stream of one kind from one source fares.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Status {
    /// Nothing yet.
    #[default]
    Loading,
    /// Works; what is shown is what is.
    Live,
    /// Works with less than it could: which right or feature is missing and what is shown instead.
    Degraded(Str),
    /// The system will not show it: the fault names the right that is missing.
    Refused(Box<Fault>),
    /// Does not work; what is shown is old. Tried again at the moment given.
    Down {
        /// Why.
        fault: Box<Fault>,
        /// When it is tried again.
        retry_at: Time,
    },
}

/// Freshness of one kind from one source.
#[derive(Clone, Debug, Default)]
pub struct Freshness {
    status: Status,
    since: Option<Time>,
    heard: Option<Time>,
    loaded: bool,
}

impl Freshness {
    /// How it fares.
    pub fn state(&self) -> &Status {
        &self.status
    }

    /// Since when it has been in this state.
    pub fn since(&self) -> Option<Time> {
        self.since
    }

    /// When the system last said anything.
    pub fn heard(&self) -> Option<Time> {
        self.heard
    }

    /// Whether a whole list ever arrived.
    pub fn is_loaded(&self) -> bool {
        self.loaded
    }

    pub(super) fn seen(&mut self, at: Time) {
        self.heard = self.heard.max(Some(at));
    }

    pub(super) fn loaded(&mut self, at: Time) {
        self.seen(at);
        self.loaded = true;
        if !matches!(self.status, Status::Degraded(_)) {
            self.status(at, Status::Live);
        }
    }

    pub(super) fn status(&mut self, at: Time, status: Status) {
        if matches!(status, Status::Live | Status::Degraded(_)) {
            self.seen(at);
        }
        if std::mem::discriminant(&self.status) != std::mem::discriminant(&status) {
            self.since = Some(at);
        }
        self.status = status;
    }
}
