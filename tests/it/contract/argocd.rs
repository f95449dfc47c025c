//! What holds of every Argo CD, simulated or real.

#[path = "argocd/core.rs"]
mod core;

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use vigie::{
    config::ArgoCdConfig,
    connector::{Connector, argocd::ArgoCd},
    model::{
        Answer, AppHealth, Application, Change, ChangeKind, CheckState, FaultKind, Hold, Key, Kind, Mutation,
        OperationPhase, Permission, Query, ResourceDiff, ResourceRef, Source, SyncStatus, SystemKind, Time,
        Verdict, Versus,
    },
    sim::{catalog, cluster::known, git::Authored},
    store::{Status, Store},
};

use super::{
    live::{self, Target},
    simulator,
    watch::{Watch, clock, credential, system},
};

/// What must be there.
struct Facts {
    /// The namespace of the Applications.
    namespace: &'static str,
    /// An application with automated sync, prune and self-heal on, Synced and Healthy, with at least one resource.
    automated: &'static str,
    /// An application without automated sync whose history may grow.
    manual: &'static str,
    /// An application that a sync window shuts now, for syncs by hand too.
    shut: &'static str,
    /// Full revisions of `manual`'s repository.
    revisions: Revisions,
}

/// Three commits, oldest first.
struct Revisions {
    /// Has a `ConfigMap` called `legacy`, and another configuration than the last.
    old: String,
    /// Its Deployment cannot become healthy, and something comes in a later wave.
    stuck: String,
    /// What is tracked: without `legacy`.
    new: String,
}

fn connect(target: &Target, token: Option<&str>) -> Arc<ArgoCd> {
    let config =
        ArgoCdConfig { url: Some(target.url.clone()), token: credential(token), ..ArgoCdConfig::default() };
    ArgoCd::new(system(SystemKind::ArgoCd), config, None, clock())
}

fn app(facts: &Facts, name: &str) -> Key {
    Key::new(Source(0), Kind::Application, facts.namespace, name)
}

async fn read(argo: &ArgoCd, key: &Key) -> Application {
    match argo.read(Query::Application(key.clone())).await.unwrap() {
        Answer::Application(app) => *app,
        other => panic!("not an application: {other:?}"),
    }
}

fn settled(store: &Store, key: &Key) -> Option<Application> {
    let app = store.applications.get(key)?;
    (app.sync == SyncStatus::Synced && app.health == AppHealth::Healthy).then(|| app.clone())
}

/// The suite.
async fn suite(target: &Target, facts: &Facts) {
    let argo = connect(target, target.token.as_deref());
    let mut watch = Watch::start(&argo);
    looks(&argo, &mut watch, facts).await;
    asks(&argo, facts).await;
    keeps_out(&argo, facts).await;
    syncs(&argo, &mut watch, facts).await;
    holds_and_rolls_back(&argo, &mut watch, facts).await;
    deploys(&argo, &mut watch, facts).await;
    terminates(&argo, &mut watch, facts).await;
    prunes(&argo, &mut watch, facts).await;
    watch.stop().await;
    if let Some(viewer) = &target.viewer {
        refuses(&connect(target, Some(viewer)), facts).await;
    }
    let stranger = connect(target, Some("not-a-token"));
    let fault = stranger.read(Query::Application(app(facts, facts.manual))).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unauthenticated, "{fault}");
    assert!(!fault.to_string().contains("not-a-token"), "{fault}");
}

/// The list, the stream, and what doctor finds.
async fn looks(argo: &Arc<ArgoCd>, watch: &mut Watch, facts: &Facts) {
    let key = app(facts, facts.automated);
    let whole = watch
        .until("the automated application, whole", |store| {
            store.freshness(Source(0), Kind::Application).filter(|f| f.is_loaded())?;
            settled(store, &key).filter(|a| !a.uid.is_empty() && a.deployed.is_some())
        })
        .await;
    assert!(watch.store.applications.iter().all(|a| !a.uid.is_empty()), "loaded is whole");
    let auto = whole.auto_sync.unwrap();
    assert!(auto.enabled && auto.prune && auto.self_heal, "{auto:?}");
    assert_eq!(whole.drift, (0, 0, 0));
    assert!(
        whole.revision.len() == 40 && whole.reconciled.is_some() && !whole.images.is_empty(),
        "{whole:?}"
    );
    let fresh = watch.store.freshness(Source(0), Kind::Application).unwrap();
    assert_eq!((fresh.state(), fresh.is_loaded()), (&Status::Live, true));
    let checks = argo.probe().await;
    assert!(checks.iter().all(|c| c.state == CheckState::Ok), "{checks:?}");
    for name in ["reach", "version", "identity", "rights", "clock"] {
        assert!(checks.iter().any(|c| &*c.name == name), "no check {name}: {checks:?}");
    }
}

/// Every question.
async fn asks(argo: &Arc<ArgoCd>, facts: &Facts) {
    let key = app(facts, facts.automated);
    let current = read(argo, &key).await;
    let Answer::History(history) = argo.read(Query::History(key.clone())).await.unwrap() else { panic!() };
    assert!(history.windows(2).all(|w| w[0].entry.id > w[1].entry.id), "newest first");
    let newest = history.first().unwrap();
    assert_eq!(Some(&newest.entry), current.deployed.as_ref());
    assert!(!newest.author.is_empty() && !newest.message.is_empty() && newest.date.is_some(), "{newest:?}");

    let Answer::Resources(resources) = argo.read(Query::Resources(key.clone())).await.unwrap() else {
        panic!()
    };
    assert!(resources.iter().any(|r| &*r.resource.kind == "Deployment" && &*r.status == "Synced"));
    let Answer::Tree(tree) = argo.read(Query::Tree(key.clone())).await.unwrap() else { panic!() };
    let at = |kind: &str| tree.iter().position(|n| &*n.resource.kind == kind).unwrap();
    assert!(at("Deployment") < at("ReplicaSet") && at("ReplicaSet") < at("Pod"), "{tree:?}");
    assert_eq!((tree[at("Deployment")].depth, tree[at("Pod")].depth), (0, 2));
    let managed = ["Deployment", "ReplicaSet", "Pod"].map(|kind| tree[at(kind)].managed);
    assert_eq!(managed, [true, false, false], "the others were made of the Deployment");

    let versus = Versus::Desired;
    let Answer::Diff(diff) = argo.read(Query::Diff { app: key.clone(), versus }).await.unwrap() else {
        panic!()
    };
    assert!(diff.len() >= 3 && diff.iter().all(|d| !d.changed), "{diff:?}");
    let versus = Versus::History(newest.entry.clone());
    let Answer::Diff(diff) = argo.read(Query::Diff { app: key.clone(), versus }).await.unwrap() else {
        panic!()
    };
    assert!(diff.iter().all(|d| !d.changed), "live is what the newest entry deployed: {diff:?}");

    let Answer::Windows { can_sync, .. } = argo.read(Query::Windows(key.clone())).await.unwrap() else {
        panic!()
    };
    assert!(can_sync);
    let Answer::Document(yaml) = argo.read(Query::Manifest(key.clone())).await.unwrap() else { panic!() };
    assert!(yaml.text.contains("syncPolicy"), "{}", yaml.text);
    let Answer::Document(words) = argo.read(Query::Describe(key.clone())).await.unwrap() else { panic!() };
    assert!(words.text.contains("on, prune, self-heal"), "{}", words.text);
    assert!(matches!(argo.read(Query::Events(key.clone())).await.unwrap(), Answer::Events(_)));

    let ask = |action: &str| Permission::ArgoCd {
        resource: "applications".into(),
        action: action.into(),
        object: format!("{}/{}", current.project, facts.automated).into(),
    };
    let verdicts = argo.may(vec![ask("sync"), ask("rollback"), ask("update")]).await.unwrap();
    assert_eq!(verdicts, [Verdict::Yes, Verdict::Unknown, Verdict::Yes], "can-i knows no `rollback`");
    let missing = argo.read(Query::Application(app(facts, "no-such-application"))).await.unwrap_err();
    assert!(matches!(missing.kind, FaultKind::Refused | FaultKind::NotFound), "{missing}");
    assert!(missing.hint.contains("no-such-application"), "{missing}");
}

fn sync(key: &Key, id: &str, dry_run: bool) -> Mutation {
    Mutation::Sync {
        app: key.clone(),
        revision: None,
        prune: false,
        dry_run,
        resources: Vec::new(),
        options: Vec::new(),
        infos: vec![("vigie.id".into(), id.into())],
    }
}

/// Waits until the operation with vigie's id has ended.
async fn ended(watch: &mut Watch, key: &Key, id: &str) -> Application {
    watch
        .until(&format!("the operation {id} to end"), |store| {
            let app = store.applications.get(key)?;
            let operation = app.operation.as_ref()?;
            let ours = operation.infos.iter().any(|(name, value)| &**name == "vigie.id" && &**value == id);
            (ours && operation.finished.is_some()).then(|| app.clone())
        })
        .await
}

/// Dry run, sync, selected resources, nothing to terminate.
async fn syncs(argo: &Arc<ArgoCd>, watch: &mut Watch, facts: &Facts) {
    let key = app(facts, facts.manual);
    let before = read(argo, &key).await.deployed.map(|d| d.id);
    argo.perform(sync(&key, "contract-dry", true)).await.unwrap();
    let dry = ended(watch, &key, "contract-dry").await.operation.unwrap();
    assert!(dry.dry_run && dry.phase == OperationPhase::Succeeded, "{dry:?}");
    assert_eq!(read(argo, &key).await.deployed.map(|d| d.id), before, "a dry run writes no history");

    argo.perform(sync(&key, "contract-sync", false)).await.unwrap();
    let done = ended(watch, &key, "contract-sync").await.operation.unwrap();
    assert_eq!(done.phase, OperationPhase::Succeeded, "{done:?}");
    assert!(!done.by.is_empty() && &*done.by != "automated sync");
    let synced = |store: &Store| {
        let app = store.applications.get(&key)?;
        (app.sync == SyncStatus::Synced && app.operation.as_ref()?.finished.is_some()).then(|| app.clone())
    };
    let app = watch.until("Synced", synced).await;
    assert_ne!(app.deployed.map(|d| d.id), before, "a sync writes history");

    let Answer::Resources(all) = argo.read(Query::Resources(key.clone())).await.unwrap() else { panic!() };
    let picked: ResourceRef = all.iter().find(|r| &*r.resource.kind == "Service").unwrap().resource.clone();
    let mut selective = sync(&key, "contract-part", false);
    if let Mutation::Sync { resources, .. } = &mut selective {
        resources.push(picked);
    }
    argo.perform(selective).await.unwrap();
    ended(watch, &key, "contract-part").await;
    let part = read(argo, &key).await.operation.unwrap();
    assert_eq!(part.resources.len(), 1, "{part:?}");

    let none = argo.perform(Mutation::Terminate { app: key.clone() }).await.unwrap_err();
    assert_eq!(none.kind, FaultKind::Invalid, "{none}");
    assert!(none.why.contains("No operation is in progress"), "{none}");
    let compared = read(argo, &key).await.reconciled;
    argo.perform(Mutation::Refresh { app: key.clone(), hard: false }).await.unwrap();
    watch
        .until("compared anew", |store| {
            store.applications.get(&key).filter(|a| a.reconciled >= compared).map(|_| ())
        })
        .await;
}

/// Rollback is refused while automated sync is on; a hold keeps prune and self-heal, and its release restores.
async fn holds_and_rolls_back(argo: &Arc<ArgoCd>, watch: &mut Watch, facts: &Facts) {
    let key = app(facts, facts.automated);
    let Answer::History(history) = argo.read(Query::History(key.clone())).await.unwrap() else { panic!() };
    let entry = history.first().unwrap().entry.clone();
    let rollback = |dry_run| Mutation::Rollback {
        app: key.clone(),
        id: entry.id,
        revision: entry.revision.clone(),
        prune: false,
        dry_run,
    };
    let refused = argo.perform(rollback(false)).await.unwrap_err();
    assert_eq!(refused.kind, FaultKind::Conflict, "{refused}");
    assert!(refused.why.contains("auto-sync is enabled"), "{refused}");

    let hold =
        Hold { by: "contract".into(), since: Time::from_secs(1_795_230_764), reason: "INC-7 \"x\"".into() };
    argo.perform(Mutation::HoldAutoSync { app: key.clone(), hold: hold.clone() }).await.unwrap();
    let held = watch
        .until("the hold", |store| store.applications.get(&key).filter(|a| a.hold.is_some()).cloned())
        .await;
    assert_eq!(held.hold.as_ref(), Some(&hold));
    let auto = held.auto_sync.unwrap();
    assert!(!auto.enabled && auto.prune && auto.self_heal, "{auto:?}");
    let again =
        argo.perform(Mutation::HoldAutoSync { app: key.clone(), hold: hold.clone() }).await.unwrap_err();
    assert_eq!(again.kind, FaultKind::Conflict, "{again}");

    let unknown = Mutation::Rollback {
        app: key.clone(),
        id: 9_999,
        revision: "0".repeat(40).into(),
        prune: false,
        dry_run: false,
    };
    let unknown = argo.perform(unknown).await.unwrap_err();
    assert_eq!(unknown.kind, FaultKind::Invalid, "{unknown}");
    argo.perform(rollback(false)).await.unwrap();
    let rolled = watch
        .until("the rollback to end", |store| {
            let app = store.applications.get(&key)?;
            let newest = app.deployed.as_ref()?;
            let done = app.operation.as_ref()?.finished.is_some();
            (done && newest.id > entry.id && newest.revision == entry.revision).then(|| app.clone())
        })
        .await;
    assert_eq!(rolled.operation.unwrap().phase, OperationPhase::Succeeded);

    argo.perform(Mutation::ReleaseAutoSync { app: key.clone() }).await.unwrap();
    let released = watch
        .until("the release", |store| {
            let app = store.applications.get(&key)?;
            (app.hold.is_none() && app.auto_sync?.enabled).then(|| app.clone())
        })
        .await;
    let auto = released.auto_sync.unwrap();
    assert!(auto.prune && auto.self_heal);
    let Answer::Document(yaml) = argo.read(Query::Manifest(key.clone())).await.unwrap() else { panic!() };
    assert!(!yaml.text.contains("vigie.dev/"), "no annotation is left: {}", yaml.text);
    let none = argo.perform(Mutation::ReleaseAutoSync { app: key.clone() }).await.unwrap_err();
    assert_eq!(none.kind, FaultKind::Invalid, "{none}");
    watch.until("Synced and Healthy again", |store| settled(store, &key)).await;
}

/// A shut sync window is shown, and refuses.
async fn keeps_out(argo: &Arc<ArgoCd>, facts: &Facts) {
    let key = app(facts, facts.shut);
    let Answer::Windows { active, can_sync } = argo.read(Query::Windows(key.clone())).await.unwrap() else {
        panic!()
    };
    assert!(!can_sync && active.iter().any(|w| &*w.kind == "deny" && !w.manual_sync), "{active:?}");
    let refused = argo.perform(sync(&key, "contract-shut", false)).await.unwrap_err();
    assert_eq!(refused.kind, FaultKind::Refused, "{refused}");
    assert!(refused.why.contains("cannot sync: blocked by sync window"), "{refused}");
    assert!(refused.hint.contains("window"), "{refused}");
}

/// Starts a sync to a revision.
async fn start(argo: &Arc<ArgoCd>, key: &Key, id: &str, to: &str, prune_too: bool) {
    let mut wanted = sync(key, id, false);
    if let Mutation::Sync { revision, prune, .. } = &mut wanted {
        (*revision, *prune) = (Some(to.into()), prune_too);
    }
    argo.perform(wanted).await.unwrap();
}

async fn deployed(watch: &mut Watch, key: &Key, revision: &str) {
    let newest = |store: &Store| {
        let app = store.applications.get(key)?;
        app.deployed.as_ref().filter(|d| &*d.revision == revision).map(|_| ())
    };
    watch.until(&format!("the history entry of {revision}"), newest).await;
}

/// What another revision would change. Argo CD's cache of live objects comes after the sync that it reports, and nothing
/// tells when: it is asked until it has.
async fn differs(argo: &Arc<ArgoCd>, app: &Key, revision: &str) -> Vec<ResourceDiff> {
    let is_changed = |d: &ResourceDiff| d.changed && d.live.is_some() && d.target.is_some();
    let asked = async {
        loop {
            let versus = Versus::Revision(revision.into());
            let answer = argo.read(Query::Diff { app: app.clone(), versus }).await.unwrap();
            let Answer::Diff(diff) = answer else { panic!("{answer:?}") };
            if diff.iter().any(is_changed) {
                return diff;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), asked).await.expect("a difference to the revision before")
}

/// Another revision: what it would change is shown before, deployed, told on the timeline, and rolled back to.
async fn deploys(argo: &Arc<ArgoCd>, watch: &mut Watch, facts: &Facts) {
    let key = app(facts, facts.manual);
    let Revisions { old, new, .. } = &facts.revisions;
    for (id, revision) in [("contract-old", old), ("contract-new", new)] {
        start(argo, &key, id, revision, false).await;
        let app = ended(watch, &key, id).await;
        assert_eq!(app.operation.as_ref().map(|o| &*o.revision), Some(revision.as_str()));
        deployed(watch, &key, revision).await;
    }
    let diff = differs(argo, &key, old).await;
    assert!(diff.first().unwrap().changed, "what differs comes first");
    let Answer::History(history) = argo.read(Query::History(key.clone())).await.unwrap() else { panic!() };
    for entry in &history {
        let short = &entry.entry.revision[..7];
        let told = |c: &&Change| {
            c.at == entry.entry.deployed && c.subject.as_ref() == Some(&key) && c.title.contains(short)
        };
        let change = watch.store.changes.iter().find(told).unwrap_or_else(|| panic!("not told: {entry:?}"));
        assert_eq!((change.kind, &change.by), (ChangeKind::Sync, &entry.entry.by));
    }
    let entry = history.iter().map(|r| &r.entry).find(|e| *e.revision == **old).unwrap().clone();
    let rollback = Mutation::Rollback {
        app: key.clone(),
        id: entry.id,
        revision: entry.revision.clone(),
        prune: false,
        dry_run: false,
    };
    argo.perform(rollback).await.unwrap();
    watch
        .until("the rollback", |store| {
            let newest = store.applications.get(&key)?.deployed.as_ref()?;
            (newest.id > history[0].entry.id && *newest.revision == **old).then_some(())
        })
        .await;
}

/// An operation that waits lets no other begin, and ends when it is told to.
async fn terminates(argo: &Arc<ArgoCd>, watch: &mut Watch, facts: &Facts) {
    let key = app(facts, facts.manual);
    let idle = |store: &Store| store.applications.get(&key)?.operation.as_ref()?.finished;
    watch.until("no operation", idle).await;
    start(argo, &key, "contract-stuck", &facts.revisions.stuck, false).await;
    let waiting = |store: &Store| {
        let operation = store.applications.get(&key)?.operation.clone()?;
        operation.message.contains("waiting for healthy state of apps/Deployment/").then_some(operation)
    };
    let running = watch.until("the sync to wait for its Deployment", waiting).await;
    assert_eq!((running.phase, running.finished), (OperationPhase::Running, None));
    let second = argo.perform(sync(&key, "contract-second", false)).await.unwrap_err();
    assert_eq!(second.kind, FaultKind::Conflict, "{second}");
    assert!(second.why.contains("another operation is already in progress"), "{second}");
    argo.perform(Mutation::Terminate { app: key.clone() }).await.unwrap();
    let over = ended(watch, &key, "contract-stuck").await.operation.unwrap();
    assert_eq!((over.phase, &*over.message), (OperationPhase::Failed, "Operation terminated"));
}

/// What prune deletes has a name before, and is gone after.
async fn prunes(argo: &Arc<ArgoCd>, watch: &mut Watch, facts: &Facts) {
    let key = app(facts, facts.manual);
    argo.perform(Mutation::Refresh { app: key.clone(), hard: false }).await.unwrap();
    let one = |store: &Store| store.applications.get(&key).filter(|a| a.drift.2 == 1).map(|_| ());
    watch.until("one resource to prune", one).await;
    let Answer::Resources(all) = argo.read(Query::Resources(key.clone())).await.unwrap() else { panic!() };
    let doomed: Vec<_> = all.iter().filter(|r| r.prune).map(|r| &r.resource).collect();
    assert_eq!(doomed.iter().map(|r| (&*r.kind, &*r.name)).collect::<Vec<_>>(), [("ConfigMap", "legacy")]);
    start(argo, &key, "contract-prune", &facts.revisions.new, true).await;
    ended(watch, &key, "contract-prune").await;
    let operation = read(argo, &key).await.operation.unwrap();
    let gone: Vec<_> = operation.resources.iter().filter(|r| &*r.status == "Pruned").collect();
    assert_eq!(gone.iter().map(|r| &r.resource).collect::<Vec<_>>(), doomed, "{operation:?}");
    let clean = |store: &Store| settled(store, &key).filter(|a| a.drift == (0, 0, 0)).map(|_| ());
    watch.until("nothing to prune", clean).await;
}

/// A token that may only look is told which right is missing.
async fn refuses(viewer: &Arc<ArgoCd>, facts: &Facts) {
    let key = app(facts, facts.manual);
    let project = read(viewer, &key).await.project;
    let fault = viewer.perform(sync(&key, "contract-viewer", false)).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused, "{fault}");
    assert!(fault.hint.contains(&format!("applications, sync, {project}/{}", facts.manual)), "{fault}");
    let ask = Permission::ArgoCd {
        resource: "applications".into(),
        action: "sync".into(),
        object: format!("{project}/{}", facts.manual).into(),
    };
    assert_eq!(viewer.may(vec![ask]).await.unwrap(), [Verdict::No]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_on_a_real_argocd() {
    let Some(target) = live::target("VIGIE_LIVE_ARGOCD") else { return };
    let revisions = std::env::var("VIGIE_LIVE_ARGOCD_REVISIONS").unwrap();
    let [old, stuck, new] = revisions.split(' ').collect::<Vec<_>>()[..] else { panic!("{revisions}") };
    let facts = Facts {
        namespace: "argocd",
        automated: "prod-appointments",
        manual: "dev-appointments",
        shut: "dev-portal",
        revisions: Revisions { old: old.into(), stuck: stuck.into(), new: new.into() },
    };
    tokio::time::timeout(Duration::from_secs(300), suite(&target, &facts)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_on_the_simulator() {
    let facts = Facts {
        namespace: "argocd",
        automated: "lab-results",
        manual: "patient-portal",
        shut: "odoo",
        revisions: prepared(),
    };
    let target = simulator::target("prod", "argocd");
    tokio::time::timeout(Duration::from_secs(300), suite(&target, &facts)).await.unwrap();
}

/// Makes the commits and shuts the window on the simulator.
fn prepared() -> Revisions {
    let world = simulator::platform().world();
    let env = world.env("prod").unwrap();
    let shut =
        json!({ "kind": "deny", "schedule": "* * * * *", "duration": "24h", "applications": ["odoo"] });
    env.cluster
        .modify(known::APP_PROJECTS, "argocd", "clinic", |project| {
            project["spec"]["syncWindows"].as_array_mut().unwrap().push(shut);
        })
        .unwrap();
    let path = catalog::path("prod", "patient-portal");
    let tracked = world.git.manifests("main", &path).unwrap();
    let map = |name: &str, wave: &str| {
        json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name,
            "namespace": "patient-portal", "annotations": { "argocd.argoproj.io/sync-wave": wave } } })
    };
    let commit = |message: &str, manifests: Vec<Value>| {
        let by =
            Authored { author: "Wanjiru Kamau", email: "wanjiru@clinic.example", date: world.now(), message };
        world.git.commit("main", &by, [(path.clone(), manifests)].into())
    };
    let change = |manifests: &mut [Value], kind: &str, pointer: &str, value: Value| {
        let found = manifests.iter_mut().find(|m| m["kind"] == kind).unwrap();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        found.pointer_mut(parent).unwrap()[name] = value;
    };
    let mut old = tracked.clone();
    change(&mut old, "ConfigMap", "/data/FEATURES", json!("none"));
    old.push(map("legacy", "0"));
    let mut stuck = old.clone();
    change(&mut stuck, "Deployment", "/spec/template/spec/nodeSelector", json!({ "contract": "nowhere" }));
    stuck.push(map("late", "1"));
    Revisions {
        old: commit("portal: keep the legacy configuration", old),
        stuck: commit("portal: to nodes that are not there", stuck),
        new: commit("portal: drop the legacy configuration", tracked),
    }
}
