//! How a command answers: a form on stdout and an exit code.

use std::{fmt::Write as _, process::ExitCode};

use serde::Serialize;

use super::csv;
use crate::{
    action::plan::Outcome,
    model::{Fault, FaultKind, text},
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
    /// Comma-separated values (RFC 4180).
    Csv,
}

/// JSON with the characters that are not safe to show escaped: the same value, and nothing for a terminal to act on.
pub fn safe_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || text::is_safe(c) {
            out.push(c);
        } else {
            let mut units = [0; 2];
            // Writing to a String cannot fail.
            c.encode_utf16(&mut units).iter().for_each(|unit| _ = write!(out, "\\u{unit:04x}"));
        }
    }
    out
}

impl Format {
    /// `value` in this form; `table` makes the lines for people.
    pub fn render<T: Serialize>(self, value: &T, table: impl FnOnce(&T) -> String) -> String {
        match self {
            Self::Table => table(value),
            Self::Json => {
                serde_json::to_string_pretty(value).map_or_else(|e| e.to_string(), |s| safe_json(&s) + "\n")
            }
            Self::Yaml => serde_saphyr::to_string(value).unwrap_or_else(|e| e.to_string()),
            Self::Csv => serde_json::to_value(value).map_or_else(|e| e.to_string(), |v| csv::records(&v)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_the_same_value_and_is_safe_to_show() {
        let value = serde_json::json!({ "a": "x\u{9b}31m\u{202e}\u{e0001}y\n" });
        let text = Format::Json.render(&value, |_| String::new());
        assert!(text.chars().all(|c| c == '\n' || text::is_safe(c)), "{text:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).expect("JSON"), value);
    }
}
