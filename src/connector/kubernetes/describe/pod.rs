//! The part of a description that only pods have.

use serde_json::Value;

use super::{
    super::{status, wire},
    sheet::{Sheet, plain, text},
};
use crate::{connector::hidden, model::masked};

/// What a pod is doing, container by container.
pub(super) fn describe(sheet: &mut Sheet, object: &Value) {
    let (spec, state) = (&object["spec"], &object["status"]);
    if let Ok(pod) = serde_json::from_value::<wire::Pod>(object.clone()) {
        let doing = status::of(&pod);
        sheet.line("Status", &doing.reason);
        sheet.line("Ready", &format!("{}/{}", doing.ready, doing.total));
        sheet.line("Restarts", &doing.restarts.to_string());
    }
    sheet.some("Phase", &state["phase"]);
    sheet.some("Reason", &state["reason"]);
    sheet.some("Message", &state["message"]);
    sheet.line("Node", if spec["nodeName"].is_null() { "none" } else { text(&spec["nodeName"]) });
    sheet.some("Node IP", &state["hostIP"]);
    sheet.some("Pod IP", &state["podIP"]);
    sheet.some("Service Account", &spec["serviceAccountName"]);
    sheet.some("Priority Class", &spec["priorityClassName"]);
    sheet.some("QoS Class", &state["qosClass"]);
    sheet.some("Restart Policy", &spec["restartPolicy"]);
    sheet.some("Scheduler", &spec["schedulerName"]);
    containers(sheet, "Init Containers", &spec["initContainers"], &state["initContainerStatuses"]);
    containers(sheet, "Containers", &spec["containers"], &state["containerStatuses"]);
    containers(
        sheet,
        "Ephemeral Containers",
        &spec["ephemeralContainers"],
        &state["ephemeralContainerStatuses"],
    );
    sheet.conditions(&state["conditions"]);
    volumes(sheet, &spec["volumes"]);
    sheet.map("Node Selector", &spec["nodeSelector"], |_| true);
    for toleration in spec["tolerations"].as_array().into_iter().flatten() {
        sheet.line("Toleration", &tolerated(toleration));
    }
}

fn tolerated(toleration: &Value) -> String {
    let mut out = text(&toleration["key"]).to_owned();
    if let Some(value) = toleration["value"].as_str() {
        out = format!("{out}={value}");
    }
    if let Some(effect) = toleration["effect"].as_str() {
        out = format!("{out}:{effect}");
    }
    if toleration["operator"] == "Exists" {
        out.push_str(" op=Exists");
    }
    if let Some(seconds) = toleration["tolerationSeconds"].as_i64() {
        out = format!("{out} for {seconds}s");
    }
    out
}

/// Containers of a pod or of a template; statuses are found by name.
pub(super) fn containers(sheet: &mut Sheet, name: &str, specs: &Value, statuses: &Value) {
    let Some(all) = specs.as_array().filter(|c| !c.is_empty()) else { return };
    sheet.head(name);
    for spec in all {
        let status = statuses.as_array().into_iter().flatten().find(|s| s["name"] == spec["name"]);
        sheet.nested(2, |sheet| {
            sheet.head(text(&spec["name"]));
            sheet.nested(2, |sheet| container(sheet, spec, status));
        });
    }
}

fn container(sheet: &mut Sheet, spec: &Value, status: Option<&Value>) {
    sheet.some("Image", &spec["image"]);
    for port in spec["ports"].as_array().into_iter().flatten() {
        let protocol = port["protocol"].as_str().unwrap_or("TCP");
        sheet.line("Port", &format!("{}/{protocol} {}", plain(&port["containerPort"]), text(&port["name"])));
    }
    for (name, field) in [("Command", "command"), ("Args", "args")] {
        let words: Vec<&str> =
            spec[field].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if !words.is_empty() {
            sheet.line(name, &words.join(" "));
        }
    }
    if let Some(status) = status {
        sheet.some("Image ID", &status["imageID"]);
        state(sheet, "State", &status["state"]);
        state(sheet, "Last State", &status["lastState"]);
        sheet.some("Ready", &status["ready"]);
        sheet.some("Restarts", &status["restartCount"]);
    }
    sheet.map("Limits", &spec["resources"]["limits"], |_| true);
    sheet.map("Requests", &spec["resources"]["requests"], |_| true);
    for (name, field) in
        [("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe")]
    {
        if spec[field].is_object() {
            sheet.line(name, &probe(&spec[field]));
        }
    }
    for source in spec["envFrom"].as_array().into_iter().flatten() {
        for (kind, field) in [("secret", "secretRef"), ("config map", "configMapRef")] {
            if let Some(name) = source[field]["name"].as_str() {
                sheet.line("Environment", &format!("all of {kind} {name}"));
            }
        }
    }
    for variable in spec["env"].as_array().into_iter().flatten() {
        sheet.line("Environment", &format!("{}={}", text(&variable["name"]), value_of(variable)));
    }
    for mount in spec["volumeMounts"].as_array().into_iter().flatten() {
        let mode = if mount["readOnly"] == true { "ro" } else { "rw" };
        sheet.line("Mount", &format!("{} from {} ({mode})", text(&mount["mountPath"]), text(&mount["name"])));
    }
}

/// Where a variable's value comes from; literal values are shown unless their name says that they are secret.
fn value_of(variable: &Value) -> String {
    let from = &variable["valueFrom"];
    for (kind, field) in [("secret", "secretKeyRef"), ("config map", "configMapKeyRef")] {
        if from[field].is_object() {
            return format!("<key {} of {kind} {}>", text(&from[field]["key"]), text(&from[field]["name"]));
        }
    }
    if let Some(path) = from["fieldRef"]["fieldPath"].as_str() {
        return format!("<{path}>");
    }
    if let Some(resource) = from["resourceFieldRef"]["resource"].as_str() {
        return format!("<{resource}>");
    }
    let (name, value) = (text(&variable["name"]), text(&variable["value"]));
    if hidden::is_secret(name, value) { masked(value.len()) } else { value.to_owned() }
}

fn state(sheet: &mut Sheet, name: &str, state: &Value) {
    let Some((kind, detail)) = state.as_object().and_then(|s| s.iter().next()) else { return };
    let mut words = vec![super::sheet::title(kind)];
    let reason = text(&detail["reason"]);
    if !reason.is_empty() {
        words.push(reason.to_owned());
    }
    if let Some(code) = detail["exitCode"].as_i64() {
        words.push(format!("exit code {code}"));
    }
    if let Some(signal) = detail["signal"].as_i64().filter(|s| *s != 0) {
        words.push(format!("signal {signal}"));
    }
    sheet.line(name, &words.join(", "));
    sheet.nested(2, |sheet| {
        sheet.some("Message", &detail["message"]);
        sheet.moment("Started", &detail["startedAt"]);
        sheet.moment("Finished", &detail["finishedAt"]);
    });
}

fn probe(probe: &Value) -> String {
    let what = if let Some(get) = probe["httpGet"].as_object() {
        let path = get.get("path").map(plain).unwrap_or_default();
        format!("http-get :{}{path}", get.get("port").map(plain).unwrap_or_default())
    } else if probe["tcpSocket"].is_object() {
        format!("tcp-socket :{}", plain(&probe["tcpSocket"]["port"]))
    } else if probe["grpc"].is_object() {
        format!("grpc :{}", plain(&probe["grpc"]["port"]))
    } else {
        let words: Vec<&str> =
            probe["exec"]["command"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        format!("exec {}", words.join(" "))
    };
    let number = |field: &str, otherwise: i64| probe[field].as_i64().unwrap_or(otherwise);
    format!(
        "{what} delay={}s timeout={}s period={}s failures={}",
        number("initialDelaySeconds", 0),
        number("timeoutSeconds", 1),
        number("periodSeconds", 10),
        number("failureThreshold", 3)
    )
}

/// Volumes with where they come from.
pub(super) fn volumes(sheet: &mut Sheet, volumes: &Value) {
    let Some(all) = volumes.as_array().filter(|v| !v.is_empty()) else { return };
    sheet.head("Volumes");
    for volume in all {
        let source = volume.as_object().into_iter().flatten().find(|(key, _)| *key != "name");
        let from = source.map_or_else(String::new, |(kind, detail)| {
            let names = ["secretName", "claimName", "name", "path", "driver", "server"];
            let name = names.iter().find_map(|n| detail[*n].as_str()).unwrap_or_default();
            format!("{} {name}", super::sheet::title(kind))
        });
        sheet.nested(2, |sheet| sheet.line(text(&volume["name"]), from.trim_end()));
    }
}
