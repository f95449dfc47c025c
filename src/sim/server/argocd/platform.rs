//! Everything around applications: version, settings, accounts, projects, clusters, repositories, application sets.
#![expect(clippy::unnecessary_wraps, reason = "every method has the same shape in the table of methods")]

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Value, json};

use super::api::{Answer, Ctx, Refusal, list, shown};
use crate::sim::{
    argocd::{IN_CLUSTER, NAMESPACE, View, Windows, set, text},
    cluster::{RESOURCES, known},
    git::REPO_URL,
    identity::USERS,
};

/// The version that this Argo CD pretends to be.
const VERSION: &str = "v3.2.11";

/// `VersionService/Version`; all of it only for callers with a token.
pub(super) fn version(ctx: &Ctx, _: &Value) -> Answer {
    if ctx.who.is_none() {
        return Ok(json!({ "Version": VERSION }));
    }
    Ok(
        json!({ "Version": VERSION, "BuildDate": "2026-01-01T00:00:00Z", "GitCommit": "demo", "GitTag": VERSION,
        "GitTreeState": "clean", "GoVersion": "go1.26.8", "Compiler": "gc", "Platform": "linux/amd64",
        "KustomizeVersion": "v5.8.0", "HelmVersion": "v3.19.4", "KubectlVersion": "v0.34.0",
        "JsonnetVersion": "v0.21.0" }),
    )
}

/// `SettingsService/Get`.
pub(super) fn settings(ctx: &Ctx, _: &Value) -> Answer {
    let mut settings = json!({ "url": format!("https://argocd.{}.clinic.example", ctx.env().name),
        "appLabelKey": "app.kubernetes.io/instance" });
    if ctx.who.is_some() {
        let ignored = "jqPathExpressions: null\njsonPointers:\n- /status\nmanagedFieldsManagers: null\n";
        let nothing = "jqPathExpressions: null\njsonPointers: null\nmanagedFieldsManagers: null\n";
        set(
            &mut settings,
            "resourceOverrides",
            json!({ "*/*": { "ignoreDifferences": ignored, "ignoreResourceUpdates": nothing } }),
        );
    }
    set(&mut settings, "googleAnalytics", json!({ "anonymizeUsers": true }));
    set(&mut settings, "kustomizeOptions", json!({ "BuildOptions": "", "BinaryPath": "", "Versions": null }));
    set(&mut settings, "help", json!({}));
    if ctx.who.is_some() {
        set(&mut settings, "passwordPattern", json!("^.{8,32}$"));
    }
    set(&mut settings, "trackingMethod", json!("annotation"));
    if ctx.who.is_some() {
        set(&mut settings, "controllerNamespace", json!(NAMESPACE));
    }
    set(&mut settings, "syncWithReplaceAllowed", json!(true));
    Ok(settings)
}

const ACTIONS: [&str; 8] = ["get", "create", "update", "delete", "sync", "override", "action", "invoke"];
const RESOURCES_OF_RBAC: [&str; 11] = [
    "clusters",
    "projects",
    "applications",
    "applicationsets",
    "repositories",
    "write-repositories",
    "certificates",
    "accounts",
    "gpgkeys",
    "logs",
    "exec",
];

/// `AccountService/CanI`.
pub(super) fn can_i(ctx: &Ctx, request: &Value) -> Answer {
    let (resource, action) = (text(request, "/resource"), text(request, "/action"));
    for (known, asked) in [(&ACTIONS[..], action), (&RESOURCES_OF_RBAC[..], resource)] {
        if !known.contains(&asked) {
            return Err(Refusal::invalid(format!("[{}] does not contain {asked}", known.join(" "))));
        }
    }
    Ok(json!({ "value": if ctx.may(resource, action) { "yes" } else { "no" } }))
}

/// `AccountService/ListAccounts`: the caller's own, or all for an administrator.
pub(super) fn accounts(ctx: &Ctx, _: &Value) -> Answer {
    let all = ctx.may("accounts", "update");
    let users = USERS.iter().filter(|user| all || user.name == ctx.username());
    let items: Vec<Value> = users.map(|user| account_row(user.name)).collect();
    Ok(json!({ "items": items }))
}

/// `AccountService/GetAccount`.
pub(super) fn account(ctx: &Ctx, request: &Value) -> Answer {
    let name = text(request, "/name");
    if name != ctx.username() {
        ctx.enforce("accounts", "get", name)?;
    }
    let found = USERS.iter().find(|user| user.name == name);
    let missing = || Refusal::new(5, format!("account '{name}' does not exist"));
    found.map(|user| account_row(user.name)).ok_or_else(missing)
}

fn account_row(name: &str) -> Value {
    json!({ "name": name, "enabled": true, "capabilities": ["apiKey", "login"] })
}

fn all_projects(ctx: &Ctx) -> Vec<Arc<Value>> {
    if !ctx.may("projects", "get") {
        return Vec::new();
    }
    ctx.env().cluster.list(known::APP_PROJECTS, Some(NAMESPACE))
}

/// `ProjectService/List`.
pub(super) fn projects(ctx: &Ctx, request: &Value) -> Answer {
    let name = text(request, "/name");
    let wanted = |project: &&Arc<Value>| name.is_empty() || text(project, "/metadata/name") == name;
    let items = all_projects(ctx).iter().filter(wanted).map(|project| shown(project)).collect();
    Ok(list(json!({}), items))
}

fn one_project(ctx: &Ctx, request: &Value) -> Result<Arc<Value>, Refusal> {
    let name = text(request, "/name");
    ctx.enforce("projects", "get", name)?;
    Ok(ctx.env().cluster.get(known::APP_PROJECTS, NAMESPACE, name)?)
}

/// `ProjectService/Get`.
pub(super) fn project(ctx: &Ctx, request: &Value) -> Answer {
    one_project(ctx, request).map(|project| shown(&project))
}

/// `ProjectService/GetDetailedProject`.
pub(super) fn detailed_project(ctx: &Ctx, request: &Value) -> Answer {
    let project = one_project(ctx, request)?;
    Ok(
        json!({ "project": shown(&project), "repositories": repository_rows(ctx), "clusters": [cluster_row(ctx)] }),
    )
}

/// `ProjectService/GetGlobalProjects`: none are configured.
pub(super) fn global_projects(ctx: &Ctx, request: &Value) -> Answer {
    one_project(ctx, request).map(|_| json!({}))
}

/// `ProjectService/GetSyncWindowsState`: the windows open now, whatever application they are for.
pub(super) fn project_windows(ctx: &Ctx, request: &Value) -> Answer {
    let project = one_project(ctx, request)?;
    let mut open = Vec::new();
    for window in project["spec"]["syncWindows"].as_array().into_iter().flatten() {
        // A window for everything is for any application.
        let mut anywhere = window.clone();
        for field in ["clusters", "namespaces"] {
            set(&mut anywhere, field, Value::Null);
        }
        set(&mut anywhere, "applications", json!(["*"]));
        let only = json!({ "spec": { "syncWindows": [anywhere] } });
        let app = json!({ "metadata": { "name": "any" } });
        let windows = Windows::of(&only, View(&app), ctx.env().now()).map_err(Refusal::unknown)?;
        if !windows.active.is_empty() {
            open.push(window.clone());
        }
    }
    Ok(if open.is_empty() { json!({}) } else { json!({ "windows": open }) })
}

/// `ProjectService/ListEvents`.
pub(super) fn project_events(ctx: &Ctx, request: &Value) -> Answer {
    let project = one_project(ctx, request)?;
    let (all, version) = ctx.env().cluster.list_at(known::EVENTS, Some(NAMESPACE));
    let about = |event: &&Arc<Value>| event["involvedObject"]["uid"] == project["metadata"]["uid"];
    let items = all.iter().filter(about).map(|event| shown(event)).collect();
    Ok(list(json!({ "resourceVersion": version.to_string() }), items))
}

fn connection(ctx: &Ctx) -> Value {
    json!({ "status": "Successful", "message": "", "attemptedAt": ctx.api.started.rfc3339() })
}

/// The cluster that Argo CD runs in: the only one it knows.
fn cluster_row(ctx: &Ctx) -> Value {
    let env = ctx.env();
    let version = env.cluster.list(known::NODES, None);
    let version =
        version.first().map_or("v1.34.4", |node| text(node, "/status/nodeInfo/kubeletVersion")).to_owned();
    let mut versions = BTreeSet::new();
    let mut resources = 0;
    for resource in RESOURCES {
        versions.insert(resource.api_version());
        versions.insert(format!("{}/{}", resource.api_version(), resource.kind));
        if resource.gr == resource.stored && resource.gr != known::EVENTS {
            resources += env.cluster.list(resource.gr, None).len();
        }
    }
    let apps = env.cluster.list(known::APPLICATIONS, Some(NAMESPACE)).len();
    json!({
        "server": IN_CLUSTER,
        "name": "in-cluster",
        "config": { "tlsClientConfig": { "insecure": false } },
        "connectionState": connection(ctx),
        "serverVersion": version,
        "info": {
            "connectionState": connection(ctx),
            "serverVersion": version,
            "cacheInfo": { "resourcesCount": resources, "apisCount": RESOURCES.len(),
                "lastCacheSyncTime": ctx.api.started.rfc3339() },
            "applicationsCount": apps,
            "apiVersions": versions,
        },
    })
}

/// `ClusterService/List`.
pub(super) fn clusters(ctx: &Ctx, _: &Value) -> Answer {
    let items = if ctx.may("clusters", "get") { vec![cluster_row(ctx)] } else { Vec::new() };
    Ok(list(json!({}), items))
}

/// `ClusterService/Get`, by address or name.
pub(super) fn cluster(ctx: &Ctx, request: &Value) -> Answer {
    let id = match (text(request, "/id/value"), text(request, "/server")) {
        ("", "") => text(request, "/name"),
        ("", server) => server,
        (id, _) => id,
    };
    if ctx.may("clusters", "get") && (id == IN_CLUSTER || id == "in-cluster") {
        return Ok(cluster_row(ctx));
    }
    Err(Refusal::denied())
}

/// The repositories: the demo's own and those that applications and projects name.
fn repository_rows(ctx: &Ctx) -> Vec<Value> {
    let mut urls = BTreeSet::from([REPO_URL.to_owned()]);
    for app in ctx.env().cluster.list(known::APPLICATIONS, Some(NAMESPACE)) {
        let url = text(View(&app).source(), "/repoURL");
        if !url.is_empty() {
            urls.insert(url.to_owned());
        }
    }
    let row = |url: String| {
        json!({ "repo": url, "connectionState": connection(ctx), "type": "git",
            "name": url.trim_end_matches(".git").rsplit('/').next() })
    };
    urls.into_iter().map(row).collect()
}

/// `RepositoryService/List` and `ListRepositories`.
pub(super) fn repositories(ctx: &Ctx, _: &Value) -> Answer {
    let items = if ctx.may("repositories", "get") { repository_rows(ctx) } else { Vec::new() };
    Ok(list(json!({}), items))
}

/// `RepositoryService/Get`.
pub(super) fn repository(ctx: &Ctx, request: &Value) -> Answer {
    let url = text(request, "/repo");
    let found = repository_rows(ctx).into_iter().find(|row| row["repo"] == url);
    if !ctx.may("repositories", "get") {
        return Err(Refusal::denied());
    }
    found.ok_or_else(|| Refusal::new(5, format!("repo '{url}' not found")))
}

/// `ApplicationSetService/List`.
pub(super) fn application_sets(ctx: &Ctx, request: &Value) -> Answer {
    let (all, version) = ctx.env().cluster.list_at(known::APPLICATION_SETS, Some(NAMESPACE));
    let projects = request["projects"].as_array().filter(|list| !list.is_empty());
    let wanted = |set: &&Arc<Value>| {
        projects.is_none_or(|list| list.contains(&set["spec"]["template"]["spec"]["project"]))
    };
    let mine = ctx.may("applicationsets", "get");
    let items = all.iter().filter(|set| mine && wanted(set)).map(|set| shown(set)).collect();
    Ok(list(json!({ "resourceVersion": version.to_string() }), items))
}

/// `ApplicationSetService/Get`.
pub(super) fn application_set(ctx: &Ctx, request: &Value) -> Answer {
    let name = text(request, "/name");
    let found = ctx.env().cluster.get(known::APPLICATION_SETS, NAMESPACE, name)?;
    let project = text(&found, "/spec/template/spec/project");
    ctx.enforce("applicationsets", "get", &format!("{project}/{name}"))?;
    Ok(shown(&found))
}
