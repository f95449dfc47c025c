//! What stands above the line that is typed: what is wrong with it, or what it can go on with.

use super::pen::{Pen, width};
use crate::{
    app::{Area, PaneId, State, Typing, filter::Offers},
    model::Severity,
    theme::Role,
};

/// Lines of what is offered, at most.
const LINES: usize = 8;

/// Draws it, where a list is narrowed.
pub(super) fn draw(state: &State, pen: &mut Pen<'_>) {
    let Some(typing) = &state.typing else { return };
    if !state.overlays.is_empty() || state.active == PaneId::Logs {
        return;
    }
    match &typing.offers {
        Some(offers) => self::offers(state, typing, offers, pen),
        None => problem(state, pen),
    }
}

/// What cannot be understood, or why nothing is shown.
fn problem(state: &State, pen: &mut Pen<'_>) {
    let footer = state.layout().footer;
    let filter = &state.pane(state.active).filter;
    let text = match (filter.problem(), state.unmatched(state.active)) {
        (Some(problem), _) => format!("{} {problem}", pen.sign(Severity::Warning)),
        (None, Some(why)) => {
            format!("{} {why} {} tab offers what there is", pen.sign(Severity::Warning), pen.dot())
        }
        (None, None) => return,
    };
    let Some(y) = footer.y.checked_sub(1) else { return };
    let line = Area::new(0, y, footer.width, 1);
    pen.clear(line);
    let text = crate::app::format::line(&text);
    pen.put(1, y, footer.width.saturating_sub(2), &text, pen.style(Role::Warning));
}

fn offers(state: &State, typing: &Typing, offers: &Offers, pen: &mut Pen<'_>) {
    let footer = state.layout().footer;
    let shown = offers.all.len().min(LINES);
    let hint = crate::app::format::line(&offers.hint).into_owned();
    let lines = shown + usize::from(!hint.is_empty());
    let height = u16::try_from(lines).unwrap_or(0) + 2;
    let (name, note) = widths(offers);
    let wide = (name + note + 5).max(width(&hint) + 4).clamp(24, footer.width.max(24)).min(footer.width);
    if footer.y < height || wide < 8 {
        return;
    }
    // Where it goes in, as far as there is room.
    let x = 1 + width(typing.purpose.prompt()) + width(&offers.before[..offers.place.start]);
    let x = x.saturating_sub(2).min(footer.width - wide);
    let area = Area::new(x, footer.y - height, wide, height);
    pen.clear(area);
    let count = if offers.all.len() > shown {
        format!(" {} of {} ", offers.cursor + 1, offers.all.len())
    } else {
        String::new()
    };
    let inner = pen.frame(area, &[(&count, pen.style(Role::Dim))], pen.style(Role::Border));
    let first = (offers.cursor + 1).saturating_sub(LINES);
    let rows = offers.all.iter().enumerate().skip(first).take(shown);
    let mut y = inner.y;
    for (n, offer) in rows {
        let line = Area::new(inner.x, y, inner.width, 1);
        let text = crate::app::format::line(&offer.text);
        let keep = width(&offer.note).min(inner.width / 2);
        pen.put(inner.x + 1, y, inner.width.saturating_sub(keep + 3), &text, pen.style(Role::Text));
        pen.put_right(inner.x + inner.width - 1, y, keep, &offer.note, pen.style(Role::Dim));
        if n == offers.cursor {
            pen.select(line);
        }
        y += 1;
    }
    if !hint.is_empty() {
        pen.put(inner.x + 1, y, inner.width.saturating_sub(2), &hint, pen.style(Role::Dim));
    }
}

/// The widest name and the widest note.
fn widths(offers: &Offers) -> (u16, u16) {
    let widest = |of: &mut dyn Iterator<Item = u16>| of.max().unwrap_or(0);
    let name = widest(&mut offers.all.iter().map(|o| width(&o.text))).min(48);
    (name, widest(&mut offers.all.iter().map(|o| width(&o.note))).min(24))
}
