//! How healthy Argo CD says an object is; the rules and words of its built-in checks.

use serde_json::{Value, json};

use super::text;

/// A health and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Health {
    pub(crate) status: &'static str,
    pub(crate) message: String,
}

impl Health {
    fn new(status: &'static str, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// As it stands in answers.
    pub(crate) fn json(&self) -> Value {
        if self.message.is_empty() {
            json!({ "status": self.status })
        } else {
            json!({ "status": self.status, "message": self.message })
        }
    }
}

/// From best to worst, as an application takes the worst of its resources.
const ORDER: [&str; 6] = ["Healthy", "Suspended", "Progressing", "Missing", "Degraded", "Unknown"];

/// Whether `other` is worse than `status`.
pub(crate) fn worse(status: &str, other: &str) -> bool {
    let rank = |of: &str| ORDER.iter().position(|held| *held == of).unwrap_or(0);
    rank(other) > rank(status)
}

/// Whether objects of that kind have a health at all.
pub(crate) fn has_check(group: &str, kind: &str) -> bool {
    matches!(
        (group, kind),
        ("apps", "Deployment" | "StatefulSet" | "ReplicaSet" | "DaemonSet")
            | ("", "Service" | "PersistentVolumeClaim" | "Pod")
            | ("batch", "Job" | "CronJob")
            | ("networking.k8s.io", "Ingress")
            | ("autoscaling", "HorizontalPodAutoscaler")
            | ("policy", "PodDisruptionBudget")
    ) || waiting_for(group, kind).is_some()
}

/// What a custom resource without a Ready condition is waiting for.
fn waiting_for(group: &str, kind: &str) -> Option<&'static str> {
    match (group, kind) {
        ("cert-manager.io", "Certificate") => Some("Waiting for certificate"),
        ("cert-manager.io", "ClusterIssuer") => Some("Initializing ClusterIssuer"),
        ("cert-manager.io", "Issuer") => Some("Initializing issuer"),
        ("external-secrets.io", "ExternalSecret") => Some("Waiting for ExternalSecret"),
        ("external-secrets.io", "SecretStore") => Some("Waiting for SecretStore"),
        ("external-secrets.io", "ClusterSecretStore") => Some("Waiting for ClusterSecretStore"),
        _ => None,
    }
}

/// The health of a live object; none for kinds without a check.
pub(crate) fn of_object(object: &Value) -> Option<Health> {
    if object["metadata"].get("deletionTimestamp").is_some() {
        return Some(Health::new("Progressing", "Pending deletion"));
    }
    let group = text(object, "/apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
    let kind = text(object, "/kind");
    Some(match (group, kind) {
        ("apps", "Deployment") => deployment(object),
        ("apps", "StatefulSet") => stateful_set(object),
        ("apps", "DaemonSet") => daemon_set(object),
        ("apps", "ReplicaSet") => replica_set(object),
        ("", "Pod") => pod(object),
        ("", "Service") => service(object),
        ("", "PersistentVolumeClaim") => claim(object),
        ("batch", "Job") => job(object),
        ("batch", "CronJob") => cron_job(object),
        ("networking.k8s.io", "Ingress") => ingress(object),
        ("autoscaling", "HorizontalPodAutoscaler") => autoscaler(object),
        ("policy", "PodDisruptionBudget") => disruption_budget(object),
        _ => ready_condition(object, waiting_for(group, kind)?),
    })
}

fn number(object: &Value, pointer: &str) -> i64 {
    object.pointer(pointer).and_then(Value::as_i64).unwrap_or(0)
}

fn conditions(object: &Value) -> impl Iterator<Item = &Value> {
    object.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten()
}

fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    conditions(object).find(|c| c["type"] == kind)
}

fn deployment(object: &Value) -> Health {
    if object.pointer("/spec/paused") == Some(&Value::Bool(true)) {
        return Health::new("Suspended", "Deployment is paused");
    }
    if number(object, "/metadata/generation") > number(object, "/status/observedGeneration") {
        let why =
            "Waiting for rollout to finish: observed deployment generation less than desired generation";
        return Health::new("Progressing", why);
    }
    if condition(object, "Progressing").is_some_and(|c| c["reason"] == "ProgressDeadlineExceeded") {
        let why = format!("Deployment {:?} exceeded its progress deadline", text(object, "/metadata/name"));
        return Health::new("Degraded", why);
    }
    let [replicas, updated, available] = ["replicas", "updatedReplicas", "availableReplicas"]
        .map(|f| number(&object["status"], &format!("/{f}")));
    let wanted = object.pointer("/spec/replicas").and_then(Value::as_i64);
    let waiting = if let Some(wanted) = wanted.filter(|wanted| updated < *wanted) {
        format!("{updated} out of {wanted} new replicas have been updated...")
    } else if replicas > updated {
        format!("{} old replicas are pending termination...", replicas - updated)
    } else if available < updated {
        format!("{available} of {updated} updated replicas are available...")
    } else {
        return Health::new("Healthy", "");
    };
    Health::new("Progressing", format!("Waiting for rollout to finish: {waiting}"))
}

fn stateful_set(object: &Value) -> Health {
    let observed = number(object, "/status/observedGeneration");
    if observed == 0 || number(object, "/metadata/generation") > observed {
        return Health::new("Progressing", "Waiting for statefulset spec update to be observed...");
    }
    let ready = number(object, "/status/readyReplicas");
    let updated = number(object, "/status/updatedReplicas");
    if let Some(wanted) = object.pointer("/spec/replicas").and_then(Value::as_i64) {
        if ready < wanted {
            return Health::new("Progressing", format!("Waiting for {} pods to be ready...", wanted - ready));
        }
        let partition = number(object, "/spec/updateStrategy/rollingUpdate/partition");
        if object.pointer("/spec/updateStrategy/rollingUpdate").is_some_and(Value::is_object) {
            if updated < wanted - partition {
                let of = wanted - partition;
                let why = format!(
                    "Waiting for partitioned roll out to finish: {updated} out of {of} new pods have been updated..."
                );
                return Health::new("Progressing", why);
            }
            let why = format!("partitioned roll out complete: {updated} new pods have been updated...");
            return Health::new("Healthy", why);
        }
    }
    if text(object, "/spec/updateStrategy/type") == "OnDelete" {
        return Health::new("Healthy", format!("statefulset has {ready} ready pods"));
    }
    let (update, current) = (text(object, "/status/updateRevision"), text(object, "/status/currentRevision"));
    if update != current {
        let why = format!(
            "waiting for statefulset rolling update to complete {updated} pods at revision {update}..."
        );
        return Health::new("Progressing", why);
    }
    let pods = number(object, "/status/currentReplicas");
    Health::new(
        "Healthy",
        format!("statefulset rolling update complete {pods} pods at revision {current}..."),
    )
}

fn daemon_set(object: &Value) -> Health {
    if number(object, "/metadata/generation") > number(object, "/status/observedGeneration") {
        let why =
            "Waiting for rollout to finish: observed daemon set generation less than desired generation";
        return Health::new("Progressing", why);
    }
    let updated = number(object, "/status/updatedNumberScheduled");
    let wanted = number(object, "/status/desiredNumberScheduled");
    let available = number(object, "/status/numberAvailable");
    if text(object, "/spec/updateStrategy/type") == "OnDelete" {
        return Health::new(
            "Healthy",
            format!("daemon set {updated} out of {wanted} new pods have been updated"),
        );
    }
    let waiting = if updated < wanted {
        format!("{updated} out of {wanted} new pods have been updated...")
    } else if available < wanted {
        format!("{available} of {wanted} updated pods are available...")
    } else {
        return Health::new("Healthy", "");
    };
    let name = text(object, "/metadata/name");
    Health::new("Progressing", format!("Waiting for daemon set {name:?} rollout to finish: {waiting}"))
}

fn replica_set(object: &Value) -> Health {
    if number(object, "/metadata/generation") > number(object, "/status/observedGeneration") {
        let why =
            "Waiting for rollout to finish: observed replica set generation less than desired generation";
        return Health::new("Progressing", why);
    }
    if let Some(failed) = condition(object, "ReplicaFailure").filter(|c| c["status"] == "True") {
        return Health::new("Degraded", text(failed, "/message"));
    }
    let (available, wanted) = (number(object, "/status/availableReplicas"), number(object, "/spec/replicas"));
    if available < wanted {
        let why = format!(
            "Waiting for rollout to finish: {available} out of {wanted} new replicas are available..."
        );
        return Health::new("Progressing", why);
    }
    Health::new("Healthy", "")
}

fn containers<'a>(object: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> {
    object["status"].get(list).and_then(Value::as_array).into_iter().flatten()
}

fn pod(object: &Value) -> Health {
    let always = matches!(text(object, "/spec/restartPolicy"), "" | "Always");
    let message = text(object, "/status/message");
    if always {
        let failing = |reason: &str| {
            reason.starts_with("Err") || reason.ends_with("Error") || reason.ends_with("BackOff")
        };
        let waiting = containers(object, "containerStatuses").filter_map(|c| c.pointer("/state/waiting"));
        let messages: Vec<_> =
            waiting.filter(|w| failing(text(w, "/reason"))).map(|w| text(w, "/message")).collect();
        if !messages.is_empty() {
            return Health::new("Degraded", messages.join(", "));
        }
    }
    match text(object, "/status/phase") {
        "Pending" => Health::new("Progressing", message),
        "Succeeded" => Health::new("Healthy", message),
        "Failed" => Health::new("Degraded", pod_failure(object, message)),
        "Running" if !always => Health::new("Progressing", message),
        "Running" if condition(object, "Ready").is_some_and(|c| c["status"] == "True") => {
            Health::new("Healthy", message)
        }
        "Running" => {
            let ended = |c: &Value| c.pointer("/lastState/terminated").is_some_and(Value::is_object);
            let degraded = containers(object, "containerStatuses").any(ended);
            Health::new(if degraded { "Degraded" } else { "Progressing" }, message)
        }
        _ => Health::new("Unknown", message),
    }
}

fn pod_failure(object: &Value, message: &str) -> String {
    if !message.is_empty() {
        return message.to_owned();
    }
    let mut all = containers(object, "initContainerStatuses").chain(containers(object, "containerStatuses"));
    let failure = |container: &Value| {
        let ended = container.pointer("/state/terminated")?;
        let code = number(ended, "/exitCode");
        match (text(ended, "/message"), text(ended, "/reason")) {
            ("", "OOMKilled") => Some("OOMKilled".to_owned()),
            ("", _) if code != 0 => {
                Some(format!("container {:?} failed with exit code {code}", text(container, "/name")))
            }
            ("", _) => None,
            (message, _) => Some(message.to_owned()),
        }
    };
    all.find_map(failure).unwrap_or_default()
}

fn has_load_balancer(object: &Value) -> bool {
    object
        .pointer("/status/loadBalancer/ingress")
        .and_then(Value::as_array)
        .is_some_and(|list| !list.is_empty())
}

fn service(object: &Value) -> Health {
    let waits = text(object, "/spec/type") == "LoadBalancer" && !has_load_balancer(object);
    Health::new(if waits { "Progressing" } else { "Healthy" }, "")
}

fn ingress(object: &Value) -> Health {
    Health::new(if has_load_balancer(object) { "Healthy" } else { "Progressing" }, "")
}

fn claim(object: &Value) -> Health {
    let status = match text(object, "/status/phase") {
        "Lost" => "Degraded",
        "Pending" => "Progressing",
        "Bound" => "Healthy",
        _ => "Unknown",
    };
    Health::new(status, "")
}

fn job(object: &Value) -> Health {
    if let Some(failed) = condition(object, "Failed") {
        return Health::new("Degraded", text(failed, "/message"));
    }
    if condition(object, "Suspended").is_some_and(|c| c["status"] == "True") {
        return Health::new("Suspended", "");
    }
    match condition(object, "Complete") {
        Some(complete) => Health::new("Healthy", text(complete, "/message")),
        None => Health::new("Progressing", ""),
    }
}

fn cron_job(object: &Value) -> Health {
    if object.pointer("/spec/suspend") == Some(&Value::Bool(true)) {
        return Health::new("Healthy", "CronJob is Suspended");
    }
    let Some(status) = object.get("status").filter(|v| v.is_object()) else {
        return Health::new("Progressing", "Waiting for CronJob");
    };
    let scheduled = text(status, "/lastScheduleTime");
    let successful = text(status, "/lastSuccessfulTime");
    let active = status.get("active").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    if scheduled.is_empty() {
        Health::new("Healthy", "CronJob has not been scheduled yet")
    } else if successful.is_empty() {
        Health::new("Healthy", "The Cronjob never completed succesfully. It may not be healthy")
    } else if active {
        Health::new("Healthy", "The job is running. Its last execution may not have been successful")
    } else if successful < scheduled {
        Health::new("Degraded", "CronJob has not completed its last execution successfully")
    } else {
        Health::new("Healthy", "CronJob has completed its last execution successfully")
    }
}

fn autoscaler(object: &Value) -> Health {
    let failed = |c: &&Value| {
        matches!(
            text(c, "/reason"),
            "FailedGetScale" | "FailedUpdateScale" | "FailedGetResourceMetric" | "InvalidSelector"
        )
    };
    if let Some(failed) = conditions(object).find(failed) {
        return Health::new("Degraded", text(failed, "/message"));
    }
    let able =
        |c: &&Value| matches!(text(c, "/type"), "AbleToScale" | "ScalingLimited") && c["status"] == "True";
    match conditions(object).find(able) {
        Some(condition) => Health::new("Healthy", text(condition, "/message")),
        None => Health::new("Progressing", "Waiting to Autoscale"),
    }
}

fn disruption_budget(object: &Value) -> Health {
    let mut health = Health::new("Progressing", "Waiting for status");
    for condition in conditions(object) {
        let reason = text(condition, "/reason");
        let bad = condition["status"] == "False" && reason != "InsufficientPods";
        let status = if bad { "Degraded" } else { "Healthy" };
        health = Health::new(status, format!("PodDisruptionBudget has {reason}"));
        if bad {
            break;
        }
    }
    health
}

fn ready_condition(object: &Value, waiting: &str) -> Health {
    if let Some(issuing) = condition(object, "Issuing").filter(|c| c["status"] == "True") {
        return Health::new("Progressing", text(issuing, "/message"));
    }
    match condition(object, "Ready") {
        Some(ready) if ready["status"] == "False" => Health::new("Degraded", text(ready, "/message")),
        Some(ready) if ready["status"] == "True" => Health::new("Healthy", text(ready, "/message")),
        _ => Health::new("Progressing", waiting),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rollout_says_what_it_waits_for() {
        let object = json!({ "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": { "name": "checkout", "generation": 2 }, "spec": { "replicas": 3 },
            "status": { "observedGeneration": 2, "replicas": 4, "updatedReplicas": 1, "availableReplicas": 3 } });
        let expected = json!({ "status": "Progressing",
            "message": "Waiting for rollout to finish: 1 out of 3 new replicas have been updated..." });
        assert_eq!(of_object(&object).unwrap().json(), expected);
    }

    #[test]
    fn a_crashing_pod_is_degraded_with_the_kubelets_words() {
        let object = json!({ "apiVersion": "v1", "kind": "Pod", "spec": { "restartPolicy": "Always" },
            "status": { "phase": "Running", "containerStatuses": [{ "state": { "waiting": {
                "reason": "CrashLoopBackOff", "message": "back-off 10s restarting failed container" } } }] } });
        let expected = json!({ "status": "Degraded", "message": "back-off 10s restarting failed container" });
        assert_eq!(of_object(&object).unwrap().json(), expected);
        assert!(worse("Missing", "Degraded") && !worse("Degraded", "Progressing"));
    }

    #[test]
    fn a_config_map_has_none() {
        assert_eq!(of_object(&json!({ "apiVersion": "v1", "kind": "ConfigMap" })), None);
    }
}
