//! A sync as it runs: windows, hooks, waves, results, retries, and how it ends.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    Argo, Comparison, NAMESPACE, View, compare, event, health, ordered_status, set,
    task::{self, PHASES, Settings, Task, WAVE_DELAY},
    text,
    window::{Windows, go_duration},
};
use crate::{
    model::Time,
    sim::{
        Env,
        cluster::{Deletion, known},
    },
};

/// How soon a running operation is looked at again.
const SOON: Duration = Duration::from_secs(1);

/// Takes up or goes on with the operation of an application; says when to look again, none when it has ended.
pub(super) fn advance(
    env: &Env,
    argo: &Argo,
    app: &Value,
    now: Time,
    rng: &mut fastrand::Rng,
) -> Option<Duration> {
    let view = View(app);
    let operation = view.operation()?;
    let held = view.operation_state().filter(|state| in_progress(state));
    let Some(held) = held else {
        let state = json!({ "operation": operation, "phase": "Running", "startedAt": now.rfc3339() });
        save(env, app, state, now);
        return Some(SOON);
    };
    let mut state = held.clone();
    let terminating = state["phase"] == "Terminating";
    if !terminating && !text(&state, "/finishedAt").is_empty() {
        let at = retry_at(&state, now);
        if now < at {
            return Some(at.since(now));
        }
        let attempt = state["retryCount"].as_i64().unwrap_or(0);
        set(&mut state, "message", json!(format!("Retrying operation. Attempt #{attempt}")));
        set(&mut state, "finishedAt", Value::Null);
        set(&mut state, "syncResult", Value::Null);
    }
    let again = sync(env, argo, view, &mut state, now, rng);
    let failed = matches!(text(&state, "/phase"), "Failed" | "Error");
    if failed && !terminating {
        let tried = state["retryCount"].as_i64().unwrap_or(0);
        let limit = state["operation"]["retry"]["limit"].as_i64().unwrap_or(0);
        let message = text(&state, "/message").to_owned();
        if limit < 0 || tried < limit {
            set(&mut state, "phase", json!("Running"));
            set(&mut state, "finishedAt", json!(now.rfc3339()));
            let at = retry_at(&state, now);
            set(&mut state, "retryCount", json!(tried + 1));
            let clock = at.timestamp().strftime("%-I:%M%p").to_string();
            let message = format!("{message}. Retrying attempt #{} at {clock}.", tried + 1);
            set(&mut state, "message", json!(message));
            save(env, app, state, now);
            return Some(at.since(now));
        }
        if tried > 0 {
            set(&mut state, "message", json!(format!("{message} (retried {tried} times).")));
        }
    }
    let ended = matches!(text(&state, "/phase"), "Succeeded" | "Failed" | "Error");
    save(env, app, state, now);
    (!ended).then_some(again)
}

/// Whether an operation state is not yet at its end.
pub(crate) fn in_progress(state: &Value) -> bool {
    matches!(text(state, "/phase"), "Running" | "Terminating")
}

/// When a failed try is made again: `backoff.duration` × `factor`^tries, at most `maxDuration`.
fn retry_at(state: &Value, now: Time) -> Time {
    let backoff = &state["operation"]["retry"]["backoff"];
    let duration =
        |field: &str, default: u64| go_duration(text(backoff, field)).unwrap_or(Duration::from_secs(default));
    let factor = backoff["factor"].as_f64().unwrap_or(2.0);
    // The count is already one higher once the try has been written down.
    let tries = state["retryCount"].as_i64().unwrap_or(0);
    let written = text(state, "/message").contains("Retrying attempt #");
    let exponent = if written { tries - 1 } else { tries };
    let wait = duration("/duration", 5).mul_f64(factor.powi(exponent.clamp(0, 30) as i32));
    let finished = text(state, "/finishedAt").parse().unwrap_or(now);
    finished.plus(wait.min(duration("/maxDuration", 180)))
}

/// Writes the operation state down; an ended one takes the operation away and, when it counts, appends history.
fn save(env: &Env, app: &Value, mut state: Value, now: Time) {
    let name = text(app, "/metadata/name");
    let phase = text(&state, "/phase").to_owned();
    let ended = !in_progress(&state);
    if ended {
        set(&mut state, "finishedAt", json!(now.rfc3339()));
    }
    let sync = &state["operation"]["sync"];
    let partial = sync["resources"].as_array().is_some_and(|list| !list.is_empty());
    let counts = ended && phase == "Succeeded" && sync["dryRun"] != true && !partial;
    let message = text(&state, "/message").to_owned();
    let revision = text(&state, "/syncResult/revision").to_owned();
    let state = ordered(state);
    let written = env.cluster.modify(known::APPLICATIONS, NAMESPACE, name, |app| {
        let aborted = View(app).operation_state().is_some_and(|held| held["phase"] == "Terminating");
        let mut status = app["status"].take();
        let mut state = state.clone();
        if aborted && !ended {
            set(&mut state, "phase", json!("Terminating"));
            set(&mut state, "message", json!("operation is terminating"));
        }
        if counts {
            append_history(app, &mut status, &state, now);
        }
        set(&mut status, "operationState", state);
        set(app, "status", ordered_status(&status));
        if ended {
            set(app, "operation", Value::Null);
        }
    });
    if ended && let Ok(app) = written {
        let what = if partial { "Partial sync operation" } else { "Sync operation" };
        let end = if phase == "Succeeded" { "succeeded".to_owned() } else { format!("failed: {message}") };
        let text = format!("{what} to {revision} {end}");
        event(env, &app, "argocd-application-controller", "OperationCompleted", phase != "Succeeded", &text);
    }
}

/// The fields of an operation state in the real order.
fn ordered(state: Value) -> Value {
    let mut ordered = json!({});
    let fields = ["operation", "phase", "message", "syncResult", "startedAt", "finishedAt", "retryCount"];
    for field in fields {
        set(&mut ordered, field, state.get(field).cloned().unwrap_or_default());
    }
    ordered
}

fn append_history(app: &Value, status: &mut Value, state: &Value, now: Time) {
    let mut history = status.get("history").and_then(Value::as_array).cloned().unwrap_or_default();
    let id = history.last().and_then(|entry| entry["id"].as_i64()).map_or(0, |id| id + 1);
    let result = &state["syncResult"];
    history.push(json!({
        "revision": result["revision"],
        "deployedAt": now.rfc3339(),
        "id": id,
        "source": result["source"],
        "deployStartedAt": state["startedAt"],
        "initiatedBy": state["operation"]["initiatedBy"],
    }));
    let limit = app.pointer("/spec/revisionHistoryLimit").and_then(Value::as_u64).unwrap_or(10) as usize;
    let drop = history.len().saturating_sub(limit);
    history.drain(..drop);
    set(status, "history", Value::Array(history));
}

fn end(state: &mut Value, phase: &str, message: impl Into<String>) {
    set(state, "phase", json!(phase));
    set(state, "message", json!(message.into()));
}

/// One pass of the sync; says how soon the next one is due.
fn sync(
    env: &Env,
    argo: &Argo,
    app: View<'_>,
    state: &mut Value,
    now: Time,
    rng: &mut fastrand::Rng,
) -> Duration {
    let sync = state["operation"]["sync"].clone();
    if !sync.is_object() {
        end(state, "Error", "Invalid operation request: no operation specified");
        return SOON;
    }
    let source = if sync["source"].is_object() { sync["source"].clone() } else { app.source().clone() };
    if !state["syncResult"].is_object() {
        set(state, "syncResult", json!({ "revision": sync["revision"], "source": source }));
    }
    let Ok(project) = env.cluster.get(known::APP_PROJECTS, NAMESPACE, app.project()) else {
        let why = format!("appproject.argoproj.io {:?} not found", app.project());
        end(state, "Error", format!("Failed to load application project: {why}"));
        return SOON;
    };
    if state["phase"] != "Terminating" {
        let manual = state["operation"]["initiatedBy"]["automated"] != true;
        match Windows::of(&project, app, now) {
            Ok(windows) if windows.can_sync(manual) => {}
            Ok(_) => {
                set(state, "message", json!("Sync operation blocked by sync window"));
                return SOON;
            }
            Err(why) => {
                set(state, "message", json!(format!("Sync operation blocked by sync window: {why}")));
                return SOON;
            }
        }
    }
    let asked = match text(&state["syncResult"], "/revision") {
        "" => app.target_revision(),
        revision => revision,
    };
    let revision = argo.git.resolve(asked).unwrap_or_else(|| asked.to_owned());
    let comparison = compare(env, &argo.git, app, &source, &revision);
    set(&mut state["syncResult"], "revision", json!(revision));
    if let Some(why) = &comparison.error {
        end(state, "Error", format!("ComparisonError: {why}"));
        return SOON;
    }
    let mut pass = Pass::new(env, app, &comparison, &sync, state);
    let again = if state["phase"] == "Terminating" { pass.terminate(state) } else { pass.run(state, rng) };
    let rows: Vec<Value> = pass.rows(&state["syncResult"]["resources"]);
    if !rows.is_empty() {
        let mut result = json!({ "resources": rows });
        for field in ["revision", "source"] {
            set(&mut result, field, state["syncResult"][field].clone());
        }
        set(state, "syncResult", result);
    }
    again
}

/// One pass over the tasks of a sync.
struct Pass<'a> {
    env: &'a Env,
    app: View<'a>,
    settings: Settings,
    options: Value,
    started: bool,
    tasks: Vec<Task>,
}

impl<'a> Pass<'a> {
    fn new(env: &'a Env, app: View<'a>, comparison: &Comparison, sync: &Value, state: &Value) -> Self {
        let chosen = sync["resources"].as_array().filter(|list| !list.is_empty());
        let is_chosen = |group: &str, kind: &str, namespace: &str, name: &str| {
            chosen.is_none_or(|list| {
                list.iter().any(|r| {
                    text(r, "/group") == group
                        && r["kind"] == kind
                        && r["name"] == name
                        && matches!(text(r, "/namespace"), "" | "*") | (text(r, "/namespace") == namespace)
                })
            })
        };
        let resources =
            comparison.managed.iter().filter(|m| is_chosen(&m.group, &m.kind, &m.namespace, &m.name));
        let only_changed = View::option(&sync["syncOptions"], "ApplyOutOfSyncOnly=true");
        let mut tasks: Vec<Task> = resources
            .filter(|m| !only_changed || !m.synced())
            .map(|m| Task::new("Sync", None, m.clone()))
            .collect();
        let apply_only = sync["syncStrategy"]["apply"].is_object() || chosen.is_some();
        if !apply_only {
            let started = text(state, "/startedAt").parse().unwrap_or_default();
            tasks.extend(hooks(app, comparison, started));
        }
        let rows = state["syncResult"]["resources"].as_array();
        for row in rows.into_iter().flatten() {
            if let Some(task) = tasks.iter_mut().find(|task| task.is(row)) {
                task.done(text(row, "/status"), text(row, "/hookPhase"), text(row, "/message"));
            }
        }
        tasks.sort_by_key(Task::order);
        let started = rows.is_some_and(|rows| !rows.is_empty());
        let settings = Settings::of(sync);
        Self { env, app, settings, options: sync["syncOptions"].clone(), started, tasks }
    }

    /// The rows of the result: those of earlier passes whose task is gone stay as they were.
    fn rows(&self, before: &Value) -> Vec<Value> {
        let before = before.as_array().map_or(&[][..], Vec::as_slice);
        let mut rows: Vec<Value> = Vec::new();
        for row in before {
            rows.push(self.tasks.iter().find(|task| task.is(row)).map_or_else(|| row.clone(), Task::row));
        }
        let fresh = self.tasks.iter().filter(|t| !t.pending() && !before.iter().any(|row| t.is(row)));
        rows.extend(fresh.map(Task::row));
        rows
    }

    fn terminate(&mut self, state: &mut Value) -> Duration {
        for task in self.tasks.iter_mut().filter(|task| task.hook.is_some() && task.running()) {
            task.delete_live(self.env);
            let status = task.status.clone();
            task.done(&status, "Failed", "Terminated");
        }
        end(state, "Failed", "Operation terminated");
        SOON
    }

    fn run(&mut self, state: &mut Value, rng: &mut fastrand::Rng) -> Duration {
        if self.settings.dry_run {
            self.dry_run(state, rng);
            return SOON;
        }
        if !self.started {
            self.create_namespace();
        }
        self.update_running();
        let several = self.steps() > 1;
        let waits = |task: &Task| (several || task.hook.is_some()) && task.running();
        if self.tasks.iter().any(waits) {
            self.wait_for(state, waits);
            return SOON;
        }
        if self.tasks.iter().any(|task| task.phase != "SyncFail" && task.failed()) {
            self.delete_hooks("HookFailed");
            return self.fail(state, "one or more synchronization tasks completed unsuccessfully", rng);
        }
        let next = self.tasks.iter().find(|task| task.pending() && task.phase != "SyncFail");
        let Some((phase, wave)) = next.map(|task| (task.phase, task.wave)) else {
            self.delete_hooks("HookSucceeded");
            end(state, "Succeeded", "successfully synced (no more tasks)");
            return SOON;
        };
        let due = |task: &Task| task.pending() && task.phase == phase && task.wave == wave;
        let settings = self.settings.clone();
        let mut more = false;
        for task in &mut self.tasks {
            if due(task) {
                if task.hook.is_some() {
                    more = true;
                    if task.deleted_on("BeforeHookCreation") {
                        task.delete_live(self.env);
                    }
                }
                task::run(self.env, task, &settings, rng);
            } else {
                more |= task.pending() && task.phase != "SyncFail";
            }
        }
        if self.tasks.iter().any(|task| task.phase != "SyncFail" && task.failed()) {
            // The next pass sees what has become of the others, and fails.
            set(state, "message", json!("one or more tasks are running"));
            return SOON;
        }
        if !more {
            self.delete_hooks("HookSucceeded");
            end(state, "Succeeded", "successfully synced (all tasks run)");
            return SOON;
        }
        self.wait_for(state, |task| task.running() && (several || task.hook.is_some()));
        if several && phase == "Sync" { WAVE_DELAY } else { SOON }
    }

    fn dry_run(&mut self, state: &mut Value, rng: &mut fastrand::Rng) {
        let settings = self.settings.clone();
        for task in self.tasks.iter_mut().filter(|task| task.phase != "SyncFail") {
            task::run(self.env, task, &settings, rng);
        }
        if self.tasks.iter().any(Task::failed) {
            end(state, "Failed", "one or more objects failed to apply (dry run)");
        } else {
            end(state, "Succeeded", "successfully synced (no more tasks)");
        }
    }

    /// How many combinations of phase and wave there are.
    fn steps(&self) -> usize {
        let mut steps: Vec<_> =
            self.tasks.iter().filter(|t| t.phase != "SyncFail").map(|t| (t.phase, t.wave)).collect();
        steps.dedup();
        steps.len()
    }

    fn create_namespace(&self) {
        let namespace = self.app.dest_namespace();
        if View::option(&self.options, "CreateNamespace=true") && !namespace.is_empty() {
            let object = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace },
                "status": { "phase": "Active" } });
            // It may be there already.
            let _ = self.env.cluster.create(known::NAMESPACES, object, false);
        }
    }

    /// Looks how far the tasks that were begun have come.
    fn update_running(&mut self) {
        for task in self.tasks.iter_mut().filter(|task| task.running()) {
            let m = &task.resource;
            let live = m.gr.and_then(|gr| self.env.cluster.get(gr, &m.namespace, &m.name).ok());
            let Some(live) = live else { continue };
            let health = health::of_object(&live);
            let status = task.status.clone();
            match health.as_ref().map(|h| h.status) {
                None => {
                    let message = task.message.clone();
                    task.done(&status, "Succeeded", message);
                }
                Some("Healthy") => {
                    let message = health.map(|h| h.message).filter(|m| !m.is_empty());
                    let message = message.unwrap_or_else(|| task.message.clone());
                    task.done(&status, "Succeeded", message);
                }
                Some("Degraded") => {
                    task.done(&status, "Failed", health.map(|h| h.message).unwrap_or_default());
                }
                Some(_) => {}
            }
        }
    }

    fn wait_for(&self, state: &mut Value, waits: impl Fn(&Task) -> bool) {
        let waiting: Vec<&Task> = self.tasks.iter().filter(|task| waits(task)).collect();
        let Some(first) = waiting.first() else {
            set(state, "message", json!("one or more tasks are running"));
            return;
        };
        let (what, others) = if first.hook.is_some() {
            ("completion of hook", "hooks")
        } else {
            ("healthy state of", "resources")
        };
        let m = &first.resource;
        let mut message = format!("waiting for {what} {}/{}/{}", m.group, m.kind, m.name);
        if waiting.len() > 1 {
            message = format!("{message} and {} more {others}", waiting.len() - 1);
        }
        set(state, "message", json!(message));
    }

    fn fail(&mut self, state: &mut Value, message: &str, rng: &mut fastrand::Rng) -> Duration {
        let reasons: Vec<&str> =
            self.tasks.iter().filter(|t| t.status == "SyncFailed").map(|t| t.message.as_str()).collect();
        let message = match reasons.as_slice() {
            [] => message.to_owned(),
            reasons => format!("{message}, reason: {}", reasons.join(",")),
        };
        let settings = self.settings.clone();
        for task in self.tasks.iter_mut().filter(|task| task.phase == "SyncFail" && task.pending()) {
            task::run(self.env, task, &settings, rng);
        }
        end(state, "Failed", message);
        SOON
    }

    fn delete_hooks(&self, when: &str) {
        for task in
            self.tasks.iter().filter(|task| task.hook.is_some() && !task.pending() && task.deleted_on(when))
        {
            if let Some(gr) = task.resource.gr {
                let (namespace, name) = (&task.resource.namespace, &task.resource.name);
                let _ = self.env.cluster.delete(gr, namespace, name, &Deletion::default());
            }
        }
    }
}

/// The hooks of a comparison as tasks, one for each phase that a hook names.
fn hooks(app: View<'_>, comparison: &Comparison, started: Time) -> Vec<Task> {
    let mut tasks = Vec::new();
    for hook in &comparison.hooks {
        for phase in PHASES {
            if compare::has_option(hook.annotation("argocd.argoproj.io/hook"), phase) {
                let mut hook = hook.clone();
                task::name_hook(app, &mut hook, phase, &comparison.revision, started);
                tasks.push(Task::new(phase, Some(phase), hook));
            }
        }
    }
    tasks
}
