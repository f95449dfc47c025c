//! A frame outside a terminal: a ratatui [`Buffer`] as SVG, or as lines of text.

mod lines;

use std::fmt::Write;

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};

pub use lines::{ansi, text};

/// Width and height of a cell and the baseline in it, in pixels.
const CELL: (f32, f32, f32) = (8.4, 18.0, 13.5);
/// Space around the frame, in pixels.
const MARGIN: f32 = 12.0;

/// The colours that a terminal brings itself.
#[derive(Clone, Copy, Debug)]
pub struct Paper {
    /// Text that has no colour.
    pub foreground: &'static str,
    /// Cells that have no background.
    pub background: &'static str,
    /// The sixteen colours.
    pub ansi: [&'static str; 16],
}

impl Paper {
    /// A dark terminal.
    pub const DARK: Self = Self {
        foreground: "#d5d8df",
        background: "#14171c",
        ansi: [
            "#2a2e36", "#e5686d", "#7fbf6a", "#d9a94a", "#6ea3e8", "#b98be0", "#5cb8b2", "#c3c8d1",
            "#5b6270", "#ff8a8e", "#9bd885", "#f0c566", "#8fbcff", "#d1a8f5", "#7ed3cd", "#f2f4f8",
        ],
    };
    /// A light terminal.
    pub const LIGHT: Self = Self {
        foreground: "#24292f",
        background: "#ffffff",
        ansi: [
            "#24292f", "#b3261e", "#1e7d32", "#8a5a00", "#0b57d0", "#7b2fb5", "#00696b", "#6e7781",
            "#57606a", "#cf222e", "#2da44e", "#9a6700", "#218bff", "#8250df", "#1b7c83", "#8c959f",
        ],
    };

    fn color(&self, color: Color) -> Option<String> {
        let named = |n: usize| Some(self.ansi[n].to_owned());
        match color {
            Color::Reset => None,
            Color::Black => named(0),
            Color::Red => named(1),
            Color::Green => named(2),
            Color::Yellow => named(3),
            Color::Blue => named(4),
            Color::Magenta => named(5),
            Color::Cyan => named(6),
            Color::Gray => named(7),
            Color::DarkGray => named(8),
            Color::LightRed => named(9),
            Color::LightGreen => named(10),
            Color::LightYellow => named(11),
            Color::LightBlue => named(12),
            Color::LightMagenta => named(13),
            Color::LightCyan => named(14),
            Color::White => named(15),
            Color::Rgb(r, g, b) => Some(format!("#{r:02x}{g:02x}{b:02x}")),
            Color::Indexed(n) => Some(self.indexed(n)),
        }
    }

    /// A colour of xterm's 256: sixteen, a 6×6×6 cube, 24 greys.
    fn indexed(&self, n: u8) -> String {
        match n {
            0..16 => self.ansi[usize::from(n)].to_owned(),
            16..232 => {
                let n = n - 16;
                let level = |v: u8| if v == 0 { 0 } else { 55 + 40 * v };
                format!("#{:02x}{:02x}{:02x}", level(n / 36), level(n / 6 % 6), level(n % 6))
            }
            _ => {
                let grey = 8 + 10 * (n - 232);
                format!("#{grey:02x}{grey:02x}{grey:02x}")
            }
        }
    }

    /// Foreground and background of a cell as drawn, reversal and dimming done.
    fn of(&self, cell: &Cell) -> (String, Option<String>) {
        let foreground = self.color(cell.fg);
        let background = self.color(cell.bg);
        if cell.modifier.contains(Modifier::REVERSED) {
            let fill = foreground.unwrap_or_else(|| self.foreground.to_owned());
            (background.unwrap_or_else(|| self.background.to_owned()), Some(fill))
        } else {
            (foreground.unwrap_or_else(|| self.foreground.to_owned()), background)
        }
    }
}

/// Draws a frame as SVG, titled for readers who cannot see it.
pub fn svg(buffer: &Buffer, paper: &Paper, title: &str) -> String {
    let area = buffer.area;
    let (width, height) =
        (f32::from(area.width) * CELL.0 + 2.0 * MARGIN, f32::from(area.height) * CELL.1 + 2.0 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" \
         font-family=\"'JetBrains Mono','DejaVu Sans Mono',Menlo,Consolas,monospace\" font-size=\"14\">\n\
         <title>{}</title>\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{}\"/>\n",
        escape(title),
        paper.background,
    );
    for y in 0..area.height {
        backgrounds(&mut out, buffer, paper, y);
        texts(&mut out, buffer, paper, y);
    }
    out.push_str("</svg>\n");
    out
}

/// The left edge of a column and the top of a row.
fn corner(x: u16, y: u16) -> (f32, f32) {
    (MARGIN + f32::from(x) * CELL.0, MARGIN + f32::from(y) * CELL.1)
}

fn backgrounds(out: &mut String, buffer: &Buffer, paper: &Paper, y: u16) {
    let mut x = 0;
    while x < buffer.area.width {
        let fill = paper.of(&buffer[(x, y)]).1;
        let from = x;
        while x < buffer.area.width && paper.of(&buffer[(x, y)]).1 == fill {
            x += 1;
        }
        if let Some(fill) = fill {
            let ((left, top), width) = (corner(from, y), f32::from(x - from) * CELL.0);
            let _ = writeln!(
                out,
                "<rect x=\"{left:.1}\" y=\"{top:.0}\" width=\"{width:.1}\" height=\"{:.0}\" fill=\"{fill}\"/>",
                CELL.1
            );
        }
    }
}

fn texts(out: &mut String, buffer: &Buffer, paper: &Paper, y: u16) {
    let look = |x: u16| {
        let cell = &buffer[(x, y)];
        (paper.of(cell).0, cell.modifier.difference(Modifier::REVERSED))
    };
    let mut x = 0;
    while x < buffer.area.width {
        if buffer[(x, y)].symbol().trim().is_empty() {
            x += 1;
            continue;
        }
        let (from, style) = (x, look(x));
        let mut text = String::new();
        while x < buffer.area.width && look(x) == style {
            text.push_str(buffer[(x, y)].symbol());
            x += 1;
        }
        let kept = text.trim_end();
        let columns = unicode_width::UnicodeWidthStr::width(kept);
        let (left, top) = corner(from, y);
        let modifier = style.1;
        let mut look = String::new();
        if modifier.contains(Modifier::BOLD) {
            look.push_str(" font-weight=\"bold\"");
        }
        if modifier.contains(Modifier::DIM) {
            look.push_str(" opacity=\"0.65\"");
        }
        if modifier.contains(Modifier::ITALIC) {
            look.push_str(" font-style=\"italic\"");
        }
        if modifier.contains(Modifier::UNDERLINED) {
            look.push_str(" text-decoration=\"underline\"");
        }
        let _ = writeln!(
            out,
            "<text x=\"{left:.1}\" y=\"{:.1}\" textLength=\"{:.1}\" fill=\"{}\"{look} xml:space=\"preserve\">{}</text>",
            top + CELL.2,
            columns as f32 * CELL.0,
            style.0,
            escape(kept),
        );
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use ratatui::{layout::Rect, style::Style};

    use super::*;

    #[test]
    fn draws_runs_and_escapes() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
        buffer.set_string(0, 0, "a<b", Style::new().fg(Color::Red));
        buffer.set_string(4, 0, "sel", Style::new().bg(Color::Rgb(1, 2, 3)));
        let picture = svg(&buffer, &Paper::DARK, "t & u");
        assert!(picture.contains("<title>t &amp; u</title>"));
        assert!(picture.contains("fill=\"#e5686d\" xml:space=\"preserve\">a&lt;b</text>"), "{picture}");
        assert!(picture.contains("width=\"25.2\" height=\"18\" fill=\"#010203\""), "{picture}");
    }

    #[test]
    fn the_cube_is_xterms() {
        assert_eq!(Paper::DARK.indexed(196), "#ff0000");
        assert_eq!(Paper::DARK.indexed(67), "#5f87af");
        assert_eq!(Paper::DARK.indexed(244), "#808080");
    }
}
