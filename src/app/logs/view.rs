//! What of the logs is on screen: the newest lines, or those about a line that stays while others come and go.

use super::{
    LogBook,
    seek::{Seek, Wish},
    store::Entry,
};
use crate::app::command::Command;

/// Where a pause holds the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The line at the bottom of the screen.
    pub bottom: u64,
    /// The line that is looked at.
    pub cursor: u64,
    /// How many lines came since.
    pub came: u64,
}

impl LogBook {
    /// Whether the newest line is kept in sight.
    pub fn is_following(&self) -> bool {
        self.place.is_none()
    }

    /// The number of the line that is looked at, while paused.
    pub fn cursor(&self) -> Option<u64> {
        self.place.map(|p| p.cursor)
    }

    /// How many lines came since the pause.
    pub fn came(&self) -> u64 {
        self.place.map_or(0, |p| p.came)
    }

    /// The number of the line at the bottom of the screen.
    pub(super) fn bottom(&self) -> u64 {
        self.place.map_or_else(|| self.store.end().saturating_sub(1), |p| p.bottom)
    }

    /// The lines that end at the bottom of the screen, newest first.
    pub fn upwards(&self) -> impl Iterator<Item = Entry<'_>> {
        self.store.walk(self.bottom(), true, &self.wanted).map(|spot| self.store.entry(spot))
    }

    /// The shown lines from a number on, oldest first.
    pub fn downwards(&self, from: u64) -> impl Iterator<Item = Entry<'_>> {
        self.store.walk(from, false, &self.wanted).map(|spot| self.store.entry(spot))
    }

    /// The line that is looked at, or the newest.
    pub fn current(&self) -> Option<Entry<'_>> {
        let at = self.cursor().unwrap_or(self.bottom());
        self.store.walk(at, true, &self.wanted).next().map(|spot| self.store.entry(spot))
    }

    /// Pauses, if it does not yet, on the newest line.
    pub fn pause(&mut self) {
        if self.place.is_none() {
            let newest = self.upwards().next().map(|e| e.n);
            self.place = newest.map(|n| Place { bottom: n, cursor: n, came: 0 });
        }
    }

    /// Keeps the newest line in sight again.
    pub fn resume(&mut self) {
        (self.place, self.seek) = (None, None);
    }

    /// Runs a command that moves with `height` lines to see; `false` when it does not.
    pub(super) fn walk(&mut self, command: Command, height: usize) -> bool {
        match command {
            Command::Up => self.step(true, 1, height),
            Command::Down => self.step(false, 1, height),
            Command::HalfPageUp => self.step(true, (height / 2).max(1), height),
            Command::HalfPageDown => self.step(false, (height / 2).max(1), height),
            Command::PageUp => self.step(true, height.max(1), height),
            Command::PageDown => self.step(false, height.max(1), height),
            Command::Top => {
                let from = self.store.dropped();
                self.begin(Seek { wish: Wish::Line, up: false, from, either: false, height });
            }
            Command::PreviousError => self.look_for(Wish::Error, true, height),
            Command::NextError => self.look_for(Wish::Error, false, height),
            Command::PreviousMatch => self.look_for(Wish::Match, true, height),
            Command::NextMatch => self.look_for(Wish::Match, false, height),
            Command::PreviousMark => self.look_for(Wish::Mark, true, height),
            Command::NextMark => self.look_for(Wish::Mark, false, height),
            Command::Follow if self.is_following() => self.pause(),
            Command::Follow | Command::Bottom => self.resume(),
            Command::Left => self.shift = self.shift.saturating_sub(8),
            Command::Right => self.shift = self.shift.saturating_add(8).min(4000),
            _ => return false,
        }
        true
    }

    /// Goes so many lines up or down; down from the newest line follows again.
    fn step(&mut self, up: bool, count: usize, height: usize) {
        if self.is_following() && !up {
            return;
        }
        self.pause();
        let Some(from) = self.cursor() else { return };
        let spots = self.store.walk(from, up, &self.wanted).take(count + 1);
        match spots.last().map(|spot| self.store.entry(spot).n) {
            Some(to) if to != from => self.show(to, height, false),
            _ if !up => self.resume(),
            _ => {}
        }
    }

    /// Goes to a line that was looked for, with some that came after it in sight.
    pub(super) fn land(&mut self, n: u64, height: usize) {
        self.pause();
        self.show(n, height, true);
    }

    fn show(&mut self, n: u64, height: usize, far: bool) {
        let Some(place) = self.place else { return };
        let height = height.max(1);
        let number = |spot| self.store.entry(spot).n;
        let in_sight = n <= place.bottom
            && self.store.walk(place.bottom, true, &self.wanted).take(height).any(|spot| number(spot) == n);
        let bottom = if in_sight {
            place.bottom
        } else {
            let below = match (far, n > place.bottom) {
                (true, _) => height / 3,
                (false, true) => 0,
                (false, false) => height - 1,
            };
            let last = self.store.walk(n, false, &self.wanted).take(below + 1).last().map_or(n, number);
            // No empty lines at the top where there are lines to fill them.
            let filled = self.store.walk(last, true, &self.wanted).take(height).count() == height;
            let all = || self.store.walk(n, false, &self.wanted).take(height).last().map_or(n, number);
            if filled { last } else { all() }
        };
        self.place = Some(Place { bottom, cursor: n, ..place });
    }

    /// After a change of what is shown: the view stays where it is, on lines that are shown.
    pub(super) fn stay(&mut self) {
        let Some(place) = self.place else { return };
        let near = |n: u64| {
            let up = self.store.walk(n, true, &self.wanted).next();
            let spot = up.or_else(|| self.store.walk(n, false, &self.wanted).next());
            spot.map_or(n, |spot| self.store.entry(spot).n)
        };
        let (bottom, cursor) = (near(place.bottom), near(place.cursor));
        self.place = Some(Place { bottom: bottom.max(cursor), cursor, ..place });
    }
}
