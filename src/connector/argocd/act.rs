//! What changes an application: sync, rollback, terminate, refresh, hold and release.
//!
//! Argo CD's gateway wants exactly `Content-Type: application/json` on everything that is not GET, an empty DELETE
//! included, and answers 415 otherwise.

use std::time::Duration;

use http::{Method, header};
use serde_json::{Map, Value, json};

use super::{
    client::{Api, explain},
    map::{self, HELD_BY, HELD_POLICY, HELD_REASON, HELD_SINCE},
    wire,
};
use crate::model::{Fault, FaultKind, Hold, Key, Mutation, Receipt, ResourceRef, Str};

/// What is not Argo CD's to change.
pub(super) const FOREIGN: &str = "that is not a change to an application";
/// Refreshing answers when the controller has compared.
const REFRESH: Duration = Duration::from_secs(65);
/// The first version that knows `automated.enabled`.
const KNOWS_ENABLED: (u32, u32) = (3, 1);

impl Api {
    /// Sends one mutation.
    pub(super) async fn perform(&self, mutation: Mutation) -> Result<Receipt, Fault> {
        let app = mutation.target().clone();
        let sent = match mutation {
            Mutation::Sync { app, revision, prune, dry_run, resources, options, infos } => {
                let body =
                    self.sync_body(&app, revision.as_deref(), prune, dry_run, &resources, &options, &infos);
                self.post("start the sync", &app, "/sync", body).await
            }
            Mutation::Rollback { app, id, prune, dry_run, .. } => {
                let mut body = self.base(&app);
                body.insert("id".into(), id.into());
                body.insert("prune".into(), prune.into());
                body.insert("dryRun".into(), dry_run.into());
                self.post("start the rollback", &app, "/rollback", body).await
            }
            Mutation::Terminate { app } => {
                let call = self.http.change(
                    Method::DELETE,
                    "terminate the operation",
                    Self::path(&app, "/operation"),
                );
                let call = call.header(header::CONTENT_TYPE, "application/json");
                self.named(call, &app).json::<Value>().await.map(|_| Receipt::default())
            }
            Mutation::Refresh { app, hard } => {
                let kind = if hard { "hard" } else { "normal" };
                let call = self.http.change(Method::GET, "refresh the application", Self::path(&app, ""));
                let call = self.named(call.query("refresh", kind), &app).timeout(REFRESH);
                call.json::<wire::App>().await.map(receipt)
            }
            Mutation::HoldAutoSync { app, hold } => return self.hold(&app, &hold).await,
            Mutation::ReleaseAutoSync { app } => return self.release(&app).await,
            foreign @ (Mutation::Object(_) | Mutation::Vault(_) | Mutation::Silence(_)) => {
                let what = foreign.to_string();
                return Err(self.http.fault(FaultKind::Unsupported, &what, FOREIGN));
            }
        };
        sent.map_err(|f| explain(f, Some(&app)))
    }

    fn base(&self, app: &Key) -> Map<String, Value> {
        let mut body = Map::new();
        body.insert("name".into(), json!(&*app.name));
        if !app.namespace.is_empty() {
            body.insert("appNamespace".into(), json!(&*app.namespace));
        }
        if let Some(project) = self.project(app) {
            body.insert("project".into(), json!(&*project));
        }
        body
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one request, passed on once")]
    fn sync_body(
        &self,
        app: &Key,
        revision: Option<&str>,
        prune: bool,
        dry_run: bool,
        resources: &[ResourceRef],
        options: &[Str],
        infos: &[(Str, Str)],
    ) -> Map<String, Value> {
        let mut body = self.base(app);
        body.insert("prune".into(), prune.into());
        body.insert("dryRun".into(), dry_run.into());
        body.insert("strategy".into(), json!({"hook": {}}));
        match revision {
            Some(many) if many.contains(',') => {
                let all: Vec<&str> = many.split(',').collect();
                body.insert("sourcePositions".into(), (1..=all.len()).collect::<Vec<_>>().into());
                body.insert("revisions".into(), all.into());
            }
            Some(one) => drop(body.insert("revision".into(), one.into())),
            None => {}
        }
        if !resources.is_empty() {
            let picked = resources.iter().map(
                |r| json!({"group": &*r.group, "kind": &*r.kind, "namespace": &*r.namespace, "name": &*r.name}),
            );
            body.insert("resources".into(), picked.collect::<Vec<_>>().into());
        }
        if !options.is_empty() {
            let items: Vec<&str> = options.iter().map(|o| &**o).collect();
            body.insert("syncOptions".into(), json!({ "items": items }));
        }
        let infos = infos.iter().map(|(name, value)| json!({"name": &**name, "value": &**value}));
        body.insert("infos".into(), infos.collect::<Vec<_>>().into());
        body
    }

    async fn post(
        &self,
        what: &'static str,
        app: &Key,
        below: &str,
        body: Map<String, Value>,
    ) -> Result<Receipt, Fault> {
        let call = self.http.change(Method::POST, what, Self::path(app, below));
        call.json_body(&Value::Object(body)).json::<wire::App>().await.map(receipt)
    }

    async fn patch(&self, what: &'static str, app: &Key, patch: &Value) -> Result<wire::App, Fault> {
        let mut body = self.base(app);
        body.insert("patchType".into(), "merge".into());
        body.insert("patch".into(), patch.to_string().into());
        let call = self.http.change(Method::PATCH, what, Self::path(app, ""));
        let sent = call.json_body(&Value::Object(body)).json::<wire::App>().await;
        sent.map_err(|f| explain(f, Some(app)))
    }

    /// Turns automated sync off in one patch that also says who, since when, why, and what it was.
    async fn hold(&self, app: &Key, hold: &Hold) -> Result<Receipt, Fault> {
        const WHAT: &str = "hold automated sync";
        let fault = |kind, why: String| self.http.fault(kind, WHAT, why);
        let current = self.raw(app).await?;
        let policy = holdable(&current).map_err(|(kind, why)| fault(kind, why))?;
        let knows_enabled = self.version().await.is_ok_and(|v| v >= KNOWS_ENABLED);
        let answer = self.patch(WHAT, app, &hold_patch(hold, policy, knows_enabled)).await?;
        let still_on = |a: &wire::App| {
            a.spec.sync_policy.automated.as_ref().and_then(map::auto_sync).is_some_and(|a| a.enabled)
        };
        if !still_on(&answer) {
            return Ok(receipt(answer));
        }
        // The server dropped the field it does not know: without `automated` it is off as well, and `held-policy`
        // says how it was.
        let answer = self.patch(WHAT, app, &json!({"spec": {"syncPolicy": {"automated": null}}})).await?;
        if still_on(&answer) {
            let why = "the server accepted the change and automated sync is still on".to_owned();
            return Err(fault(FaultKind::Conflict, why).hint("something puts it back: see the owner"));
        }
        Ok(receipt(answer))
    }

    /// Automated sync exactly as it was, annotations gone.
    async fn release(&self, app: &Key) -> Result<Receipt, Fault> {
        const WHAT: &str = "release automated sync";
        let current = self.raw(app).await?;
        let patch = release_patch(&current).map_err(|(kind, why)| self.http.fault(kind, WHAT, why))?;
        self.patch(WHAT, app, &patch).await.map(receipt)
    }
}

/// The policy to hold; or why there is nothing to hold.
pub(super) fn holdable(app: &wire::App) -> Result<&Value, (FaultKind, String)> {
    if let Some(by) = app.metadata.annotations.get(HELD_BY) {
        return Err((FaultKind::Conflict, format!("automated sync is already held by {by}")));
    }
    match &app.spec.sync_policy.automated {
        Some(policy) if map::auto_sync(policy).is_some_and(|a| a.enabled) => Ok(policy),
        _ => Err((FaultKind::Invalid, "automated sync is not on".into())),
    }
}

/// The merge patch of a hold.
pub(super) fn hold_patch(hold: &Hold, policy: &Value, knows_enabled: bool) -> Value {
    let automated = if knows_enabled { json!({"enabled": false}) } else { Value::Null };
    json!({
        "metadata": {"annotations": {
            HELD_BY: &*hold.by,
            HELD_SINCE: hold.since.rfc3339(),
            HELD_REASON: &*hold.reason,
            HELD_POLICY: policy.to_string(),
        }},
        "spec": {"syncPolicy": {"automated": automated}},
    })
}

/// The merge patch of a release; or why there is nothing to release.
pub(super) fn release_patch(app: &wire::App) -> Result<Value, (FaultKind, String)> {
    let annotations = &app.metadata.annotations;
    if !annotations.contains_key(HELD_BY) {
        return Err((FaultKind::Invalid, "no hold stands".into()));
    }
    let was = annotations.get(HELD_POLICY).and_then(|p| serde_json::from_str::<Map<String, Value>>(p).ok());
    let Some(mut automated) = was else {
        let why = format!("the annotation {HELD_POLICY} does not say how automated sync was");
        return Err((FaultKind::Conflict, why));
    };
    // A merge patch leaves what it does not name: what was not there before must be named null.
    if let Some(now) = app.spec.sync_policy.automated.as_ref().and_then(Value::as_object) {
        for name in now.keys() {
            automated.entry(name.clone()).or_insert(Value::Null);
        }
    }
    Ok(json!({
        "metadata": {"annotations": {HELD_BY: null, HELD_SINCE: null, HELD_REASON: null, HELD_POLICY: null}},
        "spec": {"syncPolicy": {"automated": automated}},
    }))
}

fn receipt(app: wire::App) -> Receipt {
    let id = Some(app.metadata.resource_version).filter(|v| !v.is_empty());
    Receipt { id, warnings: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Time;

    fn app(annotations: &Value, automated: &Value) -> wire::App {
        serde_json::from_value(json!({
            "metadata": {"name": "cart", "annotations": annotations},
            "spec": {"project": "prod", "syncPolicy": {"automated": automated}},
        }))
        .expect("an application")
    }

    /// RFC 7386.
    fn merge(target: &mut Value, patch: &Value) {
        let Some(patch) = patch.as_object() else {
            *target = patch.clone();
            return;
        };
        if !target.is_object() {
            *target = json!({});
        }
        let map = target.as_object_mut().expect("made an object");
        for (name, value) in patch {
            if value.is_null() {
                map.remove(name);
            } else {
                merge(map.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
    }

    #[test]
    fn a_release_restores_exactly_what_was() {
        let hold = Hold { by: "ada".into(), since: Time::from_secs(1_795_230_764), reason: "INC-7".into() };
        for was in
            [json!({"prune": true, "selfHeal": true}), json!({"enabled": true, "selfHeal": true}), json!({})]
        {
            for knows_enabled in [true, false] {
                let before =
                    json!({"metadata": {"name": "cart"}, "spec": {"syncPolicy": {"automated": was}}});
                let mut object = before.clone();
                merge(&mut object, &hold_patch(&hold, &was, knows_enabled));
                let held: wire::App = serde_json::from_value(object.clone()).expect("held");
                assert!(holdable(&held).is_err_and(|(kind, _)| kind == FaultKind::Conflict));
                if knows_enabled {
                    assert_eq!(object["spec"]["syncPolicy"]["automated"]["selfHeal"], was["selfHeal"]);
                }
                merge(&mut object, &release_patch(&held).expect("held"));
                assert_eq!(object["spec"], before["spec"]);
                assert_eq!(object["metadata"]["annotations"], json!({}));
            }
        }
    }

    #[test]
    fn there_must_be_something_to_hold_or_release() {
        assert_eq!(holdable(&app(&json!({}), &Value::Null)).expect_err("off").0, FaultKind::Invalid);
        let off = app(&json!({}), &json!({"enabled": false, "prune": true}));
        assert_eq!(holdable(&off).expect_err("off").0, FaultKind::Invalid);
        assert_eq!(release_patch(&off).expect_err("no hold").0, FaultKind::Invalid);
    }
}
