//! Policies on screen: what they forbid, what is set aside and how loudly, and leaving while something runs.

use std::time::Duration;

use vigie::{
    action::guard::{Approval, admit},
    app::{Effect, Event, Overlay, Phase, Size},
    keymap::Press,
    model::{
        Act, AppHealth, Environment, Fault, FaultKind, Glass, Kind, Record, Rule, Says, SyncStatus,
        SystemKind,
    },
    store::Delta,
    ui,
};

use crate::{
    action_argocd::{ArgoCd, Desk},
    driver::Driver,
    frame::world,
};

/// A screen on one application of production.
fn screen(width: u16, height: u16) -> Driver {
    let mut store = world::silent();
    let source = world::source(0, SystemKind::ArgoCd);
    let app = world::app(0, "cart", AppHealth::Healthy, SyncStatus::OutOfSync, "9f31c2e", 600);
    let deltas = vec![
        Delta::Reset(Kind::Application),
        Delta::Upsert(Record::Application(Box::new(app))),
        Delta::Synced(Kind::Application),
    ];
    world::send(&mut store, source, deltas);
    let mut d = Driver::new(store, world::now(), width, height);
    d.keys("2 g g");
    d
}

/// Has break-glass as the hands would give it.
fn broken(d: &mut Driver) {
    let asked = d.effects.iter().find_map(|effect| match effect {
        Effect::BreakGlass { environment, reason } => Some((environment.clone(), reason.clone())),
        _ => None,
    });
    let (environment, reason) = asked.expect("it was asked for");
    let glass = Ok(Glass::new("7", reason, d.state.now));
    d.event(Event::Glass { environment, glass });
}

/// The environments that everyone goes by since the last look.
fn guarded(d: &mut Driver) -> Vec<Environment> {
    let all = std::mem::take(&mut d.effects);
    let last = all.into_iter().rev().find_map(|effect| match effect {
        Effect::Guard(environments) => Some(environments),
        _ => None,
    });
    last.expect("everyone was told")
}

fn is_left(d: &Driver) -> bool {
    d.effects.iter().any(|effect| matches!(effect, Effect::Quit))
}

#[test]
fn breaking_glass_takes_the_name_and_a_reason_and_shows_on_every_frame_until_it_ends_by_itself() {
    for (width, height) in [(160, 45), (80, 24), (60, 12)] {
        let mut d = screen(width, height);
        assert!(!d.screen().contains("BREAK-GLASS"));
        d.keys(":").text("break-glass pro").keys("enter");
        assert!(!d.effects.iter().any(|e| matches!(e, Effect::BreakGlass { .. })), "a reason is asked first");
        d.text("INC-2291 pool exhausted").keys("enter");
        assert!(!d.screen().contains("BREAK-GLASS"), "not before it is on the record");
        broken(&mut d);
        let shown = d.screen();
        assert!(shown.contains("BREAK-GLASS") && shown.contains("30m"), "{shown}");
        assert!(ui::title(&d.state).starts_with("BREAK-GLASS prod: "), "{}", ui::title(&d.state));
        let prod = guarded(&mut d).remove(0);
        assert_eq!(
            prod.policy.glass.map(|g| g.reason.to_string()).as_deref(),
            Some("INC-2291 pool exhausted")
        );
        d.event(Event::Tick(world::now().plus(Duration::from_secs(121))));
        d.keys("?");
        assert!(d.screen().contains("28m"), "over whatever is open\n{}", d.screen());
        d.keys("esc");
        d.event(Event::Tick(world::now().plus(Glass::LONGEST)));
        assert!(!d.screen().lines().next().unwrap_or_default().contains("BREAK-GLASS"), "{}", d.screen());
        let mended = d.effects.iter().any(|e| matches!(e, Effect::MendGlass { how: "by itself", .. }));
        assert!(mended && guarded(&mut d)[0].policy.glass.is_none());
    }
}

#[test]
fn breaking_glass_ends_by_command_and_holds_nothing_back_that_could_not_be_recorded() {
    let mut d = screen(120, 40);
    d.keys(":").text("break-glass prod INC-1").keys("enter");
    let glass = Err(Fault::new(FaultKind::Refused, "journal", "record", "the disk is full"));
    d.event(Event::Glass { environment: "prod".into(), glass });
    assert!(d.screen().contains("the policy of prod holds"), "{}", d.screen());
    d.effects.clear();
    d.keys(":").text("break-glass prod INC-1").keys("enter");
    broken(&mut d);
    d.effects.clear();
    d.keys(":").text("break-glass prod").keys("enter");
    assert!(d.effects.iter().any(|e| matches!(e, Effect::MendGlass { how: "by command", .. })));
    assert!(guarded(&mut d)[0].policy.glass.is_none());
}

#[test]
fn policies_read_anew_have_the_open_plan_made_anew() {
    let mut d = screen(120, 40);
    d.keys("S");
    d.effects.clear();
    let mut environments = d.state.store.environments.clone();
    let says = Says::Deny(Act::parse("sync").expect("an act"));
    environments[0].policy.rules.push(Rule { name: "deny".into(), place: "vigie.toml:3".into(), says });
    d.event(Event::Policies(environments.clone()));
    assert!(d.effects.iter().any(|e| matches!(e, Effect::Plan { .. })));
    assert_eq!(guarded(&mut d)[0].policy.rules.len(), 1);
    d.event(Event::Policies(environments));
    assert!(d.effects.is_empty(), "nothing is other than before");
}

/// A plan of the application that the screen shows, confirmed and under way.
fn running(d: &mut Driver) {
    let desk = Desk::new(ArgoCd::deployed(), vigie::model::Tier::Dev);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let plan = runtime.block_on(desk.plan("sync", &[])).expect("a plan");
    let yes = Approval { yes: true, ..Approval::default() };
    assert!(admit(&plan, &yes).is_ok());
    d.keys("S");
    let ticket = d.effects.iter().rev().find_map(|e| match e {
        Effect::Plan { ticket, .. } => Some(*ticket),
        _ => None,
    });
    d.event(Event::Planned { ticket: ticket.expect("asked"), plan: Ok(Box::new(plan)) });
    d.keys("enter");
    let Some(Overlay::Sheet(sheet)) = d.state.overlays.last() else { panic!("a sheet") };
    assert!(matches!(sheet.phase, Phase::Running { .. }));
}

#[test]
fn leaving_while_something_runs_says_what_stays_unfinished_and_takes_a_second_key() {
    for key in ["q", "ctrl-c"] {
        let mut d = screen(80, 24);
        running(&mut d);
        d.keys("esc").keys(key);
        assert!(!is_left(&d), "{key}");
        let said = d.screen();
        assert!(said.contains("again to leave · unfinished: sync") && said.contains("step 1 of"), "{said}");
        d.keys("j").keys(key);
        assert!(!is_left(&d), "something else was done in between: it is said again");
        d.keys(key);
        assert!(is_left(&d), "{key}");
    }
}

#[test]
fn a_hangup_waits_for_nobody() {
    let mut d = screen(120, 40);
    running(&mut d);
    d.event(Event::Hangup);
    assert!(is_left(&d));
    assert_eq!(d.state.unfinished().len(), 1, "what is left is said outside the screen");
}

#[test]
fn with_nothing_under_way_one_key_leaves() {
    let mut d = screen(120, 40);
    d.event(Event::Resize(Size { width: 120, height: 40 }));
    d.event(Event::Key(Press::char('q')));
    assert!(is_left(&d));
}
