//! Verbs on what a Vault holds, named by its path.

use serde_json::Value;

use super::Served;

#[test]
fn what_a_vault_holds_is_named_by_its_path() {
    let served = Served::start();
    let dev = |arguments: &[&str]| served.run(&[arguments, &["-e", "dev"]].concat());
    let (code, json, said) = dev(&["get", "leases", "-o", "json"]);
    assert_eq!(code, 0, "{said}");
    let leases: Vec<Value> = serde_json::from_str(&json).expect("JSON");
    let ids = leases.iter().filter_map(|l| l["lease"].as_str());
    let id = ids.into_iter().find(|id| id.starts_with("database/creds/billing-rw/")).expect("a lease");

    let (code, out, said) = dev(&["renew", id, "-y"]);
    assert_eq!(code, 0, "{out}{said}");
    assert!(
        out.starts_with("done: renewed at ") && said.contains("{lease_id: database/creds/"),
        "{out}{said}"
    );
    let (code, out, said) = dev(&["rotate", "database/openmrs", "-y"]);
    assert_eq!(code, 0, "{out}{said}");
    assert!(out.starts_with("done: rotated at "), "{out}");
    let (code, out, said) = dev(&["revoke", id, "-y"]);
    assert_eq!(code, 0, "{out}{said}");
    let (code, _, said) = dev(&["revoke", id, "-y"]);
    assert!(code == 2 && said.contains("there is no lease database/creds/billing-rw/"), "{code} {said}");

    // Who is on call may neither revoke by prefix nor write secrets.
    let (code, out, _) = dev(&["revoke-prefix", "database/creds/odoo-ro/", "--count", "1", "--plan"]);
    assert!(
        code == 3 && out.contains("✗ you lack a right: vault: sudo on sys/leases/revoke-prefix/"),
        "{out}"
    );
    let (code, out, _) = dev(&["kv-delete", "secret/portal/session", "--plan"]);
    assert!(code == 3 && out.contains("✗ you lack a right: vault: update on secret/delete/portal/session"));
    let (code, out, said) = dev(&["renew-token", "token-nadia", "-y"]);
    assert_eq!(code, 0, "{out}{said}");
    let (code, _, said) = dev(&["rotate", "database/nonesuch", "-y"]);
    assert!(code == 2 && said.contains("there is none of that name"), "{said}");
    assert_eq!(served.run(&["audit", "verify"]).0, 0);
}
