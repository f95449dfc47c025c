//! Applications: list, get, watch, create, change, delete.

use std::{sync::Arc, time::Duration};

use futures::{FutureExt, StreamExt, future::BoxFuture, stream};
use serde_json::{Value, json};

use super::{
    api::{Answer, Ctx, Events, Refusal, list, shown},
    patch,
};
use crate::sim::{
    argocd::{FINALIZER, NAMESPACE, REFRESH, View, destination_error, event, glob, nodes_of, set, text},
    cluster::{ApiError, Deletion, WatchEvent, known},
};

/// How long a get with `refresh` waits for the controller, in real time.
const REFRESH_LIMIT: Duration = Duration::from_secs(60);

/// What a list or a watch is limited to.
struct Filter {
    name: String,
    namespace: String,
    projects: Vec<String>,
    repo: String,
    selector: Vec<Requirement>,
}

/// One requirement of a label selector.
enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Missing(String),
}

impl Filter {
    fn of(request: &Value) -> Result<Self, Refusal> {
        let field = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
        let mut projects = Vec::new();
        for name in ["projects", "project"] {
            let listed = request[name].as_array().into_iter().flatten().filter_map(Value::as_str);
            projects.extend(listed.filter(|project| !project.is_empty()).map(str::to_owned));
        }
        let selector = selector(&field("selector"))?;
        let (name, namespace, repo) = (field("name"), field("appNamespace"), field("repo"));
        Ok(Self { name, namespace, projects, repo, selector })
    }

    fn passes(&self, app: &Value) -> bool {
        let view = View(app);
        let is = |wanted: &str, held: &str| wanted.is_empty() || wanted == held;
        let labels = &app["metadata"]["labels"];
        is(&self.name, view.name())
            && is(&self.namespace, text(app, "/metadata/namespace"))
            && is(&self.repo, text(view.source(), "/repoURL"))
            && (self.projects.is_empty() || self.projects.iter().any(|project| project == view.project()))
            && self.selector.iter().all(|requirement| {
                let held = |label: &str| labels.get(label).and_then(Value::as_str);
                match requirement {
                    Requirement::In(label, values) => {
                        held(label).is_some_and(|v| values.iter().any(|w| w == v))
                    }
                    Requirement::NotIn(label, values) => {
                        held(label).is_none_or(|v| values.iter().all(|w| w != v))
                    }
                    Requirement::Exists(label) => held(label).is_some(),
                    Requirement::Missing(label) => held(label).is_none(),
                }
            })
    }
}

/// Reads a label selector: `a=b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, joined by commas.
fn selector(text: &str) -> Result<Vec<Requirement>, Refusal> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    let words = |list: &str| {
        list.trim_matches(['(', ')', ' ']).split(',').map(|word| word.trim().to_owned()).collect::<Vec<_>>()
    };
    let mut requirements = Vec::new();
    for part in parts.into_iter().map(str::trim).filter(|part| !part.is_empty()) {
        requirements.push(if let Some((label, list)) = part.split_once(" notin ") {
            Requirement::NotIn(label.trim().to_owned(), words(list))
        } else if let Some((label, list)) = part.split_once(" in ") {
            Requirement::In(label.trim().to_owned(), words(list))
        } else if let Some((label, value)) = part.split_once("!=") {
            Requirement::NotIn(label.trim().to_owned(), words(value))
        } else if let Some((label, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
            Requirement::In(label.trim().to_owned(), words(value))
        } else if let Some(label) = part.strip_prefix('!') {
            Requirement::Missing(label.trim().to_owned())
        } else if part.contains(char::is_whitespace) {
            return Err(Refusal::unknown(format!(
                "error parsing the selector: unable to parse requirement: {part}"
            )));
        } else {
            Requirement::Exists(part.to_owned())
        });
    }
    Ok(requirements)
}

/// `ApplicationService/List`.
pub(super) fn all(ctx: &Ctx, request: &Value) -> Answer {
    let filter = Filter::of(request)?;
    let (apps, version) = ctx.env().cluster.list_at(known::APPLICATIONS, None);
    let mine = ctx.may("applications", "get");
    let items = apps.iter().filter(|app| mine && filter.passes(app)).map(|app| shown(app)).collect();
    Ok(list(json!({ "resourceVersion": version.to_string() }), items))
}

/// The application as it is shown, with the health of its resources from the tree.
pub(super) fn with_health(ctx: &Ctx, app: &Value) -> Value {
    let mut app_shown = shown(app);
    let view = View(app);
    if text(app, "/status/resourceHealthSource") != "appTree" {
        return app_shown;
    }
    let nodes = ctx.api.argo.compared(view.name()).map(|held| nodes_of(ctx.env(), &held)).unwrap_or_default();
    let fields = ["/group", "/kind", "/namespace", "/name"];
    for row in app_shown["status"]["resources"].as_array_mut().into_iter().flatten() {
        let node = nodes.iter().find(|node| fields.iter().all(|field| text(node, field) == text(row, field)));
        if let Some(health) = node.and_then(|node| node.get("health")) {
            set(row, "health", health.clone());
        }
    }
    app_shown
}

/// `ApplicationService/Get`; with `refresh` it waits until the controller has compared anew.
pub(super) fn get(ctx: Ctx, request: Value) -> BoxFuture<'static, Answer> {
    async move {
        let app = ctx.app(&request, "name", "get")?;
        let Some(refresh) = request["refresh"].as_str() else { return Ok(with_health(&ctx, &app)) };
        let name = View(&app).name().to_owned();
        let cluster = Arc::clone(&ctx.api.env.cluster);
        let mut watch = cluster.watch(known::APPLICATIONS, None)?;
        let how = if refresh == "hard" { "hard" } else { "normal" };
        cluster.modify(known::APPLICATIONS, NAMESPACE, &name, |app| {
            if !app["metadata"]["annotations"].is_object() {
                set(&mut app["metadata"], "annotations", json!({}));
            }
            set(&mut app["metadata"]["annotations"], REFRESH, json!(how));
            set(&mut app["metadata"]["annotations"], "argocd.argoproj.io/hydrate", json!("normal"));
        })?;
        let done = async {
            loop {
                for event in watch.next().await? {
                    if View(&event.object).name() == name && View(&event.object).annotation(REFRESH).is_none()
                    {
                        return Ok::<_, ApiError>(event.object);
                    }
                }
            }
        };
        match tokio::time::timeout(REFRESH_LIMIT, done).await {
            Ok(app) => Ok(with_health(&ctx, &*app?)),
            Err(_) => Err(Refusal::unknown("application refresh deadline exceeded")),
        }
    }
    .boxed()
}

/// `ApplicationService/Watch`: every application first, unless a version is given, then every change. One asked for by
/// name comes first in any case, if it is of that version or later: who waits for an operation must not miss its end.
pub(super) fn watch(ctx: Ctx, request: Value) -> Result<Events, Refusal> {
    let filter = Filter::of(&request)?;
    let after: u64 =
        request["resourceVersion"].as_str().and_then(|version| version.parse().ok()).unwrap_or(0);
    let cluster = Arc::clone(&ctx.api.env.cluster);
    let (apps, version) = cluster.list_at(known::APPLICATIONS, None);
    let subscription = cluster.watch(known::APPLICATIONS, Some(version))?;
    let mine = ctx.may("applications", "get");
    let mut first = Vec::new();
    let named = request["name"].as_str().is_some_and(|name| !name.is_empty());
    if after == 0 || named {
        let since =
            |app: &Value| text(app, "/metadata/resourceVersion").parse().is_ok_and(|v: u64| v >= after);
        let passing = apps.iter().filter(|app| mine && filter.passes(app) && since(app));
        first
            .extend(passing.map(|app| Ok(json!({ "type": "ADDED", "application": with_health(&ctx, app) }))));
    }
    let state = (ctx, filter, subscription);
    let changes = stream::unfold(state, move |(ctx, filter, mut subscription)| async move {
        let events = subscription.next().await.ok()?;
        let wanted = |event: &&WatchEvent| mine && event.version > after && filter.passes(&event.object);
        let items: Vec<Answer> = events
            .iter()
            .filter(wanted)
            .map(|event| {
                Ok(json!({ "type": event.change.name(), "application": with_health(&ctx, &event.object) }))
            })
            .collect();
        Some((stream::iter(items), (ctx, filter, subscription)))
    });
    Ok(stream::iter(first).chain(changes.flatten()).boxed())
}

/// Checks what the spec of an application refers to; in the real server's words.
fn validate(ctx: &Ctx, app: &Value) -> Result<(), Refusal> {
    let view = View(app);
    let project = ctx.project(view)?;
    if let Some(why) = destination_error(app) {
        return Err(Refusal::invalid(format!(
            "application destination spec for {} is invalid: {why}",
            view.name()
        )));
    }
    let spec_of = |list: &str| project["spec"][list].as_array().cloned().unwrap_or_default();
    let repo = text(view.source(), "/repoURL");
    if !spec_of("sourceRepos").iter().any(|held| glob(held.as_str().unwrap_or_default(), repo)) {
        let why = format!("application repo {repo} is not permitted in project '{}'", view.project());
        return Err(Refusal::invalid(format!(
            "application spec for {} is invalid: InvalidSpecError: {why}",
            view.name()
        )));
    }
    let (server, namespace) = (text(app, "/spec/destination/server"), view.dest_namespace());
    let server = if server.is_empty() { crate::sim::argocd::IN_CLUSTER } else { server };
    let permits = |held: &Value| {
        let by_server = glob(text(held, "/server"), server) || held["name"] == "in-cluster";
        by_server && glob(text(held, "/namespace"), namespace)
    };
    if !spec_of("destinations").iter().any(permits) {
        let why = format!(
            "application destination server '{server}' and namespace '{namespace}' do not match any of the allowed \
             destinations in project '{}'",
            view.project()
        );
        return Err(Refusal::invalid(format!(
            "application spec for {} is invalid: InvalidSpecError: {why}",
            view.name()
        )));
    }
    Ok(())
}

/// A spec as Go would keep it: no project means `default`, an empty sync policy none.
fn normalize(app: &mut Value) {
    if text(app, "/spec/project").is_empty() {
        set(&mut app["spec"], "project", json!("default"));
    }
    let policy = app["spec"].get("syncPolicy").and_then(Value::as_object);
    if policy.is_some_and(serde_json::Map::is_empty) {
        set(&mut app["spec"], "syncPolicy", Value::Null);
    }
}

/// `ApplicationService/Create`.
pub(super) fn create(ctx: &Ctx, request: &Value) -> Answer {
    let mut app = request["application"].clone();
    if !app["metadata"].is_object() || !app["spec"].is_object() {
        return Err(Refusal::invalid("invalid application: metadata and spec are required"));
    }
    normalize(&mut app);
    ctx.enforce("applications", "create", &View(&app).rbac_name())?;
    if request["validate"] != false {
        validate(ctx, &app)?;
    }
    let cluster = &ctx.env().cluster;
    let name = View(&app).name().to_owned();
    if let Ok(existing) = cluster.get(known::APPLICATIONS, NAMESPACE, &name) {
        if existing["spec"] == app["spec"] {
            return Ok(shown(&existing));
        }
        if request["upsert"] != true {
            let why = "existing application spec is different, use upsert flag to force update";
            return Err(Refusal::invalid(why));
        }
        ctx.enforce("applications", "update", &View(&existing).rbac_name())?;
        return replace(ctx, &name, &app, true);
    }
    set(&mut app["metadata"], "namespace", json!(NAMESPACE));
    let mut object = json!({ "apiVersion": "argoproj.io/v1alpha1", "kind": "Application" });
    for field in ["metadata", "spec", "operation"] {
        set(&mut object, field, app.get(field).cloned().unwrap_or_default());
    }
    let made = cluster.create(known::APPLICATIONS, object, false)?;
    event(
        ctx.env(),
        &made,
        "argocd-server",
        "ResourceCreated",
        false,
        &format!("{} created application", ctx.username()),
    );
    Ok(shown(&made))
}

/// Writes what a client may change of an application: spec, labels, annotations, finalizers.
fn replace(ctx: &Ctx, name: &str, wanted: &Value, merge: bool) -> Answer {
    let stored = ctx.env().cluster.modify(known::APPLICATIONS, NAMESPACE, name, |app| {
        app["spec"] = wanted["spec"].clone();
        for field in ["labels", "annotations"] {
            let mut next = wanted["metadata"].get(field).cloned().unwrap_or_default();
            if merge && let Some(held) = app["metadata"].get(field) {
                let mut merged = held.clone();
                if next.is_object() {
                    patch::merge(&mut merged, &next);
                }
                next = merged;
            }
            set(&mut app["metadata"], field, next);
        }
        set(
            &mut app["metadata"],
            "finalizers",
            wanted["metadata"].get("finalizers").cloned().unwrap_or_default(),
        );
    })?;
    let message = format!("{} updated application spec", ctx.username());
    event(ctx.env(), &stored, "argocd-server", "ResourceUpdated", false, &message);
    Ok(shown(&stored))
}

/// Checks a changed application and writes it.
fn update_to(ctx: &Ctx, existing: &Value, mut wanted: Value, check: bool, merge: bool) -> Answer {
    normalize(&mut wanted);
    let view = View(existing);
    ctx.enforce("applications", "update", &view.rbac_name())?;
    if View(&wanted).project() != view.project() {
        ctx.enforce("applications", "create", &View(&wanted).rbac_name())?;
    }
    if check {
        validate(ctx, &wanted)?;
    }
    replace(ctx, view.name(), &wanted, merge)
}

/// `ApplicationService/Update`.
pub(super) fn update(ctx: &Ctx, request: &Value) -> Answer {
    let wanted = request["application"].clone();
    let named = json!({ "name": wanted["metadata"]["name"], "project": request["project"] });
    let existing = ctx.app(&named, "name", "get")?;
    update_to(ctx, &existing, wanted, request["validate"] != false, false)
}

/// `ApplicationService/UpdateSpec`; answers the spec.
pub(super) fn update_spec(ctx: &Ctx, request: &Value) -> Answer {
    if !request["spec"].is_object() {
        return Err(Refusal::invalid("error updating application spec: spec is nil in request"));
    }
    let existing = ctx.app(request, "name", "get")?;
    let mut wanted = Value::clone(&existing);
    wanted["spec"] = request["spec"].clone();
    let updated = update_to(ctx, &existing, wanted, request["validate"] != false, false)?;
    Ok(updated["spec"].clone())
}

/// `ApplicationService/Patch`; there is no optimistic lock.
pub(super) fn patch(ctx: &Ctx, request: &Value) -> Answer {
    let existing = ctx.app(request, "name", "get")?;
    ctx.enforce("applications", "update", &View(&existing).rbac_name())?;
    let body = request["patch"].as_str().unwrap_or_default();
    let parsed = serde_json::from_str::<Value>(body);
    let mut wanted = Value::clone(&existing);
    match request["patchType"].as_str().unwrap_or_default() {
        "json" | "" => {
            let parsed = parsed.map_err(|e| Refusal::unknown(format!("error decoding json patch: {e}")))?;
            patch::apply(&mut wanted, &parsed).map_err(Refusal::unknown)?;
        }
        "merge" => {
            let parsed =
                parsed.map_err(|_| Refusal::unknown("error calculating merge patch: Invalid JSON Patch"))?;
            patch::merge(&mut wanted, &parsed);
        }
        other => return Err(Refusal::invalid(format!("Patch type '{other}' is not supported"))),
    }
    update_to(ctx, &existing, wanted, true, false)
}

/// `ApplicationService/Delete`; cascading takes the resources along.
pub(super) fn delete(ctx: &Ctx, request: &Value) -> Answer {
    let existing = ctx.app(request, "name", "get")?;
    let view = View(&existing);
    ctx.enforce("applications", "delete", &view.rbac_name())?;
    let cascade = request["cascade"] != false;
    let cluster = &ctx.env().cluster;
    cluster.modify(known::APPLICATIONS, NAMESPACE, view.name(), |app| {
        let held = app["metadata"].get("finalizers").and_then(Value::as_array).cloned().unwrap_or_default();
        let is_ours = |f: &Value| f.as_str().is_some_and(|f| f.starts_with(FINALIZER));
        let mut next: Vec<Value> = held.iter().filter(|f| cascade || !is_ours(f)).cloned().collect();
        if cascade && !next.iter().any(is_ours) {
            next.push(json!(FINALIZER));
        }
        set(&mut app["metadata"], "finalizers", if next.is_empty() { Value::Null } else { json!(next) });
    })?;
    cluster.delete(known::APPLICATIONS, NAMESPACE, view.name(), &Deletion::default())?;
    let message = format!("{} deleted application", ctx.username());
    event(ctx.env(), &existing, "argocd-server", "ResourceDeleted", false, &message);
    Ok(json!({}))
}
