//! What holds of an Argo CD of which only the cluster is reachable.

use std::path::{Path, PathBuf};

use vigie::config::{ArgoCdMode, KubernetesConfig};

use super::*;

/// What must be there.
struct Facts {
    /// Whose cluster.
    kubeconfig: PathBuf,
    /// An application with automated sync, prune and self-heal on, Synced and Healthy.
    automated: &'static str,
    /// Another application.
    other: &'static str,
}

fn connect(kubeconfig: &Path) -> Arc<ArgoCd> {
    let config =
        ArgoCdConfig { mode: ArgoCdMode::Core, namespace: Some("argocd".into()), ..ArgoCdConfig::default() };
    let cluster = KubernetesConfig { kubeconfig: Some(kubeconfig.to_owned()), ..KubernetesConfig::default() };
    ArgoCd::new(system(SystemKind::ArgoCd), config, Some(cluster), clock())
}

fn key(name: &str) -> Key {
    Key::new(Source(0), Kind::Application, "argocd", name)
}

/// The suite.
async fn suite(facts: &Facts) {
    let argo = connect(&facts.kubeconfig);
    let mut watch = Watch::start(&argo);
    looks(&argo, &mut watch, &key(facts.automated)).await;
    syncs(&argo, &mut watch, &key(facts.other)).await;
    holds_and_rolls_back(&argo, &mut watch, &key(facts.automated)).await;
    watch.stop().await;
}

async fn looks(argo: &Arc<ArgoCd>, watch: &mut Watch, key: &Key) {
    let whole = watch
        .until("the application, whole", |store| settled(store, key).filter(|a| a.deployed.is_some()))
        .await;
    assert!(whole.revision.len() == 40 && whole.auto_sync.unwrap().enabled, "{whole:?}");
    let fresh = watch.store.freshness(Source(0), Kind::Application).unwrap();
    assert!(fresh.is_loaded());
    assert!(matches!(fresh.state(), Status::Degraded(words) if words.contains("core mode")), "{fresh:?}");
    assert!(watch.store.changes.iter().any(|c| c.subject.as_ref() == Some(key)), "on the timeline");

    let Answer::History(history) = argo.read(Query::History(key.clone())).await.unwrap() else { panic!() };
    assert_eq!(history.first().map(|r| &r.entry), whole.deployed.as_ref());
    let Answer::Resources(resources) = argo.read(Query::Resources(key.clone())).await.unwrap() else {
        panic!()
    };
    assert!(resources.iter().any(|r| &*r.resource.kind == "Deployment" && &*r.status == "Synced"));
    assert!(matches!(argo.read(Query::Tree(key.clone())).await.unwrap(), Answer::Tree(t) if !t.is_empty()));
    assert!(matches!(
        argo.read(Query::Windows(key.clone())).await.unwrap(),
        Answer::Windows { can_sync: true, .. }
    ));
    let versus = Versus::Desired;
    let none = argo.read(Query::Diff { app: key.clone(), versus }).await.unwrap_err();
    assert_eq!(none.kind, FaultKind::Unsupported, "{none}");
    let ask = Permission::ArgoCd {
        resource: "applications".into(),
        action: "sync".into(),
        object: format!("{}/argocd/{}", whole.project, key.name).into(),
    };
    assert_eq!(argo.may(vec![ask]).await.unwrap(), [Verdict::Yes]);
    let checks = argo.probe().await;
    assert!(checks.iter().all(|c| matches!(c.state, CheckState::Ok | CheckState::Degraded)), "{checks:?}");
}

async fn syncs(argo: &Arc<ArgoCd>, watch: &mut Watch, key: &Key) {
    let none = argo.perform(Mutation::Terminate { app: key.clone() }).await.unwrap_err();
    assert_eq!(none.kind, FaultKind::Invalid, "{none}");
    perform(argo, sync(key, "contract-core", false)).await;
    let done = ended(watch, key, "contract-core").await.operation.unwrap();
    assert_eq!((done.phase, &*done.by), (OperationPhase::Succeeded, "vigie"), "{done:?}");
    watch.until("Synced and Healthy", |store| settled(store, key)).await;
}

async fn holds_and_rolls_back(argo: &Arc<ArgoCd>, watch: &mut Watch, key: &Key) {
    let app = watch.until("the application", |store| settled(store, key)).await;
    let entry = app.deployed.unwrap();
    let rollback = Mutation::Rollback {
        app: key.clone(),
        id: entry.id,
        revision: entry.revision.clone(),
        prune: false,
        dry_run: false,
    };
    let refused = argo.perform(rollback.clone()).await.unwrap_err();
    assert_eq!(refused.kind, FaultKind::Conflict, "{refused}");
    let hold = Hold { by: "contract".into(), since: Time::from_secs(1_795_230_764), reason: "INC-7".into() };
    perform(argo, Mutation::HoldAutoSync { app: key.clone(), hold: hold.clone() }).await;
    let held = watch
        .until("the hold", |store| store.applications.get(key).filter(|a| a.hold.is_some()).cloned())
        .await;
    assert_eq!(held.hold, Some(hold));
    let auto = held.auto_sync.unwrap();
    assert!(!auto.enabled && auto.prune && auto.self_heal, "{auto:?}");
    perform(argo, rollback).await;
    let rolled = watch
        .until("the rollback to end", |store| {
            let app = store.applications.get(key)?;
            let newest = app.deployed.as_ref()?;
            let done = app.operation.as_ref()?.finished.is_some();
            (done && newest.id > entry.id && newest.revision == entry.revision).then(|| app.clone())
        })
        .await;
    assert_eq!(rolled.operation.unwrap().phase, OperationPhase::Succeeded);
    perform(argo, Mutation::ReleaseAutoSync { app: key.clone() }).await;
    watch
        .until("the release", |store| {
            let app = store.applications.get(key)?;
            (app.hold.is_none() && app.auto_sync?.enabled).then_some(())
        })
        .await;
    watch.until("Synced and Healthy again", |store| settled(store, key)).await;
}

/// Sends a mutation; one that met the controller's own writing changed nothing and may be sent again.
async fn perform(argo: &ArgoCd, mutation: Mutation) {
    for _ in 0..20 {
        match argo.perform(mutation.clone()).await {
            Err(fault) if fault.kind == FaultKind::Conflict => tokio::task::yield_now().await,
            result => return drop(result.unwrap()),
        }
    }
    panic!("the controller writes without end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_on_a_real_cluster() {
    // Argo CD is not on every cluster.
    if live::target("VIGIE_LIVE_ARGOCD").is_none() {
        return;
    }
    let kubeconfig = std::env::var_os("VIGIE_LIVE_KUBECONFIG").unwrap().into();
    let facts = Facts { kubeconfig, automated: "prod-openmrs", other: "dev-openmrs" };
    tokio::time::timeout(Duration::from_secs(200), suite(&facts)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_on_the_simulator() {
    let dir = tempfile::tempdir().unwrap();
    let kubeconfig = simulator::kubeconfig(dir.path(), "staging", "nadia");
    let facts = Facts { kubeconfig, automated: "fhir-gateway", other: "gitlab-runner" };
    tokio::time::timeout(Duration::from_secs(200), suite(&facts)).await.unwrap();
}
