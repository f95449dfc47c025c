use std::time::Duration;

use jiff::tz::TimeZone;

use super::*;
use crate::{
    action::guard::{Approval, admit, admit_bulk, demand, within_limit},
    model::{Confirm, Cron, Freeze, Glass, Hours, Tier},
};

fn at(text: &str) -> Time {
    text.parse().expect("a moment")
}

fn act(text: &str) -> Act {
    Act::parse(text).expect("an act")
}

/// A sync of production's catalog under a rule of line 7.
fn under(says: Says) -> Plan {
    let mut plan = Plan::sample(Tier::Prod, "catalog");
    plan.environment.policy.rules.push(Rule { name: "quiet".into(), place: "vigie.toml:7".into(), says });
    plan
}

fn given(reason: &str, moment: &str) -> Approval {
    Approval {
        typed: Some("prod".to_owned()),
        reason: reason.to_owned(),
        at: Some(at(moment)),
        ..Approval::default()
    }
}

/// Why a plan is refused; nothing when it is let pass.
fn refused(plan: &Plan, reason: &str, moment: &str) -> Option<String> {
    admit(plan, &given(reason, moment)).err().map(|fault| fault.to_string())
}

const NOON: &str = "2026-11-26T12:00:00Z";

#[test]
fn what_is_denied_is_refused_by_the_name_and_place_of_its_rule() {
    let plan = under(Says::Deny(act("sync")));
    let why = refused(&plan, "INC-1", NOON).expect("refused");
    assert!(why.contains("`sync` is not done in prod (quiet, vigie.toml:7)"), "{why}");
    assert_eq!(refused(&under(Says::Deny(act("sync pod"))), "INC-1", NOON), None);
    assert_eq!(refused(&under(Says::Deny(act("rollback"))), "INC-1", NOON), None);
}

#[test]
fn a_freeze_lets_pass_what_it_says_and_holds_at_the_moment_of_approval() {
    let freeze = |allow: Vec<Act>| Says::Freeze {
        window: Freeze::Between { from: at("2026-11-26T11:00:00Z"), to: at("2026-11-26T13:00:00Z") },
        allow,
    };
    let plan = under(freeze(vec![act("rollback")]));
    let why = refused(&plan, "INC-1", NOON).expect("refused");
    assert!(why.contains("prod is frozen until 26 Nov 13:00 UTC (quiet, vigie.toml:7)"), "{why}");
    assert!(why.contains("only these pass: rollback"), "{why}");
    // The plan was made before: what counts is when it is confirmed.
    assert_eq!(refused(&plan, "INC-1", "2026-11-26T10:59:59Z"), None);
    assert_eq!(refused(&plan, "INC-1", "2026-11-26T13:00:00Z"), None);
    assert_eq!(refused(&under(freeze(vec![act("sync application")])), "INC-1", NOON), None);
}

#[test]
fn a_schedule_freezes_again_and_again() {
    let nightly = Freeze::Each {
        cron: Cron::parse("0 22 * * *").expect("a schedule"),
        duration: Duration::from_secs(4 * 3600),
        zone: TimeZone::UTC,
    };
    let plan = under(Says::Freeze { window: nightly, allow: Vec::new() });
    assert!(refused(&plan, "INC-1", "2026-11-27T01:59:00Z").is_some());
    assert_eq!(refused(&plan, "INC-1", "2026-11-27T02:00:00Z"), None);
}

#[test]
fn outside_its_hours_it_says_when_they_begin() {
    let hours = Hours::parse(&["mon-fri 07:00-19:00".to_owned()], TimeZone::UTC).expect("hours");
    let plan = under(Says::Hours { of: Act::any(), hours, allow: vec![act("hold")] });
    assert_eq!(refused(&plan, "INC-1", NOON), None);
    let why = refused(&plan, "INC-1", "2026-11-28T12:00:00Z").expect("refused");
    assert!(why.contains("wait until 30 Nov 07:00 UTC; only these pass: hold"), "{why}");
}

#[test]
fn a_ticket_is_asked_with_a_reason_even_where_the_tier_asks_for_none() {
    let mut plan = Plan::sample(Tier::Dev, "catalog");
    let pattern = Pattern::parse("INC-[0-9]+").expect("a pattern");
    let says = Says::Ticket { of: act("sync"), pattern };
    plan.environment.policy.rules.push(Rule { name: "ticket".into(), place: "vigie.toml:9".into(), says });
    assert!(demand(&plan).reason_required);
    let approval = |reason: &str| Approval { yes: true, ..given(reason, NOON) };
    let why = admit(&plan, &approval("it is late")).expect_err("no ticket").to_string();
    assert!(why.contains("a ticket like `INC-[0-9]+` (ticket, vigie.toml:9)"), "{why}");
    assert!(admit(&plan, &approval("late, INC-2291")).is_ok());
    let why = admit_bulk(crate::action::plan::ActionId::nil(), &[&plan], &approval("late"));
    assert!(why.is_err(), "together as alone");
}

#[test]
fn a_verb_may_take_more_than_the_rest() {
    let mut plan = Plan::sample(Tier::Dev, "catalog");
    let rule = |says| Rule { name: "sync".into(), place: "vigie.toml:9".into(), says };
    let ask = Says::Ask { of: act("sync"), confirm: Some(Confirm::Name), reason: true };
    plan.environment.policy.rules.extend([rule(ask), rule(Says::Limit { of: act("sync"), most: 2 })]);
    let asked = demand(&plan);
    assert_eq!((asked.confirm, asked.reason_required), (Confirm::Name, true));
    assert!(within_limit(&plan.environment, "sync", 3).is_err());
    assert!(within_limit(&plan.environment, "hold", 3).is_ok());
}

#[test]
fn broken_glass_overrides_rules_for_its_time_and_never_read_only() {
    let mut plan = under(Says::Deny(act("sync")));
    plan.environment.policy.glass = Some(Glass::new("g", "INC-9", at(NOON)));
    let told = obstacles(&plan, at(NOON));
    assert!(
        told.iter().all(|o| !o.blocks && o.text.starts_with("set aside by break-glass: `sync`")),
        "{told:?}"
    );
    let admitted = admit(&plan, &given("INC-9", NOON)).expect("overridden");
    assert_eq!(admitted.plan().environment.policy.glass.as_ref().map(|g| &*g.id), Some("g"));
    assert!(refused(&plan, "", NOON).is_some(), "the tier's reason is asked all the same");
    assert!(refused(&plan, "INC-9", "2026-11-26T12:30:00Z").is_some(), "it has ended by itself");
    plan.environment.policy.read_only = true;
    assert!(refused(&plan, "INC-9", NOON).is_some(), "read-only stays read-only");
}

#[test]
fn glass_that_has_ended_marks_nothing() {
    let mut plan = Plan::sample(Tier::Prod, "catalog");
    plan.environment.policy.glass = Some(Glass::new("g", "INC-9", at(NOON)));
    let admitted = admit(&plan, &given("INC-9", "2026-11-26T12:31:00Z")).expect("nothing forbids it");
    assert_eq!(admitted.plan().environment.policy.glass, None);
}
