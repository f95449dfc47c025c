//! The printer columns of the custom resources, as their definitions declare them.

use serde_json::{Value, json};

use super::{age, at, items, since};
use crate::{model::Time, sim::cluster::Resource};

/// One `additionalPrinterColumns` entry.
struct Printed {
    name: &'static str,
    kind: &'static str,
    path: &'static str,
    priority: i32,
}

const fn printed(name: &'static str, path: &'static str) -> Printed {
    Printed { name, kind: "string", path, priority: 0 }
}

const fn wide(name: &'static str, path: &'static str, priority: i32) -> Printed {
    Printed { name, kind: "string", path, priority }
}

const AGE: Printed = Printed { name: "Age", kind: "date", path: ".metadata.creationTimestamp", priority: 0 };
const READY: &str = r#".status.conditions[?(@.type=="Ready")].status"#;
const READY_MESSAGE: &str = r#".status.conditions[?(@.type=="Ready")].message"#;
const READY_REASON: &str = r#".status.conditions[?(@.type=="Ready")].reason"#;

/// The columns in the projects' own definitions (Argo CD 3.2, External Secrets 1, cert-manager 1).
fn declared(resource: &Resource) -> &'static [Printed] {
    match resource.gr.resource {
        "applications" => {
            &const {
                [
                    printed("Sync Status", ".status.sync.status"),
                    printed("Health Status", ".status.health.status"),
                    wide("Revision", ".status.sync.revision", 10),
                    wide("Project", ".spec.project", 10),
                ]
            }
        }
        "externalsecrets" => {
            &const {
                [
                    printed("StoreType", ".spec.secretStoreRef.kind"),
                    printed("Store", ".spec.secretStoreRef.name"),
                    printed("Refresh Interval", ".spec.refreshInterval"),
                    printed("Status", READY_REASON),
                    printed("Ready", READY),
                    Printed { name: "Last Sync", kind: "date", path: ".status.refreshTime", priority: 0 },
                ]
            }
        }
        "clustersecretstores" => {
            &const {
                [
                    AGE,
                    printed("Status", READY_REASON),
                    printed("Capabilities", ".status.capabilities"),
                    printed("Ready", READY),
                ]
            }
        }
        "certificates" => {
            &const {
                [
                    printed("Ready", READY),
                    printed("Secret", ".spec.secretName"),
                    wide("Issuer", ".spec.issuerRef.name", 1),
                    wide("Status", READY_MESSAGE, 1),
                    AGE,
                ]
            }
        }
        "clusterissuers" => &const { [printed("Ready", READY), wide("Status", READY_MESSAGE, 1), AGE] },
        _ => &const { [AGE] },
    }
}

pub(super) fn columns(resource: &Resource) -> Value {
    let first =
        json!({ "name": "Name", "type": "string", "format": "name", "description": "", "priority": 0 });
    let define = |column: &Printed| {
        json!({ "name": column.name, "type": column.kind, "format": "", "description": "",
                "priority": column.priority })
    };
    std::iter::once(first).chain(declared(resource).iter().map(define)).collect()
}

pub(super) fn cells(resource: &Resource, object: &Value, now: Time) -> Vec<Value> {
    let cell = |column: &Printed| match find(object, column.path) {
        _ if column.path == AGE.path => age(object, now),
        None => Value::Null,
        Some(value) if column.kind == "date" => since(value, now),
        Some(value) => value.clone(),
    };
    std::iter::once(super::name(object)).chain(declared(resource).iter().map(cell)).collect()
}

/// `additionalPrinterColumns` of a resource's definition.
pub(in super::super) fn printer_columns(resource: &Resource) -> Value {
    let define = |column: &Printed| {
        let mut own = json!({ "name": column.name, "type": column.kind, "jsonPath": column.path });
        if column.priority != 0 {
            own["priority"] = json!(column.priority);
        }
        own
    };
    declared(resource).iter().map(define).collect()
}

/// The value at a simple JSON path with at most one filter on a condition's type.
fn find<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    let Some((list, rest)) = path.split_once("[?(@.type==\"") else {
        return object.pointer(&path.replace('.', "/"));
    };
    let (kind, field) = rest.split_once("\")].")?;
    let condition = items(object, &list.replace('.', "/")).find(|item| at(item, "/type") == kind)?;
    condition.get(field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::cluster::find as resource;

    #[test]
    fn printer_columns_read_conditions() {
        let object = json!({ "metadata": { "name": "web-tls", "creationTimestamp": "2026-11-21T03:00:00Z" },
            "spec": { "secretName": "web-tls", "issuerRef": { "name": "ca" } },
            "status": { "conditions": [{ "type": "Ready", "status": "False", "message": "waiting" }] } });
        let certificates = resource("cert-manager.io", "certificates").unwrap();
        let row = cells(certificates, &object, "2026-11-21T03:05:00Z".parse().unwrap());
        assert_eq!(
            row,
            [json!("web-tls"), json!("False"), json!("web-tls"), json!("ca"), json!("waiting"), json!("5m")]
        );
    }
}
