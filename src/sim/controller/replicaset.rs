//! Replica sets: as many pods as wanted.

use std::{cmp::Reverse, sync::Arc};

use serde_json::{Value, json};

use super::{
    Queue, Watched,
    events::record,
    object::{self, count},
};
use crate::{
    model::Time,
    sim::{
        cluster::{Deletion, known},
        world::{Controller, Env},
    },
};

pub(super) struct ReplicaSets {
    sets: Watched,
    pods: Watched,
    queue: Queue,
}

impl Default for ReplicaSets {
    fn default() -> Self {
        Self {
            sets: Watched::new(known::REPLICA_SETS),
            pods: Watched::new(known::PODS),
            queue: Queue::default(),
        }
    }
}

impl Controller for ReplicaSets {
    fn reconcile(&mut self, env: &Env, now: Time, _rng: &mut fastrand::Rng) {
        for event in self.sets.changes(env) {
            self.queue.add_object(&event.object);
        }
        for event in self.pods.changes(env) {
            self.queue.add_owner(&event.object, "ReplicaSet");
        }
        for (namespace, name) in self.queue.take(now) {
            if let Ok(set) = env.cluster.get(known::REPLICA_SETS, &namespace, &name) {
                reconcile(env, now, &set);
            }
        }
    }
}

fn reconcile(env: &Env, now: Time, set: &Value) {
    if object::is_ending(set) {
        return;
    }
    let mut pods: Vec<_> =
        object::pods_of(env, set).into_iter().filter(|pod| object::is_active(pod)).collect();
    let wanted = usize::try_from(count(&set["spec"]["replicas"], 1)).unwrap_or(0);
    while pods.len() < wanted {
        let mut pod = object::pod_from(&set["spec"]["template"], set);
        pod["metadata"]["generateName"] = json!(format!("{}-", object::name(set)));
        let Ok(pod) = env.cluster.create(known::PODS, pod, false) else { break };
        let message = format!("Created pod: {}", object::name(&pod));
        record(env, now, set, "Normal", "SuccessfulCreate", &message, "replicaset-controller");
        pods.push(pod);
    }
    if pods.len() > wanted {
        pods.sort_by_cached_key(expendable);
        for pod in pods.drain(..pods.len() - wanted) {
            let (namespace, name) = (object::namespace(&pod), object::name(&pod));
            if env.cluster.delete(known::PODS, namespace, name, &Deletion::default()).is_ok() {
                let message = format!("Deleted pod: {name}");
                record(env, now, set, "Normal", "SuccessfulDelete", &message, "replicaset-controller");
            }
        }
    }
    let ready = pods.iter().filter(|pod| object::is_ready(pod)).count();
    let (namespace, name) = (object::namespace(set), object::name(set));
    let _ = env.cluster.modify(known::REPLICA_SETS, namespace, name, |set| {
        let mut status = json!({
            "replicas": pods.len(),
            "fullyLabeledReplicas": pods.len(),
            "observedGeneration": set["metadata"]["generation"],
        });
        if pods.is_empty() {
            status = json!({ "replicas": 0, "observedGeneration": set["metadata"]["generation"] });
        }
        if ready > 0 {
            status["readyReplicas"] = json!(ready);
            status["availableReplicas"] = json!(ready);
        }
        set["status"] = status;
    });
}

/// The order in which pods are given up: without a node, not running, not ready, more restarts, youngest.
fn expendable(pod: &Arc<Value>) -> (bool, bool, bool, Reverse<i64>, Reverse<String>) {
    let restarts = pod["status"]["containerStatuses"].as_array().into_iter().flatten();
    let restarts = restarts.map(|status| count(&status["restartCount"], 0)).max().unwrap_or(0);
    (
        pod["spec"].get("nodeName").is_some(),
        pod["status"]["phase"] == "Running",
        object::is_ready(pod),
        Reverse(restarts),
        Reverse(pod["metadata"]["creationTimestamp"].as_str().unwrap_or_default().to_owned()),
    )
}
