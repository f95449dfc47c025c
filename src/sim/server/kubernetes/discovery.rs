//! Discovery: which groups, versions and resources there are, in the old form and aggregated.

use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use super::metrics;
use crate::sim::{
    cluster::{RESOURCES, Resource},
    http as serve,
};

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
const VERBS: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// The resources that only answer and store nothing: group, version, plural, kind, whether namespaced.
pub(super) const REVIEWS: &[(&str, &str, &str, &str, bool)] = &[
    ("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", false),
    ("authentication.k8s.io", "v1", "tokenreviews", "TokenReview", false),
    ("authorization.k8s.io", "v1", "localsubjectaccessreviews", "LocalSubjectAccessReview", true),
    ("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", false),
    ("authorization.k8s.io", "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview", false),
    ("authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", false),
];

/// The API groups, the core group first.
pub(super) fn groups() -> Vec<&'static str> {
    let all = RESOURCES.iter().map(|r| r.gr.group).chain(REVIEWS.iter().map(|r| r.0)).chain([metrics::GROUP]);
    let mut groups = Vec::new();
    for group in all {
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    groups
}

/// The version in which a group is served.
pub(super) fn version(group: &str) -> Option<&'static str> {
    if group == metrics::GROUP {
        return Some(metrics::VERSION);
    }
    let stored = RESOURCES.iter().find(|r| r.gr.group == group).map(|r| r.version);
    stored.or_else(|| REVIEWS.iter().find(|r| r.0 == group).map(|r| r.1))
}

/// The resources of a group with their subresources, as authorisation names them.
pub(super) fn names(group: &str) -> Vec<String> {
    let mut names = Vec::new();
    for resource in RESOURCES.iter().filter(|r| r.gr.group == group) {
        names.push(resource.gr.resource.to_owned());
        let subs = served(resource).into_iter().map(|sub| format!("{}/{}", resource.gr.resource, sub.name));
        names.extend(subs);
    }
    if group == metrics::GROUP {
        names.extend(["nodes", "pods"].map(str::to_owned));
    }
    names
}

struct Sub {
    name: &'static str,
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    verbs: &'static [&'static str],
}

/// The subresources that answer, with the kind and verbs of each.
fn served(resource: &'static Resource) -> Vec<Sub> {
    let sub = |name: &&'static str| {
        let (group, version, kind, verbs): (_, _, _, &[_]) = match *name {
            "status" => (resource.gr.group, resource.version, resource.kind, &["get", "patch", "update"]),
            "scale" => ("autoscaling", "v1", "Scale", &["get", "patch", "update"]),
            "log" => ("", "v1", "Pod", &["get"]),
            "eviction" => ("policy", "v1", "Eviction", &["create"]),
            _ => return None,
        };
        Some(Sub { name, group, version, kind, verbs })
    };
    resource.subresources.iter().filter_map(sub).collect()
}

/// Whether a subresource of a resource answers.
pub(super) fn has(resource: &'static Resource, subresource: &str) -> bool {
    served(resource).iter().any(|sub| sub.name == subresource)
}

/// Answers a discovery path; none for other paths.
pub(super) fn answer(path: &str, headers: &HeaderMap, host: &str) -> Option<Response> {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let aggregated = accept.split(',').any(|range| {
        range.contains("as=APIGroupDiscoveryList") && range.contains("v=v2") && !range.contains("v=v2beta1")
    });
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let body = match parts.as_slice() {
        ["version"] => version_info(),
        ["api" | "apis"] if aggregated => {
            let text = serde_json::to_vec(&aggregate(parts == ["api"])).ok()?;
            return Some(serve::bytes(StatusCode::OK, AGGREGATED, text));
        }
        ["api"] => json!({ "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{ "clientCIDR": "0.0.0.0/0", "serverAddress": host }] }),
        ["apis"] => {
            let groups = groups().into_iter().filter(|group| !group.is_empty());
            json!({ "kind": "APIGroupList", "apiVersion": "v1",
                "groups": groups.filter_map(|name| group(name, false)).collect::<Vec<_>>() })
        }
        ["apis", name] => group(name, true)?,
        ["api", "v1"] => resources("", "v1"),
        ["apis", name, wanted] if !name.is_empty() && version(name) == Some(*wanted) => {
            resources(name, wanted)
        }
        _ => return None,
    };
    Some(serve::json(StatusCode::OK, &body))
}

fn version_info() -> Value {
    json!({ "major": "1", "minor": "34", "emulationMajor": "1", "emulationMinor": "34",
        "minCompatibilityMajor": "1", "minCompatibilityMinor": "33", "gitVersion": "v1.34.4+vigie-demo",
        "gitCommit": "demo", "gitTreeState": "clean", "buildDate": "2026-01-01T00:00:00Z",
        "goVersion": "none", "compiler": "rustc", "platform": "simulated" })
}

fn group(name: &str, whole: bool) -> Option<Value> {
    let version = version(name).filter(|_| !name.is_empty())?;
    let served = json!({ "groupVersion": format!("{name}/{version}"), "version": version });
    let mut group = json!({ "name": name, "versions": [served], "preferredVersion": served });
    if whole {
        group["kind"] = json!("APIGroup");
        group["apiVersion"] = json!("v1");
    }
    Some(group)
}

fn resources(group: &str, version: &str) -> Value {
    let mut all = Vec::new();
    for resource in RESOURCES.iter().filter(|r| r.gr.group == group) {
        let mut own = json!({ "name": resource.gr.resource, "singularName": resource.singular,
            "namespaced": resource.namespaced, "kind": resource.kind, "verbs": VERBS });
        if !resource.short.is_empty() {
            own["shortNames"] = json!(resource.short);
        }
        if !resource.categories.is_empty() {
            own["categories"] = json!(resource.categories);
        }
        all.push(own);
        for sub in served(resource) {
            let mut own = json!({ "name": format!("{}/{}", resource.gr.resource, sub.name), "singularName": "",
                "namespaced": resource.namespaced, "kind": sub.kind, "verbs": sub.verbs });
            if (sub.group, sub.version) != (group, version) {
                own["group"] = json!(sub.group);
                own["version"] = json!(sub.version);
            }
            all.push(own);
        }
    }
    for (of, _, plural, kind, namespaced) in REVIEWS {
        if *of == group {
            all.push(json!({ "name": plural, "singularName": kind.to_ascii_lowercase(),
                "namespaced": namespaced, "kind": kind, "verbs": ["create"] }));
        }
    }
    if group == metrics::GROUP {
        for (plural, kind, namespaced) in metrics::KINDS {
            all.push(json!({ "name": plural, "singularName": "", "namespaced": namespaced, "kind": kind,
                "verbs": ["get", "list"] }));
        }
    }
    let full = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    json!({ "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": full, "resources": all })
}

fn aggregate(core: bool) -> Value {
    let of = |group: &'static str| {
        let version = version(group).unwrap_or("v1");
        let resources: Vec<Value> = described(group, version);
        let metadata = if group.is_empty() { json!({}) } else { json!({ "name": group }) };
        json!({ "metadata": metadata,
            "versions": [{ "version": version, "resources": resources, "freshness": "Current" }] })
    };
    let items: Vec<Value> = groups().into_iter().filter(|group| group.is_empty() == core).map(of).collect();
    json!({ "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items })
}

fn described(group: &str, version: &str) -> Vec<Value> {
    let scope = |namespaced: bool| if namespaced { "Namespaced" } else { "Cluster" };
    let kind =
        |group: &str, version: &str, kind: &str| json!({ "group": group, "version": version, "kind": kind });
    let mut all = Vec::new();
    for resource in RESOURCES.iter().filter(|r| r.gr.group == group) {
        let mut own = json!({ "resource": resource.gr.resource,
            "responseKind": kind(group, version, resource.kind), "scope": scope(resource.namespaced),
            "singularResource": resource.singular, "verbs": VERBS });
        if !resource.short.is_empty() {
            own["shortNames"] = json!(resource.short);
        }
        if !resource.categories.is_empty() {
            own["categories"] = json!(resource.categories);
        }
        let subs: Vec<Value> = served(resource)
            .iter()
            .map(|sub| {
                json!({ "subresource": sub.name, "responseKind": kind(sub.group, sub.version, sub.kind),
                    "verbs": sub.verbs })
            })
            .collect();
        if !subs.is_empty() {
            own["subresources"] = json!(subs);
        }
        all.push(own);
    }
    for (of, _, plural, name, namespaced) in REVIEWS {
        if *of == group {
            all.push(json!({ "resource": plural, "responseKind": kind(group, version, name),
                "scope": scope(*namespaced), "singularResource": name.to_ascii_lowercase(), "verbs": ["create"] }));
        }
    }
    if group == metrics::GROUP {
        for (plural, name, namespaced) in metrics::KINDS {
            all.push(json!({ "resource": plural, "responseKind": kind(group, version, name),
                "scope": scope(*namespaced), "singularResource": "", "verbs": ["get", "list"] }));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_has_a_version_and_resources() {
        for name in groups() {
            let version = version(name).unwrap();
            assert!(!resources(name, version)["resources"].as_array().unwrap().is_empty(), "{name}");
            assert!(!described(name, version).is_empty(), "{name}");
        }
    }

    #[test]
    fn a_scale_says_its_own_group() {
        let list = resources("apps", "v1");
        let scale =
            list["resources"].as_array().unwrap().iter().find(|r| r["name"] == "deployments/scale").unwrap();
        // As kube-apiserver 1.34 lists it.
        assert_eq!(
            *scale,
            json!({ "name": "deployments/scale", "singularName": "", "namespaced": true, "group": "autoscaling",
                "version": "v1", "kind": "Scale", "verbs": ["get", "patch", "update"] })
        );
    }
}
