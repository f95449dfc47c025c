//! The Table rendering that kubectl prints: columns and cells per kind, and printer columns of custom resources.

mod custom;
mod pods;
mod rest;
mod workloads;

use std::time::Duration;

use serde_json::{Value, json};

pub(super) use self::custom::printer_columns;
use crate::{
    model::Time,
    sim::cluster::{Resource, known},
};

/// One column of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub name: &'static str,
    pub kind: &'static str,
    pub priority: i32,
}

/// A column of text.
const fn text(name: &'static str) -> Column {
    Column { name, kind: "string", priority: 0 }
}

/// A column of whole numbers.
const fn number(name: &'static str) -> Column {
    Column { name, kind: "integer", priority: 0 }
}

/// A column that only `-o wide` shows.
const fn wide(name: &'static str) -> Column {
    Column { name, kind: "string", priority: 1 }
}

/// How a kind is printed: its columns, and an object's cells at a moment.
type Printer = (&'static [Column], fn(&Value, Time) -> Vec<Value>);

const PLAIN: Printer =
    (&[text("Name"), Column { name: "Created At", kind: "date", priority: 0 }], |object, _| {
        vec![name(object), object["metadata"]["creationTimestamp"].clone()]
    });

fn printer(resource: &Resource) -> Option<Printer> {
    Some(match resource.stored {
        known::PODS => pods::PODS,
        known::DEPLOYMENTS => workloads::DEPLOYMENTS,
        known::REPLICA_SETS => workloads::REPLICA_SETS,
        known::STATEFUL_SETS => workloads::STATEFUL_SETS,
        known::DAEMON_SETS => workloads::DAEMON_SETS,
        known::JOBS => workloads::JOBS,
        known::CRON_JOBS => workloads::CRON_JOBS,
        known::CONTROLLER_REVISIONS => workloads::CONTROLLER_REVISIONS,
        known::NODES => rest::NODES,
        known::NAMESPACES => rest::NAMESPACES,
        known::EVENTS => rest::EVENTS,
        known::SERVICES => rest::SERVICES,
        known::CONFIG_MAPS => rest::CONFIG_MAPS,
        known::SECRETS => rest::SECRETS,
        known::SERVICE_ACCOUNTS => rest::SERVICE_ACCOUNTS,
        known::DISRUPTION_BUDGETS => rest::DISRUPTION_BUDGETS,
        known::LEASES => rest::LEASES,
        _ => match resource.gr.resource {
            "ingresses" => rest::INGRESSES,
            "persistentvolumeclaims" => rest::CLAIMS,
            "persistentvolumes" => rest::VOLUMES,
            "horizontalpodautoscalers" => rest::AUTOSCALERS,
            "storageclasses" => rest::STORAGE_CLASSES,
            _ if resource.custom => return None,
            _ => PLAIN,
        },
    })
}

/// The `columnDefinitions` of a resource's tables.
pub(super) fn columns(resource: &Resource) -> Value {
    let define = |column: &Column| {
        let format = if column.name == "Name" { "name" } else { "" };
        json!({ "name": column.name, "type": column.kind, "format": format, "description": "",
                "priority": column.priority })
    };
    match printer(resource) {
        Some((columns, _)) => columns.iter().map(define).collect(),
        None => custom::columns(resource),
    }
}

/// The cells of one object's row.
pub(super) fn cells(resource: &Resource, object: &Value, now: Time) -> Vec<Value> {
    match printer(resource) {
        Some((_, cells)) => cells(object, now),
        None => custom::cells(resource, object, now),
    }
}

fn name(object: &Value) -> Value {
    object["metadata"]["name"].clone()
}

fn age(object: &Value, now: Time) -> Value {
    since(&object["metadata"]["creationTimestamp"], now)
}

/// How long ago a moment in an object was, or `<unknown>`.
fn since(moment: &Value, now: Time) -> Value {
    let then = moment.as_str().and_then(|text| text.parse::<Time>().ok());
    then.map_or_else(|| json!("<unknown>"), |then| json!(human(now.since(then))))
}

/// A duration in at most two units, as kubectl prints ages (apimachinery `duration.HumanDuration`).
pub(super) fn human(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let two = |whole: u64, unit: &str, rest: u64, below: &str| {
        if rest == 0 { format!("{whole}{unit}") } else { format!("{whole}{unit}{rest}{below}") }
    };
    if seconds < 120 {
        format!("{seconds}s")
    } else if minutes < 10 {
        two(minutes, "m", seconds % 60, "s")
    } else if hours < 3 {
        format!("{minutes}m")
    } else if hours < 8 {
        two(hours, "h", minutes % 60, "m")
    } else if hours < 48 {
        format!("{hours}h")
    } else if days < 8 {
        two(days, "d", hours % 24, "h")
    } else if days < 730 {
        format!("{days}d")
    } else if days < 365 * 8 {
        two(days / 365, "y", days % 365, "d")
    } else {
        format!("{}y", days / 365)
    }
}

fn items<'a>(object: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    object.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn at<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn count(object: &Value, pointer: &str) -> i64 {
    object.pointer(pointer).and_then(Value::as_i64).unwrap_or(0)
}

fn or(text: &str, otherwise: &str) -> Value {
    json!(if text.is_empty() { otherwise } else { text })
}

fn join<'a>(parts: impl Iterator<Item = &'a str>, otherwise: &str) -> Value {
    or(&parts.collect::<Vec<_>>().join(","), otherwise)
}

/// A map of labels as `a=b,c=d`.
fn labels(map: &Value) -> Value {
    let parts: Vec<String> = map
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    or(&parts.join(","), "<none>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_written_as_kubectl_does() {
        // The cases of apimachinery's own TestHumanDuration.
        let cases = [
            (1, "1s"),
            (70, "70s"),
            (190, "3m10s"),
            (70 * 60, "70m"),
            (47 * 3600, "47h"),
            (49 * 3600, "2d1h"),
            ((8 * 24 + 2) * 3600, "8d"),
            (367 * 86_400, "367d"),
            ((365 * 2 + 25) * 86_400, "2y25d"),
            ((365 * 8 + 2) * 86_400, "8y"),
        ];
        for (seconds, text) in cases {
            assert_eq!(human(Duration::from_secs(seconds)), text);
        }
    }
}
