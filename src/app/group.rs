//! Lists in groups: rows that have something in common stand together under a heading that counts them.

mod common;

use std::{
    borrow::Cow,
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

use super::{
    browse::natural,
    export::plain,
    facts::Fact,
    layout::PaneId,
    listed::Listed,
    rows::{Row, Rows},
    state::State,
    subject::{SortBy, Subject},
};
use crate::model::{Alert, Pod, Severity, Source, Str};

pub use common::in_common;

/// By what a list is grouped.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum GroupBy {
    /// The environment.
    Environment,
    /// The namespace; the mount of what Vault keeps.
    Namespace,
    /// The application.
    Application,
    /// What owns it: the Deployment of a pod, what an event is about.
    Owner,
    /// The node it is on.
    Node,
    /// What it is doing, as a word.
    Status,
    /// How bad it is.
    Severity,
    /// The alert's name.
    Alert,
    /// What sort of thing it is.
    Kind,
    /// What rows tell under this name.
    Column(String),
}

impl GroupBy {
    /// Its name in choosers and files.
    pub fn name(&self) -> &str {
        match self {
            Self::Environment => "environment",
            Self::Namespace => "namespace",
            Self::Application => "application",
            Self::Owner => "owner",
            Self::Node => "node",
            Self::Status => "status",
            Self::Severity => "severity",
            Self::Alert => "alert",
            Self::Kind => "kind",
            Self::Column(name) => name,
        }
    }

    /// What a name means for a list; a column where it is nothing better.
    pub fn named(subject: Subject, name: &str) -> Self {
        let known = of(subject).iter().find(|by| by.name() == name);
        known.cloned().unwrap_or_else(|| Self::Column(name.to_owned()))
    }
}

/// What a list can be grouped by without looking at all that its rows tell.
const fn of(subject: Subject) -> &'static [GroupBy] {
    use GroupBy as G;
    match subject {
        Subject::Applications => &[G::Environment, G::Namespace, G::Status, G::Severity],
        Subject::Pods => {
            &[G::Environment, G::Namespace, G::Application, G::Owner, G::Node, G::Status, G::Severity]
        }
        Subject::Workloads => {
            &[G::Environment, G::Namespace, G::Application, G::Kind, G::Status, G::Severity]
        }
        Subject::Nodes | Subject::Namespaces => &[G::Environment, G::Status, G::Severity],
        Subject::Events => &[G::Environment, G::Namespace, G::Status, G::Owner],
        Subject::Alerts => {
            &[G::Alert, G::Environment, G::Severity, G::Namespace, G::Application, G::Node, G::Status]
        }
        Subject::Silences => &[G::Environment],
        Subject::Leases => &[G::Environment, G::Kind, G::Namespace, G::Severity],
        Subject::Changes => &[G::Environment, G::Kind, G::Severity],
        Subject::Objects => &[G::Environment, G::Namespace, G::Severity],
        Subject::Environments | Subject::Matrix | Subject::Logs => &[],
    }
}

/// Rows that have something in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What they have in common; empty where they have none of it.
    pub label: Str,
    /// All of them, whether or not they are shown.
    pub rows: Vec<Row>,
    /// How many are critical.
    pub critical: usize,
    /// How many want a look.
    pub warning: usize,
    /// How bad the worst is.
    pub severity: Severity,
    /// Whether only the heading is shown.
    pub folded: bool,
}

/// The groupings that a list can have.
#[derive(Clone, Debug)]
pub struct Groups {
    /// Each with the words for it; the first is none.
    pub all: Vec<(Option<GroupBy>, String)>,
    /// The chosen one.
    pub cursor: usize,
}

impl Groups {
    /// The groupings of a pane; the cursor stands on the one it has.
    pub(super) fn of(state: &State, id: PaneId) -> Self {
        let pane = state.pane(id);
        let usual = of(pane.subject);
        if usual.is_empty() {
            return Self { all: Vec::new(), cursor: 0 };
        }
        let told = pane.rows.first().map(|row| state.facts_in(id, row)).unwrap_or_default();
        let is_new = |name: &str| !usual.iter().any(|by| by.name() == name) && name != "name";
        let columns =
            told.iter().filter(|(name, _)| is_new(name)).map(|(name, _)| GroupBy::Column(name.to_string()));
        let by =
            usual.iter().cloned().chain(columns).map(|by| (Some(by.clone()), format!("by {}", by.name())));
        let all: Vec<_> = std::iter::once((None, "not grouped".to_owned())).chain(by).collect();
        let cursor = all.iter().position(|(by, _)| *by == pane.group).unwrap_or(0);
        Self { all, cursor }
    }
}

impl State {
    /// Puts the rows of a list in groups, the worst first where the worst row is first, else by what they have in
    /// common. Within a group rows keep their order.
    pub(super) fn group(&self, id: PaneId, rows: &mut Rows) {
        let pane = self.pane(id);
        let Some(by) = &pane.group else { return };
        let look = Look::new(self, id, by);
        let mut index: HashMap<Cow<'_, str>, usize> = HashMap::new();
        let mut groups: Vec<Group> = Vec::new();
        for row in rows.shown.drain(..) {
            let severity = self.severity_of(row);
            let label = look.label(row);
            let at = *index.entry(label).or_insert_with_key(|label| {
                groups.push(Group {
                    label: label.as_ref().into(),
                    rows: Vec::new(),
                    critical: 0,
                    warning: 0,
                    severity: Severity::Quiet,
                    folded: pane.folded.contains(label.as_ref()),
                });
                groups.len() - 1
            });
            let group = &mut groups[at];
            group.rows.push(row);
            group.critical += usize::from(severity == Severity::Critical);
            group.warning += usize::from(severity == Severity::Warning);
            group.severity = group.severity.max(severity);
        }
        let worst_first = pane.sort == SortBy::Worst || *by == GroupBy::Severity;
        let environments = &self.store.environments;
        let place = |g: &Group| match by {
            GroupBy::Environment => {
                environments.iter().position(|e| *e.name == *g.label).unwrap_or(usize::MAX)
            }
            // Where there is nothing of it comes last.
            _ => usize::from(g.label.is_empty()),
        };
        groups.sort_by(|a, b| {
            let severity = |g: &Group| Reverse(worst_first.then_some(g.severity));
            severity(a)
                .cmp(&severity(b))
                .then_with(|| place(a).cmp(&place(b)))
                .then_with(|| natural(&a.label, &b.label))
        });
        for (n, group) in (0..).zip(&groups) {
            rows.shown.push(Row::Group(n));
            if !group.folded {
                rows.shown.extend_from_slice(&group.rows);
            }
        }
        rows.groups = groups;
    }

    /// How bad a row is.
    fn severity_of(&self, row: Row) -> Severity {
        let (s, at, now) = (&self.store, row.position() as usize, self.now);
        let found = match row {
            Row::Application(_) => s.applications.at(at).map(|r| Listed::severity(r, now)),
            Row::Pod(_) => s.pods.at(at).map(|r| Listed::severity(r, now)),
            Row::Workload(_) => s.workloads.at(at).map(|r| r.severity),
            Row::Node(_) => s.nodes.at(at).map(|r| r.severity),
            Row::Namespace(_) => s.namespaces.at(at).map(|r| Listed::severity(r, now)),
            Row::Event(_) => s.events.at(at).map(|r| Listed::severity(r, now)),
            Row::Alert(_) => s.alerts.at(at).map(|r| Listed::severity(r, now)),
            Row::Silence(_) => s.silences.at(at).map(|r| Listed::severity(r, now)),
            Row::Lease(_) => s.leases.at(at).map(|r| Listed::severity(r, now)),
            Row::StaticRole(_) => s.static_roles.at(at).map(|r| Listed::severity(r, now)),
            Row::Secret(_) => s.secrets.at(at).map(|r| Listed::severity(r, now)),
            Row::Certificate(_) => s.certificates.at(at).map(|r| Listed::severity(r, now)),
            Row::Change(_) => self.timeline.get(at).map(|r| r.severity),
            Row::Object(_) => s.objects.at(at).map(|r| r.severity),
            Row::Environment(_) | Row::Group(_) => None,
        };
        found.unwrap_or(Severity::Quiet)
    }
}

/// What rows have in common, looked up.
struct Look<'a> {
    state: &'a State,
    by: &'a GroupBy,
    /// For alerts: where their pods are.
    nodes: HashMap<(&'a str, &'a str, &'a str), &'a str>,
    own: Vec<&'a super::column::OwnColumn>,
}

impl<'a> Look<'a> {
    fn new(state: &'a State, pane: PaneId, by: &'a GroupBy) -> Self {
        let is_by_pod = *by == GroupBy::Node && state.pane(pane).subject == Subject::Alerts;
        let nodes = if is_by_pod {
            let place = |p: &'a Pod| ((state.env(p.key.source), &*p.key.namespace, &*p.key.name), &*p.node);
            state.store.pods.iter().map(place).collect()
        } else {
            HashMap::new()
        };
        Self { state, by, nodes, own: state.own_used(pane) }
    }

    fn label(&self, row: Row) -> Cow<'a, str> {
        let s = &self.state.store;
        let key = || row.key(s, &self.state.timeline);
        match self.by {
            GroupBy::Environment => key().map_or("", |k| self.state.env(k.source)).into(),
            GroupBy::Severity => self.state.severity_of(row).name().into(),
            GroupBy::Kind => self.kind(row).into(),
            GroupBy::Column(name) => self.told(row, name),
            _ => self.of_row(row),
        }
    }

    fn told(&self, row: Row, name: &str) -> Cow<'a, str> {
        let told = self.state.facts_with(&self.own, row);
        let fact = told.into_iter().find(|(n, _)| n == name).map_or(Fact::Unknown, |(_, fact)| fact);
        plain(&fact).into()
    }

    fn kind(&self, row: Row) -> &'a str {
        let s = &self.state.store;
        match row {
            Row::Change(n) => self.state.timeline.get(n as usize).map_or("", |c| c.kind.name()),
            _ => row.key(s, &self.state.timeline).map_or("", |k| k.kind.name()),
        }
    }

    fn alert(&self, alert: &'a Alert) -> Cow<'a, str> {
        let env = self.state.env(alert.key.source);
        common::alert(alert, self.by, |namespace, pod| self.nodes.get(&(env, namespace, pod)).copied())
    }

    fn of_row(&self, row: Row) -> Cow<'a, str> {
        let (s, at) = (&self.state.store, row.position() as usize);
        let text = |text: Option<&'a str>| text.unwrap_or_default().into();
        match (row, self.by) {
            (Row::Application(_), GroupBy::Namespace) => text(s.applications.at(at).map(|a| &*a.destination)),
            (Row::Application(_), _) => {
                s.applications.at(at).map_or_else(Cow::default, |a| format!("{:?}", a.health).into())
            }
            (Row::Pod(_), by) => text(s.pods.at(at).map(|p| common::pod(s, p, by))),
            (Row::Workload(_), by) => text(s.workloads.at(at).map(|w| common::workload(w, by))),
            (Row::Alert(_), _) => s.alerts.at(at).map_or_else(Cow::default, |a| self.alert(a)),
            (Row::Node(_), _) => text(s.nodes.at(at).map(|n| &*n.reason)),
            (Row::Namespace(_), _) => text(s.namespaces.at(at).map(|n| &*n.phase)),
            (Row::Event(_), GroupBy::Status) => text(s.events.at(at).map(|e| &*e.reason)),
            (Row::Event(_), GroupBy::Owner) => s
                .events
                .at(at)
                .map_or_else(Cow::default, |e| format!("{}/{}", e.about_kind.to_lowercase(), e.about).into()),
            _ => text(row.key(s, &self.state.timeline).map(|k| k.namespace.trim_end_matches('/'))),
        }
    }
}

impl State {
    /// The name of a source's environment.
    fn env(&self, source: Source) -> &str {
        self.store.system(source).map_or("", |s| &*s.env)
    }

    /// The group that a row of a pane is in, whether or not it is shown.
    pub(super) fn group_of(&self, id: PaneId, row: Row) -> Option<usize> {
        self.pane(id).rows.groups.iter().position(|g| g.rows.contains(&row))
    }

    /// Groups of a pane that are folded from now on; those that are no longer there are forgotten.
    pub(super) fn fold(&mut self, id: PaneId, folded: HashSet<Str>) {
        let pane = self.pane_mut(id);
        pane.folded = folded;
        pane.wishes += 1;
    }
}
