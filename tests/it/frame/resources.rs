//! Frames of choosing what to sync, and the answers they are made of.

use vigie::{
    action::plan::{Call, Goal, Obstacle, Plan, Step},
    app::{Effect, Event},
    model::{Answer, AppHealth, Mutation, ResourceRef, ResourceState, TreeNode},
};

use super::frames;
use crate::driver::Driver;

/// A resource by its full name.
pub fn named(path: &str) -> ResourceRef {
    let [group, kind, namespace, name] = path.split('/').collect::<Vec<_>>()[..] else {
        panic!("{path}: group/Kind/namespace/name")
    };
    ResourceRef { group: group.into(), kind: kind.into(), namespace: namespace.into(), name: name.into() }
}

/// What Argo CD says of the resources of an application: a hook among them, which it does not compare.
pub fn resources() -> Answer {
    let state = |path, status: &str, health, prune| ResourceState {
        resource: named(path),
        status: status.into(),
        health,
        prune,
        message: "".into(),
    };
    let healthy = Some(AppHealth::Healthy);
    Answer::Resources(vec![
        state("/Service/appointments/appointments", "Synced", healthy, false),
        state("rbac.authorization.k8s.io/ClusterRole//appointments", "Synced", None, false),
        state("apps/Deployment/appointments/appointments", "OutOfSync", Some(AppHealth::Degraded), false),
        state("/ConfigMap/appointments/appointments-config", "OutOfSync", None, false),
        state("/ConfigMap/appointments/appointments-feature-flags-of-the-spring", "OutOfSync", None, true),
        state("batch/Job/appointments/migrate", "", None, false),
        state("/PersistentVolumeClaim/appointments/exports", "Synced", Some(AppHealth::Progressing), false),
        state("policy/PodDisruptionBudget/appointments/appointments", "Unknown", None, false),
    ])
}

/// The tree of an application: what git has, what was made of it, and a pod that nothing of git made.
pub fn tree() -> Answer {
    let node = |path, depth, managed| TreeNode {
        resource: named(path),
        depth,
        health: None,
        sync: if managed { "Synced".into() } else { "".into() },
        message: "".into(),
        created: None,
        managed,
    };
    Answer::Tree(vec![
        node("/ConfigMap/appointments/appointments-config", 0, true),
        node("apps/Deployment/appointments/appointments", 0, true),
        node("apps/ReplicaSet/appointments/appointments-7d4c9b6f5", 1, false),
        node("/Pod/appointments/appointments-7d4c9b6f5-x2x7p", 2, false),
        node("/Pod/appointments/debug", 0, false),
    ])
}

/// Answers the last plan that was asked for with one for what was asked.
pub fn plan_sync(d: &mut Driver) {
    let asked = d.effects.iter().rev().find_map(|e| match e {
        Effect::Plan { ticket, request } => Some((*ticket, request.clone())),
        _ => None,
    });
    let (ticket, request) = asked.expect("a plan was asked for");
    let resources: Vec<_> =
        request.params.get("resources").map_or(vec![], |text| text.split(',').map(named).collect());
    let part = if resources.is_empty() { "" } else { ", only 2 resources" };
    let app = request.target.clone();
    let sync = Mutation::Sync {
        app: app.clone(),
        revision: None,
        prune: false,
        dry_run: false,
        resources,
        options: vec![],
        infos: vec![],
    };
    let steps = [
        (sync.to_string(), Call::Send(sync)),
        ("wait until Healthy, at most 5 min".into(), Call::Await(Goal::OperationSucceeded { app })),
    ];
    let plan = Plan {
        name: "appointments".to_owned(),
        summary: format!("from 41d0a77 to 9f31c2e (main){part}"),
        steps: steps.map(|(title, call)| Step { title, call }).into(),
        facts: vec![("changes", "Deployment/appointments ~, ConfigMap/appointments-config ~".into())],
        obstacles: vec![Obstacle {
            blocks: false,
            text: "chosen resources only: hooks do not run and no history entry is written".into(),
        }],
        ..super::plan(d, request)
    };
    d.event(Event::Planned { ticket, plan: Ok(Box::new(plan)) });
}

#[test]
fn choosing_resources() {
    frames("resources", |d| {
        d.keys("S");
        d.answer(Ok(resources()));
        plan_sync(d);
        d.keys("up enter");
        d.answer(Ok(resources()));
        d.keys("a j j");
    });
}

#[test]
fn plan_of_chosen_resources() {
    frames("chosen", |d| {
        d.keys("S");
        d.answer(Ok(resources()));
        plan_sync(d);
        d.keys("up enter");
        d.answer(Ok(resources()));
        d.keys("a enter");
        plan_sync(d);
    });
}
