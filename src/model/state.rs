//! A Kubernetes object as an action needs it: read anew, one at a time, never kept.

use super::{Key, Str, Time};

/// What an object shows that decides whether an action on it makes sense, was received and is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectState {
    /// Source, kind, namespace and name.
    pub key: Key,
    /// `metadata.uid`.
    pub uid: Str,
    /// `metadata.generation`; zero for kinds without.
    pub generation: i64,
    /// Whether `status.observedGeneration` has come up to it; `true` for kinds without.
    pub observed: bool,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// Finalizers that hold its deletion up.
    pub finalizers: Vec<Str>,
    /// The id of the action that patched it last, from the annotation [`ACTION`](super::ACTION).
    pub action: Option<Str>,
    /// Kind and name of the controller that owns it.
    pub controller: Option<(Str, Str)>,
    /// The Argo CD application that tracks it.
    pub application: Option<Str>,
    /// Its pods, for what has some.
    pub replicas: Option<Replicas>,
    /// Containers of its pods and their images, for what has a pod template.
    pub images: Vec<(Str, Str)>,
    /// `kubectl.kubernetes.io/restartedAt` of its pod template.
    pub restarted: Option<Time>,
    /// For a node, whether no new pods may be placed on it.
    pub unschedulable: bool,
    /// For a deployment, whether its rollouts are paused; for a cron job, whether it is suspended.
    pub paused: bool,
    /// Whether its pods are replaced only when they are deleted (`updateStrategy: OnDelete`).
    pub on_delete: bool,
    /// Whether it ran to its end.
    pub complete: bool,
    /// Why it will not come to be as it should, where it says so: a rollout past its deadline, a failed job.
    pub failure: Option<Str>,
}

/// Pods of a workload, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replicas {
    /// Wanted.
    pub wanted: u32,
    /// There.
    pub total: u32,
    /// Of the newest template.
    pub updated: u32,
    /// Ready.
    pub ready: u32,
    /// Available.
    pub available: u32,
}

/// A revision of a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollout {
    /// Its number.
    pub revision: u64,
    /// The `ReplicaSet` or `ControllerRevision` that holds its template.
    pub name: Str,
    /// Images of its template.
    pub images: Vec<Str>,
    /// When it was first made.
    pub created: Time,
    /// `kubernetes.io/change-cause`, where written.
    pub cause: Option<Str>,
    /// Whether it is the one that runs.
    pub current: bool,
}

/// A pod of a node that is to be drained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodePod {
    /// The pod.
    pub key: Key,
    /// Its uid.
    pub uid: Str,
    /// Kind and name of its controller.
    pub controller: Option<(Str, Str)>,
    /// Whether its controller or kubelet puts it on this very node again: a `DaemonSet`'s, a static pod.
    pub bound: bool,
    /// Whether it has data in an `emptyDir` that is lost.
    pub local_data: bool,
    /// Disruption budgets that allow no disruption now.
    pub held_by: Vec<Str>,
}
