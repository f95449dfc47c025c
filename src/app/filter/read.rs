//! From what was typed to terms, and what to say of those that cannot be understood.

use std::ops::Range;

use regex::{Regex, RegexBuilder};

use super::{
    amount::{self, Limit},
    column::{Column, Columns, Field, Labels, Measure},
    split::{alternatives, split, unquoted},
    term::{Match, Op, Pattern, Term, Test},
};

/// How quantities are typed.
pub(super) const QUANTITIES: &str = "0.5 500m 2k 1Gi";
/// How shares are typed.
pub(super) const PERCENTS: &str = "90 90%";

/// What is wrong with a term, and where it stands.
pub(super) type Wrong = (Range<usize>, String);

/// How a column is asked for. Longest first, as some begin others.
const SIGNS: [(&str, Sign); 11] = [
    ("!=", Sign::Not),
    ("!~", Sign::Unlike),
    ("=~", Sign::Whole),
    ("==", Sign::Is),
    (">=", Sign::Than(Op::MoreOrIs)),
    ("<=", Sign::Than(Op::LessOrIs)),
    ("=", Sign::Is),
    (">", Sign::Than(Op::More)),
    ("<", Sign::Than(Op::Less)),
    ("~", Sign::Like),
    (":", Sign::Holds),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Is,
    Not,
    /// By a regular expression that is found in it.
    Like,
    /// By one that it is as a whole, as Prometheus has it.
    Whole,
    /// By one that is not found in it.
    Unlike,
    Holds,
    Than(Op),
}

/// A term as a column's name, how it is asked for, and a value; `None` for other terms.
pub(super) fn parts(term: &str) -> Option<(&str, Sign, &str)> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    let end = term.find(|c: char| !is_part(c))?;
    let (name, rest) = term.split_at(end);
    let (written, sign) = SIGNS.iter().find(|(written, _)| rest.starts_with(written))?;
    name.starts_with(|c: char| c.is_alphabetic() || c == '_').then_some((name, *sign, &rest[written.len()..]))
}

/// The columns of the engineer's own that are named, in terms without a value too: what stands there is to be known
/// while the value is typed.
pub(super) fn own(text: &str, columns: &Columns) -> Vec<u16> {
    let places = split(text);
    let mut out = Vec::new();
    for (at, place) in places.iter().enumerate() {
        let term = text[place.clone()].trim_start_matches('!');
        let before_in = || places.get(at + 1).and_then(|next| among(&text[next.clone()])).map(|_| term);
        let name = parts(term).map(|(name, ..)| name).or_else(before_in);
        if let Some(Field::Own(n)) = name.and_then(|name| columns.named(name)).map(|c| c.field)
            && !out.contains(&n)
        {
            out.push(n);
        }
    }
    out
}

/// Reads what was typed: alternatives of terms that all must hold, without the term that cannot be understood, and
/// what is wrong with it.
pub(super) fn read(text: &str, columns: &Columns) -> (Vec<Vec<Term>>, Option<Wrong>) {
    let places = split(text);
    let mut groups: Vec<Vec<Term>> = vec![Vec::new()];
    let mut wrong = None;
    let mut at = 0;
    while at < places.len() {
        let (taken, term) = next(text, &places[at..], columns);
        let place = places[at].start..places[at + taken - 1].end;
        at += taken;
        match (term, groups.last_mut()) {
            (Ok(Next::Either), _) => groups.push(Vec::new()),
            (Ok(Next::Terms(terms)), Some(group)) => {
                let typed = &text[place];
                let term = |(absent, test)| Term { absent, test, typed: typed.to_owned() };
                group.extend(terms.into_iter().map(term));
            }
            (Err(what), _) => wrong = wrong.or(Some((place, what))),
            (Ok(Next::Terms(_)), None) => {}
        }
    }
    groups.retain(|group| !group.is_empty());
    (groups, wrong)
}

enum Next {
    /// What stood before, or what follows.
    Either,
    Terms(Vec<(bool, Test)>),
}

/// The term that places begin with, and how many of them it takes.
fn next(text: &str, places: &[Range<usize>], columns: &Columns) -> (usize, Result<Next, String>) {
    let piece = |n: usize| places.get(n).map_or("", |r| &text[r.clone()]);
    let typed = piece(0);
    if matches!(typed, "|" | "||") {
        return (1, Ok(Next::Either));
    }
    let (absent, bare) = typed.strip_prefix('!').map_or((false, typed), |rest| (true, rest));
    let one = |test: Result<Option<Test>, String>| {
        test.map(|t| Next::Terms(t.into_iter().map(|t| (absent, t)).collect()))
    };
    if let Some(among) = among(piece(1)).filter(|_| piece(2).starts_with('(')) {
        let values = alternatives(&piece(2).trim_matches(['(', ')']).replace(", ", ","));
        let test = named_in(bare, exact(&values), columns);
        return (3, test.map(|t| Next::Terms(vec![(absent == among, t)])));
    }
    match bare {
        "-l" => {
            let (taken, selector) = match among(piece(2)).filter(|_| piece(3).starts_with('(')) {
                Some(_) => (4, text[places[1].start..places[3].end].to_owned()),
                None => (places.len().min(2), piece(1).to_owned()),
            };
            (taken, selected(absent, &selector, columns).map(Next::Terms))
        }
        "-f" => (places.len().min(2), one(Ok(spread(piece(1))))),
        _ => (1, one(single(bare, columns))),
    }
}

/// Whether one of several is wanted, or none.
fn among(word: &str) -> Option<bool> {
    match word {
        "in" => Some(true),
        "notin" => Some(false),
        _ => None,
    }
}

/// A term without its `!`; nothing where nothing is asked for yet.
fn single(bare: &str, columns: &Columns) -> Result<Option<Test>, String> {
    if let Some(letters) = bare.strip_prefix('%') {
        // As its heading is written.
        if let Some((name, sign, value)) = parts(letters)
            && let Some(column) = columns.named(name).filter(|c| c.measure == Measure::Percent)
        {
            return in_column(name, column, sign, value, columns).map(Some);
        }
        return Ok(spread(letters));
    }
    if let Some(pattern) = bare.strip_prefix('~') {
        let pattern = unquoted(pattern);
        return if pattern.is_empty() { Ok(None) } else { Ok(Some(Test::Text(vec![like(&pattern)?]))) };
    }
    if bare.len() > 1 && bare.starts_with('/') {
        let Some(pattern) = bare[1..].strip_suffix('/').filter(|p| !p.is_empty()) else {
            return Err(format!("{bare} needs a / at its end; \"{}\" finds the text", unquoted(bare)));
        };
        return Ok(Some(Test::Text(vec![like(pattern)?])));
    }
    if bare.starts_with('"') {
        let text = unquoted(bare);
        return Ok((!text.is_empty()).then(|| Test::Text(vec![Match::Holds(Pattern::new(&text))])));
    }
    match parts(bare) {
        Some((name, sign, value)) => named(bare, name, sign, value, columns).map(Some),
        None => Ok(words(bare)),
    }
}

/// A word, or one of several with `|` between them.
fn words(bare: &str) -> Option<Test> {
    let all: Vec<Match> =
        bare.split('|').filter(|w| !w.is_empty()).map(|w| Match::Holds(Pattern::new(w))).collect();
    (!all.is_empty()).then_some(Test::Text(all))
}

fn spread(letters: &str) -> Option<Test> {
    (!letters.is_empty()).then(|| Test::Spread(Pattern::new(letters)))
}

/// What is asked of a column or a label by its name.
fn named(bare: &str, name: &str, sign: Sign, value: &str, columns: &Columns) -> Result<Test, String> {
    if matches!(name, "label" | "labels") && sign == Sign::Holds {
        return requirement(value, columns).map(|(absent, test)| if absent { opposite(test) } else { test });
    }
    if let Some(column) = columns.named(name) {
        return in_column(name, column, sign, value, columns);
    }
    if columns.labels == Labels::Bare && sign != Sign::Holds {
        return label(name, sign, value);
    }
    let near = columns.like(name);
    if sign == Sign::Holds && near.is_none() {
        // As in an image's name, or an address.
        return words(bare).ok_or_else(|| incomplete(name));
    }
    Err(match near {
        Some(near) => format!("no column {name}: did you mean {near}? \"{}\" finds the text", unquoted(bare)),
        None => format!("no column {name}; {} have {}", columns.of, columns.names()),
    })
}

fn incomplete(name: &str) -> String {
    format!("{name} what? tab offers what there is, \"\" is nothing")
}

fn in_column(
    name: &str,
    column: &Column,
    sign: Sign,
    value: &str,
    columns: &Columns,
) -> Result<Test, String> {
    if value.is_empty() {
        return Err(incomplete(name));
    }
    let field = column.field;
    match (column.measure, sign) {
        (Measure::Severity, Sign::Like | Sign::Whole | Sign::Unlike | Sign::Holds) | (Measure::Text, _) => {
            text(sign, value)?
                .map(|m| Test::Column(field, m))
                .ok_or_else(|| format!("{name} is text: {name}=x {name}!=x {name}~x {name}:x"))
                .map(|test| negated(sign, test))
        }
        (Measure::Severity, _) => severity(name, column, sign, value, columns),
        (Measure::Any, Sign::Like | Sign::Whole | Sign::Unlike | Sign::Holds | Sign::Is | Sign::Not) => {
            let all = text(sign, value)?.unwrap_or_default();
            Ok(negated(sign, Test::Column(field, all)))
        }
        (_, Sign::Like | Sign::Whole | Sign::Unlike) => Err(format!("{name} is an amount: = != < <= > >=")),
        (measure, _) => {
            let op = match sign {
                Sign::Than(op) => op,
                _ => Op::Is,
            };
            let values = alternatives(value);
            let limits = values.iter().map(|(v, _)| limit(name, measure, v)).collect::<Result<_, _>>()?;
            Ok(negated(sign, Test::Amount(field, op, limits)))
        }
    }
}

/// A test by a sign that turns it round, turned round.
fn negated(sign: Sign, test: Test) -> Test {
    if matches!(sign, Sign::Not | Sign::Unlike) { opposite(test) } else { test }
}

fn opposite(test: Test) -> Test {
    Test::Not(Box::new(test))
}

/// How a text must be; nothing for signs that compare amounts.
fn text(sign: Sign, value: &str) -> Result<Option<Vec<Match>>, String> {
    Ok(Some(match sign {
        Sign::Is | Sign::Not => exact(&alternatives(value)),
        Sign::Holds => alternatives(value).iter().map(|(v, _)| Match::Holds(Pattern::new(v))).collect(),
        Sign::Like | Sign::Unlike => vec![like(&unquoted(value))?],
        Sign::Whole => vec![whole(&unquoted(value))?],
        Sign::Than(_) => return Ok(None),
    }))
}

/// Exactly one of these; `*` stands for any letters but in quotes.
fn exact(values: &[(String, bool)]) -> Vec<Match> {
    let one = |(value, quoted): &(String, bool)| {
        if !quoted && value.contains('*') {
            let pattern = value.split('*').map(regex::escape).collect::<Vec<_>>().join(".*");
            if let Ok(regex) = whole(&pattern) {
                return regex;
            }
        }
        Match::Is(Pattern::new(value))
    };
    values.iter().map(one).collect()
}

fn like(pattern: &str) -> Result<Match, String> {
    regex(pattern, !pattern.chars().any(char::is_uppercase)).map(Match::Like)
}

fn whole(pattern: &str) -> Result<Match, String> {
    let any_case = !pattern.chars().any(char::is_uppercase);
    regex(pattern, any_case)?;
    regex(&format!("^(?:{pattern})$"), any_case).map(Match::Like)
}

fn regex(pattern: &str, any_case: bool) -> Result<Regex, String> {
    RegexBuilder::new(pattern).case_insensitive(any_case).size_limit(1 << 20).build().map_err(|error| {
        let text = error.to_string();
        let last = text.lines().last().unwrap_or_default();
        format!("{pattern}: {}", last.trim_start_matches("error:").trim())
    })
}

fn severity(name: &str, column: &Column, sign: Sign, value: &str, columns: &Columns) -> Result<Test, String> {
    let values = alternatives(value);
    match values.iter().map(|(v, _)| super::term::severity(v)).collect::<Option<Vec<_>>>() {
        Some(all) => {
            let op = if let Sign::Than(op) = sign { op } else { Op::Is };
            Ok(negated(sign, Test::Severity(column.field, op, all)))
        }
        // An alert may have words of its own there.
        None if columns.labels == Labels::Bare && !matches!(sign, Sign::Than(_)) => label(name, sign, value),
        None => Err(format!("{name} is critical, warning, active, ok or quiet")),
    }
}

fn limit(name: &str, measure: Measure, value: &str) -> Result<Limit, String> {
    let number = |found: Option<f64>, example: &str| {
        found.map(Limit::Number).ok_or_else(|| format!("{name} {value}? write it as {example}"))
    };
    if measure == Measure::Percent {
        return number(amount::percent(value).or_else(|| amount::plain(value)), PERCENTS);
    }
    let share = match measure {
        Measure::Part => true,
        Measure::Cpu { share } | Measure::Memory { share } => share,
        _ => false,
    };
    match amount::percent(value) {
        Some(percent) if share => return Ok(Limit::Percent(percent)),
        Some(_) => return Err(format!("{name} has no whole to be {value} of")),
        None => {}
    }
    match measure {
        Measure::Duration => number(amount::seconds(value), "30s 10m 2h 1h30m 1d 2w"),
        Measure::Cpu { share } => {
            number(amount::millicores(value), if share { "500m 2 80%" } else { "500m 2" })
        }
        Measure::Memory { share } => {
            number(amount::bytes(value), if share { "512Mi 1Gi 80%" } else { "512Mi 1Gi" })
        }
        Measure::Part if value == "all" => Ok(Limit::All),
        Measure::Part => match amount::part(value) {
            Some((some, all)) => Ok(Limit::Part(some, all)),
            None => number(amount::plain(value), "1 1/2 all"),
        },
        Measure::Quantity => number(amount::quantity(value), QUANTITIES),
        Measure::Any => number(amount::any(value), "3 10Gi 2h"),
        _ => number(amount::plain(value), "a number"),
    }
}

/// A column or label that must have one of these.
fn named_in(name: &str, all: Vec<Match>, columns: &Columns) -> Result<Test, String> {
    match columns.named(name) {
        Some(column) => Ok(Test::Column(column.field, all)),
        None => labelled(columns).map(|()| Test::Label(name.to_owned(), Some(all))),
    }
}

fn labelled(columns: &Columns) -> Result<(), String> {
    if columns.labels == Labels::None {
        return Err(format!("no labels are known of {}", columns.of));
    }
    Ok(())
}

fn label(name: &str, sign: Sign, value: &str) -> Result<Test, String> {
    if value.is_empty() {
        return Err(incomplete(name));
    }
    let all = text(sign, value)?.ok_or_else(|| format!("{name} is a label: {name}=x {name}!=x {name}~x"))?;
    Ok(negated(sign, Test::Label(name.to_owned(), Some(all))))
}

/// A label selector as kubectl takes it.
fn selected(absent: bool, selector: &str, columns: &Columns) -> Result<Vec<(bool, Test)>, String> {
    labelled(columns)?;
    let mut all = Vec::new();
    for part in requirements(selector) {
        let (not, test) = match part.split_once([' ', '\t']) {
            Some((name, rest)) => {
                let (word, values) = rest.trim().split_once('(').unwrap_or((rest, ""));
                let wanted = among(word.trim()).ok_or_else(|| selector_help(part))?;
                let values = values.trim_end().trim_end_matches(')').replace(' ', "");
                (!wanted, Test::Label(name.to_owned(), Some(exact(&alternatives(&values)))))
            }
            None => requirement(part, columns)?,
        };
        all.push((not != absent, test));
    }
    if all.is_empty() { Err(selector_help("-l")) } else { Ok(all) }
}

fn selector_help(part: &str) -> String {
    format!("{part}? write -l app=x,tier!=y, -l app, -l 'app in (x,y)'")
}

/// The parts of a selector: commas part them but in brackets.
fn requirements(selector: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    let parts = selector.split(|c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// One requirement on a label: `app=x`, `app!=x`, `app~re`, `app`, `!app`.
fn requirement(part: &str, columns: &Columns) -> Result<(bool, Test), String> {
    labelled(columns)?;
    let (absent, bare) = part.strip_prefix('!').map_or((false, part), |rest| (true, rest));
    if bare.is_empty() {
        return Err(selector_help("-l"));
    }
    match parts(bare) {
        Some((name, sign, value)) => Ok((absent, label(name, sign, value)?)),
        None => Ok((absent, Test::Label(bare.to_owned(), None))),
    }
}
