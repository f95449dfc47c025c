//! A pane: what it lists, what is selected, how it is narrowed and sorted.

use std::collections::HashSet;

use super::{
    filter::Filter,
    group::GroupBy,
    rows::Rows,
    subject::{SortBy, Subject},
};
use crate::{
    model::{Key, Str},
    triage::Focus,
};

/// A thing that can be selected.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Item {
    /// An environment, by name.
    Environment(Str),
    /// An entity.
    Entity(Key),
    /// The heading of a group, by what its rows have in common.
    Group(Str),
}

impl Item {
    /// The focus on it; none on the heading of a group.
    pub fn focus(&self) -> Option<Focus> {
        match self {
            Self::Environment(name) => Some(Focus::Environment(name.clone())),
            Self::Entity(key) => Some(Focus::Entity(key.clone())),
            Self::Group(_) => None,
        }
    }

    /// The entity, if it is one.
    pub fn key(&self) -> Option<&Key> {
        match self {
            Self::Environment(_) | Self::Group(_) => None,
            Self::Entity(key) => Some(key),
        }
    }
}

/// What the list was built from; when it is the same, the list is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    pub tables: u64,
    pub scope: u64,
    pub wish: u64,
    /// The time in steps that matter to it.
    pub time: i64,
}

/// A pane.
#[derive(Clone, Debug)]
pub struct Pane {
    /// What it lists.
    pub subject: Subject,
    /// The list.
    pub rows: Rows,
    /// What is selected: the thing, wherever its row goes.
    pub selected: Option<Item>,
    /// The position of what is selected.
    pub cursor: usize,
    /// The first row on screen.
    pub offset: usize,
    /// What was typed to narrow it.
    pub filter: Filter,
    /// The order.
    pub sort: SortBy,
    /// Whether the order is turned round.
    pub reversed: bool,
    /// The chosen column of the matrix: an environment by its position.
    pub column: usize,
    /// What is marked, by identity.
    pub marks: HashSet<Item>,
    /// Whether columns are shown that only the wide form has.
    pub wide: bool,
    /// Its columns, where it has others than other panes of its list.
    pub columns: Option<Vec<String>>,
    /// By what it is grouped.
    pub group: Option<GroupBy>,
    /// Groups of which only the heading is shown, by what their rows have in common.
    pub folded: HashSet<Str>,
    /// The column that it is to be sorted by, until rows tell which that is.
    pub(super) sort_wanted: Option<String>,
    /// Whether the selection was ever moved; before that it stays at the top while rows arrive.
    pub(super) touched: bool,
    /// Counts changes of filter, order and subject.
    pub(super) wishes: u64,
    pub(super) stamp: Option<Stamp>,
}

impl Pane {
    /// A pane that lists a subject.
    pub fn new(subject: Subject) -> Self {
        Self {
            subject,
            rows: Rows::default(),
            selected: None,
            cursor: 0,
            offset: 0,
            filter: Filter::default(),
            sort: subject.sorts().first().copied().unwrap_or(SortBy::Name),
            reversed: false,
            column: 0,
            marks: HashSet::new(),
            wide: false,
            columns: None,
            group: None,
            folded: HashSet::new(),
            sort_wanted: None,
            touched: false,
            wishes: 0,
            stamp: None,
        }
    }

    /// Narrows it.
    pub fn set_filter(&mut self, filter: Filter) {
        if filter != self.filter {
            self.filter = filter;
            self.wishes += 1;
        }
    }

    /// Sorts by the next column that the subject has; `columns` are those of the kind that is looked at.
    pub(super) fn sort_next(&mut self, columns: usize) {
        let own = (0..u16::try_from(columns).unwrap_or(u16::MAX)).map(SortBy::Column);
        let sorts: Vec<SortBy> = self.subject.sorts().iter().copied().chain(own).collect();
        let at = sorts.iter().position(|s| *s == self.sort).map_or(0, |n| n + 1);
        if let Some(next) = sorts.get(at).or_else(|| sorts.first()) {
            self.sort = *next;
            (self.reversed, self.sort_wanted) = (false, None);
            self.wishes += 1;
        }
    }

    /// Sorts by this, the usual way round.
    pub(super) fn sort_by(&mut self, sort: SortBy) {
        self.sort = sort;
        (self.reversed, self.sort_wanted) = (false, None);
        self.wishes += 1;
    }

    /// Turns the order round.
    pub fn sort_reverse(&mut self) {
        self.reversed = !self.reversed;
        self.wishes += 1;
    }

    /// Lets go of its rows, to be built anew when it is seen again.
    pub(super) fn empty(&mut self) {
        (self.rows, self.selected, self.stamp) = (Rows::default(), None, None);
        (self.cursor, self.offset, self.touched) = (0, 0, false);
    }

    /// Keeps the cursor in the list and on screen, with `height` rows to see.
    pub(super) fn scroll(&mut self, height: usize) {
        let last = self.rows.shown.len().saturating_sub(1);
        self.cursor = self.cursor.min(last);
        if height == 0 {
            self.offset = self.cursor;
            return;
        }
        self.offset = self.offset.clamp((self.cursor + 1).saturating_sub(height), self.cursor);
        self.offset = self.offset.min(self.rows.shown.len().saturating_sub(height));
    }
}
