//! Tables as the server draws them: which of their columns are kept, and what their cells say.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

use super::wire::Meta;
use crate::{
    connector::secret,
    model::{ApiResource, Cell, JsonPath, Severity, TableColumn, Time, standing},
};

/// A page of a table, or one event of a watch. Servers that draw none answer with the objects themselves.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound = "O: DeserializeOwned")]
pub(super) struct Table<O> {
    #[serde(default)]
    pub(super) metadata: TableMeta,
    #[serde(default, deserialize_with = "listed")]
    pub(super) column_definitions: Vec<Definition>,
    #[serde(default, deserialize_with = "listed")]
    pub(super) rows: Vec<Row<O>>,
    #[serde(default, deserialize_with = "listed")]
    pub(super) items: Vec<O>,
}

/// `metav1.ListMeta`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct TableMeta {
    pub(super) resource_version: String,
    pub(super) r#continue: String,
}

/// `metav1.TableColumnDefinition`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Definition {
    name: String,
    r#type: String,
    format: String,
    priority: i32,
}

/// `metav1.TableRow`.
#[derive(Deserialize)]
#[serde(bound = "O: DeserializeOwned")]
pub(super) struct Row<O> {
    pub(super) cells: Vec<Value>,
    pub(super) object: O,
}

/// What travels of an object.
pub(super) trait Body: DeserializeOwned + Send + 'static {
    /// What the server is asked to include.
    const INCLUDE: &'static str;
    /// Its metadata.
    fn meta(&self) -> &Meta;
    /// What paths lead to in it.
    fn find(&self, resource: &ApiResource, paths: &[JsonPath]) -> Vec<Cell>;
}

/// Of an object only its metadata.
#[derive(Deserialize)]
pub(super) struct Partial {
    pub(super) metadata: Meta,
}

impl Body for Partial {
    const INCLUDE: &'static str = "Metadata";
    fn meta(&self) -> &Meta {
        &self.metadata
    }
    fn find(&self, _: &ApiResource, _: &[JsonPath]) -> Vec<Cell> {
        Vec::new()
    }
}

/// All of an object, for as long as it takes to look into it.
pub(super) struct Whole {
    meta: Meta,
    object: Value,
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let object = Value::deserialize(d)?;
        let meta = object.get("metadata").map_or_else(|| Ok(Meta::default()), Meta::deserialize);
        Ok(Self { meta: meta.map_err(serde::de::Error::custom)?, object })
    }
}

impl Body for Whole {
    const INCLUDE: &'static str = "Object";
    fn meta(&self) -> &Meta {
        &self.meta
    }
    fn find(&self, resource: &ApiResource, paths: &[JsonPath]) -> Vec<Cell> {
        let mut object = self.object.clone();
        // A row of a table need not say what it is of; secrets are masked by that.
        object["kind"] = resource.kind.to_string().into();
        secret::mask(&mut object);
        paths.iter().map(|path| path.find(&object)).collect()
    }
}

fn listed<'de, T: Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Vec<T>, D::Error> {
    Option::<Vec<T>>::deserialize(d).map(Option::unwrap_or_default)
}

/// Which columns of a table are kept, and where they are.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// How many columns the server draws.
    total: usize,
    kept: Vec<Kept>,
}

#[derive(Debug)]
struct Kept {
    at: usize,
    column: TableColumn,
    moment: bool,
}

/// Columns whose cells are ages although the server calls them text.
const AGES: [&str; 3] = ["Last Seen", "First Seen", "Last Schedule"];

impl Layout {
    /// Name and age are left out: rows know both exactly.
    pub(super) fn of(definitions: &[Definition]) -> Self {
        let own =
            |d: &Definition| d.format == "name" || d.name == "Name" || d.name.eq_ignore_ascii_case("age");
        let kept = definitions.iter().enumerate().filter(|(_, d)| !own(d)).map(|(at, d)| {
            let moment = d.r#type == "date" || AGES.contains(&d.name.as_str());
            let number = moment || matches!(d.r#type.as_str(), "integer" | "number");
            let column = TableColumn { name: d.name.as_str().into(), wide: d.priority > 0, number };
            Kept { at, column, moment }
        });
        Self { total: definitions.len(), kept: kept.collect() }
    }

    /// The columns that are kept.
    pub(super) fn columns(&self) -> Vec<TableColumn> {
        self.kept.iter().map(|k| k.column.clone()).collect()
    }

    /// Whether a row has as many cells as there are columns.
    pub(super) fn fits<O>(&self, row: &Row<O>) -> bool {
        row.cells.len() == self.total
    }

    /// What the cells of a row say at a moment, and how bad that is.
    pub(super) fn cells(&self, cells: &[Value], now: Time) -> (Vec<Cell>, Severity) {
        let read = |k: &Kept| cell(cells.get(k.at).unwrap_or(&Value::Null), k.moment, now);
        let cells: Vec<Cell> = self.kept.iter().map(read).collect();
        let worst = self.kept.iter().zip(&cells).filter_map(|(k, cell)| standing(&k.column.name, cell)).max();
        (cells, worst.unwrap_or_default())
    }
}

fn cell(value: &Value, moment: bool, now: Time) -> Cell {
    match value {
        Value::Null => Cell::Text("".into()),
        Value::String(text) if moment => {
            let at = text.parse().ok().or_else(|| ago(text).map(|age| now.minus(age)));
            at.map_or_else(|| Cell::Text(text.as_str().into()), Cell::At)
        }
        Value::String(text) => Cell::Text(text.as_str().into()),
        Value::Number(number) => {
            number.as_i64().map_or_else(|| Cell::Text(number.to_string().into()), Cell::Number)
        }
        other => Cell::Text(other.to_string().into()),
    }
}

/// An age as servers write it: `3m10s`, `2d1h`, `367d` (apimachinery, `duration.HumanDuration`).
fn ago(text: &str) -> Option<Duration> {
    let mut seconds = 0_u64;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..end].parse().ok()?;
        let unit = match rest.as_bytes()[end] {
            b's' => 1,
            b'm' => 60,
            b'h' => 3600,
            b'd' => 86_400,
            b'y' => 31_536_000,
            _ => return None,
        };
        seconds = seconds.checked_add(number.checked_mul(unit)?)?;
        rest = &rest[end + 1..];
    }
    (!text.is_empty()).then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(name: &str) -> Value {
        let path = format!("{}/tests/samples/kubernetes/{name}.json", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_str(&std::fs::read_to_string(path).expect("a sample")).expect("JSON")
    }

    #[test]
    fn a_recorded_table_reads() {
        let table = Table::<Partial>::deserialize(&sample("table-pods")["body"]).expect("a table");
        assert!(!table.metadata.r#continue.is_empty());
        let layout = Layout::of(&table.column_definitions);
        let names: Vec<_> = layout.columns().iter().map(|c| c.name.to_string()).collect();
        assert_eq!(names, ["Ready", "Status", "Restarts"]);
        let row = &table.rows[0];
        assert!(layout.fits(row));
        assert_eq!(row.object.metadata.name, "web-7f8d4dc98b-25gnj");
        let (cells, severity) = layout.cells(&row.cells, Time::default());
        assert_eq!(cells, [Cell::Text("1/1".into()), Cell::Text("Running".into()), Cell::Text("0".into())]);
        assert_eq!(severity, Severity::Ok);
    }

    #[test]
    fn a_recorded_watch_names_its_columns_once_and_its_bookmark_says_nothing() {
        let file = sample("watch-table");
        let read = |event: &Value| Table::<Partial>::deserialize(&event["object"]).expect("a table");
        assert_eq!(read(&file["events"][0]).column_definitions.len(), 2);
        assert_eq!(read(&file["events"][1]).column_definitions.len(), 0);
        let bookmark = read(&file["last_event"]);
        assert_eq!(bookmark.metadata.resource_version, "11089");
        assert!(bookmark.rows[0].object.metadata.name.is_empty(), "the row of a bookmark is none");
    }

    #[test]
    fn ages_become_moments() {
        for (text, seconds) in
            [("10s", 10), ("3m10s", 190), ("47h", 169_200), ("2d1h", 176_400), ("8y", 252_288_000)]
        {
            assert_eq!(ago(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "<unknown>", "5", "m"] {
            assert_eq!(ago(text), None, "{text}");
        }
        let now = Time::from_secs(1_000_000);
        assert_eq!(cell(&"5m".into(), true, now), Cell::At(Time::from_secs(999_700)));
        assert_eq!(cell(&"1970-01-01T00:01:00Z".into(), true, now), Cell::At(Time::from_secs(60)));
        assert_eq!(cell(&"<none>".into(), true, now), Cell::Text("<none>".into()));
    }
}
