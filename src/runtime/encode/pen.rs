//! The pen: writes runs, and knows where the terminal's cursor stands and in what look.

use std::io::Write;

use ratatui::{
    buffer::{Cell, CellWidth as _},
    style::Color,
};

use super::{
    look::{self, Look, ON_BLANKS, PLAIN, is_blank},
    run::{Blanks, Run},
};

/// Makes a character a picture, two columns wide (variation selector 16).
const PICTURE: char = '\u{fe0f}';
/// From how many blanks on the rest of a line is erased.
const TAIL: usize = 4;

/// What is written so far, and how the terminal stands after it.
#[derive(Debug)]
pub(super) struct Pen {
    pub out: Vec<u8>,
    pub look: Look,
    /// Where the terminal's cursor is, when that is known.
    pub at: Option<(u16, u16)>,
    /// Columns of the terminal.
    pub width: u16,
    /// Whether the terminal gives what it erases the background that is set.
    pub fills: bool,
}

/// How things stood at a moment.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    length: usize,
    look: Look,
    at: Option<(u16, u16)>,
}

impl Pen {
    pub fn new(room: usize) -> Self {
        Self { out: Vec::with_capacity(room), look: PLAIN, at: None, width: 0, fills: false }
    }

    pub fn mark(&self) -> Mark {
        Mark { length: self.out.len(), look: self.look, at: self.at }
    }

    /// Takes back what was written since.
    pub fn back(&mut self, mark: Mark) {
        self.out.truncate(mark.length);
        (self.look, self.at) = (mark.look, mark.at);
    }

    /// What was written since.
    pub fn since(&self, mark: Mark) -> &[u8] {
        &self.out[mark.length..]
    }

    /// Writes what was written before, and left the terminal in a state.
    pub fn take(&mut self, bytes: &[u8], end: Mark) {
        self.out.extend_from_slice(bytes);
        (self.look, self.at) = (end.look, end.at);
    }

    /// Whether erased cells show a background.
    pub fn fills(&self, bg: Color) -> bool {
        self.fills || bg == Color::Reset
    }

    pub fn go(&mut self, x: u16, y: u16) {
        match self.at {
            Some(here) if here == (x, y) => {}
            Some((from, line)) if line == y && x > from => self.csi(&[x - from], b'C', 1),
            Some((from, line)) if line == y && from < self.width => self.csi(&[x + 1], b'G', 1),
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
            // Writing to a Vec cannot fail.
            let _ = write!(self.out, "{number}");
        }
        self.out.push(end);
    }

    pub fn restyle(&mut self, wanted: Look) {
        look::change(self.look, wanted, &mut self.out);
        self.look = wanted;
    }

    /// Goes to a run and takes its look.
    fn reach(&mut self, run: &Run<'_>) {
        let (x, y, _) = run.cells[0];
        let clean = self.look.bg == run.bg && !self.look.modifier.intersects(ON_BLANKS);
        if run.gap > 0 && clean && self.at == Some((x - run.gap, y)) {
            self.out.extend(std::iter::repeat_n(b' ', usize::from(run.gap)));
            self.at = Some((x, y));
        }
        self.go(x, y);
        self.restyle(run.look.unwrap_or_else(|| self.look.blank(run.bg)));
    }

    /// How many bytes it takes to reach a run.
    pub fn distance(&mut self, run: &Run<'_>) -> usize {
        let mark = self.mark();
        self.reach(run);
        let distance = self.out.len() - mark.length;
        self.back(mark);
        distance
    }

    pub fn run(&mut self, run: &Run<'_>) {
        self.reach(run);
        let tail = run.cells.iter().rev().take_while(|(_, _, cell)| is_blank(cell)).count();
        let (text, blanks) = run.cells.split_at(run.cells.len() - tail);
        for (x, y, cell) in text {
            self.go(*x, *y);
            self.character(*x, *y, cell);
        }
        let Some((last, y, _)) = blanks.last() else { return };
        self.go(blanks[0].0, *y);
        if tail >= TAIL && last + 1 == self.width && self.fills(run.bg) {
            self.out.extend_from_slice(b"\x1b[K");
        } else {
            self.out.extend(std::iter::repeat_n(b' ', tail));
            self.at = Some((last + 1, *y));
        }
    }

    /// Erases cells (ECH, or EL to the end of the line).
    pub fn erase(&mut self, blanks: &Blanks) {
        self.go(blanks.x, blanks.y);
        self.restyle(self.look.blank(blanks.bg));
        if blanks.x + blanks.length == self.width {
            self.out.extend_from_slice(b"\x1b[K");
        } else {
            self.csi(&[blanks.length], b'X', 1);
        }
    }

    fn character(&mut self, x: u16, y: u16, cell: &Cell) {
        let (symbol, width) = (cell.symbol(), cell.cell_width());
        if width > 1 && symbol.contains(PICTURE) {
            // Terminals differ on how wide it is then: what it may leave uncovered goes first.
            self.out.extend_from_slice(b"  ");
            self.at = None;
            self.go(x, y);
        }
        self.out.extend_from_slice(symbol.as_bytes());
        // Where the cursor is after a wide or joined character differs between terminals: say it anew then.
        self.at = (width == 1).then_some((x + 1, y));
    }
}
