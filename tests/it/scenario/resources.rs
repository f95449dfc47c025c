//! Syncing a part of an application: resources picked on the sheet, or one from the tree.

use vigie::{
    action::plan::Request,
    app::{Effect, Event, Overlay},
    model::{Answer, Fault, FaultKind},
};

use super::driver;
use crate::{
    driver::Driver,
    frame::resources::{plan_sync, resources, tree},
};

const BOTH: &str = "/ConfigMap/appointments/appointments-config,apps/Deployment/appointments/appointments";

/// The requests that were asked to be planned, oldest first.
fn planned(d: &Driver) -> Vec<&Request> {
    d.effects
        .iter()
        .filter_map(|e| match e {
            Effect::Plan { request, .. } => Some(request),
            _ => None,
        })
        .collect()
}

fn chosen(d: &Driver) -> Option<&str> {
    planned(d).last().expect("a plan was asked for").params.get("resources").map(String::as_str)
}

/// The sheet of a sync with a plan, its list of resources open and answered.
fn list(d: &mut Driver) {
    d.keys("S");
    d.answer(Ok(resources()));
    plan_sync(d);
    assert!(d.screen().contains("all 7"), "{}", d.screen());
    d.keys("up space");
    assert!(d.screen().contains("asking for the resources"), "{}", d.screen());
    d.answer(Ok(resources()));
}

#[test]
fn resources_are_picked_on_the_sheet_and_the_plan_is_made_anew() {
    let mut d = driver();
    list(&mut d);
    assert!(d.screen().contains("none marked: the whole application"), "{}", d.screen());
    d.keys("space j space");
    assert!(d.screen().contains("2 of 7 marked"), "{}", d.screen());
    assert_eq!(planned(&d).len(), 1, "nothing is planned before it is taken over");
    d.keys("enter");
    assert_eq!((planned(&d).len(), chosen(&d)), (2, Some(BOTH)));
    let shown = "2 of 7: ConfigMap/appointments-config, Deployment/appointments";
    assert!(d.screen().contains(shown), "{}", d.screen());

    // What was chosen is marked when the list is opened again; all that is out of sync is just that, so `a` clears.
    plan_sync(&mut d);
    d.keys("up enter").answer(Ok(resources()));
    assert!(d.screen().contains("2 of 7 marked"), "{}", d.screen());
    d.keys("a enter");
    assert_eq!((planned(&d).len(), chosen(&d)), (3, None));
}

#[test]
fn esc_leaves_what_was_chosen_and_the_same_choice_plans_nothing() {
    let mut d = driver();
    list(&mut d);
    d.keys("a esc");
    assert!(matches!(d.state.overlays.last(), Some(Overlay::Sheet(_))));
    assert!(d.screen().contains("all 7"), "{}", d.screen());
    d.keys("enter").answer(Ok(resources()));
    d.keys("j space space enter");
    assert!(matches!(d.state.overlays.last(), Some(Overlay::Sheet(_))));
    assert_eq!(planned(&d).len(), 1);
    assert!(!d.effects.iter().any(|e| matches!(e, Effect::Execute(_))));
}

#[test]
fn a_list_that_cannot_be_read_says_why_and_takes_nothing_over() {
    let mut d = driver();
    d.keys("S").answer(Ok(resources()));
    d.keys("up space enter");
    assert!(d.screen().contains("asking for the resources"), "nothing to take over yet");
    let fault = Fault::new(FaultKind::Unreachable, "argocd", "read the application", "connection refused");
    d.answer(Err(fault.hint("is the server up?")));
    let screen = d.keys("a space enter").screen();
    assert!(screen.contains("connection refused") && screen.contains("is the server up?"), "{screen}");
    d.keys("esc enter").answer(Ok(Answer::Resources(Vec::new())));
    assert!(d.screen().contains("Argo CD manages no resource of it"), "{}", d.screen());
    assert_eq!(planned(&d).len(), 1);
}

#[test]
fn enter_closes_a_plan_that_cannot_be_made_and_opens_no_list() {
    let mut d = driver();
    d.keys("S");
    let ticket = d.effects.iter().find_map(|e| match e {
        Effect::Plan { ticket, .. } => Some(*ticket),
        _ => None,
    });
    let fault = Fault::new(FaultKind::Unreachable, "argocd", "read the application", "connection refused");
    d.event(Event::Planned { ticket: ticket.expect("a plan was asked for"), plan: Err(fault) });
    assert!(d.screen().contains("connection refused"), "{}", d.screen());
    d.keys("enter");
    assert!(d.state.overlays.is_empty());
}

#[test]
fn the_keys_of_the_list_are_those_of_the_keymap() {
    let mut d = driver();
    list(&mut d);
    let help = d.keys("?").screen();
    assert!(help.contains("RESOURCES") && help.contains("mark all OutOfSync, or none"), "{help}");
    d.keys("esc c");
    let copied = d.effects.iter().rev().find_map(|e| match e {
        Effect::Copy(text) => Some(text.as_str()),
        _ => None,
    });
    assert_eq!(copied, BOTH.split(',').next());
    d.keys("v").answer(Ok(Answer::Diff(Vec::new())));
    assert!(d.screen().contains("live → planned"), "{}", d.screen());
    d.keys("q q");
    assert!(matches!(d.state.overlays.last(), Some(Overlay::Sheet(_))));
}

#[test]
fn a_resource_of_the_tree_is_synced_or_what_it_was_made_of() {
    let deployment = Some("apps/Deployment/appointments/appointments");
    let said = "for Deployment/appointments, which Pod/appointments-7d4c9b6f5-x2x7p was made of";
    let whole = "for the whole application: Argo CD syncs nothing that Pod/debug was made of";
    let cases = [
        ("S", Some("/ConfigMap/appointments/appointments-config"), ""),
        ("j S", deployment, ""),
        ("j j j S", deployment, said),
        ("G S", None, whole),
    ];
    for (keys, wanted, said) in cases {
        let mut d = driver();
        d.keys("enter").answer(Ok(tree()));
        d.keys(keys);
        assert_eq!(chosen(&d), wanted, "{keys}");
        assert_eq!((planned(&d)[0].verb, &*planned(&d)[0].target.name), ("sync", "appointments"));
        let screen = d.screen();
        assert!(screen.contains(said) && screen.contains("SYNC  appointments"), "{keys}: {screen}");
    }
}

#[test]
fn the_pointer_in_a_tree_stays_in_sight_and_follows_a_search() {
    let Answer::Tree(nodes) = tree() else { panic!() };
    let many: Vec<_> = nodes.iter().cycle().take(100).cloned().collect();
    let mut d = Driver::new(crate::frame::world::incident(), crate::frame::world::now(), 80, 24);
    d.keys("enter").answer(Ok(Answer::Tree(many)));
    let pointed = |d: &mut Driver| {
        let screen = d.screen();
        screen.lines().skip(2).find(|l| l.starts_with('▸')).expect("a pointer in sight").to_owned()
    };
    d.keys("G");
    assert!(pointed(&mut d).contains("po/debug") && d.screen().contains("100/100"));
    d.keys("ctrl-u k k k");
    assert!(pointed(&mut d).contains("deploy/appointments"), "{}", d.screen());
    d.keys("g g /").text("x2x7p");
    assert!(pointed(&mut d).contains("x2x7p"), "{}", d.screen());
}
