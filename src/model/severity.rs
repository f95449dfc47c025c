//! How bad something is, on one scale for every kind of entity.

use serde::Serialize;

/// From fine to broken; the order is the order of sorting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing to say: finished, suspended, informational.
    #[default]
    Quiet,
    /// As it should be.
    Ok,
    /// Under way: progressing, syncing, starting.
    Active,
    /// Wants a look: out of sync, restarting, expiring soon, unknown.
    Warning,
    /// Broken, or about to be.
    Critical,
}

impl Severity {
    /// The sign shown before it; with the word beside it, colour is never needed.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Quiet => "·",
            Self::Ok => "✓",
            Self::Active => "~",
            Self::Warning => "!",
            Self::Critical => "✗",
        }
    }

    /// The word for it in files, filters and answers, as serialised.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Ok => "ok",
            Self::Active => "active",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// The sign in plain ASCII.
    pub const fn ascii(self) -> &'static str {
        match self {
            Self::Quiet => ".",
            Self::Ok => "+",
            Self::Active => "~",
            Self::Warning => "!",
            Self::Critical => "x",
        }
    }

    /// Whether someone on call should look at it.
    pub const fn is_problem(self) -> bool {
        matches!(self, Self::Warning | Self::Critical)
    }
}
