//! The three patches: RFC 7386 merge, RFC 6902 JSON patch, and Kubernetes' strategic merge.

mod strategic;

use serde_json::{Map, Value, json};

pub(super) use self::strategic::{merge_keys, strategic};
use crate::sim::cluster::ApiError;

/// Merges a patch into a value (RFC 7386): null removes, objects merge, everything else replaces.
pub(super) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(fields) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(map) = target.as_object_mut() else { return };
    for (key, value) in fields {
        if value.is_null() {
            map.shift_remove(key);
        } else {
            merge(map.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

/// Applies a JSON patch (RFC 6902) as a whole; 422 when an operation or a `test` fails, 400 when it is no patch.
pub(super) fn json_patch(target: &Value, patch: &Value) -> Result<Value, ApiError> {
    let bad = || ApiError::bad_request("error decoding patch: it must be a list of operations");
    let mut result = target.clone();
    for operation in patch.as_array().ok_or_else(bad)? {
        let path = operation["path"].as_str().ok_or_else(bad)?;
        let verb = operation["op"].as_str().ok_or_else(bad)?;
        operate(&mut result, verb, path, operation).ok_or_else(failed)?;
    }
    Ok(result)
}

/// What the server says of a JSON patch that does not fit; recorded from kube-apiserver 1.34.
fn failed() -> ApiError {
    let message = "the server rejected our request due to an error in our request";
    ApiError { code: 422, reason: "Invalid", message: message.to_owned(), details: json!({}) }
}

fn operate(target: &mut Value, verb: &str, path: &str, operation: &Value) -> Option<()> {
    let from = || operation["from"].as_str();
    match verb {
        "add" => add(target, path, operation.get("value")?.clone()),
        "remove" => remove(target, path).map(drop),
        "replace" => {
            *target.pointer_mut(path)? = operation.get("value")?.clone();
            Some(())
        }
        "test" => {
            let held = target.pointer(path).unwrap_or(&Value::Null);
            (held == operation.get("value").unwrap_or(&Value::Null)).then_some(())
        }
        "copy" => {
            let value = target.pointer(from()?)?.clone();
            add(target, path, value)
        }
        "move" => {
            let value = remove(target, from()?)?;
            add(target, path, value)
        }
        _ => None,
    }
}

fn parent<'a>(target: &'a mut Value, path: &str) -> Option<(&'a mut Value, String)> {
    let (above, last) = path.rsplit_once('/')?;
    Some((target.pointer_mut(above)?, last.replace("~1", "/").replace("~0", "~")))
}

fn add(target: &mut Value, path: &str, value: Value) -> Option<()> {
    if path.is_empty() {
        *target = value;
        return Some(());
    }
    match parent(target, path)? {
        (Value::Object(map), key) => drop(map.insert(key, value)),
        (Value::Array(list), key) if key == "-" => list.push(value),
        (Value::Array(list), key) => {
            let index = key.parse::<usize>().ok().filter(|index| *index <= list.len())?;
            list.insert(index, value);
        }
        _ => return None,
    }
    Some(())
}

fn remove(target: &mut Value, path: &str) -> Option<Value> {
    match parent(target, path)? {
        (Value::Object(map), key) => map.shift_remove(&key),
        (Value::Array(list), key) => {
            let index = key.parse::<usize>().ok().filter(|index| *index < list.len())?;
            Some(list.remove(index))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merge_patches_as_in_rfc_7386() {
        // Rows of the table in appendix A.
        let cases = [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
            (r"[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
            (r"{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
        ];
        for (target, patch, wanted) in cases {
            let mut target: Value = serde_json::from_str(target).unwrap();
            merge(&mut target, &serde_json::from_str(patch).unwrap());
            assert_eq!(target, serde_json::from_str::<Value>(wanted).unwrap(), "{patch}");
        }
    }

    #[test]
    fn json_patches_as_in_rfc_6902() {
        // Examples of appendix A.
        let run = |target: &str, patch: &str| {
            json_patch(&serde_json::from_str(target).unwrap(), &serde_json::from_str(patch).unwrap())
        };
        let cases = [
            (
                r#"{"foo":["bar","baz"]}"#,
                r#"[{"op":"add","path":"/foo/1","value":"qux"}]"#,
                r#"{"foo":["bar","qux","baz"]}"#,
            ),
            (
                r#"{"foo":["bar","qux","baz"]}"#,
                r#"[{"op":"remove","path":"/foo/1"}]"#,
                r#"{"foo":["bar","baz"]}"#,
            ),
            (
                r#"{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}"#,
                r#"[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]"#,
                r#"{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}"#,
            ),
            (r#"{"/":9,"~1":10}"#, r#"[{"op":"test","path":"/~01","value":10}]"#, r#"{"/":9,"~1":10}"#),
            (
                r#"{"foo":["bar"]}"#,
                r#"[{"op":"add","path":"/foo/-","value":["abc"]}]"#,
                r#"{"foo":["bar",["abc"]]}"#,
            ),
        ];
        for (target, patch, wanted) in cases {
            assert_eq!(
                run(target, patch).unwrap(),
                serde_json::from_str::<Value>(wanted).unwrap(),
                "{patch}"
            );
        }
        let failed = run(r#"{"baz":"qux"}"#, r#"[{"op":"test","path":"/baz","value":"bar"}]"#).unwrap_err();
        assert_eq!((failed.code, failed.reason), (422, "Invalid"));
        assert_eq!(run("{}", r#"{"op":"add"}"#).unwrap_err().code, 400);
        assert_eq!(run("{}", r#"[{"op":"remove","path":"/a"}]"#).unwrap_err().code, 422);
    }
}
