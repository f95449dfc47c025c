//! What holds of every Prometheus, simulated or real.

use vigie::{
    config::EndpointConfig,
    connector::{Connector, prometheus::Prometheus},
    model::{Answer, CheckState, Clock as _, FaultKind, Kind, Query, Source, SystemClock, SystemKind, Time},
    store::Status,
};

use super::{
    live::{self, Target},
    simulator,
    watch::{Watch, clock, credential, system},
};

/// The suite: `vector(1)` needs no data.
async fn suite(target: &Target) {
    let config = EndpointConfig {
        url: target.url.clone(),
        token: credential(target.token.as_deref()),
        ca: None,
        tenant: None,
    };
    let prometheus = Prometheus::new(system(SystemKind::Prometheus), config, clock());
    let mut watch = Watch::start(&prometheus);
    watch
        .until("its own health", |s| {
            s.freshness(Source(0), Kind::Alert).filter(|f| *f.state() == Status::Live).map(|_| ())
        })
        .await;
    watch.stop().await;
    // The API takes milliseconds.
    let to = Time::from_millis(SystemClock.now().millis());
    let from = to.minus(std::time::Duration::from_secs(600));
    let range = |query: &str, step| Query::Range { source: Source(0), query: query.into(), from, to, step };
    let Answer::Series(lines) = prometheus.read(range("vector(1)", 60)).await.unwrap() else { panic!() };
    assert_eq!((lines.len(), lines[0].points.len()), (1, 11));
    assert!(lines[0].points.iter().all(|(at, v)| v.total_cmp(&1.0).is_eq() && *at >= from && *at <= to));
    let long = format!("vector(1) or up{{long=\"{}\"}}", "x".repeat(3000));
    assert!(matches!(prometheus.read(range(&long, 60)).await.unwrap(), Answer::Series(l) if l.len() == 1));
    let Answer::Series(nan) = prometheus.read(range("vector(0)/0", 60)).await.unwrap() else { panic!() };
    assert!(nan[0].points.iter().all(|(_, v)| v.is_nan()));
    let fault = prometheus.read(range("sum(", 60)).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Invalid, "{fault}");
    assert!(fault.why.contains("parse error"), "{fault}");
    let checks = prometheus.probe().await;
    assert!(checks.iter().all(|c| c.state == CheckState::Ok), "{checks:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_on_a_real_prometheus() {
    let Some(target) = live::target("VIGIE_LIVE_PROMETHEUS") else { return };
    suite(&target).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_on_the_simulator() {
    suite(&simulator::target("prod", "prometheus")).await;
}
