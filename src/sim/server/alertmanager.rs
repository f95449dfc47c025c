//! The wire of the simulated Alertmanager: API v2, with the four shapes of its errors.
#![expect(clippy::unnecessary_box_returns, reason = "a response is large, and refusals travel in results")]

use std::sync::Arc;

use axum::{Router, extract::Request, response::Response};
use http::{HeaderValue, Method, StatusCode, header};
use regex::Regex;
use serde_json::{Value, json};

use super::{Installed, params};
use crate::{
    model::Time,
    sim::{
        Env, SimError, World,
        alertmanager::{
            Alertmanager, CONFIG, Draft, Judged, Labels, Matcher, Posted, RECEIVERS, Silence, SilenceError,
        },
        http as wire,
    },
};

/// Puts an Alertmanager into an environment.
#[expect(clippy::unnecessary_wraps, reason = "a row of the table of systems")]
pub(super) fn install(world: &Arc<World>, env: &Arc<Env>) -> Result<Installed, SimError> {
    let seed = world.seed ^ (0xa1e7 << (8 * env.index));
    let alertmanager = Arc::new(Alertmanager::new(env.now(), seed));
    env.systems.put(Arc::clone(&alertmanager));
    let env = Arc::clone(env);
    let router = Router::new().fallback(move |request: Request| {
        let (env, alertmanager) = (Arc::clone(&env), Arc::clone(&alertmanager));
        async move { serve(&env, &alertmanager, request).await }
    });
    Ok(Installed { controllers: Vec::new(), router: Some(router), tls: false })
}

type Pairs = Vec<(String, String)>;

async fn serve(env: &Env, alertmanager: &Alertmanager, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let path = params::decode(head.uri.path());
    let query = params::pairs(head.uri.query().unwrap_or_default());
    let body = wire::read(body).await.unwrap_or_default();
    let mut response = match path.strip_prefix("/api/v2/") {
        Some(below) => api(env, alertmanager, &head.method, below, &query, &body),
        None => outside(&head.method, &path),
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn outside(method: &Method, path: &str) -> Response {
    match path {
        "/-/ready" | "/-/healthy" => wire::text(StatusCode::OK, "OK"),
        "/-/reload" if method == Method::POST => empty(StatusCode::OK),
        "/-/reload" => wire::text(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n"),
        _ if path.starts_with("/api/v1/") => wire::json(
            StatusCode::GONE,
            &json!({
                "status": "deprecated",
                "error": "The Alertmanager v1 API was deprecated in version 0.16.0 and is removed as of version 0.27.0 - please use the equivalent route in the v2 API",
            }),
        ),
        _ => wire::text(StatusCode::NOT_FOUND, "404 page not found\n"),
    }
}

fn api(
    env: &Env,
    alertmanager: &Alertmanager,
    method: &Method,
    path: &str,
    query: &Pairs,
    body: &[u8],
) -> Response {
    let now = env.now();
    let allowed = match path {
        "alerts" | "silences" => "POST,GET",
        "alerts/groups" | "receivers" | "status" => "GET",
        _ if path.starts_with("silence/") => "GET,DELETE",
        _ => {
            let message = format!("path /api/v2/{path} was not found");
            return coded(StatusCode::NOT_FOUND, 404, &message);
        }
    };
    if !allowed.split(',').any(|allowed| allowed == method.as_str()) {
        let message = format!("method {method} is not allowed, but [{allowed}] are");
        return coded(StatusCode::METHOD_NOT_ALLOWED, 405, &message);
    }
    let get = method == Method::GET;
    let answer = match path {
        "alerts" if get => alerts(alertmanager, query, now),
        "alerts" => post_alerts(alertmanager, body, now),
        "alerts/groups" => groups(alertmanager, query, now),
        "receivers" => {
            let receivers: Vec<_> =
                RECEIVERS.iter().map(|name| json!({ "labels": { "name": name }, "name": name })).collect();
            Ok(wire::json(StatusCode::OK, &receivers))
        }
        "status" => Ok(wire::json(StatusCode::OK, &status(alertmanager))),
        "silences" if get => silences(alertmanager, query, now),
        "silences" => post_silence(alertmanager, body, now),
        _ => one_silence(alertmanager, get, path.trim_start_matches("silence/"), now),
    };
    answer.unwrap_or_else(|refusal| *refusal)
}

type Answer = Result<Response, Box<Response>>;

fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(axum::body::Body::empty());
    *response.status_mut() = status;
    response
}

/// The shape of errors that the generated API code makes.
fn coded(status: StatusCode, code: u32, message: &str) -> Response {
    wire::json(status, &json!({ "code": code, "message": message }))
}

/// The shape of errors that Alertmanager's own code makes: a JSON text.
fn said(status: StatusCode, message: &str) -> Box<Response> {
    Box::new(wire::json(status, &message))
}

/// A moment as the API writes it: always three digits of seconds.
fn millis(at: Time) -> String {
    let whole = at.rfc3339();
    format!("{}.{:03}Z", whole.trim_end_matches('Z'), at.millis().rem_euclid(1000))
}

fn status(alertmanager: &Alertmanager) -> Value {
    json!({
        "cluster": { "peers": [], "status": "disabled" },
        "config": { "original": CONFIG },
        "uptime": millis(alertmanager.started),
        "versionInfo": {
            "branch": "HEAD",
            "buildDate": "20261006-09:12:44",
            "buildUser": "",
            "goVersion": "go1.26.8",
            "revision": "",
            "version": "0.34.0",
        },
    })
}

/// What a listing asks for.
struct Filter {
    active: bool,
    silenced: bool,
    inhibited: bool,
    unprocessed: bool,
    receiver: Option<Regex>,
    matchers: Vec<Matcher>,
}

impl Filter {
    fn read(query: &Pairs) -> Result<Self, Box<Response>> {
        // What is not a word for true counts as false: `swag.ConvertBool`.
        const TRUE: [&str; 10] = ["true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled"];
        let flag = |name: &str| {
            params::first(query, name).is_none_or(|value| TRUE.contains(&value.to_lowercase().as_str()))
        };
        let receiver = match params::first(query, "receiver") {
            None => None,
            Some(text) => Some(Regex::new(&format!("^(?:{text})$")).map_err(|error| {
                said(StatusCode::BAD_REQUEST, &format!("failed to parse receiver param: {error}"))
            })?),
        };
        Ok(Self {
            active: flag("active"),
            silenced: flag("silenced"),
            inhibited: flag("inhibited"),
            unprocessed: flag("unprocessed"),
            receiver,
            matchers: matchers(query)?,
        })
    }

    fn takes(&self, judged: &Judged) -> bool {
        let silenced = !judged.silenced_by.is_empty();
        let inhibited = !judged.inhibited_by.is_empty();
        let active = !silenced && !inhibited;
        let named = |receiver: &Regex| judged.receivers.iter().any(|name| receiver.is_match(name));
        (self.active || !active)
            && (self.silenced || !silenced)
            && (self.inhibited || !inhibited)
            && (self.unprocessed || !judged.receivers.is_empty())
            && self.receiver.as_ref().is_none_or(named)
            && self.matchers.iter().all(|matcher| matcher.matches(&judged.alert.labels))
    }
}

fn matchers(query: &Pairs) -> Result<Vec<Matcher>, Box<Response>> {
    let read = |text: &&str| Matcher::parse(text).map_err(|error| said(StatusCode::BAD_REQUEST, &error));
    params::all(query, "filter").iter().map(read).collect()
}

fn describe(judged: &Judged) -> Value {
    let alert = &judged.alert;
    let suppressed = !judged.silenced_by.is_empty() || !judged.inhibited_by.is_empty();
    let inhibited_by: Vec<_> = judged.inhibited_by.iter().map(|by| format!("{by:016x}")).collect();
    let receivers: Vec<_> = judged.receivers.iter().map(|name| json!({ "name": name })).collect();
    let mut body = json!({
        "annotations": alert.annotations,
        "endsAt": millis(alert.ends),
        "fingerprint": format!("{:016x}", alert.fingerprint),
        "receivers": receivers,
        "startsAt": millis(alert.starts),
        "status": {
            "inhibitedBy": inhibited_by,
            "mutedBy": [],
            "silencedBy": judged.silenced_by,
            "state": if suppressed { "suppressed" } else { "active" },
        },
        "updatedAt": millis(alert.updated),
    });
    if !alert.generator.is_empty() {
        body["generatorURL"] = json!(alert.generator);
    }
    body["labels"] = json!(alert.labels);
    body
}

fn alerts(alertmanager: &Alertmanager, query: &Pairs, now: Time) -> Answer {
    let filter = Filter::read(query)?;
    let all = alertmanager.alerts(now);
    let found: Vec<_> = all.iter().filter(|judged| filter.takes(judged)).map(describe).collect();
    Ok(wire::json(StatusCode::OK, &found))
}

fn groups(alertmanager: &Alertmanager, query: &Pairs, now: Time) -> Answer {
    let filter = Filter::read(query)?;
    let mut found = Vec::new();
    for group in alertmanager.groups(now) {
        let wanted = filter.receiver.as_ref().is_none_or(|regex| regex.is_match(group.receiver));
        let alerts: Vec<_> =
            group.alerts.iter().filter(|judged| filter.takes(judged)).map(describe).collect();
        if wanted && !alerts.is_empty() {
            found.push(json!({
                "alerts": alerts,
                "labels": group.labels,
                "receiver": { "name": group.receiver },
                "routeLabels": {},
            }));
        }
    }
    Ok(wire::json(StatusCode::OK, &found))
}

/// Reads a body; the error names what the parser found, as Go does.
fn parse(body: &[u8], what: &str) -> Result<Value, Box<Response>> {
    serde_json::from_slice(body).map_err(|error| {
        let why = if error.is_eof() {
            "unexpected EOF".to_owned()
        } else {
            let line = body.split(|byte| *byte == b'\n').nth(error.line().saturating_sub(1)).unwrap_or(body);
            let wrong = char::from(line.get(error.column().saturating_sub(1)).copied().unwrap_or(b' '));
            let place = if error.to_string().starts_with("key") { "object key string" } else { "value" };
            format!("invalid character {wrong:?} looking for beginning of {place}")
        };
        let message = format!("parsing {what} body from \"\" failed, because {why}");
        Box::new(coded(StatusCode::BAD_REQUEST, 400, &message))
    })
}

fn labels(value: &Value) -> Labels {
    let fields = value.as_object().into_iter().flatten();
    fields.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

fn post_alerts(alertmanager: &Alertmanager, body: &[u8], now: Time) -> Answer {
    let body = parse(body, "alerts")?;
    let mut posted = Vec::new();
    for (at, alert) in body.as_array().into_iter().flatten().enumerate() {
        let moment = |name: &str| match alert.get(name).and_then(Value::as_str) {
            None | Some("" | "0001-01-01T00:00:00Z" | "0001-01-01T00:00:00.000Z") => Ok(None),
            Some(text) => text.parse::<Time>().map(Some).map_err(|_| {
                let message = format!("parsing alerts body from \"\" failed, because parsing time {text:?}");
                Box::new(coded(StatusCode::BAD_REQUEST, 400, &message))
            }),
        };
        if !alert.get("labels").is_some_and(Value::is_object) {
            let message = format!("{at}.labels in body is required");
            return Err(Box::new(coded(StatusCode::UNPROCESSABLE_ENTITY, 602, &message)));
        }
        let post = Posted {
            labels: labels(&alert["labels"]),
            annotations: labels(&alert["annotations"]),
            starts: moment("startsAt")?,
            ends: moment("endsAt")?,
            generator: alert["generatorURL"].as_str().unwrap_or_default().to_owned(),
        };
        if post.labels.values().all(String::is_empty) {
            return Err(said(StatusCode::BAD_REQUEST, "at least one label pair required"));
        }
        if let (Some(starts), Some(ends)) = (post.starts, post.ends)
            && ends < starts
        {
            return Err(said(StatusCode::BAD_REQUEST, "start time must be before end time"));
        }
        posted.push(post);
    }
    alertmanager.receive(posted, now);
    Ok(empty(StatusCode::OK))
}

fn show(silence: &Silence, now: Time) -> Value {
    let matchers: Vec<_> = silence
        .matchers
        .iter()
        .map(|matcher| {
            json!({
                "isEqual": matcher.equal,
                "isRegex": matcher.regex.is_some(),
                "name": matcher.name,
                "value": matcher.value,
            })
        })
        .collect();
    json!({
        "id": silence.id,
        "status": { "state": silence.state(now).name() },
        "updatedAt": millis(silence.updated),
        "comment": silence.comment,
        "createdBy": silence.created_by,
        "endsAt": millis(silence.ends),
        "matchers": matchers,
        "startsAt": millis(silence.starts),
    })
}

fn silences(alertmanager: &Alertmanager, query: &Pairs, now: Time) -> Answer {
    let filter = matchers(query)?;
    let all = alertmanager.silences(now);
    let fits = |silence: &&Silence| filter.iter().all(|matcher| silence.fits(matcher));
    let found: Vec<_> = all.iter().filter(fits).map(|silence| show(silence, now)).collect();
    Ok(wire::json(StatusCode::OK, &found))
}

fn one_silence(alertmanager: &Alertmanager, get: bool, id: &str, now: Time) -> Answer {
    if uuid::Uuid::parse_str(id).is_err() {
        let message = format!("silenceID in path must be of type uuid: {id:?}");
        return Err(Box::new(coded(StatusCode::UNPROCESSABLE_ENTITY, 601, &message)));
    }
    if !get {
        let known = alertmanager.expire_silence(id, now);
        return Ok(empty(if known { StatusCode::OK } else { StatusCode::NOT_FOUND }));
    }
    match alertmanager.silence(id) {
        Some(silence) => Ok(wire::json(StatusCode::OK, &show(&silence, now))),
        None => Ok(empty(StatusCode::NOT_FOUND)),
    }
}

fn post_silence(alertmanager: &Alertmanager, body: &[u8], now: Time) -> Answer {
    let body = parse(body, "silence")?;
    let unprocessable =
        |code, message: String| Err(Box::new(coded(StatusCode::UNPROCESSABLE_ENTITY, code, &message)));
    for field in ["comment", "createdBy", "endsAt", "matchers", "startsAt"] {
        if body.get(field).is_none_or(Value::is_null) {
            return unprocessable(602, format!("{field} in body is required"));
        }
    }
    let given = body["matchers"].as_array().cloned().unwrap_or_default();
    if given.is_empty() {
        return unprocessable(612, "matchers in body should have at least 1 items".into());
    }
    for (at, matcher) in given.iter().enumerate() {
        for field in ["isRegex", "name", "value"] {
            if matcher.get(field).is_none_or(Value::is_null) {
                return unprocessable(602, format!("matchers.{at}.{field} in body is required"));
            }
        }
    }
    let moment = |name: &str| {
        let text = body[name].as_str().unwrap_or_default();
        text.parse::<Time>().map_err(|_| {
            let message = format!("parsing silence body from \"\" failed, because parsing time {text:?}");
            Box::new(coded(StatusCode::BAD_REQUEST, 400, &message))
        })
    };
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let (starts, ends) = (moment("startsAt")?, moment("endsAt")?);
    // The order of the server: first the times, then the matchers.
    let mut draft = Draft {
        id: text("id"),
        matchers: Vec::new(),
        starts,
        ends,
        created_by: text("createdBy"),
        comment: text("comment"),
    };
    if starts < ends && ends >= now {
        draft.matchers = read_matchers(&given)?;
    }
    match alertmanager.put_silence(draft, now) {
        Ok(id) => Ok(wire::json(StatusCode::OK, &json!({ "silenceID": id }))),
        Err(SilenceError::Unknown) => Err(said(StatusCode::NOT_FOUND, "silence not found")),
        Err(SilenceError::Invalid(text)) => Err(said(StatusCode::BAD_REQUEST, text)),
    }
}

fn read_matchers(given: &[Value]) -> Result<Vec<Matcher>, Box<Response>> {
    let mut matchers = Vec::new();
    for (at, matcher) in given.iter().enumerate() {
        let text = |name: &str| matcher[name].as_str().unwrap_or_default();
        let equal = matcher.get("isEqual").and_then(Value::as_bool).unwrap_or(true);
        let regex = matcher["isRegex"].as_bool().unwrap_or(false);
        let read = Matcher::new(text("name"), text("value"), regex, equal).map_err(|error| {
            let value = text("value");
            let message = format!(
                "invalid silence: invalid label matcher {at} in set 0: invalid regular expression {value:?}: {error}"
            );
            said(StatusCode::BAD_REQUEST, &message)
        })?;
        matchers.push(read);
    }
    if matchers.iter().all(|matcher| matcher.takes("")) {
        let message = "invalid silence: matcher set 0: at least one matcher must not match the empty string";
        return Err(said(StatusCode::BAD_REQUEST, message));
    }
    Ok(matchers)
}
