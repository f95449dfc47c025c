//! Server-side apply: merges a configuration, with conflicts over fields that others own.

use serde_json::{Value, json};

use super::{
    fields::{self, Entry, Set},
    patch,
};
use crate::sim::cluster::ApiError;

/// Applies a configuration to an object (null when there is none); says the object with its owners.
/// 409 names every field that another manager owns with another value, unless `force`.
pub(super) fn apply(
    live: &Value,
    config: &Value,
    custom: bool,
    writer: Entry,
    force: bool,
) -> Result<Value, ApiError> {
    let mut all = owners(live, custom, &writer);
    let wanted = fields::of_object(config, custom);
    let conflicts: Vec<(String, String)> = all
        .iter()
        .filter(|entry| !entry.same(&writer))
        .flat_map(|entry| {
            let taken = entry.set.iter().filter(|path| contested(path, &wanted, live, config));
            taken.map(|path| (entry.shown(), fields::shown(path)))
        })
        .collect();
    if !force && !conflicts.is_empty() {
        return Err(conflict(&conflicts));
    }
    let mut result = live.clone();
    if custom || live.is_null() {
        patch::merge(&mut result, config);
    } else {
        patch::strategic(&mut result, config);
    }
    let contested: Set =
        wanted.iter().filter(|path| contested(path, &wanted, live, config)).cloned().collect();
    let mut dropped = Set::new();
    for entry in &mut all {
        if entry.same(&writer) {
            dropped = entry.set.difference(&wanted).cloned().collect();
        } else {
            entry.set.retain(|path| !contested.contains(path));
        }
    }
    all.retain(|entry| !entry.same(&writer));
    for path in dropped.iter().rev() {
        if all.iter().all(|entry| !entry.set.contains(path)) {
            fields::remove(&mut result, path);
        }
    }
    all.insert(0, Entry { set: wanted, ..writer });
    fields::put(&mut result, &all);
    Ok(result)
}

/// The owners of an object's fields; where nobody was recorded, `before-first-apply` owns all there is.
fn owners(live: &Value, custom: bool, writer: &Entry) -> Vec<Entry> {
    let all = fields::entries(live);
    if !all.is_empty() || live.is_null() {
        return all;
    }
    let mut set = fields::of_object(live, custom);
    set.retain(|path| path.first().is_none_or(|step| step != "f:status"));
    let manager = "before-first-apply".to_owned();
    vec![Entry { manager, operation: "Update", subresource: String::new(), set, ..writer.clone() }]
}

fn contested(path: &[String], wanted: &Set, live: &Value, config: &Value) -> bool {
    let item = path.last().is_some_and(|step| step.starts_with("k:"));
    !item
        && wanted.contains(path)
        && fields::lookup(live, path).is_some_and(|held| Some(held) != fields::lookup(config, path))
}

fn conflict(conflicts: &[(String, String)]) -> ApiError {
    let message = if let [(manager, path)] = conflicts {
        format!("Apply failed with 1 conflict: conflict with {manager}: {path}")
    } else {
        let mut lines = Vec::new();
        let mut last = "";
        for (manager, path) in conflicts {
            if manager != last {
                lines.push(format!("conflicts with {manager}:"));
                last = manager;
            }
            lines.push(format!("- {path}"));
        }
        format!("Apply failed with {} conflicts: {}", conflicts.len(), lines.join("\n"))
    };
    let cause = |(manager, path): &(String, String)| json!({ "reason": "FieldManagerConflict", "message": format!("conflict with {manager}"), "field": path });
    let details = json!({ "causes": conflicts.iter().map(cause).collect::<Vec<_>>() });
    ApiError { code: 409, reason: "Conflict", message, details }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer(manager: &str) -> Entry {
        Entry {
            manager: manager.to_owned(),
            operation: "Apply",
            api_version: "apps/v1".to_owned(),
            subresource: String::new(),
            time: json!("2026-11-21T05:52:51Z"),
            set: Set::new(),
        }
    }

    #[test]
    fn a_conflict_reads_as_recorded() {
        let sample = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": "Apply failed with 1 conflict: conflict with \"kubectl\" with subresource \"scale\" using apps/v1: .spec.replicas",
            "reason": "Conflict",
            "details": { "causes": [{ "reason": "FieldManagerConflict",
                "message": "conflict with \"kubectl\" with subresource \"scale\" using apps/v1", "field": ".spec.replicas" }] },
            "code": 409
        });
        let live = json!({ "metadata": { "name": "web", "managedFields": [{ "manager": "kubectl",
            "operation": "Update", "apiVersion": "apps/v1", "subresource": "scale", "fieldsType": "FieldsV1",
            "fieldsV1": { "f:spec": { "f:replicas": {} } } }] }, "spec": { "replicas": 3 } });
        let config = json!({ "metadata": { "name": "web" }, "spec": { "replicas": 6 } });
        assert_eq!(apply(&live, &config, false, writer("me"), false).unwrap_err().status(), sample);
        let forced = apply(&live, &config, false, writer("me"), true).unwrap();
        assert_eq!(forced["spec"]["replicas"], 6);
        assert_eq!(forced["metadata"]["managedFields"].as_array().map(Vec::len), Some(1));
        assert_eq!(forced["metadata"]["managedFields"][0]["manager"], "me");
    }

    #[test]
    fn what_is_no_longer_applied_goes_unless_another_owns_it() {
        let first = json!({ "metadata": { "name": "web", "labels": { "a": "1", "b": "2" } } });
        let made = apply(&Value::Null, &first, false, writer("one"), false).unwrap();
        let shared = json!({ "metadata": { "name": "web", "labels": { "b": "2" } } });
        let made = apply(&made, &shared, false, writer("two"), false).unwrap();
        let less =
            apply(&made, &json!({ "metadata": { "name": "web" } }), false, writer("one"), false).unwrap();
        assert_eq!(less["metadata"]["labels"], json!({ "b": "2" }));
    }

    #[test]
    fn an_untracked_object_belongs_to_who_came_before() {
        let live = json!({ "metadata": { "name": "web" }, "spec": { "replicas": 3, "paused": true } });
        let config = json!({ "metadata": { "name": "web" }, "spec": { "replicas": 4 } });
        let refused = apply(&live, &config, false, writer("me"), false).unwrap_err();
        assert!(
            refused.message.contains("\"before-first-apply\" using apps/v1: .spec.replicas"),
            "{refused}"
        );
        let same = json!({ "metadata": { "name": "web" }, "spec": { "replicas": 3 } });
        assert!(apply(&live, &same, false, writer("me"), false).is_ok());
    }
}
