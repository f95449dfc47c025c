//! What the systems show of an action: which change is ours, and whether a goal holds.
//!
//! Moments are compared only with others of the same server, never with our own clock. Argo CD writes them in whole
//! seconds. For up to two seconds after an operation ends, sync and health are still those from before it: they count
//! only from a comparison (`status.reconciledAt`) after the operation's end.

use std::{collections::BTreeMap, time::Duration};

mod object;
mod silence;

use super::{
    plan::{ActionId, Goal, Request},
    subject::Subject,
};
use crate::model::{
    AppHealth, Application, HistoryEntry, Kind, Operation, OperationPhase, Str, SyncStatus, Time, VaultItem,
};

/// The name under which an operation bears the action's id.
pub const ID_INFO: &str = "vigie.id";

/// How long a comparison that bears the very second of the operation's end is not yet taken for a later one.
const SETTLE: Duration = Duration::from_secs(3);

const OPERATION: &str = "before.operation";
const DEPLOYED: &str = "before.deployed";
const RECONCILED: &str = "before.reconciled";
const GENERATION: &str = "before.generation";
const UID: &str = "before.uid";
const TURNED: &str = "before.turned";
const LEASES: &str = "before.leases";

/// What the target showed before the first mutation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Before {
    /// When its last operation began, and on which revision.
    pub operation: Option<(Time, Str)>,
    /// Its newest history entry.
    pub deployed: Option<i64>,
    /// When it was last compared.
    pub reconciled: Option<Time>,
    /// The uid and generation of an object; the id of a silence and when it was last changed, in milliseconds.
    pub object: Option<(Str, i64)>,
    /// When a lease, token or static role was last renewed or rotated.
    pub turned: Option<Time>,
    /// The leases below a prefix, sorted.
    pub leases: Vec<Str>,
}

impl Before {
    /// What the target shows now.
    pub fn of(subject: &Subject) -> Self {
        match subject {
            Subject::Application(app) => Self::of_application(app),
            Subject::Object(object) => {
                Self { object: Some((Str::clone(&object.uid), object.generation)), ..Self::default() }
            }
            Subject::Vault(item) => Self {
                turned: item.turned(),
                leases: if let VaultItem::Leases(ids) = &**item { ids.clone() } else { Vec::new() },
                ..Self::default()
            },
            Subject::Silence(silence) => Self {
                object: Some((Str::clone(&silence.key.name), silence.updated.millis())),
                ..Self::default()
            },
            Subject::Alert(_) | Subject::Pods(_) | Subject::Absent => Self::default(),
        }
    }

    fn of_application(app: &Application) -> Self {
        Self {
            operation: app.operation.as_ref().map(|o| (o.started, Str::clone(&o.revision))),
            deployed: app.deployed.as_ref().map(|d| d.id),
            reconciled: app.reconciled,
            ..Self::default()
        }
    }

    /// For the journal.
    pub fn write(&self, detail: &mut BTreeMap<String, String>) {
        if let Some((started, revision)) = &self.operation {
            detail.insert(OPERATION.to_owned(), format!("{started} {revision}"));
        }
        if let Some(id) = self.deployed {
            detail.insert(DEPLOYED.to_owned(), id.to_string());
        }
        if let Some(at) = self.reconciled {
            detail.insert(RECONCILED.to_owned(), at.to_string());
        }
        if let Some((uid, generation)) = &self.object {
            detail.insert(UID.to_owned(), uid.to_string());
            detail.insert(GENERATION.to_owned(), generation.to_string());
        }
        if let Some(at) = self.turned {
            detail.insert(TURNED.to_owned(), at.to_string());
        }
        if !self.leases.is_empty() {
            detail.insert(LEASES.to_owned(), self.leases.join("\n"));
        }
    }

    /// From the journal.
    pub fn read(detail: &BTreeMap<String, String>) -> Self {
        Self {
            operation: detail
                .get(OPERATION)
                .and_then(|v| v.split_once(' '))
                .and_then(|(at, revision)| Some((at.parse().ok()?, revision.into()))),
            deployed: detail.get(DEPLOYED).and_then(|v| v.parse().ok()),
            reconciled: detail.get(RECONCILED).and_then(|v| v.parse().ok()),
            object: detail
                .get(UID)
                .zip(detail.get(GENERATION).and_then(|v| v.parse().ok()))
                .map(|(uid, generation)| (Str::from(uid.as_str()), generation)),
            turned: detail.get(TURNED).and_then(|v| v.parse().ok()),
            leases: detail.get(LEASES).map(|v| v.split('\n').map(Str::from).collect()).unwrap_or_default(),
        }
    }
}

/// What is known about an action while its goals are watched.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The action.
    pub id: ActionId,
    /// What was there before.
    pub before: Before,
    /// The revision of the rollback that was sent, and whether it only tries; a rollback cannot bear an id.
    pub rollback: Option<(Str, bool)>,
    /// When our operation was seen to have ended, and on which revision.
    pub ended: Option<(Time, Str)>,
    /// The id of the silence that was made, once it was seen.
    pub made: Option<Str>,
}

/// Which operation an application shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shown<'a> {
    /// The one that this action started.
    Ours(&'a Operation),
    /// One that someone began after the action's start.
    Other(&'a Operation),
    /// None that is newer than the action.
    Older,
}

/// What watching a goal shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It holds.
    Holds(String),
    /// Not yet.
    Waiting(String),
    /// It will not come to hold.
    Failed(String),
    /// It can no longer be told.
    Lost(String),
}

impl Evidence {
    /// What is known when an action begins.
    pub fn new(id: ActionId, before: Before) -> Self {
        Self { id, before, rollback: None, ended: None, made: None }
    }

    /// What undoes the action: a silence that was made is named only now.
    pub fn undo(&self, planned: Option<Request>) -> Option<Request> {
        let mut request = planned?;
        if request.target.kind == Kind::Silence && request.target.name.is_empty() {
            request.target.name = self.made.clone()?;
        }
        Some(request)
    }

    /// Which operation the application shows.
    pub fn operation<'a>(&self, app: &'a Application) -> Shown<'a> {
        let Some(operation) = &app.operation else { return Shown::Older };
        if let Some((_, id)) = operation.infos.iter().find(|(name, _)| &**name == ID_INFO)
            && **id == *self.id.to_string()
        {
            return Shown::Ours(operation);
        }
        // One that was asked for and not taken up yet has no beginning.
        let newer = operation.started == Time::default()
            || self.before.operation.as_ref().is_none_or(|(started, revision)| {
                operation.started > *started
                    || (operation.started == *started && operation.revision != *revision)
            });
        if !newer {
            return Shown::Older;
        }
        match &self.rollback {
            Some((revision, dry_run))
                if operation.revision == *revision
                    && operation.dry_run == *dry_run
                    && operation.infos.is_empty() =>
            {
                Shown::Ours(operation)
            }
            _ => Shown::Other(operation),
        }
    }

    /// The history entry that our rollback wrote: proof even when another operation took its place on screen.
    pub fn deployed<'a>(&self, app: &'a Application) -> Option<&'a HistoryEntry> {
        let (revision, dry_run) = self.rollback.as_ref()?;
        app.deployed.as_ref().filter(|entry| {
            !dry_run
                && entry.revision == *revision
                && self.before.deployed.is_none_or(|before| entry.id > before)
        })
    }

    /// Whether a goal holds, `waited` after its step began.
    pub fn look(&mut self, goal: &Goal, subject: &Subject, waited: Duration) -> Seen {
        match (goal, subject) {
            (Goal::Vault { sign, .. }, subject) => sign.look(subject, &self.before),
            (goal, Subject::Application(app)) => self.look_at_application(goal, app, waited),
            (goal, Subject::Alert(seen)) => self.silenced(goal, seen),
            (goal, Subject::Silence(seen)) => silence::look(goal, seen),
            (goal, subject) => object::look(goal, subject),
        }
    }

    fn look_at_application(&mut self, goal: &Goal, app: &Application, waited: Duration) -> Seen {
        match goal {
            Goal::OperationSucceeded { .. } => self.operation_succeeded(app),
            Goal::AppSettled { revision, synced, .. } => {
                self.settled(app, revision.as_ref(), *synced, waited)
            }
            Goal::AutoSync { enabled, .. } => {
                let on = app.auto_sync.is_some_and(|a| a.enabled);
                let word = |on| if on { "on" } else { "off" };
                if on == *enabled {
                    Seen::Holds(format!("auto-sync is {}", word(on)))
                } else {
                    Seen::Waiting(format!("auto-sync is still {}", word(on)))
                }
            }
            Goal::NoOperation { .. } => match &app.operation {
                Some(o) if matches!(o.phase, OperationPhase::Running | OperationPhase::Terminating) => {
                    Seen::Waiting(format!("the operation is {}: {}", phase(o.phase), o.message))
                }
                _ => Seen::Holds("no operation is under way".to_owned()),
            },
            Goal::Reconciled { .. } => {
                if app.reconciled > self.before.reconciled
                    || (app.reconciled.is_some()
                        && app.reconciled == self.before.reconciled
                        && waited >= SETTLE)
                {
                    Seen::Holds(format!("compared: {:?} and {:?}", app.sync, app.health))
                } else {
                    Seen::Waiting("Argo CD has not compared yet".to_owned())
                }
            }
            _ => object::astray(goal),
        }
    }

    fn operation_succeeded(&mut self, app: &Application) -> Seen {
        let shown = self.operation(app);
        if let Shown::Ours(o) = shown {
            return match o.phase {
                OperationPhase::Running | OperationPhase::Terminating => {
                    Seen::Waiting(format!("operation {}: {}", phase(o.phase), o.message))
                }
                OperationPhase::Succeeded => {
                    self.ended = Some((o.finished.unwrap_or(o.started), Str::clone(&o.revision)));
                    Seen::Holds(format!("operation succeeded: {}", o.message))
                }
                OperationPhase::Failed | OperationPhase::Error => Seen::Failed(failure(o)),
            };
        }
        if let Some(entry) = self.deployed(app) {
            self.ended = Some((entry.deployed, Str::clone(&entry.revision)));
            return Seen::Holds(format!("deployed as history entry {}", entry.id));
        }
        match shown {
            Shown::Other(o) => Seen::Lost(format!(
                "another operation, begun by {} at {}, took the place of ours before its end was seen",
                o.by,
                o.started.rfc3339()
            )),
            _ => Seen::Waiting("Argo CD has not taken the operation up yet".to_owned()),
        }
    }

    fn settled(&self, app: &Application, revision: Option<&Str>, synced: bool, waited: Duration) -> Seen {
        let Some((ended, applied)) = &self.ended else {
            return Seen::Lost("the operation's end was not seen".to_owned());
        };
        if let Some(wanted) = revision {
            if applied != wanted {
                let (was, want) = (short(applied), short(wanted));
                return Seen::Failed(format!("the operation applied {was}, not {want}"));
            }
            match &app.deployed {
                Some(entry) if entry.revision == *wanted => {}
                Some(entry) if self.before.deployed.is_some_and(|before| entry.id > before) => {
                    let other = short(&entry.revision);
                    return Seen::Failed(format!("{other} was deployed since (history entry {})", entry.id));
                }
                _ => return Seen::Waiting("not yet in the history".to_owned()),
            }
        }
        let compared = match app.reconciled {
            Some(at) => at.secs() > ended.secs() || (at.secs() == ended.secs() && waited >= SETTLE),
            None => waited >= SETTLE,
        };
        if !compared {
            return Seen::Waiting("waiting for Argo CD to compare after the operation".to_owned());
        }
        if synced && app.sync != SyncStatus::Synced {
            return Seen::Waiting(format!("{:?}", app.sync));
        }
        if app.health != AppHealth::Healthy {
            let why = app.health_message.as_deref().map(|m| format!(": {m}")).unwrap_or_default();
            return Seen::Waiting(format!("{:?}{why}", app.health));
        }
        let on = short(applied);
        Seen::Holds(match (synced, app.sync) {
            (true, _) => format!("Synced and Healthy on {on}"),
            (false, SyncStatus::OutOfSync) if revision.is_some() => {
                format!("{on} applied and Healthy; OutOfSync against {}", short(&app.revision))
            }
            (false, sync) => format!("applied from {on} and Healthy; {sync:?}"),
        })
    }
}

/// The first letters of a commit, or another revision as it is.
pub fn short(revision: &str) -> &str {
    let commit = revision.len() == 40 && revision.bytes().all(|b| b.is_ascii_hexdigit());
    if commit { &revision[..7] } else { revision }
}

fn phase(phase: OperationPhase) -> &'static str {
    match phase {
        OperationPhase::Running => "running",
        OperationPhase::Terminating => "being terminated",
        OperationPhase::Succeeded => "done",
        OperationPhase::Failed => "failed",
        OperationPhase::Error => "in error",
    }
}

fn failure(o: &Operation) -> String {
    let mut parts = vec![format!("operation {}: {}", phase(o.phase), o.message)];
    let broken = o.resources.iter().filter(|r| &*r.status == "SyncFailed");
    parts.extend(broken.take(5).map(|r| format!("{}: {}", r.resource, r.message)));
    parts.join("; ")
}
