//! What was chosen: which columns each list shows, in which order; and the engineer's own columns.

use std::{collections::BTreeMap, path::PathBuf};

use super::{OwnColumn, file};
use crate::{config::Problem, keymap::Source};

/// The columns that were chosen, by list, and the engineer's own.
#[derive(Clone, Debug, Default)]
pub struct Book {
    pub(super) chosen: BTreeMap<String, Vec<String>>,
    pub(super) own: Vec<OwnColumn>,
    /// Where they are kept.
    pub file: Option<PathBuf>,
}

impl Book {
    /// What a file says, as far as it is right, and what is wrong with it.
    pub fn load(source: Option<&Source>, file: Option<PathBuf>) -> (Self, Vec<Problem>) {
        let (book, problems) = source.map(file::read).unwrap_or_default();
        (Self { file, ..book }, problems)
    }

    /// The columns chosen for a list.
    pub fn chosen(&self, list: &str) -> Option<&[String]> {
        self.chosen.get(list).map(Vec::as_slice)
    }

    /// The engineer's own columns that a list can show, with their place in the book.
    pub fn own(&self, list: &str) -> impl Iterator<Item = (u16, &OwnColumn)> {
        (0..).zip(&self.own).filter(move |(_, own)| own.is_of(list))
    }

    /// The engineer's own column at a place.
    pub fn own_at(&self, at: u16) -> Option<&OwnColumn> {
        self.own.get(usize::from(at))
    }

    /// Whether there are columns of one's own.
    pub fn has_own(&self) -> bool {
        !self.own.is_empty()
    }

    /// Chooses the columns of a list; none for the usual ones.
    pub fn choose(&mut self, list: &str, columns: Option<Vec<String>>) {
        match columns {
            Some(columns) => _ = self.chosen.insert(list.to_owned(), columns),
            None => _ = self.chosen.remove(list),
        }
    }
}
