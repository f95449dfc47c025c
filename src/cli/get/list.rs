//! A list as asked for: narrowed, sorted, and in the form of the output.

use std::{cmp::Ordering, time::Duration};

use serde_json::Value;

use super::{
    columns::Seen,
    group::Grouping,
    shown::{self, Shown},
    values::Entry,
    what::{How, What},
};
use crate::{
    app::{Book, Filter, OwnColumn, filter::Misses, short_number},
    cli::output::Table,
    model::{Severity, Time},
    triage::timeline::short,
};

/// What was asked of a list.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The list.
    pub what: &'static What,
    /// To what it is narrowed; all of them hold.
    pub filters: Vec<Filter>,
    /// Exactly this name.
    pub name: Option<String>,
    /// This namespace or mount.
    pub namespace: Option<String>,
    /// The field to sort by, and whether backwards.
    pub sort: Option<(String, bool)>,
    /// The columns of tables and of comma-separated values; none for the usual ones.
    pub columns: Option<Vec<Shown>>,
    /// The engineer's own columns that it needs, with their places in the book.
    pub own: Vec<(u16, OwnColumn)>,
    /// By what the rows stand together.
    pub group: Option<Grouping>,
}

/// Fields that name an object.
const NAMES: [&str; 6] = ["name", "lease", "role", "path", "commonName", "id"];

impl Wish {
    /// All of a list, as it is usually shown.
    pub const fn all(what: &'static What) -> Self {
        Self {
            what,
            filters: Vec::new(),
            name: None,
            namespace: None,
            sort: None,
            columns: None,
            own: Vec::new(),
            group: None,
        }
    }

    /// The field that a column's name stands for, with a leading `-` backwards; the error lists what there is.
    pub fn sort_by(what: &'static What, book: &Book, text: &str) -> Result<(String, bool), String> {
        let (name, reversed) = text.strip_prefix('-').map_or((text, false), |rest| (rest, true));
        shown::named(what, book, name).map(|column| (column.field.into_owned(), reversed))
    }

    /// The columns of tables.
    pub fn shown(&self) -> Vec<Shown> {
        self.columns.clone().unwrap_or_else(|| shown::usual(self.what))
    }

    /// The objects that were asked for, in the order asked for.
    pub fn choose(&self, mut entries: Vec<Entry>, now: Time) -> Vec<Entry> {
        entries.retain(|entry| {
            self.wants(&entry.value)
                && self
                    .filters
                    .iter()
                    .all(|f| f.passes(&Seen { what: self.what, entry, now, own: &self.own }))
        });
        if let Some((field, reversed)) = &self.sort {
            let since = self.what.columns.iter().any(|c| c.field == field && c.how == How::Since);
            // Ages are sorted by length: the youngest first.
            let backwards = *reversed != since;
            entries.sort_by(|a, b| {
                let order = order(field, &a.value[field], &b.value[field]);
                if backwards { order.reverse() } else { order }
            });
        }
        entries
    }

    /// Why nothing of these is as asked for; none when something is, or there is nothing at all.
    pub fn nothing(&self, entries: &[Entry], now: Time) -> Option<String> {
        let of = self.what.name;
        let mut left: Vec<&Entry> = entries.iter().filter(|e| self.wants(&e.value)).collect();
        if left.is_empty() {
            let place = self.namespace.as_ref().map_or_else(String::new, |n| format!(" in {n}"));
            return Some(match &self.name {
                Some(name) => format!("no {of} are called {name}{place}"),
                None => format!("there are no {of}{place}"),
            });
        }
        for filter in &self.filters {
            let seen = |entry| Seen { what: self.what, entry, now, own: &self.own };
            let mut misses = Misses::new(filter);
            for entry in &left {
                misses.count(&seen(entry));
            }
            left.retain(|entry| filter.passes(&seen(entry)));
            if left.is_empty() {
                return misses.words(of);
            }
        }
        None
    }

    fn wants(&self, value: &Value) -> bool {
        let is = |field: &str, wanted: &str| value.get(field).and_then(Value::as_str) == Some(wanted);
        let named = self.name.as_deref().is_none_or(|n| NAMES.iter().any(|f| is(f, n)));
        let placed =
            self.namespace.as_deref().is_none_or(|n| is("namespace", n) || is("mount", n) || is("name", n));
        named && placed
    }
}

pub(super) fn order(field: &str, a: &Value, b: &Value) -> Ordering {
    let worst = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        let all = [Severity::Critical, Severity::Warning, Severity::Active, Severity::Ok, Severity::Quiet];
        all.iter().position(|s| serde_json::to_value(s).is_ok_and(|name| name == text))
    };
    match (a, b) {
        _ if field == "severity" => worst(a).cmp(&worst(b)),
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Value::Object(_), Value::Object(_)) => count(a).cmp(&count(b)),
        // What has no value comes last.
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Greater,
        (_, Value::Null) => Ordering::Less,
        _ => plain(a).cmp(&plain(b)),
    }
}

fn count(value: &Value) -> Option<u64> {
    value["all"].as_u64()
}

/// A value as one text: lists and labels with blanks between.
pub fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(plain).collect::<Vec<_>>().join(" "),
        Value::Object(pairs) => {
            let shown = pairs.iter().filter(|(k, _)| *k != "alertname");
            shown.map(|(k, v)| format!("{k}={}", plain(v))).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}

/// The list as a table.
pub fn table(columns: &[Shown], entries: &[Entry], now: Time) -> Table {
    let mut table = Table::new(&columns.iter().map(|c| c.heading.as_str()).collect::<Vec<_>>());
    table.rows = entries.iter().map(|e| cells(columns, &e.value, now)).collect();
    table
}

/// The cells of an object in a table.
pub fn cells(columns: &[Shown], value: &Value, now: Time) -> Vec<String> {
    columns.iter().map(|c| cell(c, value, now)).collect()
}

/// The cell of a column that does not depend on the moment.
pub(super) fn steady_cell(column: &Shown, value: &Value) -> String {
    cell(column, value, Time::from_secs(0))
}

fn cell(column: &Shown, value: &Value, now: Time) -> String {
    let it = &value[&*column.field];
    let moment = || it.as_str().and_then(|t| t.parse::<Time>().ok());
    match column.how {
        How::Text | How::Number => plain(it),
        How::Percent => it.as_u64().map_or_else(|| "n/a".to_owned(), |n| n.to_string()),
        How::Real => it.as_f64().map_or_else(|| "-".to_owned(), short_number),
        How::Of(other) => format!("{}/{}", plain(it), plain(&value[other])),
        How::Share(of) => match (it.as_u64(), value[of].as_u64()) {
            (Some(used), Some(all)) if all > 0 => format!("{}%", used * 100 / all),
            _ => "-".to_owned(),
        },
        How::Since => moment().map_or_else(|| "-".to_owned(), |t| age(now.since(t))),
        How::Until => moment().map_or_else(|| "never".to_owned(), |t| left(t, now)),
        How::Short => short(it.as_str().unwrap_or_default()).to_owned(),
        How::Count => {
            let bad = |name: &str, sign: &str| match it[name].as_u64() {
                Some(n) if n > 0 => format!(" {sign}{n}"),
                _ => String::new(),
            };
            format!("{}{}{}", count(it).unwrap_or(0), bad("critical", "✗"), bad("warning", "!"))
        }
    }
}

fn left(end: Time, now: Time) -> String {
    if end < now { format!("{} ago", age(now.since(end))) } else { age(end.since(now)) }
}

/// The names of the fields of a list's objects that a spreadsheet gets: those asked for, else all.
pub fn heads(what: &What, columns: Option<&[Shown]>) -> Vec<String> {
    match columns {
        Some(columns) => columns.iter().map(|c| c.field.to_string()).collect(),
        None => std::iter::once("environment").chain(what.fields()).map(str::to_owned).collect(),
    }
}

/// An object as a row for a spreadsheet: fields as they are, moments too.
pub fn fields(heads: &[String], value: &Value) -> Vec<Value> {
    let field = |head: &String| match &value[head.as_str()] {
        number @ Value::Number(_) => number.clone(),
        other => Value::String(plain(other)),
    };
    heads.iter().map(field).collect()
}

/// A duration in its two largest units: `3d4h`, `12m`, `41s`.
pub fn age(duration: Duration) -> String {
    let s = duration.as_secs();
    match s {
        0..120 => format!("{s}s"),
        120..7_200 => format!("{}m", s / 60),
        7_200..172_800 => format!("{}h{}m", s / 3600, s % 3600 / 60),
        _ => format!("{}d{}h", s / 86_400, s % 86_400 / 3600),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pods() -> Vec<Entry> {
        let pod = |name: &str, restarts: u32, created: &str, severity: &str| {
            let fields = json!({
                "namespace": "shop", "name": name, "ready": 1, "containers": 2, "status": "Running",
                "restarts": restarts, "created": created, "node": "n1", "severity": severity,
            });
            Entry::new(name.to_owned(), "prod", fields)
        };
        vec![
            pod("b", 9, "2026-11-21T03:00:00Z", "ok"),
            pod("a", 10, "2026-11-21T02:00:00Z", "critical"),
            pod("c-crash", 0, "2026-11-21T01:00:00Z", "warning"),
        ]
    }

    fn wish(filter: &str, sort: &str) -> Wish {
        let what = What::named("po").expect("a list");
        let sort = (!sort.is_empty()).then(|| Wish::sort_by(what, &Book::default(), sort).expect("a column"));
        let filters = vec![Filter::new(filter, &super::super::columns::of(what, &Book::default()))];
        Wish { filters, sort, ..Wish::all(what) }
    }

    fn names(wish: &Wish) -> Vec<String> {
        wish.choose(pods(), "2026-11-21T03:01:00Z".parse().expect("a moment"))
            .iter()
            .map(|e| plain(&e.value["name"]))
            .collect()
    }

    #[test]
    fn lists_are_narrowed_and_sorted_by_what_the_columns_mean() {
        assert_eq!(names(&wish("", "restarts")), ["c-crash", "b", "a"]);
        assert_eq!(names(&wish("", "-restarts")), ["a", "b", "c-crash"]);
        assert_eq!(names(&wish("", "AGE")), ["b", "a", "c-crash"]);
        assert_eq!(names(&wish("", "severity")), ["a", "c-crash", "b"]);
        assert_eq!(names(&wish("prod !crash", "name")), ["a", "b"]);
        assert_eq!(names(&wish("restarts>=9 age<90m", "name")), ["a", "b"]);
        assert_eq!(names(&wish("ready<all sev=warning", "")), ["c-crash"]);
        assert_eq!(names(&wish("env=prod !status=running", "")), [""; 0]);
        let exact = Wish { name: Some("c".into()), ..wish("", "") };
        assert!(names(&exact).is_empty());
        let what = What::named("pods").expect("a list");
        assert!(Wish::sort_by(what, &Book::default(), "colour").is_err_and(|e| e.contains("restarts")));
    }

    #[test]
    fn cells_are_for_people_and_fields_for_programs() {
        let what = What::named("pods").expect("a list");
        let now: Time = "2026-11-21T03:01:00Z".parse().expect("a moment");
        let entry = &pods()[0];
        assert_eq!(
            cells(&shown::usual(what), &entry.value, now),
            ["prod", "shop", "b", "1/2", "Running", "9", "60s", "n1"]
        );
        let fields = fields(&heads(what, None), &entry.value);
        assert_eq!(fields[5], json!(9));
        assert_eq!(fields[6], json!("2026-11-21T03:00:00Z"));
    }

    #[test]
    fn ages_have_one_or_two_units() {
        let shown = [5, 119, 120, 7_199, 7_260, 90_000, 200_000].map(|s| age(Duration::from_secs(s)));
        assert_eq!(shown, ["5s", "119s", "2m", "119m", "2h1m", "25h0m", "2d7h"]);
    }
}
