//! Refreshing an application: compare, write the status down, and begin an automated sync where one is due.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{
    Argo, Comparison, IN_CLUSTER, NAMESPACE, REFRESH, View, compare, event, operation::in_progress,
    ordered_status, set, text, tree::images_of, window::Windows,
};
use crate::{
    model::Time,
    sim::{Env, cluster::known},
};

/// What a refresh left behind.
pub(super) struct Refreshed {
    pub(super) comparison: Arc<Comparison>,
    /// When self-heal will be tried again, if it is waiting.
    pub(super) retry: Option<Duration>,
}

const CONTROLLER: &str = "argocd-application-controller";

/// Compares an application at a commit (none when its revision cannot be resolved) and writes its status.
pub(super) fn refresh(env: &Env, argo: &Argo, app: &Value, revision: Option<&str>, now: Time) -> Refreshed {
    let view = View(app);
    let comparison = Arc::new(match revision {
        Some(revision) => compare(env, &argo.git, view, view.source(), revision),
        None => unresolved(env, argo, view),
    });
    argo.keep(view.name(), Arc::clone(&comparison));
    let spec_error = invalid_spec(env, view);
    let mut next = Next::new(app, &comparison, now);
    let (mut sync_error, mut retry, mut operation) = (None, None, None);
    if spec_error.is_none() && comparison.error.is_none() {
        match auto_sync(env, view, &comparison, now) {
            Auto::Nothing => {}
            Auto::Start(started) => operation = Some(started),
            Auto::Wait(wait) => retry = Some(wait),
            Auto::Refused(why) => sync_error = Some(why),
        }
    }
    next.condition("ComparisonError", comparison.error.clone());
    next.condition("InvalidSpecError", spec_error);
    next.condition("SyncError", sync_error);
    next.set("summary", summary(env, &comparison));
    let (old_sync, old_health) = (view.sync_status(), text(app, "/status/health/status"));
    let (sync, health) = (text(&next.status, "/sync/status"), text(&next.status, "/health/status"));
    if old_sync != sync {
        let message = format!("Updated sync status: {old_sync} -> {sync}");
        event(env, app, CONTROLLER, "ResourceUpdated", false, &message);
    }
    if old_health != health {
        let message = format!("Updated health status: {old_health} -> {health}");
        event(env, app, CONTROLLER, "ResourceUpdated", false, &message);
    }
    if operation.is_some() {
        let message = format!("Initiated automated sync to '{}'", comparison.revision);
        event(env, app, CONTROLLER, "OperationStarted", false, &message);
    }
    write(env, view.name(), next, operation);
    Refreshed { comparison, retry }
}

/// Writes the new status over the old one, keeping what operations write, and takes the request away.
fn write(env: &Env, name: &str, next: Next, operation: Option<Value>) {
    // The application may be gone by now.
    let _ = env.cluster.modify(known::APPLICATIONS, NAMESPACE, name, |app| {
        let mut status = next.status;
        for field in ["history", "operationState"] {
            set(&mut status, field, app["status"].get(field).cloned().unwrap_or_default());
        }
        set(app, "status", ordered_status(&status));
        if let Some(annotations) = app["metadata"].get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.shift_remove(REFRESH);
            annotations.shift_remove("argocd.argoproj.io/hydrate");
        }
        if let Some(operation) = operation
            && app.get("operation").is_none()
        {
            set(app, "operation", operation);
            set(&mut app["status"], "operationState", Value::Null);
        }
    });
}

/// The comparison with a revision that git does not know.
fn unresolved(env: &Env, argo: &Argo, app: View<'_>) -> Comparison {
    compare(env, &argo.git, app, app.source(), app.target_revision())
}

/// What is wrong with the spec, in the words of the controller.
fn invalid_spec(env: &Env, app: View<'_>) -> Option<String> {
    if env.cluster.get(known::APP_PROJECTS, NAMESPACE, app.project()).is_err() {
        return Some(format!("Application referencing project {} which does not exist", app.project()));
    }
    destination_error(app.0)
}

/// What is wrong with the destination of an application, if anything.
pub(crate) fn destination_error(app: &Value) -> Option<String> {
    let destination = &app["spec"]["destination"];
    match (text(destination, "/server"), text(destination, "/name")) {
        ("", "") => Some("Destination server missing from app spec".to_owned()),
        (IN_CLUSTER, "") | ("", "in-cluster") => None,
        (server, "") => Some(format!(
            "error getting cluster by server {server:?}: rpc error: code = NotFound desc = cluster {server:?} not found"
        )),
        ("", name) => Some(format!(
            "error getting cluster by name {name:?}: there are no clusters with this name: {name}"
        )),
        (server, name) => {
            Some(format!("application destination can't have both name and server defined: {name} {server}"))
        }
    }
}

fn summary(env: &Env, comparison: &Comparison) -> Value {
    let images = images_of(env, comparison);
    if images.is_empty() { json!({}) } else { json!({ "images": images }) }
}

/// A status in the making.
struct Next {
    status: Value,
    before: Value,
    now: String,
}

impl Next {
    fn new(app: &Value, comparison: &Comparison, now: Time) -> Self {
        let now = now.rfc3339();
        let before = app.get("status").cloned().unwrap_or_default();
        let health = comparison.health();
        let since = match &before["health"]["status"] {
            held if *held == health => before["health"]["lastTransitionTime"].clone(),
            _ => json!(now),
        };
        let spec = &app["spec"];
        let mut compared = json!({ "source": spec["source"], "destination": spec["destination"] });
        set(&mut compared, "ignoreDifferences", spec.get("ignoreDifferences").cloned().unwrap_or_default());
        let status = json!({
            "resources": comparison.resources(),
            "sync": { "status": comparison.status(), "comparedTo": compared, "revision": comparison.revision },
            "health": { "status": health, "lastTransitionTime": since },
            "reconciledAt": now,
            "sourceType": "Directory",
            "resourceHealthSource": "appTree",
            "controllerNamespace": NAMESPACE,
            "sourceHydrator": {},
        });
        Self { status, before, now }
    }

    fn set(&mut self, field: &str, value: Value) {
        set(&mut self.status, field, value);
    }

    /// Adds a condition, with the time at which it first said this.
    fn condition(&mut self, kind: &str, message: Option<String>) {
        let Some(message) = message else { return };
        let held = self.before["conditions"].as_array().into_iter().flatten();
        let same = held.into_iter().find(|c| c["type"] == kind && c["message"] == message.as_str());
        let since = same.map_or_else(|| json!(self.now), |c| c["lastTransitionTime"].clone());
        let condition = json!({ "type": kind, "message": message, "lastTransitionTime": since });
        match self.status.get_mut("conditions").and_then(Value::as_array_mut) {
            Some(list) => list.push(condition),
            None => self.set("conditions", json!([condition])),
        }
    }
}

enum Auto {
    Nothing,
    Start(Value),
    Wait(Duration),
    Refused(String),
}

/// Whether an automated sync is due now.
fn auto_sync(env: &Env, app: View<'_>, comparison: &Comparison, now: Time) -> Auto {
    let Some(_) = app.automated() else { return Auto::Nothing };
    if app.operation().is_some() || app.deleting() || comparison.status() != "OutOfSync" {
        return Auto::Nothing;
    }
    let prune = app.automated_flag("prune");
    if !prune && comparison.managed.iter().all(|m| m.synced() || m.target.is_none()) {
        return Auto::Nothing;
    }
    let project = env.cluster.get(known::APP_PROJECTS, NAMESPACE, app.project());
    if !project
        .is_ok_and(|project| Windows::of(&project, app, now).is_ok_and(|windows| windows.can_sync(false)))
    {
        return Auto::Nothing;
    }
    let policy = &app.0["spec"]["syncPolicy"];
    let mut sync = json!({ "revision": comparison.revision });
    if prune {
        set(&mut sync, "prune", json!(true));
    }
    set(&mut sync, "source", app.source().clone());
    set(&mut sync, "syncOptions", policy.get("syncOptions").cloned().unwrap_or_default());
    match attempted(app, comparison) {
        None => {}
        Some(Err(message)) => return Auto::Refused(message),
        Some(Ok(())) if !app.automated_flag("selfHeal") => return Auto::Nothing,
        Some(Ok(())) => {
            let attempts = heal_attempts(app, now);
            if let Some(wait) = heal_wait(app, attempts, now) {
                return Auto::Wait(wait);
            }
            let changed = comparison.managed.iter().filter(|m| !m.synced()).map(|m| {
                let mut row = json!({});
                if !m.group.is_empty() {
                    set(&mut row, "group", json!(m.group));
                }
                set(&mut row, "kind", json!(m.kind));
                set(&mut row, "name", json!(m.name));
                row
            });
            set(&mut sync, "resources", changed.collect());
            set(&mut sync, "autoHealAttemptsCount", json!(attempts + 1));
        }
    }
    let wipes = !comparison.managed.is_empty() && comparison.managed.iter().all(|m| m.target.is_none());
    if prune && !app.automated_flag("allowEmpty") && wipes {
        let revision = &comparison.revision;
        return Auto::Refused(format!(
            "Skipping sync attempt to [{revision}]: auto-sync will wipe out all resources"
        ));
    }
    let retry = policy.get("retry").cloned().unwrap_or_else(|| json!({ "limit": 5 }));
    Auto::Start(json!({ "sync": sync, "initiatedBy": { "automated": true }, "retry": retry }))
}

/// Whether this revision has been tried before, and why it failed.
fn attempted(app: View<'_>, comparison: &Comparison) -> Option<Result<(), String>> {
    let state = app.operation_state()?;
    let result = state.get("syncResult").filter(|v| v.is_object());
    let revision = result.map(|result| text(result, "/revision")).unwrap_or_default();
    if let Some(result) = result
        && (revision != comparison.revision || result["source"] != *app.source())
    {
        return None;
    }
    if in_progress(state) {
        return None;
    }
    if state["phase"] == "Succeeded" {
        return Some(Ok(()));
    }
    Some(Err(format!("Failed last sync attempt to [{revision}]: {}", text(state, "/message"))))
}

/// How often self-heal has tried lately; forgotten after five and a half minutes of peace.
fn heal_attempts(app: View<'_>, now: Time) -> i64 {
    let Some(state) = app.operation_state() else { return 0 };
    let cooled = finished(state).is_some_and(|at| now.since(at) > Duration::from_secs(330));
    if cooled { 0 } else { state["operation"]["sync"]["autoHealAttemptsCount"].as_i64().unwrap_or(0) }
}

fn finished(state: &Value) -> Option<Time> {
    text(state, "/finishedAt").parse().ok()
}

/// How long self-heal still waits: 2 s after the first try, three times as long after each further one, at most 5 min.
fn heal_wait(app: View<'_>, attempts: i64, now: Time) -> Option<Duration> {
    if attempts == 0 {
        return None;
    }
    let delay = Duration::from_secs(2).mul_f64(3f64.powi((attempts - 1).clamp(0, 10) as i32));
    let since = app.operation_state().and_then(finished).map(|at| now.since(at)).unwrap_or_default();
    delay.min(Duration::from_secs(300)).checked_sub(since).filter(|left| !left.is_zero())
}
