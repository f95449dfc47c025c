//! The checks of written objects that clients meet most, with the API server's words.

use serde_json::{Map, Value, json};

use crate::sim::cluster::{ApiError, Resource, known};

/// What is wrong with a field: the field, the reason of the cause, the message after the field.
struct Fault(String, &'static str, String);

fn required(field: impl Into<String>) -> Fault {
    Fault(field.into(), "FieldValueRequired", "Required value".to_owned())
}

fn wrong(field: impl Into<String>, value: &Value, why: &str) -> Fault {
    Fault(field.into(), "FieldValueInvalid", format!("Invalid value: {value}: {why}"))
}

fn forbidden(field: impl Into<String>, why: &str) -> Fault {
    Fault(field.into(), "FieldValueForbidden", format!("Forbidden: {why}"))
}

fn invalid(resource: &Resource, name: &str, faults: &[Fault]) -> ApiError {
    let gr = resource.gr;
    let kind = if gr.group.is_empty() {
        resource.kind.to_owned()
    } else {
        format!("{}.{}", resource.kind, gr.group)
    };
    let texts: Vec<String> = faults.iter().map(|Fault(field, _, what)| format!("{field}: {what}")).collect();
    let text = if texts.len() == 1 { texts[0].clone() } else { format!("[{}]", texts.join(", ")) };
    let cause =
        |Fault(field, reason, what): &Fault| json!({ "reason": reason, "message": what, "field": field });
    let mut details = json!({ "name": name });
    if !gr.group.is_empty() {
        details["group"] = json!(gr.group);
    }
    details["kind"] = json!(resource.kind);
    details["causes"] = faults.iter().map(cause).collect();
    ApiError { code: 422, reason: "Invalid", message: format!("{kind} {name:?} is invalid: {text}"), details }
}

fn verdict(resource: &Resource, object: &Value, faults: Vec<Fault>) -> Result<(), ApiError> {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    if faults.is_empty() { Ok(()) } else { Err(invalid(resource, name, &faults)) }
}

/// 422 unless the object may be created.
pub(super) fn create(resource: &Resource, object: &Value) -> Result<(), ApiError> {
    let mut faults = Vec::new();
    let meta = &object["metadata"];
    let name = meta["name"].as_str().unwrap_or_default();
    if name.is_empty() && meta["generateName"].as_str().unwrap_or_default().is_empty() {
        let why = "Required value: name or generateName is required".to_owned();
        faults.push(Fault("metadata.name".to_owned(), "FieldValueRequired", why));
    } else if !name.is_empty() && resource.gr.group != "rbac.authorization.k8s.io" && !subdomain(name) {
        let why = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or \
                   '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used \
                   for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
        faults.push(wrong("metadata.name", &meta["name"], why));
    }
    spec(resource, object, &mut faults);
    verdict(resource, object, faults)
}

/// 422 unless the object may take the place of the one before.
pub(super) fn update(resource: &Resource, before: &Value, object: &Value) -> Result<(), ApiError> {
    let mut faults = Vec::new();
    let (old, new) = (&before["spec"], &object["spec"]);
    match resource.stored {
        known::DEPLOYMENTS | known::REPLICA_SETS | known::DAEMON_SETS
            if old["selector"] != new["selector"] =>
        {
            faults.push(wrong("spec.selector", &new["selector"], "field is immutable"));
        }
        known::STATEFUL_SETS if !same_but(old, new, STATEFUL_SET) => {
            let why = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', \
                       'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and \
                       'minReadySeconds' are forbidden";
            faults.push(forbidden("spec", why));
        }
        known::JOBS if old["template"] != new["template"] => {
            faults.push(wrong("spec.template", &new["template"], "field is immutable"));
        }
        known::PODS if pod_core(old) != pod_core(new) => {
            let why = "pod updates may not change fields other than `spec.containers[*].image`,\
                       `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only \
                       additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be \
                       set to 1 if it was previously negative)";
            faults.push(forbidden("spec", why));
        }
        _ => {}
    }
    spec(resource, object, &mut faults);
    verdict(resource, object, faults)
}

const STATEFUL_SET: &[&str] = &[
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
];

fn without(value: &Value, fields: &[&str]) -> Map<String, Value> {
    let own = value.as_object().into_iter().flatten();
    own.filter(|(key, _)| !fields.contains(&key.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect()
}

fn same_but(old: &Value, new: &Value, fields: &[&str]) -> bool {
    without(old, fields) == without(new, fields)
}

/// What may not change of a pod's spec.
fn pod_core(spec: &Value) -> Map<String, Value> {
    let mut core = without(spec, &["activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds"]);
    for list in ["containers", "initContainers"] {
        for container in core.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(container) = container.as_object_mut() {
                container.shift_remove("image");
            }
        }
    }
    core
}

fn spec(resource: &Resource, object: &Value, faults: &mut Vec<Fault>) {
    let own = &object["spec"];
    if let Some(replicas) = own["replicas"].as_i64().filter(|replicas| *replicas < 0) {
        faults.push(wrong("spec.replicas", &json!(replicas), "must be greater than or equal to 0"));
    }
    match resource.stored {
        known::PODS => containers(own, "spec", faults),
        known::DEPLOYMENTS | known::REPLICA_SETS | known::STATEFUL_SETS | known::DAEMON_SETS => {
            let template = &own["template"];
            match own["selector"]["matchLabels"].as_object() {
                _ if own["selector"].is_null() => faults.push(required("spec.selector")),
                Some(wanted) => {
                    let labels = &template["metadata"]["labels"];
                    if wanted.iter().any(|(key, value)| labels.get(key) != Some(value)) {
                        let why = "`selector` does not match template `labels`";
                        faults.push(wrong("spec.template.metadata.labels", labels, why));
                    }
                }
                None => {}
            }
            containers(&template["spec"], "spec.template.spec", faults);
        }
        known::JOBS => containers(&own["template"]["spec"], "spec.template.spec", faults),
        known::CRON_JOBS => {
            let template = &own["jobTemplate"]["spec"]["template"]["spec"];
            containers(template, "spec.jobTemplate.spec.template.spec", faults);
        }
        _ => {}
    }
}

fn containers(spec: &Value, at: &str, faults: &mut Vec<Fault>) {
    let all = spec["containers"].as_array().map_or(&[][..], Vec::as_slice);
    if all.is_empty() {
        faults.push(required(format!("{at}.containers")));
    }
    for (index, container) in all.iter().enumerate() {
        for field in ["name", "image"] {
            if container[field].as_str().unwrap_or_default().is_empty() {
                faults.push(required(format!("{at}.containers[{index}].{field}")));
            }
        }
    }
}

fn subdomain(name: &str) -> bool {
    let label = |label: &str| {
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        edge(label.chars().next())
            && edge(label.chars().last())
            && label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

/// Sets what the real server sets where a client says nothing.
pub(super) fn defaults(resource: &Resource, object: &mut Value) {
    let named = object["metadata"]["name"].clone();
    let spec = &mut object["spec"];
    match resource.stored {
        known::PODS => pod(spec),
        known::DEPLOYMENTS => {
            fill(
                spec,
                &json!({ "replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600,
                "strategy": { "type": "RollingUpdate" } }),
            );
            if spec["strategy"]["type"] == "RollingUpdate" {
                fill(
                    spec,
                    &json!({ "strategy": { "rollingUpdate": { "maxUnavailable": "25%", "maxSurge": "25%" } } }),
                );
            }
            pod(&mut spec["template"]["spec"]);
        }
        known::REPLICA_SETS => {
            fill(spec, &json!({ "replicas": 1 }));
            pod(&mut spec["template"]["spec"]);
        }
        known::STATEFUL_SETS => {
            fill(
                spec,
                &json!({ "replicas": 1, "revisionHistoryLimit": 10, "podManagementPolicy": "OrderedReady",
                "updateStrategy": { "type": "RollingUpdate" } }),
            );
            pod(&mut spec["template"]["spec"]);
        }
        known::DAEMON_SETS => {
            fill(spec, &json!({ "revisionHistoryLimit": 10, "updateStrategy": { "type": "RollingUpdate" } }));
            pod(&mut spec["template"]["spec"]);
        }
        known::JOBS => {
            fill(spec, &json!({ "completions": 1, "parallelism": 1, "backoffLimit": 6, "suspend": false }));
            pod(&mut spec["template"]["spec"]);
        }
        known::CRON_JOBS => fill(
            spec,
            &json!({ "concurrencyPolicy": "Allow", "suspend": false,
            "successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1 }),
        ),
        known::SERVICES => fill(spec, &json!({ "type": "ClusterIP", "sessionAffinity": "None" })),
        known::NAMESPACES => {
            fill(
                object,
                &json!({ "metadata": { "labels": { "kubernetes.io/metadata.name": named } },
                "spec": { "finalizers": ["kubernetes"] }, "status": { "phase": "Active" } }),
            );
        }
        known::SECRETS => secret(object),
        _ => {}
    }
    if resource.stored == known::PODS {
        fill(object, &json!({ "status": { "phase": "Pending" } }));
    }
    if object["spec"].is_null()
        && let Some(map) = object.as_object_mut()
    {
        map.shift_remove("spec");
    }
}

/// Puts in what is missing, and nothing where there is a value.
fn fill(target: &mut Value, defaults: &Value) {
    match (target, defaults) {
        (Value::Object(map), Value::Object(fields)) => {
            for (key, value) in fields {
                fill(map.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (target @ Value::Null, value) => *target = value.clone(),
        _ => {}
    }
}

fn pod(spec: &mut Value) {
    if !spec.is_object() {
        return;
    }
    fill(
        spec,
        &json!({ "restartPolicy": "Always", "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst", "securityContext": {}, "schedulerName": "default-scheduler" }),
    );
    for list in ["initContainers", "containers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            let image = container["image"].as_str().unwrap_or_default();
            let floating = image.ends_with(":latest")
                || !image.rsplit('/').next().unwrap_or_default().contains([':', '@']);
            fill(
                container,
                &json!({ "resources": {}, "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
                "imagePullPolicy": if floating { "Always" } else { "IfNotPresent" } }),
            );
            for port in container.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
                fill(port, &json!({ "protocol": "TCP" }));
            }
        }
    }
}

/// Moves `stringData` into `data` and names the type.
fn secret(object: &mut Value) {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let Some(map) = object.as_object_mut() else { return };
    if let Some(Value::Object(plain)) = map.shift_remove("stringData") {
        let data = map.entry("data").or_insert_with(|| json!({}));
        for (key, value) in plain {
            data[key.as_str()] = json!(STANDARD.encode(value.as_str().unwrap_or_default()));
        }
    }
    fill(object, &json!({ "type": "Opaque" }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::cluster::find;

    fn deployment() -> Value {
        json!({ "metadata": { "name": "web" }, "spec": { "selector": { "matchLabels": { "app": "web" } },
            "template": { "metadata": { "labels": { "app": "web" } },
                "spec": { "containers": [{ "name": "web", "image": "registry.lab/web:1" }] } } } })
    }

    #[test]
    fn what_is_missing_is_named() {
        let resource = find("apps", "deployments").unwrap();
        assert!(create(resource, &deployment()).is_ok());
        let mut object = deployment();
        object["spec"]["template"]["spec"]["containers"] = json!([]);
        object["spec"]["replicas"] = json!(-1);
        let refused = create(resource, &object).unwrap_err();
        assert_eq!(refused.code, 422);
        assert_eq!(refused.details["causes"].as_array().map(Vec::len), Some(2));
        assert!(
            refused.message.starts_with("Deployment.apps \"web\" is invalid: [spec.replicas: "),
            "{refused}"
        );
        let mut other = deployment();
        other["spec"]["selector"]["matchLabels"]["app"] = json!("x");
        other["spec"]["template"]["metadata"]["labels"]["app"] = json!("x");
        let refused = update(resource, &deployment(), &other).unwrap_err();
        assert!(refused.message.ends_with("field is immutable"), "{refused}");
    }

    #[test]
    fn defaults_are_those_of_the_recorded_deployment() {
        let mut object = deployment();
        defaults(find("apps", "deployments").unwrap(), &mut object);
        // What kube-apiserver 1.34 made of such a deployment.
        let wanted = json!({ "replicas": 1, "selector": { "matchLabels": { "app": "web" } },
            "template": { "metadata": { "labels": { "app": "web" } }, "spec": { "containers": [{ "name": "web",
                "image": "registry.lab/web:1", "resources": {}, "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File", "imagePullPolicy": "IfNotPresent" }], "restartPolicy": "Always",
                "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst", "securityContext": {},
                "schedulerName": "default-scheduler" } },
            "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxUnavailable": "25%", "maxSurge": "25%" } },
            "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600 });
        assert_eq!(object["spec"], wanted);
    }
}
