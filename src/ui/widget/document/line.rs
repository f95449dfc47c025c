//! A line in the tones of its parts, cut with a sign where it does not fit.

use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthChar;

use crate::{
    app::{Area, Line, Tone, found, hang, offset},
    theme::Role,
    ui::pen::{Pen, width},
};

/// How lines are drawn.
pub(super) struct Manner<'a> {
    /// What is searched, in lower case.
    pub search: &'a str,
    /// Columns scrolled to the right.
    pub shift: u16,
    /// Whether long lines are wrapped.
    pub wrap: bool,
}

/// What of a text is seen, in bytes, and whether something is cut before and behind it.
#[derive(Debug, PartialEq, Eq)]
struct Clip {
    from: usize,
    to: usize,
    before: bool,
    behind: bool,
}

impl Clip {
    /// What is seen behind so many columns, in so many.
    fn of(text: &str, shift: u16, room: u16) -> Self {
        let before = shift > 0 && !text.is_empty();
        // The sign of what is cut stands in the place of a column.
        let from = if before { at_column(text, shift + 1) } else { 0 };
        let room = room.saturating_sub(u16::from(before));
        let rest = &text[from..];
        let behind = width(rest) > room;
        let to = if behind { from + before_column(rest, room.saturating_sub(1)) } else { text.len() };
        Self { from, to, before, behind }
    }
}

/// The text without its first columns.
pub(in crate::ui::widget) fn skip(text: &str, columns: u16) -> &str {
    &text[at_column(text, columns)..]
}

/// The first byte of a text at or behind a column.
fn at_column(text: &str, column: u16) -> usize {
    let mut taken = 0;
    for (at, c) in text.char_indices() {
        if taken >= usize::from(column) {
            return at;
        }
        taken += c.width().unwrap_or(0);
    }
    text.len()
}

/// How many bytes of a text fit into so many columns.
fn before_column(text: &str, columns: u16) -> usize {
    let mut taken = 0;
    for (at, c) in text.char_indices() {
        taken += c.width().unwrap_or(0);
        if taken > usize::from(columns) {
            return at;
        }
    }
    text.len()
}

/// Draws a line from a place on, in as many lines as it takes and there are; how many that are, the end of the text on
/// the last one, and where something was found.
pub(super) fn draw(line: &Line, at: Area, manner: &Manner<'_>, pen: &mut Pen<'_>) -> (u16, u16, Vec<Area>) {
    let mut marks = Vec::new();
    if !manner.wrap {
        let clip = Clip::of(&line.text, manner.shift, at.width);
        let end = one(line, &clip, at, manner, pen, &mut marks);
        return (1, end, marks);
    }
    let (indent, parts) = hang(&line.text, at.width);
    let (mut lines, mut end) = (0, at.x);
    for part in parts {
        if lines >= at.height {
            break;
        }
        let from = offset(&line.text, part);
        let clip = Clip { from, to: from + part.len(), before: false, behind: false };
        let place = Area::new(at.x + indent, at.y + lines, at.width.saturating_sub(indent), 1);
        end = one(line, &clip, place, manner, pen, &mut marks);
        lines += 1;
    }
    (lines, end, marks)
}

/// Draws what is seen of a line on one line; the column behind it.
fn one(
    line: &Line,
    clip: &Clip,
    at: Area,
    manner: &Manner<'_>,
    pen: &mut Pen<'_>,
    marks: &mut Vec<Area>,
) -> u16 {
    let dim = pen.style(Role::Dim);
    let end = at.x + at.width;
    let mut x = at.x;
    let more = pen.more();
    if clip.before {
        x += pen.put(x, at.y, 1, more, dim);
    }
    let start = x;
    for (text, tone) in pieces(line, clip.from, clip.to) {
        x += pen.put(x, at.y, end.saturating_sub(x), text, style(tone, pen));
    }
    if clip.behind {
        x += pen.put(x, at.y, end.saturating_sub(x), more, dim);
    }
    let seen = &line.text[clip.from..clip.to];
    marks.extend(
        found(seen, manner.search)
            .into_iter()
            .map(|hit| Area::new(start + width(&seen[..hit.start]), at.y, width(&seen[hit]), 1)),
    );
    x
}

/// The parts of a line; a field's name stands out.
fn pieces(line: &Line, from: usize, to: usize) -> Vec<(&str, Tone)> {
    if line.tone == Tone::Field
        && let Some((key, _)) = line.text.split_once(':').filter(|(key, _)| is_key(key))
    {
        let colon = (key.len() + 1).clamp(from, to);
        return vec![(&line.text[from..colon], Tone::Key), (&line.text[colon..to], Tone::Quote)];
    }
    line.pieces(from, to).collect()
}

/// Whether a text is the name of a field, quoted as in JSON or not at all.
fn is_key(text: &str) -> bool {
    let name = text.trim();
    let bare = name.strip_prefix('"').and_then(|n| n.strip_suffix('"')).unwrap_or(name);
    !bare.is_empty() && !bare.contains(['"', '\''])
}

/// How a tone looks.
pub(super) fn style(tone: Tone, pen: &Pen<'_>) -> Style {
    match tone {
        Tone::Text | Tone::Field => pen.style(Role::Text),
        Tone::Dim | Tone::Mask => pen.style(Role::Dim),
        Tone::Strong => pen.style(Role::Strong),
        Tone::Key => pen.style(Role::SyntaxKey),
        Tone::Quote => pen.style(Role::SyntaxString),
        Tone::Word => pen.style(Role::SyntaxNumber),
        Tone::Comment => pen.style(Role::SyntaxComment),
        Tone::Add => pen.style(Role::DiffAdd),
        Tone::Remove => pen.style(Role::DiffRemove),
        Tone::AddWord => pen.style(Role::DiffAdd).add_modifier(Modifier::REVERSED),
        Tone::RemoveWord => pen.style(Role::DiffRemove).add_modifier(Modifier::REVERSED),
        Tone::Hunk => pen.style(Role::DiffHunk),
        Tone::Severity(severity) => pen.theme.severity(severity),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_is_known() {
        let clip = |text, shift, room| Clip::of(text, shift, room);
        assert_eq!(clip("abcdef", 0, 6), Clip { from: 0, to: 6, before: false, behind: false });
        assert_eq!(clip("abcdef", 0, 5), Clip { from: 0, to: 4, before: false, behind: true });
        assert_eq!(clip("abcdef", 2, 4), Clip { from: 3, to: 6, before: true, behind: false });
        assert_eq!(clip("abcdef", 2, 3), Clip { from: 3, to: 4, before: true, behind: true });
        assert_eq!(clip("ab", 8, 4), Clip { from: 2, to: 2, before: true, behind: false });
        assert_eq!(clip("日本日", 1, 4), Clip { from: 3, to: 6, before: true, behind: true });
    }
}
