//! What is looked at closely: secrets that are hidden again, what is copied, trees read again.

use std::time::Duration;

use vigie::{
    app::{Command, Effect, Event, Handout, Overlay, Program, Size},
    model::{Answer, Fault, FaultKind, Query, Sensitive, SyncStatus, SystemKind},
    store::Delta,
};

use super::driver;
use crate::{
    driver::Driver,
    frame::{
        details::{diff, reveal, secret, tree, yaml},
        world,
    },
};

const VALUE: &str = "hunter2";

fn copied(d: &Driver) -> Option<&str> {
    d.effects.iter().rev().find_map(|e| match e {
        Effect::Copy(text) => Some(text.as_str()),
        _ => None,
    })
}

fn questions(d: &Driver) -> Vec<&Query> {
    d.effects
        .iter()
        .filter_map(|e| match e {
            Effect::Read { query, .. } => Some(query),
            _ => None,
        })
        .collect()
}

fn tick(d: &mut Driver, secs: u64) {
    d.event(Event::Tick(world::now().plus(Duration::from_secs(secs))));
}

#[test]
fn a_secret_is_read_when_asked_for_and_hidden_again() {
    let mut d = driver();
    secret(&mut d);
    d.keys("j");
    assert!(!questions(&d).iter().any(|q| matches!(q, Query::SecretEntry { .. })), "nothing is read before");
    d.keys("x");
    let asked = questions(&d).last().map(|q| (*q).clone());
    assert!(matches!(&asked, Some(Query::SecretEntry { entry, .. }) if &**entry == "password"), "{asked:?}");
    d.answer(Ok(Answer::Secret(Sensitive::new(VALUE))));
    assert!(d.screen().contains(VALUE), "{}", d.screen());
    tick(&mut d, 29);
    assert!(d.screen().contains(VALUE));
    tick(&mut d, 30);
    assert!(!d.screen().contains(VALUE), "{}", d.screen());
    assert!(d.screen().contains("the secret is hidden again"));
}

#[test]
fn a_variable_is_asked_for_by_its_path() {
    let mut d = driver();
    yaml(
        &mut d,
        "spec:\n  containers:\n  - env:\n    - name: TOKEN\n      value: ••••••• (7 bytes)\n    name: main\n",
    );
    d.keys("/").text("•••").keys("enter x");
    let asked = questions(&d).last().map(|q| (*q).clone());
    let path = ".spec.containers[0].env[0].value";
    assert!(matches!(&asked, Some(Query::SecretEntry { entry, .. }) if &**entry == path), "{asked:?}");
    d.answer(Ok(Answer::Secret(Sensitive::new(VALUE))));
    assert!(d.screen().contains(VALUE), "{}", d.screen());
    d.keys("c c");
    assert!(copied(&d).is_some_and(|all| !all.contains(VALUE)));
}

#[test]
fn a_secret_is_hidden_by_the_key_and_on_leaving() {
    let mut d = driver();
    secret(&mut d);
    d.keys("j");
    reveal(&mut d, VALUE);
    d.keys("x");
    assert!(!d.screen().contains(VALUE));
    reveal(&mut d, VALUE);
    d.keys("k");
    assert!(d.screen().contains(VALUE), "it stays while others are looked at");
    reveal(&mut d, "other");
    assert!(!d.screen().contains(VALUE), "one at a time");
    d.keys("ctrl-z");
    assert!(!d.screen().contains("other"), "nobody may be looking");
    d.keys("x esc");
    d.answer(Ok(Answer::Secret(Sensitive::new(VALUE))));
    assert!(!d.screen().contains(VALUE), "an answer to what was left is nobody's");
}

#[test]
fn copies_hold_no_secret_but_the_one_shown() {
    let mut d = driver();
    secret(&mut d);
    d.keys("j");
    d.keys("c v");
    assert_eq!(copied(&d), None);
    assert!(d.screen().contains("password is hidden"), "{}", d.screen());
    reveal(&mut d, VALUE);
    d.keys("c c");
    let all = copied(&d).expect("copied");
    assert!(all.contains("password: •••") && !all.contains(VALUE), "{all}");
    assert!(d.screen().contains("secrets hidden"), "{}", d.screen());
    d.keys("c v");
    assert_eq!(copied(&d), Some(VALUE));
    assert!(d.screen().contains("copied the secret value of password"), "{}", d.screen());
}

fn looks(d: &Driver) -> Vec<&Handout> {
    d.effects
        .iter()
        .filter_map(|e| match e {
            Effect::HandOut(look) => Some(look),
            _ => None,
        })
        .collect()
}

#[test]
fn other_programs_get_no_secret() {
    let mut d = driver();
    secret(&mut d);
    d.keys("j");
    for (keys, with) in [("ctrl-e", Program::Editor), ("|", Program::Pager)] {
        reveal(&mut d, VALUE);
        d.keys(keys);
        let look = *looks(&d).last().expect("shown");
        assert_eq!(look.with, with);
        let about = look.name.strip_prefix("yaml-").and_then(|name| name.strip_suffix(".yaml"));
        assert!(about.is_some_and(|name| !name.is_empty()), "{}", look.name);
        assert!(look.text.contains("password: •••") && !look.text.contains(VALUE), "{}", look.text);
        assert!(!d.screen().contains(VALUE), "nobody may be looking");
    }
}

#[test]
fn other_programs_get_what_is_there_and_only_where_allowed() {
    let mut d = driver();
    d.event(Event::Run(Command::Editor));
    assert!(d.screen().contains("open one first"), "{}", d.screen());
    d.keys("d ctrl-e");
    assert!(d.screen().contains("nothing to show yet"), "{}", d.screen());
    assert_eq!(looks(&d), Vec::<&Handout>::new());
    d.keys("esc");
    yaml(&mut d, "kind: Pod\n");
    d.state.settings.programs = false;
    d.keys("ctrl-e |");
    assert_eq!(looks(&d), Vec::<&Handout>::new());
    assert!(d.screen().contains("the configuration forbids it"), "{}", d.screen());
}

#[test]
fn what_cannot_be_shown_is_said() {
    let mut d = driver();
    secret(&mut d);
    d.keys("x");
    let fault = Fault::new(FaultKind::Refused, "kubernetes in prod", "read ca.crt", "secrets is forbidden");
    d.answer(Err(fault));
    assert!(d.screen().contains("secrets is forbidden"), "{}", d.screen());
    d.keys("x");
    d.answer(Ok(Answer::Secret(Sensitive::from_bytes(vec![0xff, 0xfe, 0x00]))));
    assert!(d.screen().contains("ca.crt: binary, 3 bytes"), "{}", d.screen());
    d.keys("c v");
    assert_eq!(copied(&d), None);
    d.keys("g g x");
    assert!(d.screen().contains("nothing is hidden here"), "{}", d.screen());
}

#[test]
fn paths_and_values_are_copied() {
    let mut d = driver();
    yaml(&mut d, "spec:\n  containers:\n  - name: main\n    image: \"cart:1\"\n");
    d.keys("G c p");
    assert_eq!(copied(&d), Some(".spec.containers[0].image"));
    d.keys("c v");
    assert_eq!(copied(&d), Some("cart:1"));
}

#[test]
fn sides_follow_the_width_until_they_are_chosen() {
    let mut d = driver();
    d.event(Event::Resize(Size { width: 160, height: 45 }));
    d.keys("v");
    d.answer(Ok(diff()));
    assert!(d.screen().contains(" │ "), "{}", d.screen());
    d.event(Event::Resize(Size { width: 120, height: 40 }));
    assert!(!d.screen().contains(" │ "), "{}", d.screen());
    d.keys("s");
    assert!(d.screen().contains(" │ "));
    let screen = d.screen();
    assert!(screen.contains("••••••• changed"), "{screen}");
}

#[test]
fn a_tree_is_read_again_when_its_application_changes() {
    let mut d = driver();
    d.keys("enter");
    d.answer(Ok(tree()));
    d.keys("j j space");
    tick(&mut d, 1);
    let before = questions(&d).len();
    tick(&mut d, 2);
    assert_eq!(questions(&d).len(), before, "nothing changed");
    let Some(Overlay::Viewer(viewer)) = d.state.overlays.last() else { panic!("a tree") };
    let key = viewer.about.clone().expect("of an application");
    let mut app = d.state.store.applications.get(&key).expect("known").clone();
    app.sync = SyncStatus::OutOfSync;
    let record = vigie::model::Record::Application(Box::new(app));
    world::send(&mut d.state.store, world::source(0, SystemKind::ArgoCd), vec![Delta::Upsert(record)]);
    tick(&mut d, 3);
    assert_eq!(questions(&d).len(), before + 1);
    assert!(d.screen().contains("rs/appointments-7d4c9b6f5"), "what is shown stays: {}", d.screen());
    d.answer(Ok(tree()));
    assert!(d.screen().contains("appointments-7d4c9b6f5 … 2"), "folds stay: {}", d.screen());
    tick(&mut d, 4);
    assert_eq!(questions(&d).len(), before + 1);
}

#[test]
fn problems_of_a_tree_are_found_and_its_filter_is_left_first() {
    let mut d = driver();
    d.keys("enter");
    d.answer(Ok(tree()));
    d.keys("z M ] e ] e");
    let Some(Overlay::Viewer(viewer)) = d.state.overlays.last() else { panic!("a tree") };
    assert_eq!(
        viewer.pointed().map(|n| n.resource.to_string()).as_deref(),
        Some("Pod/appointments-7d4c9b6f5-x2x7p")
    );
    d.keys("/").text("svc").keys("enter");
    assert!(!d.screen().contains("x2x7p"), "{}", d.screen());
    d.keys("esc");
    assert!(d.screen().contains("x2x7p"), "{}", d.screen());
    d.keys("esc");
    assert!(d.state.overlays.is_empty());
}
