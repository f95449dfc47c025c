//! What is derived from what is known: scopes, lists, selections, what lies in a scope.

use std::{collections::HashMap, time::Duration};

use super::{EnvironmentSummary, State};
use crate::{
    app::{
        Listed,
        layout::PaneId,
        pane::{Item, Stamp},
        rows::{Row, Rows, Wish},
        subject::{SortBy, Subject},
    },
    model::{Key, Kind, Severity, Str},
    triage::{Focus, changes},
};

impl State {
    /// Brings all that is derived up to date: scopes, lists, selections. Cheap when nothing changed.
    pub fn settle(&mut self) {
        if self.timeline_stamp.is_none() {
            self.retell();
        }
        let world = self.neighbourhood();
        let (focus, base, root) = (self.focus.clone(), self.base.clone(), self.root());
        self.focus_scope.refresh(&self.store, &focus, world);
        self.base_scope.refresh(&self.store, &base, world);
        self.root_scope.refresh(&self.store, &root, world);
        let layout = self.layout();
        self.summarise();
        for pane in PaneId::ALL {
            if !self.desk.now.opens(pane) {
                // Nobody sees it; its rows would point to where others are by and by.
                self.panes[pane as usize].empty();
                continue;
            }
            self.rebuild(pane);
            let height = layout.area(pane).map_or(0, |a| self.body(pane, a.height).rows);
            self.panes[pane as usize].scroll(usize::from(height));
        }
    }

    /// Draws up the timeline anew when anything it tells of changed.
    pub(in crate::app) fn retell(&mut self) {
        let stamp = self.neighbourhood()
            + self.store.events.generation()
            + self.store.static_roles.generation()
            + self.store.secrets.generation()
            + self.store.silences.generation()
            + self.store.nodes.generation()
            + self.store.changes.generation();
        if self.timeline_stamp != Some(stamp) {
            self.timeline_stamp = Some(stamp);
            self.timeline = changes(&self.store, self.now.minus(Duration::from_secs(86_400)), self.now);
        }
    }

    /// Changes when what belongs together may have changed.
    fn neighbourhood(&self) -> u64 {
        let s = &self.store;
        s.applications.generation() + s.pods.generation() + s.workloads.generation() + s.alerts.generation()
    }

    /// Changes when what the engineer's own columns show may have.
    const fn own_version(&self) -> u64 {
        self.values.version() + self.metrics.version()
    }

    fn tables(&self, subject: Subject) -> u64 {
        let s = &self.store;
        match subject {
            Subject::Environments | Subject::Logs => 0,
            Subject::Applications => s.applications.generation() + self.own_version(),
            // Workloads tell which images are wanted.
            Subject::Matrix => s.applications.generation() + s.workloads.generation(),
            Subject::Pods => s.pods.generation() + self.own_version(),
            Subject::Workloads => s.workloads.generation() + self.own_version(),
            Subject::Nodes => s.nodes.generation() + self.own_version(),
            Subject::Namespaces => s.namespaces.generation() + self.own_version(),
            Subject::Events => s.events.generation(),
            Subject::Alerts => s.alerts.generation(),
            Subject::Silences => s.silences.generation(),
            Subject::Leases => {
                s.leases.generation()
                    + s.static_roles.generation()
                    + s.secrets.generation()
                    + s.certificates.generation()
            }
            Subject::Changes => self.timeline_stamp.unwrap_or(0),
            Subject::Objects => s.objects.generation() + self.browse.version(),
        }
    }

    fn rebuild(&mut self, id: PaneId) {
        self.understand(id);
        let pane = &self.panes[id as usize];
        // How bad they are depends on the time.
        let step = match pane.subject {
            Subject::Leases | Subject::Silences => 1,
            Subject::Pods => 60,
            _ => i64::MAX,
        };
        let stamp = Stamp {
            tables: self.tables(pane.subject),
            scope: self.scope_version(id),
            wish: pane.wishes,
            time: self.now.secs() / if pane.filter.is_timed() { step.min(5) } else { step },
        };
        if pane.stamp == Some(stamp) {
            return;
        }
        let wish = Wish {
            scope: self.scope(id),
            filter: &pane.filter,
            by: pane.sort,
            reversed: pane.reversed,
            column: pane.column,
            now: self.now,
            browse: &self.browse,
            own: (!pane.filter.own().is_empty()).then_some(self),
        };
        let mut rows = Rows::build(&self.store, &self.timeline, pane.subject, &wish, &pane.rows.shown);
        let sort = self.sort_found(id, &rows).unwrap_or(pane.sort);
        if let SortBy::Fact(column) = sort {
            self.sort_by_fact(id, &mut rows, usize::from(column), pane.reversed);
        }
        self.group(id, &mut rows);
        let pane = &mut self.panes[id as usize];
        if pane.sort != sort {
            (pane.sort, pane.sort_wanted) = (sort, None);
        }
        pane.rows = rows;
        pane.stamp = Some(stamp);
        self.remark(id);
        self.reselect(id);
    }

    /// Which scope a pane had and how often it was computed, in one number.
    fn scope_version(&self, id: PaneId) -> u64 {
        let which = self.scope_of(id);
        let all = [&self.root_scope, &self.base_scope, &self.focus_scope, &self.every_scope];
        let slot = all.iter().position(|s| std::ptr::eq(*s, which)).unwrap_or_default();
        which.version * 4 + slot as u64
    }

    /// Finds the selected thing again; when it is gone, what took its place is selected.
    fn reselect(&mut self, id: PaneId) {
        let pane = &self.panes[id as usize];
        let place = |wanted: Row| pane.rows.shown.iter().position(|r| *r == wanted);
        let found = pane.selected.as_ref().filter(|_| pane.touched).and_then(|item| match item {
            Item::Group(label) => place(pane.rows.heading(label)?),
            item => place(self.row_of(pane.subject, item)?),
        });
        // What is folded away is stood for by its heading.
        let heading = || {
            let item = pane.selected.as_ref().filter(|_| pane.touched)?;
            let group = self.group_of(id, self.row_of(pane.subject, item)?)?;
            place(Row::Group(u32::try_from(group).ok()?))
        };
        let cursor = match found.or_else(heading) {
            Some(at) => at,
            None if pane.touched => pane.cursor.min(pane.rows.shown.len().saturating_sub(1)),
            None => 0,
        };
        let selected = if found.is_some() { pane.selected.clone() } else { self.item_at(id, cursor) };
        let stays = found.is_some();
        let pane = &mut self.panes[id as usize];
        if stays && pane.offset > 0 {
            // Where the list was scrolled, what is selected stays on its line; at the top what comes first stays in
            // sight.
            pane.offset = (pane.offset + cursor).saturating_sub(pane.cursor);
        }
        pane.cursor = cursor;
        pane.selected = selected;
    }

    /// The thing at a position of a pane.
    pub fn item_at(&self, id: PaneId, at: usize) -> Option<Item> {
        let row = *self.pane(id).rows.shown.get(at)?;
        match row {
            Row::Environment(n) => {
                self.store.environments.get(n as usize).map(|e| Item::Environment(e.name.clone()))
            }
            Row::Group(n) => self.pane(id).rows.groups.get(n as usize).map(|g| Item::Group(g.label.clone())),
            row => row.key(&self.store, &self.timeline).map(|k| Item::Entity(k.clone())),
        }
    }

    pub(in crate::app) fn row_of(&self, subject: Subject, item: &Item) -> Option<Row> {
        let s = &self.store;
        let short = |n: Option<usize>| n.and_then(|n| u32::try_from(n).ok());
        let key = match item {
            Item::Environment(name) => {
                return short(s.environments.iter().position(|e| e.name == *name)).map(Row::Environment);
            }
            Item::Entity(key) => key,
            Item::Group(_) => return None,
        };
        match (subject, key.kind) {
            (Subject::Applications | Subject::Matrix, _) => {
                short(s.applications.position(key)).map(Row::Application)
            }
            (Subject::Pods, _) => short(s.pods.position(key)).map(Row::Pod),
            (Subject::Workloads, _) => short(s.workloads.position(key)).map(Row::Workload),
            (Subject::Nodes, _) => short(s.nodes.position(key)).map(Row::Node),
            (Subject::Namespaces, _) => short(s.namespaces.position(key)).map(Row::Namespace),
            (Subject::Events, _) => short(s.events.position(key)).map(Row::Event),
            (Subject::Alerts, _) => short(s.alerts.position(key)).map(Row::Alert),
            (Subject::Silences, _) => short(s.silences.position(key)).map(Row::Silence),
            (Subject::Leases, Kind::Lease) => short(s.leases.position(key)).map(Row::Lease),
            (Subject::Leases, Kind::StaticRole) => short(s.static_roles.position(key)).map(Row::StaticRole),
            (Subject::Leases, Kind::Secret) => short(s.secrets.position(key)).map(Row::Secret),
            (Subject::Leases, Kind::Certificate) => short(s.certificates.position(key)).map(Row::Certificate),
            (Subject::Objects, Kind::Object) => short(s.objects.position(key)).map(Row::Object),
            (Subject::Changes, _) => short(self.timeline.iter().position(|c| c.key == *key)).map(Row::Change),
            _ => None,
        }
    }

    fn summarise(&mut self) {
        let s = &self.store;
        let index: HashMap<&Str, usize> = s.environments.iter().zip(0..).map(|(e, n)| (&e.name, n)).collect();
        let of_source: Vec<Option<usize>> = s.systems.iter().map(|x| index.get(&x.env).copied()).collect();
        let mut out = vec![
            EnvironmentSummary { severity: Severity::Quiet, ..Default::default() };
            s.environments.len()
        ];
        let mut add = |key: &Key, severity: Severity| {
            let at = of_source.get(usize::from(key.source.0)).copied().flatten();
            let Some(sum) = at.and_then(|n| out.get_mut(n)) else { return };
            match severity {
                Severity::Critical => sum.critical += 1,
                Severity::Warning => sum.warning += 1,
                _ => {}
            }
            sum.severity = sum.severity.max(severity);
            match key.kind {
                Kind::Application => sum.applications += 1,
                Kind::Pod => sum.pods += 1,
                _ => {}
            }
        };
        for app in s.applications.iter() {
            add(&app.key, app.severity());
        }
        for pod in s.pods.iter() {
            add(&pod.key, pod.severity(self.now));
        }
        for alert in s.alerts.iter() {
            add(&alert.key, Listed::severity(alert, self.now));
        }
        self.summaries = out;
    }

    /// Whether a row belongs to the focus in a list that shows more than that.
    pub fn is_related(&self, id: PaneId, row: Row) -> bool {
        if id == self.active || !matches!(self.focus, Focus::Entity(_)) {
            return false;
        }
        match row {
            Row::Application(n) => {
                self.store.applications.at(n as usize).is_some_and(|a| self.focus_scope().application(a))
            }
            Row::Environment(n) => self
                .store
                .environments
                .get(n as usize)
                .is_some_and(|e| self.focus_scope().environment(&self.store, e)),
            _ => false,
        }
    }
}
