//! The world as last seen: small, indexed, and honest about its age.
//!
//! Connectors send [`Batch`]es; [`Store::apply`] is the only way in. A table is swapped whole when a source
//! lists anew: rows not seen between `Reset` and `Synced` go. A source that dies keeps its rows and says since when.

mod delta;
mod freshness;
mod table;

pub use delta::{Batch, Delta};
pub use freshness::{Freshness, Status};
pub use table::{Row, Table};

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use crate::model::{
    Alert, Application, Certificate, Change, ClusterEvent, Environment, Key, Kind, Lease, Mount, Namespace,
    Node, Object, Pod, Record, RotatedCredential, SecretVersion, Silence, Source, System, TableHead, Time,
    TokenState, VaultState, Workload,
};

/// The world as last seen.
#[derive(Debug, Default)]
pub struct Store {
    /// Environments in the order of the configuration.
    pub environments: Vec<Environment>,
    /// Systems; a [`Source`] is an index here.
    pub systems: Vec<System>,
    /// Pods.
    pub pods: Table<Pod>,
    /// Deployments, stateful sets, daemon sets, replica sets and jobs.
    pub workloads: Table<Workload>,
    /// Nodes.
    pub nodes: Table<Node>,
    /// Namespaces.
    pub namespaces: Table<Namespace>,
    /// Kubernetes events.
    pub events: Table<ClusterEvent>,
    /// Applications.
    pub applications: Table<Application>,
    /// Vault servers.
    pub vaults: Table<VaultState>,
    /// Mounts.
    pub mounts: Table<Mount>,
    /// Leases.
    pub leases: Table<Lease>,
    /// Static roles.
    pub static_roles: Table<RotatedCredential>,
    /// KV secrets' metadata.
    pub secrets: Table<SecretVersion>,
    /// Certificates.
    pub certificates: Table<Certificate>,
    /// Tokens of the session.
    pub tokens: Table<TokenState>,
    /// Alerts.
    pub alerts: Table<Alert>,
    /// Silences.
    pub silences: Table<Silence>,
    /// Changes that systems tell of.
    pub changes: Table<Change>,
    /// Objects of the kind that is looked at.
    pub objects: Table<Object>,
    /// What their cells are, by source.
    pub heads: HashMap<Source, Arc<TableHead>>,
    /// Clusters that have been asked what their pods and nodes use.
    pub measured: HashSet<Source>,
    freshness: HashMap<(Source, Kind), Freshness>,
}

/// Calls a method of the table that holds a kind.
macro_rules! with_table {
    ($store:expr, $kind:expr, $table:ident => $do:expr) => {
        match $kind {
            Kind::Pod => {
                let $table = &mut $store.pods;
                $do
            }
            Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicaSet | Kind::Job => {
                let $table = &mut $store.workloads;
                $do
            }
            Kind::Node => {
                let $table = &mut $store.nodes;
                $do
            }
            Kind::Namespace => {
                let $table = &mut $store.namespaces;
                $do
            }
            Kind::Event => {
                let $table = &mut $store.events;
                $do
            }
            Kind::Application => {
                let $table = &mut $store.applications;
                $do
            }
            Kind::Vault => {
                let $table = &mut $store.vaults;
                $do
            }
            Kind::Mount => {
                let $table = &mut $store.mounts;
                $do
            }
            Kind::Lease => {
                let $table = &mut $store.leases;
                $do
            }
            Kind::StaticRole => {
                let $table = &mut $store.static_roles;
                $do
            }
            Kind::Secret => {
                let $table = &mut $store.secrets;
                $do
            }
            Kind::Certificate => {
                let $table = &mut $store.certificates;
                $do
            }
            Kind::Token => {
                let $table = &mut $store.tokens;
                $do
            }
            Kind::Alert => {
                let $table = &mut $store.alerts;
                $do
            }
            Kind::Silence => {
                let $table = &mut $store.silences;
                $do
            }
            Kind::Change => {
                let $table = &mut $store.changes;
                $do
            }
            Kind::Object => {
                let $table = &mut $store.objects;
                $do
            }
        }
    };
}

impl Store {
    /// An empty world of these environments and systems.
    pub fn new(environments: Vec<Environment>, systems: Vec<System>) -> Self {
        Self { environments, systems, ..Self::default() }
    }

    /// Takes in what a connector saw.
    pub fn apply(&mut self, batch: Batch) {
        let Batch { source, at, deltas } = batch;
        for delta in deltas {
            match delta {
                Delta::Reset(kind) => with_table!(self, kind, t => t.reset(source, kind)),
                Delta::Synced(kind) => {
                    with_table!(self, kind, t => t.sweep(source, kind));
                    self.fresh(source, kind).loaded(at);
                }
                Delta::Remove(key) => {
                    self.fresh(source, key.kind).seen(at);
                    with_table!(self, key.kind, t => t.remove(&key));
                }
                Delta::Upsert(record) => {
                    self.fresh(source, record.key().kind).seen(at);
                    self.insert(record);
                }
                Delta::Usage { key, cpu, memory } => self.usage(&key, cpu, memory),
                Delta::Measured => _ = self.measured.insert(source),
                Delta::Head(head) => _ = self.heads.insert(source, head),
                Delta::Status(kind, status) => self.fresh(source, kind).status(at, status),
            }
        }
    }

    fn insert(&mut self, record: Record) {
        match record {
            Record::Pod(mut r) => {
                if let Some(old) = self.pods.get(&r.key)
                    && r.cpu.is_none()
                {
                    (r.cpu, r.memory) = (old.cpu, old.memory);
                }
                self.pods.upsert(r);
            }
            Record::Workload(r) => self.workloads.upsert(*r),
            Record::Node(mut r) => {
                if let Some(old) = self.nodes.get(&r.key)
                    && r.cpu.is_none()
                {
                    (r.cpu, r.memory) = (old.cpu, old.memory);
                }
                self.nodes.upsert(*r);
            }
            Record::Namespace(r) => self.namespaces.upsert(r),
            Record::Event(r) => self.events.upsert(*r),
            Record::Application(r) => self.applications.upsert(*r),
            Record::Vault(r) => self.vaults.upsert(*r),
            Record::Mount(r) => self.mounts.upsert(*r),
            Record::Lease(r) => self.leases.upsert(r),
            Record::StaticRole(r) => self.static_roles.upsert(*r),
            Record::Secret(r) => self.secrets.upsert(*r),
            Record::Certificate(r) => self.certificates.upsert(*r),
            Record::Token(r) => self.tokens.upsert(*r),
            Record::Alert(r) => self.alerts.upsert(*r),
            Record::Silence(r) => self.silences.upsert(*r),
            Record::Change(r) => self.changes.upsert(*r),
            Record::Object(r) => self.objects.upsert(*r),
        }
    }

    fn usage(&mut self, key: &Key, cpu: u32, memory: u64) {
        match key.kind {
            Kind::Pod => self.pods.update(key, |p| (p.cpu, p.memory) = (Some(cpu), Some(memory))),
            Kind::Node => self.nodes.update(key, |n| (n.cpu, n.memory) = (Some(cpu), Some(memory))),
            _ => {}
        }
    }

    /// Forgets all objects, because another kind of them is looked at.
    pub fn forget_objects(&mut self) {
        self.objects.clear();
        self.heads.clear();
        self.freshness.retain(|(_, kind), _| *kind != Kind::Object);
    }

    fn fresh(&mut self, source: Source, kind: Kind) -> &mut Freshness {
        self.freshness.entry((source, kind)).or_default()
    }

    /// How old what a source says of a kind is; `None` when it never said anything.
    pub fn freshness(&self, source: Source, kind: Kind) -> Option<&Freshness> {
        self.freshness.get(&(source, kind))
    }

    /// The freshness of everything a source reports, kind by kind.
    pub fn freshness_of(&self, source: Source) -> impl Iterator<Item = (Kind, &Freshness)> {
        self.freshness.iter().filter(move |((s, _), _)| *s == source).map(|((_, k), f)| (*k, f))
    }

    /// The system behind a source.
    pub fn system(&self, source: Source) -> Option<&System> {
        self.systems.get(usize::from(source.0))
    }

    /// The environment that owns a source.
    pub fn environment_of(&self, source: Source) -> Option<&Environment> {
        let env = &self.system(source)?.env;
        self.environments.iter().find(|e| e.name == *env)
    }

    /// A number that changes whenever a row of the kind changes.
    pub fn generation(&mut self, kind: Kind) -> u64 {
        with_table!(self, kind, t => t.generation())
    }

    /// The oldest "last heard" among what a source reports, for the header.
    pub fn last_heard(&self, source: Source) -> Option<Time> {
        self.freshness_of(source).filter_map(|(_, f)| f.heard()).max()
    }
}
