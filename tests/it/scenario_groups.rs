//! Scenarios of groups: headings that count, folds, and a selection that stays on its thing.

use vigie::{
    app::{Effect, Event, Item, PaneId, Row, Size},
    model::{Alert, AlertState, Kind, Record, Severity, SystemKind},
    store::{Batch, Delta},
};

use crate::{driver::Driver, frame::world};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn driver() -> Driver {
    Driver::new(world::incident(), world::now(), 160, 45)
}

/// Chooses a grouping by its words.
fn group(d: &mut Driver, words: &str) {
    d.keys("g b");
    let Some(vigie::app::Overlay::Groups(groups)) = d.state.overlays.last() else {
        panic!("groupings are offered")
    };
    let to = groups.all.iter().position(|(_, w)| w == words).expect("it is offered");
    let from = groups.cursor;
    for _ in from..to {
        d.keys("j");
    }
    d.keys("enter");
    d.draw();
}

/// Headings of the active pane: what they say, how many they count, how bad the worst is.
fn headings(d: &Driver) -> Vec<(String, usize, Severity)> {
    let groups = &d.state.pane(d.state.active).rows.groups;
    groups.iter().map(|g| (g.label.to_string(), g.rows.len(), g.severity)).collect()
}

fn selected(d: &Driver) -> Option<String> {
    match d.state.selected()? {
        Item::Entity(key) => Some(key.name.to_string()),
        Item::Group(label) => Some(format!("[{label}]")),
        Item::Environment(name) => Some(name.to_string()),
    }
}

/// Alerts as a rule for each pod fires them when a node is lost.
fn storm(d: &mut Driver) {
    let source = world::source(0, SystemKind::Alertmanager);
    let alert = |n: usize| {
        let node = if n < 300 { "node-3" } else { "node-1" };
        let severity = if n.is_multiple_of(3) { Severity::Critical } else { Severity::Warning };
        let label = |k: &str, v: String| (k.into(), v.into());
        Delta::Upsert(Record::Alert(Box::new(Alert {
            key: vigie::model::Key::new(source, Kind::Alert, "", format!("storm-{n:03}")),
            name: if n.is_multiple_of(2) { "KubePodNotReady".into() } else { "TargetDown".into() },
            severity,
            labels: vec![
                label("namespace", format!("ns-{}", n % 7)),
                label("node", node.into()),
                label("pod", format!("pod-{n}")),
            ],
            annotations: Vec::new(),
            since: world::ago(60),
            updated: world::now(),
            state: AlertState::Active,
            silenced_by: Vec::new(),
            inhibited_by: Vec::new(),
            generator: "".into(),
        })))
    };
    let deltas = (0..302).map(alert).collect();
    d.event(Event::Batches(vec![Batch { source, at: world::now(), deltas }]));
}

#[test]
fn a_storm_of_alerts_is_one_heading() {
    let mut d = driver();
    storm(&mut d);
    d.keys("4");
    group(&mut d, "by node");
    let (label, count, worst) = headings(&d)[0].clone();
    assert_eq!((label.as_str(), count, worst), ("node-1", 2, Severity::Critical));
    let (label, count, worst) = headings(&d)[1].clone();
    assert_eq!((label.as_str(), count, worst), ("node-3", 300, Severity::Critical));
    d.keys("g z");
    let screen = d.screen();
    assert!(screen.contains("▸ node-3  300  ✗ 100  ! 200"), "{screen}");
    assert!(screen.contains("no node"), "what has none stands together, last: {screen}");
    assert!(screen.contains("Alerts 306"), "headings are not counted: {screen}");
    let shown = &d.state.pane(PaneId::Alerts).rows.shown;
    assert!(shown.iter().all(|row| matches!(row, Row::Group(_))), "all are folded");
    d.keys("g z");
    assert!(d.state.pane(PaneId::Alerts).rows.shown.len() > 302, "and all unfolded");
}

#[test]
fn the_selection_stays_on_its_thing_and_folds_lead_to_the_heading() {
    let mut d = driver();
    d.keys("3 j j j");
    let before = selected(&d);
    group(&mut d, "by status");
    assert_eq!(selected(&d), before, "grouping moves rows, not the selection");
    group(&mut d, "by namespace");
    assert_eq!(selected(&d), before);
    d.keys("left");
    let heading = selected(&d).expect("something");
    assert!(heading.starts_with('['), "{heading}");
    assert_eq!(d.state.focus, d.state.base.clone(), "a heading is no focus");
    d.keys("right");
    assert_eq!(selected(&d).as_ref(), Some(&heading));
    d.keys("enter");
    let folded = d.state.pane(PaneId::Pods).rows.groups.iter().filter(|g| g.folded).count();
    assert_eq!(folded, 1);
    d.keys("enter j");
    assert!(!selected(&d).expect("a row").starts_with('['), "its rows are there again");
}

#[test]
fn the_next_problem_is_found_in_a_folded_group() {
    let mut d = driver();
    d.keys("4");
    group(&mut d, "by alert");
    d.keys("g z 3");
    group(&mut d, "by node");
    d.keys("g z");
    for _ in 0..12 {
        d.keys("] e");
        let Some(Item::Entity(key)) = d.state.selected() else { panic!("a thing, not a heading") };
        let pane = d.state.pane(d.state.active);
        let row = pane.rows.shown[pane.cursor];
        assert_eq!(row.key(&d.state.store, &d.state.timeline), Some(key));
    }
}

#[test]
fn filters_orders_and_exports_are_about_the_rows_inside() {
    let mut d = driver();
    d.keys("3");
    group(&mut d, "by namespace");
    let all: usize = headings(&d).iter().map(|(_, n, _)| n).sum();
    assert_eq!(all, d.state.pane(PaneId::Pods).rows.total);
    d.keys("/").text("appointments").keys("enter");
    d.draw();
    let names: Vec<_> = headings(&d).into_iter().map(|(label, ..)| label).collect();
    assert_eq!(names, ["appointments"], "groups of which nothing passes go");
    d.keys("esc , ");
    d.draw();
    // By name: groups stand by name as well, and rows by name within them.
    let names: Vec<_> = headings(&d).into_iter().map(|(label, ..)| label).collect();
    assert!(names.len() > 2 && names.is_sorted(), "{names:?}");
    d.keys("g z c e");
    let text = d.effects.iter().rev().find_map(|e| match e {
        Effect::Export { text, .. } => Some(text.clone()),
        _ => None,
    });
    let lines = text.expect("exported").lines().count();
    assert_eq!(lines, all + 1, "rows that are folded away, and no heading");
}

#[test]
fn what_is_selected_stays_on_its_line_when_rows_above_it_come_and_go() {
    let mut d = Driver::new(world::incident(), world::now(), 80, 24);
    storm(&mut d);
    d.keys("4 z");
    for _ in 0..60 {
        d.keys("j");
    }
    let line = |d: &mut Driver| d.screen().lines().position(|l| l.starts_with('▸') && !l.contains("Alerts"));
    let (before, thing) = (line(&mut d), selected(&d));
    let source = world::source(0, SystemKind::Alertmanager);
    let first: Vec<_> = d.state.pane(PaneId::Alerts).rows.shown[..7].to_vec();
    let keys = first.iter().filter_map(|row| row.key(&d.state.store, &d.state.timeline).cloned());
    let gone = keys.filter(|k| k.source == source).map(Delta::Remove).collect();
    d.event(Event::Batches(vec![Batch { source, at: world::now(), deltas: gone }]));
    assert_eq!((line(&mut d), selected(&d)), (before, thing));
    assert!(before.is_some_and(|at| at > 3), "it was scrolled");
    // At the top, what comes first stays in sight.
    d.keys("g g j");
    storm(&mut d);
    d.draw();
    assert_eq!(d.state.pane(PaneId::Alerts).offset, 0);
}

#[test]
fn a_heading_marks_its_rows() {
    let mut d = driver();
    d.keys("3");
    group(&mut d, "by namespace");
    let count = headings(&d)[0].1;
    d.keys("g g space");
    d.draw();
    assert_eq!(d.state.pane(PaneId::Pods).marks.len(), count);
    d.keys("space");
    assert!(d.state.pane(PaneId::Pods).marks.is_empty());
    d.keys("+");
    assert_eq!(d.state.pane(PaneId::Pods).marks.len(), d.state.pane(PaneId::Pods).rows.kept());
}

#[test]
fn any_column_groups_and_none_ungroups() {
    let mut d = driver();
    d.keys("3");
    group(&mut d, "by restarts");
    assert!(headings(&d).len() > 1);
    assert!(d.screen().contains("by restarts"));
    d.keys("g b g g enter");
    d.draw();
    assert!(d.state.pane(PaneId::Pods).rows.groups.is_empty());
    d.keys("1 g b");
    assert!(d.state.overlays.is_empty(), "environments have no groups");
}

#[test]
fn frames() {
    for (width, height) in SIZES {
        let mut d = driver();
        d.event(Event::Resize(Size { width, height }));
        d.keys("3");
        group(&mut d, "by node");
        insta::assert_snapshot!(format!("groups_{width}x{height}"), d.screen());
        d.keys("g z");
        insta::assert_snapshot!(format!("groups_folded_{width}x{height}"), d.screen());
        storm(&mut d);
        d.keys("4");
        group(&mut d, "by node");
        insta::assert_snapshot!(format!("groups_storm_{width}x{height}"), d.screen());
    }
}
