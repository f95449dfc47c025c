//! The box of the tour, above the footer.

use super::pen::{Pen, width};
use crate::{
    app::{Area, State},
    theme::Role,
};

/// Widest box, and the lowest screen that has room for one.
const WIDEST: u16 = 96;
const LOWEST: u16 = 14;

/// Draws the step that someone is at.
pub(super) fn draw(state: &State, pen: &mut Pen<'_>) {
    let Some(tour) = state.tour else { return };
    if state.size.height < LOWEST || state.size.width < 30 {
        return;
    }
    let (accent, border) = (pen.style(Role::Accent), pen.style(Role::Border));
    let room = state.size.width.min(WIDEST);
    let inside = room - 4;
    let lines = wrapped(&tour.pieces(state), inside);
    let height = u16::try_from(lines.len()).unwrap_or(1) + 2;
    let footer = state.layout().footer;
    let area = Area::new((state.size.width - room) / 2, footer.y.saturating_sub(height), room, height);
    let (step, of) = tour.place();
    let title = format!(" tour {step}/{of} ");
    let inner = pen.frame(area, &[(&title, accent)], border);
    for (y, line) in (inner.y..).zip(&lines) {
        let mut x = inner.x + 1;
        for (text, key) in line {
            let style = pen.style(if *key { Role::Key } else { Role::Text });
            x += pen.put(x, y, (inner.x + inner.width).saturating_sub(x), text, style);
        }
    }
}

/// Words in lines of at most so many columns.
fn wrapped(pieces: &[(String, bool)], room: u16) -> Vec<Vec<(String, bool)>> {
    let mut lines: Vec<Vec<(String, bool)>> = vec![Vec::new()];
    let mut taken = 0;
    for (text, key) in pieces {
        // A key is one word, whatever it is made of.
        let words: Vec<&str> = if *key { vec![text.as_str()] } else { text.split_inclusive(' ').collect() };
        for word in words {
            let wide = width(word.trim_end());
            if taken > 0 && taken + wide > room {
                lines.push(Vec::new());
                taken = 0;
            }
            taken += width(word);
            if let Some(line) = lines.last_mut() {
                line.push((word.to_owned(), *key));
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_and_within_the_room() {
        let pieces = [
            (String::new(), false),
            ("ctrl-d x".to_owned(), true),
            (" goes down, and up again.".to_owned(), false),
        ];
        let lines: Vec<String> = wrapped(&pieces, 14)
            .iter()
            .map(|l| l.iter().map(|(w, _)| w.as_str()).collect::<String>())
            .collect();
        assert_eq!(lines, ["ctrl-d x goes ", "down, and up ", "again."]);
    }
}
