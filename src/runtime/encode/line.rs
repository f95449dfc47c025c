//! A line that changed, in the fewest bytes: with its blanks written or erased first, its runs in one order or another.

use super::{
    pen::{Mark, Pen},
    run::{self, Blanks, Placed, Run},
};

/// So few lines change after most keys.
const FEW_LINES: usize = 4;
/// In so few runs the shortest way is looked for.
const FEW: usize = 16;

/// The shortest found so far: its bytes, and how the terminal stands after them.
struct Best {
    bytes: Vec<u8>,
    end: Mark,
}

/// Writes the changed cells of lines: of few lines downwards or upwards, for a look may go on one way and not the other.
pub(super) fn write_all(pen: &mut Pen, lines: &[&[Placed<'_>]]) {
    let few = lines.len() <= FEW_LINES;
    let start = pen.mark();
    for line in lines {
        write(pen, line, few);
    }
    if !few || lines.len() < 2 {
        return;
    }
    let (down, end) = (pen.since(start).to_vec(), pen.mark());
    pen.back(start);
    for line in lines.iter().rev() {
        write(pen, line, few);
    }
    if down.len() <= pen.since(start).len() {
        pen.back(start);
        pen.take(&down, end);
    }
}

/// Writes the changed cells of a line. Where few lines change, as they do after a key, more ways are tried.
fn write(pen: &mut Pen, cells: &[Placed<'_>], few_lines: bool) {
    let runs = run::runs(cells);
    let start = pen.mark();
    let mut best = None;
    each_order(pen, &[], &runs, few_lines, &mut best);
    if let Some((blanks, words)) = run::erased(&runs, |bg| pen.fills(bg)) {
        each_order(pen, &blanks, &words, few_lines, &mut best);
    }
    if let Some(Best { bytes, end }) = best {
        pen.back(start);
        pen.take(&bytes, end);
    }
}

/// Tries orders of the runs: as they stand, look by look, and from near to near.
fn each_order(pen: &mut Pen, blanks: &[Blanks], runs: &[Run<'_>], few_lines: bool, best: &mut Option<Best>) {
    let start = pen.mark();
    for blank in blanks {
        pen.erase(blank);
    }
    let erased = pen.mark();
    for run in runs {
        pen.run(run);
    }
    keep(pen, start, best);
    let first: Vec<_> = runs.iter().map(|run| runs.iter().position(|r| r.is_like(run))).collect();
    if !first.is_sorted() {
        pen.back(erased);
        let mut order: Vec<_> = (0..runs.len()).collect();
        order.sort_by_key(|n| first[*n]);
        for n in order {
            pen.run(&runs[n]);
        }
        keep(pen, start, best);
    }
    if few_lines && (2..=FEW).contains(&runs.len()) {
        pen.back(erased);
        for first in 0..runs.len() {
            pen.back(erased);
            from_near_to_near(pen, runs, first);
            keep(pen, start, best);
        }
    }
    pen.back(start);
}

/// Writes a run, and then always the one that is reached in the fewest bytes.
fn from_near_to_near(pen: &mut Pen, runs: &[Run<'_>], first: usize) {
    let mut left: Vec<_> = (0..runs.len()).collect();
    let mut next = first;
    loop {
        pen.run(&runs[next]);
        left.retain(|n| *n != next);
        let Some(nearest) = left.iter().copied().min_by_key(|n| pen.distance(&runs[*n])) else { return };
        next = nearest;
    }
}

/// Keeps what was written since the start when it is the shortest.
fn keep(pen: &Pen, start: Mark, best: &mut Option<Best>) {
    let bytes = pen.since(start);
    if best.as_ref().is_none_or(|b| bytes.len() < b.bytes.len()) {
        *best = Some(Best { bytes: bytes.to_vec(), end: pen.mark() });
    }
}
