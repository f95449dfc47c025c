//! A small bounded store of samples: every series is scraped at the same moments, so a sample is one number.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use promql_parser::parser::VectorSelector;

/// How long samples are kept.
const RETENTION: i64 = 3 * 3_600 * 1_000;
/// How old the newest sample may be to count as the value now.
pub(super) const LOOKBACK: i64 = 5 * 60 * 1_000;
/// Says in a series that there was no sample at that moment: Prometheus' staleness marker.
const STALE: u64 = 0x7ff0_0000_0000_0002;

/// The labels of a series by name; the metric's name is `__name__`.
pub type Labels = Arc<Vec<(Arc<str>, Arc<str>)>>;

/// A sample: milliseconds since 1970 and a value.
pub type Point = (i64, f64);

#[derive(Debug)]
pub(super) struct Series {
    pub(super) labels: Labels,
    /// The number of the scrape of the first value.
    first: u64,
    values: VecDeque<f64>,
}

/// The samples of one environment.
#[derive(Debug, Default)]
pub(super) struct Tsdb {
    /// The number of scrapes that have already fallen out.
    first: u64,
    times: VecDeque<i64>,
    series: HashMap<Labels, Series>,
    names: HashMap<Arc<str>, Vec<Labels>>,
}

/// The value of a label; empty when it is missing.
pub(super) fn label<'a>(labels: &'a Labels, name: &str) -> &'a str {
    labels.binary_search_by(|(key, _)| (**key).cmp(name)).map_or("", |at| &labels[at].1)
}

/// Whether a selector takes a label set.
pub(super) fn takes(selector: &VectorSelector, labels: &Labels) -> bool {
    let fits = |m: &promql_parser::label::Matcher| m.is_match(label(labels, &m.name));
    selector.name.as_deref().is_none_or(|name| label(labels, "__name__") == name)
        && selector.matchers.matchers.iter().all(fits)
        && (selector.matchers.or_matchers.is_empty()
            || selector.matchers.or_matchers.iter().any(|all| all.iter().all(fits)))
}

impl Tsdb {
    /// Takes in what a scrape found.
    pub(super) fn append(&mut self, at: i64, samples: Vec<(Labels, f64)>) {
        self.times.push_back(at);
        self.add(samples);
        let mut dropped = false;
        while self.times.front().is_some_and(|first| *first < at - RETENTION) {
            self.times.pop_front();
            self.first += 1;
            dropped = true;
        }
        if dropped {
            self.forget();
        }
    }

    /// Adds samples at the moment of the last scrape.
    pub(super) fn add(&mut self, samples: Vec<(Labels, f64)>) {
        let Some(number) = (self.first + self.times.len() as u64).checked_sub(1) else { return };
        for (labels, value) in samples {
            let series = self.series.entry(labels).or_insert_with_key(|labels| {
                let name =
                    labels.iter().find(|(key, _)| &**key == "__name__").map(|(_, name)| Arc::clone(name));
                self.names.entry(name.unwrap_or_else(|| "".into())).or_default().push(Arc::clone(labels));
                Series { labels: Arc::clone(labels), first: number, values: VecDeque::new() }
            });
            while series.first + (series.values.len() as u64) < number {
                series.values.push_back(f64::from_bits(STALE));
            }
            if series.first + series.values.len() as u64 == number {
                series.values.push_back(value);
            }
        }
    }

    /// Drops values older than the first moment kept, and series without any.
    fn forget(&mut self) {
        let first = self.first;
        self.series.retain(|_, series| {
            while series.first < first && series.values.pop_front().is_some() {
                series.first += 1;
            }
            !series.values.is_empty()
        });
        let held = &self.series;
        self.names.retain(|_, all| {
            all.retain(|labels| held.contains_key(labels));
            !all.is_empty()
        });
    }

    pub(super) fn len(&self) -> usize {
        self.series.len()
    }

    pub(super) fn span(&self) -> Option<(i64, i64)> {
        Some((*self.times.front()?, *self.times.back()?))
    }

    /// The label sets of the series with a sample in a span.
    pub(super) fn within(&self, start: i64, end: i64) -> Vec<Labels> {
        let (from, to) =
            (self.times.partition_point(|t| *t < start), self.times.partition_point(|t| *t <= end));
        let has = |series: &&Series| (from..to).any(|at| self.value(series, at).is_some());
        self.series.values().filter(has).map(|series| Arc::clone(&series.labels)).collect()
    }

    /// The series that a selector takes, by labels.
    pub(super) fn select(&self, selector: &VectorSelector) -> Vec<&Series> {
        let mut found: Vec<&Series> = match &selector.name {
            Some(name) => {
                let labels = self.names.get(name.as_str()).into_iter().flatten();
                labels.filter(|l| takes(selector, l)).filter_map(|l| self.series.get(l)).collect()
            }
            None => self.series.values().filter(|series| takes(selector, &series.labels)).collect(),
        };
        found.sort_by(|a, b| a.labels.cmp(&b.labels));
        found
    }

    fn value(&self, series: &Series, at: usize) -> Option<f64> {
        let place = (self.first + at as u64).checked_sub(series.first)?;
        let value = *series.values.get(usize::try_from(place).ok()?)?;
        (value.to_bits() != STALE).then_some(value)
    }

    /// The sample that counts at a moment.
    pub(super) fn at(&self, series: &Series, moment: i64) -> Option<Point> {
        let place = self.times.partition_point(|t| *t <= moment).checked_sub(1)?;
        let time = self.times[place];
        if moment - time >= LOOKBACK { None } else { Some((time, self.value(series, place)?)) }
    }

    /// The samples after `moment - range`, up to `moment`.
    pub(super) fn range(&self, series: &Series, moment: i64, range: Duration) -> Vec<Point> {
        let start = moment - range.as_millis() as i64;
        let from = self.times.partition_point(|t| *t <= start);
        let to = self.times.partition_point(|t| *t <= moment);
        (from..to).filter_map(|at| Some((self.times[at], self.value(series, at)?))).collect()
    }
}
