//! The `sys` paths: seal, mounts, policies, capabilities; leases and wrapping have their own files.

use serde_json::{Map, Value, json};

use super::{
    Answer, COMMITTED, Core, Engine, Mount, Op, Policy, Refusal, Request, State, VERSION, acl, auth::Token,
    database, kv, lease, pki, seal, wrap,
};
use crate::{model::Time, sim::Env};

/// Whether a path needs `sudo` besides its capability; OpenBao's `PathsSpecial.Root`.
pub(super) fn needs_sudo(path: &str) -> bool {
    const PREFIXES: [&str; 11] = [
        "sys/auth/",
        "sys/audit/",
        "sys/raw/",
        "sys/revoke-prefix/",
        "sys/revoke-force/",
        "sys/leases/revoke-prefix/",
        "sys/leases/revoke-force/",
        "sys/leases/lookup/",
        "sys/internal/inspect/",
        "auth/token/accessors",
        "auth/token/revoke-orphan/",
    ];
    const EXACT: [&str; 7] =
        ["sys/remount", "sys/audit", "sys/raw", "sys/rotate", "sys/leases", "sys/seal", "sys/step-down"];
    EXACT.contains(&path) || PREFIXES.iter().any(|prefix| path.starts_with(prefix))
}

/// The paths that answer without a token, some of them also while sealed.
pub(super) fn without_token(
    state: &mut State,
    env: &Env,
    now: Time,
    request: &Request,
) -> Option<Result<Answer, Refusal>> {
    let core = &mut state.core;
    let answer = match (request.path.as_str(), request.op) {
        ("sys/seal-status", Op::Read) => Ok(Answer::Raw(200, seal::status(core))),
        ("sys/health", Op::Read) => Ok(seal::health(core, request, now)),
        ("sys/leader", Op::Read) => seal::leader(core),
        ("sys/init", Op::Read) => Ok(Answer::Raw(200, json!({ "initialized": true }))),
        ("sys/init", Op::Write) => Err(Refusal::new(400, "Vault is already initialized")),
        ("sys/unseal", Op::Write) => seal::unseal(core, request),
        ("sys/seal-status" | "sys/health" | "sys/leader" | "sys/init" | "sys/unseal", _) => {
            Err(Refusal { status: 405, errors: Vec::new() })
        }
        (path, op) if path == UI_MOUNTS || path.starts_with("sys/internal/ui/mounts/") => {
            if core.seal.sealed {
                return None;
            }
            let token = request.token.as_deref().and_then(|id| core.token(id, now)).cloned();
            ui_mounts(state, env, op, path, token.as_ref())
        }
        _ => return None,
    };
    Some(answer)
}

const UI_MOUNTS: &str = "sys/internal/ui/mounts";

/// The mounts that a token can see something of.
fn ui_mounts(state: &State, _: &Env, op: Op, path: &str, token: Option<&Token>) -> Result<Answer, Refusal> {
    if op != Op::Read {
        return Err(Refusal::new(405, "unsupported operation"));
    }
    let sees = |name: &str| token.is_some_and(|token| token.is_root() || sees(&state.core, token, name));
    if let Some(below) = path.strip_prefix("sys/internal/ui/mounts/").filter(|below| !below.is_empty()) {
        let found = state.mount_of(below).filter(|name| sees(name));
        let Some((name, mount)) = found.and_then(|name| state.mounts.get_key_value(&name)) else {
            return Err(Refusal::new(
                403,
                format!(
                    "preflight capability check returned 403, please ensure client's policies grant access to path \"{}/\"",
                    below.trim_end_matches('/')
                ),
            ));
        };
        let mut data = mount.describe();
        data["path"] = json!(name);
        return Ok(Answer::data(data));
    }
    let secret: Map<_, _> =
        state.mounts.iter().filter(|(name, _)| sees(name)).map(|(n, m)| (n.clone(), m.describe())).collect();
    let auth: Map<_, _> = state
        .auths
        .iter()
        .filter(|(name, _)| sees(&format!("auth/{name}")))
        .map(|(n, m)| (n.clone(), m.describe()))
        .collect();
    Ok(Answer::data(json!({ "auth": auth, "secret": secret })))
}

/// Whether any rule of a token's policies reaches below a mount.
fn sees(core: &Core, token: &Token, mount: &str) -> bool {
    let rules = token.policies.iter().filter_map(|name| core.policies.get(name)).flat_map(|p| &p.rules);
    rules.filter(|rule| rule.caps.names() != ["deny"]).any(|rule| {
        let fixed = rule.path.split(['*', '+']).next().unwrap_or_default();
        rule.path.starts_with(mount) || (fixed.len() < rule.path.len() && mount.starts_with(fixed))
    })
}

/// The other `sys` paths; `path` is below `sys/`.
pub(super) fn answer(
    state: &mut State,
    env: &Env,
    now: Time,
    request: &Request,
    path: &str,
    token: &Token,
) -> Result<Answer, Refusal> {
    let write = request.op == Op::Write;
    let (head, rest) = path.split_once('/').unwrap_or((path, ""));
    match (head, rest) {
        ("leases", rest) => lease::answer(state, env, now, request, rest),
        ("renew" | "revoke" | "revoke-prefix" | "revoke-force", _) => {
            lease::answer(state, env, now, request, path)
        }
        ("mounts", "") if request.op == Op::Read => Ok(Answer::mirrored(described(&state.mounts))),
        ("auth", "") if request.op == Op::Read => Ok(Answer::mirrored(described(&state.auths))),
        ("mounts", name) => mounts(state, env, request, name, now),
        ("policies", rest) => match rest.strip_prefix("acl") {
            Some(name) => policies(&mut state.core, request, name.trim_start_matches('/'), now),
            None => Err(Refusal::unsupported_path()),
        },
        ("policy", name) => policies(&mut state.core, request, name, now),
        ("capabilities-self", "") if write => capabilities(&state.core, request, Some(&token.id), now),
        ("capabilities", "") if write => capabilities(&state.core, request, request.text("token"), now),
        ("ha-status", "") if request.op == Op::Read => {
            Ok(Answer::mirrored(seal::ha_status(&state.core, env)))
        }
        ("key-status", "") if request.op == Op::Read => Ok(Answer::mirrored(json!({
            "encryptions": 112,
            "install_time": state.core.started.to_string(),
            "term": 1,
        }))),
        ("version-history", "") if request.op == Op::List => Ok(Answer::data(json!({
            "key_info": { VERSION: {
                "commit_date": COMMITTED,
                "previous_version": null,
                "timestamp_installed": state.core.started.rfc3339(),
            } },
            "keys": [VERSION],
        }))),
        ("audit", "") if request.op == Op::Read => Ok(Answer::data(json!({}))),
        ("namespaces", "") if request.op == Op::List => Err(Refusal::missing()),
        ("internal", "ui/resultant-acl") if request.op == Op::Read => Ok(resultant_acl(&state.core, token)),
        ("seal", "") if write => {
            state.core.seal.seal();
            Ok(Answer::Nothing)
        }
        ("wrapping", "wrap") if write => {
            let data = Answer::data(Value::Object(request.body.clone()));
            let ttl = request.wrap.unwrap_or(std::time::Duration::from_secs(300));
            Ok(wrap::wrap(&mut state.core, data, ttl, "sys/wrapping/wrap", now))
        }
        ("replication", _) => Err(Refusal::new(404, "unsupported path")),
        ("capabilities-self" | "capabilities" | "ha-status" | "key-status" | "seal" | "auth", "") => {
            Err(Refusal::unsupported_operation())
        }
        _ => Err(Refusal::unsupported_path()),
    }
}

fn described(mounts: &std::collections::BTreeMap<String, Mount>) -> Value {
    mounts.iter().map(|(name, mount)| (name.clone(), mount.describe())).collect::<Map<_, _>>().into()
}

/// `sys/mounts/<name>`: read, make or take away one mount.
fn mounts(state: &mut State, env: &Env, request: &Request, name: &str, now: Time) -> Result<Answer, Refusal> {
    let name = format!("{}/", name.trim_end_matches("/tune").trim_end_matches('/'));
    match request.op {
        Op::Read => {
            let none = || Refusal::new(400, format!("No secret engine mount at {name}"));
            let mount = state.mounts.get(&name).ok_or_else(none)?;
            Ok(Answer::mirrored(mount.describe()))
        }
        Op::Write => {
            if state.mounts.keys().any(|held| held.starts_with(&name) || name.starts_with(held)) {
                return Err(Refusal::new(400, format!("path is already in use at {name}")));
            }
            let kind = request.text("type").unwrap_or_default();
            let (kind, engine) = match kind {
                "kv" | "kv-v2" => ("kv", Engine::Kv(Box::<kv::Kv>::default())),
                "database" => ("database", Engine::Database(Box::<database::Database>::default())),
                "pki" => ("pki", Engine::Pki(Box::<pki::Pki>::default())),
                other => return Err(Refusal::new(400, format!("plugin not found in the catalog: {other}"))),
            };
            let about = request.text("description").unwrap_or_default();
            let mut mount = Mount::new(&mut state.core, kind, about, engine);
            if let Some(Value::Object(config)) = request.body.get("config") {
                let config = Request::new(Op::Write, "", "").with(Value::Object(config.clone()));
                mount.default_ttl = config.seconds("default_lease_ttl")?.unwrap_or(0);
                mount.max_ttl = config.seconds("max_lease_ttl")?.unwrap_or(0);
            }
            state.mounts.insert(name, mount);
            Ok(Answer::Nothing)
        }
        Op::Delete => {
            let ids: Vec<_> = state.core.leases.keys().filter(|id| id.starts_with(&name)).cloned().collect();
            for id in ids {
                lease::revoke(state, env, &id, true, now).map_err(|error| Refusal::new(400, error))?;
            }
            state.mounts.remove(&name);
            Ok(Answer::Nothing)
        }
        Op::List | Op::Scan | Op::Patch => Err(Refusal::unsupported_operation()),
    }
}

fn policies(core: &mut Core, request: &Request, name: &str, now: Time) -> Result<Answer, Refusal> {
    match (request.op, name) {
        (Op::List | Op::Read, "") => {
            let keys = core.policies.keys().map(String::as_str).chain(["root"]);
            Ok(Answer::data(json!({ "keys": keys.collect::<Vec<_>>() })))
        }
        (Op::Read, "root") => Ok(policy("root", "", Time::default(), 0)),
        (Op::Read, name) => {
            let held = core.policies.get(name).ok_or_else(Refusal::missing)?;
            Ok(policy(name, &held.text, held.modified, held.version))
        }
        (Op::Write, "root") => Err(Refusal::new(400, "cannot update \"root\" policy")),
        (Op::Write, name) if !name.is_empty() => {
            let text = request.text("policy").or(request.text("rules")).unwrap_or_default().to_owned();
            if text.is_empty() {
                return Err(Refusal::new(400, "'policy' parameter not supplied or empty"));
            }
            let rules = acl::parse(&text).map_err(|error| Refusal::new(400, error))?;
            let version = core.policies.get(name).map_or(1, |held| held.version + 1);
            core.policies.insert(name.to_owned(), Policy { text, rules, modified: now, version });
            Ok(Answer::Nothing)
        }
        (Op::Delete, "root" | "default") => Err(Refusal::new(400, format!("cannot delete {name:?} policy"))),
        (Op::Delete, name) => {
            core.policies.remove(name);
            Ok(Answer::Nothing)
        }
        _ => Err(Refusal::unsupported_operation()),
    }
}

fn policy(name: &str, text: &str, modified: Time, version: u64) -> Answer {
    Answer::data(json!({
        "allow_slashes_in_identity_templates": false,
        "allow_wildcards_in_identity_templates": false,
        "cas_required": false,
        "modified": modified.to_string(),
        "name": name,
        "policy": text,
        "version": version,
    }))
}

fn capabilities(core: &Core, request: &Request, id: Option<&str>, now: Time) -> Result<Answer, Refusal> {
    let token = id.and_then(|id| core.token(id, now)).ok_or_else(|| Refusal::new(400, "invalid token"))?;
    let paths = request.texts("paths").or_else(|| request.texts("path")).unwrap_or_default();
    if paths.is_empty() {
        return Err(Refusal::new(400, "paths must be supplied"));
    }
    let mut data = Map::new();
    for path in &paths {
        let names = if token.is_root() { vec!["root"] } else { core.caps(token, path, None).names() };
        data.insert(path.clone(), json!(names));
    }
    if let [path] = paths.as_slice() {
        let names = data[path].clone();
        data.insert("capabilities".into(), names);
    }
    Ok(Answer::mirrored(Value::Object(data)))
}

fn resultant_acl(core: &Core, token: &Token) -> Answer {
    if token.is_root() {
        return Answer::data(json!({ "root": true }));
    }
    let rules = token.policies.iter().filter_map(|name| core.policies.get(name)).flat_map(|p| &p.rules);
    let (mut exact, mut glob) = (Map::new(), Map::new());
    for rule in rules {
        let caps = json!({ "capabilities": rule.caps.names() });
        match rule.path.strip_suffix('*') {
            Some(prefix) => glob.insert(prefix.to_owned(), caps),
            None => exact.insert(rule.path.clone(), caps),
        };
    }
    Answer::data(json!({ "exact_paths": exact, "glob_paths": glob, "root": false }))
}
