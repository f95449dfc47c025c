//! Looks: colours and modifiers of characters, and the numbers that set them (SGR).

use std::io::Write;

use ratatui::{
    buffer::Cell,
    style::{Color, Modifier, Style},
};

/// What the terminal writes the next character in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub fg: Color,
    pub bg: Color,
    pub modifier: Modifier,
}

pub(super) const PLAIN: Look = Look { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };
/// What shows on a cell without a character; the colour of characters, their weight and their slant do not.
pub(super) const ON_BLANKS: Modifier =
    Modifier::UNDERLINED.union(Modifier::REVERSED).union(Modifier::HIDDEN).union(Modifier::CROSSED_OUT);
/// The modifiers that are written.
const KNOWN: Modifier = WEIGHTS.union(Modifier::ITALIC).union(ON_BLANKS);
const WEIGHTS: Modifier = Modifier::BOLD.union(Modifier::DIM);

impl Look {
    pub const fn of(cell: &Cell) -> Self {
        Self { fg: cell.fg, bg: cell.bg, modifier: cell.modifier.intersection(KNOWN) }
    }

    /// The nearest look in which blanks show a background and nothing else.
    pub fn blank(self, bg: Color) -> Self {
        Self { bg, modifier: self.modifier - ON_BLANKS, ..self }
    }
}

/// Whether nothing but a background shows.
pub(super) fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " " && !cell.modifier.intersects(ON_BLANKS)
}

/// Writes the sequence that makes one look another, if it is another.
pub(super) fn change(from: Look, to: Look, out: &mut Vec<u8>) {
    if to == from {
        return;
    }
    let (changes, anew) = (codes(from, to), codes(PLAIN, to));
    out.extend_from_slice(b"\x1b[");
    if !anew.is_empty() && changes.len() <= anew.len() + 2 {
        out.extend_from_slice(&changes);
    } else if !anew.is_empty() {
        out.extend_from_slice(b"0;");
        out.extend_from_slice(&anew);
    }
    // A reset needs no number.
    out.push(b'm');
}

/// The numbers that make one look another, fewest first thought of.
fn codes(from: Look, to: Look) -> Vec<u8> {
    let mut codes = Codes(Vec::with_capacity(40));
    let (mut gone, mut new) = (from.modifier - to.modifier, to.modifier - from.modifier);
    // One number ends both weights.
    if gone.intersects(WEIGHTS) {
        new |= to.modifier & WEIGHTS;
        gone = (gone - WEIGHTS) | Modifier::BOLD;
    }
    for (modifier, on, off) in MODIFIERS {
        if gone.contains(modifier) {
            codes.push(off);
        }
        if new.contains(modifier) {
            codes.push(on);
        }
    }
    if to.fg != from.fg {
        codes.color(to.fg, 30);
    }
    if to.bg != from.bg {
        codes.color(to.bg, 40);
    }
    codes.0
}

/// Modifiers with the numbers that begin and end them.
const MODIFIERS: [(Modifier, u16, u16); 7] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

/// The sequence that sets a style on plain text; empty for none.
pub fn sgr(style: Style) -> String {
    let wanted = Look {
        fg: style.fg.unwrap_or(PLAIN.fg),
        bg: style.bg.unwrap_or(PLAIN.bg),
        modifier: style.add_modifier,
    };
    let codes = codes(PLAIN, wanted);
    if codes.is_empty() { String::new() } else { format!("\x1b[{}m", String::from_utf8_lossy(&codes)) }
}

/// Numbers of one SGR sequence.
struct Codes(Vec<u8>);

impl Codes {
    fn push(&mut self, code: u16) {
        if !self.0.is_empty() {
            self.0.push(b';');
        }
        // Writing to a Vec cannot fail.
        let _ = write!(self.0, "{code}");
    }

    /// A colour as foreground (`base` 30) or background (40), as ECMA-48 and xterm have them.
    fn color(&mut self, color: Color, base: u16) {
        let basic = |n: u16| if n < 8 { base + n } else { base + 60 + n - 8 };
        let (first, rest): (u16, &[u8]) = match color {
            Color::Reset => (base + 9, &[]),
            Color::Black => (basic(0), &[]),
            Color::Red => (basic(1), &[]),
            Color::Green => (basic(2), &[]),
            Color::Yellow => (basic(3), &[]),
            Color::Blue => (basic(4), &[]),
            Color::Magenta => (basic(5), &[]),
            Color::Cyan => (basic(6), &[]),
            Color::Gray => (basic(7), &[]),
            Color::DarkGray => (basic(8), &[]),
            Color::LightRed => (basic(9), &[]),
            Color::LightGreen => (basic(10), &[]),
            Color::LightYellow => (basic(11), &[]),
            Color::LightBlue => (basic(12), &[]),
            Color::LightMagenta => (basic(13), &[]),
            Color::LightCyan => (basic(14), &[]),
            Color::White => (basic(15), &[]),
            Color::Indexed(n) => (base + 8, &[5, n]),
            Color::Rgb(r, g, b) => match fixed(r, g, b) {
                Some(n) => (base + 8, &[5, n]),
                None => (base + 8, &[2, r, g, b]),
            },
        };
        self.push(first);
        for n in rest {
            self.push(u16::from(*n));
        }
    }
}

/// The number among the 256 of a colour that is one of xterm's cube of six steps a side, or of its greys: shorter.
fn fixed(r: u8, g: u8, b: u8) -> Option<u8> {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let step = |part| STEPS.iter().position(|s| *s == part).map(|n| n as u8);
    match (step(r), step(g), step(b)) {
        (Some(r), Some(g), Some(b)) => Some(16 + 36 * r + 6 * g + b),
        _ => (r == g && g == b && (8..=238).contains(&r) && (r - 8).is_multiple_of(10))
            .then(|| 232 + (r - 8) / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_written_in_the_shortest_way() {
        let set = |fg| sgr(Style::new().fg(fg));
        // xterm's 256 colours (256colres.h): 231 is white, 110 is 87afd7, 244 is 808080.
        assert_eq!(set(Color::Rgb(255, 255, 255)), "\x1b[38;5;231m");
        assert_eq!(set(Color::Rgb(0x87, 0xaf, 0xd7)), "\x1b[38;5;110m");
        assert_eq!(set(Color::Rgb(0x80, 0x80, 0x80)), "\x1b[38;5;244m");
        assert_eq!(set(Color::Rgb(1, 2, 3)), "\x1b[38;2;1;2;3m");
        assert_eq!(set(Color::Red), "\x1b[31m");
        assert_eq!(sgr(Style::new().bg(Color::LightBlue)), "\x1b[104m");
    }
}
