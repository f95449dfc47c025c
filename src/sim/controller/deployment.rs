//! Deployments: finds or makes the replica set of the current template, and leads the rollout to it.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{
    Queue, Watched,
    object::{self, count},
    rollout,
};
use crate::{
    model::Time,
    sim::{
        cluster::{Deletion, known},
        world::{Controller, Env},
    },
};

/// Where a deployment keeps the number of its rollout.
pub(super) const REVISION: &str = "deployment.kubernetes.io/revision";
const HASH: &str = "pod-template-hash";
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

pub(super) struct Deployments {
    deployments: Watched,
    sets: Watched,
    queue: Queue,
}

impl Default for Deployments {
    fn default() -> Self {
        Self {
            deployments: Watched::new(known::DEPLOYMENTS),
            sets: Watched::new(known::REPLICA_SETS),
            queue: Queue::default(),
        }
    }
}

impl Controller for Deployments {
    fn reconcile(&mut self, env: &Env, now: Time, _rng: &mut fastrand::Rng) {
        for event in self.deployments.changes(env) {
            self.queue.add_object(&event.object);
        }
        for event in self.sets.changes(env) {
            self.queue.add_owner(&event.object, "Deployment");
        }
        for (namespace, name) in self.queue.take(now) {
            let Ok(deployment) = env.cluster.get(known::DEPLOYMENTS, &namespace, &name) else { continue };
            if object::is_ending(&deployment) {
                continue;
            }
            if let Some(check) = reconcile(env, now, &deployment) {
                self.queue.at(check, (namespace, name));
            }
        }
    }
}

/// One look at a deployment; says when to look again although nothing changes.
fn reconcile(env: &Env, now: Time, deployment: &Value) -> Option<Time> {
    let mut sets = object::owned(env, deployment, known::REPLICA_SETS);
    sets.sort_by_key(|set| revision(set));
    let paused = deployment["spec"]["paused"] == true;
    let mut current = sets.iter().position(|set| same_template(deployment, set)).map(|at| sets.remove(at));
    if !paused {
        current = match current {
            Some(set) => Some(renumber(env, set, &sets)),
            None => create_set(env, now, deployment, &sets),
        };
    }
    let rollout = rollout::Rollout { env, now, deployment, old: &sets };
    rollout.scale(current.as_ref(), paused);
    let deadline = rollout.report(current.as_ref(), paused);
    forget_old(env, deployment, &sets);
    deadline.map(|at| at.plus(Duration::from_millis(1)))
}

pub(super) fn revision(set: &Value) -> i64 {
    object::annotation(set, REVISION).parse().unwrap_or(0)
}

fn same_template(deployment: &Value, set: &Value) -> bool {
    let mut template = set["spec"]["template"].clone();
    if let Some(labels) = template["metadata"]["labels"].as_object_mut() {
        labels.shift_remove(HASH);
    }
    template == deployment["spec"]["template"]
}

/// Gives a set that has become current again the next number.
fn renumber(env: &Env, set: Arc<Value>, old: &[Arc<Value>]) -> Arc<Value> {
    let newest = old.iter().map(|set| revision(set)).max().unwrap_or(0);
    if revision(&set) > newest {
        return set;
    }
    let renumbered =
        env.cluster.modify(known::REPLICA_SETS, object::namespace(&set), object::name(&set), |set| {
            set["metadata"]["annotations"][REVISION] = json!((newest + 1).to_string());
        });
    renumbered.unwrap_or(set)
}

fn create_set(env: &Env, now: Time, deployment: &Value, old: &[Arc<Value>]) -> Option<Arc<Value>> {
    let number = old.iter().map(|set| revision(set)).max().unwrap_or(0) + 1;
    let (namespace, name) = (object::namespace(deployment), object::name(deployment));
    let created = env.cluster.create(known::REPLICA_SETS, set_for(env, deployment, number), false).ok()?;
    let message = format!("Created new replica set \"{}\"", object::name(&created));
    let _ = env.cluster.modify(known::DEPLOYMENTS, namespace, name, |deployment| {
        object::set_condition(deployment, now, "Progressing", "True", "NewReplicaSetCreated", &message);
        rollout::touch(deployment, now);
    });
    Some(created)
}

/// The replica set, still without pods, of a deployment's template.
pub fn set_for(env: &Env, deployment: &Value, number: i64) -> Value {
    let mut template = deployment["spec"]["template"].clone();
    let mut hash = object::hash_letters(&template);
    let (namespace, name) = (object::namespace(deployment), object::name(deployment));
    while env.cluster.get(known::REPLICA_SETS, namespace, &format!("{name}-{hash}")).is_ok() {
        hash.push('x');
    }
    template["metadata"]["labels"][HASH] = json!(hash);
    let mut selector = deployment["spec"]["selector"].clone();
    selector["matchLabels"][HASH] = json!(hash);
    let mut annotations = deployment["metadata"].get("annotations").cloned().unwrap_or_else(|| json!({}));
    if let Some(map) = annotations.as_object_mut() {
        map.shift_remove(LAST_APPLIED);
        map.insert(REVISION.to_owned(), json!(number.to_string()));
    }
    let (replicas, surge) = (count(&deployment["spec"]["replicas"], 1), rollout::surge(deployment));
    annotations["deployment.kubernetes.io/desired-replicas"] = json!(replicas.to_string());
    annotations["deployment.kubernetes.io/max-replicas"] = json!((replicas + surge).to_string());
    json!({
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": format!("{name}-{hash}"),
            "namespace": namespace,
            "labels": template["metadata"]["labels"],
            "annotations": annotations,
            "ownerReferences": [object::controller_reference(deployment)],
        },
        "spec": { "replicas": 0, "selector": selector, "template": template },
        "status": { "replicas": 0 },
    })
}

/// Deletes the oldest replica sets beyond the history limit that have no pods.
fn forget_old(env: &Env, deployment: &Value, old: &[Arc<Value>]) {
    let limit = usize::try_from(count(&deployment["spec"]["revisionHistoryLimit"], 10)).unwrap_or(10);
    let empty: Vec<_> = old
        .iter()
        .filter(|set| count(&set["spec"]["replicas"], 0) == 0 && count(&set["status"]["replicas"], 0) == 0)
        .collect();
    for set in empty.iter().take(empty.len().saturating_sub(limit)) {
        let (namespace, name) = (object::namespace(set), object::name(set));
        let _ = env.cluster.delete(known::REPLICA_SETS, namespace, name, &Deletion::default());
    }
}
