//! Reading by `query_range`: pages backwards, so that the newest lines come first and none is lost or doubled.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use super::{Loki, wire};
use crate::{
    connector::{LogSink, http::garbled},
    model::{Fault, FaultKind, LogLine, Str, Time},
};

/// The most lines that a server gives at once (`max_entries_limit_per_query`).
const PAGE: u32 = 5000;
/// Pages overlap in the moment between them: so many lines of one moment may come again.
const OVERLAP: u32 = 200;
/// How many lines when none are asked for.
const TAIL: u32 = 1000;
/// How far back when no time is given; servers refuse long ranges and search them slowly.
const RANGE: Duration = Duration::from_secs(6 * 3600);

/// The newest moment seen and what was seen at and about it, to leave out what comes twice.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub newest: i64,
    /// Nothing of this moment or before is new: it was left out on purpose.
    floor: i64,
    lines: HashSet<(i64, u64)>,
}

impl Seen {
    /// Whether a line is new: neither seen before nor older than what was asked for.
    pub(super) fn take(&mut self, nanos: i64, source: u64, line: &str) -> bool {
        if nanos <= self.floor {
            return false;
        }
        let mut hasher = DefaultHasher::new();
        (source, line).hash(&mut hasher);
        if !self.lines.insert((nanos, hasher.finish())) {
            return false;
        }
        self.newest = self.newest.max(nanos);
        true
    }

    /// Forgets what lies too far back to come again.
    pub(super) fn forget(&mut self, before: i64) {
        if self.lines.len() > 20_000 {
            self.lines.retain(|(nanos, _)| *nanos >= before);
        }
    }
}

/// Which way a page is read.
#[derive(Clone, Copy)]
pub(super) enum Direction {
    Backward,
    Forward,
}

impl Loki {
    /// Lines of a page, in the server's order.
    pub(super) async fn page(
        &self,
        query: &str,
        from: i64,
        to: i64,
        limit: u32,
        direction: Direction,
    ) -> Result<Vec<wire::Stream>, Fault> {
        const WHAT: &str = "query logs";
        let direction = match direction {
            Direction::Backward => "backward",
            Direction::Forward => "forward",
        };
        let call = self.http.get(WHAT, "/loki/api/v1/query_range").query("query", query);
        let call = call.query("start", from.to_string()).query("end", to.to_string());
        let call = call.query("limit", limit.to_string()).query("direction", direction);
        let answer: wire::Response = call.timeout(Duration::from_secs(30)).json().await.map_err(explain)?;
        if answer.data.result_type != "streams" {
            let why = "the query counts lines; ask for the lines themselves: `{label=\"value\"} |= \"text\"`";
            return Err(self.http.fault(FaultKind::Invalid, WHAT, why));
        }
        serde_json::from_value(answer.data.result)
            .map_err(|e| garbled(self.http.system(), WHAT, format!("not log lines: {e}"), false))
    }

    /// Sends the last lines before now, oldest first; returns what was seen.
    pub(super) async fn backward(
        &self,
        query: &str,
        tail: Option<u32>,
        since: Option<Duration>,
        sink: &LogSink,
    ) -> Result<Seen, Fault> {
        let now = self.clock.now();
        let from = now.minus(since.unwrap_or(RANGE)).nanos();
        let wanted = tail.unwrap_or(TAIL);
        let mut seen = Seen { newest: now.nanos(), ..Seen::default() };
        // The end is exclusive: one more, so that a line of this very moment is in.
        let (mut to, mut all) = (now.nanos() + 1, Vec::new());
        while all.len() < wanted as usize {
            let overlap = if all.is_empty() { 0 } else { OVERLAP };
            let limit = (wanted - all.len() as u32 + overlap).clamp(1, PAGE);
            let streams = self.page(query, from, to, limit, Direction::Backward).await?;
            let count: usize = streams.iter().map(|s| s.values.len()).sum();
            let oldest = streams.iter().flat_map(|s| &s.values).map(|e| e.nanos).min();
            let before = all.len();
            self.collect(streams, &mut seen, &mut all);
            // The end of the next page is the oldest line's own moment and one more: others may share it.
            match oldest {
                Some(oldest) if count >= limit as usize && all.len() > before => to = oldest + 1,
                Some(oldest) if count >= limit as usize => to = oldest,
                _ => break,
            }
        }
        // Newest first, lines of one moment too; the sort keeps these in the order in which they were written.
        all.reverse();
        all.sort_by_key(|line: &LogLine| line.at);
        let surplus = all.len().saturating_sub(wanted as usize);
        all.drain(..surplus);
        if let Some(last) = all.last() {
            seen.newest = last.at.nanos();
            seen.floor = seen.newest;
        }
        if !all.is_empty() {
            // A closed sink is noticed by who follows.
            drop(sink.send(all).await);
        }
        Ok(seen)
    }

    /// New lines among streams.
    pub(super) fn collect(&self, streams: Vec<wire::Stream>, seen: &mut Seen, all: &mut Vec<LogLine>) {
        for wire::Stream { stream, values } in streams {
            let (origin, container) = self.origin(&stream);
            // Not by all labels: an answer from history has some (`detected_level`) that a tail has not.
            let mut hasher = DefaultHasher::new();
            (&origin, &container).hash(&mut hasher);
            let source = hasher.finish();
            for entry in values {
                if seen.take(entry.nanos, source, &entry.line) {
                    let text = entry.line.trim_end_matches(['\r', '\n']).into();
                    let (origin, container) = (Str::clone(&origin), Str::clone(&container));
                    all.push(LogLine { at: Time::from_nanos(entry.nanos), origin, container, text });
                }
            }
        }
    }

    /// Where lines with these labels are from: the pod, or what else names a source.
    fn origin(&self, labels: &std::collections::BTreeMap<String, String>) -> (Str, Str) {
        let get = |name: &str| labels.get(name).filter(|v| !v.is_empty());
        let fallback = ["instance", "app", "service_name", "job", "filename"];
        let origin = get(&self.labels.pod)
            .or_else(|| fallback.iter().find_map(|name| get(name)))
            .or_else(|| get(&self.labels.namespace));
        let text = |v: Option<&String>| v.map_or_else(Str::default, |v| self.shared.get(v));
        (text(origin), text(get(&self.labels.container)))
    }
}

/// Adds what Loki's words mean.
pub(super) fn explain(fault: Fault) -> Fault {
    if fault.kind == FaultKind::Unauthenticated && fault.why.contains("no org id") {
        return fault.hint("set `tenant` of this Loki in the configuration");
    }
    if fault.kind == FaultKind::Invalid && fault.why.contains("query time range exceeds") {
        return fault.hint("ask for a shorter time");
    }
    fault
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_twice_is_told_by_time_labels_and_text() {
        let mut seen = Seen::default();
        assert!(seen.take(5, 1, "a"));
        assert!(!seen.take(5, 1, "a"));
        assert!(seen.take(5, 2, "a") && seen.take(5, 1, "b") && seen.take(6, 1, "a"));
        assert_eq!(seen.newest, 6);
    }

    #[test]
    fn entries_may_carry_metadata() {
        // samples/loki/query_range_categorize_labels.json: a third element.
        let body = r#"{"stream":{"app":"api"},"values":[["1795239947538943822","boom",{"structuredMetadata":{"a":"b"}}]]}"#;
        let read: wire::Stream = serde_json::from_str(body).expect("a stream");
        assert_eq!((read.values[0].nanos, read.values[0].line.as_str()), (1_795_239_947_538_943_822, "boom"));
    }
}
