//! The Argo CD objects of an environment as they were left by past syncs.

use serde_json::{Value, json};

use super::{ARGOCD, App, path};
use crate::{
    model::Time,
    sim::git::{Commit, REPO_URL},
};

/// What an application's history keeps (`revisionHistoryLimit`).
const HISTORY: usize = 10;

/// The source that an application syncs from.
pub(super) fn source(env: &str, app: &App) -> Value {
    json!({ "repoURL": REPO_URL, "path": path(env, app.name), "targetRevision": "main" })
}

/// An application whose last sync was to the newest of `commits` (those of its path, newest first).
pub(super) fn application(env: (usize, &str), app: &App, commits: &[Commit], owner: Option<&Value>) -> Value {
    let mut meta = json!({
        "name": app.name, "namespace": ARGOCD,
        "labels": { "app.kubernetes.io/part-of": app.name, "environment": env.1 },
        "finalizers": ["resources-finalizer.argocd.argoproj.io"],
    });
    if let Some(owner) = owner {
        meta["ownerReferences"] = json!([{
            "apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true,
        }]);
    }
    let mut object = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": meta,
        "spec": spec(env, app),
    });
    if let Some(last) = commits.first() {
        object["status"] = status(env.1, app, commits, last);
    }
    object
}

fn spec(env: (usize, &str), app: &App) -> Value {
    let mut spec = json!({
        "project": app.project,
        "source": source(env.1, app),
        "destination": { "server": "https://kubernetes.default.svc", "namespace": app.namespace },
        "syncPolicy": { "syncOptions": ["CreateNamespace=true"] },
    });
    if app.auto[env.0] {
        spec["syncPolicy"]["automated"] = json!({ "prune": true, "selfHeal": true });
    }
    spec
}

fn status(env: &str, app: &App, commits: &[Commit], last: &Commit) -> Value {
    let source = source(env, app);
    let by = if app.auto[0] { json!({ "automated": true }) } else { json!({ "username": "nadia" }) };
    let total = commits.len();
    let entry = |(at, commit): (usize, &Commit)| {
        let deployed = commit.date.plus(std::time::Duration::from_secs(140));
        json!({
            "id": total - 1 - at,
            "revision": commit.sha,
            "deployedAt": deployed.rfc3339(),
            "deployStartedAt": deployed.minus(std::time::Duration::from_secs(9)).rfc3339(),
            "initiatedBy": by,
            "source": source,
        })
    };
    let mut history: Vec<Value> = commits.iter().enumerate().take(HISTORY).map(entry).collect();
    history.reverse();
    let done = last.date.plus(std::time::Duration::from_secs(140));
    let started = done.minus(std::time::Duration::from_secs(9)).rfc3339();
    let result = json!({ "revision": last.sha, "source": source });
    json!({
        "history": history,
        "sync": {
            "status": "Synced", "revision": last.sha,
            "comparedTo": { "source": source, "destination": spec((0, env), app)["destination"] },
        },
        "health": { "status": "Healthy", "lastTransitionTime": done.rfc3339() },
        "operationState": {
            "phase": "Succeeded", "message": "successfully synced (all tasks run)",
            "operation": { "initiatedBy": by, "sync": { "revision": last.sha } },
            "startedAt": started, "finishedAt": done.rfc3339(), "syncResult": result,
        },
        "reconciledAt": done.rfc3339(),
        "sourceType": "Directory",
    })
}

/// The projects of an environment.
pub(super) fn projects(env: &str) -> Vec<Value> {
    let project = |name: &str, description: &str| {
        json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject",
            "metadata": { "name": name, "namespace": ARGOCD },
            "spec": {
                "description": description,
                "sourceRepos": [REPO_URL],
                "destinations": [{ "server": "*", "namespace": "*" }],
                "clusterResourceWhitelist": [{ "group": "*", "kind": "*" }],
            },
        })
    };
    let mut clinic = project("clinic", "What patients and staff use");
    if env == "prod" {
        clinic["spec"]["syncWindows"] = json!([{
            "kind": "deny", "schedule": "0 6 * * 1-5", "duration": "2h", "applications": ["odoo"],
            "manualSync": true, "timeZone": "Africa/Nairobi",
        }]);
    }
    let mut default = project("default", "");
    default["spec"]["sourceRepos"] = json!(["*"]);
    vec![default, clinic, project("platform", "What everything else stands on")]
}

/// The application set that owns the platform's applications.
pub(super) fn set(env: &str, apps: &[&App], created: Time) -> Value {
    let elements: Vec<Value> =
        apps.iter().map(|app| json!({ "name": app.name, "namespace": app.namespace })).collect();
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet",
        "metadata": { "name": "platform", "namespace": ARGOCD },
        "spec": {
            "goTemplate": true,
            "generators": [{ "list": { "elements": elements } }],
            "template": {
                "metadata": { "name": "{{.name}}" },
                "spec": {
                    "project": "platform",
                    "source": {
                        "repoURL": REPO_URL, "targetRevision": "main", "path": format!("envs/{env}/{{{{.name}}}}"),
                    },
                    "destination": { "server": "https://kubernetes.default.svc", "namespace": "{{.namespace}}" },
                    "syncPolicy": { "automated": { "prune": true, "selfHeal": true } },
                },
            },
        },
        "status": { "conditions": [{
            "type": "ResourcesUpToDate", "status": "True", "reason": "ApplicationSetUpToDate",
            "message": "All applications have been generated successfully", "lastTransitionTime": created.rfc3339(),
        }] },
    })
}
