//! The controllers of a cluster: each brings the objects nearer to what is wanted, working on what changed.

mod cron;
mod daemonset;
mod deployment;
mod disruption;
mod events;
mod ingress;
mod job;
mod kubelet;
mod material;
mod node;
mod object;
mod replicaset;
mod rollout;
mod scheduler;
mod statefulset;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::Value;

pub use self::{deployment::set_for, events::record, object::quantity};
use super::{
    cluster::{Change, Gr, Subscription, WatchEvent},
    world::{Controller, Env},
};
use crate::model::Time;

/// The controllers of one cluster, in the order in which they work.
pub fn all() -> Vec<Box<dyn Controller>> {
    vec![
        Box::<material::ExternalSecrets>::default(),
        Box::<cron::CronJobs>::default(),
        Box::<job::Jobs>::default(),
        Box::<deployment::Deployments>::default(),
        Box::<replicaset::ReplicaSets>::default(),
        Box::<statefulset::StatefulSets>::default(),
        Box::<daemonset::DaemonSets>::default(),
        Box::<scheduler::Scheduler>::default(),
        Box::<kubelet::Kubelets>::default(),
        Box::<node::Nodes>::default(),
        Box::<disruption::Budgets>::default(),
        Box::<ingress::Ingresses>::default(),
        Box::<events::Expiry>::default(),
    ]
}

/// What a controller watches: everything at first and after a missed change, then what changed.
struct Watched {
    gr: Gr,
    subscription: Option<Subscription>,
}

impl Watched {
    fn new(gr: Gr) -> Self {
        Self { gr, subscription: None }
    }

    fn changes(&mut self, env: &Env) -> Vec<WatchEvent> {
        if let Some(Ok(events)) = self.subscription.as_mut().map(Subscription::drain) {
            return events;
        }
        let (objects, version) = env.cluster.list_at(self.gr, None);
        self.subscription = env.cluster.watch(self.gr, Some(version)).ok();
        let added = |object: Arc<Value>| WatchEvent { version, change: Change::Added, object, before: None };
        objects.into_iter().map(added).collect()
    }
}

/// A namespace and a name.
type Key = (String, String);

/// What to look at now, and what later.
#[derive(Default)]
struct Queue {
    now: BTreeSet<Key>,
    later: BTreeMap<Time, BTreeSet<Key>>,
}

impl Queue {
    fn add(&mut self, namespace: &str, name: &str) {
        self.now.insert((namespace.to_owned(), name.to_owned()));
    }

    fn add_object(&mut self, object: &Value) {
        self.add(object::namespace(object), object::name(object));
    }

    /// Adds the owner of an object when it is of that kind.
    fn add_owner(&mut self, object: &Value, kind: &str) {
        if let Some(owner) = object::controller_of(object)
            && owner["kind"] == kind
        {
            self.add(object::namespace(object), owner["name"].as_str().unwrap_or_default());
        }
    }

    fn at(&mut self, when: Time, key: Key) {
        self.later.entry(when).or_default().insert(key);
    }

    /// Everything due, in order of name.
    fn take(&mut self, now: Time) -> BTreeSet<Key> {
        while let Some(entry) = self.later.first_entry()
            && *entry.key() <= now
        {
            self.now.extend(entry.remove());
        }
        std::mem::take(&mut self.now)
    }
}

#[cfg(test)]
mod tests;
