//! The rolling update of a deployment: how far each replica set may be scaled now, and what its status says.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{
    deployment::{REVISION, revision},
    events::record,
    object::{self, count},
};
use crate::{
    model::Time,
    sim::{cluster::known, world::Env},
};

/// One look at a deployment and its older replica sets, oldest first.
pub(super) struct Rollout<'a> {
    pub(super) env: &'a Env,
    pub(super) now: Time,
    pub(super) deployment: &'a Value,
    pub(super) old: &'a [Arc<Value>],
}

/// How many pods more than wanted there may be.
pub(super) fn surge(deployment: &Value) -> i64 {
    let rolling = &deployment["spec"]["strategy"]["rollingUpdate"];
    share(&rolling["maxSurge"], count(&deployment["spec"]["replicas"], 1), true)
}

/// How many pods fewer than wanted may be available; one when neither this nor the surge allows any.
fn unavailable(deployment: &Value) -> i64 {
    let rolling = &deployment["spec"]["strategy"]["rollingUpdate"];
    let allowed = share(&rolling["maxUnavailable"], count(&deployment["spec"]["replicas"], 1), false);
    if allowed == 0 && surge(deployment) == 0 { 1 } else { allowed }
}

fn share(value: &Value, of: i64, up: bool) -> i64 {
    let Some(percent) = value.as_str().and_then(|text| text.strip_suffix('%')?.parse::<i64>().ok()) else {
        return value.as_i64().unwrap_or(0);
    };
    if up { (of * percent + 99) / 100 } else { of * percent / 100 }
}

/// Marks the rollout as having progressed now.
pub(super) fn touch(deployment: &mut Value, now: Time) {
    let conditions = deployment["status"]["conditions"].as_array_mut();
    for condition in conditions.into_iter().flatten().filter(|condition| condition["type"] == "Progressing") {
        condition["lastUpdateTime"] = json!(now.rfc3339());
    }
}

fn wanted_of(set: &Value) -> i64 {
    count(&set["spec"]["replicas"], 0)
}

fn available_of(set: &Value) -> i64 {
    count(&set["status"]["availableReplicas"], 0)
}

impl Rollout<'_> {
    /// Scales the current set up and the older ones down, as far as is allowed now.
    pub(super) fn scale(&self, current: Option<&Arc<Value>>, paused: bool) {
        let desired = count(&self.deployment["spec"]["replicas"], 1);
        let Some(current) = current else {
            if let Some(newest) = self.old.iter().rev().find(|set| wanted_of(set) > 0) {
                self.resize(newest, desired);
            }
            return;
        };
        let old: i64 = self.old.iter().map(|set| wanted_of(set)).sum();
        if paused && old > 0 {
            return;
        }
        if self.deployment["spec"]["strategy"]["type"] == "Recreate" {
            self.old.iter().filter(|set| wanted_of(set) > 0).for_each(|set| self.resize(set, 0));
            let left: i64 = self.old.iter().map(|set| count(&set["status"]["replicas"], 0)).sum();
            let ending = self.old.iter().any(|set| !object::pods_of(self.env, set).is_empty());
            if left == 0 && !ending {
                self.resize(current, desired);
            }
            return;
        }
        let total = old + wanted_of(current);
        if wanted_of(current) > desired {
            self.resize(current, desired);
        } else if wanted_of(current) < desired {
            let room = desired + surge(self.deployment) - total;
            if room > 0 {
                self.resize(current, (wanted_of(current) + room).min(desired));
                return;
            }
        }
        self.shrink_old(current, desired, total);
    }

    fn shrink_old(&self, current: &Value, desired: i64, total: i64) {
        let least = desired - unavailable(self.deployment);
        let mut room = total - least - (wanted_of(current) - available_of(current));
        let mut sizes: Vec<(&Arc<Value>, i64)> = self.old.iter().map(|set| (set, wanted_of(set))).collect();
        for (set, size) in &mut sizes {
            let unhealthy = (*size - available_of(set)).clamp(0, room.max(0));
            *size -= unhealthy;
            room -= unhealthy;
        }
        let available = available_of(current) + self.old.iter().map(|set| available_of(set)).sum::<i64>();
        let mut spare = (available - least).min(room);
        for (_, size) in &mut sizes {
            let fewer = (*size).clamp(0, spare.max(0));
            *size -= fewer;
            spare -= fewer;
        }
        for (set, size) in sizes {
            if size != wanted_of(set) {
                self.resize(set, size);
            }
        }
    }

    fn resize(&self, set: &Value, to: i64) {
        let from = wanted_of(set);
        if from == to {
            return;
        }
        let (namespace, name) = (object::namespace(set), object::name(set));
        let desired = count(&self.deployment["spec"]["replicas"], 1);
        let most = (desired + surge(self.deployment)).to_string();
        let _ = self.env.cluster.modify(known::REPLICA_SETS, namespace, name, |set| {
            set["spec"]["replicas"] = json!(to);
            set["metadata"]["annotations"]["deployment.kubernetes.io/desired-replicas"] =
                json!(desired.to_string());
            set["metadata"]["annotations"]["deployment.kubernetes.io/max-replicas"] = json!(most);
        });
        let way = if to > from { "up" } else { "down" };
        let message = format!("Scaled {way} replica set {name} from {from} to {to}");
        let controller = "deployment-controller";
        record(self.env, self.now, self.deployment, "Normal", "ScalingReplicaSet", &message, controller);
    }

    /// Writes the status; says when the rollout will have taken too long.
    pub(super) fn report(&self, current: Option<&Arc<Value>>, paused: bool) -> Option<Time> {
        let read = |set: &Arc<Value>| {
            self.env.cluster.get(known::REPLICA_SETS, object::namespace(set), object::name(set)).ok()
        };
        let current = current.and_then(read);
        let old: Vec<_> = self.old.iter().filter_map(read).collect();
        let sum = |field: &str| -> i64 {
            old.iter().chain(&current).map(|set| count(&set["status"][field], 0)).sum()
        };
        let (replicas, ready, available) = (sum("replicas"), sum("readyReplicas"), sum("availableReplicas"));
        let updated = current.as_ref().map_or(0, |set| count(&set["status"]["replicas"], 0));
        let fresh = current.as_ref().map_or(0, |set| available_of(set));
        let desired = count(&self.deployment["spec"]["replicas"], 1);
        let done = updated == desired && replicas == desired && fresh == desired;
        let progressed =
            [("updatedReplicas", updated), ("readyReplicas", ready), ("availableReplicas", available)]
                .into_iter()
                .any(|(field, value)| value > count(&self.deployment["status"][field], 0))
                || replicas < count(&self.deployment["status"]["replicas"], 0);
        let mut deadline = None;
        let _ = self.modify(|deployment| {
            let conditions = deployment["status"].get("conditions").cloned();
            deployment["status"] = json!({ "observedGeneration": deployment["metadata"]["generation"] });
            let unavailable = (desired.max(replicas) - available).max(0);
            let numbers = [
                ("replicas", replicas),
                ("updatedReplicas", updated),
                ("readyReplicas", ready),
                ("availableReplicas", available),
                ("unavailableReplicas", unavailable),
            ];
            for (field, value) in numbers.into_iter().filter(|(_, value)| *value > 0) {
                deployment["status"][field] = json!(value);
            }
            if let Some(conditions) = conditions {
                deployment["status"]["conditions"] = conditions;
            }
            if let Some(set) = &current {
                deployment["metadata"]["annotations"][REVISION] = json!(revision(set).to_string());
            }
            self.available(deployment, available);
            if paused {
                let text = "Deployment is paused";
                object::set_condition(
                    deployment,
                    self.now,
                    "Progressing",
                    "Unknown",
                    "DeploymentPaused",
                    text,
                );
            } else if let Some(set) = &current {
                deadline = self.progress(deployment, object::name(set), done, progressed);
            }
        });
        deadline
    }

    fn available(&self, deployment: &mut Value, available: i64) {
        let desired = count(&deployment["spec"]["replicas"], 1);
        let (status, reason, message) = if available >= desired - unavailable(deployment) {
            ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
        } else {
            ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
        };
        let moved = object::condition(deployment, "Available").is_none_or(|held| held["status"] != status);
        object::set_condition(deployment, self.now, "Available", status, reason, message);
        if moved {
            let conditions = deployment["status"]["conditions"].as_array_mut();
            for condition in conditions.into_iter().flatten().filter(|c| c["type"] == "Available") {
                condition["lastUpdateTime"] = json!(self.now.rfc3339());
            }
        }
    }

    /// Sets the condition `Progressing` as the deployment controller does.
    fn progress(&self, deployment: &mut Value, set: &str, done: bool, progressed: bool) -> Option<Time> {
        let held = object::condition(deployment, "Progressing");
        let reason = held.map_or("", |held| held["reason"].as_str().unwrap_or_default()).to_owned();
        if done {
            if reason != "NewReplicaSetAvailable" {
                let message = format!("ReplicaSet \"{set}\" has successfully progressed.");
                object::set_condition(
                    deployment,
                    self.now,
                    "Progressing",
                    "True",
                    "NewReplicaSetAvailable",
                    &message,
                );
                touch(deployment, self.now);
            }
            return None;
        }
        let generation = &deployment["metadata"]["generation"];
        let started = reason == "NewReplicaSetAvailable"
            && self.deployment["status"]["observedGeneration"] != *generation;
        if progressed || started || reason.is_empty() || reason == "DeploymentPaused" {
            let message = format!("ReplicaSet \"{set}\" is progressing.");
            object::set_condition(deployment, self.now, "Progressing", "True", "ReplicaSetUpdated", &message);
            touch(deployment, self.now);
        }
        let held = object::condition(deployment, "Progressing")?;
        if held["reason"] == "NewReplicaSetAvailable" || held["reason"] == "ProgressDeadlineExceeded" {
            return None;
        }
        let since = object::time(&held["lastUpdateTime"]).unwrap_or(self.now);
        let patience =
            u64::try_from(count(&deployment["spec"]["progressDeadlineSeconds"], 600)).unwrap_or(600);
        let deadline = since.plus(Duration::from_secs(patience));
        if self.now < deadline {
            return Some(deadline);
        }
        let message = format!("ReplicaSet \"{set}\" has timed out progressing.");
        object::set_condition(
            deployment,
            self.now,
            "Progressing",
            "False",
            "ProgressDeadlineExceeded",
            &message,
        );
        touch(deployment, self.now);
        None
    }

    fn modify(&self, change: impl FnOnce(&mut Value)) -> Option<Arc<Value>> {
        let (namespace, name) = (object::namespace(self.deployment), object::name(self.deployment));
        self.env.cluster.modify(known::DEPLOYMENTS, namespace, name, change).ok()
    }
}
