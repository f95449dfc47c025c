//! Core mode: an Argo CD of which only the cluster is reachable, through its custom resources.
//!
//! Nothing here passes Argo CD's API server, so its refusals are made again: an operation under way, a rollback with
//! automated sync on, sync windows. Its rights are Kubernetes' own. What lives in its repo server and cache (rendered
//! manifests, resource tree, commits) is not to be had.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use futures::StreamExt;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    act,
    map::{self, Depth, Mapper},
    window, wire,
};
use crate::{
    config::{ArgoCdConfig, KubernetesConfig},
    connector::{
        Sink,
        backoff::Backoff,
        http::segment,
        kubernetes::access::{Access, Event},
        poll::{after, pause},
    },
    model::{
        Answer, Application, Clock, Fault, FaultKind, Interner, Key, Kind, Mutation, Permission, Receipt,
        Record, ResourceRef, Revision, Str, System, TreeNode, Verdict,
    },
    store::{Delta, Status},
};

const API: &str = "/apis/argoproj.io/v1alpha1";
const MERGE: &str = "application/merge-patch+json";
/// What the screen says of core mode as long as it works.
const LESS: &str = "core mode: no resource tree, no diff and no commit messages";
/// A watch that ended at once is not opened again at once.
const BREATH: Duration = Duration::from_secs(1);

/// The custom resources of one Argo CD.
pub(super) struct Core {
    pub access: Arc<Access>,
    system: Str,
    clock: Arc<dyn Clock>,
    config: ArgoCdConfig,
    mapper: Mapper,
}

impl Core {
    pub(super) fn new(
        system: &System,
        config: ArgoCdConfig,
        cluster: KubernetesConfig,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            access: Access::new(system.to_string(), cluster),
            system: system.to_string().into(),
            clock,
            mapper: Mapper { source: system.source, shared: Interner::default() },
            config,
        }
    }

    fn fault(&self, kind: FaultKind, what: &str, why: impl AsRef<str>) -> Fault {
        Fault::new(kind, Arc::clone(&self.system), what, why)
    }

    /// Where applications are listed: one namespace, or all.
    fn place(&self) -> String {
        match &self.config.namespace {
            Some(namespace) => format!("{API}/namespaces/{}/applications", segment(namespace)),
            None => format!("{API}/applications"),
        }
    }

    fn path(app: &Key) -> String {
        format!("{API}/namespaces/{}/applications/{}", segment(&app.namespace), segment(&app.name))
    }

    fn is_wanted(&self, app: &wire::App) -> bool {
        self.config.projects.is_empty() || self.config.projects.iter().any(|p| **p == *app.spec.project)
    }

    /// Watches until the sink closes.
    pub(super) async fn watch(&self, sink: &Sink) {
        let mut backoff = Backoff::new();
        let mut known = HashMap::new();
        loop {
            let wait = tokio::select! {
                () = sink.closed() => return,
                outcome = self.follow(sink, &mut known) => match outcome {
                    Ok(()) => {
                        backoff.reset();
                        BREATH
                    }
                    Err(fault) => {
                        let (status, wait) = after(sink, fault, &mut backoff);
                        if !sink.status(Kind::Application, status).await {
                            return;
                        }
                        wait
                    }
                },
            };
            if !pause(sink, wait).await {
                return;
            }
        }
    }

    /// Lists, then follows until the watch ends or the list is too old.
    async fn follow(&self, sink: &Sink, known: &mut HashMap<Key, Application>) -> Result<(), Fault> {
        let list = self.access.list::<wire::App>(&self.place(), "", "list applications").await?;
        let mut names: HashSet<Str> = list.items.iter().map(|a| Arc::clone(&a.metadata.name)).collect();
        known.clear();
        let mut deltas = vec![Delta::Reset(Kind::Application)];
        for app in list.items.into_iter().filter(|a| self.is_wanted(a)) {
            deltas.extend(self.mapper.deployments(&app, None));
            let app = self.mapper.application(app, Depth::Watch, &names);
            deltas.push(Delta::Upsert(Record::Application(Box::new(app.clone()))));
            known.insert(app.key.clone(), app);
        }
        deltas.push(Delta::Synced(Kind::Application));
        deltas.push(Delta::Status(Kind::Application, Status::Degraded(LESS.into())));
        if !sink.send(deltas).await {
            return Ok(());
        }
        let mut version = list.version;
        loop {
            let place = self.place();
            let watch = self.access.watch::<wire::App>(&place, "", &version, "follow applications");
            let mut events = watch.await?;
            let mut heard = false;
            while let Some(event) = events.next().await {
                heard = true;
                let mut deltas = Vec::new();
                let delta = match event? {
                    Event::Upsert(app) => {
                        version = app.metadata.resource_version.to_string();
                        names.insert(Arc::clone(&app.metadata.name));
                        if !self.is_wanted(&app) {
                            continue;
                        }
                        let before = known.get(&self.mapper.key(&app));
                        deltas = self.mapper.deployments(&app, before);
                        let app = self.mapper.application(app, Depth::Watch, &names);
                        if before == Some(&app) {
                            continue;
                        }
                        known.insert(app.key.clone(), app.clone());
                        Delta::Upsert(Record::Application(Box::new(app)))
                    }
                    Event::Delete(app) => {
                        version = app.metadata.resource_version.to_string();
                        let key = self.mapper.key(&app);
                        known.remove(&key);
                        Delta::Remove(key)
                    }
                    Event::Bookmark(at) => {
                        version = at;
                        Delta::Status(Kind::Application, Status::Degraded(LESS.into()))
                    }
                    Event::Gone => return Ok(()),
                };
                deltas.push(delta);
                if !sink.send(deltas).await {
                    return Ok(());
                }
            }
            if !heard {
                return Ok(());
            }
        }
    }

    async fn raw(&self, app: &Key) -> Result<wire::App, Fault> {
        self.access.get(&Self::path(app), "read the application").await
    }

    pub(super) async fn application(&self, app: &Key) -> Result<Application, Fault> {
        Ok(self.mapper.application(self.raw(app).await?, Depth::Whole, &HashSet::new()))
    }

    pub(super) async fn object(&self, app: &Key) -> Result<Value, Fault> {
        self.access.get(&Self::path(app), "read the application").await
    }

    /// History without what git says of the commits.
    pub(super) async fn history(&self, app: &Key) -> Result<Answer, Fault> {
        let raw = self.raw(app).await?;
        let mut entries: Vec<_> = raw.status.history.iter().map(map::history_entry).collect();
        entries.sort_by_key(|e| std::cmp::Reverse(e.id));
        let bare = |entry| Revision {
            entry,
            author: Str::default(),
            date: None,
            message: Str::default(),
            tags: Vec::new(),
        };
        Ok(Answer::History(entries.into_iter().map(bare).collect()))
    }

    pub(super) async fn resources(&self, app: &Key) -> Result<Answer, Fault> {
        let raw = self.raw(app).await?;
        Ok(Answer::Resources(raw.status.resources.into_iter().map(map::resource_state).collect()))
    }

    /// The roots of the tree: what the application manages itself.
    pub(super) async fn tree(&self, app: &Key) -> Result<Answer, Fault> {
        let raw = self.raw(app).await?;
        let node = |r| {
            let state = map::resource_state(r);
            let managed = !state.status.is_empty();
            TreeNode {
                resource: state.resource,
                depth: 0,
                health: state.health,
                sync: state.status,
                message: state.message,
                created: None,
                managed,
            }
        };
        Ok(Answer::Tree(raw.status.resources.into_iter().map(node).collect()))
    }

    pub(super) fn diff(&self) -> Fault {
        let why = "core mode has no rendered manifests: they live in Argo CD's repo server";
        self.fault(FaultKind::Unsupported, "compare the application", why)
            .hint("use `mode = \"api\"` where Argo CD's API server can be reached")
    }

    pub(super) async fn events(&self, app: &Key) -> Result<Answer, Fault> {
        let path = format!("/api/v1/namespaces/{}/events", segment(&app.namespace));
        let query =
            format!("fieldSelector=involvedObject.kind%3DApplication%2CinvolvedObject.name%3D{}", app.name);
        let found = self.access.list::<wire::EventWire>(&path, &query, "list events").await?;
        let mut events: Vec<_> = found.items.into_iter().map(|e| self.mapper.event(e)).collect();
        events.sort_by_key(|e| std::cmp::Reverse(e.last));
        Ok(Answer::Events(events))
    }

    pub(super) async fn windows(&self, app: &Key) -> Result<Answer, Fault> {
        let raw = self.raw(app).await?;
        let (active, can_sync) = self.windows_of(app, &raw).await?;
        Ok(Answer::Windows { active, can_sync })
    }

    async fn windows_of(
        &self,
        app: &Key,
        raw: &wire::App,
    ) -> Result<(Vec<crate::model::Window>, bool), Fault> {
        // Projects live in Argo CD's own namespace, applications may live elsewhere.
        let namespace = self.config.namespace.as_deref().unwrap_or(&app.namespace);
        let path =
            format!("{API}/namespaces/{}/appprojects/{}", segment(namespace), segment(&raw.spec.project));
        let project: window::Project = self.access.get(&path, "read the project").await?;
        let now = self.clock.now();
        window::judge(&project.spec.sync_windows, raw, now)
            .map_err(|why| self.fault(FaultKind::Unsupported, "read the sync windows", why))
    }

    /// Kubernetes' rights on the Application object: syncing is patching it.
    pub(super) async fn may(&self, permissions: Vec<Permission>) -> Result<Vec<Verdict>, Fault> {
        #[derive(Deserialize)]
        struct Review {
            status: ReviewStatus,
        }
        #[derive(Deserialize)]
        struct ReviewStatus {
            #[serde(default)]
            allowed: bool,
        }
        let mut verdicts = Vec::with_capacity(permissions.len());
        for permission in permissions {
            let Permission::ArgoCd { resource, action, object } = permission else {
                verdicts.push(Verdict::Unknown);
                continue;
            };
            let verb = match &*action {
                "get" => "get",
                "sync" | "update" | "override" | "rollback" => "patch",
                "create" => "create",
                "delete" => "delete",
                _ => {
                    verdicts.push(Verdict::Unknown);
                    continue;
                }
            };
            let parts: Vec<&str> = object.split('/').collect();
            let namespace = match parts.as_slice() {
                [_, namespace, _] => *namespace,
                _ => self.config.namespace.as_deref().unwrap_or_default(),
            };
            let name = parts.last().filter(|n| **n != "*").copied().unwrap_or_default();
            let attributes = json!({"verb": verb, "group": "argoproj.io", "resource": &*resource,
                "namespace": namespace, "name": name});
            let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
                "spec": {"resourceAttributes": attributes}});
            let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
            let answer: Review = self.access.create(path, &review, "ask for rights").await?;
            verdicts.push(if answer.status.allowed { Verdict::Yes } else { Verdict::No });
        }
        Ok(verdicts)
    }

    /// Sends one mutation as a merge patch that holds only for the object as it was read.
    pub(super) async fn perform(&self, mutation: Mutation) -> Result<Receipt, Fault> {
        let what = match &mutation {
            Mutation::Sync { .. } => "start the sync",
            Mutation::Rollback { .. } => "start the rollback",
            Mutation::Terminate { .. } => "terminate the operation",
            Mutation::Refresh { .. } => "refresh the application",
            Mutation::HoldAutoSync { .. } => "hold automated sync",
            Mutation::ReleaseAutoSync { .. } => "release automated sync",
            Mutation::Object(_) | Mutation::Vault(_) | Mutation::Silence(_) => "change something else",
        };
        let app = mutation.target().clone();
        let raw = self.raw(&app).await?;
        let refuse = |(kind, why): (FaultKind, String)| self.fault(kind, what, why);
        if matches!(mutation, Mutation::Sync { .. } | Mutation::Rollback { .. }) {
            idle(&raw).map_err(refuse)?;
            let (_, can_sync) = self.windows_of(&app, &raw).await?;
            if !can_sync {
                let why = "cannot sync: blocked by sync window".to_owned();
                return Err(refuse((FaultKind::Refused, why))
                    .hint("wait for the window, or change it in the AppProject"));
            }
        }
        let mut patch = match mutation {
            Mutation::Sync { revision, prune, dry_run, resources, options, infos, .. } => {
                let revision = revision.as_deref();
                other_revision(&raw, revision).map_err(refuse)?;
                let mut sync = json!({"prune": prune, "dryRun": dry_run, "syncStrategy": {"hook": {}}});
                if let Some(revision) = revision {
                    sync["revision"] = revision.into();
                }
                if !resources.is_empty() {
                    sync["resources"] = resources.iter().map(reference).collect();
                }
                if !options.is_empty() {
                    sync["syncOptions"] = options.iter().map(|o| Value::from(&**o)).collect();
                }
                let info: Vec<_> = infos.iter().map(|(n, v)| json!({"name": &**n, "value": &**v})).collect();
                json!({"operation": {"initiatedBy": {"username": "vigie"}, "info": info, "sync": sync}})
            }
            Mutation::Rollback { id, prune, dry_run, .. } => {
                rollback(&raw, id, prune, dry_run).map_err(refuse)?
            }
            Mutation::Terminate { .. } => {
                if idle(&raw).is_ok() {
                    let why = "Unable to terminate operation. No operation is in progress".to_owned();
                    return Err(refuse((FaultKind::Invalid, why)));
                }
                json!({"status": {"operationState": {"phase": "Terminating"}}})
            }
            Mutation::Refresh { hard, .. } => {
                let kind = if hard { "hard" } else { "normal" };
                json!({"metadata": {"annotations": {"argocd.argoproj.io/refresh": kind}}})
            }
            Mutation::HoldAutoSync { hold, .. } => {
                let policy = act::holdable(&raw).map_err(refuse)?;
                act::hold_patch(&hold, policy, true)
            }
            Mutation::ReleaseAutoSync { .. } => act::release_patch(&raw).map_err(refuse)?,
            Mutation::Object(_) | Mutation::Vault(_) | Mutation::Silence(_) => {
                return Err(refuse((FaultKind::Unsupported, act::FOREIGN.to_owned())));
            }
        };
        patch["metadata"]["resourceVersion"] = raw.metadata.resource_version.as_ref().into();
        let answer: wire::App = self.access.patch(&Self::path(&app), MERGE, &patch, what).await?;
        let id = Some(answer.metadata.resource_version).filter(|v| !v.is_empty());
        Ok(Receipt { id, warnings: Vec::new() })
    }
}

/// Whether no operation is under way, as the API server checks it (`util/argo`: `SetAppOperation`).
fn idle(app: &wire::App) -> Result<(), (FaultKind, String)> {
    let running =
        app.status.operation_state.as_ref().is_some_and(|o| o.finished_at.is_none() && !o.phase.is_empty());
    if app.operation.is_some() || running {
        return Err((FaultKind::Conflict, "another operation is already in progress".into()));
    }
    Ok(())
}

fn is_automated(app: &wire::App) -> bool {
    app.spec.sync_policy.automated.as_ref().and_then(map::auto_sync).is_some_and(|a| a.enabled)
}

/// With automated sync on, only the tracked revision may be synced.
fn other_revision(app: &wire::App, revision: Option<&str>) -> Result<(), (FaultKind, String)> {
    let tracked = app.spec.source.as_ref().map_or("", |s| &*s.target_revision);
    match revision {
        Some(revision) if is_automated(app) && revision != tracked => {
            let why = format!("Cannot sync to {revision}: auto-sync currently set to {tracked}");
            Err((FaultKind::Conflict, why))
        }
        _ => Ok(()),
    }
}

fn rollback(app: &wire::App, id: i64, prune: bool, dry_run: bool) -> Result<Value, (FaultKind, String)> {
    if is_automated(app) {
        let why = "rollback cannot be initiated when auto-sync is enabled";
        return Err((FaultKind::Conflict, why.into()));
    }
    let Some(entry) = app.status.history.iter().find(|h| h.id == id) else {
        return Err((
            FaultKind::Invalid,
            format!("application {} does not have deployment with id {id}", app.metadata.name),
        ));
    };
    let mut sync = json!({"revision": &*entry.revision, "prune": prune, "dryRun": dry_run,
        "syncStrategy": {"apply": {}}});
    if let Some(source) = &entry.source {
        sync["source"] = source.clone();
    }
    if let Some(sources) = &entry.sources {
        sync["sources"] = sources.clone();
        sync["revisions"] = entry.revisions.iter().map(|r| Value::from(&**r)).collect();
    }
    Ok(json!({"operation": {"initiatedBy": {"username": "vigie"}, "sync": sync}}))
}

fn reference(r: &ResourceRef) -> Value {
    json!({"group": &*r.group, "kind": &*r.kind, "namespace": &*r.namespace, "name": &*r.name})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(body: Value) -> wire::App {
        serde_json::from_value(body).expect("an application")
    }

    #[test]
    fn the_servers_refusals_are_made_again() {
        let running = app(
            json!({"status": {"operationState": {"phase": "Running", "startedAt": "2026-11-21T10:00:00Z"}}}),
        );
        assert_eq!(idle(&running).expect_err("busy").1, "another operation is already in progress");
        let automated = app(json!({"metadata": {"name": "cart"},
            "spec": {"source": {"targetRevision": "main"}, "syncPolicy": {"automated": {"prune": true}}}}));
        assert!(rollback(&automated, 0, false, false).is_err_and(|(k, _)| k == FaultKind::Conflict));
        let refused = other_revision(&automated, Some("9f31c2e")).expect_err("another revision");
        assert_eq!(refused.1, "Cannot sync to 9f31c2e: auto-sync currently set to main");
        assert!(other_revision(&automated, Some("main")).is_ok());
    }

    #[test]
    fn a_rollback_takes_the_source_of_its_entry() {
        let held = app(json!({"metadata": {"name": "cart"}, "status": {"history": [
            {"id": 0, "revision": "aaa", "source": {"repoURL": "git://x", "path": "old"}}]}}));
        let patch = rollback(&held, 0, true, false).expect("id 0 is valid");
        assert_eq!(patch["operation"]["sync"]["source"]["path"], "old");
        assert_eq!(patch["operation"]["sync"]["revision"], "aaa");
        assert!(rollback(&held, 7, true, false).is_err());
    }
}
