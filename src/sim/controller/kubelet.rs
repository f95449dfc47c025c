//! The kubelets: they pull, start, probe, restart and stop the containers of the pods on their nodes.

mod backoff;
mod start;
mod status;
mod unit;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use serde_json::Value;

use self::unit::Unit;
use super::{Watched, events::record, object};
use crate::{
    model::Time,
    sim::{
        cluster::{Change, Deletion, known},
        world::{Controller, Env},
    },
};

/// The kubelets of all nodes of one cluster.
pub(super) struct Kubelets {
    pods: Watched,
    running: BTreeMap<String, Runtime>,
    due: BTreeMap<Time, BTreeSet<String>>,
    /// The images that each node has.
    images: BTreeSet<(String, String)>,
    addresses: u32,
}

impl Default for Kubelets {
    fn default() -> Self {
        Self {
            pods: Watched::new(known::PODS),
            running: BTreeMap::new(),
            due: BTreeMap::new(),
            images: BTreeSet::new(),
            addresses: 0,
        }
    }
}

/// One pod as its kubelet has it.
struct Runtime {
    namespace: String,
    name: String,
    node: String,
    address: String,
    units: Vec<Unit>,
    /// When its containers will have stopped, once it is being deleted.
    stopped: Option<Time>,
}

/// What a kubelet knows while it works on a pod.
struct Work<'a> {
    env: &'a Env,
    now: Time,
    pod: Arc<Value>,
    images: &'a mut BTreeSet<(String, String)>,
    rng: &'a mut fastrand::Rng,
}

impl Work<'_> {
    fn node(&self) -> &str {
        self.pod["spec"]["nodeName"].as_str().unwrap_or_default()
    }

    fn say(&self, kind: &str, reason: &str, message: &str) {
        record(self.env, self.now, &self.pod, kind, reason, message, "kubelet");
    }
}

impl Controller for Kubelets {
    fn reconcile(&mut self, env: &Env, now: Time, rng: &mut fastrand::Rng) {
        for event in self.pods.changes(env) {
            let uid = object::uid(&event.object);
            if event.change == Change::Deleted {
                if let Some(runtime) = self.running.remove(uid) {
                    runtime.release(env);
                    env.logs.pod_gone(&runtime.namespace, &runtime.name);
                }
            } else if let Some(runtime) = self.running.get(uid) {
                if object::is_ending(&event.object) && runtime.stopped.is_none() {
                    self.due.entry(now).or_default().insert(uid.to_owned());
                }
            } else if let Some(node) = event.object["spec"]["nodeName"].as_str() {
                self.addresses += 1;
                let runtime = Runtime::new(env, &event.object, node, self.addresses);
                self.running.insert(uid.to_owned(), runtime);
                let soon = now.plus(Duration::from_millis(rng.u64(200..900)));
                self.due.entry(soon).or_default().insert(uid.to_owned());
            }
        }
        while let Some(entry) = self.due.first_entry()
            && *entry.key() <= now
        {
            for uid in entry.remove() {
                self.work(env, now, &uid, rng);
            }
        }
    }
}

impl Kubelets {
    fn work(&mut self, env: &Env, now: Time, uid: &str, rng: &mut fastrand::Rng) {
        let Some(runtime) = self.running.get_mut(uid) else { return };
        if env.faults.is_lost(&runtime.node) {
            runtime.release(env);
            self.due.entry(now.plus(Duration::from_secs(2))).or_default().insert(uid.to_owned());
            return;
        }
        let Ok(pod) = env.cluster.get(known::PODS, &runtime.namespace, &runtime.name) else { return };
        if object::uid(&pod) != uid {
            return;
        }
        let mut work = Work { env, now, pod, images: &mut self.images, rng };
        if let Some(next) = runtime.step(&mut work) {
            // Never again within this step: a clock that jumps must not spin here.
            let next = next.max(now.plus(Duration::from_millis(1)));
            self.due.entry(next).or_default().insert(uid.to_owned());
        }
    }
}

impl Runtime {
    fn new(env: &Env, pod: &Value, node: &str, address: u32) -> Self {
        let containers = pod["spec"]["containers"].as_array().map_or(&[][..], Vec::as_slice);
        Self {
            namespace: object::namespace(pod).to_owned(),
            name: object::name(pod).to_owned(),
            node: node.to_owned(),
            address: format!("10.{}.{}.{}", 42 + env.index, address / 250 % 250, address % 250 + 2),
            units: containers.iter().map(Unit::new).collect(),
            stopped: None,
        }
    }

    /// Does what is due and says when to come again; never when nothing more will happen by itself.
    fn step(&mut self, work: &mut Work<'_>) -> Option<Time> {
        if object::is_ending(&work.pod) {
            return self.end(work);
        }
        let mut changed = false;
        for unit in &mut self.units {
            changed |= unit.step(work);
        }
        let told = object::holds(&work.pod, "Ready") == self.units.iter().all(Unit::is_ready);
        if changed || !told {
            status::write(work, &self.units, &self.address);
        }
        self.units.iter().filter_map(Unit::next).min()
    }

    /// Stops the containers, and removes the pod when they have stopped.
    fn end(&mut self, work: &mut Work<'_>) -> Option<Time> {
        if let Some(stopped) = self.stopped {
            if work.now < stopped {
                return Some(stopped);
            }
            self.release(work.env);
            let at_once = Deletion { grace: Some(0), ..Deletion::default() };
            let _ = work.env.cluster.delete(known::PODS, &self.namespace, &self.name, &at_once);
            return None;
        }
        let mut patience = 0.1;
        for unit in self.units.iter().filter(|unit| unit.is_running()) {
            work.say("Normal", "Killing", &format!("Stopping container {}", unit.name()));
            patience = 1.0 + work.rng.f64() * 2.5;
        }
        let grace = object::count(&work.pod["metadata"]["deletionGracePeriodSeconds"], 30) as f64;
        let stopped = work.now.plus(Duration::from_secs_f64(patience.min(grace)));
        self.stopped = Some(stopped);
        self.release(work.env);
        Some(stopped)
    }

    /// Lets go of what the containers hold outside: connections, service, their place among the running.
    fn release(&self, env: &Env) {
        self.units.iter().for_each(|unit| unit.release(env, &self.namespace, &self.name));
    }
}
