//! Runs log queries over the logs, once or as they grow.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{Labels, parse::LogQuery, select, stage};
use crate::{
    model::Time,
    sim::{Env, logs::LogStream},
};

/// Which lines come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The oldest.
    Forward,
    /// The newest.
    Backward,
}

/// A line of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When it was written.
    pub time: Time,
    /// The text, as the pipeline left it.
    pub text: String,
    /// The labels that are no labels of the stream: Loki's structured metadata, and what parsers found.
    pub extra: Labels,
}

/// The lines of one label set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// The stream's own labels.
    pub labels: Labels,
    /// Its lines in the direction asked for.
    pub entries: Vec<Entry>,
}

impl LogQuery {
    /// The lines after `start` inclusive, before `end` exclusive, at most `limit` over all streams.
    pub fn run(&self, env: &Env, start: Time, end: Time, limit: usize, direction: Direction) -> Vec<Stream> {
        let mut lines = Vec::new();
        for (labels, stream) in select(env, &self.matchers) {
            let labels = Arc::new(labels);
            for line in stream.all().into_iter().filter(|line| line.time >= start && line.time < end) {
                lines.push((line.time, line.text, Arc::clone(&labels)));
            }
        }
        lines.sort_by_key(|(time, ..)| *time);
        if direction == Direction::Backward {
            lines.reverse();
        }
        let mut taken = Vec::new();
        for (time, text, labels) in lines {
            if taken.len() == limit {
                break;
            }
            if let Some(entry) = self.entry(time, &text, &labels) {
                taken.push((labels, entry));
            }
        }
        grouped(taken)
    }

    /// A line through the pipeline.
    pub(super) fn entry(&self, time: Time, text: &str, labels: &Labels) -> Option<Entry> {
        let (text, found) = stage::run(&self.stages, text, labels)?;
        let mut extra: Labels =
            found.into_iter().filter(|(name, value)| labels.get(name) != Some(value)).collect();
        extra.entry("detected_level".into()).or_insert_with(|| stage::level(&text).to_owned());
        Some(Entry { time, text, extra })
    }

    /// What comes from now on; first what came since `start`.
    pub fn tail(&self, start: Time) -> Tail {
        Tail { query: self.clone(), start, read: HashMap::new() }
    }
}

fn grouped(entries: Vec<(Arc<Labels>, Entry)>) -> Vec<Stream> {
    let mut streams: BTreeMap<(Labels, Labels), Stream> = BTreeMap::new();
    for (labels, entry) in entries {
        let key = (Labels::clone(&labels), entry.extra.clone());
        let new = || Stream { labels: Labels::clone(&labels), entries: Vec::new() };
        streams.entry(key).or_insert_with(new).entries.push(entry);
    }
    streams.into_values().collect()
}

/// A query that follows the logs.
#[derive(Debug)]
pub struct Tail {
    query: LogQuery,
    start: Time,
    /// How far each log has been read.
    read: HashMap<usize, (Arc<LogStream>, u64)>,
}

impl Tail {
    /// The lines that have come since the last time, the oldest first, at most `limit`.
    pub fn more(&mut self, env: &Env, limit: usize) -> Vec<Stream> {
        let mut found = Vec::new();
        for (labels, stream) in select(env, &self.query.matchers) {
            let labels = Arc::new(labels);
            let key = Arc::as_ptr(&stream) as usize;
            let (_, from) = self.read.entry(key).or_insert_with(|| (Arc::clone(&stream), 0));
            let (lines, next) = stream.since(*from);
            *from = next;
            for line in lines.into_iter().filter(|line| line.time >= self.start) {
                if let Some(entry) = self.query.entry(line.time, &line.text, &labels) {
                    found.push((Arc::clone(&labels), entry));
                }
            }
        }
        found.sort_by_key(|(_, entry)| entry.time);
        let surplus = found.len().saturating_sub(limit);
        found.drain(..surplus);
        grouped(found)
    }
}
