//! The application-set controller: makes applications from a template and puts back what others change in them.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{Argo, FINALIZER, NAMESPACE, diff, set, text, window::glob};
use crate::{
    model::Time,
    sim::{
        Controller, Env,
        cluster::{Deletion, known},
    },
};

/// How long after a change of an application its set is looked at again.
const SETTLE: Duration = Duration::from_secs(1);
/// How often git generators are read anew (`requeueAfterSeconds`).
const REQUEUE: Duration = Duration::from_secs(180);

/// The values that one generated application is made from.
type Parameters = BTreeMap<String, String>;

/// The controller of one environment's application sets.
pub(super) struct ApplicationSets {
    argo: Arc<Argo>,
    /// The versions of sets and their applications when last looked at.
    seen: u64,
    due: Option<Time>,
    requeue: Time,
}

impl ApplicationSets {
    pub(super) fn new(argo: Arc<Argo>) -> Self {
        Self { argo, seen: 0, due: Some(Time::default()), requeue: Time::default() }
    }
}

/// Changes with every set and with the spec of every application.
fn print(env: &Env) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hash = DefaultHasher::new();
    for set in env.cluster.list(known::APPLICATION_SETS, Some(NAMESPACE)) {
        set["spec"].to_string().hash(&mut hash);
    }
    for app in env.cluster.list(known::APPLICATIONS, Some(NAMESPACE)) {
        text(&app, "/metadata/name").hash(&mut hash);
        app["spec"].to_string().hash(&mut hash);
    }
    hash.finish()
}

impl Controller for ApplicationSets {
    fn reconcile(&mut self, env: &Env, now: Time, _: &mut fastrand::Rng) {
        let sets = env.cluster.list(known::APPLICATION_SETS, Some(NAMESPACE));
        if sets.is_empty() {
            return;
        }
        let print_now = print(env);
        if print_now != self.seen {
            self.seen = print_now;
            self.due.get_or_insert(now.plus(SETTLE));
        }
        if self.due.is_none_or(|at| now < at) && now < self.requeue {
            return;
        }
        self.due = None;
        self.requeue = now.plus(REQUEUE);
        for set in sets {
            reconcile(env, &self.argo, &set, now);
        }
        self.seen = print(env);
    }
}

fn reconcile(env: &Env, argo: &Argo, set: &Value, now: Time) {
    let name = text(set, "/metadata/name");
    let wanted: Result<Vec<Value>, String> = parameters(argo, set)
        .map(|all| all.iter().map(|parameters| render(&set["spec"]["template"], parameters)).collect());
    let (status, reason, message) = match &wanted {
        Ok(apps) => {
            let names: Vec<&str> = apps.iter().map(|app| text(app, "/metadata/name")).collect();
            remove_others(env, set, &names);
            for app in apps {
                put(env, set, app);
            }
            let message = "All applications have been generated successfully".to_owned();
            (false, "ApplicationSetUpToDate", message)
        }
        Err(why) => (true, "ApplicationGenerationFromParamsError", why.clone()),
    };
    let text_of = |flag: bool| if flag { "True" } else { "False" };
    let condition = |kind: &str, flag: bool| {
        json!({ "type": kind, "message": message, "lastTransitionTime": now.rfc3339(), "status": text_of(flag),
            "reason": reason })
    };
    let conditions = json!([
        condition("ErrorOccurred", status),
        condition("ParametersGenerated", !status),
        condition("ResourcesUpToDate", !status)
    ]);
    let _ = env.cluster.modify(known::APPLICATION_SETS, NAMESPACE, name, |set| {
        let same = set["status"]["conditions"][0]["message"] == conditions[0]["message"];
        if !same {
            set["status"] = json!({ "conditions": conditions });
        }
    });
}

/// The values for each application, from the generators.
fn parameters(argo: &Argo, set: &Value) -> Result<Vec<Parameters>, String> {
    let mut all = Vec::new();
    for generator in set["spec"]["generators"].as_array().into_iter().flatten() {
        if let Some(elements) = generator.pointer("/list/elements").and_then(Value::as_array) {
            all.extend(elements.iter().map(flatten));
        } else if let Some(git) = generator.get("git") {
            all.extend(git_directories(argo, git));
        } else {
            let kinds: Vec<&String> =
                generator.as_object().into_iter().flatten().map(|(kind, _)| kind).collect();
            return Err(format!(
                "the generator {kinds:?} is not supported here; list and git directories are"
            ));
        }
    }
    Ok(all)
}

fn flatten(element: &Value) -> Parameters {
    let value = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    element.as_object().into_iter().flatten().map(|(name, v)| (name.clone(), value(v))).collect()
}

fn git_directories(argo: &Argo, git: &Value) -> Vec<Parameters> {
    let wanted: Vec<(&str, bool)> = git["directories"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|directory| (text(directory, "/path"), directory["exclude"] == true))
        .collect();
    let matches = |path: &str, exclude: bool| {
        wanted.iter().any(|(pattern, out)| {
            *out == exclude && glob(pattern, path) && pattern.split('/').count() == path.split('/').count()
        })
    };
    let paths = argo.git.paths(text(git, "/revision"));
    let paths = paths.into_iter().filter(|path| matches(path, false) && !matches(path, true));
    let of = |path: String| {
        let base = path.rsplit('/').next().unwrap_or_default().to_owned();
        let mut parameters = Parameters::from([("path.basename".to_owned(), base)]);
        for (at, segment) in path.split('/').enumerate() {
            parameters.insert(format!("path[{at}]"), segment.to_owned());
        }
        parameters.insert("path".to_owned(), path.clone());
        parameters.insert("path.path".to_owned(), path);
        parameters
    };
    paths.map(of).collect()
}

/// The template with `{{name}}` and `{{.name}}` filled in.
fn render(template: &Value, parameters: &Parameters) -> Value {
    match template {
        Value::String(text) => {
            let mut out = String::new();
            let mut rest = text.as_str();
            while let Some((before, after)) = rest.split_once("{{") {
                out.push_str(before);
                let Some((name, left)) = after.split_once("}}") else {
                    out.push_str("{{");
                    rest = after;
                    continue;
                };
                let name = name.trim().trim_start_matches('.');
                match parameters.get(name) {
                    Some(value) => out.push_str(value),
                    None => out.extend(["{{", name, "}}"]),
                }
                rest = left;
            }
            out.push_str(rest);
            Value::String(out)
        }
        Value::Array(list) => list.iter().map(|item| render(item, parameters)).collect(),
        Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), render(v, parameters))).collect(),
        other => other.clone(),
    }
}

fn owned_by(app: &Value, set: &Value) -> bool {
    let owners = app["metadata"].get("ownerReferences").and_then(Value::as_array);
    owners.into_iter().flatten().any(|owner| owner["uid"] == set["metadata"]["uid"])
}

fn remove_others(env: &Env, set: &Value, wanted: &[&str]) {
    for app in env.cluster.list(known::APPLICATIONS, Some(NAMESPACE)) {
        let name = text(&app, "/metadata/name");
        if owned_by(&app, set) && !wanted.contains(&name) {
            let _ = env.cluster.delete(known::APPLICATIONS, NAMESPACE, name, &Deletion::default());
        }
    }
}

/// Creates an application or brings it back to what the template says.
fn put(env: &Env, set_object: &Value, wanted: &Value) {
    let name = text(wanted, "/metadata/name");
    let owner = json!([{
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "name": set_object["metadata"]["name"],
        "uid": set_object["metadata"]["uid"],
        "controller": true,
        "blockOwnerDeletion": true,
    }]);
    if env.cluster.get(known::APPLICATIONS, NAMESPACE, name).is_err() {
        let mut app = json!({ "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
            "metadata": { "name": name, "namespace": NAMESPACE } });
        for field in ["labels", "annotations"] {
            set(&mut app["metadata"], field, wanted["metadata"].get(field).cloned().unwrap_or_default());
        }
        set(&mut app["metadata"], "finalizers", json!([FINALIZER]));
        set(&mut app["metadata"], "ownerReferences", owner);
        set(&mut app, "spec", wanted["spec"].clone());
        let _ = env.cluster.create(known::APPLICATIONS, app, false);
        return;
    }
    let ignored = ignored_pointers(set_object, name);
    let _ = env.cluster.modify(known::APPLICATIONS, NAMESPACE, name, |app| {
        let mut next = json!({ "spec": wanted["spec"] });
        for pointer in &ignored {
            match app.pointer(pointer).cloned() {
                Some(kept) => put_at(&mut next, pointer, kept),
                None => diff::remove(&mut next, pointer),
            }
        }
        app["spec"] = next["spec"].take();
        for field in ["labels", "annotations"] {
            for (key, value) in wanted["metadata"].get(field).and_then(Value::as_object).into_iter().flatten()
            {
                app["metadata"][field][key] = value.clone();
            }
        }
        set(&mut app["metadata"], "ownerReferences", owner);
    });
}

fn put_at(object: &mut Value, pointer: &str, value: Value) {
    let mut at = object;
    for part in pointer.trim_start_matches('/').split('/') {
        if !at.is_object() && !at.is_null() {
            return;
        }
        at = &mut at[part.replace("~1", "/").replace("~0", "~")];
    }
    *at = value;
}

/// What the set leaves alone in an application: `spec.ignoreApplicationDifferences`.
fn ignored_pointers(set: &Value, app: &str) -> Vec<String> {
    let rules = set.pointer("/spec/ignoreApplicationDifferences").and_then(Value::as_array);
    let rules = rules
        .into_iter()
        .flatten()
        .filter(|rule| matches!(text(rule, "/name"), "" | "*") || rule["name"] == app);
    let pointers = rules.filter_map(|rule| rule.get("jsonPointers").and_then(Value::as_array)).flatten();
    pointers.filter_map(|pointer| pointer.as_str().map(str::to_owned)).collect()
}
