//! What the store holds as objects for programs: names in camel case, moments by RFC 3339, nothing about now.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::what::What;
use crate::{
    app::{Listed, note},
    cli::status,
    model::{
        Alert, Application, Certificate, ClusterEvent, Key, Kind, Lease, Mount, Namespace, Node, Pod,
        RotatedCredential, SecretVersion, Share, Silence, Str, Time, TokenState, VaultState, Workload,
    },
    store::{Row, Status, Store, Table},
    triage,
};

/// One object of a list.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What tells it from all others, for as long as it is there.
    pub id: String,
    /// The object; its environment comes first.
    pub value: Value,
    /// Where the store has it.
    pub key: Option<Key>,
}

impl Entry {
    /// An object in an environment.
    pub fn new(id: String, environment: &str, mut fields: Value) -> Self {
        let mut value = Map::new();
        value.insert("environment".to_owned(), json!(environment));
        if let Some(fields) = fields.as_object_mut() {
            value.append(fields);
        }
        Self { id, value: Value::Object(value), key: None }
    }
}

/// Everything of a list, in the order of environments and keys.
pub fn entries(store: &Store, what: &What, now: Time) -> Vec<Entry> {
    match what.name {
        "environments" => status::environments(store, now),
        "problems" => status::problems(store, now),
        "systems" => systems(store),
        "changes" => changes(store, now),
        "credentials" => credentials(store, now),
        _ => what.kinds.iter().flat_map(|kind| of_kind(store, *kind, now)).collect(),
    }
}

fn of_kind(store: &Store, kind: Kind, now: Time) -> Vec<Entry> {
    match kind {
        Kind::Application => rows(store, &store.applications, |a| application(a, now)),
        Kind::Pod => rows(store, &store.pods, |p| pod(p, now)),
        Kind::Node => rows(store, &store.nodes, node),
        Kind::Namespace => rows(store, &store.namespaces, namespace),
        Kind::Event => rows(store, &store.events, event),
        Kind::Lease => rows(store, &store.leases, |l| lease(l, now)),
        Kind::StaticRole => rows(store, &store.static_roles, |r| static_role(r, now)),
        Kind::Secret => rows(store, &store.secrets, secret),
        Kind::Certificate => rows(store, &store.certificates, |c| certificate(c, now)),
        Kind::Vault => rows(store, &store.vaults, vault),
        Kind::Mount => rows(store, &store.mounts, mount),
        Kind::Token => rows(store, &store.tokens, token),
        Kind::Alert => rows(store, &store.alerts, alert),
        Kind::Silence => rows(store, &store.silences, silence),
        Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicaSet | Kind::Job => {
            let mut all = rows(store, &store.workloads, workload);
            all.retain(|e| e.value["kind"] == kind.name());
            all
        }
        // Changes are drawn up from other rows; other objects are listed only on the screen.
        Kind::Change | Kind::Object => Vec::new(),
    }
}

fn rows<T: Row>(store: &Store, table: &Table<T>, show: impl Fn(&T) -> Value) -> Vec<Entry> {
    let mut rows: Vec<&T> = table.iter().collect();
    rows.sort_by_key(|r| r.key().clone());
    rows.into_iter().map(|row| entry(store, row.key(), show(row))).collect()
}

fn entry(store: &Store, key: &Key, fields: Value) -> Entry {
    let environment = store.system(key.source).map_or("", |s| &*s.env);
    Entry { key: Some(key.clone()), ..Entry::new(format!("{} {key}", key.source.0), environment, fields) }
}

fn moment(time: Option<Time>) -> Value {
    time.map_or(Value::Null, |t| json!(t.rfc3339()))
}

fn pairs(of: &[(Str, Str)]) -> Map<String, Value> {
    of.iter().map(|(k, v)| (k.to_string(), json!(&**v))).collect()
}

fn application(a: &Application, now: Time) -> Value {
    let auto = match (&a.hold, &a.auto_sync) {
        (Some(hold), _) => format!("held by {}", hold.by),
        (None, Some(auto)) if auto.enabled => "on".into(),
        _ => "off".into(),
    };
    let condition = |c: &crate::model::Condition| json!({ "type": &*c.kind, "message": &*c.message });
    json!({
        "name": &*a.key.name, "namespace": &*a.key.namespace, "project": &*a.project, "severity": a.severity(),
        "sync": a.sync, "health": a.health, "revision": &*a.revision, "targetRevision": &*a.target_revision,
        "destination": &*a.destination, "autoSync": auto,
        "deployed": moment(a.deployed.as_ref().map(|d| d.deployed)),
        "deployedBy": a.deployed.as_ref().and_then(|d| d.by.as_deref()),
        "healthSince": moment(a.health_since), "note": note(a, now).0, "images": a.images,
        "labels": pairs(&a.labels),
        "conditions": a.conditions.iter().map(condition).collect::<Vec<_>>(),
    })
}

fn pod(p: &Pod, now: Time) -> Value {
    json!({
        "namespace": &*p.key.namespace, "name": &*p.key.name, "severity": p.severity(now), "ready": p.ready,
        "containers": p.total, "status": &*p.reason, "restarts": p.restarts, "created": p.created.rfc3339(),
        "node": &*p.node, "owner": p.owner.as_ref().map(|(kind, name)| format!("{kind}/{name}")),
        "images": p.images, "labels": pairs(&p.labels), "cpuMillicores": p.cpu, "memoryBytes": p.memory,
        "cpuRequestMillicores": p.whole(Share::CpuOfRequest), "cpuLimitMillicores": p.whole(Share::CpuOfLimit),
        "memoryRequestBytes": p.whole(Share::MemoryOfRequest), "memoryLimitBytes": p.whole(Share::MemoryOfLimit),
        "cpuPercentOfRequest": p.percent(Share::CpuOfRequest), "cpuPercentOfLimit": p.percent(Share::CpuOfLimit),
        "memoryPercentOfRequest": p.percent(Share::MemoryOfRequest),
        "memoryPercentOfLimit": p.percent(Share::MemoryOfLimit),
    })
}

fn workload(w: &Workload) -> Value {
    json!({
        "namespace": &*w.key.namespace, "kind": w.key.kind.name(), "name": &*w.key.name, "desired": w.desired,
        "ready": w.ready, "updated": w.updated, "available": w.available, "status": &*w.reason,
        "images": w.images, "created": w.created.rfc3339(), "application": w.application,
        "labels": pairs(&w.labels),
    })
}

fn node(n: &Node) -> Value {
    json!({
        "name": &*n.key.name, "severity": n.severity, "status": &*n.reason, "roles": &*n.roles,
        "version": &*n.version, "cpuMillicores": n.cpu, "cpuCapacityMillicores": n.cpu_capacity,
        "memoryBytes": n.memory, "memoryCapacityBytes": n.memory_capacity, "created": n.created.rfc3339(),
    })
}

fn namespace(n: &Namespace) -> Value {
    json!({ "name": &*n.key.name, "status": &*n.phase, "created": n.created.rfc3339() })
}

fn event(e: &ClusterEvent) -> Value {
    json!({
        "namespace": &*e.key.namespace, "type": if e.warning { "Warning" } else { "Normal" },
        "reason": &*e.reason, "object": format!("{}/{}", e.about_kind.to_lowercase(), e.about),
        "count": e.count, "first": e.first.rfc3339(), "last": e.last.rfc3339(), "message": &*e.message,
    })
}

fn lease(l: &Lease, now: Time) -> Value {
    json!({
        "lease": &*l.key.name, "mount": &*l.key.namespace, "severity": l.severity(now),
        "issued": l.issued.rfc3339(), "expires": moment(l.expires), "renewable": l.renewable,
    })
}

fn static_role(r: &RotatedCredential, now: Time) -> Value {
    json!({
        "mount": &*r.key.namespace, "role": &*r.key.name, "severity": r.severity(now),
        "username": &*r.username, "rotated": moment(r.rotated), "next": moment(r.next),
        "periodSeconds": r.period.map(|p| p.as_secs()),
    })
}

fn secret(s: &SecretVersion) -> Value {
    json!({
        "mount": &*s.key.namespace, "path": &*s.key.name, "version": s.current,
        "updated": s.updated.rfc3339(), "deleted": s.deleted,
    })
}

fn certificate(c: &Certificate, now: Time) -> Value {
    json!({
        "mount": &*c.key.namespace, "commonName": &*c.common_name, "serial": &*c.key.name,
        "severity": c.severity(now), "notBefore": c.not_before.rfc3339(), "notAfter": c.not_after.rfc3339(),
        "revoked": moment(c.revoked),
    })
}

fn vault(v: &VaultState) -> Value {
    json!({
        "name": &*v.key.name, "initialized": v.initialized, "sealed": v.sealed, "standby": v.standby,
        "version": &*v.version, "cluster": &*v.cluster, "nodes": v.nodes,
    })
}

fn mount(m: &Mount) -> Value {
    json!({
        "path": &*m.key.name, "type": &*m.engine, "version": m.version, "description": &*m.description,
    })
}

fn token(t: &TokenState) -> Value {
    json!({
        "name": &*t.key.name, "expires": moment(t.expires), "policies": t.policies, "renewable": t.renewable,
    })
}

fn alert(a: &Alert) -> Value {
    json!({
        "name": &*a.name, "fingerprint": &*a.key.name, "severity": a.severity, "state": a.state,
        "since": a.since.rfc3339(), "namespace": a.label("namespace"), "about": a.about(),
        "summary": a.annotation("summary"), "labels": pairs(&a.labels), "annotations": pairs(&a.annotations),
        "silencedBy": a.silenced_by, "inhibitedBy": a.inhibited_by,
    })
}

fn silence(s: &Silence) -> Value {
    json!({
        "id": &*s.key.name, "state": s.state, "starts": s.starts.rfc3339(), "ends": s.ends.rfc3339(),
        "createdBy": &*s.created_by, "comment": &*s.comment,
        "matchers": s.matchers.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

/// Leases, static roles, secrets and certificates in one list, as the screen has them.
fn credentials(store: &Store, now: Time) -> Vec<Entry> {
    fn all<T: Listed>(store: &Store, table: &Table<T>, now: Time, name: impl Fn(&T) -> String) -> Vec<Entry> {
        rows(store, table, |row| {
            json!({
                "kind": row.key().kind.name(), "severity": row.severity(now), "mount": &*row.key().namespace,
                "name": name(row), "began": moment(row.born()), "ends": moment(row.ends()),
            })
        })
    }
    let named = |key: &Key| key.name.to_string();
    [
        all(store, &store.leases, now, |r| named(&r.key)),
        all(store, &store.static_roles, now, |r| named(&r.key)),
        all(store, &store.certificates, now, |r| r.common_name.to_string()),
        all(store, &store.secrets, now, |r| named(&r.key)),
    ]
    .concat()
}

fn changes(store: &Store, now: Time) -> Vec<Entry> {
    let all = triage::changes(store, now.minus(Duration::from_secs(86_400)), now);
    all.into_iter()
        .map(|change| {
            let fields = json!({
                "at": change.at.rfc3339(), "kind": change.kind.name(), "severity": change.severity,
                "by": change.by, "what": &*change.title, "id": &*change.key.name,
            });
            entry(store, &change.key, fields)
        })
        .collect()
}

/// Every system, with how what it reports fares: its worst state, and when it was last heard of.
fn systems(store: &Store) -> Vec<Entry> {
    let rank = |status: &Status| match status {
        Status::Live => 0,
        Status::Degraded(_) => 1,
        Status::Refused(_) => 2,
        Status::Loading => 3,
        Status::Down { .. } => 4,
    };
    let one = |system: &crate::model::System| {
        let worst = store.freshness_of(system.source).map(|(_, f)| f).max_by_key(|f| rank(f.state()));
        let (state, why) = match worst.map(crate::store::Freshness::state) {
            Some(Status::Live) => ("live", Value::Null),
            Some(Status::Degraded(why)) => ("degraded", json!(&**why)),
            Some(Status::Refused(fault)) => ("refused", json!(fault.to_string())),
            Some(Status::Down { fault, .. }) => ("down", json!(fault.to_string())),
            Some(Status::Loading) | None => ("loading", Value::Null),
        };
        let fields = json!({
            "system": &*system.name, "kind": system.kind.name(), "state": state,
            "since": moment(worst.and_then(crate::store::Freshness::since)),
            "heard": moment(store.last_heard(system.source)), "why": why,
        });
        Entry::new(format!("{} {}", system.source.0, system.name), &system.env, fields)
    };
    store.systems.iter().map(one).collect()
}
