//! A diff of resources: side by side or one below the other, what did not change folded away.

mod align;

use std::collections::BTreeSet;

use super::{
    Folding, Seek,
    line::{Line, Tone},
    wrap,
};
use crate::{
    app::filter::contains,
    model::{ResourceDiff, text},
};
pub use align::Kin;
use align::{Step, align};

/// Lines around what changed, at first.
const CONTEXT: usize = 3;
/// From how many columns on the sides stand beside each other, unless chosen otherwise.
pub const WIDE: u16 = 160;

/// One of the two texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What is.
    Left,
    /// What it is held against.
    Right,
}

/// A resource that differs.
#[derive(Clone, Debug)]
pub struct Differing {
    /// Which, and what would become of it.
    pub title: String,
    /// Lines that are added.
    pub added: usize,
    /// Lines that go.
    pub removed: usize,
    /// Whether nothing of it is shown.
    pub folded: bool,
    sides: [Vec<String>; 2],
    steps: Vec<Step>,
    /// Where what did not change begins and is shown all the same.
    open: BTreeSet<usize>,
}

/// What stands on a line of a diff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffRow {
    /// The name of a resource.
    Head(usize),
    /// So many lines of a resource that are alike and folded away, from this step on.
    Gap(usize, usize, usize),
    /// A step of a resource: both of its sides.
    Both(usize, usize),
    /// One side of a step of a resource.
    One(usize, usize, Side),
}

/// A diff, all of it, and what of it is shown.
#[derive(Clone, Debug)]
pub struct Diff {
    resources: Vec<Differing>,
    rows: Vec<DiffRow>,
    /// Lines shown around what changed.
    context: usize,
    /// 0: names only, 1: what changed, 2: all.
    level: usize,
    beside: bool,
    /// What was chosen rather than given by the width.
    chosen: Option<bool>,
}

impl Differing {
    fn of(diff: &ResourceDiff) -> Self {
        let fate = match (&diff.live, &diff.target) {
            (None, _) => " · would be created",
            (_, None) => " · would be deleted",
            _ => "",
        };
        let lines = |side: &Option<String>| -> Vec<String> {
            side.iter().flat_map(|t| t.lines()).map(|l| text::clean(l).into_owned()).collect()
        };
        let sides = [lines(&diff.live), lines(&diff.target)];
        let steps = align(&sides[0], &sides[1]);
        let count = |is: fn(&Step) -> bool| steps.iter().filter(|s| s.kin != Kin::Same && is(s)).count();
        Self {
            title: format!("{}{fate}", text::one_line(&diff.resource.to_string())),
            added: count(|s| s.right.is_some()),
            removed: count(|s| s.left.is_some()),
            folded: false,
            sides,
            steps,
            open: BTreeSet::new(),
        }
    }

    /// The stretches of steps that are alike or not, in turn.
    fn stretches(&self) -> impl Iterator<Item = (usize, &[Step])> {
        let mut at = 0;
        self.steps.chunk_by(|a, b| (a.kin == Kin::Same) == (b.kin == Kin::Same)).map(move |stretch| {
            at += stretch.len();
            (at - stretch.len(), stretch)
        })
    }

    fn line(&self, step: &Step, side: Side) -> Option<&String> {
        let line = if side == Side::Left { step.left } else { step.right };
        line.and_then(|line| self.sides[side as usize].get(line))
    }

    fn has(&self, step: usize, needle: &str) -> bool {
        let step = &self.steps[step];
        [Side::Left, Side::Right]
            .iter()
            .any(|side| self.line(step, *side).is_some_and(|l| contains(l, needle)))
    }
}

impl Diff {
    /// What differs, on a screen of a width.
    pub fn new(diffs: &[ResourceDiff], width: u16) -> Self {
        let resources = diffs.iter().filter(|d| d.changed).map(Differing::of).collect();
        let beside = width >= WIDE;
        let mut diff = Self { resources, rows: Vec::new(), context: CONTEXT, level: 1, beside, chosen: None };
        diff.settle();
        diff
    }

    /// What differs.
    pub fn resources(&self) -> &[Differing] {
        &self.resources
    }

    /// What is shown, line by line.
    pub fn rows(&self) -> &[DiffRow] {
        &self.rows
    }

    /// Whether the sides stand beside each other.
    pub fn is_beside(&self) -> bool {
        self.beside
    }

    /// Lines shown around what changed.
    pub fn context(&self) -> usize {
        self.context
    }

    /// Lines that are added and that go, in all.
    pub fn counts(&self) -> (usize, usize) {
        self.resources.iter().fold((0, 0), |(added, removed), r| (added + r.added, removed + r.removed))
    }

    /// What the steps of a line are to each other, and its two sides; of what is alike both are the same.
    pub fn sides(&self, resource: usize, step: usize) -> (Kin, [Option<Line>; 2]) {
        let kin = self.resources[resource].steps[step].kin;
        (kin, [Side::Left, Side::Right].map(|side| self.side(resource, step, side)))
    }

    /// One side of a step.
    pub fn side(&self, resource: usize, step: usize, side: Side) -> Option<Line> {
        let resource = &self.resources[resource];
        let step = &resource.steps[step];
        let line = resource.line(step, side)?;
        let (tone, word) = match (step.kin, side) {
            (Kin::Same, _) => (Tone::Text, Tone::Text),
            (_, Side::Left) => (Tone::Remove, Tone::RemoveWord),
            (_, Side::Right) => (Tone::Add, Tone::AddWord),
        };
        let runs = step.words[side as usize].iter().flat_map(|w| [(w.start, word), (w.end, tone)]);
        Some(Line::of(tone, line.clone(), runs.collect()))
    }

    /// The number of a step's line on a side, from one.
    pub fn number(&self, resource: usize, step: usize, side: Side) -> Option<usize> {
        let step = &self.resources[resource].steps[step];
        let line = if side == Side::Left { step.left } else { step.right };
        line.map(|line| line + 1)
    }

    /// In how many lines a row is wrapped, in columns of a width.
    pub fn height(&self, row: usize, width: u16) -> usize {
        let tall = |line: Option<Line>| line.map_or(1, |l| wrap::height(&l.text, width));
        match self.rows.get(row) {
            Some(DiffRow::Both(resource, step)) => {
                let (_, [left, right]) = self.sides(*resource, *step);
                tall(left).max(tall(right))
            }
            Some(DiffRow::One(resource, step, side)) => tall(self.side(*resource, *step, *side)),
            _ => 1,
        }
    }

    /// Lines of the longest text.
    pub fn longest(&self) -> usize {
        self.resources.iter().flat_map(|r| &r.sides).map(Vec::len).max().unwrap_or_default()
    }

    /// Columns of a text, of so many for all and with so many for numbers taken off once.
    pub fn column(&self, width: u16, gutter: u16) -> u16 {
        // A sign and a blank before each text, a line between the two.
        if self.beside { width.saturating_sub(gutter + 7) / 2 } else { width.saturating_sub(2 + gutter) }
    }

    /// Puts the sides beside each other, or one below the other; where the pointer is then.
    pub fn switch(&mut self, row: usize) -> usize {
        self.chosen = Some(!self.beside);
        self.beside = !self.beside;
        self.keep(row)
    }

    /// Takes in that the screen has another width; where the pointer is then.
    pub fn resize(&mut self, width: u16, row: usize) -> usize {
        self.beside = self.chosen.unwrap_or(width >= WIDE);
        self.keep(row)
    }

    /// Shows more or fewer lines around what changed; where the pointer is then.
    pub fn widen(&mut self, more: bool, row: usize) -> usize {
        self.context = if more { (self.context + 1).min(99) } else { self.context.saturating_sub(1) };
        self.keep(row)
    }

    /// The next row at which something that changed begins; a resource that is folded counts as one.
    pub fn change(&self, row: usize, forward: bool) -> Option<usize> {
        let changes = |row: &DiffRow| match *row {
            DiffRow::Head(resource) => self.resources[resource].folded,
            DiffRow::Both(resource, step) => self.resources[resource].steps[step].kin != Kin::Same,
            DiffRow::One(..) => true,
            DiffRow::Gap(..) => false,
        };
        let begins = |at: &usize| {
            let before = at
                .checked_sub(1)
                .is_some_and(|n| changes(&self.rows[n]) && !matches!(self.rows[n], DiffRow::Head(_)));
            changes(&self.rows[*at]) && !before
        };
        if forward {
            (row + 1..self.rows.len()).find(begins)
        } else {
            (0..row.min(self.rows.len())).rev().find(begins)
        }
    }

    /// Changes folds from a row; where the pointer is then.
    pub fn fold(&mut self, folding: Folding, row: usize) -> usize {
        match folding {
            Folding::Here => return self.toggle(row),
            Folding::More => self.level = self.level.saturating_sub(1),
            Folding::Less => self.level = (self.level + 1).min(2),
            Folding::All => self.level = 0,
            Folding::None => self.level = 2,
        }
        for resource in &mut self.resources {
            resource.folded = self.level == 0;
            let stretches: BTreeSet<usize> = resource.stretches().map(|(at, _)| at).collect();
            resource.open = if self.level == 2 { stretches } else { BTreeSet::new() };
        }
        self.keep(row)
    }

    /// Opens or folds what a row is about.
    fn toggle(&mut self, row: usize) -> usize {
        let Some(at) = self.rows.get(row).copied() else { return row };
        match at {
            DiffRow::Head(resource) => self.resources[resource].folded = !self.resources[resource].folded,
            DiffRow::Gap(resource, step, _) => self.open(resource, step),
            DiffRow::Both(resource, step) | DiffRow::One(resource, step, _) => {
                let stretch = self.stretch(resource, step);
                if !self.resources[resource].open.remove(&stretch) {
                    self.resources[resource].folded = true;
                }
            }
        }
        self.settle();
        self.find(at)
    }

    /// Where the stretch of steps begins that a step is in.
    fn stretch(&self, resource: usize, step: usize) -> usize {
        let stretches = self.resources[resource].stretches();
        stretches.map(|(at, _)| at).take_while(|at| *at <= step).last().unwrap_or_default()
    }

    fn open(&mut self, resource: usize, step: usize) {
        let stretch = self.stretch(resource, step);
        self.resources[resource].open.insert(stretch);
    }

    /// The next line with a text, folded away or not, which has it shown; its place then.
    pub fn seek(&mut self, needle: &str, row: usize, step: Seek) -> Option<usize> {
        let places: Vec<(usize, Option<usize>)> = (0..self.resources.len())
            .flat_map(|r| {
                std::iter::once((r, None))
                    .chain((0..self.resources[r].steps.len()).map(move |s| (r, Some(s))))
            })
            .collect();
        let here = self.rows.get(row).map_or((0, None), |row| match *row {
            DiffRow::Head(resource) => (resource, None),
            DiffRow::Gap(resource, step, _)
            | DiffRow::Both(resource, step)
            | DiffRow::One(resource, step, _) => (resource, Some(step)),
        });
        let here = places.iter().position(|place| *place == here).unwrap_or_default();
        let found = step.find(here, places.len(), |at| match places[at] {
            (resource, None) => contains(&self.resources[resource].title, needle),
            (resource, Some(step)) => self.resources[resource].has(step, needle),
        })?;
        let (resource, Some(step)) = places[found] else {
            return Some(self.find(DiffRow::Head(places[found].0)));
        };
        self.resources[resource].folded = false;
        self.settle();
        let is_hidden = |row: &DiffRow| matches!(row, DiffRow::Gap(r, from, count) if *r == resource && (*from..*from + *count).contains(&step));
        if self.rows.iter().any(is_hidden) {
            self.open(resource, step);
            self.settle();
        }
        Some(self.find(DiffRow::Both(resource, step)))
    }

    /// All that changed, as it is copied: one below the other, nothing folded but what is alike.
    pub fn all(&self) -> String {
        let mut whole = Self { beside: false, ..self.clone() };
        whole.fold(Folding::All, 0);
        whole.fold(Folding::Less, 0);
        let said = |row: &DiffRow| match *row {
            DiffRow::Head(resource) => {
                let resource = &whole.resources[resource];
                format!("{} +{} -{}", resource.title, resource.added, resource.removed)
            }
            DiffRow::Gap(_, _, count) => format!("@@ {count} lines alike @@"),
            DiffRow::Both(resource, step) => said(&whole, resource, step, Side::Left, ' '),
            DiffRow::One(resource, step, Side::Left) => said(&whole, resource, step, Side::Left, '-'),
            DiffRow::One(resource, step, Side::Right) => said(&whole, resource, step, Side::Right, '+'),
        };
        whole.rows.iter().map(said).collect::<Vec<_>>().join("\n")
    }

    /// Lays the rows out anew, and finds where the pointer is then.
    fn keep(&mut self, row: usize) -> usize {
        let at = self.rows.get(row).copied();
        self.settle();
        at.map_or(0, |at| self.find(at))
    }

    /// The row on which something stands now, or into which it is folded.
    fn find(&self, wanted: DiffRow) -> usize {
        let (resource, step) = match wanted {
            DiffRow::Head(resource) => (resource, None),
            DiffRow::Gap(resource, step, _)
            | DiffRow::Both(resource, step)
            | DiffRow::One(resource, step, _) => (resource, Some(step)),
        };
        let stands = |row: &DiffRow| match (*row, step) {
            (DiffRow::Head(r), None) => r == resource,
            (DiffRow::Both(r, s) | DiffRow::One(r, s, _), Some(step)) => r == resource && s == step,
            (DiffRow::Gap(r, from, count), Some(step)) => {
                r == resource && (from..from + count).contains(&step)
            }
            _ => false,
        };
        let head = |row: &DiffRow| matches!(row, DiffRow::Head(r) if *r == resource);
        let exact = self.rows.iter().position(|row| *row == wanted);
        exact
            .or_else(|| self.rows.iter().position(stands))
            .or_else(|| self.rows.iter().position(head))
            .unwrap_or_default()
    }

    fn settle(&mut self) {
        let mut rows = Vec::new();
        for (n, resource) in self.resources.iter().enumerate() {
            rows.push(DiffRow::Head(n));
            if resource.folded {
                continue;
            }
            for (at, stretch) in resource.stretches() {
                if stretch[0].kin == Kin::Same {
                    self.alike(n, at, stretch.len(), &mut rows);
                } else if self.beside {
                    rows.extend((at..at + stretch.len()).map(|step| DiffRow::Both(n, step)));
                } else {
                    for side in [Side::Left, Side::Right] {
                        let there =
                            stretch.iter().enumerate().filter(|(_, s)| resource.line(s, side).is_some());
                        rows.extend(there.map(|(step, _)| DiffRow::One(n, at + step, side)));
                    }
                }
            }
        }
        self.rows = rows;
    }

    /// The rows of a stretch that is alike: those next to what changed, the rest folded into one.
    fn alike(&self, n: usize, at: usize, length: usize, rows: &mut Vec<DiffRow>) {
        let resource = &self.resources[n];
        let end = at + length;
        let from = if at == 0 { 0 } else { (at + self.context).min(end) };
        let to = if end == resource.steps.len() { end } else { end.saturating_sub(self.context).max(from) };
        // A fold takes a line itself.
        if resource.open.contains(&at) || to - from < 2 {
            rows.extend((at..end).map(|step| DiffRow::Both(n, step)));
            return;
        }
        rows.extend((at..from).map(|step| DiffRow::Both(n, step)));
        rows.push(DiffRow::Gap(n, from, to - from));
        rows.extend((to..end).map(|step| DiffRow::Both(n, step)));
    }
}

fn said(diff: &Diff, resource: usize, step: usize, side: Side, sign: char) -> String {
    format!("{sign} {}", diff.side(resource, step, side).map_or(String::new(), |l| l.text))
}

#[cfg(test)]
mod tests;
