//! The Kubernetes connector: pods, what owns them, nodes, namespaces, events, usage and logs of one cluster.
//!
//! Each kind is a stream of its own (`stream`) behind one gate that knows whether the server answers
//! (`gate`). Objects travel as protobuf where the server can (`frame`, `wire`) and are never kept: rows are
//! made of them at once (`rows`). Only `act` changes a cluster.

pub(crate) mod access;
mod act;
mod browse;
mod certificate;
mod describe;
mod discovery;
mod drain;
mod failure;
mod frame;
mod gate;
mod kubeconfig;
mod logs;
mod manifest;
mod object;
mod probe;
mod recent;
mod rights;
mod rollouts;
mod rows;
mod state;
mod status;
mod stream;
mod table;
mod usage;
mod watch;
mod wire;

use std::sync::{Arc, atomic::AtomicBool};

use futures::future::BoxFuture;
use tokio::{
    sync::watch as signal,
    task::JoinSet,
    time::{Duration, timeout},
};

use self::{access::Access, discovery::Discovery, gate::Gate, object::Object, rights::Rights, rows::Rows};
use super::{Connector, LogSink, Sink};
use crate::{
    config::KubernetesConfig,
    model::{
        Answer, Check, Clock, Fault, FaultKind, JsonPath, Kind, LogRequest, Mutation, Permission, Query,
        Receipt, Str, System, Verdict,
    },
};

/// What it reports, the most urgent first.
const KINDS: [Kind; 9] = [
    Kind::Pod,
    Kind::Node,
    Kind::Namespace,
    Kind::Deployment,
    Kind::StatefulSet,
    Kind::DaemonSet,
    Kind::Job,
    Kind::ReplicaSet,
    Kind::Event,
];
/// How long the other kinds leave the server to the list of pods.
const PODS_FIRST: Duration = Duration::from_secs(3);

/// A client of one cluster.
pub struct Kubernetes {
    core: Arc<Core>,
    rights: Rights,
}

/// What the streams share.
struct Core {
    system: System,
    access: Arc<Access>,
    rows: Rows,
    gate: Arc<Gate>,
    discovery: Discovery,
    clock: Arc<dyn Clock>,
    /// The server does not speak protobuf.
    json_only: AtomicBool,
    /// The first list of pods is there.
    pods_listed: signal::Sender<bool>,
}

impl Kubernetes {
    /// A client of the cluster that `config` names. Reads no file and opens no connection before it is used;
    /// whatever is wrong shows as status.
    pub fn new(system: System, config: KubernetesConfig, clock: Arc<dyn Clock>) -> Arc<Self> {
        let access = Access::new(system.to_string(), config);
        let core = Core {
            rows: Rows::new(system.source),
            gate: Arc::new(Gate::new()),
            discovery: Discovery::default(),
            json_only: AtomicBool::new(false),
            pods_listed: signal::Sender::new(false),
            system,
            access,
            clock,
        };
        Arc::new(Self { core: Arc::new(core), rights: Rights::default() })
    }

    fn fault(&self, kind: FaultKind, what: &str, why: &str) -> Fault {
        self.core.access.words().fault(kind, what, why)
    }
}

impl Connector for Kubernetes {
    fn system(&self) -> &System {
        &self.core.system
    }

    fn kinds(&self) -> &'static [Kind] {
        &KINDS
    }

    fn run(self: Arc<Self>, sink: Sink) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let core = &self.core;
            let mut tasks = JoinSet::new();
            tasks.spawn(Arc::clone(&core.gate).watch_over(Arc::clone(&core.access), Arc::clone(&core.clock)));
            tasks.spawn(stream_of::<wire::Pod>(Arc::clone(core), sink.clone(), Duration::ZERO));
            // What a first screen shows comes right after the pods, history last.
            tasks.spawn(stream_of::<wire::Node>(Arc::clone(core), sink.clone(), PODS_FIRST));
            tasks.spawn(stream_of::<wire::Namespace>(Arc::clone(core), sink.clone(), PODS_FIRST));
            tasks.spawn(stream_of::<wire::Deployment>(Arc::clone(core), sink.clone(), PODS_FIRST));
            tasks.spawn(stream_of::<wire::StatefulSet>(Arc::clone(core), sink.clone(), PODS_FIRST));
            tasks.spawn(stream_of::<wire::DaemonSet>(Arc::clone(core), sink.clone(), PODS_FIRST));
            tasks.spawn(stream_of::<wire::Job>(Arc::clone(core), sink.clone(), PODS_FIRST));
            tasks.spawn(stream_of::<wire::ReplicaSet>(Arc::clone(core), sink.clone(), PODS_FIRST * 2));
            tasks.spawn(stream_of::<wire::Event>(Arc::clone(core), sink.clone(), PODS_FIRST * 2));
            tasks.spawn(usage::run(Arc::clone(core), sink.clone()));
            sink.closed().await;
        })
    }

    fn browse(self: Arc<Self>, word: Str, paths: Arc<[JsonPath]>, sink: Sink) -> BoxFuture<'static, ()> {
        Box::pin(browse::run(Arc::clone(&self.core), word, paths, sink))
    }

    fn read(&self, query: Query) -> BoxFuture<'_, Result<Answer, Fault>> {
        Box::pin(async move {
            match query {
                Query::Manifest(key) => manifest::read(&self.core, &key).await.map(Answer::Document),
                Query::SecretEntry { key, entry } => {
                    manifest::entry(&self.core, &key, &entry).await.map(Answer::Secret)
                }
                Query::Describe(key) => describe::read(&self.core, &key).await.map(Answer::Document),
                Query::Events(key) => describe::events_of(&self.core, &key).await.map(Answer::Events),
                Query::ApiResources => {
                    let all = self.core.discovery.all(&self.core.access).await;
                    all.map(Answer::ApiResources).map_err(Fault::from)
                }
                Query::Object(key) => {
                    state::read(&self.core, &key).await.map(|state| Answer::Object(Box::new(state)))
                }
                Query::Rollouts(key) => rollouts::read(&self.core, &key).await.map(Answer::Rollouts),
                Query::Autoscalers(key) => rollouts::autoscalers(&self.core, &key).await.map(Answer::Names),
                Query::Drain(key) => drain::read(&self.core, &key).await.map(Answer::Drain),
                _ => Err(self.fault(FaultKind::Unsupported, "answer", "a cluster cannot tell that")),
            }
        })
    }

    fn may(&self, permissions: Vec<Permission>) -> BoxFuture<'_, Result<Vec<Verdict>, Fault>> {
        Box::pin(self.rights.may(&self.core.access, permissions))
    }

    fn perform(&self, mutation: Mutation) -> BoxFuture<'_, Result<Receipt, Fault>> {
        Box::pin(async move {
            match mutation {
                Mutation::Object(change) => act::perform(&self.core, &change).await,
                other => {
                    let what = other.to_string();
                    Err(self.fault(FaultKind::Unsupported, &what, "that is not a change to a cluster"))
                }
            }
        })
    }

    fn logs(&self, request: LogRequest, sink: LogSink) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(logs::read(&self.core, request, sink))
    }

    fn probe(&self) -> BoxFuture<'_, Vec<Check>> {
        Box::pin(probe::run(&self.core))
    }
}

/// The stream of one kind; waits up to `patience` for the first list of pods.
async fn stream_of<K: Object>(core: Arc<Core>, sink: Sink, patience: Duration) {
    let Some(resource) = object::resource(K::KIND) else { return };
    core.gate.opened(K::KIND, &sink).await;
    if !patience.is_zero() {
        let mut listed = core.pods_listed.subscribe();
        let _ = timeout(patience, listed.wait_for(|done| *done)).await;
    }
    stream::run::<K>(core, resource, sink).await;
}
