//! Prometheus' answers (`docs/querying/api.md`).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::model::Str;

#[derive(Debug, Deserialize)]
pub(super) struct Response {
    pub data: Data,
}

#[derive(Debug, Deserialize)]
pub(super) struct Data {
    #[serde(default)]
    pub result: Vec<Line>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Line {
    #[serde(default)]
    pub metric: BTreeMap<Str, Str>,
    /// Seconds since 1970, and the value as text.
    #[serde(default)]
    pub values: Vec<(f64, String)>,
}

#[derive(Debug, Deserialize)]
pub(super) struct BuildInfo {
    pub data: Version,
}

#[derive(Debug, Deserialize)]
pub(super) struct Version {
    pub version: String,
}
