//! The mouse: it selects, opens, sorts and scrolls what is under it and presses the keys below, and nothing else.

use vigie::app::{Effect, Event, Item, Mouse, Overlay, PaneId, Pointed, Size};

use proptest::prelude::*;

use crate::{driver::Driver, frame::world};

fn driver() -> Driver {
    let mut d = Driver::new(world::incident(), world::now(), 160, 45);
    d.draw();
    d
}

fn point(d: &mut Driver, what: Pointed, x: u16, y: u16) {
    d.event(Event::Mouse(Mouse { what, x, y }));
    d.event(Event::Rest);
    d.draw();
}

/// The cell at which a word stands in the frame, to the right of a column.
fn cell(d: &mut Driver, word: &str, from: usize) -> (u16, u16) {
    let screen = d.screen();
    let found = screen.lines().enumerate().find_map(|(y, line)| {
        let right: String = line.chars().skip(from).collect();
        right.find(word).map(|at| (from + right[..at].chars().count(), y))
    });
    let (x, y) = found.unwrap_or_else(|| panic!("{word} is not shown:\n{screen}"));
    (u16::try_from(x).expect("small"), u16::try_from(y).expect("small"))
}

fn name(d: &Driver) -> String {
    match d.state.selected() {
        Some(Item::Entity(key)) => key.name.to_string(),
        Some(Item::Environment(name)) => name.to_string(),
        _ => String::new(),
    }
}

#[test]
fn a_click_selects_and_a_second_one_opens() {
    let mut d = driver();
    let (x, y) = cell(&mut d, "openmrs", 0);
    point(&mut d, Pointed::Click, x, y);
    assert_eq!((d.state.active, name(&d).as_str()), (PaneId::Applications, "openmrs"));
    assert!(d.state.overlays.is_empty());
    point(&mut d, Pointed::Click, x, y);
    assert!(matches!(d.state.overlays.last(), Some(Overlay::Viewer(v)) if v.what == "resources"));
    assert!(!d.effects.iter().any(|e| matches!(e, Effect::Plan { .. } | Effect::Execute(_))));
}

#[test]
fn a_click_on_a_heading_sorts() {
    let mut d = driver();
    let (x, y) = cell(&mut d, "APPLICATION", 0);
    point(&mut d, Pointed::Click, x, y);
    let names = |d: &Driver| -> Vec<String> {
        let state = &d.state;
        let shown = state.pane(PaneId::Applications).rows.shown.iter();
        shown.filter_map(|row| row.key(&state.store, &state.timeline).map(|k| k.name.to_string())).collect()
    };
    let sorted = names(&d);
    assert!(sorted.is_sorted() && sorted.len() > 5, "{sorted:?}");
    assert!(d.screen().contains("sorted by name"), "{}", d.screen());
    point(&mut d, Pointed::Click, x + 3, y);
    assert_eq!(names(&d), sorted.iter().rev().cloned().collect::<Vec<_>>(), "round");
    let (x, y) = cell(&mut d, "REVISION", 0);
    point(&mut d, Pointed::Click, x, y);
    assert!(d.screen().contains("sorted by revision"), "{}", d.screen());
    let (x, y) = cell(&mut d, "RESTARTS", 0);
    point(&mut d, Pointed::Click, x, y);
    assert_eq!(d.state.active, PaneId::Pods, "it goes to the pane");
    assert!(d.screen().contains("sorted by restarts"), "{}", d.screen());
}

#[test]
fn a_click_on_a_key_below_presses_it() {
    let mut d = driver();
    let bottom = 44;
    let hint = |d: &mut Driver, word: &str| {
        let last = d.screen().lines().last().unwrap_or_default().to_owned();
        let at = last.find(word).unwrap_or_else(|| panic!("{word} is not offered: {last}"));
        u16::try_from(last[..at].chars().count()).expect("small")
    };
    let x = hint(&mut d, "? keys");
    point(&mut d, Pointed::Click, x + 3, bottom);
    assert!(matches!(d.state.overlays.last(), Some(Overlay::Help(_))));
    let x = hint(&mut d, "q back");
    point(&mut d, Pointed::Click, x, bottom);
    assert!(d.state.overlays.is_empty());
    d.keys("j");
    let x = hint(&mut d, "S sync");
    point(&mut d, Pointed::Click, x, bottom);
    assert!(d.state.overlays.is_empty(), "nothing is planned by mouse");
    assert!(d.screen().contains("S plans: that is for the keyboard"), "{}", d.screen());
    let x = hint(&mut d, "/ filter");
    point(&mut d, Pointed::Click, x, bottom);
    assert!(d.state.typing.is_some());
    point(&mut d, Pointed::Click, x, bottom);
    assert!(d.state.typing.is_some(), "what is typed stays");
}

#[test]
fn a_click_on_another_pane_goes_there() {
    let mut d = driver();
    let (x, y) = cell(&mut d, "Alerts", 0);
    point(&mut d, Pointed::Click, x, y);
    assert_eq!(d.state.active, PaneId::Alerts, "its title");
    let (x, y) = cell(&mut d, "Logs", 0);
    point(&mut d, Pointed::Click, x, y + 2);
    assert_eq!(d.state.active, PaneId::Logs);
}

#[test]
fn the_wheel_scrolls_what_is_under_it() {
    let mut d = driver();
    let (x, y) = cell(&mut d, "Pods", 0);
    point(&mut d, Pointed::Down, x, y + 2);
    assert_eq!(d.state.active, PaneId::Applications, "it stays where the keys go");
    assert_eq!(d.state.pane(PaneId::Pods).cursor, 3);
    point(&mut d, Pointed::Up, x, y + 2);
    assert_eq!(d.state.pane(PaneId::Pods).cursor, 0);
    d.keys("?");
    let before = d.screen();
    d.event(Event::Resize(Size { width: 80, height: 24 }));
    let top = d.screen();
    point(&mut d, Pointed::Down, 5, 5);
    assert_ne!(d.screen(), top, "help scrolls");
    assert_ne!(before, top);
}

#[test]
fn nothing_of_a_plan_is_for_the_mouse() {
    let mut d = driver();
    d.keys("S");
    assert!(matches!(d.state.overlays.last(), Some(Overlay::Sheet(_))));
    let before = d.screen();
    for y in 0..45 {
        for what in [Pointed::Click, Pointed::Up, Pointed::Down] {
            point(&mut d, what, 60, y);
        }
    }
    assert_eq!(d.screen(), before);
}

#[test]
fn what_is_typed_is_not_left_by_a_click() {
    let mut d = driver();
    d.keys("/").text("app");
    point(&mut d, Pointed::Click, 130, 10);
    assert_eq!(d.state.active, PaneId::Applications);
    assert!(d.state.typing.is_some());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]
    #[test]
    fn wherever_it_points_nothing_panics_or_is_planned(
        size in (1u16..200, 1u16..60),
        acts in prop::collection::vec((0usize..4, any::<(u16, u16)>(), 0u16..220, 0u16..70), 1..60),
    ) {
        let mut d = Driver::new(world::incident(), world::now(), size.0, size.1);
        for (what, far, x, y) in acts {
            match what {
                3 => { d.keys(["z", "?", "esc", ":", "tab", "x"][usize::from(x) % 6]); }
                n => {
                    let (x, y) = if far.0.is_multiple_of(16) { far } else { (x, y) };
                    point(&mut d, [Pointed::Click, Pointed::Up, Pointed::Down][n], x, y);
                }
            }
            for id in PaneId::ALL {
                let pane = d.state.pane(id);
                prop_assert!(pane.rows.shown.is_empty() || pane.cursor < pane.rows.shown.len());
                prop_assert_eq!(&pane.selected, &d.state.item_at(id, pane.cursor));
            }
            let planned = d.effects.iter().any(|e| matches!(e, Effect::Plan { .. } | Effect::Execute(_)));
            prop_assert!(!planned);
        }
    }
}
