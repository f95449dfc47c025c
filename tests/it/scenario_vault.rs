//! What the keys plan for leases, static roles and secrets.

use vigie::{
    action::plan::Request,
    app::{Effect, Item, PaneId},
    model::Kind,
};

use crate::{driver::Driver, frame::world};

/// A screen with the row of a name selected in the list of leases and credentials.
fn on(name: &str) -> Driver {
    let mut d = Driver::new(world::incident(), world::now(), 160, 45);
    d.keys("5");
    assert_eq!(d.state.active, PaneId::Leases);
    select(&mut d, name);
    d
}

fn select(d: &mut Driver, name: &str) {
    d.keys("g g");
    for _ in 0..20 {
        d.draw();
        if matches!(d.state.selected(), Some(Item::Entity(key)) if key.name.ends_with(name)) {
            return;
        }
        d.keys("j");
    }
    panic!("no row ends in {name}")
}

fn planned(d: &Driver) -> &Request {
    let plans = d.effects.iter().rev().find_map(|e| match e {
        Effect::Plan { request, .. } => Some(request),
        _ => None,
    });
    plans.expect("something is planned")
}

#[test]
fn a_lease_is_renewed_revoked_and_all_of_its_role_too() {
    let mut d = on("/8aPq");
    d.keys("L");
    assert_eq!((planned(&d).verb, &*planned(&d).target.name), ("renew", "database/creds/report/8aPq"));
    let mut d = on("/8aPq");
    d.keys("K");
    assert_eq!((planned(&d).verb, planned(&d).target.kind), ("revoke", Kind::Lease));
    let mut d = on("/8aPq");
    d.keys("a X");
    assert_eq!((planned(&d).verb, &*planned(&d).target.name), ("revoke-prefix", "database/creds/report/"));
}

#[test]
fn a_static_role_is_rotated_and_not_renewed() {
    let mut d = on("odoo");
    d.keys("V");
    assert_eq!((planned(&d).verb, &*planned(&d).target.name), ("rotate", "odoo"));
    let mut d = on("odoo");
    d.keys("L");
    assert!(d.effects.iter().all(|e| !matches!(e, Effect::Plan { .. })));
    assert!(d.screen().contains("renew the lease: select a lease"), "{}", d.screen());
    let mut d = on("odoo");
    d.keys("a Z");
    assert_eq!((planned(&d).verb, planned(&d).target.kind), ("rotate-root", Kind::StaticRole));
}

#[test]
fn a_secret_goes_back_is_deleted_and_comes_back() {
    for (keys, verb) in [("R", "kv-rollback"), ("K", "kv-delete"), ("a N", "kv-undelete")] {
        let mut d = on("smtp");
        d.keys(keys);
        assert_eq!((planned(&d).verb, &*planned(&d).target.name), (verb, "appointments/smtp"));
    }
}

#[test]
fn marked_leases_are_revoked_together() {
    let mut d = on("/8aPq");
    d.keys("space");
    select(&mut d, "/1x2y3z4w5v");
    d.keys("space K");
    let bulk = d.effects.iter().rev().find_map(|e| match e {
        Effect::PlanBulk { requests, .. } => Some(requests),
        _ => None,
    });
    let verbs: Vec<&str> = bulk.expect("a bulk plan").iter().map(|r| r.verb).collect();
    assert_eq!(verbs, ["revoke", "revoke"]);
}
