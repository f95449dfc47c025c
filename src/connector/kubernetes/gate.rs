//! Whether the server answers: asked once for all streams, so that a dead server costs one try at a time.
//!
//! A pulse asks for `/version` when nothing was heard for a while or a stream doubts. While the gate is shut every
//! stream waits, shows why, and sends nothing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep, timeout},
};

use super::access::{Access, Ask};
use crate::{
    connector::{Sink, backoff::Backoff},
    model::{Clock, Fault, FaultKind, Kind},
    store::Status,
};

/// How long nothing may be heard before the server is asked.
const QUIET: Duration = Duration::from_secs(6);
/// How long it may take to answer.
const LIMIT: Duration = Duration::from_secs(6);
/// How often rejected credentials are tried.
const REJECTED: Duration = Duration::from_secs(30);

/// Whether the server answers.
pub(super) struct Gate {
    /// `None` when open; before the first answer, shut and loading.
    door: watch::Sender<Option<Status>>,
    doubt: Notify,
    started: Instant,
    heard: AtomicU64,
}

impl Gate {
    /// Shut until the first answer.
    pub(super) fn new() -> Self {
        Self {
            door: watch::Sender::new(Some(Status::Loading)),
            doubt: Notify::new(),
            started: Instant::now(),
            heard: AtomicU64::new(0),
        }
    }

    /// The server said something.
    pub(super) fn heard(&self) {
        self.heard.store(self.started.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    /// Has the server asked now, because a stream got no answer or was not recognised.
    pub(super) fn doubt(&self) {
        self.doubt.notify_one();
    }

    /// Waits until the server answers; shows the stream of `kind` as shut meanwhile.
    pub(super) async fn opened(&self, kind: Kind, sink: &Sink) {
        let mut door = self.door.subscribe();
        loop {
            let state = door.borrow_and_update().clone();
            match state {
                None => return,
                Some(status) => sink.status(kind, status).await,
            };
            if door.changed().await.is_err() {
                return;
            }
        }
    }

    /// Waits until the server answers, showing nothing.
    pub(super) async fn passed(&self) {
        let mut door = self.door.subscribe();
        let _ = door.wait_for(Option::is_none).await;
    }

    /// Waits until the server does not answer.
    pub(super) async fn shut(&self) {
        let mut door = self.door.subscribe();
        let _ = door.wait_for(Option::is_some).await;
    }

    /// Waits until the server is known not to answer; before the first answer nothing is known.
    pub(super) async fn lost(&self) {
        let mut door = self.door.subscribe();
        let _ = door.wait_for(|door| matches!(door, Some(Status::Down { .. } | Status::Refused(_)))).await;
    }

    fn quiet_for(&self) -> Duration {
        let heard = Duration::from_millis(self.heard.load(Ordering::Relaxed));
        self.started.elapsed().saturating_sub(heard)
    }

    /// Asks again and again, for ever.
    pub(super) async fn watch_over(self: Arc<Self>, access: Arc<Access>, clock: Arc<dyn Clock>) {
        let mut backoff = Backoff::new();
        loop {
            let asked = self.started.elapsed();
            match ask(&access).await {
                Ok(()) => {
                    self.heard();
                    self.open();
                    self.next_doubt().await;
                }
                // Something else was heard meanwhile: the server is slow, not gone.
                Err(fault)
                    if fault.kind == FaultKind::Timeout
                        && self.is_open()
                        && self.quiet_for() < self.started.elapsed().saturating_sub(asked) => {}
                Err(fault) if fault.kind == FaultKind::Unauthenticated => {
                    self.door.send_replace(Some(Status::Refused(Box::new(fault))));
                    sleep(REJECTED.mul_f64(0.8 + fastrand::f64() * 0.4)).await;
                }
                Err(fault) => {
                    let delay = backoff.next(fault.retry_after);
                    let retry_at = clock.now().plus(delay);
                    self.door.send_replace(Some(Status::Down { fault: Box::new(fault), retry_at }));
                    sleep(delay).await;
                }
            }
        }
    }

    fn is_open(&self) -> bool {
        self.door.borrow().is_none()
    }

    fn open(&self) {
        self.door.send_if_modified(|door| door.take().is_some());
    }

    /// Waits for a doubt or a silence.
    async fn next_doubt(&self) {
        loop {
            let left = QUIET.saturating_sub(self.quiet_for());
            if left.is_zero() || timeout(left, self.doubt.notified()).await.is_ok() {
                return;
            }
        }
    }
}

/// One question; any answer that an API server gives to someone it knows is good.
async fn ask(access: &Access) -> Result<(), Fault> {
    let what = "reach the API server";
    match timeout(LIMIT, access.ask_json::<serde_json::Value>(Ask::get("/version", what))).await {
        Err(_) => Err(access.words().timeout(what, LIMIT)),
        Ok(Ok(_)) => Ok(()),
        // Hardened servers hide their version; they answer all the same.
        Ok(Err(failure)) if matches!(failure.code, 403 | 404) && failure.fault.kind != FaultKind::Garbled => {
            Ok(())
        }
        Ok(Err(failure)) => Err(failure.fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn waits_for_quiet_or_doubt() {
        let gate = Gate::new();
        gate.heard();
        let before = Instant::now();
        gate.next_doubt().await;
        assert!(before.elapsed() >= QUIET);
        gate.heard();
        gate.doubt();
        let before = Instant::now();
        gate.next_doubt().await;
        assert_eq!(before.elapsed(), Duration::ZERO);
    }
}
