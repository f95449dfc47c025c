//! Alertmanager's answers (`api/v2/openapi.yaml`).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::model::{Matcher, SilenceState, Str, Time};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Alert {
    pub fingerprint: Str,
    pub labels: BTreeMap<Str, Str>,
    #[serde(default)]
    pub annotations: BTreeMap<Str, Str>,
    pub starts_at: Time,
    pub updated_at: Time,
    pub status: AlertStatus,
    #[serde(default, rename = "generatorURL")]
    pub generator_url: Str,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AlertStatus {
    pub state: String,
    #[serde(default)]
    pub silenced_by: Vec<Str>,
    #[serde(default)]
    pub inhibited_by: Vec<Str>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Silence {
    pub id: Str,
    pub matchers: Vec<Matcher>,
    pub starts_at: Time,
    pub ends_at: Time,
    pub updated_at: Time,
    #[serde(default)]
    pub created_by: Str,
    #[serde(default)]
    pub comment: Str,
    pub status: SilenceStatus,
}

#[derive(Debug, Deserialize)]
pub(super) struct SilenceStatus {
    pub state: SilenceState,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Status {
    pub cluster: Cluster,
    pub version_info: VersionInfo,
}

#[derive(Debug, Deserialize)]
pub(super) struct Cluster {
    pub status: String,
    #[serde(default)]
    pub peers: Vec<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct VersionInfo {
    pub version: String,
}
