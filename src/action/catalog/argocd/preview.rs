//! What a deployment would change, in words for the plan sheet.

use crate::{
    action::plan::{Plan, Reach},
    model::{ResourceDiff, ResourceRef, ResourceState, TreeNode},
};

/// `Deployment/x ~, ConfigMap/y +`: changed, created; deletions stand apart.
pub(super) fn changes(diff: &[ResourceDiff]) -> String {
    let words: Vec<String> = diff
        .iter()
        .filter(|d| d.target.is_some())
        .map(|d| format!("{} {}", d.resource, if d.live.is_none() { '+' } else { '~' }))
        .collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}

/// What a prune deletes: resources that the other side does not have, and those marked so by Argo CD.
pub(super) fn deletions(diff: &[ResourceDiff], resources: &[ResourceState]) -> Vec<ResourceRef> {
    let mut names: Vec<ResourceRef> = diff
        .iter()
        .filter(|d| d.target.is_none() && d.live.is_some())
        .map(|d| d.resource.clone())
        .chain(resources.iter().filter(|r| r.prune).map(|r| r.resource.clone()))
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Names with their namespaces, so that nothing is deleted under another's name.
pub(super) fn names(resources: &[ResourceRef]) -> String {
    resources.iter().map(full).collect::<Vec<_>>().join(", ")
}

fn full(r: &ResourceRef) -> String {
    if r.namespace.is_empty() { r.to_string() } else { format!("{r} in {}", r.namespace) }
}

/// How much is created, changed and deleted.
pub(super) fn reach(diff: &[ResourceDiff], deleted: &[ResourceRef]) -> Reach {
    let changes = diff.iter().filter(|d| d.target.is_some()).count();
    Reach { changes, deletes: deleted.iter().map(full).collect() }
}

/// `6 pods, 1 ingress`.
pub(super) fn affected(tree: &[TreeNode]) -> String {
    let count =
        |kind: &str, one: &str, many: &str| match tree.iter().filter(|n| &*n.resource.kind == kind).count() {
            0 => None,
            1 => Some(format!("1 {one}")),
            n => Some(format!("{n} {many}")),
        };
    let words: Vec<String> = [
        count("Pod", "pod", "pods"),
        count("Service", "service", "services"),
        count("Ingress", "ingress", "ingresses"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if words.is_empty() { "nothing that runs".to_owned() } else { words.join(", ") }
}

impl Plan {
    /// Adds what is deleted, or what would be if prune were on.
    pub(super) fn fact_deletes(&mut self, deletions: &[ResourceRef], prune: bool) {
        if prune {
            let value = if deletions.is_empty() { "nothing".to_owned() } else { names(deletions) };
            self.fact("deletes", value);
        } else if !deletions.is_empty() {
            self.fact("deletes", format!("nothing (prune is off; it would delete {})", names(deletions)));
        }
    }
}
