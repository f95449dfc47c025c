//! Daemon sets: one pod on every node.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};

use super::{
    Queue, Watched,
    events::record,
    object::{self, count},
    statefulset::{REVISION_HASH, remember_revision},
};
use crate::{
    model::Time,
    sim::{
        cluster::{Deletion, known},
        world::{Controller, Env},
    },
};

pub(super) struct DaemonSets {
    sets: Watched,
    pods: Watched,
    nodes: Watched,
    queue: Queue,
}

impl Default for DaemonSets {
    fn default() -> Self {
        Self {
            sets: Watched::new(known::DAEMON_SETS),
            pods: Watched::new(known::PODS),
            nodes: Watched::new(known::NODES),
            queue: Queue::default(),
        }
    }
}

impl Controller for DaemonSets {
    fn reconcile(&mut self, env: &Env, now: Time, _rng: &mut fastrand::Rng) {
        for event in self.sets.changes(env) {
            self.queue.add_object(&event.object);
        }
        for event in self.pods.changes(env) {
            self.queue.add_owner(&event.object, "DaemonSet");
        }
        let taints = |node: &Value| node["spec"].get("taints").cloned();
        let moved =
            self.nodes.changes(env).iter().any(|event| {
                event.before.as_ref().is_none_or(|before| taints(before) != taints(&event.object))
            });
        if moved {
            env.cluster.list(known::DAEMON_SETS, None).iter().for_each(|set| self.queue.add_object(set));
        }
        for (namespace, name) in self.queue.take(now) {
            if let Ok(set) = env.cluster.get(known::DAEMON_SETS, &namespace, &name)
                && !object::is_ending(&set)
            {
                reconcile(env, now, &set);
            }
        }
    }
}

fn reconcile(env: &Env, now: Time, set: &Value) {
    let revision = remember_revision(env, set);
    let hash = revision.rsplit_once('-').map_or("", |(_, hash)| hash);
    let mut on: BTreeMap<String, Arc<Value>> = BTreeMap::new();
    for pod in object::pods_of(env, set) {
        on.insert(pod["spec"]["nodeName"].as_str().unwrap_or_default().to_owned(), pod);
    }
    let nodes = env.cluster.list(known::NODES, None);
    let nodes: Vec<&str> = nodes.iter().map(|node| object::name(node)).collect();
    for node in nodes.iter().filter(|node| !on.contains_key(**node)) {
        create(env, now, set, node, hash);
    }
    let down = on.values().filter(|pod| !object::is_ready(pod)).count() as i64;
    let mut room = count(&set["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"], 1) - down;
    for (node, pod) in &on {
        let outdated = object::label(pod, REVISION_HASH) != hash;
        let finished = !object::is_active(pod) && !object::is_ending(pod);
        if !nodes.contains(&node.as_str()) || finished {
            delete(env, now, set, pod);
        } else if outdated && !object::is_ending(pod) && (room > 0 || !object::is_ready(pod)) {
            room -= 1;
            delete(env, now, set, pod);
        }
    }
    report(env, set, nodes.len(), hash);
}

fn create(env: &Env, now: Time, set: &Value, node: &str, hash: &str) {
    let mut pod = object::pod_from(&set["spec"]["template"], set);
    pod["metadata"]["generateName"] = json!(format!("{}-", object::name(set)));
    pod["metadata"]["labels"][REVISION_HASH] = json!(hash);
    pod["metadata"]["labels"]["pod-template-generation"] = json!("1");
    pod["spec"]["nodeName"] = json!(node);
    pod["spec"]["tolerations"] = json!([{ "operator": "Exists" }]);
    object::set_condition(&mut pod, now, "PodScheduled", "True", "", "");
    if let Ok(pod) = env.cluster.create(known::PODS, pod, false) {
        let message = format!("Created pod: {}", object::name(&pod));
        record(env, now, set, "Normal", "SuccessfulCreate", &message, "daemonset-controller");
    }
}

fn delete(env: &Env, now: Time, set: &Value, pod: &Value) {
    let (namespace, name) = (object::namespace(pod), object::name(pod));
    if !object::is_ending(pod)
        && env.cluster.delete(known::PODS, namespace, name, &Deletion::default()).is_ok()
    {
        let message = format!("Deleted pod: {name}");
        record(env, now, set, "Normal", "SuccessfulDelete", &message, "daemonset-controller");
    }
}

fn report(env: &Env, set: &Value, desired: usize, hash: &str) {
    let pods: Vec<_> = object::pods_of(env, set).into_iter().filter(|pod| object::is_active(pod)).collect();
    let ready = pods.iter().filter(|pod| object::is_ready(pod)).count();
    let updated = pods.iter().filter(|pod| object::label(pod, REVISION_HASH) == hash).count();
    let _ = env.cluster.modify(known::DAEMON_SETS, object::namespace(set), object::name(set), |set| {
        set["status"] = json!({
            "currentNumberScheduled": pods.len(),
            "numberMisscheduled": 0,
            "desiredNumberScheduled": desired,
            "numberReady": ready,
            "observedGeneration": set["metadata"]["generation"],
            "updatedNumberScheduled": updated,
            "numberAvailable": ready,
        });
        if desired > ready {
            set["status"]["numberUnavailable"] = json!(desired - ready);
        }
    });
}
