//! Access and identity reviews: who am I, what may I do.

use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Api, access::Principal, discovery, request::Path};
use crate::sim::{
    cluster::ApiError,
    http as serve,
    identity::{self, Right},
};

/// The kind of review that a path asks for.
pub(super) fn of(path: &Path) -> Option<&'static str> {
    let found = discovery::REVIEWS.iter().find(|(group, version, plural, ..)| {
        (path.group.as_str(), path.version.as_str(), path.resource.as_str()) == (*group, *version, *plural)
    });
    found.filter(|_| path.name.is_none()).map(|review| review.3)
}

/// Answers a review.
pub(super) fn answer(
    api: &Api,
    kind: &str,
    path: &Path,
    user: &Principal,
    body: &Value,
) -> Result<Response, ApiError> {
    let spec = body.get("spec").cloned().unwrap_or_else(|| json!({}));
    let mut meta = json!({});
    let status = match kind {
        "SelfSubjectReview" => {
            meta["creationTimestamp"] = json!(api.env.now().rfc3339());
            json!({ "userInfo": user.info() })
        }
        "TokenReview" => {
            match Principal::of_token(spec["token"].as_str().unwrap_or_default(), api.env.name) {
                Some(user) => json!({ "authenticated": true, "user": user.info() }),
                None => json!({ "user": {}, "error": "[invalid bearer token]" }),
            }
        }
        "SelfSubjectRulesReview" => {
            let rules = [
                json!({ "verbs": ["get"], "nonResourceURLs": ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*", "/version", "/version/"] }),
                json!({ "verbs": ["get"], "nonResourceURLs": ["/healthz", "/livez", "/readyz"] }),
            ];
            json!({ "resourceRules": user.rules(), "nonResourceRules": rules, "incomplete": false })
        }
        "SelfSubjectAccessReview" => allowed(user, &spec)?,
        _ => {
            let name = spec["user"].as_str().unwrap_or_default();
            let asked = identity::by_name(name).map_or_else(
                || Principal { name: name.to_owned(), groups: Vec::new(), right: Right::None },
                |known| Principal {
                    name: name.to_owned(),
                    groups: Vec::new(),
                    right: known.right(api.env.name),
                },
            );
            allowed(&asked, &spec)?
        }
    };
    // The rules review answers with an empty spec, as recorded from kube-apiserver 1.34.
    let spec = if kind == "SelfSubjectRulesReview" { json!({}) } else { spec };
    let mut answer =
        json!({ "kind": kind, "apiVersion": format!("{}/{}", path.group, path.version), "metadata": meta });
    if kind != "SelfSubjectReview" {
        answer["spec"] = spec;
    }
    answer["status"] = status;
    Ok(serve::json(StatusCode::CREATED, &answer))
}

fn allowed(user: &Principal, spec: &Value) -> Result<Value, ApiError> {
    if spec.get("nonResourceAttributes").is_some_and(|path| !path.is_null()) {
        let reads = spec["nonResourceAttributes"]["verb"] == "get";
        return Ok(json!({ "allowed": reads || user.right == Right::Admin }));
    }
    let Some(asked) = spec.get("resourceAttributes").filter(|asked| asked.is_object()) else {
        let why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
        let message = format!(
            "SelfSubjectAccessReview.authorization.k8s.io \"\" is invalid: spec.resourceAttributes: Invalid value: null: {why}"
        );
        return Err(ApiError::new(422, "Invalid", message));
    };
    let text = |field: &str| asked[field].as_str().unwrap_or_default();
    let resource = match text("subresource") {
        "" => text("resource").to_owned(),
        sub => format!("{}/{sub}", text("resource")),
    };
    Ok(json!({ "allowed": user.may(text("verb"), text("group"), &resource) }))
}
