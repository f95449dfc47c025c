//! One step of a sync: a resource or hook to apply, wait for or prune.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    LAST_APPLIED, Managed, TRACKING, View,
    compare::{self, has_option},
    diff, set, text,
};
use crate::{
    model::Time,
    sim::{
        Env,
        cluster::{ApiError, Deletion, Gr, Propagation, known},
    },
};

/// The phases of a sync in order.
pub(super) const PHASES: [&str; 4] = ["PreSync", "Sync", "PostSync", "SyncFail"];

/// The kinds that go before all others, in order; the rest follows by name.
const KINDS: [&str; 31] = [
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "AppProject",
    "Application",
];

/// A step of a sync and what has come of it so far.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) phase: &'static str,
    pub(super) hook: Option<&'static str>,
    pub(super) wave: i64,
    pub(super) resource: Managed,
    /// `Synced`, `SyncFailed`, `Pruned`, `PruneSkipped`; empty when not yet run.
    pub(super) status: String,
    /// `Running`, `Succeeded`, `Failed`; empty when not yet run.
    pub(super) outcome: String,
    pub(super) message: String,
}

impl Task {
    pub(super) fn new(phase: &'static str, hook: Option<&'static str>, resource: Managed) -> Self {
        let object = resource.target.as_ref().or(resource.live.as_deref());
        let wave = object.map_or(0, compare::wave);
        let wave = if resource.target.is_none() { -wave } else { wave };
        let (status, outcome, message) = Default::default();
        Self { phase, hook, wave, resource, status, outcome, message }
    }

    /// In which order tasks run: phase, wave, prunes first, kind, name.
    pub(super) fn order(&self) -> (usize, i64, bool, usize, String) {
        let phase = PHASES.iter().position(|held| *held == self.phase).unwrap_or(1);
        let kind = KINDS.iter().position(|held| *held == self.resource.kind).unwrap_or(KINDS.len());
        (phase, self.wave, !self.prunes(), kind, self.resource.name.clone())
    }

    pub(super) fn prunes(&self) -> bool {
        self.resource.target.is_none()
    }

    pub(super) fn pending(&self) -> bool {
        self.outcome.is_empty()
    }

    pub(super) fn running(&self) -> bool {
        self.outcome == "Running"
    }

    pub(super) fn failed(&self) -> bool {
        matches!(self.outcome.as_str(), "Failed" | "Error")
    }

    pub(super) fn done(&mut self, status: &str, outcome: &str, message: impl Into<String>) {
        status.clone_into(&mut self.status);
        outcome.clone_into(&mut self.outcome);
        self.message = message.into();
    }

    /// Whether this row of `syncResult.resources` is about it.
    pub(super) fn is(&self, row: &Value) -> bool {
        let m = &self.resource;
        row["kind"] == m.kind
            && text(row, "/group") == m.group
            && text(row, "/namespace") == m.namespace
            && row["name"] == m.name
            && row["syncPhase"] == self.phase
    }

    /// Its row in `syncResult.resources`.
    pub(super) fn row(&self) -> Value {
        let m = &self.resource;
        let mut row = json!({ "group": m.group, "version": m.version, "kind": m.kind, "namespace": m.namespace,
            "name": m.name });
        let filled = |value: &str| if value.is_empty() { Value::Null } else { json!(value) };
        set(&mut row, "status", filled(&self.status));
        set(&mut row, "message", filled(&self.message));
        set(&mut row, "hookType", self.hook.map_or(Value::Null, |hook| json!(hook)));
        set(&mut row, "hookPhase", filled(&self.outcome));
        set(&mut row, "syncPhase", json!(self.phase));
        let images = images(m.target.as_ref().or(m.live.as_deref()));
        if !images.is_empty() {
            set(&mut row, "images", json!(images));
        }
        row
    }

    /// Whether the hook is to be deleted when that happens: `BeforeHookCreation`, `HookSucceeded`, `HookFailed`.
    pub(super) fn deleted_on(&self, policy: &str) -> bool {
        let wanted = self.resource.annotation("argocd.argoproj.io/hook-delete-policy");
        if wanted.is_empty() { policy == "BeforeHookCreation" } else { has_option(wanted, policy) }
    }

    /// Deletes the live object.
    pub(super) fn delete_live(&self, env: &Env) {
        if let Some(gr) = self.resource.gr {
            let _ =
                env.cluster.delete(gr, &self.resource.namespace, &self.resource.name, &Deletion::default());
        }
    }
}

/// The images of a workload's containers.
fn images(object: Option<&Value>) -> Vec<&str> {
    let Some(object) = object else { return Vec::new() };
    let pointers = ["/spec/template/spec/containers", "/spec/jobTemplate/spec/template/spec/containers"];
    let lists = pointers.iter().filter_map(|pointer| object.pointer(pointer)).filter_map(Value::as_array);
    lists.flatten().map(|container| text(container, "/image")).filter(|image| !image.is_empty()).collect()
}

/// What a sync was told beside what to apply.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    pub(super) dry_run: bool,
    pub(super) prune: bool,
    pub(super) force: bool,
    pub(super) replace: bool,
    pub(super) orphan: bool,
}

impl Settings {
    pub(super) fn of(sync: &Value) -> Self {
        let option = |name: &str| View::option(&sync["syncOptions"], name);
        let strategy = &sync["syncStrategy"];
        Self {
            dry_run: sync["dryRun"] == true,
            prune: sync["prune"] == true,
            force: strategy["apply"]["force"] == true || strategy["hook"]["force"] == true,
            replace: option("Replace=true"),
            orphan: option("PrunePropagationPolicy=orphan"),
        }
    }
}

/// Runs one task: prunes or applies.
pub(super) fn run(env: &Env, task: &mut Task, settings: &Settings, rng: &mut fastrand::Rng) {
    let suffix = if settings.dry_run { " (dry run)" } else { "" };
    if task.prunes() {
        let options = task.resource.annotation("argocd.argoproj.io/sync-options");
        if !settings.prune {
            task.done("PruneSkipped", "Succeeded", format!("ignored (requires pruning){suffix}"));
        } else if has_option(options, "Prune=false") {
            task.done("PruneSkipped", "Succeeded", format!("ignored (no prune){suffix}"));
        } else {
            if !settings.dry_run
                && let Some(gr) = task.resource.gr
            {
                let propagation = if settings.orphan { Propagation::Orphan } else { Propagation::Background };
                let how = Deletion { propagation, ..Deletion::default() };
                let _ = env.cluster.delete(gr, &task.resource.namespace, &task.resource.name, &how);
            }
            task.done("Pruned", "Succeeded", format!("pruned{suffix}"));
        }
        return;
    }
    match apply(env, &task.resource, settings, rng) {
        Ok(message) => {
            let outcome = if settings.dry_run { "Succeeded" } else { "Running" };
            task.done("Synced", outcome, format!("{message}{suffix}"));
        }
        Err(why) => task.done("SyncFailed", "Failed", why),
    }
}

/// `deployment.apps/web`, as kubectl names an object.
fn title(resource: &Managed) -> String {
    let kind = resource.kind.to_lowercase();
    if resource.group.is_empty() {
        format!("{kind}/{}", resource.name)
    } else {
        format!("{kind}.{}/{}", resource.group, resource.name)
    }
}

fn apply(
    env: &Env,
    resource: &Managed,
    settings: &Settings,
    rng: &mut fastrand::Rng,
) -> Result<String, String> {
    let (group, kind) = (&resource.group, &resource.kind);
    let Some(gr) = resource.gr else {
        let (namespace, name) = (&resource.namespace, &resource.name);
        return Err(format!(
            "The Kubernetes API could not find {group}/{kind} for requested resource {namespace}/{name}. \
             Make sure the {kind:?} CRD is installed on the destination cluster."
        ));
    };
    let title = title(resource);
    let target = resource.target.as_ref().expect("a prune is not applied");
    let file = rng.u32(100_000_000..1_000_000_000);
    let Ok(live) = env.cluster.get(gr, &resource.namespace, &resource.name) else {
        let homeless = !resource.namespace.is_empty()
            && env.cluster.get(known::NAMESPACES, "", &resource.namespace).is_err();
        if homeless && !settings.dry_run {
            return Err(format!("namespaces {:?} not found", resource.namespace));
        }
        let mut object = target.clone();
        set_last_applied(&mut object, target);
        let made = env.cluster.create(gr, object, settings.dry_run);
        return made
            .map(|_| format!("{title} created"))
            .map_err(|error| format!("error when creating \"/dev/shm/{file}\": {}", error.message));
    };
    if let Some(field) = immutable_change(&live, target) {
        if settings.force && !settings.dry_run {
            let gone = env.cluster.delete(gr, &resource.namespace, &resource.name, &Deletion::default());
            let again = gone.and_then(|_| {
                let mut object = target.clone();
                set_last_applied(&mut object, target);
                env.cluster.create(gr, object, false)
            });
            return again.map(|_| format!("{title} configured. Warning: forced")).map_err(|e| e.message);
        }
        let named = if group.is_empty() { kind.clone() } else { format!("{kind}.{group}") };
        let pointer = format!("/{}", field.replace('.', "/"));
        let value = target.pointer(&pointer).cloned().unwrap_or_default();
        return Err(format!(
            "error when patching \"/dev/shm/{file}\": {named} {:?} is invalid: {field}: Invalid value: {value}: \
             field is immutable",
            resource.name
        ));
    }
    if settings.dry_run {
        return Ok(format!("{title} configured"));
    }
    let verb = write(env, resource, gr, target, settings.replace)
        .map_err(|error| format!("error when patching \"/dev/shm/{file}\": {}", error.message))?;
    Ok(format!("{title} {verb}"))
}

fn write(
    env: &Env,
    resource: &Managed,
    gr: Gr,
    target: &Value,
    replace: bool,
) -> Result<&'static str, ApiError> {
    let mut changed = false;
    env.cluster.modify(gr, &resource.namespace, &resource.name, |object| {
        let mut wanted = diff::predict(object, target);
        set_last_applied(&mut wanted, target);
        changed = wanted != *object;
        *object = wanted;
    })?;
    Ok(match (replace, changed) {
        (true, _) => "replaced",
        (false, true) => "configured",
        (false, false) => "unchanged",
    })
}

pub(super) fn set_last_applied(object: &mut Value, target: &Value) {
    let mut text = target.to_string();
    text.push('\n');
    if !object["metadata"]["annotations"].is_object() {
        set(&mut object["metadata"], "annotations", json!({}));
    }
    object["metadata"]["annotations"][LAST_APPLIED] = json!(text);
}

/// The immutable field that the target would change, if any.
fn immutable_change(live: &Value, target: &Value) -> Option<&'static str> {
    let fields: &[(&str, &str)] = match text(target, "/kind") {
        "Deployment" | "StatefulSet" | "DaemonSet" => &[("spec.selector", "/spec/selector")],
        "Job" => &[("spec.template", "/spec/template")],
        _ => &[],
    };
    let predicted = diff::predict(live, target);
    fields
        .iter()
        .find(|(_, pointer)| live.pointer(pointer) != predicted.pointer(pointer))
        .map(|(name, _)| *name)
}

/// Gives a hook without a fixed name the one that the real controller would.
pub(super) fn name_hook(app: View<'_>, hook: &mut Managed, phase: &str, revision: &str, started: Time) {
    let Some(target) = &mut hook.target else { return };
    let prefix = text(target, "/metadata/generateName").to_owned();
    if hook.name.is_empty() {
        let short = revision.get(..7).unwrap_or(revision);
        hook.name = format!("{prefix}{short}-{}-{}", phase.to_lowercase(), started.secs());
        set(&mut target["metadata"], "name", json!(hook.name));
        set(&mut target["metadata"], "generateName", Value::Null);
        let id = compare::tracking_id(app.name(), &hook.group, &hook.kind, &hook.namespace, &hook.name);
        target["metadata"]["annotations"][TRACKING] = json!(id);
    }
}

/// How long the controller waits between two waves.
pub(super) const WAVE_DELAY: Duration = Duration::from_secs(2);
