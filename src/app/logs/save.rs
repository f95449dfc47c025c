//! What is shown, as text for a file.

use std::{
    io::{self, Write},
    sync::Arc,
};

use super::{
    LogBook,
    chunk::Chunk,
    scan::Sieve,
    store::{MARK, Streams},
};
use crate::model::{Time, text};

/// The lines that are shown at a moment. It shares them with the screen, so that it is made at once.
#[derive(Clone, Debug)]
pub struct Saved {
    chunks: Vec<Arc<Chunk>>,
    streams: Streams,
    sieve: Sieve,
}

impl LogBook {
    /// What is shown now.
    pub fn saved(&self) -> Saved {
        Saved {
            chunks: self.store.slots.iter().map(|s| Arc::clone(&s.chunk)).collect(),
            streams: self.store.streams.clone(),
            sieve: self.wanted.sieve.clone(),
        }
    }
}

impl Saved {
    /// Writes the lines: moment in UTC, pod and container, text, safe to print. Returns how many.
    pub fn write(&self, out: &mut impl Write) -> io::Result<usize> {
        let mut count = 0;
        for chunk in &self.chunks {
            let shown = self.sieve.find(chunk, 0, &self.streams);
            let mut next = shown.next(0);
            while let Some(n) = next {
                let at = Time::from_nanos(chunk.at(n).saturating_mul(1000)).timestamp();
                let stream = chunk.tag(n).stream();
                let line = text::one_line(chunk.line(n));
                let (origin, container) = &self.streams.all()[stream];
                match (stream, &**container) {
                    (MARK, _) => writeln!(out, "{at:.6} ---- mark {line}")?,
                    (_, "") => writeln!(out, "{at:.6} {} {line}", text::one_line(origin))?,
                    (_, container) => {
                        let origin = text::one_line(origin);
                        writeln!(out, "{at:.6} {origin}/{} {line}", text::one_line(container))?;
                    }
                }
                count += 1;
                next = shown.next(n + 1);
            }
        }
        Ok(count)
    }
}
