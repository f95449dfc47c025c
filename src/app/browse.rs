//! The kind of object that is looked at beyond those that are always watched: its columns, and what feeds them.

use std::{borrow::Cow, cmp::Ordering, collections::HashMap, sync::Arc};

use unicode_width::UnicodeWidthStr;

use super::{column::own_cell, event::Ticket, format, layout::PaneId, state::State, subject::Subject};
use crate::{
    model::{ApiResource, Cell, JsonPath, Object, Record, Source, Str, TableHead, Time, standing},
    store::{Batch, Delta},
};

/// The widest that a column gets.
const WIDEST: u16 = 40;
/// Columns of an age.
const AGE: u16 = 4;

/// A column of the kind that is looked at, in whichever environments have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowseColumn {
    /// Its name as servers write it.
    pub name: Str,
    /// Whether only the wide form shows it.
    pub wide: bool,
    /// Whether it is written to the right.
    pub number: bool,
    /// Columns of the screen that its cells took at most; it grows and never shrinks.
    pub width: u16,
}

/// The kind of object that is looked at.
#[derive(Clone, Debug, Default)]
pub struct Browse {
    /// What names it, as typed or chosen.
    pub word: String,
    /// What it turned out to be.
    pub resource: Option<ApiResource>,
    /// The columns of all environments, each name once.
    pub columns: Vec<BrowseColumn>,
    /// Columns of the screen that names and namespaces took at most.
    pub names: (u16, u16),
    /// For each source, where the cell of each of the columns is.
    places: HashMap<Source, Vec<Option<usize>>>,
    heads: HashMap<Source, Arc<TableHead>>,
    /// What feeds it, while it is fed.
    ticket: Option<Ticket>,
    /// What its objects are asked for besides.
    paths: Arc<[JsonPath]>,
    version: u64,
}

impl Browse {
    /// Looks at what `word` names; nothing is known of it yet.
    pub(super) fn open(&mut self, word: &str) {
        *self = Self { word: word.to_owned(), version: self.version + 1, ..Self::default() };
    }

    /// What the pane is called.
    pub fn title(&self) -> Cow<'_, str> {
        match &self.resource {
            Some(resource) => Cow::Owned(resource.id()),
            None if self.word.is_empty() => Cow::Borrowed("Objects"),
            None => format::line(&self.word),
        }
    }

    /// Whether its objects live in namespaces, as far as is known.
    pub fn is_namespaced(&self) -> bool {
        self.resource.as_ref().is_none_or(|r| r.namespaced)
    }

    /// A number that changes whenever what rows are sorted by may have.
    pub(super) const fn version(&self) -> u64 {
        self.version
    }

    /// Whether this feeds it.
    pub(super) fn is_fed_by(&self, ticket: Ticket) -> bool {
        self.ticket == Some(ticket)
    }

    /// Takes in what columns and widths a batch tells of.
    pub(super) fn learn(&mut self, batch: &Batch) {
        for delta in &batch.deltas {
            match delta {
                Delta::Head(head) => self.head(batch.source, head),
                Delta::Upsert(Record::Object(object)) => self.widen(object),
                _ => {}
            }
        }
    }

    fn head(&mut self, source: Source, head: &Arc<TableHead>) {
        if self.heads.insert(source, Arc::clone(head)).as_ref() == Some(head) {
            return;
        }
        self.version += 1;
        self.resource.get_or_insert_with(|| head.resource.clone());
        for column in &head.columns {
            if !self.columns.iter().any(|c| c.name == column.name) {
                let width = u16::try_from(column.name.width()).unwrap_or(WIDEST);
                self.columns.push(BrowseColumn {
                    name: column.name.clone(),
                    wide: column.wide,
                    number: column.number,
                    width: width.min(WIDEST),
                });
            }
        }
        for (source, head) in &self.heads {
            let place = |c: &BrowseColumn| head.columns.iter().position(|own| own.name == c.name);
            self.places.insert(*source, self.columns.iter().map(place).collect());
        }
    }

    fn widen(&mut self, object: &Object) {
        let width = |text: &str| u16::try_from(text.width()).unwrap_or(WIDEST).min(WIDEST);
        let (name, namespace) = self.names;
        self.names = (name.max(width(object.key.title())), namespace.max(width(&object.key.namespace)));
        let Some(places) = self.places.get(&object.key.source) else { return };
        for (column, place) in self.columns.iter_mut().zip(places) {
            let Some(cell) = place.and_then(|at| object.cells.get(at)) else { continue };
            let width = match cell {
                Cell::Text(text) => width(text),
                Cell::Number(number) => width(&number.to_string()),
                Cell::At(_) => AGE,
            };
            let sign = if standing(&column.name, cell).is_some() { 2 } else { 0 };
            column.width = column.width.max(width.saturating_add(sign).min(WIDEST));
        }
    }

    /// What stands in a column of an object.
    pub fn cell<'a>(&self, object: &'a Object, column: usize) -> Option<&'a Cell> {
        let at = (*self.places.get(&object.key.source)?.get(column)?)?;
        object.cells.get(at)
    }

    /// What a path leads to in an object, when that was asked for.
    pub(super) fn own_cell<'a>(&self, object: &'a Object, path: &JsonPath) -> Option<&'a Cell> {
        own_cell(object, self.heads.get(&object.key.source)?, path)
    }

    /// How two objects sort by a column: numbers by size, what ended last first, counts in text by their number.
    pub(super) fn order(&self, a: &Object, b: &Object, column: usize) -> Ordering {
        match (self.cell(a, column), self.cell(b, column)) {
            (Some(Cell::Text(a)), Some(Cell::Text(b))) => natural(a, b),
            (Some(Cell::At(a)), Some(Cell::At(b))) => b.cmp(a),
            (Some(a), Some(b)) => a.cmp(b),
            // What has no such column comes last.
            (a, b) => a.is_none().cmp(&b.is_none()),
        }
    }
}

/// Orders texts that begin with a number by it, and what says nothing last.
pub fn natural(a: &str, b: &str) -> Ordering {
    let number = |text: &str| -> Option<u64> {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text[..end].parse().ok()
    };
    let empty = |text: &str| text.is_empty() || text == "<none>";
    empty(a).cmp(&empty(b)).then_with(|| match (number(a), number(b)) {
        (Some(x), Some(y)) => x.cmp(&y).then_with(|| a.cmp(b)),
        _ => a.cmp(b),
    })
}

/// The words of a cell.
pub fn words(cell: &Cell, now: Time) -> Cow<'_, str> {
    match cell {
        Cell::Text(text) => format::line(text),
        Cell::Number(number) => number.to_string().into(),
        Cell::At(at) => format::age(now.since(*at)).into(),
    }
}

/// The kinds that the clusters have, as asked when the palette was opened.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    asked: HashMap<Source, Ticket>,
    told: HashMap<Source, Arc<[ApiResource]>>,
}

impl Catalog {
    /// Whether a source was asked.
    pub(super) fn is_asked(&self, source: Source) -> bool {
        self.asked.contains_key(&source)
    }

    /// Remembers that a source is asked.
    pub(super) fn ask(&mut self, source: Source, ticket: Ticket) {
        self.asked.insert(source, ticket);
    }

    /// Takes an answer; a source that did not answer is asked again the next time. `false` when it is to another
    /// question.
    pub(super) fn answer(&mut self, ticket: Ticket, told: Option<Arc<[ApiResource]>>) -> bool {
        let Some(source) = self.asked.iter().find(|(_, t)| **t == ticket).map(|(s, _)| *s) else {
            return false;
        };
        match told {
            Some(told) => _ = self.told.insert(source, told),
            None => _ = self.asked.remove(&source),
        }
        true
    }

    /// The kinds of all environments, each once, those of the first environment first.
    pub fn all(&self) -> Vec<ApiResource> {
        let mut sources: Vec<_> = self.told.keys().copied().collect();
        sources.sort_unstable();
        let mut all: Vec<ApiResource> = Vec::new();
        let mut known = std::collections::HashSet::new();
        for resource in sources.iter().flat_map(|s| self.told[s].iter()) {
            if known.insert(resource.id()) {
                all.push(resource.clone());
            }
        }
        all
    }
}

impl State {
    /// What has to be opened and closed so that all that is looked at is fed, and nothing else: the pane of objects, and
    /// what the engineer's own columns show beside the lists that are always watched.
    pub(super) fn feed(&mut self) -> Vec<Feed> {
        let lists = |pane: PaneId| self.pane(pane).subject == Subject::Objects;
        let looked_at = PaneId::ALL.into_iter().any(lists)
            && !self.browse.word.is_empty()
            && self.layout().panes.iter().any(|placed| lists(placed.pane));
        let mut feeds = Vec::new();
        let paths = if looked_at { self.object_paths() } else { Arc::default() };
        if let Some(before) = self.browse.ticket
            && (!looked_at || self.browse.paths != paths)
        {
            self.browse.ticket = None;
            feeds.push(Feed::Close(before));
        }
        if looked_at && self.browse.ticket.is_none() {
            let ticket = self.ticket();
            (self.browse.ticket, self.browse.paths) = (Some(ticket), Arc::clone(&paths));
            feeds.push(Feed::Open(ticket, self.browse.word.as_str().into(), paths));
        }
        if !self.book.has_own() {
            return feeds;
        }
        let wanted = self.paths_wanted();
        let mut values = std::mem::take(&mut self.values);
        let (fresh, gone) = values.want(&wanted, || self.ticket());
        self.values = values;
        feeds.extend(gone.into_iter().map(Feed::Close));
        feeds.extend(fresh.into_iter().map(|(ticket, word, paths)| Feed::Open(ticket, word.into(), paths)));
        feeds
    }
}

/// What has to be done about what feeds lists.
pub(super) enum Feed {
    Open(Ticket, Str, Arc<[JsonPath]>),
    Close(Ticket),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_sort_by_the_number_they_begin_with() {
        let mut all = ["10/10", "", "9/10", "<none>", "b", "a"];
        all.sort_by(|a, b| natural(a, b));
        assert_eq!(all, ["9/10", "10/10", "a", "b", "", "<none>"]);
    }
}
