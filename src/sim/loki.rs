//! The simulated Loki: LogQL over everything that the environment's containers have written.

mod eval;
mod metric;
mod parse;
mod stage;

use std::{collections::BTreeMap, sync::Arc};

pub use self::{
    eval::{Direction, Entry, Stream, Tail},
    metric::{Sample, Series},
    parse::{ParseError, Query},
};
use super::{Env, logs::LogStream};
use crate::model::Time;

/// The most lines that one query may ask for; `max_entries_limit_per_query`.
pub const MOST_LINES: usize = 5_000;
/// The longest span of a query in hours; `max_query_length`, 30 days and an hour.
pub const LONGEST_HOURS: i64 = 721;

/// The labels of a stream.
pub type Labels = BTreeMap<String, String>;

/// How much a selector would read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Streams.
    pub streams: u64,
    /// Lines.
    pub entries: u64,
    /// Bytes.
    pub bytes: u64,
}

/// Reads a query.
pub fn parse(text: &str) -> Result<Query, ParseError> {
    parse::query(text)
}

/// Reads a duration as LogQL writes it: `5m`, `1h30m`, `250ms`.
pub fn duration(text: &str) -> Option<std::time::Duration> {
    parse::duration(text)
}

/// The labels under which a container's log is held: with the `service_name` that Loki adds.
fn labels(stream: &LogStream) -> Labels {
    let mut labels = stream.labels.clone();
    let service = labels.get("app").or_else(|| labels.get("container")).cloned();
    labels.insert("service_name".into(), service.unwrap_or_else(|| "unknown_service".into()));
    labels
}

/// The logs that a selector takes; all of them without a selector. Pods whose names come back share their labels.
fn select(env: &Env, matchers: &[parse::Matcher]) -> Vec<(Labels, Arc<LogStream>)> {
    let all = env.logs.streams().into_iter().map(|stream| (labels(&stream), stream));
    all.filter(|(labels, _)| matchers.iter().all(|matcher| matcher.matches(labels))).collect()
}

/// The label sets with lines in a span, that any of the selectors takes.
pub fn series(env: &Env, selectors: &[Query], start: Time, end: Time) -> Vec<Labels> {
    let mut found: Vec<Labels> = Vec::new();
    for (labels, stream) in select(env, &[]) {
        let wanted = selectors.is_empty() || selectors.iter().any(|query| query.takes(&labels));
        let within = || stream.all().iter().any(|line| line.time >= start && line.time <= end);
        if wanted && !found.contains(&labels) && within() {
            found.push(labels);
        }
    }
    found.sort();
    found
}

/// The names of the labels of all logs with lines in a span, or the values of one of them.
pub fn names(env: &Env, selectors: &[Query], of: Option<&str>, start: Time, end: Time) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for labels in series(env, selectors, start, end) {
        match of {
            Some(name) => found.extend(labels.get(name).cloned()),
            None => found.extend(labels.into_keys()),
        }
    }
    found.sort();
    found.dedup();
    found
}

/// How much a selector would read.
pub fn stats(env: &Env, query: &Query, start: Time, end: Time) -> Stats {
    let mut stats = Stats::default();
    for (labels, stream) in select(env, &[]) {
        if !query.takes(&labels) {
            continue;
        }
        let lines = stream.all();
        let within = lines.iter().filter(|line| line.time >= start && line.time <= end);
        let sizes: Vec<u64> = within.map(|line| line.text.len() as u64).collect();
        if !sizes.is_empty() {
            stats.streams += 1;
            stats.entries += sizes.len() as u64;
            stats.bytes += sizes.iter().sum::<u64>();
        }
    }
    stats
}

#[cfg(test)]
mod tests;
