//! What Vault keeps beyond leases: its own state, mounts, static roles, metadata of secrets, certificates, the token.

use std::{collections::HashSet, time::Duration};

use futures::{StreamExt, TryStreamExt, stream};

use super::{client::Api, map, wire};
use crate::{
    connector::poll::Listing,
    model::{Fault, FaultKind, Key, Kind, Mount, Record, Str, TokenState, VaultState},
};

/// How many requests are under way at once.
const PARALLEL: usize = 8;
/// The most secrets whose metadata is read.
const SECRETS: usize = 2000;
/// The most certificates that are shown.
const CERTIFICATES: usize = 5000;
/// Time between two rounds for each row that a round reads: ten requests a second at most.
const PER_ROW: Duration = Duration::from_millis(100);

impl Api {
    /// Seal and HA state; answers without a token and while sealed.
    pub(super) async fn state(&self) -> Result<Listing, Fault> {
        let seal: wire::SealStatus =
            self.http.get("read the seal status", "/v1/sys/seal-status").json().await?;
        let health = self.http.get("read the health", "/v1/sys/health");
        // Every state answers 200 then, sealed and standby too.
        let health = ["standbycode", "perfstandbycode", "drsecondarycode", "sealedcode", "uninitcode"]
            .iter()
            .fold(health, |call, name| call.query(name, "200"));
        let health: wire::Health = health.json().await.unwrap_or_default();
        let nodes = if seal.sealed {
            Vec::new()
        } else {
            // Needs a right that few have; without it the nodes are not shown.
            let found: wire::HaStatus =
                self.data("read the HA status", "sys/ha-status").await.unwrap_or_default();
            let mut nodes = found.nodes;
            nodes.sort_by_key(|n| !n.active_node);
            nodes.into_iter().map(|n| n.hostname).collect()
        };
        let state = VaultState {
            key: self.key(Kind::Vault, "", &self.name),
            initialized: seal.initialized,
            sealed: seal.sealed,
            unseal: (seal.progress, seal.t),
            standby: health.standby && !seal.sealed,
            nodes,
            version: seal.version,
            cluster: seal.cluster_name,
        };
        Ok(Listing::whole(vec![Record::Vault(Box::new(state))]))
    }

    pub(super) async fn list_mounts(&self) -> Result<Listing, Fault> {
        let mounts = self.mounts().await?;
        let row = |(path, m): (&String, &wire::MountWire)| {
            Record::Mount(Box::new(Mount {
                key: self.key(Kind::Mount, "", path),
                engine: self.shared.get(&m.engine),
                version: map::kv_version(m),
                description: Str::clone(&m.description),
                plugin: self.shared.get(&m.running_plugin_version),
            }))
        };
        Ok(Listing::whole(mounts.iter().map(row).collect()))
    }

    /// Paths of the mounts of an engine.
    async fn mounts_of(&self, wanted: impl Fn(&wire::MountWire) -> bool) -> Result<Vec<String>, Fault> {
        let mounts = self.mounts().await?;
        let secret = mounts.iter().filter(|(path, m)| !path.starts_with("auth/") && wanted(m));
        Ok(secret.map(|(path, _)| path.clone()).collect())
    }

    /// Static roles of every database mount; their passwords are not read.
    pub(super) async fn static_roles(&self) -> Result<Listing, Fault> {
        let mounts = self.mounts_of(|m| &*m.engine == "database").await?;
        let mut refused = Refused::default();
        let mut names = Vec::new();
        for mount in &mounts {
            let path = format!("{mount}static-roles");
            if let Some(found) = refused.or(mount, self.list("list static roles", &path).await)? {
                names.extend(found.into_iter().map(|name| (mount.clone(), name)));
            }
        }
        let now = self.clock.now();
        let rows = stream::iter(names)
            .map(|(mount, name)| async move {
                let path = format!("{mount}static-roles/{name}");
                match self.data::<wire::StaticRole>("read a static role", &path).await {
                    Ok(role) => {
                        let key = self.key(Kind::StaticRole, &mount, &name);
                        let role = map::static_role(key, role, now);
                        Ok(Some(Record::StaticRole(Box::new(role))))
                    }
                    Err(f) if matches!(f.kind, FaultKind::NotFound | FaultKind::Refused) => Ok(None),
                    Err(f) => Err(f),
                }
            })
            .buffer_unordered(PARALLEL)
            .try_filter_map(|row| async { Ok(row) })
            .try_collect()
            .await?;
        refused.listing(rows, mounts.len(), None)
    }

    /// Metadata of every KV v2 secret; their values are not read.
    pub(super) async fn secrets(&self) -> Result<Listing, Fault> {
        let mounts = self.mounts_of(|m| map::kv_version(m) == Some(2)).await?;
        let (mut refused, mut paths, mut whole) = (Refused::default(), Vec::new(), true);
        for mount in &mounts {
            if let Some(found) = refused.or(mount, self.walk_secrets(mount).await)? {
                whole &= found.len() < SECRETS;
                paths.extend(found.into_iter().map(|path| (mount.clone(), path)));
            }
        }
        whole &= paths.len() <= SECRETS;
        paths.truncate(SECRETS);
        let now = self.clock.now();
        let rows: Vec<Record> = stream::iter(paths)
            .map(|(mount, path)| async move {
                let at = format!("{mount}metadata/{path}");
                match self.data::<wire::Metadata>("read metadata", &at).await {
                    Ok(metadata) => {
                        let key = self.key(Kind::Secret, &mount, &path);
                        Ok(Some(Record::Secret(Box::new(map::secret(key, &metadata, now)))))
                    }
                    Err(f) if matches!(f.kind, FaultKind::NotFound | FaultKind::Refused) => Ok(None),
                    Err(f) => Err(f),
                }
            })
            .buffer_unordered(PARALLEL)
            .try_filter_map(|row| async { Ok(row) })
            .try_collect()
            .await?;
        let more = (!whole).then(|| format!("only the first {SECRETS} secrets are shown"));
        refused.listing(rows, mounts.len(), more)
    }

    /// Paths of a KV mount, folders walked.
    async fn walk_secrets(&self, mount: &str) -> Result<Vec<String>, Fault> {
        let (mut paths, mut folders) = (Vec::new(), vec![String::new()]);
        while let Some(folder) = folders.pop() {
            let listed = self.list("list secrets", &format!("{mount}metadata/{folder}")).await;
            let keys = match listed {
                Err(f) if f.kind == FaultKind::Refused && !folder.is_empty() => continue,
                other => other?,
            };
            for key in keys {
                let path = format!("{folder}{key}");
                if path.ends_with('/') {
                    folders.push(path);
                } else {
                    paths.push(path);
                }
            }
            if paths.len() >= SECRETS {
                break;
            }
        }
        Ok(paths)
    }

    /// Certificates of every PKI mount; each is read once, and again when it is revoked.
    pub(super) async fn certificates(&self) -> Result<Listing, Fault> {
        let mounts = self.mounts_of(|m| &*m.engine == "pki").await?;
        let (mut refused, mut wanted) = (Refused::default(), Vec::new());
        for mount in &mounts {
            let listed = self.list("list certificates", &format!("{mount}certs")).await;
            if let Some(serials) = refused.or(mount, listed)? {
                // Servers without this list never show a certificate as revoked until it is read anew.
                let revoked: HashSet<String> = self
                    .list("list revoked certificates", &format!("{mount}certs/revoked"))
                    .await
                    .unwrap_or_default()
                    .into_iter()
                    .collect();
                wanted.extend(serials.into_iter().map(|s| (mount.clone(), revoked.contains(&s), s)));
            }
        }
        let whole = wanted.len() <= CERTIFICATES;
        wanted.truncate(CERTIFICATES);
        let rows = stream::iter(wanted)
            .map(|(mount, revoked, serial)| async move {
                let key = self.key(Kind::Certificate, &mount, &serial);
                let known = self.known_certificates().get(&key).cloned();
                if let Some(known) = known.filter(|c| c.revoked.is_some() || !revoked) {
                    return Ok(Some(known));
                }
                match self.certificate(&mount, &serial).await {
                    Ok(found) => Ok(Some(found)),
                    Err(f)
                        if matches!(
                            f.kind,
                            FaultKind::NotFound | FaultKind::Refused | FaultKind::Garbled
                        ) =>
                    {
                        Ok(None)
                    }
                    Err(f) => Err(f),
                }
            })
            .buffer_unordered(PARALLEL)
            .try_filter_map(|row| async { Ok(row) })
            .try_collect::<Vec<_>>()
            .await?;
        *self.known_certificates() = rows.iter().map(|c| (Key::clone(&c.key), c.clone())).collect();
        let rows = rows.into_iter().map(|c| Record::Certificate(Box::new(c))).collect();
        let more = (!whole).then(|| format!("only the first {CERTIFICATES} certificates are shown"));
        let listing = refused.listing(rows, mounts.len(), more)?;
        Ok(Listing { again: None, ..listing })
    }

    pub(super) async fn token(&self) -> Result<Listing, Fault> {
        let token: wire::TokenWire = self.data("look up the own token", "auth/token/lookup-self").await?;
        let mut policies = token.policies;
        policies.extend(token.identity_policies);
        let state = TokenState {
            key: self.key(Kind::Token, "", &token.display_name),
            policies,
            expires: token.expire_time,
            renewable: token.renewable,
        };
        Ok(Listing::whole(vec![Record::Token(Box::new(state))]))
    }
}

/// Mounts whose list was refused; the others are still shown.
#[derive(Default)]
struct Refused {
    mounts: Vec<String>,
    first: Option<Fault>,
}

impl Refused {
    /// The answer, nothing when it was refused (or the mount has no such list), or the fault.
    fn or<T>(&mut self, mount: &str, answer: Result<T, Fault>) -> Result<Option<T>, Fault> {
        match answer {
            Ok(found) => Ok(Some(found)),
            Err(f) if f.kind == FaultKind::Refused => {
                self.mounts.push(mount.to_owned());
                self.first.get_or_insert(f);
                Ok(None)
            }
            Err(f) => Err(f),
        }
    }

    /// The list with what is missing from it; a refusal when every mount refused.
    fn listing(self, rows: Vec<Record>, mounts: usize, more: Option<String>) -> Result<Listing, Fault> {
        if let Some(fault) = self.first
            && self.mounts.len() == mounts
        {
            return Err(fault);
        }
        let refused =
            (!self.mounts.is_empty()).then(|| format!("no right to list in {}", self.mounts.join(", ")));
        let words: Vec<String> = refused.into_iter().chain(more).collect();
        let degraded = (!words.is_empty()).then(|| words.join("; ").into());
        let again = u32::try_from(rows.len()).ok().map(|n| PER_ROW * n);
        Ok(Listing { rows, degraded, again })
    }
}
