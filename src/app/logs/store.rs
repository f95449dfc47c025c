//! Lines in the order of their times within a budget of bytes: the oldest chunks go whole, and are counted.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use super::{
    chunk::{Chunk, STREAMS, TEXT, Tag, micros},
    scan::Scan,
};
use crate::model::{Level, LogLine, Str, Time};

/// The stream of marks, which come from nowhere.
pub(super) const MARK: usize = 0;
/// So many late lines are put into a chunk one by one; for more it is built anew.
const FEW: usize = 16;

/// An origin and its container.
pub(super) type Stream = (Str, Str);

/// Where lines come from, each by its number.
#[derive(Clone, Debug)]
pub(super) struct Streams {
    known: Vec<Stream>,
    by_origin: HashMap<Str, Vec<usize>>,
    last: usize,
}

impl Default for Streams {
    fn default() -> Self {
        let mark: Str = "".into();
        Self { known: vec![(mark.clone(), mark)], by_origin: HashMap::new(), last: MARK }
    }
}

impl Streams {
    /// The number of an origin and its container.
    fn number(&mut self, origin: &Str, container: &Str) -> usize {
        let (o, c) = &self.known[self.last];
        if self.last != MARK && Arc::ptr_eq(o, origin) && Arc::ptr_eq(c, container) {
            return self.last;
        }
        let of_origin = self.by_origin.get(origin);
        let known = of_origin.and_then(|all| all.iter().find(|n| self.known[**n].1 == *container)).copied();
        self.last = match known {
            Some(known) => known,
            // More streams than can be told apart: the last stands for the rest.
            None if self.known.len() >= STREAMS => STREAMS - 1,
            None => {
                self.known.push((origin.clone(), container.clone()));
                self.by_origin.entry(origin.clone()).or_default().push(self.known.len() - 1);
                self.known.len() - 1
            }
        };
        self.last
    }

    /// Origin and container of every stream.
    pub(super) fn all(&self) -> &[Stream] {
        &self.known
    }

    /// Whether any origin has more than one container.
    pub(super) fn has_containers(&self) -> bool {
        self.by_origin.values().any(|all| all.len() > 1)
    }
}

/// A line that is held.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Its number: lines that went are counted too.
    pub n: u64,
    /// When it was written, to the microsecond.
    pub at: Time,
    /// How loud it is.
    pub level: Level,
    /// The pod or stream it came from.
    pub origin: &'a Str,
    /// The container, where known.
    pub container: &'a Str,
    /// The text; not yet safe to print.
    pub text: &'a str,
    /// Whether it is a mark that was set here.
    pub mark: bool,
}

/// A chunk, and what is known of its lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Slot {
    /// The number of its first line.
    pub first: u64,
    /// Its lines.
    pub chunk: Arc<Chunk>,
    /// Which of them are shown.
    pub passed: Scan,
    /// Which of them are what is searched.
    pub found: Scan,
}

/// A line on its way in.
type Late = (i64, Tag, Box<str>);

/// Where a line stands: its chunk, and its place there.
pub(super) type Spot = (usize, usize);

/// The lines.
#[derive(Clone, Debug)]
pub(super) struct Store {
    pub slots: VecDeque<Slot>,
    pub streams: Streams,
    budget: usize,
    /// Of all chunks but the last.
    bytes: usize,
    dropped: u64,
}

impl Store {
    /// An empty store of so many bytes.
    pub(super) fn new(budget: usize) -> Self {
        Self { slots: VecDeque::new(), streams: Streams::default(), budget, bytes: 0, dropped: 0 }
    }

    /// How many bytes it may take.
    pub(super) const fn budget(&self) -> usize {
        self.budget
    }

    /// Takes so many bytes from now on; the oldest lines go where they no longer fit.
    pub(super) fn limit(&mut self, budget: usize) {
        self.budget = budget;
        self.drop_oldest();
    }

    /// Bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes + self.slots.back().map_or(0, Self::weight)
    }

    /// How many lines went because they no longer fitted.
    pub(super) const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The number after that of the last line.
    pub(super) fn end(&self) -> u64 {
        self.slots.back().map_or(self.dropped, |s| s.first + s.chunk.len() as u64)
    }

    /// How many lines are held.
    pub(super) fn len(&self) -> usize {
        (self.end() - self.dropped) as usize
    }

    /// Where the line of a number stands.
    pub(super) fn spot(&self, n: u64) -> Option<Spot> {
        if n < self.dropped || n >= self.end() {
            return None;
        }
        let slot = self.slots.partition_point(|s| s.first <= n) - 1;
        Some((slot, (n - self.slots[slot].first) as usize))
    }

    /// The line that stands somewhere.
    pub(super) fn entry(&self, (slot, place): Spot) -> Entry<'_> {
        let Slot { first, chunk, .. } = &self.slots[slot];
        let tag = chunk.tag(place);
        let (origin, container) = &self.streams.all()[tag.stream()];
        Entry {
            n: first + place as u64,
            at: Time::from_nanos(chunk.at(place).saturating_mul(1000)),
            level: tag.level(),
            origin,
            container,
            text: chunk.line(place),
            mark: tag.stream() == MARK,
        }
    }

    /// The moment of the last line.
    pub(super) fn last(&self) -> Option<Time> {
        self.slots.back().map(|s| Time::from_nanos(s.chunk.last().saturating_mul(1000)))
    }

    /// Whether a line with this moment, text and origin is held.
    pub(super) fn holds(&self, line: &LogLine) -> bool {
        let at = micros(line.at);
        let before = self.slots.partition_point(|s| s.chunk.first() <= at);
        for slot in self.slots.range(..before).rev() {
            let chunk = &slot.chunk;
            let end = chunk.place(at);
            let same = (0..end).rev().take_while(|n| chunk.at(*n) == at);
            for n in same {
                let origin = &self.streams.all()[chunk.tag(n).stream()].0;
                if chunk.line(n) == &*line.text && *origin == line.origin {
                    return true;
                }
            }
            if chunk.first() < at {
                return false;
            }
        }
        false
    }

    /// Takes lines in, each at its time, behind those of the same moment. Returns the numbers of those that were put
    /// before lines that were there, rising.
    pub(super) fn push(&mut self, mut lines: Vec<LogLine>, level: impl Fn(&str) -> Level) -> Vec<u64> {
        if !lines.is_sorted_by_key(|l| micros(l.at)) {
            lines.sort_by_key(|l| micros(l.at));
        }
        let last = self.slots.back().map_or(i64::MIN, |s| s.chunk.last());
        let late = lines.partition_point(|l| micros(l.at) < last);
        let mut lines = lines.into_iter();
        let behind: Vec<_> = lines.by_ref().take(late).map(|l| self.tagged(l, &level)).collect();
        let put = self.merge(behind);
        for line in lines {
            let (at, tag, text) = self.tagged(line, &level);
            self.append(at, tag, &text);
        }
        self.drop_oldest();
        put
    }

    /// Sets a mark behind what is there at a moment; its number.
    pub(super) fn mark(&mut self, at: Time, note: &str) -> u64 {
        let (at, tag) = (micros(at), Tag::new(MARK, Level::None));
        if self.slots.back().is_none_or(|s| s.chunk.last() <= at) {
            self.append(at, tag, note);
            return self.end() - 1;
        }
        self.merge(vec![(at, tag, note.into())])[0]
    }

    fn tagged(&mut self, line: LogLine, level: impl Fn(&str) -> Level) -> Late {
        let stream = self.streams.number(&line.origin, &line.container);
        (micros(line.at), Tag::new(stream, level(&line.text)), line.text)
    }

    fn append(&mut self, at: i64, tag: Tag, text: &str) {
        let room = self.room();
        if self.slots.back().is_none_or(|s| !s.chunk.fits(at, text.len(), room)) {
            let first = self.end();
            if let Some(full) = self.slots.back_mut() {
                Arc::make_mut(&mut full.chunk).seal();
                self.bytes += Self::weight(full);
            }
            self.slots.push_back(Slot { first, ..Slot::default() });
        }
        let slot = self.slots.back_mut().expect("one was there or was added");
        Arc::make_mut(&mut slot.chunk).push(at, tag, text);
    }

    /// How much text a chunk holds: little of a small budget, so that little goes at once.
    fn room(&self) -> usize {
        (self.budget / 16).clamp(256, TEXT)
    }

    /// Puts lines that are before the last, in the order of their times, among those that are there.
    fn merge(&mut self, late: Vec<Late>) -> Vec<u64> {
        let mut put = Vec::with_capacity(late.len());
        let mut late = late.as_slice();
        let mut numbered = self.slots.len();
        while let Some((at, ..)) = late.first() {
            let slot = self.slots.partition_point(|s| s.chunk.first() <= *at).saturating_sub(1);
            let next = self.slots.get(slot + 1).map_or(i64::MAX, |s| s.chunk.first());
            // All that are not behind the next chunk's first line, and this one at any rate.
            let count = late.partition_point(|(at, ..)| *at < next).max(1);
            let (here, rest) = late.split_at(count);
            late = rest;
            self.renumber(numbered, slot + 1);
            self.put(slot, here, &mut put);
            numbered = slot + 1;
        }
        self.renumber(numbered, self.slots.len());
        put
    }

    /// Numbers the chunks from one on anew.
    fn renumber(&mut self, from: usize, to: usize) {
        for at in from.max(1)..to {
            let before = &self.slots[at - 1];
            self.slots[at].first = before.first + before.chunk.len() as u64;
        }
    }

    /// Puts lines into one chunk, which may become several.
    fn put(&mut self, at: usize, lines: &[Late], put: &mut Vec<u64>) {
        let room = self.room();
        let is_last = at + 1 == self.slots.len();
        if !is_last {
            self.bytes -= Self::weight(&self.slots[at]);
        }
        let slot = &mut self.slots[at];
        let bytes = lines.iter().map(|(.., text)| text.len() + 1).sum::<usize>();
        let chunk = &slot.chunk;
        let fits = lines.len() <= FEW && lines[0].0 >= chunk.first() && chunk.fits(chunk.last(), bytes, room);
        if fits {
            let chunk = Arc::make_mut(&mut slot.chunk);
            for (at, tag, text) in lines {
                put.push(slot.first + chunk.insert(*at, *tag, text) as u64);
            }
            (slot.passed, slot.found) = Default::default();
            if !is_last {
                self.bytes += Self::weight(slot);
            }
            return;
        }
        let first = slot.first;
        let mut made = merged(&slot.chunk, lines, room, |n| put.push(first + n as u64));
        let count = made.len();
        for (n, chunk) in made.iter_mut().enumerate() {
            if !is_last || n + 1 < count {
                chunk.seal();
                self.bytes += size_of::<Slot>() + chunk.bytes();
            }
        }
        let mut made = made.into_iter();
        let head = made.next().unwrap_or_default();
        self.slots[at] = Slot { first, chunk: Arc::new(head), ..Slot::default() };
        for (n, chunk) in made.enumerate() {
            let before = &self.slots[at + n];
            let first = before.first + before.chunk.len() as u64;
            self.slots.insert(at + n + 1, Slot { first, chunk: Arc::new(chunk), ..Slot::default() });
        }
    }

    fn drop_oldest(&mut self) {
        while self.slots.len() > 1 && self.bytes() > self.budget {
            if let Some(oldest) = self.slots.pop_front() {
                self.bytes -= Self::weight(&oldest);
                self.dropped += oldest.chunk.len() as u64;
            }
        }
    }

    fn weight(slot: &Slot) -> usize {
        size_of::<Slot>() + slot.chunk.bytes()
    }
}

/// The lines of a chunk and others in one order, as chunks; `put` is told where the others stand.
fn merged(chunk: &Chunk, others: &[Late], room: usize, mut put: impl FnMut(usize)) -> Vec<Chunk> {
    let mut made = vec![Chunk::default()];
    let mut add = |at, tag, text: &str| {
        if !made[made.len() - 1].fits(at, text.len(), room) {
            made.push(Chunk::default());
        }
        let last = made.len() - 1;
        made[last].push(at, tag, text);
    };
    let mut others = others.iter().peekable();
    let mut count = 0;
    for n in 0..=chunk.len() {
        while let Some((at, tag, text)) = others.next_if(|o| n == chunk.len() || o.0 < chunk.at(n)) {
            put(count);
            add(*at, *tag, text);
            count += 1;
        }
        if n < chunk.len() {
            add(chunk.at(n), chunk.tag(n), chunk.line(n));
            count += 1;
        }
    }
    made
}
