//! What an Application object says, read where it stands.

use serde_json::{Map, Value};

/// The text at a JSON pointer; empty when there is none.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Sets a field of an object, or removes it when the value is null.
pub(crate) fn set(object: &mut Value, field: &str, value: Value) {
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    if let Some(map) = object.as_object_mut() {
        if value.is_null() {
            map.shift_remove(field);
        } else {
            map.insert(field.to_owned(), value);
        }
    }
}

/// An Application.
#[derive(Clone, Copy)]
pub(crate) struct View<'a>(pub(crate) &'a Value);

impl<'a> View<'a> {
    pub(crate) fn name(self) -> &'a str {
        text(self.0, "/metadata/name")
    }

    pub(crate) fn project(self) -> &'a str {
        match text(self.0, "/spec/project") {
            "" => "default",
            project => project,
        }
    }

    /// `project/name`, as RBAC names it.
    pub(crate) fn rbac_name(self) -> String {
        format!("{}/{}", self.project(), self.name())
    }

    pub(crate) fn annotation(self, name: &str) -> Option<&'a str> {
        self.0["metadata"].get("annotations")?.get(name)?.as_str()
    }

    pub(crate) fn source(self) -> &'a Value {
        &self.0["spec"]["source"]
    }

    pub(crate) fn target_revision(self) -> &'a str {
        match text(self.source(), "/targetRevision") {
            "" => "HEAD",
            revision => revision,
        }
    }

    pub(crate) fn dest_namespace(self) -> &'a str {
        text(self.0, "/spec/destination/namespace")
    }

    /// The automated policy when it is on: there and not `enabled: false`.
    pub(crate) fn automated(self) -> Option<&'a Value> {
        let automated = self.0.pointer("/spec/syncPolicy/automated").filter(|v| v.is_object())?;
        (automated.get("enabled") != Some(&Value::Bool(false))).then_some(automated)
    }

    pub(crate) fn automated_flag(self, flag: &str) -> bool {
        self.automated().and_then(|a| a.get(flag)) == Some(&Value::Bool(true))
    }

    pub(crate) fn sync_status(self) -> &'a str {
        text(self.0, "/status/sync/status")
    }

    pub(crate) fn operation(self) -> Option<&'a Value> {
        self.0.get("operation").filter(|v| v.is_object())
    }

    pub(crate) fn operation_state(self) -> Option<&'a Value> {
        self.0.pointer("/status/operationState").filter(|v| v.is_object())
    }

    pub(crate) fn deleting(self) -> bool {
        self.0["metadata"].get("deletionTimestamp").is_some()
    }

    pub(crate) fn history(self) -> &'a [Value] {
        self.0.pointer("/status/history").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The application's own sync option of that name and value: `CreateNamespace=true`.
    pub(crate) fn option(list: &Value, option: &str) -> bool {
        list.as_array().is_some_and(|list| list.iter().any(|held| held == option))
    }
}

/// The fields of the status in the order in which the real server writes them.
const STATUS: &[&str] = &[
    "resources",
    "sync",
    "health",
    "history",
    "conditions",
    "reconciledAt",
    "operationState",
    "sourceType",
    "summary",
    "resourceHealthSource",
    "controllerNamespace",
    "sourceHydrator",
];

/// The status of an Application with its fields in the order in which the real server writes them.
pub(crate) fn ordered_status(status: &Value) -> Value {
    let mut ordered = Map::new();
    let held = status.as_object();
    for field in STATUS {
        if let Some(value) = held.and_then(|held| held.get(*field)) {
            ordered.insert((*field).to_owned(), value.clone());
        }
    }
    for (field, value) in held.into_iter().flatten() {
        if !ordered.contains_key(field) {
            ordered.insert(field.clone(), value.clone());
        }
    }
    Value::Object(ordered)
}
