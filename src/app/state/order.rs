//! Lists in the order and with the marks that were asked for, and the words for both.

use std::collections::{HashMap, HashSet};

use super::State;
use crate::app::{
    facts::Fact,
    layout::PaneId,
    pane::Item,
    rows::{Row, Rows},
    subject::{SortBy, Subject},
};

impl State {
    /// What a pane lists, by name.
    pub fn pane_title(&self, id: PaneId) -> String {
        match self.pane(id).subject {
            Subject::Objects => self.browse.title().into_owned(),
            subject => subject.title().to_owned(),
        }
    }

    /// The words for the order of a pane.
    pub fn sort_words(&self, id: PaneId) -> String {
        match self.pane(id).sort {
            SortBy::Column(n) => {
                let column = self.browse.columns.get(usize::from(n));
                format!("by {}", column.map_or("column", |c| &c.name))
            }
            SortBy::Fact(n) => {
                let told = self.pane(id).rows.first().map(|row| self.facts_in(id, row)).unwrap_or_default();
                format!("by {}", told.get(usize::from(n)).map_or("column", |(name, _)| name))
            }
            sort => sort.name().to_owned(),
        }
    }

    /// Sorts a list by what its rows tell at a place; equal ones stay as they were.
    pub(super) fn sort_by_fact(&self, id: PaneId, rows: &mut Rows, column: usize, reversed: bool) {
        let own = self.own_used(id);
        let told =
            |row| self.facts_with(&own, row).into_iter().nth(column).map_or(Fact::Unknown, |(_, fact)| fact);
        let mut all: Vec<(Fact<'_>, Row)> = rows.shown.iter().map(|row| (told(*row), *row)).collect();
        all.sort_by(|(a, _), (b, _)| if reversed { b.order(a) } else { a.order(b) });
        rows.shown = all.into_iter().map(|(_, row)| row).collect();
    }

    /// Finds the marked things again; what is gone is marked no longer.
    pub(super) fn remark(&mut self, id: PaneId) {
        let pane = &self.panes[id as usize];
        if pane.marks.is_empty() {
            return;
        }
        let there: HashMap<Row, Item> =
            pane.marks.iter().filter_map(|i| Some((self.row_of(pane.subject, i)?, i.clone()))).collect();
        let marked: HashSet<Row> =
            pane.rows.shown.iter().filter(|row| there.contains_key(row)).copied().collect();
        let hidden = there.len() - marked.len();
        let pane = &mut self.panes[id as usize];
        pane.marks = there.into_values().collect();
        (pane.rows.marked, pane.rows.hidden) = (marked, hidden);
    }
}
