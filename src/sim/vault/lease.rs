//! Leases: what was handed out for a time, renewed, and taken back.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};

use super::{
    Answer, Core, Engine, Op, Refusal, Request, Secret, State, auth, database,
    wire::{self, short_duration},
};
use crate::{model::Time, sim::Env};

/// How often a revocation is tried before the lease is given up as irrevocable; see OpenBao's expiration manager.
const TRIES: u32 = 6;

/// One lease.
#[derive(Clone, Debug)]
pub(super) struct Lease {
    pub(super) id: String,
    /// The path that gave it.
    pub(super) path: String,
    pub(super) issued: Time,
    pub(super) expires: Time,
    pub(super) last_renewal: Option<Time>,
    pub(super) renewable: bool,
    /// In seconds.
    pub(super) ttl: u64,
    pub(super) max_ttl: u64,
    /// The accessor of the token that took it.
    pub(super) token: String,
    pub(super) secret: Leased,
    tries: u32,
    retry: Option<Time>,
    /// Why it cannot be revoked.
    pub(super) irrevocable: Option<String>,
}

/// What a lease stands for.
#[derive(Clone, Debug)]
pub(super) enum Leased {
    /// A user in a database.
    User {
        /// Where the database is.
        host: String,
        /// What is run to drop the user.
        revocation: Vec<String>,
    },
    /// A certificate of a PKI mount.
    Certificate {
        /// Its serial number.
        serial: String,
        /// The mount.
        mount: String,
    },
}

/// What a new lease is made of.
pub(super) struct Terms<'a> {
    pub(super) path: String,
    pub(super) ttl: u64,
    pub(super) max_ttl: u64,
    pub(super) renewable: bool,
    pub(super) token: &'a str,
    pub(super) secret: Leased,
}

/// Hands out a lease; says its id.
pub(super) fn grant(core: &mut Core, terms: Terms<'_>, now: Time) -> String {
    let id = format!("{}/{}", terms.path, core.letters(24));
    let lease = Lease {
        id: id.clone(),
        path: terms.path,
        issued: now,
        expires: now.plus(Duration::from_secs(terms.ttl)),
        last_renewal: None,
        renewable: terms.renewable,
        ttl: terms.ttl,
        max_ttl: terms.max_ttl,
        token: terms.token.to_owned(),
        secret: terms.secret,
        tries: 0,
        retry: None,
        irrevocable: None,
    };
    core.leases.insert(id.clone(), lease);
    id
}

/// The warning about a time to live that was cut.
pub(super) fn capped(wanted: u64, got: u64) -> String {
    format!(
        "TTL of \"{}\" exceeded the effective max_ttl of \"{}\"; TTL value is capped accordingly",
        short_duration(wanted),
        short_duration(got)
    )
}

/// Makes a lease live longer; says the new time to live and the warnings.
pub(super) fn extend(
    core: &mut Core,
    env: &Env,
    id: &str,
    increment: Option<u64>,
    now: Time,
) -> Result<(u64, Vec<String>), Refusal> {
    let held = core.leases.get_mut(id).filter(|lease| lease.expires > now);
    let lease = held.ok_or_else(|| Refusal::new(400, "lease not found"))?;
    if !lease.renewable {
        return Err(Refusal::new(400, "lease is not renewable"));
    }
    let wanted = increment.filter(|seconds| *seconds > 0).unwrap_or(lease.ttl);
    let left = lease.issued.plus(Duration::from_secs(lease.max_ttl)).since(now);
    let ttl = wanted.min(left.as_secs_f64().round() as u64);
    let warnings = if ttl < wanted { vec![capped(wanted, ttl)] } else { Vec::new() };
    lease.expires = now.plus(Duration::from_secs(wanted).min(left));
    lease.last_renewal = Some(now);
    env.credentials.expire(id, Some(lease.expires));
    Ok((ttl, warnings))
}

/// Takes a lease back now.
pub(super) fn revoke(state: &mut State, env: &Env, id: &str, force: bool, now: Time) -> Result<(), String> {
    let Some(lease) = state.core.leases.get(id) else { return Ok(()) };
    match lease.secret.clone() {
        Leased::User { host, revocation } => {
            if let Err(error) = database::run(env, &host, &revocation)
                && !force
            {
                return Err(error);
            }
        }
        Leased::Certificate { serial, mount } => {
            if let Some(Engine::Pki(pki)) = state.mounts.get_mut(&mount).map(|mount| &mut mount.engine) {
                pki.revoke(&serial, now);
            }
        }
    }
    state.core.leases.remove(id);
    env.credentials.expire(id, Some(now));
    if let Some(holder) = state.holders.iter().find(|holder| holder.lease == id) {
        env.credentials.expire(&holder.path(), Some(now));
    }
    Ok(())
}

/// Lets a lease run out now; the next step of the simulation takes it back.
pub(super) fn revoke_lazily(state: &mut State, env: &Env, id: &str, now: Time) {
    if let Some(lease) = state.core.leases.get_mut(id) {
        lease.expires = now;
        (lease.tries, lease.retry, lease.irrevocable) = (0, None, None);
        env.credentials.expire(id, Some(now));
    }
}

/// Takes back what has run out; what cannot be taken back is tried again, later given up.
pub(super) fn expire(state: &mut State, env: &Env, now: Time) {
    let due = |lease: &&Lease| {
        lease.expires <= now && lease.irrevocable.is_none() && lease.retry.is_none_or(|at| at <= now)
    };
    let over: Vec<_> = state.core.leases.values().filter(due).map(|lease| lease.id.clone()).collect();
    for id in over {
        if let Err(error) = revoke(state, env, &id, false, now)
            && let Some(lease) = state.core.leases.get_mut(&id)
        {
            lease.tries += 1;
            lease.retry = Some(now.plus(Duration::from_secs(10 << lease.tries)));
            if lease.tries >= TRIES {
                lease.irrevocable = Some(error);
            }
        }
    }
}

/// Everything under `sys/leases`, and the older `sys/renew` and `sys/revoke`.
pub(super) fn answer(
    state: &mut State,
    env: &Env,
    now: Time,
    request: &Request,
    path: &str,
) -> Result<Answer, Refusal> {
    let (verb, rest) = path.split_once('/').unwrap_or((path, ""));
    match (verb, request.op) {
        ("" | "irrevocable", Op::Read) => irrevocable(&state.core, request),
        ("count", Op::Read) => count(state, request),
        ("lookup", Op::List) => list(state, rest),
        ("lookup", Op::Write) if rest.is_empty() => lookup(state, request, now),
        ("renew", Op::Write) => {
            let id = lease_id(request, rest)?;
            let (ttl, warnings) = extend(&mut state.core, env, &id, request.seconds("increment")?, now)?;
            state.follow(env, &id);
            let secret = Secret { lease: Some((id, ttl, true)), warnings, ..Secret::default() };
            Ok(Answer::Secret(Box::new(secret)))
        }
        ("revoke", Op::Write) => {
            let id = lease_id(request, rest)?;
            if request.flag("sync") {
                revoke_one(state, env, &id, now).map_err(|error| Refusal::new(400, error))?;
            } else {
                lazily(state, env, &id, now);
            }
            Ok(Answer::Nothing)
        }
        ("revoke-prefix", Op::Write) => revoke_prefix(state, env, request, rest, now),
        ("revoke-force", Op::Write) => {
            for id in below(state, rest) {
                revoke(state, env, &id, true, now).map_err(|error| Refusal::new(400, error))?;
            }
            Ok(Answer::Nothing)
        }
        ("tidy", Op::Write) => {
            let warnings =
                vec!["Tidy operation successfully started. Any information from the operation will be printed to OpenBao's server logs.".to_owned()];
            Ok(Answer::Secret(Box::new(Secret { warnings, ..Secret::default() })))
        }
        (
            "" | "irrevocable" | "count" | "lookup" | "renew" | "revoke" | "revoke-prefix" | "revoke-force",
            _,
        ) => Err(Refusal::unsupported_operation()),
        _ => Err(Refusal::unsupported_path()),
    }
}

fn lease_id(request: &Request, rest: &str) -> Result<String, Refusal> {
    let id = request.text("lease_id").or(request.text("url_lease_id")).unwrap_or(rest);
    if id.is_empty() { Err(Refusal::new(400, "lease_id must be specified")) } else { Ok(id.to_owned()) }
}

fn revoke_one(state: &mut State, env: &Env, id: &str, now: Time) -> Result<(), String> {
    if let Some(token) = token_of(&state.core, id) {
        auth::revoke(state, env, &token, now);
        return Ok(());
    }
    revoke(state, env, id, false, now)
        .map_err(|error| format!("failed to revoke entry: resp: (*logical.Response)(nil) err: {error}"))
}

fn lazily(state: &mut State, env: &Env, id: &str, now: Time) {
    match token_of(&state.core, id) {
        Some(token) => auth::revoke(state, env, &token, now),
        None => revoke_lazily(state, env, id, now),
    }
}

fn revoke_prefix(
    state: &mut State,
    env: &Env,
    request: &Request,
    prefix: &str,
    now: Time,
) -> Result<Answer, Refusal> {
    let ids = below(state, prefix);
    for (at, id) in ids.iter().enumerate() {
        if request.flag("sync") {
            revoke_one(state, env, id, now).map_err(|error| {
                Refusal::new(400, format!("failed to revoke {id:?} ({} / {}): {error}", at + 1, ids.len()))
            })?;
        } else {
            lazily(state, env, id, now);
        }
    }
    Ok(Answer::Nothing)
}

/// The token behind a token lease.
fn token_of(core: &Core, id: &str) -> Option<String> {
    if !id.starts_with("auth/") {
        return None;
    }
    core.tokens.values().find(|token| token.lease_id().as_deref() == Some(id)).map(|token| token.id.clone())
}

/// Every lease id, those of tokens too.
fn ids(state: &State) -> impl Iterator<Item = String> {
    let tokens = state.core.tokens.values().filter_map(auth::Token::lease_id);
    state.core.leases.keys().cloned().chain(tokens)
}

fn below(state: &State, prefix: &str) -> Vec<String> {
    let prefix = format!("{}/", prefix.trim_end_matches('/'));
    ids(state).filter(|id| id.starts_with(&prefix)).collect()
}

fn list(state: &State, prefix: &str) -> Result<Answer, Refusal> {
    let prefix = prefix.trim_end_matches('/');
    let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    let level =
        |id: String| id.strip_prefix(&prefix).and_then(|r| r.split_inclusive('/').next().map(str::to_owned));
    let keys: BTreeSet<_> = ids(state).filter_map(level).collect();
    Answer::keys(keys.into_iter().collect())
}

fn lookup(state: &State, request: &Request, now: Time) -> Result<Answer, Refusal> {
    let id = lease_id(request, "")?;
    if let Some(token) = token_of(&state.core, &id).and_then(|id| state.core.tokens.get(&id)) {
        let left = token.expires.map_or(0, |expires| expires.since(now).as_secs());
        return Ok(Answer::data(json!({
            "expire_time": token.expires.map(|expires| expires.to_string()),
            "id": id,
            "issue_time": token.issued.to_string(),
            "last_renewal": null,
            "path": token.path,
            "renewable": token.renewable,
            "ttl": left,
        })));
    }
    let lease = state.core.leases.get(&id).ok_or_else(|| Refusal::new(400, "invalid lease"))?;
    Ok(Answer::data(json!({
        "expire_time": lease.expires.to_string(),
        "id": id,
        "issue_time": lease.issued.to_string(),
        "last_renewal": lease.last_renewal.map(|at| at.to_string()),
        "path": lease.path,
        "renewable": lease.renewable,
        "ttl": lease.expires.since(now).as_secs_f64().round() as u64,
    })))
}

fn wants_irrevocable(request: &Request) -> Result<bool, Refusal> {
    match request.text("type") {
        Some("irrevocable") => Ok(true),
        None | Some("") => Ok(false),
        Some(other) => Err(Refusal::new(400, format!("unknown lease type {other:?}"))),
    }
}

fn irrevocable(core: &Core, request: &Request) -> Result<Answer, Refusal> {
    if !wants_irrevocable(request)? {
        return Err(Refusal::new(400, "only irrevocable leases can be listed: set type=irrevocable"));
    }
    let lost = core.leases.values().filter_map(|lease| Some((lease, lease.irrevocable.as_ref()?)));
    let leases: Vec<_> =
        lost.map(|(lease, error)| json!({ "lease_id": lease.id, "error": wire::framed(error) })).collect();
    Ok(Answer::data(json!({ "lease_count": leases.len(), "leases": leases })))
}

fn count(state: &State, request: &Request) -> Result<Answer, Refusal> {
    let only = wants_irrevocable(request)?;
    let leases = state.core.leases.values().filter(|lease| !only || lease.irrevocable.is_some());
    let mut counts = serde_json::Map::new();
    let mut total = 0_u64;
    for lease in leases {
        total += 1;
        let name = state.mount_of(&lease.path).unwrap_or_default();
        let accessor = state.mounts.get(&name).map(|mount| mount.accessor.clone()).unwrap_or_default();
        let held = counts.get(&accessor).and_then(Value::as_u64).unwrap_or(0);
        counts.insert(accessor, json!(held + 1));
    }
    Ok(Answer::data(json!({ "counts": counts, "lease_count": total })))
}
