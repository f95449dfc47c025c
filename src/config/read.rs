//! TOML to types, telling every mistake: what is wrong is left out and the rest read again.

use std::{ops::Range, path::Path};

use serde::de::DeserializeOwned;
use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue},
};

use super::{Position, Problem};

/// At most so many mistakes of a file are told.
const MOST: usize = 50;

/// A file while it is read.
pub(super) struct Document<'a> {
    path: &'a Path,
    text: &'a str,
    table: Spanned<DeTable<'a>>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
    /// Verbs that it names, each with what is wrong if there is no such verb.
    pub verbs: Vec<(String, Problem)>,
}

impl<'a> Document<'a> {
    /// Reads the text of a file; `path` is for messages.
    pub fn parse(path: &'a Path, text: &'a str) -> Self {
        let (table, errors) = DeTable::parse_recoverable(text);
        let problems = errors.iter().take(MOST).map(|e| Problem::toml(path, text, e)).collect();
        Self { path, text, table, problems, verbs: Vec::new() }
    }

    /// Whether the document has a field of this name at its top.
    pub fn has(&self, field: &str) -> bool {
        self.table.get_ref().contains_key(field)
    }

    /// Gives a field a text, unless it has a value.
    pub fn default_text(&mut self, field: &'static str, text: String) {
        if !self.has(field) {
            let value = Spanned::new(0..0, DeValue::String(text.into()));
            self.table.get_mut().insert(Spanned::new(0..0, field.into()), value);
        }
    }

    /// The document as a type; what does not fit is told and left out.
    pub fn take<T: DeserializeOwned + Default>(&mut self) -> T {
        if !self.problems.is_empty() {
            // Where the text itself is wrong, what was meant is a guess.
            return T::default();
        }
        while self.problems.len() < MOST {
            let error = match T::deserialize(toml::de::Deserializer::from(self.table.clone())) {
                Ok(read) => return read,
                Err(error) => error,
            };
            let problem = Problem::toml(self.path, self.text, &error);
            self.problems.push(hinted(problem));
            if !error.span().is_some_and(|span| drop_table(self.table.get_mut(), &span)) {
                break;
            }
        }
        T::default()
    }

    /// The place of a value: `["environment", "0", "vault", "url"]`, as far as it is in the file.
    pub fn span(&self, place: &[&str]) -> Option<Range<usize>> {
        let (first, rest) = place.split_first()?;
        let mut at = self.table.get_ref().get(*first)?;
        for step in rest {
            let next = match at.get_ref() {
                DeValue::Table(table) => table.get(*step),
                DeValue::Array(array) => step.parse::<usize>().ok().and_then(|n| array.get(n)),
                _ => None,
            };
            at = next?;
        }
        Some(at.span()).filter(|span| !span.is_empty())
    }

    /// The file and line of a value, for messages: `vigie.toml:31`; its folder too where that is the environments'.
    pub fn place(&self, place: &[&str]) -> String {
        let name = self.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let folder = self.path.parent().and_then(Path::file_name).is_some_and(|f| f == "environments");
        let line = self.span(place).map_or(1, |span| Position::of(self.text, span.start).line);
        format!("{}{name}:{line}", if folder { "environments/" } else { "" })
    }

    /// Notes that a verb is named at a place.
    pub fn names_verb(&mut self, place: &[&str], verb: &str) {
        let span = self.span(place);
        let problem = Problem::span(self.path, self.text, span, format!("there is no verb `{verb}`"));
        self.verbs.push((verb.to_owned(), problem));
    }

    /// Notes a mistake at a place.
    pub fn wrong(&mut self, span: Option<Range<usize>>, what: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(Problem::span(self.path, self.text, span, what).hint(hint));
    }
}

/// What to do about what serde finds.
fn hinted(problem: Problem) -> Problem {
    let missing = problem.what.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
    match missing {
        Some("name") => problem.hint("write `name = \"prod\"`"),
        Some("url") => problem.hint("write `url = \"https://host\"`"),
        _ => problem,
    }
}

fn within(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end && !outer.is_empty()
}

/// Takes out the innermost entry that holds a place; `false` when none does.
fn drop_table(table: &mut DeTable<'_>, span: &Range<usize>) -> bool {
    if table.iter_mut().any(|(_, value)| drop_value(value, span)) {
        return true;
    }
    let holds = |key: &Spanned<std::borrow::Cow<'_, str>>, value: &Spanned<DeValue<'_>>| {
        within(&key.span(), span) || within(&value.span(), span)
    };
    let found = table.iter().find(|(key, value)| holds(key, value)).map(|(key, _)| key.get_ref().to_string());
    found.is_some_and(|key| table.remove(key.as_str()).is_some())
}

fn drop_value<'i>(value: &mut Spanned<DeValue<'i>>, span: &Range<usize>) -> bool {
    match value.get_mut() {
        DeValue::Table(table) => drop_table(table, span),
        DeValue::Array(array) => {
            if array.iter_mut().any(|value| drop_value(value, span)) {
                return true;
            }
            let Some(found) = array.iter().position(|value| within(&value.span(), span)) else {
                return false;
            };
            let mut kept = DeArray::<'i>::new();
            for (_, value) in array.iter().enumerate().filter(|(n, _)| *n != found) {
                kept.push(value.clone());
            }
            *array = kept;
            true
        }
        _ => false,
    }
}
