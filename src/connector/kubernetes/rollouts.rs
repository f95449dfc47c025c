//! What a workload can be put back to: its `ReplicaSets` or `ControllerRevisions` (kubectl,
//! `pkg/polymorphichelpers/history.go` and `rollback.go`).

use serde_json::{Value, json};

use super::{
    Core,
    access::escape,
    manifest,
    state::{controller, list, template as template_of, text},
};
use crate::model::{Fault, FaultKind, Key, Kind, Rollout, Str};

const REVISION: &str = "deployment.kubernetes.io/revision";
const CAUSE: &str = "kubernetes.io/change-cause";

/// A pod template of the past.
pub(super) enum Template {
    /// The whole of it.
    Whole(Value),
    /// A strategic merge patch that puts it in place.
    Patch(Value),
}

/// Revisions of a workload, newest first.
pub(super) async fn read(core: &Core, key: &Key) -> Result<Vec<Rollout>, Fault> {
    let owner = manifest::fetch(core, key).await?;
    let mut all: Vec<Rollout> = match key.kind {
        Kind::Deployment => {
            let current = &owner["metadata"]["annotations"][REVISION];
            owned(core, key, &owner, "replicasets").await?.iter().filter_map(|s| set(s, current)).collect()
        }
        Kind::StatefulSet | Kind::DaemonSet => {
            let revisions = owned(core, key, &owner, "controllerrevisions").await?;
            let newest = revisions.iter().filter_map(|r| r["revision"].as_u64()).max();
            revisions.iter().filter_map(|r| revision(r, newest)).collect()
        }
        _ => {
            let why = "only deployments, stateful sets and daemon sets keep revisions";
            return Err(core.access.words().fault(
                FaultKind::Unsupported,
                &format!("revisions of {key}"),
                why,
            ));
        }
    };
    all.sort_by_key(|r| std::cmp::Reverse(r.revision));
    Ok(all)
}

/// The template that an owned object holds.
pub(super) async fn template(core: &Core, key: &Key, from: &str) -> Result<Template, Fault> {
    let plural = if key.kind == Kind::Deployment { "replicasets" } else { "controllerrevisions" };
    let path = format!("{}/{}", place(key, plural), escape(from));
    let what = format!("read revision {from} of {key}");
    let object: Value = core.access.get(&path, &what).await?;
    if controller(&object["metadata"]).is_none_or(|(_, name)| *name != *key.name) {
        let why = format!("{from} is not of {key}");
        return Err(core.access.words().fault(FaultKind::Conflict, &what, why));
    }
    if key.kind != Kind::Deployment {
        return Ok(Template::Patch(object["data"].clone()));
    }
    let mut template = template_of(&object).clone();
    if let Some(labels) = template["metadata"]["labels"].as_object_mut() {
        labels.remove("pod-template-hash");
    }
    Ok(Template::Whole(template))
}

/// Objects of a kind that the workload controls.
async fn owned(core: &Core, key: &Key, owner: &Value, plural: &str) -> Result<Vec<Value>, Fault> {
    let labels = owner["spec"]["selector"]["matchLabels"].as_object().into_iter().flatten();
    let selector: Vec<String> =
        labels.map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default())).collect();
    let query = format!("labelSelector={}", escape(&selector.join(",")));
    let what = format!("list {plural} of {key}");
    let mut all: Vec<Value> = core.access.list(&place(key, plural), &query, &what).await?.items;
    all.retain(|o| list(&o["metadata"]["ownerReferences"]).any(|r| r["uid"] == owner["metadata"]["uid"]));
    Ok(all)
}

fn place(key: &Key, plural: &str) -> String {
    format!("/apis/apps/v1/namespaces/{}/{plural}", key.namespace)
}

fn set(object: &Value, current: &Value) -> Option<Rollout> {
    let number = &object["metadata"]["annotations"][REVISION];
    Some(Rollout {
        revision: number.as_str()?.parse().ok()?,
        images: images(template_of(object)),
        current: number == current,
        ..common(object)?
    })
}

fn revision(object: &Value, newest: Option<u64>) -> Option<Rollout> {
    let number = object["revision"].as_u64()?;
    Some(Rollout {
        revision: number,
        images: images(&object["data"]["spec"]["template"]),
        current: Some(number) == newest,
        ..common(object)?
    })
}

fn common(object: &Value) -> Option<Rollout> {
    let meta = &object["metadata"];
    Some(Rollout {
        revision: 0,
        name: text(&meta["name"])?,
        images: Vec::new(),
        created: meta["creationTimestamp"].as_str().and_then(|t| t.parse().ok()).unwrap_or_default(),
        cause: text(&meta["annotations"][CAUSE]),
        current: false,
    })
}

fn images(template: &Value) -> Vec<Str> {
    list(&template["spec"]["containers"]).filter_map(|c| text(&c["image"])).collect()
}

/// Names of the autoscalers (`autoscaling/v2`) that set a workload's number of replicas.
pub(super) async fn autoscalers(core: &Core, key: &Key) -> Result<Vec<Str>, Fault> {
    let path = format!("/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers", key.namespace);
    let what = format!("list autoscalers of {key}");
    let all: Vec<Value> = core.access.list(&path, "", &what).await?.items;
    let of = |scaler: &&Value| {
        let target = &scaler["spec"]["scaleTargetRef"];
        target["name"] == json!(*key.name)
            && target["kind"].as_str().is_some_and(|k| k.eq_ignore_ascii_case(key.kind.name()))
    };
    Ok(all.iter().filter(of).filter_map(|s| text(&s["metadata"]["name"])).collect())
}
