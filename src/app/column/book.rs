//! What was chosen: which columns each list shows, in which order.

use std::{collections::BTreeMap, path::PathBuf};

use super::file;
use crate::{config::Problem, keymap::Source};

/// The columns that were chosen, by list.
#[derive(Clone, Debug, Default)]
pub struct Book {
    pub(super) chosen: BTreeMap<String, Vec<String>>,
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

    /// Chooses the columns of a list; none for the usual ones.
    pub fn choose(&mut self, list: &str, columns: Option<Vec<String>>) {
        match columns {
            Some(columns) => _ = self.chosen.insert(list.to_owned(), columns),
            None => _ = self.chosen.remove(list),
        }
    }
}
