//! The wire of the simulated Vault: methods, headers, statuses.

use std::{sync::Arc, time::Duration};

use axum::{Router, extract::Request, response::Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::{Map, Value, json};

use super::{Installed, params};
use crate::sim::{
    Env, SimError, World, http as wire,
    vault::{self, Answer, Keeper, Op, Refusal, Vault},
};

/// Puts a Vault into an environment.
pub(super) fn install(world: &Arc<World>, env: &Arc<Env>) -> Result<Installed, SimError> {
    let vault = Arc::new(Vault::new(env, world.seed)?);
    env.systems.put(Arc::clone(&vault));
    let keeper = Keeper::new(Arc::clone(&vault));
    let env = Arc::clone(env);
    let router = Router::new().fallback(move |request: Request| {
        let (env, vault) = (Arc::clone(&env), Arc::clone(&vault));
        async move { serve(&env, &vault, request).await }
    });
    Ok(Installed { controllers: vec![Box::new(keeper)], router: Some(router), tls: false })
}

async fn serve(env: &Env, vault: &Vault, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let head_only = head.method == Method::HEAD;
    let answer = match wire::read(body).await {
        Err(error) => Err(Refusal::new(413, error)),
        Ok(body) => parse(&head, &body).map(|request| vault.handle(env, &request)),
    };
    let mut response = match answer {
        Err(refusal) | Ok((_, Err(refusal))) => refused(&refusal),
        Ok((id, Ok(answer))) => answered(&id, answer),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let sts = HeaderValue::from_static("max-age=31536000; includeSubDomains");
    headers.insert(header::STRICT_TRANSPORT_SECURITY, sts);
    if head_only {
        *response.body_mut() = axum::body::Body::empty();
    }
    response
}

fn refused(refusal: &Refusal) -> Response {
    wire::json(status(refusal.status), &json!({ "errors": refusal.errors }))
}

fn answered(id: &str, answer: Answer) -> Response {
    match answer {
        Answer::Nothing => {
            let mut response = Response::new(axum::body::Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            response
        }
        Answer::Raw(code, body) => wire::json(status(code), &body),
        Answer::Bytes(kind, body) => wire::bytes(StatusCode::OK, kind, body),
        Answer::Secret(secret) => {
            let code = if secret.missing { StatusCode::NOT_FOUND } else { StatusCode::OK };
            wire::json(code, &secret.body(id))
        }
    }
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn parse(head: &http::request::Parts, body: &[u8]) -> Result<vault::Request, Refusal> {
    let Some(path) = head.uri.path().strip_prefix("/v1/").map(params::decode) else {
        return Err(Refusal::missing());
    };
    if path.is_empty() {
        return Err(Refusal::new(404, "no handler for route \"\". route entry not found."));
    }
    let query = params::pairs(head.uri.query().unwrap_or_default());
    let list = params::first(&query, "list") == Some("true");
    let scan = params::first(&query, "scan") == Some("true");
    let op = match head.method.as_str() {
        "GET" | "HEAD" if list => Op::List,
        "GET" | "HEAD" if scan => Op::Scan,
        "GET" | "HEAD" => Op::Read,
        "LIST" => Op::List,
        "SCAN" => Op::Scan,
        "PUT" | "POST" => Op::Write,
        "PATCH" => Op::Patch,
        "DELETE" => Op::Delete,
        _ => return Err(Refusal { status: 405, errors: Vec::new() }),
    };
    let path = if op == Op::List && !path.ends_with('/') { path + "/" } else { path };
    let text = |name: &str| header(&head.headers, name);
    let bearer = || {
        let value = header(&head.headers, "authorization")?;
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    };
    Ok(vault::Request {
        op,
        path,
        query,
        body: if matches!(op, Op::Write | Op::Patch) { fields(body)? } else { Map::new() },
        token: text("x-vault-token").or_else(bearer).filter(|token| !token.is_empty()),
        namespace: text("x-vault-namespace"),
        wrap: text("x-vault-wrap-ttl").and_then(|ttl| vault::parse_seconds(&ttl)).map(Duration::from_secs),
        content_type: text("content-type").unwrap_or_default(),
    })
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// The fields of a JSON body, whatever its content type, as the server reads it.
fn fields(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(_) => Err(Refusal::new(
            400,
            "failed to decode JSON input: json: cannot unmarshal value into Go value of type map[string]interface {}",
        )),
        Err(error) if error.is_eof() => Err(Refusal::new(400, "failed to decode JSON input: unexpected EOF")),
        Err(error) => {
            let at = error.column().saturating_sub(1);
            let line = body.split(|byte| *byte == b'\n').nth(error.line().saturating_sub(1)).unwrap_or(body);
            let wrong = char::from(line.get(at).copied().unwrap_or(b' '));
            Err(Refusal::new(
                400,
                format!(
                    "failed to decode JSON input: invalid character {wrong:?} looking for beginning of value"
                ),
            ))
        }
    }
}
