//! Stateful sets: pods with fixed names, made in order, replaced from the last to the first.

use std::{collections::BTreeMap, sync::Arc};

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

/// The label that says from which revision of its owner a pod is.
pub(super) const REVISION_HASH: &str = "controller-revision-hash";

pub(super) struct StatefulSets {
    sets: Watched,
    pods: Watched,
    queue: Queue,
}

impl Default for StatefulSets {
    fn default() -> Self {
        Self {
            sets: Watched::new(known::STATEFUL_SETS),
            pods: Watched::new(known::PODS),
            queue: Queue::default(),
        }
    }
}

impl Controller for StatefulSets {
    fn reconcile(&mut self, env: &Env, now: Time, _rng: &mut fastrand::Rng) {
        for event in self.sets.changes(env) {
            self.queue.add_object(&event.object);
        }
        for event in self.pods.changes(env) {
            self.queue.add_owner(&event.object, "StatefulSet");
        }
        for (namespace, name) in self.queue.take(now) {
            if let Ok(set) = env.cluster.get(known::STATEFUL_SETS, &namespace, &name)
                && !object::is_ending(&set)
            {
                reconcile(env, now, &set);
            }
        }
    }
}

fn reconcile(env: &Env, now: Time, set: &Value) {
    let revision = remember_revision(env, set);
    let wanted = count(&set["spec"]["replicas"], 1);
    let pods: BTreeMap<i64, Arc<Value>> =
        object::pods_of(env, set).into_iter().filter_map(|pod| Some((ordinal(&pod)?, pod))).collect();
    step(env, now, set, &pods, wanted, &revision);
    report(env, set, wanted, &revision);
}

fn ordinal(pod: &Value) -> Option<i64> {
    object::name(pod).rsplit_once('-')?.1.parse().ok()
}

/// Does the one next thing: create, wait, delete the last one too many, or replace an outdated one.
fn step(env: &Env, now: Time, set: &Value, pods: &BTreeMap<i64, Arc<Value>>, wanted: i64, revision: &str) {
    let parallel = set["spec"]["podManagementPolicy"] == "Parallel";
    for n in 0..wanted {
        match pods.get(&n) {
            None => {
                create(env, now, set, n, revision);
                if !parallel {
                    return;
                }
            }
            Some(pod) if matches!(pod["status"]["phase"].as_str(), Some("Failed" | "Succeeded")) => {
                delete(env, now, set, pod);
                return;
            }
            Some(pod) if !parallel && !object::is_ready(pod) => {
                // A broken pod of an old revision may still be replaced by the new one.
                if object::label(pod, REVISION_HASH) != revision && !object::is_ending(pod) {
                    delete(env, now, set, pod);
                }
                return;
            }
            Some(_) => {}
        }
    }
    if let Some((_, last)) = pods.range(wanted..).next_back() {
        if !object::is_ending(last) {
            delete(env, now, set, last);
        }
        return;
    }
    if set["spec"]["updateStrategy"]["type"] == "OnDelete" {
        return;
    }
    let first = count(&set["spec"]["updateStrategy"]["rollingUpdate"]["partition"], 0);
    for (_, pod) in pods.range(first..).rev() {
        if object::is_ending(pod) {
            return;
        }
        if object::label(pod, REVISION_HASH) != revision {
            delete(env, now, set, pod);
            return;
        }
        if !object::is_ready(pod) {
            return;
        }
    }
}

fn create(env: &Env, now: Time, set: &Value, n: i64, revision: &str) {
    let mut pod = object::pod_from(&set["spec"]["template"], set);
    let name = format!("{}-{n}", object::name(set));
    pod["metadata"]["name"] = json!(name);
    pod["metadata"]["labels"][REVISION_HASH] = json!(revision);
    pod["metadata"]["labels"]["statefulset.kubernetes.io/pod-name"] = json!(name);
    pod["metadata"]["labels"]["apps.kubernetes.io/pod-index"] = json!(n.to_string());
    pod["spec"]["hostname"] = json!(name);
    pod["spec"]["subdomain"] = set["spec"]["serviceName"].clone();
    if env.cluster.create(known::PODS, pod, false).is_ok() {
        let message = format!("create Pod {name} in StatefulSet {} successful", object::name(set));
        record(env, now, set, "Normal", "SuccessfulCreate", &message, "statefulset-controller");
    }
}

fn delete(env: &Env, now: Time, set: &Value, pod: &Value) {
    let (namespace, name) = (object::namespace(pod), object::name(pod));
    if !object::is_ending(pod)
        && env.cluster.delete(known::PODS, namespace, name, &Deletion::default()).is_ok()
    {
        let message = format!("delete Pod {name} in StatefulSet {} successful", object::name(set));
        record(env, now, set, "Normal", "SuccessfulDelete", &message, "statefulset-controller");
    }
}

/// Keeps a controller revision of the current template and says its name.
pub(super) fn remember_revision(env: &Env, owner: &Value) -> String {
    let template = &owner["spec"]["template"];
    let revisions = object::owned(env, owner, known::CONTROLLER_REVISIONS);
    let newest = revisions.iter().map(|held| count(&held["revision"], 0)).max().unwrap_or(0);
    let (namespace, name) = (object::namespace(owner), object::name(owner));
    if let Some(held) = revisions.iter().find(|held| held["data"]["spec"]["template"] == *template) {
        if count(&held["revision"], 0) < newest {
            let again = |held: &mut Value| held["revision"] = json!(newest + 1);
            let _ = env.cluster.modify(known::CONTROLLER_REVISIONS, namespace, object::name(held), again);
        }
        return object::name(held).to_owned();
    }
    let revision = format!("{name}-{}", object::hash_letters(template));
    let held = json!({
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": revision, "namespace": namespace, "labels": template["metadata"]["labels"],
            "ownerReferences": [object::controller_reference(owner)],
        },
        "data": { "spec": { "template": template } },
        "revision": newest + 1,
    });
    let _ = env.cluster.create(known::CONTROLLER_REVISIONS, held, false);
    revision
}

fn report(env: &Env, set: &Value, wanted: i64, revision: &str) {
    let pods: Vec<_> = object::pods_of(env, set).into_iter().filter(|pod| object::is_active(pod)).collect();
    let updated = pods.iter().filter(|pod| object::label(pod, REVISION_HASH) == revision).count() as i64;
    let ready = pods.iter().filter(|pod| object::is_ready(pod)).count() as i64;
    let _ = env.cluster.modify(known::STATEFUL_SETS, object::namespace(set), object::name(set), |set| {
        let done = updated == wanted && ready == wanted;
        let held = set["status"]["currentRevision"].as_str().unwrap_or(revision).to_owned();
        let current = if done { revision } else { held.as_str() };
        let on_current = pods.iter().filter(|pod| object::label(pod, REVISION_HASH) == current).count();
        let mut status = json!({
            "observedGeneration": set["metadata"]["generation"],
            "replicas": pods.len(),
            "availableReplicas": ready,
            "collisionCount": 0,
            "currentRevision": current,
            "updateRevision": revision,
        });
        let numbers =
            [("readyReplicas", ready), ("currentReplicas", on_current as i64), ("updatedReplicas", updated)];
        for (field, value) in numbers.into_iter().filter(|(_, value)| *value > 0) {
            status[field] = json!(value);
        }
        set["status"] = status;
    });
}
