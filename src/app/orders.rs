//! Choosing by what a list is sorted: the usual ways first, then everything that its rows tell.

use super::{
    command::Command,
    layout::PaneId,
    state::State,
    subject::{SortBy, Subject},
};

/// The orders that a list can have.
#[derive(Clone, Debug)]
pub struct Orders {
    /// Each with the words for it.
    pub all: Vec<(SortBy, String)>,
    /// The chosen one.
    pub cursor: usize,
}

impl Orders {
    /// The orders of a pane; the cursor stands on the one it has.
    pub(super) fn of(state: &State, id: PaneId) -> Self {
        let pane = state.pane(id);
        let usual = pane.subject.sorts().iter().map(|sort| (*sort, sort.name().to_owned()));
        // Environments stand in the order of the configuration, and a row of the matrix is many applications.
        let sortable = !pane.subject.sorts().is_empty() && pane.subject != Subject::Matrix;
        let told =
            pane.rows.first().filter(|_| sortable).map(|row| state.facts_in(id, row)).unwrap_or_default();
        let facts = (0..).zip(told).map(|(n, (name, _))| (SortBy::Fact(n), format!("by {name}")));
        let all: Vec<_> = usual.chain(facts).collect();
        let cursor = all.iter().position(|(sort, _)| *sort == pane.sort).unwrap_or(0);
        Self { all, cursor }
    }

    /// The chosen one.
    pub fn chosen(&self) -> Option<SortBy> {
        self.all.get(self.cursor).map(|(sort, _)| *sort)
    }

    /// Moves; `false` when the command does not.
    pub(super) fn run(&mut self, command: Command) -> bool {
        let to = command.step(self.cursor, self.all.len().saturating_sub(1));
        self.cursor = to.unwrap_or(self.cursor);
        to.is_some()
    }
}
