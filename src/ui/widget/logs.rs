//! The logs pane.

mod line;
mod title;

use ratatui::style::Style;

use self::line::{Columns, Drawn};
use crate::{
    app::{Area, PaneId, State},
    model::Severity,
    theme::Role,
    triage::Focus,
    ui::pen::Pen,
};

/// Draws the logs, the newest line at the bottom.
pub(in crate::ui) fn draw(state: &State, area: Area, pen: &mut Pen<'_>) {
    if area.height == 0 || area.width == 0 {
        return;
    }
    title::draw(state, area, pen);
    let logs = &state.logs;
    let mut bottom = area.y + area.height;
    let mut top = area.y + 1;
    let room = area.width.saturating_sub(2);
    let columns = Columns::of(state, room);
    if state.body(PaneId::Logs, area.height).heading {
        heading(&columns, area, pen);
        top += 1;
    }
    for (origin, fault) in logs.faults.iter().take(usize::from(area.height / 4)) {
        if bottom <= top {
            return;
        }
        bottom -= 1;
        let text = format!("{} {origin}: {}", pen.sign(Severity::Critical), fault.why);
        pen.put(area.x + 1, bottom, room, &text, pen.style(Role::Critical));
    }
    let place = Area::new(area.x, top, area.width, bottom.saturating_sub(top));
    lines(state, &columns, place, pen);
    if logs.is_empty() && bottom > top {
        let nothing = match &state.focus {
            Focus::Entity(_) if !logs.targets.is_empty() => "no lines yet",
            _ => "select an application or a pod to read its logs",
        };
        pen.put(area.x + 1, top, room, nothing, pen.style(Role::Dim));
    } else if logs.upwards().next().is_none() && bottom > top {
        let nothing = if logs.is_busy() { "nothing found so far" } else { "no line passes the filters" };
        pen.put(area.x + 1, top, room, nothing, pen.style(Role::Dim));
    }
}

fn heading(columns: &Columns<'_>, area: Area, pen: &mut Pen<'_>) {
    let mut x = area.x + 1;
    for (name, width) in columns.heading() {
        pen.put(
            x,
            area.y + 1,
            width.min((area.x + area.width).saturating_sub(x)),
            &name,
            pen.style(Role::Dim),
        );
        x = x.saturating_add(width + 1);
    }
}

fn lines(state: &State, columns: &Columns<'_>, area: Area, pen: &mut Pen<'_>) {
    let logs = &state.logs;
    let room = area.width.saturating_sub(2);
    let rows = |all: &[Drawn]| all.iter().map(|d| d.parts.len()).sum::<usize>();
    let mut drawn: Vec<Drawn> = Vec::new();
    for entry in logs.upwards() {
        if rows(&drawn) >= usize::from(area.height) {
            break;
        }
        drawn.push(columns.draw(&entry, room, pen));
    }
    drawn.reverse();
    let mut y = i32::from(area.y + area.height) - i32::try_from(rows(&drawn)).unwrap_or(i32::MAX);
    // Wrapped lines take more room than lines were counted: the one that is looked at stays in sight.
    if let Some(cursor) = logs.cursor().filter(|n| drawn.first().is_some_and(|d| d.n > *n)) {
        drawn.clear();
        y = i32::from(area.y);
        for entry in logs.downwards(cursor) {
            if rows(&drawn) >= usize::from(area.height) {
                break;
            }
            drawn.push(columns.draw(&entry, room, pen));
        }
    }
    for line in &drawn {
        for part in 0..line.parts.len() {
            if let Ok(y) = u16::try_from(y)
                && (area.y..area.y + area.height).contains(&y)
            {
                row(state, line, part, Area::new(area.x, y, area.width, 1), pen);
            }
            y += 1;
        }
    }
}

/// Draws one line of the screen.
fn row(state: &State, line: &Drawn, part: usize, area: Area, pen: &mut Pen<'_>) {
    let end = area.x + area.width.saturating_sub(1);
    if line.mark {
        pen.line(area.x + 1, area.y, area.width.saturating_sub(2), pen.style(Role::Accent));
    }
    let mut x = area.x + if line.mark { 3 } else { 1 };
    for (text, width, style) in &line.prefix {
        if part == 0 {
            pen.put(x, area.y, (*width).min(end.saturating_sub(x)), text, *style);
        }
        x = x.saturating_add(width + 1);
    }
    line.part(part, x, area.y, end.saturating_sub(x), pen);
    if state.logs.cursor() == Some(line.n) {
        let active = state.active == PaneId::Logs;
        let look = pen.style(if active { Role::Selection } else { Role::SelectionIdle });
        pen.tint(area, Style { fg: None, ..look });
        if part == 0 {
            let pointer = pen.pointer();
            pen.put(area.x, area.y, 1, pointer, look);
        }
    }
}
