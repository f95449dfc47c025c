//! A pane that lists: title, heading, rows, and what is to say about its sources.

mod cells;

use ratatui::style::Style;

use super::{
    chrome, matrix,
    pen::{Cut, Pen, width},
};
use crate::{
    app::{Area, Body, ColumnId, Command, GroupBy, ListColumn, PaneId, Row, State, Subject, format, wrap},
    model::Severity,
    theme::Role,
    triage::Focus,
};

/// Draws a pane.
pub(super) fn draw(state: &State, pane: PaneId, area: Area, pen: &mut Pen<'_>) {
    if area.height == 0 || area.width == 0 {
        return;
    }
    title(state, pane, area, pen);
    let body = state.body(pane, area.height);
    let inner = Area::new(area.x, area.y + 1, area.width, area.height - 1);
    rows(state, pane, inner, &body, pen);
}

/// The line with the pane's name, what it is about, how many there are and how many are bad.
fn title(state: &State, id: PaneId, area: Area, pen: &mut Pen<'_>) {
    let pane = state.pane(id);
    let active = id == state.active;
    pen.line(area.x, area.y, area.width, pen.style(Role::Border));
    let name = pen.style(if active { Role::Accent } else { Role::Title });
    let dim = pen.style(Role::Dim);
    let about = chrome::about(state, id);
    let rows = &pane.rows;
    let count = if pane.filter.is_set() {
        format!(" {} of {}", format::count(rows.kept()), format::count(rows.total))
    } else {
        format!(" {}", format::count(rows.total))
    };
    let mark = if active { pen.pointer() } else { " " };
    let filter = if pane.filter.is_set() { format!("  /{}", pane.filter.text()) } else { String::new() };
    let understood = if pane.filter.problem().is_some() { Role::Warning } else { Role::Accent };
    let usual = pane.subject.sorts().first().copied();
    let sort = match usual {
        Some(usual) if usual == pane.sort && !pane.reversed => String::new(),
        Some(_) => format!("  {}{}", state.sort_words(id), if pane.reversed { ", reversed" } else { "" }),
        None => String::new(),
    };
    let grouped = pane.group.as_ref().map_or(String::new(), |by| format!("  by {}", by.name()));
    let mut pieces: Vec<(String, Style)> =
        vec![(mark.to_owned(), name), (state.pane_title(id), name), (count, dim)];
    for (n, severity) in [(rows.critical, Severity::Critical), (rows.warning, Severity::Warning)] {
        if n > 0 {
            let text = format!("  {} {}", pen.sign(severity), format::count(n));
            pieces.push((text, pen.theme.severity(severity)));
        }
    }
    if rows.differing > 0 && pane.subject == Subject::Matrix {
        pieces.push((format!("  {} differ", format::count(rows.differing)), pen.style(Role::Accent)));
    }
    let unread = chrome::unread(state, id);
    if unread > 0 {
        pieces.push((format!("  {} new", format::count(unread)), pen.style(Role::Accent)));
    }
    pieces.push((marks(rows.marked.len(), rows.hidden), pen.style(Role::Accent)));
    pieces.push((about, name));
    pieces.push((filter, pen.style(understood)));
    pieces.push((grouped, dim));
    pieces.push((sort, dim));
    pieces.push((" ".to_owned(), dim));
    let pieces: Vec<(&str, Style)> = pieces.iter().map(|(t, s)| (t.as_str(), *s)).collect();
    let taken = pen.pieces(area.x, area.y, area.width, &pieces);
    if pane.subject == Subject::Matrix {
        let legend = matrix::legend(state, pen);
        if taken + width(&legend) < area.width {
            pen.put_right(area.x + area.width, area.y, area.width - taken, &legend, dim);
        }
    }
}

/// How many rows are marked, and how many of them do not show.
fn marks(shown: usize, hidden: usize) -> String {
    match (shown, hidden) {
        (0, 0) => String::new(),
        (n, 0) => format!("  {} marked", format::count(n)),
        (n, hidden) => {
            format!("  {} marked, {} of them hidden", format::count(n + hidden), format::count(hidden))
        }
    }
}

fn rows(state: &State, id: PaneId, area: Area, body: &Body, pen: &mut Pen<'_>) {
    let pane = state.pane(id);
    let room = area.width.saturating_sub(2);
    let y = if pane.subject == Subject::Matrix {
        area.y + if body.heading { matrix::draw(state, id, area, body.rows, pen) } else { 0 }
    } else {
        list(state, id, area, body, pen)
    };
    let bottom = area.y + area.height;
    if pane.rows.shown.is_empty() {
        empty(state, id, Area::new(area.x, y, area.width, bottom.saturating_sub(y)), body, pen);
    } else {
        let notes = body.notes.iter().take(usize::from(bottom.saturating_sub(y)));
        let top = bottom - u16::try_from(notes.len()).unwrap_or(0);
        for (y, note) in (top..).zip(notes) {
            let text = format!("{} {}", pen.sign(note.severity), note.text);
            pen.put(area.x + 1, y, room, &text, pen.theme.severity(note.severity));
        }
    }
}

/// Draws heading and rows of a list; the line below them.
fn list(state: &State, id: PaneId, area: Area, body: &Body, pen: &mut Pen<'_>) -> u16 {
    let pane = state.pane(id);
    let fitted = state.fitted(id, area.width.saturating_sub(2));
    let mut y = area.y;
    if body.heading {
        heading(&fitted, area.x + 1, y, pen);
        y += 1;
    }
    let shown = pane.rows.shown.iter().enumerate().skip(pane.offset).take(usize::from(body.rows));
    for (at, row) in shown {
        let selected = chrome::is_selected(state, id, at);
        if let Row::Group(n) = *row {
            group(state, id, n, selected, Area::new(area.x, y, area.width, 1), pen);
            y += 1;
            continue;
        }
        line(state, id, *row, selected, &fitted, Area::new(area.x, y, area.width, 1), pen);
        y += 1;
    }
    y
}

fn heading(columns: &[(ListColumn, u16)], x: u16, y: u16, pen: &mut Pen<'_>) {
    let style = pen.style(Role::Dim);
    let mut x = x;
    for (column, width) in columns {
        if column.right {
            pen.put_right(x + width, y, *width, &column.title, style);
        } else {
            pen.put(x, y, *width, &column.title, style);
        }
        x += width + 1;
    }
}

fn line(
    state: &State,
    id: PaneId,
    row: Row,
    selected: bool,
    columns: &[(ListColumn, u16)],
    area: Area,
    pen: &mut Pen<'_>,
) {
    let active = id == state.active;
    let related = state.is_related(id, row);
    let unread = is_unread(state, row);
    let marked = state.pane(id).rows.marked.contains(&row);
    let mut x = area.x + 1;
    let mut band = area;
    for (n, (column, width)) in columns.iter().enumerate() {
        if column.id == ColumnId::Message && n + 1 == columns.len() && n > 0 {
            // A text at the end needs no mark of its own, and is the most of what a move would write anew.
            band.width = x - area.x;
        }
        let cell = cells::cell(state, row, column.id, pen);
        let style = match column.id {
            ColumnId::Name if marked => cell.style.patch(pen.style(Role::Accent)),
            // A badge keeps its colours: others could not be read on its ground.
            ColumnId::Name if related && cell.style.bg.is_none() => {
                cell.style.patch(pen.style(Role::Related))
            }
            ColumnId::Name if unread => cell.style.patch(pen.style(Role::Strong)),
            _ => cell.style,
        };
        if column.id == ColumnId::Env {
            // A known name, so that its beginning says it without a sign.
            let end = cell.text.char_indices().nth(usize::from(*width)).map_or(cell.text.len(), |(at, _)| at);
            pen.put(x, area.y, *width, &cell.text[..end], style);
        } else if column.right {
            pen.put_right(x + width, area.y, *width, &cell.text, style);
        } else {
            let cut = if column.id == ColumnId::Name { cut(row) } else { Cut::End };
            pen.put_cut(x, area.y, *width, &cell.text, style, cut);
        }
        x += width + 1;
    }
    if selected && active {
        pen.select(band);
    } else if marked {
        let sign = if pen.ascii { "+" } else { "▪" };
        pen.put(area.x, area.y, 1, sign, pen.style(Role::Accent));
    } else if related || unread {
        let sign = if pen.ascii { "*" } else { "•" };
        pen.put(area.x, area.y, 1, sign, pen.style(Role::Related));
    }
}

/// Draws the heading of a group: what its rows have in common, how many they are, and how many of them are bad.
fn group(state: &State, id: PaneId, n: u32, selected: bool, area: Area, pen: &mut Pen<'_>) {
    let Some(group) = state.pane(id).rows.groups.get(n as usize) else { return };
    let sign = pen.fold(group.folded);
    let by = state.pane(id).group.as_ref().map_or("", GroupBy::name);
    let (dim, strong) = (pen.style(Role::Dim), pen.style(Role::Strong));
    let label = match &*group.label {
        "" => (format!("no {by}"), dim),
        label => (format::line(label).into_owned(), strong),
    };
    let count = format!("  {}", format::count(group.rows.len()));
    let mut pieces = vec![(format!("{sign} "), dim), label, (count, dim)];
    for (n, severity) in [(group.critical, Severity::Critical), (group.warning, Severity::Warning)] {
        if n > 0 {
            pieces.push((
                format!("  {} {}", pen.sign(severity), format::count(n)),
                pen.theme.severity(severity),
            ));
        }
    }
    let pieces: Vec<(&str, Style)> = pieces.iter().map(|(t, s)| (t.as_str(), *s)).collect();
    pen.pieces(area.x + 1, area.y, area.width.saturating_sub(2), &pieces);
    if selected && id == state.active {
        pen.select(area);
    }
}

/// Whether a row is an alert that came since the last look.
fn is_unread(state: &State, row: Row) -> bool {
    matches!(row, Row::Alert(_))
        && row.key(&state.store, &state.timeline).is_some_and(|key| state.attention.is_unread(key))
}

/// Where a name is cut: where it tells least. A pod's end tells it from its brothers, a path's end says what it is.
const fn cut(row: Row) -> Cut {
    match row {
        Row::Pod(_) => Cut::Middle,
        Row::Lease(_) | Row::Secret(_) | Row::StaticRole(_) => Cut::Path,
        _ => Cut::End,
    }
}

/// What to say when a pane lists nothing.
fn nothing(state: &State, id: PaneId) -> String {
    match state.pane(id).subject {
        Subject::Objects if state.browse.word.is_empty() => "no kind is chosen yet".to_owned(),
        Subject::Objects => format!("no {}", state.browse.title()),
        subject => subject.nothing().to_owned(),
    }
}

/// Why there are no rows.
fn empty(state: &State, id: PaneId, area: Area, body: &Body, pen: &mut Pen<'_>) {
    let pane = state.pane(id);
    let room = area.width.saturating_sub(2);
    let mut lines: Vec<(String, Style)> = Vec::new();
    for note in &body.notes {
        let text = format!("{} {}", pen.sign(note.severity), note.text);
        lines.push((text, pen.theme.severity(note.severity)));
    }
    let waiting = body.notes.iter().any(|n| n.severity >= Severity::Active);
    let dim = pen.style(Role::Dim);
    if !pane.filter.is_empty() && pane.rows.total > 0 {
        let why = state.unmatched(id).unwrap_or_else(|| format!("nothing matches {}", pane.filter.text()));
        lines.push((format::line(&why).into_owned(), dim));
        lines.push((format!("{} clears the filter", state.pane_key(Command::Back)), dim));
    } else if !waiting {
        let focus = state.focus_of(id);
        let all_well = matches!(pane.subject, Subject::Alerts);
        let words = match &focus {
            Focus::Entity(key) => {
                format!("{} for {}", nothing(state, id), state.name_of(key))
            }
            Focus::Environment(name) => format!("{} in {name}", nothing(state, id)),
            Focus::Everything => nothing(state, id),
        };
        let style = if all_well { pen.theme.severity(Severity::Ok) } else { dim };
        let sign = if all_well { format!("{} ", pen.sign(Severity::Ok)) } else { String::new() };
        lines.push((format!("{sign}{words}"), style));
        if matches!(focus, Focus::Entity(_)) {
            lines.push((format!("{} widens the focus", state.pane_key(Command::Back)), dim));
        }
    }
    let mut y = area.y;
    for (text, style) in lines {
        for part in wrap(&text, room) {
            if y >= area.y + area.height {
                return;
            }
            pen.put(area.x + 1, y, room, part, style);
            y += 1;
        }
    }
}
