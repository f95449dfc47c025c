//! Mounts: what is where, and how the `sys` paths describe it.

use serde_json::{Value, json};

use super::{Core, SYSTEM_TTL, VERSION, database::Database, kv::Kv, pki::Pki};

/// The engine behind a mount.
#[derive(Debug)]
pub(super) enum Engine {
    System,
    Identity,
    Cubbyhole,
    Auth,
    Kv(Box<Kv>),
    Database(Box<Database>),
    Pki(Box<Pki>),
}

/// One mount.
#[derive(Debug)]
pub(super) struct Mount {
    pub(super) kind: &'static str,
    pub(super) accessor: String,
    pub(super) description: String,
    /// In seconds; 0 for the system's.
    pub(super) default_ttl: u64,
    pub(super) max_ttl: u64,
    pub(super) uuid: String,
    pub(super) engine: Engine,
}

impl Mount {
    pub(super) fn new(core: &mut Core, kind: &'static str, description: &str, engine: Engine) -> Self {
        let prefix = match (&engine, kind) {
            (Engine::Auth, kind) => format!("auth_{kind}"),
            (_, kind) => kind.to_owned(),
        };
        Self {
            kind,
            accessor: format!("{prefix}_{:08x}", core.rng.u32(..)),
            description: description.to_owned(),
            default_ttl: 0,
            max_ttl: 0,
            uuid: core.uuid(),
            engine,
        }
    }

    /// The effective default and maximum time to live in seconds.
    pub(super) fn ttls(&self) -> (u64, u64) {
        let or_system = |ttl| if ttl == 0 { SYSTEM_TTL } else { ttl };
        (or_system(self.default_ttl), or_system(self.max_ttl))
    }

    /// How `sys/mounts`, `sys/auth` and `sys/internal/ui/mounts` describe it.
    pub(super) fn describe(&self) -> Value {
        let mut config = json!({
            "default_lease_ttl": self.default_ttl,
            "force_no_cache": false,
            "max_lease_ttl": self.max_ttl,
        });
        match &self.engine {
            Engine::System => config["passthrough_request_headers"] = json!(["Accept"]),
            Engine::Identity => config["passthrough_request_headers"] = json!(["Authorization"]),
            Engine::Auth if self.kind == "token" => config["token_type"] = json!("default-service"),
            _ => {}
        }
        let mut about = json!({ "accessor": self.accessor, "config": config });
        if matches!(self.engine, Engine::Kv(_) | Engine::Database(_) | Engine::Pki(_))
            || self.kind == "userpass"
        {
            about["deprecation_status"] = json!("supported");
        }
        about["description"] = json!(self.description);
        about["external_entropy_access"] = json!(false);
        about["local"] = json!(matches!(self.engine, Engine::Cubbyhole));
        about["options"] =
            if matches!(self.engine, Engine::Kv(_)) { json!({ "version": "2" }) } else { Value::Null };
        about["plugin_version"] = json!("");
        about["running_plugin_version"] = json!(format!("v{VERSION}+builtin.bao"));
        about["running_sha256"] = json!("");
        about["seal_wrap"] = json!(matches!(self.engine, Engine::System));
        about["type"] = json!(self.kind);
        about["uuid"] = json!(self.uuid);
        about
    }
}
