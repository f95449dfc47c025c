//! What altered the environments, newest first, drawn from all that the systems tell.

use std::collections::HashMap;

use crate::{
    model::{Change, ChangeKind, Key, Kind, OperationPhase, Severity, Str, Time, Workload},
    store::Store,
};

/// Reasons of Kubernetes events that mark a change for the worse.
const TELLING: [&str; 9] = [
    "BackOff",
    "Failed",
    "OOMKilling",
    "Evicted",
    "NodeNotReady",
    "FailedScheduling",
    "FailedMount",
    "Unhealthy",
    "FailedCreate",
];

/// Every change since `from` as it is known at `now`, newest first.
pub fn changes(store: &Store, from: Time, now: Time) -> Vec<Change> {
    let mut all: Vec<Change> = store.changes.iter().cloned().collect();
    deployments(store, &mut all);
    rollouts(store, &mut all);
    rotations(store, now, &mut all);
    alerts(store, &mut all);
    nodes_and_events(store, &mut all);
    all.retain(|c| c.at >= from);
    all.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.key.cmp(&b.key)));
    all.dedup_by(|a, b| a.key == b.key);
    all
}

fn change(at: Time, kind: ChangeKind, subject: &Key, id: &str, title: String, severity: Severity) -> Change {
    let name = format!("{}:{}:{id}", kind.name(), subject.name);
    Change {
        key: Key::new(subject.source, Kind::Change, subject.namespace.clone(), name),
        at,
        kind,
        subject: Some(subject.clone()),
        title: title.into(),
        by: None,
        severity,
    }
}

/// The first seven characters of a commit, or all of a version.
pub fn short(revision: &str) -> &str {
    let hex = revision.len() >= 40 && revision.bytes().all(|b| b.is_ascii_hexdigit());
    if hex { &revision[..7] } else { revision }
}

/// The tag of an image, or the start of its digest.
pub fn tag(image: &str) -> &str {
    let last = image.rsplit('/').next().unwrap_or(image);
    match last.split_once('@') {
        Some((name, digest)) => {
            name.split_once(':').map_or_else(|| digest.get(..15).unwrap_or(digest), |(_, t)| t)
        }
        None => last.split_once(':').map_or("latest", |(_, t)| t),
    }
}

fn deployments(store: &Store, all: &mut Vec<Change>) {
    for app in store.applications.iter() {
        let name = &app.key.name;
        if let Some(entry) = &app.deployed {
            let title = format!("{name} → {}", short(&entry.revision));
            let mut c = change(
                entry.deployed,
                ChangeKind::Sync,
                &app.key,
                &entry.id.to_string(),
                title,
                Severity::Ok,
            );
            c.by.clone_from(&entry.by);
            all.push(c);
        }
        if let Some(op) = &app.operation
            && matches!(op.phase, OperationPhase::Failed | OperationPhase::Error)
        {
            let title = format!("{name} sync failed: {}", op.message);
            let at = op.finished.unwrap_or(op.started);
            let mut c = change(at, ChangeKind::Sync, &app.key, "failed", title, Severity::Critical);
            c.by = Some(op.by.clone()).filter(|by| !by.is_empty());
            all.push(c);
        }
        if let Some(hold) = &app.hold {
            let title = format!("{name} auto-sync held: {}", hold.reason);
            let mut c = change(hold.since, ChangeKind::Action, &app.key, "hold", title, Severity::Warning);
            c.by = Some(hold.by.clone());
            all.push(c);
        }
    }
}

/// A new `ReplicaSet` is a rollout; the one before it tells what the images were.
fn rollouts(store: &Store, all: &mut Vec<Change>) {
    let mut by_owner: HashMap<(u16, &Str, &Str), Vec<&Workload>> = HashMap::new();
    for w in store.workloads.iter().filter(|w| w.key.kind == Kind::ReplicaSet) {
        if let Some((_, owner)) = &w.owner {
            by_owner.entry((w.key.source.0, &w.key.namespace, owner)).or_default().push(w);
        }
    }
    for ((_, _, owner), mut sets) in by_owner {
        sets.sort_by_key(|w| w.revision);
        let [.., before, newest] = &sets[..] else { continue };
        let moved: Vec<_> = before.images.iter().zip(newest.images.iter()).filter(|(a, b)| a != b).collect();
        let title = match moved.first() {
            Some((a, b)) => format!("{owner} image {} → {}", tag(a), tag(b)),
            None => format!("{owner} new pod template"),
        };
        let subject = Key { kind: Kind::Deployment, name: owner.clone(), ..newest.key.clone() };
        let id = newest.revision.unwrap_or_default().to_string();
        all.push(change(newest.created, ChangeKind::Rollout, &subject, &id, title, Severity::Quiet));
    }
}

fn rotations(store: &Store, now: Time, all: &mut Vec<Change>) {
    for role in store.static_roles.iter() {
        if let Some(due) = role.next.filter(|_| role.severity(now).is_problem()) {
            let title = format!("{}{} was due and not rotated", role.key.namespace, role.key.name);
            all.push(change(due, ChangeKind::Rotation, &role.key, "due", title, role.severity(now)));
        }
        if let Some(at) = role.rotated {
            let title = format!("{}{} rotated", role.key.namespace, role.key.name);
            all.push(change(at, ChangeKind::Rotation, &role.key, "", title, Severity::Quiet));
        }
    }
    for secret in store.secrets.iter() {
        let title = format!("{}{} version {}", secret.key.namespace, secret.key.name, secret.current);
        let id = secret.current.to_string();
        all.push(change(secret.updated, ChangeKind::Rotation, &secret.key, &id, title, Severity::Quiet));
    }
}

fn alerts(store: &Store, all: &mut Vec<Change>) {
    for alert in store.alerts.iter() {
        let title = alert.about().map_or_else(|| alert.name.to_string(), |a| format!("{} {a}", alert.name));
        all.push(change(alert.since, ChangeKind::Alert, &alert.key, "", title, alert.severity));
    }
    for silence in store.silences.iter() {
        let matchers = silence.matchers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let mut c = change(silence.starts, ChangeKind::Silence, &silence.key, "", matchers, Severity::Quiet);
        c.by = Some(silence.created_by.clone());
        all.push(c);
    }
}

fn nodes_and_events(store: &Store, all: &mut Vec<Change>) {
    for node in store.nodes.iter().filter(|n| n.severity.is_problem()) {
        if let Some(at) = node.changed {
            let title = format!("{} {}", node.key.name, node.reason);
            all.push(change(at, ChangeKind::Node, &node.key, "", title, node.severity));
        }
    }
    for event in store.events.iter().filter(|e| e.warning && TELLING.contains(&&*e.reason)) {
        let kind = event.about_kind.parse().unwrap_or(Kind::Pod);
        let subject = Key::new(event.key.source, kind, event.key.namespace.clone(), event.about.clone());
        let sort = if kind == Kind::Node { ChangeKind::Node } else { ChangeKind::Pod };
        let title = format!("{} {}: {}", event.about, event.reason, event.message);
        all.push(change(event.first, sort, &subject, &event.reason, title, Severity::Warning));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_images() {
        assert_eq!(tag("registry.example.org:5000/shop/cart:1.2.0"), "1.2.0");
        assert_eq!(tag("registry.example.org:5000/shop/cart"), "latest");
        assert_eq!(tag("cart:1.2.0@sha256:0123456789abcdef"), "1.2.0");
        assert_eq!(tag("cart@sha256:0123456789abcdef"), "sha256:01234567");
    }

    #[test]
    fn short_revisions() {
        assert_eq!(short("9f31c2e0a1b2c3d4e5f60718293a4b5c6d7e8f90"), "9f31c2e");
        assert_eq!(short("v2.14.0"), "v2.14.0");
    }
}
