//! Matchers in Alertmanager's syntax, read and held against labels.

use regex::Regex;

use super::{Matcher, Str};

/// Values that only a matcher takes that takes about everything.
const ANY: [&str; 3] = ["zq8-vigie", "0", "É: [/"];

/// Conditions that must all hold, ready to be held against labels.
#[derive(Clone, Debug)]
pub struct Matching {
    all: Vec<(Matcher, Option<Regex>)>,
}

impl Matching {
    /// Takes matchers.
    ///
    /// # Errors
    /// A regular expression that is none.
    pub fn new(matchers: Vec<Matcher>) -> Result<Self, String> {
        let ready = |matcher: Matcher| {
            let regex = matcher.is_regex.then(|| Regex::new(&format!("^(?:{})$", matcher.value))).transpose();
            regex.map(|regex| (matcher, regex)).map_err(|error| {
                let text = error.to_string();
                let why = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
                format!("no regular expression: {why}")
            })
        };
        Ok(Self { all: matchers.into_iter().map(ready).collect::<Result<_, _>>()? })
    }

    /// Reads `alertname="X", pod=~"cart-.*"`, with or without braces and quotes, parted by commas or blanks.
    ///
    /// # Errors
    /// What cannot be understood, from where on.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let inner = text.strip_prefix('{').map_or(text, |inner| inner.strip_suffix('}').unwrap_or(inner));
        let mut rest = inner.trim();
        let mut matchers = Vec::new();
        while !rest.is_empty() {
            let (matcher, after) = one(rest)?;
            matchers.push(matcher);
            rest = after.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
        }
        Self::new(matchers)
    }

    /// The matchers.
    pub fn matchers(&self) -> impl ExactSizeIterator<Item = &Matcher> {
        self.all.iter().map(|(matcher, _)| matcher)
    }

    /// Whether labels fulfil all of them; a label that is missing has the empty value.
    pub fn takes(&self, labels: &[(Str, Str)]) -> bool {
        self.all.iter().all(|one| {
            let value = labels.iter().find(|(name, _)| *name == one.0.name).map_or("", |(_, value)| value);
            takes(one, value)
        })
    }

    /// How many say what a label is, rather than what it is not or nothing at all.
    pub fn narrowing(&self) -> usize {
        self.all.iter().filter(|one| one.0.is_equal && !is_open(one)).count()
    }

    /// Those that take about every value.
    pub fn open(&self) -> impl Iterator<Item = &Matcher> {
        self.all.iter().filter(|one| one.0.is_equal && is_open(one)).map(|(matcher, _)| matcher)
    }
}

fn takes((matcher, regex): &(Matcher, Option<Regex>), value: &str) -> bool {
    let same = regex.as_ref().map_or(*matcher.value == *value, |regex| regex.is_match(value));
    same == matcher.is_equal
}

fn is_open(one: &(Matcher, Option<Regex>)) -> bool {
    ANY.iter().all(|value| takes(one, value))
}

/// Reads the first matcher; gives what comes after it.
fn one(text: &str) -> Result<(Matcher, &str), String> {
    let bad = || {
        let from: String = text.chars().take(30).collect();
        format!("`{from}` is no matcher; write label=\"value\", with =, !=, =~ or !~")
    };
    let (name, rest) = match text.strip_prefix('"') {
        Some(_) => quoted(text).ok_or_else(bad)?,
        None => {
            let end =
                text.find(|c: char| !(c.is_ascii_alphanumeric() || "_:.".contains(c))).ok_or_else(bad)?;
            (text[..end].to_owned(), &text[end..])
        }
    };
    let rest = rest.trim_start();
    let operators = [("=~", true, true), ("!~", true, false), ("!=", false, false), ("=", false, true)];
    let (operator, is_regex, is_equal) =
        operators.into_iter().find(|(op, ..)| rest.starts_with(op)).ok_or_else(bad)?;
    let rest = rest[operator.len()..].trim_start();
    let (value, rest) = if rest.starts_with('"') {
        quoted(rest).ok_or_else(bad)?
    } else {
        let end = rest.find(|c: char| c == ',' || c == '"' || c.is_whitespace()).unwrap_or(rest.len());
        (rest[..end].to_owned(), &rest[end..])
    };
    if name.is_empty() {
        return Err(bad());
    }
    Ok((Matcher { name: name.into(), value: value.into(), is_regex, is_equal }, rest))
}

/// Reads a text in quotes; gives what comes after it. `\"`, `\\` and `\n` are what they stand for; any other
/// backslash stays, as expressions have many.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((out, &text[at + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => out.push('\n'),
                c @ ('"' | '\\') => out.push(c),
                c => out.extend(['\\', c]),
            },
            c => out.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        Matching::parse(text).unwrap().matchers().map(ToString::to_string).collect()
    }

    #[test]
    fn matchers_read_as_alertmanager_has_them() {
        let both = [r#"alertname="X""#, r#"pod=~"cart-.*""#];
        assert_eq!(read(r#"alertname="X", pod=~"cart-.*""#), both);
        assert_eq!(read(r#"{alertname="X",pod=~"cart-.*",}"#), both);
        assert_eq!(read("alertname=X pod=~cart-.*"), both);
        assert_eq!(read(r#"a!="b", c!~"d|e""#), [r#"a!="b""#, r#"c!~"d|e""#]);
        assert_eq!(read(r#""my label"="x\"y""#), [r#"my label="x\"y""#]);
        assert_eq!(read(r#"a=~"\d+""#), [r#"a=~"\\d+""#]);
        assert_eq!(read(r#"a=~"\\d+""#), [r#"a=~"\\d+""#], "as it is written, it reads back");
        for bad in ["alertname", "=x", r#"a="b"#, "a~b", r#"a=~"(""#] {
            assert!(Matching::parse(bad).is_err(), "{bad}");
        }
        assert!(read("").is_empty());
    }

    #[test]
    fn labels_are_held_against_all_of_them() {
        let labels: Vec<(Str, Str)> =
            [("alertname", "X"), ("pod", "cart-1")].map(|(n, v)| (n.into(), v.into())).to_vec();
        let takes = |text: &str| Matching::parse(text).unwrap().takes(&labels);
        assert!(takes(r#"alertname="X", pod=~"cart-.""#));
        assert!(!takes(r#"pod=~"cart""#), "a whole value");
        assert!(takes(r#"node="", pod!="web""#), "a missing label is empty");
    }

    #[test]
    fn what_narrows_nothing_is_told() {
        let of = |text: &str| {
            let all = Matching::parse(text).unwrap();
            (all.narrowing(), all.open().count())
        };
        assert_eq!(of(r#"alertname="X", namespace="y""#), (2, 0));
        assert_eq!(of(r#"alertname="X", namespace=~".+""#), (1, 1));
        assert_eq!(of(r#"alertname=~".*""#), (0, 1));
        assert_eq!(of(r#"alertname!="X", severity!~"a|b""#), (0, 0));
        assert_eq!(of(r#"alertname=~"Kube.*""#), (1, 0));
    }
}
