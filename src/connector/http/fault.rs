//! What went wrong with a request, in words that say what to do.

use std::{error::Error, io, sync::Arc, time::Duration};

use http::{StatusCode, header};

use super::Reply;
use crate::model::{Fault, FaultKind, Str};

/// How much of a strange answer is quoted.
const QUOTE: usize = 200;

/// The fault of a request that got no whole answer.
pub(super) fn from_transport(system: &Str, what: &str, error: &reqwest::Error, changes: bool) -> Fault {
    let new = |kind, why: &str| Fault::new(kind, Arc::clone(system), what, why);
    if let Some(tls) = find::<rustls::Error>(error) {
        let (why, hint) = tls_words(tls);
        return new(FaultKind::Unreachable, &why).hint(hint);
    }
    let text = chain(error);
    if error.is_connect() {
        if error.is_timeout() {
            return new(FaultKind::Timeout, "no connection within 5 s")
                .hint("is the address right and the network path open (VPN, proxy, firewall)?");
        }
        if let Some(io) = find::<io::Error>(error)
            && io.kind() == io::ErrorKind::ConnectionRefused
        {
            return new(FaultKind::Unreachable, "connection refused")
                .hint("nothing listens there: is it up?");
        }
        let lower = text.to_lowercase();
        if lower.contains("dns") || lower.contains("lookup address") || lower.contains("name or service") {
            return new(FaultKind::Unreachable, "the name does not resolve")
                .hint("is the address right and the DNS of this network reachable?");
        }
        if lower.contains("certificate") || lower.contains("tls") || lower.contains("handshake") {
            return new(FaultKind::Unreachable, &text).hint("set `ca` when it uses an authority of its own");
        }
        return new(FaultKind::Unreachable, &text);
    }
    if changes {
        return lost(system, what, &text);
    }
    if error.is_timeout() {
        return new(FaultKind::Timeout, "no answer in time");
    }
    let cut = text.contains("end of file") || text.contains("incomplete");
    if error.is_decode() && !cut {
        return new(FaultKind::Garbled, &format!("the answer cannot be decoded: {text}"));
    }
    new(FaultKind::Unreachable, &format!("the connection broke: {text}"))
}

/// A request that took longer than it was given.
pub(super) fn timeout(system: &Str, what: &str, after: Duration, changes: bool) -> Fault {
    let why = format!("no answer within {} s", after.as_secs());
    if changes {
        return lost(system, what, &why);
    }
    Fault::new(FaultKind::Timeout, Arc::clone(system), what, why)
}

/// An answer that is not what the protocol promises; of a change it is not known whether it took place.
pub(crate) fn garbled(system: &Str, what: &str, why: impl AsRef<str>, changes: bool) -> Fault {
    if changes {
        return lost(system, what, why.as_ref());
    }
    Fault::new(FaultKind::Garbled, Arc::clone(system), what, why)
}

fn lost(system: &Str, what: &str, why: &str) -> Fault {
    Fault::new(FaultKind::Unknown, Arc::clone(system), what, format!("sent, but the answer was lost: {why}"))
        .hint("look at the system before doing anything: it may have taken place")
}

/// A 2xx answer that is not the JSON it should be.
pub(super) fn not_json(
    system: &Str,
    what: &str,
    reply: &Reply,
    error: &serde_json::Error,
    changes: bool,
) -> Fault {
    if is_html(reply) {
        return html(system, what, reply, changes);
    }
    let size = reply.body.len();
    let why = if reply.body.is_empty() {
        "the answer is empty".to_owned()
    } else if error.is_eof() {
        format!("the answer is cut short after {size} bytes")
    } else if error.is_syntax() {
        format!("the answer is not JSON but {}: {}", content_type(reply), quote(&reply.body))
    } else {
        format!("the answer is JSON of another shape: {error}")
    };
    garbled(system, what, why, changes)
}

/// The fault of an answer that is not 2xx.
pub(crate) fn from_status(system: &Str, what: &str, reply: &Reply, changes: bool) -> Fault {
    let status = reply.status;
    if status.is_redirection() || (is_html(reply) && !status.is_server_error()) {
        return html(system, what, reply, false);
    }
    let words = words(reply);
    let why = if let Some(words) = &words {
        format!("{words} ({})", status.as_u16())
    } else {
        let reason = status.canonical_reason().unwrap_or("unknown status");
        format!("{} {reason}", status.as_u16())
    };
    if changes && matches!(status, StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT) {
        return lost(system, what, &format!("a proxy answered {why}"));
    }
    let kind = kind(status);
    let mut fault = Fault::new(kind, Arc::clone(system), what, why);
    fault.retry_after = retry_after(reply);
    match kind {
        FaultKind::Unauthenticated => fault.hint("the token is missing, expired or not for this system"),
        FaultKind::Throttled => match fault.retry_after {
            Some(after) => {
                let hint = format!("it asks to wait {} s", after.as_secs());
                fault.hint(hint)
            }
            None => fault,
        },
        _ => fault,
    }
}

fn kind(status: StatusCode) -> FaultKind {
    match status.as_u16() {
        401 | 407 => FaultKind::Unauthenticated,
        403 => FaultKind::Refused,
        404 | 410 => FaultKind::NotFound,
        408 => FaultKind::Timeout,
        409 | 412 => FaultKind::Conflict,
        429 => FaultKind::Throttled,
        501 => FaultKind::Unsupported,
        500.. => FaultKind::Server,
        _ => FaultKind::Invalid,
    }
}

/// A page for people where an answer for programs should be: nearly always a sign-in page.
fn html(system: &Str, what: &str, reply: &Reply, changes: bool) -> Fault {
    let head = String::from_utf8_lossy(&reply.body[..reply.body.len().min(64 << 10)]).to_lowercase();
    let to = reply.headers.get(header::LOCATION).and_then(|l| l.to_str().ok()).unwrap_or_default();
    let sign_in = ["oauth2", "sign in", "sign_in", "log in", "login", "saml", "openid"];
    let is_sign_in = sign_in.iter().any(|s| head.contains(s) || to.to_lowercase().contains(s));
    if head.contains("oauth2-proxy") || head.contains("/oauth2/") || to.contains("/oauth2/") {
        let why = "oauth2-proxy sign-in page: the token is missing or expired";
        return Fault::new(FaultKind::Unauthenticated, Arc::clone(system), what, why)
            .hint("sign in again, or check that the proxy takes bearer tokens (skip-jwt-bearer-tokens)");
    }
    if is_sign_in {
        let why = "a sign-in page instead of an answer: the token is missing or expired";
        return Fault::new(FaultKind::Unauthenticated, Arc::clone(system), what, why)
            .hint("sign in again, and check that the address is the API's own");
    }
    let why = match title(&head) {
        _ if reply.status.is_redirection() => {
            format!("{} to {}", reply.status.as_u16(), origin_of(to))
        }
        Some(title) => format!("an HTML page ({title:?}) instead of an answer"),
        None => "an HTML page instead of an answer".to_owned(),
    };
    garbled(system, what, why, changes).hint("check the address and its root path")
}

fn title(html: &str) -> Option<String> {
    let (_, rest) = html.split_once("<title")?;
    let (_, rest) = rest.split_once('>')?;
    let (title, _) = rest.split_once('<')?;
    Some(title.trim().chars().take(80).collect())
}

/// Where a redirect leads, without its query, which may hold tokens.
fn origin_of(location: &str) -> &str {
    location.split(['?', '#']).next().unwrap_or_default()
}

fn is_html(reply: &Reply) -> bool {
    content_type(reply).starts_with("text/html")
        || reply.body.trim_ascii_start().get(..5).is_some_and(|s| s.eq_ignore_ascii_case(b"<html"))
        || reply.body.trim_ascii_start().get(..9).is_some_and(|s| s.eq_ignore_ascii_case(b"<!doctype"))
}

fn content_type(reply: &Reply) -> &str {
    reply.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("of unknown type")
}

fn quote(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(QUOTE)]);
    format!("{:?}", text.trim())
}

/// The words of an error body: Argo CD's `{error, message}`, Vault's `{errors}`, Prometheus' `{errorType, error}`,
/// Alertmanager's bare string or `{code, message}`, or plain text (Loki, proxies).
fn words(reply: &Reply) -> Option<String> {
    use serde_json::Value;
    let said = match serde_json::from_slice::<Value>(&reply.body) {
        Ok(Value::String(text)) => Some(text),
        Ok(Value::Object(map)) => {
            let errors = map.get("errors").and_then(Value::as_array);
            let listed =
                errors.map(|all| all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; "));
            let text = |name: &str| map.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
            listed.or_else(|| text("message")).or_else(|| text("error"))
        }
        Err(_) if content_type(reply).starts_with("text/plain") => {
            Some(String::from_utf8_lossy(&reply.body[..reply.body.len().min(1000)]).into_owned())
        }
        Ok(_) | Err(_) => None,
    };
    said.map(|s| tidy(&s)).filter(|s| !s.is_empty())
}

/// Drops the frame that Go's multierror puts around each error.
fn tidy(text: &str) -> String {
    let inner = match text.split_once("error occurred:").or_else(|| text.split_once("errors occurred:")) {
        Some((count, rest)) if count.trim().parse::<u32>().is_ok() => rest,
        _ => text,
    };
    let lines = inner.lines().map(|l| l.trim().trim_start_matches("* ")).filter(|l| !l.is_empty());
    lines.collect::<Vec<_>>().join("; ")
}

/// `Retry-After` in seconds or as a date, at most ten minutes.
fn retry_after(reply: &Reply) -> Option<Duration> {
    let text = reply.headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if let Ok(secs) = text.parse::<u64>() {
        Duration::from_secs(secs)
    } else {
        let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
        let now = jiff::fmt::rfc2822::parse(reply.headers.get(header::DATE)?.to_str().ok()?).ok()?;
        Duration::try_from(at.duration_since(now.timestamp())).ok()?
    };
    Some(wait.min(Duration::from_secs(600)))
}

fn tls_words(error: &rustls::Error) -> (String, &'static str) {
    use rustls::{CertificateError as C, Error as E};
    let E::InvalidCertificate(reason) = error else {
        return (format!("TLS: {error}"), "does it speak TLS there, and which versions?");
    };
    let system_clock = "renew it at the server; or is this machine's clock wrong?";
    match reason {
        C::UnknownIssuer => {
            ("TLS: certificate of an unknown authority".into(), "set `ca` to that authority's PEM file")
        }
        C::Expired | C::ExpiredContext { .. } => {
            ("TLS: the server's certificate has expired".into(), system_clock)
        }
        C::NotValidYet | C::NotValidYetContext { .. } => {
            ("TLS: the server's certificate is not valid yet".into(), system_clock)
        }
        C::NotValidForName | C::NotValidForNameContext { .. } => (
            "TLS: the certificate is for another name".into(),
            "use the name that is in it, or is this another server?",
        ),
        C::Revoked => ("TLS: the server's certificate is revoked".into(), "ask who runs it"),
        other => {
            (format!("TLS: bad certificate: {other:?}"), "set `ca` when it uses an authority of its own")
        }
    }
}

/// The first error of a type in the chain, looking into `io::Error`s too.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(e) = next {
        if let Some(found) = e.downcast_ref::<T>() {
            return Some(found);
        }
        if let Some(io) = e.downcast_ref::<io::Error>()
            && let Some(inner) = io.get_ref()
            && let Some(found) = find::<T>(inner)
        {
            return Some(found);
        }
        next = e.source();
    }
    None
}

/// The causes of an error from the innermost out, without addresses, which may hold tokens.
pub(super) fn chain(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(e) = next {
        causes.push(e.to_string());
        next = e.source();
    }
    causes.dedup();
    match causes.pop() {
        Some(root) => root,
        None if error.is_timeout() => "timed out".to_owned(),
        None => "failed".to_owned(),
    }
}
