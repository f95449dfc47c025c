//! Changes to objects: one request each, sent once, refused by the server when the object is another by now.

use http::Method;
use serde_json::{Value, json};

use super::{
    Core,
    access::Ask,
    failure::Failure,
    manifest,
    rollouts::{self, Template},
    state::RESTARTED,
};
use crate::model::{ACTION, Edit, Fault, FaultKind, ObjectChange, Receipt, Str};

const MERGE: &str = "application/merge-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
const JSON: &str = "application/json";
const ANEW: &str = "look again and plan anew";
/// Who changes, in `managedFields`.
const MANAGER: &str = "fieldManager=vigie";

/// Sends a change, once.
///
/// # Errors
/// `Conflict` when the object is another than the one confirmed, `Throttled` when a disruption budget forbids an
/// eviction now, `Unknown` when no answer came.
pub(super) async fn perform(core: &Core, change: &ObjectChange) -> Result<Receipt, Fault> {
    let what = change.to_string();
    let Some(path) = manifest::path(&change.object) else {
        return Err(core.access.words().fault(FaultKind::Unsupported, &what, "no cluster has such a thing"));
    };
    let request = match &change.edit {
        Edit::Restart { at } => {
            let template = json!({ "metadata": { "annotations": { RESTARTED: at.rfc3339() } } });
            patch(&path, MERGE, &marked(change, json!({ "spec": { "template": template } })))
        }
        Edit::Image { container, image } => {
            let containers = json!([{ "name": **container, "image": **image }]);
            let spec = json!({ "spec": { "template": { "spec": { "containers": containers } } } });
            patch(&path, STRATEGIC, &marked(change, spec))
        }
        Edit::Cordon { on } => {
            patch(&path, MERGE, &marked(change, json!({ "spec": { "unschedulable": on } })))
        }
        Edit::Scale { replicas } => {
            let scale = json!({ "metadata": { "uid": *change.uid }, "spec": { "replicas": replicas } });
            patch(&format!("{path}/scale"), MERGE, &scale)
        }
        Edit::Undo { from, .. } => undo(core, change, &path, from).await?,
        Edit::Delete { propagation, grace } => {
            let mut options = json!({ "kind": "DeleteOptions", "apiVersion": "v1",
                "propagationPolicy": propagation.name(), "preconditions": { "uid": *change.uid } });
            if let Some(seconds) = grace {
                options["gracePeriodSeconds"] = json!(seconds);
            }
            Request { method: Method::DELETE, path, kind: JSON, body: options }
        }
        Edit::Evict => eviction(change, &path),
        Edit::Trigger { job } => trigger(core, change, job).await?,
    };
    send(core, &request, &what).await
}

struct Request {
    method: Method,
    path: String,
    kind: &'static str,
    body: Value,
}

fn patch(path: &str, kind: &'static str, body: &Value) -> Request {
    Request { method: Method::PATCH, path: format!("{path}?{MANAGER}"), kind, body: body.clone() }
}

/// A patch with the uid as precondition and the action's id on the object.
fn marked(change: &ObjectChange, mut patch: Value) -> Value {
    patch["metadata"]["uid"] = json!(*change.uid);
    patch["metadata"]["annotations"][ACTION] = json!(*change.action);
    patch
}

/// The old template in the place of the one there is (kubectl, `pkg/polymorphichelpers/rollback.go`).
async fn undo(core: &Core, change: &ObjectChange, path: &str, from: &str) -> Result<Request, Fault> {
    Ok(match rollouts::template(core, &change.object, from).await? {
        Template::Whole(template) => {
            let held = held(core, change).await?;
            let mut annotations = held["metadata"]["annotations"].clone();
            if !annotations.is_object() {
                annotations = json!({});
            }
            annotations[ACTION] = json!(*change.action);
            let body = json!([
                { "op": "test", "path": "/metadata/uid", "value": *change.uid },
                { "op": "replace", "path": "/spec/template", "value": template },
                { "op": "add", "path": "/metadata/annotations", "value": annotations },
            ]);
            patch(path, "application/json-patch+json", &body)
        }
        Template::Patch(body) => patch(path, STRATEGIC, &marked(change, body)),
    })
}

fn eviction(change: &ObjectChange, path: &str) -> Request {
    let body = json!({ "kind": "Eviction", "apiVersion": "policy/v1",
        "metadata": { "name": *change.object.name, "namespace": *change.object.namespace },
        "deleteOptions": { "preconditions": { "uid": *change.uid } } });
    Request { method: Method::POST, path: format!("{path}/eviction"), kind: JSON, body }
}

/// The object as it is, if it is still the one.
async fn held(core: &Core, change: &ObjectChange) -> Result<Value, Fault> {
    let held = manifest::fetch(core, &change.object).await?;
    if held["metadata"]["uid"] == *change.uid {
        return Ok(held);
    }
    let why = "it was replaced by another of the same name";
    Err(core.access.words().fault(FaultKind::Conflict, &change.to_string(), why).hint(ANEW))
}

/// A job of a cron job's template, owned by it (kubectl, `pkg/cmd/create/create_job.go`).
async fn trigger(core: &Core, change: &ObjectChange, job: &Str) -> Result<Request, Fault> {
    let held = held(core, change).await?;
    let template = &held["spec"]["jobTemplate"];
    let mut annotations = template["metadata"]["annotations"].clone();
    if !annotations.is_object() {
        annotations = json!({});
    }
    annotations["cronjob.kubernetes.io/instantiate"] = json!("manual");
    annotations[ACTION] = json!(*change.action);
    let owner = json!({ "apiVersion": "batch/v1", "kind": "CronJob", "name": change.object.title(),
        "uid": *change.uid, "controller": true });
    let body = json!({ "apiVersion": "batch/v1", "kind": "Job", "spec": template["spec"],
        "metadata": { "name": **job, "namespace": *change.object.namespace, "annotations": annotations,
            "labels": template["metadata"]["labels"], "ownerReferences": [owner] } });
    let path = format!("/apis/batch/v1/namespaces/{}/jobs?{MANAGER}", change.object.namespace);
    Ok(Request { method: Method::POST, path, kind: JSON, body })
}

async fn send(core: &Core, request: &Request, what: &str) -> Result<Receipt, Fault> {
    let body = request.body.to_string();
    let ask = Ask {
        method: &request.method,
        body: Some((request.kind, body.as_bytes())),
        change: true,
        ..Ask::get(&request.path, what)
    };
    let response = core.access.send(ask).await.map_err(replaced)?;
    let warnings = response
        .headers()
        .get_all(http::header::WARNING)
        .iter()
        .filter_map(|w| warning(w.to_str().ok()?))
        .collect();
    let answer: Value = core.access.answer(response, ask).await?;
    let id = answer["metadata"]["resourceVersion"].as_str().map(Str::from);
    Ok(Receipt { id, warnings })
}

/// A patch of an object that has another uid by now is refused as invalid.
fn replaced(failure: Failure) -> Fault {
    let fault = failure.fault;
    if failure.code != 422 || !fault.why.contains("metadata.uid") {
        return fault;
    }
    let why = format!("it was replaced by another of the same name: {}", fault.why);
    Fault { kind: FaultKind::Conflict, why: why.into(), hint: ANEW.into(), ..fault }
}

/// The text of a `Warning` header: `299 - "unknown field …"` (RFC 7234, section 5.5).
fn warning(header: &str) -> Option<Str> {
    let text = header.split_once('"')?.1.trim_end();
    let text = text.strip_suffix('"').unwrap_or(text);
    Some(text.replace("\\\"", "\"").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_read_from_their_header() {
        assert_eq!(
            warning(r#"299 - "unknown field \"spec.x\"""#).as_deref(),
            Some(r#"unknown field "spec.x""#)
        );
        assert_eq!(warning("299"), None);
    }
}
