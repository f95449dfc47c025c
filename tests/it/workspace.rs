//! Workspaces through the shipped keymap: moved in, resized, split, hidden, kept; and the matrix of environments.

use proptest::prelude::*;
use vigie::{
    app::{Area, Effect, Event, Item, PaneId, Size},
    keymap::{Code, Press, parse_sequence},
    model::{AppHealth, Record, SyncStatus, SystemKind},
    store::Delta,
};

use crate::{driver::Driver, frame::world};

fn driver(width: u16, height: u16) -> Driver {
    let mut d = Driver::new(world::incident(), world::now(), width, height);
    d.state.desk.file = Some("workspaces.toml".into());
    d.draw();
    d
}

fn area(d: &Driver, pane: PaneId) -> Area {
    d.state.layout().area(pane).expect("it is shown")
}

fn notice(d: &Driver) -> &str {
    d.state.notice.as_ref().map_or("", |(n, _)| &n.text)
}

/// What was kept in a file, read back into another session.
fn kept_and_read(d: &Driver) -> Driver {
    let kept = d.effects.iter().rev().find_map(|e| match e {
        Effect::SaveWorkspace { workspace, .. } => Some((**workspace).clone()),
        _ => None,
    });
    let text = vigie::app::print_workspaces(&[kept.expect("kept")]);
    let source = vigie::keymap::Source { path: "workspaces.toml".into(), text };
    let (mut desk, problems) = vigie::app::Desk::load(&[source], None);
    assert_eq!(problems, Vec::new());
    assert!(desk.start("night"));
    let mut d = driver(160, 45);
    d.state.arrange(desk);
    d.event(Event::Rest);
    d.draw();
    d
}

#[test]
fn a_workspace_remembers_order_columns_and_groups() {
    let mut d = driver(160, 45);
    // Pods: the last of the usual orders the other way round, wide, without their namespaces, grouped.
    d.keys("3 . j j j enter ; w | j space enter g b j j enter");
    // Alerts, by a column.
    d.keys("4 . G enter");
    let (pods, alerts) = (d.state.sort_words(PaneId::Pods), d.state.sort_words(PaneId::Alerts));
    d.keys(":").text("workspace save night").keys("enter");
    let mut again = kept_and_read(&d);
    again.keys("3");
    let pane = again.state.pane(PaneId::Pods);
    assert_eq!((again.state.sort_words(PaneId::Pods), pane.reversed, pane.wide), (pods, true, true));
    assert_eq!(pane.group.as_ref().map(vigie::app::GroupBy::name), Some("namespace"));
    let columns = pane.columns.clone().expect("its own");
    assert!(
        !columns.contains(&"namespace".to_owned()) && columns.contains(&"name".to_owned()),
        "{columns:?}"
    );
    assert_eq!(again.state.sort_words(PaneId::Alerts), alerts);
}

#[test]
fn a_workspace_remembers_which_objects_are_looked_at() {
    let mut d = driver(160, 45);
    d.keys(":").text("ingresses.networking.k8s.io").keys("ctrl-p enter");
    d.keys(":").text("workspace save night").keys("enter");
    let again = kept_and_read(&d);
    assert_eq!(again.state.browse.word, "ingresses.networking.k8s.io");
    let opened = again
        .effects
        .iter()
        .any(|e| matches!(e, Effect::Browse { word, .. } if &**word == "ingresses.networking.k8s.io"));
    assert!(opened, "and the clusters are asked");
}

#[test]
fn panes_are_reached_by_direction() {
    let mut d = driver(160, 45);
    let mut to = |keys: &str, pane| {
        d.keys(keys);
        assert_eq!(d.state.active, pane, "{keys}");
    };
    to("ctrl-w j", PaneId::Pods);
    to("ctrl-w h", PaneId::Leases);
    to("ctrl-w k", PaneId::Environments);
    to("ctrl-w l", PaneId::Applications);
    to("ctrl-w l", PaneId::Alerts);
    to("ctrl-w j", PaneId::Changes);
    to("ctrl-w j", PaneId::Logs);
    to("ctrl-w j", PaneId::Logs);
    assert_eq!(notice(&d), "there is no pane that way");
}

#[test]
fn panes_grow_shrink_and_come_back() {
    let mut d = driver(160, 45);
    let before = area(&d, PaneId::Applications);
    d.keys("ctrl-w > ctrl-w +");
    let after = area(&d, PaneId::Applications);
    assert_eq!((after.width, after.height), (before.width + 4, before.height + 2));
    assert_eq!(area(&d, PaneId::Alerts).width, 160 - 2 - after.width - after.x + 1);
    d.keys("ctrl-w < ctrl-w -");
    assert_eq!(area(&d, PaneId::Applications), before);
    for _ in 0..30 {
        d.keys("ctrl-w <");
    }
    assert_eq!(area(&d, PaneId::Applications).width, 16, "a pane keeps the least that it needs");
    d.keys("ctrl-w r");
    assert_eq!(area(&d, PaneId::Applications), before);
    d.keys("ctrl-w =");
    let (a, b) = (area(&d, PaneId::Applications), area(&d, PaneId::Pods));
    assert!(a.height.abs_diff(b.height) <= 1 && a.width == b.width, "{a:?} {b:?}");
}

#[test]
fn panes_change_places_and_keep_their_selection() {
    let mut d = driver(160, 45);
    d.keys("3 j j");
    let (pods, alerts) = (area(&d, PaneId::Pods), area(&d, PaneId::Changes));
    let selected = d.state.selected().cloned();
    d.keys("ctrl-w m l");
    assert_eq!((area(&d, PaneId::Pods), area(&d, PaneId::Changes)), (alerts, pods));
    d.keys("ctrl-w > ctrl-w m k ctrl-w =");
    d.draw();
    assert_eq!(d.state.active, PaneId::Pods);
    assert_eq!(d.state.selected(), selected.as_ref());
}

#[test]
fn a_hidden_pane_is_summed_up_visited_and_brought_back() {
    let mut d = driver(160, 45);
    d.keys("5 ctrl-w c");
    assert_eq!(d.state.layout().area(PaneId::Leases), None);
    let line = d.screen().lines().nth(1).expect("a line").to_owned();
    assert!(line.starts_with(" 5 leases ✗1 !1 04:41 appointments-rw"), "{line}");
    let host = d.state.active;
    d.keys("5");
    assert_eq!(d.state.layout().area(host), None, "it stands where the keys were");
    d.keys("ctrl-w a");
    let (leases, host) = (area(&d, PaneId::Leases), area(&d, host));
    assert!(leases.y > host.y || leases.x > host.x);
    assert!(d.state.layout().listed.is_empty());
    d.keys("ctrl-w u ctrl-w u");
    assert_eq!(area(&d, PaneId::Leases).x, 0, "both changes are taken back");
}

#[test]
fn a_list_stands_twice_each_with_its_own_filter_and_selection() {
    let mut d = driver(200, 60);
    d.keys("2 ctrl-w v");
    let split = d.state.active;
    assert!(split.slot().is_some());
    d.keys("/").text("staging").keys("enter j");
    assert_eq!(d.state.pane(split).rows.shown.len(), 2);
    let chosen = d.state.selected().cloned();
    d.keys("ctrl-w h");
    assert_eq!(d.state.active, PaneId::Applications);
    assert_eq!(d.state.pane(PaneId::Applications).rows.shown.len(), 10);
    d.keys("j j ctrl-w l");
    assert_eq!(d.state.selected(), chosen.as_ref());
    d.keys("g v");
    assert_eq!(d.state.active, split, "what has no pane of its own is listed in the one that was split off");
    d.keys("ctrl-w c");
    assert_eq!(d.state.layout().area(split), None);
    assert!(!d.state.desk.now.opens(split));
}

#[test]
fn at_most_twelve_panes() {
    let mut d = driver(320, 90);
    for _ in 0..7 {
        d.keys("2 ctrl-w s ctrl-w =");
    }
    assert_eq!(d.state.layout().panes.len(), 12);
    assert_eq!(notice(&d), "at most 12 panes are shown");
    d.keys("6 ctrl-w v");
    assert_eq!(notice(&d), "logs are shown once");
}

#[test]
fn small_screens_refuse_what_they_have_no_room_for() {
    let mut d = driver(80, 24);
    d.keys("ctrl-w v");
    assert_eq!(notice(&d), "one pane is shown alone here; there is no room to split");
    d.keys("ctrl-w >");
    assert_eq!(notice(&d), "one pane is shown alone here; there is nothing to arrange");
    assert_eq!(d.state.layout().panes.len(), 1);
}

#[test]
fn workspaces_are_chosen_saved_and_forgotten() {
    let mut d = driver(160, 45);
    d.keys("ctrl-w 3");
    assert_eq!(d.state.desk.now.name, "pods");
    assert_eq!(d.state.active, PaneId::Pods);
    let shown: Vec<_> = d.state.layout().panes.iter().map(|p| p.pane).collect();
    assert_eq!(shown, [PaneId::Pods, PaneId::Extra1, PaneId::Logs]);
    d.keys(":").text("workspace delivery").keys("enter");
    assert_eq!(d.state.desk.now.name, "delivery");
    d.keys("ctrl-w c :").text("workspace save night").keys("enter");
    let Some(Effect::SaveWorkspace { workspace, .. }) = d.effects.last() else { panic!("saved") };
    assert_eq!(workspace.name, "night");
    d.keys("ctrl-w 1 ctrl-w 7");
    assert_eq!(d.state.desk.now.name, "night");
    assert_eq!(d.state.layout().panes.len(), 2);
    d.keys(":").text("workspace forget night").keys("enter");
    assert!(matches!(d.effects.last(), Some(Effect::ForgetWorkspace { name, .. }) if name == "night"));
    d.keys("ctrl-w 7");
    assert_eq!(notice(&d), "there are 6 workspaces");
    d.keys(":").text("ws save no/good");
    assert!(!d.screen().contains("keep the panes"), "it is no name");
}

#[test]
fn the_matrix_marks_what_parts_from_production() {
    let mut d = driver(160, 45);
    let argo = world::source(1, SystemKind::ArgoCd);
    let mut app = world::app(1, "odoo", AppHealth::Degraded, SyncStatus::Synced, "x", 60);
    app.images = ["registry.example.org/odoo:18.0".into()].into();
    world::send(&mut d.state.store, argo, vec![Delta::Upsert(Record::Application(Box::new(app)))]);
    let argo = world::source(0, SystemKind::ArgoCd);
    let mut app = world::app(0, "odoo", AppHealth::Healthy, SyncStatus::Synced, "y", 60);
    app.images = ["registry.example.org/odoo:17.0".into()].into();
    world::send(&mut d.state.store, argo, vec![Delta::Upsert(Record::Application(Box::new(app)))]);
    d.keys("g c z /").text("odoo").keys("enter");
    let screen = d.screen();
    let line = screen.lines().find(|l| l.contains("odoo  ")).expect("a row").to_owned();
    assert!(line.contains("17.0") && line.contains("18.0") && line.contains('↑'), "{line}");
    assert!(screen.contains("1 differ"), "{screen}");
    let env = |d: &Driver| match d.state.selected() {
        Some(Item::Entity(key)) => d.state.store.system(key.source).map(|s| s.env.to_string()),
        _ => None,
    };
    assert_eq!(env(&d).as_deref(), Some("prod"));
    d.keys("right");
    assert_eq!(env(&d).as_deref(), Some("staging"));
    assert_eq!(d.state.current_environment().map(|e| e.name.to_string()).as_deref(), Some("staging"));
    d.keys("right left");
    assert_eq!(env(&d).as_deref(), Some("prod"), "it is not deployed in dev");
    d.keys("esc /").text("differs").keys("enter");
    assert_eq!(d.state.pane(PaneId::Applications).rows.shown.len(), 1);
}

#[test]
fn the_environment_is_on_every_frame_and_in_the_title() {
    for (width, height) in [(160, 45), (80, 24), (40, 12), (24, 2)] {
        let mut d = driver(width, height);
        d.keys("2 j k");
        for keys in ["z", "x", "esc", ":", "esc", "?", "esc", "R"] {
            d.keys(keys);
            let screen = d.screen();
            assert!(screen.contains("PROD"), "after {keys} at {width}x{height}:\n{screen}");
        }
        assert_eq!(vigie::ui::title(&d.state), "vigie PROD, 4 critical");
    }
}

fn press() -> impl Strategy<Value = Vec<Press>> {
    let pane = prop::sample::select(
        "h j k l m,h m,j m,k m,l v s c a = u r w < > + - q".split(' ').collect::<Vec<_>>(),
    );
    let plain = prop_oneof![
        Just("g c"),
        Just("g v"),
        Just("ctrl-w 1"),
        Just("ctrl-w 2"),
        Just("ctrl-w 3"),
        Just("ctrl-w 4"),
        Just("ctrl-w 5"),
        Just("ctrl-w 6"),
        Just("ctrl-w 9"),
        Just("z"),
        Just("esc"),
        Just("tab"),
        Just("j"),
        Just("G"),
        Just("left"),
        Just("right"),
        Just("3"),
        Just("6"),
        Just("] e"),
        Just(","),
        Just(";"),
        Just("/ a enter"),
        Just(": p enter"),
    ];
    let sequence = |text: String| parse_sequence(&text).expect("keys");
    prop_oneof![
        6 => pane.prop_map(move |k| sequence(format!("ctrl-w {}", k.replace(',', " ")))),
        4 => plain.prop_map(move |k| sequence(k.to_owned())),
        1 => Just(vec![Press::plain(Code::Enter)]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn any_arrangement_is_whole_and_keeps_its_selections(
        acts in prop::collection::vec((press(), prop::option::weighted(0.2, (1u16..330, 1u16..95)), any::<u8>()), 1..40)
    ) {
        let mut d = driver(160, 45);
        for (keys, size, gone) in acts {
            for press in keys {
                d.event(Event::Key(press));
            }
            if let Some((width, height)) = size {
                d.event(Event::Resize(Size { width, height }));
            }
            if let Some(key) = d.state.store.pods.at(usize::from(gone) % 64).map(|p| p.key.clone()) {
                world::send(&mut d.state.store, key.source, vec![Delta::Remove(key)]);
            }
            d.draw();
            let layout = d.state.layout();
            prop_assert!(layout.area(d.state.active).is_some(), "the active pane is shown");
            for (n, a) in layout.panes.iter().enumerate() {
                prop_assert!(d.state.has_pane(a.pane), "{:?} is open", a.pane);
                for b in &layout.panes[n + 1..] {
                    let apart = a.area.x + a.area.width <= b.area.x || b.area.x + b.area.width <= a.area.x
                        || a.area.y + a.area.height <= b.area.y || b.area.y + b.area.height <= a.area.y;
                    prop_assert!(apart && a.pane != b.pane, "{a:?} and {b:?} overlap");
                }
                prop_assert!(a.area.x + a.area.width <= d.state.size.width);
                prop_assert!(a.area.y + a.area.height <= d.state.size.height);
            }
            for id in PaneId::ALL {
                let pane = d.state.pane(id);
                prop_assert!(pane.rows.shown.is_empty() || pane.cursor < pane.rows.shown.len());
                prop_assert_eq!(&pane.selected, &d.state.item_at(id, pane.cursor));
            }
        }
    }
}
