//! What a kubelet writes into the status of a pod.

use serde_json::{Value, json};

use super::{
    Work, object,
    unit::{State, Unit},
};
use crate::{
    model::Time,
    sim::{cluster::known, git::hex},
};

/// Writes phase, conditions and container statuses.
pub(super) fn write(work: &Work<'_>, units: &[Unit], address: &str) {
    let (namespace, name) = (object::namespace(&work.pod), object::name(&work.pod));
    let now = work.now;
    let host = if work.pod["status"].get("startTime").is_none() { host(work) } else { String::new() };
    let _ = work.env.cluster.modify(known::PODS, namespace, name, |pod| {
        let status = &mut pod["status"];
        if status.get("startTime").is_none() {
            status["startTime"] = json!(now.rfc3339());
            status["hostIP"] = json!(host);
            status["hostIPs"] = json!([{ "ip": host }]);
        }
        if units.iter().any(Unit::is_running) && status.get("podIP").is_none() {
            status["podIP"] = json!(address);
            status["podIPs"] = json!([{ "ip": address }]);
        }
        status["phase"] = json!(phase(units));
        let held = status["containerStatuses"].take();
        let statuses: Vec<Value> = units.iter().map(|unit| container(unit, &held, work)).collect();
        status["containerStatuses"] = json!(statuses);
        conditions(pod, units, now);
    });
}

fn host(work: &Work<'_>) -> String {
    let node = work.pod["spec"]["nodeName"].as_str().unwrap_or_default();
    let node = work.env.cluster.get(known::NODES, "", node);
    let addresses = node.map(|node| node["status"]["addresses"].clone()).unwrap_or_default();
    let found =
        addresses.as_array().and_then(|all| all.iter().find(|address| address["type"] == "InternalIP"));
    found.and_then(|address| address["address"].as_str()).unwrap_or_default().to_owned()
}

fn phase(units: &[Unit]) -> &'static str {
    if !units.is_empty() && units.iter().all(|unit| matches!(unit.state, State::Done)) {
        let clean = |unit: &Unit| unit.last.as_ref().is_some_and(|last| last["exitCode"] == 0);
        return if units.iter().all(clean) { "Succeeded" } else { "Failed" };
    }
    let begun = |unit: &Unit| {
        unit.last.is_some() || matches!(unit.state, State::Running(_) | State::Waiting { .. } | State::Done)
    };
    if units.iter().all(begun) { "Running" } else { "Pending" }
}

fn container(unit: &Unit, held: &Value, work: &Work<'_>) -> Value {
    let before = held.as_array().into_iter().flatten().find(|status| status["name"] == unit.name());
    let restarts = before.map_or(0, |status| object::count(&status["restartCount"], 0));
    let mut last = unit.last.as_ref().map(|last| json!({ "terminated": last }));
    if last.is_none() {
        last = before.and_then(|status| status.get("lastState").cloned());
    }
    let mut ready = false;
    let mut id = before.map(|status| status["containerID"].clone()).unwrap_or_default();
    let state = match &unit.state {
        State::New | State::Pulling { .. } => json!({ "waiting": { "reason": "ContainerCreating" } }),
        State::NoImage { backing_off, .. } => {
            let image = unit.image();
            let missing = format!("failed to pull and unpack image \"{image}\": {image}: not found");
            let (reason, message) = if *backing_off {
                ("ImagePullBackOff", format!("Back-off pulling image \"{image}\": ErrImagePull: {missing}"))
            } else {
                ("ErrImagePull", missing)
            };
            json!({ "waiting": { "reason": reason, "message": message } })
        }
        State::NoConfig { why, .. } => {
            json!({ "waiting": { "reason": "CreateContainerConfigError", "message": why } })
        }
        State::Running(run) => {
            ready = run.ready;
            let same = id == run.id;
            id = json!(run.id);
            // What has been said about this run stays as it is.
            let said =
                before.map(|status| &status["state"]).filter(|state| same && state["running"].is_object());
            said.cloned().unwrap_or_else(|| json!({ "running": { "startedAt": run.since.rfc3339() } }))
        }
        State::Waiting { wait, .. } if wait.is_zero() => match &unit.last {
            Some(last) => json!({ "terminated": last }),
            None => json!({ "waiting": { "reason": "ContainerCreating" } }),
        },
        State::Waiting { wait, .. } => {
            let (pod, uid) = (object::name(&work.pod), object::uid(&work.pod));
            let of = format!("{}_{}({uid})", pod, object::namespace(&work.pod));
            let wait = span(wait.as_secs());
            let message = format!("back-off {wait} restarting failed container={} pod={of}", unit.name());
            json!({ "waiting": { "reason": "CrashLoopBackOff", "message": message } })
        }
        State::Done => {
            last = None;
            json!({ "terminated": unit.last })
        }
    };
    let mut status = json!({
        "name": unit.name(),
        "state": state,
        "lastState": last.unwrap_or_else(|| json!({})),
        "ready": ready,
        "restartCount": unit.restarts.max(restarts),
        "image": unit.image(),
        "imageID": image_id(unit, &id),
        "started": unit.is_running(),
    });
    if id.is_string() {
        status["containerID"] = id;
    }
    status
}

fn image_id(unit: &Unit, id: &Value) -> String {
    if !id.is_string() {
        return String::new();
    }
    let (name, _) = crate::sim::catalog::split(unit.image());
    let digest: Vec<u8> = (0_u8..4)
        .flat_map(|n| object::fnv(&[unit.image().as_bytes(), &[n]].concat()).to_be_bytes())
        .collect();
    format!("{name}@sha256:{}", hex(&digest))
}

/// Seconds as the kubelet writes a back-off: `10s`, `2m40s`, `5m0s`.
fn span(seconds: u64) -> String {
    if seconds < 60 { format!("{seconds}s") } else { format!("{}m{}s", seconds / 60, seconds % 60) }
}

fn conditions(pod: &mut Value, units: &[Unit], now: Time) {
    let finished = matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
    let unready: Vec<&str> = units.iter().filter(|unit| !unit.is_ready()).map(Unit::name).collect();
    let (status, reason, message) = if unready.is_empty() {
        ("True", "", String::new())
    } else if finished {
        ("False", "PodCompleted", String::new())
    } else {
        ("False", "ContainersNotReady", format!("containers with unready status: [{}]", unready.join(" ")))
    };
    object::set_condition(
        pod,
        now,
        "PodReadyToStartContainers",
        if finished { "False" } else { "True" },
        "",
        "",
    );
    object::set_condition(pod, now, "Initialized", "True", if finished { "PodCompleted" } else { "" }, "");
    object::set_condition(pod, now, "Ready", status, reason, &message);
    object::set_condition(pod, now, "ContainersReady", status, reason, &message);
}
