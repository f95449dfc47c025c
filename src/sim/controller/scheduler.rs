//! The scheduler: gives waiting pods a node with room for them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use serde_json::{Value, json};

use super::{
    Key, Watched,
    events::record,
    object::{self, quantity},
};
use crate::{
    model::Time,
    sim::{
        cluster::{Change, known},
        world::{Controller, Env},
    },
};

const SCHEDULER: &str = "default-scheduler";
/// How soon a pod that found no node is tried again although nothing has changed.
const RETRY: Duration = Duration::from_secs(60);

pub(super) struct Scheduler {
    pods: Watched,
    nodes: Watched,
    waiting: BTreeSet<Key>,
    retry: Option<Time>,
    look: bool,
}

impl Default for Scheduler {
    fn default() -> Self {
        Self {
            pods: Watched::new(known::PODS),
            nodes: Watched::new(known::NODES),
            waiting: BTreeSet::new(),
            retry: None,
            look: false,
        }
    }
}

/// A node with what is left on it.
struct Room {
    node: Arc<Value>,
    cpu: i64,
    memory: i64,
    pods: i64,
    apps: BTreeMap<String, i64>,
}

impl Controller for Scheduler {
    fn reconcile(&mut self, env: &Env, now: Time, _rng: &mut fastrand::Rng) {
        for event in self.pods.changes(env) {
            let key = (object::namespace(&event.object).to_owned(), object::name(&event.object).to_owned());
            let unplaced = event.object["spec"].get("nodeName").is_none();
            if event.change == Change::Deleted {
                self.waiting.remove(&key);
                self.look = true;
            } else if unplaced && event.change == Change::Added && !object::is_ending(&event.object) {
                self.waiting.insert(key);
                self.look = true;
            }
        }
        for event in self.nodes.changes(env) {
            let open = |node: &Value| (node["spec"].clone(), object::holds(node, "Ready"));
            self.look |= event.before.as_ref().is_none_or(|before| open(before) != open(&event.object));
        }
        self.look |= self.retry.is_some_and(|retry| retry <= now);
        if self.waiting.is_empty() || !std::mem::take(&mut self.look) {
            return;
        }
        self.retry = None;
        let mut rooms = rooms(env);
        for key in std::mem::take(&mut self.waiting) {
            let Ok(pod) = env.cluster.get(known::PODS, &key.0, &key.1) else { continue };
            if !place(env, now, &pod, &mut rooms) {
                self.retry = Some(now.plus(RETRY));
                self.waiting.insert(key);
            }
        }
    }
}

fn rooms(env: &Env) -> Vec<Room> {
    let room = |node: Arc<Value>| Room {
        cpu: quantity(&node["status"]["allocatable"]["cpu"]),
        memory: quantity(&node["status"]["allocatable"]["memory"]),
        pods: quantity(&node["status"]["allocatable"]["pods"]) / 1000,
        apps: BTreeMap::new(),
        node,
    };
    let mut rooms: Vec<Room> = env.cluster.list(known::NODES, None).into_iter().map(room).collect();
    for pod in env.cluster.list(known::PODS, None) {
        let finished = matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
        let on = rooms.iter_mut().find(|room| pod["spec"]["nodeName"] == object::name(&room.node));
        if let (Some(room), false) = (on, finished) {
            take(room, &pod);
        }
    }
    rooms
}

fn requests(pod: &Value) -> (i64, i64) {
    let containers = pod["spec"]["containers"].as_array().into_iter().flatten();
    containers.fold((0, 0), |(cpu, memory), container| {
        let requests = &container["resources"]["requests"];
        (cpu + quantity(&requests["cpu"]), memory + quantity(&requests["memory"]))
    })
}

fn take(room: &mut Room, pod: &Value) {
    let (cpu, memory) = requests(pod);
    room.cpu -= cpu;
    room.memory -= memory;
    room.pods -= 1;
    *room.apps.entry(object::label(pod, "app.kubernetes.io/name").to_owned()).or_default() += 1;
}

/// Why a pod cannot go to a node, in the scheduler's words; none when it can.
fn obstacle(room: &Room, pod: &Value) -> Option<String> {
    let node = &room.node;
    let tolerates = |taint: &Value| {
        pod["spec"]["tolerations"].as_array().into_iter().flatten().any(|toleration| {
            let key = toleration.get("key").is_none_or(|key| *key == taint["key"]);
            let effect = toleration.get("effect").is_none_or(|effect| *effect == taint["effect"]);
            let value = toleration["operator"] == "Exists" || toleration["value"] == taint["value"];
            key && effect && value
        })
    };
    if node["spec"]["unschedulable"] == true {
        return Some("node(s) were unschedulable".to_owned());
    }
    let mut taints = node["spec"]["taints"].as_array().into_iter().flatten();
    let barred = taints.find(|taint| taint["effect"] != "PreferNoSchedule" && !tolerates(taint));
    if let Some(taint) = barred {
        let (key, value) =
            (taint["key"].as_str().unwrap_or_default(), taint["value"].as_str().unwrap_or_default());
        return Some(format!("node(s) had untolerated taint(s) {{{key}: {value}}}"));
    }
    let wanted = pod["spec"]["nodeSelector"].as_object();
    if wanted.into_iter().flatten().any(|(label, value)| node["metadata"]["labels"][label] != *value) {
        return Some("node(s) didn't match Pod's node affinity/selector".to_owned());
    }
    let (cpu, memory) = requests(pod);
    if room.pods < 1 {
        Some("Too many pods".to_owned())
    } else if cpu > room.cpu {
        Some("Insufficient cpu".to_owned())
    } else if memory > room.memory {
        Some("Insufficient memory".to_owned())
    } else {
        None
    }
}

fn place(env: &Env, now: Time, pod: &Value, rooms: &mut [Room]) -> bool {
    let (namespace, name) = (object::namespace(pod), object::name(pod));
    let app = object::label(pod, "app.kubernetes.io/name").to_owned();
    let mut obstacles: BTreeMap<String, usize> = BTreeMap::new();
    let mut best: Option<(usize, (i64, i64))> = None;
    for (at, room) in rooms.iter().enumerate() {
        if let Some(why) = obstacle(room, pod) {
            *obstacles.entry(why).or_default() += 1;
            continue;
        }
        // Fewest pods of the same application first, then the emptiest node.
        let score = (-room.apps.get(&app).copied().unwrap_or(0), room.cpu);
        if best.is_none_or(|(_, held)| score > held) {
            best = Some((at, score));
        }
    }
    let Some((at, _)) = best else {
        let reasons: Vec<String> = obstacles.iter().map(|(why, nodes)| format!("{nodes} {why}")).collect();
        let total = rooms.len();
        let message = format!("0/{total} nodes are available: {}.", reasons.join(", "));
        let _ = env.cluster.modify(known::PODS, namespace, name, |pod| {
            object::set_condition(pod, now, "PodScheduled", "False", "Unschedulable", &message);
        });
        record(env, now, pod, "Warning", "FailedScheduling", &message, SCHEDULER);
        return false;
    };
    take(&mut rooms[at], pod);
    let node = object::name(&rooms[at].node).to_owned();
    let _ = env.cluster.modify(known::PODS, namespace, name, |pod| {
        pod["spec"]["nodeName"] = json!(node);
        object::set_condition(pod, now, "PodScheduled", "True", "", "");
    });
    let message = format!("Successfully assigned {namespace}/{name} to {node}");
    record(env, now, pod, "Normal", "Scheduled", &message, SCHEDULER);
    true
}
