//! PromQL's functions.

use std::collections::BTreeMap;

use promql_parser::parser::{Call, Expr};
use regex::Regex;

use super::{
    eval::{EvalError, Evaluator, Row, Sample, Value, bound, keep, mapped, nameless, quantile, with},
    tsdb::{Labels, Point, label},
};

type Result<T> = std::result::Result<T, EvalError>;

pub(super) fn call(eval: &Evaluator<'_>, call: &Call, at: i64) -> Result<Value> {
    let name = call.func.name;
    let args: Vec<&Expr> = call.args.args.iter().map(AsRef::as_ref).collect();
    if let Some(fold) = over_time(name) {
        let rows = eval.rows(args[0], at)?;
        let keeps_name = name == "last_over_time";
        return Ok(Value::Vector(folded(rows, at, keeps_name, fold)));
    }
    match name {
        "rate" | "increase" | "delta" => {
            let Some((range, offset)) = window(args[0]) else {
                return Err(EvalError::Execution(format!("{name} needs a range vector")));
            };
            let rows = eval.rows(args[0], at)?;
            let end = at - offset;
            let value =
                |points: &[Point]| extrapolated(points, end - range, end, name != "delta", name == "rate");
            Ok(Value::Vector(folded(rows, at, false, value)))
        }
        "quantile_over_time" => {
            let q = eval.scalar(args[0], at)?;
            let rows = eval.rows(args[1], at)?;
            let value = |points: &[Point]| Some(quantile(q, points.iter().map(|point| point.1).collect()));
            Ok(Value::Vector(folded(rows, at, false, value)))
        }
        "predict_linear" => {
            let rows = eval.rows(args[0], at)?;
            let ahead = eval.scalar(args[1], at)?;
            let value = |points: &[Point]| line(points, at).map(|(slope, now)| now + slope * ahead);
            Ok(Value::Vector(folded(rows, at, false, value)))
        }
        "absent_over_time" => {
            let rows = eval.rows(args[0], at)?;
            Ok(Value::Vector(absent(rows.is_empty(), args[0], at)))
        }
        "absent" => {
            let samples = eval.vector(args[0], at)?;
            Ok(Value::Vector(absent(samples.is_empty(), args[0], at)))
        }
        "histogram_quantile" => {
            let q = eval.scalar(args[0], at)?;
            Ok(Value::Vector(histogram(q, eval.vector(args[1], at)?)))
        }
        "time" => Ok(Value::Scalar(at as f64 / 1_000.0)),
        "vector" => {
            let value = eval.scalar(args[0], at)?;
            Ok(Value::Vector(vec![Sample { labels: Labels::default(), value, at }]))
        }
        "scalar" => {
            let samples = eval.vector(args[0], at)?;
            Ok(Value::Scalar(if let [only] = samples.as_slice() { only.value } else { f64::NAN }))
        }
        "timestamp" => {
            let samples = eval.vector(args[0], at)?;
            let stamp = |s: Sample| Sample { labels: nameless(&s.labels), value: s.at as f64 / 1_000.0, at };
            Ok(Value::Vector(samples.into_iter().map(stamp).collect()))
        }
        "sort" | "sort_desc" => {
            let mut samples = eval.vector(args[0], at)?;
            samples.sort_by(|a, b| a.value.total_cmp(&b.value));
            if name == "sort_desc" {
                samples.reverse();
            }
            Ok(Value::Vector(samples))
        }
        "label_replace" => label_replace(eval, &args, at),
        "label_join" => label_join(eval, &args, at),
        _ => number(eval, name, &args, at),
    }
}

/// The functions that change every number by itself.
fn number(eval: &Evaluator<'_>, name: &str, args: &[&Expr], at: i64) -> Result<Value> {
    let param = |at_arg: usize, usual: f64| match args.get(at_arg) {
        Some(arg) => eval.scalar(arg, at),
        None => Ok(usual),
    };
    let (low, high) = match name {
        "clamp" => (param(1, 0.0)?, param(2, 0.0)?),
        "clamp_min" => (param(1, 0.0)?, f64::INFINITY),
        "clamp_max" => (f64::NEG_INFINITY, param(1, 0.0)?),
        "round" => (param(1, 1.0)?, 0.0),
        _ => (0.0, 0.0),
    };
    if name == "clamp" && low > high {
        return Ok(Value::Vector(Vec::new()));
    }
    let change: Box<dyn Fn(f64) -> f64> = match name {
        "abs" => Box::new(f64::abs),
        "ceil" => Box::new(f64::ceil),
        "floor" => Box::new(f64::floor),
        "exp" => Box::new(f64::exp),
        "ln" => Box::new(f64::ln),
        "log2" => Box::new(f64::log2),
        "log10" => Box::new(f64::log10),
        "sqrt" => Box::new(f64::sqrt),
        "sgn" => Box::new(|value: f64| if value == 0.0 || value.is_nan() { value } else { value.signum() }),
        "round" => Box::new(move |value: f64| (value / low + 0.5).floor() * low),
        "clamp" | "clamp_min" | "clamp_max" => {
            Box::new(move |value: f64| if value.is_nan() { value } else { value.max(low).min(high) })
        }
        "minute" => Box::new(|value: f64| (value / 60.0).floor().rem_euclid(60.0)),
        "hour" => Box::new(|value: f64| (value / 3_600.0).floor().rem_euclid(24.0)),
        "day_of_week" => Box::new(|value: f64| ((value / 86_400.0).floor() + 4.0).rem_euclid(7.0)),
        _ => return Err(EvalError::Execution(format!("function {name:?} is not available here"))),
    };
    let samples = match args.first() {
        Some(arg) => eval.vector(arg, at)?,
        None => vec![Sample { labels: Labels::default(), value: at as f64 / 1_000.0, at }],
    };
    Ok(Value::Vector(mapped(samples, change)))
}

fn folded(rows: Vec<Row>, at: i64, named: bool, fold: impl Fn(&[Point]) -> Option<f64>) -> Vec<Sample> {
    let one = |row: Row| {
        let labels = if named { row.labels.clone() } else { nameless(&row.labels) };
        Some(Sample { labels, value: fold(&row.points)?, at })
    };
    rows.into_iter().filter_map(one).collect()
}

/// Makes one number of a series' samples; none when there is nothing to say.
type Fold = fn(&[Point]) -> Option<f64>;

/// The functions of one series' samples that need nothing else.
fn over_time(name: &str) -> Option<Fold> {
    fn values(points: &[Point]) -> impl Iterator<Item = f64> {
        points.iter().map(|point| point.1)
    }
    fn mean(points: &[Point]) -> f64 {
        values(points).sum::<f64>() / points.len() as f64
    }
    fn variance(points: &[Point]) -> f64 {
        let mean = mean(points);
        values(points).map(|value| (value - mean).powi(2)).sum::<f64>() / points.len() as f64
    }
    Some(match name {
        "avg_over_time" => |points| Some(mean(points)),
        "sum_over_time" => |points| Some(values(points).sum()),
        "min_over_time" => |points| values(points).reduce(f64::min),
        "max_over_time" => |points| values(points).reduce(f64::max),
        "count_over_time" => |points| Some(points.len() as f64),
        "last_over_time" => |points| points.last().map(|point| point.1),
        "present_over_time" => |_| Some(1.0),
        "stddev_over_time" => |points| Some(variance(points).sqrt()),
        "stdvar_over_time" => |points| Some(variance(points)),
        "changes" => |points| {
            let differs = |pair: &&[Point]| {
                pair[0].1.to_bits() != pair[1].1.to_bits() && !(pair[0].1.is_nan() && pair[1].1.is_nan())
            };
            Some(points.windows(2).filter(differs).count() as f64)
        },
        "resets" => |points| Some(points.windows(2).filter(|pair| pair[1].1 < pair[0].1).count() as f64),
        "irate" => |points| {
            let [.., before, last] = points else { return None };
            let rise = if last.1 < before.1 { last.1 } else { last.1 - before.1 };
            Some(rise * 1_000.0 / (last.0 - before.0) as f64)
        },
        "idelta" => |points| {
            let [.., before, last] = points else { return None };
            Some(last.1 - before.1)
        },
        "deriv" => |points| line(points, points.first()?.0).map(|(slope, _)| slope),
        _ => return None,
    })
}

/// The range and the offset of a range vector, in milliseconds.
fn window(expr: &Expr) -> Option<(i64, i64)> {
    use promql_parser::parser::Offset;
    let millis = |offset: Option<&Offset>| match offset {
        None => 0,
        Some(Offset::Pos(by)) => by.as_millis() as i64,
        Some(Offset::Neg(by)) => -(by.as_millis() as i64),
    };
    match expr {
        Expr::MatrixSelector(m) => Some((m.range.as_millis() as i64, millis(m.vs.offset.as_ref()))),
        Expr::Subquery(s) => Some((s.range.as_millis() as i64, millis(s.offset.as_ref()))),
        Expr::Paren(inner) => window(&inner.expr),
        _ => None,
    }
}

/// Prometheus' `extrapolatedRate`: the rise over the samples, stretched towards the ends of the range.
fn extrapolated(points: &[Point], start: i64, end: i64, counter: bool, per_second: bool) -> Option<f64> {
    let [first, .., last] = points else { return None };
    let mut rise = last.1 - first.1;
    if counter {
        rise += points.windows(2).filter(|pair| pair[1].1 < pair[0].1).map(|pair| pair[0].1).sum::<f64>();
    }
    let sampled = (last.0 - first.0) as f64 / 1_000.0;
    let each = sampled / (points.len() - 1) as f64;
    let mut to_start = (first.0 - start) as f64 / 1_000.0;
    let mut to_end = (end - last.0) as f64 / 1_000.0;
    let near = each * 1.1;
    if to_start >= near {
        to_start = each / 2.0;
    }
    if counter && rise > 0.0 && first.1 >= 0.0 {
        // A counter cannot have been below zero.
        to_start = to_start.min(sampled * (first.1 / rise));
    }
    if to_end >= near {
        to_end = each / 2.0;
    }
    let mut factor = (sampled + to_start + to_end) / sampled;
    if per_second {
        factor /= (end - start) as f64 / 1_000.0;
    }
    Some(rise * factor)
}

/// The straight line through samples: its slope in a second and its value at a moment.
fn line(points: &[Point], at: i64) -> Option<(f64, f64)> {
    if points.len() < 2 {
        return None;
    }
    let count = points.len() as f64;
    let x = |point: &Point| (point.0 - at) as f64 / 1_000.0;
    let (mut sx, mut sy, mut sxy, mut sxx) = (0.0, 0.0, 0.0, 0.0);
    for point in points {
        sx += x(point);
        sy += point.1;
        sxy += x(point) * point.1;
        sxx += x(point) * x(point);
    }
    let slope = (sxy - sx * sy / count) / (sxx - sx * sx / count);
    Some((slope, sy / count - slope * sx / count))
}

/// One sample with the selector's plain labels when nothing was there.
fn absent(empty: bool, expr: &Expr, at: i64) -> Vec<Sample> {
    if !empty {
        return Vec::new();
    }
    let matchers = match expr {
        Expr::VectorSelector(selector) => Some(&selector.matchers),
        Expr::MatrixSelector(selector) => Some(&selector.vs.matchers),
        _ => None,
    };
    let mut labels = Labels::default();
    for matcher in matchers.into_iter().flat_map(|matchers| &matchers.matchers) {
        if matches!(matcher.op, promql_parser::label::MatchOp::Equal) && matcher.name != "__name__" {
            labels = with(&labels, &matcher.name, &matcher.value);
        }
    }
    vec![Sample { labels, value: 1.0, at }]
}

/// The quantile of classic histograms: linear within the bucket that holds it.
fn histogram(q: f64, samples: Vec<Sample>) -> Vec<Sample> {
    let mut groups: BTreeMap<Labels, (i64, Vec<(f64, f64)>)> = BTreeMap::new();
    for sample in samples {
        let Some(bound) = bound(&sample.labels) else { continue };
        let key = keep(&sample.labels, |name| name != "le" && name != "__name__");
        let group = groups.entry(key).or_insert_with(|| (sample.at, Vec::new()));
        group.1.push((bound, sample.value));
    }
    let quantiles = groups.into_iter().map(|(labels, (at, mut buckets))| {
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        Sample { labels, value: in_buckets(q, &buckets), at }
    });
    quantiles.collect()
}

fn in_buckets(q: f64, buckets: &[(f64, f64)]) -> f64 {
    if q.is_nan() || buckets.len() < 2 || buckets.last().is_none_or(|last| last.0.is_finite()) {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    let total = buckets[buckets.len() - 1].1;
    if total == 0.0 || total.is_nan() {
        return f64::NAN;
    }
    let rank = q * total;
    let at = buckets.iter().position(|bucket| bucket.1 >= rank).unwrap_or(buckets.len() - 1);
    if at == buckets.len() - 1 {
        return buckets[at - 1].0;
    }
    let (end, count) = buckets[at];
    if at == 0 && end <= 0.0 {
        return end;
    }
    let (start, before) = if at == 0 { (0.0, 0.0) } else { buckets[at - 1] };
    start + (end - start) * (rank - before) / (count - before)
}

fn text(eval: &Evaluator<'_>, expr: &Expr, at: i64) -> Result<String> {
    match eval.eval(expr, at)? {
        Value::Text(text) => Ok(text),
        _ => Err(EvalError::Execution("expected a string".into())),
    }
}

fn label_replace(eval: &Evaluator<'_>, args: &[&Expr], at: i64) -> Result<Value> {
    let samples = eval.vector(args[0], at)?;
    let (target, replacement) = (text(eval, args[1], at)?, text(eval, args[2], at)?);
    let (source, expression) = (text(eval, args[3], at)?, text(eval, args[4], at)?);
    let regex = Regex::new(&format!("^(?s:{expression})$")).map_err(|_| {
        EvalError::Execution(format!("invalid regular expression in label_replace(): {expression}"))
    })?;
    let one = |sample: Sample| {
        let Some(found) = regex.captures(label(&sample.labels, &source)) else { return sample };
        let mut value = String::new();
        found.expand(&replacement, &mut value);
        Sample { labels: with(&sample.labels, &target, &value), ..sample }
    };
    Ok(Value::Vector(samples.into_iter().map(one).collect()))
}

fn label_join(eval: &Evaluator<'_>, args: &[&Expr], at: i64) -> Result<Value> {
    let samples = eval.vector(args[0], at)?;
    let (target, separator) = (text(eval, args[1], at)?, text(eval, args[2], at)?);
    let sources = args[3..].iter().map(|arg| text(eval, arg, at)).collect::<Result<Vec<_>>>()?;
    let one = |sample: Sample| {
        let parts: Vec<_> = sources.iter().map(|source| label(&sample.labels, source)).collect();
        Sample { labels: with(&sample.labels, &target, &parts.join(&separator)), ..sample }
    };
    Ok(Value::Vector(samples.into_iter().map(one).collect()))
}
