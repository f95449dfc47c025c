//! OpenAPI documents, as small as kubectl's checks allow: which resources there are and that fields are validated.
//!
//! They declare no strategic merge, so that kubectl plans its patches from its own built-in types.

use axum::response::Response;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::discovery;
use crate::sim::{
    cluster::{RESOURCES, Resource},
    http as serve,
};

/// Answers an OpenAPI path; none for other paths.
pub(super) fn answer(path: &str) -> Option<Response> {
    let body = match path.trim_end_matches('/') {
        "/openapi/v2" => second(),
        "/openapi/v3" => index(),
        other => third(other.strip_prefix("/openapi/v3/")?)?,
    };
    Some(serve::json(StatusCode::OK, &body))
}

fn root(group: &str) -> Option<String> {
    let version = discovery::version(group)?;
    Some(if group.is_empty() { format!("api/{version}") } else { format!("apis/{group}/{version}") })
}

fn index() -> Value {
    let paths: Map<String, Value> = discovery::groups()
        .into_iter()
        .filter_map(root)
        .map(|root| {
            let url = format!("/openapi/v3/{root}?hash=1");
            (root, json!({ "serverRelativeURL": url }))
        })
        .collect();
    json!({ "paths": paths })
}

fn third(wanted: &str) -> Option<Value> {
    let group = discovery::groups().into_iter().find(|group| root(group).as_deref() == Some(wanted))?;
    let mut paths = Map::new();
    let mut schemas = Map::new();
    for resource in RESOURCES.iter().filter(|resource| resource.gr.group == group) {
        let parameter = |name: &str| json!({ "name": name, "in": "query", "schema": { "type": "string" } });
        let parameters: Vec<Value> =
            ["dryRun", "fieldManager", "fieldValidation", "force"].into_iter().map(parameter).collect();
        let content = json!({ "application/json-patch+json": {}, "application/merge-patch+json": {},
            "application/apply-patch+yaml": {} });
        let name = format!("/{wanted}/{}{}/{{name}}", namespaced(resource), resource.gr.resource);
        paths.insert(
            name,
            json!({ "patch": { "operationId": format!("patch{}", resource.kind), "parameters": parameters,
                "requestBody": { "content": content }, "responses": { "200": { "description": "OK" } },
                "x-kubernetes-action": "patch", "x-kubernetes-group-version-kind": kind(resource) } }),
        );
        let mut schema = schema(resource);
        schema["x-kubernetes-group-version-kind"] = json!([kind(resource)]);
        schemas.insert(component(resource), schema);
    }
    Some(json!({ "openapi": "3.0.0", "info": info(), "paths": paths, "components": { "schemas": schemas } }))
}

fn second() -> Value {
    let definitions: Map<String, Value> = RESOURCES
        .iter()
        .map(|resource| {
            let mut schema = schema(resource);
            schema["x-kubernetes-group-version-kind"] = json!([kind(resource)]);
            (component(resource), schema)
        })
        .collect();
    json!({ "swagger": "2.0", "info": info(), "paths": {}, "definitions": definitions })
}

fn info() -> Value {
    json!({ "title": "Kubernetes", "version": "v1.34.4" })
}

fn namespaced(resource: &Resource) -> &'static str {
    if resource.namespaced { "namespaces/{namespace}/" } else { "" }
}

fn component(resource: &Resource) -> String {
    let group = resource.gr.group.split('.').next().filter(|group| !group.is_empty()).unwrap_or("core");
    format!("io.k8s.api.{group}.{}.{}", resource.version, resource.kind)
}

fn kind(resource: &Resource) -> Value {
    json!({ "group": resource.gr.group, "version": resource.version, "kind": resource.kind })
}

fn schema(resource: &Resource) -> Value {
    let free = json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
    json!({
        "description": format!("{} of the simulated platform.", resource.kind),
        "type": "object",
        "properties": { "apiVersion": { "type": "string" }, "kind": { "type": "string" }, "metadata": free,
            "spec": free, "status": free },
        "x-kubernetes-preserve-unknown-fields": true,
    })
}
