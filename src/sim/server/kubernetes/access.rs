//! Who a request comes from and what that user may do, with the API server's words for a refusal.

use http::{HeaderMap, header};
use serde_json::{Value, json};

use super::request::Path;
use crate::sim::{
    cluster::ApiError,
    identity::{self, Right},
};

/// The one whom a request comes from.
#[derive(Clone, Debug)]
pub(super) struct Principal {
    pub name: String,
    pub groups: Vec<String>,
    pub right: Right,
}

const READ: &[&str] = &["get", "list", "watch"];
const CHANGE: &[&str] = &["patch", "update"];

/// What the `view` cluster role of a real cluster leaves out besides secrets.
const UNSEEN: &[&str] = &[
    "nodes",
    "persistentvolumes",
    "storageclasses",
    "customresourcedefinitions",
    "roles",
    "rolebindings",
    "clusterroles",
    "clusterrolebindings",
];

/// What operators may do besides reading: verbs, group, resources with subresources.
const OPERATE: &[(&[&str], &str, &[&str])] = &[
    (&["delete", "deletecollection"], "", &["pods"]),
    (&["create"], "", &["pods/eviction"]),
    (
        CHANGE,
        "apps",
        &["deployments", "statefulsets", "daemonsets", "deployments/scale", "statefulsets/scale"],
    ),
    (&["create", "delete"], "batch", &["jobs"]),
    (CHANGE, "batch", &["cronjobs"]),
    (CHANGE, "argoproj.io", &["applications"]),
    (CHANGE, "external-secrets.io", &["externalsecrets"]),
    (CHANGE, "cert-manager.io", &["certificates", "certificates/status"]),
];

impl Principal {
    /// The user of a request; 401 without a known token. Administrators may act as others.
    pub(super) fn of(headers: &HeaderMap, env: &str) -> Result<Self, ApiError> {
        let unauthorized = || ApiError::new(401, "Unauthorized", "Unauthorized");
        let user = identity::by_header(headers).ok_or_else(unauthorized)?;
        let own = Self::known(user, env);
        let Some(other) = headers.get("impersonate-user").and_then(|value| value.to_str().ok()) else {
            return Ok(own);
        };
        if own.right < Right::Admin {
            let details = json!({ "name": other, "kind": "users" });
            let message = format!(
                "users {other:?} is forbidden: User {:?} cannot impersonate resource \"users\" in API group \"\" \
                 at the cluster scope",
                own.name
            );
            return Err(ApiError { code: 403, reason: "Forbidden", message, details });
        }
        Ok(identity::by_name(other).map_or_else(
            || Self {
                name: other.to_owned(),
                groups: vec!["system:authenticated".to_owned()],
                right: Right::None,
            },
            |user| Self::known(user, env),
        ))
    }

    /// The user of a token, for a token review.
    pub(super) fn of_token(token: &str, env: &str) -> Option<Self> {
        identity::by_token(token).map(|user| Self::known(user, env))
    }

    fn known(user: &identity::User, env: &str) -> Self {
        let groups = user.groups.iter().copied().chain(["system:authenticated"]).map(str::to_owned).collect();
        Self { name: user.name.to_owned(), groups, right: user.right(env) }
    }

    /// Whether the user may do that; `resource` with its subresource, as in `pods/log`.
    pub(super) fn may(&self, verb: &str, group: &str, resource: &str) -> bool {
        if matches!(group, "authorization.k8s.io" | "authentication.k8s.io") {
            return verb == "create" && (resource.starts_with("selfsubject") || self.right == Right::Admin);
        }
        let secret = group.is_empty() && resource == "secrets";
        match self.right {
            Right::None => false,
            Right::Admin => true,
            Right::View => {
                READ.contains(&verb) && !secret && (group == "metrics.k8s.io" || !UNSEEN.contains(&resource))
            }
            Right::Operate => {
                (READ.contains(&verb) && !secret)
                    || OPERATE.iter().any(|(verbs, of, resources)| {
                        *of == group && verbs.contains(&verb) && resources.contains(&resource)
                    })
            }
        }
    }

    /// 403 in the server's words unless the user may do that.
    pub(super) fn check(&self, verb: &str, path: &Path) -> Result<(), ApiError> {
        let resource = match &path.subresource {
            None => path.resource.clone(),
            Some(sub) => format!("{}/{sub}", path.resource),
        };
        if self.may(verb, &path.group, &resource) {
            return Ok(());
        }
        let full = if path.group.is_empty() {
            path.resource.clone()
        } else {
            format!("{}.{}", path.resource, path.group)
        };
        let subject = path.name.as_ref().map_or_else(|| full.clone(), |name| format!("{full} {name:?}"));
        let scope = path
            .namespace
            .as_ref()
            .map_or_else(|| "at the cluster scope".to_owned(), |ns| format!("in the namespace {ns:?}"));
        let message = format!(
            "{subject} is forbidden: User {:?} cannot {verb} resource {resource:?} in API group {:?} {scope}",
            self.name, path.group
        );
        let mut details = json!({});
        if let Some(name) = &path.name {
            details["name"] = json!(name);
        }
        if !path.group.is_empty() {
            details["group"] = json!(path.group);
        }
        details["kind"] = json!(path.resource);
        Err(ApiError { code: 403, reason: "Forbidden", message, details })
    }

    /// What a rules review lists.
    pub(super) fn rules(&self) -> Vec<Value> {
        let rule = |verbs: &[&str], groups: &[&str], resources: &[&str]| json!({ "verbs": verbs, "apiGroups": groups, "resources": resources });
        let mut rules = vec![
            rule(
                &["create"],
                &["authorization.k8s.io"],
                &["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
            ),
            rule(&["create"], &["authentication.k8s.io"], &["selfsubjectreviews"]),
        ];
        if self.right == Right::Admin {
            rules.push(rule(&["*"], &["*"], &["*"]));
        } else if self.right > Right::None {
            rules.extend(super::discovery::groups().into_iter().map(|group| {
                let resources = super::discovery::names(group);
                let readable: Vec<&str> = resources
                    .iter()
                    .map(String::as_str)
                    .filter(|name| self.may("get", group, name))
                    .collect();
                rule(READ, &[group], &readable)
            }));
            if self.right >= Right::Operate {
                rules
                    .extend(OPERATE.iter().map(|(verbs, group, resources)| rule(verbs, &[group], resources)));
            }
        }
        rules
    }

    /// `userInfo` as reviews give it.
    pub(super) fn info(&self) -> Value {
        json!({ "username": self.name, "uid": self.name, "groups": self.groups })
    }
}

/// Whether a path answers without a token: what a default cluster shows to everyone (`system:public-info-viewer`).
pub(super) fn public(path: &str, headers: &HeaderMap) -> bool {
    let known = ["/healthz", "/livez", "/readyz", "/version"];
    !headers.contains_key(header::AUTHORIZATION) && known.contains(&path.trim_end_matches('/'))
}
