//! Runs a connector into a store and waits until the store shows what is expected.

use std::{sync::Arc, time::Duration};

use tokio::{sync::mpsc, task::JoinHandle, time::timeout};
use vigie::{
    config::Credential,
    connector::{Connector, Sink},
    model::{AppHealth, Clock, Source, SyncStatus, System, SystemClock, SystemKind, Tier},
    store::{Batch, Store},
};

/// How long anything may take to show.
const PATIENCE: Duration = Duration::from_secs(60);

/// A system of its kind in an environment called `contract`.
pub(super) fn system(kind: SystemKind) -> System {
    System { source: Source(0), env: "contract".into(), tier: Tier::Dev, kind, name: kind.name().into() }
}

/// A token as a credential of the configuration.
pub(super) fn credential(token: Option<&str>) -> Option<Credential> {
    let token = token?;
    Some(Credential::Command(vec!["printf".into(), "%s".into(), token.into()]))
}

/// The machine's clock.
pub(super) fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// A running connector and what it has seen.
pub(super) struct Watch {
    pub(super) store: Store,
    batches: mpsc::Receiver<Batch>,
    task: JoinHandle<()>,
}

impl Watch {
    /// Starts the connector.
    pub(super) fn start(connector: &Arc<impl Connector>) -> Self {
        let (out, batches) = mpsc::channel(64);
        let sink = Sink::new(connector.system().source, out, clock());
        let store = Store::new(Vec::new(), vec![connector.system().clone()]);
        let task = tokio::spawn(Arc::clone(connector).run(sink));
        Self { store, batches, task }
    }

    /// Waits until the condition holds on the store; fails with `what` after a minute.
    pub(super) async fn until<T>(&mut self, what: &str, mut holds: impl FnMut(&Store) -> Option<T>) -> T {
        let waiting = async {
            loop {
                if let Some(found) = holds(&self.store) {
                    return found;
                }
                let batch = self.batches.recv().await.expect("the connector ended before its sink closed");
                self.store.apply(batch);
            }
        };
        if let Ok(found) = timeout(PATIENCE, waiting).await {
            return found;
        }
        let states: Vec<_> = self.store.freshness_of(Source(0)).collect();
        let apps = self.store.applications.iter();
        let unsettled = apps.filter(|a| a.sync != SyncStatus::Synced || a.health != AppHealth::Healthy);
        panic!("not within a minute: {what}; {states:?} {:?}", unsettled.collect::<Vec<_>>())
    }

    /// Closes the sink and waits until the connector has ended.
    pub(super) async fn stop(self) {
        drop(self.batches);
        timeout(Duration::from_secs(5), self.task).await.expect("ends when its sink closes").unwrap();
    }
}
