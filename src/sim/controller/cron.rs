//! Cron jobs: a job at every due minute, and a few finished ones kept.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{
    events::record,
    job::is_finished,
    object::{self, count},
};
use crate::{
    model::Time,
    sim::{
        cluster::{Deletion, known},
        cron::Cron,
        world::{Controller, Env},
    },
};

const CONTROLLER: &str = "cronjob-controller";

/// Looks once in every simulated minute that has begun.
#[derive(Default)]
pub(super) struct CronJobs {
    minute: Option<i64>,
}

impl Controller for CronJobs {
    fn reconcile(&mut self, env: &Env, now: Time, _rng: &mut fastrand::Rng) {
        let minute = now.secs().div_euclid(60);
        let last = self.minute.replace(minute).unwrap_or(minute - 1);
        if minute == last {
            return;
        }
        for cron in env.cluster.list(known::CRON_JOBS, None) {
            let schedule = cron["spec"]["schedule"].as_str().unwrap_or_default();
            let due = (last + 1..=minute).rev().find(|minute| is_due(schedule, *minute));
            if let Some(due) = due
                && cron["spec"]["suspend"] != true
                && !object::is_ending(&cron)
            {
                start(env, now, &cron, due);
            }
            tidy(env, &cron);
        }
    }
}

fn start(env: &Env, now: Time, cron: &Value, minute: i64) {
    let jobs = object::owned(env, cron, known::JOBS);
    let running: Vec<_> = jobs.iter().filter(|job| !is_finished(job)).collect();
    match cron["spec"]["concurrencyPolicy"].as_str() {
        Some("Forbid") if !running.is_empty() => {
            let message =
                "Not starting job because prior execution is running and concurrency policy is Forbid";
            record(env, now, cron, "Normal", "JobAlreadyActive", message, CONTROLLER);
            return;
        }
        Some("Replace") => {
            for job in running {
                let (namespace, name) = (object::namespace(job), object::name(job));
                let _ = env.cluster.delete(known::JOBS, namespace, name, &Deletion::default());
            }
        }
        _ => {}
    }
    let name = format!("{}-{minute}", object::name(cron));
    let template = &cron["spec"]["jobTemplate"];
    let mut meta = template["metadata"].clone();
    meta["name"] = json!(name);
    meta["namespace"] = cron["metadata"]["namespace"].clone();
    meta["ownerReferences"] = json!([object::controller_reference(cron)]);
    meta["annotations"]["batch.kubernetes.io/cronjob-scheduled-timestamp"] =
        json!(Time::from_secs(minute * 60).rfc3339());
    let job = json!({ "apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": template["spec"] });
    if env.cluster.create(known::JOBS, job, false).is_ok() {
        record(env, now, cron, "Normal", "SuccessfulCreate", &format!("Created job {name}"), CONTROLLER);
        let _ = env.cluster.modify(known::CRON_JOBS, object::namespace(cron), object::name(cron), |cron| {
            cron["status"]["lastScheduleTime"] = json!(Time::from_secs(minute * 60).rfc3339());
        });
    }
}

/// Keeps the list of active jobs and deletes finished ones beyond the history limits.
fn tidy(env: &Env, cron: &Value) {
    let mut jobs = object::owned(env, cron, known::JOBS);
    jobs.sort_by_cached_key(|job| {
        job["metadata"]["creationTimestamp"].as_str().unwrap_or_default().to_owned()
    });
    for (kind, limit, default) in
        [("Complete", "successfulJobsHistoryLimit", 3), ("Failed", "failedJobsHistoryLimit", 1)]
    {
        let limit = usize::try_from(count(&cron["spec"][limit], default)).unwrap_or(0);
        let finished: Vec<_> = jobs.iter().filter(|job| object::holds(job, kind)).collect();
        for job in finished.iter().take(finished.len().saturating_sub(limit)) {
            let (namespace, name) = (object::namespace(job), object::name(job));
            let _ = env.cluster.delete(known::JOBS, namespace, name, &Deletion::default());
        }
    }
    let reference = |job: &&std::sync::Arc<Value>| {
        json!({
            "kind": "Job", "apiVersion": "batch/v1", "name": job["metadata"]["name"],
            "namespace": job["metadata"]["namespace"], "uid": job["metadata"]["uid"],
        })
    };
    let active: Vec<Value> = jobs.iter().filter(|job| !is_finished(job)).map(|job| reference(&job)).collect();
    let last = jobs.iter().rev().find(|job| object::holds(job, "Complete"));
    let last = last.map(|job| job["status"]["completionTime"].clone());
    let _ = env.cluster.modify(known::CRON_JOBS, object::namespace(cron), object::name(cron), |cron| {
        if !cron["status"].is_object() {
            cron["status"] = json!({});
        }
        if active.is_empty() {
            cron["status"].as_object_mut().and_then(|status| status.shift_remove("active"));
        } else {
            cron["status"]["active"] = json!(active);
        }
        if let Some(last) = last {
            cron["status"]["lastSuccessfulTime"] = last;
        }
    });
}

/// Whether a schedule is due in a minute (counted from 1970, UTC).
fn is_due(schedule: &str, minute: i64) -> bool {
    let at = TimeZone::UTC.to_datetime(Time::from_secs(minute * 60).timestamp());
    Cron::parse(schedule).is_some_and(|cron| cron.strikes(at))
}
