//! The database engine: dynamic users with leases, static users with rotation.
//!
//! The "database" is what the environment's credentials accept; it can be down when its pods are.

mod statics;

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

pub(super) use self::statics::{Rotation, StaticRole, rotate_due};
use super::{
    Answer, Core, Op, Refusal, Request, Secret,
    auth::Token,
    lease::{self, Leased, Terms},
    wire,
};
use crate::{
    model::Time,
    sim::{Env, cluster::known},
};

/// The state of one database mount.
#[derive(Debug, Default)]
pub(super) struct Database {
    pub(super) configs: BTreeMap<String, Config>,
    pub(super) roles: BTreeMap<String, Role>,
    pub(super) statics: BTreeMap<String, StaticRole>,
}

/// A connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Config {
    pub(super) plugin: String,
    pub(super) url: String,
    pub(super) username: String,
    pub(super) allowed_roles: Vec<String>,
}

/// What dynamic users are made of.
#[derive(Clone, Debug, Default)]
pub(super) struct Role {
    pub(super) db: String,
    pub(super) creation: Vec<String>,
    pub(super) revocation: Vec<String>,
    pub(super) default_ttl: u64,
    pub(super) max_ttl: u64,
}

impl Config {
    fn host(&self) -> &str {
        let after = self.url.rsplit('@').next().unwrap_or_default();
        let host = after.split(['/', '?']).next().unwrap_or_default();
        host.trim_start_matches("tcp(").trim_end_matches(')')
    }
}

/// Runs statements against a database; the error is in the words of its driver.
pub(super) fn run(env: &Env, host: &str, statements: &[String]) -> Result<(), String> {
    reach(env, host)?;
    for statement in statements {
        let call = statement.trim().strip_prefix("SELECT ").and_then(|rest| rest.split_once('('));
        let builtin = ["pg_terminate_backend", "set_config", "now"];
        if let Some((name, _)) = call.filter(|(name, _)| !builtin.contains(name)) {
            return Err(format!("ERROR: function {name}() does not exist (SQLSTATE 42883)"));
        }
    }
    Ok(())
}

/// Whether a database answers: when its pods are in this cluster, one of them must be ready.
fn reach(env: &Env, host: &str) -> Result<(), String> {
    let address = host.split(':').next().unwrap_or_default();
    let mut names = address.split('.');
    let (Some(service), Some(namespace)) = (names.next(), names.next()) else { return Ok(()) };
    let pods = env.cluster.list(known::PODS, Some(namespace));
    let mut own = pods
        .iter()
        .filter(|pod| {
            let name = pod["metadata"]["name"].as_str().unwrap_or_default();
            name.strip_prefix(service).is_some_and(|rest| rest.starts_with('-'))
        })
        .peekable();
    let gone = env.cluster.get(known::STATEFUL_SETS, namespace, service).is_ok();
    if own.peek().is_none() && !gone {
        return Ok(());
    }
    let ready = |pod: &std::sync::Arc<Value>| {
        let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
        conditions.into_iter().flatten().any(|c| c["type"] == "Ready" && c["status"] == "True")
    };
    if own.any(ready) {
        return Ok(());
    }
    Err(format!(
        "failed to connect to `user=vault database={service}`: {host} ({address}): dial error: dial tcp {host}: connect: connection refused"
    ))
}

/// Everything below a database mount.
#[expect(clippy::too_many_arguments, reason = "an engine's door takes what the router has")]
pub(super) fn answer(
    db: &mut Database,
    core: &mut Core,
    mount: &str,
    ttls: (u64, u64),
    env: &Env,
    now: Time,
    request: &Request,
    path: &str,
    token: &Token,
) -> Result<Answer, Refusal> {
    let (verb, name) = path.split_once('/').unwrap_or((path, ""));
    match (verb, request.op) {
        ("config", Op::List) => Answer::keys(db.configs.keys().cloned().collect()),
        ("roles", Op::List) => Answer::keys(db.roles.keys().cloned().collect()),
        ("static-roles", Op::List) => Answer::keys(db.statics.keys().cloned().collect()),
        ("config", Op::Read) => read_config(db.configs.get(name)),
        ("roles", Op::Read) => read_role(db.roles.get(name)),
        ("static-roles", Op::Read) => statics::read(db.statics.get(name)),
        ("config", Op::Write) => write_config(db, env, request, name),
        ("roles", Op::Write) => write_role(db, request, name),
        ("static-roles", Op::Write) => statics::write(db, core, mount, env, now, request, name),
        ("config", Op::Delete) => gone(db.configs.remove(name).is_some()),
        ("roles", Op::Delete) => gone(db.roles.remove(name).is_some()),
        ("static-roles", Op::Delete) => gone(db.statics.remove(name).is_some()),
        ("creds", Op::Read) => creds(db, core, mount, ttls, env, now, name, token),
        ("static-creds", Op::Read) => statics::creds(db, mount, env, now, name),
        ("rotate-role", Op::Write) => statics::rotate_now(db, core, mount, env, now, name),
        ("rotate-root", Op::Write) => rotate_root(db, env, name),
        ("reset", Op::Write) => {
            db.configs.get(name).map(|_| Answer::Nothing).ok_or_else(|| unknown_connection(name))
        }
        (
            "config" | "roles" | "static-roles" | "creds" | "static-creds" | "rotate-role" | "rotate-root"
            | "reset",
            _,
        ) => Err(Refusal::unsupported_operation()),
        _ => Err(Refusal::unsupported_path()),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "an arm of the router")]
fn gone(_was: bool) -> Result<Answer, Refusal> {
    Ok(Answer::Nothing)
}

fn unknown_connection(name: &str) -> Refusal {
    Refusal::framed(500, &format!("failed to find entry for connection with name: {name:?}"))
}

fn read_config(held: Option<&Config>) -> Result<Answer, Refusal> {
    let held = held.ok_or_else(Refusal::missing)?;
    Ok(Answer::data(json!({
        "allowed_roles": held.allowed_roles,
        "connection_details": { "connection_url": held.url, "username": held.username },
        "password_policy": "",
        "plugin_name": held.plugin,
        "plugin_version": "",
        "root_credentials_rotate_statements": [],
    })))
}

fn read_role(held: Option<&Role>) -> Result<Answer, Refusal> {
    let held = held.ok_or_else(Refusal::missing)?;
    Ok(Answer::data(json!({
        "creation_statements": held.creation,
        "credential_type": "password",
        "db_name": held.db,
        "default_ttl": held.default_ttl,
        "max_ttl": held.max_ttl,
        "renew_statements": [],
        "revocation_statements": held.revocation,
        "rollback_statements": [],
    })))
}

fn write_config(db: &mut Database, env: &Env, request: &Request, name: &str) -> Result<Answer, Refusal> {
    let mut config = db.configs.get(name).cloned().unwrap_or_default();
    let text = |key: &str, held: &str| request.text(key).unwrap_or(held).to_owned();
    config.plugin = text("plugin_name", &config.plugin);
    config.url = text("connection_url", &config.url);
    config.username = text("username", &config.username);
    config.allowed_roles = request.texts("allowed_roles").unwrap_or(config.allowed_roles);
    if config.plugin.is_empty() {
        return Err(Refusal::new(400, "empty plugin name"));
    }
    if request.body.get("verify_connection") != Some(&Value::Bool(false)) {
        reach(env, config.host()).map_err(|error| {
            Refusal::new(400, format!("error creating database object: error verifying connection: {error}"))
        })?;
    }
    db.configs.insert(name.to_owned(), config);
    Ok(Answer::Nothing)
}

fn write_role(db: &mut Database, request: &Request, name: &str) -> Result<Answer, Refusal> {
    let mut role = db.roles.get(name).cloned().unwrap_or_default();
    if let Some(db) = request.text("db_name") {
        db.clone_into(&mut role.db);
    }
    if role.db.is_empty() {
        return Err(Refusal::new(400, "database name is required"));
    }
    role.creation = request.texts("creation_statements").unwrap_or(role.creation);
    role.revocation = request.texts("revocation_statements").unwrap_or(role.revocation);
    role.default_ttl = request.seconds("default_ttl")?.unwrap_or(role.default_ttl);
    role.max_ttl = request.seconds("max_ttl")?.unwrap_or(role.max_ttl);
    db.roles.insert(name.to_owned(), role);
    Ok(Answer::Nothing)
}

#[expect(clippy::too_many_arguments, reason = "an arm of the router")]
fn creds(
    db: &Database,
    core: &mut Core,
    mount: &str,
    ttls: (u64, u64),
    env: &Env,
    now: Time,
    name: &str,
    token: &Token,
) -> Result<Answer, Refusal> {
    let (lease, ttl, username, password) =
        issue(db, core, mount, ttls, env, now, name, &token.display_name, &token.accessor)?;
    Ok(Answer::Secret(Box::new(Secret {
        data: json!({ "password": password, "username": username }),
        lease: Some((lease, ttl, true)),
        ..Secret::default()
    })))
}

/// Makes a database user with a lease: the lease's id, its seconds, the user's name and password.
#[expect(clippy::too_many_arguments, reason = "shared by the router and by the agents of workloads")]
pub(super) fn issue(
    db: &Database,
    core: &mut Core,
    mount: &str,
    (default_ttl, max_ttl): (u64, u64),
    env: &Env,
    now: Time,
    name: &str,
    display: &str,
    accessor: &str,
) -> Result<(String, u64, String, String), Refusal> {
    let role = db.roles.get(name).ok_or_else(|| Refusal::new(400, format!("unknown role: {name}")))?;
    let config = db.configs.get(&role.db).ok_or_else(|| unknown_connection(&role.db))?;
    if !config.allowed_roles.iter().any(|allowed| allowed == "*" || allowed == name) {
        return Err(Refusal::new(400, format!("{name:?} is not an allowed role")));
    }
    run(env, config.host(), &[])
        .map_err(|error| Refusal::framed(500, &format!("unable to start transaction: {error}")))?;
    let max_ttl = if role.max_ttl == 0 { max_ttl } else { role.max_ttl.min(max_ttl) };
    let ttl = if role.default_ttl == 0 { default_ttl } else { role.default_ttl }.min(max_ttl);
    let cut = |text: &str| text.chars().take(8).collect::<String>();
    let username = format!("v-{}-{}-{}-{}", cut(display), cut(name), core.letters(20), now.secs());
    let password = core.password();
    let terms = Terms {
        path: format!("{mount}creds/{name}"),
        ttl,
        max_ttl,
        renewable: true,
        token: accessor,
        secret: Leased::User { host: config.host().to_owned(), revocation: role.revocation.clone() },
    };
    let lease = lease::grant(core, terms, now);
    let material = user(&username, &password);
    env.credentials.put(&lease, material, now, Some(now.plus(Duration::from_secs(ttl))));
    Ok((lease, ttl, username, password))
}

/// The fields of a database credential.
pub(super) fn user(username: &str, password: &str) -> BTreeMap<String, String> {
    [("username".to_owned(), username.to_owned()), ("password".to_owned(), password.to_owned())].into()
}

fn rotate_root(db: &Database, env: &Env, name: &str) -> Result<Answer, Refusal> {
    let config = db.configs.get(name).ok_or_else(|| unknown_connection(name))?;
    run(env, config.host(), &[]).map_err(|error| {
        let inner = wire::framed(&format!("user does not appear to exist: {error}"));
        Refusal::framed(500, &format!("failed to update user: {inner}"))
    })?;
    Ok(Answer::Nothing)
}
