//! Argo CD's applications, their sync, health, history and operations.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Key, Severity, Str, Time};

/// Whether the cluster holds what git wants (`status.sync.status`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SyncStatus {
    /// It does.
    Synced,
    /// It does not.
    OutOfSync,
    /// Argo CD could not compare: usually a repository or manifest error, see the conditions.
    #[default]
    Unknown,
}

/// Argo CD's health of an application or resource (`status.health.status`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AppHealth {
    /// Works.
    Healthy,
    /// Paused on purpose.
    Suspended,
    /// Not there yet.
    Progressing,
    /// A resource is not in the cluster.
    Missing,
    /// Argo CD cannot tell.
    #[default]
    Unknown,
    /// Failed.
    Degraded,
}

impl AppHealth {
    /// What Argo CD calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "Healthy",
            Self::Suspended => "Suspended",
            Self::Progressing => "Progressing",
            Self::Missing => "Missing",
            Self::Unknown => "Unknown",
            Self::Degraded => "Degraded",
        }
    }

    /// How bad it is.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Degraded | Self::Missing => Severity::Critical,
            Self::Unknown => Severity::Warning,
            Self::Progressing => Severity::Active,
            Self::Suspended => Severity::Quiet,
            Self::Healthy => Severity::Ok,
        }
    }
}

/// An Argo CD Application.
#[derive(Clone, Debug, PartialEq)]
pub struct Application {
    /// Source, the Application's own namespace, and its name.
    pub key: Key,
    /// The Application object's uid.
    pub uid: Str,
    /// Its `AppProject`.
    pub project: Str,
    /// Whether the cluster holds what git wants.
    pub sync: SyncStatus,
    /// Health of its resources together.
    pub health: AppHealth,
    /// Argo CD's words about the health, if any.
    pub health_message: Option<Str>,
    /// The commit (or chart version) last compared.
    pub revision: Str,
    /// What the source follows: a branch, tag or version.
    pub target_revision: Str,
    /// The source repository.
    pub repo: Str,
    /// The path in the repository, or the chart.
    pub path: Str,
    /// The namespace it deploys to.
    pub destination: Str,
    /// Images that run (`status.summary.images`).
    pub images: Arc<[Str]>,
    /// Automated sync as configured.
    pub auto_sync: Option<AutoSync>,
    /// A hold on automated sync that vigie set, if one stands.
    pub hold: Option<Hold>,
    /// The operation under way, or the last one.
    pub operation: Option<Operation>,
    /// When and to what it was last deployed (newest history entry).
    pub deployed: Option<HistoryEntry>,
    /// How many resources are out of sync: (to create, to change, to prune), where known.
    pub drift: (u16, u16, u16),
    /// Problems that Argo CD reports (`status.conditions`).
    pub conditions: Arc<[Condition]>,
    /// Who would undo a change to the Application object itself.
    pub owner: Option<Owner>,
    /// Labels of the Application object.
    pub labels: Arc<[(Str, Str)]>,
    /// When Argo CD last compared it.
    pub reconciled: Option<Time>,
    /// When its health last changed, where the server tells.
    pub health_since: Option<Time>,
}

impl Application {
    /// How bad its state is, health and sync together.
    pub fn severity(&self) -> Severity {
        let failed_operation = self
            .operation
            .as_ref()
            .is_some_and(|o| matches!(o.phase, OperationPhase::Failed | OperationPhase::Error));
        match (self.health, self.sync) {
            (AppHealth::Degraded | AppHealth::Missing, _) => Severity::Critical,
            (AppHealth::Progressing, _) => Severity::Active,
            (AppHealth::Unknown, _) | (_, SyncStatus::OutOfSync | SyncStatus::Unknown) => Severity::Warning,
            _ if failed_operation => Severity::Warning,
            (AppHealth::Suspended, _) => Severity::Quiet,
            (AppHealth::Healthy, SyncStatus::Synced) => Severity::Ok,
        }
    }
}

/// Automated sync (`spec.syncPolicy.automated`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AutoSync {
    /// Whether it is on; `enabled: false` keeps the other two as they are.
    pub enabled: bool,
    /// Whether it deletes what git no longer has.
    pub prune: bool,
    /// Whether it reverts changes made in the cluster.
    pub self_heal: bool,
}

/// Automated sync held by an engineer, as recorded in annotations on the Application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Who set it.
    pub by: Str,
    /// Since when.
    pub since: Time,
    /// Why.
    pub reason: Str,
}

/// What undoes changes to an Application object, because it generates it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// An `ApplicationSet`, by name (owner reference).
    ApplicationSet(Str),
    /// A parent application (app of apps), by name (tracking id).
    Application(Str),
}

/// One entry of `status.history`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The id that a rollback names; zero is valid.
    pub id: i64,
    /// The commit deployed.
    pub revision: Str,
    /// When it was deployed.
    pub deployed: Time,
    /// Who started it, where the server tells; automated sync otherwise.
    pub by: Option<Str>,
}

/// Phase of an operation (`status.operationState.phase`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OperationPhase {
    /// Under way.
    Running,
    /// Being ended.
    Terminating,
    /// Ended well.
    Succeeded,
    /// Ended badly: a resource was refused, a hook failed, it was terminated.
    Failed,
    /// Could not be carried out.
    Error,
}

/// A sync or rollback operation of an application.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// Where it stands.
    pub phase: OperationPhase,
    /// Argo CD's words.
    pub message: Str,
    /// When it began.
    pub started: Time,
    /// When it ended.
    pub finished: Option<Time>,
    /// The revision it applies.
    pub revision: Str,
    /// Who started it.
    pub by: Str,
    /// Whether it only tried.
    pub dry_run: bool,
    /// Names and values given with it; vigie's own id is under `vigie.id`.
    pub infos: Vec<(Str, Str)>,
    /// What happened to each resource.
    pub resources: Vec<ResourceState>,
}

/// A condition of an application (`status.conditions`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// `ComparisonError`, `SyncError`, `OrphanedResourceWarning`, …
    pub kind: Str,
    /// The text.
    pub message: Str,
    /// Since when, where told.
    pub since: Option<Time>,
}

/// Names a Kubernetes resource inside an application.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResourceRef {
    /// API group; empty for core.
    pub group: Str,
    /// Kind.
    pub kind: Str,
    /// Namespace; empty for cluster-wide resources.
    pub namespace: Str,
    /// Name.
    pub name: Str,
}

impl ResourceRef {
    /// Its full name, which no other resource has: `apps/Deployment/shop/cart`, `/ConfigMap/shop/cart`.
    pub fn path(&self) -> String {
        format!("{}/{}/{}/{}", self.group, self.kind, self.namespace, self.name)
    }

    /// Whether a text names it: by its full name, or as `Deployment/cart`, which may name others too.
    pub fn is_named(&self, text: &str) -> bool {
        match *text.split('/').collect::<Vec<_>>() {
            [kind, name] => *self.kind == *kind && *self.name == *name,
            [..] => self.path() == text,
        }
    }
}

impl std::fmt::Display for ResourceRef {
    /// `Deployment/cart`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

/// One resource of an application and how it fares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceState {
    /// Which.
    pub resource: ResourceRef,
    /// Its sync status, or the result of syncing it: `Synced`, `OutOfSync`, `Pruned`, `SyncFailed`, …
    pub status: Str,
    /// Its health, where Argo CD assesses it.
    pub health: Option<AppHealth>,
    /// Whether git no longer has it.
    pub prune: bool,
    /// Argo CD's words.
    pub message: Str,
}

/// A sync window that touches an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// `allow` or `deny`.
    pub kind: Str,
    /// Its cron schedule.
    pub schedule: Str,
    /// How long it lasts, as written.
    pub duration: Str,
    /// Whether syncs by hand pass it.
    pub manual_sync: bool,
}
