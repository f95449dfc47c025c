//! What a change to an object does, on whatever API server: accepted once, refused when the object is another.

use k8s_openapi::api::{
    apps::v1::{Deployment, ReplicaSet},
    batch::v1::{CronJob, Job},
    core::v1::{Node, Pod},
};
use kube::{
    Api, Client, Resource,
    api::{DeleteParams, PostParams},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use vigie::model::{Edit, Fault, Mutation, ObjectChange, ObjectState, Propagation, Receipt, Rollout};

use super::{
    Answer, Connector, FaultKind, Key, Kind, PATIENCE, Query, SOURCE, SystemClock, Target, World, admin,
};

const ACTION: &str = "4b1f6a52-3a74-4a0f-9a6c-1f64f1b7a001";

/// What the tests below share.
struct Lab<'a> {
    world: &'a World,
    namespace: &'a str,
    name: String,
    client: Client,
}

impl Lab<'_> {
    fn api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), self.namespace)
    }

    async fn make<K>(&self, object: Value) -> K
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>
            + Serialize
            + DeserializeOwned
            + Clone
            + std::fmt::Debug,
    {
        let object: K = serde_json::from_value(object).expect("an object");
        self.api::<K>().create(&PostParams::default(), &object).await.expect("created")
    }

    fn key(&self, kind: Kind) -> Key {
        Key::new(SOURCE, kind, self.namespace, self.name.as_str())
    }

    async fn state(&self, key: &Key) -> Result<ObjectState, Fault> {
        let Answer::Object(state) = self.world.client.read(Query::Object(key.clone())).await? else {
            panic!("no object")
        };
        Ok(*state)
    }

    async fn send(&self, key: &Key, uid: &str, edit: Edit) -> Result<Receipt, Fault> {
        let change = ObjectChange { object: key.clone(), uid: uid.into(), action: ACTION.into(), edit };
        self.world.client.perform(Mutation::Object(Box::new(change))).await
    }

    async fn rollouts(&self, key: &Key) -> Vec<Rollout> {
        let Answer::Rollouts(all) = self.world.client.read(Query::Rollouts(key.clone())).await.unwrap()
        else {
            panic!("no revisions")
        };
        all
    }
}

fn template(name: &str, image: &str) -> Value {
    json!({ "metadata": { "labels": { "app": name } },
        "spec": { "containers": [{ "name": "main", "image": image }] } })
}

/// Changes to a deployment, a pod, a cron job and a node.
pub(super) async fn changes_objects(world: &World, target: &Target) {
    let name = format!("vigie-act-{:08x}", fastrand::u32(..));
    let client = admin(target).await;
    let lab = Lab { world, namespace: &target.namespace, name, client };
    changes_a_deployment(&lab).await;
    ends_a_pod(&lab).await;
    runs_a_cron_job(&lab).await;
    cordons_a_node(&lab).await;
}

async fn changes_a_deployment(lab: &Lab<'_>) {
    let (name, key) = (&lab.name, lab.key(Kind::Deployment));
    let spec = json!({ "replicas": 2, "selector": { "matchLabels": { "app": name } },
        "template": template(name, "registry.example/act:1") });
    let made: Deployment = lab.make(json!({ "metadata": { "name": name }, "spec": spec })).await;
    let uid = made.metadata.uid.unwrap();
    let first = first_revision(lab, &key, &uid).await;

    let undo = Edit::Undo { from: first.name.clone(), revision: first.revision };
    let restart = Edit::Restart { at: vigie::model::Clock::now(&SystemClock) };
    for edit in [Edit::Scale { replicas: 9 }, restart, undo.clone()] {
        let fault = lab.send(&key, "00000000-0000-0000-0000-000000000000", edit).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Conflict, "another object of the name: {fault}");
    }
    let at = vigie::model::Clock::now(&SystemClock);
    lab.send(&key, &uid, Edit::Restart { at }).await.unwrap();
    let state = lab.state(&key).await.unwrap();
    assert_eq!((&*state.uid, state.action.as_deref()), (uid.as_str(), Some(ACTION)));
    assert_eq!(state.restarted.unwrap().secs(), at.secs());

    lab.send(&key, &uid, Edit::Image { container: "main".into(), image: "registry.example/act:2".into() })
        .await
        .unwrap();
    assert_eq!(lab.state(&key).await.unwrap().images, [("main".into(), "registry.example/act:2".into())]);
    let fault = lab.send(&key, &uid, Edit::Image { container: "main".into(), image: "".into() }).await;
    assert_eq!(fault.unwrap_err().kind, FaultKind::Invalid);

    lab.send(&key, &uid, Edit::Scale { replicas: 3 }).await.unwrap();
    let wanted = lab.state(&key).await.unwrap().replicas.unwrap().wanted;
    assert_eq!(wanted, 3);

    lab.send(&key, &uid, undo).await.unwrap();
    let state = lab.state(&key).await.unwrap();
    assert_eq!(state.images, [("main".into(), "registry.example/act:1".into())]);
    assert_eq!((state.restarted, state.replicas.unwrap().wanted), (None, 3), "the template and nothing else");

    let delete = || Edit::Delete { propagation: Propagation::Background, grace: None };
    let fault = lab.send(&key, "00000000-0000-0000-0000-000000000000", delete()).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Conflict, "{fault}");
    lab.send(&key, &uid, delete()).await.unwrap();
    assert!(is_leaving(lab, &key).await);
    let fault = lab.send(&key, &uid, Edit::Scale { replicas: 1 }).await;
    assert!(
        matches!(fault, Err(f) if matches!(f.kind, FaultKind::NotFound | FaultKind::Conflict))
            || is_leaving(lab, &key).await
    );
}

/// The revision that the deployment began with; made by hand where no controller does it.
async fn first_revision(lab: &Lab<'_>, key: &Key, uid: &str) -> Rollout {
    let began = tokio::time::Instant::now();
    while began.elapsed() < PATIENCE / 8 {
        if let Some(first) = lab.rollouts(key).await.pop() {
            return first;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    let name = &lab.name;
    let owner = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "name": name, "uid": uid, "controller": true });
    let mut template = template(name, "registry.example/act:1");
    template["metadata"]["labels"]["pod-template-hash"] = json!("abc");
    let labels = json!({ "app": name, "pod-template-hash": "abc" });
    lab.make::<ReplicaSet>(json!({
        "metadata": { "name": format!("{name}-abc"), "labels": labels, "ownerReferences": [owner],
            "annotations": { "deployment.kubernetes.io/revision": "1" } },
        "spec": { "replicas": 0, "selector": { "matchLabels": labels }, "template": template },
    }))
    .await;
    let all = lab.rollouts(key).await;
    assert_eq!((all.len(), all[0].revision), (1, 1));
    all[0].clone()
}

async fn is_leaving(lab: &Lab<'_>, key: &Key) -> bool {
    match lab.state(key).await {
        Ok(state) => state.deleting,
        Err(fault) => fault.kind == FaultKind::NotFound,
    }
}

async fn ends_a_pod(lab: &Lab<'_>) {
    let spec = template(&lab.name, "registry.example/act:1")["spec"].clone();
    for edit in [Edit::Evict, Edit::Delete { propagation: Propagation::Background, grace: Some(0) }] {
        let made: Pod = lab.make(json!({ "metadata": { "name": lab.name }, "spec": spec })).await;
        let (uid, key) = (made.metadata.uid.unwrap(), lab.key(Kind::Pod));
        assert_eq!(lab.state(&key).await.unwrap().images.len(), 1);
        let other = lab.send(&key, "00000000-0000-0000-0000-000000000000", edit.clone()).await.unwrap_err();
        assert_eq!(other.kind, FaultKind::Conflict, "{other}");
        lab.send(&key, &uid, edit).await.unwrap();
        assert!(is_leaving(lab, &key).await);
        let _ = lab.api::<Pod>().delete(&lab.name, &DeleteParams::default().grace_period(0)).await;
        let began = tokio::time::Instant::now();
        while lab.state(&key).await.is_ok() && began.elapsed() < PATIENCE {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }
}

async fn runs_a_cron_job(lab: &Lab<'_>) {
    let mut pod = template(&lab.name, "registry.example/act:1");
    pod["spec"]["restartPolicy"] = json!("Never");
    let spec =
        json!({ "schedule": "0 3 * * *", "suspend": true, "jobTemplate": { "spec": { "template": pod } } });
    let made: CronJob = lab.make(json!({ "metadata": { "name": lab.name }, "spec": spec })).await;
    let uid = made.metadata.uid.unwrap();
    let key = Key::new(SOURCE, Kind::Object, lab.namespace, format!("cronjobs.v1.batch/{}", lab.name));
    assert!(lab.state(&key).await.unwrap().paused);
    let job = format!("{}-manual-1", lab.name);
    let edit = Edit::Trigger { job: job.as_str().into() };
    lab.send(&key, &uid, edit.clone()).await.unwrap();
    let made = lab.state(&Key::new(SOURCE, Kind::Job, lab.namespace, job.as_str())).await.unwrap();
    assert_eq!(made.action.as_deref(), Some(ACTION));
    assert_eq!(made.controller, Some(("CronJob".into(), lab.name.as_str().into())));
    let fault = lab.send(&key, &uid, edit).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Conflict, "a second one of the name: {fault}");
    let background = DeleteParams::background();
    lab.api::<Job>().delete(&job, &background).await.unwrap();
    lab.api::<CronJob>().delete(&lab.name, &background).await.unwrap();
}

async fn cordons_a_node(lab: &Lab<'_>) {
    let nodes: Api<Node> = Api::all(lab.client.clone());
    let node = nodes.list(&kube::api::ListParams::default()).await.unwrap().items.remove(0);
    let (name, uid) = (node.metadata.name.unwrap(), node.metadata.uid.unwrap());
    let key = Key::new(SOURCE, Kind::Node, "", name.as_str());
    for on in [true, false] {
        lab.send(&key, &uid, Edit::Cordon { on }).await.unwrap();
        assert_eq!(lab.state(&key).await.unwrap().unschedulable, on);
    }
    let Answer::Drain(pods) = lab.world.client.read(Query::Drain(key)).await.unwrap() else {
        panic!("no pods")
    };
    assert!(pods.iter().all(|p| p.key.kind == Kind::Pod && !p.uid.is_empty()));
}
