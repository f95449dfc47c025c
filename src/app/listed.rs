//! What every sort of row can tell a list: how bad, by which words it is found, how it sorts, whether it belongs.

use std::cmp::{Ordering, Reverse};

use super::{filter::Fields, subject::SortBy};
use crate::{
    model::{
        Alert, AlertState, Application, Certificate, Change, ClusterEvent, Lease, Namespace, Node, Object,
        Pod, RotatedCredential, SecretVersion, Severity, Silence, SilenceState, Time, Workload,
    },
    store,
    triage::Scope,
};

/// A row that a pane can list.
pub trait Listed: store::Row + Fields {
    /// How bad it is.
    fn severity(&self, now: Time) -> Severity;
    /// How bad it would be, were nothing done about it: a silenced alert keeps its severity.
    fn rated(&self, now: Time) -> Severity {
        self.severity(now)
    }
    /// The texts a filter looks at; unused places are empty.
    fn texts(&self) -> [&str; 5];
    /// Whether it belongs to a scope.
    fn within(&self, scope: &Scope) -> bool;
    /// When it came to be, for sorting by age.
    fn born(&self) -> Option<Time>;
    /// When it ends, for sorting by that.
    fn ends(&self) -> Option<Time> {
        None
    }
    /// Numbers to sort by, where it has them.
    fn amount(&self, _by: SortBy) -> u64 {
        0
    }
    /// The node it is on.
    #[expect(clippy::unnecessary_literal_bound, reason = "pods return their own text")]
    fn node(&self) -> &str {
        ""
    }

    /// How two rows sort that are as bad as each other.
    fn alike(&self, other: &Self) -> Ordering {
        self.key().cmp(other.key())
    }

    /// How two rows sort.
    fn order(&self, other: &Self, by: SortBy, now: Time) -> Ordering {
        let first = match by {
            SortBy::Worst | SortBy::Fact(_) => {
                other.severity(now).cmp(&self.severity(now)).then_with(|| self.alike(other))
            }
            SortBy::Name | SortBy::Column(_) => self.key().name.cmp(&other.key().name),
            SortBy::Newest => other.born().cmp(&self.born()),
            SortBy::Ends => {
                let end = |t: Option<Time>| (t.is_none(), t);
                end(self.ends()).cmp(&end(other.ends()))
            }
            SortBy::Restarts | SortBy::Cpu | SortBy::Memory => {
                Reverse(self.amount(by)).cmp(&Reverse(other.amount(by)))
            }
            SortBy::Node => self.node().cmp(other.node()),
        };
        first.then_with(|| self.key().cmp(other.key()))
    }
}

impl Listed for Application {
    fn severity(&self, _: Time) -> Severity {
        Self::severity(self)
    }
    fn texts(&self) -> [&str; 5] {
        [&self.key.name, &self.destination, &self.project, &self.revision, &self.target_revision]
    }
    fn within(&self, scope: &Scope) -> bool {
        scope.application(self)
    }
    fn born(&self) -> Option<Time> {
        self.deployed.as_ref().map(|d| d.deployed)
    }
}

impl Listed for Pod {
    fn severity(&self, now: Time) -> Severity {
        Self::severity(self, now)
    }
    fn texts(&self) -> [&str; 5] {
        [&self.key.name, &self.key.namespace, &self.reason, &self.node, ""]
    }
    fn within(&self, scope: &Scope) -> bool {
        scope.pod(self)
    }
    fn born(&self) -> Option<Time> {
        Some(self.created)
    }
    fn amount(&self, by: SortBy) -> u64 {
        match by {
            SortBy::Cpu => self.cpu.map_or(0, u64::from),
            SortBy::Memory => self.memory.unwrap_or(0),
            _ => u64::from(self.restarts),
        }
    }
    fn node(&self) -> &str {
        &self.node
    }
}

impl Listed for Workload {
    fn severity(&self, _: Time) -> Severity {
        self.severity
    }
    fn texts(&self) -> [&str; 5] {
        [&self.key.name, &self.key.namespace, &self.reason, self.key.kind.name(), ""]
    }
    fn within(&self, scope: &Scope) -> bool {
        // A ReplicaSet under a Deployment is the Deployment's affair.
        !(self.key.kind == crate::model::Kind::ReplicaSet && self.owner.is_some()) && scope.workload(self)
    }
    fn born(&self) -> Option<Time> {
        Some(self.created)
    }
}

impl Listed for Node {
    fn severity(&self, _: Time) -> Severity {
        self.severity
    }
    fn texts(&self) -> [&str; 5] {
        [&self.key.name, &self.reason, &self.roles, &self.version, ""]
    }
    fn within(&self, scope: &Scope) -> bool {
        scope.has_source(self.key.source)
    }
    fn born(&self) -> Option<Time> {
        Some(self.created)
    }
    fn amount(&self, by: SortBy) -> u64 {
        match by {
            SortBy::Cpu => self.cpu.map_or(0, u64::from),
            _ => self.memory.unwrap_or(0),
        }
    }
}

impl Listed for Namespace {
    fn severity(&self, _: Time) -> Severity {
        if &*self.phase == "Active" { Severity::Ok } else { Severity::Active }
    }
    fn texts(&self) -> [&str; 5] {
        [&self.key.name, &self.phase, "", "", ""]
    }
    fn within(&self, scope: &Scope) -> bool {
        scope.has_source(self.key.source)
    }
    fn born(&self) -> Option<Time> {
        Some(self.created)
    }
}

impl Listed for ClusterEvent {
    fn severity(&self, _: Time) -> Severity {
        if self.warning { Severity::Warning } else { Severity::Quiet }
    }
    fn texts(&self) -> [&str; 5] {
        [&self.about, &self.key.namespace, &self.reason, &self.message, &self.about_kind]
    }
    fn within(&self, scope: &Scope) -> bool {
        scope.event(self)
    }
    fn born(&self) -> Option<Time> {
        Some(self.last)
    }
}

impl Listed for Alert {
    fn severity(&self, _: Time) -> Severity {
        match self.state {
            AlertState::Silenced | AlertState::Inhibited => Severity::Quiet,
            AlertState::Active | AlertState::Unprocessed => self.severity,
        }
    }
    fn rated(&self, _: Time) -> Severity {
        self.severity
    }
    fn texts(&self) -> [&str; 5] {
        let label = |name| self.label(name).map_or("", |v| &**v);
        let summary = self.annotation("summary").map_or("", |v| &**v);
        [&self.name, label("namespace"), label("pod"), label("severity"), summary]
    }
    /// What began last first; what one rule says of several things stands together.
    fn alike(&self, other: &Self) -> Ordering {
        let source = self.key.source.cmp(&other.key.source);
        source
            .then_with(|| other.since.cmp(&self.since))
            .then_with(|| self.name.cmp(&other.name))
            .then_with(|| self.key.cmp(&other.key))
    }
    fn within(&self, scope: &Scope) -> bool {
        scope.alert(self)
    }
    fn born(&self) -> Option<Time> {
        Some(self.since)
    }
}

impl Listed for Silence {
    fn severity(&self, _: Time) -> Severity {
        if self.state == SilenceState::Active { Severity::Active } else { Severity::Quiet }
    }
    fn texts(&self) -> [&str; 5] {
        [&self.created_by, &self.comment, &self.key.name, "", ""]
    }
    fn within(&self, scope: &Scope) -> bool {
        self.state != SilenceState::Expired && scope.has_source(self.key.source)
    }
    fn born(&self) -> Option<Time> {
        Some(self.starts)
    }
    fn ends(&self) -> Option<Time> {
        Some(self.ends)
    }
}

impl Listed for Lease {
    fn severity(&self, now: Time) -> Severity {
        Self::severity(self, now)
    }
    fn texts(&self) -> [&str; 5] {
        [&self.key.name, &self.key.namespace, "lease", "", ""]
    }
    fn within(&self, scope: &Scope) -> bool {
        scope.secret(&self.key)
    }
    fn born(&self) -> Option<Time> {
        Some(self.issued)
    }
    fn ends(&self) -> Option<Time> {
        self.expires
    }
}

impl Listed for RotatedCredential {
    fn severity(&self, now: Time) -> Severity {
        Self::severity(self, now)
    }
    fn texts(&self) -> [&str; 5] {
        [&self.key.name, &self.key.namespace, &self.username, "static-role", "rotate"]
    }
    fn within(&self, scope: &Scope) -> bool {
        scope.secret(&self.key)
    }
    fn born(&self) -> Option<Time> {
        self.rotated
    }
    fn ends(&self) -> Option<Time> {
        self.next
    }
}

impl Listed for SecretVersion {
    fn severity(&self, _: Time) -> Severity {
        if self.deleted { Severity::Warning } else { Severity::Quiet }
    }
    fn texts(&self) -> [&str; 5] {
        [&self.key.name, &self.key.namespace, "secret", "kv", ""]
    }
    fn within(&self, scope: &Scope) -> bool {
        scope.secret(&self.key)
    }
    fn born(&self) -> Option<Time> {
        Some(self.updated)
    }
}

impl Listed for Certificate {
    fn severity(&self, now: Time) -> Severity {
        Self::severity(self, now)
    }
    fn texts(&self) -> [&str; 5] {
        [&self.common_name, &self.key.namespace, &self.key.name, "certificate", ""]
    }
    fn within(&self, scope: &Scope) -> bool {
        self.revoked.is_none() && scope.secret(&self.key)
    }
    fn born(&self) -> Option<Time> {
        Some(self.not_before)
    }
    fn ends(&self) -> Option<Time> {
        Some(self.not_after)
    }
}

impl Listed for Change {
    fn severity(&self, _: Time) -> Severity {
        self.severity
    }
    fn texts(&self) -> [&str; 5] {
        [&self.title, self.kind.name(), self.by.as_deref().unwrap_or(""), "", ""]
    }
    fn within(&self, scope: &Scope) -> bool {
        scope.change(self)
    }
    fn born(&self) -> Option<Time> {
        Some(self.at)
    }
}

impl Listed for Object {
    fn severity(&self, _: Time) -> Severity {
        self.severity
    }
    fn texts(&self) -> [&str; 5] {
        [self.key.title(), &self.key.namespace, "", "", ""]
    }
    fn within(&self, scope: &Scope) -> bool {
        scope.object(self)
    }
    fn born(&self) -> Option<Time> {
        self.created
    }
}
