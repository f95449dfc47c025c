//! Whose logs the focus asks for.

use std::collections::HashSet;

use super::State;
use crate::{
    app::{Listed, SortBy, logs::GONE},
    model::{Key, Kind, LogTarget, SystemKind},
    triage::Focus,
};

impl State {
    /// Pods whose logs the focus asks for, with their uids: itself, or so many of its pods, the worst first.
    pub(in crate::app) fn log_pods(&self, most: usize) -> Vec<(Key, u128)> {
        let Focus::Entity(key) = &self.focus else { return Vec::new() };
        if key.kind == Kind::Pod {
            return vec![(key.clone(), self.store.pods.get(key).map_or(GONE, |p| p.uid))];
        }
        let scope = self.focus_scope();
        let mut pods: Vec<_> = self.store.pods.iter().filter(|p| scope.pod(p)).collect();
        pods.sort_by(|a, b| Listed::order(*a, b, SortBy::Worst, self.now));
        let mut seen = HashSet::new();
        pods.iter().filter(|p| seen.insert(&p.key)).take(most).map(|p| (p.key.clone(), p.uid)).collect()
    }

    /// The query for what Loki kept of what the focus is on, deleted pods included; none where there is no Loki.
    pub(in crate::app) fn kept_logs(&self) -> Option<LogTarget> {
        let Focus::Entity(key) = &self.focus else { return None };
        let env = &self.store.system(key.source)?.env;
        let loki = self.store.systems.iter().find(|s| s.kind == SystemKind::Loki && s.env == *env)?;
        let scope = self.focus_scope();
        let mut namespaces: Vec<&str> = Vec::new();
        let mut names: Vec<String> = Vec::new();
        let is_owner =
            |k: Kind| matches!(k, Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet | Kind::Job);
        if key.kind == Kind::Pod {
            namespaces.push(&key.namespace);
            names.push(escaped(&key.name));
        } else {
            for owner in self.store.workloads.iter().filter(|w| is_owner(w.key.kind) && scope.workload(w)) {
                namespaces.push(&owner.key.namespace);
                names.push(format!("{}-.+", escaped(&owner.key.name)));
            }
        }
        namespaces.sort_unstable();
        namespaces.dedup();
        names.sort_unstable();
        names.dedup();
        if names.is_empty() {
            return None;
        }
        let namespaces: Vec<_> = namespaces.into_iter().map(escaped).collect();
        let query = format!("{{namespace=~\"{}\", pod=~\"{}\"}}", namespaces.join("|"), names.join("|"));
        Some(LogTarget::Query { source: loki.source, query: query.into() })
    }
}

/// A Kubernetes name as a regular expression in a LogQL string: of what such names hold only the dot has a meaning.
fn escaped(name: &str) -> String {
    name.replace('.', "\\\\.")
}
