//! The tour, done with the keys that it names.

use std::sync::Arc;

use vigie::{
    app::{Event, Tour, load_keys},
    keymap::Source,
};

use crate::{driver::Driver, frame::world};

fn on_tour() -> Driver {
    let mut driver = Driver::new(world::incident(), world::now(), 160, 45);
    driver.state.tour = Some(Tour::default());
    driver.state.settle();
    driver.event(Event::Tick(world::now()));
    driver
}

#[test]
fn each_step_goes_when_it_is_done_and_esc_leaves() {
    let mut d = on_tour();
    let steps: [(&str, &str, &str); 12] = [
        ("j", "", ""),
        ("tab", "", ""),
        ("2 x", "", ""),
        ("esc", "", ""),
        (":", "appo", ""),
        ("enter", "", ""),
        ("/", "a", "enter"),
        ("esc", "", ""),
        ("2 S", "", ""),
        ("esc", "", ""),
        ("?", "", ""),
        ("esc", "", ""),
    ];
    for (n, (keys, text, more)) in steps.into_iter().enumerate() {
        let place = d.state.tour.map(Tour::place);
        assert_eq!(place, Some((n + 2, 14)), "before `{keys}`:\n{}", d.screen());
        assert!(d.screen().contains(&format!(" tour {}/14 ", n + 2)), "{}", d.screen());
        d.keys(keys).text(text);
        if !more.is_empty() {
            d.keys(more);
        }
    }
    assert!(d.screen().contains("tour 14/14"));
    d.keys("esc");
    assert_eq!(d.state.tour, None);
    assert!(!d.screen().contains("tour 14/14"));
}

#[test]
fn esc_leaves_it_where_there_is_nothing_else_to_close() {
    let mut d = on_tour();
    d.keys("? esc");
    assert!(d.state.tour.is_some());
    d.keys("esc");
    assert_eq!(d.state.tour, None);
}

#[test]
fn it_names_the_keys_as_loaded() {
    let mut d = on_tour();
    let own = "keys = [{ on = \"ctrl-t\", run = \"down\", in = \"table\" }, { on = [\"j\", \"down\"], run = \"none\", in = \"table\" }]";
    let (keys, problems) = load_keys(Some(Source { path: "own.toml".into(), text: own.into() }));
    assert_eq!(problems, Vec::new());
    d.state.settings.keys = Arc::new(keys);
    assert!(d.screen().contains("ctrl-t and k move"), "{}", d.screen());
}

#[test]
fn it_stays_within_small_screens() {
    for (width, height) in [(80, 24), (40, 14), (20, 5), (1, 1)] {
        let mut d = Driver::new(world::incident(), world::now(), width, height);
        d.state.tour = Some(Tour::default());
        d.keys("S");
        let shown = d.screen().contains("tour 2/14");
        assert_eq!(shown, width >= 40, "{width}x{height}");
    }
}
