//! Live against what git wants, or against what another revision would deploy.

use serde_json::{Map, Value};

use super::wire::{Managed, ManagedItem};
use crate::{
    connector::secret,
    model::{ResourceDiff, ResourceRef, Str},
};

/// Live against the tracked revision: Argo CD's own comparison, with its normalisation and ignored differences.
pub(super) fn desired(managed: Managed) -> Vec<ResourceDiff> {
    managed.items.into_iter().filter(|i| !i.hook).map(desired_one).collect()
}

fn desired_one(item: ManagedItem) -> ResourceDiff {
    let has_target = object(&item.target_state).is_some();
    let mut live = object(&item.normalized_live_state).or_else(|| object(&item.live_state)).map(tidy);
    let mut target = if has_target {
        object(&item.predicted_live_state).or_else(|| object(&item.target_state)).map(tidy)
    } else {
        None
    };
    let changed = live != target;
    // Argo CD masks equal values alike and different ones differently.
    secret::mask_both(live.as_mut(), target.as_mut(), true);
    ResourceDiff {
        changed,
        live: live.map(|v| yaml(&v)),
        target: target.map(|v| yaml(&v)),
        resource: name(item),
    }
}

/// Live against the manifests of a revision: only fields that a manifest sets are compared, because the rest are the
/// cluster's own defaults; resources missing on either side are shown whole.
pub(super) fn revision(managed: Managed, manifests: &[String]) -> Vec<ResourceDiff> {
    let mut live: Vec<(ResourceRef, Value)> = Vec::new();
    for item in managed.items.into_iter().filter(|i| !i.hook) {
        if let Some(state) = object(&item.live_state) {
            live.push((name(item), tidy(state)));
        }
    }
    let targets = manifests.iter().filter_map(|m| object(m)).filter(|m| !is_hook(m)).map(tidy);
    let mut out = Vec::new();
    for target in targets {
        let wanted = reference(&target);
        let found = live.iter().position(|(r, _)| same(r, &wanted));
        out.push(match found.map(|at| live.swap_remove(at)) {
            Some((resource, state)) => {
                let (mut state, mut target) =
                    (without_empty(project(&state, &target)), without_empty(target));
                let changed =
                    if &*wanted.kind == "Secret" { keys_differ(&state, &target) } else { state != target };
                secret::mask_both(Some(&mut state), Some(&mut target), false);
                ResourceDiff { resource, live: Some(yaml(&state)), target: Some(yaml(&target)), changed }
            }
            None => {
                let mut target = target;
                secret::mask_both(None, Some(&mut target), false);
                ResourceDiff { resource: wanted, live: None, target: Some(yaml(&target)), changed: true }
            }
        });
    }
    out.extend(live.into_iter().map(|(resource, mut state)| {
        secret::mask_both(Some(&mut state), None, false);
        ResourceDiff { resource, live: Some(yaml(&state)), target: None, changed: true }
    }));
    out.sort_by(|a, b| {
        let key = |d: &ResourceDiff| (!d.changed, d.resource.clone());
        key(a).cmp(&key(b))
    });
    out
}

fn name(item: ManagedItem) -> ResourceRef {
    ResourceRef { group: item.group, kind: item.kind, namespace: item.namespace, name: item.name }
}

/// What a manifest is of.
fn reference(manifest: &Value) -> ResourceRef {
    let text = |v: &Value| v.as_str().map(Str::from).unwrap_or_default();
    let version = manifest["apiVersion"].as_str().unwrap_or_default();
    ResourceRef {
        group: version.split_once('/').map_or("", |(group, _)| group).into(),
        kind: text(&manifest["kind"]),
        namespace: text(&manifest["metadata"]["namespace"]),
        name: text(&manifest["metadata"]["name"]),
    }
}

/// A manifest without a namespace goes to the application's own, or is of no namespace.
fn same(live: &ResourceRef, target: &ResourceRef) -> bool {
    live.group == target.group
        && live.kind == target.kind
        && live.name == target.name
        && (target.namespace.is_empty() || live.namespace == target.namespace)
}

fn is_hook(manifest: &Value) -> bool {
    let annotations = &manifest["metadata"]["annotations"];
    annotations.get("argocd.argoproj.io/hook").is_some() || annotations.get("helm.sh/hook").is_some()
}

/// The JSON object in a string; `null` and nothing are none.
fn object(text: &str) -> Option<Value> {
    serde_json::from_str::<Value>(text).ok().filter(Value::is_object)
}

/// Drops what the cluster keeps for itself.
pub(super) fn tidy(mut object: Value) -> Value {
    if let Some(map) = object.as_object_mut() {
        map.remove("status");
        if let Some(meta) = map.get_mut("metadata").and_then(Value::as_object_mut) {
            for own in
                ["managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink"]
            {
                meta.remove(own);
            }
            if let Some(annotations) = meta.get_mut("annotations").and_then(Value::as_object_mut) {
                annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
                annotations.remove("deployment.kubernetes.io/revision");
                if annotations.is_empty() {
                    meta.remove("annotations");
                }
            }
        }
    }
    object
}

/// The part of `live` that `target` sets: maps by key, lists by the `name` of their elements or else by place.
fn project(live: &Value, target: &Value) -> Value {
    match (live, target) {
        (Value::Object(live), Value::Object(target)) => {
            let kept = target.iter().filter_map(|(k, t)| live.get(k).map(|l| (k.clone(), project(l, t))));
            Value::Object(kept.collect::<Map<_, _>>())
        }
        (Value::Array(live), Value::Array(target)) => {
            let by_name = |t: &Value| t.get("name").and_then(Value::as_str).map(ToOwned::to_owned);
            if target.iter().all(|t| by_name(t).is_some()) && !target.is_empty() {
                let mut rest: Vec<&Value> = live.iter().collect();
                let mut kept = Vec::new();
                for t in target {
                    if let Some(at) = rest.iter().position(|l| by_name(l) == by_name(t)) {
                        kept.push(project(rest.remove(at), t));
                    }
                }
                kept.extend(rest.into_iter().cloned());
                return Value::Array(kept);
            }
            let kept = live
                .iter()
                .enumerate()
                .map(|(at, l)| target.get(at).map_or_else(|| l.clone(), |t| project(l, t)));
            Value::Array(kept.collect())
        }
        (live, _) => live.clone(),
    }
}

/// Without nulls, empty maps and lists, which the API server drops.
fn without_empty(value: Value) -> Value {
    let is_empty = |v: &Value| match v {
        Value::Null => true,
        Value::Object(m) => m.is_empty(),
        Value::Array(a) => a.is_empty(),
        _ => false,
    };
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().map(|(k, v)| (k, without_empty(v))).filter(|(_, v)| !is_empty(v));
            Value::Object(kept.collect())
        }
        Value::Array(all) => Value::Array(all.into_iter().map(without_empty).collect()),
        other => other,
    }
}

/// A Secret's values are masked on both sides, by masks that need not be alike: only keys can be compared.
fn keys_differ(live: &Value, target: &Value) -> bool {
    let keys = |v: &Value| {
        let of = |name: &str| {
            v[name].as_object().map(|m| m.keys().cloned().collect::<Vec<_>>()).unwrap_or_default()
        };
        let mut all = [of("data"), of("stringData")].concat();
        all.sort();
        all
    };
    keys(live) != keys(target) || live["metadata"] != target["metadata"]
}

/// A value as YAML.
pub(super) fn yaml(value: &Value) -> String {
    serde_saphyr::to_string(value).unwrap_or_else(|_| value.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn managed(live: &Value) -> Managed {
        let item = ManagedItem {
            group: "apps".into(),
            kind: "Deployment".into(),
            namespace: "prod".into(),
            name: "cart".into(),
            live_state: live.to_string(),
            ..ManagedItem::default()
        };
        Managed { items: vec![item] }
    }

    fn deployment(image: &str) -> Value {
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "cart", "namespace": "prod"},
            "spec": {"replicas": 3, "template": {"spec": {"containers": [{"name": "main", "image": image}]}}}})
    }

    #[test]
    fn defaults_of_the_cluster_do_not_count() {
        let mut live = deployment("registry.lab/cart:1.0.0");
        live["spec"]["progressDeadlineSeconds"] = json!(600);
        live["spec"]["template"]["spec"]["containers"][0]["terminationMessagePath"] =
            json!("/dev/termination-log");
        live["metadata"]["managedFields"] = json!([{}]);
        live["status"] = json!({"replicas": 3});
        let mut target = deployment("registry.lab/cart:1.0.0");
        target["metadata"]["creationTimestamp"] = Value::Null;
        target["spec"]["strategy"] = json!({});
        let same = revision(managed(&live), &[target.to_string()]);
        assert!(!same[0].changed, "{same:?}");
        let other = revision(managed(&live), &[deployment("registry.lab/cart:1.2.0").to_string()]);
        assert!(other[0].changed);
        assert!(
            other[0].live.as_ref().is_some_and(|y| y.contains("cart:1.0.0") && !y.contains("termination"))
        );
    }

    #[test]
    fn what_is_on_one_side_only_is_shown_whole() {
        let service =
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "cart", "namespace": "prod"}});
        let found = revision(managed(&deployment("x")), &[service.to_string()]);
        let sides: Vec<_> =
            found.iter().map(|d| (&*d.resource.kind, d.live.is_some(), d.target.is_some())).collect();
        assert_eq!(sides, [("Service", false, true), ("Deployment", true, false)]);
    }

    #[test]
    fn masked_secrets_differ_by_key_only() {
        let secret = |mask: &str| {
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "prod"},
                "data": {"password": mask}})
        };
        let item = ManagedItem {
            kind: "Secret".into(),
            namespace: "prod".into(),
            name: "s".into(),
            live_state: secret("++++++++").to_string(),
            ..ManagedItem::default()
        };
        let found = revision(Managed { items: vec![item] }, &[secret("+++++++++++").to_string()]);
        assert!(!found[0].changed, "{found:?}");
    }
}
