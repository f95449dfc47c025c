//! From objects as they travel to the records of the model; equal strings and lists are kept once.

use std::{
    collections::HashSet,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    status,
    wire::{self, Meta, Pair},
};
use crate::model::{
    ApiResource, Cell, ClusterEvent, Interner, Key, Kind, Namespace, Node, Object, Pod, Record, Resources,
    Severity, Source, Str, Time, Workload,
};

/// Makes records of one system.
pub(super) struct Rows {
    source: Source,
    names: Interner,
    lists: Shared<Str>,
    maps: Shared<(Str, Str)>,
}

/// Lists of which equal ones are kept once.
struct Shared<T>(Mutex<(HashSet<Arc<[T]>>, usize)>);

impl<T: Eq + Hash + Clone> Shared<T> {
    fn get(&self, list: &[T]) -> Arc<[T]> {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, limit) = &mut *guard;
        if let Some(found) = known.get(list) {
            return Arc::clone(found);
        }
        if known.len() >= (*limit).max(1024) {
            known.retain(|l| Arc::strong_count(l) > 1);
            *limit = known.len() * 2;
        }
        let shared: Arc<[T]> = list.into();
        known.insert(Arc::clone(&shared));
        shared
    }
}

impl Rows {
    /// Makes records of `source`.
    pub(super) fn new(source: Source) -> Self {
        Self {
            source,
            names: Interner::default(),
            lists: Shared(Mutex::default()),
            maps: Shared(Mutex::default()),
        }
    }

    /// The key of an object.
    pub(super) fn key(&self, kind: Kind, meta: &Meta) -> Key {
        self.key_of(kind, &meta.namespace, &meta.name)
    }

    /// The key of a name.
    pub(super) fn key_of(&self, kind: Kind, namespace: &str, name: &str) -> Key {
        Key { source: self.source, kind, namespace: self.names.get(namespace), name: name.into() }
    }

    /// The key of an object of any kind.
    pub(super) fn object_key(&self, resource: &ApiResource, namespace: &str, name: &str) -> Key {
        resource.key(self.source, self.names.get(namespace), name)
    }

    /// An object of any kind with what its server shows of it.
    pub(super) fn object(
        &self,
        resource: &ApiResource,
        meta: &Meta,
        cells: Vec<Cell>,
        severity: Severity,
    ) -> Record {
        let share = |cell| match cell {
            Cell::Text(text) => Cell::Text(self.names.get(&text)),
            other => other,
        };
        Record::Object(Box::new(Object {
            key: self.object_key(resource, &meta.namespace, &meta.name),
            uid: wire::uid(&meta.uid),
            cells: cells.into_iter().map(share).collect(),
            labels: self.map(&meta.labels),
            severity,
            created: meta.creation_timestamp.map(Time::from),
        }))
    }

    /// A pod.
    pub(super) fn pod(&self, pod: &wire::Pod) -> Record {
        let doing = status::of(pod);
        let meta = &pod.metadata;
        let owner = meta.owner_references.iter().find(|o| o.controller).and_then(|o| {
            let kind = o.kind.parse().ok().filter(|k: &Kind| k.is_workload())?;
            Some((kind, self.names.get(&o.name)))
        });
        let names: Vec<Str> = pod.spec.containers.iter().map(|c| self.names.get(&c.name)).collect();
        let images: Vec<Str> = pod.spec.containers.iter().map(|c| self.names.get(&c.image)).collect();
        Record::Pod(Pod {
            key: self.key(Kind::Pod, meta),
            uid: wire::uid(&meta.uid),
            node: self.names.get(&pod.spec.node_name),
            owner,
            labels: self.map(&meta.labels),
            containers: self.lists.get(&names),
            images: self.lists.get(&images),
            secrets: self.secrets(&pod.spec),
            reason: self.names.get(&doing.reason),
            state: doing.state,
            ready: doing.ready,
            total: doing.total,
            restarts: doing.restarts,
            last_restart: doing.last_restart,
            unsettled: doing.unsettled,
            created: created(meta),
            cpu: None,
            memory: None,
            resources: resources(&pod.spec),
        })
    }

    /// The names of the secrets that a pod reads, sorted, each once.
    fn secrets(&self, spec: &wire::PodSpec) -> Arc<[Str]> {
        let containers = spec.containers.iter().chain(&spec.init_containers);
        let env = containers.flat_map(|c| {
            let values = c.env.iter().filter_map(|e| e.value_from.as_ref()?.secret_key_ref.as_ref());
            values.chain(c.env_from.iter().filter_map(|e| e.secret_ref.as_ref())).map(|r| &r.reference.name)
        });
        let volumes = spec.volumes.iter().flat_map(|v| {
            let plain = v.source.secret.iter().map(|s| &s.secret_name);
            let projected = v.source.projected.iter().flat_map(|p| &p.sources);
            plain.chain(projected.filter_map(|s| s.secret.as_ref()).map(|r| &r.reference.name))
        });
        let pull = spec.image_pull_secrets.iter().map(|s| &s.name);
        let mut all: Vec<&str> =
            env.chain(volumes).chain(pull).map(String::as_str).filter(|n| !n.is_empty()).collect();
        all.sort_unstable();
        all.dedup();
        let all: Vec<Str> = all.into_iter().map(|n| self.names.get(n)).collect();
        self.lists.get(&all)
    }

    fn map(&self, pairs: &[Pair]) -> Arc<[(Str, Str)]> {
        let mut all: Vec<(Str, Str)> =
            pairs.iter().map(|p| (self.names.get(&p.key), self.names.get(&p.value))).collect();
        all.sort_unstable();
        self.maps.get(&all)
    }

    /// A workload; the caller says what it counts and what it is doing.
    fn workload(&self, kind: Kind, meta: &Meta, parts: &Parts<'_>, doing: (&str, Severity)) -> Record {
        let images: Vec<Str> =
            parts.template.spec.containers.iter().map(|c| self.names.get(&c.image)).collect();
        let [desired, ready, updated, available] = parts.counts;
        let owner = meta.owner_references.iter().find(|o| o.controller);
        Record::Workload(Box::new(Workload {
            key: self.key(kind, meta),
            uid: wire::uid(&meta.uid),
            owner: owner.map(|o| (self.names.get(&o.kind), self.names.get(&o.name))),
            labels: self.map(&meta.labels),
            selector: self.map(parts.selector),
            images: self.lists.get(&images),
            desired: count(desired),
            ready: count(ready),
            updated: count(updated),
            available: count(available),
            reason: self.names.get(doing.0),
            severity: doing.1,
            revision: annotation(meta, "deployment.kubernetes.io/revision").and_then(|v| v.parse().ok()),
            created: created(meta),
            application: application(meta).map(|a| self.names.get(a)),
        }))
    }

    /// A Deployment.
    pub(super) fn deployment(&self, d: &wire::Deployment) -> Record {
        let desired = d.spec.replicas.unwrap_or(1);
        let s = &d.status;
        let condition = |kind: &str| s.conditions.iter().find(|c| c.r#type == kind);
        let stuck = condition("Progressing").filter(|c| c.status == "False").map(|c| &*c.reason);
        let refused = condition("ReplicaFailure").filter(|c| c.status == "True").map(|c| &*c.reason);
        let unavailable = condition("Available").is_some_and(|c| c.status == "False");
        let doing = if let Some(reason) = refused {
            (reason, Severity::Critical)
        } else if let Some(reason) = stuck {
            (reason, Severity::Critical)
        } else if d.spec.paused {
            ("Paused", Severity::Quiet)
        } else if desired == 0 {
            ("ScaledToZero", Severity::Quiet)
        } else if s.updated_replicas < desired {
            ("Progressing", Severity::Active)
        } else if unavailable {
            ("Unavailable", Severity::Critical)
        } else if s.available_replicas < desired {
            ("Progressing", Severity::Active)
        } else {
            ("Available", Severity::Ok)
        };
        let counts = [desired, s.ready_replicas, s.updated_replicas, s.available_replicas];
        let parts = Parts { selector: &d.spec.selector.match_labels, template: &d.spec.template, counts };
        self.workload(Kind::Deployment, &d.metadata, &parts, doing)
    }

    /// A `StatefulSet`.
    pub(super) fn stateful_set(&self, d: &wire::StatefulSet) -> Record {
        let desired = d.spec.replicas.unwrap_or(1);
        let s = &d.status;
        // Once a rollout is over the current revision is the update revision, and `updatedReplicas` may be left out.
        let settled = s.current_revision == s.update_revision;
        let updated =
            if settled { s.updated_replicas.max(s.ready_replicas.min(desired)) } else { s.updated_replicas };
        let doing = rolling(desired, s.ready_replicas, updated);
        let parts = Parts {
            selector: &d.spec.selector.match_labels,
            template: &d.spec.template,
            counts: [desired, s.ready_replicas, updated, s.available_replicas],
        };
        self.workload(Kind::StatefulSet, &d.metadata, &parts, doing)
    }

    /// A `DaemonSet`.
    pub(super) fn daemon_set(&self, d: &wire::DaemonSet) -> Record {
        let s = &d.status;
        let counts =
            [s.desired_number_scheduled, s.number_ready, s.updated_number_scheduled, s.number_available];
        let doing = rolling(counts[0], counts[1], counts[2]);
        let parts = Parts { selector: &d.spec.selector.match_labels, template: &d.spec.template, counts };
        self.workload(Kind::DaemonSet, &d.metadata, &parts, doing)
    }

    /// A `ReplicaSet`; `None` for an old one that has no pods: history, which is read when it is asked for.
    pub(super) fn replica_set(&self, d: &wire::ReplicaSet) -> Option<Record> {
        let desired = d.spec.replicas.unwrap_or(1);
        let s = &d.status;
        if desired == 0 && s.replicas == 0 {
            return None;
        }
        let counts = [desired, s.ready_replicas, s.replicas, s.available_replicas];
        let doing = rolling(desired, s.ready_replicas, s.replicas);
        let parts = Parts { selector: &d.spec.selector.match_labels, template: &d.spec.template, counts };
        Some(self.workload(Kind::ReplicaSet, &d.metadata, &parts, doing))
    }

    /// A Job.
    pub(super) fn job(&self, d: &wire::Job) -> Record {
        let s = &d.status;
        let condition = |kind: &str| s.conditions.iter().find(|c| c.r#type == kind && c.status == "True");
        let doing = if let Some(failed) = condition("Failed") {
            (if failed.reason.is_empty() { "Failed" } else { &*failed.reason }, Severity::Critical)
        } else if condition("Complete").is_some() {
            ("Complete", Severity::Quiet)
        } else if d.spec.suspend {
            ("Suspended", Severity::Quiet)
        } else if s.failed > 0 {
            ("Retrying", Severity::Warning)
        } else {
            ("Running", Severity::Active)
        };
        let desired = d.spec.completions.or(d.spec.parallelism).unwrap_or(1);
        let parts = Parts {
            selector: d.spec.selector.as_ref().map_or(&[][..], |s| &s.match_labels),
            template: &d.spec.template,
            counts: [desired, s.succeeded, s.active + s.succeeded, s.succeeded],
        };
        self.workload(Kind::Job, &d.metadata, &parts, doing)
    }

    /// A Namespace.
    pub(super) fn namespace(&self, d: &wire::Namespace) -> Record {
        Record::Namespace(Namespace {
            key: self.key(Kind::Namespace, &d.metadata),
            phase: self.names.get(&d.status.phase),
            created: created(&d.metadata),
        })
    }

    /// A Node, with kubectl's STATUS and ROLES (kubernetes `pkg/printers/internalversion`, `printNode`).
    pub(super) fn node(&self, d: &wire::Node) -> Record {
        let condition = |kind: &str| d.status.conditions.iter().find(|c| c.r#type == kind);
        let ready = condition("Ready");
        let mut reason = String::from(match ready.map(|c| &*c.status) {
            Some("True") => "Ready",
            Some(_) => "NotReady",
            None => "Unknown",
        });
        if d.spec.unschedulable {
            reason.push_str(",SchedulingDisabled");
        }
        let pressure =
            d.status.conditions.iter().any(|c| c.r#type.ends_with("Pressure") && c.status == "True");
        let severity = match ready.map(|c| &*c.status) {
            Some("True") if d.spec.unschedulable || pressure => Severity::Warning,
            Some("True") => Severity::Ok,
            _ => Severity::Critical,
        };
        let mut roles: Vec<&str> =
            d.metadata.labels.iter().filter_map(role).filter(|r| !r.is_empty()).collect();
        roles.sort_unstable();
        roles.dedup();
        let amount =
            |name: &str| d.status.allocatable.iter().find(|a| a.key == name).map(|a| &*a.value.string);
        Record::Node(Box::new(Node {
            key: self.key(Kind::Node, &d.metadata),
            reason: self.names.get(&reason),
            severity,
            roles: self.names.get(&roles.join(",")),
            version: self.names.get(&d.status.node_info.kubelet_version),
            cpu_capacity: amount("cpu").and_then(wire::millis).and_then(|m| m.try_into().ok()).unwrap_or(0),
            memory_capacity: amount("memory").and_then(wire::units).unwrap_or(0),
            cpu: None,
            memory: None,
            created: created(&d.metadata),
            changed: ready.and_then(|c| c.last_transition_time).map(Time::from),
        }))
    }

    /// An Event.
    pub(super) fn event(&self, d: &wire::Event) -> ClusterEvent {
        let series = d.series.as_ref();
        let fallback = d.event_time.map_or_else(|| created(&d.metadata), Time::from);
        let first = d.first_timestamp.map_or(fallback, Time::from);
        let last = series.and_then(|s| s.last_observed_time).or(d.last_timestamp).map_or(first, Time::from);
        ClusterEvent {
            key: self.key(Kind::Event, &d.metadata),
            about_kind: self.names.get(&d.involved_object.kind),
            about: self.names.get(&d.involved_object.name),
            about_uid: wire::uid(&d.involved_object.uid),
            warning: d.r#type == "Warning",
            reason: self.names.get(&d.reason),
            message: d.message.as_str().into(),
            count: count(series.map_or(d.count, |s| s.count)).max(1),
            first,
            last,
        }
    }
}

/// What the containers that run with a pod ask for together, and may take: no limit where one of them has none.
fn resources(spec: &wire::PodSpec) -> Resources {
    // Sidecars run as long as the pod does (kubernetes docs, concepts/workloads/pods/sidecar-containers).
    let sidecars = spec.init_containers.iter().filter(|c| c.restart_policy == "Always");
    let all: Vec<&wire::Requirements> =
        spec.containers.iter().chain(sidecars).map(|c| &c.resources).collect();
    let amount = |of: &[wire::Amount], name: &str, read: fn(&str) -> Option<u64>| {
        of.iter().find(|a| a.key == name).and_then(|a| read(&a.value.string)).unwrap_or(0)
    };
    let asked = |name, read| all.iter().map(|r| amount(&r.requests, name, read)).sum::<u64>();
    let most = |name, read| {
        let each = || all.iter().map(|r| amount(&r.limits, name, read));
        if each().any(|limit| limit == 0) { 0 } else { each().sum::<u64>() }
    };
    let small = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    Resources {
        cpu_request: small(asked("cpu", wire::millis)),
        cpu_limit: small(most("cpu", wire::millis)),
        memory_request: asked("memory", wire::units),
        memory_limit: most("memory", wire::units),
    }
}

/// What the workload kinds have in different places.
struct Parts<'a> {
    selector: &'a [Pair],
    template: &'a wire::Template,
    /// Desired, ready, updated, available.
    counts: [i32; 4],
}

fn rolling(desired: i32, ready: i32, updated: i32) -> (&'static str, Severity) {
    if desired == 0 {
        ("ScaledToZero", Severity::Quiet)
    } else if updated < desired {
        ("Progressing", Severity::Active)
    } else if ready == 0 {
        ("Unavailable", Severity::Critical)
    } else if ready < desired {
        ("Degraded", Severity::Warning)
    } else {
        ("Available", Severity::Ok)
    }
}

fn role(label: &Pair) -> Option<&str> {
    match label.key.strip_prefix("node-role.kubernetes.io/") {
        Some(role) => Some(role),
        None if label.key == "kubernetes.io/role" => Some(&label.value),
        None => None,
    }
}

fn count(n: i32) -> u32 {
    u32::try_from(n).unwrap_or(0)
}

fn created(meta: &Meta) -> Time {
    meta.creation_timestamp.map(Time::from).unwrap_or_default()
}

fn annotation<'a>(meta: &'a Meta, key: &str) -> Option<&'a str> {
    meta.annotations.iter().find(|a| a.key == key).map(|a| &*a.value)
}

/// The Argo CD application that tracks an object: `app:group/kind:namespace/name`, else the instance label
/// (argo-cd docs, user-guide/resource_tracking).
fn application(meta: &Meta) -> Option<&str> {
    if let Some(tracking) = annotation(meta, "argocd.argoproj.io/tracking-id") {
        return tracking.split(':').next().filter(|a| !a.is_empty());
    }
    meta.labels
        .iter()
        .find(|l| l.key == "app.kubernetes.io/instance")
        .map(|l| &*l.value)
        .filter(|a| !a.is_empty())
}

#[cfg(test)]
mod tests;
