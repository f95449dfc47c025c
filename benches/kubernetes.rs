//! How fast a cluster's pods become rows.
//!
//! With `VIGIE_LIVE_KUBECONFIG` set, the connector is run into a store against that cluster: when the first rows
//! and all of them were there, and the most memory the process ever had. Several runs: `-- 5`.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::mpsc;
use vigie::{
    config::KubernetesConfig,
    connector::{Connector, Sink, kubernetes::Kubernetes, tls::install_crypto},
    model::{Kind, Source, Str, System, SystemClock, SystemKind, Tier},
    store::{Freshness, Store},
};

fn main() {
    let Some(kubeconfig) = std::env::var_os("VIGIE_LIVE_KUBECONFIG") else {
        println!("skipped: kubernetes (VIGIE_LIVE_KUBECONFIG is not set)");
        return;
    };
    install_crypto();
    let runs = std::env::args().find_map(|a| a.parse().ok()).unwrap_or(3);
    for run in 1..=runs {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let (first, all, rows, settled) = runtime.block_on(load(kubeconfig.clone().into()));
        println!(
            "run {run}: first rows {} ms, all {rows} pods {} ms, every kind {} ms, peak memory {} MiB",
            first.as_millis(),
            all.as_millis(),
            settled.as_millis(),
            peak() / 1024,
        );
        runtime.shutdown_timeout(Duration::from_secs(1));
    }
}

async fn load(kubeconfig: PathBuf) -> (Duration, Duration, usize, Duration) {
    let start = Instant::now();
    let env: Str = "live".into();
    let system = System {
        source: Source(0),
        env,
        tier: Tier::Dev,
        kind: SystemKind::Kubernetes,
        name: "kubernetes".into(),
    };
    let config = KubernetesConfig { kubeconfig: Some(kubeconfig), ..KubernetesConfig::default() };
    let client = Kubernetes::new(system.clone(), config, Arc::new(SystemClock));
    let (out, mut batches) = mpsc::channel(64);
    let kinds = client.kinds();
    let task = tokio::spawn(client.run(Sink::new(Source(0), out, Arc::new(SystemClock))));
    let mut store = Store::new(Vec::new(), vec![system]);
    let (mut first, mut all) = (None, None);
    let settled = loop {
        let batch = batches.recv().await.expect("the connector runs");
        store.apply(batch);
        let loaded =
            |store: &Store, kind: Kind| store.freshness(Source(0), kind).is_some_and(Freshness::is_loaded);
        if first.is_none() && !store.pods.is_empty() {
            first = Some(start.elapsed());
        }
        if all.is_none() && loaded(&store, Kind::Pod) {
            all = Some((start.elapsed(), store.pods.len()));
        }
        if kinds.iter().all(|kind| loaded(&store, *kind)) {
            break start.elapsed();
        }
    };
    task.abort();
    let (all, rows) = all.unwrap_or((settled, 0));
    (first.unwrap_or(settled), all, rows, settled)
}

/// The most resident memory this process had, in KiB (`proc_pid_status(5)`, `VmHWM`); zero where there is no procfs.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}
