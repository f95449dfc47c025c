//! Some lines that follow each other in time, held in eight bytes a line beside their text.

use crate::model::{Level, Time};

/// The most text in a chunk that holds more than one line: where a line ends is kept in two bytes.
pub(super) const TEXT: usize = 1 << 16;
/// The most lines.
const LINES: usize = 4096;
/// How many bits of a tag are for the level.
const LEVEL_BITS: u32 = 3;
/// The most streams that tags tell apart.
pub(super) const STREAMS: usize = 1 << (16 - LEVEL_BITS);

const LEVELS: [Level; 7] =
    [Level::None, Level::Trace, Level::Debug, Level::Info, Level::Warn, Level::Error, Level::Fatal];

/// Where a line came from and how loud it is, in two bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag(u16);

impl Tag {
    /// The tag of a stream below [`STREAMS`] and a level.
    pub(super) fn new(stream: usize, level: Level) -> Self {
        Self((stream.min(STREAMS - 1) as u16) << LEVEL_BITS | level as u16)
    }

    /// The stream.
    pub(super) const fn stream(self) -> usize {
        (self.0 >> LEVEL_BITS) as usize
    }

    /// The level.
    pub(super) const fn level(self) -> Level {
        LEVELS[(self.0 & ((1 << LEVEL_BITS) - 1)) as usize]
    }
}

/// The moment in whole microseconds, which is how exactly times are held.
pub(super) const fn micros(at: Time) -> i64 {
    at.nanos().div_euclid(1000)
}

/// Lines in the order of their times.
#[derive(Clone, Debug, Default)]
pub(super) struct Chunk {
    /// The lines, each with a line end.
    text: String,
    /// Where each line ends; that of the last follows from the text and may not fit.
    ends: Vec<u16>,
    /// The microsecond of the first line.
    base: i64,
    /// How many microseconds later each line is.
    after: Vec<u32>,
    tags: Vec<Tag>,
}

impl Chunk {
    /// How many lines it holds.
    pub(super) fn len(&self) -> usize {
        self.tags.len()
    }

    /// Whether a line of so many bytes can be added at the end, with at most `room` bytes of text in all.
    pub(super) fn fits(&self, at: i64, bytes: usize, room: usize) -> bool {
        self.tags.is_empty()
            || (self.text.len() + bytes < room.min(TEXT)
                && self.len() < LINES
                && u32::try_from(at - self.base).is_ok())
    }

    /// Adds a line that is not before the last and fits.
    pub(super) fn push(&mut self, at: i64, tag: Tag, line: &str) {
        if self.tags.is_empty() {
            self.base = at;
        }
        self.text.push_str(line);
        self.ends.push(self.text.len() as u16);
        self.text.push('\n');
        self.after.push(u32::try_from(at - self.base).unwrap_or(u32::MAX));
        self.tags.push(tag);
    }

    /// Puts a line that fits, and is not before the first, in its place, which is behind those of its moment.
    pub(super) fn insert(&mut self, at: i64, tag: Tag, line: &str) -> usize {
        let place = self.place(at);
        let start = self.start(place);
        self.text.insert(start, '\n');
        self.text.insert_str(start, line);
        self.ends.insert(place, (start + line.len()) as u16);
        for end in &mut self.ends[place + 1..] {
            *end = end.wrapping_add(line.len() as u16 + 1);
        }
        self.after.insert(place, u32::try_from(at - self.base).unwrap_or(u32::MAX));
        self.tags.insert(place, tag);
        place
    }

    /// Where a line of this microsecond belongs.
    pub(super) fn place(&self, at: i64) -> usize {
        self.after.partition_point(|a| self.base + i64::from(*a) <= at)
    }

    fn start(&self, n: usize) -> usize {
        if n == 0 { 0 } else { self.end(n - 1) + 1 }
    }

    fn end(&self, n: usize) -> usize {
        if n + 1 == self.len() { self.text.len() - 1 } else { usize::from(self.ends[n]) }
    }

    /// The text of a line.
    pub(super) fn line(&self, n: usize) -> &str {
        &self.text[self.start(n)..self.end(n)]
    }

    /// The microsecond of a line.
    pub(super) fn at(&self, n: usize) -> i64 {
        self.base + i64::from(self.after[n])
    }

    /// The microsecond of the first line.
    pub(super) const fn first(&self) -> i64 {
        self.base
    }

    /// The microsecond of the last line.
    pub(super) fn last(&self) -> i64 {
        self.after.last().map_or(self.base, |a| self.base + i64::from(*a))
    }

    /// The tag of a line.
    pub(super) fn tag(&self, n: usize) -> Tag {
        self.tags[n]
    }

    /// The tags of all lines.
    pub(super) fn tags(&self) -> &[Tag] {
        &self.tags
    }

    /// The text of the lines from one on, each with its line end, and where it begins in the chunk.
    pub(super) fn from(&self, n: usize) -> (&str, usize) {
        let start = if n >= self.len() { self.text.len() } else { self.start(n) };
        (&self.text[start..], start)
    }

    /// The line that holds the byte at a place.
    pub(super) fn line_at(&self, place: usize) -> usize {
        let all = self.len().saturating_sub(1);
        self.ends[..all].partition_point(|end| usize::from(*end) < place)
    }

    /// Where a line begins and ends.
    pub(super) fn span(&self, n: usize) -> (usize, usize) {
        (self.start(n), self.end(n))
    }

    /// Gives back memory that no further line is going to need.
    pub(super) fn seal(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.after.shrink_to_fit();
        self.tags.shrink_to_fit();
    }

    /// Bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.text.capacity()
            + 2 * self.ends.capacity()
            + 4 * self.after.capacity()
            + 2 * self.tags.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_keeps_stream_and_level() {
        for level in LEVELS {
            let tag = Tag::new(8191, level);
            assert_eq!((tag.stream(), tag.level()), (8191, level));
        }
    }

    #[test]
    fn a_line_longer_than_a_chunk_stands_alone() {
        let mut chunk = Chunk::default();
        let long = "x".repeat(3 * TEXT);
        assert!(chunk.fits(5, long.len(), TEXT));
        chunk.push(5, Tag::new(1, Level::Info), &long);
        assert_eq!(chunk.line(0), long);
        assert!(!chunk.fits(6, 0, TEXT));
    }

    #[test]
    fn an_hour_and_more_does_not_fit() {
        let mut chunk = Chunk::default();
        chunk.push(0, Tag::new(1, Level::Info), "a");
        assert!(chunk.fits(i64::from(u32::MAX), 1, TEXT));
        assert!(!chunk.fits(i64::from(u32::MAX) + 1, 1, TEXT));
    }
}
