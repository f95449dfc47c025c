//! What an application manages: tree, live and wanted states, manifests, events, single objects and their actions.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use serde_json::{Value, json};

use super::{
    api::{Answer, Ctx, Events, Refusal, list, shown, sorted},
    patch,
};
use crate::sim::{
    argocd::{
        Comparison, TRACKING, View, app_tree, event, manifests as manifests_of, mask_secrets, set, text,
        tracking_id,
    },
    cluster::{Deletion, Propagation, known, of_kind},
};

/// How often a watched tree is looked at, in real time.
const TREE_PERIOD: Duration = Duration::from_millis(250);

/// Whether a row has what a `ResourcesQuery` asks for.
fn asked_for(request: &Value, row: &Value) -> bool {
    ["group", "version", "kind", "namespace", "name"].iter().all(|field| {
        let wanted = request[*field].as_str().unwrap_or_default();
        wanted.is_empty()
            || row.get(*field).is_none_or(|held| held == wanted)
                && (row.get(*field).is_some() || *field == "version")
    })
}

fn comparison(ctx: &Ctx, request: &Value) -> Result<(Arc<Value>, Arc<Comparison>), Refusal> {
    let app = ctx.app(request, "applicationName", "get")?;
    let comparison = ctx.api.comparison(View(&app));
    Ok((app, comparison))
}

/// `ApplicationService/ResourceTree`: always the whole tree, whatever else the query says.
pub(super) fn tree(ctx: &Ctx, request: &Value) -> Answer {
    let (_, comparison) = comparison(ctx, request)?;
    Ok(app_tree(ctx.env(), &comparison))
}

/// `ApplicationService/WatchResourceTree`: the tree whenever it has changed; nothing before that.
pub(super) fn watch_tree(ctx: Ctx, request: Value) -> Result<Events, Refusal> {
    let before = tree(&ctx, &request)?;
    let state = (ctx, request, before);
    let trees = stream::unfold(state, |(ctx, request, before)| async move {
        let mut seen = ctx.env().cluster.version();
        loop {
            tokio::time::sleep(TREE_PERIOD).await;
            let version = ctx.env().cluster.version();
            if version == seen {
                continue;
            }
            seen = version;
            match tree(&ctx, &request) {
                Ok(now) if now == before => {}
                Ok(now) => return Some((Ok(now.clone()), (ctx, request, now))),
                Err(_) => return None,
            }
        }
    });
    Ok(trees.boxed())
}

/// `ApplicationService/ManagedResources`: the states are JSON inside strings, `"null"` where there is none.
pub(super) fn managed(ctx: &Ctx, request: &Value) -> Answer {
    let (_, comparison) = comparison(ctx, request)?;
    let mut items = Vec::new();
    for held in &comparison.managed {
        let live = held.live.as_deref().map(without_managed_fields);
        let predicted = held.predicted.as_ref().map(without_managed_fields);
        let mut states = [held.target.clone(), live.clone(), live.map(normalized), predicted.map(normalized)];
        if held.kind == "Secret" && held.group.is_empty() {
            mask_secrets(&mut states);
        }
        let [target, live, compared, predicted] =
            states.map(|state| state.map_or_else(|| "null".to_owned(), |state| sorted(&state).to_string()));
        let mut row = json!({});
        for (field, value) in [
            ("group", &held.group),
            ("kind", &held.kind),
            ("namespace", &held.namespace),
            ("name", &held.name),
            ("targetState", &target),
            ("liveState", &live),
            ("normalizedLiveState", &compared),
            ("predictedLiveState", &predicted),
        ] {
            if !value.is_empty() {
                set(&mut row, field, json!(value));
            }
        }
        if let Some(live) = &held.live {
            set(&mut row, "resourceVersion", live["metadata"]["resourceVersion"].clone());
        }
        if !held.synced() && held.target.is_some() {
            set(&mut row, "modified", json!(true));
        }
        if asked_for(request, &row) {
            items.push(row);
        }
    }
    Ok(if items.is_empty() { json!({}) } else { json!({ "items": items }) })
}

fn without_managed_fields(object: &Value) -> Value {
    let mut object = object.clone();
    set(&mut object["metadata"], "managedFields", Value::Null);
    object
}

/// As it is compared: `normalizedLiveState` and `predictedLiveState` tell neither its status nor when it was made.
fn normalized(mut object: Value) -> Value {
    set(&mut object["metadata"], "creationTimestamp", Value::Null);
    set(&mut object, "status", Value::Null);
    object
}

/// `ApplicationService/ServerSideDiff`: what a server-side dry run would change.
pub(super) fn server_side_diff(ctx: &Ctx, request: &Value) -> Answer {
    let app = ctx.app(request, "appName", "get")?;
    let comparison = ctx.api.comparison(View(&app));
    let mut items = Vec::new();
    for held in comparison.managed.iter().filter(|held| held.modified) {
        let state = |value: Option<&Value>| {
            value.map_or_else(|| "null".to_owned(), |value| sorted(value).to_string())
        };
        items.push(json!({ "group": held.group, "kind": held.kind, "namespace": held.namespace, "name": held.name,
            "targetState": state(held.predicted.as_ref()), "liveState": state(held.live.as_deref()), "modified": true }));
    }
    let modified = !items.is_empty();
    let mut answer = json!({});
    if modified {
        set(&mut answer, "items", Value::Array(items));
    }
    set(&mut answer, "modified", json!(modified));
    Ok(answer)
}

/// `ApplicationService/GetManifests`: what git says at a revision, with the tracking annotations.
pub(super) fn manifests(ctx: &Ctx, request: &Value) -> Answer {
    let app = ctx.app(request, "name", "get")?;
    let view = View(&app);
    let asked = match text(request, "/revision") {
        "" => view.target_revision(),
        revision => revision,
    };
    let git = &ctx.api.argo.git;
    let revision = git.resolve(asked).unwrap_or_else(|| asked.to_owned());
    let found = manifests_of(git, view.source(), &revision).map_err(|why| {
        Refusal::unknown(format!("error generating manifests: rpc error: code = Unknown desc = {why}"))
    })?;
    let tracked = found.into_iter().map(|mut manifest| {
        let api = text(&manifest, "/apiVersion").to_owned();
        let group = api.rsplit_once('/').map_or("", |(group, _)| group);
        let kind = text(&manifest, "/kind").to_owned();
        let namespaced = of_kind(group, &kind).is_none_or(|resource| resource.namespaced);
        let namespace = match text(&manifest, "/metadata/namespace") {
            _ if !namespaced => String::new(),
            "" => view.dest_namespace().to_owned(),
            namespace => namespace.to_owned(),
        };
        let id = tracking_id(view.name(), group, &kind, &namespace, text(&manifest, "/metadata/name"));
        if !manifest["metadata"]["annotations"].is_object() {
            set(&mut manifest["metadata"], "annotations", json!({}));
        }
        set(&mut manifest["metadata"]["annotations"], TRACKING, json!(id));
        let mut masked = [Some(manifest)];
        if kind == "Secret" && group.is_empty() {
            mask_secrets(&mut masked);
        }
        let [manifest] = masked;
        json!(sorted(&manifest.unwrap_or_default()).to_string())
    });
    Ok(json!({ "manifests": tracked.collect::<Vec<_>>() }))
}

/// `ApplicationService/RevisionMetadata`: wants a whole SHA.
pub(super) fn revision(ctx: &Ctx, request: &Value) -> Answer {
    ctx.app(request, "name", "get")?;
    let revision = text(request, "/revision");
    if revision.len() != 40 || !revision.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Refusal::unknown(format!("revision {revision} must be resolved")));
    }
    let Some(commit) = ctx.api.argo.git.show(revision) else {
        return Err(Refusal::unknown(format!(
            "error acquiring repo lock: failed to initialize repository resources: rpc error: code = Internal desc = \
             Failed to checkout revision {revision}: `git fetch origin {revision} --tags --force --prune` failed exit \
             status 128: fatal: remote error: upload-pack: not our ref {revision}"
        )));
    };
    let mut answer =
        json!({ "author": format!("{} <{}>", commit.author, commit.email), "date": commit.date.rfc3339() });
    if !commit.tags.is_empty() {
        set(&mut answer, "tags", json!(commit.tags));
    }
    set(&mut answer, "message", json!(commit.message));
    Ok(answer)
}

/// `ApplicationService/ListResourceEvents`: of the application, or of one of its resources.
pub(super) fn events(ctx: &Ctx, request: &Value) -> Answer {
    let app = ctx.app(request, "name", "get")?;
    let field = |name: &str| request[name].as_str().unwrap_or_default();
    let (name, uid, namespace) = if field("resourceName").is_empty() && field("resourceUID").is_empty() {
        let meta = |field: &str| text(&app, field).to_owned();
        (meta("/metadata/name"), meta("/metadata/uid"), meta("/metadata/namespace"))
    } else {
        let name = field("resourceName");
        (name.to_owned(), field("resourceUID").to_owned(), field("resourceNamespace").to_owned())
    };
    let (all, version) = ctx.env().cluster.list_at(known::EVENTS, None);
    let about = |event: &&Arc<Value>| {
        let is = |wanted: &str, held: &str| wanted.is_empty() || wanted == held;
        let object = &event["involvedObject"];
        is(&name, text(object, "/name"))
            && is(&uid, text(object, "/uid"))
            && is(&namespace, text(object, "/namespace"))
    };
    let items = all.iter().filter(about).map(|event| shown(event)).collect();
    Ok(list(json!({ "resourceVersion": version.to_string() }), items))
}

/// `ApplicationService/ListLinks` and `ListResourceLinks`: none are configured.
pub(super) fn links(ctx: &Ctx, request: &Value) -> Answer {
    ctx.app(request, "name", "get")?;
    Ok(json!({}))
}

/// The live object that a request names, if the application's tree has it.
fn live(ctx: &Ctx, request: &Value, action: &str) -> Result<(Arc<Value>, Arc<Value>), Refusal> {
    let app = ctx.app(request, "name", action)?;
    let field = |name: &str| request[name].as_str().unwrap_or_default();
    let (kind, group, name) = (field("kind"), field("group"), field("resourceName"));
    let comparison = ctx.api.comparison(View(&app));
    let tree = app_tree(ctx.env(), &comparison);
    let in_tree = tree["nodes"].as_array().into_iter().flatten().find(|node| {
        text(node, "/group") == group
            && node["kind"] == kind
            && node["name"] == name
            && text(node, "/namespace") == field("namespace")
            && node.get("uid").is_some()
    });
    let object = in_tree.and_then(|_| {
        let resource = of_kind(group, kind)?;
        ctx.env().cluster.get(resource.stored, field("namespace"), name).ok()
    });
    let app_name = View(&app).name().to_owned();
    let missing =
        || Refusal::invalid(format!("{kind} {group} {name} not found as part of application {app_name}"));
    Ok((app, object.ok_or_else(missing)?))
}

/// `ApplicationService/GetResource`.
pub(super) fn resource(ctx: &Ctx, request: &Value) -> Answer {
    let (_, object) = live(ctx, request, "get")?;
    Ok(json!({ "manifest": shown_manifest(&object) }))
}

/// An object as JSON text, a Secret's values hidden.
fn shown_manifest(object: &Value) -> String {
    let mut masked = [Some(object.clone())];
    if object["kind"] == "Secret" && object["apiVersion"] == "v1" {
        mask_secrets(&mut masked);
    }
    let [object] = masked;
    sorted(&object.unwrap_or_default()).to_string()
}

/// `ApplicationService/PatchResource`.
pub(super) fn patch_resource(ctx: &Ctx, request: &Value) -> Answer {
    let (app, object) = live(ctx, request, "get")?;
    ctx.enforce("applications", "update", &View(&app).rbac_name())?;
    let parsed: Value = serde_json::from_str(text(request, "/patch"))
        .map_err(|error| Refusal::unknown(format!("error patching resource: {error}")))?;
    let mut wanted = Value::clone(&object);
    if parsed.is_array() {
        patch::apply(&mut wanted, &parsed).map_err(Refusal::unknown)?;
    } else {
        patch::merge(&mut wanted, &parsed);
    }
    let stored = write(ctx, &object, |held| *held = wanted)?;
    Ok(json!({ "manifest": shown_manifest(&stored) }))
}

fn write(ctx: &Ctx, object: &Value, change: impl FnOnce(&mut Value)) -> Result<Arc<Value>, Refusal> {
    let group = text(object, "/apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
    let resource = of_kind(group, text(object, "/kind")).ok_or_else(|| Refusal::unknown("unknown kind"))?;
    let (namespace, name) = (text(object, "/metadata/namespace"), text(object, "/metadata/name"));
    Ok(ctx.env().cluster.modify(resource.stored, namespace, name, change)?)
}

/// `ApplicationService/DeleteResource`.
pub(super) fn delete_resource(ctx: &Ctx, request: &Value) -> Answer {
    let (app, object) = live(ctx, request, "get")?;
    ctx.enforce("applications", "delete", &View(&app).rbac_name())?;
    let group = request["group"].as_str().unwrap_or_default();
    if let Some(resource) = of_kind(group, text(&object, "/kind")) {
        let propagation =
            if request["orphan"] == true { Propagation::Orphan } else { Propagation::Background };
        let grace = (request["force"] == true).then_some(0);
        let how = Deletion { grace, propagation, ..Deletion::default() };
        let (namespace, name) = (text(&object, "/metadata/namespace"), text(&object, "/metadata/name"));
        ctx.env().cluster.delete(resource.stored, namespace, name, &how)?;
    }
    Ok(json!({}))
}

/// The actions that an object offers: name, whether it is disabled, icon, parameters.
fn actions_of(object: &Value) -> Vec<Value> {
    let action = |name: &str, disabled: bool, icon: &str| {
        let mut row = json!({ "name": name });
        if disabled {
            set(&mut row, "disabled", json!(true));
        }
        set(&mut row, "iconClass", json!(format!("fa fa-fw fa-{icon}")));
        row
    };
    let scale = json!({ "name": "scale", "params": [{ "name": "replicas" }], "iconClass": "fa fa-fw fa-plus-circle" });
    let paused = object.pointer("/spec/paused") == Some(&Value::Bool(true));
    match text(object, "/kind") {
        "Deployment" => vec![
            action("resume", !paused, "play-circle"),
            scale,
            action("pause", paused, "pause-circle"),
            action("restart", false, "redo"),
        ],
        "StatefulSet" => vec![scale, action("restart", false, "redo")],
        "DaemonSet" => vec![action("restart", false, "redo")],
        "ExternalSecret" => vec![action("refresh", false, "sync")],
        _ => Vec::new(),
    }
}

/// `ApplicationService/ListResourceActions`.
pub(super) fn actions(ctx: &Ctx, request: &Value) -> Answer {
    let (_, object) = live(ctx, request, "get")?;
    let actions = actions_of(&object);
    Ok(if actions.is_empty() { json!({}) } else { json!({ "actions": actions }) })
}

/// `ApplicationService/RunResourceAction` and `RunResourceActionV2`.
pub(super) fn run_action(ctx: &Ctx, request: &Value) -> Answer {
    let field = |name: &str| request[name].as_str().unwrap_or_default();
    let action = field("action");
    let right = format!("action/{}/{}/{action}", field("group"), field("kind"));
    let (app, object) = live(ctx, request, &right)?;
    if !actions_of(&object).iter().any(|held| held["name"] == action) {
        return Err(Refusal::unknown("error getting Lua resource action: built-in script does not exist"));
    }
    let now = ctx.env().now().rfc3339();
    let replicas = request["resourceActionParameters"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|parameter| parameter["name"] == "replicas")
        .and_then(|parameter| text(parameter, "/value").parse::<u32>().ok());
    if action == "scale" && replicas.is_none() {
        return Err(Refusal::unknown("error executing Lua resource action: invalid number: replicas"));
    }
    write(ctx, &object, |object| match action {
        "restart" => {
            object["spec"]["template"]["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"] =
                json!(now);
        }
        "pause" => set(&mut object["spec"], "paused", json!(true)),
        "resume" => set(&mut object["spec"], "paused", Value::Null),
        "scale" => set(&mut object["spec"], "replicas", json!(replicas)),
        _ => object["metadata"]["annotations"]["force-sync"] = json!(now),
    })?;
    let (group, kind, name) = (field("group"), field("kind"), field("resourceName"));
    let message = format!("{} ran action {action} on resource {group}/{kind}/{name}", ctx.username());
    event(ctx.env(), &app, "argocd-server", "ResourceActionRan", false, &message);
    Ok(json!({}))
}
