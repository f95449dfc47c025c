//! Reads a request the way the API server does: user, verb, resource, namespace, name, subresource, query.

use axum::extract::Query as Pairs;
use bytes::Bytes;
use http::{HeaderMap, Method, Uri, header};
use serde_json::Value;

use super::schema;
use crate::sim::cluster::{ApiError, Resource, find};

/// The query parameters of a request.
#[derive(Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn of(uri: &Uri) -> Self {
        Self(Pairs::<Vec<(String, String)>>::try_from_uri(uri).map(|pairs| pairs.0).unwrap_or_default())
    }

    /// A parameter that is there and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Whether a switch is on, as apimachinery converts query parameters to booleans: `0` and `false` are off.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.0.iter().any(|(key, value)| key == name && !matches!(value.as_str(), "0" | "false"))
    }

    /// A number; 400 when it is none.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, ApiError> {
        self.get(name).map_or(Ok(None), |text| {
            text.parse().map(Some).map_err(|_| {
                ApiError::bad_request(format!("strconv.ParseInt: parsing {text:?}: invalid syntax"))
            })
        })
    }

    /// Whether the request only asks what would happen.
    pub(super) fn dry_run(&self) -> Result<bool, ApiError> {
        match self.get("dryRun") {
            None => Ok(false),
            Some("All") => Ok(true),
            Some(other) => Err(unsupported_dry_run(other)),
        }
    }
}

pub(super) fn unsupported_dry_run(value: &str) -> ApiError {
    ApiError::bad_request(format!("dryRun: Unsupported value: {value:?}: supported values: \"All\""))
}

/// What a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    pub group: String,
    pub version: String,
    pub resource: String,
    pub namespace: Option<String>,
    pub name: Option<String>,
    pub subresource: Option<String>,
}

impl Path {
    /// Reads `/api/v1/...` and `/apis/GROUP/VERSION/...` down to a resource; none for other paths.
    pub(super) fn parse(path: &str) -> Option<Self> {
        let mut parts = path.split('/').skip(1).map(unescape).collect::<Option<Vec<_>>>()?;
        while parts.last().is_some_and(String::is_empty) {
            parts.pop();
        }
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let (group, version, rest) = match parts.as_slice() {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => return None,
        };
        let own = |sub: &str| group.is_empty() && matches!(sub, "status" | "finalize");
        let (namespace, rest) = match rest {
            ["namespaces", _, sub] if own(sub) => (None, rest),
            ["namespaces", namespace, below @ ..] if !below.is_empty() => {
                (Some((*namespace).to_owned()), below)
            }
            _ => (None, rest),
        };
        let (resource, name, subresource) = match rest {
            [resource] => (*resource, None, None),
            [resource, name] => (*resource, Some(*name), None),
            [resource, name, sub] => (*resource, Some(*name), Some(*sub)),
            _ => return None,
        };
        Some(Self {
            group: group.to_owned(),
            version: version.to_owned(),
            resource: resource.to_owned(),
            namespace,
            name: name.map(str::to_owned),
            subresource: subresource.map(str::to_owned),
        })
    }

    /// The stored resource that it names, when its version is the one served.
    pub(super) fn find(&self) -> Option<&'static Resource> {
        find(&self.group, &self.resource).filter(|resource| resource.version == self.version)
    }

    /// The verb that authorisation looks at.
    pub(super) fn verb(&self, method: &Method, query: &Query) -> &'static str {
        match (method, &self.name) {
            (&Method::GET | &Method::HEAD, Some(_)) => "get",
            (&Method::GET | &Method::HEAD, None) if query.flag("watch") => "watch",
            (&Method::GET | &Method::HEAD, None) => "list",
            (&Method::POST, _) => "create",
            (&Method::PUT, _) => "update",
            (&Method::PATCH, _) => "patch",
            (&Method::DELETE, Some(_)) => "delete",
            (&Method::DELETE, None) => "deletecollection",
            _ => "",
        }
    }
}

/// Decodes `%XX`; none when it is no UTF-8.
fn unescape(part: &str) -> Option<String> {
    if !part.contains('%') {
        return Some(part.to_owned());
    }
    let bytes = part.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = if bytes[at] == b'%' { part.get(at + 1..at + 3) } else { None };
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            out.push(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(out).ok()
}

/// The media type of the body, without parameters, in lower case.
pub(super) fn content_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Who writes: the `fieldManager` parameter, or the first part of the user agent as the server takes it.
pub(super) fn manager(query: &Query, headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("unknown");
    query.get("fieldManager").unwrap_or_else(|| agent.split('/').next().unwrap_or(agent)).to_owned()
}

/// The body of a write as an object; JSON, YAML or protobuf. An empty one is null.
pub(super) fn object(headers: &HeaderMap, body: &Bytes) -> Result<Value, ApiError> {
    if body.is_empty() {
        return Ok(Value::Null);
    }
    match content_type(headers).as_str() {
        "" | "application/json" | "*/*" => serde_json::from_slice(body).map_err(|error| {
            ApiError::bad_request(format!("couldn't get version/kind; json parse error: {error}"))
        }),
        "application/yaml" => yaml(body),
        "application/vnd.kubernetes.protobuf" => schema::decode(body)
            .map_err(|error| ApiError::bad_request(format!("couldn't decode the protobuf body: {error}"))),
        _ => Err(unsupported("application/json, application/yaml, application/vnd.kubernetes.protobuf")),
    }
}

/// A YAML document as JSON.
pub(super) fn yaml(body: &Bytes) -> Result<Value, ApiError> {
    let text = std::str::from_utf8(body).map_err(|error| ApiError::bad_request(error.to_string()))?;
    serde_saphyr::from_str(text)
        .map_err(|error| ApiError::bad_request(format!("error decoding YAML: {error}")))
}

/// 415, with the media types that would do.
pub(super) fn unsupported(accepted: &str) -> ApiError {
    let message = format!(
        "the body of the request was in an unknown format - accepted media types include: {accepted}"
    );
    ApiError::new(415, "UnsupportedMediaType", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_resources() {
        let path = Path::parse("/api/v1/namespaces/shop/pods/web-1/log").unwrap();
        assert_eq!(path.namespace.as_deref(), Some("shop"));
        assert_eq!((path.resource.as_str(), path.subresource.as_deref()), ("pods", Some("log")));
        let path = Path::parse("/api/v1/namespaces/shop").unwrap();
        assert_eq!((path.resource.as_str(), path.name.as_deref()), ("namespaces", Some("shop")));
        let path = Path::parse("/api/v1/namespaces/shop/status").unwrap();
        assert_eq!((path.resource.as_str(), path.subresource.as_deref()), ("namespaces", Some("status")));
        let path = Path::parse("/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode").unwrap();
        assert_eq!(path.name.as_deref(), Some("system:node"));
        assert_eq!(path.find().map(|r| r.kind), Some("ClusterRole"));
        assert!(Path::parse("/apis/apps/v1").is_none());
        assert!(Path::parse("/version").is_none());
    }

    #[test]
    fn verbs_follow_method_and_query() {
        let path = Path::parse("/api/v1/pods").unwrap();
        let verb = |method: &Method, uri: &str| path.verb(method, &Query::of(&uri.parse().unwrap()));
        assert_eq!(verb(&Method::GET, "/api/v1/pods?watch=0"), "list");
        assert_eq!(verb(&Method::GET, "/api/v1/pods?watch=1"), "watch");
        assert_eq!(verb(&Method::GET, "/api/v1/pods?watch=true"), "watch");
        assert_eq!(verb(&Method::DELETE, "/api/v1/pods"), "deletecollection");
    }
}
