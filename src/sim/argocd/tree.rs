//! The resource tree of an application: its managed objects and everything they own.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::{Map, Value, json};

use super::{Comparison, health, set, text};
use crate::sim::{
    Env,
    cluster::{Gr, known},
};

/// An object in the tree and the one above it.
struct Node {
    object: Arc<Value>,
    parent: Option<Value>,
}

fn walk(env: &Env, object: Arc<Value>, parent: Option<Value>, nodes: &mut Vec<Node>) {
    let own = reference(&object);
    let uid = text(&object, "/metadata/uid").to_owned();
    let service = object["kind"] == "Service";
    let (namespace, name) =
        (text(&object, "/metadata/namespace").to_owned(), text(&object, "/metadata/name").to_owned());
    nodes.push(Node { object, parent });
    for (_, child) in env.cluster.owned_by(&uid) {
        walk(env, child, Some(own.clone()), nodes);
    }
    let endpoints = Gr { group: "", resource: "endpoints" };
    if service && let Ok(found) = env.cluster.get(endpoints, &namespace, &name) {
        nodes.push(Node { object: found, parent: Some(own) });
    }
}

/// The objects of an application's tree.
fn objects(env: &Env, comparison: &Comparison) -> Vec<Node> {
    let mut nodes = Vec::new();
    for managed in &comparison.managed {
        let live = managed.gr.and_then(|gr| env.cluster.get(gr, &managed.namespace, &managed.name).ok());
        if let Some(live) = live {
            walk(env, live, None, &mut nodes);
        }
    }
    nodes
}

fn group_version(object: &Value) -> (&str, &str) {
    let api = text(object, "/apiVersion");
    api.rsplit_once('/').unwrap_or(("", api))
}

/// Group, version, kind, namespace, name and uid; the empty ones left out.
fn reference(object: &Value) -> Value {
    let (group, version) = group_version(object);
    let mut map = Map::new();
    for (field, value) in [
        ("group", group),
        ("version", version),
        ("kind", text(object, "/kind")),
        ("namespace", text(object, "/metadata/namespace")),
        ("name", text(object, "/metadata/name")),
        ("uid", text(object, "/metadata/uid")),
    ] {
        if !value.is_empty() {
            map.insert(field.to_owned(), json!(value));
        }
    }
    Value::Object(map)
}

/// The images that the pods of an application run, sorted, each once.
pub(crate) fn images_of(env: &Env, comparison: &Comparison) -> Vec<String> {
    let nodes = objects(env, comparison);
    let pods = nodes.iter().filter(|node| node.object["kind"] == "Pod");
    let images: BTreeSet<String> = pods.flat_map(|node| pod_images(&node.object)).collect();
    images.into_iter().collect()
}

fn pod_images(pod: &Value) -> Vec<String> {
    let lists =
        ["/spec/initContainers", "/spec/containers"].map(|list| pod.pointer(list).and_then(Value::as_array));
    let mut images: Vec<String> =
        lists.into_iter().flatten().flatten().map(|c| text(c, "/image").to_owned()).collect();
    images.dedup();
    images
}

/// The nodes of the tree, as `resource-tree` answers them.
pub(crate) fn nodes_of(env: &Env, comparison: &Comparison) -> Vec<Value> {
    let mut nodes: Vec<Value> = objects(env, comparison).iter().map(row).collect();
    for managed in comparison.managed.iter().filter(|m| m.live.is_none()) {
        let gone =
            managed.gr.is_none_or(|gr| env.cluster.get(gr, &managed.namespace, &managed.name).is_err());
        if gone {
            let mut node = json!({});
            for (field, value) in [
                ("group", &managed.group),
                ("version", &managed.version),
                ("kind", &managed.kind),
                ("namespace", &managed.namespace),
                ("name", &managed.name),
            ] {
                if !value.is_empty() {
                    set(&mut node, field, json!(value));
                }
            }
            set(&mut node, "health", json!({ "status": "Missing" }));
            nodes.push(node);
        }
    }
    let key =
        |node: &Value| ["/group", "/kind", "/namespace", "/name"].map(|field| text(node, field).to_owned());
    nodes.sort_by_key(key);
    nodes
}

/// The whole tree with the hosts of its pods.
pub(crate) fn app_tree(env: &Env, comparison: &Comparison) -> Value {
    let mut tree = json!({ "nodes": nodes_of(env, comparison) });
    let hosts = hosts(env, comparison);
    if !hosts.is_empty() {
        set(&mut tree, "hosts", Value::Array(hosts));
    }
    tree
}

fn row(node: &Node) -> Value {
    let object = &*node.object;
    let mut row = reference(object);
    if let Some(parent) = &node.parent {
        set(&mut row, "parentRefs", json!([parent]));
    }
    match text(object, "/kind") {
        "Pod" => {
            set(&mut row, "info", pod_info(object));
            set(&mut row, "networkingInfo", json!({ "labels": object["metadata"]["labels"] }));
        }
        "ReplicaSet" => {
            let revision = super::compare::annotation(object, "deployment.kubernetes.io/revision");
            if !revision.is_empty() {
                set(&mut row, "info", json!([{ "name": "Revision", "value": format!("Rev:{revision}") }]));
            }
        }
        "Service" => {
            if let Some(selector) = object.pointer("/spec/selector").filter(|v| v.is_object()) {
                set(&mut row, "networkingInfo", json!({ "targetLabels": selector }));
            }
        }
        _ => {}
    }
    set(&mut row, "resourceVersion", object["metadata"]["resourceVersion"].clone());
    if object["kind"] == "Pod" {
        set(&mut row, "images", json!(pod_images(object)));
    }
    if let Some(health) = health::of_object(object) {
        set(&mut row, "health", health.json());
    }
    set(&mut row, "createdAt", object["metadata"]["creationTimestamp"].clone());
    row
}

/// The lines about a pod that the tree shows.
fn pod_info(pod: &Value) -> Value {
    let statuses: Vec<&Value> =
        pod.pointer("/status/containerStatuses").and_then(Value::as_array).into_iter().flatten().collect();
    let total = pod.pointer("/spec/containers").and_then(Value::as_array).map_or(0, Vec::len);
    let ready = statuses.iter().filter(|s| s["ready"] == true).count();
    let restarts: i64 = statuses.iter().filter_map(|s| s["restartCount"].as_i64()).sum();
    let mut info = vec![("Status Reason", status_reason(pod, &statuses))];
    if let Some(node) = pod.pointer("/spec/nodeName").and_then(Value::as_str) {
        info.push(("Node", node.to_owned()));
    }
    info.push(("Containers", format!("{ready}/{total}")));
    if restarts > 0 {
        info.push(("Restart Count", restarts.to_string()));
    }
    let (cpu, memory) = requests(pod);
    if cpu > 0 {
        info.push(("cpu", cpu.to_string()));
    }
    if memory > 0 {
        info.push(("memory", memory.to_string()));
    }
    info.into_iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn status_reason(pod: &Value, statuses: &[&Value]) -> String {
    if pod["metadata"].get("deletionTimestamp").is_some() {
        return "Terminating".to_owned();
    }
    let state = |status: &&&Value| {
        let waiting = text(status, "/state/waiting/reason");
        let ended = text(status, "/state/terminated/reason");
        [waiting, ended].into_iter().find(|reason| !reason.is_empty()).map(str::to_owned)
    };
    let phase = match text(pod, "/status/reason") {
        "" => text(pod, "/status/phase"),
        reason => reason,
    };
    statuses.iter().find_map(|status| state(&status)).unwrap_or_else(|| phase.to_owned())
}

/// What a pod's containers request: milli-cores and thousandths of bytes, as Argo CD counts both.
fn requests(pod: &Value) -> (i64, i64) {
    let containers = pod.pointer("/spec/containers").and_then(Value::as_array).into_iter().flatten();
    containers.fold((0, 0), |(cpu, memory), container| {
        let amount = |name: &str| milli(text(container, &format!("/resources/requests/{name}")));
        (cpu + amount("cpu"), memory + amount("memory"))
    })
}

/// A Kubernetes quantity in thousandths.
pub(crate) fn milli(quantity: &str) -> i64 {
    let end = quantity.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(quantity.len());
    let (number, unit) = quantity.split_at(end);
    let factor = match unit {
        "m" => 1.0,
        "k" => 1e6,
        "M" => 1e9,
        "G" => 1e12,
        "T" => 1e15,
        "Ki" => 1024.0 * 1e3,
        "Mi" => 1_048_576.0 * 1e3,
        "Gi" => 1_073_741_824.0 * 1e3,
        "Ti" => 1_099_511_627_776.0 * 1e3,
        _ => 1e3,
    };
    (number.parse::<f64>().unwrap_or(0.0) * factor) as i64
}

/// The nodes on which the pods run, with what the application and the others request there.
fn hosts(env: &Env, comparison: &Comparison) -> Vec<Value> {
    let own = objects(env, comparison);
    let pods: BTreeMap<&str, &Value> = own
        .iter()
        .filter(|node| node.object["kind"] == "Pod")
        .map(|node| (text(&node.object, "/metadata/uid"), &*node.object))
        .collect();
    let names: BTreeSet<&str> = pods.values().map(|pod| text(pod, "/spec/nodeName")).collect();
    let mut used: BTreeMap<&str, [(i64, i64); 2]> = BTreeMap::new();
    let all = if names.is_empty() { Vec::new() } else { env.cluster.list(known::PODS, None) };
    for pod in &all {
        if let Some(name) = names.get(text(pod, "/spec/nodeName")) {
            let (cpu, memory) = requests(pod);
            let sums = &mut used.entry(name).or_default()
                [usize::from(!pods.contains_key(text(pod, "/metadata/uid")))];
            *sums = (sums.0 + cpu, sums.1 + memory);
        }
    }
    let mut hosts = Vec::new();
    for name in names {
        let Ok(node) = env.cluster.get(known::NODES, "", name) else { continue };
        let [by_app, by_others] = used.get(name).copied().unwrap_or_default();
        let resource = |name: &str, app: i64, others: i64| {
            let mut row = json!({ "resourceName": name });
            for (field, value) in [
                ("requestedByApp", app),
                ("requestedByNeighbors", others),
                ("capacity", milli(text(&node, &format!("/status/capacity/{name}")))),
            ] {
                if value > 0 {
                    set(&mut row, field, json!(value));
                }
            }
            row
        };
        let mut host = json!({
            "name": name,
            "resourcesInfo": [resource("cpu", by_app.0, by_others.0), resource("memory", by_app.1, by_others.1)],
        });
        set(&mut host, "systemInfo", node.pointer("/status/nodeInfo").cloned().unwrap_or_default());
        hosts.push(host);
    }
    hosts
}
