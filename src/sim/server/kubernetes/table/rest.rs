//! The tables of everything that makes no pods: nodes, namespaces, events, services, volumes, budgets.

use serde_json::{Value, json};

use super::{Printer, age, at, count, items, join, labels, name, number, or, since, text, wide};
use crate::model::Time;

pub(super) const NODES: Printer = (
    &[
        text("Name"),
        text("Status"),
        text("Roles"),
        text("Age"),
        text("Version"),
        wide("Internal-IP"),
        wide("External-IP"),
        wide("OS-Image"),
        wide("Kernel-Version"),
        wide("Container-Runtime"),
    ],
    |node, now| {
        let address = |kind: &str| {
            let found = items(node, "/status/addresses").find(|address| address["type"] == kind);
            or(found.map_or("", |address| at(address, "/address")), "<none>")
        };
        let info = |field: &str| or(at(node, &format!("/status/nodeInfo/{field}")), "<unknown>");
        vec![
            name(node),
            json!(node_status(node)),
            json!(roles(node)),
            age(node, now),
            json!(at(node, "/status/nodeInfo/kubeletVersion")),
            address("InternalIP"),
            address("ExternalIP"),
            info("osImage"),
            info("kernelVersion"),
            info("containerRuntimeVersion"),
        ]
    },
);

fn node_status(node: &Value) -> String {
    let ready = items(node, "/status/conditions").find(|condition| condition["type"] == "Ready");
    let word = match ready.map(|condition| at(condition, "/status")) {
        None => "Unknown",
        Some("True") => "Ready",
        Some(_) => "NotReady",
    };
    if node["spec"]["unschedulable"] == true { format!("{word},SchedulingDisabled") } else { word.to_owned() }
}

fn roles(node: &Value) -> String {
    let labels = node["metadata"]["labels"].as_object().into_iter().flatten();
    let mut roles: Vec<&str> = labels
        .filter_map(|(key, value)| {
            let named = if key == "kubernetes.io/role" { value.as_str() } else { None };
            key.strip_prefix("node-role.kubernetes.io/").or(named).filter(|role| !role.is_empty())
        })
        .collect();
    roles.sort_unstable();
    if roles.is_empty() { "<none>".to_owned() } else { roles.join(",") }
}

pub(super) const NAMESPACES: Printer = (&[text("Name"), text("Status"), text("Age")], |object, now| {
    vec![name(object), json!(at(object, "/status/phase")), age(object, now)]
});

pub(super) const EVENTS: Printer = (
    &[
        text("Last Seen"),
        text("Type"),
        text("Reason"),
        text("Object"),
        wide("Subobject"),
        wide("Source"),
        text("Message"),
        wide("First Seen"),
        wide("Count"),
        wide("Name"),
    ],
    |event, now| {
        let first_of = |fields: &[&str]| {
            let found =
                fields.iter().filter_map(|field| event.pointer(field)).find(|value| value.is_string());
            found.map_or_else(|| json!("<unknown>"), |moment| since(moment, now))
        };
        let kind = at(event, "/involvedObject/kind").to_ascii_lowercase();
        let named = at(event, "/involvedObject/name");
        let object = if named.is_empty() { kind } else { format!("{kind}/{named}") };
        let source = or(at(event, "/source/component"), at(event, "/reportingComponent"));
        let host = at(event, "/source/host");
        let source = source.as_str().unwrap_or_default();
        let source = if host.is_empty() { source.to_owned() } else { format!("{source}, {host}") };
        vec![
            first_of(&["/series/lastObservedTime", "/lastTimestamp", "/eventTime"]),
            json!(at(event, "/type")),
            json!(at(event, "/reason")),
            json!(object),
            json!(at(event, "/involvedObject/fieldPath")),
            json!(source),
            json!(at(event, "/message").trim()),
            first_of(&["/firstTimestamp", "/eventTime"]),
            json!(count(event, "/series/count").max(count(event, "/count")).max(1)),
            name(event),
        ]
    },
);

pub(super) const SERVICES: Printer = (
    &[
        text("Name"),
        text("Type"),
        text("Cluster-IP"),
        text("External-IP"),
        text("Port(s)"),
        text("Age"),
        wide("Selector"),
    ],
    |service, now| {
        let external = match at(service, "/spec/type") {
            "LoadBalancer" => {
                let given = items(service, "/status/loadBalancer/ingress").map(|ingress| {
                    if at(ingress, "/ip").is_empty() { at(ingress, "/hostname") } else { at(ingress, "/ip") }
                });
                join(given, "<pending>")
            }
            "ExternalName" => json!(at(service, "/spec/externalName")),
            _ => join(items(service, "/spec/externalIPs").filter_map(Value::as_str), "<none>"),
        };
        let ports: Vec<String> = items(service, "/spec/ports")
            .map(|port| {
                let protocol = or(at(port, "/protocol"), "TCP");
                let protocol = protocol.as_str().unwrap_or_default();
                match count(port, "/nodePort") {
                    0 => format!("{}/{protocol}", count(port, "/port")),
                    node => format!("{}:{node}/{protocol}", count(port, "/port")),
                }
            })
            .collect();
        vec![
            name(service),
            or(at(service, "/spec/type"), "ClusterIP"),
            or(at(service, "/spec/clusterIP"), "<none>"),
            external,
            or(&ports.join(","), "<none>"),
            age(service, now),
            labels(&service["spec"]["selector"]),
        ]
    },
);

fn entries(value: &Value) -> usize {
    value.as_object().map_or(0, serde_json::Map::len)
}

pub(super) const CONFIG_MAPS: Printer = (&[text("Name"), text("Data"), text("Age")], |object, now| {
    vec![name(object), json!(entries(&object["data"]) + entries(&object["binaryData"])), age(object, now)]
});

pub(super) const SECRETS: Printer =
    (&[text("Name"), text("Type"), text("Data"), text("Age")], |object, now| {
        vec![
            name(object),
            or(at(object, "/type"), "Opaque"),
            json!(entries(&object["data"])),
            age(object, now),
        ]
    });

pub(super) const SERVICE_ACCOUNTS: Printer =
    (&[text("Name"), text("Secrets"), text("Age")], |object, now| {
        vec![name(object), json!(items(object, "/secrets").count()), age(object, now)]
    });

pub(super) const DISRUPTION_BUDGETS: Printer = (
    &[
        text("Name"),
        text("Min Available"),
        text("Max Unavailable"),
        number("Allowed Disruptions"),
        text("Age"),
    ],
    |object, now| {
        let bound = |field: &str| match &object["spec"][field] {
            Value::Null => json!("N/A"),
            Value::String(text) => json!(text),
            number => json!(number.to_string()),
        };
        vec![
            name(object),
            bound("minAvailable"),
            bound("maxUnavailable"),
            json!(count(object, "/status/disruptionsAllowed")),
            age(object, now),
        ]
    },
);

pub(super) const LEASES: Printer = (&[text("Name"), text("Holder"), text("Age")], |object, now| {
    vec![name(object), json!(at(object, "/spec/holderIdentity")), age(object, now)]
});

pub(super) const INGRESSES: Printer = (
    &[text("Name"), text("Class"), text("Hosts"), text("Address"), text("Ports"), text("Age")],
    |object, now| {
        let hosts =
            items(object, "/spec/rules").map(|rule| at(rule, "/host")).filter(|host| !host.is_empty());
        let given = items(object, "/status/loadBalancer/ingress").map(|ingress| {
            if at(ingress, "/ip").is_empty() { at(ingress, "/hostname") } else { at(ingress, "/ip") }
        });
        let ports = if items(object, "/spec/tls").next().is_some() { "80, 443" } else { "80" };
        vec![
            name(object),
            or(at(object, "/spec/ingressClassName"), "<none>"),
            join(hosts, "*"),
            join(given, ""),
            json!(ports),
            age(object, now),
        ]
    },
);

/// Access modes as kubectl shortens them: `RWO`, `ROX`, `RWX`, `RWOP`.
fn modes(object: &Value, pointer: &str) -> Value {
    let short = |mode: &Value| match mode.as_str() {
        Some("ReadWriteOnce") => "RWO",
        Some("ReadOnlyMany") => "ROX",
        Some("ReadWriteMany") => "RWX",
        Some("ReadWriteOncePod") => "RWOP",
        _ => "",
    };
    join(items(object, pointer).map(short), "")
}

pub(super) const CLAIMS: Printer = (
    &[
        text("Name"),
        text("Status"),
        text("Volume"),
        text("Capacity"),
        text("Access Modes"),
        text("StorageClass"),
        text("VolumeAttributesClass"),
        text("Age"),
        wide("VolumeMode"),
    ],
    |object, now| {
        let leaving = object["metadata"].get("deletionTimestamp").is_some();
        let bound = !at(object, "/spec/volumeName").is_empty();
        vec![
            name(object),
            json!(if leaving { "Terminating" } else { at(object, "/status/phase") }),
            json!(at(object, "/spec/volumeName")),
            json!(if bound { at(object, "/status/capacity/storage") } else { "" }),
            if bound { modes(object, "/status/accessModes") } else { json!("") },
            json!(at(object, "/spec/storageClassName")),
            or(at(object, "/spec/volumeAttributesClassName"), "<unset>"),
            age(object, now),
            or(at(object, "/spec/volumeMode"), "<unset>"),
        ]
    },
);

pub(super) const VOLUMES: Printer = (
    &[
        text("Name"),
        text("Capacity"),
        text("Access Modes"),
        text("Reclaim Policy"),
        text("Status"),
        text("Claim"),
        text("StorageClass"),
        text("VolumeAttributesClass"),
        text("Reason"),
        text("Age"),
        wide("VolumeMode"),
    ],
    |object, now| {
        let claim = match at(object, "/spec/claimRef/name") {
            "" => String::new(),
            claim => format!("{}/{claim}", at(object, "/spec/claimRef/namespace")),
        };
        vec![
            name(object),
            json!(at(object, "/spec/capacity/storage")),
            modes(object, "/spec/accessModes"),
            json!(at(object, "/spec/persistentVolumeReclaimPolicy")),
            json!(at(object, "/status/phase")),
            json!(claim),
            json!(at(object, "/spec/storageClassName")),
            or(at(object, "/spec/volumeAttributesClassName"), "<unset>"),
            json!(at(object, "/status/reason")),
            age(object, now),
            or(at(object, "/spec/volumeMode"), "<unset>"),
        ]
    },
);

pub(super) const AUTOSCALERS: Printer = (
    &[
        text("Name"),
        text("Reference"),
        text("Targets"),
        text("MinPods"),
        text("MaxPods"),
        text("Replicas"),
        text("Age"),
    ],
    |object, now| {
        let targets: Vec<String> =
            items(object, "/spec/metrics").map(|metric| target(object, metric)).collect();
        vec![
            name(object),
            json!(format!(
                "{}/{}",
                at(object, "/spec/scaleTargetRef/kind"),
                at(object, "/spec/scaleTargetRef/name")
            )),
            or(&targets.join(", "), "<none>"),
            object.pointer("/spec/minReplicas").map_or_else(|| json!("<unset>"), |n| json!(n.to_string())),
            json!(count(object, "/spec/maxReplicas")),
            json!(count(object, "/status/currentReplicas")),
            age(object, now),
        ]
    },
);

/// `cpu: 35%/80%`: what a resource metric is at and should be at.
fn target(object: &Value, metric: &Value) -> String {
    let resource = at(metric, "/resource/name");
    let current = items(object, "/status/currentMetrics")
        .find(|current| at(current, "/resource/name") == resource)
        .and_then(|current| current.pointer("/resource/current/averageUtilization")?.as_i64())
        .map_or_else(|| "<unknown>".to_owned(), |percent| format!("{percent}%"));
    format!("{resource}: {current}/{}%", count(metric, "/resource/target/averageUtilization"))
}

pub(super) const STORAGE_CLASSES: Printer = (
    &[
        text("Name"),
        text("Provisioner"),
        text("ReclaimPolicy"),
        text("VolumeBindingMode"),
        super::Column { name: "AllowVolumeExpansion", kind: "boolean", priority: 0 },
        text("Age"),
    ],
    |object, now: Time| {
        let standard = object.pointer("/metadata/annotations/storageclass.kubernetes.io~1is-default-class");
        let own = at(object, "/metadata/name");
        vec![
            if standard == Some(&json!("true")) { json!(format!("{own} (default)")) } else { json!(own) },
            json!(at(object, "/provisioner")),
            or(at(object, "/reclaimPolicy"), "Delete"),
            or(at(object, "/volumeBindingMode"), "Immediate"),
            json!(object["allowVolumeExpansion"] == true),
            age(object, now),
        ]
    },
);
