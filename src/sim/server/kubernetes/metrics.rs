//! `metrics.k8s.io/v1beta1`: what pods and nodes use, as the metrics server answers.

use axum::response::Response;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    Api,
    request::{Path, Query},
    selector::Labels,
};
use crate::sim::{
    cluster::{ApiError, known},
    http as serve,
};

/// The API group.
pub(super) const GROUP: &str = "metrics.k8s.io";
/// Its version.
pub(super) const VERSION: &str = "v1beta1";
/// Its resources: plural, kind, whether namespaced.
pub(super) const KINDS: &[(&str, &str, bool)] =
    &[("nodes", "NodeMetrics", false), ("pods", "PodMetrics", true)];

/// GET on pod or node metrics; none for other paths.
pub(super) fn answer(
    api: &Api,
    method: &Method,
    path: &Path,
    query: &Query,
) -> Option<Result<Response, ApiError>> {
    if path.group != GROUP || path.version != VERSION || path.subresource.is_some() {
        return None;
    }
    let pods = match path.resource.as_str() {
        "pods" => true,
        "nodes" if path.namespace.is_none() => false,
        _ => return None,
    };
    if method != Method::GET || query.flag("watch") {
        let message = "the server does not allow this method on the requested resource";
        return Some(Err(ApiError::new(405, "MethodNotAllowed", message)));
    }
    Some(read(api, path, query, pods))
}

fn read(api: &Api, path: &Path, query: &Query, pods: bool) -> Result<Response, ApiError> {
    let show = |object: &Value| if pods { pod(api, object) } else { node(api, object) };
    if let Some(name) = &path.name {
        let namespace = path.namespace.as_deref().unwrap_or_default();
        let gr = if pods { known::PODS } else { known::NODES };
        let found = api.env.cluster.get(gr, namespace, name).ok().and_then(|object| show(&object));
        let mut own = found.ok_or_else(|| not_found(namespace, name, pods))?;
        own["kind"] = json!(if pods { "PodMetrics" } else { "NodeMetrics" });
        own["apiVersion"] = json!(format!("{GROUP}/{VERSION}"));
        return Ok(serve::json(StatusCode::OK, &own));
    }
    let labels = Labels::parse(query.get("labelSelector").unwrap_or_default())?;
    let gr = if pods { known::PODS } else { known::NODES };
    let objects = api.env.cluster.list(gr, path.namespace.as_deref());
    let items: Vec<Value> =
        objects.iter().filter(|object| labels.matches(object)).filter_map(|object| show(object)).collect();
    Ok(serve::json(
        StatusCode::OK,
        &json!({ "kind": if pods { "PodMetricsList" } else { "NodeMetricsList" },
            "apiVersion": format!("{GROUP}/{VERSION}"), "metadata": {}, "items": items }),
    ))
}

fn not_found(namespace: &str, name: &str, pods: bool) -> ApiError {
    let (kind, full) =
        if pods { ("podmetrics", format!("{namespace}/{name}")) } else { ("nodemetrics", name.to_owned()) };
    let details = json!({ "name": full, "group": GROUP, "kind": kind });
    ApiError { code: 404, reason: "NotFound", message: format!("{kind}.{GROUP} {full:?} not found"), details }
}

fn meta(api: &Api, object: &Value) -> Value {
    let from = &object["metadata"];
    let mut meta = json!({ "name": from["name"] });
    for field in ["namespace", "labels"] {
        if let Some(value) = from.get(field) {
            meta[field] = value.clone();
        }
    }
    meta["creationTimestamp"] = json!(api.env.now().rfc3339());
    meta
}

fn usage(nanocores: u64, bytes: u64) -> Value {
    json!({ "cpu": format!("{nanocores}n"), "memory": format!("{}Ki", bytes / 1024) })
}

fn pod(api: &Api, pod: &Value) -> Option<Value> {
    let text = |field: &str| pod["metadata"][field].as_str();
    let used = api.env.usage.pod(text("namespace")?, text("name")?)?;
    let containers: Vec<Value> = used
        .iter()
        .map(|used| json!({ "name": used.container, "usage": usage(used.cpu, used.memory) }))
        .collect();
    Some(json!({ "metadata": meta(api, pod), "timestamp": api.env.now().rfc3339(), "window": "15s",
        "containers": containers }))
}

fn node(api: &Api, node: &Value) -> Option<Value> {
    let (cpu, memory) = api.env.usage.node(node["metadata"]["name"].as_str()?)?;
    Some(json!({ "metadata": meta(api, node), "timestamp": api.env.now().rfc3339(), "window": "20s",
        "usage": usage(cpu, memory) }))
}
