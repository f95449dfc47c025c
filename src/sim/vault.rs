//! The simulated Vault: mounts, tokens, policies and leases that count down on the simulated clock.
//!
//! It answers as OpenBao 2.7. What its engines hand out is what the environment's credentials accept, so that
//! applications feel a rotation, a revocation and a lease that ran out.

mod acl;
mod auth;
mod database;
mod keeper;
mod kv;
mod lease;
mod mount;
mod pki;
mod seal;
mod seed;
mod sys;
mod wire;
mod wrap;

use std::{
    collections::BTreeMap,
    sync::{Mutex, atomic::AtomicU64},
    time::Duration,
};

use serde_json::Value;

use self::{
    acl::{Caps, Rule},
    auth::Token,
    lease::Lease,
    mount::{Engine, Mount},
    seal::Seal,
    seed::Holder,
    wrap::Wrapped,
};
pub use self::{
    keeper::Keeper,
    wire::{Answer, Op, Refusal, Request, Secret, parse_seconds},
};
use super::{Env, SimError, lock};
use crate::model::Time;

/// The version it says it is.
pub const VERSION: &str = "2.7.2";
/// When that version was committed.
const COMMITTED: &str = "2026-10-26T20:32:27Z";
/// The time to live of leases and tokens whose mount and role say nothing: 32 days.
const SYSTEM_TTL: u64 = 768 * 3_600;

/// One environment's Vault.
#[derive(Debug)]
pub struct Vault {
    state: Mutex<State>,
    /// How many leases were handed out since the start.
    created: AtomicU64,
}

/// How many leases there are and how soon the next ones end: what its metrics say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeaseCount {
    /// All leases, without those of tokens.
    pub total: u64,
    /// Those that could not be revoked.
    pub irrevocable: u64,
}

/// One lease as its holder sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The workload's namespace.
    pub namespace: String,
    /// The workload that holds it.
    pub workload: String,
    /// The role it is from: `database/creds/appointments`.
    pub role: String,
    /// Where among the environment's credentials the workload finds the user that it holds.
    pub credential: String,
    /// Its id; empty while there is none.
    pub lease: String,
    /// When it runs out.
    pub expires: Option<Time>,
    /// Whether the workload's agent renews it.
    pub renewing: bool,
}

#[derive(Debug)]
struct State {
    core: Core,
    mounts: BTreeMap<String, Mount>,
    auths: BTreeMap<String, Mount>,
    holders: Vec<Holder>,
}

/// What all engines share.
#[derive(Debug)]
struct Core {
    env: &'static str,
    rng: fastrand::Rng,
    started: Time,
    seal: Seal,
    cluster_name: String,
    cluster_id: String,
    policies: BTreeMap<String, Policy>,
    tokens: BTreeMap<String, Token>,
    leases: BTreeMap<String, Lease>,
    wraps: BTreeMap<String, Wrapped>,
    cubbyholes: BTreeMap<String, BTreeMap<String, Value>>,
}

#[derive(Debug)]
struct Policy {
    text: String,
    rules: Vec<Rule>,
    modified: Time,
    version: u64,
}

impl Core {
    /// `len` letters and digits, as ids and accessors have them.
    fn letters(&mut self, len: usize) -> String {
        (0..len).map(|_| self.rng.alphanumeric()).collect()
    }

    fn uuid(&mut self) -> String {
        uuid::Builder::from_random_bytes(self.rng.u128(..).to_be_bytes()).into_uuid().to_string()
    }

    /// A password as the database engine makes them: twenty letters, digits and dashes.
    fn password(&mut self) -> String {
        let dash = self.rng.usize(3..15);
        (0..20).map(|at| if at == dash { '-' } else { self.rng.alphanumeric() }).collect()
    }

    /// What a token may do on a path.
    fn caps(&self, token: &Token, path: &str, op: Option<Op>) -> Caps {
        let rules = token.policies.iter().filter_map(|name| self.policies.get(name));
        acl::capabilities(rules.flat_map(|policy| &policy.rules), path, op)
    }

    /// The token of that id when it is still good.
    fn token(&self, id: &str, now: Time) -> Option<&Token> {
        self.tokens.get(id).filter(|token| token.expires.is_none_or(|expires| now < expires))
    }
}

impl Vault {
    /// A Vault with the demo's mounts, roles, policies and tokens, unsealed.
    pub fn new(env: &Env, seed: u64) -> Result<Self, SimError> {
        Ok(Self { state: Mutex::new(seed::state(env, seed)?), created: AtomicU64::new(0) })
    }

    /// Answers a request; also says the request's id.
    pub fn handle(&self, env: &Env, request: &Request) -> (String, Result<Answer, Refusal>) {
        let mut state = lock(&self.state);
        let now = env.now();
        let id = state.core.uuid();
        let before = state.core.leases.len();
        let answer = state.answer(env, now, request);
        let made = state.core.leases.len().saturating_sub(before) as u64;
        self.created.fetch_add(made, std::sync::atomic::Ordering::Relaxed);
        (id, answer)
    }

    /// Whether it is sealed.
    pub fn is_sealed(&self) -> bool {
        lock(&self.state).core.seal.sealed
    }

    /// Seals it, as an operator or a lost node would.
    pub fn seal(&self) {
        lock(&self.state).core.seal.seal();
    }

    /// The key shares that unseal it, and how many are needed.
    pub fn unseal_keys(&self) -> (Vec<String>, usize) {
        let state = lock(&self.state);
        (state.core.seal.shares.clone(), state.core.seal.threshold)
    }

    /// How many leases there are.
    pub fn lease_count(&self) -> LeaseCount {
        let state = lock(&self.state);
        let leases = state.core.leases.values();
        LeaseCount {
            total: leases.len() as u64,
            irrevocable: leases.filter(|lease| lease.irrevocable.is_some()).count() as u64,
        }
    }

    /// How many leases were handed out since the start.
    pub fn leases_created(&self) -> u64 {
        self.created.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// The leases that workloads hold.
    pub fn held(&self) -> Vec<Held> {
        let state = lock(&self.state);
        let held = |holder: &Holder| Held {
            namespace: holder.namespace.clone(),
            workload: holder.workload.clone(),
            role: holder.role.clone(),
            credential: holder.path(),
            lease: holder.lease.clone(),
            expires: state.core.leases.get(&holder.lease).map(|lease| lease.expires),
            renewing: holder.broken.is_none(),
        };
        state.holders.iter().map(held).collect()
    }

    /// The certificates of all PKI mounts: name and the moment each ends.
    pub fn certificates(&self) -> Vec<(String, Time)> {
        let state = lock(&self.state);
        let engines = state.mounts.values().filter_map(|mount| match &mount.engine {
            Engine::Pki(pki) => Some(pki.as_ref()),
            _ => None,
        });
        engines.flat_map(pki::Pki::endings).collect()
    }

    /// Breaks a workload's renewal, as an expired agent token does, and leaves its lease `left` to live.
    /// It lasts until the workload's pods have all been replaced. Says whether the workload holds a lease.
    pub fn break_renewal(&self, env: &Env, namespace: &str, workload: &str, left: Duration) -> bool {
        let now = env.now();
        let mut state = lock(&self.state);
        let State { core, holders, .. } = &mut *state;
        let held = holders.iter_mut().find(|h| h.namespace == namespace && h.workload == workload);
        let Some(holder) = held else { return false };
        holder.broken = Some(now);
        let Some(lease) = core.leases.get_mut(&holder.lease) else { return false };
        lease.expires = lease.expires.min(now.plus(left));
        env.credentials.expire(&holder.path(), Some(lease.expires));
        env.credentials.expire(&lease.id, Some(lease.expires));
        true
    }

    /// Makes it as if the last scheduled rotation of a static role had been missed. Says whether there is such a role.
    pub fn miss_rotation(&self, now: Time, mount: &str, role: &str) -> bool {
        let mut state = lock(&self.state);
        let Some(Engine::Database(db)) = state.mounts.get_mut(mount).map(|mount| &mut mount.engine) else {
            return false;
        };
        db.statics.get_mut(role).map(|role| role.miss(now)).is_some()
    }
}

impl State {
    fn answer(&mut self, env: &Env, now: Time, request: &Request) -> Result<Answer, Refusal> {
        let path = request.path.as_str();
        if let Some(answer) = sys::without_token(self, env, now, request) {
            return answer;
        }
        if self.core.seal.sealed {
            return Err(Refusal::new(503, "Vault is sealed"));
        }
        if request.namespace.as_deref().is_some_and(|name| !matches!(name.trim_matches('/'), "" | "root")) {
            return Err(Refusal::new(404, "namespace not found"));
        }
        if path.ends_with('/') && matches!(request.op, Op::Write | Op::Patch) {
            return Err(Refusal::new(400, "cannot write to a path ending in '/'"));
        }
        if let Some(answer) = self.without_login(now, request) {
            return answer;
        }
        let denied = || Refusal::new(403, "permission denied");
        let id = request.token.clone().ok_or_else(denied)?;
        let token = self.core.token(&id, now).cloned().ok_or_else(denied)?;
        let caps = self.core.caps(&token, path, Some(request.op));
        let fresh = request.op == Op::Write && self.is_fresh(path);
        let allowed = token.is_root() || caps.allow(request.op, fresh);
        if !allowed || (sys::needs_sudo(path) && !token.is_root() && !caps.sudo()) {
            return Err(Refusal::denied());
        }
        self.use_up(env, &token, now);
        let answer = self.route(env, now, request, &token)?;
        Ok(match request.wrap {
            Some(ttl) => wrap::wrap(&mut self.core, answer, ttl, path, now),
            None => answer,
        })
    }

    /// Logins and the unwrapping of what someone else wrapped.
    fn without_login(&mut self, now: Time, request: &Request) -> Option<Result<Answer, Refusal>> {
        if let Some(user) = request.path.strip_prefix("auth/userpass/login/") {
            return Some(auth::login(&mut self.core, user, request, now));
        }
        let wrapping = request.path.strip_prefix("sys/wrapping/").filter(|verb| *verb != "wrap")?;
        let own = request.token.as_deref().is_some_and(|id| self.core.wraps.contains_key(id));
        if wrapping == "unwrap" && !own && request.text("token").is_none() {
            let known = request.token.as_deref().is_some_and(|id| self.core.token(id, now).is_some());
            let error = if known { "missing \"token\" value in input" } else { wrap::GONE };
            return Some(Err(Refusal::new(400, error)));
        }
        Some(wrap::answer(&mut self.core, wrapping, request, now))
    }

    /// Counts a use of a token that has only so many.
    fn use_up(&mut self, env: &Env, token: &Token, now: Time) {
        if token.num_uses == 0 {
            return;
        }
        if token.num_uses == 1 {
            auth::revoke(self, env, &token.id, now);
        } else if let Some(held) = self.core.tokens.get_mut(&token.id) {
            held.num_uses -= 1;
        }
    }

    /// Whether a write on a path would create: only KV v2 asks.
    fn is_fresh(&self, path: &str) -> bool {
        self.mount_of(path).is_some_and(|name| match &self.mounts[&name].engine {
            Engine::Kv(kv) => kv.is_fresh(&path[name.len()..]),
            _ => false,
        })
    }

    /// The name of the mount that a path is under, with its slash.
    fn mount_of(&self, path: &str) -> Option<String> {
        let under = |name: &&String| path.starts_with(name.as_str()) || format!("{path}/") == **name;
        self.mounts.keys().filter(under).max_by_key(|name| name.len()).cloned()
    }

    fn route(&mut self, env: &Env, now: Time, request: &Request, token: &Token) -> Result<Answer, Refusal> {
        let path = request.path.as_str();
        if let Some(rest) = path.strip_prefix("sys/") {
            return sys::answer(self, env, now, request, rest, token);
        }
        if let Some(rest) = path.strip_prefix("auth/token/") {
            return auth::answer(self, env, now, request, rest, token);
        }
        let Some(name) = self.mount_of(path) else {
            return Err(Refusal::new(404, format!("no handler for route {path:?}. route entry not found.")));
        };
        let rest = path.get(name.len()..).unwrap_or_default().to_owned();
        let Some(mount) = self.mounts.get_mut(&name) else { return Err(Refusal::missing()) };
        let ttls = mount.ttls();
        match &mut mount.engine {
            Engine::Kv(kv) => kv::answer(kv, &name, env, now, request, &rest),
            Engine::Database(db) => {
                database::answer(db, &mut self.core, &name, ttls, env, now, request, &rest, token)
            }
            Engine::Pki(pki) => pki::answer(pki, &mut self.core, &name, ttls, now, request, &rest),
            Engine::Cubbyhole => wrap::cubbyhole(&mut self.core, &token.id, request, &rest),
            Engine::System | Engine::Identity | Engine::Auth => Err(Refusal::unsupported_path()),
        }
    }
}

#[cfg(test)]
mod tests;
