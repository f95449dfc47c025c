//! The nearest line of a sort, and the slices in which all chunks are looked at, from the screen outwards.

use super::{
    LogBook,
    scan::Wanted,
    store::{MARK, Store},
};
use crate::model::Level;

/// So many bytes are looked at in one go: a few milliseconds of a slow search.
pub(super) const SLICE: usize = 1 << 20;

/// What sort of line is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// What is searched.
    Match,
    /// An error.
    Error,
    /// A mark.
    Mark,
    /// Any that is shown.
    Line,
}

/// A line that is looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seek {
    pub wish: Wish,
    pub up: bool,
    /// The first line that is looked at.
    pub from: u64,
    /// Whether the other way is tried when there is none this way.
    pub either: bool,
    /// How many lines there are to see.
    pub height: usize,
}

/// How far a line was found.
enum Sought {
    Found(u64),
    Nothing,
    /// This chunk must be looked at first.
    Unknown(usize),
}

impl Store {
    fn seek(&self, seek: &Seek, wanted: &Wanted) -> Sought {
        let Some((mut slot, _)) = self.spot(seek.from) else { return Sought::Nothing };
        loop {
            if !self.is_known(slot, wanted) {
                return Sought::Unknown(slot);
            }
            if let Some(place) = self.seek_in(slot, seek, wanted) {
                return Sought::Found(self.slots[slot].first + place as u64);
            }
            slot = match (seek.up, slot) {
                (true, 0) => return Sought::Nothing,
                (true, at) => at - 1,
                (false, at) if at + 1 < self.slots.len() => at + 1,
                _ => return Sought::Nothing,
            };
        }
    }

    fn seek_in(&self, slot: usize, seek: &Seek, wanted: &Wanted) -> Option<usize> {
        let here = &self.slots[slot];
        let len = here.chunk.len();
        let (from, to) = if seek.up {
            (0, len.min((seek.from + 1).saturating_sub(here.first) as usize))
        } else {
            (seek.from.saturating_sub(here.first) as usize, len)
        };
        let is_wanted = |place: &usize| {
            let tag = here.chunk.tag(*place);
            let is = match seek.wish {
                Wish::Match | Wish::Line => true,
                Wish::Error => tag.level() >= Level::Error,
                Wish::Mark => tag.stream() == MARK,
            };
            is && self.is_shown((slot, *place), wanted)
        };
        if seek.wish != Wish::Match {
            return if seek.up { (from..to).rev().find(is_wanted) } else { (from..to).find(is_wanted) };
        }
        if wanted.search_version == 0 {
            return None;
        }
        let bits = &here.found.bits;
        let mut at = if seek.up { bits.previous(to) } else { bits.next(from) };
        while let Some(place) = at.filter(|place| !is_wanted(place)) {
            at = if seek.up { bits.previous(place) } else { bits.next(place + 1) };
        }
        at
    }

    /// The chunk nearest to another of which not all is known, `reach` chunks about it being known; and how far it is.
    fn unknown(&self, near: usize, reach: usize, wanted: &Wanted) -> Option<(usize, usize)> {
        let most = near.max(self.slots.len().saturating_sub(near));
        (reach..=most).find_map(|far| {
            let both = [near.checked_sub(far), Some(near + far)];
            let mut slots = both.into_iter().flatten().filter(|s| *s < self.slots.len());
            slots.find(|slot| !self.is_known(*slot, wanted)).map(|slot| (slot, far))
        })
    }
}

impl LogBook {
    /// Whether chunks are still to be looked at.
    pub fn is_busy(&self) -> bool {
        self.busy
    }

    /// How many of a hundred parts were looked at, while not all were.
    pub fn progress(&self) -> Option<usize> {
        let all = self.store.slots.len();
        let known = || (0..all).filter(|slot| self.store.is_known(*slot, &self.wanted)).count();
        self.busy.then(|| known() * 100 / all.max(1))
    }

    /// Goes on looking, a slice.
    pub fn work(&mut self) {
        let mut looked = 0;
        while self.busy && looked < SLICE {
            let wanted = match self.seek.map(|seek| (seek, self.store.seek(&seek, &self.wanted))) {
                Some((seek, Sought::Found(n))) => {
                    self.seek = None;
                    self.land(n, seek.height);
                    continue;
                }
                Some((seek, Sought::Nothing)) => {
                    self.seek = seek.either.then_some(Seek { up: !seek.up, either: false, ..seek });
                    if !seek.either && !self.is_typing() {
                        self.missed = Some((seek.wish, seek.up));
                    }
                    continue;
                }
                Some((seek, Sought::Unknown(slot))) => {
                    // What was passed need not be passed again.
                    let here = &self.store.slots[slot];
                    let last = here.first + here.chunk.len() as u64 - 1;
                    let from = if seek.up { seek.from.min(last) } else { seek.from.max(here.first) };
                    self.seek = Some(Seek { from, ..seek });
                    Some((slot, self.reach))
                }
                None => {
                    let near = self.store.spot(self.bottom()).map_or(0, |(slot, _)| slot);
                    self.store.unknown(near, self.reach, &self.wanted)
                }
            };
            match wanted {
                Some((slot, reach)) => {
                    self.reach = reach;
                    looked += self.store.know(slot, &self.wanted);
                }
                None => self.busy = false,
            }
        }
    }

    /// Looks for a line, near ones at once, far ones as there is time.
    pub(super) fn look_for(&mut self, wish: Wish, up: bool, height: usize) {
        let from = match self.place {
            Some(place) if up => place.cursor.checked_sub(1),
            Some(place) => Some(place.cursor + 1),
            None if up => self.store.end().checked_sub(1),
            None => None,
        };
        match from {
            Some(from) => self.begin(Seek { wish, up, from, either: false, height }),
            None => self.missed = Some((wish, up)),
        }
    }

    pub(super) fn begin(&mut self, seek: Seek) {
        self.seek = Some(seek);
        self.busy = true;
        self.work();
    }

    /// What was looked for and is not there, told once: what, and whether above.
    pub fn take_missed(&mut self) -> Option<(Wish, bool)> {
        self.missed.take()
    }
}
