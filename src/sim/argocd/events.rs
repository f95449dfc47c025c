//! The Kubernetes events that Argo CD writes about its applications.

use serde_json::{Value, json};

use super::{NAMESPACE, text};
use crate::sim::{Env, cluster::known};

/// Writes an event about an application. It cannot fail in a way that anyone would want to know.
pub(crate) fn event(env: &Env, app: &Value, component: &str, reason: &str, warning: bool, message: &str) {
    let now = env.now();
    let name = text(app, "/metadata/name");
    let unique = now.nanos().unsigned_abs().wrapping_add(env.cluster.version());
    let stamp = now.rfc3339();
    let event = json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": format!("{name}.{unique:016x}"),
            "namespace": NAMESPACE,
            "annotations": {
                "dest-namespace": text(app, "/spec/destination/namespace"),
                "dest-server": text(app, "/spec/destination/server"),
            },
        },
        "involvedObject": {
            "kind": "Application",
            "namespace": NAMESPACE,
            "name": name,
            "uid": text(app, "/metadata/uid"),
            "apiVersion": "argoproj.io/v1alpha1",
            "resourceVersion": text(app, "/metadata/resourceVersion"),
        },
        "reason": reason,
        "message": message,
        "source": { "component": component },
        "firstTimestamp": stamp,
        "lastTimestamp": stamp,
        "count": 1,
        "type": if warning { "Warning" } else { "Normal" },
        "eventTime": null,
        "reportingComponent": "",
        "reportingInstance": "",
    });
    let _ = env.cluster.create(known::EVENTS, event, false);
}
