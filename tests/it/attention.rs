//! Alerts on the side, themes taken while the screen is up, and the background that decides.

use std::time::Duration;

use vigie::{
    app::{Effect, Event, PaneId},
    config::Way,
    keymap::parse_sequence,
    model::{Alert, AlertState, Key, Kind, Record, Severity, SystemKind, Tier},
    store::{Batch, Delta},
    theme, ui,
};

use crate::{driver::Driver, frame::world};

/// A screen on the incident, ticking so that what is there is known.
fn driver() -> Driver {
    let mut d = Driver::new(world::incident(), world::now(), 160, 45);
    d.event(Event::Tick(world::now()));
    d
}

/// An alert appears in an environment so many seconds later; what is told then.
fn fires(d: &mut Driver, env: usize, name: &str, severity: Severity, later: u64) -> Vec<(String, Vec<Way>)> {
    let source = world::source(env, SystemKind::Alertmanager);
    let at = world::now().plus(Duration::from_secs(later));
    let alert = Alert {
        key: Key::new(source, Kind::Alert, "", format!("{name}{env}")),
        name: name.into(),
        severity,
        labels: Vec::new(),
        annotations: Vec::new(),
        since: at,
        updated: at,
        state: AlertState::Active,
        silenced_by: Vec::new(),
        inhibited_by: Vec::new(),
        generator: "".into(),
    };
    d.effects.clear();
    let deltas = vec![Delta::Upsert(Record::Alert(Box::new(alert)))];
    d.event(Event::Batches(vec![Batch { source, at, deltas }]));
    told(d)
}

fn told(d: &mut Driver) -> Vec<(String, Vec<Way>)> {
    let told = d.effects.drain(..).filter_map(|e| match e {
        Effect::Notify { text, ways } => Some((text, ways)),
        _ => None,
    });
    told.collect()
}

fn ticks(d: &mut Driver, later: u64) -> Vec<(String, Vec<Way>)> {
    d.effects.clear();
    d.event(Event::Tick(world::now().plus(Duration::from_secs(later))));
    told(d)
}

#[test]
fn a_new_critical_alert_in_production_is_told_once() {
    let mut d = driver();
    let told = fires(&mut d, 0, "DiskFull", Severity::Critical, 1);
    assert_eq!(told, [("critical in prod: DiskFull".to_owned(), vec![Way::Title, Way::Bell])]);
    assert_eq!(fires(&mut d, 0, "DiskFull", Severity::Critical, 2), []);
    assert_eq!(ticks(&mut d, 60), []);
}

#[test]
fn what_was_there_and_what_matters_less_is_not_told() {
    let mut d = Driver::new(world::incident(), world::now(), 160, 45);
    assert_eq!(ticks(&mut d, 0), []);
    assert_eq!(fires(&mut d, 0, "Slow", Severity::Warning, 1), []);
    assert_eq!(
        fires(&mut d, 1, "DiskFull", Severity::Critical, 2),
        [],
        "staging is not told of unless configured"
    );
    d.state.settings.notify.tiers.push(Tier::Staging);
    assert_eq!(fires(&mut d, 1, "DiskGone", Severity::Critical, 3).len(), 1);
}

#[test]
fn many_are_told_at_most_every_ten_seconds() {
    let mut d = driver();
    assert_eq!(fires(&mut d, 0, "A", Severity::Critical, 1).len(), 1);
    for (n, name) in ["B", "C", "D", "E"].into_iter().enumerate() {
        assert_eq!(fires(&mut d, 0, name, Severity::Critical, 2 + n as u64), []);
    }
    assert_eq!(ticks(&mut d, 10), []);
    let told = ticks(&mut d, 11);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].0, "critical in prod: B, C, D and 1 more");
    assert_eq!(ticks(&mut d, 60), []);
}

#[test]
fn quiet_is_quiet_and_stands_in_the_header() {
    let mut d = driver();
    d.keys("b");
    assert!(d.screen().lines().next().expect("a header").contains("quiet"));
    assert_eq!(fires(&mut d, 0, "DiskFull", Severity::Critical, 1), []);
    d.draw();
    assert!(!ui::title(&d.state).contains("new"), "{}", ui::title(&d.state));
    d.keys("b");
    assert_eq!(ticks(&mut d, 30), [], "what came in quiet is not told afterwards");
    assert!(!d.screen().lines().next().expect("a header").contains("quiet"));
}

#[test]
fn changes_that_came_are_counted_until_looked_at_on_any_screen() {
    let mut d = driver();
    d.event(Event::Resize(vigie::app::Size { width: 80, height: 24 }));
    d.keys("3");
    assert!(!d.screen().contains("changes +"), "what was there before is no news: {}", d.screen());
    let later = world::now().plus(Duration::from_secs(30));
    let source = world::source(0, SystemKind::Alertmanager);
    let silence = vigie::model::Silence {
        key: Key::new(source, Kind::Silence, "", "s-1"),
        matchers: Vec::new(),
        starts: later,
        ends: later.plus(Duration::from_secs(3600)),
        updated: later,
        created_by: "samir".into(),
        comment: "known".into(),
        action: None,
        state: vigie::model::SilenceState::Active,
    };
    let deltas = vec![Delta::Upsert(Record::Silence(Box::new(silence)))];
    d.event(Event::Batches(vec![Batch { source, at: later, deltas }]));
    d.event(Event::Tick(later));
    fires(&mut d, 0, "DiskFull", Severity::Critical, 31);
    assert!(d.screen().contains("7 changes +1"), "{}", d.screen());
    assert!(d.screen().contains("1 new"), "the alert is told where alerts are: {}", d.screen());
    d.keys("7");
    assert!(d.screen().contains("1 new"), "its title says so too");
    d.keys("j 3");
    assert!(!d.screen().contains("changes +"), "{}", d.screen());
}

#[test]
fn unread_alerts_are_marked_until_looked_at() {
    let mut d = driver();
    d.draw();
    assert_eq!(ui::title(&d.state), "vigie 3 environments, 5 critical", "{}", ui::title(&d.state));
    fires(&mut d, 0, "DiskFull", Severity::Critical, 1);
    fires(&mut d, 0, "Slow", Severity::Warning, 2);
    let screen = d.screen();
    let title = screen.lines().find(|l| l.contains("Alerts")).expect("a title").to_owned();
    assert!(title.contains("2 new"), "{title}");
    for name in ["DiskFull", "Slow"] {
        assert!(screen.lines().any(|l| l.contains("•") && l.contains(name)), "{name} is marked:\n{screen}");
    }
    assert!(ui::title(&d.state).ends_with(", 2 new"), "{}", ui::title(&d.state));
    // Going there shows them; the next key there has seen them.
    for press in parse_sequence("4").expect("a key") {
        d.event(Event::Key(press));
    }
    assert_eq!(d.state.active, PaneId::Alerts);
    assert!(d.screen().contains("2 new"));
    d.keys("j");
    assert!(!d.screen().contains("2 new"));
    assert!(!ui::title(&d.state).contains("new"));
}

#[test]
fn a_theme_is_taken_from_the_palette() {
    let mut d = driver();
    d.keys(":").text("theme drac");
    assert!(d.screen().contains("dracula"));
    d.keys("enter");
    assert_eq!(d.state.settings.theme.name, "dracula");
    let paper = theme::shipped("dracula").expect("shipped").paper.expect("its own");
    assert!(d.draw().content.iter().filter(|c| c.bg == paper).count() > 160 * 40);
    assert!(d.screen().contains("theme = \"dracula\""), "it says how it stays");
    d.keys(":").text("theme");
    let listed = d.screen();
    assert!(theme::SHIPPED.iter().take(10).all(|(name, _)| listed.contains(name)), "{listed}");
}

#[test]
fn the_background_decides_until_a_theme_is_chosen() {
    let mut d = driver();
    let of = |name: &str| std::sync::Arc::new(theme::shipped(name).expect("shipped"));
    d.state.settings.by_background = Some([of("nord"), of("solarized-light")]);
    d.event(Event::Background { light: true });
    assert_eq!(d.state.settings.theme.name, "solarized-light");
    d.event(Event::Background { light: false });
    assert_eq!(d.state.settings.theme.name, "nord");
    d.keys(":").text("theme monokai").keys("enter");
    d.event(Event::Background { light: true });
    assert_eq!(d.state.settings.theme.name, "monokai");
}
