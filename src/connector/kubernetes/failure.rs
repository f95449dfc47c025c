//! How a Kubernetes API server refuses, in the words of the model.
//!
//! Error bodies are `metav1.Status`, in JSON or protobuf like any other answer; what is neither comes from
//! something in between (a proxy, a sign-in page) and is said to.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use prost::Message;
use serde::Deserialize;

use super::{
    frame,
    kubeconfig::{CONNECT_LIMIT, chain},
};
use crate::model::{Fault, FaultKind, Str, text};

/// A fault with the HTTP status that it came with; zero when no answer came.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    /// The status, of the answer or of the `Status` object.
    pub(super) code: u16,
    /// In words.
    pub(super) fault: Fault,
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        failure.fault
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self { code: 0, fault }
    }
}

impl Failure {
    /// Whether the resource version asked for is no longer to be had: list anew (410).
    pub(super) fn is_gone(&self) -> bool {
        self.code == 410
    }

    /// Whether no answer came at all.
    pub(super) fn is_silence(&self) -> bool {
        matches!(self.fault.kind, FaultKind::Unreachable | FaultKind::Timeout) && self.code == 0
    }
}

/// `metav1.Status`, in either encoding.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub(super) struct Status {
    /// What went wrong.
    #[prost(string, tag = "3")]
    pub(super) message: String,
    /// A word for it.
    #[prost(string, tag = "4")]
    pub(super) reason: String,
    /// More.
    #[prost(message, optional, tag = "5")]
    pub(super) details: Option<StatusDetails>,
    /// The HTTP status.
    #[prost(int32, tag = "6")]
    pub(super) code: i32,
}

/// `metav1.StatusDetails`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct StatusDetails {
    /// Causes, for 422 and refused evictions.
    #[prost(message, repeated, tag = "4")]
    pub(super) causes: Vec<StatusCause>,
    /// Seconds to wait.
    #[prost(int32, tag = "5")]
    pub(super) retry_after_seconds: i32,
}

/// `metav1.StatusCause`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub(super) struct StatusCause {
    /// What went wrong.
    #[prost(string, tag = "2")]
    pub(super) message: String,
    /// Where.
    #[prost(string, tag = "3")]
    pub(super) field: String,
}

/// Words for failures of one system.
#[derive(Clone, Debug)]
pub(super) struct Words {
    /// `kubernetes in prod`.
    pub(super) system: Str,
}

impl Words {
    /// A fault while doing `what`.
    pub(super) fn fault(&self, kind: FaultKind, what: &str, why: impl AsRef<str>) -> Fault {
        Fault::new(kind, self.system.clone(), what, why)
    }

    /// An answer whose status is not 2xx.
    pub(super) fn refusal(&self, what: &str, code: StatusCode, headers: &HeaderMap, body: &[u8]) -> Failure {
        let status = read_status(body);
        let mut failure = match status {
            Some(status) => self.status(what, &Status { code: i32::from(code.as_u16()), ..status }),
            None => self.foreign(what, code, body),
        };
        let header =
            headers.get(header::RETRY_AFTER).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
        if let Some(seconds) = header {
            failure.fault.retry_after = Some(Duration::from_secs(seconds));
        }
        failure
    }

    /// A `Status` object, from an answer or a watch.
    pub(super) fn status(&self, what: &str, status: &Status) -> Failure {
        let code = u16::try_from(status.code).unwrap_or(0);
        let mut why = if status.message.is_empty() { format!("HTTP {code}") } else { status.message.clone() };
        for cause in status.details.iter().flat_map(|d| &d.causes) {
            if !why.contains(&cause.message) {
                why = format!("{why}; {} {}", cause.field, cause.message);
            }
        }
        let mut fault = self.fault(kind_of(code), what, why).hint(hint_of(code, what));
        let wait = status.details.as_ref().map_or(0, |d| d.retry_after_seconds);
        fault.retry_after = u64::try_from(wait).ok().filter(|&s| s > 0).map(Duration::from_secs);
        Failure { code, fault }
    }

    /// A watch whose version the server no longer has.
    pub(super) fn gone(&self, what: &str) -> Failure {
        Failure {
            code: 410,
            fault: self.fault(FaultKind::Conflict, what, "the version is no longer to be had"),
        }
    }

    /// An error answer that no API server wrote.
    fn foreign(&self, what: &str, code: StatusCode, body: &[u8]) -> Failure {
        if looks_like_html(body) {
            return Failure { code: code.as_u16(), fault: self.html(what, &format!("HTTP {code} with ")) };
        }
        let said = String::from_utf8_lossy(&body[..body.len().min(300)]);
        let first = said.lines().next().unwrap_or_default();
        let why = if first.is_empty() { format!("HTTP {code}") } else { format!("HTTP {code}: {first}") };
        let fault = self.fault(kind_of(code.as_u16()), what, why).hint(hint_of(code.as_u16(), what));
        Failure { code: code.as_u16(), fault }
    }

    /// An HTML page where an API answer should be.
    pub(super) fn html(&self, what: &str, before: &str) -> Fault {
        self.fault(FaultKind::Garbled, what, format!("{before}an HTML page in place of an API answer"))
            .hint("a proxy or sign-in page answers at this address: check `server` and `proxy-url` in the kubeconfig")
    }

    /// An answer that cannot be read.
    pub(super) fn garbled(&self, what: &str, why: impl AsRef<str>, body: &[u8]) -> Fault {
        if looks_like_html(body) {
            return self.html(what, "");
        }
        self.fault(FaultKind::Garbled, what, why)
            .hint("something between here and the API server cuts or changes answers")
    }

    /// A request that got no answer, or whose answer broke off.
    pub(super) fn broken(&self, what: &str, error: &(dyn std::error::Error + 'static)) -> Fault {
        let why = chain(error);
        let lower = why.to_ascii_lowercase();
        let hint = if lower.contains("certificate") || lower.contains("unknownissuer") {
            "check `certificate-authority` and `tls-server-name` of the cluster in the kubeconfig"
        } else if lower.contains("dns") || lower.contains("lookup") {
            "check the name in `server` of the kubeconfig, and the VPN"
        } else if lower.contains("refused") || lower.contains("timed out") || lower.contains("deadline") {
            "check `server` of the kubeconfig, the VPN and the proxy"
        } else {
            ""
        };
        let kind = if lower.contains("timed out") || lower.contains("deadline") {
            FaultKind::Timeout
        } else {
            FaultKind::Unreachable
        };
        self.fault(kind, what, plainly(&why)).hint(hint)
    }

    /// A request that took too long.
    pub(super) fn timeout(&self, what: &str, limit: Duration) -> Fault {
        self.fault(FaultKind::Timeout, what, format!("no answer within {} s", limit.as_secs()))
    }
}

/// A transport error without the layers of the client around what went wrong.
fn plainly(why: &str) -> String {
    let bare = why.strip_prefix("ServiceError: ").unwrap_or(why);
    match bare.strip_prefix("client error (Connect): ") {
        Some(cause) if cause.contains("deadline has elapsed") => {
            format!("no connection within {} s", CONNECT_LIMIT.as_secs())
        }
        Some(cause) if cause.contains("Connection refused") => "connection refused".to_owned(),
        Some(cause) => format!("no connection: {cause}"),
        None => bare.to_owned(),
    }
}

/// Whether a body is a page for people.
pub(super) fn looks_like_html(body: &[u8]) -> bool {
    body.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'<')
}

/// A `Status` in JSON or protobuf.
fn read_status(body: &[u8]) -> Option<Status> {
    if let Some(raw) = frame::unwrap(body) {
        return Status::decode(raw).ok();
    }
    #[derive(Deserialize)]
    struct Kinded {
        kind: String,
        #[serde(flatten)]
        status: Status,
    }
    serde_json::from_slice::<Kinded>(body).ok().filter(|k| k.kind == "Status").map(|k| k.status)
}

fn kind_of(code: u16) -> FaultKind {
    match code {
        401 => FaultKind::Unauthenticated,
        403 => FaultKind::Refused,
        404 => FaultKind::NotFound,
        405 | 406 | 415 => FaultKind::Unsupported,
        409 | 410 => FaultKind::Conflict,
        408 | 504 => FaultKind::Timeout,
        429 => FaultKind::Throttled,
        500.. => FaultKind::Server,
        _ => FaultKind::Invalid,
    }
}

fn hint_of(code: u16, what: &str) -> Str {
    match code {
        401 => "the credentials are not accepted: sign in again, or check the user of the kubeconfig context"
            .into(),
        403 => format!("ask for the right to {} (RBAC)", text::one_line(what)).into(),
        404 if what.starts_with("list") || what.starts_with("watch") => {
            "this server does not have that API".into()
        }
        429 => "the server sheds load: waiting".into(),
        _ => "".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(name: &str) -> (StatusCode, Vec<u8>) {
        let path = format!("{}/tests/samples/kubernetes/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("a sample");
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let code = u16::try_from(value["status"].as_u64().expect("a status")).expect("small");
        (StatusCode::from_u16(code).expect("a status"), value["body"].to_string().into_bytes())
    }

    fn words() -> Words {
        Words { system: "kubernetes in prod".into() }
    }

    #[test]
    fn transport_errors_are_said_plainly() {
        let connect = |cause: &str| plainly(&format!("ServiceError: client error (Connect): {cause}"));
        assert_eq!(connect("deadline has elapsed"), "no connection within 5 s");
        assert_eq!(connect("tcp connect error: Connection refused (os error 111)"), "connection refused");
        assert_eq!(connect("dns error: no record"), "no connection: dns error: no record");
        assert_eq!(plainly("ServiceError: connection error"), "connection error");
    }

    #[test]
    fn a_refusal_names_the_right() {
        let (code, body) = recorded("403-list-secrets");
        let failure = words().refusal("list secrets", code, &HeaderMap::new(), &body);
        assert_eq!((failure.code, failure.fault.kind), (403, FaultKind::Refused));
        assert!(failure.fault.why.contains("cannot list resource \"secrets\""), "{}", failure.fault);
        assert!(failure.fault.hint.contains("right to list secrets"), "{}", failure.fault);
    }

    #[test]
    fn retry_after_comes_from_the_header_or_the_status() {
        let (code, body) = recorded("504-rv-too-large");
        let failure = words().refusal("list pods", code, &HeaderMap::new(), &body);
        assert_eq!(failure.fault.retry_after, Some(Duration::from_secs(1)));
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, "7".parse().expect("a value"));
        let failure = words().refusal("list pods", code, &headers, &body);
        assert_eq!(failure.fault.retry_after, Some(Duration::from_secs(7)));
        assert!(!failure.is_silence());
    }

    #[test]
    fn pages_for_people_are_said_to_be() {
        let page = b"<!DOCTYPE html><html><body>Sign in</body></html>";
        let failure = words().refusal("list pods", StatusCode::BAD_GATEWAY, &HeaderMap::new(), page);
        assert_eq!(failure.fault.kind, FaultKind::Garbled);
        assert!(failure.fault.hint.contains("sign-in page"));
    }

    #[test]
    fn a_refusal_in_protobuf_reads_like_one_in_json() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples/kubernetes/404.pb");
        let body = std::fs::read(path).expect("a sample");
        let failure = words().refusal("read pod", StatusCode::NOT_FOUND, &HeaderMap::new(), &body);
        assert_eq!(failure.fault.kind, FaultKind::NotFound);
        assert_eq!(&*failure.fault.why, "pods \"nope\" not found");
    }

    #[test]
    fn the_code_of_410_is_gone() {
        let (code, body) = recorded("410-continue-expired");
        assert!(words().refusal("list pods", code, &HeaderMap::new(), &body).is_gone());
    }
}
