//! The wire of the simulated Prometheus: the v1 HTTP API.
#![expect(clippy::unnecessary_box_returns, reason = "a response is large, and refusals travel in results")]

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{Router, extract::Request, response::Response};
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};

use super::{Installed, params};
use crate::{
    model::Time,
    sim::{
        Env, SimError, World, http as wire,
        prometheus::{
            Active, EvalError, Group, HELP, INTERVAL, Labels, MOST_STEPS, Point, Prometheus, Row, Rule,
            Scrapes, Span, TIMEOUT, Target, Value as Result_, number_text,
        },
    },
};

/// Puts a Prometheus into an environment.
#[expect(clippy::unnecessary_wraps, reason = "a row of the table of systems")]
pub(super) fn install(_: &Arc<World>, env: &Arc<Env>) -> Result<Installed, SimError> {
    let prometheus = Arc::new(Prometheus::new(env));
    env.systems.put(Arc::clone(&prometheus));
    let scrapes = Scrapes::new(Arc::clone(&prometheus), env);
    let env = Arc::clone(env);
    let router = Router::new().fallback(move |request: Request| {
        let (env, prometheus) = (Arc::clone(&env), Arc::clone(&prometheus));
        async move { serve(env, prometheus, request).await }
    });
    Ok(Installed { controllers: vec![Box::new(scrapes)], router: Some(router), tls: false })
}

type Pairs = Vec<(String, String)>;

async fn serve(env: Arc<Env>, prometheus: Arc<Prometheus>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let path = params::decode(head.uri.path());
    let mut pairs = params::pairs(head.uri.query().unwrap_or_default());
    let form = head.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if form.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        let body = wire::read(body).await.unwrap_or_default();
        pairs.extend(params::pairs(&String::from_utf8_lossy(&body)));
    }
    let Some(below) = path.strip_prefix("/api/v1/").map(str::to_owned) else {
        return outside(&head.method, &path);
    };
    let method = head.method;
    // A heavy query must not hold up the other servers.
    let work = move || api(&env, &prometheus, &method, &below, &pairs);
    match tokio::task::spawn_blocking(work).await {
        Ok(response) => response,
        Err(_) => error(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the query broke off"),
    }
}

fn outside(method: &Method, path: &str) -> Response {
    match path {
        "/-/ready" => wire::text(StatusCode::OK, "Prometheus Server is Ready.\n"),
        "/-/healthy" => wire::text(StatusCode::OK, "Prometheus Server is Healthy.\n"),
        "/-/reload" if method == Method::POST => wire::text(StatusCode::OK, ""),
        _ => wire::text(StatusCode::NOT_FOUND, "404 page not found\n"),
    }
}

fn success(data: &Value) -> Response {
    wire::json(StatusCode::OK, &json!({ "status": "success", "data": data }))
}

fn error(status: StatusCode, kind: &str, text: &str) -> Response {
    wire::json(status, &json!({ "status": "error", "errorType": kind, "error": text }))
}

fn bad(text: &str) -> Box<Response> {
    Box::new(error(StatusCode::BAD_REQUEST, "bad_data", text))
}

type Answer = std::result::Result<Value, Box<Response>>;

fn api(env: &Env, prometheus: &Prometheus, method: &Method, path: &str, pairs: &Pairs) -> Response {
    let post =
        matches!(path, "query" | "query_range" | "labels" | "series" | "format_query" | "query_exemplars");
    if method != Method::GET && !(post && method == Method::POST) {
        let mut response = wire::text(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n");
        let allow = if post { "GET, OPTIONS, POST" } else { "GET, OPTIONS" };
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allow));
        return response;
    }
    let now = env.now();
    let answer = match path {
        "query" => query(prometheus, pairs, now),
        "query_range" => query_range(prometheus, pairs),
        "series" => series(prometheus, pairs, now),
        "labels" => labels(prometheus, pairs, now),
        "rules" => rules(prometheus, pairs),
        "alerts" => Ok(alerts(prometheus)),
        "targets" => Ok(targets(prometheus, pairs)),
        "metadata" => Ok(metadata(pairs)),
        "format_query" => format_query(prometheus, pairs, now),
        "query_exemplars" => Ok(json!([])),
        "alertmanagers" => Ok(json!({
            "activeAlertmanagers": [{ "url": "http://alertmanager.monitoring.svc:9093/api/v2/alerts" }],
            "droppedAlertmanagers": [],
        })),
        _ => match (path.strip_prefix("status/"), path.strip_prefix("label/")) {
            (Some(what), _) => match status(prometheus, what) {
                Some(data) => Ok(data),
                None => return wire::text(StatusCode::NOT_FOUND, "404 page not found\n"),
            },
            (None, Some(rest)) if rest.ends_with("/values") => {
                label_values(prometheus, pairs, now, rest.trim_end_matches("/values"))
            }
            _ => return wire::text(StatusCode::NOT_FOUND, "404 page not found\n"),
        },
    };
    match answer {
        Ok(data) => success(&data),
        Err(refusal) => *refusal,
    }
}

fn failed(why: EvalError) -> Box<Response> {
    match why {
        EvalError::Parse(text) => bad(&format!("invalid parameter \"query\": {text}")),
        EvalError::Execution(text) => Box::new(error(StatusCode::UNPROCESSABLE_ENTITY, "execution", &text)),
        EvalError::Timeout => Box::new(error(
            StatusCode::SERVICE_UNAVAILABLE,
            "timeout",
            "query timed out in expression evaluation",
        )),
    }
}

/// A moment: RFC 3339 or seconds since 1970, in milliseconds.
fn moment(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse::<f64>() {
        return Some((seconds * 1_000.0).round() as i64);
    }
    text.parse::<Time>().ok().map(Time::millis)
}

/// A duration: seconds, or `1h30m`, in milliseconds.
fn duration(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse::<f64>() {
        return Some((seconds * 1_000.0) as i64);
    }
    let (mut total, mut rest) = (0_i64, text);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).filter(|at| *at > 0)?;
        let number: i64 = rest[..digits].parse().ok()?;
        let unit = &rest[digits..];
        let unit = &unit[..unit.find(|c: char| c.is_ascii_digit()).unwrap_or(unit.len())];
        let each = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            "y" => 31_536_000_000,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(each)?)?;
        rest = &rest[digits + unit.len()..];
    }
    (!text.is_empty()).then_some(total)
}

fn time(pairs: &Pairs, name: &str, usual: Option<i64>) -> std::result::Result<i64, Box<Response>> {
    let text = params::first(pairs, name);
    let Some(text) = text else {
        return usual.ok_or_else(|| {
            bad(&format!("invalid parameter {name:?}: cannot parse \"\" to a valid timestamp"))
        });
    };
    let prefix = if name == "time" { "Invalid time value for 'time': " } else { "" };
    moment(text).ok_or_else(|| {
        bad(&format!("invalid parameter {name:?}: {prefix}cannot parse {text:?} to a valid timestamp"))
    })
}

fn timeout(pairs: &Pairs) -> std::result::Result<Duration, Box<Response>> {
    let Some(text) = params::first(pairs, "timeout") else { return Ok(TIMEOUT) };
    let millis = duration(text).filter(|millis| *millis > 0).ok_or_else(|| {
        bad(&format!("invalid parameter \"timeout\": cannot parse {text:?} to a valid duration"))
    })?;
    Ok(Duration::from_millis(millis.unsigned_abs()).min(TIMEOUT))
}

fn seconds(millis: i64) -> Value {
    if millis % 1_000 == 0 { json!(millis / 1_000) } else { json!(millis as f64 / 1_000.0) }
}

fn point((at, value): &Point) -> Value {
    json!([seconds(*at), number_text(*value)])
}

fn metric(labels: &Labels) -> Value {
    let pairs = labels.iter().map(|(name, value)| (name.to_string(), json!(&**value)));
    pairs.collect::<serde_json::Map<_, _>>().into()
}

fn matrix(rows: &[Row]) -> Vec<Value> {
    let row = |row: &Row| {
        let values: Vec<_> = row.points.iter().map(point).collect();
        json!({ "metric": metric(&row.labels), "values": values })
    };
    rows.iter().map(row).collect()
}

fn query(prometheus: &Prometheus, pairs: &Pairs, now: Time) -> Answer {
    let at = time(pairs, "time", Some(now.millis()))?;
    let text = params::first(pairs, "query").unwrap_or_default();
    let (kind, result) = match prometheus.query(text, at, timeout(pairs)?).map_err(failed)? {
        Result_::Scalar(value) => ("scalar", point(&(at, value))),
        Result_::Text(text) => ("string", json!([seconds(at), text])),
        Result_::Matrix(rows) => ("matrix", json!(matrix(&rows))),
        Result_::Vector(samples) => {
            let one = |sample: &crate::sim::prometheus::Sample| json!({ "metric": metric(&sample.labels), "value": point(&(at, sample.value)) });
            ("vector", json!(samples.iter().map(one).collect::<Vec<_>>()))
        }
    };
    Ok(json!({ "resultType": kind, "result": result }))
}

fn query_range(prometheus: &Prometheus, pairs: &Pairs) -> Answer {
    let (start, end) = (time(pairs, "start", None)?, time(pairs, "end", None)?);
    if end < start {
        return Err(bad("invalid parameter \"end\": end timestamp must not be before start time"));
    }
    let text = params::first(pairs, "step").unwrap_or_default();
    let step = duration(text).ok_or_else(|| {
        bad(&format!("invalid parameter \"step\": cannot parse {text:?} to a valid duration"))
    })?;
    if step <= 0 {
        return Err(bad(
            "invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive integer",
        ));
    }
    if (end - start) / step > MOST_STEPS {
        return Err(bad(
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
        ));
    }
    let text = params::first(pairs, "query").unwrap_or_default();
    let rows = prometheus.query_range(text, Span { start, end, step }, timeout(pairs)?).map_err(failed)?;
    Ok(json!({ "resultType": "matrix", "result": matrix(&rows) }))
}

/// The span of a question about series: everything held, unless it says otherwise.
fn span(pairs: &Pairs, now: Time) -> std::result::Result<Span, Box<Response>> {
    let start = time(pairs, "start", Some(i64::MIN))?;
    let end = time(pairs, "end", Some(now.millis()))?;
    Ok(Span { start, end, step: 1 })
}

fn selected(
    prometheus: &Prometheus,
    pairs: &Pairs,
    now: Time,
) -> std::result::Result<Vec<Labels>, Box<Response>> {
    let selectors = params::all(pairs, "match[]");
    prometheus.series(&selectors, span(pairs, now)?).map_err(|why| match why {
        EvalError::Parse(text) => bad(&format!("invalid parameter \"match[]\": {text}")),
        other => failed(other),
    })
}

fn limit(pairs: &Pairs) -> usize {
    let limit = params::first(pairs, "limit").and_then(|text| text.parse().ok());
    limit.filter(|limit| *limit > 0).unwrap_or(usize::MAX)
}

fn series(prometheus: &Prometheus, pairs: &Pairs, now: Time) -> Answer {
    if params::all(pairs, "match[]").is_empty() {
        return Err(bad("no match[] parameter provided"));
    }
    let found = selected(prometheus, pairs, now)?;
    Ok(found.iter().take(limit(pairs)).map(metric).collect())
}

fn labels(prometheus: &Prometheus, pairs: &Pairs, now: Time) -> Answer {
    let found = selected(prometheus, pairs, now)?;
    let names: std::collections::BTreeSet<&str> =
        found.iter().flat_map(|labels| labels.iter().map(|(name, _)| &**name)).collect();
    Ok(names.into_iter().take(limit(pairs)).map(|name| json!(name)).collect())
}

fn label_values(prometheus: &Prometheus, pairs: &Pairs, now: Time, name: &str) -> Answer {
    let well = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !well {
        return Err(bad(&format!("invalid label name: {name:?}")));
    }
    let found = selected(prometheus, pairs, now)?;
    let of = |labels: &Labels| labels.iter().find(|(key, _)| &**key == name).map(|(_, v)| v.to_string());
    let values: std::collections::BTreeSet<String> = found.iter().filter_map(of).collect();
    Ok(values.into_iter().take(limit(pairs)).map(Value::from).collect())
}

/// A value as alerts show it: always with an exponent of two digits.
fn exponent(value: f64) -> String {
    if !value.is_finite() {
        return number_text(value);
    }
    let text = format!("{value:e}");
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, power) = power.strip_prefix('-').map_or(("+", power), |power| ("-", power));
    format!("{digits}e{sign}{power:0>2}")
}

fn alert(active: &Active) -> Value {
    json!({
        "labels": active.labels,
        "annotations": active.annotations,
        "state": if active.fired.is_some() { "firing" } else { "pending" },
        "activeAt": active.since.to_string(),
        "value": exponent(active.value),
    })
}

fn alerts(prometheus: &Prometheus) -> Value {
    let groups = prometheus.groups();
    let rules = groups.iter().flat_map(|group| &group.rules);
    let alerts: Vec<_> = rules.flat_map(|rule| rule.active.iter().map(alert)).collect();
    json!({ "alerts": alerts })
}

fn rules(prometheus: &Prometheus, pairs: &Pairs) -> Answer {
    let kind = params::first(pairs, "type").unwrap_or("alert");
    if !matches!(kind, "alert" | "record") {
        return Err(bad(&format!("invalid parameter \"type\": not supported value {kind:?}")));
    }
    let names = params::all(pairs, "rule_name[]");
    let with_alerts = params::first(pairs, "exclude_alerts") != Some("true");
    let describe = |group: &Group, rule: &Rule| {
        let mut body = json!({
            "state": rule.state(),
            "name": rule.name,
            "query": rule.query,
            "duration": rule.wait.as_secs(),
            "keepFiringFor": 0,
            "labels": rule.labels,
            "annotations": rule.annotations,
        });
        if with_alerts {
            body["alerts"] = rule.active.iter().map(alert).collect();
        }
        body["health"] = json!(if rule.error.is_empty() { "ok" } else { "err" });
        if !rule.error.is_empty() {
            body["lastError"] = json!(rule.error);
        }
        body["evaluationTime"] = json!(group.took.as_secs_f64() / group.rules.len().max(1) as f64);
        body["lastEvaluation"] = json!(group.evaluated.to_string());
        body["type"] = json!("alerting");
        body
    };
    let groups: Vec<_> = prometheus
        .groups()
        .iter()
        .filter(|_| kind == "alert")
        .map(|group| {
            let wanted = group.rules.iter().filter(|rule| names.is_empty() || names.contains(&rule.name));
            let rules: Vec<_> = wanted.map(|rule| describe(group, rule)).collect();
            json!({
                "name": group.name,
                "file": "/etc/prometheus/rules/platform.yaml",
                "rules": rules,
                "interval": INTERVAL.as_secs(),
                "limit": 0,
                "evaluationTime": group.took.as_secs_f64(),
                "lastEvaluation": group.evaluated.to_string(),
            })
        })
        .filter(|group| group["rules"] != json!([]))
        .collect();
    Ok(json!({ "groups": groups }))
}

fn targets(prometheus: &Prometheus, pairs: &Pairs) -> Value {
    let describe = |target: &Target| {
        let url = format!("http://{}/metrics", target.instance);
        let mut discovered = BTreeMap::from([
            ("__address__".to_owned(), target.instance.clone()),
            ("__metrics_path__".to_owned(), "/metrics".into()),
            ("__scheme__".to_owned(), "http".into()),
            ("__scrape_interval__".to_owned(), "15s".into()),
            ("__scrape_timeout__".to_owned(), "10s".into()),
        ]);
        discovered.insert("job".into(), target.job.clone());
        json!({
            "discoveredLabels": discovered,
            "labels": target.labels,
            "scrapePool": target.job,
            "scrapeUrl": url,
            "globalUrl": url,
            "lastError": target.error,
            "lastScrape": target.scraped.to_string(),
            "lastScrapeDuration": 0.004,
            "health": if target.error.is_empty() { "up" } else { "down" },
            "scrapeInterval": "15s",
            "scrapeTimeout": "10s",
        })
    };
    let active = params::first(pairs, "state") != Some("dropped");
    let targets: Vec<_> = prometheus.targets().iter().filter(|_| active).map(describe).collect();
    json!({ "activeTargets": targets, "droppedTargets": [] })
}

fn metadata(pairs: &Pairs) -> Value {
    let wanted = params::first(pairs, "metric");
    let rows = HELP.iter().filter(|(name, ..)| wanted.is_none_or(|wanted| wanted == *name));
    let rows = rows
        .take(limit(pairs))
        .map(|(name, kind, help)| ((*name).to_owned(), json!([{ "type": kind, "help": help, "unit": "" }])));
    rows.collect::<serde_json::Map<_, _>>().into()
}

fn format_query(prometheus: &Prometheus, pairs: &Pairs, _: Time) -> Answer {
    let text = params::first(pairs, "query").unwrap_or_default();
    prometheus.format(text).map(Value::from).map_err(failed)
}

fn status(prometheus: &Prometheus, what: &str) -> Option<Value> {
    Some(match what {
        "buildinfo" => json!({
            "version": "2.42.0",
            "revision": "225c61122d88b01d1f0eaaee0e05b6f3e0567ac0",
            "branch": "HEAD",
            "buildUser": "root@vigie",
            "buildDate": "20230201-07:53:32",
            "goVersion": "go1.19.5",
        }),
        "runtimeinfo" => json!({
            "startTime": prometheus.started.to_string(),
            "CWD": "/prometheus",
            "reloadConfigSuccess": true,
            "lastConfigTime": prometheus.started.rfc3339(),
            "corruptionCount": 0,
            "goroutineCount": 64,
            "GOMAXPROCS": 2,
            "GOGC": "",
            "GODEBUG": "",
            "storageRetention": "3h",
        }),
        "config" => {
            json!({ "yaml": "global:\n  scrape_interval: 15s\n  scrape_timeout: 10s\n  evaluation_interval: 15s\nalerting:\n  alertmanagers:\n  - api_version: v2\n    static_configs:\n    - targets:\n      - alertmanager.monitoring.svc:9093\nrule_files:\n- /etc/prometheus/rules/*.yaml\n" })
        }
        "flags" => json!({
            "config.file": "/etc/prometheus/prometheus.yml",
            "query.lookback-delta": "5m",
            "query.max-samples": "50000000",
            "query.timeout": "2m",
            "rules.alert.resend-delay": "1m",
            "storage.tsdb.retention.time": "3h",
        }),
        "tsdb" => {
            let (series, times) = prometheus.head();
            let (first, last) = times.unwrap_or_default();
            json!({
                "headStats": {
                    "numSeries": series,
                    "numLabelPairs": series,
                    "chunkCount": series,
                    "minTime": first,
                    "maxTime": last,
                },
            })
        }
        _ => return None,
    })
}
