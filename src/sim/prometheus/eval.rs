//! Evaluates PromQL: values, selectors, aggregation; functions and operators have their own files.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap},
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant, UNIX_EPOCH},
};

use promql_parser::parser::{
    AggregateExpr, AtModifier, Expr, LabelModifier, MatrixSelector, Offset, SubqueryExpr, VectorSelector,
    token::{
        T_AVG, T_BOTTOMK, T_COUNT, T_COUNT_VALUES, T_GROUP, T_MAX, T_MIN, T_QUANTILE, T_STDDEV, T_STDVAR,
        T_SUM, T_TOPK,
    },
};

use super::{
    Span, function, operator,
    tsdb::{Labels, Point, Series, Tsdb, label},
};

/// The most samples that a query may touch; `query.max-samples`.
const MOST_SAMPLES: usize = 50_000_000;

/// Why a query has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvalError {
    /// The expression is not well formed; 400.
    Parse(String),
    /// It cannot be evaluated; 422.
    Execution(String),
    /// It took too long; 503.
    Timeout,
}

/// One series of a result.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its labels.
    pub labels: Labels,
    /// Its samples by time.
    pub points: Vec<Point>,
}

/// One element of an instant vector.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Its labels.
    pub labels: Labels,
    /// Its value.
    pub value: f64,
    /// When it was taken, in milliseconds since 1970.
    pub at: i64,
}

/// What an expression comes to at one moment.
#[derive(Clone, Debug)]
pub enum Value {
    /// A number.
    Scalar(f64),
    /// One number per label set.
    Vector(Vec<Sample>),
    /// Several samples per label set.
    Matrix(Vec<Row>),
    /// A text.
    Text(String),
}

/// Reads an expression; the error is in the words of Prometheus where they are known.
pub(super) fn parse(text: &str) -> Result<Expr, EvalError> {
    if text.trim().is_empty() {
        return Err(EvalError::Parse("1:1: parse error: no expression found in input".into()));
    }
    promql_parser::parser::parse(text).map_err(|error| {
        let open = text.matches('(').count() > text.matches(')').count();
        let at = text.chars().count() + 1;
        EvalError::Parse(if open {
            format!("1:{at}: parse error: unclosed left parenthesis")
        } else {
            format!("1:1: parse error: {}", error.trim_end())
        })
    })
}

/// Reads a series selector.
pub(super) fn selector(text: &str) -> Result<VectorSelector, EvalError> {
    match parse(text)? {
        Expr::VectorSelector(selector) => Ok(selector),
        _ => Err(EvalError::Parse(
            "1:1: parse error: unexpected expression, expected a series selector".into(),
        )),
    }
}

type Cache<'a> = RefCell<HashMap<usize, Rc<Vec<&'a Series>>>>;

pub(super) struct Evaluator<'a> {
    db: &'a Tsdb,
    deadline: Instant,
    samples: Cell<usize>,
    cache: Cache<'a>,
    span: Cell<Option<Span>>,
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(db: &'a Tsdb, timeout: Duration) -> Self {
        Self {
            db,
            deadline: Instant::now() + timeout,
            samples: Cell::new(0),
            cache: RefCell::default(),
            span: Cell::new(None),
        }
    }

    /// Evaluates at every step of a span.
    pub(super) fn range(&self, expr: &Expr, span: Span) -> Result<Vec<Row>, EvalError> {
        self.span.set(Some(span));
        let mut rows: BTreeMap<Labels, Vec<Point>> = BTreeMap::new();
        let mut at = span.start;
        while at <= span.end {
            match self.eval(expr, at)? {
                Value::Scalar(value) => rows.entry(Labels::default()).or_default().push((at, value)),
                Value::Vector(samples) => {
                    for sample in samples {
                        rows.entry(sample.labels).or_default().push((at, sample.value));
                    }
                }
                Value::Matrix(_) | Value::Text(_) => {
                    return Err(EvalError::Parse(
                        "invalid expression type \"range vector\" for range query, must be Scalar or instant Vector".into(),
                    ));
                }
            }
            at += span.step;
        }
        Ok(rows.into_iter().map(|(labels, points)| Row { labels, points }).collect())
    }

    fn spend(&self, samples: usize) -> Result<(), EvalError> {
        self.samples.set(self.samples.get() + samples);
        if self.samples.get() > MOST_SAMPLES {
            let text = "query processing would load too many samples into memory in query execution";
            return Err(EvalError::Execution(text.into()));
        }
        if Instant::now() >= self.deadline { Err(EvalError::Timeout) } else { Ok(()) }
    }

    /// Evaluates at one moment.
    pub(super) fn eval(&self, expr: &Expr, at: i64) -> Result<Value, EvalError> {
        self.spend(1)?;
        match expr {
            Expr::NumberLiteral(number) => Ok(Value::Scalar(number.val)),
            Expr::StringLiteral(text) => Ok(Value::Text(text.val.clone())),
            Expr::Paren(inner) => self.eval(&inner.expr, at),
            Expr::Unary(inner) => match self.eval(&inner.expr, at)? {
                Value::Scalar(value) => Ok(Value::Scalar(-value)),
                Value::Vector(samples) => Ok(Value::Vector(mapped(samples, |value| -value))),
                other => Ok(other),
            },
            Expr::VectorSelector(selector) => self.instant(selector, at),
            Expr::MatrixSelector(selector) => self.matrix(selector, at).map(Value::Matrix),
            Expr::Subquery(subquery) => self.subquery(subquery, at).map(Value::Matrix),
            Expr::Aggregate(aggregate) => self.aggregate(aggregate, at),
            Expr::Binary(binary) => operator::binary(self, binary, at),
            Expr::Call(call) => function::call(self, call, at),
            Expr::Extension(_) => Err(EvalError::Execution("unknown expression".into())),
        }
    }

    /// Evaluates to a number.
    pub(super) fn scalar(&self, expr: &Expr, at: i64) -> Result<f64, EvalError> {
        match self.eval(expr, at)? {
            Value::Scalar(value) => Ok(value),
            _ => Err(EvalError::Execution("expected a scalar".into())),
        }
    }

    /// Evaluates to a vector; a number is a vector without labels.
    pub(super) fn vector(&self, expr: &Expr, at: i64) -> Result<Vec<Sample>, EvalError> {
        match self.eval(expr, at)? {
            Value::Vector(samples) => Ok(samples),
            Value::Scalar(value) => Ok(vec![Sample { labels: Labels::default(), value, at }]),
            _ => Err(EvalError::Execution("expected an instant vector".into())),
        }
    }

    /// Evaluates to several samples per label set.
    pub(super) fn rows(&self, expr: &Expr, at: i64) -> Result<Vec<Row>, EvalError> {
        match self.eval(expr, at)? {
            Value::Matrix(rows) => Ok(rows),
            _ => Err(EvalError::Execution("expected a range vector".into())),
        }
    }

    fn moment(&self, at: i64, modifier: Option<&AtModifier>, offset: Option<&Offset>) -> i64 {
        let span = self.span.get();
        let base = match modifier {
            None => at,
            Some(AtModifier::Start) => span.map_or(at, |span| span.start),
            Some(AtModifier::End) => span.map_or(at, |span| span.end),
            Some(AtModifier::At(time)) => {
                time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
            }
        };
        match offset {
            None => base,
            Some(Offset::Pos(by)) => base - by.as_millis() as i64,
            Some(Offset::Neg(by)) => base + by.as_millis() as i64,
        }
    }

    /// The series of a selector, found once in a query.
    fn select(&self, selector: &VectorSelector) -> Rc<Vec<&'a Series>> {
        let key = std::ptr::from_ref(selector) as usize;
        if let Some(found) = self.cache.borrow().get(&key) {
            return Rc::clone(found);
        }
        let found = Rc::new(self.db.select(selector));
        self.cache.borrow_mut().insert(key, Rc::clone(&found));
        found
    }

    fn instant(&self, selector: &VectorSelector, at: i64) -> Result<Value, EvalError> {
        let moment = self.moment(at, selector.at.as_ref(), selector.offset.as_ref());
        let series = self.select(selector);
        self.spend(series.len())?;
        let sample = |series: &&Series| {
            let (time, value) = self.db.at(series, moment)?;
            Some(Sample { labels: Arc::clone(&series.labels), value, at: time })
        };
        Ok(Value::Vector(series.iter().filter_map(sample).collect()))
    }

    fn matrix(&self, selector: &MatrixSelector, at: i64) -> Result<Vec<Row>, EvalError> {
        let moment = self.moment(at, selector.vs.at.as_ref(), selector.vs.offset.as_ref());
        let mut rows = Vec::new();
        for series in self.select(&selector.vs).iter() {
            let points = self.db.range(series, moment, selector.range);
            self.spend(points.len())?;
            if !points.is_empty() {
                rows.push(Row { labels: Arc::clone(&series.labels), points });
            }
        }
        Ok(rows)
    }

    fn subquery(&self, subquery: &SubqueryExpr, at: i64) -> Result<Vec<Row>, EvalError> {
        let end = self.moment(at, subquery.at.as_ref(), subquery.offset.as_ref());
        let step = subquery.step.unwrap_or(super::INTERVAL).as_millis().max(1) as i64;
        let start = end - subquery.range.as_millis() as i64;
        let mut rows: BTreeMap<Labels, Vec<Point>> = BTreeMap::new();
        let mut moment = (start.div_euclid(step) + 1) * step;
        while moment <= end {
            for sample in self.vector(&subquery.expr, moment)? {
                rows.entry(sample.labels).or_default().push((moment, sample.value));
            }
            moment += step;
        }
        Ok(rows.into_iter().map(|(labels, points)| Row { labels, points }).collect())
    }

    fn aggregate(&self, aggregate: &AggregateExpr, at: i64) -> Result<Value, EvalError> {
        let samples = self.vector(&aggregate.expr, at)?;
        let op = aggregate.op.id();
        let param = aggregate.param.as_deref();
        let count_label = match (op, param) {
            (T_COUNT_VALUES, Some(param)) => match self.eval(param, at)? {
                Value::Text(name) => Some(name),
                _ => return Err(EvalError::Execution("count_values needs a label name".into())),
            },
            _ => None,
        };
        let number = match (op, param) {
            (T_TOPK | T_BOTTOMK | T_QUANTILE, Some(param)) => self.scalar(param, at)?,
            _ => 0.0,
        };
        let mut groups: BTreeMap<Labels, Vec<Sample>> = BTreeMap::new();
        for sample in samples {
            let mut key = grouping(&sample.labels, aggregate.modifier.as_ref());
            if let Some(name) = &count_label {
                key = with(&key, name, &number_text(sample.value));
            }
            groups.entry(key).or_default().push(sample);
        }
        if matches!(op, T_TOPK | T_BOTTOMK) {
            return Ok(Value::Vector(ranked(groups, op == T_TOPK, number)));
        }
        let folded = groups.into_iter().map(|(labels, samples)| {
            let values: Vec<f64> = samples.iter().map(|sample| sample.value).collect();
            Sample { labels, value: fold(op, &values, number), at }
        });
        Ok(Value::Vector(folded.collect()))
    }
}

/// The first `count` of every group by value.
fn ranked(groups: BTreeMap<Labels, Vec<Sample>>, highest: bool, count: f64) -> Vec<Sample> {
    let keep = if count >= 1.0 { count as usize } else { 0 };
    let mut out = Vec::new();
    for (_, mut samples) in groups {
        samples.sort_by(|a, b| {
            let order = a.value.is_nan().cmp(&b.value.is_nan());
            let by_value = if highest { b.value.total_cmp(&a.value) } else { a.value.total_cmp(&b.value) };
            order.then(by_value)
        });
        samples.truncate(keep);
        out.extend(samples);
    }
    out
}

fn fold(op: u16, values: &[f64], number: f64) -> f64 {
    let count = values.len() as f64;
    let sum = || values.iter().sum::<f64>();
    let variance = || {
        let mean = sum() / count;
        values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count
    };
    match op {
        T_SUM => sum(),
        T_AVG => sum() / count,
        T_MIN => values.iter().copied().fold(f64::NAN, f64::min),
        T_MAX => values.iter().copied().fold(f64::NAN, f64::max),
        T_COUNT | T_COUNT_VALUES => count,
        T_GROUP => 1.0,
        T_STDVAR => variance(),
        T_STDDEV => variance().sqrt(),
        T_QUANTILE => quantile(number, values.to_vec()),
        _ => f64::NAN,
    }
}

/// The quantile of some values, between the two nearest.
pub(super) fn quantile(q: f64, mut values: Vec<f64>) -> f64 {
    if values.is_empty() || q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    values.sort_by(f64::total_cmp);
    let rank = q * (values.len() - 1) as f64;
    let (lower, upper) = (rank.floor() as usize, (rank.floor() as usize + 1).min(values.len() - 1));
    let weight = rank - rank.floor();
    values[lower] * (1.0 - weight) + values[upper] * weight
}

/// The same vector with other values, and without metric names.
pub(super) fn mapped(samples: Vec<Sample>, change: impl Fn(f64) -> f64) -> Vec<Sample> {
    let change =
        |sample: Sample| Sample { labels: nameless(&sample.labels), value: change(sample.value), ..sample };
    samples.into_iter().map(change).collect()
}

/// The labels without the metric's name.
pub(super) fn nameless(labels: &Labels) -> Labels {
    if labels.first().is_some_and(|(name, _)| &**name == "__name__") {
        return Arc::new(labels[1..].to_vec());
    }
    keep(labels, |name| name != "__name__")
}

/// The labels whose names pass.
pub(super) fn keep(labels: &Labels, pass: impl Fn(&str) -> bool) -> Labels {
    Arc::new(labels.iter().filter(|(name, _)| pass(name)).cloned().collect())
}

/// The labels with one more, or one changed, or one taken away by an empty value.
pub(super) fn with(labels: &Labels, name: &str, value: &str) -> Labels {
    let mut changed: Vec<_> = labels.iter().filter(|(key, _)| &**key != name).cloned().collect();
    if !value.is_empty() {
        let at = changed.partition_point(|(key, _)| &**key < name);
        changed.insert(at, (name.into(), value.into()));
    }
    Arc::new(changed)
}

/// The labels that an aggregation keeps.
fn grouping(labels: &Labels, modifier: Option<&LabelModifier>) -> Labels {
    match modifier {
        None => Labels::default(),
        Some(LabelModifier::Include(names)) => {
            keep(labels, |name| names.labels.iter().any(|kept| kept == name))
        }
        Some(LabelModifier::Exclude(names)) => {
            keep(labels, |name| name != "__name__" && !names.labels.iter().any(|dropped| dropped == name))
        }
    }
}

/// A number as Prometheus writes it in JSON: the shortest digits, an exponent only for the very large and small.
pub fn number_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    let size = value.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{value:e}");
        return match text.split_once('e') {
            Some((digits, power)) if !power.starts_with('-') => format!("{digits}e+{power}"),
            _ => text,
        };
    }
    format!("{value}")
}

/// The upper bound of a histogram's bucket.
pub(super) fn bound(labels: &Labels) -> Option<f64> {
    match label(labels, "le") {
        "+Inf" => Some(f64::INFINITY),
        text => text.parse().ok(),
    }
}
