//! The pod table: what state a pod is in, in one word.

use serde_json::{Value, json};

use super::{Printer, age, at, human, items, name, or, text, wide};
use crate::model::Time;

pub(super) const PODS: Printer = (
    &[
        text("Name"),
        text("Ready"),
        text("Status"),
        text("Restarts"),
        text("Age"),
        wide("IP"),
        wide("Node"),
        wide("Nominated Node"),
        wide("Readiness Gates"),
    ],
    cells,
);

fn cells(pod: &Value, now: Time) -> Vec<Value> {
    let sidecar = |c: &&Value| c["restartPolicy"] == "Always";
    let sidecars = items(pod, "/spec/initContainers").filter(sidecar).count();
    let total = items(pod, "/spec/containers").count() + sidecars;
    let ready = items(pod, "/status/containerStatuses").filter(|c| c["ready"] == true).count()
        + items(pod, "/status/initContainerStatuses")
            .filter(|c| is_sidecar(pod, c) && c["ready"] == true)
            .count();
    vec![
        name(pod),
        json!(format!("{ready}/{total}")),
        json!(status(pod)),
        json!(restarts(pod, now)),
        age(pod, now),
        or(at(pod, "/status/podIP"), "<none>"),
        or(at(pod, "/spec/nodeName"), "<none>"),
        or(at(pod, "/status/nominatedNodeName"), "<none>"),
        gates(pod),
    ]
}

fn is_sidecar(pod: &Value, status: &Value) -> bool {
    items(pod, "/spec/initContainers").any(|c| c["name"] == status["name"] && c["restartPolicy"] == "Always")
}

fn gates(pod: &Value) -> Value {
    let total = items(pod, "/spec/readinessGates").count();
    if total == 0 {
        return json!("<none>");
    }
    let held = |gate: &&Value| {
        items(pod, "/status/conditions").any(|c| c["type"] == gate["conditionType"] && c["status"] == "True")
    };
    json!(format!("{}/{total}", items(pod, "/spec/readinessGates").filter(held).count()))
}

/// `3 (5m ago)`: restarts of all containers and when the last run ended.
fn restarts(pod: &Value, now: Time) -> String {
    let own = items(pod, "/status/containerStatuses")
        .chain(items(pod, "/status/initContainerStatuses").filter(|c| is_sidecar(pod, c)));
    let (mut sum, mut last) = (0, None::<Time>);
    for container in own {
        sum += container["restartCount"].as_i64().unwrap_or(0);
        let ended = at(container, "/lastState/terminated/finishedAt").parse::<Time>().ok();
        last = last.max(ended);
    }
    match last {
        Some(last) if sum > 0 => format!("{sum} ({} ago)", human(now.since(last))),
        _ => sum.to_string(),
    }
}

/// What kubectl shows as a pod's status: the first container's trouble, else the pod's own.
fn status(pod: &Value) -> String {
    let mut word =
        or(at(pod, "/status/reason"), at(pod, "/status/phase")).as_str().unwrap_or_default().to_owned();
    let gated = items(pod, "/status/conditions")
        .any(|c| c["type"] == "PodScheduled" && c["reason"] == "SchedulingGated");
    if gated {
        "SchedulingGated".clone_into(&mut word);
    }
    let initial = init_trouble(pod);
    if let Some(trouble) = &initial {
        word.clone_from(trouble);
    } else {
        let mut running = false;
        let statuses: Vec<_> = items(pod, "/status/containerStatuses").collect();
        for container in statuses.iter().rev() {
            if let Some(trouble) = trouble(container) {
                word = trouble;
            } else if container["ready"] == true && container["state"].get("running").is_some() {
                running = true;
            }
        }
        if word == "Completed" && running {
            let ready =
                items(pod, "/status/conditions").any(|c| c["type"] == "Ready" && c["status"] == "True");
            word = if ready { "Running".to_owned() } else { "NotReady".to_owned() };
        }
    }
    if pod["metadata"].get("deletionTimestamp").is_some() {
        if at(pod, "/status/reason") == "NodeLost" {
            return "Unknown".to_owned();
        }
        let ended = matches!(at(pod, "/status/phase"), "Succeeded" | "Failed");
        if !ended {
            return "Terminating".to_owned();
        }
    }
    word
}

/// Why a container is not running, in one word.
fn trouble(container: &Value) -> Option<String> {
    let state = &container["state"];
    if !at(state, "/waiting/reason").is_empty() {
        return Some(at(state, "/waiting/reason").to_owned());
    }
    let ended = state.get("terminated").filter(|ended| !ended.is_null())?;
    let reason = at(ended, "/reason");
    if !reason.is_empty() {
        return Some(reason.to_owned());
    }
    Some(match ended["signal"].as_i64() {
        Some(signal) if signal != 0 => format!("Signal:{signal}"),
        _ => format!("ExitCode:{}", ended["exitCode"].as_i64().unwrap_or(0)),
    })
}

/// The first init container that has not done its work, as `Init:...`.
fn init_trouble(pod: &Value) -> Option<String> {
    let total = items(pod, "/spec/initContainers").count();
    for (index, container) in items(pod, "/status/initContainerStatuses").enumerate() {
        let ended = container.pointer("/state/terminated");
        if ended.is_some_and(|ended| ended["exitCode"] == 0)
            || (is_sidecar(pod, container) && container["started"] == true)
        {
            continue;
        }
        let waiting = at(container, "/state/waiting/reason");
        if ended.is_some() || !(waiting.is_empty() || waiting == "PodInitializing") {
            return trouble(container).map(|trouble| format!("Init:{trouble}"));
        }
        return Some(format!("Init:{index}/{total}"));
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::sim::{cluster::find, server::kubernetes::table::columns};

    #[test]
    fn status_words() {
        let with = |container: Value| {
            status(&json!({ "status": { "phase": "Running", "containerStatuses": [container] } }))
        };
        assert_eq!(
            with(json!({ "state": { "waiting": { "reason": "CrashLoopBackOff" } } })),
            "CrashLoopBackOff"
        );
        assert_eq!(with(json!({ "state": { "terminated": { "exitCode": 3 } } })), "ExitCode:3");
        assert_eq!(with(json!({ "ready": true, "state": { "running": {} } })), "Running");
        let init = json!({ "spec": { "initContainers": [{ "name": "a" }, { "name": "b" }] },
            "status": { "phase": "Pending", "initContainerStatuses": [
                { "name": "a", "state": { "terminated": { "exitCode": 0 } } },
                { "name": "b", "state": { "waiting": { "reason": "PodInitializing" } } }] } });
        assert_eq!(status(&init), "Init:1/2");
        let leaving = json!({ "metadata": { "deletionTimestamp": "x" }, "status": { "phase": "Running" } });
        assert_eq!(status(&leaving), "Terminating");
        assert_eq!(columns(find("", "pods").unwrap()).as_array().map(Vec::len), Some(9));
    }
}
