//! What the Kubernetes connector promises, on whatever API server a kubeconfig names.
//!
//! [`kubernetes`] is the suite. It runs on a real server when `VIGIE_LIVE_KUBECONFIG` names its kubeconfig
//! (`VIGIE_LIVE_KUBECONFIG_VIEWER` one that may only read), and on the simulator.

#[path = "kubernetes/act.rs"]
mod act;
#[path = "kubernetes/browse.rs"]
mod browse;
#[path = "kubernetes/faults.rs"]
mod faults;
#[path = "kubernetes/secrets.rs"]
mod secrets;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use super::simulator;
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, Client, Config,
    api::{DeleteParams, Patch, PatchParams, PostParams},
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::json;
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};
use vigie::{
    config::KubernetesConfig,
    connector::{Connector, Sink, kubernetes::Kubernetes, tls::install_crypto},
    model::{
        Answer, CheckState, FaultKind, Key, Kind, LogLine, LogRequest, LogTarget, Permission, Query, Source,
        Syntax, System, SystemClock, SystemKind, Tier, Verdict,
    },
    store::{Batch, Status, Store},
};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(40);
const SOURCE: Source = Source(0);

/// A cluster to run the suite on. It has pods that run in `namespace`.
pub struct Target {
    /// The kubeconfig; its user may read everything and, with `creates`, make pods and Secrets.
    pub kubeconfig: PathBuf,
    /// The context; the current one when absent.
    pub context: Option<String>,
    /// A kubeconfig whose user may not list nodes and secrets.
    pub viewer: Option<PathBuf>,
    /// A namespace with running pods that write logs.
    pub namespace: String,
    /// Whether pods and Secrets can be created with POST.
    pub creates: bool,
}

/// A connector at work and what it told.
struct World {
    client: Arc<Kubernetes>,
    store: Store,
    batches: mpsc::Receiver<Batch>,
    task: JoinHandle<()>,
}

impl World {
    fn new(config: KubernetesConfig) -> Self {
        install_crypto();
        let system = System {
            source: SOURCE,
            env: "test".into(),
            tier: Tier::Dev,
            kind: SystemKind::Kubernetes,
            name: "kubernetes".into(),
        };
        let client = Kubernetes::new(system.clone(), config, Arc::new(SystemClock));
        let (out, batches) = mpsc::channel(64);
        let task = tokio::spawn(Arc::clone(&client).run(Sink::new(SOURCE, out, Arc::new(SystemClock))));
        Self { client, store: Store::new(Vec::new(), vec![system]), batches, task }
    }

    fn of(kubeconfig: &Path, context: Option<&str>) -> Self {
        Self::new(KubernetesConfig {
            kubeconfig: Some(kubeconfig.to_owned()),
            context: context.map(ToOwned::to_owned),
            namespaces: Vec::new(),
        })
    }

    /// Takes in what comes until it is as it should be.
    async fn until(&mut self, what: &str, mut done: impl FnMut(&Store) -> bool) {
        let wait = async {
            while !done(&self.store) {
                let batch = self.batches.recv().await.expect("the connector runs");
                self.store.apply(batch);
            }
        };
        if timeout(PATIENCE, wait).await.is_err() {
            let states: Vec<_> =
                self.store.freshness_of(SOURCE).map(|(k, f)| (k, f.state().clone())).collect();
            panic!("never: {what}; {} pods; {states:?}", self.store.pods.len());
        }
    }

    fn state(store: &Store, kind: Kind) -> Status {
        store.freshness(SOURCE, kind).map(|f| f.state().clone()).unwrap_or_default()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn pod_key(namespace: &str, name: &str) -> Key {
    Key::new(SOURCE, Kind::Pod, namespace, name)
}

/// The suite.
pub async fn kubernetes(target: Target) {
    let mut world = World::of(&target.kubeconfig, target.context.as_deref());
    let kinds = world.client.kinds();
    world
        .until("every kind is live", |store| {
            kinds.iter().all(|kind| World::state(store, *kind) == Status::Live)
        })
        .await;
    sees_what_runs(&world.store, &target.namespace);
    if target.creates {
        follows_a_pod(&mut world, &target).await;
    }
    let running = world
        .store
        .pods
        .iter()
        .find(|p| *p.key.namespace == *target.namespace && &*p.reason == "Running")
        .map(|p| p.key.clone())
        .expect("a running pod");
    explains(&world, &running).await;
    reads_logs(&world, &running).await;
    knows_rights(&world).await;
    browse::browses(&world, &target).await;
    if target.creates {
        secrets::are_masked(&world, &target).await;
        secrets::by_name_are_masked(&world, &target).await;
        act::changes_objects(&world, &target).await;
    }
    let checks = world.client.probe().await;
    for name in ["config", "reach", "tls", "clock", "version", "identity", "rights"] {
        let check =
            checks.iter().find(|c| &*c.name == name).unwrap_or_else(|| panic!("{name} in {checks:?}"));
        assert_eq!(check.state, CheckState::Ok, "{check:?}");
    }
    if let Some(viewer) = &target.viewer {
        is_refused_with_a_reason(viewer).await;
        browse::is_refused(viewer).await;
        secrets::are_refused(viewer, &target).await;
    }
}

fn sees_what_runs(store: &Store, namespace: &str) {
    assert!(store.pods.iter().any(|p| *p.key.namespace == *namespace && p.ready > 0 && !p.images.is_empty()));
    assert!(store.workloads.iter().any(|w| w.key.kind == Kind::Deployment && w.ready > 0 && w.desired > 0));
    assert!(store.workloads.iter().any(|w| w.key.kind == Kind::ReplicaSet && w.owner.is_some()));
    assert!(store.nodes.iter().any(|n| n.reason.starts_with("Ready") && n.cpu_capacity > 0));
    assert!(store.namespaces.iter().any(|n| *n.key.name == *namespace && &*n.phase == "Active"));
    assert!(store.events.len() <= 2000);
}

/// A client of its own, beside the connector.
async fn admin(target: &Target) -> Client {
    let file = Kubeconfig::read_from(&target.kubeconfig).expect("a kubeconfig");
    let options = KubeConfigOptions { context: target.context.clone(), ..KubeConfigOptions::default() };
    let config = Config::from_custom_kubeconfig(file, &options).await.expect("a configuration");
    Client::try_from(config).expect("a client")
}

/// A pod that is created, changed and deleted appears, changes and goes.
async fn follows_a_pod(world: &mut World, target: &Target) {
    let pods: Api<Pod> = Api::namespaced(admin(target).await, &target.namespace);
    let name = format!("vigie-contract-{:08x}", fastrand::u32(..));
    let pod = serde_json::from_value(json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name, "labels": { "vigie": "contract" } },
        "spec": { "containers": [{ "name": "main", "image": "registry.example/contract:1" }] },
    }));
    pods.create(&PostParams::default(), &pod.expect("a pod")).await.expect("created");
    let key = pod_key(&target.namespace, &name);
    world.until("the new pod is there", |store| store.pods.get(&key).is_some()).await;
    let patch = json!({ "metadata": { "labels": { "vigie": "changed" } } });
    pods.patch(&name, &PatchParams::default(), &Patch::Merge(&patch)).await.expect("patched");
    let changed = |store: &Store| {
        let pod = store.pods.get(&key);
        pod.is_some_and(|p| p.labels.iter().any(|(k, v)| &**k == "vigie" && &**v == "changed"))
    };
    world.until("the label is changed", changed).await;
    pods.delete(&name, &DeleteParams::default().grace_period(0)).await.expect("deleted");
    world.until("the pod is gone", |store| store.pods.get(&key).is_none()).await;
    let fault = world.client.read(Query::Manifest(key)).await.expect_err("it is gone");
    assert_eq!(fault.kind, FaultKind::NotFound, "{fault}");
}

async fn explains(world: &World, key: &Key) {
    let Answer::Document(yaml) = world.client.read(Query::Manifest(key.clone())).await.expect("YAML") else {
        panic!("a document")
    };
    assert_eq!(yaml.syntax, Syntax::Yaml);
    assert!(yaml.text.contains("kind: Pod"), "{}", yaml.text);
    let Answer::Document(words) = world.client.read(Query::Describe(key.clone())).await.expect("words")
    else {
        panic!("a document")
    };
    let image = &world.store.pods.get(key).expect("a row").images[0];
    for part in [&*key.name, &**image, "Containers:", "Conditions:", "Status:"] {
        assert!(words.text.contains(part), "{part} in\n{}", words.text);
    }
    let Answer::Events(events) = world.client.read(Query::Events(key.clone())).await.expect("events") else {
        panic!("events")
    };
    assert!(events.iter().all(|e| *e.about == *key.name && &*e.about_kind == "Pod"));
}

async fn reads_logs(world: &World, key: &Key) {
    let containers = &world.store.pods.get(key).expect("a row").containers;
    let request = |follow, tail, since| LogRequest {
        target: LogTarget::Pod { key: key.clone(), container: None, previous: false },
        tail,
        since,
        follow,
    };
    let lines = all_lines(world, request(false, Some(2), None)).await;
    for container in &**containers {
        let own: Vec<&LogLine> = lines.iter().filter(|l| l.container == *container).collect();
        assert_eq!(own.len(), 2, "two lines of {container} in {lines:?}");
        assert!(own[0].at <= own[1].at && !own[1].text.is_empty() && *own[0].origin == *key.name);
    }
    let newest = lines.iter().map(|l| l.at).max().expect("lines");
    let recent = all_lines(world, request(false, None, Some(Duration::from_secs(5)))).await;
    assert!(recent.iter().all(|l| l.at >= newest.minus(Duration::from_secs(60))), "{:?}", recent.first());

    // Following goes on past what was there, and ends when nobody listens.
    let (out, mut sink) = mpsc::channel(16);
    let follow = world.client.logs(request(true, Some(1), None), out);
    let listen = async {
        let mut seen = 0;
        while seen < containers.len() + 2 {
            seen += sink.recv().await.expect("more lines").len();
        }
        drop(sink);
    };
    let both = timeout(PATIENCE, async { tokio::join!(follow, listen) }).await;
    both.expect("lines keep coming").0.expect("it ends well");

    let previous = LogRequest {
        target: LogTarget::Pod { key: key.clone(), container: Some(containers[0].clone()), previous: true },
        tail: None,
        since: None,
        follow: false,
    };
    let (out, mut sink) = mpsc::channel(16);
    match world.client.logs(previous, out).await {
        Ok(()) => assert!(sink.recv().await.is_some_and(|lines| !lines.is_empty())),
        Err(fault) => assert_eq!(fault.kind, FaultKind::Invalid, "{fault}"),
    }
}

async fn all_lines(world: &World, request: LogRequest) -> Vec<LogLine> {
    let (out, mut sink) = mpsc::channel(16);
    let collect = async {
        let mut all = Vec::new();
        while let Some(lines) = sink.recv().await {
            all.extend(lines);
        }
        all
    };
    let (done, all) = timeout(PATIENCE, async { tokio::join!(world.client.logs(request, out), collect) })
        .await
        .expect("a log that ends");
    done.expect("a log");
    all
}

fn right(verb: &str, resource: &str) -> Permission {
    Permission::Kubernetes {
        verb: verb.into(),
        group: "".into(),
        resource: resource.into(),
        subresource: "".into(),
        namespace: "".into(),
        name: "".into(),
    }
}

async fn knows_rights(world: &World) {
    let verdicts =
        world.client.may(vec![right("list", "pods"), right("watch", "nodes")]).await.expect("verdicts");
    assert_eq!(verdicts, [Verdict::Yes, Verdict::Yes]);
}

/// Whoever may not see nodes is told so, and sees everything else.
async fn is_refused_with_a_reason(viewer: &Path) {
    let mut world = World::of(viewer, None);
    let settled = |store: &Store| {
        matches!(World::state(store, Kind::Node), Status::Refused(fault) if fault.why.contains("nodes"))
            && World::state(store, Kind::Pod) == Status::Live
            && World::state(store, Kind::Event) == Status::Live
    };
    world.until("nodes are refused and pods are live", settled).await;
    let verdicts =
        world.client.may(vec![right("list", "pods"), right("list", "secrets")]).await.expect("verdicts");
    assert_eq!(verdicts, [Verdict::Yes, Verdict::No]);
    let checks = world.client.probe().await;
    let rights = checks.iter().find(|c| &*c.name == "rights").expect("a check of rights");
    assert!(rights.state == CheckState::Degraded && rights.detail.contains("list nodes"), "{rights:?}");
}

/// Runs the suite on a real server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_on_a_real_kubernetes() {
    let Some(kubeconfig) = std::env::var_os("VIGIE_LIVE_KUBECONFIG") else {
        println!("skipped: VIGIE_LIVE_KUBECONFIG");
        return;
    };
    kubernetes(Target {
        kubeconfig: kubeconfig.into(),
        context: None,
        viewer: std::env::var_os("VIGIE_LIVE_KUBECONFIG_VIEWER").map(PathBuf::from),
        namespace: "prod".into(),
        creates: true,
    })
    .await;
}

/// Runs the suite on the simulator.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_on_the_simulator() {
    let dir = tempfile::tempdir().unwrap();
    kubernetes(Target {
        kubeconfig: simulator::kubeconfig(dir.path(), "staging", "samir"),
        context: Some("staging".into()),
        viewer: Some(simulator::kubeconfig(dir.path(), "staging", "victor")),
        namespace: "billing".into(),
        creates: true,
    })
    .await;
}
