//! Recording events, counting repeated ones, and forgetting them after an hour.

use std::time::Duration;

use serde_json::{Value, json};

use super::object;
use crate::{
    model::Time,
    sim::{
        cluster::{Deletion, known},
        world::{Controller, Env},
    },
};

/// How long the API server keeps an event (`--event-ttl`).
const KEPT: Duration = Duration::from_secs(3600);

/// Records an event about an object: `kind` is `Normal` or `Warning`, `component` who says it; a repeated one
/// counts up.
pub fn record(env: &Env, now: Time, about: &Value, kind: &str, reason: &str, message: &str, component: &str) {
    let (namespace, name) = (object::namespace(about), object::name(about));
    let namespace = if namespace.is_empty() { "default" } else { namespace };
    let text = [object::uid(about), reason, message].join("\n");
    let event = format!("{name}.{:016x}", object::fnv(text.as_bytes()));
    let stamp = now.rfc3339();
    let again = env.cluster.modify(known::EVENTS, namespace, &event, |event| {
        event["count"] = json!(object::count(&event["count"], 1) + 1);
        event["lastTimestamp"] = json!(stamp);
    });
    if again.is_ok() {
        return;
    }
    let host = if component == "kubelet" { about["spec"]["nodeName"].as_str() } else { None };
    let mut source = json!({ "component": component });
    if let Some(host) = host {
        source["host"] = json!(host);
    }
    let mut involved = json!({
        "kind": about["kind"], "name": name, "uid": about["metadata"]["uid"], "apiVersion": about["apiVersion"],
        "resourceVersion": about["metadata"]["resourceVersion"],
    });
    if !object::namespace(about).is_empty() {
        involved["namespace"] = json!(namespace);
    }
    let created = json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": { "name": event, "namespace": namespace },
        "involvedObject": involved,
        "reason": reason,
        "message": message,
        "source": source,
        "firstTimestamp": stamp,
        "lastTimestamp": stamp,
        "count": 1,
        "type": kind,
        "eventTime": null,
        "reportingComponent": component,
        "reportingInstance": host.unwrap_or_default(),
    });
    env.cluster.create(known::EVENTS, created, false).expect("no event of that name was there a moment ago");
}

/// Forgets old events.
#[derive(Default)]
pub(super) struct Expiry {
    next: Time,
}

impl Controller for Expiry {
    fn reconcile(&mut self, env: &Env, now: Time, _rng: &mut fastrand::Rng) {
        if now < self.next {
            return;
        }
        self.next = now.plus(Duration::from_secs(60));
        let oldest = now.minus(KEPT);
        for event in env.cluster.list(known::EVENTS, None) {
            if object::time(&event["lastTimestamp"]).is_some_and(|last| last < oldest) {
                let (namespace, name) = (object::namespace(&event), object::name(&event));
                let _ = env.cluster.delete(known::EVENTS, namespace, name, &Deletion::default());
            }
        }
    }
}
