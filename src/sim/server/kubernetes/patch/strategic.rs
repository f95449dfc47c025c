//! Strategic merge: lists whose items have a key merge item by item; directives replace, delete and order.

use serde_json::{Map, Value};

/// The keys that tell the items of a list apart, by the list's field name, as the built-in types declare them.
/// None for lists that are replaced as a whole.
pub(in super::super) fn merge_keys(field: &str, items: &[Value]) -> Option<&'static [&'static str]> {
    let has = |key: &str| items.iter().all(|item| item.get(key).is_some());
    let keys: &'static [&'static str] = match field {
        "containers"
        | "initContainers"
        | "ephemeralContainers"
        | "env"
        | "volumes"
        | "imagePullSecrets"
        | "resourceClaims"
        | "secrets" => &["name"],
        "conditions" | "addresses" => &["type"],
        "volumeMounts" => &["mountPath"],
        "volumeDevices" => &["devicePath"],
        "hostAliases" => &["ip"],
        "topologySpreadConstraints" => &["topologyKey", "whenUnsatisfiable"],
        "ownerReferences" => &["uid"],
        "ports" if has("containerPort") => &["containerPort", "protocol"],
        "ports" if has("port") => &["port", "protocol"],
        _ => return None,
    };
    has(keys[0]).then_some(keys)
}

/// The key that strategic merge goes by: the first of the list's keys.
fn key_of(field: &str, target: &[Value], patch: &[Value]) -> Option<&'static str> {
    let items: Vec<Value> = target
        .iter()
        .chain(patch)
        .filter(|item| item.get("$patch") != Some(&Value::from("replace")))
        .cloned()
        .collect();
    merge_keys(field, &items).map(|keys| keys[0])
}

/// Merges a strategic patch into an object.
pub(in super::super) fn strategic(target: &mut Value, patch: &Value) {
    let Value::Object(fields) = patch else {
        *target = patch.clone();
        return;
    };
    let directive = fields.get("$patch").and_then(Value::as_str);
    if directive == Some("delete") {
        *target = Value::Null;
        return;
    }
    if directive == Some("replace") || !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(map) = target.as_object_mut() else { return };
    if let Some(kept) = fields.get("$retainKeys").and_then(Value::as_array) {
        map.retain(|key, _| kept.iter().any(|kept| kept == key.as_str()));
    }
    for (key, value) in fields {
        match (key.split_once('/'), value) {
            (Some(("$deleteFromPrimitiveList", list)), Value::Array(gone)) => {
                if let Some(Value::Array(held)) = map.get_mut(list) {
                    held.retain(|item| !gone.contains(item));
                }
            }
            _ if key.starts_with('$') => {}
            (_, Value::Null) => drop(map.shift_remove(key)),
            (_, Value::Array(items)) => {
                let held = map.entry(key.clone()).or_insert_with(|| Value::Array(Vec::new()));
                merge_list(key, held, items);
            }
            _ => {
                let held = map.entry(key.clone()).or_insert(Value::Null);
                strategic(held, value);
                if value.is_object() && held.is_null() {
                    map.shift_remove(key);
                }
            }
        }
    }
    for (key, value) in fields {
        if let (Some(("$setElementOrder", list)), Value::Array(order)) = (key.split_once('/'), value)
            && let Some(Value::Array(held)) = map.get_mut(list)
        {
            reorder(list, held, order);
        }
    }
}

fn merge_list(field: &str, target: &mut Value, items: &[Value]) {
    if !target.is_array() {
        *target = Value::Array(Vec::new());
    }
    let Value::Array(held) = target else { return };
    let replaced = items.iter().any(|item| item.get("$patch") == Some(&Value::from("replace")));
    if replaced {
        *held = items.iter().filter(|item| item.get("$patch").is_none()).cloned().collect();
        return;
    }
    if field == "finalizers" {
        for item in items {
            if !held.contains(item) {
                held.push(item.clone());
            }
        }
        return;
    }
    let Some(key) = key_of(field, held, items) else {
        *held = items.to_vec();
        return;
    };
    for item in items {
        let place = held.iter().position(|other| other.get(key) == item.get(key));
        let gone = item.get("$patch") == Some(&Value::from("delete"));
        match place {
            Some(place) if gone => drop(held.remove(place)),
            Some(place) => strategic(&mut held[place], item),
            None if gone => {}
            None => {
                let mut new = Value::Object(Map::new());
                strategic(&mut new, item);
                held.push(new);
            }
        }
    }
}

/// Puts the items that `order` names into its order; others keep their place as far as they can.
fn reorder(field: &str, held: &mut Vec<Value>, order: &[Value]) {
    let key = key_of(field, held, &[]);
    let rank = |item: &Value| {
        let same = |wanted: &Value| match key {
            Some(key) => wanted.get(key) == item.get(key),
            None => wanted == item,
        };
        order.iter().position(same)
    };
    let mut named: Vec<(usize, Value)> = Vec::new();
    let mut others: Vec<(usize, Value)> = Vec::new();
    for (place, item) in std::mem::take(held).into_iter().enumerate() {
        match rank(&item) {
            Some(rank) => named.push((rank, item)),
            None => others.push((place, item)),
        }
    }
    named.sort_by_key(|(rank, _)| *rank);
    *held = named.into_iter().map(|(_, item)| item).collect();
    for (place, item) in others {
        held.insert(place.min(held.len()), item);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merged(mut target: Value, patch: Value) -> Value {
        strategic(&mut target, &patch);
        target
    }

    #[test]
    fn containers_merge_by_name() {
        let pod = json!({ "containers": [{ "name": "a", "image": "a:1", "env": [{ "name": "X", "value": "1" }] },
            { "name": "b", "image": "b:1" }] });
        let patch = json!({ "containers": [{ "name": "a", "image": "a:2", "env": [{ "name": "Y", "value": "2" }] }] });
        let wanted = json!({ "containers": [
            { "name": "a", "image": "a:2", "env": [{ "name": "X", "value": "1" }, { "name": "Y", "value": "2" }] },
            { "name": "b", "image": "b:1" }] });
        assert_eq!(merged(pod, patch), wanted);
    }

    #[test]
    fn directives_delete_replace_and_order() {
        let pod = json!({ "containers": [{ "name": "a" }, { "name": "b" }, { "name": "c" }] });
        let patch = json!({ "$setElementOrder/containers": [{ "name": "c" }, { "name": "a" }],
            "containers": [{ "name": "b", "$patch": "delete" }] });
        assert_eq!(merged(pod.clone(), patch), json!({ "containers": [{ "name": "c" }, { "name": "a" }] }));
        let patch = json!({ "containers": [{ "$patch": "replace" }, { "name": "z" }] });
        assert_eq!(merged(pod, patch), json!({ "containers": [{ "name": "z" }] }));
        let strategy = json!({ "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": 1 } } });
        let patch = json!({ "strategy": { "$retainKeys": ["type"], "type": "Recreate" } });
        assert_eq!(merged(strategy, patch), json!({ "strategy": { "type": "Recreate" } }));
        let held = json!({ "finalizers": ["a", "b"], "taints": [{ "key": "x" }] });
        let patch = json!({ "$deleteFromPrimitiveList/finalizers": ["a"], "taints": [{ "key": "y" }] });
        assert_eq!(merged(held, patch), json!({ "finalizers": ["b"], "taints": [{ "key": "y" }] }));
    }

    #[test]
    fn null_removes_and_conditions_merge_by_type() {
        let node = json!({ "spec": { "unschedulable": true },
            "status": { "conditions": [{ "type": "Ready", "status": "True", "reason": "x" }] } });
        let patch = json!({ "spec": { "unschedulable": null },
            "status": { "conditions": [{ "type": "Ready", "status": "False" }, { "type": "New", "status": "True" }] } });
        let wanted = json!({ "spec": {}, "status": { "conditions": [
            { "type": "Ready", "status": "False", "reason": "x" }, { "type": "New", "status": "True" }] } });
        assert_eq!(merged(node, patch), wanted);
    }
}
