//! Scenarios through the shipped keymap, and what must hold whatever is pressed.

mod details;
mod resources;

use proptest::prelude::*;
use vigie::{
    app::{Effect, Event, Item, PaneId, Size},
    keymap::{Code, Press},
    model::{Kind, PodState, Record, SystemKind},
    store::Delta,
    triage::Focus,
};

use crate::{driver::Driver, frame::world};

fn driver() -> Driver {
    Driver::new(world::incident(), world::now(), 160, 45)
}

fn name(driver: &Driver) -> String {
    match driver.state.selected() {
        Some(Item::Entity(key)) => key.name.to_string(),
        Some(Item::Environment(name) | Item::Group(name)) => name.to_string(),
        None => String::new(),
    }
}

#[test]
fn selection_drives_the_panes_and_esc_widens() {
    let mut d = driver();
    assert_eq!(d.state.focus, Focus::Everything);
    d.draw();
    let all = d.state.pane(PaneId::Pods).rows.total;
    d.keys("j k");
    d.draw();
    let Focus::Entity(key) = d.state.focus.clone() else { panic!("the focus follows") };
    assert_eq!(&*key.name, "appointments");
    let near = d.state.pane(PaneId::Pods).rows.total;
    assert!(near < all && near >= 5, "{near} of {all}");
    d.keys("tab j");
    assert_eq!(d.state.active, PaneId::Pods);
    assert_eq!(d.state.pane(PaneId::Pods).rows.total, near, "entering a pane keeps its list");
    d.keys("esc esc");
    d.draw();
    assert_eq!(d.state.focus, Focus::Everything);
    assert_eq!(d.state.pane(PaneId::Pods).rows.total, all);
}

#[test]
fn the_selection_stays_on_the_thing() {
    let mut d = driver();
    d.keys("3 j j j");
    let before = name(&d);
    let at = d.state.pane(PaneId::Pods).cursor;
    let kube = world::source(0, SystemKind::Kubernetes);
    let worse = (0..5).map(|n| {
        Delta::Upsert(Record::Pod(world::pod(
            0,
            "odoo",
            &format!("a-{n}"),
            PodState::Failed,
            "Error",
            (0, 1),
            9,
            5,
        )))
    });
    d.event(Event::Batches(vec![vigie::store::Batch {
        source: kube,
        at: world::now(),
        deltas: worse.collect(),
    }]));
    d.draw();
    assert_eq!(name(&d), before);
    assert!(d.state.pane(PaneId::Pods).cursor > at);
}

#[test]
fn filters_are_live_and_esc_clears_them() {
    let mut d = driver();
    d.keys("3 /").text("crash");
    d.draw();
    assert_eq!(d.state.pane(PaneId::Pods).rows.shown.len(), 2);
    d.keys("enter esc");
    d.draw();
    assert_eq!(d.state.pane(PaneId::Pods).rows.shown.len(), 29);
}

#[test]
fn k9s_words_and_problems() {
    let mut d = driver();
    d.keys(":").text("deploy").keys("enter");
    assert!(matches!(d.state.selected(), Some(Item::Entity(k)) if k.kind == Kind::Deployment));
    d.keys("] e");
    assert_eq!(name(&d), "appointments");
    assert_eq!(d.state.active, PaneId::Applications);
    d.keys("] e ] e");
    assert_eq!(d.state.active, PaneId::Alerts, "after the applications come the alerts");
}

#[test]
fn answers_to_what_was_closed_are_dropped() {
    let mut d = driver();
    d.keys("3 y");
    let Some(Effect::Read { ticket, .. }) = d.effects.pop() else { panic!("asked") };
    d.keys("esc d");
    let fault = vigie::model::Fault::new(vigie::model::FaultKind::NotFound, "k", "w", "stale words");
    d.event(Event::Answer { ticket, answer: Err(fault) });
    assert!(!d.screen().contains("stale words"));
}

#[test]
fn production_takes_a_reason_and_its_name() {
    let mut d = driver();
    d.keys("S");
    let executed = |d: &Driver| d.effects.iter().any(|e| matches!(e, Effect::Execute(_)));
    d.keys("enter enter").text("y");
    assert!(!executed(&d), "nothing runs before it is planned");
}

fn press() -> impl Strategy<Value = Press> {
    let codes = prop_oneof![
        8 => proptest::char::range('!', '~').prop_map(Code::Char),
        1 => Just(Code::Char(' ')),
        2 => Just(Code::Enter),
        2 => Just(Code::Esc),
        2 => Just(Code::Tab),
        1 => Just(Code::Down),
        1 => Just(Code::Up),
        1 => Just(Code::Backspace),
        1 => Just(Code::PageDown),
    ];
    (codes, prop::bool::weighted(0.1), prop::bool::weighted(0.05)).prop_map(|(code, ctrl, alt)| Press {
        code,
        ctrl,
        alt,
        shift: false,
    })
}

#[derive(Clone, Debug)]
enum Act {
    Press(Press),
    Resize(u16, u16),
    Paste(String),
    Gone(u8),
    Rest,
    Tick(u32),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        12 => press().prop_map(Act::Press),
        2 => (0u16..260, 0u16..80).prop_map(|(w, h)| Act::Resize(w, h)),
        1 => "\\PC{0,12}".prop_map(Act::Paste),
        1 => any::<u8>().prop_map(Act::Gone),
        2 => Just(Act::Rest),
        1 => (0u32..100_000).prop_map(Act::Tick),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn nothing_pressed_panics_and_selections_stay_valid(acts in prop::collection::vec(act(), 1..60)) {
        let mut d = Driver::new(world::incident(), world::now(), 100, 30);
        for act in acts {
            match act {
                Act::Press(press) => d.event(Event::Key(press)),
                Act::Resize(width, height) => d.event(Event::Resize(Size { width, height })),
                Act::Paste(text) => d.event(Event::Paste(text)),
                Act::Rest => d.event(Event::Rest),
                Act::Tick(secs) => d.event(Event::Tick(world::now().plus(std::time::Duration::from_secs(secs.into())))),
                Act::Gone(n) => {
                    let key = d.state.store.pods.at(usize::from(n) % 32).map(|p| p.key.clone());
                    if let Some(key) = key {
                        world::send(&mut d.state.store, key.source, vec![Delta::Remove(key)]);
                    }
                }
            }
            d.draw();
            for id in PaneId::ALL {
                let pane = d.state.pane(id);
                prop_assert!(pane.rows.shown.is_empty() || pane.cursor < pane.rows.shown.len());
                prop_assert_eq!(&pane.selected, &d.state.item_at(id, pane.cursor));
            }
            prop_assert!(!d.effects.iter().any(|e| matches!(e, Effect::Execute(_))), "nothing was planned");
        }
    }
}
