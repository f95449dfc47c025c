//! YAML line by line: what is a key and what a value, which levels there are, and the path of each line.
//!
//! It reads what serialisers write, not all of YAML: what it does not understand is shown all the same, in no colour.

use std::ops::Range;

use super::{
    line::{Line, Tone},
    outline::Outline,
};
use crate::model::{MASK, jq_step};

/// What is on a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Part {
    /// The column of its key, or of what stands in a key's place.
    column: usize,
    /// The column of its dash, when it begins an element of a list.
    dash: Option<usize>,
    /// Where its key is, without quotes.
    key: Option<Range<usize>>,
    /// Where its value is.
    value: Range<usize>,
    /// Whether it goes on what a line before it began: a block of text.
    goes_on: bool,
}

/// The lines of a document.
#[derive(Clone, Debug, Default)]
pub struct Yaml {
    parts: Vec<Part>,
}

/// A text that began on an earlier line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// Lines deeper than this column belong to it.
    Block(usize),
    /// Lines until this quote belong to it.
    Quote(char),
}

impl Yaml {
    /// Reads lines that are safe to print.
    pub fn read<'a>(texts: impl Iterator<Item = &'a str>) -> (Self, Vec<Line>, Outline) {
        let (mut parts, mut lines, mut levels) = (Vec::new(), Vec::new(), Vec::new());
        let mut open = None;
        for text in texts {
            let part = match open {
                Some(Open::Block(column)) if text.trim().is_empty() || indent(text) > column => rest(text),
                Some(Open::Quote(quote)) => {
                    if closing(text, quote).is_some() {
                        open = None;
                    }
                    rest(text)
                }
                _ => {
                    let part = part(text);
                    open = opens(
                        &text[part.value.clone()],
                        part.dash.filter(|_| part.key.is_none()).unwrap_or(part.column),
                    );
                    part
                }
            };
            levels.push(part.level());
            lines.push(Line::of(Tone::Text, text.to_owned(), runs(text, &part)));
            parts.push(part);
        }
        let mut yaml = Self { parts };
        let mut outline = Outline::new(&levels);
        outline.fold(yaml.noise(&lines));
        yaml.mask(&mut lines, &outline);
        (yaml, lines, outline)
    }

    /// What is folded at first: which programs set what, and the copy that `kubectl apply` leaves behind.
    fn noise(&self, lines: &[Line]) -> Vec<usize> {
        let is_noise = |at: &usize| {
            matches!(
                self.key(lines, *at),
                "managedFields" | "kubectl.kubernetes.io/last-applied-configuration"
            )
        };
        (0..lines.len()).filter(is_noise).collect()
    }

    /// The lines of a document as they are copied: without what the API server keeps for itself about who set what.
    pub fn copied<'a>(&self, lines: &'a [Line], outline: &Outline) -> Vec<&'a str> {
        let mut out = Vec::new();
        let mut at = 0;
        while at < lines.len() {
            if self.key(lines, at) == "managedFields" {
                at = outline.end(at);
                continue;
            }
            out.push(lines[at].text.as_str());
            at += 1;
        }
        out
    }

    fn key<'a>(&self, lines: &'a [Line], at: usize) -> &'a str {
        self.parts[at].key.clone().map_or("", |key| &lines[at].text[key])
    }

    /// Shows in the tone of masks what stands for secrets.
    fn mask(&mut self, lines: &mut [Line], outline: &Outline) {
        for at in 0..lines.len() {
            if self.secret(lines, outline, at).is_some() {
                let Part { key, value, .. } = &self.parts[at];
                let runs = vec![(key.as_ref().map_or(0, |k| k.start), Tone::Key), (value.start, Tone::Mask)];
                lines[at] = Line::of(Tone::Text, lines[at].text.clone(), runs);
            }
        }
    }

    /// By what the hidden value on a line is asked for: the name of an entry of a Secret or a `ConfigMap`, the path to a
    /// variable of a container.
    pub fn secret(&self, lines: &[Line], outline: &Outline, at: usize) -> Option<String> {
        let part = self.parts.get(at)?;
        let value = lines[at].text[part.value.clone()].trim_start_matches(['"', '\'']);
        let parent = outline.parent(at).filter(|_| value.starts_with(MASK))?;
        if self.key(lines, parent) == "data" && outline.parent(parent).is_none() {
            return Some(self.key(lines, at).to_owned());
        }
        let path = self.path(lines, outline, at);
        (self.key(lines, at) == "value" && path.contains(".env[")).then_some(path)
    }

    /// Where the value of a line begins.
    pub fn value_start(&self, at: usize) -> usize {
        self.parts.get(at).map_or(0, |part| part.value.start)
    }

    /// The way from the top to a line: `.spec.containers[0].image`.
    pub fn path(&self, lines: &[Line], outline: &Outline, line: usize) -> String {
        let mut steps: Vec<String> = Vec::new();
        let mut at = line;
        let mut below: Option<&Part> = None;
        while let Some(part) = self.parts.get(at) {
            if let Some(key) = &part.key
                && below.is_none_or(|below| below.lies_in(part))
            {
                steps.push(jq_step(&lines[at].text[key.clone()]));
            }
            if part.dash.is_some() {
                steps.push(format!("[{}]", self.place(outline, at)));
            }
            if !part.goes_on {
                below = Some(part);
            }
            match outline.parent(at) {
                Some(parent) => at = parent,
                None => break,
            }
        }
        if steps.is_empty() {
            return ".".to_owned();
        }
        steps.reverse();
        steps.concat()
    }

    /// Which element of its list a line begins.
    fn place(&self, outline: &Outline, line: usize) -> usize {
        let (parent, dash) = (outline.parent(line), self.parts[line].dash);
        let first = parent.map_or(0, |parent| parent + 1);
        (first..line).filter(|at| outline.parent(*at) == parent && self.parts[*at].dash == dash).count()
    }

    /// The value of a line: a text as it is meant, anything larger as YAML.
    pub fn value(&self, lines: &[Line], outline: &Outline, line: usize) -> String {
        let Some(part) = self.parts.get(line) else { return String::new() };
        let below = (line + 1..outline.end(line)).take_while(|at| {
            let other = &self.parts[*at];
            part.key.is_none() || other.goes_on || other.lies_in(part)
        });
        let strip =
            |text: &str, columns: usize| text.get(columns..).unwrap_or_else(|| text.trim_start()).to_owned();
        let column = part.column;
        let mut texts = vec![strip(&lines[line].text, column)];
        texts.extend(below.map(|at| &lines[at].text).map(|text| strip(text, column.min(indent(text)))));
        let whole = texts.join("\n");
        let read: Option<serde_json::Value> = serde_saphyr::from_str(&whole).ok();
        let value = match (&read, &part.key) {
            (Some(serde_json::Value::Object(map)), Some(_)) if map.len() == 1 => map.values().next(),
            (Some(value), None) => Some(value),
            _ => None,
        };
        match value {
            Some(serde_json::Value::String(text)) => text.trim_end_matches('\n').to_owned(),
            Some(value) if !value.is_object() && !value.is_array() => value.to_string(),
            _ => whole,
        }
    }
}

impl Part {
    /// How deep it is: an element lies below a key of the same column.
    fn level(&self) -> usize {
        match self.dash {
            _ if self.goes_on => usize::MAX,
            Some(dash) => 2 * dash + 1,
            None => 2 * self.column,
        }
    }

    /// Whether it lies in what the key of a line above it holds, and not beside that key.
    fn lies_in(&self, above: &Self) -> bool {
        let column = self.dash.unwrap_or(self.column);
        column > above.column || (self.dash.is_some() && column == above.column)
    }
}

fn indent(text: &str) -> usize {
    text.len() - text.trim_start_matches(' ').len()
}

/// A line of a text that began before it.
fn rest(text: &str) -> Part {
    let column = indent(text);
    Part { column, value: column..text.len(), goes_on: true, ..Part::default() }
}

/// What a line by itself says.
fn part(text: &str) -> Part {
    let mut column = indent(text);
    if column == text.len() {
        return rest(text);
    }
    let mut part = Part::default();
    let body = &text[column..];
    if body == "-" || body.starts_with("- ") {
        part.dash = Some(column);
        column += 1 + indent(&body[1..]);
    }
    part.column = column;
    let body = &text[column..];
    let end = text.trim_end().len().max(column);
    part.value = column..end;
    if let Some((key, after)) = key(body) {
        part.key = Some(column + key.start..column + key.end);
        part.value = (column + after + indent(&body[after..])).min(end)..end;
    }
    part
}

/// The key that a text begins with, and where what follows its colon begins.
fn key(text: &str) -> Option<(Range<usize>, usize)> {
    let (range, end) = match text.chars().next()? {
        quote @ ('"' | '\'') => {
            let close = 1 + closing(&text[1..], quote)?;
            (1..close, close + 1)
        }
        '#' | '|' | '>' | '{' | '[' | '*' | '&' | '!' => return None,
        _ => {
            let end = text.find(": ").or_else(|| text.ends_with(':').then(|| text.len() - 1))?;
            (0..end, end)
        }
    };
    let after = text[end..].strip_prefix(':')?;
    (after.is_empty() || after.starts_with(' ')).then_some((range, end + 1))
}

/// Where a quoted text ends, behind its first quote.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if quote == '"' && c == '\\' {
            chars.next();
        } else if c == quote {
            if quote == '\'' && chars.next_if(|(_, next)| *next == quote).is_some() {
                continue;
            }
            return Some(at);
        }
    }
    None
}

/// What a value begins that later lines go on; `column` is that of its key.
fn opens(value: &str, column: usize) -> Option<Open> {
    match value.chars().next()? {
        '|' | '>' => Some(Open::Block(column)),
        quote @ ('"' | '\'') if closing(&value[1..], quote).is_none() => Some(Open::Quote(quote)),
        _ => None,
    }
}

/// How the parts of a line stand out.
fn runs(text: &str, part: &Part) -> Vec<(usize, Tone)> {
    let mut runs = Vec::new();
    let Range { start, end } = part.value;
    if part.goes_on {
        return vec![(start, Tone::Quote)];
    }
    if let Some(key) = &part.key {
        runs.push((key.start.saturating_sub(usize::from(key.start > part.column)), Tone::Key));
    }
    if start == end {
        return runs;
    }
    let value = &text[start..end];
    runs.push((start, tone(value)));
    if matches!(tone(value), Tone::Quote | Tone::Word)
        && !value.starts_with(['"', '\''])
        && let Some(comment) = value.find(" #")
    {
        runs.push((start + comment, Tone::Comment));
    }
    runs
}

/// How a value stands out.
fn tone(value: &str) -> Tone {
    const WORDS: [&str; 7] = ["true", "false", "null", "~", "yes", "no", ".nan"];
    let bare = value.split(" #").next().unwrap_or(value).trim_end();
    match value.chars().next() {
        Some('#') => Tone::Comment,
        Some('&' | '*' | '!') => Tone::Word,
        Some('|' | '>') => Tone::Dim,
        _ if WORDS.contains(&bare) || bare.parse::<f64>().is_ok() => Tone::Word,
        _ if value == "---" || value == "..." => Tone::Dim,
        _ => Tone::Quote,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POD: &str = "\
apiVersion: v1
kind: Pod
metadata:
  annotations:
    example.org/note: \"a: b # no comment\"
    kubectl.kubernetes.io/last-applied-configuration: |
      {\"kind\":\"Pod\"}
  managedFields:
  - manager: kubelet
    operation: Update
  name: 'it''s'
spec:
  containers:
    - name: main
      image: registry.lab/cart:1.0.0 # pinned
      env:
      - name: A
        value: |-
          one

          two
      - name: B
        value: \"2\"
    - name: side
      ports: [80]
  hostNetwork: false
  weights:
  - 1
  - - 2";

    fn read(text: &str) -> (Yaml, Vec<Line>, Outline) {
        Yaml::read(text.lines())
    }

    fn line(lines: &[Line], text: &str) -> usize {
        lines.iter().position(|l| l.text.contains(text)).unwrap_or_else(|| panic!("no {text}"))
    }

    #[test]
    fn paths_as_jq_writes_them() {
        let (yaml, lines, outline) = read(POD);
        for (text, path) in [
            ("apiVersion", ".apiVersion"),
            ("example.org/note", ".metadata.annotations[\"example.org/note\"]"),
            ("{\"kind\"", ".metadata.annotations[\"kubectl.kubernetes.io/last-applied-configuration\"]"),
            ("operation", ".metadata.managedFields[0].operation"),
            ("  containers:", ".spec.containers"),
            ("- name: main", ".spec.containers[0].name"),
            ("image:", ".spec.containers[0].image"),
            ("- name: A", ".spec.containers[0].env[0].name"),
            ("          two", ".spec.containers[0].env[0].value"),
            ("value: \"2\"", ".spec.containers[0].env[1].value"),
            ("ports", ".spec.containers[1].ports"),
            ("- 1", ".spec.weights[0]"),
        ] {
            assert_eq!(yaml.path(&lines, &outline, line(&lines, text)), path, "{text}");
        }
    }

    #[test]
    fn a_list_in_the_first_field_of_an_element() {
        let (yaml, lines, outline) = read("all:\n- env:\n  - name: A\n  - name: B\n  image: x\n- image: y");
        let paths: Vec<_> = (0..6).map(|at| yaml.path(&lines, &outline, at)).collect();
        let expected = [
            ".all",
            ".all[0].env",
            ".all[0].env[0].name",
            ".all[0].env[1].name",
            ".all[0].image",
            ".all[1].image",
        ];
        assert_eq!(paths, expected);
    }

    #[test]
    fn values_as_they_are_meant() {
        let (yaml, lines, outline) = read(POD);
        for (text, value) in [
            ("example.org/note", "a: b # no comment"),
            ("name: 'it", "it's"),
            ("image:", "registry.lab/cart:1.0.0"),
            ("value: |-", "one\n\ntwo"),
            ("value: \"2\"", "2"),
            ("hostNetwork", "false"),
            ("- name: side", "side"),
            ("      env:", "env:\n- name: A\n  value: |-\n    one\n\n    two\n- name: B\n  value: \"2\""),
            ("- 1", "1"),
        ] {
            assert_eq!(yaml.value(&lines, &outline, line(&lines, text)), value, "{text}");
        }
    }

    #[test]
    fn noise_is_folded_and_not_copied() {
        let (yaml, lines, outline) = read(POD);
        let managed = line(&lines, "managedFields");
        assert_eq!(outline.hidden(managed), 2);
        assert_eq!(outline.hidden(line(&lines, "last-applied")), 1);
        let copied = yaml.copied(&lines, &outline);
        assert_eq!(copied.len(), lines.len() - 3);
        assert!(!copied.iter().any(|l| l.contains("kubelet")));
    }

    #[test]
    fn tones() {
        let (_, lines, _) = read(POD);
        let tones = |text: &str| {
            let line = &lines[line(&lines, text)];
            line.pieces(0, line.text.len()).map(|(t, tone)| (t.trim().to_owned(), tone)).collect::<Vec<_>>()
        };
        let piece = |text: &str, tone| (text.to_owned(), tone);
        assert_eq!(
            tones("image:")[1..],
            [
                piece("image:", Tone::Key),
                piece("registry.lab/cart:1.0.0", Tone::Quote),
                piece("# pinned", Tone::Comment)
            ]
        );
        assert_eq!(tones("hostNetwork")[2], piece("false", Tone::Word));
        assert_eq!(tones("example.org")[2], piece("\"a: b # no comment\"", Tone::Quote));
        assert_eq!(tones("- 1")[1], piece("1", Tone::Word));
    }

    #[test]
    fn hidden_values_of_a_secret_are_known() {
        let text = format!(
            "data:\n  password: {MASK} (7 bytes)\n  user: \"{MASK} (2 bytes)\"\nother:\n  a: {MASK}\nspec:\n  env:\n  - name: KEY\n    value: {MASK}"
        );
        let (yaml, lines, outline) = read(&text);
        let secrets: Vec<_> = (0..lines.len()).map(|at| yaml.secret(&lines, &outline, at)).collect();
        let known = |entry: &str| Some(entry.to_owned());
        let path = known(".spec.env[0].value");
        assert_eq!(secrets, [None, known("password"), known("user"), None, None, None, None, None, path]);
        assert_eq!(lines[1].pieces(0, lines[1].text.len()).last().map(|p| p.1), Some(Tone::Mask));
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_read(text in "[-a-c:|\"'# \n{&]{0,80}") {
            let (yaml, lines, outline) = read(&text);
            proptest::prop_assert_eq!(lines.len(), text.lines().count());
            for at in 0..lines.len() {
                yaml.path(&lines, &outline, at);
                yaml.value(&lines, &outline, at);
                let shown: String = lines[at].pieces(0, lines[at].text.len()).map(|p| p.0).collect();
                proptest::prop_assert_eq!(&shown, &lines[at].text);
            }
        }
    }
}
