//! What was begun with keys: how a sequence can go on, which places have a letter, how often what comes next runs.

use super::pen::{Pen, width};
use crate::{
    app::{Area, State, Waits, place_words},
    keymap::{Found, print_sequence},
    theme::Role,
};

/// A count and a sequence half typed, as they stand in front of the footer.
pub(super) fn begun(state: &State) -> String {
    let count = match state.keying.count {
        None => String::new(),
        Some(0) => "count".to_owned(),
        Some(n) => n.to_string(),
    };
    let keys = print_sequence(&state.pending);
    match (count.is_empty(), keys.is_empty()) {
        (false, false) => format!("{count} {keys}"),
        _ => count + &keys,
    }
}

/// The panel that shows how what was begun can go on, once it rests.
pub(super) fn draw(state: &State, pen: &mut Pen<'_>) {
    if !state.keying.told {
        return;
    }
    if let Some(waits) = state.keying.waits {
        return places(state, waits, pen);
    }
    if state.pending.is_empty() {
        return;
    }
    let Found::Prefix(next) = state.settings.keys.find(&state.contexts(), &state.pending) else { return };
    let rest = |on: &[_]| print_sequence(&on[state.pending.len()..]);
    let rows: Vec<(String, String)> = next.iter().map(|b| (rest(&b.on), b.desc.clone())).collect();
    panel(state, &begun(state), &rows, pen);
}

fn places(state: &State, waits: Waits, pen: &mut Pen<'_>) {
    let title = match waits {
        Waits::Set => "a letter for this place",
        Waits::Go => "to the place of a letter",
    };
    let known = state.journey.places.iter().map(|(c, place)| (c.to_string(), place_words(state, place)));
    let mut rows: Vec<_> = known.collect();
    if waits == Waits::Go {
        rows.push(("'".to_owned(), "the place before".to_owned()));
    } else if rows.is_empty() {
        rows.push(("a".to_owned(), "or any other".to_owned()));
    }
    panel(state, title, &rows, pen);
}

/// Keys and what they do in columns, above the footer.
fn panel(state: &State, title: &str, rows: &[(String, String)], pen: &mut Pen<'_>) {
    let footer = state.layout().footer;
    let widest = rows.iter().map(|(k, d)| width(k) + width(d) + 6).max().unwrap_or(0).min(footer.width);
    let columns = (footer.width / widest.max(1)).clamp(1, 3);
    let lines = u16::try_from(rows.len()).unwrap_or(u16::MAX).div_ceil(columns);
    let height = lines.saturating_add(1).min(footer.y);
    let area = Area::new(0, footer.y - height, footer.width, height);
    pen.clear(area);
    pen.line(area.x, area.y, area.width, pen.style(Role::Border));
    pen.put(1, area.y, area.width.saturating_sub(1), &format!(" {title} "), pen.style(Role::Accent));
    for (n, (key, desc)) in (0u16..).zip(rows) {
        let (column, line) = (n / lines.max(1), n % lines.max(1));
        let (x, y) = (1 + column * widest, area.y.saturating_add(1).saturating_add(line));
        if y >= footer.y {
            continue;
        }
        let at = pen.put(x, y, widest, key, pen.style(Role::Key));
        pen.put(x + at + 2, y, widest.saturating_sub(at + 3), desc, pen.style(Role::Text));
    }
}
