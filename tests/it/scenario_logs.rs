//! The logs pane through the shipped keymap, and its frames.

use std::time::Duration;

use ratatui::{
    buffer::Cell,
    style::{Color, Style},
};
use vigie::{
    app::{Effect, Event, LogBook, PaneId, Ticket},
    model::{LogLine, LogRequest, LogTarget, PodState, Record, SystemKind},
    store::Delta,
    theme::{Depth, Role},
};

use crate::{
    driver::Driver,
    frame::{frames, world},
};

const POD: &str = "appointments-7d4c9b6f5-x2x7p";
const OTHER: &str = "appointments-7d4c9b6f5-k8q4r";

/// What was opened last: the ticket, and what is read.
fn opened(d: &Driver) -> (Ticket, Vec<LogRequest>) {
    let open = d.effects.iter().rev().find_map(|e| match e {
        Effect::OpenLogs { ticket, requests } => Some((*ticket, requests.clone())),
        _ => None,
    });
    open.expect("logs were opened")
}

/// What was opened beside it.
fn added(d: &Driver) -> Vec<LogRequest> {
    let more = d.effects.iter().filter_map(|e| match e {
        Effect::MoreLogs { requests, .. } => Some(requests.clone()),
        _ => None,
    });
    more.flatten().collect()
}

fn line(secs: u64, pod: &str, container: &str, text: &str) -> LogLine {
    LogLine { at: world::ago(secs), origin: pod.into(), container: container.into(), text: text.into() }
}

fn lines(d: &mut Driver, lines: Vec<LogLine>) {
    let (ticket, _) = opened(d);
    d.event(Event::Logs { ticket, lines });
}

fn json(secs: u64, pod: &str, level: &str, status: u32, ms: u32) -> LogLine {
    let text = format!(
        r#"{{"ts":"2026-11-21T03:12:00Z","level":"{level}","msg":"GET /slots","status":{status},"duration_ms":{ms},"trace_id":"4bf92f35{ms:04}"}}"#
    );
    line(secs, pod, "main", &text)
}

/// On the logs of the broken application, alone on the screen.
fn reading(d: &mut Driver) {
    d.keys("k k g g g l z");
    lines(
        d,
        vec![
            json(60, POD, "info", 200, 12),
            json(58, OTHER, "info", 200, 9),
            line(55, POD, "migrate", "level=info msg=\"schema is current\" version=42"),
            json(50, POD, "warn", 429, 31),
            json(46, OTHER, "error", 503, 2001),
            line(
                45,
                POD,
                "main",
                "ERROR \u{1b}[31mdb\u{1b}[0m too many connections for role \"app-rw\" (limit 20)",
            ),
            json(44, POD, "info", 200, 14),
            line(43, OTHER, "main", "FATAL main cannot reach database after 5 tries, exiting 1"),
            json(40, POD, "info", 200, 11),
        ],
    );
}

fn driver() -> Driver {
    let mut d = Driver::new(world::incident(), world::now(), 160, 45);
    reading(&mut d);
    d
}

/// The titles's line of the logs pane.
fn title(d: &mut Driver) -> String {
    d.screen().lines().find(|l| l.contains("Logs")).unwrap_or_default().to_owned()
}

#[test]
fn filters_stack_and_go_one_by_one() {
    let mut d = driver();
    d.keys("+").text("status>=400").keys("enter");
    assert!(title(&mut d).contains("+status>=400"), "{}", title(&mut d));
    assert!(title(&mut d).contains("2 of 9 lines"), "{}", title(&mut d));
    d.keys("minus").text("429");
    assert!(title(&mut d).contains("1 of 9 lines"), "what is typed works at once: {}", title(&mut d));
    d.keys("esc");
    assert!(title(&mut d).contains("2 of 9 lines"), "what is left does not: {}", title(&mut d));
    d.keys("minus").text("level=warn").keys("enter");
    assert!(title(&mut d).contains("+status>=400  -level=warn"), "{}", title(&mut d));
    d.keys("backspace");
    assert!(title(&mut d).contains("2 of 9 lines"), "{}", title(&mut d));
    d.keys("+ enter");
    assert!(title(&mut d).contains(" 9 lines"), "nothing typed clears them: {}", title(&mut d));
    d.keys("+").text("/(/").keys("enter");
    assert!(d.screen().contains("unclosed group"), "a mistake is told");
    d.keys("esc E E");
    assert!(title(&mut d).contains("3 of 9 lines"), "{}", title(&mut d));
}

#[test]
fn a_search_keeps_the_lines_around_it() {
    let mut d = driver();
    d.keys("/").text("database");
    assert!(d.state.logs.is_following(), "what is in sight needs no move");
    d.keys("enter N");
    assert!(!d.state.logs.is_following());
    assert!(title(&mut d).contains("/database 1/1"), "{}", title(&mut d));
    assert!(d.screen().contains("schema is current"), "the other lines stay");
    d.keys("N");
    assert!(d.screen().contains("no match above"));
    d.keys("[ e");
    let current = |d: &Driver| d.state.logs.current().expect("a line").text.to_owned();
    assert!(current(&d).contains("too many connections"), "{}", current(&d));
    d.keys("] e");
    assert!(current(&d).contains("cannot reach database"), "{}", current(&d));
    d.keys("esc &");
    assert!(title(&mut d).contains(" 9 lines"), "{}", title(&mut d));
}

#[test]
fn a_far_search_goes_on_while_keys_work_and_esc_comes_back() {
    let mut d = driver();
    let many = (0..20_000u64).map(|n| json(30_000 - n, POD, "info", 200, (n % 999) as u32)).collect();
    lines(&mut d, many);
    lines(&mut d, vec![line(40_000, POD, "main", "the needle")]);
    d.keys("/").text("needle");
    assert!(d.state.logs.is_busy());
    assert!(title(&mut d).contains("searching "), "{}", title(&mut d));
    d.keys("esc");
    assert!(d.state.logs.is_following());
    d.keys("/").text("needle");
    while d.state.logs.is_busy() {
        d.event(Event::Idle);
    }
    assert_eq!(d.state.logs.current().expect("found").text, "the needle");
    d.keys("esc");
    assert!(d.state.logs.is_following(), "left: the view is where it was");
}

#[test]
fn a_pause_loses_nothing_and_counts() {
    let mut d = driver();
    d.keys("k k");
    let before = d.state.logs.current().expect("a line").text.to_owned();
    lines(
        &mut d,
        vec![json(1, POD, "info", 200, 7), json(2, POD, "info", 200, 8), json(52, POD, "info", 200, 9)],
    );
    assert!(title(&mut d).contains("paused · 3 new"), "{}", title(&mut d));
    assert_eq!(d.state.logs.current().expect("a line").text, before);
    d.keys("f");
    assert!(title(&mut d).contains("following · 12 lines"), "{}", title(&mut d));
}

#[test]
fn what_no_longer_fits_is_counted() {
    let mut d = driver();
    let (ticket, _) = opened(&d);
    d.state.logs = LogBook::new(20_000);
    d.state.logs.ticket = ticket;
    let many = (0..1000u64)
        .map(|n| line(2000 - n, POD, "main", "sixty bytes of text, more or less, as lines of logs are."))
        .collect();
    lines(&mut d, many);
    let (held, dropped) = (d.state.logs.len(), d.state.logs.dropped());
    assert_eq!(held as u64 + dropped, 1000);
    assert!(held > 100 && d.state.logs.bytes() <= 20_000, "{held} lines in {} bytes", d.state.logs.bytes());
}

#[test]
fn a_line_opens_with_its_fields() {
    let mut d = driver();
    d.keys("k k k k enter");
    let screen = d.screen();
    for part in ["log line", "trace: 4bf92f352001", "\"status\": 503,", OTHER, "level: error"] {
        assert!(screen.contains(part), "{part} in\n{screen}");
    }
    d.keys("esc c");
    assert!(matches!(d.effects.last(), Some(Effect::Copy(text)) if text.contains("503")));
}

#[test]
fn fields_stand_in_columns() {
    let mut d = driver();
    d.keys("|");
    let screen = d.screen();
    assert!(screen.contains("status") && screen.contains("in 6 lines"), "{screen}");
    d.keys("/").keys("esc").keys("|");
    let at = |d: &mut Driver, name: &str| {
        let offers = match d.state.overlays.last() {
            Some(vigie::app::Overlay::Chooser(chooser)) => chooser.offers.clone(),
            _ => panic!("a list"),
        };
        let at = offers.iter().position(|o| o.name == name).expect(name);
        d.keys("g g");
        (0..at).for_each(|_| _ = d.keys("j"));
    };
    at(&mut d, "status");
    d.keys("space");
    at(&mut d, "duration_ms");
    d.keys("space enter");
    let screen = d.screen();
    assert!(screen.contains("DURATION_MS"), "{screen}");
    assert!(!screen.contains("status="), "what is a column is not said twice\n{screen}");
}

#[test]
fn how_far_back_and_before_the_last_restart() {
    let mut d = driver();
    d.keys("t j j enter");
    let (_, requests) = opened(&d);
    assert!(requests.iter().all(|r| r.since == Some(Duration::from_secs(300))));
    assert!(title(&mut d).contains("last 5m"), "{}", title(&mut d));
    let count = d.effects.len();
    d.keys("j k w");
    assert_eq!(d.effects.len(), count, "nothing is opened anew");
    d.keys("p j k");
    let (_, requests) = opened(&d);
    let previous = |r: &LogRequest| matches!(r.target, LogTarget::Pod { previous: true, .. }) && !r.follow;
    assert!(requests.iter().all(previous));
    assert!(title(&mut d).contains("before the last restart"), "{}", title(&mut d));
    d.keys("p");
    let (_, requests) = opened(&d);
    assert!(!requests.iter().any(previous), "the same key goes back");
}

#[test]
fn marks_have_notes_and_are_found_again() {
    let mut d = driver();
    d.keys("m").text("rolled back").keys("enter");
    assert!(d.screen().contains("mark: rolled back"), "{}", d.screen());
    d.keys("k k m enter");
    assert_eq!(d.state.logs.len(), 11);
    d.keys("G [ m");
    assert!(d.state.logs.current().is_some_and(|e| e.mark && e.text == "rolled back"));
    d.keys("[ m");
    assert!(d.state.logs.current().is_some_and(|e| e.mark && e.text.is_empty()));
}

#[test]
fn what_is_shown_is_saved() {
    let mut d = driver();
    d.keys("+").text("status=503").keys("enter s");
    let Some(Effect::Save { path, lines }) = d.effects.pop() else { panic!("saved") };
    assert_eq!(path.to_str(), Some("./vigie-appointments-20261121T031244Z.log"));
    let mut out = Vec::new();
    assert_eq!(lines.write(&mut out).expect("written"), 1);
    assert!(
        String::from_utf8(out)
            .expect("text")
            .starts_with("2026-11-21T03:11:58.000000Z appointments-7d4c9b6f5-k8q4r/main {")
    );
}

/// Lets a pod of the broken application come; the names of what is read since.
fn comes(d: &mut Driver, name: &str) -> Vec<String> {
    let kube = world::source(0, SystemKind::Kubernetes);
    let fresh = world::pod(0, "appointments", name, PodState::Starting, "Running", (0, 1), 0, 1);
    world::send(&mut d.state.store, kube, vec![Delta::Upsert(Record::Pod(fresh))]);
    d.draw();
    d.effects.retain(|e| !matches!(e, Effect::MoreLogs { .. }));
    d.event(Event::Tick(world::now()));
    let pods = added(d).into_iter().filter_map(|r| match r.target {
        LogTarget::Pod { key, .. } => Some(key.name.to_string()),
        LogTarget::Query { .. } => None,
    });
    pods.collect()
}

#[test]
fn pods_that_come_are_read_beside_the_others() {
    let mut d = driver();
    assert_eq!(comes(&mut d, "appointments-7d4c9b6f5-new01"), ["appointments-7d4c9b6f5-new01"]);
    assert_eq!(d.state.logs.len(), 9, "what was there stays");
    d.event(Event::Tick(world::now()));
    assert_eq!(added(&d).len(), 1, "once");
}

#[test]
fn pods_that_come_are_read_although_nobody_looks() {
    let mut d = Driver::new(world::incident(), world::now(), 160, 45);
    d.keys("k k g g");
    assert_eq!(d.state.active, PaneId::Applications);
    let (ticket, read) = opened(&d);
    assert_eq!(comes(&mut d, "appointments-7d4c9b6f5-new01"), ["appointments-7d4c9b6f5-new01"]);
    assert_eq!(opened(&d).0, ticket, "what is read goes on");
    for n in read.len() + 1..30 {
        // Each comes before all others.
        comes(&mut d, &format!("appointments-7d4c9b6f5-{:05}", 99 - n));
    }
    assert_eq!(d.state.logs.pods().count(), 16, "and no more than that");
}

#[test]
fn eight_pods_are_read_in_passing_and_fifty_when_looked_at() {
    let mut store = world::incident();
    let kube = world::source(0, SystemKind::Kubernetes);
    let more = (0..60).map(|n| {
        let name = format!("appointments-7d4c9b6f5-{n:05}");
        Delta::Upsert(Record::Pod(world::pod(
            0,
            "appointments",
            &name,
            PodState::Ready,
            "Running",
            (1, 1),
            0,
            900,
        )))
    });
    world::send(&mut store, kube, more.collect());
    let mut d = Driver::new(store, world::now(), 160, 45);
    d.keys("k k g g");
    assert_eq!(opened(&d).1.len(), 8);
    d.keys("g l");
    assert_eq!(d.state.logs.pods().count(), 50);
    assert_eq!(d.state.active, PaneId::Logs);
    let queries = d.state.logs.queries();
    assert_eq!(added(&d).len(), 42 + queries);
}

/// How the first letter of a text on the screen looks.
fn look(d: &mut Driver, text: &str) -> Style {
    let buffer = d.draw();
    let width = usize::from(buffer.area.width);
    let rows = buffer.content.chunks(width).map(|row| row.iter().map(Cell::symbol).collect::<String>());
    let (y, x) = rows
        .enumerate()
        .find_map(|(y, row)| row.find(text).map(|at| (y, row[..at].chars().count())))
        .expect("on the screen");
    buffer.content[y * width + x].style()
}

#[test]
fn colours_of_the_programs_are_kept_until_they_are_not_wanted() {
    let mut d = driver();
    let red = Some(Color::Indexed(1));
    assert_eq!(look(&mut d, "db too many").fg, red);
    assert_ne!(look(&mut d, "too many").fg, red);
    d.keys("i");
    assert_ne!(look(&mut d, "db too many").fg, red);
    d.keys("i");
    let without = vigie::theme::shipped("dark").expect("shipped").at(Depth::None);
    d.state.settings.theme = std::sync::Arc::new(without);
    assert_eq!(look(&mut d, "db too many").fg, Some(Color::Reset), "there are none under NO_COLOR");
}

#[test]
fn what_is_found_stands_out_in_the_line() {
    let mut d = driver();
    d.keys("/").text("too ~").keys("backspace backspace");
    let found = d.state.settings.theme.style(Role::Match);
    let has = |look: Style| look.bg == found.bg && look.add_modifier.contains(found.add_modifier);
    assert!(has(look(&mut d, "too many")));
    assert!(!has(look(&mut d, "many connections")));
}

#[test]
fn times_are_by_the_clock_that_the_title_says() {
    let mut d = driver();
    d.state.settings.logs.zone = jiff::tz::TimeZone::posix("CET-1").expect("a zone");
    assert!(d.screen().contains("03:12:04.000 x2x7p"));
    assert!(title(&mut d).contains(" · UTC"));
    d.keys("u");
    assert!(d.screen().contains("04:12:04.000 x2x7p"), "{}", d.screen());
    assert!(title(&mut d).contains(" · CET"), "{}", title(&mut d));
    d.keys("u");
    assert!(d.screen().contains("\n x2x7p"), "{}", d.screen());
    d.keys("u");
    assert!(d.screen().contains("03:12:04.000 x2x7p"));
}

#[test]
fn the_palette_goes_to_the_logs_first() {
    let mut d = Driver::new(world::incident(), world::now(), 160, 45);
    d.keys("k k g g :").text("how far back").keys("enter");
    assert_eq!(d.state.active, PaneId::Logs);
    assert!(d.screen().contains("how far back"));
}

#[test]
fn frames_of_logs() {
    frames("logs", reading);
    frames("logs_paused", |d| {
        reading(d);
        d.keys("k k k");
        lines(d, vec![json(1, POD, "info", 200, 7)]);
    });
    frames("logs_search", |d| {
        reading(d);
        d.keys("/").text("connections").keys("enter N");
    });
    frames("logs_filters", |d| {
        reading(d);
        d.keys("+").text("status>=400").keys("enter minus").text("level=warn");
    });
    frames("logs_columns", |d| {
        reading(d);
        d.keys("| enter | j enter m").text("rolled back").keys("enter u");
    });
    frames("logs_fields", |d| {
        reading(d);
        d.keys("|");
    });
    frames("logs_range", |d| {
        reading(d);
        d.keys("t j j");
    });
    frames("logs_line", |d| {
        reading(d);
        d.keys("k k k k enter");
    });
    frames("logs_wrap", |d| {
        reading(d);
        d.keys("w");
    });
    frames("logs_help", |d| {
        reading(d);
        d.keys("?");
    });
}

#[test]
fn another_bound_on_memory_holds_for_the_logs_that_are_open() {
    let mut d = Driver::new(world::incident(), world::now(), 120, 40);
    reading(&mut d);
    let text = "x".repeat(1000);
    lines(&mut d, (0..2000).map(|n| line(2000 - n, POD, "main", &format!("{n} {text}"))).collect());
    let all = d.state.logs.len();
    assert!(all >= 2000 && d.state.logs.dropped() == 0);
    let mut settings = d.state.settings.clone();
    settings.logs.memory = 500_000;
    d.event(Event::Settings(Box::new(settings)));
    let (held, dropped) = (d.state.logs.len(), d.state.logs.dropped());
    assert!(d.state.logs.bytes() <= 500_000 && held > 100, "{held} lines are held");
    assert_eq!(held as u64 + dropped, all as u64, "what went is counted");
    let newest = d.state.logs.upwards().next().map(|e| e.text.to_owned());
    assert!(newest.is_some_and(|t| t.starts_with("1999 ")), "the newest stay");
    lines(&mut d, (0..200).map(|_| line(0, POD, "main", &text)).collect());
    assert!(d.state.logs.bytes() <= 500_000);
}
