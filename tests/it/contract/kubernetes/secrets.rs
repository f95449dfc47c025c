//! Secrets: masked wherever they are read whole, one value at a time when asked for.

use std::path::Path;

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{
    Api,
    api::{DeleteParams, PostParams},
};
use serde_json::json;
use vigie::{
    connector::Connector,
    model::{Answer, FaultKind, Key, Kind, Query},
};

use super::{SOURCE, Target, World, admin};

const VALUE: &str = "hunter2 and more";

/// A Secret that is created is shown without its values, and tells one when asked.
pub(super) async fn are_masked(world: &World, target: &Target) {
    let secrets: Api<Secret> = Api::namespaced(admin(target).await, &target.namespace);
    let name = format!("vigie-contract-{:08x}", fastrand::u32(..));
    let secret = serde_json::from_value(json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name },
        // "hunter2 and more", and two bytes that are no text.
        "data": { "password": "aHVudGVyMiBhbmQgbW9yZQ==", "key": "//4=" },
    }));
    secrets.create(&PostParams::default(), &secret.expect("a Secret")).await.expect("created");
    let key = Key::new(SOURCE, Kind::Object, target.namespace.as_str(), format!("secrets.v1/{name}"));
    let Answer::Document(yaml) = world.client.read(Query::Manifest(key.clone())).await.expect("YAML") else {
        panic!("a document")
    };
    assert!(
        yaml.text.contains("••••••• (16 bytes)") && yaml.text.contains("••••••• (2 bytes)"),
        "{}",
        yaml.text
    );
    assert!(!yaml.text.contains("aHVu") && !yaml.text.contains("hunter"), "{}", yaml.text);
    let entry = |entry: &str| Query::SecretEntry { key: key.clone(), entry: entry.into() };
    let Answer::Secret(value) = world.client.read(entry("password")).await.expect("a value") else {
        panic!("a secret")
    };
    assert_eq!(value.text(), Some(VALUE));
    assert!(!format!("{value:?}").contains("hunter"), "it does not print");
    let Answer::Secret(binary) = world.client.read(entry("key")).await.expect("a value") else {
        panic!("a secret")
    };
    assert_eq!((binary.text(), binary.len()), (None, 2));
    let gone = world.client.read(entry("no-such-entry")).await.expect_err("it has none");
    assert_eq!(gone.kind, FaultKind::NotFound, "{gone}");
    secrets.delete(&name, &DeleteParams::default()).await.expect("deleted");
}

/// A `ConfigMap`'s entry whose name says that it is secret is masked as well, and told when asked.
pub(super) async fn by_name_are_masked(world: &World, target: &Target) {
    let maps: Api<ConfigMap> = Api::namespaced(admin(target).await, &target.namespace);
    let name = format!("vigie-contract-{:08x}", fastrand::u32(..));
    let map = serde_json::from_value(json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name },
        "data": { "api-key": VALUE, "colour": "red" },
    }));
    maps.create(&PostParams::default(), &map.expect("a ConfigMap")).await.expect("created");
    let key = Key::new(SOURCE, Kind::Object, target.namespace.as_str(), format!("configmaps.v1/{name}"));
    let Answer::Document(yaml) = world.client.read(Query::Manifest(key.clone())).await.expect("YAML") else {
        panic!("a document")
    };
    assert!(yaml.text.contains("••••••• (16 bytes)") && yaml.text.contains("colour: red"), "{}", yaml.text);
    assert!(!yaml.text.contains("hunter"), "{}", yaml.text);
    let entry = |entry: &str| Query::SecretEntry { key: key.clone(), entry: entry.into() };
    let Answer::Secret(value) = world.client.read(entry("api-key")).await.expect("a value") else {
        panic!("a secret")
    };
    assert_eq!(value.text(), Some(VALUE));
    let open = world.client.read(entry("colour")).await.expect_err("it is not hidden");
    assert_eq!(open.kind, FaultKind::NotFound, "{open}");
    maps.delete(&name, &DeleteParams::default()).await.expect("deleted");
}

/// Whoever may not read Secrets is told so.
pub(super) async fn are_refused(viewer: &Path, target: &Target) {
    let world = World::of(viewer, None);
    let key = Key::new(SOURCE, Kind::Object, target.namespace.as_str(), "secrets.v1/any");
    let query = Query::SecretEntry { key, entry: "password".into() };
    let fault = world.client.read(query).await.expect_err("it may not");
    assert_eq!(fault.kind, FaultKind::Refused, "{fault}");
}
