//! What the secret engines hold and the databases accept; Vault writes it, External Secrets and pods read it.

use std::{collections::BTreeMap, sync::Mutex};

use crate::{model::Time, sim::lock};

/// The secret material under one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The fields, for example `username` and `password`.
    pub data: BTreeMap<String, String>,
    /// When it was last written or rotated.
    pub changed: Time,
    /// When it stops being accepted, if it does.
    pub expires: Option<Time>,
    /// How often it has been written.
    pub version: u64,
}

/// The secret material of one environment by Vault path, for example `database/static-creds/appointments` or
/// `secret/data/odoo`.
#[derive(Debug, Default)]
pub struct Credentials(Mutex<BTreeMap<String, Credential>>);

impl Credentials {
    /// What is under a path now.
    pub fn get(&self, path: &str) -> Option<Credential> {
        lock(&self.0).get(path).cloned()
    }

    /// Writes new material (a rotation, a new KV version); says the new version.
    pub fn put(&self, path: &str, data: BTreeMap<String, String>, now: Time, expires: Option<Time>) -> u64 {
        let mut all = lock(&self.0);
        let version = all.get(path).map_or(1, |held| held.version + 1);
        all.insert(path.to_owned(), Credential { data, changed: now, expires, version });
        version
    }

    /// Changes until when the material is accepted, leaving it as it is: a lease renewed, revoked or run out.
    pub fn expire(&self, path: &str, expires: Option<Time>) {
        if let Some(held) = lock(&self.0).get_mut(path) {
            held.expires = expires;
        }
    }

    /// Whether the system behind a path accepts that password now.
    pub fn accepts(&self, path: &str, password: &str, now: Time) -> bool {
        lock(&self.0).get(path).is_some_and(|held| {
            held.expires.is_none_or(|expires| now < expires)
                && held.data.get("password").is_some_and(|current| current == password)
        })
    }

    /// The paths there are.
    pub fn paths(&self) -> Vec<String> {
        lock(&self.0).keys().cloned().collect()
    }
}
