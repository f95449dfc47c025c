//! The resources of an application, what was made of what; read again it keeps its folds and the pointer's place.

use std::borrow::Cow;

use super::{Folding, Seek, outline::Outline};
use crate::{
    app::filter::{Columns, Field, Filter, Labels, Told, Value},
    model::{AppHealth, ResourceRef, Severity, TreeNode},
};

/// A tree, all of it, and what of it is shown.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    nodes: Vec<TreeNode>,
    outline: Outline,
    filter: Filter,
    /// What is shown.
    rows: Vec<usize>,
}

impl Tree {
    /// A tree, parents before children.
    pub fn new(nodes: Vec<TreeNode>) -> Self {
        let levels: Vec<_> = nodes.iter().map(|n| usize::from(n.depth)).collect();
        let mut tree = Self { outline: Outline::new(&levels), nodes, ..Self::default() };
        tree.settle();
        tree
    }

    /// All resources, shown or not.
    pub fn nodes(&self) -> &[TreeNode] {
        &self.nodes
    }

    /// The places of what is shown among all resources.
    pub fn rows(&self) -> &[usize] {
        &self.rows
    }

    /// The resource on a row.
    pub fn node(&self, row: usize) -> Option<&TreeNode> {
        self.nodes.get(*self.rows.get(row)?)
    }

    /// How many resources are folded into the one on a row.
    pub fn hidden(&self, row: usize) -> usize {
        let line = self.rows.get(row).copied().unwrap_or_default();
        if self.filter.is_empty() { self.outline.hidden(line) } else { 0 }
    }

    /// Whether something was made of the resource on a row.
    pub fn is_head(&self, row: usize) -> bool {
        self.rows.get(row).is_some_and(|line| self.outline.is_head(*line))
    }

    /// The nearest resource that Argo CD syncs itself, from a row up the tree.
    pub fn managed(&self, row: usize) -> Option<&TreeNode> {
        let mut at = *self.rows.get(row)?;
        while !self.nodes[at].managed {
            at = self.outline.parent(at)?;
        }
        Some(&self.nodes[at])
    }

    /// Takes in the tree as it was read again; where the pointer is then.
    pub fn renew(&mut self, nodes: Vec<TreeNode>, row: usize) -> usize {
        let pointed = self.node(row).map(|n| n.resource.clone());
        let folded: Vec<ResourceRef> = (0..self.nodes.len())
            .filter(|at| self.outline.hidden(*at) > 0)
            .map(|at| self.nodes[at].resource.clone())
            .collect();
        let filter = std::mem::take(&mut self.filter);
        *self = Self::new(nodes);
        self.filter = filter;
        self.outline.fold((0..self.nodes.len()).filter(|at| folded.contains(&self.nodes[*at].resource)));
        self.settle();
        let found = pointed.and_then(|resource| self.nodes.iter().position(|n| n.resource == resource));
        found.map_or(row, |at| self.row(at))
    }

    /// Shows only what a filter passes, and what it was made of; where the pointer is then.
    pub fn narrow(&mut self, text: &str, row: usize) -> usize {
        let at = self.rows.get(row).copied();
        self.filter = Filter::new(text, &COLUMNS);
        self.settle();
        let first = || self.rows.iter().position(|at| self.passes(*at)).unwrap_or_default();
        match at {
            Some(at) if self.rows.contains(&at) && self.passes(at) => self.row(at),
            _ => first(),
        }
    }

    /// What it is narrowed to.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// How many resources pass the filter.
    pub fn passing(&self) -> usize {
        (0..self.nodes.len()).filter(|at| self.passes(*at)).count()
    }

    fn passes(&self, at: usize) -> bool {
        self.filter.passes(&Texts::of(&self.nodes[at]))
    }

    /// Changes folds from a row; where the pointer is then.
    pub fn fold(&mut self, folding: Folding, row: usize) -> usize {
        let Some(line) = self.rows.get(row).copied() else { return row };
        let to = self.outline.change(folding, line);
        self.settle();
        self.row(to)
    }

    /// The next problem, folded away or not, which has it shown; its place then.
    pub fn problem(&mut self, row: usize, step: Seek) -> Option<usize> {
        let here = self.rows.get(row).copied().unwrap_or_default();
        let passes = |at: usize| severity(&self.nodes[at]).is_problem() && self.passes(at);
        let found = step.find(here, self.nodes.len(), passes)?;
        self.outline.open(found);
        self.settle();
        Some(self.row(found))
    }

    /// How many levels are open.
    pub fn level(&self) -> usize {
        self.outline.level()
    }

    /// All of it as text.
    pub fn all(&self) -> String {
        let line = |n: &TreeNode| {
            let health = n.health.map_or("", AppHealth::name);
            let name = format!("{}{}", "  ".repeat(usize::from(n.depth)), n.resource);
            format!("{name:<56} {health:<12} {:<10} {}", n.sync, n.message).trim_end().to_owned()
        };
        self.nodes.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// The row of a resource, or of the one that it is folded into.
    fn row(&self, at: usize) -> usize {
        self.rows.partition_point(|shown| *shown <= at).saturating_sub(1)
    }

    fn settle(&mut self) {
        if self.filter.is_empty() {
            self.rows = self.outline.shown().to_vec();
            return;
        }
        let mut kept = vec![false; self.nodes.len()];
        for at in 0..self.nodes.len() {
            if !self.passes(at) {
                continue;
            }
            let mut above = Some(at);
            while let Some(line) = above {
                kept[line] = true;
                above = self.outline.parent(line);
            }
        }
        self.rows = (0..self.nodes.len()).filter(|at| kept[*at]).collect();
    }
}

/// What a filter of a tree may name: nothing but texts.
const COLUMNS: Columns =
    Columns { of: Cow::Borrowed("resources"), all: Cow::Borrowed(&[]), labels: Labels::None };

/// What a filter asks of a resource: its name, kind, health, status and words.
struct Texts([String; 5]);

impl Texts {
    fn of(node: &TreeNode) -> Self {
        let health = node.health.map_or("", AppHealth::name);
        let name = node.resource.to_string();
        let kind = short_kind(&node.resource.kind);
        Self([name, kind, health.to_owned(), node.sync.to_string(), node.message.to_string()])
    }
}

impl Told for Texts {
    fn texts(&self, test: &mut dyn FnMut(&str) -> bool) -> bool {
        self.0.iter().any(|text| test(text))
    }

    fn name(&self) -> &str {
        &self.0[0]
    }

    fn value(&self, _: Field, _: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        false
    }

    fn label(&self, _: &mut dyn FnMut(&str, &str) -> bool) -> bool {
        false
    }
}

/// How bad a resource fares: its health, and whether it is as git wants it.
pub fn severity(node: &TreeNode) -> Severity {
    let health = node.health.map_or(Severity::Quiet, AppHealth::severity);
    let sync = if &*node.sync == "OutOfSync" { Severity::Warning } else { Severity::Quiet };
    health.max(sync)
}

/// A kind as kubectl abbreviates it: `deploy`, `po`; in lower case where it has no short name.
pub fn short_kind(kind: &str) -> String {
    const SHORT: [(&str, &str); 23] = [
        ("Application", "app"),
        ("ConfigMap", "cm"),
        ("CronJob", "cj"),
        ("CustomResourceDefinition", "crd"),
        ("DaemonSet", "ds"),
        ("Deployment", "deploy"),
        ("Endpoints", "ep"),
        ("HorizontalPodAutoscaler", "hpa"),
        ("Ingress", "ing"),
        ("LimitRange", "limits"),
        ("Namespace", "ns"),
        ("NetworkPolicy", "netpol"),
        ("Node", "no"),
        ("PersistentVolume", "pv"),
        ("PersistentVolumeClaim", "pvc"),
        ("Pod", "po"),
        ("PodDisruptionBudget", "pdb"),
        ("PriorityClass", "pc"),
        ("ReplicaSet", "rs"),
        ("ResourceQuota", "quota"),
        ("Service", "svc"),
        ("ServiceAccount", "sa"),
        ("StatefulSet", "sts"),
    ];
    let short = SHORT.iter().find(|(long, _)| *long == kind);
    short.map_or_else(|| kind.to_lowercase(), |(_, short)| (*short).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(path: &str, depth: u8, health: AppHealth) -> TreeNode {
        let (kind, name) = path.split_once('/').expect("Kind/name");
        TreeNode {
            resource: ResourceRef { kind: kind.into(), name: name.into(), ..ResourceRef::default() },
            depth,
            health: Some(health),
            sync: if depth == 0 { "Synced".into() } else { "".into() },
            message: "".into(),
            created: None,
            managed: depth == 0,
        }
    }

    fn nodes() -> Vec<TreeNode> {
        vec![
            node("ConfigMap/web", 0, AppHealth::Healthy),
            node("Deployment/web", 0, AppHealth::Progressing),
            node("ReplicaSet/web-7", 1, AppHealth::Healthy),
            node("Pod/web-7-a", 2, AppHealth::Degraded),
            node("Pod/web-7-b", 2, AppHealth::Healthy),
            node("Service/web", 0, AppHealth::Healthy),
        ]
    }

    fn name(tree: &Tree, row: usize) -> String {
        tree.node(row).expect("a row").resource.to_string()
    }

    #[test]
    fn read_again_folds_and_pointer_stay() {
        let mut tree = Tree::new(nodes());
        let row = tree.fold(Folding::Here, 2);
        assert_eq!(tree.rows().len(), 4);
        assert_eq!(name(&tree, row), "ReplicaSet/web-7");
        let mut again = nodes();
        again.insert(0, node("ConfigMap/first", 0, AppHealth::Healthy));
        again.insert(5, node("Pod/web-7-aa", 2, AppHealth::Healthy));
        let row = tree.renew(again, row);
        assert_eq!(name(&tree, row), "ReplicaSet/web-7");
        assert_eq!(tree.hidden(row), 3);
    }

    #[test]
    fn a_filter_keeps_what_it_was_made_of() {
        let mut tree = Tree::new(nodes());
        tree.fold(Folding::All, 0);
        let row = tree.narrow("po/ degraded", 0);
        assert_eq!(row, 0, "no such text in one field");
        let row = tree.narrow("po degraded", 0);
        assert_eq!(name(&tree, row), "Pod/web-7-a");
        assert_eq!(tree.rows().len(), 3);
        assert_eq!(tree.passing(), 1);
        tree.narrow("", row);
        assert_eq!(tree.rows().len(), 3, "folds are as they were");
    }

    #[test]
    fn problems_are_found_in_folds() {
        let mut tree = Tree::new(nodes());
        tree.fold(Folding::All, 0);
        let row = tree.problem(0, Seek::Next).expect("a problem");
        assert_eq!(name(&tree, row), "Pod/web-7-a");
        assert_eq!(tree.problem(row, Seek::Next), None);
        assert_eq!(tree.managed(row).map(|n| n.resource.to_string()).as_deref(), Some("Deployment/web"));
    }

    #[test]
    fn kinds_as_kubectl_abbreviates_them() {
        assert_eq!(["Deployment", "Pod", "ClusterRole"].map(short_kind), ["deploy", "po", "clusterrole"]);
    }
}
