//! A ratatui backend that writes few bytes: one write a frame, no style said twice, nothing when nothing changed.

use std::io::{self, Write};

use ratatui::{
    backend::{Backend, ClearType, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
    style::{Color, Modifier},
};
use unicode_width::UnicodeWidthStr;

/// Begins and ends what a terminal shows at once (synchronized output, DEC private mode 2026).
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// Where encoded frames go, and how large the screen there is.
pub trait Target: Write {
    /// Columns and lines.
    fn size(&self) -> io::Result<(u16, u16)>;
}

/// The backend; one frame is gathered and written whole by `flush`.
#[derive(Debug)]
pub struct Encoder<T> {
    target: T,
    out: Vec<u8>,
    look: Look,
    /// Where the terminal's cursor is, when that is known.
    at: Option<(u16, u16)>,
    shown: bool,
    written: u64,
}

/// What the terminal writes the next character in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

const PLAIN: Look = Look { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

impl<T: Target> Encoder<T> {
    /// A backend that writes to `target`, whose cursor is hidden and whose style is plain.
    pub fn new(target: T) -> Self {
        Self { target, out: Vec::with_capacity(64 << 10), look: PLAIN, at: None, shown: false, written: 0 }
    }

    /// How many bytes were written in all.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// What it writes to.
    pub fn target(&self) -> &T {
        &self.target
    }

    /// Adds bytes that are no part of the screen's cells: a title, the clipboard.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Forgets what the terminal shows, because another program wrote on it.
    pub fn forget(&mut self) {
        self.out.extend_from_slice(b"\x1b[0m\x1b[?25l");
        (self.look, self.at, self.shown) = (PLAIN, None, false);
    }

    fn go(&mut self, x: u16, y: u16) {
        match self.at {
            Some(here) if here == (x, y) => {}
            Some((from, line)) if line == y && x > from => self.csi(&[x - from], b'C', 1),
            Some((_, line)) if line + 1 == y && x == 0 => self.out.extend_from_slice(b"\r\n"),
            _ if x == 0 => self.csi(&[y + 1], b'H', 1),
            _ => self.csi(&[y + 1, x + 1], b'H', 0),
        }
        self.at = Some((x, y));
    }

    /// A control sequence; a last number equal to `usual` is left out.
    fn csi(&mut self, numbers: &[u16], end: u8, usual: u16) {
        self.out.extend_from_slice(b"\x1b[");
        for (n, number) in numbers.iter().enumerate() {
            if numbers.len() == 1 && *number == usual {
                continue;
            }
            if n > 0 {
                self.out.push(b';');
            }
            let _ = write!(self.out, "{number}");
        }
        self.out.push(end);
    }

    fn restyle(&mut self, wanted: Look) {
        if wanted == self.look {
            return;
        }
        let mut codes = Codes(Vec::with_capacity(32));
        let mut from = self.look;
        if !(from.modifier - wanted.modifier).is_empty() || wanted == PLAIN {
            codes.push(b"0");
            from = PLAIN;
        }
        for (modifier, code) in MODIFIERS {
            if (wanted.modifier - from.modifier).contains(modifier) {
                codes.push(code.as_bytes());
            }
        }
        if wanted.fg != from.fg {
            codes.color(wanted.fg, 30);
        }
        if wanted.bg != from.bg {
            codes.color(wanted.bg, 40);
        }
        self.out.extend_from_slice(b"\x1b[");
        // A lone reset needs no number.
        if codes.0 != b"0" {
            self.out.extend_from_slice(&codes.0);
        }
        self.out.push(b'm');
        self.look = wanted;
    }
}

const MODIFIERS: [(Modifier, &str); 7] = [
    (Modifier::BOLD, "1"),
    (Modifier::DIM, "2"),
    (Modifier::ITALIC, "3"),
    (Modifier::UNDERLINED, "4"),
    (Modifier::REVERSED, "7"),
    (Modifier::HIDDEN, "8"),
    (Modifier::CROSSED_OUT, "9"),
];

/// Numbers of one SGR sequence.
struct Codes(Vec<u8>);

impl Codes {
    fn push(&mut self, code: &[u8]) {
        if !self.0.is_empty() {
            self.0.push(b';');
        }
        self.0.extend_from_slice(code);
    }

    /// A colour as foreground (`base` 30) or background (40), as ECMA-48 and xterm have them.
    fn color(&mut self, color: Color, base: u16) {
        let basic = |n: u16| if n < 8 { base + n } else { base + 60 + n - 8 };
        let text = match color {
            Color::Reset => format!("{}", base + 9),
            Color::Black => basic(0).to_string(),
            Color::Red => basic(1).to_string(),
            Color::Green => basic(2).to_string(),
            Color::Yellow => basic(3).to_string(),
            Color::Blue => basic(4).to_string(),
            Color::Magenta => basic(5).to_string(),
            Color::Cyan => basic(6).to_string(),
            Color::Gray => basic(7).to_string(),
            Color::DarkGray => basic(8).to_string(),
            Color::LightRed => basic(9).to_string(),
            Color::LightGreen => basic(10).to_string(),
            Color::LightYellow => basic(11).to_string(),
            Color::LightBlue => basic(12).to_string(),
            Color::LightMagenta => basic(13).to_string(),
            Color::LightCyan => basic(14).to_string(),
            Color::White => basic(15).to_string(),
            Color::Indexed(n) => format!("{};5;{n}", base + 8),
            Color::Rgb(r, g, b) => format!("{};2;{r};{g};{b}", base + 8),
        };
        self.push(text.as_bytes());
    }
}

impl<T: Target> Backend for Encoder<T> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        for (x, y, cell) in content {
            let symbol = cell.symbol();
            self.go(x, y);
            self.restyle(Look { fg: cell.fg, bg: cell.bg, modifier: cell.modifier });
            self.out.extend_from_slice(symbol.as_bytes());
            // Where the cursor is after a wide or joined character differs between terminals: say it anew then.
            let sure = symbol.len() == 1 || symbol.width() == 1;
            self.at = sure.then_some((x + 1, y));
        }
        // After the last column the cursor may hang there or be on the next line.
        if self.at.is_some_and(|(x, _)| self.target.size().is_ok_and(|(width, _)| x >= width)) {
            self.at = None;
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.shown {
            self.out.extend_from_slice(b"\x1b[?25l");
            self.shown = false;
        }
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if !self.shown {
            self.out.extend_from_slice(b"\x1b[?25h");
            self.shown = true;
        }
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        let (x, y) = self.at.unwrap_or((0, 0));
        Ok(Position { x, y })
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let Position { x, y } = position.into();
        self.go(x, y);
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.restyle(PLAIN);
        self.out.extend_from_slice(b"\x1b[2J");
        Ok(())
    }

    fn clear_region(&mut self, kind: ClearType) -> io::Result<()> {
        self.restyle(PLAIN);
        self.out.extend_from_slice(match kind {
            ClearType::All => b"\x1b[2J",
            ClearType::AfterCursor => b"\x1b[J",
            ClearType::BeforeCursor => b"\x1b[1J",
            ClearType::CurrentLine => b"\x1b[2K",
            ClearType::UntilNewLine => b"\x1b[K",
        });
        Ok(())
    }

    fn size(&self) -> io::Result<Size> {
        let (width, height) = self.target.size()?;
        Ok(Size { width, height })
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: Backend::size(self)?, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        let mut frame = Vec::with_capacity(self.out.len() + BEGIN.len() + END.len());
        frame.extend_from_slice(BEGIN);
        frame.append(&mut self.out);
        frame.extend_from_slice(END);
        self.written += frame.len() as u64;
        self.target.write_all(&frame)?;
        self.target.flush()
    }
}

#[cfg(test)]
mod tests {
    use ratatui::{Terminal, layout::Rect, style::Style};

    use super::*;

    /// A virtual terminal that understands what is written, and counts.
    struct Virtual {
        parser: vt100::Parser,
        writes: usize,
    }

    impl Write for Virtual {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.parser.process(bytes);
            self.writes += 1;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Target for Virtual {
        fn size(&self) -> io::Result<(u16, u16)> {
            let (height, width) = self.parser.screen().size();
            Ok((width.into(), height.into()))
        }
    }

    fn terminal() -> Terminal<Encoder<Virtual>> {
        let target = Virtual {
            parser: vt100::Parser::new(
                5u16.try_into().expect("not zero"),
                20u16.try_into().expect("not zero"),
                0,
            ),
            writes: 0,
        };
        Terminal::new(Encoder::new(target)).expect("a terminal")
    }

    #[test]
    fn an_unchanged_frame_writes_nothing() {
        let mut terminal = terminal();
        for _ in 0..3 {
            terminal.draw(|f| f.buffer_mut().set_string(2, 1, "hello", Style::new().red())).expect("drawn");
        }
        assert_eq!(terminal.backend().target().writes, 1);
    }

    proptest::proptest! {
        #[test]
        fn the_terminal_shows_what_was_drawn(
            frames in proptest::collection::vec(
                proptest::collection::vec((0u16..20, 0u16..5, "[a-z✗日 ]{1,6}", 0u8..6), 0..12), 1..5)
        ) {
            let mut terminal = terminal();
            for frame in frames {
                let mut drawn = ratatui::buffer::Buffer::empty(Rect::ZERO);
                terminal.draw(|f| {
                    for (x, y, text, look) in &frame {
                        let style = match look {
                            0 => Style::new(),
                            1 => Style::new().fg(Color::Rgb(1, 2, 3)).bold(),
                            2 => Style::new().bg(Color::Indexed(17)).underlined(),
                            3 => Style::new().fg(Color::LightRed).reversed(),
                            4 => Style::new().bold().italic(),
                            _ => Style::new().bg(Color::Green),
                        };
                        f.buffer_mut().set_string(*x, *y, text, style);
                    }
                    drawn = f.buffer_mut().clone();
                }).expect("drawn");
                let screen = terminal.backend().target().parser.screen();
                for y in 0..5 {
                    let mut x = 0;
                    while x < 20 {
                        let (cell, seen) = (&drawn[(x, y)], screen.cell(y, x).expect("inside"));
                        let wanted = if cell.symbol() == " " { "" } else { cell.symbol() };
                        let shown = if seen.contents() == " " { "" } else { seen.contents() };
                        proptest::prop_assert_eq!(shown, wanted, "at {},{}", x, y);
                        // What a terminal gives the blank half of an overwritten wide character is its own affair.
                        if !wanted.is_empty() {
                            proptest::prop_assert_eq!(seen.bold(), cell.modifier.contains(Modifier::BOLD));
                            proptest::prop_assert_eq!(seen.inverse(), cell.modifier.contains(Modifier::REVERSED));
                        }
                        x += u16::try_from(cell.symbol().width().max(1)).expect("small");
                    }
                }
            }
        }
    }
}
