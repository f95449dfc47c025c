//! Runs connectors side by side; a broken one stays a part.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::{FutureExt, future::BoxFuture};
use tokio::{sync::mpsc, task::JoinSet};

use crate::{
    action::port::Systems,
    connector::{Connector, Sink},
    model::{
        Answer, Clock, Fault, FaultKind, JsonPath, Kind, Mutation, Permission, Query, Receipt, Source, Str,
        SystemKind, Time, Verdict,
    },
    store::{Batch, Freshness, Status, Store},
};

/// How long a connector rests after it panicked.
const REST: Duration = Duration::from_secs(30);

/// The connectors of a session, by source.
pub struct Supervisor {
    connectors: Vec<Arc<dyn Connector>>,
    clock: Arc<dyn Clock>,
}

impl Supervisor {
    /// Takes connectors in the order of their sources.
    pub fn new(connectors: Vec<Arc<dyn Connector>>, clock: Arc<dyn Clock>) -> Self {
        Self { connectors, clock }
    }

    /// The connectors.
    pub fn connectors(&self) -> &[Arc<dyn Connector>] {
        &self.connectors
    }

    /// The connector of a source.
    pub fn get(&self, source: Source) -> Result<&Arc<dyn Connector>, Fault> {
        self.connectors.iter().find(|c| c.system().source == source).ok_or_else(|| {
            Fault::new(
                FaultKind::Usage,
                "vigie",
                "find the system",
                format!("no system has number {}", source.0),
            )
        })
    }

    /// The clock of the session.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Starts watching every system; what they see goes to `out`. Dropping the set ends them.
    pub fn watch(&self, out: &mpsc::Sender<Batch>) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        for connector in &self.connectors {
            let sink = Sink::new(connector.system().source, out.clone(), Arc::clone(&self.clock));
            tasks.spawn(guarded(Arc::clone(connector), sink, connector.kinds(), |c, sink| c.run(sink)));
        }
        tasks
    }

    /// Has every system tell of the kind of object that a word names, with what these paths lead to. Dropping the set
    /// ends it.
    pub fn browse(&self, word: &Str, paths: &Arc<[JsonPath]>, out: &mpsc::Sender<Batch>) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        for connector in &self.connectors {
            let sink = Sink::new(connector.system().source, out.clone(), Arc::clone(&self.clock));
            let (word, paths) = (Str::clone(word), Arc::clone(paths));
            let run =
                move |c: Arc<dyn Connector>, sink| c.browse(Str::clone(&word), Arc::clone(&paths), sink);
            tasks.spawn(guarded(Arc::clone(connector), sink, &[Kind::Object], run));
        }
        tasks
    }

    /// Watches until every kind of every system has been listed or has said why not, at most `patience`.
    pub async fn collect(&self, store: &mut Store, patience: Duration) {
        let (out, mut batches) = mpsc::channel(64);
        let _tasks = self.watch(&out);
        drop(out);
        let settle = async {
            while !self.is_settled(store) {
                match batches.recv().await {
                    Some(batch) => store.apply(batch),
                    None => break,
                }
            }
        };
        // Out of patience is no failure here: freshness tells what is missing.
        let _ = tokio::time::timeout(patience, settle).await;
    }

    /// Whether every kind of every system has been listed or has said why not, and clusters that have listed their
    /// pods have been asked what these use.
    pub fn is_settled(&self, store: &Store) -> bool {
        self.connectors.iter().all(|c| {
            let source = c.system().source;
            let told = c.kinds().iter().all(|kind| {
                store.freshness(source, *kind).is_some_and(|f| {
                    f.is_loaded() || matches!(f.state(), Status::Refused(_) | Status::Down { .. })
                })
            });
            let counts = c.kinds().contains(&Kind::Pod)
                && store.freshness(source, Kind::Pod).is_some_and(Freshness::is_loaded);
            told && (!counts || store.measured.contains(&source))
        })
    }
}

/// Runs a task of one connector for ever; a panic becomes a status of its kinds, and it starts anew after a rest.
async fn guarded(
    connector: Arc<dyn Connector>,
    sink: Sink,
    kinds: &'static [Kind],
    start: impl Fn(Arc<dyn Connector>, Sink) -> BoxFuture<'static, ()>,
) {
    while !sink.is_closed() {
        let run = AssertUnwindSafe(start(Arc::clone(&connector), sink.clone())).catch_unwind().await;
        if run.is_ok() {
            return;
        }
        let fault = Fault::new(
            FaultKind::Garbled,
            connector.system().to_string(),
            "watch",
            "vigie's own code failed on an answer of this system",
        )
        .hint("the rest goes on; please report it");
        let retry_at = sink.clock().now().plus(REST);
        for kind in kinds {
            sink.status(*kind, Status::Down { fault: Box::new(fault.clone()), retry_at }).await;
        }
        tokio::select! {
            () = tokio::time::sleep(REST) => {}
            () = sink.closed() => return,
        }
    }
}

impl Systems for Supervisor {
    fn read(&self, source: Source, query: Query) -> BoxFuture<'_, Result<Answer, Fault>> {
        async move { self.get(source)?.read(query).await }.boxed()
    }

    fn may(
        &self,
        source: Source,
        permissions: Vec<Permission>,
    ) -> BoxFuture<'_, Result<Vec<Verdict>, Fault>> {
        async move { self.get(source)?.may(permissions).await }.boxed()
    }

    fn perform(&self, source: Source, mutation: Mutation) -> BoxFuture<'_, Result<Receipt, Fault>> {
        async move { self.get(source)?.perform(mutation).await }.boxed()
    }

    fn find(&self, environment: &str, kind: SystemKind) -> Option<Source> {
        let systems = self.connectors.iter().map(|c| c.system());
        systems.into_iter().find(|s| *s.env == *environment && s.kind == kind).map(|s| s.source)
    }

    fn now(&self) -> Time {
        self.clock.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        tokio::time::sleep(duration).boxed()
    }
}
