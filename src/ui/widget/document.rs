//! Texts, diffs and trees on the whole screen.

use ratatui::style::Style;

use crate::{
    app::{Area, Line, Sort, State, Tone, Viewer, contains},
    theme::Role,
    ui::{
        pane::wrap,
        pen::{Pen, width},
    },
};

/// Draws a viewer between header and footer.
pub(in crate::ui) fn draw(state: &State, viewer: &Viewer, pen: &mut Pen<'_>) {
    let layout = state.layout();
    let top = layout.header.y + layout.header.height;
    let area = Area::new(0, top, state.size.width, layout.footer.y.saturating_sub(top));
    if area.height == 0 {
        return;
    }
    title(state, viewer, area, pen);
    let bottom = area.y + area.height;
    let room = area.width.saturating_sub(2);
    let mut y = area.y + 1;
    if viewer.loading {
        let text = format!("asking{}", pen.more());
        pen.put(1, y, room, &text, pen.style(Role::Dim));
        return;
    }
    let first = viewer.first(usize::from(area.height.saturating_sub(1)));
    for (n, line) in viewer.lines.iter().enumerate().skip(first) {
        if y >= bottom {
            return;
        }
        let found = !viewer.search.is_empty() && contains(&line.text, &viewer.search);
        if viewer.wrap {
            for part in wrap(&line.text, room) {
                if y >= bottom {
                    return;
                }
                draw_line(line, part, found, y, room, pen);
                y += 1;
            }
        } else {
            let shifted = skip(&line.text, viewer.shift);
            draw_line(line, shifted, found, y, room, pen);
            if n == viewer.cursor && viewer.pointed().is_some() {
                pen.select(Area::new(area.x, y, area.width, 1));
            }
            y += 1;
        }
    }
}

fn title(state: &State, viewer: &Viewer, area: Area, pen: &mut Pen<'_>) {
    pen.line(area.x, area.y, area.width, pen.style(Role::Border));
    let about = viewer.about.as_ref().map_or(String::new(), |k| {
        let env = state.store.system(k.source).map_or("", |s| &*s.env);
        format!(" of {} {} in {env}", k.kind, state.name_of(k))
    });
    let place = match viewer.lines.len() {
        0 => String::new(),
        n if viewer.sort == Sort::Tree => format!(" {}/{n}", viewer.cursor + 1),
        n => format!(" {}/{n}", (viewer.scroll + 1).min(n)),
    };
    let search = if viewer.search.is_empty() { String::new() } else { format!("  /{}", viewer.search) };
    let accent = pen.style(Role::Accent);
    let pointer = pen.pointer();
    let what = format!("{}{about}", viewer.what);
    let pieces = [
        (pointer, accent),
        (&*what, accent),
        (&*place, pen.style(Role::Dim)),
        (&*search, accent),
        (" ", accent),
    ];
    pen.pieces(area.x, area.y, area.width, &pieces);
}

fn draw_line(line: &Line, part: &str, found: bool, y: u16, room: u16, pen: &mut Pen<'_>) {
    let style = style(line.tone, pen);
    match part.split_once(':').filter(|_| line.tone == Tone::Field && !found) {
        Some((key, rest)) if is_key(key) => {
            let key_style = pen.style(Role::SyntaxKey);
            let colon = format!("{key}:");
            pen.pieces(1, y, room, &[(&colon, key_style), (rest, pen.style(Role::SyntaxString))]);
        }
        _ => {
            let style = if found { style.patch(pen.style(Role::Match)) } else { style };
            pen.put(1, y, room, part, style);
        }
    }
}

/// Whether a text is the name of a field, quoted as in JSON or not at all.
fn is_key(text: &str) -> bool {
    let name = text.trim();
    let bare = name.strip_prefix('"').and_then(|n| n.strip_suffix('"')).unwrap_or(name);
    !bare.is_empty() && !bare.contains(['"', '\''])
}

fn style(tone: Tone, pen: &Pen<'_>) -> Style {
    match tone {
        Tone::Text | Tone::Field => pen.style(Role::Text),
        Tone::Dim => pen.style(Role::Dim),
        Tone::Strong => pen.style(Role::Strong),
        Tone::Add => pen.style(Role::DiffAdd),
        Tone::Remove => pen.style(Role::DiffRemove),
        Tone::Hunk => pen.style(Role::DiffHunk),
        Tone::Severity(severity) => pen.theme.severity(severity),
    }
}

/// The text without its first columns.
pub(super) fn skip(text: &str, columns: u16) -> &str {
    if columns == 0 {
        return text;
    }
    let at = text.char_indices().find(|(at, _)| width(&text[..*at]) >= columns).map(|(at, _)| at);
    at.map_or("", |at| &text[at..])
}
