//! JSON merge patch (RFC 7396) and JSON patch (RFC 6902) on values.

use serde_json::Value;

use crate::sim::argocd::text;

/// Merges a patch into a value; null removes.
pub(super) fn merge(value: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *value = patch.clone();
        return;
    };
    if !value.is_object() {
        *value = Value::Object(serde_json::Map::new());
    }
    let Some(map) = value.as_object_mut() else { return };
    for (name, change) in patch {
        if change.is_null() {
            map.shift_remove(name);
        } else {
            merge(map.entry(name.clone()).or_insert(Value::Null), change);
        }
    }
}

/// Applies the operations of a JSON patch in order; the words of the real server when one fails.
pub(super) fn apply(value: &mut Value, patch: &Value) -> Result<(), String> {
    let Some(operations) = patch.as_array() else {
        return Err("error decoding json patch: a list of operations was expected".to_owned());
    };
    for operation in operations {
        let path = text(operation, "/path");
        let wanted = operation.get("value").cloned().unwrap_or_default();
        match text(operation, "/op") {
            "test" if value.pointer(path).unwrap_or(&Value::Null) != &wanted => {
                return Err(format!("error applying patch: testing value {path} failed: test failed"));
            }
            "test" => {}
            "add" => add(value, path, wanted)?,
            "replace" => match value.pointer_mut(path) {
                Some(held) => *held = wanted,
                None => return Err(missing("replace", path)),
            },
            "remove" => drop(take(value, path)?),
            "copy" | "move" => {
                let from = text(operation, "/from");
                let taken = if operation["op"] == "move" { Some(take(value, from)?) } else { None };
                let moved =
                    taken.or_else(|| value.pointer(from).cloned()).ok_or_else(|| missing("copy", from))?;
                add(value, path, moved)?;
            }
            other => return Err(format!("error applying patch: Unexpected kind: {other}")),
        }
    }
    Ok(())
}

fn missing(operation: &str, path: &str) -> String {
    format!(
        "error applying patch: {operation} operation does not apply: doc is missing key: {path}: missing value"
    )
}

fn split(path: &str) -> (&str, String) {
    let (parent, last) = path.rsplit_once('/').unwrap_or(("", path));
    (parent, last.replace("~1", "/").replace("~0", "~"))
}

fn add(value: &mut Value, path: &str, wanted: Value) -> Result<(), String> {
    let (parent, last) = split(path);
    match value.pointer_mut(parent) {
        Some(Value::Object(map)) => {
            map.insert(last, wanted);
            Ok(())
        }
        Some(Value::Array(list)) => {
            let at =
                if last == "-" { Some(list.len()) } else { last.parse().ok().filter(|at| *at <= list.len()) };
            list.insert(at.ok_or_else(|| missing("add", path))?, wanted);
            Ok(())
        }
        _ => Err(missing("add", path)),
    }
}

fn take(value: &mut Value, path: &str) -> Result<Value, String> {
    let (parent, last) = split(path);
    let taken = match value.pointer_mut(parent) {
        Some(Value::Object(map)) => map.shift_remove(&last),
        Some(Value::Array(list)) => {
            last.parse::<usize>().ok().filter(|at| *at < list.len()).map(|at| list.remove(at))
        }
        _ => None,
    };
    taken.ok_or_else(|| missing("remove", path))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn patches_follow_their_rfcs() {
        let mut value = json!({ "spec": { "project": "dev", "list": [1] } });
        merge(&mut value, &json!({ "spec": { "project": null, "x": { "y": 1 } } }));
        assert_eq!(value, json!({ "spec": { "list": [1], "x": { "y": 1 } } }));
        let patch = json!([{ "op": "add", "path": "/spec/list/-", "value": 2 }, { "op": "remove", "path": "/spec/x" }]);
        apply(&mut value, &patch).unwrap();
        assert_eq!(value, json!({ "spec": { "list": [1, 2] } }));
        let failed = apply(&mut value, &json!([{ "op": "test", "path": "/spec/project", "value": "zzz" }]));
        let expected = "error applying patch: testing value /spec/project failed: test failed";
        assert_eq!(failed.unwrap_err(), expected);
    }
}
