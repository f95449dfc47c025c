//! Secret values in objects: what is read from systems is masked before anything else sees it.

use base64::{Engine, prelude::BASE64_STANDARD as STANDARD};
use serde_json::Value;

use super::hidden::{self, LAST_APPLIED};
use crate::model::{MASK, masked};

/// Where a Secret has its values.
const FIELDS: [&str; 2] = ["data", "stringData"];

/// Whether an object is a Secret.
fn is_secret(object: &Value) -> bool {
    object["kind"] == "Secret"
}

/// Masks the values of a Secret, and the copy of them that `kubectl apply` left behind; of other objects what is secret
/// by its name. How large values are stays.
pub(super) fn mask(object: &mut Value) {
    if !is_secret(object) {
        return hidden::mask(object);
    }
    for field in FIELDS {
        for (_, value) in object.get_mut(field).and_then(Value::as_object_mut).into_iter().flatten() {
            let text = value.as_str().unwrap_or_default();
            let bytes = if field == "data" { STANDARD.decode(text).map(|b| b.len()) } else { Ok(text.len()) };
            *value = bytes.map_or_else(|_| MASK.to_owned(), masked).into();
        }
    }
    if let Some(copy) = object.pointer_mut("/metadata/annotations").and_then(|a| a.get_mut(LAST_APPLIED)) {
        *copy = masked(copy.as_str().map_or(0, str::len)).into();
    }
}

/// Masks the values of a Secret on both sides of a comparison, of other objects what is secret by its name. Where both have a value and `comparable` says that
/// different ones are different secrets, it is said that it changed.
pub(super) fn mask_both(live: Option<&mut Value>, target: Option<&mut Value>, comparable: bool) {
    if ![&live, &target].into_iter().flatten().any(|v| is_secret(v)) {
        return hidden::mask_both(live, target);
    }
    let (mut live, mut target) = (live.filter(|v| is_secret(v)), target.filter(|v| is_secret(v)));
    for field in FIELDS {
        let before: Vec<(String, Value)> = live.as_deref().map(|v| entries(v, field)).unwrap_or_default();
        if let Some(target) =
            target.as_deref_mut().and_then(|v| v.get_mut(field)).and_then(Value::as_object_mut)
        {
            for (name, value) in target {
                let was = before.iter().find(|(n, _)| n == name).map(|(_, v)| v);
                let changed = comparable && was.is_some_and(|was| was != value);
                *value = if changed { format!("{MASK} changed") } else { MASK.to_owned() }.into();
            }
        }
        if let Some(live) = live.as_deref_mut().and_then(|v| v.get_mut(field)).and_then(Value::as_object_mut)
        {
            live.values_mut().for_each(|value| *value = MASK.into());
        }
    }
}

fn entries(object: &Value, field: &str) -> Vec<(String, Value)> {
    object[field].as_object().into_iter().flatten().map(|(n, v)| (n.clone(), v.clone())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_and_sizes_stay_and_values_go() {
        let mut value = json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {
                "name": "db",
                "annotations": { LAST_APPLIED: "{\"data\":{\"password\":\"aHVudGVyMg==\"}}", "a": "b" },
            },
            "data": { "password": "aHVudGVyMg==", "broken": "%%" }, "stringData": { "user": "odoo" },
        });
        mask(&mut value);
        let text = value.to_string();
        for part in ["aHVudGVyMg", "hunter2", "odoo", "%%"] {
            assert!(!text.contains(part), "{part} in {text}");
        }
        assert_eq!(value["data"]["password"], "••••••• (7 bytes)");
        assert_eq!(value["stringData"]["user"], "••••••• (4 bytes)");
        assert_eq!(value["metadata"]["annotations"]["a"], "b");
        let mut map = json!({"kind": "ConfigMap", "data": {"a": "b"}});
        mask(&mut map);
        assert_eq!(map["data"]["a"], "b", "only Secrets, and what is secret by its name");
    }

    #[test]
    fn what_changed_is_told_without_its_value() {
        let secret =
            |password: &str| json!({"kind": "Secret", "data": {"password": password, "user": "eA=="}});
        let (mut live, mut target) = (secret("b2xk"), secret("bmV3"));
        mask_both(Some(&mut live), Some(&mut target), true);
        assert_eq!((&live["data"]["password"], &live["data"]["user"]), (&json!(MASK), &json!(MASK)));
        assert_eq!(target["data"]["password"], format!("{MASK} changed"));
        assert_eq!(target["data"]["user"], MASK);
        let mut alone = secret("b2xk");
        mask_both(None, Some(&mut alone), true);
        assert_eq!(alone["data"]["password"], MASK);
    }
}
