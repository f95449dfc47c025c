//! Columns of the engineer's own: what they lead to, and what clusters told of it while they were shown.

use std::{collections::HashMap, sync::Arc};

use crate::{
    app::{
        event::Ticket,
        facts::{Fact, Real},
        format,
        health::Note,
        layout::PaneId,
        rows::Row,
        state::State,
        subject::Subject,
    },
    model::{Cell, JsonPath, Key, Kind, Object, ObjectName, Record, Severity, Str, SystemKind, TableHead},
    store::{Batch, Delta, Status, Store},
};

use super::{is_named, list_of};

/// A column of the engineer's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnColumn {
    /// Its name.
    pub name: String,
    /// The lists that can show it, as files name them.
    pub lists: Vec<String>,
    /// What it shows.
    pub shows: Shows,
    /// Columns of the screen that it takes.
    pub width: u16,
}

/// What a column of one's own shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shows {
    /// What a path leads to in the object.
    Path(JsonPath),
    /// What a PromQL query returns for the row; `$env` stands for the environment's name.
    Query(Str),
}

impl OwnColumn {
    /// The path that it shows, when it shows one.
    pub fn path(&self) -> Option<&JsonPath> {
        match &self.shows {
            Shows::Path(path) => Some(path),
            Shows::Query(_) => None,
        }
    }

    /// The path or query, as it is told.
    pub fn told(&self) -> &str {
        match &self.shows {
            Shows::Path(path) => &path.text()[1..],
            Shows::Query(query) => query,
        }
    }

    /// Whether a list can show it.
    pub fn is_of(&self, list: &str) -> bool {
        self.lists.iter().any(|l| l == list)
    }
}

/// What stands in a column of one's own.
#[derive(Clone, Debug, PartialEq)]
pub enum OwnCell<'a> {
    /// The cluster has not told yet.
    Unknown,
    /// A label.
    Text(&'a str),
    /// What the path leads to.
    Cell(&'a Cell),
    /// What the query returned, and whether that is old.
    Value(f64, bool),
}

/// What one kind of object is asked for beside what is always watched.
#[derive(Debug)]
struct Beside {
    kind: Kind,
    ticket: Ticket,
    paths: Arc<[JsonPath]>,
    seen: Store,
}

/// What is to be asked: with which ticket, of what, and which paths.
pub(in crate::app) type Asked = (Ticket, &'static str, Arc<[JsonPath]>);

/// What clusters told of paths while they were shown.
#[derive(Debug, Default)]
pub struct Values {
    beside: Vec<Beside>,
    version: u64,
}

/// Kinds that are always watched and can be asked for more, with the words that name them to clusters.
const KINDS: [(Kind, &str); 8] = [
    (Kind::Pod, "pods"),
    (Kind::Deployment, "deployments.apps"),
    (Kind::StatefulSet, "statefulsets.apps"),
    (Kind::DaemonSet, "daemonsets.apps"),
    (Kind::ReplicaSet, "replicasets.apps"),
    (Kind::Job, "jobs.batch"),
    (Kind::Node, "nodes"),
    (Kind::Namespace, "namespaces"),
];

/// What a kind is called to clusters, when it can be asked for more.
pub fn word_of(kind: Kind) -> Option<&'static str> {
    KINDS.iter().find(|(k, _)| *k == kind).map(|(_, word)| *word)
}

/// Whether a list's paths can be followed: in labels alone, or in whole objects.
pub(super) fn follows(subject: Subject, path: &JsonPath) -> bool {
    let has_labels = matches!(subject, Subject::Applications | Subject::Alerts);
    subject == Subject::Objects
        || subject.kinds().iter().any(|k| word_of(*k).is_some())
        || has_labels && path.label().is_some()
}

impl Values {
    /// A number that changes whenever a value may have.
    pub(in crate::app) const fn version(&self) -> u64 {
        self.version
    }

    /// Takes in what a cluster tells; `false` when it is not asked for.
    pub(in crate::app) fn take(&mut self, ticket: Ticket, batches: &[Batch]) -> bool {
        let Some(beside) = self.beside.iter_mut().find(|b| b.ticket == ticket) else { return false };
        for batch in batches {
            let deltas = batch.deltas.iter().cloned().map(plain).collect();
            beside.seen.apply(Batch { source: batch.source, at: batch.at, deltas });
        }
        self.version += 1;
        true
    }

    /// Brings what is asked for in line with what is wanted: what to ask anew, and what no longer.
    pub(in crate::app) fn want(
        &mut self,
        wanted: &[(Kind, Arc<[JsonPath]>)],
        mut ticket: impl FnMut() -> Ticket,
    ) -> (Vec<Asked>, Vec<Ticket>) {
        let is_wanted = |b: &Beside| wanted.iter().any(|(kind, paths)| *kind == b.kind && *paths == b.paths);
        let gone: Vec<Ticket> = self.beside.iter().filter(|b| !is_wanted(b)).map(|b| b.ticket).collect();
        self.beside.retain(is_wanted);
        let mut fresh = Vec::new();
        for (kind, paths) in wanted {
            let Some(word) = word_of(*kind) else { continue };
            if self.beside.iter().any(|b| b.kind == *kind) {
                continue;
            }
            let beside =
                Beside { kind: *kind, ticket: ticket(), paths: Arc::clone(paths), seen: Store::default() };
            fresh.push((beside.ticket, word, Arc::clone(paths)));
            self.beside.push(beside);
        }
        if !gone.is_empty() || !fresh.is_empty() {
            self.version += 1;
        }
        (fresh, gone)
    }

    fn cell(&self, key: &Key, path: &JsonPath) -> Option<&Cell> {
        let beside = self.beside.iter().find(|b| b.kind == key.kind)?;
        let object = beside.seen.objects.get(&Key { kind: Kind::Object, ..key.clone() })?;
        own_cell(object, beside.seen.heads.get(&key.source)?, path)
    }

    /// How far clusters have told what is asked of the kinds of a list.
    fn notes(&self, state: &State, subject: Subject) -> Vec<Note> {
        let clusters = state.store.systems.iter().filter(|s| s.kind == SystemKind::Kubernetes);
        let mut notes = Vec::new();
        for system in clusters {
            for beside in self.beside.iter().filter(|b| subject.kinds().contains(&b.kind)) {
                let told = beside.seen.freshness(system.source, Kind::Object).map(|f| f.state().clone());
                let (severity, why) = match told {
                    Some(Status::Down { fault, .. } | Status::Refused(fault)) => {
                        (Severity::Warning, format::line(&fault.to_string()).into_owned())
                    }
                    Some(Status::Degraded(why)) => (Severity::Quiet, format::line(&why).into_owned()),
                    _ => continue,
                };
                let note = Note { severity, text: format!("{}: own columns: {why}", system.env) };
                if !notes.contains(&note) {
                    notes.push(note);
                }
            }
        }
        notes
    }
}

/// The cell of a path in an object that was asked for with it.
pub(in crate::app) fn own_cell<'a>(
    object: &'a Object,
    head: &TableHead,
    path: &JsonPath,
) -> Option<&'a Cell> {
    let at = head.own.iter().position(|own| own == path.text())?;
    object.cells.get(head.columns.len() + at)
}

/// An object under its plain name, so that the row beside which it stands finds it.
fn plain(delta: Delta) -> Delta {
    let short = |key: &Key| match ObjectName::of(key) {
        Some(object) => Key { name: object.name.into(), ..key.clone() },
        None => key.clone(),
    };
    match delta {
        Delta::Upsert(Record::Object(mut object)) => {
            object.key = short(&object.key);
            Delta::Upsert(Record::Object(object))
        }
        Delta::Remove(key) => Delta::Remove(short(&key)),
        other => other,
    }
}

impl State {
    /// The engineer's own columns that a pane shows or is narrowed by.
    pub(in crate::app) fn own_used(&self, id: PaneId) -> Vec<&OwnColumn> {
        let pane = self.pane(id);
        let list = list_of(pane.subject, &self.browse);
        let chosen = self.chosen_columns(id).unwrap_or_default();
        let is_used = |n: u16, own: &OwnColumn| {
            pane.filter.own().contains(&n) || chosen.iter().any(|name| is_named(&own.name, name))
        };
        self.book.own(&list).filter(|(n, own)| is_used(*n, own)).map(|(_, own)| own).collect()
    }

    /// What stands in a column of one's own.
    pub fn own_cell(&self, row: Row, own: &OwnColumn) -> OwnCell<'_> {
        let (s, at) = (&self.store, row.position() as usize);
        let Some(path) = own.path() else {
            return self.metric(row, own).map_or(OwnCell::Unknown, |(value, old)| OwnCell::Value(value, old));
        };
        if let Some(label) = path.label() {
            let labels: Option<&[(Str, Str)]> = match row {
                Row::Application(_) => s.applications.at(at).map(|a| &*a.labels),
                Row::Pod(_) => s.pods.at(at).map(|p| &*p.labels),
                Row::Workload(_) => s.workloads.at(at).map(|w| &*w.labels),
                Row::Alert(_) => s.alerts.at(at).map(|a| &*a.labels),
                Row::Object(_) => s.objects.at(at).map(|o| &*o.labels),
                _ => None,
            };
            if let Some(labels) = labels {
                let found = labels.iter().find(|(k, _)| **k == **label);
                return OwnCell::Text(found.map_or("", |(_, v)| &**v));
            }
        }
        let cell = match row {
            Row::Object(_) => s.objects.at(at).and_then(|o| self.browse.own_cell(o, path)),
            _ => row.key(s, &self.timeline).and_then(|key| self.values.cell(key, path)),
        };
        cell.map_or(OwnCell::Unknown, OwnCell::Cell)
    }

    /// The same as a fact, for sorting and exports.
    pub(in crate::app) fn own_fact(&self, row: Row, own: &OwnColumn) -> Fact<'_> {
        match self.own_cell(row, own) {
            OwnCell::Unknown => Fact::Unknown,
            OwnCell::Text(text) => Fact::Text(text.into()),
            OwnCell::Cell(cell) => Fact::of(cell),
            OwnCell::Value(value, _) if value.is_nan() => Fact::Unknown,
            OwnCell::Value(value, _) => Fact::Real(Real(value)),
        }
    }

    /// Kinds to be asked for paths beside what is always watched, with these paths: those of panes that are seen.
    pub(in crate::app) fn paths_wanted(&self) -> Vec<(Kind, Arc<[JsonPath]>)> {
        let mut wanted: HashMap<Kind, Vec<JsonPath>> = HashMap::new();
        for placed in self.layout().panes {
            let subject = self.pane(placed.pane).subject;
            for path in self.own_used(placed.pane).into_iter().filter_map(OwnColumn::path) {
                for kind in subject.kinds().iter().filter(|k| word_of(**k).is_some()) {
                    // Nodes and namespaces are kept without their labels.
                    let is_kept = path.label().is_some() && !matches!(kind, Kind::Node | Kind::Namespace);
                    let paths = wanted.entry(*kind).or_default();
                    if !is_kept && !paths.contains(path) {
                        paths.push(path.clone());
                    }
                }
            }
        }
        let mut wanted: Vec<_> =
            wanted.into_iter().filter(|(_, paths)| !paths.is_empty()).map(|(k, p)| (k, p.into())).collect();
        wanted.sort_by_key(|(kind, _)| *kind);
        wanted
    }

    /// The paths that the objects of the kind that is looked at are asked for.
    pub(in crate::app) fn object_paths(&self) -> Arc<[JsonPath]> {
        let mut paths: Vec<JsonPath> = Vec::new();
        for placed in self.layout().panes {
            if self.pane(placed.pane).subject != Subject::Objects {
                continue;
            }
            for path in self.own_used(placed.pane).into_iter().filter_map(OwnColumn::path) {
                if path.label().is_none() && !paths.contains(path) {
                    paths.push(path.clone());
                }
            }
        }
        paths.into()
    }

    /// What to say about one's own columns of a pane.
    pub(in crate::app) fn own_notes(&self, id: PaneId) -> Vec<Note> {
        let (own, subject) = (self.own_used(id), self.pane(id).subject);
        if own.is_empty() {
            return Vec::new();
        }
        let mut notes = self.values.notes(self, subject);
        notes.extend(self.metric_notes(subject, &own));
        notes
    }
}
