//! What every connector can do.

use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::sync::mpsc;

use crate::{
    model::{
        Answer, Check, Clock, Fault, JsonPath, Kind, LogLine, LogRequest, Mutation, Permission, Query,
        Receipt, Str, System, Verdict,
    },
    store::{Batch, Delta, Status},
};

/// A client of one system.
///
/// Every method may be called at any time and from any task. Dropping a future abandons the request; a mutation
/// whose answer is lost reports [`FaultKind::Unknown`](crate::model::FaultKind::Unknown).
pub trait Connector: Send + Sync + 'static {
    /// The system it speaks to.
    fn system(&self) -> &System;

    /// The kinds it reports.
    fn kinds(&self) -> &'static [Kind];

    /// Watches the system and sends what it sees, for ever: failures become statuses, not ends. The future ends
    /// only when the sink is closed.
    fn run(self: Arc<Self>, sink: Sink) -> BoxFuture<'static, ()>;

    /// Lists and watches what a word names (`ing`, `certificates.cert-manager.io`), each object with what these paths
    /// lead to in it, until the sink closes. Systems without such kinds have nothing to say.
    fn browse(self: Arc<Self>, word: Str, paths: Arc<[JsonPath]>, sink: Sink) -> BoxFuture<'static, ()> {
        drop((word, paths, sink));
        Box::pin(async {})
    }

    /// Answers one question. Queries that make no sense for this system give `Unsupported`.
    fn read(&self, query: Query) -> BoxFuture<'_, Result<Answer, Fault>>;

    /// Asks the system whether these rights are there, in the order given.
    fn may(&self, permissions: Vec<Permission>) -> BoxFuture<'_, Result<Vec<Verdict>, Fault>>;

    /// Sends one mutation, once. An answer means accepted, not done.
    fn perform(&self, mutation: Mutation) -> BoxFuture<'_, Result<Receipt, Fault>>;

    /// Reads a log into the sink until it ends (never, when following) or the sink closes.
    fn logs(&self, request: LogRequest, sink: LogSink) -> BoxFuture<'_, Result<(), Fault>>;

    /// Looks at reach, TLS, identity, rights and clock, for `doctor`.
    fn probe(&self) -> BoxFuture<'_, Vec<Check>>;
}

/// Where a connector's observations go; bounded, so that a busy screen slows the reader and not memory.
#[derive(Clone)]
pub struct Sink {
    source: crate::model::Source,
    out: mpsc::Sender<Batch>,
    clock: Arc<dyn Clock>,
}

impl Sink {
    /// A sink for what `source` sees.
    pub fn new(source: crate::model::Source, out: mpsc::Sender<Batch>, clock: Arc<dyn Clock>) -> Self {
        Self { source, out, clock }
    }

    /// Sends what was seen now; `false` when nobody listens any more.
    pub async fn send(&self, deltas: Vec<Delta>) -> bool {
        if deltas.is_empty() {
            return !self.out.is_closed();
        }
        let batch = Batch { source: self.source, at: self.clock.now(), deltas };
        self.out.send(batch).await.is_ok()
    }

    /// Sends how the stream of a kind fares.
    pub async fn status(&self, kind: Kind, status: Status) -> bool {
        self.send(vec![Delta::Status(kind, status)]).await
    }

    /// The clock that dates observations.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Whether nobody listens any more.
    pub fn is_closed(&self) -> bool {
        self.out.is_closed()
    }

    /// Ends when nobody listens any more.
    pub async fn closed(&self) {
        self.out.closed().await;
    }
}

/// Where log lines go, many at a time.
pub type LogSink = mpsc::Sender<Vec<LogLine>>;
