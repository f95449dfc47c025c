//! From Argo CD's objects to records.

use std::{collections::HashSet, sync::Arc};

use serde_json::Value;

use super::wire::{self, App, AppSource, Health, OperationState, Resource};
use crate::{
    model::{
        AppHealth, Application, AutoSync, Change, ChangeKind, ClusterEvent, Condition, HistoryEntry, Hold,
        Interner, Key, Kind, Operation, OperationPhase, Owner, Record, ResourceRef, ResourceState, Severity,
        Source, Str, SyncStatus, Time, TreeNode,
    },
    store::Delta,
};

/// Annotations in which a hold is recorded on the Application itself, so that every engineer sees it.
pub(super) const HELD_BY: &str = "vigie.dev/held-by";
/// Since when, RFC 3339.
pub(super) const HELD_SINCE: &str = "vigie.dev/held-since";
/// Why.
pub(super) const HELD_REASON: &str = "vigie.dev/held-reason";
/// `spec.syncPolicy.automated` as it was, JSON.
pub(super) const HELD_POLICY: &str = "vigie.dev/held-policy";
/// The object that Argo CD tracks a resource for: `app:group/kind:namespace/name`.
pub(super) const TRACKING_ID: &str = "argocd.argoproj.io/tracking-id";
/// The label that older set-ups track by.
const INSTANCE: &str = "app.kubernetes.io/instance";

/// How much of an application a record keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// What lists need: results of single resources only while something is going on or went wrong.
    Watch,
    /// Everything.
    Whole,
}

/// Makes records of one source.
pub(super) struct Mapper {
    pub source: Source,
    pub shared: Interner,
}

impl Mapper {
    pub(super) fn key(&self, app: &App) -> Key {
        Key::new(
            self.source,
            Kind::Application,
            self.shared.get(&app.metadata.namespace),
            self.shared.get(&app.metadata.name),
        )
    }

    /// The record of an application; `names` are those of all applications, to tell parents by label.
    pub(super) fn application(&self, app: App, depth: Depth, names: &HashSet<Str>) -> Application {
        let key = self.key(&app);
        let owner = owner(&app, names);
        let hold = hold(&app);
        let App { metadata, spec, status, operation: asked } = app;
        let drift = drift(&status.resources);
        let revision = revisions(&status.sync.revision, &status.sync.revisions);
        let deployed = status.history.iter().max_by_key(|h| h.id).map(history_entry);
        let source = main_source(&spec);
        let images: Vec<Str> = status.summary.images.iter().map(|i| self.shared.get(i)).collect();
        let mut operation = status.operation_state.map(|o| self.operation(o));
        if let Some(asked) = asked
            && operation.as_ref().is_none_or(|o| o.finished.is_some())
        {
            operation = Some(pending(asked));
        }
        if depth == Depth::Watch
            && let Some(o) = &mut operation
            && o.phase == OperationPhase::Succeeded
        {
            o.resources = Vec::new();
        }
        Application {
            uid: metadata.uid,
            project: self.shared.get(&spec.project),
            sync: sync_status(&status.sync.status),
            health: health(&status.health.status),
            health_message: Some(status.health.message).filter(|m| !m.is_empty()),
            revision,
            target_revision: self.shared.get(&source.target_revision),
            repo: self.shared.get(&source.repo_url),
            path: if source.chart.is_empty() { source.path } else { source.chart },
            destination: self.shared.get(&spec.destination.namespace),
            images: images.into(),
            auto_sync: spec.sync_policy.automated.as_ref().and_then(auto_sync),
            hold,
            operation,
            deployed,
            drift,
            conditions: status.conditions.into_iter().map(condition).collect(),
            owner,
            labels: metadata.labels.iter().map(|(k, v)| (self.shared.get(k), self.shared.get(v))).collect(),
            reconciled: status.reconciled_at,
            health_since: status.health.last_transition_time,
            key,
        }
    }

    /// What the application's history has to tell the timeline, when its newest entry is not that of `before`. The
    /// keys are those that `triage::timeline` gives the newest entry, so that each shows once.
    pub(super) fn deployments(&self, app: &App, before: Option<&Application>) -> Vec<Delta> {
        let history = &app.status.history;
        let known = before.and_then(|b| b.deployed.as_ref()).map(|d| d.id);
        if history.iter().map(|h| h.id).max() == known {
            return Vec::new();
        }
        let subject = self.key(app);
        let change = |entry: HistoryEntry| Change {
            key: Key::new(
                self.source,
                Kind::Change,
                subject.namespace.clone(),
                format!("{}:{}:{}", ChangeKind::Sync.name(), subject.name, entry.id),
            ),
            at: entry.deployed,
            kind: ChangeKind::Sync,
            subject: Some(subject.clone()),
            title: format!("{} → {}", subject.name, short(&entry.revision)).into(),
            by: entry.by,
            severity: Severity::Ok,
        };
        let changes = history.iter().map(|h| change(history_entry(h)));
        let told = changes.map(|c| Delta::Upsert(Record::Change(Box::new(c))));
        told.chain([Delta::Synced(Kind::Change)]).collect()
    }

    fn operation(&self, state: OperationState) -> Operation {
        let spec = state.operation;
        let result = state.sync_result.unwrap_or_default();
        let by_result = revisions(&result.revision, &result.revisions);
        let revision = if by_result.is_empty() {
            revisions(&spec.sync.revision, &spec.sync.revisions)
        } else {
            by_result
        };
        Operation {
            phase: phase(&state.phase),
            message: state.message,
            started: state.started_at.unwrap_or_default(),
            finished: state.finished_at,
            revision,
            by: initiator(&spec.initiated_by).unwrap_or_else(|| self.shared.get("automated sync")),
            dry_run: spec.sync.dry_run,
            infos: spec.info.into_iter().map(|i| (i.name, i.value)).collect(),
            resources: result.resources.into_iter().map(resource_state).collect(),
        }
    }

    /// An event as Argo CD or Kubernetes has it.
    pub(super) fn event(&self, event: wire::EventWire) -> ClusterEvent {
        let last = event.last_timestamp.or(event.event_time).or(event.metadata.creation_timestamp);
        let last = last.unwrap_or_default();
        ClusterEvent {
            key: Key::new(self.source, Kind::Event, event.metadata.namespace, event.metadata.name),
            about_kind: event.involved_object.kind,
            about: event.involved_object.name,
            about_uid: uuid::Uuid::try_parse(&event.involved_object.uid).map_or(0, |u| u.as_u128()),
            warning: &*event.kind == "Warning",
            reason: event.reason,
            message: event.message,
            count: event.count.unwrap_or(1).max(1),
            first: event.first_timestamp.unwrap_or(last),
            last,
        }
    }
}

/// An operation that was asked for and that the controller has not taken up yet.
fn pending(spec: wire::OperationSpec) -> Operation {
    Operation {
        phase: OperationPhase::Running,
        message: "asked for, not begun".into(),
        started: Time::default(),
        finished: None,
        revision: revisions(&spec.sync.revision, &spec.sync.revisions),
        by: initiator(&spec.initiated_by).unwrap_or_else(|| "automated sync".into()),
        dry_run: spec.sync.dry_run,
        infos: spec.info.into_iter().map(|i| (i.name, i.value)).collect(),
        resources: Vec::new(),
    }
}

fn main_source(spec: &wire::Spec) -> AppSource {
    let copy = |s: &AppSource| AppSource {
        repo_url: Arc::clone(&s.repo_url),
        path: Arc::clone(&s.path),
        chart: Arc::clone(&s.chart),
        target_revision: Arc::clone(&s.target_revision),
    };
    let first = spec.source.as_ref().or(spec.sources.first());
    first.or(spec.source_hydrator.as_ref().map(|h| &h.dry_source)).map(copy).unwrap_or_default()
}

/// One revision, or those of several sources joined by commas.
pub(super) fn revisions(one: &Str, many: &[Str]) -> Str {
    if many.is_empty() { Arc::clone(one) } else { many.join(",").into() }
}

/// The first seven digits of a commit, or all of a version.
fn short(revision: &str) -> &str {
    let commit = revision.len() == 40 && revision.bytes().all(|b| b.is_ascii_hexdigit());
    if commit { &revision[..7] } else { revision }
}

fn initiator(by: &wire::Initiator) -> Option<Str> {
    (!by.automated && !by.username.is_empty()).then(|| Arc::clone(&by.username))
}

pub(super) fn history_entry(h: &wire::History) -> HistoryEntry {
    HistoryEntry {
        id: h.id,
        revision: revisions(&h.revision, &h.revisions),
        deployed: h.deployed_at.unwrap_or_default(),
        by: initiator(&h.initiated_by),
    }
}

/// `automated` as an object; `enabled` is absent before 3.1 and means yes.
pub(super) fn auto_sync(automated: &Value) -> Option<AutoSync> {
    let map = automated.as_object()?;
    let flag = |name: &str| map.get(name).and_then(Value::as_bool);
    Some(AutoSync {
        enabled: flag("enabled").unwrap_or(true),
        prune: flag("prune").unwrap_or(false),
        self_heal: flag("selfHeal").unwrap_or(false),
    })
}

fn hold(app: &App) -> Option<Hold> {
    let get = |name: &str| app.metadata.annotations.get(name).map(String::as_str);
    let by = get(HELD_BY)?;
    Some(Hold {
        by: by.into(),
        since: get(HELD_SINCE).and_then(|s| s.parse().ok()).unwrap_or_default(),
        reason: get(HELD_REASON).unwrap_or_default().into(),
    })
}

/// Who generates the Application object: an `ApplicationSet` by reference, a parent application by tracking id, or by
/// the instance label where that names another application.
fn owner(app: &App, names: &HashSet<Str>) -> Option<Owner> {
    let meta = &app.metadata;
    if let Some(set) = meta.owner_references.iter().find(|o| &*o.kind == "ApplicationSet") {
        return Some(Owner::ApplicationSet(Arc::clone(&set.name)));
    }
    if let Some(id) = meta.annotations.get(TRACKING_ID)
        && let Some((parent, _)) = id.split_once(':')
    {
        // `namespace_name` for parents in other namespaces; names themselves hold no underscore.
        let parent = parent.rsplit('_').next().unwrap_or(parent);
        return (parent != &*meta.name).then(|| Owner::Application(parent.into()));
    }
    let label = meta.labels.get(INSTANCE)?;
    (*label != meta.name && names.contains(label)).then(|| Owner::Application(Arc::clone(label)))
}

/// Resources to create, to change and to prune.
fn drift(resources: &[Resource]) -> (u16, u16, u16) {
    let mut counts = (0_u16, 0_u16, 0_u16);
    for r in resources {
        let count = if r.requires_pruning {
            &mut counts.2
        } else if &*r.status != "OutOfSync" {
            continue;
        } else if r.health.as_ref().is_some_and(|h| &*h.status == "Missing") {
            &mut counts.0
        } else {
            &mut counts.1
        };
        *count = count.saturating_add(1);
    }
    counts
}

fn condition(c: wire::ConditionWire) -> Condition {
    Condition { kind: c.kind, message: c.message, since: c.last_transition_time }
}

pub(super) fn resource_state(r: Resource) -> ResourceState {
    let status = if r.status.is_empty() { r.hook_phase } else { r.status };
    let health_message = r.health.as_ref().map(|h| Arc::clone(&h.message)).unwrap_or_default();
    ResourceState {
        resource: ResourceRef { group: r.group, kind: r.kind, namespace: r.namespace, name: r.name },
        status,
        health: r.health.as_ref().and_then(assessed),
        prune: r.requires_pruning,
        message: if r.message.is_empty() { health_message } else { r.message },
    }
}

fn assessed(h: &Health) -> Option<AppHealth> {
    (!h.status.is_empty()).then(|| health(&h.status))
}

fn sync_status(word: &str) -> SyncStatus {
    match word {
        "Synced" => SyncStatus::Synced,
        "OutOfSync" => SyncStatus::OutOfSync,
        _ => SyncStatus::Unknown,
    }
}

fn health(word: &str) -> AppHealth {
    match word {
        "Healthy" => AppHealth::Healthy,
        "Suspended" => AppHealth::Suspended,
        "Progressing" => AppHealth::Progressing,
        "Missing" => AppHealth::Missing,
        "Degraded" => AppHealth::Degraded,
        _ => AppHealth::Unknown,
    }
}

fn phase(word: &str) -> OperationPhase {
    match word {
        "Running" => OperationPhase::Running,
        "Terminating" => OperationPhase::Terminating,
        "Succeeded" => OperationPhase::Succeeded,
        "Failed" => OperationPhase::Failed,
        _ => OperationPhase::Error,
    }
}

/// The tree, parents before children; `managed` says the sync status of what the application manages itself.
pub(super) fn tree(tree: wire::Tree, managed: &[ResourceState]) -> Vec<TreeNode> {
    let nodes = tree.nodes;
    let mut placed = vec![false; nodes.len()];
    let mut out = Vec::with_capacity(nodes.len());
    let is_child = |child: &wire::Node, parent: &wire::Node| {
        child.parent_refs.iter().any(|p| {
            if p.uid.is_empty() || parent.uid.is_empty() {
                p.group == parent.group
                    && p.kind == parent.kind
                    && p.namespace == parent.namespace
                    && p.name == parent.name
            } else {
                p.uid == parent.uid
            }
        })
    };
    let mut order: Vec<usize> = (0..nodes.len()).collect();
    order.sort_by(|&a, &b| {
        let key = |n: &wire::Node| (Arc::clone(&n.kind), Arc::clone(&n.namespace), Arc::clone(&n.name));
        key(&nodes[a]).cmp(&key(&nodes[b]))
    });
    // Roots first, then whatever names a parent that is not in the tree.
    let is_root = |n: &wire::Node| !nodes.iter().any(|p| is_child(n, p));
    let mut stack: Vec<(usize, u8)> =
        order.iter().rev().filter(|&&i| is_root(&nodes[i])).map(|&i| (i, 0)).collect();
    while let Some((at, depth)) = stack.pop() {
        if std::mem::replace(&mut placed[at], true) {
            continue;
        }
        out.push(tree_node(&nodes[at], depth, managed));
        let children = order.iter().rev().filter(|&&i| !placed[i] && is_child(&nodes[i], &nodes[at]));
        stack.extend(children.map(|&i| (i, depth.saturating_add(1))));
    }
    out
}

fn tree_node(n: &wire::Node, depth: u8, managed: &[ResourceState]) -> TreeNode {
    let resource = ResourceRef {
        group: Arc::clone(&n.group),
        kind: Arc::clone(&n.kind),
        namespace: Arc::clone(&n.namespace),
        name: Arc::clone(&n.name),
    };
    let said = n.health.as_ref().map(|h| Arc::clone(&h.message)).filter(|m| !m.is_empty());
    // Hooks stand there too, without a sync status: no sync of chosen resources runs them.
    let status = managed.iter().find(|r| r.resource == resource).map(|r| Arc::clone(&r.status));
    let sync = status.unwrap_or_default();
    TreeNode {
        depth,
        health: n.health.as_ref().and_then(assessed),
        message: said.unwrap_or_default(),
        created: n.created_at,
        managed: !sync.is_empty(),
        sync,
        resource,
    }
}
