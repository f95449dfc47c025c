//! What an apply would make of a live object: the three-way merge that comparison and sync share.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::{LAST_APPLIED, text};

/// The live object as it would be after applying `target`; what was applied last and is no longer wanted goes.
pub(crate) fn predict(live: &Value, target: &Value) -> Value {
    let mut predicted = live.clone();
    let last = live["metadata"].get("annotations").and_then(|a| a.get(LAST_APPLIED)).and_then(Value::as_str);
    if let Some(last) = last.and_then(|last| serde_json::from_str::<Value>(last).ok()) {
        drop_removed(&mut predicted, &last, target, "");
    }
    merge(&mut predicted, target, "");
    predicted
}

/// Whether two states of one object differ in what counts: not in status and bookkeeping.
pub(crate) fn differs(live: &Value, predicted: &Value, ignored: &[String]) -> bool {
    normalized(live, ignored) != normalized(predicted, ignored)
}

fn normalized(object: &Value, ignored: &[String]) -> Value {
    let mut object = object.clone();
    if let Some(map) = object.as_object_mut() {
        map.shift_remove("status");
    }
    if let Some(annotations) = object["metadata"].get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.shift_remove(LAST_APPLIED);
        if annotations.is_empty() {
            object["metadata"].as_object_mut().map(|meta| meta.shift_remove("annotations"));
        }
    }
    for pointer in ignored {
        remove(&mut object, pointer);
    }
    object
}

/// Removes what a JSON pointer points at.
pub(crate) fn remove(object: &mut Value, pointer: &str) {
    let Some((parent, last)) = pointer.rsplit_once('/') else { return };
    let last = last.replace("~1", "/").replace("~0", "~");
    match object.pointer_mut(parent) {
        Some(Value::Object(map)) => {
            map.shift_remove(&last);
        }
        Some(Value::Array(list)) => {
            if let Ok(at) = last.parse::<usize>()
                && at < list.len()
            {
                list.remove(at);
            }
        }
        _ => {}
    }
}

/// The pointers that `spec.ignoreDifferences` names for an object.
pub(crate) fn ignored(app: &Value, group: &str, kind: &str, namespace: &str, name: &str) -> Vec<String> {
    let rules = app.pointer("/spec/ignoreDifferences").and_then(Value::as_array);
    let matches = |rule: &&Value| {
        let is =
            |field: &str, value: &str| matches!(text(rule, field), "" | "*") || text(rule, field) == value;
        (text(rule, "/group") == group || text(rule, "/group") == "*")
            && is("/kind", kind)
            && is("/name", name)
            && is("/namespace", namespace)
    };
    let pointers =
        |rule: &Value| rule.get("jsonPointers").and_then(Value::as_array).cloned().unwrap_or_default();
    let found = rules.into_iter().flatten().filter(matches).flat_map(pointers);
    found.filter_map(|pointer| pointer.as_str().map(str::to_owned)).collect()
}

/// The field that tells the items of a list apart, as the strategic merge of these lists has it.
fn item_key(field: &str, list: &[Value]) -> Option<&'static str> {
    let all = |key: &str| !list.is_empty() && list.iter().all(|item| item.get(key).is_some());
    match field {
        "containers" | "initContainers" | "volumes" | "env" | "imagePullSecrets" => Some("name"),
        "volumeMounts" => Some("mountPath"),
        "ports" if all("containerPort") => Some("containerPort"),
        "ports" if all("port") => Some("port"),
        _ => None,
    }
}

fn same_item<'a>(list: &'a mut [Value], key: &str, item: &Value) -> Option<&'a mut Value> {
    list.iter_mut().find(|held| held.get(key) == item.get(key))
}

fn drop_removed(live: &mut Value, last: &Value, target: &Value, field: &str) {
    match (live, last, target) {
        (Value::Object(live), Value::Object(last), Value::Object(target)) => {
            for (name, before) in last {
                match (target.get(name), live.get_mut(name)) {
                    (None, Some(_)) => drop(live.shift_remove(name)),
                    (Some(target), Some(live)) => drop_removed(live, before, target, name),
                    _ => {}
                }
            }
        }
        (Value::Array(live), Value::Array(last), Value::Array(target)) => {
            let Some(key) = item_key(field, last) else { return };
            for before in last {
                match target.iter().find(|item| item.get(key) == before.get(key)) {
                    None => live.retain(|held| held.get(key) != before.get(key)),
                    Some(target) => {
                        if let Some(live) = same_item(live, key, before) {
                            drop_removed(live, before, target, "");
                        }
                    }
                }
            }
        }
        _ => {}
    }
}

fn merge(live: &mut Value, target: &Value, field: &str) {
    match (live, target) {
        (Value::Object(live), Value::Object(target)) => merge_maps(live, target),
        (Value::Array(live), Value::Array(target)) => {
            if let Some(key) = item_key(field, target) {
                for item in target {
                    match same_item(live, key, item) {
                        Some(held) => merge(held, item, ""),
                        None => live.push(item.clone()),
                    }
                }
            } else if live.len() == target.len() {
                live.iter_mut().zip(target).for_each(|(live, target)| merge(live, target, ""));
            } else {
                live.clone_from(target);
            }
        }
        (live, target) => live.clone_from(target),
    }
}

fn merge_maps(live: &mut Map<String, Value>, target: &Map<String, Value>) {
    for (name, wanted) in target {
        if wanted.is_null() {
            live.shift_remove(name);
        } else if let Some(held) = live.get_mut(name) {
            merge(held, wanted, name);
        } else {
            live.insert(name.clone(), wanted.clone());
        }
    }
}

/// A manifest as the API server would store it: a Secret's `stringData` becomes `data`, no status.
pub(crate) fn stored_form(manifest: &mut Value) {
    if let Some(map) = manifest.as_object_mut() {
        map.shift_remove("status");
        if let Some(Value::Object(plain)) = map.shift_remove("stringData") {
            let data = map.entry("data").or_insert_with(|| json!({}));
            for (name, value) in plain {
                data[name] = json!(STANDARD.encode(value.as_str().unwrap_or_default()));
            }
        }
    }
}

/// Hides a Secret's values behind pluses, the same number for the same value, as Argo CD shows them.
pub(crate) fn mask_secrets(states: &mut [Option<Value>]) {
    let mut seen: Vec<Value> = Vec::new();
    for state in states.iter_mut().flatten() {
        if let Some(annotations) = state["metadata"].get_mut("annotations").and_then(Value::as_object_mut)
            && annotations.contains_key(LAST_APPLIED)
        {
            annotations.insert(LAST_APPLIED.to_owned(), json!("++++++++"));
        }
        for value in
            state.get_mut("data").and_then(Value::as_object_mut).into_iter().flatten().map(|(_, v)| v)
        {
            let at = seen.iter().position(|held| held == value).unwrap_or_else(|| {
                seen.push(value.clone());
                seen.len() - 1
            });
            *value = json!("+".repeat(8 + at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_apply_keeps_what_others_set_and_drops_what_it_no_longer_wants() {
        let last = json!({ "spec": { "replicas": 3, "paused": false, "template": { "spec": { "containers": [
            { "name": "web", "image": "web:1" }, { "name": "old", "image": "old:1" }] } } } });
        let mut live = last.clone();
        live["metadata"] = json!({ "annotations": { LAST_APPLIED: last.to_string(), "revision": "1" } });
        live["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] = json!("IfNotPresent");
        let target = json!({ "spec": { "replicas": 3, "template": { "spec": { "containers": [
            { "name": "web", "image": "web:2" }] } } } });
        let predicted = predict(&live, &target);
        let expected = json!([{ "name": "web", "image": "web:2", "imagePullPolicy": "IfNotPresent" }]);
        assert_eq!(predicted["spec"]["template"]["spec"]["containers"], expected);
        assert_eq!(predicted["spec"].get("paused"), None);
        assert!(differs(&live, &predicted, &[]));
        let ignored = vec!["/spec".to_owned()];
        assert!(!differs(&live, &predicted, &ignored));
    }
}
