//! Alertmanager's alerts and silences.

use serde::{Deserialize, Serialize};

use super::{Key, Severity, Str, Time};

/// An alert as Alertmanager holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// Source, and the fingerprint as name.
    pub key: Key,
    /// The `alertname` label.
    pub name: Str,
    /// From the `severity` label; `warning` where there is none.
    pub severity: Severity,
    /// All labels, sorted.
    pub labels: Vec<(Str, Str)>,
    /// All annotations, sorted: summary, description, `runbook_url`.
    pub annotations: Vec<(Str, Str)>,
    /// When it began.
    pub since: Time,
    /// When Alertmanager last heard of it.
    pub updated: Time,
    /// Whether it notifies.
    pub state: AlertState,
    /// Silences that mute it, by id.
    pub silenced_by: Vec<Str>,
    /// Alerts that inhibit it, by fingerprint.
    pub inhibited_by: Vec<Str>,
    /// Where the rule can be seen.
    pub generator: Str,
}

impl Alert {
    /// The value of a label.
    pub fn label(&self, name: &str) -> Option<&Str> {
        self.labels.iter().find(|(k, _)| &**k == name).map(|(_, v)| v)
    }

    /// What it is about, from the label that names it most closely; nothing when none does.
    pub fn about(&self) -> Option<&Str> {
        self.about_label().map(|(_, value)| value)
    }

    /// The label that names most closely what it is about, and its value.
    pub fn about_label(&self) -> Option<(&'static str, &Str)> {
        const LABELS: [&str; 18] = [
            "pod",
            "deployment",
            "statefulset",
            "daemonset",
            "job_name",
            "cronjob",
            "horizontalpodautoscaler",
            "persistentvolumeclaim",
            "workload",
            "application",
            "app",
            "node",
            "name",
            "service",
            "instance",
            "job",
            "subject_CN",
            "namespace",
        ];
        LABELS.iter().find_map(|name| Some((*name, self.label(name).filter(|value| !value.is_empty())?)))
    }

    /// The value of an annotation.
    pub fn annotation(&self, name: &str) -> Option<&Str> {
        self.annotations.iter().find(|(k, _)| &**k == name).map(|(_, v)| v)
    }
}

/// Whether an alert notifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertState {
    /// Alertmanager has it but has not grouped it yet.
    Unprocessed,
    /// It notifies.
    Active,
    /// A silence mutes it.
    Silenced,
    /// Another alert inhibits it.
    Inhibited,
}

/// A condition on a label.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Matcher {
    /// The label.
    pub name: Str,
    /// The value or regular expression.
    pub value: Str,
    /// Whether the value is a regular expression.
    pub is_regex: bool,
    /// Whether it must match rather than must not.
    #[serde(default = "yes")]
    pub is_equal: bool,
}

fn yes() -> bool {
    true
}

impl std::fmt::Display for Matcher {
    /// `severity=~"warn.*"`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let op = match (self.is_equal, self.is_regex) {
            (true, false) => "=",
            (true, true) => "=~",
            (false, false) => "!=",
            (false, true) => "!~",
        };
        write!(f, "{}{op}{:?}", self.name, &*self.value)
    }
}

/// A silence.
#[derive(Clone, Debug, PartialEq)]
pub struct Silence {
    /// Source, and the id as name.
    pub key: Key,
    /// What it mutes.
    pub matchers: Vec<Matcher>,
    /// From when.
    pub starts: Time,
    /// Until when.
    pub ends: Time,
    /// When it was last changed.
    pub updated: Time,
    /// Who made it.
    pub created_by: Str,
    /// Why; without the id of the action.
    pub comment: Str,
    /// The id of the action that made it, where that was one of vigie's.
    pub action: Option<Str>,
    /// Whether it works now.
    pub state: SilenceState,
}

/// State of a silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SilenceState {
    /// Ended.
    Expired,
    /// Works.
    Active,
    /// Begins later.
    Pending,
}
