//! One condition on a row.

use regex::Regex;

use super::{
    amount::{self, Limit},
    column::Field,
};
use crate::model::Severity;

/// What stands in a column of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Text.
    Text(&'a str),
    /// An amount in the unit of the column.
    Number(f64),
    /// So much of so much.
    Part(f64, f64),
    /// How bad it is.
    Severity(Severity),
}

/// What a filter asks of a row.
pub trait Told {
    /// Whether one of its texts is as wanted.
    fn texts(&self, test: &mut dyn FnMut(&str) -> bool) -> bool;
    /// Its name.
    fn name(&self) -> &str;
    /// Whether one of the values in a column is as wanted; what has none is not.
    fn value(&self, field: Field, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool;
    /// Whether one of its labels is as wanted.
    fn label(&self, test: &mut dyn FnMut(&str, &str) -> bool) -> bool;
}

/// How two amounts are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Is,
    Less,
    LessOrIs,
    More,
    MoreOrIs,
}

impl Op {
    pub(super) fn holds<T: PartialOrd>(self, a: T, b: T) -> bool {
        match self {
            Self::Is => a == b,
            Self::Less => a < b,
            Self::LessOrIs => a <= b,
            Self::More => a > b,
            Self::MoreOrIs => a >= b,
        }
    }
}

/// A text that is looked for: in any case if it is in lower case.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    text: String,
    any_case: bool,
}

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        let any_case = !text.chars().any(char::is_uppercase);
        Self { text: if any_case { text.to_lowercase() } else { text.to_owned() }, any_case }
    }

    fn is_in(&self, text: &str) -> bool {
        if self.any_case { contains(text, &self.text) } else { text.contains(&self.text) }
    }

    fn is(&self, text: &str) -> bool {
        if !self.any_case {
            text == self.text
        } else if text.is_ascii() {
            text.eq_ignore_ascii_case(&self.text)
        } else {
            text.to_lowercase() == self.text
        }
    }

    /// Whether its letters stand in a text in this order.
    fn is_spread_in(&self, text: &str) -> bool {
        let mut left = self.text.chars();
        let mut wanted = left.next();
        for c in text.chars() {
            let Some(next) = wanted else { break };
            if c == next || (self.any_case && c.to_lowercase().eq(std::iter::once(next))) {
                wanted = left.next();
            }
        }
        wanted.is_none()
    }
}

/// What one text must be.
#[derive(Clone, Debug)]
pub(super) enum Match {
    Is(Pattern),
    Holds(Pattern),
    Like(Regex),
}

impl Match {
    fn fits(&self, text: &str) -> bool {
        match self {
            Self::Is(pattern) => pattern.is(text),
            Self::Holds(pattern) => pattern.is_in(text),
            Self::Like(regex) => regex.is_match(text),
        }
    }
}

fn any(matches: &[Match], text: &str) -> bool {
    matches.iter().any(|m| m.fits(text))
}

/// What a term looks at, and how it must be.
#[derive(Clone, Debug)]
pub(super) enum Test {
    /// Any of these, in any text of the row.
    Text(Vec<Match>),
    /// These letters, in this order in the name.
    Spread(Pattern),
    /// Any of these in a column.
    Column(Field, Vec<Match>),
    /// An amount; any of the limits.
    Amount(Field, Op, Vec<Limit>),
    /// How bad; any of these.
    Severity(Field, Op, Vec<Severity>),
    /// A label with any of these values, or with any value at all.
    Label(String, Option<Vec<Match>>),
    /// The opposite.
    Not(Box<Self>),
}

/// A test, or its opposite.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub absent: bool,
    pub test: Test,
    /// As it was typed.
    pub typed: String,
}

impl Term {
    /// Whether a row is as wanted.
    pub(super) fn fits(&self, row: &dyn Told) -> bool {
        self.test.fits(row) != self.absent
    }
}

impl Test {
    /// Whether time alone changes what fits.
    pub(super) fn is_timed(&self) -> bool {
        match self {
            Self::Amount(Field::Age | Field::Left | Field::Since | Field::Cell(_) | Field::Own(_), ..) => {
                true
            }
            Self::Not(test) => test.is_timed(),
            _ => false,
        }
    }

    fn fits(&self, row: &dyn Told) -> bool {
        match self {
            Self::Text(all) => row.texts(&mut |text| any(all, text)),
            Self::Spread(pattern) => pattern.is_spread_in(row.name()),
            Self::Column(field, all) => row.value(*field, &mut |value| match value {
                Value::Text(text) => any(all, text),
                Value::Number(n) => any(all, &n.to_string()),
                Value::Part(some, of) => any(all, &format!("{some}/{of}")),
                Value::Severity(severity) => any(all, severity.name()),
            }),
            Self::Amount(field, op, limits) => {
                row.value(*field, &mut |value| limits.iter().any(|limit| compare(value, *op, *limit)))
            }
            Self::Severity(field, op, all) => row.value(*field, &mut |value| {
                matches!(value, Value::Severity(is) if all.iter().any(|wanted| op.holds(is, *wanted)))
            }),
            Self::Not(test) => !test.fits(row),
            Self::Label(name, None) => row.label(&mut |n, _| n == name),
            Self::Label(name, Some(all)) => row.label(&mut |n, value| n == name && any(all, value)),
        }
    }
}

fn compare(value: Value<'_>, op: Op, limit: Limit) -> bool {
    let (some, of) = match value {
        Value::Number(n) => (n, None),
        Value::Part(some, of) => (some, Some(of)),
        Value::Text(text) => match amount::any(text) {
            Some(n) => (n, amount::part(text).map(|(_, of)| of)),
            None => return false,
        },
        Value::Severity(_) => return false,
    };
    match (limit, of) {
        (Limit::Number(n), _) => op.holds(some, n),
        (Limit::Percent(n), Some(of)) if of > 0.0 => op.holds(some * 100.0 / of, n),
        (Limit::All, Some(of)) => op.holds(some, of),
        (Limit::Part(a, b), Some(of)) => op.holds(some, a) && Op::Is.holds(of, b),
        _ => false,
    }
}

/// The severity of a word, in any case.
pub fn severity(text: &str) -> Option<Severity> {
    let all = [Severity::Critical, Severity::Warning, Severity::Active, Severity::Ok, Severity::Quiet];
    all.into_iter().find(|s| s.name().eq_ignore_ascii_case(text))
}

/// Whether `text` contains the lower-case `word`, whatever the case of `text`.
pub fn contains(text: &str, word: &str) -> bool {
    if !text.is_ascii() {
        return text.to_lowercase().contains(word);
    }
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let Some((first, rest)) = word.split_first() else { return true };
    text.len() >= word.len()
        && (0..=text.len() - word.len()).any(|at| {
            text[at].to_ascii_lowercase() == *first && text[at + 1..][..rest.len()].eq_ignore_ascii_case(rest)
        })
}
