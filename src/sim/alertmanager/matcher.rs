//! Label matchers of silences, filters, routes and inhibition rules.

use regex::Regex;

use super::Labels;

/// One condition on a label.
#[derive(Clone, Debug)]
pub struct Matcher {
    /// The label; one that is missing has the empty value.
    pub name: String,
    /// The value or the expression.
    pub value: String,
    /// The expression, anchored at both ends; none for a plain comparison.
    pub regex: Option<Regex>,
    /// Whether it must match; else it must not.
    pub equal: bool,
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.value, self.equal) == (&other.name, &other.value, other.equal)
            && self.regex.is_some() == other.regex.is_some()
    }
}

impl Matcher {
    /// A matcher; the error is the text that Go's regexp gives.
    pub fn new(name: &str, value: &str, is_regex: bool, equal: bool) -> Result<Self, String> {
        let regex = if is_regex { Some(anchored(value)?) } else { None };
        Ok(Self { name: name.to_owned(), value: value.to_owned(), regex, equal })
    }

    /// Reads `name="value"`, also with `!=`, `=~`, `!~` and without quotes.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim().trim_start_matches('{').trim_end_matches('}').trim();
        let bad = || format!("bad matcher format: {text}");
        let at = text.find(['=', '!']).filter(|at| *at > 0).ok_or_else(bad)?;
        let (name, rest) = (text[..at].trim(), &text[at..]);
        let operators = [("=~", true, true), ("!~", true, false), ("!=", false, false), ("=", false, true)];
        let found = operators.into_iter().find(|(operator, ..)| rest.starts_with(operator));
        let (operator, is_regex, equal) = found.ok_or_else(bad)?;
        let value = rest[operator.len()..].trim();
        let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        let value = quoted
            .map_or_else(|| value.to_owned(), |value| value.replace("\\\"", "\"").replace("\\\\", "\\"));
        if name.chars().any(|c| !(c.is_alphanumeric() || c == '_' || c == ':')) {
            return Err(bad());
        }
        Self::new(name, &value, is_regex, equal)
    }

    /// Whether a value fulfils it.
    pub fn takes(&self, value: &str) -> bool {
        let same = self.regex.as_ref().map_or(self.value == value, |regex| regex.is_match(value));
        same == self.equal
    }

    /// Whether a label set fulfils it.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.takes(labels.get(&self.name).map_or("", String::as_str))
    }
}

/// An expression that must match a whole value.
pub(super) fn anchored(expression: &str) -> Result<Regex, String> {
    Regex::new(&format!("^(?:{expression})$")).map_err(|_| {
        let open = expression.matches('(').count() > expression.matches(')').count();
        let why = if open { "missing closing )" } else { "invalid expression" };
        format!("error parsing regexp: {why}: `{expression}`")
    })
}
