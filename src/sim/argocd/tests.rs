//! The controllers on a small world of their own: git, one cluster, a clock moved by hand.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{Argo, NAMESPACE, TRACKING, controllers, text};
use crate::{
    model::Time,
    sim::{
        Controller, Env, SimClock,
        cluster::{Deletion, known},
        git::{Authored, Git, REPO_URL, Tree},
        server::STEP,
        world::Tier,
    },
};

pub(crate) const PATH: &str = "envs/dev/web";

/// A development environment with an Argo CD, the project `dev` and the namespace `shop`.
pub(crate) struct Lab {
    pub(crate) env: Arc<Env>,
    pub(crate) git: Arc<Git>,
    pub(crate) argo: Arc<Argo>,
    controllers: Vec<Box<dyn Controller>>,
    rng: fastrand::Rng,
}

/// The manifests of the `web` application with an image and a log level.
pub(crate) fn web(image: &str, level: &str) -> Vec<Value> {
    vec![
        json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "web-config" }, "data": { "LEVEL": level } }),
        json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "web" },
            "spec": { "selector": { "app": "web" }, "ports": [{ "port": 80 }] } }),
        json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web", "labels": { "app": "web" } },
            "spec": { "replicas": 2, "selector": { "matchLabels": { "app": "web" } }, "template": {
                "metadata": { "labels": { "app": "web" } },
                "spec": { "containers": [{ "name": "web", "image": image }] } } } }),
    ]
}

impl Lab {
    pub(crate) fn new() -> Self {
        let start: Time = "2026-11-21T06:19:00Z".parse().unwrap();
        let clock = Arc::new(SimClock::new(start, 0.0));
        let env = Arc::new(Env::new(0, "dev", Tier::Development, clock, 1));
        let git = Arc::new(Git::default());
        let argo = Arc::new(Argo::new(Arc::clone(&git)));
        let controllers = controllers(&argo);
        let lab = Self { env, git, argo, controllers, rng: fastrand::Rng::with_seed(1) };
        lab.create(json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "shop" } }));
        lab.create(json!({ "apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject",
            "metadata": { "name": "dev", "namespace": NAMESPACE },
            "spec": { "sourceRepos": ["*"], "destinations": [{ "server": "*", "namespace": "*" }] } }));
        lab.commit("Add web", &web("web:1", "info"));
        lab
    }

    /// A lab with the application `web` of that sync policy, looked at once.
    pub(crate) fn with_app(policy: Value) -> Self {
        let mut lab = Self::new();
        lab.add_app("web", policy);
        lab.advance(1);
        lab
    }

    pub(crate) fn add_app(&self, name: &str, policy: Value) {
        let mut app = json!({ "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
            "metadata": { "name": name, "namespace": NAMESPACE, "labels": { "env": "dev" } },
            "spec": { "source": { "repoURL": REPO_URL, "path": PATH, "targetRevision": "main" },
                "destination": { "server": super::IN_CLUSTER, "namespace": "shop" }, "project": "dev" } });
        if !policy.is_null() {
            app["spec"]["syncPolicy"] = policy;
        }
        self.create(app);
    }

    pub(crate) fn create(&self, object: Value) {
        let resource =
            crate::sim::cluster::of_object(text(&object, "/apiVersion"), text(&object, "/kind")).unwrap();
        self.env.cluster.create(resource.gr, object, false).unwrap();
    }

    pub(crate) fn commit(&self, message: &str, manifests: &[Value]) -> String {
        let by = Authored { author: "Bob", email: "bob@lab.test", date: self.env.now(), message };
        self.git.commit("main", &by, Tree::from([(PATH.to_owned(), manifests.to_vec())]))
    }

    pub(crate) fn advance(&mut self, seconds: u64) {
        let until = self.env.now().plus(Duration::from_secs(seconds));
        while self.env.now() < until {
            self.env.clock.advance(STEP);
            let now = self.env.now();
            for controller in &mut self.controllers {
                controller.reconcile(&self.env, now, &mut self.rng);
            }
        }
    }

    pub(crate) fn app(&self) -> Arc<Value> {
        self.env.cluster.get(known::APPLICATIONS, NAMESPACE, "web").unwrap()
    }

    pub(crate) fn change_app(&self, change: impl FnOnce(&mut Value)) {
        self.env.cluster.modify(known::APPLICATIONS, NAMESPACE, "web", change).unwrap();
    }

    fn start(&self, sync: Value) {
        self.change_app(|app| {
            app["operation"] = json!({ "sync": sync, "initiatedBy": { "username": "nadia" }, "retry": {} });
        });
    }

    fn at(&self, pointer: &str) -> Value {
        self.app().pointer(pointer).cloned().unwrap_or_default()
    }

    fn messages(&self) -> Vec<String> {
        let rows = self.at("/status/operationState/syncResult/resources");
        rows.as_array().unwrap().iter().map(|row| text(row, "/message").to_owned()).collect()
    }

    fn deployment(&self) -> Arc<Value> {
        self.env.cluster.get(known::DEPLOYMENTS, "shop", "web").unwrap()
    }
}

fn automated() -> Value {
    json!({ "automated": { "prune": true, "selfHeal": true } })
}

#[test]
fn auto_sync_brings_git_to_the_cluster() {
    let mut lab = Lab::with_app(automated());
    assert_eq!(lab.at("/status/sync/status"), "OutOfSync");
    assert_eq!(lab.at("/status/health/status"), "Missing");
    let head = lab.git.resolve("main").unwrap();
    lab.advance(6);
    assert_eq!(
        lab.at("/status/sync"),
        json!({ "status": "Synced", "comparedTo": {
        "source": { "repoURL": REPO_URL, "path": PATH, "targetRevision": "main" },
        "destination": { "server": "https://kubernetes.default.svc", "namespace": "shop" } }, "revision": head })
    );
    assert_eq!(
        text(&lab.deployment(), "/metadata/annotations/argocd.argoproj.io~1tracking-id"),
        "web:apps/Deployment:shop/web"
    );
    assert_eq!(lab.at("/status/operationState/phase"), "Succeeded");
    assert_eq!(lab.at("/status/operationState/message"), "successfully synced (all tasks run)");
    let expected = ["configmap/web-config created", "service/web created", "deployment.apps/web created"];
    assert_eq!(lab.messages(), expected);
    assert_eq!(lab.at("/operation"), Value::Null);
    assert_eq!(lab.at("/status/history/0/id"), 0);
    assert_eq!(lab.at("/status/history/0/initiatedBy"), json!({ "automated": true }));
    let rows = lab.at("/status/resources");
    assert_eq!(
        rows[0],
        json!({ "version": "v1", "kind": "ConfigMap", "namespace": "shop", "name": "web-config",
        "status": "Synced" })
    );
    let events = lab.env.cluster.list(known::EVENTS, Some(NAMESPACE));
    assert!(events.iter().any(|event| event["reason"] == "OperationCompleted"
        && event["message"] == format!("Sync operation to {head} succeeded").as_str()));
}

#[test]
fn a_push_is_noticed_and_synced_within_seconds() {
    let mut lab = Lab::with_app(automated());
    lab.advance(6);
    let head = lab.commit("Raise the image", &web("web:2", "info"));
    lab.advance(6);
    assert_eq!(lab.at("/status/sync/revision"), head);
    assert_eq!(text(&lab.deployment(), "/spec/template/spec/containers/0/image"), "web:2");
    assert_eq!(lab.messages()[0], "configmap/web-config unchanged");
    assert_eq!(lab.messages()[2], "deployment.apps/web configured");
    assert_eq!(lab.at("/status/history").as_array().unwrap().len(), 2);
}

#[test]
fn self_heal_reverts_what_others_change() {
    let mut lab = Lab::with_app(automated());
    lab.advance(6);
    lab.env.cluster.modify(known::DEPLOYMENTS, "shop", "web", |d| d["spec"]["replicas"] = json!(5)).unwrap();
    lab.advance(8);
    assert_eq!(lab.deployment()["spec"]["replicas"], 2);
    assert_eq!(lab.at("/status/sync/status"), "Synced");
    assert_eq!(lab.at("/status/operationState/operation/sync/autoHealAttemptsCount"), 1);
    assert_eq!(lab.at("/status/history").as_array().unwrap().len(), 1, "healing is a partial sync");
}

#[test]
fn without_self_heal_a_change_stays_and_shows() {
    let mut lab = Lab::with_app(json!({ "automated": {} }));
    lab.advance(6);
    lab.env.cluster.modify(known::DEPLOYMENTS, "shop", "web", |d| d["spec"]["replicas"] = json!(5)).unwrap();
    lab.advance(8);
    assert_eq!(
        (lab.at("/status/sync/status"), &lab.deployment()["spec"]["replicas"]),
        (json!("OutOfSync"), &json!(5))
    );
}

#[test]
fn prune_deletes_only_when_told() {
    let mut lab = Lab::with_app(Value::Null);
    lab.start(json!({ "revision": "main" }));
    lab.advance(6);
    lab.commit("Drop the service", &[web("web:1", "info").remove(0), web("web:1", "info").remove(2)]);
    lab.advance(3);
    assert_eq!(
        lab.at("/status/resources/1"),
        json!({ "version": "v1", "kind": "Service", "namespace": "shop",
        "name": "web", "status": "OutOfSync", "requiresPruning": true })
    );
    lab.start(json!({ "revision": "main" }));
    lab.advance(4);
    assert_eq!(lab.messages()[0], "ignored (requires pruning)");
    assert_eq!(lab.at("/status/operationState/syncResult/resources/0/status"), "PruneSkipped");
    assert!(lab.env.cluster.get(known::SERVICES, "shop", "web").is_ok());
    lab.start(json!({ "revision": "main", "prune": true }));
    lab.advance(4);
    assert_eq!(lab.messages()[0], "pruned");
    assert!(lab.env.cluster.get(known::SERVICES, "shop", "web").is_err());
    assert_eq!(lab.at("/status/sync/status"), "Synced");
}

#[test]
fn a_dry_run_and_a_selective_sync_write_no_history() {
    let mut lab = Lab::with_app(Value::Null);
    let head = lab.git.resolve("main").unwrap();
    lab.start(json!({ "revision": head, "dryRun": true }));
    lab.advance(4);
    assert_eq!(lab.at("/status/operationState/message"), "successfully synced (no more tasks)");
    assert_eq!(lab.messages()[0], "configmap/web-config created (dry run)");
    assert_eq!(lab.at("/status/operationState/syncResult/resources/0/hookPhase"), "Succeeded");
    assert!(lab.env.cluster.get(known::CONFIG_MAPS, "shop", "web-config").is_err());
    lab.start(json!({ "revision": head, "resources": [{ "kind": "ConfigMap", "name": "web-config" }] }));
    lab.advance(4);
    assert!(lab.env.cluster.get(known::CONFIG_MAPS, "shop", "web-config").is_ok());
    assert!(lab.env.cluster.get(known::SERVICES, "shop", "web").is_err());
    assert_eq!(lab.at("/status/history"), Value::Null);
    lab.start(json!({ "revision": head, "dryRun": true }));
    lab.advance(4);
    assert_eq!(lab.messages()[0], "configmap/web-config configured (dry run)");
}

#[test]
fn a_failed_automated_sync_is_retried_and_then_left() {
    let mut lab =
        Lab::with_app(json!({ "automated": {}, "retry": { "limit": 1, "backoff": { "duration": "5s" } } }));
    lab.advance(6);
    let mut broken = web("web:2", "info");
    broken[2]["spec"]["selector"]["matchLabels"]["app"] = json!("web2");
    lab.commit("Break the selector", &broken);
    lab.advance(6);
    assert_eq!(lab.at("/status/operationState/phase"), "Running");
    assert_eq!(lab.at("/status/operationState/retryCount"), 1);
    assert!(
        lab.at("/status/operationState/message").as_str().unwrap().contains("Retrying attempt #1 at 6:19AM.")
    );
    lab.advance(10);
    assert_eq!(lab.at("/status/operationState/phase"), "Failed");
    let message = lab.at("/status/operationState/message").as_str().unwrap().to_owned();
    assert!(
        message.starts_with("one or more synchronization tasks completed unsuccessfully, reason: error when patching \"/dev/shm/"),
        "{message}"
    );
    let immutable = "Deployment.apps \"web\" is invalid: spec.selector: Invalid value: \
        {\"matchLabels\":{\"app\":\"web2\"}}: field is immutable (retried 1 times).";
    assert!(message.ends_with(immutable), "{message}");
    let finished = lab.at("/status/operationState/finishedAt");
    lab.advance(200);
    assert_eq!(lab.at("/status/operationState/finishedAt"), finished, "the same revision is not tried again");
    assert_eq!(lab.at("/status/conditions/0/type"), "SyncError");
}

#[test]
fn a_hook_runs_before_the_sync_and_can_be_terminated() {
    let mut lab = Lab::with_app(Value::Null);
    let mut manifests = web("web:1", "info");
    manifests.push(json!({ "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": "migrate",
        "annotations": { "argocd.argoproj.io/hook": "PreSync" } },
        "spec": { "template": { "spec": { "containers": [{ "name": "m", "image": "migrate:1" }] } } } }));
    let head = lab.commit("Add a hook", &manifests);
    lab.start(json!({ "revision": head }));
    lab.advance(3);
    assert_eq!(lab.at("/status/operationState/message"), "waiting for completion of hook batch/Job/migrate");
    assert_eq!(
        lab.at("/status/operationState/syncResult/resources"),
        json!([{ "group": "batch", "version": "v1",
        "kind": "Job", "namespace": "shop", "name": "migrate", "status": "Synced",
        "message": "job.batch/migrate created", "hookType": "PreSync", "hookPhase": "Running", "syncPhase": "PreSync",
        "images": ["migrate:1"] }])
    );
    assert!(lab.env.cluster.get(known::DEPLOYMENTS, "shop", "web").is_err());
    lab.change_app(|app| app["status"]["operationState"]["phase"] = json!("Terminating"));
    lab.advance(2);
    assert_eq!(lab.at("/status/operationState/phase"), "Failed");
    assert_eq!(lab.at("/status/operationState/message"), "Operation terminated");
    assert_eq!(lab.messages(), ["Terminated"]);
    lab.start(json!({ "revision": head }));
    lab.advance(2);
    let complete = json!({ "conditions": [{ "type": "Complete", "status": "True" }] });
    lab.env.cluster.modify(known::JOBS, "shop", "migrate", |job| job["status"] = complete).unwrap();
    lab.advance(4);
    assert_eq!(lab.at("/status/operationState/phase"), "Succeeded");
    assert!(lab.env.cluster.get(known::DEPLOYMENTS, "shop", "web").is_ok());
    assert_eq!(lab.at("/status/sync/status"), "Synced", "a hook does not count");
}

#[test]
fn a_shut_window_holds_operations_and_automation() {
    let mut lab = Lab::new();
    let windows =
        json!([{ "kind": "deny", "schedule": "* * * * *", "duration": "24h", "applications": ["*"] }]);
    lab.env
        .cluster
        .modify(known::APP_PROJECTS, NAMESPACE, "dev", |p| p["spec"]["syncWindows"] = windows)
        .unwrap();
    lab.add_app("web", automated());
    lab.advance(10);
    assert_eq!((lab.at("/status/sync/status"), lab.at("/operation")), (json!("OutOfSync"), Value::Null));
    lab.start(json!({ "revision": "main" }));
    lab.advance(10);
    assert_eq!(lab.at("/status/operationState/phase"), "Running");
    assert_eq!(lab.at("/status/operationState/message"), "Sync operation blocked by sync window");
    lab.env
        .cluster
        .modify(known::APP_PROJECTS, NAMESPACE, "dev", |p| p["spec"]["syncWindows"] = json!([]))
        .unwrap();
    lab.advance(4);
    assert_eq!(lab.at("/status/operationState/phase"), "Succeeded");
}

#[test]
fn what_git_cannot_give_is_a_comparison_error() {
    let mut lab = Lab::with_app(Value::Null);
    lab.change_app(|app| app["spec"]["source"]["path"] = json!("envs/dev/none"));
    lab.advance(1);
    assert_eq!(lab.at("/status/sync/status"), "Unknown");
    assert_eq!(lab.at("/status/conditions/0/type"), "ComparisonError");
    let message = lab.at("/status/conditions/0/message");
    let expected = "Failed to load target state: failed to generate manifest for source 1 of 1: \
        rpc error: code = Unknown desc = envs/dev/none: app path does not exist";
    assert_eq!(message, expected);
}

#[test]
fn a_refresh_request_is_answered_and_taken_away() {
    let mut lab = Lab::with_app(Value::Null);
    lab.advance(5);
    let before = lab.at("/status/reconciledAt");
    lab.change_app(|app| app["metadata"]["annotations"] = json!({ super::REFRESH: "normal" }));
    lab.advance(1);
    assert_ne!(lab.at("/status/reconciledAt"), before);
    assert_eq!(lab.at("/metadata/annotations"), json!({}));
}

#[test]
fn deleting_an_application_takes_its_resources_along() {
    let mut lab = Lab::with_app(automated());
    lab.advance(6);
    lab.change_app(|app| app["metadata"]["finalizers"] = json!([super::FINALIZER]));
    lab.env.cluster.delete(known::APPLICATIONS, NAMESPACE, "web", &Deletion::default()).unwrap();
    lab.advance(3);
    assert!(lab.env.cluster.get(known::DEPLOYMENTS, "shop", "web").is_err());
    assert!(lab.env.cluster.get(known::APPLICATIONS, NAMESPACE, "web").is_err());
}

#[test]
fn an_application_set_makes_its_applications_and_puts_their_policy_back() {
    let mut lab = Lab::new();
    lab.create(json!({ "apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet",
        "metadata": { "name": "all", "namespace": NAMESPACE },
        "spec": { "generators": [{ "list": { "elements": [{ "app": "web" }] } }], "template": {
            "metadata": { "name": "{{app}}", "labels": { "set": "all" } },
            "spec": { "source": { "repoURL": REPO_URL, "path": "envs/dev/{{ .app }}", "targetRevision": "main" },
                "destination": { "server": super::IN_CLUSTER, "namespace": "shop" }, "project": "dev",
                "syncPolicy": { "automated": {} } } } } }));
    lab.advance(5);
    assert_eq!(lab.at("/spec/source/path"), PATH);
    assert_eq!(lab.at("/metadata/ownerReferences/0/kind"), "ApplicationSet");
    lab.change_app(|app| app["spec"]["syncPolicy"]["automated"] = json!({ "enabled": false }));
    lab.advance(3);
    assert_eq!(lab.at("/spec/syncPolicy"), json!({ "automated": {} }));
}

#[test]
fn an_application_of_applications_tracks_its_children() {
    let mut lab = Lab::new();
    let child = json!({ "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
        "metadata": { "name": "child", "namespace": NAMESPACE },
        "spec": { "source": { "repoURL": REPO_URL, "path": "envs/dev/other", "targetRevision": "main" },
            "destination": { "server": super::IN_CLUSTER, "namespace": "shop" }, "project": "dev" } });
    lab.commit("Only a child", &[child]);
    lab.create(json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": NAMESPACE } }));
    lab.add_app("web", automated());
    lab.advance(6);
    let child = lab.env.cluster.get(known::APPLICATIONS, NAMESPACE, "child").unwrap();
    assert_eq!(child["metadata"]["annotations"][TRACKING], "web:argoproj.io/Application:argocd/child");
    assert_eq!(lab.at("/status/resources/0/kind"), "Application");
    assert_eq!(lab.at("/status/sync/status"), "Synced");
}
