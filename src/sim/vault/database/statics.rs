//! Static users: who they are, what their passwords are, and when those change.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Config, Database, run, unknown_connection, user};
use crate::{
    model::Time,
    sim::{
        Env,
        cron::Cron,
        vault::{Answer, Core, Refusal, Request, wire},
    },
};

/// How long after a time of its schedule a password may still be rotated; then it waits for the next one.
const WINDOW: Duration = Duration::from_secs(3_600);
/// How far back the times of a schedule are looked for.
const BACK: Duration = Duration::from_secs(92 * 86_400);

/// A user that exists already and whose password is changed from time to time.
#[derive(Clone, Debug)]
pub(in crate::sim::vault) struct StaticRole {
    pub(in crate::sim::vault) db: String,
    pub(in crate::sim::vault) username: String,
    pub(in crate::sim::vault) rotation: Rotation,
    pub(in crate::sim::vault) statements: Vec<String>,
    pub(in crate::sim::vault) rotated: Time,
}

/// When a static user's password is changed.
#[derive(Clone, Debug)]
pub(in crate::sim::vault) enum Rotation {
    /// So many seconds after the last time.
    Period(u64),
    /// By a schedule, in UTC. Vault has that since 1.15; OpenBao 2.7 has not, and so it cannot be written here.
    Schedule(Cron),
}

impl Rotation {
    fn is_due(&self, rotated: Time, now: Time) -> bool {
        match self {
            Self::Period(seconds) => rotated.plus(Duration::from_secs(*seconds)) <= now,
            Self::Schedule(cron) => cron.last(now, WINDOW).is_some_and(|last| rotated < last),
        }
    }

    /// Seconds until the next time; 0 when it is overdue.
    fn left(&self, rotated: Time, now: Time) -> u64 {
        let next = match self {
            Self::Period(seconds) => Some(rotated.plus(Duration::from_secs(*seconds))),
            Self::Schedule(cron) => cron.next(now),
        };
        next.map_or(0, |next| next.since(now).as_secs_f64().round() as u64)
    }

    fn describe(&self, data: &mut Value) {
        match self {
            Self::Period(seconds) => data["rotation_period"] = json!(seconds),
            Self::Schedule(cron) => {
                data["rotation_schedule"] = json!(cron.text());
                data["rotation_window"] = json!(WINDOW.as_secs());
            }
        }
    }
}

impl StaticRole {
    /// Makes it as if its last scheduled rotation had been missed; does nothing without a schedule.
    pub(in crate::sim::vault) fn miss(&mut self, now: Time) {
        let Rotation::Schedule(cron) = &self.rotation else { return };
        let Some(last) = cron.last(now, BACK) else { return };
        let before = last.minus(Duration::from_secs(1));
        self.rotated = cron.last(before, BACK).unwrap_or_else(|| before.minus(BACK));
    }
}

pub(super) fn read(held: Option<&StaticRole>) -> Result<Answer, Refusal> {
    let held = held.ok_or_else(Refusal::missing)?;
    let mut data = json!({
        "credential_type": "password",
        "db_name": held.db,
        "last_vault_rotation": held.rotated.to_string(),
        "rotation_statements": held.statements,
        "username": held.username,
    });
    held.rotation.describe(&mut data);
    Ok(Answer::data(data))
}

pub(super) fn write(
    db: &mut Database,
    core: &mut Core,
    mount: &str,
    env: &Env,
    now: Time,
    request: &Request,
    name: &str,
) -> Result<Answer, Refusal> {
    let held = db.statics.get(name).cloned();
    let period = request.seconds("rotation_period")?.map(Rotation::Period);
    let Some(rotation) = period.or_else(|| held.as_ref().map(|held| held.rotation.clone())) else {
        return Err(Refusal::new(400, "rotation_period is required to create static accounts"));
    };
    let or_held = |key: &str, held: Option<&String>| {
        request.text(key).map(str::to_owned).or_else(|| held.cloned()).unwrap_or_default()
    };
    let role = StaticRole {
        db: or_held("db_name", held.as_ref().map(|h| &h.db)),
        username: or_held("username", held.as_ref().map(|h| &h.username)),
        rotation,
        statements: request
            .texts("rotation_statements")
            .or_else(|| held.as_ref().map(|h| h.statements.clone()))
            .unwrap_or_default(),
        rotated: held.as_ref().map_or(now, |held| held.rotated),
    };
    if role.username.is_empty() {
        return Err(Refusal::new(400, "username is a required field to create a static account"));
    }
    let config = db.configs.get(&role.db).cloned().ok_or_else(|| unknown_connection(&role.db))?;
    db.statics.insert(name.to_owned(), role);
    if held.is_none() {
        rotate(db, core, mount, env, now, name, &config).map_err(|error| Refusal::new(500, error))?;
    }
    Ok(Answer::Nothing)
}

pub(super) fn creds(db: &Database, mount: &str, env: &Env, now: Time, name: &str) -> Result<Answer, Refusal> {
    let unknown = || Refusal::new(400, format!("unknown role: {name}"));
    let role = db.statics.get(name).ok_or_else(unknown)?;
    let held = env.credentials.get(&format!("{mount}static-creds/{name}"));
    let password = held.and_then(|held| held.data.get("password").cloned()).unwrap_or_default();
    let mut data = json!({
        "last_vault_rotation": role.rotated.to_string(),
        "password": password,
        "ttl": role.rotation.left(role.rotated, now),
        "username": role.username,
    });
    role.rotation.describe(&mut data);
    Ok(Answer::data(data))
}

/// Rotates because someone asked for it.
pub(super) fn rotate_now(
    db: &mut Database,
    core: &mut Core,
    mount: &str,
    env: &Env,
    now: Time,
    name: &str,
) -> Result<Answer, Refusal> {
    let Some(role) = db.statics.get(name) else {
        return Err(Refusal::new(400, "no static role found for role name"));
    };
    let config = db.configs.get(&role.db).cloned().ok_or_else(|| unknown_connection(&role.db))?;
    rotate(db, core, mount, env, now, name, &config).map_err(|error| Refusal::new(500, error))?;
    Ok(Answer::Nothing)
}

fn rotate(
    db: &mut Database,
    core: &mut Core,
    mount: &str,
    env: &Env,
    now: Time,
    name: &str,
    config: &Config,
) -> Result<(), String> {
    run(env, config.host(), &[]).map_err(|error| {
        let inner = wire::framed(&format!("user does not appear to exist: {error}"));
        let text = "unable to finish rotating credentials; retries will continue in the background but it is also safe to retry manually";
        wire::framed(&format!("{text}: error setting credentials: {inner}"))
    })?;
    if let Some(role) = db.statics.get_mut(name) {
        role.rotated = now;
        let material = user(&role.username, &core.password());
        env.credentials.put(&format!("{mount}static-creds/{name}"), material, now, None);
    }
    Ok(())
}

/// Rotates the static roles whose time has come; one that fails is tried again at the next step.
pub(in crate::sim::vault) fn rotate_due(
    db: &mut Database,
    core: &mut Core,
    mount: &str,
    env: &Env,
    now: Time,
) {
    let due = |role: &StaticRole| role.rotation.is_due(role.rotated, now);
    let names: Vec<_> = db.statics.iter().filter(|(_, role)| due(role)).map(|(n, _)| n.clone()).collect();
    for name in names {
        if let Some(config) = db.statics.get(&name).and_then(|role| db.configs.get(&role.db)).cloned() {
            // A failure shows in the role's age: its rotation stays overdue.
            let _ = rotate(db, core, mount, env, now, &name, &config);
        }
    }
}
