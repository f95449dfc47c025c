//! The columns of a list, to choose from.

use crate::{
    app::{Area, ColumnChooser, State},
    theme::Role,
    ui::pen::{Pen, width},
};

/// Draws the list.
pub(super) fn draw(state: &State, chooser: &ColumnChooser, pen: &mut Pen<'_>) {
    let room = super::middle(state);
    let height = u16::try_from(chooser.offers.len()).unwrap_or(u16::MAX).saturating_add(2);
    let area = room.centred(room.width.min(56), height.min(room.height));
    let title = format!(" columns of {} ", chooser.list);
    let inner = pen.frame(area, &[(&title, pen.style(Role::Accent))], pen.style(Role::Border));
    let lines = usize::from(inner.height);
    let first = (chooser.cursor + 1).saturating_sub(lines);
    // What is chosen and yet not seen says why.
    let seen = state.layout().area(state.active).map(|a| {
        let fitted = state.fitted(state.active, a.width.saturating_sub(2));
        fitted.iter().map(|(column, _)| column.name().into_owned()).collect::<Vec<_>>()
    });
    let is_hidden = |name: &String| seen.as_ref().is_some_and(|seen| !seen.contains(name));
    let widest = chooser.offers.iter().map(|o| width(&o.name)).max().unwrap_or(0).min(inner.width / 2);
    for (y, (n, offer)) in (inner.y..).zip(chooser.offers.iter().enumerate().skip(first).take(lines)) {
        let sign = if offer.on { "[x]" } else { "[ ]" };
        let role = if offer.on { Role::Strong } else { Role::Text };
        pen.put(inner.x + 2, y, 3, sign, pen.style(if offer.kept { Role::Dim } else { Role::Key }));
        pen.put(inner.x + 6, y, widest, &offer.name, pen.style(role));
        let at = 8 + widest;
        let hidden = offer.on && is_hidden(&offer.name);
        let note = match offer.name.as_str() {
            "env" if hidden && !state.has_several(state.active) => "one environment here",
            _ if hidden => "no room here",
            _ => &offer.note,
        };
        pen.put(inner.x + at, y, inner.width.saturating_sub(at + 1), note, pen.style(Role::Dim));
        if n == chooser.cursor {
            pen.select(Area::new(inner.x, y, inner.width, 1));
        }
    }
}
