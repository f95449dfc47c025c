//! Changes: one request each, sent once. Secrets that pass through on the way are neither kept nor shown.

use std::{sync::PoisonError, time::Duration};

use ::http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    client::{Api, explain},
    wire,
};
use crate::{
    connector::http::{self, from_status},
    model::{Fault, FaultKind, Key, Kind, Receipt, Str, VaultChange, VaultEdit},
};

/// Revoking waits for the database behind the lease, for each lease in turn.
const REVOKE: Duration = Duration::from_secs(60);
/// Rotating waits for the database.
const ROTATE: Duration = Duration::from_secs(30);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    warnings: Option<Vec<Str>>,
}

impl Api {
    /// Sends a change, once.
    ///
    /// # Errors
    /// `Invalid` when Vault does not take it, `Conflict` when a secret's current version is another than the one
    /// confirmed, `Unknown` when no answer came.
    pub(super) async fn perform(&self, change: &VaultChange) -> Result<Receipt, Fault> {
        let path = change.path();
        let mut call = self.http.change(Method::POST, what(change), format!("/v1/{}", http::path(&path)));
        if let Some(limit) = limit(&change.edit) {
            call = call.timeout(limit);
        }
        let body = self.body(change).await?;
        let system = self.http.system().clone();
        let reply = call.json_body(&body).reply().await?;
        if !reply.status.is_success() {
            let fault = from_status(&system, what(change), &reply, true);
            return Err(explain(conflict(fault, &change.edit), &path, "update"));
        }
        self.forget(change);
        // 204 has no body, and nothing of one is kept but the warnings: a renewed token comes with the token itself.
        let said: Said = serde_json::from_slice(&reply.body).unwrap_or_default();
        Ok(Receipt { id: None, warnings: said.warnings.unwrap_or_default() })
    }

    async fn body(&self, change: &VaultChange) -> Result<Value, Fault> {
        let name = &*change.on.name;
        let lease = change.on.kind == Kind::Lease;
        Ok(match &change.edit {
            VaultEdit::Renew { increment } => {
                let mut body = Map::new();
                if lease {
                    body.insert("lease_id".to_owned(), json!(name));
                }
                if let Some(seconds) = increment {
                    body.insert("increment".to_owned(), json!(seconds));
                }
                body.into()
            }
            VaultEdit::Revoke if lease && name.ends_with('/') => json!({ "sync": true }),
            VaultEdit::Revoke if lease => json!({ "lease_id": name, "sync": true }),
            VaultEdit::Revoke | VaultEdit::Rotate | VaultEdit::RotateRoot { .. } => json!({}),
            VaultEdit::Restore { from, cas } => {
                let data = self.content(&change.on, *from).await?;
                json!({ "data": data, "options": { "cas": cas } })
            }
            VaultEdit::DeleteVersion { version } | VaultEdit::UndeleteVersion { version } => {
                json!({ "versions": [version] })
            }
        })
    }

    /// Has what was changed looked up again.
    fn forget(&self, change: &VaultChange) {
        if change.on.kind == Kind::Lease {
            self.leases.lock().unwrap_or_else(PoisonError::into_inner).forget(&change.on.name);
        }
    }

    /// The content of one version of a secret. It goes back to Vault or is compared, and nowhere else.
    async fn content(&self, key: &Key, version: u64) -> Result<Map<String, Value>, Fault> {
        let path = format!("{}data/{}", key.namespace, key.name);
        let call = self.http.get("read a version", format!("/v1/{}", http::path(&path)));
        let read = call.query("version", version.to_string()).json::<wire::Envelope<wire::Content>>().await;
        let read = read.map_err(|f| explain(f, &path, "read"))?;
        read.data.data.ok_or_else(|| {
            let why = format!("version {version} has no content: it is deleted or destroyed");
            self.http.fault(FaultKind::NotFound, "read a version", why)
        })
    }

    /// Whether two versions of a secret have the same content.
    pub(super) async fn same(&self, key: &Key, (one, other): (u64, u64)) -> Result<bool, Fault> {
        Ok(self.content(key, one).await? == self.content(key, other).await?)
    }
}

const fn what(change: &VaultChange) -> &'static str {
    match change.edit {
        VaultEdit::Renew { .. } => "renew",
        VaultEdit::Revoke => "revoke",
        VaultEdit::Rotate => "rotate the password",
        VaultEdit::RotateRoot { .. } => "rotate the root password",
        VaultEdit::Restore { .. } => "write a version",
        VaultEdit::DeleteVersion { .. } => "delete a version",
        VaultEdit::UndeleteVersion { .. } => "bring a version back",
    }
}

const fn limit(edit: &VaultEdit) -> Option<Duration> {
    match edit {
        VaultEdit::Revoke => Some(REVOKE),
        VaultEdit::Rotate | VaultEdit::RotateRoot { .. } => Some(ROTATE),
        _ => None,
    }
}

/// A write with check-and-set that is refused found another version than the one confirmed.
fn conflict(fault: Fault, edit: &VaultEdit) -> Fault {
    if !matches!(edit, VaultEdit::Restore { .. }) || !fault.why.contains("check-and-set") {
        return fault;
    }
    Fault {
        kind: FaultKind::Conflict,
        hint: "someone wrote it since; look again and plan anew".into(),
        ..fault
    }
}
