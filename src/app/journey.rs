//! Where one has been: places to go back and forth between, and those remembered under a letter.

use std::collections::BTreeMap;

use super::{command::Command, layout::PaneId, pane::Item, subject::Subject};
use crate::{
    model::{Key, Str},
    triage::Focus,
};

/// So many places are kept to go back to.
const KEPT: usize = 100;

/// Somewhere one can be: things, not rows, so that it is the same place when the rows moved.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The pane.
    pub pane: PaneId,
    /// What it lists.
    pub subject: Subject,
    /// The kind of object that it lists, where it lists any.
    pub kind: String,
    /// What narrows it.
    pub filter: String,
    /// What it is about.
    pub base: Focus,
    /// What is selected.
    pub item: Option<Item>,
    /// The text that is read about it.
    pub text: Option<Command>,
    pub(super) focus: Focus,
    pub(super) environment: Option<Str>,
    pub(super) pinned: bool,
    pub(super) zoom: bool,
}

impl Place {
    /// Whether it is more than another selection from there.
    pub(super) fn is_elsewhere(&self, from: &Self) -> bool {
        let list = |p: &Self| (p.pane, p.subject, p.kind.clone(), p.text);
        list(self) != list(from) || self.filter != from.filter || self.base != from.base
    }

    /// The thing without which it is not there any more.
    pub fn thing(&self) -> Option<&Key> {
        match (&self.item, &self.focus) {
            (Some(item), _) => item.key(),
            (None, Focus::Entity(key)) if self.pane == PaneId::Logs => Some(key),
            _ => None,
        }
    }
}

/// Where one has been.
#[derive(Clone, Debug, Default)]
pub struct Journey {
    /// Where one is, as last seen at rest.
    pub(super) at: Option<Place>,
    pub(super) back: Vec<Place>,
    pub(super) forth: Vec<Place>,
    /// Whether one came here by opening something over the whole screen.
    pub(super) opened: bool,
    /// The places remembered, by their letters.
    pub places: BTreeMap<char, Place>,
}

impl Journey {
    /// How many places there are to go back to, and forth.
    pub fn lengths(&self) -> (usize, usize) {
        (self.back.len(), self.forth.len())
    }

    /// Takes in where one is now: when that is elsewhere, one can go back.
    pub(super) fn arrive(&mut self, now: Place) {
        if let Some(before) = self.at.replace(now)
            && let Some(at) = &self.at
            && at.is_elsewhere(&before)
        {
            self.opened = at.zoom && !before.zoom;
            self.leave(before);
        }
    }

    /// Keeps a place that was left to go back to.
    pub(super) fn leave(&mut self, place: Place) {
        self.forth.clear();
        keep(&mut self.back, place);
    }
}

/// Puts a place on top; the oldest goes where there are too many.
pub(super) fn keep(places: &mut Vec<Place>, place: Place) {
    if places.len() >= KEPT {
        places.remove(0);
    }
    places.push(place);
}
