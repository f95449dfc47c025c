//! Tests of the simulated Vault against what OpenBao 2.7 answered.

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::{
    model::Clock,
    sim::{Controller, SimClock, world::Tier},
};

const ADMIN: &str = "demo-samir-83b1d04e";
const ONCALL: &str = "demo-nadia-5f2c9a71";

struct Lab {
    env: Env,
    vault: Arc<Vault>,
    keeper: Keeper,
}

fn lab() -> Lab {
    let clock = Arc::new(SimClock::new(Time::from_secs(1_795_236_634), 0.0));
    let env = Env::new(1, "staging", Tier::Staging, clock, 1);
    let vault = Arc::new(Vault::new(&env, 1).unwrap());
    let keeper = Keeper::new(Arc::clone(&vault));
    Lab { env, vault, keeper }
}

impl Lab {
    fn ask(&self, request: Request) -> Result<Value, Refusal> {
        match self.vault.handle(&self.env, &request).1? {
            Answer::Secret(secret) => Ok(secret.body("id")),
            Answer::Raw(_, body) => Ok(body),
            Answer::Nothing | Answer::Bytes(..) => Ok(Value::Null),
        }
    }

    fn read(&self, path: &str) -> Result<Value, Refusal> {
        self.ask(Request::new(Op::Read, path, ADMIN))
    }

    fn write(&self, path: &str, body: Value) -> Result<Value, Refusal> {
        self.ask(Request::new(Op::Write, path, ADMIN).with(body))
    }

    fn pass(&mut self, seconds: u64) {
        self.env.clock.advance(Duration::from_secs(seconds));
        self.keeper.reconcile(&self.env, self.env.clock.now(), &mut fastrand::Rng::with_seed(1));
    }
}

#[test]
fn leases_count_down_are_capped_revoked_and_expire() {
    let mut lab = lab();
    lab.write("database/roles/readonly", json!({"db_name": "odoo", "default_ttl": "5m", "max_ttl": "15m"}))
        .unwrap();
    let creds = lab.read("database/creds/readonly").unwrap();
    let id = creds["lease_id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("database/creds/readonly/"));
    assert_eq!((&creds["lease_duration"], &creds["renewable"]), (&json!(300), &json!(true)));
    let password = creds["data"]["password"].as_str().unwrap().to_owned();
    assert!(lab.env.credentials.accepts(&id, &password, lab.env.now()));
    lab.pass(2);
    let renewed = lab.write("sys/leases/renew", json!({"lease_id": id, "increment": 360_000})).unwrap();
    assert_eq!(renewed["lease_duration"], 898);
    let warning =
        "TTL of \"100h\" exceeded the effective max_ttl of \"14m58s\"; TTL value is capped accordingly";
    assert_eq!(renewed["warnings"], json!([warning]));
    let looked = lab.write("sys/leases/lookup", json!({"lease_id": id})).unwrap();
    assert_eq!(
        (&looked["data"]["ttl"], &looked["data"]["path"]),
        (&json!(898), &json!("database/creds/readonly"))
    );
    lab.pass(899);
    let gone = lab.write("sys/leases/lookup", json!({"lease_id": id})).unwrap_err();
    assert_eq!(gone, Refusal::new(400, "invalid lease"));
    assert!(!lab.env.credentials.accepts(&id, &password, lab.env.now()));
    let list = lab.ask(Request::new(Op::List, "sys/leases/lookup/database/creds/readonly/", ADMIN));
    assert_eq!(list.unwrap_err(), Refusal::missing());
}

#[test]
fn a_failing_revocation_says_what_the_database_says() {
    let lab = lab();
    let role =
        json!({"db_name": "odoo", "default_ttl": 120, "revocation_statements": ["SELECT nosuchfunction();"]});
    lab.write("database/roles/bad", role).unwrap();
    let id = lab.read("database/creds/bad").unwrap()["lease_id"].clone();
    let refused = lab.write("sys/leases/revoke", json!({"lease_id": id, "sync": true})).unwrap_err();
    let text = "failed to revoke entry: resp: (*logical.Response)(nil) err: ERROR: function nosuchfunction() does not exist (SQLSTATE 42883)";
    assert_eq!(refused, Refusal::new(400, text));
    lab.write("sys/leases/revoke-force/database/creds/bad", json!({})).unwrap();
    assert_eq!(lab.vault.lease_count().total, 0);
}

#[test]
fn refusals_are_those_of_the_real_server() {
    let lab = lab();
    let list = |token| lab.ask(Request::new(Op::List, "sys/leases/lookup/", token)).unwrap_err();
    assert_eq!(list(ONCALL), Refusal::framed(403, "permission denied"));
    assert_eq!(list("nobody"), Refusal::new(403, "permission denied"));
    assert_eq!(lab.read("database/creds/nope").unwrap_err(), Refusal::new(400, "unknown role: nope"));
    assert_eq!(
        lab.read("nomount/foo").unwrap_err(),
        Refusal::new(404, "no handler for route \"nomount/foo\". route entry not found.")
    );
    assert_eq!(
        lab.write("pki/issue/clinic", json!({"common_name": "evil.com"})).unwrap_err(),
        Refusal::new(400, "common name evil.com not allowed by this role")
    );
    let fly = json!({"policy": "path \"x\" { capabilities=[\"fly\"] }"});
    assert_eq!(lab.write("sys/policies/acl/bad", fly).unwrap_err().status, 400);
    lab.vault.seal();
    assert_eq!(lab.read("secret/data/x").unwrap_err(), Refusal::new(503, "Vault is sealed"));
    assert_eq!(lab.read("sys/seal-status").unwrap()["sealed"], true);
    let (keys, threshold) = lab.vault.unseal_keys();
    for key in &keys[..threshold] {
        lab.write("sys/unseal", json!({"key": key})).unwrap();
    }
    assert!(!lab.vault.is_sealed());
}

#[test]
fn kv_keeps_versions_and_tells_the_applications() {
    let lab = lab();
    lab.write("secret/data/app/db", json!({"data": {"password": "p1"}})).unwrap();
    let second = json!({"data": {"password": "p2", "nested": {"a": true}}, "options": {"cas": 1}});
    assert_eq!(lab.write("secret/data/app/db", second.clone()).unwrap()["data"]["version"], 2);
    let mismatch = lab.write("secret/data/app/db", second).unwrap_err();
    assert_eq!(mismatch, Refusal::new(400, "check-and-set parameter did not match the current version"));
    assert_eq!(lab.env.credentials.get("secret/data/app/db").unwrap().data["password"], "p2");
    let keys = lab.read("secret/subkeys/app/db").unwrap();
    assert_eq!(keys["data"]["subkeys"], json!({"password": null, "nested": {"a": null}}));
    lab.ask(Request::new(Op::Delete, "secret/data/app/db", ADMIN)).unwrap();
    let deleted = lab.vault.handle(&lab.env, &Request::new(Op::Read, "secret/data/app/db", ADMIN)).1.unwrap();
    let Answer::Secret(deleted) = deleted else { panic!("an envelope") };
    assert!(deleted.missing && deleted.data["data"].is_null());
    lab.write("secret/undelete/app/db", json!({"versions": [2]})).unwrap();
    assert_eq!(lab.read("secret/data/app/db").unwrap()["data"]["data"]["password"], "p2");
}

#[test]
fn a_static_role_rotates_by_hand_and_by_time() {
    let mut lab = lab();
    let before = lab.read("database/static-creds/odoo").unwrap()["data"].clone();
    lab.write("database/rotate-role/odoo", json!({})).unwrap();
    let after = lab.read("database/static-creds/odoo").unwrap()["data"].clone();
    assert_ne!(before["password"], after["password"]);
    assert_eq!(after["ttl"], after["rotation_period"]);
    lab.pass(30 * 86_400);
    assert_ne!(lab.read("database/static-creds/odoo").unwrap()["data"]["password"], after["password"]);
}

#[test]
fn a_static_role_on_a_schedule_rotates_when_that_strikes_but_not_later() {
    let mut lab = lab();
    let role = |lab: &Lab| lab.read("database/static-roles/billing").unwrap()["data"].clone();
    let seeded = role(&lab);
    assert_eq!(
        (&seeded["rotation_schedule"], &seeded["rotation_window"]),
        (&json!("0 21 20 * *"), &json!(3600))
    );
    assert_eq!(seeded["last_vault_rotation"], "2026-11-20T21:00:00Z");
    assert!(seeded.get("rotation_period").is_none());
    assert!(lab.vault.miss_rotation(lab.env.now(), "database/", "billing"));
    assert_eq!(role(&lab)["last_vault_rotation"], "2026-10-20T21:00:00Z");
    lab.pass(60);
    assert_eq!(role(&lab)["last_vault_rotation"], "2026-10-20T21:00:00Z", "the window is over");
    let creds = lab.read("database/static-creds/billing").unwrap()["data"].clone();
    let next: Time = "2026-12-20T21:00:00Z".parse().unwrap();
    assert_eq!(creds["ttl"], next.since(lab.env.now()).as_secs());
    lab.pass(next.since(lab.env.now()).as_secs() + 10);
    assert_eq!(role(&lab)["last_vault_rotation"], "2026-12-20T21:00:10Z");
    assert_ne!(lab.read("database/static-creds/billing").unwrap()["data"]["password"], creds["password"]);
}

#[test]
fn wrapping_unwraps_once() {
    let lab = lab();
    let mut request = Request::new(Op::Read, "secret/data/odoo", ADMIN);
    request.wrap = Some(Duration::from_secs(60));
    let token = lab.ask(request).unwrap()["wrap_info"]["token"].as_str().unwrap().to_owned();
    let unwrap = || lab.ask(Request::new(Op::Write, "sys/wrapping/unwrap", &token));
    assert!(unwrap().unwrap()["data"]["data"].is_object());
    assert_eq!(unwrap().unwrap_err(), Refusal::new(400, "wrapping token is not valid or does not exist"));
}
