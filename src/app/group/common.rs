//! What pods, workloads and alerts have in common beyond what one of their own fields says.

use std::borrow::Cow;

use super::GroupBy;
use crate::{
    model::{Alert, Key, Kind, Pod, Workload},
    store::Store,
};

/// What a pod, a workload or an alert has in common with others; none for other things.
pub fn in_common<'a>(store: &'a Store, key: &Key, by: &GroupBy) -> Option<Cow<'a, str>> {
    let env = |key: &Key| store.system(key.source).map_or("", |s| &*s.env);
    match key.kind {
        Kind::Pod => store.pods.get(key).map(|p| pod(store, p, by).into()),
        Kind::Alert => store.alerts.get(key).map(|a| {
            let is_at = |p: &&Pod, namespace: &str, name: &str| {
                *p.key.namespace == *namespace && *p.key.name == *name && env(&p.key) == env(key)
            };
            alert(a, by, |namespace, name| {
                store.pods.iter().find(|p| is_at(p, namespace, name)).map(|p| &*p.node)
            })
        }),
        kind if kind.is_workload() => store.workloads.get(key).map(|w| workload(w, by).into()),
        _ => None,
    }
}

/// What a pod has in common with others.
pub(super) fn pod<'a>(store: &'a Store, pod: &'a Pod, by: &GroupBy) -> &'a str {
    match by {
        GroupBy::Namespace => &pod.key.namespace,
        GroupBy::Node => &pod.node,
        GroupBy::Status => &pod.reason,
        GroupBy::Owner => owner(store, pod).map_or("", |(name, _)| name),
        _ => owner(store, pod).and_then(|(_, w)| w?.application.as_deref()).unwrap_or_default(),
    }
}

/// What owns a pod, and its workload: the Deployment rather than its `ReplicaSet`.
fn owner<'a>(store: &'a Store, pod: &'a Pod) -> Option<(&'a str, Option<&'a Workload>)> {
    let (kind, name) = pod.owner.as_ref()?;
    let key = Key { kind: *kind, name: name.clone(), ..pod.key.clone() };
    let Some(owner) = store.workloads.get(&key) else { return Some((name, None)) };
    let above = owner.owner.as_ref().and_then(|(kind, name)| {
        let kind: Kind = kind.parse().ok()?;
        store.workloads.get(&Key { kind, name: name.clone(), ..pod.key.clone() })
    });
    Some(above.map_or((&**name, Some(owner)), |above| (&*above.key.name, Some(above))))
}

/// What a workload has in common with others.
pub(super) fn workload<'a>(workload: &'a Workload, by: &GroupBy) -> &'a str {
    match by {
        GroupBy::Namespace => &workload.key.namespace,
        GroupBy::Status => &workload.reason,
        _ => workload.application.as_deref().unwrap_or_default(),
    }
}

/// What an alert has in common with others; `at_pod` tells the node of a pod by its namespace and name.
pub(super) fn alert<'a>(
    alert: &'a Alert,
    by: &GroupBy,
    at_pod: impl FnOnce(&str, &str) -> Option<&'a str>,
) -> Cow<'a, str> {
    let label = |names: &[&str]| -> Option<&'a str> {
        names.iter().find_map(|n| alert.label(n).map(|v| &**v).filter(|v| !v.is_empty()))
    };
    let namespace = label(&["namespace", "exported_namespace"]).unwrap_or_default();
    match by {
        GroupBy::Alert => (&*alert.name).into(),
        GroupBy::Namespace => namespace.into(),
        GroupBy::Status => format!("{:?}", alert.state).to_lowercase().into(),
        GroupBy::Node => label(&["node", "kubernetes_node"])
            .or_else(|| at_pod(namespace, label(&["pod"])?))
            .or_else(|| label(&["instance"]))
            .unwrap_or_default()
            .into(),
        _ => {
            let names = ["application", "app", "deployment", "statefulset", "daemonset", "service"];
            label(&names).unwrap_or(namespace).into()
        }
    }
}
