//! Runs metric queries: functions over the lines of a stretch of time, aggregations, arithmetic.

use std::{collections::BTreeMap, time::Duration};

use super::{
    Labels,
    parse::{Metric, RangeQuery},
    select,
};
use crate::{model::Time, sim::Env};

/// One element of a result.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The labels.
    pub labels: Labels,
    /// The value.
    pub value: f64,
}

/// The values of one label set over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The labels.
    pub labels: Labels,
    /// Moments and values.
    pub points: Vec<(Time, f64)>,
}

/// The lines of a range query, read once: labels → (moment, bytes or unwrapped number).
type Read = BTreeMap<Labels, Vec<(Time, f64)>>;

/// A query with its lines read.
enum Ready<'a> {
    Range(&'a RangeQuery, Read),
    Vector(&'a Metric, Box<Ready<'a>>),
    Binary(&'a str, Box<Ready<'a>>, Box<Ready<'a>>),
    Number(f64),
}

impl Metric {
    /// The values at one moment.
    pub fn at(&self, env: &Env, at: Time) -> Vec<Sample> {
        self.ready(env, at, at).at(at)
    }

    /// The values at every step.
    pub fn over(&self, env: &Env, start: Time, end: Time, step: Duration) -> Vec<Series> {
        let ready = self.ready(env, start, end);
        let mut series: BTreeMap<Labels, Vec<(Time, f64)>> = BTreeMap::new();
        let mut at = start;
        while at <= end {
            for sample in ready.at(at) {
                series.entry(sample.labels).or_default().push((at, sample.value));
            }
            at = at.plus(step.max(Duration::from_millis(1)));
        }
        series.into_iter().map(|(labels, points)| Series { labels, points }).collect()
    }

    fn ready(&self, env: &Env, start: Time, end: Time) -> Ready<'_> {
        match self {
            Self::Range(range) => {
                let from = start.minus(range.range + range.offset);
                Ready::Range(range, range.read(env, from, end.minus(range.offset)))
            }
            Self::Vector { inner, .. } => Ready::Vector(self, Box::new(inner.ready(env, start, end))),
            Self::Binary { op, left, right } => Ready::Binary(
                op,
                Box::new(left.ready(env, start, end)),
                Box::new(right.ready(env, start, end)),
            ),
            Self::Number(number) => Ready::Number(*number),
        }
    }
}

impl RangeQuery {
    fn read(&self, env: &Env, start: Time, end: Time) -> Read {
        let bytes = self.op.starts_with("bytes");
        let mut read = Read::new();
        for (stream, log) in select(env, &self.logs.matchers) {
            for line in log.all().into_iter().filter(|line| line.time > start && line.time <= end) {
                let Some(entry) = self.logs.entry(line.time, &line.text, &stream) else { continue };
                let mut labels = stream.clone();
                labels.extend(entry.extra);
                let value = match &self.unwrap {
                    None => Some(if bytes { entry.text.len() as f64 } else { 1.0 }),
                    Some(name) => labels.remove(name).and_then(|value| {
                        value.parse().ok().or_else(|| Some(super::parse::duration(&value)?.as_secs_f64()))
                    }),
                };
                if let Some(value) = value {
                    read.entry(labels).or_default().push((line.time, value));
                }
            }
        }
        for points in read.values_mut() {
            points.sort_by_key(|(time, _)| *time);
        }
        read
    }

    fn fold(&self, values: &[(Time, f64)]) -> f64 {
        let sum: f64 = values.iter().map(|(_, value)| value).sum();
        let numbers = || values.iter().map(|(_, value)| *value);
        match self.op.as_str() {
            "rate" | "bytes_rate" => sum / self.range.as_secs_f64(),
            "avg_over_time" => sum / values.len() as f64,
            "min_over_time" => numbers().fold(f64::NAN, f64::min),
            "max_over_time" => numbers().fold(f64::NAN, f64::max),
            "first_over_time" => values.first().map_or(f64::NAN, |(_, value)| *value),
            "last_over_time" => values.last().map_or(f64::NAN, |(_, value)| *value),
            _ => sum,
        }
    }
}

impl Ready<'_> {
    fn at(&self, at: Time) -> Vec<Sample> {
        match self {
            Self::Number(value) => vec![Sample { labels: Labels::new(), value: *value }],
            Self::Range(range, read) => {
                let end = at.minus(range.offset);
                let start = end.minus(range.range);
                let within = |points: &Vec<(Time, f64)>| {
                    let from = points.partition_point(|(time, _)| *time <= start);
                    let to = points.partition_point(|(time, _)| *time <= end);
                    from..to
                };
                let mut samples = Vec::new();
                for (labels, points) in read {
                    let found = &points[within(points)];
                    if !found.is_empty() {
                        samples.push(Sample { labels: labels.clone(), value: range.fold(found) });
                    }
                }
                if range.op == "absent_over_time" {
                    let value = Sample { labels: Labels::new(), value: 1.0 };
                    return if samples.is_empty() { vec![value] } else { Vec::new() };
                }
                samples
            }
            Self::Vector(metric, inner) => aggregated(metric, inner.at(at)),
            Self::Binary(op, left, right) => {
                let number = |ready: &Ready<'_>| match ready {
                    Ready::Number(number) => Some(*number),
                    _ => None,
                };
                binary(op, left.at(at), right.at(at), number(left), number(right))
            }
        }
    }
}

fn aggregated(metric: &Metric, samples: Vec<Sample>) -> Vec<Sample> {
    let Metric::Vector { op, count, by, .. } = metric else { return samples };
    let mut groups: BTreeMap<Labels, Vec<Sample>> = BTreeMap::new();
    for sample in samples {
        let key = match by {
            None => Labels::new(),
            Some((keep, names)) => sample
                .labels
                .iter()
                .filter(|(name, _)| names.contains(name) == *keep)
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        };
        groups.entry(key).or_default().push(sample);
    }
    let mut out = Vec::new();
    for (labels, mut samples) in groups {
        if matches!(op.as_str(), "topk" | "bottomk") {
            samples.sort_by(|a, b| b.value.total_cmp(&a.value));
            if op == "bottomk" {
                samples.reverse();
            }
            samples.truncate(*count);
            out.extend(samples);
            continue;
        }
        let values: Vec<f64> = samples.iter().map(|sample| sample.value).collect();
        let (sum, size) = (values.iter().sum::<f64>(), values.len() as f64);
        let variance = || values.iter().map(|value| (value - sum / size).powi(2)).sum::<f64>() / size;
        let value = match op.as_str() {
            "avg" => sum / size,
            "min" => values.iter().copied().fold(f64::NAN, f64::min),
            "max" => values.iter().copied().fold(f64::NAN, f64::max),
            "count" => size,
            "stdvar" => variance(),
            "stddev" => variance().sqrt(),
            _ => sum,
        };
        out.push(Sample { labels, value });
    }
    out
}

fn binary(
    op: &str,
    left: Vec<Sample>,
    right: Vec<Sample>,
    left_number: Option<f64>,
    right_number: Option<f64>,
) -> Vec<Sample> {
    let apply = |a: f64, b: f64| match op {
        "+" => Some(a + b),
        "-" => Some(a - b),
        "*" => Some(a * b),
        "/" => Some(a / b),
        "%" => Some(a % b),
        ">" => (a > b).then_some(a),
        "<" => (a < b).then_some(a),
        ">=" => (a >= b).then_some(a),
        "<=" => (a <= b).then_some(a),
        "==" => ((a - b).abs() <= f64::EPSILON).then_some(a),
        _ => ((a - b).abs() > f64::EPSILON).then_some(a),
    };
    let comparison = matches!(op, ">" | "<" | ">=" | "<=" | "==" | "!=");
    let mut out = Vec::new();
    match (left_number, right_number) {
        (_, Some(number)) => {
            for sample in left {
                out.extend(apply(sample.value, number).map(|value| Sample { value, ..sample }));
            }
        }
        (Some(number), None) => {
            for sample in right {
                let value =
                    apply(number, sample.value).map(|value| if comparison { sample.value } else { value });
                out.extend(value.map(|value| Sample { value, ..sample }));
            }
        }
        (None, None) => {
            for sample in left {
                let other = right.iter().find(|other| other.labels == sample.labels);
                let value = other.and_then(|other| apply(sample.value, other.value));
                out.extend(value.map(|value| Sample { value, ..sample }));
            }
        }
    }
    out
}
