//! Tokens: the demo's fixed ones, and those that a login with a password gives.
#![expect(clippy::unnecessary_wraps, reason = "every method has the same shape in the table of methods")]

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::api::{Answer, Api, Ctx, Refusal, Who};
use crate::{
    model::Time,
    sim::{
        identity::{self, User},
        lock,
    },
};

/// How long a login lasts (`users.session.duration`).
const LASTS: Duration = Duration::from_secs(86_400);

/// A login.
pub(super) struct Session {
    token: String,
    user: &'static User,
    issued: Time,
}

/// The token of a request: gRPC's `token`, a bearer token, or the cookie of a browser.
fn token_of(headers: &HeaderMap) -> Option<String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(token) = text("token") {
        return Some(token.to_owned());
    }
    if let Some(value) = text(header::AUTHORIZATION.as_str())
        && let Some((scheme, token)) = value.split_once(' ')
        && scheme.eq_ignore_ascii_case("bearer")
    {
        return Some(token.trim().to_owned());
    }
    let cookies = text(header::COOKIE.as_str())?;
    cookies.split(';').find_map(|cookie| cookie.trim().strip_prefix("argocd.token=").map(str::to_owned))
}

/// Who calls; a refusal when no token is there, or none that holds.
pub(super) fn authenticate(api: &Api, headers: &HeaderMap) -> Result<Who, Refusal> {
    let Some(token) = token_of(headers).filter(|token| !token.is_empty()) else {
        return Err(Refusal::new(16, "no session information"));
    };
    if let Some(user) = identity::by_token(&token) {
        return Ok(Who { user, issued: api.started });
    }
    let sessions = lock(&api.sessions);
    if let Some(session) = sessions.iter().find(|session| session.token == token) {
        if api.env.now() > session.issued.plus(LASTS) {
            return Err(Refusal::new(16, "invalid session: token has invalid claims: token is expired"));
        }
        return Ok(Who { user: session.user, issued: session.issued });
    }
    let segments = token.split('.').count();
    let why = if segments == 3 {
        "token signature is invalid: signature is invalid"
    } else {
        "token is malformed: token contains an invalid number of segments"
    };
    Err(Refusal::new(16, format!("invalid session: {why}")))
}

/// `session.SessionService/Create`: a login with user name and password.
pub(super) fn create(ctx: &Ctx, request: &Value) -> Answer {
    let field = |name: &str| request[name].as_str().unwrap_or_default();
    if !field("token").is_empty() {
        let why = "token-based session creation no longer supported. please upgrade argocd cli to v0.7+";
        return Err(Refusal::new(16, why));
    }
    if field("username").is_empty() || field("password").is_empty() {
        return Err(Refusal::new(16, "no credentials supplied"));
    }
    let user = identity::by_name(field("username")).filter(|user| user.password == field("password"));
    let Some(user) = user else { return Err(Refusal::new(16, "Invalid username or password")) };
    let api = &ctx.api;
    let issued = api.env.now();
    let mut sessions = lock(&api.sessions);
    let token = token(user, issued, sessions.len());
    sessions.push(Session { token: token.clone(), user, issued });
    Ok(json!({ "token": token }))
}

/// A token in the form of a JWT. Its signature is a plain hash: only the server's own list makes it valid.
fn token(user: &User, issued: Time, number: usize) -> String {
    let (iat, exp) = (issued.secs(), issued.plus(LASTS).secs());
    let claims = json!({ "iss": "argocd", "sub": format!("{}:login", user.name), "exp": exp, "nbf": iat, "iat": iat,
        "jti": uuid::Builder::from_random_bytes(u128::to_be_bytes(issued.nanos() as u128 ^ (number as u128) << 64))
            .into_uuid().to_string() });
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let head = encode(br#"{"alg":"HS256","typ":"JWT"}"#);
    let body = encode(claims.to_string().as_bytes());
    let signature = Sha256::digest(format!("{head}.{body}.{}", user.token));
    format!("{head}.{body}.{}", encode(&signature))
}

/// `session.SessionService/Delete`: a logout; the token itself stays good, as in the real server.
pub(super) fn delete(_: &Ctx, _: &Value) -> Answer {
    Ok(json!({}))
}

/// `session.SessionService/GetUserInfo`; empty without a token.
pub(super) fn user_info(ctx: &Ctx, _: &Value) -> Answer {
    Ok(ctx.who.map_or_else(
        || json!({}),
        |who| {
            let user = who.user;
            json!({ "loggedIn": true, "username": user.name, "iss": "argocd", "groups": user.groups })
        },
    ))
}
