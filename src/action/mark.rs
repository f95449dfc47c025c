//! The traces that steps leave: how a plan's steps are written to the journal and what shows that one was received.

use std::fmt;

use super::{
    evidence::{Evidence, Shown},
    plan::{Call, Goal},
};
use crate::model::{Application, Hold, Key, Mutation, OperationPhase, Str, Time};

/// A step in a form that the journal keeps; reads back without the session's numbering of systems.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A sync was sent.
    Sync,
    /// A rollback was sent.
    Rollback {
        /// The entry's revision.
        revision: Str,
        /// Whether it only tried.
        dry_run: bool,
    },
    /// A termination was sent.
    Terminate,
    /// A refresh was sent.
    Refresh,
    /// A hold was sent; its moment tells it from others.
    Hold {
        /// Since when.
        since: Time,
    },
    /// A release was sent.
    Release,
    /// Waits for the operation.
    Operation,
    /// Waits for the application to settle.
    Settled {
        /// On this revision.
        revision: Option<Str>,
        /// Whether Synced is asked.
        synced: bool,
    },
    /// Waits for automated sync to be on or off.
    AutoSync {
        /// Which.
        enabled: bool,
    },
    /// Waits until no operation is under way.
    Idle,
    /// Waits until Argo CD compared.
    Reconciled,
}

impl Mark {
    /// The mark of a step.
    pub fn of(call: &Call) -> Self {
        match call {
            Call::Send(mutation) => match mutation {
                Mutation::Sync { .. } => Self::Sync,
                Mutation::Rollback { revision, dry_run, .. } => {
                    Self::Rollback { revision: Str::clone(revision), dry_run: *dry_run }
                }
                Mutation::Terminate { .. } => Self::Terminate,
                Mutation::Refresh { .. } => Self::Refresh,
                Mutation::HoldAutoSync { hold, .. } => Self::Hold { since: hold.since },
                Mutation::ReleaseAutoSync { .. } => Self::Release,
            },
            Call::Await(goal) => match goal {
                Goal::OperationSucceeded { .. } => Self::Operation,
                Goal::AppSettled { revision, synced, .. } => {
                    Self::Settled { revision: revision.clone(), synced: *synced }
                }
                Goal::AutoSync { enabled, .. } => Self::AutoSync { enabled: *enabled },
                Goal::NoOperation { .. } => Self::Idle,
                Goal::Reconciled { .. } => Self::Reconciled,
            },
        }
    }

    /// The goal that it waits for, of this application; absent for what was sent.
    pub fn goal(&self, app: &Key) -> Option<Goal> {
        let app = app.clone();
        Some(match self {
            Self::Operation => Goal::OperationSucceeded { app },
            Self::Settled { revision, synced } => {
                Goal::AppSettled { app, revision: revision.clone(), synced: *synced }
            }
            Self::AutoSync { enabled } => Goal::AutoSync { app, enabled: *enabled },
            Self::Idle => Goal::NoOperation { app },
            Self::Reconciled => Goal::Reconciled { app },
            _ => return None,
        })
    }

    /// Whether the application shows that what was sent was received; nothing when it cannot tell, because another
    /// operation covers the trace.
    pub fn is_seen(&self, app: &Application, evidence: &Evidence) -> Option<bool> {
        Some(match self {
            Self::Sync | Self::Rollback { .. } => match evidence.operation(app) {
                Shown::Ours(_) => true,
                _ if evidence.deployed(app).is_some() => true,
                Shown::Other(_) => return None,
                Shown::Older => false,
            },
            Self::Terminate => app.operation.as_ref().is_none_or(|o| o.phase != OperationPhase::Running),
            Self::Refresh => app.reconciled > evidence.before.reconciled,
            Self::Hold { since } => {
                app.auto_sync.is_none_or(|a| !a.enabled)
                    && app.hold.as_ref().is_some_and(|h: &Hold| h.since.secs() == since.secs())
            }
            Self::Release => app.hold.is_none() && app.auto_sync.is_some_and(|a| a.enabled),
            _ => false,
        })
    }
}

impl fmt::Display for Mark {
    /// Words that [`FromStr`](std::str::FromStr) reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sync => f.write_str("send sync"),
            Self::Rollback { revision, dry_run } => {
                write!(f, "send rollback revision={revision} dry_run={dry_run}")
            }
            Self::Terminate => f.write_str("send terminate"),
            Self::Refresh => f.write_str("send refresh"),
            Self::Hold { since } => write!(f, "send hold since={since}"),
            Self::Release => f.write_str("send release"),
            Self::Operation => f.write_str("await operation"),
            Self::Settled { revision: None, synced } => write!(f, "await settled synced={synced}"),
            Self::Settled { revision: Some(revision), synced } => {
                write!(f, "await settled synced={synced} revision={revision}")
            }
            Self::AutoSync { enabled } => write!(f, "await auto-sync enabled={enabled}"),
            Self::Idle => f.write_str("await idle"),
            Self::Reconciled => f.write_str("await reconciled"),
        }
    }
}

impl std::str::FromStr for Mark {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let unknown = || format!("the step `{s}` is not known to this version of vigie");
        let mut words = s.split(' ');
        let head = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let values: Vec<(&str, &str)> = words.filter_map(|w| w.split_once('=')).collect();
        let value = |name: &str| values.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
        let flag = |name: &str| value(name).and_then(|v| v.parse::<bool>().ok()).ok_or_else(unknown);
        Ok(match head {
            ("send", "sync") => Self::Sync,
            ("send", "rollback") => Self::Rollback {
                revision: value("revision").ok_or_else(unknown)?.into(),
                dry_run: flag("dry_run")?,
            },
            ("send", "terminate") => Self::Terminate,
            ("send", "refresh") => Self::Refresh,
            ("send", "hold") => {
                Self::Hold { since: value("since").and_then(|v| v.parse().ok()).ok_or_else(unknown)? }
            }
            ("send", "release") => Self::Release,
            ("await", "operation") => Self::Operation,
            ("await", "settled") => {
                Self::Settled { revision: value("revision").map(Str::from), synced: flag("synced")? }
            }
            ("await", "auto-sync") => Self::AutoSync { enabled: flag("enabled")? },
            ("await", "idle") => Self::Idle,
            ("await", "reconciled") => Self::Reconciled,
            _ => return Err(unknown()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_read_back() {
        for mark in [
            Mark::Sync,
            Mark::Rollback { revision: "41d0a77".into(), dry_run: false },
            Mark::Terminate,
            Mark::Refresh,
            Mark::Hold { since: Time::from_nanos(1_795_230_764_500_000_000) },
            Mark::Release,
            Mark::Operation,
            Mark::Settled { revision: None, synced: true },
            Mark::Settled { revision: Some("41d0a77".into()), synced: false },
            Mark::AutoSync { enabled: false },
            Mark::Idle,
            Mark::Reconciled,
        ] {
            assert_eq!(mark.to_string().parse(), Ok(mark));
        }
        assert!("send missiles".parse::<Mark>().is_err());
    }
}
