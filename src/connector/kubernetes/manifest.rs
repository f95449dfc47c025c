//! An object as YAML, fit to be looked at: no managed fields, no copy of itself, no secret values.

use serde_json::Value;

use super::{
    Core,
    access::{Ask, escape},
    failure::Failure,
    object,
};
use crate::model::{Document, Fault, FaultKind, Key, ObjectName, Syntax};

/// What stands for a secret value.
const MASK: &str = "[hidden by vigie]";
/// What `kubectl apply` leaves behind: the object once more, secret values included.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Reads an object whole.
pub(super) async fn fetch(core: &Core, key: &Key) -> Result<Value, Fault> {
    let what = format!("read {key}");
    let Some(path) = path(key) else {
        let why = format!("a cluster has no {}", key.kind);
        return Err(core.access.words().fault(FaultKind::Unsupported, &what, why));
    };
    let result: Result<Value, Failure> = core.access.ask_json(Ask::get(&path, &what)).await;
    Ok(result?)
}

/// Where an object is; `None` for what no cluster has.
fn path(key: &Key) -> Option<String> {
    let Some(object) = ObjectName::of(key) else {
        return object::resource(key.kind).map(|resource| resource.object(&key.namespace, &key.name));
    };
    let ObjectName { plural, version, group, name } = object;
    if version.is_empty() {
        return None;
    }
    let api = if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
    let namespace =
        if key.namespace.is_empty() { String::new() } else { format!("/namespaces/{}", key.namespace) };
    Some(format!("{api}{namespace}/{plural}/{}", escape(name)))
}

/// The object as YAML.
pub(super) async fn read(core: &Core, key: &Key) -> Result<Document, Fault> {
    let mut value = fetch(core, key).await?;
    tidy(&mut value);
    let text = serde_saphyr::to_string(&value).map_err(|e| {
        core.access.words().fault(
            FaultKind::Garbled,
            &format!("show {key}"),
            format!("cannot be written as YAML: {e}"),
        )
    })?;
    Ok(Document { syntax: Syntax::Yaml, text })
}

/// Drops what is noise and masks what is secret.
pub(super) fn tidy(value: &mut Value) {
    if let Some(meta) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        meta.remove("managedFields");
        if let Some(annotations) = meta.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove(LAST_APPLIED);
            if annotations.is_empty() {
                meta.remove("annotations");
            }
        }
    }
    if value.get("kind").and_then(Value::as_str) == Some("Secret") {
        for field in ["data", "stringData"] {
            for (_, secret) in value.get_mut(field).and_then(Value::as_object_mut).into_iter().flatten() {
                *secret = MASK.into();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Kind, Source};
    use serde_json::json;

    #[test]
    fn objects_of_any_kind_have_a_path() {
        let key = |namespace: &str, name: &str| Key::new(Source(0), Kind::Object, namespace, name);
        let of = |namespace: &str, name: &str| path(&key(namespace, name));
        assert_eq!(
            of("shop", "ingresses.v1.networking.k8s.io/web").as_deref(),
            Some("/apis/networking.k8s.io/v1/namespaces/shop/ingresses/web")
        );
        assert_eq!(
            of("", "clusterroles.v1.rbac.authorization.k8s.io/system:node").as_deref(),
            Some("/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode")
        );
        assert_eq!(
            of("shop", "configmaps.v1/web").as_deref(),
            Some("/api/v1/namespaces/shop/configmaps/web")
        );
        assert_eq!(of("", "api-resources./configmaps"), None, "a kind is no object");
    }

    #[test]
    fn noise_goes_and_secrets_are_masked() {
        let mut value = json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {
                "name": "db", "managedFields": [{}],
                "annotations": { LAST_APPLIED: "{\"data\":{\"password\":\"aHVudGVyMg==\"}}" },
            },
            "data": { "password": "aHVudGVyMg==" },
        });
        tidy(&mut value);
        let text = serde_saphyr::to_string(&value).expect("YAML");
        assert!(!text.contains("aHVudGVyMg") && !text.contains("managedFields"), "{text}");
        assert!(text.contains("password:"), "the names stay: {text}");
    }
}
