//! What draining a node moves, and what stands in its way (kubectl, `pkg/drain/filters.go`).

use serde_json::Value;

use super::{
    Core,
    access::escape,
    state::{controller, list, text},
};
use crate::model::{Fault, Key, Kind, NodePod, Str};

/// The annotation of a pod that a kubelet reads from a file.
const MIRROR: &str = "kubernetes.io/config.mirror";

/// Pods of a node that have not ended.
pub(super) async fn read(core: &Core, node: &Key) -> Result<Vec<NodePod>, Fault> {
    let query = format!("fieldSelector={}", escape(&format!("spec.nodeName={}", node.name)));
    let pods: Vec<Value> =
        core.access.list("/api/v1/pods", &query, &format!("list pods of {node}")).await?.items;
    // Whoever may not list budgets still learns from the eviction itself.
    let budgets: Vec<Value> = core
        .access
        .list("/apis/policy/v1/poddisruptionbudgets", "", "list disruption budgets")
        .await
        .map(|l| l.items)
        .unwrap_or_default();
    Ok(pods.iter().filter(|p| !has_ended(p)).filter_map(|p| pod(node, p, &budgets)).collect())
}

fn has_ended(pod: &Value) -> bool {
    matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"))
}

fn pod(node: &Key, pod: &Value, budgets: &[Value]) -> Option<NodePod> {
    let meta = &pod["metadata"];
    let (namespace, name) = (text(&meta["namespace"])?, text(&meta["name"])?);
    let controller = controller(meta);
    let daemon = controller.as_ref().is_some_and(|(kind, _)| &**kind == "DaemonSet");
    Some(NodePod {
        bound: daemon || meta["annotations"].get(MIRROR).is_some(),
        local_data: list(&pod["spec"]["volumes"]).any(|v| v.get("emptyDir").is_some()),
        held_by: budgets
            .iter()
            .filter(|b| holds(b, pod))
            .filter_map(|b| text(&b["metadata"]["name"]))
            .collect(),
        key: Key::new(node.source, Kind::Pod, namespace, name),
        uid: text(&meta["uid"]).unwrap_or_else(|| Str::from("")),
        controller,
    })
}

/// Whether a budget covers the pod and allows no disruption now.
fn holds(budget: &Value, pod: &Value) -> bool {
    budget["metadata"]["namespace"] == pod["metadata"]["namespace"]
        && budget["status"]["disruptionsAllowed"].as_i64() == Some(0)
        && selects(&budget["spec"]["selector"], &pod["metadata"]["labels"])
}

/// `metav1.LabelSelector`; an empty one selects all (policy/v1).
fn selects(selector: &Value, labels: &Value) -> bool {
    let equal = selector["matchLabels"].as_object().into_iter().flatten().all(|(k, v)| labels[k] == *v);
    equal
        && list(&selector["matchExpressions"]).all(|e| {
            let held = e["key"].as_str().map(|k| &labels[k]).filter(|v| !v.is_null());
            let among = list(&e["values"]).any(|v| Some(v) == held);
            match e["operator"].as_str() {
                Some("In") => among,
                Some("NotIn") => !among,
                Some("Exists") => held.is_some(),
                Some("DoesNotExist") => held.is_none(),
                _ => false,
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Source;
    use serde_json::json;

    #[test]
    fn what_is_bound_and_what_is_held() {
        let node = Key::new(Source(0), Kind::Node, "", "n1");
        let of = |owner: &str, labels: Value| {
            json!({ "metadata": { "namespace": "shop", "name": "p", "uid": "u", "labels": labels,
                "ownerReferences": [{ "kind": owner, "name": "o", "controller": true }] },
                "spec": { "volumes": [{ "emptyDir": {} }] } })
        };
        let budget = json!({ "metadata": { "namespace": "shop", "name": "cart" }, "status": { "disruptionsAllowed": 0 },
            "spec": { "selector": { "matchLabels": { "app": "cart" },
                "matchExpressions": [{ "key": "canary", "operator": "DoesNotExist" }] } } });
        let seen =
            pod(&node, &of("ReplicaSet", json!({ "app": "cart" })), std::slice::from_ref(&budget)).unwrap();
        assert!(!seen.bound && seen.local_data);
        assert_eq!(seen.held_by, ["cart".into()]);
        let seen = pod(&node, &of("DaemonSet", json!({ "app": "cart", "canary": "1" })), &[budget]).unwrap();
        assert!(seen.bound && seen.held_by.is_empty());
    }
}
