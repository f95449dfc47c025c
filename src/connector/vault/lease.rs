//! Leases of all mounts: Vault lists them one path level at a time and tells each one's times only one by one.
//!
//! What was looked up is kept; a lease is looked up again when it is new, or after a quarter of what it had left (at
//! most two minutes), so that a renewal shows in time and thousands of leases do not mean thousands of requests.

use std::{collections::HashMap, sync::PoisonError, time::Duration};

use futures::{StreamExt, TryStreamExt, stream};

use super::client::{Api, Mounts};
use crate::{
    connector::poll::Listing,
    model::{Fault, FaultKind, Kind, Lease, Record, Str, Time},
};

/// How many requests are under way at once.
const PARALLEL: usize = 8;
/// The most leases that are shown.
const LIMIT: usize = 20_000;
/// The longest that a lease is not looked up again.
const LOOK_AGAIN: Duration = Duration::from_secs(120);
const ROOT: &str = "sys/leases/lookup/";

/// Leases as last looked up, by id, with the time to look again.
#[derive(Debug, Default)]
pub(super) struct LeaseCache {
    known: HashMap<Str, (Time, Lease)>,
}

impl LeaseCache {
    /// Has a lease, or all whose ids begin so when it is a prefix, looked up again.
    pub(super) fn forget(&mut self, id: &str) {
        self.known.retain(|known, _| **known != *id && !(id.ends_with('/') && known.starts_with(id)));
    }
}

impl Api {
    /// Ids of the leases below a prefix; whether that is all.
    pub(super) async fn leases_below(&self, prefix: &str) -> Result<(Vec<Str>, bool), Fault> {
        self.walk(&format!("{ROOT}{prefix}")).await
    }

    /// All leases; those named in the configuration where the token may not list.
    pub(super) async fn leases(&self) -> Result<Listing, Fault> {
        let mounts = self.mounts().await?;
        let (ids, degraded) = match self.walk(ROOT).await {
            Ok((ids, whole)) => {
                (ids, (!whole).then(|| format!("only the first {LIMIT} leases are shown").into()))
            }
            Err(f) if f.kind == FaultKind::Refused && !self.config.leases.is_empty() => {
                let ids = self.named().await?;
                let count = ids.len();
                let why = format!(
                    "no right to list leases (`list` and `sudo` on `{ROOT}`): \
                     showing the {count} named in the configuration"
                );
                (ids, Some(why.into()))
            }
            Err(f) if f.kind == FaultKind::Refused => {
                return Err(f.hint(format!(
                    "it takes `list` and `sudo` on `{ROOT}`; name your own leases under `leases` in the configuration"
                )));
            }
            Err(f) => return Err(f),
        };
        let rows = self.look_up(ids, &mounts).await?;
        let rows = rows.into_iter().map(Record::Lease).collect();
        Ok(Listing { rows, degraded, again: None })
    }

    /// Ids below a prefix of `sys/leases/lookup/`, level by level; whether that is all.
    async fn walk(&self, root: &str) -> Result<(Vec<Str>, bool), Fault> {
        let (mut ids, mut folders) = (Vec::new(), vec![root.to_owned()]);
        while !folders.is_empty() {
            let found: Vec<(String, Vec<String>)> = stream::iter(folders)
                .map(|folder| async move {
                    let keys = self.list("list leases", &folder).await?;
                    Ok::<_, Fault>((folder, keys))
                })
                .buffer_unordered(PARALLEL)
                .try_collect()
                .await?;
            folders = Vec::new();
            for (folder, keys) in found {
                for key in keys {
                    let path = format!("{folder}{key}");
                    if path.ends_with('/') {
                        folders.push(path);
                    } else if ids.len() < LIMIT {
                        ids.push(path[ROOT.len()..].into());
                    } else {
                        return Ok((ids, false));
                    }
                }
            }
        }
        Ok((ids, true))
    }

    /// Ids that the configuration names, prefixes listed where that is allowed.
    async fn named(&self) -> Result<Vec<Str>, Fault> {
        let mut ids: Vec<Str> = Vec::new();
        for entry in &self.config.leases {
            if entry.ends_with('/') {
                match self.walk(&format!("{ROOT}{entry}")).await {
                    Ok((found, _)) => ids.extend(found),
                    Err(f) if f.kind == FaultKind::Refused => {}
                    Err(f) => return Err(f),
                }
            } else {
                ids.push(entry.as_str().into());
            }
        }
        ids.sort();
        ids.dedup();
        Ok(ids)
    }

    async fn look_up(&self, ids: Vec<Str>, mounts: &Mounts) -> Result<Vec<Lease>, Fault> {
        let now = self.clock.now();
        let (mut rows, mut due) = (Vec::with_capacity(ids.len()), Vec::new());
        {
            let cache = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
            for id in ids {
                match cache.known.get(&id) {
                    Some((again, lease)) if *again > now => rows.push((*again, lease.clone())),
                    _ => due.push(id),
                }
            }
        }
        let looked: Vec<Option<Lease>> = stream::iter(due)
            .map(|id| async move {
                let found = self.lookup(&id).await?;
                Ok::<_, Fault>(found.map(|wire| Lease {
                    key: self.key(Kind::Lease, mount_of(&id, mounts), &id),
                    issued: wire.issue_time.unwrap_or_default(),
                    expires: wire.expire_time,
                    renewable: wire.renewable,
                    renewed: wire.last_renewal,
                }))
            })
            .buffer_unordered(PARALLEL)
            .try_collect()
            .await?;
        rows.extend(looked.into_iter().flatten().map(|lease| (look_again(&lease, now), lease)));
        let mut cache = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
        cache.known = rows.iter().map(|(again, l)| (Str::clone(&l.key.name), (*again, l.clone()))).collect();
        Ok(rows.into_iter().map(|(_, lease)| lease).collect())
    }
}

fn look_again(lease: &Lease, now: Time) -> Time {
    let left = lease.expires.map_or(LOOK_AGAIN, |end| end.since(now));
    now.plus((left / 4).min(LOOK_AGAIN))
}

/// The mount that a lease is of: the longest path that its id begins with.
fn mount_of<'a>(id: &'a str, mounts: &'a Mounts) -> &'a str {
    let longest = mounts.keys().filter(|path| id.starts_with(path.as_str())).max_by_key(|path| path.len());
    match longest {
        Some(path) => path,
        None => id.find('/').map_or(id, |end| &id[..=end]),
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc};

    use super::*;
    use crate::model::{Key, Source};

    #[test]
    fn leases_belong_to_the_longest_mount() {
        let paths = ["auth/jwt/", "database/", "database/eu/"];
        let mounts: Mounts = Arc::new(
            paths
                .iter()
                .map(|p| ((*p).to_owned(), super::super::wire::MountWire::default()))
                .collect::<BTreeMap<_, _>>(),
        );
        assert_eq!(mount_of("database/eu/creds/app/x", &mounts), "database/eu/");
        assert_eq!(mount_of("auth/jwt/login/h1", &mounts), "auth/jwt/");
        assert_eq!(mount_of("hidden/creds/x", &mounts), "hidden/");
    }

    #[test]
    fn the_nearer_the_end_the_sooner_it_is_looked_at() {
        let now = Time::from_secs(1000);
        let lease = |left: u64| Lease {
            key: Key::new(Source(0), Kind::Lease, "database/", "x"),
            issued: now,
            expires: Some(now.plus(Duration::from_secs(left))),
            renewable: true,
            renewed: None,
        };
        assert_eq!(look_again(&lease(3600), now).since(now), LOOK_AGAIN);
        assert_eq!(look_again(&lease(60), now).since(now), Duration::from_secs(15));
    }
}
