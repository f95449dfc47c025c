//! What runs in a cluster: pods, what owns them, nodes, events.

use std::{sync::Arc, time::Duration};

use super::{Key, Resources, Severity, Str, Time};

/// A Kubernetes pod, reduced to what the screen uses.
#[derive(Clone, Debug, PartialEq)]
pub struct Pod {
    /// Source, namespace and name.
    pub key: Key,
    /// Kubernetes' uid, 16 bytes of its UUID.
    pub uid: u128,
    /// The node it was scheduled to; empty while pending.
    pub node: Str,
    /// The controller that owns it (`ReplicaSet`, `StatefulSet`, `DaemonSet`, Job), if any.
    pub owner: Option<(super::Kind, Str)>,
    /// Its labels, shared among the pods of one owner.
    pub labels: Arc<[(Str, Str)]>,
    /// Names of its containers, init containers left out.
    pub containers: Arc<[Str]>,
    /// Images of its containers, in the same order.
    pub images: Arc<[Str]>,
    /// Names of the Kubernetes secrets it reads as environment, volume or pull secret.
    pub secrets: Arc<[Str]>,
    /// What it is doing, as a word: `Running`, `CrashLoopBackOff`, `Init:0/1`, as kubectl prints it.
    pub reason: Str,
    /// The reason folded into a state.
    pub state: PodState,
    /// Ready containers.
    pub ready: u8,
    /// All containers.
    pub total: u8,
    /// Restarts of all containers together.
    pub restarts: u32,
    /// When a container last ended, if one ever did.
    pub last_restart: Option<Time>,
    /// Since when it should be ready, or gone, and is not; absent when it is as it should be.
    pub unsettled: Option<Time>,
    /// When it was created.
    pub created: Time,
    /// CPU in use, in millicores, when the metrics API tells.
    pub cpu: Option<u32>,
    /// Memory in use, in bytes, when the metrics API tells.
    pub memory: Option<u64>,
    /// What its containers ask for together, and may take.
    pub resources: Resources,
}

impl Pod {
    /// How bad its state is at `now`: what should long be over, but is not, wants a look.
    pub fn severity(&self, now: Time) -> Severity {
        let patience = match self.state {
            PodState::Terminating => Duration::from_secs(60),
            _ => Duration::from_secs(300),
        };
        match self.state.severity() {
            Severity::Active if self.unsettled.is_some_and(|since| now.since(since) > patience) => {
                Severity::Warning
            }
            severity => severity,
        }
    }
}

/// What a pod is doing, for sorting, colour and counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PodState {
    /// Ran to its end.
    Succeeded,
    /// Running, every container ready.
    Ready,
    /// Running, not every container ready yet.
    Starting,
    /// Waits for a node, an image or a volume.
    Pending,
    /// Being deleted.
    Terminating,
    /// Its node does not answer.
    Unknown,
    /// Crashing, cannot start, evicted or failed.
    Failed,
}

impl PodState {
    /// How bad it is.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Succeeded => Severity::Quiet,
            Self::Ready => Severity::Ok,
            Self::Starting | Self::Pending | Self::Terminating => Severity::Active,
            Self::Unknown => Severity::Warning,
            Self::Failed => Severity::Critical,
        }
    }
}

/// A Deployment, `StatefulSet`, `DaemonSet`, `ReplicaSet` or Job; `key.kind` says which.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// Source, kind, namespace and name.
    pub key: Key,
    /// Kubernetes' uid.
    pub uid: u128,
    /// What owns it: the Deployment of a `ReplicaSet`, the `CronJob` of a Job.
    pub owner: Option<(Str, Str)>,
    /// Its own labels.
    pub labels: Arc<[(Str, Str)]>,
    /// Labels that select its pods.
    pub selector: Arc<[(Str, Str)]>,
    /// Images of its pod template.
    pub images: Arc<[Str]>,
    /// Pods wanted (completions for a Job).
    pub desired: u32,
    /// Pods ready (succeeded for a Job).
    pub ready: u32,
    /// Pods at the newest template.
    pub updated: u32,
    /// Pods available.
    pub available: u32,
    /// What it is doing, as a word: `Available`, `Progressing`, `Complete`, `Failed`, …
    pub reason: Str,
    /// How bad that is.
    pub severity: Severity,
    /// The rollout's revision number (`deployment.kubernetes.io/revision`), if it has one.
    pub revision: Option<u64>,
    /// When it was created.
    pub created: Time,
    /// The Argo CD application that tracks it (`argocd.argoproj.io/tracking-id` or the instance label).
    pub application: Option<Str>,
}

/// A Kubernetes node.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Source and name.
    pub key: Key,
    /// `Ready`, `NotReady`, `Ready,SchedulingDisabled`, as kubectl prints it.
    pub reason: Str,
    /// How bad that is.
    pub severity: Severity,
    /// Roles, joined by commas.
    pub roles: Str,
    /// The kubelet's version.
    pub version: Str,
    /// Allocatable CPU in millicores.
    pub cpu_capacity: u32,
    /// Allocatable memory in bytes.
    pub memory_capacity: u64,
    /// CPU in use in millicores, when the metrics API tells.
    pub cpu: Option<u32>,
    /// Memory in use in bytes, when the metrics API tells.
    pub memory: Option<u64>,
    /// When it joined.
    pub created: Time,
    /// When its Ready condition last changed.
    pub changed: Option<Time>,
}

/// A Kubernetes namespace.
#[derive(Clone, Debug, PartialEq)]
pub struct Namespace {
    /// Source and name.
    pub key: Key,
    /// `Active` or `Terminating`.
    pub phase: Str,
    /// When it was created.
    pub created: Time,
}

/// A Kubernetes event, repeated ones counted.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterEvent {
    /// Source, namespace and name of the event object.
    pub key: Key,
    /// Kind of the object it is about, as written: `Pod`, `Deployment`.
    pub about_kind: Str,
    /// Name of the object it is about; its namespace is the event's.
    pub about: Str,
    /// Uid of the object it is about.
    pub about_uid: u128,
    /// Whether its type is `Warning`.
    pub warning: bool,
    /// The machine-readable reason.
    pub reason: Str,
    /// The text; from outside, not to be printed raw.
    pub message: Str,
    /// How often it was seen.
    pub count: u32,
    /// When it was first seen.
    pub first: Time,
    /// When it was last seen.
    pub last: Time,
}
