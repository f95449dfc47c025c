//! Whether rights are there, by access review; answers hold for a minute.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures::future::try_join_all;
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::access::Access;
use crate::model::{Fault, FaultKind, Permission, Verdict};

/// How long an answer holds.
const HOLDS: Duration = Duration::from_secs(60);

/// Answers that still hold.
#[derive(Default)]
pub(super) struct Rights(Mutex<HashMap<Permission, (Instant, Verdict)>>);

#[derive(Deserialize)]
struct Review {
    #[serde(default)]
    status: Outcome,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Outcome {
    allowed: bool,
    denied: bool,
    evaluation_error: String,
}

impl Rights {
    /// Asks for each right, in order; rights of other systems are unknown here.
    pub(super) async fn may(&self, access: &Access, wanted: Vec<Permission>) -> Result<Vec<Verdict>, Fault> {
        try_join_all(wanted.iter().map(|permission| self.one(access, permission))).await
    }

    async fn one(&self, access: &Access, permission: &Permission) -> Result<Verdict, Fault> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(permission).copied();
        if let Some((at, verdict)) = known
            && at.elapsed() < HOLDS
        {
            return Ok(verdict);
        }
        let verdict = review(access, permission).await?;
        if verdict != Verdict::Unknown {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.retain(|_, (at, _)| at.elapsed() < HOLDS);
            all.insert(permission.clone(), (Instant::now(), verdict));
        }
        Ok(verdict)
    }
}

/// One `SelfSubjectAccessReview`.
pub(super) async fn review(access: &Access, permission: &Permission) -> Result<Verdict, Fault> {
    let Permission::Kubernetes { verb, group, resource, subresource, namespace, name } = permission else {
        return Ok(Verdict::Unknown);
    };
    let body = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": { "resourceAttributes": {
            "verb": **verb, "group": **group, "resource": **resource, "subresource": **subresource,
            "namespace": **namespace, "name": **name,
        } },
    });
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    match access.create::<Review>(path, &body, "ask for rights").await {
        Ok(Review { status }) if status.allowed => Ok(Verdict::Yes),
        // Denied with an error of the authorizer means that it could not tell.
        Ok(Review { status }) if !status.denied && !status.evaluation_error.is_empty() => {
            Ok(Verdict::Unknown)
        }
        Ok(_) => Ok(Verdict::No),
        Err(fault) if matches!(fault.kind, FaultKind::NotFound | FaultKind::Refused) => Ok(Verdict::Unknown),
        Err(fault) => Err(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_reviews_read() {
        let read = |name: &str| {
            let path = format!("{}/tests/samples/kubernetes/{name}.json", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(path).expect("a sample");
            let file: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            serde_json::from_value::<Review>(file["body"].clone()).expect("a review").status.allowed
        };
        assert!(read("ssar-allowed"));
        assert!(!read("ssar-denied"));
    }
}
