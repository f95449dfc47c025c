//! The file of columns: read with every mistake told, and changed without touching what is written around.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

use super::{Book, is_named, lists};
use crate::{app::subject::Subject, config::Problem, keymap::Source};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    list: Vec<Spanned<RawList>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawList {
    name: Spanned<String>,
    columns: Vec<Spanned<String>>,
}

/// What is wrong, where, and what to write instead.
type Wrong = (Range<usize>, String, String);

/// Reads a file: what is right in it, and what is wrong. A name that is wrong is left out and the rest stays.
pub fn read(file: &Source) -> (Book, Vec<Problem>) {
    let parsed = match toml::from_str::<File>(&file.text) {
        Ok(parsed) => parsed,
        Err(error) => return (Book::default(), vec![Problem::toml(&file.path, &file.text, &error)]),
    };
    let mut book = Book::default();
    let mut wrong = Vec::new();
    for raw in parsed.list {
        list(raw.into_inner(), &mut book, &mut wrong);
    }
    let told = |(span, what, hint): Wrong| Problem::span(&file.path, &file.text, Some(span), what).hint(hint);
    (book, wrong.into_iter().map(told).collect())
}

fn list(raw: RawList, book: &mut Book, wrong: &mut Vec<Wrong>) {
    let (span, name) = (raw.name.span(), raw.name.into_inner());
    let Some(subject) = lists::list_named(&name) else {
        let hint = format!("one of {}, or a kind as in certificates.cert-manager.io", listed().join(", "));
        return wrong.push((span, format!("no list with columns is called `{name}`"), hint));
    };
    let known = lists::names(subject);
    let mut columns: Vec<String> = Vec::new();
    for column in raw.columns {
        let (span, written) = (column.span(), column.into_inner());
        // Which columns other kinds have only their clusters know.
        if subject != Subject::Objects && !known.iter().any(|k| is_named(k, &written)) {
            let hint = format!("one of {}", known.join(", "));
            wrong.push((span, format!("{name} have no column `{written}`"), hint));
        } else if columns.iter().any(|c| is_named(c, &written)) {
            wrong.push((span, format!("`{written}` is there twice"), "leave one of them out".into()));
        } else {
            columns.push(written);
        }
    }
    if !columns.is_empty() {
        book.choose(&name, Some(columns));
    }
}

/// The lists whose columns can be chosen, besides other kinds of objects.
fn listed() -> Vec<&'static str> {
    crate::app::workspace::LISTS
        .iter()
        .map(|(name, _)| *name)
        .filter(|n| lists::list_named(n).is_some_and(|s| s != Subject::Objects))
        .collect()
}

/// The text of a file with the columns of a list chosen, or with none chosen; everything else stays as it is
/// written. The error says why it cannot be changed.
pub fn keep(text: &str, list: &str, columns: Option<&[String]>) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|e: toml_edit::TomlError| e.message().to_owned())?;
    let lists = document.entry("list").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    let Some(lists) = lists.as_array_of_tables_mut() else {
        return Err("`list` is written in a way that cannot be changed: write [[list]]".to_owned());
    };
    let is_this = |table: &Table| table.get("name").and_then(Item::as_str) == Some(list);
    let Some(columns) = columns else {
        lists.retain(|table| !is_this(table));
        return Ok(document.to_string());
    };
    let columns: Array = columns.iter().map(String::as_str).collect();
    if let Some(table) = lists.iter_mut().find(|t| is_this(t)) {
        table.insert("columns", value(columns));
    } else {
        let mut table = Table::new();
        table.insert("name", value(list));
        table.insert("columns", value(columns));
        lists.push(table);
    }
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source { path: "columns.toml".into(), text: text.to_owned() }
    }

    #[test]
    fn what_is_wrong_is_told_and_the_rest_stays() {
        let text = "[[list]]\nname = \"pods\"\ncolumns = [\"env\", \"Status\", \"colour\", \"env\"]\n\n\
                    [[list]]\nname = \"logs\"\ncolumns = [\"a\"]\n\n\
                    [[list]]\nname = \"certificates.cert-manager.io\"\ncolumns = [\"ready\", \"short-names\"]\n";
        let (book, problems) = read(&source(text));
        assert_eq!(book.chosen("pods").expect("chosen"), ["env", "Status"]);
        assert_eq!(book.chosen("certificates.cert-manager.io").expect("chosen").len(), 2);
        assert_eq!(book.chosen("logs"), None);
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert!(
            told[0].starts_with("columns.toml:3:29: pods have no column `colour`. one of env, namespace"),
            "{told:?}"
        );
        assert!(told[1].starts_with("columns.toml:3:39: `env` is there twice"), "{told:?}");
        assert!(told[2].starts_with("columns.toml:6:8: no list with columns is called `logs`"), "{told:?}");
        let (_, problems) = read(&source("[[list]]\nname = 3\n"));
        assert!(problems[0].to_string().starts_with("columns.toml:2:8: "), "{problems:?}");
    }

    #[test]
    fn a_choice_is_kept_and_what_is_written_around_stays() {
        let text = "# mine\n[[list]]\nname = \"pods\" # all of them\ncolumns = [\"name\"]\n";
        let columns = ["name".to_owned(), "age".to_owned()];
        let kept = keep(text, "pods", Some(&columns)).expect("kept");
        assert_eq!(kept, "# mine\n[[list]]\nname = \"pods\" # all of them\ncolumns = [\"name\", \"age\"]\n");
        let both = keep(&kept, "nodes", Some(&columns)).expect("kept");
        let (book, problems) = read(&source(&both));
        assert_eq!(problems, Vec::new());
        assert_eq!((book.chosen("pods"), book.chosen("nodes")), (Some(&columns[..]), Some(&columns[..])));
        let one = keep(&both, "pods", None).expect("kept");
        let (book, _) = read(&source(&one));
        assert_eq!((book.chosen("pods"), book.chosen("nodes")), (None, Some(&columns[..])));
        assert!(keep("list = 3", "pods", None).is_err());
        assert!(keep("[[list", "pods", None).is_err());
    }

    #[test]
    fn the_shipped_example_is_right_and_so_is_all_that_it_leaves_to_uncomment() {
        let shipped = include_str!("../../../config/columns.toml");
        assert_eq!(read(&source(shipped)).1, Vec::new());
        let lines = shipped.lines().map(|l| l.strip_prefix("# ").filter(|l| l.contains('=')).unwrap_or(l));
        let all: String =
            lines.map(|l| if l == "# [[list]]" { "[[list]]\n".into() } else { format!("{l}\n") }).collect();
        let (book, problems) = read(&source(&all));
        assert_eq!(problems, Vec::new(), "{all}");
        assert!(!book.chosen.is_empty());
    }
}
