//! What belongs together, and what the timeline tells.

use std::time::Duration;

use vigie::{
    model::{
        Alert, AlertState, AppHealth, ClusterEvent, Key, Kind, Pod, PodState, Record, RotatedCredential,
        Severity, SyncStatus, SystemKind,
    },
    store::{Delta, Store},
    triage::{Focus, Scope, changes},
};

use crate::frame::world::{ago, app, now, pod, send, silent, source};

const KUBE: SystemKind = SystemKind::Kubernetes;

/// Two applications with a pod each, on different nodes.
fn shop() -> Store {
    let mut store = silent();
    let (kube, argo) = (source(0, KUBE), source(0, SystemKind::ArgoCd));
    for (name, node) in [("cart", "node-1"), ("search", "node-2")] {
        let record = app(0, name, AppHealth::Healthy, SyncStatus::Synced, "1.0.0", 60);
        send(&mut store, argo, vec![Delta::Upsert(Record::Application(Box::new(record)))]);
        let pod = running(name, node);
        send(&mut store, kube, vec![Delta::Upsert(Record::Pod(pod))]);
    }
    store
}

fn running(namespace: &str, node: &str) -> Pod {
    let name = format!("{namespace}-0");
    Pod { node: node.into(), ..pod(0, namespace, &name, PodState::Ready, "Running", (1, 1), 0, 600) }
}

fn event(about_kind: &str, about: &str) -> ClusterEvent {
    ClusterEvent {
        key: Key::new(source(0, KUBE), Kind::Event, "default", about),
        about_kind: about_kind.into(),
        about: about.into(),
        about_uid: 0,
        reason: "NodeNotReady".into(),
        message: "Node is not ready".into(),
        warning: true,
        count: 1,
        first: ago(60),
        last: ago(60),
    }
}

fn alert(labels: &[(&str, &str)]) -> Alert {
    Alert {
        key: Key::new(source(0, SystemKind::Alertmanager), Kind::Alert, "", "f"),
        name: "TargetDown".into(),
        severity: Severity::Warning,
        labels: labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        annotations: Vec::new(),
        since: ago(60),
        updated: ago(60),
        state: AlertState::Active,
        silenced_by: Vec::new(),
        inhibited_by: Vec::new(),
        generator: "".into(),
    }
}

/// Which of the two applications belong to a scope, and which of their pods.
fn members(store: &Store, scope: &Scope) -> (Vec<String>, Vec<String>) {
    let apps = store.applications.iter().filter(|a| scope.application(a)).map(|a| a.key.name.to_string());
    let pods = store.pods.iter().filter(|p| scope.pod(p)).map(|p| p.key.name.to_string());
    (apps.collect(), pods.collect())
}

#[test]
fn a_node_brings_what_runs_on_it() {
    let store = shop();
    let node = Key::new(source(0, KUBE), Kind::Node, "", "node-1");
    let scope = Scope::of(&store, &Focus::Entity(node));
    assert_eq!(members(&store, &scope), (vec!["cart".to_owned()], vec!["cart-0".to_owned()]));
    assert!(scope.event(&event("Node", "node-1")) && !scope.event(&event("Node", "node-2")));
    assert!(scope.is_of_node());
    let syncs = changes(&store, ago(3600), now());
    assert_eq!(syncs.len(), 2, "{syncs:?}");
    assert!(!syncs.iter().any(|c| scope.change(c)), "a sync is no change of the node");
}

#[test]
fn an_alert_about_a_pod_is_not_about_the_node_it_is_on() {
    let mut store = shop();
    let pod = running("search", "node-1");
    send(&mut store, source(0, KUBE), vec![Delta::Upsert(Record::Pod(pod))]);
    for (labels, expected) in [
        (&[("namespace", "cart"), ("pod", "cart-0"), ("node", "node-1")][..], &["cart-0"][..]),
        (&[("node", "node-1")], &["cart-0", "search-0"]),
    ] {
        let alert = alert(labels);
        let key = alert.key.clone();
        send(&mut store, key.source, vec![Delta::Upsert(Record::Alert(Box::new(alert)))]);
        let scope = Scope::of(&store, &Focus::Entity(key));
        let mut pods = members(&store, &scope).1;
        pods.sort();
        assert_eq!(pods, expected, "{labels:?}");
    }
}

#[test]
fn an_alert_is_about_what_its_labels_name_most_closely() {
    for (labels, about) in [
        (&[("namespace", "cart"), ("pod", "cart-0"), ("node", "node-1")][..], Some("cart-0")),
        (&[("app", "cart-api"), ("namespace", "cart")], Some("cart-api")),
        (&[("job", "kube-state-metrics"), ("instance", "10.0.0.1:8080"), ("node", "node-1")], Some("node-1")),
        (&[("namespace", "cart"), ("pod", "")], Some("cart")),
        (&[("severity", "none")], None),
    ] {
        assert_eq!(alert(labels).about().map(|v| &**v), about, "{labels:?}");
    }
}

#[test]
fn a_rotation_that_was_missed_is_a_change() {
    let role = |name: &str, next| RotatedCredential {
        key: Key::new(source(0, SystemKind::Vault), Kind::StaticRole, "database/", name),
        username: name.into(),
        period: None,
        schedule: Some("0 20 20 * *".into()),
        rotated: Some(ago(31 * 86_400)),
        next: Some(next),
    };
    let mut store = silent();
    let vault = source(0, SystemKind::Vault);
    for role in [role("cart", ago(7 * 3600)), role("search", now().plus(Duration::from_secs(60)))] {
        send(&mut store, vault, vec![Delta::Upsert(Record::StaticRole(Box::new(role)))]);
    }
    let told = changes(&store, ago(86_400), now());
    let told: Vec<_> = told.iter().map(|c| (&*c.title, c.at, c.severity)).collect();
    let title = "database/cart was due and not rotated";
    assert_eq!(told, [(title, ago(7 * 3600), Severity::Warning)]);
}

#[test]
fn what_should_long_be_ready_or_gone_wants_a_look() {
    let of = |state, since| {
        let pod = pod(0, "cart", "cart-0", state, "Running", (0, 1), 0, 86_400);
        Pod { unsettled: Some(ago(since)), ..pod }.severity(now())
    };
    assert_eq!(of(PodState::Starting, 300), Severity::Active);
    assert_eq!(of(PodState::Starting, 301), Severity::Warning);
    assert_eq!(of(PodState::Terminating, 60), Severity::Active);
    assert_eq!(of(PodState::Terminating, 61), Severity::Warning);
    assert_eq!(of(PodState::Failed, 1), Severity::Critical);
    let ready = Pod { unsettled: None, ..running("cart", "node-1") };
    assert_eq!(ready.severity(now()), Severity::Ok);
}
