//! What pods and nodes use, from metrics.k8s.io, which can only be polled.

use std::{sync::Arc, time::Duration};

use serde::Deserialize;
use tokio::time::{sleep, timeout};

use super::{Core, PODS_FIRST, wire};
use crate::{
    connector::{Sink, backoff::Backoff},
    model::{Fault, FaultKind, Kind},
    store::Delta,
};

/// How often it is asked; the metrics server measures every 15 s.
const EVERY: Duration = Duration::from_secs(20);
/// How often it is asked for where there is none, or it is refused.
const ABSENT: Duration = Duration::from_secs(300);
/// Where it lives.
const API: &str = "/apis/metrics.k8s.io/v1beta1";

#[derive(Deserialize)]
struct Name {
    name: String,
    #[serde(default)]
    namespace: String,
}

#[derive(Deserialize)]
struct Amounts {
    #[serde(default)]
    cpu: String,
    #[serde(default)]
    memory: String,
}

#[derive(Deserialize)]
struct Container {
    usage: Amounts,
}

/// `PodMetrics` and `NodeMetrics`.
#[derive(Deserialize)]
struct Measured {
    metadata: Name,
    #[serde(default)]
    containers: Vec<Container>,
    #[serde(default)]
    usage: Option<Amounts>,
}

/// Polls until nobody listens. Has no status of its own: rows simply have no usage where there is none.
pub(super) async fn run(core: Arc<Core>, sink: Sink) {
    let mut backoff = Backoff::new();
    let mut asked = false;
    while !sink.is_closed() {
        core.gate.passed().await;
        if !asked {
            // What is used by rows that are not there yet would be lost.
            let mut listed = core.pods_listed.subscribe();
            let _ = timeout(PODS_FIRST, listed.wait_for(|done| *done)).await;
        }
        let answer = poll(&core, &sink).await;
        if !std::mem::replace(&mut asked, true) {
            sink.send(vec![Delta::Measured]).await;
        }
        let delay = match answer {
            Ok(()) => EVERY.mul_f64(0.9 + fastrand::f64() / 5.0),
            Err(fault) if matches!(fault.kind, FaultKind::NotFound | FaultKind::Refused) => ABSENT,
            Err(fault) => backoff.next(fault.retry_after).max(EVERY),
        };
        tokio::select! {
            () = sink.closed() => return,
            () = sleep(delay) => {}
        }
    }
}

async fn poll(core: &Core, sink: &Sink) -> Result<(), Fault> {
    match one(core, sink, Kind::Node, &format!("{API}/nodes")).await {
        // Those who may only look at a namespace still see what its pods use.
        Err(fault) if fault.kind != FaultKind::Refused => return Err(fault),
        _ => {}
    }
    let namespaces = core.access.namespaces();
    if namespaces.is_empty() {
        return one(core, sink, Kind::Pod, &format!("{API}/pods")).await;
    }
    for namespace in namespaces {
        one(core, sink, Kind::Pod, &format!("{API}/namespaces/{namespace}/pods")).await?;
    }
    Ok(())
}

async fn one(core: &Core, sink: &Sink, kind: Kind, path: &str) -> Result<(), Fault> {
    let list = core.access.list::<Measured>(path, "", &format!("list {kind} metrics")).await?;
    let mut deltas = Vec::with_capacity(list.items.len());
    for item in list.items {
        let all = || item.containers.iter().map(|c| &c.usage).chain(&item.usage);
        let cpu: u64 = all().filter_map(|u| wire::millis(&u.cpu)).sum();
        let memory = all().filter_map(|u| wire::units(&u.memory)).sum();
        let key = core.rows.key_of(kind, &item.metadata.namespace, &item.metadata.name);
        deltas.push(Delta::Usage { key, cpu: u32::try_from(cpu).unwrap_or(u32::MAX), memory });
    }
    sink.send(deltas).await;
    Ok(())
}
