//! Nodes: heartbeats, what happens when they stop, eviction, and the end of pods whose node is gone.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use super::{
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

/// How often a kubelet renews its lease (`nodeStatusUpdateFrequency` of leases: 10 s).
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How long a node may be silent (`--node-monitor-grace-period`, 40 s until Kubernetes 1.31, 50 s since).
const SILENCE: Duration = Duration::from_secs(50);
const CONTROLLER: &str = "node-controller";
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";

/// Watches over the nodes of one cluster.
#[derive(Default)]
pub(super) struct Nodes {
    next: Time,
    heard: BTreeMap<String, Time>,
    silent_since: BTreeMap<String, Time>,
}

impl Controller for Nodes {
    fn reconcile(&mut self, env: &Env, now: Time, _rng: &mut fastrand::Rng) {
        if now < self.next {
            return;
        }
        self.next = now.plus(Duration::from_secs(2));
        let nodes = env.cluster.list(known::NODES, None);
        for node in &nodes {
            let name = object::name(node);
            if env.faults.is_lost(name) {
                self.silence(env, now, node);
            } else if self.heard.get(name).is_none_or(|last| now >= last.plus(HEARTBEAT)) {
                self.heard.insert(name.to_owned(), now);
                self.heartbeat(env, now, node);
            }
        }
        self.heard.retain(|name, _| nodes.iter().any(|node| object::name(node) == name));
        for (name, since) in &self.silent_since {
            evict(env, now, name, *since);
        }
        self.silent_since.retain(|name, _| nodes.iter().any(|node| object::name(node) == name));
        collect(env, &nodes);
    }
}

impl Nodes {
    fn heartbeat(&mut self, env: &Env, now: Time, node: &Value) {
        let name = object::name(node);
        let renewed = json!(now.timestamp().strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string());
        let lease = |lease: &mut Value| lease["spec"]["renewTime"] = renewed.clone();
        if env.cluster.modify(known::LEASES, "kube-node-lease", name, lease).is_err() {
            let lease = json!({
                "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                "metadata": { "name": name, "namespace": "kube-node-lease" },
                "spec": { "holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": renewed },
            });
            let _ = env.cluster.create(known::LEASES, lease, false);
        }
        if object::holds(node, "Ready") && self.silent_since.remove(name).is_none() {
            return;
        }
        let ready = env.cluster.modify(known::NODES, "", name, |node| {
            for (kind, reason, what) in PRESSURES {
                object::set_condition(node, now, kind, "False", reason, what);
            }
            object::set_condition(
                node,
                now,
                "Ready",
                "True",
                "KubeletReady",
                "kubelet is posting ready status",
            );
            if let Some(taints) = node["spec"].get_mut("taints").and_then(Value::as_array_mut) {
                taints.retain(|taint| taint["key"] != UNREACHABLE);
            }
            if node["spec"].get("taints").and_then(Value::as_array).is_some_and(Vec::is_empty) {
                node["spec"].as_object_mut().and_then(|spec| spec.shift_remove("taints"));
            }
        });
        if let Ok(node) = ready {
            let message = format!("Node {name} status is now: NodeReady");
            record(env, now, &node, "Normal", "NodeReady", &message, "kubelet");
        }
    }

    fn silence(&mut self, env: &Env, now: Time, node: &Value) {
        let name = object::name(node);
        let last = *self.heard.entry(name.to_owned()).or_insert(now);
        if now < last.plus(SILENCE) || self.silent_since.contains_key(name) {
            return;
        }
        self.silent_since.insert(name.to_owned(), now);
        let _ = env.cluster.modify(known::NODES, "", name, |node| {
            let text = "Kubelet stopped posting node status.";
            for kind in PRESSURES.iter().map(|(kind, ..)| *kind).chain(["Ready"]) {
                object::set_condition(node, now, kind, "Unknown", "NodeStatusUnknown", text);
            }
            if !node["spec"]["taints"].is_array() {
                node["spec"]["taints"] = json!([]);
            }
            if let Some(taints) = node["spec"]["taints"].as_array_mut() {
                for effect in ["NoSchedule", "NoExecute"] {
                    taints.push(json!({ "key": UNREACHABLE, "effect": effect, "timeAdded": now.rfc3339() }));
                }
            }
        });
        let message = format!("Node {name} status is now: NodeNotReady");
        record(env, now, node, "Normal", "NodeNotReady", &message, CONTROLLER);
        for pod in pods_on(env, name) {
            let _ = env.cluster.modify(known::PODS, object::namespace(&pod), object::name(&pod), |pod| {
                object::set_condition(pod, now, "Ready", "False", "", "");
            });
            record(env, now, &pod, "Warning", "NodeNotReady", "Node is not ready", CONTROLLER);
        }
    }
}

const PRESSURES: [(&str, &str, &str); 3] = [
    ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
];

fn pods_on(env: &Env, node: &str) -> Vec<std::sync::Arc<Value>> {
    let mut pods = env.cluster.list(known::PODS, None);
    pods.retain(|pod| pod["spec"]["nodeName"] == node);
    pods
}

/// Deletes the pods of a silent node that tolerate it no longer; they stay Terminating until the node speaks.
fn evict(env: &Env, now: Time, node: &str, since: Time) {
    for pod in pods_on(env, node).iter().filter(|pod| object::is_active(pod)) {
        let tolerations = pod["spec"]["tolerations"].as_array().into_iter().flatten();
        let held = tolerations
            .filter(|toleration| toleration.get("key").is_none_or(|key| key == UNREACHABLE))
            .map(|toleration| {
                toleration.get("tolerationSeconds").map_or(i64::MAX, |seconds| count(seconds, 0))
            })
            .max();
        let patience = Duration::from_secs(u64::try_from(held.unwrap_or(0)).unwrap_or(0).min(1 << 40));
        if now >= since.plus(patience) {
            let (namespace, name) = (object::namespace(pod), object::name(pod));
            let message = format!("Marking for deletion Pod {namespace}/{name}");
            record(env, now, pod, "Normal", "TaintManagerEviction", &message, "taint-eviction-controller");
            let _ = env.cluster.delete(known::PODS, namespace, name, &Deletion::default());
        }
    }
}

/// Removes the pods whose node is no longer there, as the pod garbage collector does.
fn collect(env: &Env, nodes: &[std::sync::Arc<Value>]) {
    for pod in env.cluster.list(known::PODS, None) {
        if let Some(node) = pod["spec"]["nodeName"].as_str()
            && !nodes.iter().any(|held| object::name(held) == node)
        {
            let now = Deletion { grace: Some(0), ..Deletion::default() };
            let _ = env.cluster.delete(known::PODS, object::namespace(&pod), object::name(&pod), &now);
        }
    }
}
