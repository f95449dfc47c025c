//! Prometheus, or what answers its query API: range queries, and whether it is well.

mod wire;

use std::{sync::Arc, time::Duration};

use futures::{FutureExt, future::BoxFuture};
use http::Method;

use super::{
    Connector, LogSink, Sink, endpoint,
    http::Http,
    poll::{Listing, poll},
    probe,
};
use crate::{
    config::EndpointConfig,
    model::{
        Answer, Check, Clock, Fault, FaultKind, Kind, LogRequest, Mutation, Permission, Query, Receipt,
        Series, Str, System, Time, Verdict,
    },
};

/// How often it is asked whether it is well.
const EVERY: Duration = Duration::from_secs(15);
/// It has no rows of its own: how it fares is shown as the freshness of this kind from its source.
const HEALTH: Kind = Kind::Alert;
/// Queries longer than that go as a form: proxies cut long addresses.
const LONG: usize = 2000;
/// The most points that the server gives for one line (`web/api/v1/api.go`).
const POINTS: i64 = 11_000;

/// A client of one Prometheus.
pub struct Prometheus {
    system: System,
    clock: Arc<dyn Clock>,
    http: Http,
}

impl Prometheus {
    /// A client of `system`; asks nothing yet.
    pub fn new(system: System, config: EndpointConfig, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { http: endpoint::client(&system, &config), system, clock })
    }

    /// A query that every server with this API answers, whatever stands before it.
    async fn health(&self) -> Result<Listing, Fault> {
        let call = self.http.get("ask whether it is well", "/api/v1/query").query("query", "vector(1)");
        call.json::<wire::Response>().await?;
        Ok(Listing::default())
    }

    async fn range(&self, query: &str, from: Time, to: Time, step: u32) -> Result<Answer, Fault> {
        const WHAT: &str = "query a range";
        let step = i64::from(step.max(1));
        if (to.secs() - from.secs()) / step >= POINTS {
            let why = format!("more than {POINTS} points a line");
            return Err(self
                .http
                .fault(FaultKind::Invalid, WHAT, why)
                .hint("use a longer step or a shorter range"));
        }
        let (from, to, step) = (seconds(from), seconds(to), step.to_string());
        let fields = [("query", query), ("start", &from), ("end", &to), ("step", &step)];
        let call = if query.len() > LONG {
            self.http.ask(Method::POST, WHAT, "/api/v1/query_range").form_body(&fields)
        } else {
            let call = self.http.get(WHAT, "/api/v1/query_range");
            fields.iter().fold(call, |call, (name, value)| call.query(name, value))
        };
        let answer: wire::Response = call.timeout(Duration::from_secs(30)).json().await?;
        Ok(Answer::Series(answer.data.result.into_iter().map(series).collect()))
    }

    async fn checks(&self) -> Vec<Check> {
        let call = self.http.get("ask whether it is well", "/api/v1/query").query("query", "vector(1)");
        let (mut checks, reply) = probe::reach(&self.http, call).await;
        let Some(reply) = reply else { return checks };
        checks.extend(probe::clock(&reply, &self.clock));
        // Thanos, Mimir and others answer queries but not this.
        let version = self.http.get("read the version", "/api/v1/status/buildinfo");
        checks.push(match version.json::<wire::BuildInfo>().await {
            Ok(info) => probe::ok("version", format!("Prometheus {}", info.data.version)),
            Err(_) => probe::ok("version", "answers queries, does not tell its version".into()),
        });
        checks
    }
}

/// Seconds since 1970 with milliseconds.
fn seconds(time: Time) -> String {
    format!("{}.{:03}", time.secs(), time.millis().rem_euclid(1000))
}

fn series(wire: wire::Line) -> Series {
    let mut labels: Vec<(Str, Str)> = wire.metric.into_iter().collect();
    labels.sort();
    let point = |(at, value): (f64, String)| {
        // `NaN`, `+Inf` and `-Inf` are written as Go does; Rust reads them alike.
        (Time::from_millis((at * 1000.0).round() as i64), value.parse().unwrap_or(f64::NAN))
    };
    Series { labels, points: wire.values.into_iter().map(point).collect() }
}

impl Connector for Prometheus {
    fn system(&self) -> &System {
        &self.system
    }

    fn kinds(&self) -> &'static [Kind] {
        &[]
    }

    fn run(self: Arc<Self>, sink: Sink) -> BoxFuture<'static, ()> {
        async move { poll(&sink, HEALTH, EVERY, || self.health().boxed()).await }.boxed()
    }

    fn read(&self, query: Query) -> BoxFuture<'_, Result<Answer, Fault>> {
        async move {
            match query {
                Query::Range { query, from, to, step, .. } => self.range(&query, from, to, step).await,
                _ => Err(endpoint::unsupported(&self.system, "that question")),
            }
        }
        .boxed()
    }

    /// Prometheus knows no rights of its own.
    fn may(&self, permissions: Vec<Permission>) -> BoxFuture<'_, Result<Vec<Verdict>, Fault>> {
        async move { Ok(vec![Verdict::Unknown; permissions.len()]) }.boxed()
    }

    fn perform(&self, mutation: Mutation) -> BoxFuture<'_, Result<Receipt, Fault>> {
        async move { Err(endpoint::cannot(&self.system, &mutation)) }.boxed()
    }

    fn logs(&self, _request: LogRequest, _sink: LogSink) -> BoxFuture<'_, Result<(), Fault>> {
        async { Err(endpoint::unsupported(&self.system, "read logs")) }.boxed()
    }

    fn probe(&self) -> BoxFuture<'_, Vec<Check>> {
        self.checks().boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_strings_that_may_be_no_numbers() {
        let body = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job":"bao","__name__":"up"},
            "values":[[1795238016,"1"],[1795238021.5,"NaN"],[1795238026,"+Inf"]]}]}}"#;
        let read: wire::Response = serde_json::from_str(body).expect("a matrix");
        let line = series(read.data.result.into_iter().next().expect("one line"));
        assert_eq!(&*line.labels[0].0, "__name__");
        assert_eq!(line.points[0], (Time::from_secs(1_795_238_016), 1.0));
        assert_eq!(line.points[1].0.millis(), 1_795_238_021_500);
        assert!(line.points[1].1.is_nan() && line.points[2].1.is_infinite());
    }
}
