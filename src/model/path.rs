//! Paths into objects, as kubectl's custom columns and RFC 9535 (JSONPath) write them.

use std::{fmt, sync::Arc};

use jsonpath_rust::{
    parser::{model::JpQuery, parse_json_path},
    query::js_path_process,
};
use serde_json::Value;

use super::{Cell, Str};

/// A step of a path, as jq and yq write it: `.spec`, `["tls.key"]`.
pub fn jq_step(key: &str) -> String {
    let is_plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        && key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if is_plain { format!(".{key}") } else { format!("[\"{key}\"]") }
}

/// A path that can be followed in any object.
#[derive(Clone)]
pub struct JsonPath {
    text: Str,
    label: Option<Str>,
    query: Arc<JpQuery>,
}

impl JsonPath {
    /// Reads a path: `.spec.nodeName`, `{.metadata.labels.team}`, `$.spec.containers[*].image`. The error says what is
    /// wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let inner = text.trim();
        let inner = inner.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(inner);
        let standard = standard(inner.trim())?;
        let query = parse_json_path(&standard)
            .map_err(|_| format!("`{text}` is no path: write it as in .spec.containers[*].image"))?;
        Ok(Self { text: standard.as_str().into(), label: label(&standard), query: Arc::new(query) })
    }

    /// The path as RFC 9535 writes it.
    pub fn text(&self) -> &Str {
        &self.text
    }

    /// The label that it leads to, when it leads to one.
    pub fn label(&self) -> Option<&Str> {
        self.label.as_ref()
    }

    /// What it leads to in an object: several values with commas between them; empty where there is nothing.
    pub fn find(&self, object: &Value) -> Cell {
        let found = js_path_process(&self.query, object).unwrap_or_default();
        match found.as_slice() {
            [one] => cell(one.val),
            many => Cell::Text(many.iter().map(|f| plain(f.val)).collect::<Vec<_>>().join(",").into()),
        }
    }
}

impl fmt::Debug for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for JsonPath {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for JsonPath {}

fn cell(value: &Value) -> Cell {
    match value {
        Value::Number(number) => {
            number.as_i64().map_or_else(|| Cell::Text(number.to_string().into()), Cell::Number)
        }
        // Moments are told as ages, as everywhere.
        Value::String(text) if text.contains('T') && text.ends_with('Z') => {
            text.parse().map_or_else(|_| Cell::Text(text.as_str().into()), Cell::At)
        }
        other => Cell::Text(plain(other).into()),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The path as RFC 9535 has it. kubectl leaves the `$` out, takes any letter in a name, and a backslash before a dot
/// that belongs to one.
fn standard(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix('$').unwrap_or(text);
    if !rest.starts_with(['.', '[']) || rest.len() < 2 {
        return Err(format!("`{text}` is no path: it begins with a dot, as in .metadata.name"));
    }
    let mut out = "$".to_owned();
    let mut letters = rest.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '[' {
            out.push('[');
            bracket(&mut letters, &mut out);
            continue;
        }
        let mut name = String::new();
        while let Some(next) = letters.peek().copied().filter(|c| !matches!(c, '.' | '[')) {
            letters.next();
            name.push(if next == '\\' { letters.next().unwrap_or('\\') } else { next });
        }
        let is_short = name.chars().all(|c| c.is_alphanumeric() || c == '_')
            && !name.starts_with(|c: char| c.is_ascii_digit());
        match name.as_str() {
            // Two dots, or a bracket behind a dot.
            "" => out.push('.'),
            "*" => out.push_str(".*"),
            _ if is_short => {
                out.push('.');
                out.push_str(&name);
            }
            _ => {
                // Behind the first of two dots the second has to stand.
                if out.ends_with('.') {
                    out.push('.');
                }
                let name = name.replace('\\', "\\\\").replace('\'', "\\'");
                out.extend(["['", &name, "']"]);
            }
        }
    }
    // `.[0]` is kubectl's, `[0]` the standard's; two dots stay before a bracket.
    Ok(out.replace("$.[", "$["))
}

/// Copies what stands in brackets: names in quotes, numbers, filters, with brackets of their own.
fn bracket(letters: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) {
    let (mut depth, mut quote) = (1, None);
    while let Some(letter) = letters.next() {
        // Within quotes kubectl has a dot escaped as well, which the standard has not.
        if quote.is_some() && letter == '\\' && letters.peek() == Some(&'.') {
            continue;
        }
        out.push(letter);
        match (quote, letter) {
            (Some(_), '\\') => out.extend(letters.next()),
            (Some(open), _) if open == letter => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (None, '[') => depth += 1,
            (None, ']') => {
                depth -= 1;
                if depth == 0 {
                    return;
                }
            }
            _ => {}
        }
    }
}

/// The label that a path leads to.
fn label(standard: &str) -> Option<Str> {
    let rest = standard.strip_prefix("$.metadata.labels")?;
    let quoted = || {
        let inner = rest.strip_prefix("['").and_then(|r| r.strip_suffix("']"));
        inner.or_else(|| rest.strip_prefix("[\"").and_then(|r| r.strip_suffix("\"]")))
    };
    let name = rest.strip_prefix('.').or_else(quoted)?;
    let is_one = !name.is_empty() && !name.contains(['[', ']', '\'', '"', '*', '\\']);
    // A dot separates names unless the name was quoted.
    (is_one && (!rest.starts_with('.') || !name.contains('.'))).then(|| name.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod() -> Value {
        json!({
            "metadata": {
                "name": "web-1", "creationTimestamp": "2026-11-21T03:00:00Z",
                "labels": { "team": "care", "app.kubernetes.io/name": "web", "tier-2": "x" },
            },
            "spec": { "containers": [{ "image": "a:1" }, { "image": "b:2" }], "priority": 7, "hostNetwork": true },
            "status": { "conditions": [
                { "type": "Ready", "status": "False" }, { "type": "PodScheduled", "status": "True" },
            ] },
        })
    }

    fn found(path: &str) -> Cell {
        JsonPath::parse(path).unwrap_or_else(|e| panic!("{path}: {e}")).find(&pod())
    }

    #[test]
    fn kubectls_and_the_standards_paths_lead_to_the_same() {
        let text = |t: &str| Cell::Text(t.into());
        for path in [".metadata.labels.team", "{.metadata.labels.team}", "$.metadata.labels['team']"] {
            assert_eq!(found(path), text("care"), "{path}");
        }
        for path in [
            r".metadata.labels.app\.kubernetes\.io/name",
            r".metadata.labels['app\.kubernetes\.io/name']",
            ".metadata.labels['app.kubernetes.io/name']",
        ] {
            assert_eq!(found(path), text("web"), "{path}");
        }
        assert_eq!(found(".metadata.labels.tier-2"), text("x"));
        assert_eq!(found(".spec.containers[*].image"), text("a:1,b:2"));
        assert_eq!(found(".spec.containers[1].image"), text("b:2"));
        assert_eq!(found(r#".status.conditions[?(@.type=="Ready")].status"#), text("False"));
        assert_eq!(found("..image"), text("a:1,b:2"));
        assert_eq!(found("..tier-2"), text("x"));
        assert_eq!(found(".spec.priority"), Cell::Number(7));
        assert_eq!(found(".spec.hostNetwork"), text("true"));
        assert_eq!(found(".spec.nodeName"), text(""), "what is not there is empty");
        let at = "2026-11-21T03:00:00Z".parse().expect("a moment");
        assert_eq!(found(".metadata.creationTimestamp"), Cell::At(at));
    }

    #[test]
    fn what_is_no_path_is_said() {
        for text in ["", "spec", ".", ".spec[", ".spec[?(", "{.spec", "$"] {
            assert!(JsonPath::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn labels_are_known_as_such() {
        let label = |path: &str| JsonPath::parse(path).expect("a path").label().map(ToString::to_string);
        assert_eq!(label(".metadata.labels.team").as_deref(), Some("team"));
        assert_eq!(
            label(r".metadata.labels.app\.kubernetes\.io/name").as_deref(),
            Some("app.kubernetes.io/name")
        );
        assert_eq!(label(".metadata.labels['a']").as_deref(), Some("a"));
        for path in [".metadata.labels", ".metadata.labels.*", ".metadata.name", ".metadata.labels.a.b"] {
            assert_eq!(label(path), None, "{path}");
        }
    }
}
