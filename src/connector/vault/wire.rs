//! Vault's answers as far as they are used. Fields that hold secrets are not declared and so never kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use crate::model::{Str, Time};

pub(super) fn nullable<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    d: D,
) -> Result<T, D::Error> {
    Option::<T>::deserialize(d).map(Option::unwrap_or_default)
}

/// A moment that may be null or an empty string.
pub(super) fn moment<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Time>, D::Error> {
    let text: Option<String> = Option::deserialize(d)?;
    // A time that never was is the year one in Go.
    Ok(text.and_then(|t| t.parse::<Time>().ok()).filter(|t| t.secs() > 0))
}

/// The envelope of every answer.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope<T> {
    pub data: T,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Keys {
    #[serde(deserialize_with = "nullable")]
    pub keys: Vec<String>,
}

/// `GET sys/seal-status`; no envelope, no token.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SealStatus {
    pub initialized: bool,
    pub sealed: bool,
    /// Keys needed.
    pub t: u16,
    pub progress: u16,
    pub version: Str,
    pub cluster_name: Str,
}

/// `GET sys/health`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Health {
    pub standby: bool,
}

/// `GET sys/ha-status`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct HaStatus {
    #[serde(deserialize_with = "nullable")]
    pub nodes: Vec<HaNode>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct HaNode {
    pub hostname: Str,
    pub active_node: bool,
}

/// `GET sys/internal/ui/mounts`: what this token may see of the mounts, without sudo.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Mounts {
    #[serde(deserialize_with = "nullable")]
    pub auth: BTreeMap<String, MountWire>,
    #[serde(deserialize_with = "nullable")]
    pub secret: BTreeMap<String, MountWire>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MountWire {
    #[serde(rename = "type")]
    pub engine: Str,
    pub description: Str,
    pub running_plugin_version: Str,
    #[serde(deserialize_with = "nullable")]
    pub options: BTreeMap<String, String>,
}

/// `PUT sys/leases/lookup`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct LeaseWire {
    #[serde(deserialize_with = "moment")]
    pub issue_time: Option<Time>,
    #[serde(deserialize_with = "moment")]
    pub expire_time: Option<Time>,
    #[serde(deserialize_with = "moment")]
    pub last_renewal: Option<Time>,
    pub renewable: bool,
}

/// `GET <database>/static-roles/<name>`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct StaticRole {
    /// The connection.
    pub db_name: Str,
    pub username: Str,
    /// Seconds.
    pub rotation_period: Option<f64>,
    pub rotation_schedule: Str,
    #[serde(deserialize_with = "moment")]
    pub last_vault_rotation: Option<Time>,
}

/// `GET <kv>/metadata/<path>`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata {
    pub current_version: u64,
    pub oldest_version: u64,
    #[serde(deserialize_with = "moment")]
    pub created_time: Option<Time>,
    #[serde(deserialize_with = "moment")]
    pub updated_time: Option<Time>,
    #[serde(deserialize_with = "nullable")]
    pub versions: BTreeMap<String, Version>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Version {
    #[serde(deserialize_with = "moment")]
    pub created_time: Option<Time>,
    /// In the future for a live version under `delete_version_after`.
    #[serde(deserialize_with = "moment")]
    pub deletion_time: Option<Time>,
    pub destroyed: bool,
}

/// `GET <kv>/data/<path>`: the content goes back to Vault or is compared, and is not kept. Not to be printed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Content {
    pub data: Option<serde_json::Map<String, serde_json::Value>>,
}

/// `GET <pki>/cert/<serial>`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CertWire {
    pub certificate: String,
    /// Seconds since 1970; zero when it is not revoked.
    pub revocation_time: i64,
}

/// `GET auth/token/lookup-self`, without the token itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TokenWire {
    pub display_name: Str,
    #[serde(deserialize_with = "nullable")]
    pub policies: Vec<Str>,
    #[serde(deserialize_with = "nullable")]
    pub identity_policies: Vec<Str>,
    #[serde(deserialize_with = "moment")]
    pub expire_time: Option<Time>,
    #[serde(deserialize_with = "nullable")]
    pub renewable: bool,
}
