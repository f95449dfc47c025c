//! One object as an action needs it, from the JSON of the API.

use serde_json::Value;

use super::{Core, manifest};
use crate::model::{ACTION, Fault, Key, Kind, ObjectState, Replicas, Str};

/// The annotation that `kubectl rollout restart` writes on the pod template.
pub(super) const RESTARTED: &str = "kubectl.kubernetes.io/restartedAt";

/// Reads an object's state.
pub(super) async fn read(core: &Core, key: &Key) -> Result<ObjectState, Fault> {
    Ok(of(key, &manifest::fetch(core, key).await?))
}

fn of(key: &Key, object: &Value) -> ObjectState {
    let (meta, spec, status) = (&object["metadata"], &object["spec"], &object["status"]);
    let template = if key.kind == Kind::Pod { object } else { template(object) };
    let generation = meta["generation"].as_i64().unwrap_or(0);
    ObjectState {
        key: key.clone(),
        uid: text(&meta["uid"]).unwrap_or_default(),
        generation,
        observed: status.get("observedGeneration").and_then(Value::as_i64).unwrap_or(generation)
            >= generation
            && (status.get("observedGeneration").is_some() || !observes(key.kind)),
        deleting: meta.get("deletionTimestamp").is_some_and(|t| !t.is_null()),
        finalizers: list(&meta["finalizers"]).filter_map(text).collect(),
        action: text(&meta["annotations"][ACTION]),
        controller: controller(meta),
        application: application(meta),
        replicas: replicas(key.kind, spec, status),
        images: list(&template["spec"]["containers"])
            .filter_map(|c| Some((text(&c["name"])?, text(&c["image"])?)))
            .collect(),
        restarted: template["metadata"]["annotations"][RESTARTED].as_str().and_then(|t| t.parse().ok()),
        unschedulable: spec["unschedulable"].as_bool().unwrap_or(false),
        paused: spec["paused"].as_bool().or_else(|| spec["suspend"].as_bool()).unwrap_or(false),
        on_delete: spec["updateStrategy"]["type"] == "OnDelete",
        complete: condition(status, "Complete").is_some(),
        failure: failure(status),
    }
}

/// Kinds whose controllers write `status.observedGeneration`.
const fn observes(kind: Kind) -> bool {
    matches!(kind, Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicaSet)
}

/// The pod template of a workload, of a cron job's jobs too.
pub(super) fn template(object: &Value) -> &Value {
    let spec = &object["spec"];
    if spec["jobTemplate"].is_object() { &spec["jobTemplate"]["spec"]["template"] } else { &spec["template"] }
}

fn replicas(kind: Kind, spec: &Value, status: &Value) -> Option<Replicas> {
    let count = |value: &Value| value.as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    match kind {
        Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet => Some(Replicas {
            // The API's default where it is not set.
            wanted: spec["replicas"].as_u64().map_or(1, |_| count(&spec["replicas"])),
            total: count(&status["replicas"]),
            updated: if kind == Kind::ReplicaSet {
                count(&status["replicas"])
            } else {
                updated(status, count(&status["updatedReplicas"]), count(&status["replicas"]))
            },
            ready: count(&status["readyReplicas"]),
            available: if kind == Kind::StatefulSet && status.get("availableReplicas").is_none() {
                count(&status["readyReplicas"])
            } else {
                count(&status["availableReplicas"])
            },
        }),
        Kind::DaemonSet => Some(Replicas {
            wanted: count(&status["desiredNumberScheduled"]),
            total: count(&status["currentNumberScheduled"]),
            updated: count(&status["updatedNumberScheduled"]),
            ready: count(&status["numberReady"]),
            available: count(&status["numberAvailable"]),
        }),
        _ => None,
    }
}

/// A `StatefulSet` whose rollout is over counts none as updated: its current revision is the update.
fn updated(status: &Value, updated: u32, total: u32) -> u32 {
    let over = status["currentRevision"].is_string() && status["currentRevision"] == status["updateRevision"];
    if over && updated == 0 { total } else { updated }
}

/// Why it will not come to be, in the words of its conditions.
fn failure(status: &Value) -> Option<Str> {
    let stuck = list(&status["conditions"]).find(|c| {
        (c["type"] == "Progressing" && c["status"] == "False" && c["reason"] == "ProgressDeadlineExceeded")
            || (c["type"] == "Failed" && c["status"] == "True")
    })?;
    let reason = stuck["reason"].as_str().unwrap_or("Failed");
    Some(format!("{reason}: {}", stuck["message"].as_str().unwrap_or("")).into())
}

fn condition<'a>(status: &'a Value, kind: &str) -> Option<&'a Value> {
    list(&status["conditions"]).find(|c| c["type"] == kind && c["status"] == "True")
}

/// Kind and name of the controller that owns an object.
pub(super) fn controller(meta: &Value) -> Option<(Str, Str)> {
    let owner = list(&meta["ownerReferences"]).find(|o| o["controller"] == true)?;
    Some((text(&owner["kind"])?, text(&owner["name"])?))
}

/// As `rows` reads it from metadata.
fn application(meta: &Value) -> Option<Str> {
    match meta["annotations"]["argocd.argoproj.io/tracking-id"].as_str() {
        Some(tracking) => tracking.split(':').next().filter(|a| !a.is_empty()).map(Str::from),
        None => text(&meta["labels"]["app.kubernetes.io/instance"]).filter(|a| !a.is_empty()),
    }
}

/// The entries of a list, none where there is no list.
pub(super) fn list(value: &Value) -> std::slice::Iter<'_, Value> {
    value.as_array().map_or(&[][..], Vec::as_slice).iter()
}

/// A string, shared.
pub(super) fn text(value: &Value) -> Option<Str> {
    value.as_str().map(Str::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Source;
    use serde_json::json;

    fn state(kind: Kind, object: &Value) -> ObjectState {
        of(&Key::new(Source(0), kind, "shop", "cart"), object)
    }

    #[test]
    fn a_deployment_in_the_middle_of_its_rollout() {
        let seen = state(
            Kind::Deployment,
            &json!({
                "metadata": { "uid": "u1", "generation": 4, "annotations": {
                    "argocd.argoproj.io/tracking-id": "cart:apps/Deployment:shop/cart", "vigie.dev/action": "a1" } },
                "spec": { "replicas": 3, "template": {
                    "metadata": { "annotations": { RESTARTED: "2026-11-26T03:00:00Z" } },
                    "spec": { "containers": [{ "name": "main", "image": "cart:2" }] } } },
                "status": { "observedGeneration": 3, "replicas": 4, "updatedReplicas": 1, "readyReplicas": 3,
                    "availableReplicas": 3, "conditions": [{ "type": "Progressing", "status": "False",
                        "reason": "ProgressDeadlineExceeded", "message": "it took too long" }] },
            }),
        );
        assert!(!seen.observed);
        assert_eq!(seen.replicas, Some(Replicas { wanted: 3, total: 4, updated: 1, ready: 3, available: 3 }));
        assert_eq!(seen.images, [("main".into(), "cart:2".into())]);
        assert_eq!((seen.action.as_deref(), seen.application.as_deref()), (Some("a1"), Some("cart")));
        assert!(seen.restarted.is_some());
        assert_eq!(seen.failure.as_deref(), Some("ProgressDeadlineExceeded: it took too long"));
    }

    #[test]
    fn a_new_deployment_is_not_observed_and_a_node_need_not_be() {
        assert!(!state(Kind::Deployment, &json!({ "metadata": { "generation": 1 }, "spec": {} })).observed);
        let node = state(Kind::Node, &json!({ "metadata": {}, "spec": { "unschedulable": true } }));
        assert!(node.observed && node.unschedulable);
    }
}
