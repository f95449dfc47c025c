//! Why a filter lets nothing through: which of its terms shuts out how many.

use super::{
    Filter,
    term::{Term, Test, Told},
};

/// How many rows the first term of a filter lets through, how many the first two, and so on.
#[derive(Debug)]
pub struct Misses<'a> {
    filter: &'a Filter,
    /// Rows that were looked at.
    total: usize,
    /// By term, those that are as it and the ones before want; of the first alternative.
    passed: Vec<usize>,
}

impl<'a> Misses<'a> {
    /// Nothing was looked at yet.
    pub fn new(filter: &'a Filter) -> Self {
        let terms = filter.groups.first().map_or(0, Vec::len);
        Self { filter, total: 0, passed: vec![0; terms] }
    }

    /// Looks at a row.
    pub fn count(&mut self, row: &dyn Told) {
        self.total += 1;
        let terms = self.filter.groups.iter().take(1).flatten();
        for (passed, _) in self.passed.iter_mut().zip(terms.take_while(|term| term.fits(row))) {
            *passed += 1;
        }
    }

    /// What shuts out all the rows that were looked at, `of` these: none when there were none, or something passes.
    pub fn words(&self, of: &str) -> Option<String> {
        let total = self.total;
        if total == 0 {
            return None;
        }
        if self.filter.groups.len() > 1 {
            return Some(format!("none of {total} {of} is as {} wants", self.filter.text.trim()));
        }
        let terms = self.filter.groups.first()?;
        let at = self.passed.iter().position(|n| *n == 0)?;
        let term = &terms[at];
        let Some(before) = at.checked_sub(1) else { return Some(alone(term, total, of)) };
        let mut typed: Vec<&str> = terms[..at].iter().map(|t| t.typed.as_str()).collect();
        typed.dedup();
        let (typed, wanted) = (typed.join(" "), &term.typed);
        Some(match (self.passed[before], term.absent) {
            (1, true) => format!("1 of {total} {of} matches {typed}, but {wanted} leaves it out"),
            (n, true) => format!("{n} of {total} {of} match {typed}, but {wanted} leaves them all out"),
            (1, false) => format!("1 of {total} {of} matches {typed}, but not {wanted}"),
            (n, false) => format!("{n} of {total} {of} match {typed}, but none {} {wanted}", verb(term)),
        })
    }
}

/// What is said of the first term.
fn alone(term: &Term, total: usize, of: &str) -> String {
    if term.absent {
        format!("{} leaves none of {total} {of}", term.typed)
    } else {
        format!("none of {total} {of} {} {}", verb(term), term.typed)
    }
}

const fn verb(term: &Term) -> &'static str {
    if matches!(term.test, Test::Text(_) | Test::Spread(_)) { "matches" } else { "has" }
}
