//! The file of columns: read with every mistake told, and changed without touching what is written around.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

use super::{
    Book, OwnColumn, Shows,
    each::{for_all, of_each},
    is_named, lists, metrics,
    own::follows,
};
use crate::{app::subject::Subject, config::Problem, keymap::Source, model::JsonPath};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    list: Vec<Spanned<RawList>>,
    #[serde(default)]
    column: Vec<Spanned<RawColumn>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawColumn {
    name: Spanned<String>,
    lists: Vec<Spanned<String>>,
    path: Option<Spanned<String>>,
    query: Option<Spanned<String>>,
    width: Option<Spanned<u16>>,
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
    for raw in parsed.column {
        own(raw.into_inner(), &file.text, &mut book, &mut wrong);
    }
    for raw in parsed.list {
        list(raw.into_inner(), &mut book, &mut wrong);
    }
    wrong.sort_by_key(|(span, ..)| span.start);
    let told = |(span, what, hint): Wrong| Problem::span(&file.path, &file.text, Some(span), what).hint(hint);
    (book, wrong.into_iter().map(told).collect())
}

/// How wide a column of one's own is unless it says so, and at most.
const WIDTH: u16 = 16;
const WIDEST: u16 = 80;

fn own(raw: RawColumn, file: &str, book: &mut Book, wrong: &mut Vec<Wrong>) {
    let RawColumn { name, lists, path, query, width } = raw;
    let (span, name) = (name.span(), name.into_inner());
    let is_name = (1..=32).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if !is_name {
        let hint = "use letters, digits, - and _".to_owned();
        return wrong.push((span, format!("`{name}` cannot name a column"), hint));
    }
    let shows = match (path, query) {
        (Some(path), None) => self::path(&path),
        (None, Some(query)) => {
            let list = lists.first().map_or("pods", |list| list.get_ref());
            self::query(&query, list, file)
        }
        _ => Err((
            span,
            format!("`{name}` shows nothing, or two things"),
            "give it a `path` or a `query`".into(),
        )),
    };
    let shows = match shows {
        Ok(shows) => shows,
        Err(why) => return wrong.push(why),
    };
    let width = match width {
        Some(w) if !(1..=WIDEST).contains(w.get_ref()) => {
            let hint = format!("1 to {WIDEST}");
            return wrong.push((w.span(), format!("`{}` is no width", w.get_ref()), hint));
        }
        width => width.map_or(WIDTH, Spanned::into_inner),
    };
    let mut own = OwnColumn { name, lists: Vec::new(), shows, width };
    for raw in lists {
        let (span, list) = (raw.span(), raw.into_inner());
        match place(&own, &list, book) {
            Ok(()) => own.lists.push(list),
            Err((what, hint)) => wrong.push((span, what, hint)),
        }
    }
    if !own.lists.is_empty() {
        book.own.push(own);
    }
}

fn path(path: &Spanned<String>) -> Result<Shows, Wrong> {
    let hint = || "kubectl's paths and those of RFC 9535 do".to_owned();
    JsonPath::parse(path.get_ref()).map(Shows::Path).map_err(|why| (path.span(), why, hint()))
}

fn query(query: &Spanned<String>, list: &str, file: &str) -> Result<Shows, Wrong> {
    let text = query.get_ref();
    if let Some((_, each)) = of_each(text) {
        // Where it is written, whatever quotes are around it.
        let span = query.span();
        let at = span.start + file.get(span.clone()).and_then(|written| written.find(each)).unwrap_or(0);
        let what = format!("`{each}` is different for each row");
        return Err((at..at + each.len(), what, for_all(text, list)));
    }
    match promql_parser::parser::parse(&text.replace("$env", "env")) {
        Ok(_) => Ok(Shows::Query(text.as_str().into())),
        Err(why) => {
            Err((query.span(), format!("this is no PromQL: {why}"), "$env is the environment's name".into()))
        }
    }
}

/// Whether a list can show a column of one's own; what is in the way, and what to do.
fn place(own: &OwnColumn, list: &str, book: &Book) -> Result<(), (String, String)> {
    let Some(subject) = lists::list_named(list) else { return Err(no_list(list)) };
    let is_taken = lists::names(subject).iter().any(|n| is_named(n, &own.name))
        || own.is_of(list)
        || book.own(list).any(|(_, other)| is_named(&other.name, &own.name));
    if is_taken {
        return Err((format!("{list} have a column `{}`", own.name), "give it another name".into()));
    }
    if own.path().is_none() {
        return match metrics::labels(subject) {
            Some(_) => Ok(()),
            None => Err((
                format!("{list} cannot be joined to a query"),
                "pods, workloads, nodes, namespaces and applications can".into(),
            )),
        };
    }
    if !own.path().is_some_and(|path| follows(subject, path)) {
        let hint = match subject {
            Subject::Applications | Subject::Alerts => "only labels are known of them: .metadata.labels.NAME",
            _ => "pods, workloads, nodes, namespaces and other objects of clusters have paths",
        };
        return Err((format!("{list} cannot be asked for {}", own.told()), hint.into()));
    }
    Ok(())
}

fn no_list(name: &str) -> (String, String) {
    let hint = format!("one of {}, or a kind as in certificates.cert-manager.io", listed().join(", "));
    (format!("no list with columns is called `{name}`"), hint)
}

fn list(raw: RawList, book: &mut Book, wrong: &mut Vec<Wrong>) {
    let (span, name) = (raw.name.span(), raw.name.into_inner());
    let Some(subject) = lists::list_named(&name) else {
        let (what, hint) = no_list(&name);
        return wrong.push((span, what, hint));
    };
    let own: Vec<String> = book.own(&name).map(|(_, own)| own.name.clone()).collect();
    let known: Vec<String> = lists::names(subject).into_iter().chain(own).collect();
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
    fn columns_of_ones_own_are_checked_where_they_are_written() {
        let text = "[[column]]\nname = \"team\"\nlists = [\"pods\", \"alerts\", \"leases\"]\npath = \".metadata.labels.team\"\n\
                    [[column]]\nname = \"image\"\nlists = [\"workloads\"]\npath = \".spec\"\n\
                    [[column]]\nname = \"x\"\nlists = [\"pods\"]\npath = \"spec\"\n\
                    [[column]]\nname = \"dns\"\nlists = [\"certificates.cert-manager.io\"]\npath = \".spec.dnsNames[*]\"\nwidth = 0\n\
                    [[list]]\nname = \"pods\"\ncolumns = [\"team\", \"x\"]\n";
        let (book, problems) = read(&source(text));
        let own = |list: &str| book.own(list).map(|(_, own)| own.name.clone()).collect::<Vec<_>>();
        assert_eq!((own("pods"), own("alerts")), (vec!["team".to_owned()], vec!["team".to_owned()]));
        assert_eq!(book.chosen("pods").expect("chosen"), ["team"]);
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert!(
            told[0].starts_with("columns.toml:3:28: leases cannot be asked for .metadata.labels.team"),
            "{told:?}"
        );
        assert!(told[1].starts_with("columns.toml:7:10: workloads have a column `image`"), "{told:?}");
        assert!(told[2].starts_with("columns.toml:12:8: `spec` is no path"), "{told:?}");
        assert!(told[3].starts_with("columns.toml:17:9: `0` is no width"), "{told:?}");
        assert!(told[4].starts_with("columns.toml:20:20: pods have no column `x`"), "{told:?}");
    }

    #[test]
    fn queries_are_checked_too() {
        let told = |query: &str| {
            let text = format!("[[column]]\nname = \"rps\"\nlists = [\"pods\"]\nquery = '{query}'\n");
            read(&source(&text)).1.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert!(told("sum by (namespace, pod) (rate(http_requests_total{env=\"$env\"}[5m]))").is_empty());
        assert!(told("sum(")[0].starts_with("columns.toml:4:9: this is no PromQL"), "{:?}", told("sum("));
        let each = told("up{pod=\"$pod\"}");
        assert!(
            each[0].starts_with("columns.toml:4:18: `$pod` is different for each row")
                && each[0].contains("write sum by (namespace, pod) (up)"),
            "{each:?}"
        );
        let both = "[[column]]\nname = \"x\"\nlists = [\"leases\"]\nquery = 'up'\n[[column]]\nname = \"y\"\nlists = [\"pods\"]\n";
        let problems: Vec<_> = read(&source(both)).1.iter().map(ToString::to_string).collect();
        assert!(problems[0].contains("leases cannot be joined to a query"), "{problems:?}");
        assert!(problems[1].contains("`y` shows nothing, or two things"), "{problems:?}");
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
        let is_written = |line: &str| line.starts_with("[[") || line.contains(" = ");
        let lines = shipped.lines().map(|l| l.strip_prefix("# ").filter(|l| is_written(l)).unwrap_or(l));
        let all = lines.collect::<Vec<_>>().join("\n");
        let (book, problems) = read(&source(&all));
        assert_eq!(problems, Vec::new(), "{all}");
        assert!(!book.chosen.is_empty() && book.has_own());
    }
}
