//! Jobs: pods that run until enough of them have succeeded or too many failed.

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

const CONTROLLER: &str = "job-controller";

pub(super) struct Jobs {
    jobs: Watched,
    pods: Watched,
    queue: Queue,
}

impl Default for Jobs {
    fn default() -> Self {
        Self { jobs: Watched::new(known::JOBS), pods: Watched::new(known::PODS), queue: Queue::default() }
    }
}

impl Controller for Jobs {
    fn reconcile(&mut self, env: &Env, now: Time, _rng: &mut fastrand::Rng) {
        for event in self.jobs.changes(env) {
            self.queue.add_object(&event.object);
        }
        for event in self.pods.changes(env) {
            self.queue.add_owner(&event.object, "Job");
        }
        for (namespace, name) in self.queue.take(now) {
            if let Ok(job) = env.cluster.get(known::JOBS, &namespace, &name) {
                reconcile(env, now, &job);
            }
        }
    }
}

/// Whether a job has completed or failed for good.
pub(super) fn is_finished(job: &Value) -> bool {
    object::holds(job, "Complete") || object::holds(job, "Failed")
}

fn reconcile(env: &Env, now: Time, job: &Value) {
    if object::is_ending(job) || is_finished(job) || job["spec"]["suspend"] == true {
        return;
    }
    let pods = object::pods_of(env, job);
    let phase = |wanted: &str| pods.iter().filter(|pod| pod["status"]["phase"] == wanted).count() as i64;
    let (succeeded, failed) = (phase("Succeeded"), phase("Failed"));
    let mut active: Vec<_> = pods.iter().filter(|pod| object::is_active(pod)).cloned().collect();
    let completions = count(&job["spec"]["completions"], 1);
    let gave_up = failed > count(&job["spec"]["backoffLimit"], 6);
    let done = succeeded >= completions;
    if !done && !gave_up {
        let wanted = count(&job["spec"]["parallelism"], 1).min(completions - succeeded);
        for _ in active.len() as i64..wanted {
            let mut pod = object::pod_from(&job["spec"]["template"], job);
            pod["metadata"]["generateName"] = json!(format!("{}-", object::name(job)));
            for prefix in ["", "batch.kubernetes.io/"] {
                pod["metadata"]["labels"][format!("{prefix}job-name")] = job["metadata"]["name"].clone();
                pod["metadata"]["labels"][format!("{prefix}controller-uid")] = job["metadata"]["uid"].clone();
            }
            let Ok(pod) = env.cluster.create(known::PODS, pod, false) else { break };
            let message = format!("Created pod: {}", object::name(&pod));
            record(env, now, job, "Normal", "SuccessfulCreate", &message, CONTROLLER);
            active.push(pod);
        }
    } else if gave_up {
        for pod in active.drain(..) {
            let _ = env.cluster.delete(
                known::PODS,
                object::namespace(&pod),
                object::name(&pod),
                &Deletion::default(),
            );
        }
    }
    let ready = active.iter().filter(|pod| object::is_ready(pod)).count();
    let _ = env.cluster.modify(known::JOBS, object::namespace(job), object::name(job), |job| {
        let started = job["status"].get("startTime").cloned().unwrap_or_else(|| json!(now.rfc3339()));
        job["status"] = json!({ "startTime": started, "ready": ready, "terminating": 0 });
        let numbers = [("active", active.len() as i64), ("succeeded", succeeded), ("failed", failed)];
        for (field, value) in numbers.into_iter().filter(|(_, value)| *value > 0) {
            job["status"][field] = json!(value);
        }
        if done {
            job["status"]["completionTime"] = json!(now.rfc3339());
            let message = "Reached expected number of succeeded pods";
            for kind in ["SuccessCriteriaMet", "Complete"] {
                object::set_condition(job, now, kind, "True", "CompletionsReached", message);
            }
        } else if gave_up {
            let message = "Job has reached the specified backoff limit";
            for kind in ["FailureTarget", "Failed"] {
                object::set_condition(job, now, kind, "True", "BackoffLimitExceeded", message);
            }
        }
    });
    if done {
        record(env, now, job, "Normal", "Completed", "Job completed", CONTROLLER);
    } else if gave_up {
        let message = "Job has reached the specified backoff limit";
        record(env, now, job, "Warning", "BackoffLimitExceeded", message, CONTROLLER);
    }
}
