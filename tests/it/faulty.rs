//! A connector as the pipeline sees it, with faults: requests and answers that are lost, a process that is killed.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use tokio::sync::Notify;
use vigie::{
    action::port::Systems,
    connector::Connector,
    model::{
        Answer, Clock, Fault, FaultKind, Mutation, Permission, Query, Receipt, Source, SystemClock, Time,
        Verdict,
    },
};

/// What becomes of the next request that changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lose {
    /// It does not arrive, and nobody knows.
    Request,
    /// It arrives, the answer does not.
    Answer,
}

/// One system with faults.
#[derive(Clone)]
pub(crate) struct Faulty {
    client: Arc<dyn Connector>,
    /// What was sent and arrived.
    pub(crate) sent: Arc<Mutex<Vec<Mutation>>>,
    /// What becomes of the next one.
    pub(crate) lose: Arc<Mutex<Option<Lose>>>,
    /// After how many more requests the process is killed.
    pub(crate) left: Arc<Mutex<Option<usize>>>,
    /// Told when it is.
    pub(crate) killed: Arc<Notify>,
}

impl Faulty {
    /// A system that is still well.
    pub(crate) fn of(client: Arc<dyn Connector>) -> Self {
        Self {
            client,
            sent: Arc::default(),
            lose: Arc::default(),
            left: Arc::default(),
            killed: Arc::default(),
        }
    }

    /// Counts a request; the one that is one too many never comes back.
    async fn step(&self) {
        let over = {
            let mut left = self.left.lock().unwrap();
            left.as_mut().is_some_and(|left| {
                let over = *left == 0;
                *left = left.saturating_sub(1);
                over
            })
        };
        if over {
            self.killed.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

impl Systems for Faulty {
    fn read(&self, _: Source, query: Query) -> BoxFuture<'_, Result<Answer, Fault>> {
        async move {
            self.step().await;
            self.client.read(query).await
        }
        .boxed()
    }

    fn may(&self, _: Source, wanted: Vec<Permission>) -> BoxFuture<'_, Result<Vec<Verdict>, Fault>> {
        self.client.may(wanted)
    }

    fn perform(&self, _: Source, mutation: Mutation) -> BoxFuture<'_, Result<Receipt, Fault>> {
        async move {
            self.step().await;
            let lose = self.lose.lock().unwrap().take();
            let system = self.client.system().to_string();
            let lost = || Fault::new(FaultKind::Unknown, &*system, "change", "the connection broke");
            if lose == Some(Lose::Request) {
                return Err(lost());
            }
            self.sent.lock().unwrap().push(mutation.clone());
            let answer = self.client.perform(mutation).await;
            // A second chance to be killed: sent, and nobody heard of it.
            self.step().await;
            if lose == Some(Lose::Answer) { Err(lost()) } else { answer }
        }
        .boxed()
    }

    fn now(&self) -> Time {
        SystemClock.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        tokio::time::sleep(duration / 4).boxed()
    }
}
