//! Which lines are shown and which are what is searched: found out chunk by chunk, a slice at a time.

use super::{
    bits::Bits,
    chunk::Chunk,
    query::Query,
    store::{Entry, MARK, Spot, Store, Streams},
};
use crate::model::Level;

/// What is known of a chunk's lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Scan {
    version: u64,
    seen: usize,
    /// The lines that are wanted.
    pub bits: Bits,
    /// How many these are.
    pub count: usize,
}

impl Scan {
    /// Whether all lines were looked at for this version of what is wanted.
    fn is_current(&self, version: u64, len: usize) -> bool {
        version == 0 || (self.version == version && self.seen == len)
    }

    /// Looks at the lines that were not looked at yet.
    fn refresh(&mut self, version: u64, len: usize, find: impl FnOnce(usize) -> Bits) {
        if self.is_current(version, len) {
            return;
        }
        if self.version != version {
            *self = Self { version, ..Self::default() };
        }
        self.bits.or(&find(self.seen));
        self.seen = len;
        self.count = self.bits.count();
    }
}

/// What is shown: from a level on, what all of some queries and none of others want.
#[derive(Clone, Debug, Default)]
pub(super) struct Sieve {
    pub least: Level,
    /// Each query, and whether it excludes.
    pub queries: Vec<(Query, bool)>,
}

impl Sieve {
    /// Whether everything is shown.
    pub(super) fn is_open(&self) -> bool {
        self.least == Level::None && self.queries.is_empty()
    }

    /// Whether a line is shown; marks always are.
    pub(super) fn passes(&self, entry: &Entry<'_>) -> bool {
        entry.mark
            || (entry.level >= self.least
                && self.queries.iter().all(|(q, excludes)| q.fits(entry) != *excludes))
    }

    /// Which lines of a chunk, from one on, are shown.
    pub(super) fn find(&self, chunk: &Chunk, from: usize, streams: &Streams) -> Bits {
        let mut all = Bits::range(from, chunk.len());
        let mut marks = Bits::none(chunk.len());
        let mut loud = Bits::none(chunk.len());
        for (n, tag) in chunk.tags().iter().enumerate().skip(from) {
            if tag.stream() == MARK {
                marks.set(n);
            } else if tag.level() >= self.least {
                loud.set(n);
            }
        }
        all.and(&loud);
        for (query, excludes) in &self.queries {
            let found = query.find(chunk, from, streams);
            if *excludes {
                all.without(&found);
            } else {
                all.and(&found);
            }
        }
        all.or(&marks);
        all
    }
}

/// What is looked for in all chunks; a version of 0 wants every line.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    pub sieve: Sieve,
    pub sieve_version: u64,
    pub search: Query,
    pub search_version: u64,
    versions: u64,
}

impl Wanted {
    /// Another sieve.
    pub(super) fn sift(&mut self, sieve: Sieve) {
        self.versions += 1;
        self.sieve_version = if sieve.is_open() { 0 } else { self.versions };
        self.sieve = sieve;
    }

    /// Another search.
    pub(super) fn seek(&mut self, search: Query) {
        self.versions += 1;
        self.search_version = if search.is_empty() { 0 } else { self.versions };
        self.search = search;
    }
}

impl Store {
    /// Whether all that is wanted is known of a chunk.
    pub(super) fn is_known(&self, slot: usize, wanted: &Wanted) -> bool {
        let slot = &self.slots[slot];
        let len = slot.chunk.len();
        slot.passed.is_current(wanted.sieve_version, len) && slot.found.is_current(wanted.search_version, len)
    }

    /// Finds out all that is wanted of a chunk; the bytes that were looked at.
    pub(super) fn know(&mut self, slot: usize, wanted: &Wanted) -> usize {
        let (slot, streams) = (&mut self.slots[slot], &self.streams);
        let chunk = &slot.chunk;
        let len = chunk.len();
        slot.passed.refresh(wanted.sieve_version, len, |from| wanted.sieve.find(chunk, from, streams));
        slot.found.refresh(wanted.search_version, len, |from| wanted.search.find(chunk, from, streams));
        chunk.bytes()
    }

    /// Whether the line at a place is known to be shown.
    pub(super) fn is_shown(&self, (slot, place): Spot, wanted: &Wanted) -> bool {
        wanted.sieve_version == 0
            || (self.slots[slot].passed.version == wanted.sieve_version
                && self.slots[slot].passed.bits.has(place))
    }

    /// Whether the line at a place is known to be what is searched.
    pub(super) fn is_found(&self, (slot, place): Spot, wanted: &Wanted) -> bool {
        wanted.search_version != 0
            && self.slots[slot].found.version == wanted.search_version
            && self.slots[slot].found.bits.has(place)
    }

    /// The nearest shown line in a chunk from a place on, that place included.
    fn near(&self, slot: usize, place: usize, up: bool, wanted: &Wanted) -> Option<usize> {
        let slot = self.slots.get(slot)?;
        let len = slot.chunk.len();
        if wanted.sieve_version == 0 {
            return if up { Some(place.min(len - 1)) } else { (place < len).then_some(place) };
        }
        if slot.passed.version != wanted.sieve_version {
            return None;
        }
        if up { slot.passed.bits.previous(place.min(len - 1) + 1) } else { slot.passed.bits.next(place) }
    }

    /// Shown lines from a number on, that line included, upwards or downwards, as far as is known.
    pub(super) fn walk<'a>(
        &'a self,
        from: u64,
        up: bool,
        wanted: &'a Wanted,
    ) -> impl Iterator<Item = Spot> + 'a {
        let held = self.len() > 0;
        let from = from.max(self.dropped()).min(self.end().saturating_sub(u64::from(up)));
        let start = if held { self.spot(from) } else { None };
        let mut here = start;
        std::iter::from_fn(move || {
            loop {
                let (slot, place) = here?;
                let known = self.is_sifted(slot, wanted);
                if let Some(place) = self.near(slot, place, up, wanted) {
                    let next = if up { place.checked_sub(1) } else { Some(place + 1) };
                    here = match next {
                        Some(next) if next < self.slots[slot].chunk.len() => Some((slot, next)),
                        _ if known => self.beside(slot, up),
                        _ => None,
                    };
                    return Some((slot, place));
                }
                // What lies behind a chunk that was not looked at cannot be told from what is hidden.
                here = if known { self.beside(slot, up) } else { None };
            }
        })
    }

    fn is_sifted(&self, slot: usize, wanted: &Wanted) -> bool {
        let slot = &self.slots[slot];
        slot.passed.is_current(wanted.sieve_version, slot.chunk.len())
    }

    fn beside(&self, slot: usize, up: bool) -> Option<Spot> {
        if up {
            let before = slot.checked_sub(1)?;
            Some((before, self.slots[before].chunk.len() - 1))
        } else {
            (slot + 1 < self.slots.len()).then_some((slot + 1, 0))
        }
    }

    /// How many lines are shown, as far as is known.
    pub(super) fn shown(&self, wanted: &Wanted) -> usize {
        if wanted.sieve_version == 0 {
            return self.len();
        }
        let known = self.slots.iter().filter(|s| s.passed.version == wanted.sieve_version);
        known.map(|s| s.passed.count).sum()
    }

    /// How many lines are shown and searched: before a number, and in all, as far as is known.
    pub(super) fn matches(&self, before: u64, wanted: &Wanted) -> (usize, usize) {
        let mut counts = (0, 0);
        for slot in self.slots.iter().filter(|s| s.found.version == wanted.search_version) {
            let both;
            let bits = if wanted.sieve_version == 0 {
                &slot.found.bits
            } else {
                let mut bits = slot.found.bits.clone();
                bits.and(&slot.passed.bits);
                both = bits;
                &both
            };
            let count = bits.count();
            counts.1 += count;
            let below = before.saturating_sub(slot.first) as usize;
            counts.0 += if below >= slot.chunk.len() { count } else { bits.rank(below) };
        }
        counts
    }
}
