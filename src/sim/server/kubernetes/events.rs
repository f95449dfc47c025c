//! The two views of one event: `v1` as it is stored, and `events.k8s.io/v1`.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::sim::cluster::{Resource, known};

/// The fields of the stored form and of `events.k8s.io/v1`, in the latter's order.
const FIELDS: &[(&str, &str)] = &[
    ("metadata", "metadata"),
    ("eventTime", "eventTime"),
    ("series", "series"),
    ("reportingComponent", "reportingController"),
    ("reportingInstance", "reportingInstance"),
    ("action", "action"),
    ("reason", "reason"),
    ("involvedObject", "regarding"),
    ("related", "related"),
    ("message", "note"),
    ("type", "type"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
];

fn second_view(resource: &Resource) -> bool {
    resource.stored == known::EVENTS && resource.gr != known::EVENTS
}

/// A stored object as a resource shows it.
pub(super) fn shown<'a>(resource: &Resource, object: &'a Value) -> Cow<'a, Value> {
    if !second_view(resource) {
        return Cow::Borrowed(object);
    }
    let mut out = Map::new();
    for (stored, shown) in FIELDS {
        match object.get(*stored) {
            Some(value) if value.as_str() != Some("") => drop(out.insert((*shown).to_owned(), value.clone())),
            None if *shown == "eventTime" => drop(out.insert((*shown).to_owned(), Value::Null)),
            _ => {}
        }
    }
    Cow::Owned(Value::Object(out))
}

/// An object as a client gave it in the form that is stored.
pub(super) fn stored(resource: &Resource, object: Value) -> Value {
    let Value::Object(mut given) = object else { return object };
    if second_view(resource) {
        for (stored, shown) in FIELDS {
            if let Some(value) = given.shift_remove(*shown) {
                given.insert((*stored).to_owned(), value);
            }
        }
    }
    Value::Object(given)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sim::cluster::find;

    #[test]
    fn both_views_of_a_recorded_event() {
        // Both views of one event as kube-apiserver 1.34 answered.
        let core = json!({ "metadata": { "name": "node-0.18e9f99367daedb6" },
            "involvedObject": { "kind": "Node", "name": "node-0", "apiVersion": "v1" },
            "reason": "RegisteredNode", "message": "Node node-0 event: Registered Node node-0 in Controller",
            "source": { "component": "node-controller" },
            "firstTimestamp": "2026-11-21T05:52:17Z", "lastTimestamp": "2026-11-21T05:52:17Z", "count": 1,
            "type": "Normal", "eventTime": null, "reportingComponent": "node-controller", "reportingInstance": "" });
        let other = json!({ "metadata": { "name": "node-0.18e9f99367daedb6" }, "eventTime": null,
            "reportingController": "node-controller", "reason": "RegisteredNode",
            "regarding": { "kind": "Node", "name": "node-0", "apiVersion": "v1" },
            "note": "Node node-0 event: Registered Node node-0 in Controller", "type": "Normal",
            "deprecatedSource": { "component": "node-controller" },
            "deprecatedFirstTimestamp": "2026-11-21T05:52:17Z",
            "deprecatedLastTimestamp": "2026-11-21T05:52:17Z", "deprecatedCount": 1 });
        let resource = find("events.k8s.io", "events").unwrap();
        assert_eq!(*shown(resource, &core), other);
        let back = stored(resource, other);
        assert_eq!(back["involvedObject"]["name"], "node-0");
        assert_eq!(back["message"], core["message"]);
    }
}
