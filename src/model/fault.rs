//! How asking a system can fail, in words that help.

use std::{fmt, time::Duration};

use super::Str;

/// What sort of failure, for exit codes, colours and what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// No connection: name, route, refused, reset, TLS.
    Unreachable,
    /// It took longer than it was given.
    Timeout,
    /// The system does not know who we are (401).
    Unauthenticated,
    /// The system knows and will not (403).
    Refused,
    /// There is no such thing (404).
    NotFound,
    /// The thing changed since it was read (409), or another operation is under way.
    Conflict,
    /// The system says the request is wrong (400, 422).
    Invalid,
    /// Asked too often (429).
    Throttled,
    /// The system failed (5xx).
    Server,
    /// The answer is not what the protocol promises: HTML, cut JSON, wrong type.
    Garbled,
    /// The configuration or our own use is wrong.
    Usage,
    /// What it asks for does not exist here: an API this server lacks.
    Unsupported,
    /// A mutation was sent and its answer lost: find out before doing anything.
    Unknown,
}

/// A failure: what failed, where, why, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What sort.
    pub kind: FaultKind,
    /// The system and environment it happened on: `argocd in prod`.
    pub system: Str,
    /// What was being done: `list applications`.
    pub what: Str,
    /// Why it failed, cleaned for printing, without secrets.
    pub why: Str,
    /// What to do about it; empty when nothing helps but waiting.
    pub hint: Str,
    /// How long the system asked us to wait.
    pub retry_after: Option<Duration>,
}

impl Fault {
    /// A failure of `kind` of `system` while doing `what`, because `why`.
    pub fn new(kind: FaultKind, system: impl Into<Str>, what: impl Into<Str>, why: impl AsRef<str>) -> Self {
        Self {
            kind,
            system: system.into(),
            what: what.into(),
            why: super::text::one_line(why.as_ref()).as_ref().into(),
            hint: Str::from(""),
            retry_after: None,
        }
    }

    /// The same with advice.
    pub fn hint(mut self, hint: impl Into<Str>) -> Self {
        self.hint = hint.into();
        self
    }
}

impl fmt::Display for Fault {
    /// `argocd in prod: list applications: connection refused (hint)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.system, self.what, self.why)?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, " ({})", self.hint) }
    }
}

impl std::error::Error for Fault {}
