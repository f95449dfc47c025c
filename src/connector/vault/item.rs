//! One thing as an action needs it, read anew.

use serde::Deserialize;

use super::{
    client::{Api, explain},
    map, wire,
};
use crate::model::{
    Answer, Fault, FaultKind, HeldToken, Key, Kind, KvSecret, KvVersion, Lease, Str, Time, VaultItem,
};

impl Api {
    /// Reads it.
    ///
    /// # Errors
    /// `NotFound` when there is none, for a prefix when no lease is below it, for the own token when Vault no longer
    /// accepts it.
    pub(super) async fn item(&self, key: &Key) -> Result<Answer, Fault> {
        let item = match key.kind {
            Kind::Lease if key.name.ends_with('/') => self.below(key).await?,
            Kind::Lease => self.one_lease(key).await?,
            Kind::StaticRole => self.role(key).await?,
            Kind::Token => self.own_token(key).await?,
            Kind::Secret => self.secret(key).await?,
            _ => return Err(self.http.fault(FaultKind::Unsupported, "read that", "Vault has no such thing")),
        };
        Ok(Answer::VaultItem(Box::new(item)))
    }

    async fn one_lease(&self, key: &Key) -> Result<VaultItem, Fault> {
        let Some(found) = self.lookup(&key.name).await? else {
            return Err(self.http.fault(FaultKind::NotFound, "look up a lease", "there is no such lease"));
        };
        Ok(VaultItem::Lease(Lease {
            key: key.clone(),
            issued: found.issue_time.unwrap_or_default(),
            expires: found.expire_time,
            renewable: found.renewable,
            renewed: found.last_renewal,
        }))
    }

    async fn below(&self, key: &Key) -> Result<VaultItem, Fault> {
        let (mut ids, whole) = self.leases_below(&key.name).await?;
        if !whole {
            return Err(self.http.fault(FaultKind::Unsupported, "list leases", "there are too many to list"));
        }
        if ids.is_empty() {
            return Err(self.http.fault(FaultKind::NotFound, "list leases", "no lease is below it"));
        }
        ids.sort_unstable();
        Ok(VaultItem::Leases(ids))
    }

    async fn role(&self, key: &Key) -> Result<VaultItem, Fault> {
        let path = format!("{}static-roles/{}", key.namespace, key.name);
        let found: wire::StaticRole = self.data("read a static role", &path).await?;
        let connection = Str::clone(&found.db_name);
        let role = map::static_role(key.clone(), found, self.clock.now());
        Ok(VaultItem::Role { role, connection })
    }

    async fn own_token(&self, key: &Key) -> Result<VaultItem, Fault> {
        #[derive(Deserialize)]
        struct Times {
            #[serde(default, deserialize_with = "wire::moment")]
            issue_time: Option<Time>,
            #[serde(default, deserialize_with = "wire::moment")]
            last_renewal: Option<Time>,
            #[serde(default, deserialize_with = "wire::moment")]
            expire_time: Option<Time>,
            #[serde(default, deserialize_with = "wire::nullable")]
            renewable: bool,
        }
        let path = "/v1/auth/token/lookup-self";
        let found = self.http.get("look up the own token", path).json::<wire::Envelope<Times>>().await;
        let found = found.map_err(|f| match f.kind {
            FaultKind::Refused => Fault { kind: FaultKind::NotFound, ..f }
                .hint("Vault no longer accepts this token, or its policies lack `read` on it"),
            _ => explain(f, path, "read"),
        })?;
        Ok(VaultItem::Token(HeldToken {
            key: key.clone(),
            issued: found.data.issue_time,
            renewed: found.data.last_renewal,
            expires: found.data.expire_time,
            renewable: found.data.renewable,
        }))
    }

    async fn secret(&self, key: &Key) -> Result<VaultItem, Fault> {
        let path = format!("{}metadata/{}", key.namespace, key.name);
        let found: wire::Metadata = self.data("read metadata", &path).await?;
        let now = self.clock.now();
        let version = |(number, v): (String, wire::Version)| {
            let version = KvVersion {
                created: v.created_time.unwrap_or_default(),
                deleted: v.deletion_time.is_some_and(|at| at <= now),
                destroyed: v.destroyed,
            };
            Some((number.parse().ok()?, version))
        };
        Ok(VaultItem::Secret(KvSecret {
            key: key.clone(),
            created: found.created_time.unwrap_or_default(),
            current: found.current_version,
            versions: found.versions.into_iter().filter_map(version).collect(),
            same: None,
        }))
    }
}
