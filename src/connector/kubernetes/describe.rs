//! An object in words, as `kubectl describe` would: what it is, how it fares, and what happened to it.

mod pod;
mod sheet;

use serde_json::Value;

use self::sheet::{Sheet, text};
use super::{Core, access::escape, manifest, wire};
use crate::model::{ClusterEvent, Document, Fault, FaultKind, Key, Kind, ObjectName, Str, Syntax, Time};

/// How many events are described.
const EVENTS: usize = 30;

/// The object described, with its events.
pub(super) async fn read(core: &Core, key: &Key) -> Result<Document, Fault> {
    let (object, events) = futures::join!(manifest::fetch(core, key), events_of(core, key));
    let text = describe(key.kind, &object?, events.as_deref(), core.clock.now());
    Ok(Document { syntax: Syntax::Describe, text })
}

/// Events about an entity, newest first.
pub(super) async fn events_of(core: &Core, key: &Key) -> Result<Vec<ClusterEvent>, Fault> {
    let what = format!("list events of {key}");
    let kind = kind_of(core, key).await?.ok_or_else(|| {
        core.access.words().fault(FaultKind::Unsupported, &what, "events are about objects of a cluster")
    })?;
    let selector = format!("involvedObject.kind={kind},involvedObject.name={}", key.title());
    // Events about nodes and namespaces lie in some namespace or other.
    let path = if key.namespace.is_empty() || key.kind == Kind::Namespace {
        "/api/v1/events".to_owned()
    } else {
        format!("/api/v1/namespaces/{}/events", key.namespace)
    };
    let query = format!("fieldSelector={}", escape(&selector));
    let list = core.access.list::<wire::Event>(&path, &query, &what).await?;
    let mut events: Vec<ClusterEvent> = list.items.iter().map(|e| core.rows.event(e)).collect();
    events.sort_by_key(|event| std::cmp::Reverse(event.last));
    Ok(events)
}

/// The kind of an entity as the API writes it.
async fn kind_of(core: &Core, key: &Key) -> Result<Option<Str>, Fault> {
    let Some(ObjectName { plural, group, .. }) = ObjectName::of(key) else {
        return Ok(api_kind(key.kind).map(Str::from));
    };
    let all = core.discovery.all(&core.access).await?;
    Ok(all.iter().find(|r| *r.plural == *plural && *r.group == *group).map(|r| r.kind.clone()))
}

/// The kind as the API writes it, of those that have a row of their own.
fn api_kind(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Pod => "Pod",
        Kind::Node => "Node",
        Kind::Namespace => "Namespace",
        Kind::Deployment => "Deployment",
        Kind::StatefulSet => "StatefulSet",
        Kind::DaemonSet => "DaemonSet",
        Kind::ReplicaSet => "ReplicaSet",
        Kind::Job => "Job",
        _ => return None,
    })
}

fn describe(kind: Kind, object: &Value, events: Result<&[ClusterEvent], &Fault>, now: Time) -> String {
    let mut sheet = Sheet::new(now);
    heading(&mut sheet, object);
    if kind == Kind::Pod {
        pod::describe(&mut sheet, object);
    } else {
        general(&mut sheet, object);
    }
    match events {
        Ok([]) => sheet.line("Events", "none"),
        Ok(events) => {
            sheet.head("Events");
            for event in events.iter().take(EVENTS) {
                let kind = if event.warning { "Warning" } else { "Normal" };
                let times = if event.count > 1 { format!(" (x{})", event.count) } else { String::new() };
                let age = sheet.age(event.last);
                sheet.raw(&format!(
                    "  {kind:<8} {:<18} {age:>6}{times}  {}",
                    event.reason,
                    event.message.trim()
                ));
            }
            if events.len() > EVENTS {
                sheet.raw(&format!("  … and {} older", events.len() - EVENTS));
            }
        }
        Err(fault) => sheet.line("Events", &format!("not to be had: {}", fault.why)),
    }
    sheet.finish()
}

fn heading(sheet: &mut Sheet, object: &Value) {
    let meta = &object["metadata"];
    sheet.line("Name", text(&meta["name"]));
    sheet.some("Namespace", &meta["namespace"]);
    sheet.moment("Created", &meta["creationTimestamp"]);
    if meta["deletionTimestamp"].is_string() {
        sheet.moment("Terminating", &meta["deletionTimestamp"]);
    }
    for owner in meta["ownerReferences"].as_array().into_iter().flatten().filter(|o| o["controller"] == true)
    {
        sheet.line("Controlled By", &format!("{}/{}", text(&owner["kind"]), text(&owner["name"])));
    }
    sheet.map("Labels", &meta["labels"], |_| true);
    sheet.map("Annotations", &meta["annotations"], |key| {
        key != "kubectl.kubernetes.io/last-applied-configuration"
    });
}

/// Workloads, nodes and namespaces: counts, conditions, template.
fn general(sheet: &mut Sheet, object: &Value) {
    let (spec, status) = (&object["spec"], &object["status"]);
    sheet.map("Selector", &spec["selector"]["matchLabels"], |_| true);
    for (name, value) in spec.as_object().into_iter().flatten() {
        match value {
            Value::String(_) | Value::Number(_) | Value::Bool(_) => {
                sheet.line(&sheet::title(name), &sheet::plain(value));
            }
            _ => {}
        }
    }
    for (name, value) in status.as_object().into_iter().flatten() {
        match value {
            Value::String(_) | Value::Number(_) | Value::Bool(_) => {
                sheet.line(&format!("Status {}", sheet::title(name)), &sheet::plain(value));
            }
            _ => {}
        }
    }
    for taint in spec["taints"].as_array().into_iter().flatten() {
        let value = taint["value"].as_str().map(|v| format!("={v}")).unwrap_or_default();
        sheet.line("Taint", &format!("{}{value}:{}", text(&taint["key"]), text(&taint["effect"])));
    }
    sheet.map("Capacity", &status["capacity"], |_| true);
    sheet.map("Allocatable", &status["allocatable"], |_| true);
    sheet.map("System Info", &status["nodeInfo"], |_| true);
    for address in status["addresses"].as_array().into_iter().flatten() {
        sheet.line(text(&address["type"]), text(&address["address"]));
    }
    sizes(sheet, object);
    let template = &spec["template"]["spec"];
    if template.is_object() {
        sheet.head("Pod Template");
        pod::containers(sheet, "Init Containers", &template["initContainers"], &Value::Null);
        pod::containers(sheet, "Containers", &template["containers"], &Value::Null);
        pod::volumes(sheet, &template["volumes"]);
    }
    sheet.conditions(&status["conditions"]);
}

/// What a `ConfigMap` or a Secret holds: names and sizes, never values.
fn sizes(sheet: &mut Sheet, object: &Value) {
    let is_secret = object["kind"] == "Secret";
    for field in ["data", "binaryData", "stringData"] {
        let Some(data) = object[field].as_object().filter(|d| !d.is_empty()) else { continue };
        sheet.head(&sheet::title(field));
        for (name, value) in data {
            let Some(value) = value.as_str() else { continue };
            let encoded = field == "binaryData" || (is_secret && field == "data");
            let padding = value.bytes().rev().take_while(|b| *b == b'=').count();
            let size = if encoded { (value.len() / 4 * 3).saturating_sub(padding) } else { value.len() };
            sheet.raw(&format!("  {name}  {size} bytes"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(name: &str) -> Value {
        let path = format!("{}/tests/samples/kubernetes/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let file: Value =
            serde_json::from_str(&std::fs::read_to_string(path).expect("a sample")).expect("JSON");
        file["body"].clone()
    }

    #[test]
    fn a_deployment_tells_what_kubectl_tells() {
        let object = recorded("deployment");
        let now: Time = "2026-11-21T06:10:00Z".parse().expect("a moment");
        let text = describe(Kind::Deployment, &object, Ok(&[]), now);
        let name = object["metadata"]["name"].as_str().expect("a name");
        let image = object["spec"]["template"]["spec"]["containers"][0]["image"].as_str().expect("an image");
        for part in [name, image, "Conditions:", "MinimumReplicasAvailable", "Events:"] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        assert!(!text.contains("managedFields"));
    }

    #[test]
    fn a_secret_tells_names_and_sizes_only() {
        let secret = serde_json::json!({ "kind": "Secret", "metadata": { "name": "db" },
            "data": { "password": "aHVudGVyMg==" } });
        let text = describe(Kind::Object, &secret, Ok(&[]), Time::default());
        assert!(text.contains("password  7 bytes"), "{text}");
        assert!(!text.contains("aHVu") && !text.contains("hunter2"), "{text}");
    }

    #[test]
    fn a_node_tells_its_conditions() {
        let node = recorded("node")["items"][0].clone();
        let fault = Fault::new(FaultKind::Refused, "k", "list events", "events is forbidden");
        let text = describe(Kind::Node, &node, Err(&fault), Time::from_secs(1_800_000_000));
        for part in ["node-0", "Ready", "Allocatable:", "events is forbidden"] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
    }
}
