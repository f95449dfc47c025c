//! The traces that steps leave: how a plan's steps are written to the journal and what shows that one was received.

use std::fmt;

use super::{
    evidence::{Evidence, Shown},
    plan::{Call, Goal},
    sign::Sign,
    subject::Subject,
};
use crate::model::{
    Application, Edit, Hold, Key, Kind, Mutation, ObjectState, OperationPhase, Silence, SilenceEdit,
    SilenceState, Str, Time,
};

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
    /// A patch that bears the action's id was sent.
    Patch,
    /// A number of replicas was sent.
    Scale {
        /// Which.
        replicas: u32,
    },
    /// A deletion or an eviction was sent.
    Delete {
        /// Of this object.
        uid: Str,
    },
    /// Whether a node takes new pods was sent.
    Cordon {
        /// `true`: none.
        on: bool,
    },
    /// A new object was sent.
    Create,
    /// Waits for a rollout.
    RolledOut,
    /// Waits for a number of ready pods.
    Scaled {
        /// Which.
        replicas: u32,
    },
    /// Waits until an object is gone.
    Gone {
        /// Which.
        uid: Str,
    },
    /// Waits until a node takes new pods or none.
    Cordoned {
        /// `true`: none.
        on: bool,
    },
    /// Waits until a node has no pods left that can be moved.
    Drained,
    /// Waits for the end of a job.
    JobDone,
    /// A change to a Vault was sent; it shows so.
    Vault(Sign),
    /// Waits until it shows.
    VaultShows(Sign),
    /// A new silence was sent.
    Silence,
    /// A later end of a silence was sent.
    Extend {
        /// Which.
        until: Time,
    },
    /// The end of a silence was sent.
    Expire,
    /// Waits until the new silence mutes.
    Silenced,
    /// Waits until a silence has this end.
    Lasts {
        /// Which.
        until: Time,
    },
    /// Waits until a silence has ended.
    Expired,
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
                Mutation::Object(change) => match &change.edit {
                    Edit::Restart { .. } | Edit::Undo { .. } | Edit::Image { .. } => Self::Patch,
                    Edit::Scale { replicas } => Self::Scale { replicas: *replicas },
                    Edit::Delete { .. } | Edit::Evict => Self::Delete { uid: Str::clone(&change.uid) },
                    Edit::Cordon { on } => Self::Cordon { on: *on },
                    Edit::Trigger { .. } => Self::Create,
                },
                Mutation::Vault(change) => Self::Vault(Sign::of(&change.edit)),
                Mutation::Silence(change) => match &change.edit {
                    SilenceEdit::Create { .. } => Self::Silence,
                    SilenceEdit::Extend { until, .. } => Self::Extend { until: *until },
                    SilenceEdit::Expire { .. } => Self::Expire,
                },
            },
            Call::Await(goal) => match goal {
                Goal::OperationSucceeded { .. } => Self::Operation,
                Goal::AppSettled { revision, synced, .. } => {
                    Self::Settled { revision: revision.clone(), synced: *synced }
                }
                Goal::AutoSync { enabled, .. } => Self::AutoSync { enabled: *enabled },
                Goal::NoOperation { .. } => Self::Idle,
                Goal::Reconciled { .. } => Self::Reconciled,
                Goal::RolledOut { .. } => Self::RolledOut,
                Goal::Scaled { replicas, .. } => Self::Scaled { replicas: *replicas },
                Goal::Gone { uid, .. } => Self::Gone { uid: Str::clone(uid) },
                Goal::Cordoned { on, .. } => Self::Cordoned { on: *on },
                Goal::Drained { .. } => Self::Drained,
                Goal::JobDone { .. } => Self::JobDone,
                Goal::Vault { sign, .. } => Self::VaultShows(sign.clone()),
                Goal::Silenced { .. } => Self::Silenced,
                Goal::Lasts { until, .. } => Self::Lasts { until: *until },
                Goal::Expired { .. } => Self::Expired,
            },
        }
    }

    /// The goal that it waits for, of this target; absent for what was sent.
    pub fn goal(&self, target: &Key) -> Option<Goal> {
        let app = target.clone();
        Some(match self {
            Self::RolledOut => Goal::RolledOut { object: app },
            Self::Scaled { replicas } => Goal::Scaled { object: app, replicas: *replicas },
            Self::Gone { uid } => Goal::Gone { object: app, uid: Str::clone(uid) },
            Self::Cordoned { on } => Goal::Cordoned { node: app, on: *on },
            Self::Drained => Goal::Drained { node: app },
            Self::JobDone => Goal::JobDone { job: app },
            Self::VaultShows(sign) => Goal::Vault { on: app, sign: sign.clone() },
            Self::Silenced => Goal::Silenced { alert: app },
            Self::Lasts { until } => Goal::Lasts { silence: app, until: *until },
            Self::Expired => Goal::Expired { silence: app },
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

    /// Whether the target shows that what was sent was received; nothing when it cannot tell, because something else
    /// that was done since covers the trace.
    pub fn is_seen(&self, subject: &Subject, evidence: &Evidence) -> Option<bool> {
        if let Self::Vault(sign) = self {
            return sign.is_seen(subject, &evidence.before);
        }
        match subject {
            Subject::Application(app) => self.is_seen_on_application(app, evidence),
            Subject::Object(object) => self.is_seen_on_object(object, evidence),
            Subject::Absent => match self {
                Self::Delete { .. } => Some(true),
                Self::Create => Some(false),
                _ => None,
            },
            Subject::Alert(seen) => Some(evidence.silence(&seen.silences).is_some()),
            Subject::Silence(silence) => self.is_seen_on_silence(silence, evidence),
            Subject::Pods(_) | Subject::Vault(_) => None,
        }
    }

    fn is_seen_on_application(&self, app: &Application, evidence: &Evidence) -> Option<bool> {
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

    fn is_seen_on_silence(&self, silence: &Silence, evidence: &Evidence) -> Option<bool> {
        let seen = match self {
            Self::Extend { until } => silence.ends.millis() == until.millis(),
            Self::Expire => silence.state == SilenceState::Expired,
            _ => return Some(false),
        };
        let before = evidence.before.object.as_ref().map(|(_, updated)| *updated);
        match seen {
            true => Some(true),
            false if before.is_some_and(|before| before != silence.updated.millis()) => None,
            false => Some(false),
        }
    }

    fn is_seen_on_object(&self, object: &ObjectState, evidence: &Evidence) -> Option<bool> {
        let ours = object.action.as_deref() == Some(&*evidence.id.to_string());
        let changed = evidence
            .before
            .object
            .as_ref()
            .is_none_or(|(uid, generation)| *uid != object.uid || *generation != object.generation);
        match self {
            Self::Patch | Self::Create if ours => Some(true),
            Self::Patch if changed => None,
            Self::Scale { replicas } => match object.replicas {
                Some(pods) if pods.wanted == *replicas && changed => Some(true),
                _ if changed => None,
                _ => Some(false),
            },
            Self::Delete { uid } => Some(object.deleting || object.uid != *uid),
            Self::Cordon { on } => Some(object.unschedulable == *on),
            // Another object bears the name that only this action would give.
            Self::Create => None,
            _ => Some(false),
        }
    }
}

/// A step of an action as the journal keeps it: its mark, and what it is about where that is not the action's target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// What it does.
    pub mark: Mark,
    /// Kind, namespace and name of what it is about, in the same system.
    pub on: Option<(Kind, Str, Str)>,
}

impl Trace {
    /// The trace of a step of an action on `target`.
    pub fn of(call: &Call, target: &Key) -> Self {
        let mut key = call.target().clone();
        if let Call::Send(Mutation::Object(change)) = call
            && let Edit::Trigger { job } = &change.edit
        {
            // What shows that it was received is the job.
            key = Key::new(key.source, Kind::Job, key.namespace, Str::clone(job));
        }
        let on = (key != *target).then_some((key.kind, key.namespace, key.name));
        Self { mark: Mark::of(call), on }
    }

    /// The key of what it is about, in an action on `target`.
    pub fn key(&self, target: &Key) -> Key {
        match &self.on {
            Some((kind, namespace, name)) => {
                Key::new(target.source, *kind, Str::clone(namespace), Str::clone(name))
            }
            None => target.clone(),
        }
    }
}

impl fmt::Display for Trace {
    /// Words that [`FromStr`](std::str::FromStr) reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.mark.fmt(f)?;
        self.on.as_ref().map_or(Ok(()), |(kind, namespace, name)| write!(f, " on={kind}|{namespace}|{name}"))
    }
}

impl std::str::FromStr for Trace {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let Some((mark, on)) = s.split_once(" on=") else { return Ok(Self { mark: s.parse()?, on: None }) };
        let mut parts = on.splitn(3, '|');
        let mut part = || parts.next().ok_or_else(|| format!("`{on}` names nothing"));
        let (kind, namespace, name) = (part()?, part()?, part()?);
        // Not among the kinds with rows of their own, so it does not read by name.
        let kind = if kind == Kind::Object.name() { Kind::Object } else { kind.parse()? };
        Ok(Self { mark: mark.parse()?, on: Some((kind, namespace.into(), name.into())) })
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
            Self::Patch => f.write_str("send patch"),
            Self::Scale { replicas } => write!(f, "send scale replicas={replicas}"),
            Self::Delete { uid } => write!(f, "send delete uid={uid}"),
            Self::Cordon { on } => write!(f, "send cordon enabled={on}"),
            Self::Create => f.write_str("send create"),
            Self::RolledOut => f.write_str("await rolled-out"),
            Self::Scaled { replicas } => write!(f, "await scaled replicas={replicas}"),
            Self::Gone { uid } => write!(f, "await gone uid={uid}"),
            Self::Cordoned { on } => write!(f, "await cordoned enabled={on}"),
            Self::Drained => f.write_str("await drained"),
            Self::JobDone => f.write_str("await job-done"),
            Self::Vault(sign) => write!(f, "send vault {sign}"),
            Self::VaultShows(sign) => write!(f, "await vault {sign}"),
            Self::Silence => f.write_str("send silence"),
            Self::Extend { until } => write!(f, "send extend until={until}"),
            Self::Expire => f.write_str("send expire"),
            Self::Silenced => f.write_str("await silenced"),
            Self::Lasts { until } => write!(f, "await lasts until={until}"),
            Self::Expired => f.write_str("await expired"),
        }
    }
}

impl std::str::FromStr for Mark {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let unknown = || format!("the step `{s}` is not known to this version of vigie");
        if let Some(sign) = s.strip_prefix("send vault ") {
            return Ok(Self::Vault(sign.parse()?));
        }
        if let Some(sign) = s.strip_prefix("await vault ") {
            return Ok(Self::VaultShows(sign.parse()?));
        }
        let mut words = s.split(' ');
        let head = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let values: Vec<(&str, &str)> = words.filter_map(|w| w.split_once('=')).collect();
        let value = |name: &str| values.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
        let flag = |name: &str| value(name).and_then(|v| v.parse::<bool>().ok()).ok_or_else(unknown);
        let moment = |name: &str| value(name).and_then(|v| v.parse::<Time>().ok()).ok_or_else(unknown);
        let number = |name: &str| value(name).and_then(|v| v.parse::<u32>().ok()).ok_or_else(unknown);
        Ok(match head {
            ("send", "sync") => Self::Sync,
            ("send", "rollback") => Self::Rollback {
                revision: value("revision").ok_or_else(unknown)?.into(),
                dry_run: flag("dry_run")?,
            },
            ("send", "terminate") => Self::Terminate,
            ("send", "refresh") => Self::Refresh,
            ("send", "hold") => Self::Hold { since: moment("since")? },
            ("send", "release") => Self::Release,
            ("await", "operation") => Self::Operation,
            ("await", "settled") => {
                Self::Settled { revision: value("revision").map(Str::from), synced: flag("synced")? }
            }
            ("await", "auto-sync") => Self::AutoSync { enabled: flag("enabled")? },
            ("await", "idle") => Self::Idle,
            ("await", "reconciled") => Self::Reconciled,
            ("send", "patch") => Self::Patch,
            ("send", "scale") => Self::Scale { replicas: number("replicas")? },
            ("send", "delete") => Self::Delete { uid: value("uid").ok_or_else(unknown)?.into() },
            ("send", "cordon") => Self::Cordon { on: flag("enabled")? },
            ("send", "create") => Self::Create,
            ("await", "rolled-out") => Self::RolledOut,
            ("await", "scaled") => Self::Scaled { replicas: number("replicas")? },
            ("await", "gone") => Self::Gone { uid: value("uid").ok_or_else(unknown)?.into() },
            ("await", "cordoned") => Self::Cordoned { on: flag("enabled")? },
            ("await", "drained") => Self::Drained,
            ("await", "job-done") => Self::JobDone,
            ("send", "silence") => Self::Silence,
            ("send", "extend") => Self::Extend { until: moment("until")? },
            ("send", "expire") => Self::Expire,
            ("await", "silenced") => Self::Silenced,
            ("await", "lasts") => Self::Lasts { until: moment("until")? },
            ("await", "expired") => Self::Expired,
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
            Mark::Patch,
            Mark::Scale { replicas: 0 },
            Mark::Delete { uid: "4f1c".into() },
            Mark::Cordon { on: true },
            Mark::Create,
            Mark::RolledOut,
            Mark::Scaled { replicas: 3 },
            Mark::Gone { uid: "4f1c".into() },
            Mark::Cordoned { on: false },
            Mark::Drained,
            Mark::JobDone,
            Mark::Vault(Sign::Restored { from: 2, version: 5 }),
            Mark::VaultShows(Sign::Revoked),
            Mark::Silence,
            Mark::Extend { until: Time::from_millis(1_795_230_764_500) },
            Mark::Expire,
            Mark::Silenced,
            Mark::Lasts { until: Time::from_millis(1_795_230_764_500) },
            Mark::Expired,
        ] {
            assert_eq!(mark.to_string().parse(), Ok(mark));
        }
        assert!("send missiles".parse::<Mark>().is_err());
        for on in [None, Some((Kind::Pod, "shop".into(), "cart-0".into()))] {
            let trace = Trace { mark: Mark::Delete { uid: "4f1c".into() }, on };
            assert_eq!(trace.to_string().parse(), Ok(trace));
        }
    }
}
