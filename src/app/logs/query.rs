//! What is searched or filtered in logs, as it is typed.
//!
//! Words that must all be there (in lower case: whatever the case), `"a phrase"`, `!word` for one that must not,
//! `field=value`, `field!=value`, `field>=500`, `field~regex`; `level` and `pod` and `container` are fields of every
//! line. `/regex/` or `~regex` is one regular expression on the whole line.

use regex::{Regex, RegexBuilder};

use super::{
    bits::Bits,
    chunk::Chunk,
    field::field,
    store::{Entry, Stream, Streams},
};
use crate::{app::message::named, model::Level};

/// What can be typed, and what it finds.
pub const GRAMMAR: [(&str, &str); 7] = [
    ("db pool", "both words; upper case matters"),
    ("\"db pool\"", "the phrase"),
    ("!health", "not the word"),
    ("status>=500", "a field: = != < <= > >="),
    ("trace_id~^4b", "a field by regular expression"),
    ("level>=warn", "the level; also pod= container="),
    ("/re/ or ~re", "a regular expression"),
];

/// What is searched.
#[derive(Clone, Debug, Default)]
pub struct Query {
    text: String,
    terms: Vec<Term>,
    problem: Option<String>,
}

#[derive(Clone, Debug)]
struct Term {
    absent: bool,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    /// In the line, or in where it came from.
    Text(Pattern),
    /// The level.
    Level(Op, Level),
    /// The pod, or the container.
    Stream { pod: bool, op: Op, value: Value },
    /// A field; the last part of its name must be in the line.
    Field { path: String, hint: Pattern, op: Op, value: Value },
}

#[derive(Clone, Debug)]
struct Pattern {
    regex: Regex,
    /// Whether it means the same where lines follow each other as in each alone.
    spans: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Is,
    Not,
    Less,
    LessOrIs,
    More,
    MoreOrIs,
    Like,
}

/// Longest first, as some begin others.
const OPS: [(&str, Op); 7] = [
    ("!=", Op::Not),
    (">=", Op::MoreOrIs),
    ("<=", Op::LessOrIs),
    ("=", Op::Is),
    (">", Op::More),
    ("<", Op::Less),
    ("~", Op::Like),
];

/// What a field is held against.
#[derive(Clone, Debug)]
struct Value {
    text: String,
    number: Option<f64>,
    like: Option<Regex>,
}

impl Query {
    /// Reads what was typed; while a regular expression is not yet whole nothing fits.
    pub fn new(typed: &str) -> Self {
        let (terms, problem) = match parse(typed) {
            Ok(terms) => (terms, None),
            Err(problem) => (Vec::new(), Some(problem)),
        };
        Self { text: typed.to_owned(), terms, problem }
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.problem.is_none()
    }

    /// What is wrong with what was typed.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Whether a line is what is asked for.
    pub fn fits(&self, entry: &Entry<'_>) -> bool {
        self.problem.is_none() && self.terms.iter().all(|t| t.fits(entry))
    }

    /// Where in a text that is on screen the wanted words stand, in order and without overlaps.
    pub fn places(&self, text: &str) -> Vec<(usize, usize)> {
        let wanted = self.terms.iter().filter(|t| !t.absent).filter_map(|t| match &t.test {
            Test::Text(pattern) => Some(pattern),
            _ => None,
        });
        let mut all: Vec<(usize, usize)> = wanted
            .flat_map(|p| p.regex.find_iter(text).map(|m| (m.start(), m.end())))
            .filter(|(start, end)| start < end)
            .collect();
        all.sort_unstable();
        let mut end = 0;
        all.retain_mut(|place| {
            place.0 = place.0.max(end);
            end = end.max(place.1);
            place.0 < place.1
        });
        all
    }

    /// Which lines of a chunk, from one on, are what is asked for.
    pub(super) fn find(&self, chunk: &Chunk, from: usize, streams: &Streams) -> Bits {
        if self.problem.is_some() {
            return Bits::none(chunk.len());
        }
        let mut all = Bits::range(from, chunk.len());
        for term in &self.terms {
            let found = term.test.find(chunk, from, streams);
            if term.absent {
                all.without(&found);
            } else {
                all.and(&found);
            }
        }
        all
    }
}

impl Term {
    fn fits(&self, entry: &Entry<'_>) -> bool {
        let fits = match &self.test {
            Test::Text(p) => [entry.text, entry.origin, entry.container].iter().any(|t| p.regex.is_match(t)),
            Test::Level(op, level) => compare(*op, entry.level.cmp(level)),
            Test::Stream { pod, op, value } => {
                value.holds(*op, if *pod { entry.origin } else { entry.container })
            }
            Test::Field { path, op, value, .. } => holds(entry.text, path, *op, value),
        };
        fits != self.absent
    }
}

impl Test {
    fn find(&self, chunk: &Chunk, from: usize, streams: &Streams) -> Bits {
        match self {
            Self::Text(pattern) => {
                let mut found = pattern.find(chunk, from);
                let here = |(origin, container): &Stream| {
                    pattern.regex.is_match(origin) || pattern.regex.is_match(container)
                };
                found.or(&of_streams(chunk, from, streams, here));
                found
            }
            Self::Level(op, level) => {
                let mut found = Bits::none(chunk.len());
                let tags = chunk.tags().iter().enumerate().skip(from);
                tags.filter(|(_, t)| compare(*op, t.level().cmp(level))).for_each(|(n, _)| found.set(n));
                found
            }
            Self::Stream { pod, op, value } => {
                let part =
                    |(origin, container): &Stream| value.holds(*op, if *pod { origin } else { container });
                of_streams(chunk, from, streams, part)
            }
            Self::Field { path, hint, op, value } => {
                let named = hint.find(chunk, from);
                let mut found = Bits::none(chunk.len());
                let mut next = named.next(from);
                while let Some(n) = next {
                    if holds(chunk.line(n), path, *op, value) {
                        found.set(n);
                    }
                    next = named.next(n + 1);
                }
                found
            }
        }
    }
}

/// The lines of some streams.
fn of_streams(chunk: &Chunk, from: usize, streams: &Streams, wanted: impl Fn(&Stream) -> bool) -> Bits {
    let wanted: Vec<bool> = streams.all().iter().map(wanted).collect();
    let mut found = Bits::none(chunk.len());
    if wanted.contains(&true) {
        let tags = chunk.tags().iter().enumerate().skip(from);
        tags.filter(|(_, t)| wanted[t.stream()]).for_each(|(n, _)| found.set(n));
    }
    found
}

impl Pattern {
    fn new(pattern: &str, any_case: bool) -> Result<Self, String> {
        let regex = RegexBuilder::new(pattern)
            .case_insensitive(any_case)
            .multi_line(true)
            .size_limit(1 << 20)
            .build()
            .map_err(|e| {
                let text = e.to_string();
                let last = text.lines().last().unwrap_or_default();
                last.trim_start_matches("error:").trim().to_owned()
            })?;
        let spans = !["\\A", "\\z", "(?"].iter().any(|part| pattern.contains(part));
        Ok(Self { regex, spans })
    }

    /// A text as it is, in any case if it is in lower case.
    fn literal(text: &str) -> Result<Self, String> {
        Self::new(&regex::escape(text), !text.chars().any(char::is_uppercase))
    }

    /// The lines that it is in. All are searched at once; what reaches over a line's end is looked at alone.
    fn find(&self, chunk: &Chunk, from: usize) -> Bits {
        let mut found = Bits::none(chunk.len());
        let (text, start) = chunk.from(from);
        if !self.spans {
            let lines = (from..chunk.len()).filter(|n| self.regex.is_match(chunk.line(*n)));
            lines.for_each(|n| found.set(n));
            return found;
        }
        let mut at = 0;
        while let Some(m) = self.regex.find_at(text, at) {
            let n = chunk.line_at(start + m.start());
            let (_, end) = chunk.span(n);
            if start + m.end() <= end || self.regex.is_match(chunk.line(n)) {
                found.set(n);
            }
            at = end + 1 - start;
            if at >= text.len() {
                break;
            }
        }
        found
    }
}

fn compare(op: Op, order: std::cmp::Ordering) -> bool {
    match op {
        Op::Is | Op::Like => order.is_eq(),
        Op::Not => order.is_ne(),
        Op::Less => order.is_lt(),
        Op::LessOrIs => order.is_le(),
        Op::More => order.is_gt(),
        Op::MoreOrIs => order.is_ge(),
    }
}

/// Whether a field of a line is as wanted; one that is not there is not.
fn holds(line: &str, path: &str, op: Op, value: &Value) -> bool {
    field(line, path).is_some_and(|found| value.holds(op, &found))
}

impl Value {
    fn holds(&self, op: Op, found: &str) -> bool {
        if let Some(like) = &self.like {
            return like.is_match(found);
        }
        if let Some(order) = self.number.and_then(|n| found.parse::<f64>().ok()?.partial_cmp(&n)) {
            return compare(op, order);
        }
        match op {
            Op::Is => found.eq_ignore_ascii_case(&self.text),
            Op::Not => !found.eq_ignore_ascii_case(&self.text),
            // What is no number is neither less nor more than one.
            _ => self.number.is_none() && compare(op, found.cmp(self.text.as_str())),
        }
    }
}

fn parse(typed: &str) -> Result<Vec<Term>, String> {
    let typed = typed.trim();
    let whole = typed.strip_prefix('~').or_else(|| Some(typed.strip_prefix('/')?.trim_end_matches('/')));
    if let Some(pattern) = whole {
        if pattern.is_empty() {
            return Ok(Vec::new());
        }
        let any_case = !pattern.chars().any(char::is_uppercase);
        return Ok(vec![Term { absent: false, test: Test::Text(Pattern::new(pattern, any_case)?) }]);
    }
    words(typed)
        .into_iter()
        .map(|(absent, word, quoted)| Ok(Term { absent, test: test(&word, quoted)? }))
        .collect()
}

/// The words of what was typed: whether each must be absent, and whether it was quoted.
fn words(typed: &str) -> Vec<(bool, String, bool)> {
    let mut words = Vec::new();
    let mut rest = typed.trim_start();
    while !rest.is_empty() {
        let bare = rest.strip_prefix('!');
        rest = bare.unwrap_or(rest);
        let (word, quoted) = match rest.strip_prefix('"') {
            Some(inner) => {
                let (word, after) = inner.split_once('"').unwrap_or((inner, ""));
                rest = after;
                (word, true)
            }
            None => {
                // A quoted value may hold blanks: `msg="a b"`.
                let mut inside = false;
                let end = rest.find(|c: char| {
                    inside ^= c == '"';
                    c.is_whitespace() && !inside
                });
                let word = &rest[..end.unwrap_or(rest.len())];
                rest = &rest[word.len()..];
                (word, false)
            }
        };
        if !word.is_empty() {
            words.push((bare.is_some(), word.to_owned(), quoted));
        }
        rest = rest.trim_start();
    }
    words
}

fn test(word: &str, quoted: bool) -> Result<Test, String> {
    let parts = if quoted { None } else { field_test(word) };
    let Some((name, op, text)) = parts else { return Pattern::literal(word).map(Test::Text) };
    let text = text.trim_matches('"').to_owned();
    let like = (op == Op::Like).then(|| Pattern::new(&text, !text.chars().any(char::is_uppercase)));
    let like = like.transpose()?.map(|p| p.regex);
    let value = Value { number: text.parse().ok(), text, like };
    Ok(match (name, named(&value.text)) {
        ("level" | "lvl" | "severity", Some(level)) => Test::Level(op, level),
        ("pod" | "container", _) => Test::Stream { pod: name == "pod", op, value },
        _ => {
            let last = name.rsplit('.').next().unwrap_or(name);
            let hint = Pattern::new(&regex::escape(last), false)?;
            Test::Field { path: name.to_owned(), hint, op, value }
        }
    })
}

/// A word as a field's name, what it is compared by, and a value.
fn field_test(word: &str) -> Option<(&str, Op, &str)> {
    let end = word.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '@')))?;
    let (name, rest) = word.split_at(end);
    let (sign, op) = OPS.iter().find(|(sign, _)| rest.starts_with(sign))?;
    let value = &rest[sign.len()..];
    let is_name = name.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '@'));
    (is_name && !value.is_empty()).then_some((name, *op, value))
}
