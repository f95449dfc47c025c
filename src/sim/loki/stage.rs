//! The stages of a LogQL pipeline: each keeps a line or not, and may change its labels and its text.

use std::{borrow::Cow, time::Duration};

use regex::Regex;
use serde_json::Value;

use super::{Labels, parse::duration};

/// One stage.
#[derive(Clone, Debug)]
pub(super) enum Stage {
    Line(LineFilter),
    Json(Vec<(String, String)>),
    Logfmt(Vec<(String, String)>),
    Regexp(Regex),
    LineFormat(String),
    LabelFormat(String, String),
    Drop(Vec<String>),
    Keep(Vec<String>),
    Labels(Vec<Vec<LabelFilter>>),
    Decolorize,
    Unwrap(String),
}

/// A condition on the line.
#[derive(Clone, Debug)]
pub(super) struct LineFilter {
    pub(super) regex: Regex,
    pub(super) wanted: bool,
}

/// A condition on a label.
#[derive(Clone, Debug)]
pub(super) struct LabelFilter {
    pub(super) name: String,
    pub(super) compare: Compare,
}

/// How a label is compared.
#[derive(Clone, Debug)]
pub(super) enum Compare {
    Text(String, bool),
    Regex(Regex, bool),
    Number(&'static str, f64),
    Time(&'static str, Duration),
}

impl LabelFilter {
    fn holds(&self, labels: &Labels) -> bool {
        let held = labels.get(&self.name).map_or("", String::as_str);
        let ordered = |op: &str, left: Option<f64>, right: f64| {
            let Some(left) = left else { return false };
            match op {
                ">" => left > right,
                "<" => left < right,
                ">=" => left >= right,
                "<=" => left <= right,
                "!=" => (left - right).abs() > f64::EPSILON,
                _ => (left - right).abs() <= f64::EPSILON,
            }
        };
        match &self.compare {
            Compare::Text(text, equal) => (held == text) == *equal,
            Compare::Regex(regex, equal) => regex.is_match(held) == *equal,
            Compare::Number(op, number) => ordered(op, held.parse().ok(), *number),
            Compare::Time(op, time) => {
                ordered(op, duration(held).map(|held| held.as_secs_f64()), time.as_secs_f64())
            }
        }
    }
}

/// Sends a line through the stages; none when it is dropped.
pub(super) fn run(stages: &[Stage], line: &str, stream: &Labels) -> Option<(String, Labels)> {
    let mut text = Cow::Borrowed(line);
    let mut labels = stream.clone();
    for stage in stages {
        match stage {
            Stage::Line(filter) => {
                if filter.regex.is_match(&text) != filter.wanted {
                    return None;
                }
            }
            Stage::Json(wanted) => json(&text, wanted, stream, &mut labels),
            Stage::Logfmt(wanted) => {
                for (name, value) in logfmt(&text) {
                    extract(&name, &value, wanted, stream, &mut labels);
                }
            }
            Stage::Regexp(regex) => {
                if let Some(found) = regex.captures(&text) {
                    for name in regex.capture_names().flatten() {
                        if let Some(value) = found.name(name) {
                            add(name, value.as_str(), stream, &mut labels);
                        }
                    }
                }
            }
            Stage::LineFormat(template) => text = Cow::Owned(filled(template, &labels, &text)),
            Stage::LabelFormat(name, template) => {
                let value = filled(template, &labels, &text);
                labels.insert(name.clone(), value);
            }
            Stage::Drop(names) => labels.retain(|name, _| !names.contains(name)),
            Stage::Keep(names) => labels.retain(|name, _| names.contains(name)),
            Stage::Labels(alternatives) => {
                if !alternatives.iter().any(|all| all.iter().all(|filter| filter.holds(&labels))) {
                    return None;
                }
            }
            Stage::Decolorize => text = Cow::Owned(decolorized(&text)),
            Stage::Unwrap(name) => {
                if !labels.contains_key(name) {
                    return None;
                }
            }
        }
    }
    Some((text.into_owned(), labels))
}

/// Adds an extracted label; one of the stream's own names gets `_extracted`.
fn add(name: &str, value: &str, stream: &Labels, labels: &mut Labels) {
    let mut clean: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if clean.starts_with(|c: char| c.is_ascii_digit()) {
        clean.insert(0, '_');
    }
    if stream.contains_key(&clean) {
        clean.push_str("_extracted");
    }
    labels.entry(clean).or_insert_with(|| value.to_owned());
}

fn extract(name: &str, value: &str, wanted: &[(String, String)], stream: &Labels, labels: &mut Labels) {
    if wanted.is_empty() {
        add(name, value, stream, labels);
        return;
    }
    for (label, path) in wanted {
        if path == name {
            add(label, value, stream, labels);
        }
    }
}

fn json(text: &str, wanted: &[(String, String)], stream: &Labels, labels: &mut Labels) {
    let Ok(Value::Object(fields)) = serde_json::from_str(text) else {
        labels.insert("__error__".into(), "JSONParserErr".into());
        return;
    };
    let mut flat = Vec::new();
    flatten("", &Value::Object(fields), if wanted.is_empty() { '_' } else { '.' }, &mut flat);
    for (name, value) in flat {
        extract(&name, &value, wanted, stream, labels);
    }
}

fn flatten(prefix: &str, value: &Value, between: char, out: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}{between}{name}") };
                flatten(&name, value, between, out);
            }
        }
        Value::Array(_) => {}
        Value::Null => out.push((prefix.to_owned(), String::new())),
        Value::String(text) => out.push((prefix.to_owned(), text.clone())),
        other => out.push((prefix.to_owned(), other.to_string())),
    }
}

/// The pairs of a `key=value key="quoted value"` line.
pub(super) fn logfmt(text: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = rest.find([' ', '=']).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        let Some(after) = after.strip_prefix('=') else {
            rest = after.trim_start();
            continue;
        };
        let (value, tail) = if let Some(inside) = after.strip_prefix('"') {
            let mut end = inside.len();
            let mut escaped = false;
            for (at, c) in inside.char_indices() {
                match c {
                    '\\' if !escaped => escaped = true,
                    '"' if !escaped => {
                        end = at;
                        break;
                    }
                    _ => escaped = false,
                }
            }
            (inside[..end].replace("\\\"", "\""), inside.get(end + 1..).unwrap_or_default())
        } else {
            let end = after.find(' ').unwrap_or(after.len());
            (after[..end].to_owned(), &after[end..])
        };
        if !key.is_empty() {
            pairs.push((key.to_owned(), value));
        }
        rest = tail.trim_start();
    }
    pairs
}

/// Fills in `{{.name}}` and `{{__line__}}`.
fn filled(template: &str, labels: &Labels, line: &str) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((inside, tail)) = after.split_once("}}") else { break };
        match inside.trim().strip_prefix('.') {
            Some(name) => out.push_str(labels.get(name).map_or("", String::as_str)),
            None if inside.trim() == "__line__" => out.push_str(line),
            None => {}
        }
        rest = tail;
    }
    out + rest
}

/// The text without ANSI colour sequences.
fn decolorized(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\u{1b}' {
            out.push(c);
            continue;
        }
        if chars.next() == Some('[') {
            chars.by_ref().find(char::is_ascii_alphabetic);
        }
    }
    out
}

/// The level that Loki finds in a line: from a `level` field, else from a word.
pub(super) fn level(text: &str) -> &'static str {
    let head: String = text.chars().take(160).collect::<String>().to_lowercase();
    let named = ["level", "lvl", "severity"].iter().find_map(|key| {
        let after = head.split_once(&format!("{key}="))?.1;
        Some(after.trim_start_matches('"').to_owned())
    });
    let named = named.or_else(|| {
        let after = head.split_once("\"level\":")?.1;
        Some(after.trim_start_matches([' ', '"']).to_owned())
    });
    let known = [
        ("fatal", "critical"),
        ("critical", "critical"),
        ("error", "error"),
        ("warn", "warn"),
        ("info", "info"),
        ("debug", "debug"),
        ("trace", "trace"),
    ];
    let of = |text: &str, whole: bool| {
        let found =
            known.iter().find(|(word, _)| if whole { text.starts_with(word) } else { text.contains(word) });
        found.map(|(_, level)| *level)
    };
    match named {
        Some(named) => {
            of(&named, true).or_else(|| named.starts_with("err").then_some("error")).unwrap_or("unknown")
        }
        None => of(&head, false).unwrap_or("unknown"),
    }
}
