//! Polling one kind of a system that has no stream for it.
//!
//! The first list goes out whole; after it only what changed. A failure becomes a status with the time of the next
//! try; a refusal is asked again slowly, because rights may be granted meanwhile.

use std::{collections::HashMap, time::Duration};

use futures::future::BoxFuture;

use super::{Sink, backoff::Backoff};
use crate::{
    model::{Fault, FaultKind, Key, Kind, Record, Str},
    store::{Delta, Status},
};

/// How often something refused is asked for again.
const REFUSED: Duration = Duration::from_secs(60);

/// One list as a system gave it.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// Every row there is.
    pub rows: Vec<Record>,
    /// What is missing from it and why, when it is less than it could be.
    pub degraded: Option<Str>,
    /// When to ask again, when the list is too long to ask as often as usual.
    pub again: Option<Duration>,
}

impl Listing {
    /// A whole list.
    pub(crate) fn whole(rows: Vec<Record>) -> Self {
        Self { rows, ..Self::default() }
    }
}

/// What was sent of one kind, to send only what changed.
#[derive(Debug)]
pub(crate) struct Seen {
    kind: Kind,
    rows: HashMap<Key, Record>,
    loaded: bool,
    status: Option<Status>,
}

impl Seen {
    /// Nothing of `kind` sent yet.
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, rows: HashMap::new(), loaded: false, status: None }
    }

    /// What a new list changes.
    pub(crate) fn list(&mut self, rows: Vec<Record>, degraded: Option<Str>) -> Vec<Delta> {
        let mut deltas = Vec::new();
        if !self.loaded {
            deltas.push(Delta::Reset(self.kind));
        }
        let mut gone = std::mem::take(&mut self.rows);
        for row in rows {
            let old = gone.remove(row.key());
            if old.as_ref() != Some(&row) {
                deltas.push(Delta::Upsert(row.clone()));
            }
            self.rows.insert(row.key().clone(), row);
        }
        deltas.extend(gone.into_keys().map(Delta::Remove));
        deltas.push(Delta::Synced(self.kind));
        self.loaded = true;
        let status = degraded.map_or(Status::Live, Status::Degraded);
        if self.status.as_ref() != Some(&status) {
            deltas.push(Delta::Status(self.kind, status.clone()));
            self.status = Some(status);
        }
        deltas
    }

    /// What a failure changes.
    pub(crate) fn failed(&mut self, status: Status) -> Vec<Delta> {
        self.status = Some(status.clone());
        vec![Delta::Status(self.kind, status)]
    }
}

/// The status that a fault makes, and when to try again.
pub(crate) fn after(sink: &Sink, fault: Fault, backoff: &mut Backoff) -> (Status, Duration) {
    let wait = backoff.next(fault.retry_after);
    match fault.kind {
        FaultKind::Refused | FaultKind::Unsupported => {
            (Status::Refused(Box::new(fault)), jitter(REFUSED.max(wait)))
        }
        _ => {
            let retry_at = sink.clock().now().plus(wait);
            (Status::Down { fault: Box::new(fault), retry_at }, wait)
        }
    }
}

/// Asks for a kind again and again until the sink closes.
pub(crate) async fn poll<'a>(
    sink: &Sink,
    kind: Kind,
    every: Duration,
    mut list: impl FnMut() -> BoxFuture<'a, Result<Listing, Fault>> + Send,
) {
    let mut seen = Seen::new(kind);
    let mut backoff = Backoff::new();
    loop {
        let answer = tokio::select! {
            answer = list() => answer,
            () = sink.closed() => return,
        };
        let (deltas, wait) = match answer {
            Ok(listing) => {
                backoff.reset();
                let wait = jitter(listing.again.unwrap_or(every).max(every));
                (seen.list(listing.rows, listing.degraded), wait)
            }
            Err(fault) => {
                let (status, wait) = after(sink, fault, &mut backoff);
                (seen.failed(status), wait)
            }
        };
        if !sink.send(deltas).await || !pause(sink, wait).await {
            return;
        }
    }
}

/// Waits; `false` when the sink closed meanwhile.
pub(crate) async fn pause(sink: &Sink, wait: Duration) -> bool {
    tokio::select! {
        () = tokio::time::sleep(wait) => true,
        () = sink.closed() => false,
    }
}

/// The duration, up to a tenth longer or shorter, so that many clients do not ask at once.
pub(crate) fn jitter(duration: Duration) -> Duration {
    duration.mul_f64(0.9 + fastrand::f64() / 5.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Namespace, Source, Time};

    fn row(name: &str, phase: &str) -> Record {
        let key = Key::new(Source(0), Kind::Namespace, "", name);
        Record::Namespace(Namespace { key, phase: phase.into(), created: Time::from_secs(1) })
    }

    #[test]
    fn sends_only_what_changed() {
        let mut seen = Seen::new(Kind::Namespace);
        let first = seen.list(vec![row("a", "Active"), row("b", "Active")], None);
        assert_eq!(first.len(), 5, "{first:?}");
        assert_eq!(first[0], Delta::Reset(Kind::Namespace));
        let second = seen.list(vec![row("b", "Terminating")], Some("less".into()));
        assert_eq!(
            second,
            [
                Delta::Upsert(row("b", "Terminating")),
                Delta::Remove(row("a", "").key().clone()),
                Delta::Synced(Kind::Namespace),
                Delta::Status(Kind::Namespace, Status::Degraded("less".into())),
            ]
        );
        assert_eq!(
            seen.list(vec![row("b", "Terminating")], Some("less".into())),
            [Delta::Synced(Kind::Namespace)]
        );
    }
}
