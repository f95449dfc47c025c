//! What a list is narrowed to. Terms with blanks between them must all hold, ` | ` parts alternatives.
//!
//! `word` (in lower case: whatever the case), `"some words"`, `a|b`, `%letters` in this order in the name, `/regex/` or
//! `~regex`, each in any text of the row; `column=value`, `column!=value`, `column:part`, `column~regex`,
//! `column>amount` in one column; values have commas between alternatives and `*` for any letters. `-l app=x,tier!=y`,
//! `label:app=x` and `app in (x,y)` ask for labels, for alerts their bare names do. `!` before any term is its opposite.

mod amount;
mod column;
mod fields;
mod miss;
mod offer;
mod own;
mod read;
mod split;
mod term;
#[cfg(test)]
mod tests;
mod visit;

pub use column::{Column, Columns, Field, Labels, Measure};
pub(in crate::app) use fields::{Across, Shown};
pub use fields::{Fields, Listing, names_application};
pub use miss::Misses;
pub use offer::{Offer, Offers};
pub(in crate::app) use own::Owned;
use term::Term;
pub use term::{Told, Value, contains, severity};

/// What can be typed, and what it finds.
pub const GRAMMAR: [(&str, &str); 9] = [
    ("crash prod", "both words; upper case matters"),
    ("!crash oom|exit", "not this; one of these"),
    ("env=prod,dev", "a column: = != : ~re, * any letters"),
    ("cpu>500m age<2h", "amounts: 3 500m 1Gi 80% 2h"),
    ("sev>=warning", "how bad; ready<all"),
    ("-l app=x,tier!=y", "labels; of alerts pod=x too"),
    ("/re/ ~re %apt", "regex; letters of the name"),
    ("a b | c", "a and b, or c"),
    ("tab, up", "what there is; what was typed"),
];

/// A filter as typed.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    text: String,
    /// Alternatives of terms that all must hold.
    groups: Vec<Vec<Term>>,
    /// The engineer's own columns that it names.
    own: Vec<u16>,
    problem: Option<String>,
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.problem == other.problem
    }
}

impl Filter {
    /// Reads what was typed about a list with these columns. A term that cannot be understood is left out.
    pub fn new(text: &str, columns: &Columns) -> Self {
        let (groups, wrong) = read::read(text, columns);
        let own = read::own(text, columns);
        Self { text: text.to_owned(), groups, own, problem: wrong.map(|(_, what)| what) }
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What is wrong with what was typed.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Whether anything was typed, understood or not.
    pub fn is_set(&self) -> bool {
        !self.text.trim().is_empty()
    }

    /// Whether everything passes.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The engineer's own columns that it names, by their places in the book.
    pub fn own(&self) -> &[u16] {
        &self.own
    }

    /// Whether time alone changes what passes.
    pub fn is_timed(&self) -> bool {
        self.groups.iter().flatten().any(|term| term.test.is_timed())
    }

    /// Whether a row passes.
    pub fn passes(&self, row: &dyn Told) -> bool {
        self.groups.is_empty() || self.groups.iter().any(|group| group.iter().all(|term| term.fits(row)))
    }
}
