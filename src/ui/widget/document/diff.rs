//! A diff: the sides beside each other or one below the other.

use super::{
    Place,
    line::{self, Manner},
};
use crate::{
    app::{Area, Diff, DiffRow, Kin, Line, Side, Tone, format},
    theme::Role,
    ui::pen::Pen,
};

/// Draws what is seen of a diff.
pub(super) fn draw(place: &Place<'_>, diff: &Diff, pen: &mut Pen<'_>) {
    let mut y = place.area.y;
    for (row, what) in diff.rows().iter().enumerate().skip(place.first) {
        if y >= place.bottom() {
            return;
        }
        let mut marks = Vec::new();
        let taken = match *what {
            DiffRow::Head(resource) => head(place, diff, resource, y, pen),
            DiffRow::Gap(_, _, count) => gap(place, count, y, pen),
            DiffRow::Both(resource, step) if diff.is_beside() => {
                beside(place, diff, (resource, step), y, pen, &mut marks)
            }
            DiffRow::Both(resource, step) => below(place, diff, (resource, step), None, y, pen, &mut marks),
            DiffRow::One(resource, step, side) => {
                below(place, diff, (resource, step), Some(side), y, pen, &mut marks)
            }
        };
        if place.is_pointed(row) {
            place.point(y, y + taken, pen);
        }
        let style = pen.style(Role::Match);
        for mark in marks {
            pen.tint(mark, style);
        }
        y += taken;
    }
}

/// The name of a resource and how much of it differs.
fn head(place: &Place<'_>, diff: &Diff, resource: usize, y: u16, pen: &mut Pen<'_>) -> u16 {
    let resource = &diff.resources()[resource];
    let (added, removed) = (format!("  +{}", resource.added), format!(" -{}", resource.removed));
    let folded = if resource.folded { format!(" {} folded", pen.more()) } else { String::new() };
    let pieces = [
        (&*resource.title, pen.style(Role::Strong)),
        (&*added, pen.style(Role::DiffAdd)),
        (&*removed, pen.style(Role::DiffRemove)),
        (&*folded, pen.style(Role::DiffHunk)),
    ];
    pen.pieces(1, y, place.room(), &pieces);
    1
}

fn gap(place: &Place<'_>, count: usize, y: u16, pen: &mut Pen<'_>) -> u16 {
    let text = format!("  {} {} lines alike", pen.more(), format::count(count));
    pen.put(1, y, place.room(), &text, pen.style(Role::DiffHunk));
    1
}

fn manner<'a>(place: &Place<'a>) -> Manner<'a> {
    Manner { search: &place.viewer.search, shift: place.viewer.shift, wrap: place.viewer.wrap }
}

/// The number of a line of a side, where lines are numbered.
fn number(
    place: &Place<'_>,
    diff: &Diff,
    (resource, step): (usize, usize),
    side: Side,
    x: u16,
    y: u16,
    pen: &mut Pen<'_>,
) {
    let gutter = place.viewer.gutter();
    if let Some(number) = diff.number(resource, step, side).filter(|_| gutter > 0) {
        pen.put_right(x + gutter - 1, y, gutter, &number.to_string(), pen.style(Role::Dim));
    }
}

/// Both sides beside each other, a sign before each that differs.
fn beside(
    place: &Place<'_>,
    diff: &Diff,
    at: (usize, usize),
    y: u16,
    pen: &mut Pen<'_>,
    marks: &mut Vec<Area>,
) -> u16 {
    let gutter = place.viewer.gutter();
    let column = diff.column(place.room().saturating_sub(gutter), gutter);
    let (kin, sides) = diff.sides(at.0, at.1);
    let mut tall = 1;
    let middle = 1 + gutter + 2 + column + 1;
    for ((side, line), x) in [Side::Left, Side::Right].into_iter().zip(sides).zip([1, middle + 2]) {
        let Some(line) = line else { continue };
        number(place, diff, at, side, x, y, pen);
        let sign = match (kin, side) {
            (Kin::Same, _) => " ",
            (Kin::Changed, _) => "~",
            (Kin::Apart, Side::Left) => "-",
            (Kin::Apart, Side::Right) => "+",
        };
        pen.put(x + gutter, y, 1, sign, line::style(line.tone, pen));
        let room = Area::new(x + gutter + 2, y, column, place.bottom() - y);
        let (taken, _, found) = line::draw(&line, room, &manner(place), pen);
        marks.extend(found);
        tall = tall.max(taken);
    }
    let bar = if pen.ascii { "|" } else { "│" };
    for y in y..y + tall {
        pen.put(middle, y, 1, bar, pen.style(Role::Border));
    }
    tall
}

/// One side, or what is alike on both, behind its sign.
fn below(
    place: &Place<'_>,
    diff: &Diff,
    at: (usize, usize),
    side: Option<Side>,
    y: u16,
    pen: &mut Pen<'_>,
    marks: &mut Vec<Area>,
) -> u16 {
    let gutter = place.viewer.gutter();
    let column = diff.column(place.room().saturating_sub(gutter), gutter);
    for (n, of) in [Side::Left, Side::Right].into_iter().enumerate() {
        if side.is_none_or(|side| side == of) {
            number(place, diff, at, of, 1 + gutter * u16::try_from(n).unwrap_or(0), y, pen);
        }
    }
    let line = diff.side(at.0, at.1, side.unwrap_or(Side::Left));
    let line = line.unwrap_or_else(|| Line::new(Tone::Text, ""));
    let sign = match side {
        None => " ",
        Some(Side::Left) => "-",
        Some(Side::Right) => "+",
    };
    let x = 1 + 2 * gutter;
    pen.put(x, y, 1, sign, line::style(line.tone, pen));
    let (taken, _, found) =
        line::draw(&line, Area::new(x + 2, y, column, place.bottom() - y), &manner(place), pen);
    marks.extend(found);
    taken
}
