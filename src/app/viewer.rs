//! Texts, diffs and trees that fill the screen: what they hold, what of it is folded, where the pointer is, what is
//! searched.

mod answer;
mod described;
mod diff;
mod found;
mod line;
mod outline;
mod reveal;
mod secret;
mod text;
mod tree;
mod wrap;
mod yaml;

pub use diff::{Diff, DiffRow, Differing, Kin, Side};
pub use found::found;
pub use line::{Line, Tone};
pub use outline::Folding;
pub use reveal::Value;
pub use secret::SHOWN;
pub use text::Text;
pub use tree::{Tree, severity as tree_severity, short_kind};
pub use wrap::{hang, offset, wrap};

use super::{command::Command, event::Ticket};
use crate::model::{AppHealth, Key, Query, Str, SyncStatus, Time, TreeNode};

/// What sort of text it is, which decides the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// YAML, descriptions, events, why, help.
    Document,
    /// A diff.
    Diff,
    /// A resource tree.
    Tree,
}

/// What fills the screen.
#[derive(Clone, Debug)]
pub enum Content {
    /// Lines.
    Text(Text),
    /// A diff.
    Diff(Diff),
    /// A resource tree.
    Tree(Tree),
}

/// Which way something is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seek {
    /// From here on, here as well.
    Here,
    /// Behind here.
    Next,
    /// Before here.
    Back,
}

impl Seek {
    /// The first of `count` places that fits.
    fn find(self, here: usize, count: usize, fits: impl Fn(usize) -> bool) -> Option<usize> {
        match self {
            Self::Here => (here..count).find(|at| fits(*at)),
            Self::Next => (here + 1..count).find(|at| fits(*at)),
            Self::Back => (0..here.min(count)).rev().find(|at| fits(*at)),
        }
    }
}

/// The place that there is for lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Columns.
    pub width: u16,
    /// Lines.
    pub height: usize,
}

/// A text on the whole screen.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// What it is: `YAML`, `diff`.
    pub what: &'static str,
    /// Of what.
    pub about: Option<Key>,
    /// The question whose answer it shows.
    pub ticket: Ticket,
    /// What sort of text.
    pub sort: Sort,
    /// What it holds.
    pub content: Content,
    /// Whether the answer is still to come.
    pub loading: bool,
    /// First row shown.
    pub scroll: usize,
    /// The row that the pointer is on, where there is a pointer.
    pub cursor: usize,
    /// Columns scrolled to the right.
    pub shift: u16,
    /// Whether long lines are wrapped.
    pub wrap: bool,
    /// Whether lines are numbered.
    pub numbers: bool,
    /// What is searched, in lower case.
    pub search: String,
    /// What was asked.
    pub(super) query: Option<Query>,
    /// Whether it was asked again, what is shown being the answer before.
    pub(super) again: bool,
    /// The secret that was asked for: the question, its line, its entry.
    pub(super) revealing: Option<(Ticket, usize, String)>,
    /// The application as it was when its tree was read.
    pub(super) seen: Option<Seen>,
}

/// What of an application says that its tree may have changed.
pub(super) type Seen = (AppHealth, SyncStatus, Str, Option<Time>);

impl Viewer {
    /// A text that is to come.
    pub fn waiting(what: &'static str, about: Key, sort: Sort, ticket: Ticket) -> Self {
        Self { ticket, loading: true, about: Some(about), ..Self::of(what, sort, Vec::new()) }
    }

    /// Whether an answer is still to come.
    pub fn waits(&self) -> bool {
        self.loading || self.again
    }

    /// A text that is there.
    pub fn of(what: &'static str, sort: Sort, lines: Vec<Line>) -> Self {
        Self {
            what,
            about: None,
            ticket: Ticket::default(),
            sort,
            content: Content::Text(Text::plain(lines)),
            loading: false,
            scroll: 0,
            cursor: 0,
            shift: 0,
            wrap: sort == Sort::Document,
            numbers: false,
            search: String::new(),
            query: None,
            again: false,
            revealing: None,
            seen: None,
        }
    }

    /// How many rows are shown.
    pub fn rows(&self) -> usize {
        match &self.content {
            Content::Text(text) => text.rows(),
            Content::Diff(diff) => diff.rows().len(),
            Content::Tree(tree) => tree.rows().len(),
        }
    }

    /// Whether a row is pointed at; where none is, moving scrolls.
    pub fn has_pointer(&self) -> bool {
        match &self.content {
            Content::Text(text) => text.has_pointer(),
            Content::Diff(_) | Content::Tree(_) => self.rows() > 0,
        }
    }

    /// The resource that the pointer is on, in a tree.
    pub fn pointed(&self) -> Option<&TreeNode> {
        match &self.content {
            Content::Tree(tree) => tree.node(self.cursor),
            _ => None,
        }
    }

    /// The nearest resource that Argo CD syncs itself, from where the pointer is up the tree.
    pub fn managed(&self) -> Option<&TreeNode> {
        match &self.content {
            Content::Tree(tree) => tree.managed(self.cursor),
            _ => None,
        }
    }

    /// The way to the line that the pointer is on, in YAML.
    pub fn path(&self) -> Option<String> {
        match &self.content {
            Content::Text(text) => text.path(self.cursor),
            _ => None,
        }
    }

    /// Columns that line numbers take.
    pub fn gutter(&self) -> u16 {
        let widest = match &self.content {
            _ if !self.numbers => return 0,
            Content::Text(text) => text.lines().len(),
            Content::Diff(diff) => diff.longest(),
            Content::Tree(_) => return 0,
        };
        u16::try_from(widest.max(1).ilog10()).unwrap_or(0) + 2
    }

    /// In how many lines a row is shown.
    fn height(&self, row: usize, width: u16) -> usize {
        if row >= self.rows() {
            return 1;
        }
        let width = width.saturating_sub(self.gutter());
        match &self.content {
            Content::Text(text) => text.height(row, if self.wrap { width } else { u16::MAX }),
            Content::Diff(diff) if self.wrap => diff.height(row, diff.column(width, self.gutter())),
            Content::Diff(_) | Content::Tree(_) => 1,
        }
    }

    /// The first row to show: the pointer stays in sight, and the end of the text at the end of the place.
    pub fn first(&self, room: Room) -> usize {
        let last = self.rows().saturating_sub(1);
        if self.has_pointer() {
            let cursor = self.cursor.min(last);
            return self.scroll.clamp(self.filling(cursor, room), cursor);
        }
        self.scroll.min(self.filling(last, room))
    }

    /// The first of the rows that fill the place when the given one is the last of them.
    fn filling(&self, last: usize, room: Room) -> usize {
        let mut first = last;
        let mut taken = self.height(last.min(self.rows().saturating_sub(1)), room.width);
        while first > 0 {
            taken += self.height(first - 1, room.width);
            if taken > room.height {
                break;
            }
            first -= 1;
        }
        first
    }

    /// The row from which moves and searches go on.
    fn here(&self) -> usize {
        if self.has_pointer() { self.cursor } else { self.scroll }
    }

    fn go(&mut self, to: usize, room: Room) {
        let last = self.rows().saturating_sub(1);
        if self.has_pointer() {
            self.cursor = to.min(last);
        } else {
            self.scroll = to.min(last);
        }
        self.scroll = self.first(room);
    }

    /// Runs a command on it; `false` when it knows no such command.
    pub fn run(&mut self, command: Command, room: Room) -> bool {
        let (here, height) = (self.here(), room.height);
        let to = match command {
            Command::Down => here + 1,
            Command::Up => here.saturating_sub(1),
            Command::HalfPageDown => here + height / 2,
            Command::HalfPageUp => here.saturating_sub(height / 2),
            Command::PageDown => here + height,
            Command::PageUp => here.saturating_sub(height),
            Command::Top => 0,
            Command::Bottom => self.rows().saturating_sub(1),
            Command::NextMatch => self.jump(Seek::Next),
            Command::PreviousMatch => self.jump(Seek::Back),
            _ => return self.look(command, room),
        };
        self.go(to, room);
        true
    }

    /// Runs a command that changes how it looks.
    fn look(&mut self, command: Command, room: Room) -> bool {
        match command {
            Command::Left => self.shift = self.shift.saturating_sub(8),
            Command::Right => self.shift = self.shift.saturating_add(8).min(2000),
            // A tree's lines are as many as its resources.
            Command::Wrap if self.sort != Sort::Tree => {
                self.wrap = !self.wrap;
                self.shift = 0;
            }
            Command::Numbers if self.sort != Sort::Tree => self.numbers = !self.numbers,
            _ => return self.unfold(command, room) || self.compare(command, room),
        }
        self.scroll = self.first(room);
        true
    }

    /// Runs a command that folds or unfolds.
    fn unfold(&mut self, command: Command, room: Room) -> bool {
        let folding = match command {
            Command::Fold => Folding::Here,
            Command::FoldMore => Folding::More,
            Command::FoldLess => Folding::Less,
            Command::FoldAll => Folding::All,
            Command::UnfoldAll => Folding::None,
            _ => return false,
        };
        let to = match &mut self.content {
            Content::Text(text) => text.fold(folding, self.cursor),
            Content::Diff(diff) => Some(diff.fold(folding, self.cursor)),
            Content::Tree(tree) => Some(tree.fold(folding, self.cursor)),
        };
        if let Some(to) = to {
            self.go(to, room);
        }
        true
    }

    /// Runs a command of diffs or trees.
    fn compare(&mut self, command: Command, room: Room) -> bool {
        let row = self.cursor;
        let to = match (&mut self.content, command) {
            (Content::Diff(diff), Command::SideBySide) => Some(diff.switch(row)),
            (Content::Diff(diff), Command::MoreContext) => Some(diff.widen(true, row)),
            (Content::Diff(diff), Command::LessContext) => Some(diff.widen(false, row)),
            (Content::Diff(diff), Command::NextChange) => diff.change(row, true),
            (Content::Diff(diff), Command::PreviousChange) => diff.change(row, false),
            (Content::Tree(tree), Command::NextProblem) => tree.problem(row, Seek::Next),
            (Content::Tree(tree), Command::PreviousProblem) => tree.problem(row, Seek::Back),
            _ => return false,
        };
        if let Some(to) = to {
            self.go(to, room);
        }
        true
    }

    /// Takes in that the screen has another width.
    pub fn resize(&mut self, width: u16) {
        if let Content::Diff(diff) = &mut self.content {
            self.cursor = diff.resize(width, self.cursor);
        }
    }

    /// Searches, and goes to the first match from here; a tree is narrowed.
    pub fn search(&mut self, text: &str) {
        self.search = text.to_lowercase();
        if let Content::Tree(tree) = &mut self.content {
            self.cursor = tree.narrow(text, self.cursor);
            return;
        }
        if !self.search.is_empty() {
            let to = self.jump(Seek::Here);
            if self.has_pointer() { self.cursor = to } else { self.scroll = to }
        }
    }

    /// The row of the next match, which is shown; where there is none, the one here.
    fn jump(&mut self, step: Seek) -> usize {
        let here = self.here();
        if self.search.is_empty() {
            return here;
        }
        let found = match &mut self.content {
            Content::Text(text) => text.seek(&self.search, here, step),
            Content::Diff(diff) => diff.seek(&self.search, here, step),
            Content::Tree(_) => None,
        };
        found.unwrap_or(here)
    }

    /// All of it as text.
    pub fn text(&self) -> String {
        match &self.content {
            Content::Text(text) => text.all(),
            Content::Diff(diff) => diff.all(),
            Content::Tree(tree) => tree.all(),
        }
    }
}

#[cfg(test)]
mod tests;
