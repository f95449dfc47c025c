//! Loki: logs by query, backwards from now, and then as they are written.

mod read;
mod tail;
mod wire;

use std::{sync::Arc, time::Duration};

use futures::{FutureExt, future::BoxFuture};

use super::{
    Connector, LogSink, Sink, endpoint,
    http::Http,
    poll::{Listing, poll},
    probe,
};
use crate::{
    config::{EndpointConfig, LokiConfig},
    model::{
        Answer, Check, Clock, Fault, FaultKind, Interner, Kind, LogRequest, LogTarget, Mutation, Permission,
        Query, Receipt, System, Verdict,
    },
};

/// How often it is asked whether it is well.
const EVERY: Duration = Duration::from_secs(30);
/// It has no rows of its own: how it fares is shown as the freshness of this kind from its source.
const HEALTH: Kind = Kind::Alert;

/// A client of one Loki.
pub struct Loki {
    system: System,
    clock: Arc<dyn Clock>,
    http: Http,
    labels: Labels,
    shared: Interner,
}

/// Labels that say where a line is from.
struct Labels {
    namespace: String,
    pod: String,
    container: String,
}

impl Loki {
    /// A client of `system`; asks nothing yet.
    pub fn new(system: System, config: LokiConfig, clock: Arc<dyn Clock>) -> Arc<Self> {
        let LokiConfig { url, token, ca, tenant, namespace_label, pod_label, container_label } = config;
        let labels = Labels {
            namespace: namespace_label.unwrap_or_else(|| "namespace".into()),
            pod: pod_label.unwrap_or_else(|| "pod".into()),
            container: container_label.unwrap_or_else(|| "container".into()),
        };
        let http = endpoint::client(&system, &EndpointConfig { url, token, ca, tenant });
        Arc::new(Self { http, system, clock, labels, shared: Interner::default() })
    }

    async fn health(&self) -> Result<Listing, Fault> {
        self.http.get("list labels", "/loki/api/v1/labels").json::<wire::Labels>().await?;
        Ok(Listing::default())
    }

    async fn checks(&self) -> Vec<Check> {
        let call = self.http.get("list labels", "/loki/api/v1/labels");
        let (mut checks, reply) = probe::reach(&self.http, call).await;
        let Some(reply) = reply else { return checks };
        checks.extend(probe::clock(&reply, &self.clock));
        let version = self.http.get("read the version", "/loki/api/v1/status/buildinfo");
        if let Ok(info) = version.json::<wire::BuildInfo>().await {
            checks.push(probe::ok("version", format!("Loki {}", info.version)));
        }
        let wanted = [&self.labels.namespace, &self.labels.pod, &self.labels.container];
        match serde_json::from_slice::<wire::Labels>(&reply.body) {
            Ok(found) => {
                let missing: Vec<&str> =
                    wanted.into_iter().filter(|w| !found.data.contains(w)).map(String::as_str).collect();
                checks.push(if missing.is_empty() {
                    probe::ok("labels", format!("{} labels, those of pods among them", found.data.len()))
                } else {
                    Check {
                        name: "labels".into(),
                        state: crate::model::CheckState::Degraded,
                        detail: format!(
                            "no label {}: set `namespace_label`, `pod_label` and `container_label` to what it has ({})",
                            missing.join(", "),
                            found.data.join(", ")
                        )
                        .into(),
                    }
                });
            }
            Err(_) => checks.push(probe::failed("labels", "it answers, but not as Loki does".into())),
        }
        checks
    }

    async fn follow(&self, request: LogRequest, sink: LogSink) -> Result<(), Fault> {
        let LogTarget::Query { query, .. } = &request.target else {
            return Err(self.http.fault(
                FaultKind::Unsupported,
                "read logs",
                "Loki is asked by query, not by pod",
            ));
        };
        let seen = self.backward(query, request.tail, request.since, &sink).await?;
        if !request.follow || sink.is_closed() {
            return Ok(());
        }
        self.forward(query, seen, &sink).await
    }
}

impl Connector for Loki {
    fn system(&self) -> &System {
        &self.system
    }

    fn kinds(&self) -> &'static [Kind] {
        &[]
    }

    fn run(self: Arc<Self>, sink: Sink) -> BoxFuture<'static, ()> {
        async move { poll(&sink, HEALTH, EVERY, || self.health().boxed()).await }.boxed()
    }

    fn read(&self, _query: Query) -> BoxFuture<'_, Result<Answer, Fault>> {
        async { Err(endpoint::unsupported(&self.system, "that question")) }.boxed()
    }

    /// Loki knows no rights of its own.
    fn may(&self, permissions: Vec<Permission>) -> BoxFuture<'_, Result<Vec<Verdict>, Fault>> {
        async move { Ok(vec![Verdict::Unknown; permissions.len()]) }.boxed()
    }

    fn perform(&self, mutation: Mutation) -> BoxFuture<'_, Result<Receipt, Fault>> {
        async move { Err(endpoint::cannot(&self.system, &mutation)) }.boxed()
    }

    fn logs(&self, request: LogRequest, sink: LogSink) -> BoxFuture<'_, Result<(), Fault>> {
        self.follow(request, sink).boxed()
    }

    fn probe(&self) -> BoxFuture<'_, Vec<Check>> {
        self.checks().boxed()
    }
}
