//! What goes on in Vault by itself: leases and tokens run out, passwords rotate, agents renew.

use std::{sync::Arc, time::Duration};

use serde_json::Value;

use super::{Engine, State, Vault, auth, database, lease};
use crate::{
    model::Time,
    sim::{Controller, Env, cluster::known, lock},
};

/// How often agents look after their leases.
const AGENTS: Duration = Duration::from_secs(5);
/// How often run-out leases, tokens and rotations are looked for.
const EXPIRY: Duration = Duration::from_secs(1);

/// Keeps one environment's Vault going.
#[derive(Debug)]
pub struct Keeper {
    vault: Arc<Vault>,
    agents: Time,
    expiry: Time,
}

impl Keeper {
    /// The keeper of a Vault.
    pub fn new(vault: Arc<Vault>) -> Self {
        Self { vault, agents: Time::default(), expiry: Time::default() }
    }
}

impl Controller for Keeper {
    fn reconcile(&mut self, env: &Env, now: Time, _: &mut fastrand::Rng) {
        if now < self.expiry {
            return;
        }
        self.expiry = now.plus(EXPIRY);
        let mut state = lock(&self.vault.state);
        if state.core.seal.sealed {
            return;
        }
        auth::expire(&mut state, env, now);
        lease::expire(&mut state, env, now);
        let State { core, mounts, .. } = &mut *state;
        for (name, mount) in mounts {
            if let Engine::Database(db) = &mut mount.engine {
                database::rotate_due(db, core, name, env, now);
            }
        }
        if now >= self.agents {
            self.agents = now.plus(AGENTS);
            state.agents(env, now, &self.vault);
        }
    }
}

impl State {
    /// Brings what a role's holder uses in step with its lease, after someone renewed that by hand.
    pub(super) fn follow(&self, env: &Env, id: &str) {
        let holder = self.holders.iter().find(|holder| holder.lease == id);
        if let (Some(holder), Some(lease)) = (holder, self.core.leases.get(id)) {
            env.credentials.expire(&holder.path(), Some(lease.expires));
        }
    }

    /// Every workload's agent: takes a user when it has none, renews when a third of the time is left.
    fn agents(&mut self, env: &Env, now: Time, vault: &Vault) {
        for at in 0..self.holders.len() {
            let holder = &self.holders[at];
            let pods = pods_of(env, &holder.namespace, &holder.workload);
            if pods.is_empty() {
                continue;
            }
            if let Some(since) = holder.broken {
                if pods.iter().any(|created| *created <= since) {
                    continue;
                }
                self.holders[at].broken = None;
                self.holders[at].lease.clear();
            }
            let holder = &self.holders[at];
            let lease = self.core.leases.get(&holder.lease).filter(|lease| lease.expires > now);
            let Some(lease) = lease else {
                self.take(env, at, now, vault);
                continue;
            };
            let left = lease.expires.since(now).as_secs();
            if left * 3 > lease.ttl {
                continue;
            }
            let until_max = lease.issued.plus(Duration::from_secs(lease.max_ttl)).since(now).as_secs();
            if until_max <= lease.ttl / 3 {
                self.take(env, at, now, vault);
            } else {
                let id = lease.id.clone();
                // A refusal leaves the lease as it is; the next round tries again.
                let _ = lease::extend(&mut self.core, env, &id, None, now);
                self.follow(env, &id);
            }
        }
    }

    fn take(&mut self, env: &Env, at: usize, now: Time, vault: &Vault) {
        let role = self.holders[at].role.clone();
        let Some((mount, name)) = role.split_once("/creds/") else { return };
        let mount = format!("{mount}/");
        let Some(held) = self.mounts.get(&mount) else { return };
        let ttls = held.ttls();
        let Engine::Database(db) = &held.engine else { return };
        let display = format!("kubernetes-{}", self.holders[at].namespace);
        let taken = database::issue(db, &mut self.core, &mount, ttls, env, now, name, &display, "");
        if let Ok((lease, ttl, username, password)) = taken {
            vault.created.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            self.holders[at].lease = lease;
            let expires = Some(now.plus(Duration::from_secs(ttl)));
            let material = database::user(&username, &password);
            env.credentials.put(&self.holders[at].path(), material, now, expires);
        }
    }
}

/// When each pod of a workload was made, of those that run.
fn pods_of(env: &Env, namespace: &str, workload: &str) -> Vec<Time> {
    let pods = env.cluster.list(known::PODS, Some(namespace));
    let own = pods.iter().filter(|pod| {
        let name = pod["metadata"]["name"].as_str().unwrap_or_default();
        let mine = match pod["metadata"]["labels"]["app.kubernetes.io/name"].as_str() {
            Some(app) => app == workload,
            None => name.strip_prefix(workload).is_some_and(|rest| rest.starts_with('-')),
        };
        let ending = pod["metadata"].get("deletionTimestamp").is_some();
        mine && !ending && pod.pointer("/status/phase").and_then(Value::as_str) == Some("Running")
    });
    own.filter_map(|pod| pod["metadata"]["creationTimestamp"].as_str()?.parse().ok()).collect()
}
