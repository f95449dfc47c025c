//! REST as the gateway in front of the methods makes it: paths, query, bodies, `fields`, streams, errors.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{StreamExt, future};
use http::{HeaderMap, HeaderValue, Method as Verb, StatusCode, header};
use serde_json::{Value, json};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::{
    api::{Answer, Api, Ctx, Events, Refusal},
    fields::Chosen,
    methods::{self, Call, Method},
    schema::{Field, Kind, fields},
    session,
};
use crate::sim::http::{self as server, read, streaming, text};

/// How often a server-sent stream shows that it lives, in real time.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What of a request is the body: nothing, all of it, or one field.
type Body = Option<&'static str>;

/// Verb, path, method, and where the body goes (`*` is the whole request).
static ROUTES: &[(&str, &str, &str, Body)] = &[
    ("GET", "/api/version", "version.VersionService/Version", None),
    ("POST", "/api/v1/session", "session.SessionService/Create", Some("*")),
    ("DELETE", "/api/v1/session", "session.SessionService/Delete", None),
    ("GET", "/api/v1/session/userinfo", "session.SessionService/GetUserInfo", None),
    ("GET", "/api/v1/settings", "cluster.SettingsService/Get", None),
    (
        "GET",
        "/api/v1/account/can-i/{resource}/{action}/{subresource=**}",
        "account.AccountService/CanI",
        None,
    ),
    ("GET", "/api/v1/account", "account.AccountService/ListAccounts", None),
    ("GET", "/api/v1/account/{name}", "account.AccountService/GetAccount", None),
    ("GET", "/api/v1/stream/applications", "application.ApplicationService/Watch", None),
    (
        "GET",
        "/api/v1/stream/applications/{applicationName}/resource-tree",
        "application.ApplicationService/WatchResourceTree",
        None,
    ),
    ("GET", "/api/v1/applications", "application.ApplicationService/List", None),
    ("POST", "/api/v1/applications", "application.ApplicationService/Create", Some("application")),
    ("GET", "/api/v1/applications/{name}", "application.ApplicationService/Get", None),
    (
        "PUT",
        "/api/v1/applications/{application.metadata.name}",
        "application.ApplicationService/Update",
        Some("application"),
    ),
    ("PATCH", "/api/v1/applications/{name}", "application.ApplicationService/Patch", Some("*")),
    ("DELETE", "/api/v1/applications/{name}", "application.ApplicationService/Delete", None),
    ("PUT", "/api/v1/applications/{name}/spec", "application.ApplicationService/UpdateSpec", Some("spec")),
    ("POST", "/api/v1/applications/{name}/sync", "application.ApplicationService/Sync", Some("*")),
    ("POST", "/api/v1/applications/{name}/rollback", "application.ApplicationService/Rollback", Some("*")),
    (
        "DELETE",
        "/api/v1/applications/{name}/operation",
        "application.ApplicationService/TerminateOperation",
        None,
    ),
    (
        "GET",
        "/api/v1/applications/{name}/syncwindows",
        "application.ApplicationService/GetApplicationSyncWindows",
        None,
    ),
    ("GET", "/api/v1/applications/{name}/events", "application.ApplicationService/ListResourceEvents", None),
    ("GET", "/api/v1/applications/{name}/manifests", "application.ApplicationService/GetManifests", None),
    ("GET", "/api/v1/applications/{name}/links", "application.ApplicationService/ListLinks", None),
    (
        "GET",
        "/api/v1/applications/{name}/revisions/{revision}/metadata",
        "application.ApplicationService/RevisionMetadata",
        None,
    ),
    (
        "GET",
        "/api/v1/applications/{applicationName}/resource-tree",
        "application.ApplicationService/ResourceTree",
        None,
    ),
    (
        "GET",
        "/api/v1/applications/{applicationName}/managed-resources",
        "application.ApplicationService/ManagedResources",
        None,
    ),
    (
        "GET",
        "/api/v1/applications/{appName}/server-side-diff",
        "application.ApplicationService/ServerSideDiff",
        None,
    ),
    ("GET", "/api/v1/applications/{name}/resource", "application.ApplicationService/GetResource", None),
    (
        "POST",
        "/api/v1/applications/{name}/resource",
        "application.ApplicationService/PatchResource",
        Some("patch"),
    ),
    ("DELETE", "/api/v1/applications/{name}/resource", "application.ApplicationService/DeleteResource", None),
    (
        "GET",
        "/api/v1/applications/{name}/resource/links",
        "application.ApplicationService/ListResourceLinks",
        None,
    ),
    (
        "GET",
        "/api/v1/applications/{name}/resource/actions",
        "application.ApplicationService/ListResourceActions",
        None,
    ),
    (
        "POST",
        "/api/v1/applications/{name}/resource/actions",
        "application.ApplicationService/RunResourceAction",
        Some("action"),
    ),
    (
        "POST",
        "/api/v1/applications/{name}/resource/actions/v2",
        "application.ApplicationService/RunResourceActionV2",
        Some("*"),
    ),
    ("GET", "/api/v1/applications/{name}/logs", "application.ApplicationService/PodLogs", None),
    (
        "GET",
        "/api/v1/applications/{name}/pods/{podName}/logs",
        "application.ApplicationService/PodLogs",
        None,
    ),
    ("GET", "/api/v1/projects", "project.ProjectService/List", None),
    ("GET", "/api/v1/projects/{name}", "project.ProjectService/Get", None),
    ("GET", "/api/v1/projects/{name}/detailed", "project.ProjectService/GetDetailedProject", None),
    ("GET", "/api/v1/projects/{name}/globalprojects", "project.ProjectService/GetGlobalProjects", None),
    ("GET", "/api/v1/projects/{name}/syncwindows", "project.ProjectService/GetSyncWindowsState", None),
    ("GET", "/api/v1/projects/{name}/events", "project.ProjectService/ListEvents", None),
    ("GET", "/api/v1/clusters", "cluster.ClusterService/List", None),
    ("GET", "/api/v1/clusters/{id.value}", "cluster.ClusterService/Get", None),
    ("GET", "/api/v1/repositories", "repository.RepositoryService/ListRepositories", None),
    ("GET", "/api/v1/repositories/{repo}", "repository.RepositoryService/Get", None),
    ("GET", "/api/v1/applicationsets", "applicationset.ApplicationSetService/List", None),
    ("GET", "/api/v1/applicationsets/{name}", "applicationset.ApplicationSetService/Get", None),
];

/// Answers a REST request.
pub(super) async fn answer(api: Arc<Api>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    if path == "/healthz" {
        return text(StatusCode::OK, "ok");
    }
    if !path.starts_with("/api/") {
        let page = "<!doctype html><title>Argo CD</title><p>This simulated Argo CD serves its API only.</p>";
        return server::bytes(StatusCode::OK, "text/html; charset=utf-8", page);
    }
    if parts.method != Verb::GET
        && parts.headers.get(header::CONTENT_TYPE) != Some(&HeaderValue::from_static("application/json"))
    {
        return text(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Invalid content type\n");
    }
    let mut other_verb = false;
    let mut found = None;
    for (verb, pattern, method, body) in ROUTES {
        if let Some(variables) = matched(pattern, &path) {
            if *verb == parts.method.as_str() {
                found = Some((variables, *method, *body));
                break;
            }
            other_verb = true;
        }
    }
    let Some((variables, method, body_field)) = found else {
        return if other_verb {
            text(StatusCode::NOT_IMPLEMENTED, "Method Not Allowed\n")
        } else {
            text(StatusCode::NOT_FOUND, "Not Found\n")
        };
    };
    let method = methods::find(method).expect("every route names a method of the table");
    let bytes = match read(body).await {
        Ok(bytes) => bytes,
        Err(why) => return refused(&Refusal::invalid(why)),
    };
    let query = parts.uri.query().map(parse_query).unwrap_or_default();
    let who = session::authenticate(&api, &parts.headers);
    if let Err(refusal) = &who
        && !method.open
    {
        return refused(refusal);
    }
    let ctx = Ctx { api, who: who.ok() };
    let response = match message(method, &variables, &query, body_field, &bytes) {
        Ok(message) => call(ctx, method, message, &query, &parts.headers).await,
        Err(refusal) => refused(&refusal),
    };
    with_gateway_headers(response)
}

fn with_gateway_headers(mut response: Response) -> Response {
    let value = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert("grpc-metadata-content-type", value);
    response
}

async fn call(
    ctx: Ctx,
    method: &'static Method,
    message: Value,
    query: &HashMap<String, Vec<String>>,
    headers: &HeaderMap,
) -> Response {
    let chosen = Chosen::of(query.get("fields").and_then(|values| values.first()).map_or("", String::as_str));
    let answer: Answer = match method.call {
        Call::Plain(call) => call(&ctx, &message),
        Call::Waiting(call) => call(ctx, message).await,
        Call::Stream(call) => {
            let sse = headers.get(header::ACCEPT).is_some_and(|accept| accept == "text/event-stream");
            return match call(ctx, message) {
                Ok(events) => stream(events, chosen, sse, method.path).await,
                Err(refusal) => stream_refused(&refusal),
            };
        }
    };
    match answer {
        Err(refusal) => refused(&refusal),
        Ok(mut value) => {
            match method.path {
                "application.ApplicationService/List" if !chosen.is_all() => {
                    value = chosen.applications(&value);
                }
                "project.ProjectService/List" | "application.ApplicationService/ManagedResources" => {
                    chosen.keep(&mut value, "");
                }
                _ => {}
            }
            let mut response = server::json(StatusCode::OK, &value);
            if method.path == "session.SessionService/Create"
                && let Some(token) = value["token"].as_str()
                && let Ok(cookie) =
                    HeaderValue::from_str(&format!("argocd.token={token}; path=/; SameSite=lax; httpOnly"))
            {
                response.headers_mut().insert(header::SET_COOKIE, cookie);
            }
            response
        }
    }
}

fn refused(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let message = &refusal.message;
    server::json(status, &json!({ "error": message, "code": refusal.code, "message": message }))
}

fn error_frame(refusal: &Refusal) -> Value {
    let status = StatusCode::from_u16(refusal.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    json!({ "error": { "grpc_code": refusal.code, "http_code": status.as_u16(), "message": refusal.message,
        "http_status": status.canonical_reason() } })
}

fn stream_refused(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    server::json(status, &error_frame(refusal))
}

/// A stream as lines of JSON, or as server-sent events. No headers go out before the first line.
async fn stream(events: Events, chosen: Chosen, sse: bool, path: &str) -> Response {
    let keyed = path == "application.ApplicationService/Watch";
    let mut last: HashMap<String, String> = HashMap::new();
    let mut lines = events
        .filter_map(move |event| {
            let line = match event {
                Ok(result) => {
                    let key =
                        result["application"]["metadata"]["name"].as_str().unwrap_or_default().to_owned();
                    let mut frame = json!({ "result": result });
                    chosen.keep(&mut frame, "");
                    let text = frame.to_string();
                    // A projection that is the same as the last one of its application is not sent again.
                    let again = keyed && last.insert(key, text.clone()).as_ref() == Some(&text);
                    (!again).then_some(text)
                }
                Err(refusal) => Some(error_frame(&refusal).to_string()),
            };
            future::ready(line)
        })
        .boxed();
    if sse {
        let mut ticks = interval_at(Instant::now() + KEEP_ALIVE, KEEP_ALIVE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let chunks = futures::stream::unfold((lines, ticks), |(mut lines, mut ticks)| async move {
            let chunk = tokio::select! {
                line = lines.next() => format!("data: {} \n\n", line?),
                _ = ticks.tick() => ":\n".to_owned(),
            };
            Some((Bytes::from(chunk), (lines, ticks)))
        });
        let mut response = streaming("text/event-stream", chunks);
        response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        return response;
    }
    let Some(first) = lines.next().await else { return StatusCode::OK.into_response() };
    let lines = futures::stream::once(future::ready(first)).chain(lines);
    streaming("application/json", lines.map(|line| Bytes::from(line + "\n")))
}

/// The variables of a path that a pattern matches.
fn matched(pattern: &str, path: &str) -> Option<Vec<(String, String)>> {
    let mut variables = Vec::new();
    let mut segments = path.split('/');
    let parts = pattern.split('/');
    for part in parts {
        if let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix("=**}")) {
            let rest: Vec<&str> = segments.collect();
            variables.push((name.to_owned(), decode(&rest.join("/"), false)));
            return Some(variables);
        }
        let segment = segments.next()?;
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) if !segment.is_empty() => variables.push((name.to_owned(), decode(segment, false))),
            None if part == segment => {}
            _ => return None,
        }
    }
    segments.next().is_none().then_some(variables)
}

/// Percent-encoded text as plain text; in a query a plus is a space.
fn decode(text: &str, plus: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = (byte == b'%').then(|| after.get(..2)).flatten();
        let value = hex
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        if let Some(value) = value {
            bytes.push(value);
            rest = &after[2..];
        } else {
            bytes.push(if plus && byte == b'+' { b' ' } else { byte });
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn parse_query(query: &str) -> HashMap<String, Vec<String>> {
    let mut values: HashMap<String, Vec<String>> = HashMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        values.entry(decode(name, true)).or_default().push(decode(value, true));
    }
    values
}

/// The request message out of body, path and query.
fn message(
    method: &Method,
    variables: &[(String, String)],
    query: &HashMap<String, Vec<String>>,
    body_field: Body,
    bytes: &[u8],
) -> Result<Value, Refusal> {
    let mut message = json!({});
    if let Some(field) = body_field
        && !bytes.is_empty()
    {
        let body: Value =
            serde_json::from_slice(bytes).map_err(|error| Refusal::invalid(go_error(bytes, &error)))?;
        if field == "*" {
            message = if body.is_object() { body } else { json!({}) };
        } else {
            message[field] = body;
        }
    }
    for (name, values) in query.iter().filter(|_| body_field != Some("*")) {
        for value in values {
            put(&mut message, method.request, name, value)?;
        }
    }
    for (name, value) in variables {
        put(&mut message, method.request, name, value)?;
    }
    for field in fields(method.request).iter().filter(|field| field.required) {
        if message.get(field.name).is_none_or(Value::is_null) {
            let why = format!("grpc: error while marshaling: proto: required field {:?} not set", field.name);
            return Err(Refusal::new(13, why));
        }
    }
    Ok(message)
}

/// What Go's JSON reader says of a body; the commonest mistake in its own words.
fn go_error(bytes: &[u8], error: &serde_json::Error) -> String {
    let at = error.column().saturating_sub(1);
    match bytes.get(at).filter(|_| error.line() == 1 && error.is_syntax()) {
        Some(byte) if error.to_string().starts_with("key must be a string") => {
            let c = char::from(*byte);
            format!("invalid character '{c}' looking for beginning of object key string")
        }
        Some(byte) => format!("invalid character '{}' looking for beginning of value", char::from(*byte)),
        None => "unexpected EOF".to_owned(),
    }
}

/// Sets a field of a message by its dotted name, turned into the field's type; unknown names are ignored.
fn put(message: &mut Value, name: &str, dotted: &str, value: &str) -> Result<(), Refusal> {
    let (first, rest) = dotted.split_once('.').map_or((dotted, None), |(first, rest)| (first, Some(rest)));
    let Some(field) = fields(name).iter().find(|field| field.name == first) else { return Ok(()) };
    if let (Some(rest), Kind::Message(inner)) = (rest, field.kind) {
        if !message[first].is_object() {
            message[first] = json!({});
        }
        return put(&mut message[first], inner, rest, value);
    }
    let typed = typed(field, value)?;
    if field.repeated {
        if !message[first].is_array() {
            message[first] = json!([]);
        }
        if let Some(list) = message[first].as_array_mut() {
            list.push(typed);
        }
    } else {
        message[first] = typed;
    }
    Ok(())
}

fn typed(field: &Field, value: &str) -> Result<Value, Refusal> {
    let wrong = |kind: &str| {
        Refusal::invalid(format!(
            "parsing field {:?}: strconv.Parse{kind}: parsing {value:?}: invalid syntax",
            field.name
        ))
    };
    Ok(match field.kind {
        Kind::Bool => match value {
            "true" | "1" | "t" | "T" | "TRUE" | "True" => json!(true),
            "false" | "0" | "f" | "F" | "FALSE" | "False" => json!(false),
            _ => return Err(wrong("Bool")),
        },
        Kind::Int => json!(value.parse::<i64>().map_err(|_| wrong("Int"))?),
        _ => json!(value),
    })
}
