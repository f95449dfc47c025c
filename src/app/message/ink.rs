//! The colours in which a program wrote a line (SGR, ECMA-48 section 8.3.117), read and never passed on.
//!
//! Only what cannot hide text or mislead is kept: foreground colours other than black, white and the greys, bold,
//! dim, italic, underlined. Backgrounds, blinking, reversed and concealed text are not.

use crate::model::text;

/// How a program wanted text to look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ink {
    /// The colour, when it is one that can be read on any background.
    pub color: Option<InkColor>,
    /// Bold.
    pub bold: bool,
    /// Dim.
    pub dim: bool,
    /// Italic.
    pub italic: bool,
    /// Underlined.
    pub underlined: bool,
}

/// A colour as a program names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InkColor {
    /// One of the 256 of xterm, the first sixteen of which are the terminal's own.
    Indexed(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// The line safe to show, and from where on it looks how.
pub(super) fn inked(line: &str) -> (String, Vec<(usize, Ink)>) {
    let line = line.trim();
    if !line.contains("\u{1b}[") || !is_simple(line) {
        return (text::one_line(line).into_owned(), Vec::new());
    }
    let (mut out, mut inks) = (String::with_capacity(line.len()), Vec::new());
    let mut ink = Ink::default();
    let mut rest = line;
    while let Some(at) = rest.find("\u{1b}[") {
        let sequence = &rest[at + 2..];
        let length = sequence.find(|c: char| !matches!(c, '0'..='?')).unwrap_or(sequence.len());
        if !sequence[length..].starts_with('m') {
            // Another sequence: it is left to be dropped with the text before the next one.
            let skip = at + 2 + length;
            let next = rest[skip..].find("\u{1b}[").map_or(rest.len(), |n| skip + n);
            out.push_str(&text::clean(&rest[..next]));
            rest = &rest[next..];
            continue;
        }
        out.push_str(&text::clean(&rest[..at]));
        ink.apply(&sequence[..length]);
        inks.push((out.len(), ink));
        rest = &sequence[length + 1..];
    }
    out.push_str(&text::clean(rest));
    (out, inks)
}

/// Whether there is no line end and no sequence that holds text, in which colours would have no meaning.
fn is_simple(line: &str) -> bool {
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' | '\r' | '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => return false,
            '\u{1b}' if matches!(chars.peek(), Some(']' | 'P' | 'X' | '^' | '_')) => return false,
            _ => {}
        }
    }
    true
}

impl Ink {
    fn apply(&mut self, parameters: &str) {
        let mut all = parameters.split([';', ':']).map(|p| p.parse::<u16>().unwrap_or(0));
        while let Some(parameter) = all.next() {
            match parameter {
                0 => *self = Self::default(),
                1 => self.bold = true,
                2 => self.dim = true,
                3 => self.italic = true,
                4 => self.underlined = true,
                22 => (self.bold, self.dim) = (false, false),
                23 => self.italic = false,
                24 => self.underlined = false,
                30..=37 => self.color = indexed(parameter - 30),
                90..=97 => self.color = indexed(parameter - 82),
                39 => self.color = None,
                38 => self.color = extended(&mut all),
                // The background's colour is read so that it is not taken for something else.
                48 | 58 => _ = extended(&mut all),
                _ => {}
            }
        }
    }
}

fn extended(all: &mut impl Iterator<Item = u16>) -> Option<InkColor> {
    match all.next()? {
        5 => all.next().and_then(indexed),
        2 => {
            let mut part = || all.next().map(|p| p.min(255) as u8);
            let (r, g, b) = (part()?, part()?, part()?);
            let (least, most) = (r.min(g).min(b), r.max(g).max(b));
            // Nearly black, nearly white, or grey.
            (most >= 0x60 && least <= 0xc0 && most - least >= 0x28).then_some(InkColor::Rgb(r, g, b))
        }
        _ => None,
    }
}

/// One of the 256 colours; none for black, white and the greys, which may be those of the background.
fn indexed(n: u16) -> Option<InkColor> {
    let n = u8::try_from(n).ok()?;
    // Of the cube, what is dark in all three parts, or bright in all.
    let dark_or_bright = |n: u8| {
        let parts = [n / 36, n / 6 % 6, n % 6];
        parts.iter().all(|p| *p <= 1) || parts.iter().all(|p| *p >= 4)
    };
    match n {
        0 | 7 | 8 | 15 | 232.. => None,
        16.. if dark_or_bright(n - 16) => None,
        n => Some(InkColor::Indexed(n)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_and_what_could_hide_text_is_not() {
        let red = Ink { color: Some(InkColor::Indexed(1)), ..Ink::default() };
        let bold = Ink { bold: true, ..red };
        let none = Ink::default();
        let cases = [
            ("\u{1b}[31mred\u{1b}[0m plain", "red plain", vec![(0, red), (3, none)]),
            ("a\u{1b}[1;31mb\u{1b}[22mc\u{1b}[mz", "abcz", vec![(1, bold), (2, red), (3, none)]),
            ("\u{1b}[30;40;8mhidden", "hidden", vec![(0, none)]),
            ("\u{1b}[48;5;1;7mx", "x", vec![(0, none)]),
            ("\u{1b}[38;5;1mx\u{1b}[38;2;0;0;0my", "xy", vec![(0, red), (1, none)]),
            ("a\u{1b}[2Jb\u{1b}[31mc", "abc", vec![(2, red)]),
            ("\u{1b}]0;owned\u{7}\u{1b}[31mx", "x", vec![]),
            ("cut\u{1b}[3", "cut", vec![]),
        ];
        for (line, text, inks) in cases {
            assert_eq!(inked(line), (text.to_owned(), inks), "{line:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_line_is_safe(line in "(\\PC|\u{1b}\\[[0-9;]{0,6}[mKH]|\u{1b}|\\n){0,40}") {
            let (text, inks) = inked(&line);
            proptest::prop_assert!(text.chars().all(text::is_safe), "{text:?}");
            proptest::prop_assert!(inks.iter().all(|(at, _)| text.is_char_boundary(*at)));
            proptest::prop_assert!(inks.is_sorted_by_key(|(at, _)| *at));
        }
    }
}
