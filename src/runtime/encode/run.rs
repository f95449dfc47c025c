//! Runs: cells beside each other that can be written in one look.

use ratatui::{
    buffer::{Cell, CellWidth as _},
    style::Color,
};

use super::look::{Look, ON_BLANKS, is_blank};

/// A cell that changed, and where it is.
pub(super) type Placed<'a> = (u16, u16, &'a Cell);

/// A gap of more blanks than this is passed over in fewer bytes than it is written in.
const GAP: usize = 4;
/// So many blanks are written in no more bytes than they are passed over in.
const WRITTEN: u16 = 3;
/// From how many blanks on erasing them first may pay.
const BLANKS: usize = 8;

/// Cells beside each other that can be written in one look: blanks go with every one that has their background.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    pub cells: &'a [Placed<'a>],
    pub bg: Color,
    /// None: only blanks.
    pub look: Option<Look>,
    /// Erased blanks on its background right before it, where they are so few that writing them is no longer than
    /// passing over them.
    pub gap: u16,
}

impl<'a> Run<'a> {
    /// The longest run that `cells` begins with.
    fn of(cells: &'a [Placed<'a>]) -> Self {
        let (x, _, first) = cells[0];
        let mut run = Self { cells, bg: first.bg, look: None, gap: 0 };
        let joins = |run: &mut Self, cell: &Cell| {
            if is_blank(cell) {
                return cell.bg == run.bg && run.look.is_none_or(|l| !l.modifier.intersects(ON_BLANKS));
            }
            let look = Look::of(cell);
            let fits =
                run.look.map_or(look.bg == run.bg && !look.modifier.intersects(ON_BLANKS), |l| l == look);
            run.look = run.look.or(fits.then_some(look));
            fits
        };
        if !is_blank(first) {
            run.look = Some(Look::of(first));
        }
        let mut next = x;
        let length = cells.iter().take_while(|(x, _, cell)| {
            let beside = *x == next;
            next = x + cell.cell_width();
            beside && joins(&mut run, cell)
        });
        run.cells = &cells[..length.count()];
        run
    }

    /// Whether it is written in the same look as another.
    pub fn is_like(&self, other: &Self) -> bool {
        (self.bg, self.look) == (other.bg, other.look)
    }

    /// Its words, where its blanks are there already: gaps too short to be passed over stay.
    fn words(self, out: &mut Vec<Self>) {
        let mut rest = self.cells;
        loop {
            let before = rest.iter().take_while(|c| is_blank(c.2)).count();
            rest = &rest[before..];
            if rest.is_empty() {
                return;
            }
            let (mut end, mut blanks) = (rest.len(), 0);
            for (n, (_, _, cell)) in rest.iter().enumerate() {
                blanks = if is_blank(cell) { blanks + 1 } else { 0 };
                if blanks > GAP {
                    end = n + 1;
                    break;
                }
            }
            let (word, after) = rest.split_at(end);
            out.push(Self { cells: &word[..word.len() - blanks], ..self });
            rest = after;
        }
    }

    /// The column behind it.
    fn end(&self) -> u16 {
        self.cells.last().map_or(0, |(x, _, cell)| x + cell.cell_width())
    }
}

/// The runs that cells of a line consist of.
pub(super) fn runs<'a>(mut cells: &'a [Placed<'a>]) -> Vec<Run<'a>> {
    let mut runs = Vec::new();
    while !cells.is_empty() {
        let run = Run::of(cells);
        cells = &cells[run.cells.len()..];
        runs.push(run);
    }
    runs
}

/// Cells without a gap between them, all on one background, that are erased before their words are written.
pub(super) struct Blanks {
    pub x: u16,
    pub y: u16,
    /// Columns.
    pub length: u16,
    pub bg: Color,
}

/// What of a line is to be erased when a terminal fills what it erases with such a background, and the runs to be
/// written then; nothing when that cannot pay.
pub(super) fn erased<'a>(
    runs: &[Run<'a>],
    fills: impl Fn(Color) -> bool,
) -> Option<(Vec<Blanks>, Vec<Run<'a>>)> {
    let (mut blanks, mut words) = (Vec::new(), Vec::new());
    let beside = |a: &Run<'_>, b: &Run<'_>| a.bg == b.bg && a.end() == b.cells[0].0;
    for part in runs.chunk_by(beside) {
        let bg = part[0].bg;
        let count = part.iter().flat_map(|run| run.cells).filter(|c| is_blank(c.2)).count();
        if count < BLANKS || !fills(bg) {
            words.extend_from_slice(part);
            continue;
        }
        let (x, y, _) = part[0].cells[0];
        let length = part.iter().flat_map(|run| run.cells).map(|c| c.2.cell_width()).sum();
        blanks.push(Blanks { x, y, length, bg });
        let mut behind = x;
        let from = words.len();
        for run in part {
            run.words(&mut words);
        }
        for word in &mut words[from..] {
            let gap = word.cells[0].0 - behind;
            word.gap = if gap > WRITTEN { 0 } else { gap };
            behind = word.end();
        }
    }
    (!blanks.is_empty()).then_some((blanks, words))
}
