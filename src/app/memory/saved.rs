//! Filters with names, in a file that one can write by hand too.

use std::fmt::Write;

use serde::Deserialize;
use toml::Spanned;

use crate::{
    app::{
        browse::Browse,
        column::Book,
        filter::{Columns, Filter},
        subject::Subject,
        workspace::{is_name, name_of, subject_named},
    },
    config::Problem,
    keymap::Source,
};

/// A filter with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedFilter {
    /// Its name.
    pub name: String,
    /// What it narrows; objects by the name of their kind.
    pub subject: Subject,
    /// The kind of objects; empty for other lists.
    pub kind: String,
    /// What was typed.
    pub text: String,
}

impl SavedFilter {
    /// What the list is called in files.
    pub fn list(&self) -> &str {
        if self.subject == Subject::Objects { &self.kind } else { name_of(self.subject) }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    filter: Vec<Raw>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: Spanned<String>,
    list: Spanned<String>,
    filter: Spanned<String>,
}

/// Reads a file: its filters without those that are wrong, and what is wrong with these. `book` has the engineer's own
/// columns.
pub fn read_filters(file: &Source, book: &Book) -> (Vec<SavedFilter>, Vec<Problem>) {
    let parsed = match toml::from_str::<File>(&file.text) {
        Ok(parsed) => parsed.filter,
        Err(error) => return (Vec::new(), vec![Problem::toml(&file.path, &file.text, &error)]),
    };
    let mut out: Vec<SavedFilter> = Vec::new();
    let mut problems = Vec::new();
    for raw in parsed {
        match filter(&raw, book) {
            Ok(filter) => {
                out.retain(|known| known.name != filter.name);
                out.push(filter);
            }
            Err((span, what, hint)) => {
                problems.push(Problem::span(&file.path, &file.text, Some(span), what).hint(hint));
            }
        }
    }
    (out, problems)
}

fn filter(raw: &Raw, book: &Book) -> Result<SavedFilter, (std::ops::Range<usize>, String, String)> {
    let (name, list, text) = (raw.name.get_ref(), raw.list.get_ref(), raw.filter.get_ref());
    if !is_name(name) {
        let hint = "use letters, digits, - and _".to_owned();
        return Err((raw.name.span(), format!("`{name}` cannot name a filter"), hint));
    }
    let is_kind = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
    let subject = match subject_named(list) {
        Some(Subject::Logs | Subject::Objects) => None,
        Some(subject) => Some(subject),
        None => (!list.is_empty() && list.chars().all(is_kind)).then_some(Subject::Objects),
    };
    let Some(subject) = subject else {
        let hint = "a list such as pods, or a kind of object such as ingresses.networking.k8s.io".to_owned();
        return Err((raw.list.span(), format!("`{list}` is no list that can be narrowed"), hint));
    };
    let read = Filter::new(text, &Columns::of(subject, &Browse::default()).with_own(list, book));
    // Which columns a kind of object has is known only when it is listed.
    if let Some(problem) = read.problem().filter(|_| subject != Subject::Objects) {
        return Err((raw.filter.span(), problem.to_owned(), "? in a list tells what can be typed".into()));
    }
    let kind = if subject == Subject::Objects { list.clone() } else { String::new() };
    Ok(SavedFilter { name: name.clone(), subject, kind, text: text.clone() })
}

/// Writes filters as [`read_filters`] reads them.
pub fn print_filters(filters: &[SavedFilter]) -> String {
    let mut out = String::new();
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    for filter in filters {
        let gap = if out.is_empty() { "" } else { "\n" };
        let (name, list, text) = (quoted(&filter.name), quoted(filter.list()), quoted(&filter.text));
        let _ = writeln!(out, "{gap}[[filter]]\nname = {name}\nlist = {list}\nfilter = {text}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<SavedFilter>, Vec<Problem>) {
        read_filters(&Source { path: "filters.toml".into(), text: text.to_owned() }, &Book::default())
    }

    #[test]
    fn what_is_written_is_read_again() {
        let saved = |name: &str, subject, kind: &str, text: &str| SavedFilter {
            name: name.into(),
            subject,
            kind: kind.into(),
            text: text.into(),
        };
        let all = [
            saved("restarting", Subject::Pods, "", "restarts>3 \"a b\" ~\\d+"),
            saved("tls", Subject::Objects, "certificates.cert-manager.io", "ready=False"),
        ];
        let (again, problems) = read(&print_filters(&all));
        assert_eq!(problems, Vec::new());
        assert_eq!(again, all);
    }

    #[test]
    fn the_example_is_right() {
        let (filters, problems) = read(include_str!("../../../config/filters.toml"));
        assert_eq!(problems, Vec::new());
        assert_eq!(filters.len(), 4);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_the_rest_is_kept() {
        let text = r#"
[[filter]]
name = "good"
list = "pods"
filter = "crash"

[[filter]]
name = "bad name"
list = "pods"
filter = "crash"

[[filter]]
name = "nowhere"
list = "The Pods"
filter = "crash"

[[filter]]
name = "typo"
list = "pods"
filter = "statsu=Running"
"#;
        let (kept, problems) = read(text);
        assert_eq!(kept.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["good"]);
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let wanted = [
            "filters.toml:8:8: `bad name`",
            "filters.toml:14:8: `The Pods`",
            "filters.toml:20:10: no column statsu",
        ];
        assert!(told.iter().zip(wanted).all(|(t, w)| t.starts_with(w)) && told.len() == 3, "{told:#?}");
    }
}
