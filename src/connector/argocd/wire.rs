//! Argo CD's objects as far as they are used (`argoproj.io/v1alpha1`, `pkg/apis/application/v1alpha1/types.go`).
//!
//! Go leaves out what is empty or writes it as null: every field is optional here.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::model::{Str, Time};

/// Null, absent and present alike.
pub(super) fn nullable<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    d: D,
) -> Result<T, D::Error> {
    Option::<T>::deserialize(d).map(Option::unwrap_or_default)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct List {
    #[serde(deserialize_with = "nullable")]
    pub items: Vec<App>,
}

/// An Application; all of it is lenient, because projections leave things out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct App {
    pub metadata: Meta,
    pub spec: Spec,
    #[serde(deserialize_with = "nullable")]
    pub status: AppStatus,
    /// Set while an operation has been asked for and not begun.
    pub operation: Option<OperationSpec>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Meta {
    pub name: Str,
    pub namespace: Str,
    pub uid: Str,
    pub resource_version: Str,
    #[serde(deserialize_with = "nullable")]
    pub labels: BTreeMap<Str, Str>,
    #[serde(deserialize_with = "nullable")]
    pub annotations: BTreeMap<String, String>,
    #[serde(deserialize_with = "nullable")]
    pub owner_references: Vec<OwnerReference>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct OwnerReference {
    pub kind: Str,
    pub name: Str,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Spec {
    pub project: Str,
    pub source: Option<AppSource>,
    #[serde(deserialize_with = "nullable")]
    pub sources: Vec<AppSource>,
    pub source_hydrator: Option<Hydrator>,
    #[serde(deserialize_with = "nullable")]
    pub destination: Destination,
    #[serde(deserialize_with = "nullable")]
    pub sync_policy: SyncPolicy,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct AppSource {
    #[serde(rename = "repoURL")]
    pub repo_url: Str,
    pub path: Str,
    pub chart: Str,
    pub target_revision: Str,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Hydrator {
    pub dry_source: AppSource,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Destination {
    pub namespace: Str,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SyncPolicy {
    /// As it is, so that a hold can restore it exactly.
    pub automated: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct AppStatus {
    pub sync: Sync,
    pub health: Health,
    #[serde(deserialize_with = "nullable")]
    pub history: Vec<History>,
    #[serde(deserialize_with = "nullable")]
    pub conditions: Vec<ConditionWire>,
    #[serde(deserialize_with = "nullable")]
    pub resources: Vec<Resource>,
    pub operation_state: Option<OperationState>,
    #[serde(deserialize_with = "nullable")]
    pub summary: Summary,
    pub reconciled_at: Option<Time>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sync {
    pub status: Str,
    pub revision: Str,
    #[serde(deserialize_with = "nullable")]
    pub revisions: Vec<Str>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Health {
    pub status: Str,
    pub message: Str,
    pub last_transition_time: Option<Time>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct History {
    pub id: i64,
    pub revision: Str,
    #[serde(deserialize_with = "nullable")]
    pub revisions: Vec<Str>,
    pub deployed_at: Option<Time>,
    #[serde(deserialize_with = "nullable")]
    pub initiated_by: Initiator,
    /// As it is, for a rollback in core mode.
    pub source: Option<Value>,
    pub sources: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Initiator {
    pub username: Str,
    pub automated: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ConditionWire {
    #[serde(rename = "type")]
    pub kind: Str,
    pub message: Str,
    pub last_transition_time: Option<Time>,
}

/// A row of `status.resources` or of a sync result.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Resource {
    pub group: Str,
    pub kind: Str,
    pub namespace: Str,
    pub name: Str,
    pub status: Str,
    pub health: Option<Health>,
    pub requires_pruning: bool,
    pub hook: bool,
    pub message: Str,
    pub hook_phase: Str,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct OperationState {
    pub phase: Str,
    pub message: Str,
    pub started_at: Option<Time>,
    pub finished_at: Option<Time>,
    #[serde(deserialize_with = "nullable")]
    pub operation: OperationSpec,
    pub sync_result: Option<SyncResult>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct OperationSpec {
    #[serde(deserialize_with = "nullable")]
    pub initiated_by: Initiator,
    #[serde(deserialize_with = "nullable")]
    pub info: Vec<Info>,
    #[serde(deserialize_with = "nullable")]
    pub sync: SyncSpec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Info {
    pub name: Str,
    pub value: Str,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct SyncSpec {
    pub revision: Str,
    #[serde(deserialize_with = "nullable")]
    pub revisions: Vec<Str>,
    pub dry_run: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SyncResult {
    pub revision: Str,
    #[serde(deserialize_with = "nullable")]
    pub revisions: Vec<Str>,
    #[serde(deserialize_with = "nullable")]
    pub resources: Vec<Resource>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Summary {
    #[serde(deserialize_with = "nullable")]
    pub images: Vec<Str>,
}

/// One frame of `stream/applications`.
#[derive(Debug, Deserialize)]
pub(super) struct Frame {
    pub result: Option<WatchEvent>,
    pub error: Option<FrameError>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WatchEvent {
    #[serde(rename = "type", default)]
    pub kind: Str,
    pub application: App,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FrameError {
    pub http_code: u16,
    pub message: String,
}

/// `GET …/managed-resources`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Managed {
    #[serde(deserialize_with = "nullable")]
    pub items: Vec<ManagedItem>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ManagedItem {
    pub group: Str,
    pub kind: Str,
    pub namespace: Str,
    pub name: Str,
    pub live_state: String,
    pub target_state: String,
    pub normalized_live_state: String,
    pub predicted_live_state: String,
    pub hook: bool,
}

/// `GET …/manifests`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Manifests {
    #[serde(deserialize_with = "nullable")]
    pub manifests: Vec<String>,
}

/// `GET …/resource-tree`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tree {
    #[serde(deserialize_with = "nullable")]
    pub nodes: Vec<Node>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Node {
    pub group: Str,
    pub kind: Str,
    pub namespace: Str,
    pub name: Str,
    pub uid: Str,
    #[serde(deserialize_with = "nullable")]
    pub parent_refs: Vec<ParentRef>,
    pub health: Option<Health>,
    pub created_at: Option<Time>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ParentRef {
    pub uid: Str,
    pub group: Str,
    pub kind: Str,
    pub namespace: Str,
    pub name: Str,
}

/// `GET …/syncwindows`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Windows {
    #[serde(deserialize_with = "nullable")]
    pub active_windows: Vec<WindowWire>,
    pub can_sync: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct WindowWire {
    pub kind: Str,
    pub schedule: Str,
    pub duration: Str,
    pub manual_sync: bool,
}

/// `GET …/revisions/{sha}/metadata`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RevisionMetadata {
    pub author: Str,
    pub date: Option<Time>,
    pub message: String,
    #[serde(deserialize_with = "nullable")]
    pub tags: Vec<Str>,
}

/// `GET …/events`: Kubernetes' event list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Events {
    #[serde(deserialize_with = "nullable")]
    pub items: Vec<EventWire>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct EventWire {
    pub metadata: EventMeta,
    pub involved_object: Involved,
    pub reason: Str,
    pub message: Str,
    #[serde(rename = "type")]
    pub kind: Str,
    pub count: Option<u32>,
    pub first_timestamp: Option<Time>,
    pub last_timestamp: Option<Time>,
    pub event_time: Option<Time>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct EventMeta {
    pub name: Str,
    pub namespace: Str,
    pub creation_timestamp: Option<Time>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Involved {
    pub kind: Str,
    pub name: Str,
    pub uid: Str,
}

/// `GET /account/can-i/…`.
#[derive(Debug, Deserialize)]
pub(super) struct CanI {
    pub value: String,
}

/// `GET /api/version`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Version {
    #[serde(rename = "Version")]
    pub version: String,
}

/// `GET /session/userinfo`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct UserInfo {
    pub logged_in: bool,
    pub username: String,
    pub iss: String,
    #[serde(deserialize_with = "nullable")]
    pub groups: Vec<String>,
}
