//! Reading and writing the usual fields of objects.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::{
    model::Time,
    sim::{
        cluster::{Gr, known},
        world::Env,
    },
};

pub(super) fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

pub(super) fn namespace(object: &Value) -> &str {
    object["metadata"]["namespace"].as_str().unwrap_or_default()
}

pub(super) fn uid(object: &Value) -> &str {
    object["metadata"]["uid"].as_str().unwrap_or_default()
}

pub(super) fn label<'a>(object: &'a Value, label: &str) -> &'a str {
    object["metadata"]["labels"][label].as_str().unwrap_or_default()
}

pub(super) fn annotation<'a>(object: &'a Value, annotation: &str) -> &'a str {
    object["metadata"]["annotations"][annotation].as_str().unwrap_or_default()
}

pub(super) fn is_ending(object: &Value) -> bool {
    object["metadata"].get("deletionTimestamp").is_some()
}

/// A count; `default` when it is absent.
pub(super) fn count(value: &Value, default: i64) -> i64 {
    value.as_i64().unwrap_or(default)
}

/// A moment in a field; none when it is absent or no moment.
pub(super) fn time(value: &Value) -> Option<Time> {
    value.as_str()?.parse().ok()
}

/// The owner reference that is marked as the controller.
pub(super) fn controller_of(object: &Value) -> Option<&Value> {
    let owners = object["metadata"].get("ownerReferences")?.as_array()?;
    owners.iter().find(|owner| owner["controller"] == true)
}

/// The owner reference that makes `owner` the controller of something.
pub(super) fn controller_reference(owner: &Value) -> Value {
    json!({
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": true,
        "blockOwnerDeletion": true,
    })
}

/// A pod from a template, owned by `owner`; its name or `generateName` is the caller's.
pub(super) fn pod_from(template: &Value, owner: &Value) -> Value {
    let mut meta = template["metadata"].clone();
    if !meta.is_object() {
        meta = Value::Object(Map::new());
    }
    meta["namespace"] = owner["metadata"]["namespace"].clone();
    meta["ownerReferences"] = json!([controller_reference(owner)]);
    let mut pod = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": template["spec"] });
    if pod["spec"].get("tolerations").is_none() {
        pod["spec"]["tolerations"] = json!([
            { "key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute",
              "tolerationSeconds": 300 },
            { "key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute",
              "tolerationSeconds": 300 },
        ]);
    }
    pod["spec"]["serviceAccountName"] =
        template["spec"].get("serviceAccountName").cloned().unwrap_or_else(|| json!("default"));
    pod["status"] = json!({ "phase": "Pending", "qosClass": quality(&template["spec"]) });
    pod
}

fn quality(spec: &Value) -> &'static str {
    let containers = spec["containers"].as_array().map_or(&[][..], Vec::as_slice);
    let resources = |c: &Value| c["resources"].clone();
    if containers.iter().all(|c| resources(c)["requests"].is_null() && resources(c)["limits"].is_null()) {
        return "BestEffort";
    }
    let equal = |c: &Value| {
        resources(c)["requests"].is_object() && resources(c)["requests"] == resources(c)["limits"]
    };
    if containers.iter().all(equal) { "Guaranteed" } else { "Burstable" }
}

/// The pods that an object controls, those that are ending too.
pub(super) fn pods_of(env: &Env, owner: &Value) -> Vec<Arc<Value>> {
    owned(env, owner, known::PODS)
}

/// The objects of one resource that an object controls.
pub(super) fn owned(env: &Env, owner: &Value, gr: Gr) -> Vec<Arc<Value>> {
    env.cluster
        .owned_by(uid(owner))
        .into_iter()
        .filter(|(of, _)| *of == gr)
        .map(|(_, object)| object)
        .collect()
}

/// The condition of a type.
pub(super) fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    object["status"].get("conditions")?.as_array()?.iter().find(|condition| condition["type"] == kind)
}

/// Whether a condition is there and true.
pub(super) fn holds(object: &Value, kind: &str) -> bool {
    condition(object, kind).is_some_and(|condition| condition["status"] == "True")
}

/// Whether a pod is ready and not ending.
pub(super) fn is_ready(pod: &Value) -> bool {
    holds(pod, "Ready") && !is_ending(pod)
}

/// Whether a pod has neither ended nor is ending.
pub(super) fn is_active(pod: &Value) -> bool {
    !is_ending(pod) && !matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"))
}

/// Sets a condition; its transition time moves only with its status.
pub(super) fn set_condition(
    object: &mut Value,
    now: Time,
    kind: &str,
    status: &str,
    reason: &str,
    message: &str,
) {
    let moved = now.rfc3339();
    if !object["status"]["conditions"].is_array() {
        object["status"]["conditions"] = json!([]);
    }
    let Some(list) = object["status"]["conditions"].as_array_mut() else { return };
    let at = list.iter().position(|condition| condition["type"] == kind).unwrap_or_else(|| {
        list.push(json!({ "type": kind, "status": "", "lastTransitionTime": moved }));
        list.len() - 1
    });
    let condition = &mut list[at];
    if condition["status"] != status {
        condition["status"] = json!(status);
        condition["lastTransitionTime"] = json!(moved);
    }
    for (field, text) in [("reason", reason), ("message", message)] {
        if text.is_empty() {
            if let Some(map) = condition.as_object_mut() {
                map.shift_remove(field);
            }
        } else {
            condition[field] = json!(text);
        }
    }
}

/// A quantity in thousandths of its unit: `250m` is 250, `2` is 2,000, `1Gi` is 1,073,741,824,000.
pub fn quantity(value: &Value) -> i64 {
    let Some(text) = value.as_str() else { return value.as_i64().unwrap_or(0) * 1000 };
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..end].parse().unwrap_or(0.0);
    let factor = match &text[end..] {
        "n" => 1e-6,
        "u" => 1e-3,
        "m" => 1.0,
        "k" => 1e6,
        "M" => 1e9,
        "G" => 1e12,
        "Ki" => 1024e3,
        "Mi" => 1_048_576e3,
        "Gi" => 1_073_741_824e3,
        _ => 1e3,
    };
    (number * factor) as i64
}

/// Letters from a hash of a value: what `pod-template-hash` is made of.
pub(super) fn hash_letters(value: &Value) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let digits = (fnv(value.to_string().as_bytes()) as u32).to_string();
    digits.bytes().map(|digit| char::from(LETTERS[usize::from(digit) % LETTERS.len()])).collect()
}

/// FNV-1a, 64 bits.
pub(super) fn fnv(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_kubernetes_writes_them() {
        for (text, thousandths) in [("250m", 250), ("2", 2_000), ("1.5", 1_500), ("1Ki", 1_024_000)] {
            assert_eq!(quantity(&json!(text)), thousandths, "{text}");
        }
        assert_eq!(quantity(&json!("1Gi")), 1_073_741_824_000);
        assert_eq!(quantity(&json!(3)), 3_000);
    }
}
