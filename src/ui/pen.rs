//! Writing on the buffer: clipped, truncated with a sign, in the theme's roles.

use ratatui::{
    buffer::{Buffer, Cell},
    layout::Rect,
    style::Style,
};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::{
    app::Area,
    model::{Severity, text},
    theme::{Role, Theme},
};

/// Writes on a buffer.
pub(super) struct Pen<'a> {
    /// The buffer.
    pub buf: &'a mut Buffer,
    /// The theme.
    pub theme: &'a Theme,
    /// Whether signs and borders are ASCII only.
    pub ascii: bool,
}

/// Where text that does not fit is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// At its end.
    End,
    /// In the middle: a third of the room is for the end.
    Middle,
    /// At its start.
    Start,
    /// Before the first part of a path that fits with what follows it; the last part is cut in its middle.
    Path,
}

/// An area as ratatui has it.
pub(super) fn rect(area: Area) -> Rect {
    Rect::new(area.x, area.y, area.width, area.height)
}

/// Columns a text takes.
pub(super) fn width(text: &str) -> u16 {
    if text.is_ascii() {
        return u16::try_from(text.len()).unwrap_or(u16::MAX);
    }
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

impl Pen<'_> {
    /// How a role looks.
    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// The sign that says there is more.
    pub const fn more(&self) -> &'static str {
        if self.ascii { ">" } else { "…" }
    }

    /// The sign of a severity.
    pub const fn sign(&self, severity: Severity) -> &'static str {
        if self.ascii { severity.ascii() } else { severity.sign() }
    }

    /// The sign of a selected row.
    pub const fn pointer(&self) -> &'static str {
        if self.ascii { ">" } else { "▸" }
    }

    /// The sign before a heading whose rows are folded away, or are not.
    pub const fn fold(&self, folded: bool) -> &'static str {
        match (self.ascii, folded) {
            (true, true) => "+",
            (true, false) => "-",
            (false, true) => "▸",
            (false, false) => "▾",
        }
    }

    /// The middle dot between things on a line.
    pub const fn dot(&self) -> &'static str {
        if self.ascii { "-" } else { "·" }
    }

    /// Writes text into at most `room` columns, `…` standing for what does not fit; the columns taken.
    pub fn put(&mut self, x: u16, y: u16, room: u16, text: &str, style: Style) -> u16 {
        let area = *self.buf.area();
        if y < area.top() || y >= area.bottom() || x >= area.right() || room == 0 {
            return 0;
        }
        let room = room.min(area.right() - x);
        let clean = text::clean(text);
        let plain: &str = &clean;
        let fits = width(plain) <= room;
        let limit = if fits { room } else { room - 1 };
        let ground = self.style(Role::Text);
        let mut at = 0;
        for symbol in plain.graphemes(true) {
            let wide = u16::try_from(symbol.width()).unwrap_or(0);
            if wide == 0 {
                continue;
            }
            if at + wide > limit {
                break;
            }
            let symbol = if self.ascii && !symbol.is_ascii() { twin(symbol) } else { stacked(symbol) };
            self.buf[(x + at, y)].set_symbol(symbol).set_style(style);
            for rest in 1..wide {
                self.buf[(x + at + rest, y)].reset();
                self.buf[(x + at + rest, y)].set_style(ground).set_style(style);
            }
            at += wide;
        }
        if !fits {
            while at < limit {
                self.buf[(x + at, y)].set_symbol(" ").set_style(style);
                at += 1;
            }
            let more = self.more();
            self.buf[(x + at, y)].set_symbol(more).set_style(style);
            at += 1;
        }
        at
    }

    /// Writes text, what does not fit left out where `cut` says.
    pub fn put_cut(&mut self, x: u16, y: u16, room: u16, text: &str, style: Style, cut: Cut) -> u16 {
        if cut == Cut::Path && width(text) > room {
            let fits = |at: usize| width(&text[at..]) < room;
            if let Some((at, _)) = text.match_indices('/').find(|(at, _)| fits(*at)) {
                let more = self.more();
                return self.pieces(x, y, room, &[(more, style), (&text[at..], style)]);
            }
            let last = text.rfind('/').map_or(0, |at| at + 1);
            return self.put_cut(x, y, room, &text[last..], style, Cut::Middle);
        }
        let keep = match cut {
            Cut::End | Cut::Path => 0,
            Cut::Middle => room / 3,
            Cut::Start => room.saturating_sub(1),
        };
        if keep == 0 || room < 4 || width(text) <= room {
            return self.put(x, y, room, text, style);
        }
        let clean = text::clean(text);
        let mut tail = clean.len();
        let mut kept = 0;
        for (at, symbol) in clean.grapheme_indices(true).rev() {
            kept += u16::try_from(symbol.width()).unwrap_or(0);
            if kept > keep {
                break;
            }
            tail = at;
        }
        let more = self.more();
        let lead = room - 1 - width(&clean[tail..]);
        let mut end = 0;
        let mut taken = 0;
        for symbol in clean.graphemes(true) {
            taken += u16::try_from(symbol.width()).unwrap_or(0);
            if taken > lead {
                break;
            }
            end += symbol.len();
        }
        self.pieces(x, y, room, &[(&clean[..end], style), (more, style), (&clean[tail..], style)])
    }

    /// Writes text so that it ends before column `end`.
    pub fn put_right(&mut self, end: u16, y: u16, room: u16, text: &str, style: Style) -> u16 {
        let taken = width(text).min(room);
        self.put(end.saturating_sub(taken), y, taken, text, style)
    }

    /// Writes pieces one after the other; the columns taken.
    pub fn pieces(&mut self, x: u16, y: u16, room: u16, pieces: &[(&str, Style)]) -> u16 {
        let mut at = 0;
        for (text, style) in pieces {
            if at >= room {
                break;
            }
            at += self.put(x + at, y, room - at, text, *style);
        }
        at
    }

    /// Blanks an area and gives it the ordinary style.
    pub fn clear(&mut self, area: Area) {
        let rect = rect(area).intersection(*self.buf.area());
        let style = self.style(Role::Text);
        for y in rect.top()..rect.bottom() {
            // A wide character that reaches in would be drawn over what comes here.
            let before = rect.left().checked_sub(1).and_then(|x| self.buf.cell_mut((x, y)));
            if let Some(cell) = before.filter(|cell| width(cell.symbol()) > 1) {
                cell.set_symbol(" ");
            }
            for x in rect.left()..rect.right() {
                let cell = &mut self.buf[(x, y)];
                cell.reset();
                cell.set_style(style);
            }
        }
    }

    /// Lays a style over an area.
    pub fn tint(&mut self, area: Area, style: Style) {
        self.buf.set_style(rect(area).intersection(*self.buf.area()), style);
    }

    /// What lies over all of what the pointer is on.
    pub fn selection(&self) -> Style {
        Style { fg: None, ..self.style(Role::Selection) }
    }

    /// Shows that a line is the one that the pointer is on. What has no colour of meaning takes the selection's: it is
    /// read at once, and costs no change of colour on the way.
    pub fn select(&mut self, line: Area) {
        let selection = self.style(Role::Selection);
        let plain = [Role::Text, Role::Dim].map(|role| self.style(role).fg);
        for position in rect(line).intersection(*self.buf.area()).positions() {
            let cell = &mut self.buf[position];
            if plain.contains(&Some(cell.fg)) {
                cell.fg = selection.fg.unwrap_or(cell.fg);
            }
        }
        self.tint(line, self.selection());
        // The pointer goes with what it stands before: no change of colour there either.
        let pointer = self.pointer();
        let beside =
            self.buf.cell((line.x + 1, line.y)).filter(|_| line.width > 1).map_or(selection, Cell::style);
        self.put(line.x, line.y, 1, pointer, beside);
    }

    /// Draws a horizontal line.
    pub fn line(&mut self, x: u16, y: u16, length: u16, style: Style) {
        let symbol = if self.ascii { "-" } else { "─" };
        for n in 0..length {
            if let Some(cell) = self.buf.cell_mut((x + n, y)) {
                cell.set_symbol(symbol).set_style(style);
            }
        }
    }

    /// Draws a box with double lines around an area, and blanks what is inside; the inside.
    pub fn frame(&mut self, area: Area, title: &[(&str, Style)], style: Style) -> Area {
        self.clear(area);
        let Area { x, y, width, height } = area;
        if width < 2 || height < 2 {
            return Area::new(x, y, width, height);
        }
        let [across, down, corners @ ..] = if self.ascii {
            ["=", "|", "+", "+", "+", "+"]
        } else {
            ["═", "║", "╔", "╗", "╚", "╝"]
        };
        let (right, bottom) = (x + width - 1, y + height - 1);
        let mut set = |x: u16, y: u16, symbol: &str| {
            if let Some(cell) = self.buf.cell_mut((x, y)) {
                cell.set_symbol(symbol).set_style(style);
            }
        };
        for n in x + 1..right {
            set(n, y, across);
            set(n, bottom, across);
        }
        for n in y + 1..bottom {
            set(x, n, down);
            set(right, n, down);
        }
        for (at, symbol) in [(x, y), (right, y), (x, bottom), (right, bottom)].into_iter().zip(corners) {
            set(at.0, at.1, symbol);
        }
        if width > 6 {
            self.pieces(x + 2, y, width - 4, title);
        }
        Area::new(x + 1, y + 1, width - 2, height - 2)
    }
}

/// A character with no more marks on it than the Stream-Safe Text Format has (Unicode Annex 15): more are no language,
/// and smear the lines around.
fn stacked(symbol: &str) -> &str {
    const MARKS: usize = 30;
    symbol.char_indices().nth(MARKS + 1).map_or(symbol, |(end, _)| &symbol[..end])
}

/// What stands for a sign of ours where only ASCII can be shown; anything else that is not ASCII is a `?`.
fn twin(symbol: &str) -> &'static str {
    match symbol {
        "…" | "→" | "▸" => ">",
        "←" | "◂" => "<",
        "×" | "✗" => "x",
        "✓" => "+",
        "▌" | "▐" | "│" | "║" => "|",
        "•" => "*",
        "·" | "─" | "═" | "–" | "—" => "-",
        "▏" => "_",
        "“" | "”" | "„" => "\"",
        "‘" | "’" => "'",
        _ => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_keep_whole_parts_at_their_end() {
        let shown = |text: &str, room: u16| {
            let mut buf = Buffer::empty(Rect::new(0, 0, 40, 1));
            let theme = crate::theme::shipped("dark").expect("shipped");
            let mut pen = Pen { buf: &mut buf, theme: &theme, ascii: false };
            pen.put_cut(0, 0, room, text, Style::new(), Cut::Path);
            let line: String = buf.content.iter().map(ratatui::buffer::Cell::symbol).collect();
            line.trim_end().to_owned()
        };
        let path = "database/creds/appointments-rw";
        assert_eq!(shown(path, 30), path);
        assert_eq!(shown(path, 29), "…/creds/appointments-rw");
        assert_eq!(shown(path, 17), "…/appointments-rw");
        assert_eq!(shown(path, 16), "appointments-rw");
        assert_eq!(shown(path, 9), "appoi…-rw");
        assert_eq!(shown("kv/shop/smtp v4", 10), "…/smtp v4");
    }

    #[test]
    fn clearing_half_of_a_wide_character_takes_all_of_it() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 8, 1));
        let theme = crate::theme::shipped("dark").expect("shipped");
        let mut pen = Pen { buf: &mut buf, theme: &theme, ascii: false };
        pen.put(0, 0, 8, "日本日本", Style::new());
        pen.clear(Area::new(3, 0, 2, 1));
        let symbols: Vec<_> = buf.content.iter().map(ratatui::buffer::Cell::symbol).collect();
        assert_eq!(symbols, ["日", " ", " ", " ", " ", " ", "本", " "]);
    }
}
