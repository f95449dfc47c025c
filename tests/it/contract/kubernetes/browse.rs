//! Any kind of object: found by its words, listed and followed as the server draws it, refused with a reason.

use std::{path::Path, sync::Arc};

use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api, Client, Config,
    api::{DeleteParams, Patch, PatchParams, PostParams},
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::json;
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};
use vigie::{
    connector::{Connector, Sink},
    model::{Answer, Cell, FaultKind, JsonPath, Key, Kind, Object, ObjectName, Query, SystemClock},
    store::{Batch, Status, Store},
};

use super::{PATIENCE, SOURCE, Target, World};

/// What one word brings.
struct Browsing {
    store: Store,
    batches: mpsc::Receiver<Batch>,
    task: JoinHandle<()>,
}

impl Browsing {
    fn of(world: &World, word: &str) -> Self {
        Self::with(world, word, &[])
    }

    /// The same, with what these paths lead to.
    fn with(world: &World, word: &str, paths: &[&str]) -> Self {
        let paths = paths.iter().map(|path| JsonPath::parse(path).expect("a path")).collect();
        let (out, batches) = mpsc::channel(16);
        let sink = Sink::new(SOURCE, out, Arc::new(SystemClock));
        let task = tokio::spawn(Arc::clone(&world.client).browse(word.into(), paths, sink));
        Self { store: Store::new(Vec::new(), vec![world.client.system().clone()]), batches, task }
    }

    async fn until<T>(&mut self, what: &str, mut holds: impl FnMut(&Store) -> Option<T>) -> T {
        let wait = async {
            loop {
                if let Some(found) = holds(&self.store) {
                    return found;
                }
                let batch = self.batches.recv().await.expect("it goes on while someone listens");
                self.store.apply(batch);
            }
        };
        let found = timeout(PATIENCE, wait).await;
        found.unwrap_or_else(|_| panic!("never: {what}; {:?}", World::state(&self.store, Kind::Object)))
    }

    async fn live(&mut self, what: &str) {
        self.until(what, |store| (World::state(store, Kind::Object) == Status::Live).then_some(())).await;
    }

    /// Nobody listens any more: it ends.
    async fn stop(self) {
        drop(self.batches);
        timeout(PATIENCE, self.task).await.expect("it ends when nobody listens").unwrap();
    }
}

fn named<'a>(store: &'a Store, name: &str) -> Option<&'a Object> {
    store.objects.iter().find(|o| o.key.title() == name)
}

fn cell<'a>(store: &'a Store, object: &'a Object, column: &str) -> Option<&'a Cell> {
    let at = store.heads[&SOURCE].columns.iter().position(|c| &*c.name == column)?;
    object.cells.get(at)
}

/// The part of the suite.
pub(super) async fn browses(world: &World, target: &Target) {
    lists_the_kinds(world).await;
    lists_custom_objects(world).await;
    knows_no_such_kind(world).await;
    follows_paths(world).await;
    if target.creates {
        follows_an_object(world, target).await;
    }
}

async fn lists_the_kinds(world: &World) {
    let mut kinds = Browsing::of(world, "api-resources");
    kinds.live("the kinds are there").await;
    let maps = named(&kinds.store, "configmaps").expect("a kind of the core group");
    let text = |text: &str| Some(Cell::Text(text.into()));
    assert_eq!(cell(&kinds.store, maps, "Short Names").cloned(), text("cm"));
    assert_eq!(cell(&kinds.store, maps, "Kind").cloned(), text("ConfigMap"));
    let deployments = named(&kinds.store, "deployments.apps").expect("a kind of another group");
    assert_eq!(cell(&kinds.store, deployments, "API Version").cloned(), text("apps/v1"));
    kinds.stop().await;
    let Answer::ApiResources(all) = world.client.read(Query::ApiResources).await.expect("an answer") else {
        panic!("kinds")
    };
    assert!(all.iter().any(|r| &*r.kind == "Application" && &*r.group == "argoproj.io" && r.namespaced));
    assert!(all.iter().all(|r| !r.plural.contains('/') && !r.singular.is_empty()), "no subresources");
}

/// The columns are those of the definition, and short names find it.
async fn lists_custom_objects(world: &World) {
    let mut apps = Browsing::of(world, "applications.argoproj.io");
    apps.live("applications are listed").await;
    let head = &apps.store.heads[&SOURCE];
    let column = |name: &str| head.columns.iter().find(|c| &*c.name == name).map(|c| c.wide);
    assert_eq!((column("Sync Status"), column("Revision")), (Some(false), Some(true)), "{head:?}");
    assert!(head.columns.iter().all(|c| &*c.name != "Name" && &*c.name != "Age"), "rows know these exactly");
    assert!(apps.store.objects.iter().all(|o| o.created.is_some() && o.uid != 0));
    apps.stop().await;
}

/// Paths lead into the whole object, and none of it stays but what they lead to; secrets stay masked.
async fn follows_paths(world: &World) {
    let paths = [".metadata.name", ".spec.containers[*].name", ".spec.nodeName"];
    let mut pods = Browsing::with(world, "pods", &paths);
    pods.live("pods are listed").await;
    let head = &pods.store.heads[&SOURCE];
    assert_eq!(
        head.own.iter().map(|p| &**p).collect::<Vec<_>>(),
        ["$.metadata.name", "$.spec.containers[*].name", "$.spec.nodeName"]
    );
    for pod in pods.store.objects.iter() {
        let own = &pod.cells[head.columns.len()..];
        assert_eq!(own.len(), paths.len(), "{pod:?}");
        assert_eq!(own[0], Cell::Text(pod.key.title().into()));
        assert!(matches!(&own[1], Cell::Text(names) if !names.is_empty()), "{pod:?}");
    }
    pods.stop().await;
    let mut secrets = Browsing::with(world, "secrets", &[".data.*"]);
    secrets.live("secrets are listed").await;
    let columns = secrets.store.heads[&SOURCE].columns.len();
    for secret in secrets.store.objects.iter() {
        let Cell::Text(told) = &secret.cells[columns] else { panic!("{secret:?}") };
        assert!(
            told.split(',').all(|value| value.is_empty() || value.starts_with("•••••••")),
            "{}",
            secret.key
        );
    }
    secrets.stop().await;
}

async fn knows_no_such_kind(world: &World) {
    let mut none = Browsing::of(world, "frobnicators");
    let fault = none
        .until("the kind is unknown", |store| match World::state(store, Kind::Object) {
            Status::Refused(fault) => Some(fault),
            _ => None,
        })
        .await;
    assert_eq!((fault.kind, &*fault.why), (FaultKind::NotFound, "has no frobnicators"));
    none.stop().await;
}

/// An object that is created, changed and deleted appears, changes and goes; it can be looked at.
async fn follows_an_object(world: &World, target: &Target) {
    let file = Kubeconfig::read_from(&target.kubeconfig).expect("a kubeconfig");
    let options = KubeConfigOptions { context: target.context.clone(), ..KubeConfigOptions::default() };
    let config = Config::from_custom_kubeconfig(file, &options).await.expect("a configuration");
    let maps: Api<ConfigMap> =
        Api::namespaced(Client::try_from(config).expect("a client"), &target.namespace);
    let mut seen = Browsing::of(world, "cm");
    seen.live("config maps are listed").await;
    let name = format!("vigie-contract-{:08x}", fastrand::u32(..));
    let map = serde_json::from_value(json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name, "labels": { "vigie": "contract" } },
        "data": { "a": "1" },
    }));
    maps.create(&PostParams::default(), &map.expect("a map")).await.expect("created");
    let key = seen.until("the new one is there", |store| named(store, &name).map(|o| o.key.clone())).await;
    let object = seen.store.objects.get(&key).expect("there");
    assert_eq!(cell(&seen.store, object, "Data"), Some(&Cell::Number(1)));
    assert!(object.labels.iter().any(|(k, v)| &**k == "vigie" && &**v == "contract"), "{object:?}");
    let said = ObjectName::of(&key).expect("an object");
    assert_eq!((said.plural, said.version, said.group), ("configmaps", "v1", ""));
    looks_closer(world, &key).await;
    let patch = json!({ "data": { "b": "2" } });
    maps.patch(&name, &PatchParams::default(), &Patch::Merge(&patch)).await.expect("patched");
    let changed = |store: &Store| {
        let object = named(store, &name)?;
        (cell(store, object, "Data") == Some(&Cell::Number(2))).then_some(())
    };
    seen.until("it has changed", changed).await;
    maps.delete(&name, &DeleteParams::default()).await.expect("deleted");
    seen.until("it is gone", |store| named(store, &name).is_none().then_some(())).await;
    seen.stop().await;
}

async fn looks_closer(world: &World, key: &Key) {
    let Answer::Document(yaml) = world.client.read(Query::Manifest(key.clone())).await.expect("YAML") else {
        panic!("a document")
    };
    assert!(yaml.text.contains("kind: ConfigMap") && yaml.text.contains(key.title()), "{}", yaml.text);
    let Answer::Document(words) = world.client.read(Query::Describe(key.clone())).await.expect("words")
    else {
        panic!("a document")
    };
    assert!(words.text.contains(key.title()) && words.text.contains("a  1 bytes"), "{}", words.text);
    let Answer::Events(events) = world.client.read(Query::Events(key.clone())).await.expect("events") else {
        panic!("events")
    };
    assert!(events.iter().all(|e| *e.about == *key.title() && &*e.about_kind == "ConfigMap"));
}

/// Whoever may not list a kind is told so.
pub(super) async fn is_refused(viewer: &Path) {
    let world = World::of(viewer, None);
    let mut secrets = Browsing::of(&world, "secrets");
    let fault = secrets
        .until("secrets are refused", |store| match World::state(store, Kind::Object) {
            Status::Refused(fault) => Some(fault),
            _ => None,
        })
        .await;
    assert_eq!(fault.kind, FaultKind::Refused);
    assert!(fault.why.contains("secrets"), "{fault}");
    assert!(secrets.store.objects.is_empty());
    secrets.stop().await;
}
