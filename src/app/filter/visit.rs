//! The rows of a pane as a filter sees them: for what else is to be known of them while one types.

use super::{
    Columns, Filter, Listing, Misses,
    fields::{Across, Shown},
    own::Owned,
    term::Told,
};
use crate::{
    app::{
        column::list_of, layout::PaneId, listed::Listed, matrix, rows::Row, state::State, subject::Subject,
    },
    store::Table,
};

impl State {
    /// The columns by which a pane can be narrowed.
    pub fn filter_columns(&self, id: PaneId) -> Columns {
        let subject = self.pane(id).subject;
        Columns::of(subject, &self.browse).with_own(&list_of(subject, &self.browse), &self.book)
    }

    /// Narrows a pane to what was typed.
    pub(in crate::app) fn narrow(&mut self, id: PaneId, text: &str) {
        let filter = Filter::new(text, &self.filter_columns(id));
        self.pane_mut(id).set_filter(filter);
    }

    /// Reads a pane's filter anew when it could not be understood: its columns may be known by now.
    pub(in crate::app) fn understand(&mut self, id: PaneId) {
        let pane = self.pane(id);
        if pane.subject == Subject::Objects && pane.filter.problem().is_some() {
            let text = pane.filter.text().to_owned();
            self.narrow(id, &text);
        }
    }

    /// Looks at all rows that a pane would show without its filter.
    pub(in crate::app) fn visit(&self, id: PaneId, look: &mut dyn FnMut(&dyn Told)) {
        let s = &self.store;
        match self.pane(id).subject {
            Subject::Environments => s.environments.iter().for_each(|e| look(e)),
            Subject::Applications => self.table(id, &s.applications, Row::Application, look),
            Subject::Matrix => {
                for line in &matrix::lines(s, self.now) {
                    look(&Across { line, store: s });
                }
            }
            Subject::Pods => self.table(id, &s.pods, Row::Pod, look),
            Subject::Workloads => self.table(id, &s.workloads, Row::Workload, look),
            Subject::Nodes => self.table(id, &s.nodes, Row::Node, look),
            Subject::Namespaces => self.table(id, &s.namespaces, Row::Namespace, look),
            Subject::Events => self.table(id, &s.events, Row::Event, look),
            Subject::Alerts => self.table(id, &s.alerts, Row::Alert, look),
            Subject::Silences => self.table(id, &s.silences, Row::Silence, look),
            Subject::Leases => {
                self.table(id, &s.leases, Row::Lease, look);
                self.table(id, &s.static_roles, Row::StaticRole, look);
                self.table(id, &s.certificates, Row::Certificate, look);
                self.table(id, &s.secrets, Row::Secret, look);
            }
            Subject::Changes => self.rows(id, self.timeline.iter(), Row::Change, look),
            Subject::Objects => {
                for (at, row) in (0..).zip(s.objects.iter()).filter(|(_, row)| row.within(self.scope(id))) {
                    let listing = Listing { row, env: self.env_of(row), now: self.now };
                    let told = &Shown { listing, browse: &self.browse };
                    look(&Owned { told, row: Row::Object(at), state: self });
                }
            }
            Subject::Logs => {}
        }
    }

    fn env_of<T: Listed>(&self, row: &T) -> &str {
        self.store.system(row.key().source).map_or("", |s| &*s.env)
    }

    fn table<T: Listed>(
        &self,
        id: PaneId,
        table: &Table<T>,
        wrap: fn(u32) -> Row,
        look: &mut dyn FnMut(&dyn Told),
    ) {
        self.rows(id, table.iter(), wrap, look);
    }

    fn rows<'a, T: Listed + 'a>(
        &self,
        id: PaneId,
        rows: impl Iterator<Item = &'a T>,
        wrap: fn(u32) -> Row,
        look: &mut dyn FnMut(&dyn Told),
    ) {
        for (at, row) in (0..).zip(rows).filter(|(_, row)| row.within(self.scope(id))) {
            let told = &Listing { row, env: self.env_of(row), now: self.now };
            look(&Owned { told, row: wrap(at), state: self });
        }
    }

    /// Why a filter shows nothing: which of its terms shuts out how many.
    pub fn unmatched(&self, id: PaneId) -> Option<String> {
        let pane = self.pane(id);
        if !pane.rows.shown.is_empty() || pane.rows.total == 0 || pane.filter.is_empty() {
            return None;
        }
        let mut misses = Misses::new(&pane.filter);
        self.visit(id, &mut |row| misses.count(row));
        misses.words(&self.filter_columns(id).of)
    }
}
