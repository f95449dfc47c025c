//! Alertmanager: alerts and silences.

mod act;
mod map;
mod wire;

use std::{sync::Arc, time::Duration};

use futures::{FutureExt, future::BoxFuture};

use super::{
    Connector, LogSink, Sink, endpoint,
    http::{Http, segment},
    poll::{Listing, poll},
    probe,
};
use crate::{
    config::EndpointConfig,
    model::{
        Alert, Answer, Check, Clock, Fault, Interner, Key, Kind, LogRequest, Mutation, Permission, Query,
        Receipt, Record, Silence, Str, System, Verdict,
    },
};

/// How often it is asked.
const EVERY: Duration = Duration::from_secs(12);

/// A client of one Alertmanager.
pub struct Alertmanager {
    system: System,
    clock: Arc<dyn Clock>,
    http: Http,
    shared: Interner,
}

impl Alertmanager {
    /// A client of `system`; asks nothing yet.
    pub fn new(system: System, config: EndpointConfig, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            http: endpoint::client(&system, &config),
            system,
            clock,
            shared: Interner::default(),
        })
    }

    async fn all_alerts(&self) -> Result<Vec<Alert>, Fault> {
        let found: Vec<wire::Alert> = self.http.get("list alerts", "/api/v2/alerts").json().await?;
        let row = |alert: wire::Alert| {
            let key = Key::new(self.system.source, Kind::Alert, "", Str::clone(&alert.fingerprint));
            map::alert(key, alert, &self.shared)
        };
        Ok(found.into_iter().map(row).collect())
    }

    async fn alerts(&self) -> Result<Listing, Fault> {
        let found = self.all_alerts().await?.into_iter();
        Ok(Listing::whole(found.map(|a| Record::Alert(Box::new(a))).collect()))
    }

    async fn all_silences(&self) -> Result<Vec<Silence>, Fault> {
        let found: Vec<wire::Silence> = self.http.get("list silences", "/api/v2/silences").json().await?;
        Ok(found.into_iter().map(|silence| map::silence(self.system.source, silence)).collect())
    }

    async fn silences(&self) -> Result<Listing, Fault> {
        let now = self.clock.now();
        let found = self.all_silences().await?.into_iter().filter(|s| map::is_recent(s, now));
        Ok(Listing::whole(found.map(|s| Record::Silence(Box::new(s))).collect()))
    }

    async fn silence(&self, key: &Key) -> Result<Silence, Fault> {
        let call = self.http.get("read the silence", format!("/api/v2/silence/{}", segment(&key.name)));
        Ok(map::silence(self.system.source, call.json().await?))
    }

    async fn checks(&self) -> Vec<Check> {
        let (mut checks, reply) =
            probe::reach(&self.http, self.http.get("read the status", "/api/v2/status")).await;
        let Some(reply) = reply else { return checks };
        checks.extend(probe::clock(&reply, &self.clock));
        match serde_json::from_slice::<wire::Status>(&reply.body) {
            Ok(s) => {
                let peers = s.cluster.peers.len();
                let cluster = format!("cluster {}, {peers} peers", s.cluster.status);
                checks.push(probe::ok(
                    "version",
                    format!("Alertmanager {}, {cluster}", s.version_info.version),
                ));
            }
            Err(_) => {
                checks.push(probe::failed("version", "it answers, but not as Alertmanager does".into()));
            }
        }
        checks
    }
}

impl Connector for Alertmanager {
    fn system(&self) -> &System {
        &self.system
    }

    fn kinds(&self) -> &'static [Kind] {
        &[Kind::Alert, Kind::Silence]
    }

    fn run(self: Arc<Self>, sink: Sink) -> BoxFuture<'static, ()> {
        async move {
            futures::join!(
                poll(&sink, Kind::Alert, EVERY, || self.alerts().boxed()),
                poll(&sink, Kind::Silence, EVERY, || self.silences().boxed()),
            );
        }
        .boxed()
    }

    fn read(&self, query: Query) -> BoxFuture<'_, Result<Answer, Fault>> {
        async move {
            match query {
                Query::Alerts(_) => {
                    let (alerts, silences) = futures::try_join!(self.all_alerts(), self.all_silences())?;
                    Ok(Answer::Alerts(alerts, silences))
                }
                Query::Silence(key) => Ok(Answer::Silence(Box::new(self.silence(&key).await?))),
                _ => Err(endpoint::unsupported(&self.system, "that question")),
            }
        }
        .boxed()
    }

    /// Alertmanager knows no rights of its own.
    fn may(&self, permissions: Vec<Permission>) -> BoxFuture<'_, Result<Vec<Verdict>, Fault>> {
        async move { Ok(vec![Verdict::Unknown; permissions.len()]) }.boxed()
    }

    fn perform(&self, mutation: Mutation) -> BoxFuture<'_, Result<Receipt, Fault>> {
        async move {
            match mutation {
                Mutation::Silence(change) => act::perform(&self.http, self.clock.now(), &change).await,
                other => Err(endpoint::cannot(&self.system, &other)),
            }
        }
        .boxed()
    }

    fn logs(&self, _request: LogRequest, _sink: LogSink) -> BoxFuture<'_, Result<(), Fault>> {
        async { Err(endpoint::unsupported(&self.system, "read logs")) }.boxed()
    }

    fn probe(&self) -> BoxFuture<'_, Vec<Check>> {
        self.checks().boxed()
    }
}
