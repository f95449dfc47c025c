//! Tokens: made by a login or another token, renewed, revoked with their leases.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Answer, Core, Op, Refusal, Request, SYSTEM_TTL, State, lease, seed};
use crate::{
    model::Time,
    sim::{Env, identity},
};

/// One token.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) id: String,
    pub(super) accessor: String,
    pub(super) policies: Vec<String>,
    pub(super) meta: Option<BTreeMap<String, String>>,
    /// The path that made it, for example `auth/token/create`.
    pub(super) path: String,
    pub(super) display_name: String,
    pub(super) issued: Time,
    /// Its time to live at creation, in seconds; 0 for ever.
    pub(super) creation_ttl: u64,
    pub(super) explicit_max_ttl: u64,
    /// In seconds; a periodic token can be renewed for ever.
    pub(super) period: u64,
    pub(super) expires: Option<Time>,
    /// How often it may still be used; 0 for any number.
    pub(super) num_uses: u64,
    pub(super) renewable: bool,
    pub(super) batch: bool,
    pub(super) parent: Option<String>,
    pub(super) last_renewal: Option<Time>,
}

impl Token {
    pub(super) fn is_root(&self) -> bool {
        self.policies.iter().any(|policy| policy == "root")
    }

    /// Its name among the leases: the path that made it and a hash.
    pub(super) fn lease_id(&self) -> Option<String> {
        self.expires?;
        let mut id = format!("{}/h", self.path);
        for byte in Sha256::digest(self.id.as_bytes()) {
            let _ = write!(id, "{byte:02x}");
        }
        Some(id)
    }

    fn describe(&self, now: Time, id: &str) -> Value {
        let mut data = json!({
            "accessor": self.accessor,
            "creation_time": self.issued.secs(),
            "creation_ttl": self.creation_ttl,
            "display_name": self.display_name,
            "entity_id": "",
            "expire_time": self.expires.map(|expires| expires.to_string()),
            "explicit_max_ttl": self.explicit_max_ttl,
            "id": id,
            "issue_time": self.issued.to_string(),
            "meta": self.meta,
            "num_uses": self.num_uses,
            "orphan": self.parent.is_none(),
            "path": self.path,
        });
        if let Some(at) = self.last_renewal {
            data["last_renewal"] = json!(at.to_string());
            data["last_renewal_time"] = json!(at.secs());
        }
        if self.period > 0 {
            data["period"] = json!(self.period);
        }
        data["policies"] = json!(self.policies);
        data["renewable"] = json!(self.renewable);
        data["ttl"] =
            json!(self.expires.map_or(0, |expires| expires.since(now).as_secs_f64().round() as u64));
        data["type"] = json!(if self.batch { "batch" } else { "service" });
        data
    }

    fn auth(&self, duration: u64) -> Value {
        json!({
            "client_token": self.id,
            "accessor": self.accessor,
            "policies": self.policies,
            "token_policies": self.policies,
            "metadata": self.meta,
            "lease_duration": duration,
            "renewable": self.renewable,
            "entity_id": "",
            "token_type": if self.batch { "batch" } else { "service" },
            "orphan": self.parent.is_none(),
            "mfa_requirement": null,
            "num_uses": self.num_uses,
        })
    }
}

/// `auth/userpass/login/<name>`.
pub(super) fn login(core: &mut Core, user: &str, request: &Request, now: Time) -> Result<Answer, Refusal> {
    let known = identity::by_name(user).filter(|user| request.text("password") == Some(user.password));
    let Some(user) = known.filter(|_| request.op == Op::Write) else {
        return Err(Refusal::new(400, "invalid username or password"));
    };
    let token = Token {
        id: format!("s.{}", core.letters(24)),
        accessor: core.letters(24),
        policies: seed::policies_of(user.right(core.env)),
        meta: Some([("username".to_owned(), user.name.to_owned())].into()),
        path: format!("auth/userpass/login/{}", user.name),
        display_name: format!("userpass-{}", user.name),
        issued: now,
        creation_ttl: 8 * 3_600,
        explicit_max_ttl: 0,
        period: 0,
        expires: Some(now.plus(Duration::from_secs(8 * 3_600))),
        num_uses: 0,
        renewable: true,
        batch: false,
        parent: None,
        last_renewal: None,
    };
    let auth = token.auth(token.creation_ttl);
    core.tokens.insert(token.id.clone(), token);
    Ok(Answer::auth(auth))
}

/// Everything under `auth/token/`.
pub(super) fn answer(
    state: &mut State,
    env: &Env,
    now: Time,
    request: &Request,
    path: &str,
    own: &Token,
) -> Result<Answer, Refusal> {
    let write = request.op == Op::Write;
    match path.trim_end_matches('/') {
        "lookup-self" if request.op == Op::Read || write => Ok(Answer::data(own.describe(now, &own.id))),
        "lookup" => {
            let id = request.text("token").unwrap_or(&own.id);
            let found = state.core.token(id, now).ok_or_else(|| Refusal::new(403, "bad token"))?;
            Ok(Answer::data(found.describe(now, &found.id)))
        }
        "lookup-accessor" if write => {
            let id = by_accessor(&state.core, request)?;
            let found = state.core.token(&id, now).ok_or_else(Refusal::missing)?;
            Ok(Answer::data(found.describe(now, "")))
        }
        "accessors" if request.op == Op::List => {
            let good = state.core.tokens.values().filter(|token| state.core.token(&token.id, now).is_some());
            Answer::keys(good.map(|token| token.accessor.clone()).collect())
        }
        "create" | "create-orphan" if write => create(state, now, request, own, path == "create-orphan"),
        "renew-self" if write => renew(&mut state.core, &own.id, request, now),
        "renew" if write => {
            let id = request.text("token").unwrap_or(&own.id).to_owned();
            renew(&mut state.core, &id, request, now)
        }
        "renew-accessor" if write => {
            let id = by_accessor(&state.core, request)?;
            renew(&mut state.core, &id, request, now)
        }
        "revoke-self" if write => {
            revoke(state, env, &own.id, now);
            Ok(Answer::Nothing)
        }
        "revoke" if write => {
            let id = request.text("token").ok_or_else(|| Refusal::new(400, "missing token ID"))?.to_owned();
            revoke(state, env, &id, now);
            Ok(Answer::Nothing)
        }
        "revoke-accessor" if write => {
            let id = by_accessor(&state.core, request)?;
            revoke(state, env, &id, now);
            Ok(Answer::Nothing)
        }
        "lookup-self" | "lookup-accessor" | "accessors" | "create" | "create-orphan" | "renew-self"
        | "renew" | "revoke-self" | "revoke" | "revoke-accessor" | "renew-accessor" => {
            Err(Refusal::unsupported_operation())
        }
        _ => Err(Refusal::unsupported_path()),
    }
}

fn by_accessor(core: &Core, request: &Request) -> Result<String, Refusal> {
    let accessor = request.text("accessor").ok_or_else(|| Refusal::new(400, "missing accessor"))?;
    let found = core.tokens.values().find(|token| token.accessor == accessor);
    found.map(|token| token.id.clone()).ok_or_else(|| Refusal::framed(403, "invalid accessor"))
}

fn create(
    state: &mut State,
    now: Time,
    request: &Request,
    own: &Token,
    orphan: bool,
) -> Result<Answer, Refusal> {
    let core = &mut state.core;
    let sudo = own.is_root() || core.caps(own, "auth/token/create", None).sudo();
    let orphan = orphan || (request.flag("no_parent") && sudo);
    let mut policies = request.texts("policies").unwrap_or_else(|| own.policies.clone());
    let lacks = policies.iter().any(|policy| policy != "default" && !own.policies.contains(policy));
    if lacks && !sudo {
        return Err(Refusal::new(400, "child policies must be subset of parent"));
    }
    let root = policies.iter().any(|policy| policy == "root");
    if root && !own.is_root() {
        return Err(Refusal::new(400, "root tokens may not be created without parent token being root"));
    }
    if !root && !request.flag("no_default_policy") && !policies.iter().any(|policy| policy == "default") {
        policies.push("default".into());
    }
    policies.sort();
    policies.dedup();
    let (period, max) = (request.seconds("period")?, request.seconds("explicit_max_ttl")?.unwrap_or(0));
    let wanted = request.seconds("ttl")?.or(period);
    let mut ttl = wanted.unwrap_or(if root { 0 } else { SYSTEM_TTL });
    let mut warnings = Vec::new();
    let cap = if max > 0 { max.min(SYSTEM_TTL) } else { SYSTEM_TTL };
    if ttl > cap {
        warnings.push(lease::capped(ttl, cap));
        ttl = cap;
    }
    let batch = request.text("type") == Some("batch");
    let meta = request.body.get("meta").and_then(Value::as_object).map(|meta| {
        meta.iter()
            .map(|(k, v)| (k.clone(), v.as_str().map_or_else(|| v.to_string(), str::to_owned)))
            .collect()
    });
    let display = request.text("display_name").map_or("token".to_owned(), |name| format!("token-{name}"));
    let id = match request.text("id").filter(|_| sudo) {
        Some(id) => id.to_owned(),
        None if batch => format!("b.{}", core.letters(138)),
        None => format!("s.{}", core.letters(24)),
    };
    let token = Token {
        id: id.clone(),
        accessor: if batch { String::new() } else { core.letters(24) },
        policies,
        meta,
        path: "auth/token/create".into(),
        display_name: display,
        issued: now,
        creation_ttl: ttl,
        explicit_max_ttl: max,
        period: period.unwrap_or(0),
        expires: (ttl > 0).then(|| now.plus(Duration::from_secs(ttl))),
        num_uses: request.number("num_uses").unwrap_or(0),
        renewable: !batch && ttl > 0 && request.body.get("renewable") != Some(&Value::Bool(false)),
        batch,
        parent: (!orphan).then(|| own.id.clone()),
        last_renewal: None,
    };
    let auth = token.auth(ttl);
    core.tokens.insert(id, token);
    let secret = super::Secret { auth, warnings, ..super::Secret::default() };
    Ok(Answer::Secret(Box::new(secret)))
}

fn renew(core: &mut Core, id: &str, request: &Request, now: Time) -> Result<Answer, Refusal> {
    let increment = request.seconds("increment")?;
    if core.token(id, now).is_none() {
        return Err(Refusal::new(403, "bad token"));
    }
    let token = core.tokens.get_mut(id).ok_or_else(Refusal::denied)?;
    if !token.renewable {
        return Err(Refusal::new(400, "lease is not renewable"));
    }
    let wanted = if token.period > 0 { token.period } else { increment.unwrap_or(token.creation_ttl) };
    let max = if token.explicit_max_ttl > 0 { token.explicit_max_ttl } else { SYSTEM_TTL };
    let left = token.issued.plus(Duration::from_secs(max)).since(now).as_secs();
    let ttl = if token.period > 0 && token.explicit_max_ttl == 0 { wanted } else { wanted.min(left) };
    let warnings = if ttl < wanted { vec![lease::capped(wanted, ttl)] } else { Vec::new() };
    token.expires = Some(now.plus(Duration::from_secs(ttl)));
    token.last_renewal = Some(now);
    let secret = super::Secret { auth: token.auth(ttl), warnings, ..super::Secret::default() };
    Ok(Answer::Secret(Box::new(secret)))
}

/// Revokes a token, its children and the leases that they took.
pub(super) fn revoke(state: &mut State, env: &Env, id: &str, now: Time) {
    let Some(token) = state.core.tokens.remove(id) else { return };
    state.core.cubbyholes.remove(id);
    let children: Vec<_> = state
        .core
        .tokens
        .values()
        .filter(|t| t.parent.as_deref() == Some(id))
        .map(|t| t.id.clone())
        .collect();
    for child in children {
        revoke(state, env, &child, now);
    }
    let leases: Vec<_> =
        state.core.leases.values().filter(|l| l.token == token.accessor).map(|l| l.id.clone()).collect();
    for lease in leases {
        lease::revoke_lazily(state, env, &lease, now);
    }
}

/// Revokes the tokens that have run out.
pub(super) fn expire(state: &mut State, env: &Env, now: Time) {
    let over: Vec<_> = state
        .core
        .tokens
        .values()
        .filter(|token| token.expires.is_some_and(|expires| expires <= now))
        .map(|token| token.id.clone())
        .collect();
    for id in over {
        revoke(state, env, &id, now);
    }
}
