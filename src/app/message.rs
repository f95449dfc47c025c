//! A log line read as a message: what it says, and the fields beside it.
//!
//! JSON objects and logfmt lines are taken apart; of any other line only the time and the level at its beginning
//! are left out, as they stand in columns of their own. What is searched and copied is always the line as it came.

mod ink;

use std::borrow::Cow;

use serde_json::{Map, Value};

pub use ink::{Ink, InkColor};

use crate::model::{Level, text};

/// What a line says, in one line and safe to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The message, then the fields.
    pub text: String,
    /// Where the fields begin, in bytes.
    pub fields: usize,
    /// From where on the program wanted it to look how.
    pub inks: Vec<(usize, Ink)>,
}

/// Names under which lines give their message, best first.
const TEXT: [&str; 5] = ["msg", "message", "event", "log", "text"];
/// Names of what stands in columns of its own.
const SHOWN: [&str; 13] = [
    "level",
    "lvl",
    "severity",
    "levelname",
    "log.level",
    "loglevel",
    "time",
    "ts",
    "timestamp",
    "@timestamp",
    "t",
    "asctime",
    "datetime",
];
/// Longer lines are not taken apart.
const LONGEST: usize = 32_768;

/// Names under which lines say which request they are about.
const TRACES: [&str; 6] = ["trace_id", "traceId", "traceID", "trace.id", "trace", "traceid"];

impl Message {
    /// Reads a line; fields that stand in columns of their own are left out.
    pub fn read(line: &str, columns: &[&str]) -> Self {
        if line.len() <= LONGEST {
            if line.starts_with('{')
                && let Ok(object) = serde_json::from_str::<Map<String, Value>>(line)
            {
                let fields = object.iter().map(|(k, v)| (k.as_str(), value(v))).collect();
                return Self::of(fields, columns);
            }
            if let Some(fields) = logfmt(line) {
                return Self::of(fields, columns);
            }
        }
        let (clean, mut inks) = ink::inked(line);
        let text = bare(&clean).to_owned();
        let cut = clean.len() - text.len();
        for (at, _) in &mut inks {
            *at = at.saturating_sub(cut);
        }
        Self { fields: text.len(), text, inks }
    }

    fn of(mut fields: Vec<(&str, Cow<'_, str>)>, columns: &[&str]) -> Self {
        let at = TEXT.iter().find_map(|name| fields.iter().position(|(k, _)| k == name));
        let mut text = at.map_or_else(String::new, |at| text::one_line(&fields.remove(at).1).into_owned());
        let end = text.len();
        let shown = |name: &str| !SHOWN.contains(&name) && !columns.contains(&name);
        for (name, value) in fields.iter().filter(|(name, _)| shown(name)) {
            let value = text::one_line(value);
            let quote = if value.is_empty() || value.contains(' ') { "\"" } else { "" };
            if !text.is_empty() {
                text.push_str(if text.len() == end { "  " } else { " " });
            }
            text.push_str(&text::one_line(name));
            text.extend(["=", quote, &value, quote]);
        }
        Self { text, fields: end, inks: Vec::new() }
    }
}

/// The fields of a line in their order, those of nested objects by their path: `http.status`.
pub fn fields(line: &str) -> Vec<(String, String)> {
    if line.len() > LONGEST {
        return Vec::new();
    }
    let mut all = Vec::new();
    match serde_json::from_str::<Map<String, Value>>(line) {
        Ok(object) => flatten("", &object, &mut all),
        Err(_) => {
            let pairs = logfmt(line).unwrap_or_default();
            all.extend(pairs.into_iter().map(|(name, value)| (name.to_owned(), value.into_owned())));
        }
    }
    all
}

fn flatten(above: &str, object: &Map<String, Value>, all: &mut Vec<(String, String)>) {
    for (name, value) in object {
        let path = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
        match value {
            Value::Object(inner) => flatten(&path, inner, all),
            value => all.push((path, self::value(value).into_owned())),
        }
    }
}

/// Whether a field stands in a column of its own anyway, or is the message.
pub fn is_usual(name: &str) -> bool {
    SHOWN.contains(&name) || TEXT.contains(&name)
}

/// Which request a line is about.
pub fn trace(fields: &[(String, String)]) -> Option<&str> {
    TRACES.iter().find_map(|name| fields.iter().find(|(k, _)| k == name)).map(|(_, v)| v.as_str())
}

fn value(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

/// The pairs of a line that is all pairs, two at least: `level=info msg="it starts"`.
fn logfmt(line: &str) -> Option<Vec<(&str, Cow<'_, str>)>> {
    let mut pairs = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '"') {
            return None;
        }
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => {
                let end = closing(quoted)?;
                let value = &quoted[..end];
                let value = if value.contains('\\') {
                    Cow::Owned(value.replace("\\\"", "\"").replace("\\n", "\n").replace("\\\\", "\\"))
                } else {
                    Cow::Borrowed(value)
                };
                (value, &quoted[end + 1..])
            }
            None => {
                let end = after.find(char::is_whitespace).unwrap_or(after.len());
                (Cow::Borrowed(&after[..end]), &after[end..])
            }
        };
        pairs.push((name, value));
        rest = after.trim_start();
    }
    (pairs.len() > 1).then_some(pairs)
}

/// Where a quoted text ends.
fn closing(quoted: &str) -> Option<usize> {
    let mut escaped = false;
    quoted.bytes().position(|b| {
        let ends = b == b'"' && !escaped;
        escaped = b == b'\\' && !escaped;
        ends
    })
}

/// A plain line without the time and the level it begins with.
fn bare(line: &str) -> &str {
    let rest = untimed(line);
    let trimmed = rest.trim_start_matches(['[', '<']);
    let Some((word, _)) = first_word(trimmed) else { return rest };
    let after = trimmed[word.len()..].trim_start_matches([']', '>', ':']).trim_start();
    if after.is_empty() { rest } else { after }
}

/// The word a text begins with, when it names a level.
fn first_word(text: &str) -> Option<(&str, Level)> {
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    named(&text[..end]).map(|level| (&text[..end], level))
}

/// The text without an ISO 8601 date and time at its beginning.
fn untimed(line: &str) -> &str {
    let bytes = line.trim_start_matches('[').as_bytes();
    let digits = |range: std::ops::Range<usize>| {
        bytes.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let is_time = digits(0..4)
        && bytes.get(4) == Some(&b'-')
        && digits(5..7)
        && digits(8..10)
        && matches!(bytes.get(10), Some(b'T' | b' '))
        && digits(11..13)
        && bytes.get(13) == Some(&b':')
        && digits(17..19);
    if !is_time {
        return line;
    }
    let start = line.len() - bytes.len() + 19;
    let rest = line[start..].trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | 'Z'));
    let rest = rest.trim_start().trim_start_matches("UTC").trim_start_matches(']').trim_start();
    if rest.is_empty() { line } else { rest }
}

/// The level that a word names.
pub(super) fn named(word: &str) -> Option<Level> {
    const WORDS: [(&str, Level); 15] = [
        ("fatal", Level::Fatal),
        ("panic", Level::Fatal),
        ("critical", Level::Fatal),
        ("crit", Level::Fatal),
        ("error", Level::Error),
        ("err", Level::Error),
        ("severe", Level::Error),
        ("warning", Level::Warn),
        ("warn", Level::Warn),
        ("info", Level::Info),
        ("information", Level::Info),
        ("notice", Level::Info),
        ("log", Level::Info),
        ("debug", Level::Debug),
        ("trace", Level::Trace),
    ];
    WORDS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(_, level)| *level)
}

/// The level of a line: of its level field, of the word it begins with, or of the first such word near its beginning.
pub(super) fn level(line: &str) -> Level {
    let end = (0..=line.len().min(400)).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0);
    let head = &line[..end];
    // A word in colour begins behind the colour.
    let head = &*if head.contains('\u{1b}') { text::clean(head) } else { Cow::Borrowed(head) };
    field(head).or_else(|| klog(head)).unwrap_or_else(|| {
        let mut words = head.get(..120).unwrap_or(head).split(|c: char| !c.is_ascii_alphanumeric());
        words.find_map(named).unwrap_or(Level::None)
    })
}

/// The level that a field of JSON or logfmt gives.
fn field(head: &str) -> Option<Level> {
    // One search finds all names that end in `level` or begin with it.
    ["level", "lvl", "severity"].iter().find_map(|name| {
        head.match_indices(name).find_map(|(at, _)| {
            let (before, rest) = (&head[..at], &head[at + name.len()..]);
            let before = before.strip_suffix("log.").or(before.strip_suffix("log")).unwrap_or(before);
            let starts = before.is_empty() || before.ends_with([' ', '"', ',', '{']);
            let rest = rest.strip_prefix("name").unwrap_or(rest);
            let rest = rest.trim_start_matches('"').trim_start();
            let value = rest.strip_prefix(['=', ':'])?.trim_start_matches([' ', '"']);
            if starts { first_word(value).map(|(_, level)| level) } else { None }
        })
    })
}

/// The level of a line as Kubernetes' own programs write it: `E1121 03:12:44.000000       1 main.go:12] ...`.
fn klog(head: &str) -> Option<Level> {
    let bytes = head.as_bytes();
    let dated = bytes.get(1..5)?.iter().all(u8::is_ascii_digit) && bytes.get(5) == Some(&b' ');
    match bytes[0] {
        _ if !dated => None,
        b'I' => Some(Level::Info),
        b'W' => Some(Level::Warn),
        b'E' => Some(Level::Error),
        b'F' => Some(Level::Fatal),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(line: &str) -> (String, String) {
        let message = Message::read(line, &[]);
        (message.text[..message.fields].to_owned(), message.text[message.fields..].trim().to_owned())
    }

    #[test]
    fn lines_read_as_messages() {
        let cases = [
            (
                r#"{"time":"2026-11-21T11:31:38Z","level":"info","msg":"slow query","table":"slot","ms":701,"by":"a b"}"#,
                "slow query",
                r#"table=slot ms=701 by="a b""#,
            ),
            (r#"level=warn ts=1 msg="say \"hi\"" try=5"#, r#"say "hi""#, "try=5"),
            ("ERROR: relation does not exist", "relation does not exist", ""),
            ("2026-11-21 11:31:38,458 12 INFO prod odoo: x", "12 INFO prod odoo: x", ""),
            ("2026-11-21 11:31:38.458 UTC [42] LOG:  ready", "[42] LOG:  ready", ""),
            ("[WARN] \u{1b}[31mdisk\u{1b}[0m full", "disk full", ""),
            ("informal a=b", "informal a=b", ""),
            ("GET /x?a=b HTTP", "GET /x?a=b HTTP", ""),
            ("{broken", "{broken", ""),
            ("", "", ""),
        ];
        for (line, text, fields) in cases {
            assert_eq!(parts(line), (text.to_owned(), fields.to_owned()), "{line}");
        }
    }

    #[test]
    fn levels() {
        let cases = [
            (r#"{"msg":"no error","level":"info"}"#, Level::Info),
            (r#"{"severity": "ERROR","message":"x"}"#, Level::Error),
            ("ts=1 level=warn msg=error", Level::Warn),
            (r#"{"log.level":"warn","message":"x"}"#, Level::Warn),
            (r#"{"loglevel":"debug"}"#, Level::Debug),
            (r#"{"levelname": "ERROR","sublevel":"info"}"#, Level::Error),
            ("sublevel=info lvl=x lvl=crit", Level::Fatal),
            ("E1121 03:12:44.000000       1 main.go:12] it failed", Level::Error),
            ("2026-11-21 11:31:38.458 UTC [42] FATAL:  no", Level::Fatal),
            ("10.0.0.1 - GET /healthz 200", Level::None),
            ("\u{1b}[33mWARN\u{1b}[0m disk", Level::Warn),
        ];
        for (line, wanted) in cases {
            assert_eq!(level(line), wanted, "{line}");
        }
    }

    #[test]
    fn fields_by_path() {
        let found = fields(r#"{"msg":"x","http":{"status":503},"trace_id":"4bf9"}"#);
        let names: Vec<&str> = found.iter().map(|(k, _)| k.as_str()).collect();
        assert_eq!(names, ["msg", "http.status", "trace_id"]);
        assert_eq!(trace(&found), Some("4bf9"));
        assert_eq!(fields("level=info try=5").len(), 2);
        assert_eq!(Message::read("level=info msg=x try=5 n=1", &["try"]).text, "x  n=1");
    }

    proptest::proptest! {
        #[test]
        fn any_line_is_safe(line in ".{0,80}") {
            let message = Message::read(&line, &[]);
            proptest::prop_assert!(message.text.chars().all(text::is_safe));
            proptest::prop_assert!(message.text.is_char_boundary(message.fields));
            level(&line);
        }
    }
}
