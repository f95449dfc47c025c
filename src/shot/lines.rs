//! A frame as lines of text, with or without colours.

use std::fmt::Write;

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};
use unicode_width::UnicodeWidthStr;

/// The frame as characters; blanks at the ends of lines are left out.
pub fn text(buffer: &Buffer) -> String {
    let line = |cells: &[Cell]| {
        let line: String = seen(cells).map(Cell::symbol).collect();
        line.trim_end().to_owned() + "\n"
    };
    rows(buffer).map(line).collect()
}

/// The frame with colours as a terminal takes them (ECMA-48 SGR), each line for itself.
pub fn ansi(buffer: &Buffer) -> String {
    let mut out = String::new();
    for cells in rows(buffer) {
        let mut last = String::new();
        for cell in seen(cells) {
            let style = style(cell);
            if style != last {
                // Writing to a String cannot fail.
                let _ = write!(out, "\x1b[0{style}m");
                last = style;
            }
            out.push_str(cell.symbol());
        }
        out.push_str("\x1b[0m\n");
    }
    out
}

fn rows(buffer: &Buffer) -> impl Iterator<Item = &[Cell]> {
    buffer.content.chunks(usize::from(buffer.area.width).max(1))
}

/// The cells that show something: what a wide character covers is left out.
fn seen(cells: &[Cell]) -> impl Iterator<Item = &Cell> {
    let mut hidden = 0;
    cells.iter().filter(move |cell| {
        if hidden > 0 {
            hidden -= 1;
            return false;
        }
        hidden = cell.symbol().width().saturating_sub(1);
        true
    })
}

/// The numbers of a cell's look after the reset: `;1;38;5;3`.
fn style(cell: &Cell) -> String {
    const MODIFIERS: [(Modifier, &str); 5] = [
        (Modifier::BOLD, ";1"),
        (Modifier::DIM, ";2"),
        (Modifier::ITALIC, ";3"),
        (Modifier::UNDERLINED, ";4"),
        (Modifier::REVERSED, ";7"),
    ];
    let modifiers = MODIFIERS.iter().filter(|(m, _)| cell.modifier.contains(*m)).map(|(_, code)| *code);
    let mut out: String = modifiers.collect();
    for (color, base) in [(cell.fg, 38), (cell.bg, 48)] {
        let _ = match color {
            Color::Reset => Ok(()),
            Color::Rgb(r, g, b) => write!(out, ";{base};2;{r};{g};{b}"),
            Color::Indexed(n) => write!(out, ";{base};5;{n}"),
            named => write!(out, ";{base};5;{}", number(named)),
        };
    }
    out
}

/// The number of a named colour among xterm's 256.
const fn number(color: Color) -> u8 {
    match color {
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use ratatui::{layout::Rect, style::Style};

    use super::*;

    fn frame() -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 2));
        buffer.set_string(0, 0, "日本 a", Style::new().fg(Color::Rgb(1, 2, 3)).bold());
        buffer.set_string(2, 1, "b", Style::new().bg(Color::Red));
        buffer
    }

    #[test]
    fn characters_stand_as_on_the_screen() {
        assert_eq!(text(&frame()), "日本 a\n  b\n");
    }

    #[test]
    fn a_terminal_shows_the_same_colours() {
        let mut parser = vt100::Parser::new(2u16.try_into().expect("2"), 8u16.try_into().expect("8"), 0);
        parser.process(ansi(&frame()).trim_end_matches('\n').replace('\n', "\r\n").as_bytes());
        let cell = |row, column| parser.screen().cell(row, column).expect("inside");
        assert_eq!(cell(0, 2).contents(), "本");
        assert_eq!(cell(0, 5).fgcolor(), vt100::Color::Rgb(1, 2, 3));
        assert!(cell(0, 0).bold() && !cell(1, 0).bold());
        assert_eq!(cell(1, 2).bgcolor(), vt100::Color::Idx(1));
        assert_eq!(cell(1, 3).bgcolor(), vt100::Color::Default);
    }
}
