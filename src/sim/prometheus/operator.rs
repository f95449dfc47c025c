//! PromQL's binary operators: arithmetic, comparison, sets, and how vectors are matched.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use promql_parser::parser::{
    BinModifier, BinaryExpr, LabelModifier, VectorMatchCardinality,
    token::{
        T_ADD, T_ATAN2, T_DIV, T_EQLC, T_GTE, T_GTR, T_LAND, T_LOR, T_LSS, T_LTE, T_LUNLESS, T_MOD, T_MUL,
        T_NEQ, T_POW, T_SUB,
    },
};

use super::{
    eval::{EvalError, Evaluator, Sample, Value, keep, nameless, with},
    tsdb::{Labels, label},
};

pub(super) fn binary(eval: &Evaluator<'_>, expr: &BinaryExpr, at: i64) -> Result<Value, EvalError> {
    let op = expr.op.id();
    let compares = expr.op.is_comparison_operator();
    let modifier = expr.modifier.as_ref();
    let as_bool = modifier.is_some_and(|modifier| modifier.return_bool);
    let (left, right) = (eval.eval(&expr.lhs, at)?, eval.eval(&expr.rhs, at)?);
    match (left, right) {
        (Value::Scalar(left), Value::Scalar(right)) => {
            let (value, holds) = apply(op, left, right);
            Ok(Value::Scalar(if compares { f64::from(u8::from(holds)) } else { value }))
        }
        (Value::Vector(left), Value::Scalar(right)) => {
            let one = |sample: Sample| {
                let (value, holds) = apply(op, sample.value, right);
                kept(sample, value, holds, compares, as_bool)
            };
            Ok(Value::Vector(left.into_iter().filter_map(one).collect()))
        }
        (Value::Scalar(left), Value::Vector(right)) => {
            let one = |sample: Sample| {
                let (value, holds) = apply(op, left, sample.value);
                let held = if compares { sample.value } else { value };
                kept(sample, held, holds, compares, as_bool)
            };
            Ok(Value::Vector(right.into_iter().filter_map(one).collect()))
        }
        (Value::Vector(left), Value::Vector(right)) => {
            if expr.op.is_set_operator() {
                Ok(Value::Vector(sets(op, left, right, modifier)))
            } else {
                matched(op, left, right, modifier, compares, as_bool).map(Value::Vector)
            }
        }
        _ => Err(EvalError::Execution(
            "binary expression must contain only scalar and instant vector types".into(),
        )),
    }
}

/// The value of an operation and, for a comparison, whether it holds; a comparison's value is the left side.
fn apply(op: u16, left: f64, right: f64) -> (f64, bool) {
    match op {
        T_ADD => (left + right, true),
        T_SUB => (left - right, true),
        T_MUL => (left * right, true),
        T_DIV => (left / right, true),
        T_MOD => (left % right, true),
        T_POW => (left.powf(right), true),
        T_ATAN2 => (left.atan2(right), true),
        #[expect(clippy::float_cmp, reason = "what the operator means")]
        T_EQLC => (left, left == right),
        #[expect(clippy::float_cmp, reason = "what the operator means")]
        T_NEQ => (left, left != right),
        T_GTR => (left, left > right),
        T_LSS => (left, left < right),
        T_GTE => (left, left >= right),
        T_LTE => (left, left <= right),
        _ => (f64::NAN, false),
    }
}

/// What stays of a sample: a filtering comparison keeps it as it is.
fn kept(sample: Sample, value: f64, holds: bool, compares: bool, as_bool: bool) -> Option<Sample> {
    if compares && !as_bool {
        return holds.then_some(sample);
    }
    let value = if compares { f64::from(u8::from(holds)) } else { value };
    Some(Sample { labels: nameless(&sample.labels), value, ..sample })
}

/// The labels by which the two sides are matched.
fn signature(labels: &Labels, modifier: Option<&BinModifier>) -> Labels {
    match modifier.and_then(|modifier| modifier.matching.as_ref()) {
        None => nameless(labels),
        Some(LabelModifier::Include(names)) => keep(labels, |name| names.labels.iter().any(|on| on == name)),
        Some(LabelModifier::Exclude(names)) => {
            keep(labels, |name| name != "__name__" && !names.labels.iter().any(|ignored| ignored == name))
        }
    }
}

fn sets(op: u16, left: Vec<Sample>, right: Vec<Sample>, modifier: Option<&BinModifier>) -> Vec<Sample> {
    let of = |samples: &[Sample]| -> HashSet<Labels> {
        samples.iter().map(|sample| signature(&sample.labels, modifier)).collect()
    };
    match op {
        T_LAND => {
            let held = of(&right);
            left.into_iter().filter(|sample| held.contains(&signature(&sample.labels, modifier))).collect()
        }
        T_LUNLESS => {
            let held = of(&right);
            left.into_iter().filter(|sample| !held.contains(&signature(&sample.labels, modifier))).collect()
        }
        T_LOR => {
            let held = of(&left);
            let more = right.into_iter().filter(|s| !held.contains(&signature(&s.labels, modifier)));
            left.into_iter().chain(more).collect()
        }
        _ => Vec::new(),
    }
}

fn braces(labels: &Labels) -> String {
    let pairs: Vec<_> = labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{{{}}}", pairs.join(", "))
}

fn matched(
    op: u16,
    left: Vec<Sample>,
    right: Vec<Sample>,
    modifier: Option<&BinModifier>,
    compares: bool,
    as_bool: bool,
) -> Result<Vec<Sample>, EvalError> {
    let card = modifier.map_or(&VectorMatchCardinality::OneToOne, |modifier| &modifier.card);
    // The "one" side is on the right, unless group_right turns the sides.
    let (turned, extra) = match card {
        VectorMatchCardinality::OneToMany(extra) => (true, Some(extra)),
        VectorMatchCardinality::ManyToOne(extra) => (false, Some(extra)),
        _ => (false, None),
    };
    let (many, one) = if turned { (right, left) } else { (left, right) };
    let mut ones: BTreeMap<Labels, Sample> = BTreeMap::new();
    for sample in one {
        let key = signature(&sample.labels, modifier);
        if let Some(held) = ones.get(&key) {
            let side = if turned { "left" } else { "right" };
            return Err(EvalError::Execution(format!(
                "found duplicate series for the match group {} on the {side} hand-side of the operation: [{}, {}];many-to-many matching not allowed: matching labels must be unique on one side",
                braces(&key),
                braces(&sample.labels),
                braces(&held.labels),
            )));
        }
        ones.insert(key, sample);
    }
    let mut seen = HashSet::new();
    let mut out = Vec::new();
    for sample in many {
        let key = signature(&sample.labels, modifier);
        let Some(other) = ones.get(&key) else { continue };
        let (l, r) = if turned { (other.value, sample.value) } else { (sample.value, other.value) };
        let (value, holds) = apply(op, l, r);
        if compares && !as_bool && !holds {
            continue;
        }
        if extra.is_none() && !seen.insert(key.clone()) {
            return Err(EvalError::Execution(
                "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
                    .into(),
            ));
        }
        let mut labels = match extra {
            None if modifier.is_some_and(|m| matches!(m.matching, Some(LabelModifier::Include(_)))) => key,
            None if modifier.is_some_and(|m| m.matching.is_some()) => key,
            _ if compares && !as_bool => Arc::clone(&sample.labels),
            _ => nameless(&sample.labels),
        };
        for name in extra.into_iter().flat_map(|extra| &extra.labels) {
            labels = with(&labels, name, label(&other.labels, name));
        }
        let value = if compares && as_bool { f64::from(u8::from(holds)) } else { value };
        out.push(Sample { labels, value, at: sample.at });
    }
    Ok(out)
}
