//! An object as YAML, fit to be looked at: no secret values. One of these is read when it is asked for by name.

use base64::{Engine, prelude::BASE64_STANDARD as STANDARD};
use serde_json::Value;

use super::{
    Core,
    access::{Ask, escape},
    failure::Failure,
    object,
};
use crate::{
    connector::{hidden, secret},
    model::{Document, Fault, FaultKind, Key, ObjectName, Sensitive, Syntax},
};

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
pub(super) fn path(key: &Key) -> Option<String> {
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
    secret::mask(&mut value);
    let text = serde_saphyr::to_string(&value).map_err(|e| {
        core.access.words().fault(
            FaultKind::Garbled,
            &format!("show {key}"),
            format!("cannot be written as YAML: {e}"),
        )
    })?;
    Ok(Document { syntax: Syntax::Yaml, text })
}

/// A value that is hidden: of an entry of a Secret, decoded, or of what is secret by its name.
pub(super) async fn entry(core: &Core, key: &Key, entry: &str) -> Result<Sensitive, Fault> {
    let what = format!("read {entry} of {key}");
    let fault = |kind, why: &str| core.access.words().fault(kind, &what, why);
    let mut value = fetch(core, key).await?;
    if value["kind"] != "Secret" {
        let found = hidden::of(&mut value).into_iter().find(|hidden| hidden.entry == entry);
        let text = found.and_then(|hidden| hidden.value.as_str().map(Sensitive::new));
        return text.ok_or_else(|| fault(FaultKind::NotFound, "nothing is hidden there any more"));
    }
    let Some(encoded) = value["data"][entry].as_str() else {
        return Err(fault(FaultKind::NotFound, "it has no such entry any more"));
    };
    let decoded = STANDARD.decode(encoded).map_err(|_| fault(FaultKind::Garbled, "it is no base64"))?;
    Ok(Sensitive::from_bytes(decoded))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Kind, Source};

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
}
