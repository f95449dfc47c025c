//! Whether the world is as it should be again.

use serde_json::Value;

use crate::sim::{
    World,
    cluster::{Gr, known},
    world::Env,
};

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or(0)
}

fn rolled_out(env: &Env, gr: Gr, namespace: &str, name: &str) -> bool {
    env.cluster.get(gr, namespace, name).is_ok_and(|workload| is_rolled_out(&workload))
}

fn is_rolled_out(workload: &Value) -> bool {
    let (status, wanted) = (&workload["status"], number(&workload["spec"]["replicas"]));
    workload["metadata"]["generation"] == status["observedGeneration"]
        && number(&status["updatedReplicas"]) == wanted
        && number(&status["availableReplicas"]) == wanted
        && number(&status["replicas"]) == wanted
}

/// Appointments in prod is rolled out whole and serves.
pub(super) fn release_is_healthy(world: &World) -> bool {
    world.env("prod").is_some_and(|env| {
        rolled_out(env, known::DEPLOYMENTS, "appointments", "appointments-api")
            && rolled_out(env, known::DEPLOYMENTS, "appointments", "appointments-worker")
            && env.signals.get("appointments", "appointments-api").is_some_and(|signal| signal.errors < 0.02)
    })
}

/// Billing in prod runs and its password is accepted.
pub(super) fn credential_works(world: &World) -> bool {
    world.env("prod").is_some_and(|env| {
        let mut refused = false;
        env.containers.each(|key, container| refused |= key.0 == "billing" && container.refused);
        !refused && rolled_out(env, known::DEPLOYMENTS, "billing", "billing-api")
    })
}

/// Everything in prod that runs on several nodes is whole, and no pod hangs on a lost node.
pub(super) fn nothing_hangs_on_lost_nodes(world: &World) -> bool {
    world.env("prod").is_some_and(|env| {
        let lost = env.faults.lost_nodes();
        let daemon = |pod: &Value| pod["metadata"]["ownerReferences"][0]["kind"] == "DaemonSet";
        let hangs = env
            .cluster
            .list(known::PODS, None)
            .iter()
            .any(|pod| lost.iter().any(|node| pod["spec"]["nodeName"] == node.as_str()) && !daemon(pod));
        // Odoo runs out of memory every now and then: that is another story.
        let whole = |gr| {
            let workloads = env.cluster.list(gr, None);
            workloads.iter().all(|w| w["metadata"]["name"] == "odoo" || is_rolled_out(w))
        };
        !hangs && whole(known::DEPLOYMENTS) && whole(known::STATEFUL_SETS)
    })
}
