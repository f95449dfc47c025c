//! The wire of the simulated Loki: the HTTP API, and the websocket on which it tails.
#![expect(clippy::unnecessary_box_returns, reason = "a response is large, and refusals travel in results")]

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{FromRequestParts, Request, WebSocketUpgrade, ws},
    response::Response,
};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::{Installed, params};
use crate::{
    model::Time,
    sim::{
        Env, SimError, World, http as wire,
        loki::{self, Direction, LONGEST_HOURS, Labels, MOST_LINES, Query, Stream, Tail},
    },
};

/// How often a tail looks for new lines.
const TAIL: Duration = Duration::from_millis(250);
/// The most steps of a metric query.
const MOST_STEPS: i64 = 11_000;

/// Puts a Loki into an environment.
#[expect(clippy::unnecessary_wraps, reason = "a row of the table of systems")]
pub(super) fn install(_: &Arc<World>, env: &Arc<Env>) -> Result<Installed, SimError> {
    let env = Arc::clone(env);
    let router = Router::new().fallback(move |request: Request| {
        let env = Arc::clone(&env);
        async move { serve(env, request).await }
    });
    Ok(Installed { controllers: Vec::new(), router: Some(router), tls: false })
}

type Pairs = Vec<(String, String)>;
type Answer = Result<Response, Box<Response>>;

async fn serve(env: Arc<Env>, request: Request) -> Response {
    let (mut head, body) = request.into_parts();
    let path = params::decode(head.uri.path());
    let mut pairs = params::pairs(head.uri.query().unwrap_or_default());
    if path == "/loki/api/v1/tail" {
        return tail(env, &mut head, &pairs).await;
    }
    let form = head.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if form.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        let body = wire::read(body).await.unwrap_or_default();
        pairs.extend(params::pairs(&String::from_utf8_lossy(&body)));
    }
    let flags = head.headers.get("x-loki-response-encoding-flags").and_then(|flags| flags.to_str().ok());
    let apart = flags.is_some_and(|flags| flags.contains("categorize-labels"));
    let work = move || api(&env, &path, &pairs, apart).unwrap_or_else(|refusal| *refusal);
    match tokio::task::spawn_blocking(work).await {
        Ok(response) => response,
        Err(_) => wire::text(StatusCode::INTERNAL_SERVER_ERROR, "the query broke off"),
    }
}

fn bad(text: &str) -> Box<Response> {
    Box::new(wire::text(StatusCode::BAD_REQUEST, text))
}

fn ok(body: &Value) -> Response {
    let mut response = wire::json(StatusCode::OK, body);
    let kind = HeaderValue::from_static("application/json; charset=UTF-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn api(env: &Env, path: &str, pairs: &Pairs, apart: bool) -> Answer {
    match path {
        "/ready" => return Ok(wire::text(StatusCode::OK, "ready\n")),
        "/metrics" | "/services" => return Ok(wire::text(StatusCode::OK, "")),
        _ => {}
    }
    let below = path.strip_prefix("/loki/api/v1/").unwrap_or_default();
    match below {
        "query_range" => query_range(env, pairs, apart),
        "query" => query(env, pairs),
        "labels" | "label" => names(env, pairs, None),
        "series" => series(env, pairs),
        "index/stats" => stats(env, pairs),
        "status/buildinfo" => Ok(ok(&json!({
            "version": "3.7.8",
            "revision": "",
            "branch": "",
            "buildUser": "",
            "buildDate": "",
            "goVersion": "go1.26.8",
        }))),
        "format_query" => {
            let text = params::first(pairs, "query").unwrap_or_default();
            read(text)?;
            Ok(ok(&json!({ "status": "success", "data": text.trim() })))
        }
        _ => match below.strip_prefix("label/").and_then(|rest| rest.strip_suffix("/values")) {
            Some(name) => names(env, pairs, Some(name)),
            None => Ok(wire::text(StatusCode::NOT_FOUND, "404 page not found\n")),
        },
    }
}

fn read(text: &str) -> Result<Query, Box<Response>> {
    loki::parse(text).map_err(|error| bad(&error.0))
}

/// A moment: RFC 3339, seconds with a point or up to ten digits, else nanoseconds.
fn moment(text: &str) -> Option<Time> {
    if let Ok(whole) = text.parse::<i64>() {
        let seconds = text.trim_start_matches('-').len() <= 10;
        return Some(if seconds { Time::from_secs(whole) } else { Time::from_nanos(whole) });
    }
    if let Ok(seconds) = text.parse::<f64>() {
        return Some(Time::from_nanos((seconds * 1e9) as i64));
    }
    text.parse().ok()
}

fn time(pairs: &Pairs, name: &str, usual: Time) -> Result<Time, Box<Response>> {
    match params::first(pairs, name) {
        None => Ok(usual),
        Some(text) => moment(text).ok_or_else(|| {
            bad(&format!(
                "could not parse '{name}' parameter: strconv.ParseInt: parsing {text:?}: invalid syntax"
            ))
        }),
    }
}

/// The span of a request; `hours` back from its end by default.
fn span(env: &Env, pairs: &Pairs, hours: u64) -> Result<(Time, Time), Box<Response>> {
    let end = time(pairs, "end", env.now())?;
    let since = params::first(pairs, "since").and_then(loki_duration);
    let start = time(pairs, "start", end.minus(since.unwrap_or(Duration::from_secs(hours * 3_600))))?;
    if end <= start {
        return Err(bad("end timestamp must not be before or equal to start time"));
    }
    if (end.secs() - start.secs()) > LONGEST_HOURS * 3_600 {
        let length = end.secs() - start.secs();
        let (h, m, s) = (length / 3_600, length / 60 % 60, length % 60);
        return Err(bad(&format!(
            "the query time range exceeds the limit (query length: {h}h{m}m{s}s, limit: 30d1h)"
        )));
    }
    Ok((start, end))
}

fn loki_duration(text: &str) -> Option<Duration> {
    text.parse().ok().map(Duration::from_secs_f64).or_else(|| loki::duration(text))
}

fn limit(pairs: &Pairs) -> Result<usize, Box<Response>> {
    let Some(text) = params::first(pairs, "limit") else { return Ok(100) };
    let limit: usize =
        text.parse().map_err(|_| bad(&format!("strconv.Atoi: parsing {text:?}: invalid syntax")))?;
    if limit == 0 {
        return Err(bad("limit must be a positive value"));
    }
    if limit > MOST_LINES {
        return Err(bad(&format!(
            "max entries limit per query exceeded, limit > max_entries_limit_per_query ({limit} > {MOST_LINES})"
        )));
    }
    Ok(limit)
}

fn query_range(env: &Env, pairs: &Pairs, apart: bool) -> Answer {
    let text = params::first(pairs, "query").unwrap_or_default();
    let direction = match params::first(pairs, "direction").map(str::to_lowercase).as_deref() {
        None | Some("backward") => Direction::Backward,
        Some("forward") => Direction::Forward,
        Some(other) => return Err(bad(&format!("invalid direction '{other}'"))),
    };
    let limit = limit(pairs)?;
    let query = read(text)?;
    let (start, end) = span(env, pairs, 1)?;
    match query {
        Query::Logs(logs) => {
            let streams = logs.run(env, start, end, limit, direction);
            Ok(ok(&streams_body(&streams, apart)))
        }
        Query::Metric(metric) => {
            let length = end.secs() - start.secs();
            let usual = Duration::from_secs((length / 250).max(1).unsigned_abs());
            let step = params::first(pairs, "step").and_then(loki_duration).unwrap_or(usual);
            if step.is_zero() {
                return Err(bad(
                    "zero or negative query resolution step widths are not accepted. Try a positive integer",
                ));
            }
            if length as f64 / step.as_secs_f64() > MOST_STEPS as f64 {
                return Err(bad(
                    "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter",
                ));
            }
            // Loki moves the ends of metric queries onto multiples of the step.
            let grid = step.as_nanos().max(1) as i64;
            let start = Time::from_nanos(start.nanos().div_euclid(grid) * grid);
            let end = Time::from_nanos((end.nanos() + grid - 1).div_euclid(grid) * grid);
            let series = metric.over(env, start, end, step);
            let result: Vec<_> = series
                .iter()
                .map(|series| {
                    let values: Vec<_> = series.points.iter().map(|(at, value)| point(*at, *value)).collect();
                    json!({ "metric": series.labels, "values": values })
                })
                .collect();
            Ok(ok(&json!({
                "status": "success",
                "data": { "resultType": "matrix", "result": result, "stats": statistics(0, 0) },
            })))
        }
    }
}

fn point(at: Time, value: f64) -> Value {
    let millis = at.millis();
    let at = if millis % 1_000 == 0 { json!(millis / 1_000) } else { json!(millis as f64 / 1_000.0) };
    json!([at, crate::sim::prometheus::number_text(value)])
}

fn query(env: &Env, pairs: &Pairs) -> Answer {
    let query = read(params::first(pairs, "query").unwrap_or_default())?;
    let at = time(pairs, "time", env.now())?;
    let Query::Metric(metric) = query else {
        return Err(bad(
            "log queries are not supported as an instant query type, please change your query to a range query type",
        ));
    };
    let samples = metric.at(env, at);
    let result: Vec<_> = samples
        .iter()
        .map(|sample| json!({ "metric": sample.labels, "value": point(at, sample.value) }))
        .collect();
    Ok(ok(&json!({
        "status": "success",
        "data": { "resultType": "vector", "result": result, "stats": statistics(0, 0) },
    })))
}

/// The labels of a result's stream: the own ones, with all that was found unless that stands apart.
fn shown(stream: &Stream, apart: bool) -> Labels {
    let mut labels = stream.labels.clone();
    if let (false, Some(entry)) = (apart, stream.entries.first()) {
        labels.extend(entry.extra.clone());
    }
    labels
}

fn streams_body(streams: &[Stream], apart: bool) -> Value {
    let result: Vec<_> = streams
        .iter()
        .map(|stream| {
            let values: Vec<_> = stream
                .entries
                .iter()
                .map(|entry| {
                    let time = entry.time.nanos().to_string();
                    if apart {
                        json!([time, entry.text, { "structuredMetadata": entry.extra }])
                    } else {
                        json!([time, entry.text])
                    }
                })
                .collect();
            json!({ "stream": shown(stream, apart), "values": values })
        })
        .collect();
    let lines = streams.iter().flat_map(|stream| &stream.entries);
    let (count, bytes) = lines.fold((0, 0), |(n, b), entry| (n + 1, b + entry.text.len()));
    let mut data = json!({ "resultType": "streams" });
    if apart {
        data["encodingFlags"] = json!(["categorize-labels"]);
    }
    data["result"] = json!(result);
    data["stats"] = statistics(count, bytes);
    json!({ "status": "success", "data": data })
}

/// The part of the statistics that tools read.
fn statistics(lines: usize, bytes: usize) -> Value {
    json!({
        "summary": {
            "bytesProcessedPerSecond": bytes * 100,
            "linesProcessedPerSecond": lines * 100,
            "totalBytesProcessed": bytes,
            "totalLinesProcessed": lines,
            "execTime": 0.01,
            "queueTime": 0.0001,
            "subqueries": 0,
            "totalEntriesReturned": lines,
            "splits": 0,
            "shards": 1,
            "totalPostFilterLines": lines,
            "totalStructuredMetadataBytesProcessed": 0,
        },
    })
}

fn selectors(pairs: &Pairs, names: [&str; 3]) -> Result<Vec<Query>, Box<Response>> {
    let texts = names.iter().flat_map(|name| params::all(pairs, name)).filter(|text| !text.is_empty());
    texts.map(read).collect()
}

fn names(env: &Env, pairs: &Pairs, of: Option<&str>) -> Answer {
    let (start, end) = span(env, pairs, 6)?;
    let selectors = selectors(pairs, ["query", "match[]", "match"])?;
    let found = loki::names(env, &selectors, of, start, end);
    let mut body = json!({ "status": "success" });
    // An empty list is left out.
    if !found.is_empty() {
        body["data"] = json!(found);
    }
    Ok(ok(&body))
}

fn series(env: &Env, pairs: &Pairs) -> Answer {
    let (start, end) = span(env, pairs, 1)?;
    let selectors = selectors(pairs, ["match[]", "match", "query"])?;
    let found = loki::series(env, &selectors, start, end);
    Ok(ok(&json!({ "status": "success", "data": found })))
}

fn stats(env: &Env, pairs: &Pairs) -> Answer {
    let query = read(params::first(pairs, "query").unwrap_or_default())?;
    let (start, end) = span(env, pairs, 1)?;
    let stats = loki::stats(env, &query, start, end);
    Ok(ok(&json!({
        "streams": stats.streams,
        "chunks": stats.streams,
        "bytes": stats.bytes,
        "entries": stats.entries,
    })))
}

async fn tail(env: Arc<Env>, head: &mut http::request::Parts, pairs: &Pairs) -> Response {
    let logs = match read(params::first(pairs, "query").unwrap_or_default()) {
        Ok(Query::Logs(logs)) => logs,
        Ok(Query::Metric(_)) => {
            return *bad("parse error : only log selector is supported");
        }
        Err(refusal) => return *refusal,
    };
    let start = match time(pairs, "start", env.now().minus(Duration::from_secs(3_600))) {
        Ok(start) => start,
        Err(refusal) => return *refusal,
    };
    let limit = match limit(pairs) {
        Ok(limit) => limit,
        Err(refusal) => return *refusal,
    };
    match WebSocketUpgrade::from_request_parts(head, &()).await {
        Ok(upgrade) => upgrade.on_upgrade(move |socket| follow(env, socket, logs.tail(start), limit)),
        Err(_) => wire::text(StatusCode::BAD_REQUEST, "Bad Request\n"),
    }
}

/// Sends what comes until the client goes.
async fn follow(env: Arc<Env>, mut socket: ws::WebSocket, mut tail: Tail, limit: usize) {
    let mut ticks = tokio::time::interval(TAIL);
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                let streams = tail.more(&env, limit);
                if streams.is_empty() {
                    continue;
                }
                let streams: Vec<_> = streams.iter().map(frame).collect();
                let text = json!({ "streams": streams }).to_string();
                if socket.send(ws::Message::Text(text.into())).await.is_err() {
                    return;
                }
            }
            message = socket.recv() => match message {
                None | Some(Err(_) | Ok(ws::Message::Close(_))) => return,
                Some(Ok(_)) => {}
            },
        }
    }
}

fn frame(stream: &Stream) -> Value {
    let mut labels = stream.labels.clone();
    // A tail shows what parsers found, but not the detected level.
    if let Some(entry) = stream.entries.first() {
        labels.extend(
            entry.extra.iter().filter(|(k, _)| *k != "detected_level").map(|(k, v)| (k.clone(), v.clone())),
        );
    }
    let values: Vec<_> =
        stream.entries.iter().map(|entry| json!([entry.time.nanos().to_string(), entry.text])).collect();
    json!({ "stream": labels, "values": values })
}
