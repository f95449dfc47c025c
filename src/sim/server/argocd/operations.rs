//! Operations on applications: sync, roll back, terminate, and the windows that may forbid them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::api::{Answer, Ctx, Refusal, shown};
use crate::sim::{
    argocd::{NAMESPACE, View, Windows, event, set, text},
    cluster::known,
};

/// The windows of an application now.
fn windows(ctx: &Ctx, app: View<'_>) -> Result<Windows, Refusal> {
    let project = ctx.project(app)?;
    Windows::of(&project, app, ctx.env().now()).map_err(|why| {
        Refusal::new(7, format!("cannot sync: invalid sync window: invalid sync windows: {why}"))
    })
}

/// Whether a text is a whole commit SHA, which the server passes on without asking git.
fn is_sha(revision: &str) -> bool {
    revision.len() == 40 && revision.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The commit for a request and how the event names it.
fn resolve(ctx: &Ctx, app: View<'_>, asked: &str) -> Result<(String, String), Refusal> {
    let asked = if asked.is_empty() { app.target_revision() } else { asked };
    if is_sha(asked) {
        return Ok((asked.to_owned(), asked.to_owned()));
    }
    let Some(sha) = ctx.api.argo.git.resolve(asked) else {
        return Err(Refusal::precondition(format!(
            "error resolving repo revision: rpc error: code = Unknown desc = unable to resolve '{asked}' to a commit SHA"
        )));
    };
    let display = format!("{asked} ({sha})");
    Ok((sha, display))
}

/// Begins an operation unless one is in progress.
fn begin(ctx: &Ctx, app: &Value, operation: Value) -> Result<Arc<Value>, Refusal> {
    let mut busy = false;
    let stored = ctx.env().cluster.modify(known::APPLICATIONS, NAMESPACE, View(app).name(), |app| {
        busy = View(app).operation().is_some();
        if !busy {
            set(app, "operation", operation);
            // The server clears what the last operation left, until the controller takes the new one up.
            if let Some(status) = app.get_mut("status").and_then(Value::as_object_mut) {
                status.shift_remove("operationState");
            }
        }
    })?;
    if busy { Err(Refusal::precondition("another operation is already in progress")) } else { Ok(stored) }
}

/// `ApplicationService/Sync`.
pub(super) fn sync(ctx: &Ctx, request: &Value) -> Answer {
    let app = ctx.app(request, "name", "get")?;
    let view = View(&app);
    if !windows(ctx, view)?.can_sync(true) {
        return Err(Refusal::new(7, "cannot sync: blocked by sync window"));
    }
    ctx.enforce("applications", "sync", &view.rbac_name())?;
    if request["manifests"].is_array() {
        ctx.enforce("applications", "override", &view.rbac_name())?;
        return Err(Refusal::precondition("local manifests cannot be synced here"));
    }
    if view.deleting() {
        return Err(Refusal::precondition("application is deleting"));
    }
    let asked = text(request, "/revision");
    let (dry_run, target) = (request["dryRun"] == true, view.target_revision());
    if view.automated().is_some() && !dry_run && !asked.is_empty() && asked != target {
        let set_to = text(view.source(), "/targetRevision");
        return Err(Refusal::precondition(format!(
            "Cannot sync to {asked}: auto-sync currently set to {set_to}"
        )));
    }
    let (revision, display) = resolve(ctx, view, asked)?;
    let policy = &app["spec"]["syncPolicy"];
    let options = match request.get("syncOptions").filter(|v| v.is_object()) {
        Some(options) => options.get("items").cloned().unwrap_or_default(),
        None => policy.get("syncOptions").cloned().unwrap_or_default(),
    };
    let resources = request["resources"].as_array().cloned().unwrap_or_default();
    let partial = if resources.is_empty() { "" } else { "partial " };
    let mut sync = json!({ "revision": revision });
    set(&mut sync, "prune", only_true(&request["prune"]));
    set(&mut sync, "dryRun", only_true(&request["dryRun"]));
    set(&mut sync, "syncStrategy", strategy(&request["strategy"]));
    if !resources.is_empty() {
        set(&mut sync, "resources", resources.iter().map(without_empty).collect());
    }
    set(&mut sync, "source", view.source().clone());
    set(&mut sync, "syncOptions", options);
    let mut operation = json!({ "sync": sync, "initiatedBy": { "username": ctx.username() } });
    let infos = request["infos"].as_array().filter(|infos| !infos.is_empty());
    set(&mut operation, "info", infos.map_or(Value::Null, |infos| json!(infos)));
    let retry = [&request["retryStrategy"], &policy["retry"]].into_iter().find(|retry| retry.is_object());
    set(&mut operation, "retry", retry.cloned().unwrap_or_else(|| json!({})));
    let stored = begin(ctx, &app, operation)?;
    let message = format!("{} initiated {partial}sync to {display}", ctx.username());
    event(ctx.env(), &stored, "argocd-server", "OperationStarted", false, &message);
    Ok(shown(&stored))
}

fn only_true(flag: &Value) -> Value {
    if *flag == true { json!(true) } else { Value::Null }
}

fn without_empty(row: &Value) -> Value {
    let held = row.as_object().into_iter().flatten().filter(|(_, value)| **value != "");
    held.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// A strategy as Go writes it: `force: false` is left out.
fn strategy(asked: &Value) -> Value {
    let Some(asked) = asked.as_object() else { return Value::Null };
    let kept = |value: &Value| if value["force"] == true { json!({ "force": true }) } else { json!({}) };
    asked
        .iter()
        .filter(|(_, value)| value.is_object())
        .map(|(name, value)| (name.clone(), kept(value)))
        .collect()
}

/// `ApplicationService/Rollback`: a sync to what history holds, without hooks, and not minding windows.
pub(super) fn rollback(ctx: &Ctx, request: &Value) -> Answer {
    let app = ctx.app(request, "name", "sync")?;
    let view = View(&app);
    if view.deleting() {
        return Err(Refusal::precondition("application is deleting"));
    }
    if view.automated().is_some() {
        return Err(Refusal::precondition("rollback cannot be initiated when auto-sync is enabled"));
    }
    let id = request["id"].as_i64().unwrap_or_default();
    let Some(entry) = view.history().iter().find(|entry| entry["id"] == id) else {
        let name = view.name();
        let why = format!("application {NAMESPACE}/{name} does not have deployment with id {id}");
        return Err(Refusal::invalid(why));
    };
    let mut sync = json!({ "revision": entry["revision"] });
    set(&mut sync, "prune", only_true(&request["prune"]));
    set(&mut sync, "dryRun", only_true(&request["dryRun"]));
    set(&mut sync, "syncStrategy", json!({ "apply": {} }));
    set(&mut sync, "source", entry["source"].clone());
    set(&mut sync, "syncOptions", app["spec"]["syncPolicy"].get("syncOptions").cloned().unwrap_or_default());
    let operation = json!({ "sync": sync, "initiatedBy": { "username": ctx.username() }, "retry": {} });
    let stored = begin(ctx, &app, operation)?;
    let message = format!("{} initiated rollback to {id}", ctx.username());
    event(ctx.env(), &stored, "argocd-server", "OperationStarted", false, &message);
    Ok(shown(&stored))
}

/// `ApplicationService/TerminateOperation`.
pub(super) fn terminate(ctx: &Ctx, request: &Value) -> Answer {
    let app = ctx.app(request, "name", "sync")?;
    let mut running = false;
    let stored = ctx.env().cluster.modify(known::APPLICATIONS, NAMESPACE, View(&app).name(), |app| {
        running = View(app).operation().is_some() && View(app).operation_state().is_some();
        if running {
            set(&mut app["status"]["operationState"], "phase", json!("Terminating"));
        }
    })?;
    if !running {
        return Err(Refusal::invalid("Unable to terminate operation. No operation is in progress"));
    }
    let message = format!("{} terminated running operation", ctx.username());
    event(ctx.env(), &stored, "argocd-server", "ResourceUpdated", false, &message);
    Ok(json!({}))
}

/// `ApplicationService/GetApplicationSyncWindows`.
pub(super) fn sync_windows(ctx: &Ctx, request: &Value) -> Answer {
    let app = ctx.app(request, "name", "get")?;
    let windows = windows(ctx, View(&app))?;
    let row = |window: &Value| {
        json!({ "kind": window["kind"], "schedule": window["schedule"], "duration": window["duration"],
            "manualSync": window["manualSync"] == true })
    };
    let mut answer = json!({});
    for (field, list) in [("activeWindows", &windows.active), ("assignedWindows", &windows.assigned)] {
        if !list.is_empty() {
            set(&mut answer, field, list.iter().map(row).collect());
        }
    }
    set(&mut answer, "canSync", json!(windows.can_sync(true)));
    Ok(answer)
}
