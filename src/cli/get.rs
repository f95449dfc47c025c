//! `vigie get KIND`: what every environment has of a kind, as a table, JSON or YAML.

use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use crate::{
    model::{Key, Kind, Source, Time},
    store::{Row, Status, Store, Table as Rows},
    triage::{self, timeline},
};

use super::{
    answer::Exit,
    context::Common,
    output::{Table, print, say},
};

/// Arguments of `get`.
#[derive(Args, Clone, Debug)]
pub struct Get {
    /// environments, applications, pods, deployments, statefulsets, daemonsets, replicasets, jobs, nodes,
    /// namespaces, events, vaults, mounts, leases, staticroles, secrets, certificates, tokens, alerts, silences, changes
    pub kind: String,
    /// Only those with this name
    pub name: Option<String>,
    /// Only those in this namespace (mount for what Vault keeps)
    #[arg(short, long)]
    pub namespace: Option<String>,
}

/// Reads the systems once and prints what they have.
pub async fn run(common: &Common, get: &Get) -> Exit {
    let environments = matches!(get.kind.as_str(), "environments" | "environment" | "envs" | "env");
    let kind = match get.kind.strip_prefix("app").filter(|r| matches!(*r, "" | "s")) {
        Some(_) => Ok(Kind::Application),
        None => get.kind.parse::<Kind>(),
    };
    if let (Err(unknown), false) = (&kind, environments) {
        say(format!("{unknown}, environments"));
        return Exit::Usage;
    }
    let (_, supervisor, mut store) = match common.connect() {
        Ok(connected) => connected,
        Err(exit) => return exit,
    };
    supervisor.collect(&mut store, common.patience()).await;
    let now = supervisor.clock().now();
    if environments {
        return super::status::environments(common, &store, now);
    }
    let kind = kind.expect("checked above");
    let (table, values) = rows(&store, kind, now, get);
    print(common.output, &table, &Value::Array(values));
    let wanted = get.name.is_some() && table.rows.is_empty();
    let exit = complain(&store, kind);
    if wanted && exit == Exit::Done {
        say(format!("no {kind} named `{}`", get.name.as_deref().unwrap_or_default()));
        return Exit::Failed;
    }
    exit
}

/// Says which systems did not tell, and how that ends the command.
fn complain(store: &Store, kind: Kind) -> Exit {
    let mut exit = Exit::Done;
    for system in &store.systems {
        match store.freshness(system.source, kind).map(crate::store::Freshness::state) {
            Some(Status::Down { fault, .. } | Status::Refused(fault)) => {
                say(fault);
                exit = exit.max(Exit::of(fault));
            }
            Some(Status::Degraded(why)) => say(format!("{system}: {why}")),
            _ => {}
        }
    }
    exit
}

/// A duration in its two largest units: `3d4h`, `12m`, `41s`.
pub fn age(duration: Duration) -> String {
    let s = duration.as_secs();
    match s {
        0..120 => format!("{s}s"),
        120..7_200 => format!("{}m", s / 60),
        7_200..172_800 => format!("{}h{}m", s / 3600, s % 3600 / 60),
        _ => format!("{}d{}h", s / 86_400, s % 86_400 / 3600),
    }
}

/// Collects rows of one type: cells after the environment, and the JSON value.
struct Collector<'a> {
    store: &'a Store,
    get: &'a Get,
    table: Table,
    values: Vec<Value>,
}

impl Collector<'_> {
    fn env(&self, source: Source) -> String {
        self.store.system(source).map(|s| s.env.to_string()).unwrap_or_default()
    }

    fn add<T: Row>(
        &mut self,
        rows: &Rows<T>,
        wanted: impl Fn(&T) -> bool,
        show: impl Fn(&T) -> (Vec<String>, Value),
    ) {
        let mut found: Vec<&T> = rows.iter().filter(|r| wanted(r) && self.asked(r.key())).collect();
        found.sort_by_key(|r| r.key().clone());
        for row in found {
            let (cells, mut value) = show(row);
            let env = self.env(row.key().source);
            value["environment"] = json!(env);
            self.table.rows.push(std::iter::once(env).chain(cells).collect());
            self.values.push(value);
        }
    }

    fn asked(&self, key: &Key) -> bool {
        self.get.name.as_deref().is_none_or(|n| *key.name == *n)
            && self.get.namespace.as_deref().is_none_or(|n| *key.namespace == *n)
    }
}

fn text(value: impl ToString) -> String {
    value.to_string()
}

fn moment(time: Option<Time>) -> Value {
    time.map_or(Value::Null, |t| json!(t.rfc3339()))
}

fn rows(store: &Store, kind: Kind, now: Time, get: &Get) -> (Table, Vec<Value>) {
    let mut c = Collector { store, get, table: Table::default(), values: Vec::new() };
    let head = |c: &mut Collector<'_>, names: &[&'static str]| c.table = Table::new(names);
    let since = |t: Time| age(now.since(t));
    let until = |t: Option<Time>| t.map_or_else(|| "never".to_owned(), |t| age(t.since(now)));
    match kind {
        Kind::Application => {
            head(&mut c, &["ENV", "NAME", "PROJECT", "SYNC", "HEALTH", "REVISION", "AUTO-SYNC", "DEPLOYED"]);
            c.add(&store.applications, |_| true, |a| {
                let auto = match (&a.hold, &a.auto_sync) {
                    (Some(hold), _) => format!("held by {} {}", hold.by, since(hold.since)),
                    (None, Some(auto)) if auto.enabled => "on".into(),
                    _ => "off".into(),
                };
                let deployed = a.deployed.as_ref().map(|d| d.deployed);
                let cells = vec![
                    text(&a.key.name), text(&a.project), format!("{:?}", a.sync), format!("{:?}", a.health),
                    timeline::short(&a.revision).to_owned(), auto.clone(), deployed.map(since).unwrap_or_default(),
                ];
                let value = json!({
                    "name": &*a.key.name, "namespace": &*a.key.namespace, "project": &*a.project, "sync": a.sync,
                    "health": a.health, "revision": &*a.revision, "targetRevision": &*a.target_revision,
                    "autoSync": auto, "deployed": moment(deployed), "images": a.images,
                    "conditions": a.conditions.iter().map(|c| json!({ "type": &*c.kind, "message": &*c.message })).collect::<Vec<_>>(),
                });
                (cells, value)
            });
        }
        Kind::Pod => {
            head(&mut c, &["ENV", "NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE", "NODE"]);
            c.add(&store.pods, |_| true, |p| {
                let cells = vec![
                    text(&p.key.namespace), text(&p.key.name), format!("{}/{}", p.ready, p.total), text(&p.reason),
                    text(p.restarts), since(p.created), text(&p.node),
                ];
                let value = json!({
                    "namespace": &*p.key.namespace, "name": &*p.key.name, "ready": p.ready, "containers": p.total,
                    "status": &*p.reason, "restarts": p.restarts, "created": p.created.rfc3339(), "node": &*p.node,
                    "images": p.images, "cpuMillicores": p.cpu, "memoryBytes": p.memory,
                });
                (cells, value)
            });
        }
        kind if kind.is_workload() => {
            head(&mut c, &["ENV", "NAMESPACE", "NAME", "READY", "UPDATED", "STATUS", "AGE", "IMAGES"]);
            c.add(&store.workloads, |w| w.key.kind == kind, |w| {
                let cells = vec![
                    text(&w.key.namespace), text(&w.key.name), format!("{}/{}", w.ready, w.desired), text(w.updated),
                    text(&w.reason), since(w.created), w.images.join(","),
                ];
                let value = json!({
                    "namespace": &*w.key.namespace, "name": &*w.key.name, "desired": w.desired, "ready": w.ready,
                    "updated": w.updated, "available": w.available, "status": &*w.reason, "images": w.images,
                    "created": w.created.rfc3339(), "application": w.application,
                });
                (cells, value)
            });
        }
        Kind::Node => {
            head(&mut c, &["ENV", "NAME", "STATUS", "ROLES", "VERSION", "CPU", "MEMORY", "AGE"]);
            c.add(&store.nodes, |_| true, |n| {
                let share = |used: Option<u64>, of: u64| used.filter(|_| of > 0).map_or_else(|| "-".into(), |u| format!("{}%", u * 100 / of));
                let cells = vec![
                    text(&n.key.name), text(&n.reason), text(&n.roles), text(&n.version),
                    share(n.cpu.map(u64::from), u64::from(n.cpu_capacity)), share(n.memory, n.memory_capacity), since(n.created),
                ];
                let value = json!({
                    "name": &*n.key.name, "status": &*n.reason, "roles": &*n.roles, "version": &*n.version,
                    "cpuMillicores": n.cpu, "cpuCapacityMillicores": n.cpu_capacity, "memoryBytes": n.memory,
                    "memoryCapacityBytes": n.memory_capacity, "created": n.created.rfc3339(),
                });
                (cells, value)
            });
        }
        Kind::Namespace => {
            head(&mut c, &["ENV", "NAME", "STATUS", "AGE"]);
            c.add(
                &store.namespaces,
                |_| true,
                |n| {
                    let value =
                        json!({ "name": &*n.key.name, "status": &*n.phase, "created": n.created.rfc3339() });
                    (vec![text(&n.key.name), text(&n.phase), since(n.created)], value)
                },
            );
        }
        Kind::Event => {
            head(&mut c, &["ENV", "NAMESPACE", "LAST", "TYPE", "REASON", "OBJECT", "COUNT", "MESSAGE"]);
            c.add(&store.events, |_| true, |e| {
                let kind = if e.warning { "Warning" } else { "Normal" };
                let object = format!("{}/{}", e.about_kind.to_lowercase(), e.about);
                let cells = vec![
                    text(&e.key.namespace), since(e.last), kind.into(), text(&e.reason), object.clone(), text(e.count), text(&e.message),
                ];
                let value = json!({
                    "namespace": &*e.key.namespace, "type": kind, "reason": &*e.reason, "object": object,
                    "count": e.count, "first": e.first.rfc3339(), "last": e.last.rfc3339(), "message": &*e.message,
                });
                (cells, value)
            });
        }
        Kind::Lease => {
            head(&mut c, &["ENV", "EXPIRES", "RENEWABLE", "ISSUED", "LEASE"]);
            c.add(
                &store.leases,
                |_| true,
                |l| {
                    let cells = vec![until(l.expires), text(l.renewable), since(l.issued), text(&l.key.name)];
                    let value = json!({
                        "lease": &*l.key.name, "mount": &*l.key.namespace, "issued": l.issued.rfc3339(),
                        "expires": moment(l.expires), "renewable": l.renewable,
                    });
                    (cells, value)
                },
            );
        }
        Kind::StaticRole => {
            head(&mut c, &["ENV", "MOUNT", "ROLE", "USERNAME", "ROTATED", "NEXT"]);
            c.add(&store.static_roles, |_| true, |r| {
                let rotated = r.rotated.map_or_else(|| "never".to_owned(), since);
                let cells = vec![text(&r.key.namespace), text(&r.key.name), text(&r.username), rotated, until(r.next)];
                let value = json!({
                    "mount": &*r.key.namespace, "role": &*r.key.name, "username": &*r.username,
                    "rotated": moment(r.rotated), "next": moment(r.next), "periodSeconds": r.period.map(|p| p.as_secs()),
                });
                (cells, value)
            });
        }
        Kind::Secret => {
            head(&mut c, &["ENV", "MOUNT", "PATH", "VERSION", "UPDATED", "DELETED"]);
            c.add(
                &store.secrets,
                |_| true,
                |s| {
                    let cells = vec![
                        text(&s.key.namespace),
                        text(&s.key.name),
                        text(s.current),
                        since(s.updated),
                        text(s.deleted),
                    ];
                    let value = json!({
                        "mount": &*s.key.namespace, "path": &*s.key.name, "version": s.current,
                        "updated": s.updated.rfc3339(), "deleted": s.deleted,
                    });
                    (cells, value)
                },
            );
        }
        Kind::Certificate => {
            head(&mut c, &["ENV", "MOUNT", "COMMON NAME", "EXPIRES", "REVOKED", "SERIAL"]);
            c.add(&store.certificates, |_| true, |x| {
                let revoked = x.revoked.map_or_else(|| "-".to_owned(), since);
                let cells = vec![text(&x.key.namespace), text(&x.common_name), until(Some(x.not_after)), revoked, text(&x.key.name)];
                let value = json!({
                    "mount": &*x.key.namespace, "commonName": &*x.common_name, "serial": &*x.key.name,
                    "notBefore": x.not_before.rfc3339(), "notAfter": x.not_after.rfc3339(), "revoked": moment(x.revoked),
                });
                (cells, value)
            });
        }
        Kind::Vault => {
            head(&mut c, &["ENV", "NAME", "SEALED", "STANDBY", "VERSION", "CLUSTER"]);
            c.add(&store.vaults, |_| true, |v| {
                let cells = vec![text(&v.key.name), text(v.sealed), text(v.standby), text(&v.version), text(&v.cluster)];
                let value = json!({
                    "name": &*v.key.name, "initialized": v.initialized, "sealed": v.sealed, "standby": v.standby,
                    "version": &*v.version, "cluster": &*v.cluster, "nodes": v.nodes,
                });
                (cells, value)
            });
        }
        Kind::Mount => {
            head(&mut c, &["ENV", "PATH", "TYPE", "VERSION", "DESCRIPTION"]);
            c.add(&store.mounts, |_| true, |m| {
                let version = m.version.map_or_else(|| "-".into(), text);
                let cells = vec![text(&m.key.name), text(&m.engine), version, text(&m.description)];
                let value = json!({ "path": &*m.key.name, "type": &*m.engine, "version": m.version, "description": &*m.description });
                (cells, value)
            });
        }
        Kind::Token => {
            head(&mut c, &["ENV", "NAME", "EXPIRES", "POLICIES"]);
            c.add(&store.tokens, |_| true, |t| {
                let cells = vec![text(&t.key.name), until(t.expires), t.policies.join(",")];
                let value = json!({ "name": &*t.key.name, "expires": moment(t.expires), "policies": t.policies, "renewable": t.renewable });
                (cells, value)
            });
        }
        Kind::Alert => {
            head(&mut c, &["ENV", "SEVERITY", "NAME", "STATE", "SINCE", "LABELS"]);
            c.add(&store.alerts, |_| true, |a| {
                let state = format!("{:?}", a.state).to_lowercase();
                let labels = a.labels.iter().filter(|(k, _)| &**k != "alertname").map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>();
                let cells = vec![format!("{:?}", a.severity).to_lowercase(), text(&a.name), state.clone(), since(a.since), labels.join(" ")];
                let pairs = |of: &[(crate::model::Str, crate::model::Str)]| of.iter().map(|(k, v)| (k.to_string(), json!(&**v))).collect::<serde_json::Map<_, _>>();
                let value = json!({
                    "name": &*a.name, "severity": a.severity, "state": state, "since": a.since.rfc3339(),
                    "labels": pairs(&a.labels), "annotations": pairs(&a.annotations), "silencedBy": a.silenced_by, "inhibitedBy": a.inhibited_by,
                });
                (cells, value)
            });
        }
        Kind::Silence => {
            head(&mut c, &["ENV", "STATE", "ENDS", "BY", "MATCHERS", "COMMENT"]);
            c.add(&store.silences, |_| true, |s| {
                let matchers: Vec<_> = s.matchers.iter().map(ToString::to_string).collect();
                let state = format!("{:?}", s.state).to_lowercase();
                let cells = vec![state.clone(), until(Some(s.ends)), text(&s.created_by), matchers.join(" "), text(&s.comment)];
                let value = json!({
                    "id": &*s.key.name, "state": state, "starts": s.starts.rfc3339(), "ends": s.ends.rfc3339(),
                    "createdBy": &*s.created_by, "comment": &*s.comment, "matchers": s.matchers,
                });
                (cells, value)
            });
        }
        Kind::Change => {
            head(&mut c, &["ENV", "AT", "KIND", "BY", "WHAT"]);
            for change in triage::changes(store, now.minus(Duration::from_secs(86_400)), now) {
                let env = c.env(change.key.source);
                let by = change.by.as_deref().unwrap_or("-").to_owned();
                c.table.rows.push(vec![
                    env.clone(),
                    change.at.rfc3339(),
                    change.kind.name().into(),
                    by,
                    text(&change.title),
                ]);
                c.values.push(json!({
                    "environment": env, "at": change.at.rfc3339(), "kind": change.kind.name(), "by": change.by, "what": &*change.title,
                }));
            }
        }
        _ => unreachable!("workload kinds are matched above"),
    }
    (c.table, c.values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_one_or_two_units() {
        let shown = [5, 119, 120, 7_199, 7_260, 90_000, 200_000].map(|s| age(Duration::from_secs(s)));
        assert_eq!(shown, ["5s", "119s", "2m", "119m", "2h1m", "25h0m", "2d7h"]);
    }
}
