//! A text: numbers before its lines, how much is folded behind them.

use std::slice;

use super::{
    Place,
    line::{self, Manner},
};
use crate::{
    app::{Area, Text, format},
    theme::Role,
    ui::pen::{Pen, width},
};

/// Draws what is seen of a text.
pub(super) fn draw(place: &Place<'_>, text: &Text, pen: &mut Pen<'_>) {
    let viewer = place.viewer;
    let gutter = viewer.gutter();
    let x = 1 + gutter;
    let room = place.room().saturating_sub(gutter);
    let manner = Manner { search: &viewer.search, shift: viewer.shift, wrap: viewer.wrap };
    let mut y = place.area.y;
    for row in place.first..text.rows() {
        if y >= place.bottom() {
            return;
        }
        let (from, at) = (y, text.line(row));
        if gutter > 0 {
            pen.put_right(gutter, y, gutter, &(at + 1).to_string(), pen.style(Role::Dim));
        }
        let suffix = hidden(text.hidden(row), pen);
        let revealed = text.revealed(at);
        let lines = revealed.as_deref().unwrap_or_else(|| slice::from_ref(&text.lines()[at]));
        let mut marks = Vec::new();
        for line in lines {
            let left = place.bottom().saturating_sub(y);
            // What is folded is told even where the line is cut.
            let keep = if viewer.wrap { 0 } else { width(&suffix).min(room / 2) };
            let (taken, end, found) =
                line::draw(line, Area::new(x, y, room.saturating_sub(keep), left), &manner, pen);
            y += taken;
            marks.extend(found);
            pen.put(end, y - 1, (x + room).saturating_sub(end), &suffix, pen.style(Role::DiffHunk));
            if y >= place.bottom() {
                break;
            }
        }
        if place.is_pointed(row) {
            place.point(from, y, pen);
        }
        let style = pen.style(Role::Match);
        for mark in marks {
            pen.tint(mark, style);
        }
    }
}

/// What is folded into a line.
fn hidden(lines: usize, pen: &Pen<'_>) -> String {
    match lines {
        0 => String::new(),
        1 => format!(" {} 1 line", pen.more()),
        n => format!(" {} {} lines", pen.more(), format::count(n)),
    }
}
