//! The application controller: notices what must be compared and what must be run, and when.

use std::{
    collections::{BTreeMap, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use serde_json::Value;
use tokio::sync::watch;

use super::{Argo, Comparison, FINALIZER, NAMESPACE, REFRESH, View, compare, operation, refresh, text};
use crate::{
    model::Time,
    sim::{
        Controller, Env,
        cluster::{Deletion, known},
    },
};

/// How often git is asked when no push has told of anything (`timeout.reconciliation`, with up to half as jitter).
const POLL: Duration = Duration::from_secs(120);
/// How long after a push its webhook has done its work.
const PUSHED: Duration = Duration::from_secs(1);
/// How soon a changed object leads to a comparison at the earliest.
const SETTLE: Duration = Duration::from_secs(1);
/// How long the status still shows the old state after an operation has ended.
const AFTER_OPERATION: Duration = Duration::from_millis(1_500);

/// The controller of one environment's applications.
pub(super) struct Applications {
    argo: Arc<Argo>,
    pushes: watch::Receiver<u64>,
    memos: BTreeMap<String, Memo>,
    seen: u64,
    due: Time,
}

/// What the controller remembers about an application.
#[derive(Default)]
struct Memo {
    /// The commit that its revision stood for when git was last asked.
    resolved: Option<String>,
    /// The live state that was last compared.
    print: u64,
    compared_at: Time,
    /// When to ask git again.
    poll_at: Time,
    /// When to compare in any case.
    compare_at: Option<Time>,
    /// When to look at the operation again.
    operate_at: Option<Time>,
    comparison: Option<Arc<Comparison>>,
}

impl Applications {
    pub(super) fn new(argo: Arc<Argo>) -> Self {
        let pushes = argo.git.pushes();
        Self { argo, pushes, memos: BTreeMap::new(), seen: 0, due: Time::default() }
    }

    fn work_on(&mut self, env: &Env, app: &Arc<Value>, now: Time, rng: &mut fastrand::Rng) {
        let view = View(app);
        let name = view.name().to_owned();
        if view.deleting() {
            delete(env, &self.argo, view);
            return;
        }
        let argo = Arc::clone(&self.argo);
        let memo = self.memos.entry(name.clone()).or_default();
        if view.annotation("argocd.argoproj.io/skip-reconcile") != Some("true") {
            memo.refresh(env, &argo, app, now);
        }
        let Ok(app) = env.cluster.get(known::APPLICATIONS, NAMESPACE, &name) else { return };
        if View(&app).operation().is_none() {
            memo.operate_at = None;
        } else if memo.operate_at.is_none_or(|at| now >= at) || terminating(&app) {
            let again = operation::advance(env, &argo, &app, now, rng);
            memo.operate_at = again.map(|wait| now.plus(wait));
            if again.is_none() {
                memo.compare_at = Some(now.plus(AFTER_OPERATION));
                memo.poll_at = now.plus(AFTER_OPERATION);
            }
        }
    }
}

fn terminating(app: &Value) -> bool {
    View(app).operation_state().is_some_and(|state| state["phase"] == "Terminating")
}

impl Memo {
    /// Compares when something asks for it.
    fn refresh(&mut self, env: &Env, argo: &Argo, app: &Value, now: Time) {
        let view = View(app);
        let asked = view.annotation(REFRESH).is_some();
        let compared = &app["status"]["sync"]["comparedTo"];
        let spec = &app["spec"];
        let differs = compared["source"] != spec["source"] || compared["destination"] != spec["destination"];
        let never = text(app, "/status/reconciledAt").is_empty();
        let polls = now >= self.poll_at;
        let latest =
            asked || differs || never || polls || self.resolved.is_none() || self.comparison.is_none();
        let due = self.compare_at.is_some_and(|at| now >= at);
        let print = self.comparison.as_ref().map_or(0, |held| fingerprint(env, app, held));
        let changed =
            print != self.print && now.since(self.compared_at) >= SETTLE && self.compare_at.is_none();
        if !(latest || due || changed) {
            return;
        }
        if latest {
            self.resolved = argo.git.resolve(view.target_revision());
            self.poll_at = now.plus(POLL + jitter(view.name()));
        }
        let done = refresh::refresh(env, argo, app, self.resolved.as_deref(), now);
        self.compare_at = done.retry.map(|wait| now.plus(wait));
        self.compared_at = now;
        // What the refresh itself has written does not count as a change.
        let app = env.cluster.get(known::APPLICATIONS, NAMESPACE, view.name());
        self.print = app.map_or(0, |app| fingerprint(env, &app, &done.comparison));
        self.comparison = Some(done.comparison);
    }

    /// The next moment at which something is due without anything changing.
    fn due(&self) -> Time {
        [Some(self.poll_at), self.compare_at, self.operate_at]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(self.poll_at)
    }
}

/// Up to half the polling time, the same for an application every time.
fn jitter(name: &str) -> Duration {
    let mut hash = DefaultHasher::new();
    name.hash(&mut hash);
    Duration::from_secs(hash.finish() % 60)
}

/// Changes whenever a managed object, or what the application says about itself, has changed.
fn fingerprint(env: &Env, app: &Value, comparison: &Comparison) -> u64 {
    let mut hash = DefaultHasher::new();
    for managed in &comparison.managed {
        let live = managed.gr.and_then(|gr| env.cluster.get(gr, &managed.namespace, &managed.name).ok());
        live.map(|live| text(&live, "/metadata/resourceVersion").to_owned()).hash(&mut hash);
    }
    app["spec"].to_string().hash(&mut hash);
    hash.finish()
}

impl Controller for Applications {
    fn reconcile(&mut self, env: &Env, now: Time, rng: &mut fastrand::Rng) {
        let pushed = self.pushes.has_changed().unwrap_or(false);
        if pushed {
            self.pushes.borrow_and_update();
            for memo in self.memos.values_mut() {
                memo.poll_at = memo.poll_at.min(now.plus(PUSHED));
            }
        }
        let version = env.cluster.version();
        if !pushed && version == self.seen && now < self.due {
            return;
        }
        let apps = env.cluster.list(known::APPLICATIONS, Some(NAMESPACE));
        if apps.len() < self.memos.len() {
            let argo = Arc::clone(&self.argo);
            self.memos.retain(|name, _| {
                let there = apps.iter().any(|app| View(app).name() == name);
                if !there {
                    argo.forget(name);
                }
                there
            });
        }
        for app in &apps {
            self.work_on(env, app, now, rng);
        }
        // A change that came within the settling time must be looked at even when nothing else happens.
        let soonest = self.memos.values().map(Memo::due).min().unwrap_or_else(|| now.plus(POLL));
        self.due = if env.cluster.version() == version { soonest } else { soonest.min(now.plus(SETTLE)) };
        self.seen = version;
    }
}

/// Takes an application away, with its resources when its finalizer says so.
fn delete(env: &Env, argo: &Argo, app: View<'_>) {
    let finalizers = app.0["metadata"].get("finalizers").and_then(Value::as_array);
    let cascades = |f: &Value| f.as_str().is_some_and(|f| f.starts_with(FINALIZER));
    if !finalizers.is_some_and(|list| list.iter().any(cascades)) {
        return;
    }
    let revision = argo.git.resolve(app.target_revision()).unwrap_or_default();
    let comparison = compare(env, &argo.git, app, app.source(), &revision);
    let mut left = false;
    for managed in comparison.managed {
        let id = managed.live.as_deref().map(tracked_by).unwrap_or_default();
        if id.starts_with(&format!("{}:", app.name()))
            && let Some(gr) = managed.gr
        {
            let gone = env.cluster.delete(gr, &managed.namespace, &managed.name, &Deletion::default());
            left |= gone.is_ok_and(|(_, gone)| !gone);
        }
    }
    if !left {
        let _ = env.cluster.modify(known::APPLICATIONS, NAMESPACE, app.name(), |app| {
            if let Some(list) = app["metadata"]["finalizers"].as_array_mut() {
                list.retain(|f| !cascades(f));
            }
        });
    }
}

/// The tracking id that an object carries.
fn tracked_by(object: &Value) -> String {
    let found = object["metadata"].get("annotations").and_then(|a| a.get(super::TRACKING));
    found.and_then(Value::as_str).unwrap_or_default().to_owned()
}
