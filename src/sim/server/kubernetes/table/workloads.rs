//! The tables of what makes pods: deployments, replica sets, stateful and daemon sets, jobs, cron jobs.

use serde_json::{Value, json};

use super::{
    Column, Printer, age, at, count, human, items, join, labels, name, number, or, since, text, wide,
};
use crate::model::Time;

const CONTAINERS: Column = wide("Containers");
const IMAGES: Column = wide("Images");
const SELECTOR: Column = wide("Selector");

pub(super) const DEPLOYMENTS: Printer = (
    &[
        text("Name"),
        text("Ready"),
        text("Up-to-date"),
        text("Available"),
        text("Age"),
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    |object, now| {
        let mut cells = vec![
            name(object),
            ready(object),
            json!(count(object, "/status/updatedReplicas")),
            json!(count(object, "/status/availableReplicas")),
            age(object, now),
        ];
        cells.extend(template(object, "/spec/template"));
        cells.push(selector(object));
        cells
    },
);

pub(super) const REPLICA_SETS: Printer = (
    &[
        text("Name"),
        number("Desired"),
        number("Current"),
        number("Ready"),
        text("Age"),
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    |object, now| {
        let mut cells = vec![
            name(object),
            json!(count(object, "/spec/replicas")),
            json!(count(object, "/status/replicas")),
            json!(count(object, "/status/readyReplicas")),
            age(object, now),
        ];
        cells.extend(template(object, "/spec/template"));
        cells.push(selector(object));
        cells
    },
);

pub(super) const STATEFUL_SETS: Printer =
    (&[text("Name"), text("Ready"), text("Age"), CONTAINERS, IMAGES], |object, now| {
        let mut cells = vec![name(object), ready(object), age(object, now)];
        cells.extend(template(object, "/spec/template"));
        cells
    });

pub(super) const DAEMON_SETS: Printer = (
    &[
        text("Name"),
        number("Desired"),
        number("Current"),
        number("Ready"),
        number("Up-to-date"),
        number("Available"),
        text("Node Selector"),
        text("Age"),
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    |object, now| {
        let mut cells = vec![
            name(object),
            json!(count(object, "/status/desiredNumberScheduled")),
            json!(count(object, "/status/currentNumberScheduled")),
            json!(count(object, "/status/numberReady")),
            json!(count(object, "/status/updatedNumberScheduled")),
            json!(count(object, "/status/numberAvailable")),
            labels(object.pointer("/spec/template/spec/nodeSelector").unwrap_or(&Value::Null)),
            age(object, now),
        ];
        cells.extend(template(object, "/spec/template"));
        cells.push(selector(object));
        cells
    },
);

pub(super) const JOBS: Printer = (
    &[
        text("Name"),
        text("Status"),
        text("Completions"),
        text("Duration"),
        text("Age"),
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    |object, now| {
        let succeeded = count(object, "/status/succeeded");
        let completions = match object.pointer("/spec/completions").and_then(Value::as_i64) {
            Some(completions) => format!("{succeeded}/{completions}"),
            None => match count(object, "/spec/parallelism") {
                parallelism if parallelism > 1 => format!("{succeeded}/1 of {parallelism}"),
                _ => format!("{succeeded}/1"),
            },
        };
        let started = at(object, "/status/startTime").parse::<Time>().ok();
        let ended = at(object, "/status/completionTime").parse().unwrap_or(now);
        let duration = started.map_or_else(String::new, |started| human(ended.since(started)));
        let mut cells = vec![
            name(object),
            json!(job_status(object)),
            json!(completions),
            json!(duration),
            age(object, now),
        ];
        cells.extend(template(object, "/spec/template"));
        cells.push(selector(object));
        cells
    },
);

pub(super) const CRON_JOBS: Printer = (
    &[
        text("Name"),
        text("Schedule"),
        text("Timezone"),
        Column { name: "Suspend", kind: "boolean", priority: 0 },
        number("Active"),
        text("Last Schedule"),
        text("Age"),
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    |object, now| {
        let last = object.pointer("/status/lastScheduleTime");
        let suspend = if object["spec"]["suspend"] == true { "True" } else { "False" };
        let mut cells = vec![
            name(object),
            json!(at(object, "/spec/schedule")),
            or(at(object, "/spec/timeZone"), "<none>"),
            json!(suspend),
            json!(items(object, "/status/active").count()),
            last.map_or_else(|| json!("<none>"), |last| since(last, now)),
            age(object, now),
        ];
        cells.extend(template(object, "/spec/jobTemplate/spec/template"));
        cells.push(json!("<none>"));
        cells
    },
);

pub(super) const CONTROLLER_REVISIONS: Printer =
    (&[text("Name"), text("Controller"), number("Revision"), text("Age")], |object, now| {
        let owner = items(object, "/metadata/ownerReferences").find(|owner| owner["controller"] == true);
        let controller = owner.map_or_else(
            || "<none>".to_owned(),
            |owner| {
                let kind = at(owner, "/kind").to_ascii_lowercase();
                match at(owner, "/apiVersion").split_once('/') {
                    Some((group, _)) => format!("{kind}.{group}/{}", at(owner, "/name")),
                    None => format!("{kind}/{}", at(owner, "/name")),
                }
            },
        );
        vec![name(object), json!(controller), json!(count(object, "/revision")), age(object, now)]
    });

fn ready(object: &Value) -> Value {
    let wanted = object.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1);
    json!(format!("{}/{wanted}", count(object, "/status/readyReplicas")))
}

fn template(object: &Value, pointer: &str) -> [Value; 2] {
    let pointer = format!("{pointer}/spec/containers");
    let of = |field: &str| {
        let path = format!("/{field}");
        join(items(object, &pointer).map(|container| at(container, &path)), "")
    };
    [of("name"), of("image")]
}

fn selector(object: &Value) -> Value {
    let selector = &object["spec"]["selector"];
    let mut parts: Vec<String> = selector["matchLabels"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    for expression in items(selector, "/matchExpressions") {
        let values = join(items(expression, "/values").filter_map(Value::as_str), "");
        let (key, values) = (at(expression, "/key"), values.as_str().unwrap_or_default());
        parts.push(match at(expression, "/operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.to_owned(),
            _ => format!("!{key}"),
        });
    }
    or(&parts.join(","), "<none>")
}

fn job_status(job: &Value) -> &'static str {
    let has =
        |kind: &str| items(job, "/status/conditions").any(|c| c["type"] == kind && c["status"] == "True");
    if has("Complete") {
        "Complete"
    } else if has("Failed") {
        "Failed"
    } else if job["metadata"].get("deletionTimestamp").is_some() {
        "Terminating"
    } else if has("Suspended") {
        "Suspended"
    } else if has("FailureTarget") {
        "FailureTarget"
    } else if has("SuccessCriteriaMet") {
        "SuccessCriteriaMet"
    } else {
        "Running"
    }
}
