//! The title of the logs pane: of what, whether it follows, what is left out, what is searched, what is held.

use crate::{
    app::{Command, LogBook, PaneId, State, Times, format},
    keymap::{Context, print_sequence},
    model::{Level, Time},
    theme::Role,
    ui::pen::Pen,
};

/// Draws the title.
pub(super) fn draw(state: &State, area: crate::app::Area, pen: &mut Pen<'_>) {
    let logs = &state.logs;
    let active = state.active == PaneId::Logs;
    pen.line(area.x, area.y, area.width, pen.style(Role::Border));
    let (accent, dim) = (pen.style(Role::Accent), pen.style(Role::Dim));
    let name = if active { accent } else { pen.style(Role::Title) };
    let mark = if active { pen.pointer() } else { " " };
    let of = if logs.title.is_empty() { String::new() } else { format!(" {}", logs.title) };
    let (state_now, held) = if logs.targets.is_empty() {
        (String::new(), String::new())
    } else {
        (format!(" · {}", doing(logs)), held(state))
    };
    let chips = chips(logs);
    let pieces =
        [(mark, name), ("Logs", name), (&*of, name), (&*state_now, dim), (&*chips, accent), (&*held, dim)];
    let at = pen.pieces(area.x, area.y, area.width, &pieces);
    pen.put(area.x + at, area.y, area.width.saturating_sub(at), " ", dim);
}

/// Whether it follows or holds still, and how far a search is.
fn doing(logs: &LogBook) -> String {
    let came = usize::try_from(logs.came()).unwrap_or(usize::MAX);
    let doing = match (logs.is_following(), came) {
        (true, _) => "following".to_owned(),
        (false, 0) => "paused".to_owned(),
        (false, came) => format!("paused · {} new", format::count(came)),
    };
    match logs.progress() {
        Some(percent) => format!("{doing} · searching {percent} %"),
        None => doing,
    }
}

/// The filters and the search, each as it was typed.
fn chips(logs: &LogBook) -> String {
    let mut out = String::new();
    match logs.least() {
        Level::Warn => out.push_str("  warnings and worse"),
        Level::Error => out.push_str("  errors"),
        _ => {}
    }
    for (query, excludes) in logs.filters() {
        out.push_str(if *excludes { "  -" } else { "  +" });
        out.push_str(query.text());
    }
    let search = logs.search();
    if !search.text().trim().is_empty() {
        out.push_str(if logs.is_narrowed() { "  only /" } else { "  /" });
        out.push_str(search.text());
        if let Some(problem) = search.problem() {
            out.extend([" (", problem, ")"]);
        } else if !logs.is_narrowed() {
            let (at, all) = logs.matches();
            let at = if logs.is_following() || all == 0 {
                String::new()
            } else {
                format!("{}/", format::count(at))
            };
            out.extend([" ", &at, &format::count(all)]);
        }
    }
    out
}

/// How many lines are held and shown, how many were dropped, how far back, and which clock times are by.
fn held(state: &State) -> String {
    let (logs, zone) = (&state.logs, &state.settings.logs.zone);
    let mut facts = Vec::new();
    if !logs.is_empty() {
        let (all, shown) = (logs.len(), logs.shown());
        let of = if shown == all { String::new() } else { format!("{} of ", format::count(shown)) };
        facts.push(format!("{of}{} lines", format::count(all)));
    }
    if logs.dropped() > 0 {
        let dropped = usize::try_from(logs.dropped()).unwrap_or(usize::MAX);
        facts.push(format!("{} dropped", format::count(dropped)));
    }
    if let Some(since) = logs.reading.since {
        facts.push(format!("last {}", format::span(since)));
    }
    match logs.times {
        Times::Utc => facts.push("UTC".to_owned()),
        Times::Local => facts.push(state.now.timestamp().to_zoned(zone.clone()).strftime("%Z").to_string()),
        Times::Hidden => {}
    }
    if let Some(at) = restarted(state) {
        let keys = &state.settings.keys;
        let key = keys.key_for(&[Context::Log], |r| *r == Command::LogsPrevious);
        let key = key.map_or(String::new(), |b| format!(": {}", print_sequence(&b.on)));
        facts.push(format!("restart {} ago{key}", format::age(state.now.since(at))));
    }
    facts.iter().flat_map(|fact| [" · ", fact]).collect()
}

/// When a pod whose logs are read was restarted, if that was within the hour: it wrote something before.
fn restarted(state: &State) -> Option<Time> {
    let pods = state.logs.pods().filter_map(|key| state.store.pods.get(key));
    let last = pods.filter_map(|pod| pod.last_restart).max()?;
    (!state.logs.reading.previous && state.now.since(last).as_secs() < 3600).then_some(last)
}
