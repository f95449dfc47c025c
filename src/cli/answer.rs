//! How a command answers: a form on stdout and an exit code.

use std::process::ExitCode;

use serde::Serialize;

use crate::{
    action::plan::Outcome,
    model::{Fault, FaultKind},
};

/// The form of what goes to stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Lines for people.
    #[default]
    Table,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

impl Format {
    /// `value` in this form; `table` makes the lines for people.
    pub fn render<T: Serialize>(self, value: &T, table: impl FnOnce(&T) -> String) -> String {
        match self {
            Self::Table => table(value),
            Self::Json => serde_json::to_string_pretty(value).map_or_else(|e| e.to_string(), |s| s + "\n"),
            Self::Yaml => serde_saphyr::to_string(value).unwrap_or_else(|e| e.to_string()),
        }
    }
}

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done, and verified where something was changed.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// Used wrongly.
    Usage = 2,
    /// Refused, by policy or by a system.
    Refused = 3,
    /// Not verified, or not in time.
    Unverified = 4,
    /// A system cannot be reached.
    Unreachable = 5,
}

impl Exit {
    /// The exit of a command that a fault ended.
    pub fn of(fault: &Fault) -> Self {
        match fault.kind {
            FaultKind::Usage | FaultKind::NotFound => Self::Usage,
            FaultKind::Refused | FaultKind::Unauthenticated | FaultKind::Conflict | FaultKind::Invalid => {
                Self::Refused
            }
            FaultKind::Unreachable => Self::Unreachable,
            FaultKind::Timeout | FaultKind::Unknown => Self::Unverified,
            FaultKind::Throttled | FaultKind::Server | FaultKind::Garbled | FaultKind::Unsupported => {
                Self::Failed
            }
        }
    }

    /// The exit of an action.
    pub fn of_outcome(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Done { .. } => Self::Done,
            Outcome::Refused(fault) | Outcome::Failed { fault, done: 0 } => Self::of(fault),
            Outcome::Failed { .. } | Outcome::Cancelled { .. } => Self::Failed,
            Outcome::Unverified(_) => Self::Unverified,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
