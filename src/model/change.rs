//! What altered an environment at a moment.

use serde::Serialize;

use super::{Key, Severity, Str, Time};

/// Something that altered an environment at a moment, for the timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The system that shows it; the name makes it unique there.
    pub key: Key,
    /// When.
    pub at: Time,
    /// What sort of change.
    pub kind: ChangeKind,
    /// What it happened to, if that is an entity.
    pub subject: Option<Key>,
    /// One line: `appointments → 9f31c2e v2.14.0`.
    pub title: Str,
    /// Who did it, where known.
    pub by: Option<Str>,
    /// How it stands out.
    pub severity: Severity,
}

/// What sort of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// Argo CD deployed a revision.
    Sync,
    /// A workload got a new pod template.
    Rollout,
    /// A credential or certificate was rotated or renewed.
    Rotation,
    /// A node joined, left, or changed its readiness.
    Node,
    /// An alert began or ended.
    Alert,
    /// A silence began.
    Silence,
    /// Pods began to crash or could not start.
    Pod,
    /// One of vigie's own actions.
    Action,
}

impl ChangeKind {
    /// At most eight letters.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Rollout => "rollout",
            Self::Rotation => "rotate",
            Self::Node => "node",
            Self::Alert => "alert",
            Self::Silence => "silence",
            Self::Pod => "pod",
            Self::Action => "action",
        }
    }
}
