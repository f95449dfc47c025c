//! Creating, replacing, patching and applying objects, and their `scale`.

use std::sync::Arc;

use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use super::{
    Call, apply, events,
    fields::{self, Entry, Set},
    patch, request, schema, validate,
};
use crate::sim::cluster::{ApiError, Part, Resource, known};

/// How often a patch is tried anew when someone else wrote in between.
const TRIES: usize = 5;

/// POST on a collection.
pub(super) fn create(call: &Call) -> Result<Response, ApiError> {
    let mut object = call.object()?;
    check_type(call.resource, &object)?;
    check_fields(call, &mut object, false)?;
    place(call, &mut object)?;
    let object = made(call, events::stored(call.resource, object), true)?;
    Ok(call.respond(StatusCode::CREATED, &object))
}

/// Stores a new object after the checks of a creation; `track` records who made it.
fn made(call: &Call, mut object: Value, track: bool) -> Result<Arc<Value>, ApiError> {
    let resource = call.resource;
    validate::create(resource, &object)?;
    check_namespace(call, &object)?;
    if resource.has("status") {
        remove(&mut object, "status");
    }
    validate::defaults(resource, &mut object);
    for field in ["resourceVersion", "uid", "creationTimestamp", "deletionTimestamp", "generation"] {
        remove(&mut object["metadata"], field);
    }
    if track {
        fields::track(None, &mut object, resource.custom, writer(call, "Update"));
    }
    let dry_run = call.query.dry_run()?;
    let stored = call.cluster().create(resource.stored, object, dry_run)?;
    if !dry_run {
        return Ok(stored);
    }
    let mut shown = Value::clone(&stored);
    remove(&mut shown["metadata"], "resourceVersion");
    Ok(Arc::new(shown))
}

/// PUT on an object or its status.
pub(super) fn update(call: &Call, part: Part) -> Result<Response, ApiError> {
    let mut object = call.object()?;
    check_type(call.resource, &object)?;
    check_fields(call, &mut object, false)?;
    place(call, &mut object)?;
    let given = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    if given != call.name() {
        return Err(ApiError::bad_request(format!(
            "the name of the object ({given}) does not match the name on the URL ({})",
            call.name()
        )));
    }
    let before = call.stored()?;
    let versioned = object["metadata"]["resourceVersion"].as_str().is_some_and(|version| !version.is_empty());
    if call.resource.custom && !versioned {
        let why = "metadata.resourceVersion: Invalid value: 0: must be specified for an update";
        let kind = call.resource.kind;
        let message = format!("{kind}.{} {given:?} is invalid: {why}", call.resource.gr.group);
        return Err(ApiError::new(422, "Invalid", message));
    }
    let object = replace(call, &before, events::stored(call.resource, object), part)?;
    Ok(call.respond(StatusCode::OK, &object))
}

/// PATCH on an object or its status, by any of the four patch types.
pub(super) fn patch(call: &Call, part: Part) -> Result<Response, ApiError> {
    if request::content_type(&call.headers) == "application/apply-patch+yaml" {
        return server_side_apply(call, part);
    }
    let mut left = TRIES;
    loop {
        let before = call.stored()?;
        let shown = events::shown(call.resource, &before).into_owned();
        let mut patched = patched(call, &shown)?;
        let asked = patched["metadata"]["resourceVersion"] != before["metadata"]["resourceVersion"];
        check_type(call.resource, &patched)?;
        check_fields(call, &mut patched, true)?;
        check_uid(call, &before, &patched)?;
        left -= 1;
        match replace(call, &before, events::stored(call.resource, patched), part) {
            Err(error) if error.code == 409 && !asked && left > 0 => {}
            result => return result.map(|object| call.respond(StatusCode::OK, &object)),
        }
    }
}

/// 422 when a patch would give the object another uid; an update is refused with 409 in its place.
fn check_uid(call: &Call, before: &Value, patched: &Value) -> Result<(), ApiError> {
    let (held, given) = (&before["metadata"]["uid"], &patched["metadata"]["uid"]);
    if held == given {
        return Ok(());
    }
    let (kind, group) = (call.resource.kind, call.resource.gr.group);
    let what = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
    let why = format!("metadata.uid: Invalid value: {given}: field is immutable");
    Err(ApiError::new(422, "Invalid", format!("{what} {:?} is invalid: {why}", call.name())))
}

/// An object with the request's patch on it.
fn patched(call: &Call, object: &Value) -> Result<Value, ApiError> {
    let mut result = object.clone();
    match request::content_type(&call.headers).as_str() {
        "application/merge-patch+json" => patch::merge(&mut result, &call.patch()?),
        "application/json-patch+json" => result = patch::json_patch(object, &call.patch()?)?,
        "application/strategic-merge-patch+json" if !call.resource.custom => {
            patch::strategic(&mut result, &call.patch()?);
        }
        _ => {
            let more = if call.resource.custom { "" } else { ", application/strategic-merge-patch+json" };
            let accepted = format!(
                "application/json-patch+json, application/merge-patch+json{more}, application/apply-patch+yaml"
            );
            return Err(request::unsupported(&accepted));
        }
    }
    if result.is_object() { Ok(result) } else { Err(ApiError::bad_request("the patch leaves no object")) }
}

/// Stores an object in the place of another after the checks of an update.
fn replace(call: &Call, before: &Value, mut object: Value, part: Part) -> Result<Arc<Value>, ApiError> {
    let resource = call.resource;
    if !object["metadata"].is_object() {
        return Err(ApiError::bad_request("metadata is missing"));
    }
    if part == Part::Main {
        validate::update(resource, before, &object)?;
        if resource.has("status") {
            copy(before, &mut object, "status");
        }
    } else {
        for field in ["spec", "metadata"] {
            let version = object["metadata"]["resourceVersion"].clone();
            copy(before, &mut object, field);
            object["metadata"]["resourceVersion"] = version;
        }
    }
    if object["metadata"].get("managedFields").is_none() {
        copy(&before["metadata"], &mut object["metadata"], "managedFields");
    }
    let mut writer = writer(call, "Update");
    if part == Part::Status {
        "status".clone_into(&mut writer.subresource);
    }
    fields::track(Some(before), &mut object, resource.custom, writer);
    let (namespace, name) = call.place();
    call.cluster().update(resource.stored, namespace, name, object, part, call.query.dry_run()?)
}

fn server_side_apply(call: &Call, part: Part) -> Result<Response, ApiError> {
    let mut config = request::yaml(&call.body)?;
    check_type(call.resource, &config)?;
    for (field, why) in [("apiVersion", "must be set"), ("kind", "must be set")] {
        if config[field].as_str().unwrap_or_default().is_empty() {
            return Err(ApiError::bad_request(format!("invalid object: {field} {why}")));
        }
    }
    if call.query.get("fieldManager").is_none() {
        let message = "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch";
        return Err(ApiError::new(422, "Invalid", message));
    }
    if config
        .pointer("/metadata/managedFields")
        .is_some_and(|held| held.as_array().is_some_and(|list| !list.is_empty()))
    {
        return Err(ApiError::bad_request("metadata.managedFields must be nil"));
    }
    check_fields(call, &mut config, false)?;
    place(call, &mut config)?;
    config["metadata"]["name"] = json!(call.name());
    let mut writer = writer(call, "Apply");
    if part == Part::Status {
        "status".clone_into(&mut writer.subresource);
    } else if call.resource.has("status") {
        remove(&mut config, "status");
    }
    let (force, custom) = (call.query.flag("force"), call.resource.custom);
    match call.stored() {
        Ok(before) => {
            let object = apply::apply(&before, &config, custom, writer, force)?;
            if part == Part::Main {
                validate::update(call.resource, &before, &object)?;
            }
            let (namespace, name) = call.place();
            let dry_run = call.query.dry_run()?;
            let object =
                call.cluster().update(call.resource.stored, namespace, name, object, part, dry_run)?;
            Ok(call.respond(StatusCode::OK, &object))
        }
        Err(error) if error.code == 404 && part == Part::Main => {
            let object = apply::apply(&Value::Null, &config, custom, writer, force)?;
            let object = made(call, object, false)?;
            Ok(call.respond(StatusCode::CREATED, &object))
        }
        Err(error) => Err(error),
    }
}

/// GET, PUT and PATCH on `scale` (autoscaling/v1).
pub(super) fn scale(call: &Call) -> Result<Response, ApiError> {
    let before = call.stored()?;
    let shown = scale_of(&before);
    let wanted = match call.method {
        http::Method::GET => return Ok(crate::sim::http::json(StatusCode::OK, &shown)),
        http::Method::PUT => call.object()?,
        _ => match request::content_type(&call.headers).as_str() {
            "application/apply-patch+yaml" => {
                let mut scale = shown.clone();
                patch::merge(&mut scale, &request::yaml(&call.body)?);
                scale
            }
            "application/strategic-merge-patch+json" => {
                let mut scale = shown.clone();
                patch::merge(&mut scale, &call.patch()?);
                scale
            }
            _ => patched(call, &shown)?,
        },
    };
    let replicas = wanted["spec"]["replicas"].as_i64().unwrap_or(0);
    if replicas < 0 {
        let why = format!("spec.replicas: Invalid value: {replicas}: must be greater than or equal to 0");
        return Err(ApiError::new(
            422,
            "Invalid",
            format!("Scale.autoscaling {:?} is invalid: {why}", call.name()),
        ));
    }
    let mut object = Value::clone(&before);
    object["spec"]["replicas"] = json!(replicas);
    for precondition in ["uid", "resourceVersion"] {
        let given = &wanted["metadata"][precondition];
        if given.as_str().is_some_and(|given| !given.is_empty()) {
            object["metadata"][precondition] = given.clone();
        }
    }
    let mut writer = writer(call, "Update");
    "scale".clone_into(&mut writer.subresource);
    fields::track(Some(&before), &mut object, false, writer);
    let (namespace, name) = call.place();
    let dry_run = call.query.dry_run()?;
    let stored = call.cluster().update(call.resource.stored, namespace, name, object, Part::Main, dry_run)?;
    Ok(crate::sim::http::json(StatusCode::OK, &scale_of(&stored)))
}

fn scale_of(object: &Value) -> Value {
    let meta = &object["metadata"];
    let labels = object["spec"]["selector"]["matchLabels"].as_object().into_iter().flatten();
    let selector: Vec<String> =
        labels.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default())).collect();
    json!({
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": { "name": meta["name"], "namespace": meta["namespace"], "uid": meta["uid"],
            "resourceVersion": meta["resourceVersion"], "creationTimestamp": meta["creationTimestamp"] },
        "spec": { "replicas": object["spec"]["replicas"].as_i64().unwrap_or(1) },
        "status": { "replicas": object["status"]["replicas"].as_i64().unwrap_or(0), "selector": selector.join(",") },
    })
}

fn writer(call: &Call, operation: &'static str) -> Entry {
    Entry {
        manager: request::manager(&call.query, &call.headers),
        operation,
        api_version: call.resource.api_version(),
        subresource: String::new(),
        time: json!(call.now().rfc3339()),
        set: Set::new(),
    }
}

/// 400 unless the body is an object of the resource's kind and version, where it says them.
fn check_type(resource: &Resource, object: &Value) -> Result<(), ApiError> {
    if !object.is_object() {
        let kind = resource.kind;
        let message = format!(
            "the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse error"
        );
        return Err(ApiError::bad_request(message));
    }
    let expected = resource.api_version();
    match object["apiVersion"].as_str() {
        Some(given) if !given.is_empty() && given != expected => {
            return Err(ApiError::bad_request(format!(
                "the API version in the data ({given}) does not match the expected API version ({expected})"
            )));
        }
        _ => {}
    }
    match object["kind"].as_str() {
        Some(given) if !given.is_empty() && given != resource.kind => Err(ApiError::bad_request(format!(
            "{given} in version {:?} cannot be handled as a {}: converting ({given}) to ({}): unknown conversion",
            resource.version, resource.kind, resource.kind
        ))),
        _ => Ok(()),
    }
}

/// Removes fields that the built-in types have not, and refuses them where the client asks for strictness; 400 for
/// a value of the wrong type. A patch is refused as a whole, with 422.
fn check_fields(call: &Call, object: &mut Value, patch: bool) -> Result<(), ApiError> {
    let (kind, version) = (call.resource.kind, call.resource.version);
    let Some(of) = schema::type_of(&call.resource.api_version(), kind) else { return Ok(()) };
    let given = if patch { object.clone() } else { Value::Null };
    let misfits = schema::prune(of, object);
    let handled = format!("{kind} in version {version:?} cannot be handled as a {kind}");
    if let Some(mismatch) = misfits.mismatch {
        return Err(ApiError::bad_request(format!("{handled}: {mismatch}")));
    }
    let unknown: Vec<String> =
        misfits.unknown.iter().map(|field| format!("unknown field {field:?}")).collect();
    if unknown.is_empty() || call.query.get("fieldValidation") == Some("Ignore") {
        return Ok(());
    }
    if call.query.get("fieldValidation") != Some("Strict") {
        call.warnings.borrow_mut().clone_from(&unknown);
        return Ok(());
    }
    let why = format!("strict decoding error: {}", unknown.join(", "));
    if !patch {
        return Err(ApiError::bad_request(format!("{handled}: {why}")));
    }
    let cause = format!("Invalid value: {:?}: {why}", given.to_string());
    let message = format!(" \"\" is invalid: patch: {cause}");
    let details =
        json!({ "causes": [{ "reason": "FieldValueInvalid", "message": cause, "field": "patch" }] });
    Err(ApiError { code: 422, reason: "Invalid", message, details })
}

/// Puts the URL's namespace into the object; 400 when the object says another.
fn place(call: &Call, object: &mut Value) -> Result<(), ApiError> {
    if !object["metadata"].is_object() {
        object["metadata"] = json!({});
    }
    let given = object["metadata"]["namespace"].as_str().unwrap_or_default();
    let wanted = if call.resource.namespaced { call.path.namespace.as_deref().unwrap_or("") } else { "" };
    if !given.is_empty() && given != wanted {
        let message = "the namespace of the provided object does not match the namespace sent on the request";
        return Err(ApiError::bad_request(message));
    }
    if wanted.is_empty() {
        remove(&mut object["metadata"], "namespace");
    } else {
        object["metadata"]["namespace"] = json!(wanted);
    }
    Ok(())
}

/// 404 without the namespace, 403 while it ends.
fn check_namespace(call: &Call, object: &Value) -> Result<(), ApiError> {
    let Some(namespace) = object["metadata"]["namespace"].as_str() else { return Ok(()) };
    let held = call.cluster().get(known::NAMESPACES, "", namespace)?;
    if held["metadata"].get("deletionTimestamp").is_none() {
        return Ok(());
    }
    let gr = call.resource.gr;
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
    let details = json!({ "name": name, "group": gr.group, "kind": gr.resource,
        "causes": [{ "reason": "NamespaceTerminating", "message": format!("namespace {namespace} is being terminated"),
            "field": "metadata.namespace" }] });
    let message = format!("{gr} {name:?} is forbidden: {why}");
    Err(ApiError { code: 403, reason: "Forbidden", message, details })
}

fn remove(value: &mut Value, field: &str) {
    if let Some(map) = value.as_object_mut() {
        map.shift_remove(field);
    }
}

fn copy(from: &Value, to: &mut Value, field: &str) {
    match from.get(field) {
        Some(value) => to[field] = value.clone(),
        None => remove(to, field),
    }
}
