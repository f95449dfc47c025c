//! The log lines on screen: merged by time, bounded, with how they are shown.

use std::collections::VecDeque;

use super::{command::Command, event::Ticket, filter::Filter, message::level};
use crate::model::{Fault, Level, LogLine, LogTarget, Str};

/// At most so many lines are held.
const KEPT: usize = 20_000;

/// A line with its level.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The line.
    pub line: LogLine,
    /// How loud it is.
    pub level: Level,
}

/// The logs that are open.
#[derive(Clone, Debug, Default)]
pub struct LogBook {
    /// Which opening its lines belong to.
    pub ticket: Ticket,
    /// Of what: `appointments · 2 pods`.
    pub title: String,
    /// What is read.
    pub targets: Vec<LogTarget>,
    /// Streams that ended with a failure.
    pub faults: Vec<(Str, Fault)>,
    /// Whether the newest line is kept in sight.
    pub follow: bool,
    /// Whether long lines are wrapped.
    pub wrap: bool,
    /// Whether times are shown.
    pub timestamps: bool,
    /// Whether only warnings and worse are shown.
    pub errors_only: bool,
    /// Columns scrolled to the right.
    pub shift: u16,
    /// Lines that no longer fitted.
    pub dropped: u64,
    /// Whether lines that a Loki kept are read too.
    pub archived: bool,
    entries: VecDeque<Entry>,
    filter: Filter,
    /// Whether only lines that match are shown.
    narrowed: bool,
    /// The line last jumped to, counted among those shown from the newest.
    found: Option<usize>,
    /// How many shown lines lie below the last one on screen.
    below: usize,
}

impl LogBook {
    /// An empty book that follows.
    pub fn following() -> Self {
        Self { follow: true, timestamps: true, archived: true, ..Self::default() }
    }

    /// Begins anew with other targets; how lines are shown stays.
    pub fn open(&mut self, ticket: Ticket, title: String, targets: Vec<LogTarget>) {
        *self = Self {
            ticket,
            title,
            targets,
            follow: true,
            wrap: self.wrap,
            timestamps: self.timestamps,
            errors_only: self.errors_only,
            archived: self.archived,
            narrowed: self.narrowed,
            filter: std::mem::take(&mut self.filter),
            ..Self::default()
        };
    }

    /// Takes lines in, each at its time.
    pub fn push(&mut self, lines: Vec<LogLine>) {
        for line in lines {
            let entry = Entry { level: level(&line.text), line };
            let shown = self.is_shown(&entry);
            let late = self.entries.iter().rev().take_while(|e| e.line.at > entry.line.at).count();
            let at = self.entries.len() - late;
            // What Loki kept comes from the pod too.
            let same_time = self.entries.range(..at).rev().take_while(|e| e.line.at == entry.line.at);
            let same = |e: &Entry| e.line.text == entry.line.text && e.line.origin == entry.line.origin;
            if self.is_merged() && same_time.into_iter().any(same) {
                continue;
            }
            self.entries.insert(at, entry);
            if !self.follow && shown {
                self.below += 1;
                self.found = self.found.map(|n| n + 1);
            }
        }
        while self.entries.len() > KEPT {
            self.entries.pop_front();
            self.dropped += 1;
        }
    }

    /// Whether lines come from pods and from a Loki that may have the same ones.
    fn is_merged(&self) -> bool {
        let queries = self.queries();
        queries > 0 && queries < self.targets.len()
    }

    /// How many of the targets are queries to a Loki.
    pub fn queries(&self) -> usize {
        self.targets.iter().filter(|t| matches!(t, LogTarget::Query { .. })).count()
    }

    /// Whether a line passes the level, and what is searched when only that is shown.
    pub fn is_shown(&self, entry: &Entry) -> bool {
        (!self.errors_only || entry.level >= Level::Warn)
            && (!self.narrowed || self.filter.is_empty() || self.matches(entry))
    }

    fn matches(&self, entry: &Entry) -> bool {
        self.filter.passes(&[&entry.line.text, &entry.line.origin, &entry.line.container])
    }

    /// Whether a line is what is searched, and stands out among the others.
    pub fn is_match(&self, entry: &Entry) -> bool {
        !self.filter.is_empty() && !self.narrowed && self.matches(entry)
    }

    /// Whether only lines that match are shown.
    pub fn is_narrowed(&self) -> bool {
        self.narrowed && !self.filter.is_empty()
    }

    /// The place of the line last jumped to, counted from the bottom of the screen.
    pub fn found(&self) -> Option<usize> {
        self.found?.checked_sub(self.below)
    }

    /// The lines that end at the bottom of the screen, newest first.
    pub fn upwards(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().rev().filter(|e| self.is_shown(e)).skip(self.below)
    }

    /// How many lines are held.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none are.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many shown lines lie below the screen.
    pub fn below(&self) -> usize {
        self.below
    }

    /// What is searched.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Searches; the lines around what is found stay.
    pub fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
        self.found = None;
        if self.narrowed {
            self.below = 0;
        }
    }

    /// Runs a command on it with `height` lines to see; `false` when it knows no such command.
    pub fn run(&mut self, command: Command, height: usize) -> bool {
        let shown = || self.entries.iter().filter(|e| self.is_shown(e)).count();
        let to = match command {
            Command::Up => self.below + 1,
            Command::Down => self.below.saturating_sub(1),
            Command::HalfPageUp => self.below + height / 2,
            Command::HalfPageDown => self.below.saturating_sub(height / 2),
            Command::PageUp => self.below + height,
            Command::PageDown => self.below.saturating_sub(height),
            Command::Top => usize::MAX,
            Command::Bottom => 0,
            Command::PreviousError => return self.jump(true, height, |_, e| e.level >= Level::Error),
            Command::NextError => return self.jump(false, height, |_, e| e.level >= Level::Error),
            Command::PreviousMatch => return self.jump(true, height, Self::matches),
            Command::NextMatch => return self.jump(false, height, Self::matches),
            Command::OnlyMatches => {
                self.narrowed = !self.narrowed;
                (self.below, self.found) = (0, None);
                return true;
            }
            Command::Follow => {
                self.follow = !self.follow;
                (self.below, self.found) = (0, None);
                return true;
            }
            Command::Wrap => {
                self.wrap = !self.wrap;
                return true;
            }
            Command::Timestamps => {
                self.timestamps = !self.timestamps;
                return true;
            }
            Command::ErrorsOnly => {
                self.errors_only = !self.errors_only;
                (self.below, self.found) = (0, None);
                return true;
            }
            Command::Left => {
                self.shift = self.shift.saturating_sub(8);
                return true;
            }
            Command::Right => {
                self.shift = self.shift.saturating_add(8).min(4000);
                return true;
            }
            _ => return false,
        };
        let most = shown().saturating_sub(height.max(1));
        self.below = to.min(most);
        self.follow = self.below == 0;
        self.found = None;
        true
    }

    /// Goes to the nearest line of a sort above or below the one last found, or the bottom of the screen; `false` when
    /// there is none.
    fn jump(&mut self, up: bool, height: usize, wanted: impl Fn(&Self, &Entry) -> bool) -> bool {
        let shown: Vec<bool> =
            self.entries.iter().rev().filter(|e| self.is_shown(e)).map(|e| wanted(self, e)).collect();
        let found = match self.found {
            Some(at) if up => (at + 1..shown.len()).find(|n| shown[*n]),
            None if up => (self.below..shown.len()).find(|n| shown[*n]),
            from => (0..from.unwrap_or(self.below).min(shown.len())).rev().find(|n| shown[*n]),
        };
        let Some(at) = found else { return false };
        self.found = Some(at);
        self.follow = false;
        // Some lines that came after stay in sight below it.
        if at < self.below || at >= self.below + height.max(1) {
            self.below = at.saturating_sub(height / 3);
        }
        true
    }
}
