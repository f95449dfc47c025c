//! What holds of every Alertmanager, simulated or real.

pub(crate) mod act;

use vigie::{
    config::EndpointConfig,
    connector::{Connector, alertmanager::Alertmanager},
    model::{AlertState, CheckState, FaultKind, Key, Kind, Query, Source, SystemKind},
    store::Status,
};

use super::{
    live::{self, Target},
    simulator,
    watch::{Watch, clock, credential, system},
};

/// The suite: an alert called `alert` fires, with a severity.
async fn suite(target: &Target, alert: &str) {
    let config = EndpointConfig {
        url: target.url.clone(),
        token: credential(target.token.as_deref()),
        ca: None,
        tenant: None,
    };
    let alertmanager = Alertmanager::new(system(SystemKind::Alertmanager), config, clock());
    let mut watch = Watch::start(&alertmanager);
    let found = watch.until("the alert", |s| s.alerts.iter().find(|a| &*a.name == alert).cloned()).await;
    assert_eq!(found.label("alertname").map(|l| &**l), Some(alert));
    assert!(found.since <= found.updated && found.labels.is_sorted(), "{found:?}");
    let silenced = watch.store.alerts.iter().filter(|a| a.state == AlertState::Silenced).cloned();
    for alert in silenced.collect::<Vec<_>>() {
        let id = Key::new(Source(0), Kind::Silence, "", alert.silenced_by.first().unwrap().clone());
        watch.until("the silence of a silenced alert", |s| s.silences.get(&id).map(|_| ())).await;
    }
    for kind in alertmanager.kinds() {
        watch
            .until("live", |s| {
                s.freshness(Source(0), *kind)
                    .filter(|f| f.is_loaded() && *f.state() == Status::Live)
                    .map(|_| ())
            })
            .await;
    }
    watch.stop().await;
    let checks = alertmanager.probe().await;
    assert!(checks.iter().all(|c| c.state == CheckState::Ok), "{checks:?}");
    let fault = alertmanager.read(Query::Manifest(found.key)).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unsupported);
    act::changes_silences(&alertmanager, &target.url).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_on_a_real_alertmanager() {
    let Some(target) = live::target("VIGIE_LIVE_ALERTMANAGER") else { return };
    // Nothing need send it alerts.
    act::fire(&target.url, "Watchdog", "contract").await;
    suite(&target, "Watchdog").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_on_the_simulator() {
    suite(&simulator::target("prod", "alertmanager"), "Watchdog").await;
}
