//! A ratatui backend that writes few bytes: one write a frame, no style said twice, nothing when nothing changed.

mod line;
mod look;
mod pen;
mod run;

use std::io::{self, Write};

use ratatui::{
    backend::{Backend, ClearType, WindowSize},
    buffer::{Cell, CellWidth as _},
    layout::{Position, Size},
    style::Color,
};

pub use look::sgr;
use look::{PLAIN, is_blank};
use pen::Pen;
use run::Placed;

/// Begins and ends what a terminal shows at once (synchronized output, DEC private mode 2026).
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";
/// Changes of so few bytes come in one packet and are shown at once anyway.
const PACKET: usize = 1024;

/// Where encoded frames go, and how large the screen there is.
pub trait Target: Write {
    /// Columns and lines.
    fn size(&self) -> io::Result<(u16, u16)>;
}

/// The backend; one frame is gathered and written whole by `flush`.
#[derive(Debug)]
pub struct Encoder<T> {
    target: T,
    pen: Pen,
    shown: bool,
    /// Whether the terminal shows nothing but its own background.
    bare: bool,
    /// Whether all of the screen is under way.
    whole: bool,
    written: u64,
}

impl<T: Target> Encoder<T> {
    /// A backend that writes to `target`, which shows nothing yet, hides its cursor and writes in no style.
    pub fn new(target: T) -> Self {
        Self { target, pen: Pen::new(64 << 10), shown: false, bare: true, whole: true, written: 0 }
    }

    /// The same for a terminal that gives what it erases the background that is set (`bce` in terminfo), or does not.
    pub fn filling(mut self, fills: bool) -> Self {
        self.pen.fills = fills;
        self
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
        self.pen.out.extend_from_slice(bytes);
    }

    /// Forgets what the terminal shows, because another program wrote on it.
    pub fn forget(&mut self) {
        self.raw(b"\x1b[0m\x1b[?25l");
        (self.pen.look, self.pen.at, self.shown) = (PLAIN, None, false);
    }
}

impl<T: Target> Backend for Encoder<T> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut covered = (0, 0);
        // What is bare needs no blanks.
        let bare = std::mem::take(&mut self.bare);
        let cells: Vec<Placed<'_>> = content
            .filter(|(_, _, cell)| !(bare && is_blank(cell) && cell.bg == Color::Reset))
            .filter(|(x, y, cell)| {
                let free = *y != covered.1 || *x >= covered.0;
                if free {
                    covered = (*x + cell.cell_width(), *y);
                }
                free
            })
            .collect();
        if cells.is_empty() {
            return Ok(());
        }
        let width = self.target.size()?.0;
        self.pen.width = width;
        let lines: Vec<_> = cells.chunk_by(|(_, y, _), (_, next, _)| y == next).collect();
        line::write_all(&mut self.pen, &lines);
        // After the last column the cursor may hang there or be on the next line.
        self.pen.at = self.pen.at.filter(|(x, _)| *x < width);
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.shown {
            self.raw(b"\x1b[?25l");
            self.shown = false;
        }
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if !self.shown {
            self.raw(b"\x1b[?25h");
            self.shown = true;
        }
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        let (x, y) = self.pen.at.unwrap_or((0, 0));
        Ok(Position { x, y })
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let Position { x, y } = position.into();
        self.pen.go(x, y);
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, kind: ClearType) -> io::Result<()> {
        self.pen.restyle(PLAIN);
        // What is cleared was often resized before, and the cursor moved with it.
        self.pen.at = None;
        self.bare |= matches!(kind, ClearType::All);
        self.whole |= self.bare;
        self.raw(match kind {
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
        let whole = std::mem::take(&mut self.whole);
        let mut frame = std::mem::take(&mut self.pen.out);
        if frame.is_empty() {
            return Ok(());
        }
        if whole || frame.len() > PACKET {
            frame.splice(0..0, BEGIN.iter().copied());
            frame.extend_from_slice(END);
        }
        self.written += frame.len() as u64;
        self.target.write_all(&frame)?;
        frame.clear();
        self.pen.out = frame;
        self.target.flush()
    }
}

#[cfg(test)]
mod tests;
