//! The defaults that an API server fills in when an object is written.

use serde_json::{Map, Value, json};

use super::{Gr, known};

/// Fills in what the API server would; idempotent.
pub(super) fn fill(gr: Gr, object: &mut Value) {
    match gr {
        known::PODS => pod_spec(&mut object["spec"]),
        known::DEPLOYMENTS => {
            let spec = &mut object["spec"];
            or(spec, "replicas", json!(1));
            template(spec);
            let rolling = json!({ "maxSurge": "25%", "maxUnavailable": "25%" });
            or(spec, "strategy", json!({ "type": "RollingUpdate" }));
            if spec["strategy"]["type"].is_null() {
                spec["strategy"]["type"] = json!("RollingUpdate");
            }
            if spec["strategy"]["type"] == "RollingUpdate" {
                or(&mut spec["strategy"], "rollingUpdate", rolling);
                or(&mut spec["strategy"]["rollingUpdate"], "maxSurge", json!("25%"));
                or(&mut spec["strategy"]["rollingUpdate"], "maxUnavailable", json!("25%"));
            }
            or(spec, "revisionHistoryLimit", json!(10));
            or(spec, "progressDeadlineSeconds", json!(600));
        }
        known::REPLICA_SETS => {
            or(&mut object["spec"], "replicas", json!(1));
            template(&mut object["spec"]);
        }
        known::STATEFUL_SETS => {
            let spec = &mut object["spec"];
            or(spec, "replicas", json!(1));
            template(spec);
            or(spec, "podManagementPolicy", json!("OrderedReady"));
            or(
                spec,
                "updateStrategy",
                json!({ "type": "RollingUpdate", "rollingUpdate": { "partition": 0 } }),
            );
            or(spec, "revisionHistoryLimit", json!(10));
        }
        known::DAEMON_SETS => {
            let spec = &mut object["spec"];
            template(spec);
            let rolling = json!({ "maxSurge": 0, "maxUnavailable": 1 });
            or(spec, "updateStrategy", json!({ "type": "RollingUpdate", "rollingUpdate": rolling }));
            or(spec, "revisionHistoryLimit", json!(10));
        }
        known::JOBS => job_spec(&mut object["spec"]),
        known::CRON_JOBS => {
            let spec = &mut object["spec"];
            or(spec, "concurrencyPolicy", json!("Allow"));
            or(spec, "suspend", json!(false));
            or(spec, "successfulJobsHistoryLimit", json!(3));
            or(spec, "failedJobsHistoryLimit", json!(1));
        }
        known::SERVICES => {
            let spec = &mut object["spec"];
            or(spec, "type", json!("ClusterIP"));
            or(spec, "sessionAffinity", json!("None"));
            or(spec, "ipFamilies", json!(["IPv4"]));
            or(spec, "ipFamilyPolicy", json!("SingleStack"));
            or(spec, "internalTrafficPolicy", json!("Cluster"));
            or(object, "status", json!({ "loadBalancer": {} }));
        }
        known::NAMESPACES => {
            or(&mut object["spec"], "finalizers", json!(["kubernetes"]));
            or(object, "status", json!({ "phase": "Active" }));
            let name = object["metadata"]["name"].clone();
            or(&mut object["metadata"], "labels", json!({}));
            or(&mut object["metadata"]["labels"], "kubernetes.io/metadata.name", name);
        }
        known::SECRETS => or(object, "type", json!("Opaque")),
        _ => {}
    }
}

fn job_spec(spec: &mut Value) {
    or(spec, "parallelism", json!(1));
    or(spec, "completions", json!(1));
    or(spec, "backoffLimit", json!(6));
    or(spec, "completionMode", json!("NonIndexed"));
    or(spec, "suspend", json!(false));
    template(spec);
}

fn template(spec: &mut Value) {
    if spec.get("template").is_some() {
        pod_spec(&mut spec["template"]["spec"]);
    }
}

fn pod_spec(spec: &mut Value) {
    or(spec, "restartPolicy", json!("Always"));
    or(spec, "terminationGracePeriodSeconds", json!(30));
    or(spec, "dnsPolicy", json!("ClusterFirst"));
    or(spec, "securityContext", json!({}));
    or(spec, "schedulerName", json!("default-scheduler"));
    for list in ["initContainers", "containers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            let image = container["image"].as_str().unwrap_or_default();
            let tag = image.rsplit('/').next().unwrap_or_default().split_once(':').map(|(_, tag)| tag);
            let policy = if matches!(tag, None | Some("latest")) { "Always" } else { "IfNotPresent" };
            or(container, "imagePullPolicy", json!(policy));
            or(container, "resources", json!({}));
            or(container, "terminationMessagePath", json!("/dev/termination-log"));
            or(container, "terminationMessagePolicy", json!("File"));
            for port in container.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
                or(port, "protocol", json!("TCP"));
            }
            for probe in ["readinessProbe", "livenessProbe", "startupProbe"] {
                if container.get(probe).is_some() {
                    let probe = &mut container[probe];
                    or(probe, "timeoutSeconds", json!(1));
                    or(probe, "periodSeconds", json!(10));
                    or(probe, "successThreshold", json!(1));
                    or(probe, "failureThreshold", json!(3));
                    if probe.get("httpGet").is_some() {
                        or(&mut probe["httpGet"], "scheme", json!("HTTP"));
                    }
                }
            }
        }
    }
}

fn or(object: &mut Value, field: &str, value: Value) {
    if object.is_null() {
        *object = Value::Object(Map::new());
    }
    if let Some(map) = object.as_object_mut()
        && map.get(field).is_none_or(Value::is_null)
    {
        map.insert(field.to_owned(), value);
    }
}
