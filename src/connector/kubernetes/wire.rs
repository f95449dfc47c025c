//! The objects as they travel: only the fields that a row needs, in protobuf and in JSON alike.
//!
//! Field numbers are those of `generated.proto` in k8s.io/api and apimachinery 0.34. Unknown fields are skipped.

use std::{borrow::Cow, fmt};

use prost::Message;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};

use crate::model::Time;

/// `metav1.Time` and `metav1.MicroTime`: an RFC 3339 string in JSON.
#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Stamp {
    #[prost(int64, tag = "1")]
    pub(super) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(super) nanos: i32,
}

impl From<Stamp> for Time {
    fn from(stamp: Stamp) -> Self {
        Self::from_nanos(stamp.seconds.saturating_mul(1_000_000_000).saturating_add(stamp.nanos.into()))
    }
}

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <Cow<'de, str>>::deserialize(d)?;
        let time: Time = text.parse().map_err(serde::de::Error::custom)?;
        let nanos = time.nanos();
        Ok(Self { seconds: nanos.div_euclid(1_000_000_000), nanos: nanos.rem_euclid(1_000_000_000) as i32 })
    }
}

/// An entry of a map of strings, in the order in which it came.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct Pair {
    #[prost(string, tag = "1")]
    pub(super) key: String,
    #[prost(string, tag = "2")]
    pub(super) value: String,
}

/// A map of strings in JSON.
fn pairs<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Pair>, D::Error> {
    struct Pairs;
    impl<'de> Visitor<'de> for Pairs {
        type Value = Vec<Pair>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map of strings")
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut all = Vec::new();
            while let Some((key, value)) = map.next_entry()? {
                all.push(Pair { key, value });
            }
            Ok(all)
        }
    }
    d.deserialize_any(Pairs)
}

/// A list that Go writes as `null` when it is empty.
fn listed<'de, T: Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Vec<T>, D::Error> {
    Option::<Vec<T>>::deserialize(d).map(Option::unwrap_or_default)
}

/// Declares messages that read from both encodings.
macro_rules! messages {
    ($($(#[$doc:meta])* $name:ident { $($(#[$attr:meta])* $field:ident: $type:ty,)* })*) => { $(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Message, Deserialize)]
        #[serde(default, rename_all = "camelCase")]
        #[allow(clippy::struct_field_names, reason = "the names are the API's")]
        pub(super) struct $name { $($(#[$attr])* pub(super) $field: $type,)* }
    )* };
}

messages! {
    /// `metav1.ObjectMeta`.
    Meta {
        #[prost(string, tag = "1")] name: String,
        #[prost(string, tag = "3")] namespace: String,
        #[prost(string, tag = "5")] uid: String,
        #[prost(string, tag = "6")] resource_version: String,
        #[prost(message, optional, tag = "8")] creation_timestamp: Option<Stamp>,
        #[prost(message, optional, tag = "9")] deletion_timestamp: Option<Stamp>,
        #[prost(message, repeated, tag = "11")] #[serde(deserialize_with = "pairs")] labels: Vec<Pair>,
        #[prost(message, repeated, tag = "12")] #[serde(deserialize_with = "pairs")] annotations: Vec<Pair>,
        #[prost(message, repeated, tag = "13")] owner_references: Vec<OwnerReference>,
    }
    /// `metav1.OwnerReference`.
    OwnerReference {
        #[prost(string, tag = "1")] kind: String,
        #[prost(string, tag = "3")] name: String,
        #[prost(bool, tag = "6")] controller: bool,
    }
    /// `metav1.LabelSelector`, labels only.
    LabelSelector {
        #[prost(message, repeated, tag = "1")] #[serde(deserialize_with = "pairs")] match_labels: Vec<Pair>,
    }
    /// An object of which only the metadata matters: a bookmark.
    Bare {
        #[prost(message, required, tag = "1")] metadata: Meta,
    }
    /// `core/v1.Pod`.
    Pod {
        #[prost(message, required, tag = "1")] metadata: Meta,
        #[prost(message, required, tag = "2")] spec: PodSpec,
        #[prost(message, required, tag = "3")] status: PodStatus,
    }
    /// `core/v1.PodSpec`.
    PodSpec {
        #[prost(message, repeated, tag = "1")] volumes: Vec<Volume>,
        #[prost(message, repeated, tag = "2")] #[serde(deserialize_with = "listed")] containers: Vec<Container>,
        #[prost(message, repeated, tag = "20")] init_containers: Vec<Container>,
        #[prost(string, tag = "10")] node_name: String,
        #[prost(message, repeated, tag = "15")] image_pull_secrets: Vec<Named>,
    }
    /// `core/v1.LocalObjectReference`.
    Named {
        #[prost(string, tag = "1")] name: String,
    }
    /// `core/v1.Container`.
    Container {
        #[prost(string, tag = "1")] name: String,
        #[prost(string, tag = "2")] image: String,
        #[prost(message, repeated, tag = "7")] env: Vec<EnvVar>,
        #[prost(message, required, tag = "8")] resources: Requirements,
        #[prost(message, repeated, tag = "19")] env_from: Vec<EnvFrom>,
        #[prost(string, tag = "24")] restart_policy: String,
    }
    /// `core/v1.ResourceRequirements`.
    Requirements {
        #[prost(message, repeated, tag = "1")] #[serde(deserialize_with = "quantities")] limits: Vec<Amount>,
        #[prost(message, repeated, tag = "2")] #[serde(deserialize_with = "quantities")] requests: Vec<Amount>,
    }
    /// `core/v1.EnvVar`, without names and values.
    EnvVar {
        #[prost(message, optional, tag = "3")] value_from: Option<ValueFrom>,
    }
    /// `core/v1.EnvVarSource`.
    ValueFrom {
        #[prost(message, optional, tag = "4")] secret_key_ref: Option<SecretRef>,
    }
    /// `SecretKeySelector`, `SecretEnvSource` and `SecretProjection`; the reference is inlined in JSON.
    SecretRef {
        #[prost(message, required, tag = "1")] #[serde(flatten)] reference: Named,
    }
    /// `core/v1.EnvFromSource`.
    EnvFrom {
        #[prost(message, optional, tag = "3")] secret_ref: Option<SecretRef>,
    }
    /// `core/v1.Volume`; the source is inlined in JSON.
    Volume {
        #[prost(message, required, tag = "2")] #[serde(flatten)] source: VolumeSource,
    }
    /// `core/v1.VolumeSource`.
    VolumeSource {
        #[prost(message, optional, tag = "6")] secret: Option<SecretVolume>,
        #[prost(message, optional, tag = "26")] projected: Option<Projected>,
    }
    /// `core/v1.SecretVolumeSource`.
    SecretVolume {
        #[prost(string, tag = "1")] secret_name: String,
    }
    /// `core/v1.ProjectedVolumeSource`.
    Projected {
        #[prost(message, repeated, tag = "1")] #[serde(deserialize_with = "listed")] sources: Vec<Projection>,
    }
    /// `core/v1.VolumeProjection`.
    Projection {
        #[prost(message, optional, tag = "1")] secret: Option<SecretRef>,
    }
    /// `core/v1.PodStatus`.
    PodStatus {
        #[prost(string, tag = "1")] phase: String,
        #[prost(message, repeated, tag = "2")] conditions: Vec<PodCondition>,
        #[prost(string, tag = "4")] reason: String,
        #[prost(message, repeated, tag = "8")] container_statuses: Vec<ContainerStatus>,
        #[prost(message, repeated, tag = "10")] init_container_statuses: Vec<ContainerStatus>,
    }
    /// `core/v1.PodCondition`.
    PodCondition {
        #[prost(string, tag = "1")] r#type: String,
        #[prost(string, tag = "2")] status: String,
        #[prost(message, optional, tag = "4")] last_transition_time: Option<Stamp>,
        #[prost(string, tag = "5")] reason: String,
    }
    /// `core/v1.ContainerStatus`.
    ContainerStatus {
        #[prost(string, tag = "1")] name: String,
        #[prost(message, required, tag = "2")] state: ContainerState,
        #[prost(message, required, tag = "3")] last_state: ContainerState,
        #[prost(bool, tag = "4")] ready: bool,
        #[prost(int32, tag = "5")] restart_count: i32,
        #[prost(bool, optional, tag = "9")] started: Option<bool>,
    }
    /// `core/v1.ContainerState`.
    ContainerState {
        #[prost(message, optional, tag = "1")] waiting: Option<Waiting>,
        #[prost(message, optional, tag = "2")] running: Option<Running>,
        #[prost(message, optional, tag = "3")] terminated: Option<Terminated>,
    }
    /// `core/v1.ContainerStateWaiting`.
    Waiting {
        #[prost(string, tag = "1")] reason: String,
    }
    /// `core/v1.ContainerStateRunning`.
    Running {
        #[prost(message, optional, tag = "1")] started_at: Option<Stamp>,
    }
    /// `core/v1.ContainerStateTerminated`.
    Terminated {
        #[prost(int32, tag = "1")] exit_code: i32,
        #[prost(int32, tag = "2")] signal: i32,
        #[prost(string, tag = "3")] reason: String,
        #[prost(message, optional, tag = "6")] finished_at: Option<Stamp>,
    }
    /// `core/v1.PodTemplateSpec`.
    Template {
        #[prost(message, required, tag = "2")] spec: TemplateSpec,
    }
    /// `core/v1.PodSpec`, images only.
    TemplateSpec {
        #[prost(message, repeated, tag = "2")] #[serde(deserialize_with = "listed")] containers: Vec<Image>,
    }
    /// `core/v1.Container`, the image only.
    Image {
        #[prost(string, tag = "2")] image: String,
    }
    /// `apps/v1.Deployment`.
    Deployment {
        #[prost(message, required, tag = "1")] metadata: Meta,
        #[prost(message, required, tag = "2")] spec: DeploymentSpec,
        #[prost(message, required, tag = "3")] status: DeploymentStatus,
    }
    /// `apps/v1.DeploymentSpec`.
    DeploymentSpec {
        #[prost(int32, optional, tag = "1")] replicas: Option<i32>,
        #[prost(message, required, tag = "2")] selector: LabelSelector,
        #[prost(message, required, tag = "3")] template: Template,
        #[prost(bool, tag = "7")] paused: bool,
    }
    /// `apps/v1.DeploymentStatus`.
    DeploymentStatus {
        #[prost(int32, tag = "3")] updated_replicas: i32,
        #[prost(int32, tag = "7")] ready_replicas: i32,
        #[prost(int32, tag = "4")] available_replicas: i32,
        #[prost(message, repeated, tag = "6")] conditions: Vec<DeploymentCondition>,
    }
    /// `apps/v1.DeploymentCondition`.
    DeploymentCondition {
        #[prost(string, tag = "1")] r#type: String,
        #[prost(string, tag = "2")] status: String,
        #[prost(string, tag = "4")] reason: String,
    }
    /// `apps/v1.StatefulSet`.
    StatefulSet {
        #[prost(message, required, tag = "1")] metadata: Meta,
        #[prost(message, required, tag = "2")] spec: SetSpec,
        #[prost(message, required, tag = "3")] status: StatefulSetStatus,
    }
    /// `apps/v1.StatefulSetSpec` and `apps/v1.ReplicaSetSpec`, which number these fields alike.
    SetSpec {
        #[prost(int32, optional, tag = "1")] replicas: Option<i32>,
        #[prost(message, required, tag = "2")] selector: LabelSelector,
        #[prost(message, required, tag = "3")] template: Template,
    }
    /// `apps/v1.StatefulSetStatus`.
    StatefulSetStatus {
        #[prost(int32, tag = "3")] ready_replicas: i32,
        #[prost(int32, tag = "5")] updated_replicas: i32,
        #[prost(string, tag = "6")] current_revision: String,
        #[prost(string, tag = "7")] update_revision: String,
        #[prost(int32, tag = "11")] available_replicas: i32,
    }
    /// `apps/v1.DaemonSet`.
    DaemonSet {
        #[prost(message, required, tag = "1")] metadata: Meta,
        #[prost(message, required, tag = "2")] spec: DaemonSetSpec,
        #[prost(message, required, tag = "3")] status: DaemonSetStatus,
    }
    /// `apps/v1.DaemonSetSpec`.
    DaemonSetSpec {
        #[prost(message, required, tag = "1")] selector: LabelSelector,
        #[prost(message, required, tag = "2")] template: Template,
    }
    /// `apps/v1.DaemonSetStatus`.
    DaemonSetStatus {
        #[prost(int32, tag = "3")] desired_number_scheduled: i32,
        #[prost(int32, tag = "4")] number_ready: i32,
        #[prost(int32, tag = "6")] updated_number_scheduled: i32,
        #[prost(int32, tag = "7")] number_available: i32,
    }
    /// `apps/v1.ReplicaSet`.
    ReplicaSet {
        #[prost(message, required, tag = "1")] metadata: Meta,
        #[prost(message, required, tag = "2")] spec: SetSpec,
        #[prost(message, required, tag = "3")] status: ReplicaSetStatus,
    }
    /// `apps/v1.ReplicaSetStatus`.
    ReplicaSetStatus {
        #[prost(int32, tag = "1")] replicas: i32,
        #[prost(int32, tag = "4")] ready_replicas: i32,
        #[prost(int32, tag = "5")] available_replicas: i32,
    }
    /// `batch/v1.Job`.
    Job {
        #[prost(message, required, tag = "1")] metadata: Meta,
        #[prost(message, required, tag = "2")] spec: JobSpec,
        #[prost(message, required, tag = "3")] status: JobStatus,
    }
    /// `batch/v1.JobSpec`.
    JobSpec {
        #[prost(int32, optional, tag = "1")] parallelism: Option<i32>,
        #[prost(int32, optional, tag = "2")] completions: Option<i32>,
        #[prost(message, optional, tag = "4")] selector: Option<LabelSelector>,
        #[prost(message, required, tag = "6")] template: Template,
        #[prost(bool, tag = "10")] suspend: bool,
    }
    /// `batch/v1.JobStatus`.
    JobStatus {
        #[prost(message, repeated, tag = "1")] conditions: Vec<JobCondition>,
        #[prost(int32, tag = "4")] active: i32,
        #[prost(int32, tag = "5")] succeeded: i32,
        #[prost(int32, tag = "6")] failed: i32,
    }
    /// `batch/v1.JobCondition`.
    JobCondition {
        #[prost(string, tag = "1")] r#type: String,
        #[prost(string, tag = "2")] status: String,
        #[prost(string, tag = "5")] reason: String,
    }
    /// `core/v1.Namespace`.
    Namespace {
        #[prost(message, required, tag = "1")] metadata: Meta,
        #[prost(message, required, tag = "3")] status: Phase,
    }
    /// `core/v1.NamespaceStatus`.
    Phase {
        #[prost(string, tag = "1")] phase: String,
    }
    /// `core/v1.Node`.
    Node {
        #[prost(message, required, tag = "1")] metadata: Meta,
        #[prost(message, required, tag = "2")] spec: NodeSpec,
        #[prost(message, required, tag = "3")] status: NodeStatus,
    }
    /// `core/v1.NodeSpec`.
    NodeSpec {
        #[prost(bool, tag = "4")] unschedulable: bool,
    }
    /// `core/v1.NodeStatus`.
    NodeStatus {
        #[prost(message, repeated, tag = "2")] #[serde(deserialize_with = "quantities")] allocatable: Vec<Amount>,
        #[prost(message, repeated, tag = "4")] conditions: Vec<NodeCondition>,
        #[prost(message, required, tag = "7")] node_info: NodeInfo,
    }
    /// `core/v1.NodeCondition`.
    NodeCondition {
        #[prost(string, tag = "1")] r#type: String,
        #[prost(string, tag = "2")] status: String,
        #[prost(message, optional, tag = "4")] last_transition_time: Option<Stamp>,
    }
    /// `core/v1.NodeSystemInfo`.
    NodeInfo {
        #[prost(string, tag = "7")] kubelet_version: String,
    }
    /// `core/v1.Event`.
    Event {
        #[prost(message, required, tag = "1")] metadata: Meta,
        #[prost(message, required, tag = "2")] involved_object: Involved,
        #[prost(string, tag = "3")] reason: String,
        #[prost(string, tag = "4")] message: String,
        #[prost(message, optional, tag = "6")] first_timestamp: Option<Stamp>,
        #[prost(message, optional, tag = "7")] last_timestamp: Option<Stamp>,
        #[prost(int32, tag = "8")] count: i32,
        #[prost(string, tag = "9")] r#type: String,
        #[prost(message, optional, tag = "10")] event_time: Option<Stamp>,
        #[prost(message, optional, tag = "11")] series: Option<Series>,
    }
    /// `core/v1.ObjectReference`.
    Involved {
        #[prost(string, tag = "1")] kind: String,
        #[prost(string, tag = "3")] name: String,
        #[prost(string, tag = "4")] uid: String,
    }
    /// `core/v1.EventSeries`.
    Series {
        #[prost(int32, tag = "1")] count: i32,
        #[prost(message, optional, tag = "2")] last_observed_time: Option<Stamp>,
    }
}

/// An entry of a map of quantities.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct Amount {
    #[prost(string, tag = "1")]
    pub(super) key: String,
    #[prost(message, required, tag = "2")]
    pub(super) value: Quantity,
}

/// `resource.Quantity`: a string.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct Quantity {
    #[prost(string, tag = "1")]
    pub(super) string: String,
}

fn quantities<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Amount>, D::Error> {
    let amount = |p: Pair| Amount { key: p.key, value: Quantity { string: p.value } };
    Ok(pairs(d)?.into_iter().map(amount).collect())
}

/// A quantity in thousandths, as CPU is counted; `None` when it is none (apimachinery, `resource.Quantity`).
pub(super) fn millis(quantity: &str) -> Option<u64> {
    let split = quantity
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-')))
        .unwrap_or(quantity.len());
    let (number, suffix) = quantity.split_at(split);
    let scale = match suffix {
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "" => 1.0,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1024.0 * 1024.0,
        "Gi" => 1024.0 * 1024.0 * 1024.0,
        "Ti" => 1024.0_f64.powi(4),
        "Pi" => 1024.0_f64.powi(5),
        "Ei" => 1024.0_f64.powi(6),
        exponent => {
            let power: i32 = exponent.strip_prefix(['e', 'E'])?.parse().ok()?;
            10_f64.powi(power)
        }
    };
    let value: f64 = number.parse().ok()?;
    (value >= 0.0).then_some((value * scale * 1000.0).ceil() as u64)
}

/// A quantity in whole units, as memory is counted.
pub(super) fn units(quantity: &str) -> Option<u64> {
    millis(quantity).map(|m| m.div_ceil(1000))
}

/// A Kubernetes uid as a number; zero when it is not a UUID.
pub(super) fn uid(text: &str) -> u128 {
    uuid::Uuid::parse_str(text).map_or(0, |u| u.as_u128())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_as_the_api_writes_them() {
        for (text, thousandths) in [
            ("250m", 250),
            ("2", 2000),
            ("1.5", 1500),
            ("123456789n", 124),
            ("3k", 3_000_000),
            ("1e3", 1_000_000),
            ("1Ki", 1_024_000),
        ] {
            assert_eq!(millis(text), Some(thousandths), "{text}");
        }
        assert_eq!(units("512Gi"), Some(512 * 1024 * 1024 * 1024));
        assert_eq!(units("128974848"), Some(128_974_848));
        assert_eq!(millis("many"), None);
    }
}
