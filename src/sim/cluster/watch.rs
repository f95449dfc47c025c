//! The bounded history of changes and the watches that read it.

use std::{collections::VecDeque, sync::Arc};

use serde_json::Value;
use tokio::sync::watch;

use super::{ApiError, Cluster, Gr};
use crate::sim::lock;

/// How many changes are kept; a watch from before them gets 410.
const KEPT: usize = 5_000;

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was created.
    Added,
    /// It was changed.
    Modified,
    /// It was removed.
    Deleted,
}

impl Change {
    /// The `type` of the watch event: `ADDED`, `MODIFIED`, `DELETED`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "ADDED",
            Self::Modified => "MODIFIED",
            Self::Deleted => "DELETED",
        }
    }
}

/// One change.
#[derive(Clone, Debug)]
pub struct WatchEvent {
    /// The resource version it made.
    pub version: u64,
    /// What happened.
    pub change: Change,
    /// The object after it; the last state when deleted.
    pub object: Arc<Value>,
    /// The object before it, for watches with a selector that it may have left or entered.
    pub before: Option<Arc<Value>>,
}

#[derive(Debug)]
pub(super) struct History {
    events: VecDeque<(Gr, WatchEvent)>,
    /// The newest version that is no longer in `events`.
    compacted: u64,
}

impl History {
    pub(super) fn new(version: u64) -> Self {
        Self { events: VecDeque::new(), compacted: version }
    }

    pub(super) fn push(&mut self, gr: Gr, event: WatchEvent) {
        if self.events.len() == KEPT
            && let Some((_, old)) = self.events.pop_front()
        {
            self.compacted = old.version;
        }
        self.events.push_back((gr, event));
    }

    pub(super) fn check(&self, from: u64) -> Result<(), ApiError> {
        if from < self.compacted { Err(ApiError::expired(from, self.compacted)) } else { Ok(()) }
    }

    fn since(&self, gr: Gr, from: u64) -> Vec<WatchEvent> {
        let start = self.events.partition_point(|(_, event)| event.version <= from);
        self.events.range(start..).filter(|(of, _)| *of == gr).map(|(_, event)| event.clone()).collect()
    }
}

/// A watch on one resource.
#[derive(Debug)]
pub struct Subscription {
    cluster: Arc<Cluster>,
    gr: Gr,
    seen: u64,
    changed: watch::Receiver<u64>,
}

impl Subscription {
    pub(super) fn new(cluster: Arc<Cluster>, gr: Gr, seen: u64) -> Self {
        let changed = cluster.notify.subscribe();
        Self { cluster, gr, seen, changed }
    }

    /// The version up to which everything has been handed out: what a bookmark says.
    pub fn version(&self) -> u64 {
        self.seen
    }

    /// The changes since the last call, without waiting; 410 when they were missed.
    pub fn drain(&mut self) -> Result<Vec<WatchEvent>, ApiError> {
        let state = lock(&self.cluster.state);
        if state.version == self.seen {
            return Ok(Vec::new());
        }
        state.history.check(self.seen)?;
        let events = state.history.since(self.gr, self.seen);
        self.seen = state.version;
        Ok(events)
    }

    /// The next changes, one or more, when there are some; 410 when some were missed. Safe to cancel.
    pub async fn next(&mut self) -> Result<Vec<WatchEvent>, ApiError> {
        loop {
            self.changed.borrow_and_update();
            let events = self.drain()?;
            if !events.is_empty() {
                return Ok(events);
            }
            if self.changed.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}
