//! The columns of a list as a filter names them, and what an object tells it.

use serde_json::Value as Json;

use super::{
    list::plain,
    shown::list_of,
    values::Entry,
    what::{How, What},
};
use crate::{
    app::{
        Book, OwnColumn,
        filter::{Column, Columns, Field, Labels, Measure, Told, Value, names_application, severity},
    },
    model::{Kind, Time},
};

/// The columns of a list, the engineer's own among them.
pub fn of(what: &What, book: &Book) -> Columns {
    let mut all = vec![column("env", "environment", Field::Env, Measure::Text)];
    for (n, field) in (0..).zip(what.fields()) {
        let shown = what.columns.iter().find(|c| c.field == field);
        let name = shown.map_or_else(|| field.to_lowercase(), |c| c.heading.to_lowercase());
        let name = short(field).map_or(name, str::to_owned);
        let mut column = column(&name, field, Field::Cell(n), measure(what, field, shown.map(|c| c.how)));
        if field == "namespace" && what.fields().any(|f| f == "destination") {
            // Where an application runs is what one means by its namespace.
            column.others = &[];
        } else if field == "name" && what.kinds == [Kind::Application] {
            column.others = &["app", "application"];
        }
        all.push(column);
    }
    let labels = match what.kinds {
        [Kind::Alert] => Labels::Bare,
        [Kind::Application | Kind::Pod, ..] => Labels::Asked,
        [kind, ..] if kind.is_workload() => Labels::Asked,
        _ => Labels::None,
    };
    if labels == Labels::Asked && what.kinds == [Kind::Pod] {
        let others = &["application"];
        all.push(Column { name: "app".into(), others, field: Field::App, measure: Measure::Text });
    }
    Columns { of: what.name.into(), all: all.into(), labels }.with_own(list_of(what), book)
}

fn column(name: &str, field: &str, of: Field, measure: Measure) -> Column {
    Column { name: name.to_owned().into(), others: others(field), field: of, measure }
}

/// Names of fields that nobody would guess.
fn short(field: &str) -> Option<&'static str> {
    match field {
        "cpuMillicores" => Some("cpu"),
        "memoryBytes" => Some("memory"),
        "cpuPercentOfRequest" => Some("cpu/r"),
        "cpuPercentOfLimit" => Some("cpu/l"),
        "memoryPercentOfRequest" => Some("mem/r"),
        "memoryPercentOfLimit" => Some("mem/l"),
        _ => None,
    }
}

/// Other names of a field, those of the screen among them.
fn others(field: &str) -> &'static [&'static str] {
    match field {
        "environment" => &["environment"],
        "namespace" | "destination" => &["ns"],
        "mount" => &["namespace", "ns"],
        "name" => &["pod", "node", "alert", "alertname"],
        "application" => &["app"],
        "severity" => &["sev"],
        "status" => &["state"],
        "state" => &["status"],
        "images" => &["image"],
        "created" | "began" | "issued" | "updated" | "rotated" | "last" | "since" | "at" | "deployed" => {
            &["age"]
        }
        "memoryBytes" => &["mem", "memoryBytes"],
        "cpuMillicores" => &["cpuMillicores"],
        "cpuPercentOfRequest" => &["%cpu/r", "cpuPercentOfRequest"],
        "cpuPercentOfLimit" => &["%cpu/l", "cpuPercentOfLimit"],
        "memoryPercentOfRequest" => &["%mem/r", "memoryPercentOfRequest"],
        "memoryPercentOfLimit" => &["%mem/l", "memoryPercentOfLimit"],
        "ends" | "expires" | "next" | "notAfter" => &["left", "ttl", "ends", "expires"],
        "targetRevision" => &["target"],
        _ => &[],
    }
}

fn measure(what: &What, field: &str, how: Option<How>) -> Measure {
    let has = |other: &str| what.fields().any(|f| f == other);
    match (field, how) {
        ("severity", _) => Measure::Severity,
        (of, _) if of.contains("PercentOf") => Measure::Percent,
        ("cpuRequestMillicores" | "cpuLimitMillicores", _) => Measure::Cpu { share: false },
        ("memoryRequestBytes" | "memoryLimitBytes", _) => Measure::Memory { share: false },
        ("cpuMillicores", _) => Measure::Cpu { share: has("cpuCapacityMillicores") },
        ("memoryBytes", _) => Measure::Memory { share: has("memoryCapacityBytes") },
        (_, Some(How::Of(_))) => Measure::Part,
        (_, Some(How::Since | How::Until)) => Measure::Duration,
        (_, Some(How::Number | How::Count))
        | ("desired" | "available" | "containers" | "periodSeconds", _) => Measure::Number,
        _ => Measure::Text,
    }
}

/// An object as a filter sees it.
pub struct Seen<'a> {
    /// The list it is of.
    pub what: &'static What,
    /// The object.
    pub entry: &'a Entry,
    /// The moment it is.
    pub now: Time,
    /// The engineer's own columns that are known of it, with their places in the book.
    pub own: &'a [(u16, OwnColumn)],
}

impl Seen<'_> {
    fn number(&self, field: &str) -> Option<f64> {
        self.entry.value[field].as_f64()
    }

    /// What stands in one of the engineer's own columns.
    fn own(&self, n: u16, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        let Some((_, own)) = self.own.iter().find(|(at, _)| *at == n) else { return false };
        match &self.entry.value[own.name.as_str()] {
            Json::Null => false,
            Json::Number(n) => n.as_f64().is_some_and(|n| test(Value::Number(n))),
            Json::String(text) => match text.parse::<Time>() {
                Ok(at) => test(Value::Number(self.now.since(at).as_secs_f64())) || test(Value::Text(text)),
                Err(_) => !text.is_empty() && test(Value::Text(text)),
            },
            other => test(Value::Text(&plain(other))),
        }
    }

    /// A field, or a part of it, as the column that shows it means it.
    fn show(&self, field: &str, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        let it = &self.entry.value[field];
        let whole = |of: &str| self.number(field).zip(self.number(of)).map(|(a, b)| Value::Part(a, b));
        let moment = it.as_str().and_then(|text| text.parse::<Time>().ok());
        let seconds = |from: Time, to: Time| Value::Number(to.since(from).as_secs_f64());
        let how = self.what.columns.iter().find(|c| c.field == field).map(|c| c.how);
        let value = match (how, it) {
            (Some(How::Of(of) | How::Share(of)), _) => {
                whole(of).or_else(|| self.number(field).map(Value::Number))
            }
            (Some(How::Since), _) => moment.map(|at| seconds(at, self.now)),
            (Some(How::Until), _) => moment.map(|at| seconds(self.now, at)),
            (Some(How::Count), _) => it["all"].as_f64().map(Value::Number),
            (_, Json::String(text)) if field == "severity" => severity(text).map(Value::Severity),
            (_, Json::Number(n)) => n.as_f64().map(Value::Number),
            (_, Json::Array(all)) => return all.iter().any(|one| test(Value::Text(&plain(one)))),
            (_, Json::Null) => None,
            (_, other) => return test(Value::Text(&plain(other))),
        };
        value.is_some_and(test)
    }
}

impl Told for Seen<'_> {
    fn texts(&self, test: &mut dyn FnMut(&str) -> bool) -> bool {
        let columns = self.what.columns.iter().filter(|c| matches!(c.how, How::Text | How::Short));
        columns.map(|c| c.field).chain(["environment"]).any(|f| test(&plain(&self.entry.value[f])))
    }

    fn name(&self) -> &str {
        self.entry.value["name"].as_str().unwrap_or_default()
    }

    fn value(&self, field: Field, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        match field {
            Field::App => self.label(&mut |name, value| names_application(name) && test(Value::Text(value))),
            Field::Cell(n) => self.what.fields().nth(n.into()).is_some_and(|field| self.show(field, test)),
            Field::Own(n) => self.own(n, test),
            _ => test(Value::Text(self.entry.value["environment"].as_str().unwrap_or_default())),
        }
    }

    fn label(&self, test: &mut dyn FnMut(&str, &str) -> bool) -> bool {
        let labels = self.entry.value["labels"].as_object();
        labels.into_iter().flatten().any(|(name, value)| test(name, value.as_str().unwrap_or_default()))
    }
}
