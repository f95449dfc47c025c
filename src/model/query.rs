//! What may be asked of a system once, when someone looks at a thing.

use super::{AppHealth, Application};
use super::{
    Certificate, ClusterEvent, HistoryEntry, Key, Operation, ResourceRef, ResourceState, Str, Time, Window,
};

/// A question with one answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Query {
    /// The entity as the system holds it, as YAML (JSON for systems without), secrets masked by [`MASK`](super::MASK).
    Manifest(Key),
    /// The value of one entry of a Kubernetes Secret, decoded. Asked only when someone wants to see it.
    SecretEntry {
        /// The Secret.
        key: Key,
        /// The entry's name.
        entry: Str,
    },
    /// The entity described in words, as `kubectl describe` would.
    Describe(Key),
    /// Kubernetes events about the entity.
    Events(Key),
    /// An Argo CD application read anew.
    Application(Key),
    /// An application's deployments, newest first, with author, message and date of each commit.
    History(Key),
    /// An application's resources, live against something.
    Diff {
        /// The application.
        app: Key,
        /// What live is held against.
        versus: Versus,
    },
    /// An application's resource tree with health.
    Tree(Key),
    /// Resources of an application with sync status; which would be pruned.
    Resources(Key),
    /// Sync windows of an application, and whether a sync by hand may pass now.
    Windows(Key),
    /// A PromQL query over a range.
    Range {
        /// The Prometheus.
        source: super::Source,
        /// The PromQL.
        query: Str,
        /// From.
        from: Time,
        /// To.
        to: Time,
        /// Step in seconds.
        step: u32,
    },
    /// A PKI certificate by mount and serial.
    Certificate(Key),
    /// The kinds of objects that a cluster serves and lists.
    ApiResources,
    /// A Kubernetes object as an action needs it.
    Object(Key),
    /// Revisions of a workload that it can be put back to, newest first.
    Rollouts(Key),
    /// The names of the autoscalers that set a workload's number of replicas.
    Autoscalers(Key),
    /// Pods of a node that draining it moves, and those that it cannot.
    Drain(Key),
    /// A lease, a prefix of leases, a static role, the own token or a secret, as an action needs it.
    VaultItem(Key),
    /// Whether two versions of a KV secret have the same content; their values stay where they are compared.
    SameVersions {
        /// The secret.
        key: Key,
        /// The one, and the other.
        versions: (u64, u64),
    },
    /// Every alert that an Alertmanager holds, and its silences, ended ones too.
    Alerts(super::Source),
    /// One silence.
    Silence(Key),
}

/// What an application's live state is held against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Versus {
    /// What git wants now (the tracked revision).
    Desired,
    /// What a history entry deployed.
    History(HistoryEntry),
    /// What a revision would deploy.
    Revision(Str),
}

/// The answer to a [`Query`].
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Text with a syntax.
    Document(Document),
    /// A secret value.
    Secret(super::Sensitive),
    /// Events, newest first.
    Events(Vec<ClusterEvent>),
    /// An application.
    Application(Box<Application>),
    /// Deployments, newest first.
    History(Vec<Revision>),
    /// Resources that differ, or all with `changed` false.
    Diff(Vec<ResourceDiff>),
    /// A resource tree, parents before children.
    Tree(Vec<TreeNode>),
    /// Resources with their state.
    Resources(Vec<ResourceState>),
    /// Windows and whether a sync by hand may pass.
    Windows {
        /// Windows that are open or shut now.
        active: Vec<Window>,
        /// Whether a sync by hand may pass.
        can_sync: bool,
    },
    /// Lines of a range query.
    Series(Vec<Series>),
    /// A certificate.
    Certificate(Box<Certificate>),
    /// An operation.
    Operation(Box<Operation>),
    /// Kinds of objects, those of the core group first.
    ApiResources(std::sync::Arc<[super::ApiResource]>),
    /// A Kubernetes object.
    Object(Box<super::ObjectState>),
    /// Revisions, newest first.
    Rollouts(Vec<super::Rollout>),
    /// Names.
    Names(Vec<Str>),
    /// Pods of a node.
    Drain(Vec<super::NodePod>),
    /// Something in a Vault.
    VaultItem(Box<super::VaultItem>),
    /// Whether something holds.
    Holds(bool),
    /// Alerts and silences.
    Alerts(Vec<super::Alert>, Vec<super::Silence>),
    /// A silence.
    Silence(Box<super::Silence>),
}

/// Text to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// How to colour it.
    pub syntax: Syntax,
    /// The text; from outside, not to be printed raw.
    pub text: String,
}

/// How text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// YAML.
    Yaml,
    /// `key:` headings and indented text, as `kubectl describe` prints.
    Describe,
    /// None.
    Plain,
}

/// A deployment of an application with what git says of its commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The history entry.
    pub entry: HistoryEntry,
    /// The commit's author.
    pub author: Str,
    /// The commit's date.
    pub date: Option<Time>,
    /// The commit's message, first line.
    pub message: Str,
    /// Tags on the commit.
    pub tags: Vec<Str>,
}

impl Revision {
    /// The author's name without the address.
    pub fn author_name(&self) -> &str {
        let name = self.author.split('<').next().unwrap_or("").trim();
        if name.is_empty() { &self.author } else { name }
    }
}

/// One resource, two states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceDiff {
    /// Which.
    pub resource: ResourceRef,
    /// Live, as YAML; absent when it is not in the cluster.
    pub live: Option<String>,
    /// The other side, as YAML; absent when it would be pruned.
    pub target: Option<String>,
    /// Whether they differ.
    pub changed: bool,
}

/// A resource in an application's tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeNode {
    /// Which.
    pub resource: ResourceRef,
    /// Depth, roots at zero.
    pub depth: u8,
    /// Health, where assessed.
    pub health: Option<AppHealth>,
    /// Its sync status, of what Argo CD syncs itself.
    pub sync: Str,
    /// Argo CD's words about the health.
    pub message: Str,
    /// When it was created, where told.
    pub created: Option<Time>,
    /// Whether Argo CD syncs it itself; what it does not was made of another in the tree.
    pub managed: bool,
}

/// One line of a range query.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Labels, sorted.
    pub labels: Vec<(Str, Str)>,
    /// Moments and values; NaN where there is none.
    pub points: Vec<(Time, f64)>,
}
