//! What git wants and what the cluster has: the comparison behind sync status, diff and sync.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{NAMESPACE, TRACKING, View, diff, health, set, text};
use crate::sim::{
    Env,
    cluster::{Gr, RESOURCES, known, of_kind},
    git::Git,
};

/// One resource of an application: wanted, live, or both.
#[derive(Clone, Debug)]
pub(crate) struct Managed {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// Where the cluster keeps it; none when it knows no such kind.
    pub(crate) gr: Option<Gr>,
    /// What git wants, with the tracking annotation; none when it is to be pruned.
    pub(crate) target: Option<Value>,
    /// What the cluster has.
    pub(crate) live: Option<Arc<Value>>,
    /// What the cluster would have after applying the target.
    pub(crate) predicted: Option<Value>,
    /// Whether live and predicted differ in what counts.
    pub(crate) modified: bool,
}

impl Managed {
    /// Whether it is as git wants it.
    pub(crate) fn synced(&self) -> bool {
        self.target.is_some() && self.live.is_some() && !self.modified
    }

    /// The annotation of that name on the live object, else on the wanted one.
    pub(crate) fn annotation(&self, name: &str) -> &str {
        let object = self.target.as_ref().or(self.live.as_deref());
        let found = object.and_then(|o| o["metadata"].get("annotations")).and_then(|a| a.get(name));
        found.and_then(Value::as_str).unwrap_or_default()
    }
}

/// An application compared with its cluster.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    /// The commit compared with.
    pub(crate) revision: String,
    /// The resources, by group, kind, namespace and name.
    pub(crate) managed: Vec<Managed>,
    /// The wanted hooks.
    pub(crate) hooks: Vec<Managed>,
    /// Why git could not be read, in the repo server's words.
    pub(crate) error: Option<String>,
}

impl Comparison {
    /// `Synced`, `OutOfSync` or `Unknown`.
    pub(crate) fn status(&self) -> &'static str {
        let counts = |m: &&Managed| {
            m.target.is_some()
                || !has_option(m.annotation("argocd.argoproj.io/compare-options"), "IgnoreExtraneous")
        };
        if self.error.is_some() {
            "Unknown"
        } else if self.managed.iter().filter(counts).all(Managed::synced) {
            "Synced"
        } else {
            "OutOfSync"
        }
    }

    /// The worst health of the resources.
    pub(crate) fn health(&self) -> &'static str {
        let mut worst = "Healthy";
        for resource in &self.managed {
            let status = match &resource.live {
                None if health::has_check(&resource.group, &resource.kind) => "Missing",
                None => continue,
                Some(live) => match health::of_object(live) {
                    Some(health) => health.status,
                    None => continue,
                },
            };
            if health::worse(worst, status) {
                worst = status;
            }
        }
        worst
    }

    /// `status.resources`.
    pub(crate) fn resources(&self) -> Value {
        let all = self.managed.iter().map(|m| {
            let mut row = Map::new();
            for (field, value) in [
                ("group", &m.group),
                ("version", &m.version),
                ("kind", &m.kind),
                ("namespace", &m.namespace),
                ("name", &m.name),
            ] {
                if !value.is_empty() {
                    row.insert(field.to_owned(), json!(value));
                }
            }
            let unknown = self.error.is_some();
            let status = if unknown {
                "Unknown"
            } else if m.synced() {
                "Synced"
            } else {
                "OutOfSync"
            };
            row.insert("status".to_owned(), json!(status));
            if m.target.is_none() && !unknown {
                row.insert("requiresPruning".to_owned(), json!(true));
            }
            let wave = m.target.as_ref().map_or(0, wave);
            if wave != 0 {
                row.insert("syncWave".to_owned(), json!(wave));
            }
            Value::Object(row)
        });
        Value::Array(all.collect())
    }
}

/// Whether a comma-separated list of options has that one.
pub(crate) fn has_option(list: &str, option: &str) -> bool {
    list.split(',').any(|held| held.trim() == option)
}

/// The sync wave of a manifest.
pub(crate) fn wave(manifest: &Value) -> i64 {
    annotation(manifest, "argocd.argoproj.io/sync-wave").parse().unwrap_or(0)
}

pub(super) fn annotation<'a>(object: &'a Value, name: &str) -> &'a str {
    let found = object["metadata"].get("annotations").and_then(|a| a.get(name));
    found.and_then(Value::as_str).unwrap_or_default()
}

/// The tracking id that an application's object carries.
pub(crate) fn tracking_id(app: &str, group: &str, kind: &str, namespace: &str, name: &str) -> String {
    format!("{app}:{group}/{kind}:{namespace}/{name}")
}

/// The manifests of a source at a commit, as the repo server makes them; its words when it cannot.
pub(crate) fn manifests(git: &Git, source: &Value, revision: &str) -> Result<Vec<Value>, String> {
    let path = text(source, "/path").trim_matches('/');
    if git.show(revision).is_none() {
        return Err(format!("unable to resolve '{revision}' to a commit SHA"));
    }
    let found = git.manifests(revision, path).ok_or_else(|| format!("{path}: app path does not exist"))?;
    match found
        .iter()
        .find(|m| text(m, "/kind").is_empty() || text(m, "/metadata/name").is_empty() && !is_hook(m))
    {
        Some(bad) if text(bad, "/kind").is_empty() => {
            let why = format!("Object 'Kind' is missing in '{bad}'");
            Err(format!("Failed to unmarshal \"manifests.yaml\": failed to unmarshal manifest: {why}"))
        }
        Some(bad) => Err(format!("{} without a name in {path}", text(bad, "/kind"))),
        None => Ok(found),
    }
}

/// Whether a manifest is a hook and not an ordinary resource.
pub(crate) fn is_hook(manifest: &Value) -> bool {
    !annotation(manifest, "argocd.argoproj.io/hook").is_empty()
}

/// Compares an application with its cluster at a commit of its source (or of `source`, for a rollback).
pub(crate) fn compare(env: &Env, git: &Git, app: View<'_>, source: &Value, revision: &str) -> Comparison {
    let mut comparison = Comparison { revision: revision.to_owned(), ..Comparison::default() };
    let wanted = match manifests(git, source, revision) {
        Ok(wanted) => wanted,
        Err(why) => {
            let why = format!(
                "Failed to load target state: failed to generate manifest for source 1 of 1: \
                 rpc error: code = Unknown desc = {why}"
            );
            comparison.error = Some(why);
            Vec::new()
        }
    };
    for manifest in wanted {
        let hook = is_hook(&manifest);
        let target = managed(env, app, manifest);
        if hook {
            comparison.hooks.push(target);
        } else {
            comparison.managed.push(target);
        }
    }
    add_tracked(env, app, &mut comparison);
    comparison.managed.sort_by(|a, b| {
        (&a.group, &a.kind, &a.namespace, &a.name).cmp(&(&b.group, &b.kind, &b.namespace, &b.name))
    });
    comparison
}

/// A wanted object beside the live one.
fn managed(env: &Env, app: View<'_>, mut target: Value) -> Managed {
    let (group, version) = match text(&target, "/apiVersion").rsplit_once('/') {
        Some((group, version)) => (group.to_owned(), version.to_owned()),
        None => (String::new(), text(&target, "/apiVersion").to_owned()),
    };
    let kind = text(&target, "/kind").to_owned();
    let resource = of_kind(&group, &kind);
    let namespaced = resource.is_none_or(|r| r.namespaced);
    let namespace = match text(&target, "/metadata/namespace") {
        _ if !namespaced => String::new(),
        "" => app.dest_namespace().to_owned(),
        namespace => namespace.to_owned(),
    };
    let name = text(&target, "/metadata/name").to_owned();
    diff::stored_form(&mut target);
    if namespaced {
        set(&mut target["metadata"], "namespace", json!(namespace));
    }
    let id = tracking_id(app.name(), &group, &kind, &namespace, &name);
    if !target["metadata"]["annotations"].is_object() {
        set(&mut target["metadata"], "annotations", json!({}));
    }
    set(&mut target["metadata"]["annotations"], TRACKING, json!(id));
    let live = resource.and_then(|r| env.cluster.get(r.stored, &namespace, &name).ok());
    let predicted = live.as_deref().map_or_else(|| target.clone(), |live| diff::predict(live, &target));
    let ignored = diff::ignored(app.0, &group, &kind, &namespace, &name);
    let modified = live.as_deref().is_none_or(|live| diff::differs(live, &predicted, &ignored));
    Managed {
        group,
        version,
        kind,
        namespace,
        name,
        gr: resource.map(|r| r.stored),
        target: Some(target),
        live,
        predicted: Some(predicted),
        modified,
    }
}

/// Adds what the cluster has under the application's tracking id and git does not want.
fn add_tracked(env: &Env, app: View<'_>, comparison: &mut Comparison) {
    let prefix = format!("{}:", app.name());
    for resource in RESOURCES {
        let skip = [known::PODS, known::EVENTS, known::REPLICA_SETS, known::NODES, known::LEASES];
        if skip.contains(&resource.stored) || resource.gr != resource.stored {
            continue;
        }
        for live in env.cluster.list(resource.gr, None) {
            let id = annotation(&live, TRACKING);
            if !id.starts_with(&prefix) || is_hook(&live) {
                continue;
            }
            let (namespace, name) = (text(&live, "/metadata/namespace"), text(&live, "/metadata/name"));
            let own = id == tracking_id(app.name(), resource.gr.group, resource.kind, namespace, name);
            let known = comparison
                .managed
                .iter()
                .any(|m| m.gr == Some(resource.gr) && m.namespace == namespace && m.name == name);
            let itself = resource.gr == known::APPLICATIONS && namespace == NAMESPACE && name == app.name();
            if !own || known || itself {
                continue;
            }
            comparison.managed.push(Managed {
                group: resource.gr.group.to_owned(),
                version: resource.version.to_owned(),
                kind: resource.kind.to_owned(),
                namespace: namespace.to_owned(),
                name: name.to_owned(),
                gr: Some(resource.gr),
                target: None,
                live: Some(Arc::clone(&live)),
                predicted: None,
                modified: false,
            });
        }
    }
}
