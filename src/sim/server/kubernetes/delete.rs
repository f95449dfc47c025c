//! Deleting an object, a selection or a namespace, and evicting a pod as disruption budgets allow.

use std::sync::Arc;

use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Call, list::Selection, request, selector::Labels};
use crate::{
    model::Time,
    sim::{
        Controller, Env,
        cluster::{ApiError, Deletion, Gr, Propagation, RESOURCES, known},
        http as serve,
    },
};

/// What holds a namespace until its content is gone.
const FINALIZER: &str = "kubernetes";

/// What the body (`DeleteOptions`) and the query ask for; the body goes first.
fn options(call: &Call) -> Result<Deletion, ApiError> {
    let body =
        call.object().or_else(|error| if call.body.is_empty() { Ok(Value::Null) } else { Err(error) })?;
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let grace = match body["gracePeriodSeconds"].as_i64() {
        Some(seconds) => Some(seconds),
        None => call.query.number("gracePeriodSeconds")?,
    };
    if grace.is_some_and(|seconds| seconds < 0) {
        return Err(ApiError::bad_request(
            "gracePeriodSeconds: Invalid value: must be greater than or equal to 0",
        ));
    }
    let policy =
        text("/propagationPolicy").or_else(|| call.query.get("propagationPolicy").map(str::to_owned));
    let orphan = body["orphanDependents"] == true || call.query.flag("orphanDependents");
    let propagation = match policy.as_deref() {
        Some("Orphan") => Propagation::Orphan,
        // The dependents of a foreground deletion go with their owner here, not before it.
        None if orphan => Propagation::Orphan,
        _ => Propagation::Background,
    };
    let mut dry_run = call.query.dry_run()?;
    for value in body["dryRun"].as_array().into_iter().flatten() {
        match value.as_str() {
            Some("All") => dry_run = true,
            other => return Err(request::unsupported_dry_run(other.unwrap_or_default())),
        }
    }
    let (uid, version) = (text("/preconditions/uid"), text("/preconditions/resourceVersion"));
    Ok(Deletion { grace: grace.map(i64::unsigned_abs), uid, version, propagation, dry_run })
}

/// DELETE on an object.
pub(super) fn delete(call: &Call) -> Result<Response, ApiError> {
    let how = options(call)?;
    let before = call.stored()?;
    check(call.resource.kind, &before, &how)?;
    let (left, gone) = remove(call, &before, &how)?;
    let kept = !gone && (!how.dry_run || call.resource.stored == known::PODS);
    if kept || call.resource.stored == known::PODS {
        return Ok(call.respond(StatusCode::OK, &left));
    }
    let gr = call.resource.gr;
    let mut details = json!({ "name": call.name() });
    if !gr.group.is_empty() {
        details["group"] = json!(gr.group);
    }
    details["kind"] = json!(gr.resource);
    details["uid"] = before["metadata"]["uid"].clone();
    Ok(serve::json(
        StatusCode::OK,
        &json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details }),
    ))
}

/// 409 in the server's words when a precondition does not hold.
fn check(kind: &str, object: &Value, how: &Deletion) -> Result<(), ApiError> {
    let meta = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
    let checks = [
        (how.uid.as_deref(), "UID", meta("uid"), "deleted and then recreated"),
        (how.version.as_deref(), "ResourceVersion", meta("resourceVersion"), "modified"),
    ];
    for (wanted, what, held, perhaps) in checks {
        let Some(wanted) = wanted.filter(|wanted| *wanted != held) else { continue };
        let name = meta("name");
        let message = format!(
            "Operation cannot be fulfilled on {kind} {name:?}: the {what} in the precondition ({wanted}) does not \
             match the {what} in record ({held}). The object might have been {perhaps}"
        );
        let details = json!({ "name": name, "kind": kind });
        return Err(ApiError { code: 409, reason: "Conflict", message, details });
    }
    Ok(())
}

fn remove(call: &Call, object: &Value, how: &Deletion) -> Result<(Arc<Value>, bool), ApiError> {
    let meta = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
    let cluster = call.cluster();
    if call.resource.stored == known::NAMESPACES && !how.dry_run {
        cluster.modify(known::NAMESPACES, "", meta("name"), |namespace| {
            let held = namespace["metadata"]["finalizers"].as_array().cloned().unwrap_or_default();
            if !held.iter().any(|held| held == FINALIZER) {
                namespace["metadata"]["finalizers"] = held.into_iter().chain([json!(FINALIZER)]).collect();
            }
            namespace["status"]["phase"] = json!("Terminating");
        })?;
        let how = Deletion { version: None, ..how.clone() };
        return cluster.delete(known::NAMESPACES, "", meta("name"), &how);
    }
    cluster.delete(call.resource.stored, meta("namespace"), meta("name"), how)
}

/// DELETE on a collection.
pub(super) fn delete_collection(call: &Call) -> Result<Response, ApiError> {
    let how = options(call)?;
    let selection = Selection::of(call.path.namespace.clone(), &call.query, call.resource)?;
    let all = call.cluster().list(call.resource.stored, selection.namespace.as_deref());
    let mut removed = Vec::new();
    for object in all.iter().filter(|object| selection.matches(object)) {
        match remove(call, object, &how) {
            Ok((object, _)) => removed.push(object),
            Err(error) if error.code == 404 => {}
            Err(error) => return Err(error),
        }
    }
    let meta = json!({ "resourceVersion": call.cluster().version().to_string() });
    let body = call.view()?.list(&meta, removed.iter().map(|object| &**object));
    Ok(serve::bytes(StatusCode::OK, "application/json", body))
}

/// POST on a pod's `eviction`: deletes it unless a budget forbids.
pub(super) fn evict(call: &Call) -> Result<Response, ApiError> {
    let body = call.object()?;
    let pod = call.stored()?;
    let mut how = Deletion { dry_run: call.query.dry_run()?, ..Deletion::default() };
    let given = &body["deleteOptions"];
    how.grace = given["gracePeriodSeconds"].as_u64();
    how.uid = given.pointer("/preconditions/uid").and_then(Value::as_str).map(str::to_owned);
    how.version = given.pointer("/preconditions/resourceVersion").and_then(Value::as_str).map(str::to_owned);
    how.dry_run |= given["dryRun"].as_array().is_some_and(|values| values.iter().any(|value| value == "All"));
    check(call.resource.kind, &pod, &how)?;
    let ended = matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed" | "Pending"));
    let leaving = pod["metadata"].get("deletionTimestamp").is_some();
    let (namespace, name) = call.place();
    if !ended && !leaving {
        let budgets: Vec<_> = call
            .cluster()
            .list(known::DISRUPTION_BUDGETS, Some(namespace))
            .into_iter()
            .filter(|budget| Labels::of_object(&budget["spec"]["selector"]).matches(&pod))
            .collect();
        match budgets.as_slice() {
            [] => {}
            [budget] => {
                if spend(&call.api.env, budget, &pod)? && !how.dry_run {
                    note(call, budget, name)?;
                }
            }
            _ => {
                let message = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
                return Err(ApiError::new(500, "InternalError", message));
            }
        }
    }
    call.cluster().delete(known::PODS, namespace, name, &how)?;
    Ok(serve::json(
        StatusCode::CREATED,
        &json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201 }),
    ))
}

/// Writes down that a budget's disruption is used, as the real server does before it deletes.
fn note(call: &Call, budget: &Value, pod: &str) -> Result<(), ApiError> {
    let (namespace, name) = (call.place().0, budget["metadata"]["name"].as_str().unwrap_or_default());
    let now = call.now().rfc3339();
    let write = |budget: &mut Value| {
        let allowed = budget["status"]["disruptionsAllowed"].as_i64().unwrap_or(0);
        budget["status"]["disruptionsAllowed"] = json!((allowed - 1).max(0));
        budget["status"]["disruptedPods"][pod] = json!(now);
    };
    call.cluster().modify(known::DISRUPTION_BUDGETS, namespace, name, write).map(drop)
}

/// Whether evicting a pod costs the budget a disruption; 429 when it has none left.
fn spend(env: &Env, budget: &Value, pod: &Value) -> Result<bool, ApiError> {
    let (healthy, desired) = health(env, budget, pod);
    if !ready(pod) {
        let always = budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow";
        if always || (healthy >= desired && desired > 0) {
            return Ok(false);
        }
    }
    let allowed = budget["status"]["disruptionsAllowed"].as_i64().unwrap_or(healthy - desired);
    if allowed > 0 {
        return Ok(true);
    }
    let name = budget["metadata"]["name"].as_str().unwrap_or_default();
    let cause =
        format!("The disruption budget {name} needs {desired} healthy pods and has {healthy} currently");
    Err(ApiError {
        code: 429,
        reason: "TooManyRequests",
        message: "Cannot evict pod as it would violate the pod's disruption budget.".to_owned(),
        details: json!({ "causes": [{ "reason": "DisruptionBudget", "message": cause }] }),
    })
}

/// How many of a budget's pods are healthy and how many must be: its status, or counted where it has none yet.
fn health(env: &Env, budget: &Value, pod: &Value) -> (i64, i64) {
    let status = &budget["status"];
    if let (Some(healthy), Some(desired)) =
        (status["currentHealthy"].as_i64(), status["desiredHealthy"].as_i64())
    {
        return (healthy, desired);
    }
    let selector = Labels::of_object(&budget["spec"]["selector"]);
    let pods = env.cluster.list(known::PODS, pod["metadata"]["namespace"].as_str());
    let own: Vec<_> = pods.iter().filter(|pod| selector.matches(pod)).collect();
    let (total, healthy) = (own.len() as i64, own.iter().filter(|pod| ready(pod)).count() as i64);
    let bound =
        |value: &Value| match value.as_str().and_then(|text| text.strip_suffix('%')?.parse::<i64>().ok()) {
            Some(percent) => Some((total * percent + 99) / 100),
            None => value.as_i64(),
        };
    let spec = &budget["spec"];
    let desired = bound(&spec["minAvailable"])
        .or_else(|| bound(&spec["maxUnavailable"]).map(|down| (total - down).max(0)))
        .unwrap_or(0);
    (healthy, desired)
}

fn ready(pod: &Value) -> bool {
    let conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
    conditions.filter(|c| c["type"] == "Ready").any(|c| c["status"] == "True")
}

/// Empties namespaces that are being deleted, then lets them go: the real namespace controller's work.
#[derive(Debug, Default)]
pub(super) struct Namespaces {
    seen: u64,
}

impl Controller for Namespaces {
    fn reconcile(&mut self, env: &Env, _: Time, _: &mut fastrand::Rng) {
        let version = env.cluster.version();
        if version == std::mem::replace(&mut self.seen, version) {
            return;
        }
        for namespace in env.cluster.list(known::NAMESPACES, None) {
            let name = namespace["metadata"]["name"].as_str().unwrap_or_default();
            if namespace["metadata"].get("deletionTimestamp").is_some() && empty(env, name) {
                // A conflict or a deletion in between is met again at the next step.
                let _ = env.cluster.modify(known::NAMESPACES, "", name, |namespace| {
                    if let Some(held) = namespace["metadata"]["finalizers"].as_array_mut() {
                        held.retain(|held| held != FINALIZER);
                    }
                });
            }
        }
    }
}

/// Deletes what is left in a namespace; says whether nothing was.
fn empty(env: &Env, namespace: &str) -> bool {
    let stored: Vec<Gr> =
        RESOURCES.iter().filter(|r| r.namespaced && r.stored == r.gr).map(|r| r.stored).collect();
    let mut clean = true;
    for gr in stored {
        for object in env.cluster.list(gr, Some(namespace)) {
            clean = false;
            if object["metadata"].get("deletionTimestamp").is_none() {
                let name = object["metadata"]["name"].as_str().unwrap_or_default();
                // What went with its owner a moment ago is gone already.
                let _ = env.cluster.delete(gr, namespace, name, &Deletion::default());
            }
        }
    }
    clean
}
