//! Loki's answers (`docs/sources/reference/loki-http-api.md`).

use std::collections::BTreeMap;

use serde::Deserialize;

/// `query_range` of a log query.
#[derive(Debug, Deserialize)]
pub(super) struct Response {
    pub data: Data,
}

#[derive(Debug, Deserialize)]
pub(super) struct Data {
    #[serde(default, rename = "resultType")]
    pub result_type: String,
    #[serde(default)]
    pub result: serde_json::Value,
}

/// One frame of `tail`.
#[derive(Debug, Deserialize)]
pub(super) struct Frame {
    #[serde(default)]
    pub streams: Vec<Stream>,
}

/// Lines of one set of labels; structured metadata is merged into them by the server.
#[derive(Debug, Deserialize)]
pub(super) struct Stream {
    #[serde(default)]
    pub stream: BTreeMap<String, String>,
    #[serde(default)]
    pub values: Vec<Entry>,
}

/// Nanoseconds since 1970 as text, the line, and structured metadata where the server keeps it apart.
#[derive(Debug, Deserialize)]
#[serde(from = "Vec<serde_json::Value>")]
pub(super) struct Entry {
    pub nanos: i64,
    pub line: String,
}

impl From<Vec<serde_json::Value>> for Entry {
    fn from(mut parts: Vec<serde_json::Value>) -> Self {
        let text = |v: Option<&mut serde_json::Value>| match v.map(serde_json::Value::take) {
            Some(serde_json::Value::String(s)) => s,
            _ => String::new(),
        };
        let nanos = text(parts.get_mut(0)).parse().unwrap_or(0);
        Self { nanos, line: text(parts.get_mut(1)) }
    }
}

/// `labels`; an empty list omits `data`.
#[derive(Debug, Deserialize)]
pub(super) struct Labels {
    #[serde(default)]
    pub data: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct BuildInfo {
    pub version: String,
}
