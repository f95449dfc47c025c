//! Actions on Kubernetes objects through the whole pipeline, on a cluster whose controllers really reconcile.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use k8s_openapi::api::{apps::v1::Deployment, core::v1::Pod};
use kube::{
    Api, Client, Config,
    api::{DeleteParams, ListParams, PostParams},
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::json;
use uuid::Uuid;
use vigie::{
    action::{
        context::Context,
        guard::{self, Admitted, Approval},
        plan::{Outcome, Plan, Progress, Request},
        port::Systems,
        registry,
        resume::{resume, unfinished},
        run::{self, Cancel},
    },
    config::KubernetesConfig,
    connector::{kubernetes::Kubernetes, tls::install_crypto},
    journal::{Journal, Phase, read, verify},
    model::{Answer, Environment, Key, Kind, Policy, Query, Source, System, SystemClock, SystemKind, Tier},
};

use super::{
    action_argocd::{fact, open},
    contract::simulator,
    faulty::{Faulty, Lose},
};

const NAMESPACE: &str = "billing";

struct Desk {
    cluster: Faulty,
    environment: Environment,
    system: System,
    journal: Journal,
    dir: tempfile::TempDir,
    admin: Client,
}

impl Desk {
    async fn new() -> Self {
        install_crypto();
        let dir = tempfile::tempdir().unwrap();
        let kubeconfig = simulator::kubeconfig(dir.path(), "dev", "samir");
        let system = System {
            source: Source(0),
            env: "dev".into(),
            tier: Tier::Dev,
            kind: SystemKind::Kubernetes,
            name: "kubernetes".into(),
        };
        let config = KubernetesConfig {
            kubeconfig: Some(kubeconfig.clone()),
            context: Some("dev".into()),
            ..KubernetesConfig::default()
        };
        let options = KubeConfigOptions { context: Some("dev".into()), ..KubeConfigOptions::default() };
        let file = Kubeconfig::read_from(&kubeconfig).unwrap();
        let admin = Client::try_from(Config::from_custom_kubeconfig(file, &options).await.unwrap()).unwrap();
        let client = Kubernetes::new(system.clone(), config, Arc::new(SystemClock));
        let cluster = Faulty::of(client);
        let environment =
            Environment { name: "dev".into(), tier: Tier::Dev, color: None, policy: Policy::of(Tier::Dev) };
        let journal = open(&dir.path().join("journal"));
        Self { cluster, environment, system, journal, dir, admin }
    }

    /// A deployment of two pods of its own.
    async fn deployment(&self) -> Key {
        let name = format!("run-{:08x}", fastrand::u32(..));
        let template = json!({ "metadata": { "labels": { "app": name } },
            "spec": { "containers": [{ "name": "main", "image": "registry.example/run:1" }] } });
        let deployment: Deployment = serde_json::from_value(json!({ "metadata": { "name": name },
            "spec": { "replicas": 2, "selector": { "matchLabels": { "app": name } }, "template": template } }))
        .unwrap();
        let api: Api<Deployment> = Api::namespaced(self.admin.clone(), NAMESPACE);
        api.create(&PostParams::default(), &deployment).await.unwrap();
        let key = Key::new(Source(0), Kind::Deployment, NAMESPACE, name);
        self.wait(&key, |o| o.replicas.is_some_and(|r| r.available == 2)).await;
        key
    }

    async fn wait(&self, key: &Key, holds: impl Fn(&vigie::model::ObjectState) -> bool) {
        for _ in 0..400 {
            if let Ok(Answer::Object(object)) = self.cluster.read(Source(0), Query::Object(key.clone())).await
                && holds(&object)
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{key} does not get there");
    }

    async fn plan(&self, verb: &'static str, target: &Key, params: &[(&'static str, &str)]) -> Plan {
        self.request(Request {
            verb,
            target: target.clone(),
            params: params.iter().map(|(n, v)| (*n, (*v).to_owned())).collect::<BTreeMap<_, _>>(),
        })
        .await
    }

    async fn request(&self, request: Request) -> Plan {
        let ctx = Context {
            systems: &self.cluster,
            environment: &self.environment,
            system: &self.system,
            actor: "nadia",
            id: Uuid::new_v4(),
        };
        registry::plan(&ctx, &request).await.unwrap()
    }

    fn admit(plan: &Plan) -> Admitted {
        let approval = Approval { yes: true, ..Approval::default() };
        guard::admit(plan, &approval).unwrap_or_else(|fault| panic!("{fault}"))
    }

    async fn run(&self, plan: &Plan) -> (Outcome, Vec<String>) {
        let notes = Mutex::new(Vec::new());
        let note = |p| {
            if let Progress::Note(text) = p {
                notes.lock().unwrap().push(text);
            }
        };
        let outcome =
            run::run(Self::admit(plan), &self.cluster, &self.journal, note, &Cancel::default()).await;
        (outcome, notes.into_inner().unwrap())
    }

    async fn done(&self, plan: &Plan) -> (String, Option<Request>) {
        match self.run(plan).await {
            (Outcome::Done { summary, undo }, _) => (summary, undo),
            (other, notes) => panic!("not done: {other:?} {notes:?}"),
        }
    }

    fn sent(&self) -> usize {
        self.cluster.sent.lock().unwrap().len()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workload_is_restarted_changed_put_back_and_scaled() {
    let desk = Desk::new().await;
    let key = desk.deployment().await;

    let plan = desk.plan("restart", &key, &[]).await;
    assert_eq!(fact(&plan, "affects"), "2 pods");
    let (seen, undo) = desk.done(&plan).await;
    assert_eq!((seen.as_str(), undo), ("rolled out: 2 pods, all new and available", None));

    let plan = desk.plan("set-image", &key, &[("image", "registry.example/run:2")]).await;
    assert_eq!(plan.summary, "main: registry.example/run:1 → registry.example/run:2");
    let (_, undo) = desk.done(&plan).await;
    assert_eq!(undo.unwrap().params["image"], "registry.example/run:1");

    let plan = desk.plan("rollout-undo", &key, &[]).await;
    assert_eq!(fact(&plan, "changes"), "registry.example/run:2 → registry.example/run:1");
    let (_, undo) = desk.done(&plan).await;
    // kubectl numbers anew what is put back: the one that ran before it is the third.
    assert_eq!(undo.unwrap().params["revision"], "3");

    let plan = desk.plan("scale", &key, &[("replicas", "3")]).await;
    let (seen, undo) = desk.done(&plan).await;
    assert_eq!(seen, "3 of 3 pods ready");
    let back = desk.request(undo.unwrap()).await;
    assert_eq!(back.summary, "from 3 to 2 pods");
    assert!(desk.done(&back).await.0.starts_with("2 of 2"));

    let plan = desk.plan("delete", &key, &[]).await;
    assert_eq!(fact(&plan, "affects"), "it and its 2 pods");
    desk.done(&plan).await;
    assert!(verify(desk.journal.dir()).unwrap().is_intact());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_makes_no_sense_is_said_before() {
    let desk = Desk::new().await;
    let key = desk.deployment().await;
    let blocked = |plan: &Plan| plan.blocked().map(|o| o.text.clone()).unwrap_or_default();
    assert_eq!(blocked(&desk.plan("scale", &key, &[]).await), "say how many replicas");
    assert_eq!(blocked(&desk.plan("scale", &key, &[("replicas", "2")]).await), "it has 2 replicas already");
    assert_eq!(
        blocked(&desk.plan("rollout-undo", &key, &[]).await),
        "there is no older revision to go back to"
    );
    assert_eq!(blocked(&desk.plan("set-image", &key, &[]).await), "say which image");
    assert_eq!(desk.sent(), 0);

    // Changed by someone since it was confirmed: nothing is sent.
    let plan = desk.plan("restart", &key, &[]).await;
    let other = desk.plan("scale", &key, &[("replicas", "1")]).await;
    desk.done(&other).await;
    let (outcome, _) = desk.run(&plan).await;
    assert!(
        matches!(&outcome, Outcome::Refused(f) if f.why.contains("its spec changed since it was confirmed")),
        "{outcome:?}"
    );

    // Deleted and made anew under the same name: another thing.
    let plan = desk.plan("delete", &key, &[]).await;
    let api: Api<Deployment> = Api::namespaced(desk.admin.clone(), NAMESPACE);
    let mut again = api.get(&key.name).await.unwrap();
    again.metadata = kube::api::ObjectMeta { name: again.metadata.name, ..Default::default() };
    api.delete(&key.name, &DeleteParams::background()).await.unwrap();
    while api.get_opt(&key.name).await.unwrap().is_some() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    api.create(&PostParams::default(), &again).await.unwrap();
    let (outcome, _) = desk.run(&plan).await;
    assert!(matches!(&outcome, Outcome::Refused(f) if f.why.contains("replaced by another")), "{outcome:?}");
    assert_eq!(desk.sent(), 1, "the scaling alone");
    api.delete(&key.name, &DeleteParams::background()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_looked_for_and_never_sent_again() {
    let desk = Desk::new().await;
    let key = desk.deployment().await;
    for (verb, params) in [("restart", &[][..]), ("scale", &[("replicas", "1")])] {
        let plan = desk.plan(verb, &key, params).await;
        *desk.cluster.lose.lock().unwrap() = Some(Lose::Request);
        let before = desk.sent();
        let (outcome, _) = desk.run(&plan).await;
        assert!(
            matches!(&outcome, Outcome::Failed { fault, done: 0 } if fault.why.contains("did not arrive")),
            "{verb}: {outcome:?}"
        );
        assert_eq!(desk.sent(), before);

        let plan = desk.plan(verb, &key, params).await;
        *desk.cluster.lose.lock().unwrap() = Some(Lose::Answer);
        let (outcome, notes) = desk.run(&plan).await;
        assert!(matches!(outcome, Outcome::Done { .. }), "{verb}: {outcome:?}");
        assert!(notes.iter().any(|n| n.contains("looking whether it arrived")), "{notes:?}");
        assert_eq!(desk.sent(), before + 1, "{verb}");
    }
    desk.done(&desk.plan("delete", &key, &[]).await).await;
}

/// Killed before, during and after the one request of a scaling: what became of it is found out, nothing is sent
/// again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_anywhere_it_is_found_out() {
    let mut desk = Desk::new().await;
    let key = desk.deployment().await;
    for (after, replicas) in (0..4).zip(["1", "2", "1", "2"]) {
        let plan = desk.plan("scale", &key, &[("replicas", replicas)]).await;
        let before = desk.sent();
        *desk.cluster.left.lock().unwrap() = Some(after);
        let cancel = Cancel::default();
        tokio::select! {
            _ = run::run(Desk::admit(&plan), &desk.cluster, &desk.journal, |_| {}, &cancel) => {
                panic!("it was to be killed after {after} requests")
            }
            () = desk.cluster.killed.notified() => {}
        }
        *desk.cluster.left.lock().unwrap() = None;
        let sent = desk.sent() - before;
        assert_eq!(sent, usize::from(after >= 2), "after {after}");
        desk.journal = open(&desk.dir.path().join("journal"));
        let all = unfinished(&desk.journal).unwrap();
        let [one] = &all[..] else { panic!("after {after}: {all:?}") };
        let outcome =
            resume(one, &desk.system, &desk.cluster, &desk.journal, |_| {}, &Cancel::default()).await;
        match outcome {
            Outcome::Cancelled { done: 0 } => assert_eq!(sent, 0, "after {after}"),
            Outcome::Done { .. } => assert_eq!(sent, 1, "after {after}"),
            other => panic!("after {after}: {other:?}"),
        }
        assert_eq!(desk.sent() - before, sent, "resuming sends nothing");
        if sent == 0 {
            // So that the next number is a change again.
            desk.done(&desk.plan("scale", &key, &[("replicas", replicas)]).await).await;
        }
    }
    desk.done(&desk.plan("delete", &key, &[]).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_is_drained_step_by_step_and_taken_back() {
    let desk = Desk::new().await;
    let key = desk.deployment().await;
    let pods: Api<Pod> = Api::namespaced(desk.admin.clone(), NAMESPACE);
    let ours = pods.list(&ListParams::default().labels(&format!("app={}", key.name))).await.unwrap();
    let name = ours.items[0].spec.as_ref().and_then(|s| s.node_name.clone()).unwrap();
    let node = Key::new(Source(0), Kind::Node, "", name);
    let both = [("force", "true"), ("delete-emptydir-data", "true")];
    let plan = desk.plan("drain", &node, &both).await;
    assert!(fact(&plan, "affects").contains('/'), "{:?}", plan.facts);
    assert!(plan.steps.len() >= 3, "cordon, an eviction, the wait: {:?}", plan.steps);
    let (seen, undo) = desk.done(&plan).await;
    assert_eq!(seen, "no pods are left to move");
    let intent = read(desk.journal.dir()).unwrap().into_iter().map(|l| l.record.unwrap());
    let intent = intent.into_iter().find(|r| r.phase == Phase::Intent).unwrap();
    assert_eq!(intent.detail["step.01"], "send cordon enabled=true");
    assert!(intent.detail["step.02"].starts_with("send delete uid="), "{:?}", intent.detail);
    assert!(intent.detail["step.02"].contains(" on=pod|"), "{:?}", intent.detail);
    let back = desk.request(undo.unwrap()).await;
    assert_eq!(desk.done(&back).await.0, "takes new pods");
    desk.done(&desk.plan("delete", &key, &[]).await).await;
}
