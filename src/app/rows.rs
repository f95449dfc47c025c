//! Which rows a pane shows, in which order: positions in the store's tables, built anew only when something changed.

use std::{cmp::Ordering, collections::HashSet};

use super::{
    browse::Browse,
    filter::{Filter, Listing, Owned, Shown, Told},
    group::Group,
    listed::Listed,
    matrix,
    state::State,
    subject::{SortBy, Subject},
};
use crate::{
    model::{Change, Key, Severity, Time},
    store::{Store, Table},
    triage::Scope,
};

/// A row by its position in its table; good until the table changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Row {
    /// An environment.
    Environment(u32),
    /// An application.
    Application(u32),
    /// A pod.
    Pod(u32),
    /// A workload.
    Workload(u32),
    /// A node.
    Node(u32),
    /// A namespace.
    Namespace(u32),
    /// A Kubernetes event.
    Event(u32),
    /// An alert.
    Alert(u32),
    /// A silence.
    Silence(u32),
    /// A lease.
    Lease(u32),
    /// A static role.
    StaticRole(u32),
    /// A KV secret.
    Secret(u32),
    /// A certificate.
    Certificate(u32),
    /// A change of the timeline.
    Change(u32),
    /// An object of the kind that is looked at.
    Object(u32),
    /// The heading of a group.
    Group(u32),
}

/// How a list is narrowed and sorted.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// What belongs to it.
    pub scope: &'a Scope,
    /// What was typed.
    pub filter: &'a Filter,
    /// The order.
    pub by: SortBy,
    /// Whether the order is turned round.
    pub reversed: bool,
    /// The environment whose application stands for a row of the matrix, by its position.
    pub column: usize,
    /// The moment it is.
    pub now: Time,
    /// The kind that is looked at, for lists of its objects.
    pub browse: &'a Browse,
    /// What is known of the engineer's own columns, where the filter names one.
    pub own: Option<&'a State>,
}

impl Wish<'_> {
    fn wants(&self, row: Row, told: &dyn Told) -> bool {
        match self.own {
            Some(state) => self.filter.passes(&Owned { told, row, state }),
            None => self.filter.passes(told),
        }
    }
}

/// A list as built.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// What is shown, in order.
    pub shown: Vec<Row>,
    /// How many there were before the filter.
    pub total: usize,
    /// How many of those are critical.
    pub critical: usize,
    /// How many of those want a look.
    pub warning: usize,
    /// The matrix's rows, one for each that is shown.
    pub matrix: Vec<matrix::Line>,
    /// How many of them, before the filter, are not alike everywhere.
    pub differing: usize,
    /// Marked rows that are shown.
    pub marked: HashSet<Row>,
    /// How many marked rows are not shown.
    pub hidden: usize,
    /// The groups whose headings are shown.
    pub groups: Vec<Group>,
}

impl Rows {
    /// Builds the list of a subject; `before` is the list as it was, whose order makes sorting cheap.
    pub fn build(
        store: &Store,
        timeline: &[Change],
        subject: Subject,
        wish: &Wish<'_>,
        before: &[Row],
    ) -> Self {
        let mut rows = Self::default();
        match subject {
            Subject::Environments => {
                let all = 0..u32::try_from(store.environments.len()).unwrap_or(u32::MAX);
                rows.shown = all
                    .filter(|n| wish.filter.passes(&store.environments[*n as usize]))
                    .map(Row::Environment)
                    .collect();
                rows.total = store.environments.len();
            }
            Subject::Applications => rows.table(store, &store.applications, Row::Application, wish, before),
            Subject::Matrix => matrix::build(store, wish, &mut rows),
            Subject::Pods => rows.table(store, &store.pods, Row::Pod, wish, before),
            Subject::Workloads => rows.table(store, &store.workloads, Row::Workload, wish, before),
            Subject::Nodes => rows.table(store, &store.nodes, Row::Node, wish, before),
            Subject::Namespaces => rows.table(store, &store.namespaces, Row::Namespace, wish, before),
            Subject::Events => rows.table(store, &store.events, Row::Event, wish, before),
            Subject::Alerts => rows.table(store, &store.alerts, Row::Alert, wish, before),
            Subject::Silences => rows.table(store, &store.silences, Row::Silence, wish, before),
            Subject::Leases => rows.credentials(store, wish),
            Subject::Changes => {
                let positions = (0..timeline.len()).filter_map(|n| u32::try_from(n).ok());
                rows.collect(store, positions.map(|n| (n, &timeline[n as usize])), Row::Change, wish);
                let at = |row: &Row| match row {
                    Row::Change(n) => timeline.get(*n as usize),
                    _ => None,
                };
                // The timeline comes newest first.
                if wish.by != SortBy::Newest {
                    rows.shown.sort_by(|a, b| order_of(at(a), at(b), wish));
                }
            }
            Subject::Objects => rows.objects(store, wish),
            Subject::Logs => {}
        }
        if wish.reversed {
            rows.shown.reverse();
            rows.matrix.reverse();
        }
        rows
    }

    /// The rows that passed the filter, folded ones too; headings are none.
    pub fn listed(&self) -> impl Iterator<Item = Row> {
        let plain = if self.groups.is_empty() { self.shown.as_slice() } else { &[] };
        plain.iter().chain(self.groups.iter().flat_map(|g| &g.rows)).copied()
    }

    /// How many passed the filter.
    pub fn kept(&self) -> usize {
        if self.groups.is_empty() { self.shown.len() } else { self.groups.iter().map(|g| g.rows.len()).sum() }
    }

    /// The heading of the group whose rows have this in common.
    pub(super) fn heading(&self, label: &str) -> Option<Row> {
        let at = self.groups.iter().position(|g| *g.label == *label)?;
        u32::try_from(at).ok().map(Row::Group)
    }

    /// The first that passed the filter.
    pub fn first(&self) -> Option<Row> {
        self.listed().next()
    }

    fn table<T: Listed>(
        &mut self,
        store: &Store,
        table: &Table<T>,
        wrap: fn(u32) -> Row,
        wish: &Wish<'_>,
        before: &[Row],
    ) {
        let mut seen = vec![false; table.len()];
        let mut order: Vec<u32> = Vec::with_capacity(table.len());
        let last: Box<dyn Iterator<Item = &Row>> =
            if wish.reversed { Box::new(before.iter().rev()) } else { Box::new(before.iter()) };
        for row in last {
            let at = row.position();
            if let Some(slot @ false) = seen.get_mut(at as usize)
                && *row == wrap(at)
            {
                *slot = true;
                order.push(at);
            }
        }
        order.extend((0..).zip(&seen).filter(|(_, seen)| !**seen).map(|(at, _)| at));
        let rows = order.into_iter().filter_map(|at| Some((at, table.at(at as usize)?)));
        self.collect(store, rows, wrap, wish);
        let at = |row: &Row| table.at(row.position() as usize);
        self.shown.sort_by(|a, b| order_of(at(a), at(b), wish));
    }

    /// Adds rows that belong and pass the filter, and counts.
    fn collect<'a, T: Listed + 'a>(
        &mut self,
        store: &Store,
        rows: impl Iterator<Item = (u32, &'a T)>,
        wrap: fn(u32) -> Row,
        wish: &Wish<'_>,
    ) {
        for (at, row) in rows {
            if !row.within(wish.scope) {
                continue;
            }
            self.count(row.severity(wish.now));
            let env = store.system(row.key().source).map_or("", |s| &*s.env);
            if wish.wants(wrap(at), &Listing { row, env, now: wish.now }) {
                self.shown.push(wrap(at));
            }
        }
    }

    /// Objects, found by any of their cells and sorted by any of their columns.
    fn objects(&mut self, store: &Store, wish: &Wish<'_>) {
        let rows = (0..).zip(store.objects.iter()).filter(|(_, row)| row.within(wish.scope));
        for (at, row) in rows {
            self.count(row.severity);
            let env = store.system(row.key.source).map_or("", |s| &*s.env);
            let listing = Listing { row, env, now: wish.now };
            if wish.wants(Row::Object(at), &Shown { listing, browse: wish.browse }) {
                self.shown.push(Row::Object(at));
            }
        }
        let at = |row: &Row| store.objects.at(row.position() as usize);
        self.shown.sort_by(|a, b| match (wish.by, at(a), at(b)) {
            (SortBy::Column(column), Some(a), Some(b)) => {
                wish.browse.order(a, b, column.into()).then_with(|| a.key.cmp(&b.key))
            }
            (_, a, b) => order_of(a, b, wish),
        });
    }

    fn count(&mut self, severity: Severity) {
        self.total += 1;
        match severity {
            Severity::Critical => self.critical += 1,
            Severity::Warning => self.warning += 1,
            _ => {}
        }
    }

    /// Four tables in one list.
    fn credentials(&mut self, store: &Store, wish: &Wish<'_>) {
        fn all<T: Listed>(table: &Table<T>) -> impl Iterator<Item = (u32, &T)> {
            (0..).zip(table.iter())
        }
        self.collect(store, all(&store.leases), Row::Lease, wish);
        self.collect(store, all(&store.static_roles), Row::StaticRole, wish);
        self.collect(store, all(&store.certificates), Row::Certificate, wish);
        self.collect(store, all(&store.secrets), Row::Secret, wish);
        let now = wish.now;
        self.shown.sort_by_cached_key(|row| {
            let (severity, ends, key) = credential(store, *row, now)
                .map_or((Severity::Quiet, None, None), |(s, e, k)| (s, e, Some(k.clone())));
            let (worst, ends) = match wish.by {
                SortBy::Worst => (std::cmp::Reverse(severity), (ends.is_none(), ends)),
                SortBy::Ends => (std::cmp::Reverse(Severity::Quiet), (ends.is_none(), ends)),
                _ => (std::cmp::Reverse(Severity::Quiet), (false, None)),
            };
            (worst, ends, key.as_ref().map(|k| k.name.clone()), key)
        });
    }
}

fn credential(store: &Store, row: Row, now: Time) -> Option<(Severity, Option<Time>, &Key)> {
    fn of<T: Listed>(row: &T, now: Time) -> (Severity, Option<Time>, &Key) {
        (row.severity(now), row.ends(), row.key())
    }
    match row {
        Row::Lease(n) => store.leases.at(n as usize).map(|r| of(r, now)),
        Row::StaticRole(n) => store.static_roles.at(n as usize).map(|r| of(r, now)),
        Row::Certificate(n) => store.certificates.at(n as usize).map(|r| of(r, now)),
        Row::Secret(n) => store.secrets.at(n as usize).map(|r| of(r, now)),
        _ => None,
    }
}

fn order_of<T: Listed>(a: Option<&T>, b: Option<&T>, wish: &Wish<'_>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => a.order(b, wish.by, wish.now),
        _ => Ordering::Equal,
    }
}

impl Row {
    /// The position in its table.
    pub const fn position(self) -> u32 {
        match self {
            Self::Environment(n)
            | Self::Application(n)
            | Self::Pod(n)
            | Self::Workload(n)
            | Self::Node(n)
            | Self::Namespace(n)
            | Self::Event(n)
            | Self::Alert(n)
            | Self::Silence(n)
            | Self::Lease(n)
            | Self::StaticRole(n)
            | Self::Secret(n)
            | Self::Certificate(n)
            | Self::Change(n)
            | Self::Object(n)
            | Self::Group(n) => n,
        }
    }

    /// The key of the entity at this row; none for environments and rows that are gone.
    pub fn key<'a>(self, store: &'a Store, timeline: &'a [Change]) -> Option<&'a Key> {
        let at = self.position() as usize;
        match self {
            Self::Environment(_) | Self::Group(_) => None,
            Self::Application(_) => store.applications.at(at).map(|r| &r.key),
            Self::Pod(_) => store.pods.at(at).map(|r| &r.key),
            Self::Workload(_) => store.workloads.at(at).map(|r| &r.key),
            Self::Node(_) => store.nodes.at(at).map(|r| &r.key),
            Self::Namespace(_) => store.namespaces.at(at).map(|r| &r.key),
            Self::Event(_) => store.events.at(at).map(|r| &r.key),
            Self::Alert(_) => store.alerts.at(at).map(|r| &r.key),
            Self::Silence(_) => store.silences.at(at).map(|r| &r.key),
            Self::Lease(_) => store.leases.at(at).map(|r| &r.key),
            Self::StaticRole(_) => store.static_roles.at(at).map(|r| &r.key),
            Self::Secret(_) => store.secrets.at(at).map(|r| &r.key),
            Self::Certificate(_) => store.certificates.at(at).map(|r| &r.key),
            Self::Change(_) => timeline.get(at).map(|r| &r.key),
            Self::Object(_) => store.objects.at(at).map(|r| &r.key),
        }
    }
}
