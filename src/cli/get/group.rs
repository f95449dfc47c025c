//! `vigie get --group-by`: rows that have something in common, together and counted, as the screen has them.

use std::{cmp::Ordering, fmt::Write};

use serde_json::{Map, Value, json};

use super::{
    list,
    shown::{self, Shown},
    values::Entry,
    what::{How, What},
};
use crate::{
    app::{Book, GroupBy, in_common, is_column_named, natural},
    cli::output::Table,
    model::{Kind, text},
    store::Store,
};

/// The field that tells the group of an object.
pub const FIELD: &str = "group";

/// By what the rows of a list stand together.
#[derive(Clone, Debug)]
pub struct Grouping {
    name: String,
    by: By,
}

#[derive(Clone, Debug)]
enum By {
    /// What stands in a column.
    Column(Shown),
    /// What the screen finds out about it.
    Common(GroupBy),
}

impl Grouping {
    /// What a name means for a list; the error lists what there is.
    pub fn named(what: &What, book: &Book, name: &str) -> Result<Self, String> {
        let is = |other: &str| is_column_named(other, name);
        let common = match what.kinds {
            [Kind::Pod | Kind::Alert] if is("application") || is("app") => Some(GroupBy::Application),
            [Kind::Pod] if is("owner") => Some(GroupBy::Owner),
            [Kind::Alert] if is("node") => Some(GroupBy::Node),
            [Kind::Alert] if is("namespace") => Some(GroupBy::Namespace),
            _ => None,
        };
        let column = match what.kinds {
            [Kind::Alert] if is("alert") => "name",
            [Kind::Application] if is("namespace") => "destination",
            [Kind::Application] if is("status") => "health",
            _ => name,
        };
        let by = match common {
            Some(by) => By::Common(by),
            None => By::Column(shown::named(what, book, column)?),
        };
        if let By::Column(Shown { how: How::Since | How::Until, .. }) = &by {
            return Err(format!("every {name} is another one: --group-by takes columns of words and counts"));
        }
        Ok(Self { name: name.to_lowercase(), by })
    }

    /// The field that it needs, when it needs one.
    pub fn field(&self) -> Option<&str> {
        match &self.by {
            By::Column(column) => Some(&column.field),
            By::Common(_) => None,
        }
    }

    /// Puts the entries together, each with its group first; within a group they keep their order.
    pub fn group(&self, entries: &mut [Entry], store: &Store) {
        for entry in entries.iter_mut() {
            let group = self.label(entry, store);
            let mut value = Map::from_iter([(FIELD.to_owned(), json!(group))]);
            value.extend(
                std::mem::take(&mut entry.value).as_object_mut().map(std::mem::take).unwrap_or_default(),
            );
            entry.value = Value::Object(value);
        }
        let place = |entry: &Entry| {
            store
                .environments
                .iter()
                .position(|e| entry.value["environment"] == *e.name)
                .unwrap_or(usize::MAX)
        };
        entries.sort_by(|a, b| match self.field() {
            Some("environment") => place(a).cmp(&place(b)),
            Some("severity") => list::order("severity", &a.value["severity"], &b.value["severity"]),
            _ => by_label(a, b),
        });
    }

    fn label(&self, entry: &Entry, store: &Store) -> String {
        match &self.by {
            By::Column(column) => list::steady_cell(column, &entry.value),
            By::Common(by) => {
                let common = entry.key.as_ref().and_then(|key| in_common(store, key, by));
                common.unwrap_or_default().into_owned()
            }
        }
    }

    /// A table of entries that stand together, each group under a heading that counts them.
    pub fn table(&self, table: &Table, entries: &[Entry]) -> String {
        let mut widths = Vec::new();
        table.widen(&mut widths);
        let mut lines = table.lines(&widths).into_iter();
        let mut out = lines.next().map_or_else(String::new, |head| format!("  {head}\n"));
        for group in entries.chunk_by(|a, b| a.value[FIELD] == b.value[FIELD]) {
            out.push_str(&self.heading(group));
            lines.by_ref().take(group.len()).for_each(|line| _ = writeln!(out, "  {line}"));
        }
        out
    }

    fn heading(&self, group: &[Entry]) -> String {
        let label = match group.first().and_then(|e| e.value[FIELD].as_str()) {
            Some("") | None => format!("no {}", self.name),
            Some(label) => text::one_line(label).into_owned(),
        };
        let mut out = format!("{label}  {}", group.len());
        for (severity, sign) in [("critical", '✗'), ("warning", '!')] {
            let bad = group.iter().filter(|e| e.value["severity"] == severity).count();
            if bad > 0 {
                let _ = write!(out, "  {sign} {bad}");
            }
        }
        out + "\n"
    }
}

/// What has nothing of it comes last.
fn by_label(a: &Entry, b: &Entry) -> Ordering {
    let label = |entry: &'_ Entry| entry.value[FIELD].as_str().unwrap_or_default().to_owned();
    natural(&label(a), &label(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(name: &str, node: &str, severity: &str) -> Entry {
        Entry::new(name.into(), "prod", json!({ "name": name, "node": node, "severity": severity }))
    }

    #[test]
    fn groups_are_counted_and_what_has_none_comes_last() {
        let what = What::named("po").expect("a list");
        let by_node = Grouping::named(what, &Book::default(), "node").expect("a column");
        let mut entries = [
            pod("a", "", "ok"),
            pod("b", "n10", "critical"),
            pod("c", "n2", "warning"),
            pod("d", "n10", "ok"),
        ];
        by_node.group(&mut entries, &Store::default());
        let columns = shown::asked(what, &Book::default(), "name,severity").expect("columns");
        let table = list::table(&columns, &entries, crate::model::Time::from_secs(0));
        assert_eq!(
            by_node.table(&table, &entries),
            "  NAME  SEVERITY\nn10  2  ✗ 1\n  b     critical\n  d     ok\nn2  1  ! 1\n  c     warning\n\
             no node  1\n  a     ok\n"
        );
        assert_eq!(
            entries[0].value.as_object().and_then(|o| o.keys().next()).map(String::as_str),
            Some(FIELD)
        );
        let why = Grouping::named(what, &Book::default(), "age").expect_err("no group");
        assert!(why.contains("every age is another one"), "{why}");
        assert!(Grouping::named(what, &Book::default(), "colour").is_err_and(|e| e.contains("restarts")));
    }

    #[test]
    fn severities_stand_worst_first() {
        let what = What::named("po").expect("a list");
        let by = Grouping::named(what, &Book::default(), "Severity").expect("a column");
        let mut entries = [pod("a", "", "ok"), pod("b", "", "warning"), pod("c", "", "critical")];
        by.group(&mut entries, &Store::default());
        assert_eq!(entries.map(|e| list::plain(&e.value["name"])), ["c", "b", "a"]);
    }
}
