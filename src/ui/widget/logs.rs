//! The logs pane.

use ratatui::style::Style;

use super::document::skip;
use crate::{
    app::{Area, Entry, LogBook, Message, PaneId, State, format},
    model::{Level, LogTarget, Severity},
    theme::Role,
    triage::Focus,
    ui::{
        pane::wrap,
        pen::{Pen, width},
    },
};

/// Draws the logs, the newest line at the bottom.
pub(in crate::ui) fn draw(state: &State, area: Area, pen: &mut Pen<'_>) {
    if area.height == 0 || area.width == 0 {
        return;
    }
    title(state, area, pen);
    let logs = &state.logs;
    let mut bottom = area.y + area.height;
    let top = area.y + 1;
    let room = area.width.saturating_sub(2);
    for (origin, fault) in logs.faults.iter().take(usize::from(area.height / 4)) {
        if bottom <= top {
            return;
        }
        bottom -= 1;
        let text = format!("{} {origin}: {}", pen.sign(Severity::Critical), fault.why);
        pen.put(area.x + 1, bottom, room, &text, pen.style(Role::Critical));
    }
    for (n, entry) in logs.upwards().enumerate() {
        if bottom <= top {
            return;
        }
        let prefix = prefix(logs, entry, room, pen);
        let taken: u16 = prefix.iter().map(|(t, _)| width(t)).sum();
        let message = Message::read(&entry.line.text);
        let all = message.text.as_str();
        let body = room.saturating_sub(taken);
        let parts = if logs.wrap { wrap(all, body) } else { vec![skip(all, logs.shift)] };
        let lines = u16::try_from(parts.len()).unwrap_or(u16::MAX).min(bottom - top);
        bottom -= lines;
        let mut x = area.x + 1;
        for (text, style) in &prefix {
            x += pen.put(x, bottom, (area.x + 1 + room).saturating_sub(x), text, *style);
        }
        let styles = styles(logs, entry, pen);
        // A part is cut out of the whole: where it begins tells what of it is message and what fields.
        let mut from = if logs.wrap { 0 } else { all.len() - parts[0].len() };
        for (y, part) in (bottom..bottom + lines).zip(parts) {
            from += all[from..].find(part).unwrap_or(0);
            let split = message.fields.saturating_sub(from).min(part.len());
            from += part.len();
            pen.pieces(x, y, body, &[(&part[..split], styles.0), (&part[split..], styles.1)]);
        }
        if logs.found() == Some(n) {
            let pointer = pen.pointer();
            pen.put(area.x, bottom, 1, pointer, pen.style(Role::Accent));
        }
    }
    if logs.is_empty() && bottom > top {
        let nothing = match &state.focus {
            Focus::Entity(_) if !logs.targets.is_empty() => "no lines yet",
            _ => "select an application or a pod to read its logs",
        };
        pen.put(area.x + 1, top, room, nothing, pen.style(Role::Dim));
    }
}

/// What stands before a line: time, pod, level.
fn prefix(logs: &LogBook, entry: &Entry, room: u16, pen: &Pen<'_>) -> Vec<(String, Style)> {
    let mut prefix = Vec::new();
    if logs.timestamps {
        let millis = entry.line.at.millis().rem_euclid(1000);
        let clock = format::clock_seconds(entry.line.at);
        let time = if room >= 100 { format!("{clock}.{millis:03} ") } else { format!("{clock} ") };
        prefix.push((time, pen.style(Role::LogTime)));
    }
    let one_pod = match logs.targets.as_slice() {
        [LogTarget::Pod { .. }] => true,
        [LogTarget::Pod { key, .. }, LogTarget::Query { .. }] => key.name == entry.line.origin,
        _ => false,
    };
    if !one_pod {
        // The last part of a pod's name tells pods of one owner apart.
        let origin = entry.line.origin.rsplit('-').next().unwrap_or("");
        prefix.push((format!("{origin:<5.5} "), pen.style(Role::LogOrigin)));
    }
    prefix.push((format!("{:<5} ", word(entry.level)), pen.theme.level(entry.level)));
    prefix
}

/// How the message and the fields of a line look.
fn styles(logs: &LogBook, entry: &Entry, pen: &Pen<'_>) -> (Style, Style) {
    let text = match entry.level {
        Level::Error | Level::Fatal => pen.theme.level(entry.level),
        Level::Trace | Level::Debug => pen.style(Role::Dim),
        _ => pen.style(Role::Text),
    };
    let dim = pen.style(Role::Dim);
    if logs.is_match(entry) {
        let found = pen.style(Role::Match);
        return (text.patch(found), dim.patch(found));
    }
    (text, dim)
}

const fn word(level: Level) -> &'static str {
    match level {
        Level::None => "",
        Level::Trace => "TRACE",
        Level::Debug => "DEBUG",
        Level::Info => "INFO",
        Level::Warn => "WARN",
        Level::Error => "ERROR",
        Level::Fatal => "FATAL",
    }
}

fn title(state: &State, area: Area, pen: &mut Pen<'_>) {
    let logs = &state.logs;
    let active = state.active == PaneId::Logs;
    pen.line(area.x, area.y, area.width, pen.style(Role::Border));
    let (accent, dim) = (pen.style(Role::Accent), pen.style(Role::Dim));
    let name = if active { accent } else { pen.style(Role::Title) };
    let mark = if active { pen.pointer() } else { " " };
    let of = if logs.title.is_empty() { String::new() } else { format!(" {}", logs.title) };
    let mut facts = Vec::new();
    if logs.errors_only {
        facts.push("warnings and worse".to_owned());
    }
    if logs.follow {
        facts.push("following".to_owned());
    } else if logs.below() > 0 {
        facts.push(format!("{} below", format::count(logs.below())));
    } else {
        facts.push("paused".to_owned());
    }
    if !logs.is_empty() {
        facts.push(format!("{} lines", format::count(logs.len())));
    }
    if logs.dropped > 0 {
        facts.push(format!("{} dropped", format::count(usize::try_from(logs.dropped).unwrap_or(usize::MAX))));
    }
    let facts = if logs.targets.is_empty() { String::new() } else { format!(" · {}", facts.join(" · ")) };
    let filter = match (logs.filter().is_empty(), logs.is_narrowed()) {
        (true, _) => String::new(),
        (false, false) => format!("  /{}", logs.filter().text()),
        (false, true) => format!("  only /{}", logs.filter().text()),
    };
    let pieces = [(mark, name), ("Logs", name), (&*of, name), (&*facts, dim), (&*filter, accent), (" ", dim)];
    pen.pieces(area.x, area.y, area.width, &pieces);
}
