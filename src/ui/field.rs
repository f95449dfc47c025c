//! A line that is typed: what of it is in sight, and what of it is selected.

use ratatui::style::{Modifier, Style};
use unicode_segmentation::UnicodeSegmentation;

use super::pen::{Pen, width};
use crate::app::Input;

/// Draws a line so that its cursor is in sight.
pub(super) fn draw(input: &Input, x: u16, y: u16, room: u16, style: Style, pen: &mut Pen<'_>) -> u16 {
    let pieces = pieces(input, first(input, room), style);
    let pieces: Vec<(&str, Style)> = pieces.iter().map(|(t, s)| (t.as_str(), *s)).collect();
    pen.pieces(x, y, room, &pieces)
}

/// The columns between the beginning of a line as it is drawn and its cursor.
pub(super) fn cursor(input: &Input, room: u16) -> u16 {
    width(&input.split().0[first(input, room)..])
}

/// A line from a byte on, what is selected turned round.
pub(super) fn pieces(input: &Input, from: usize, style: Style) -> Vec<(String, Style)> {
    let text = input.text();
    let Some(selected) = input.selected() else { return vec![(text[from..].to_owned(), style)] };
    let (start, end) = (selected.start.max(from), selected.end.max(from));
    let turned = style.add_modifier(Modifier::REVERSED);
    vec![
        (text[from..start].to_owned(), style),
        (text[start..end].to_owned(), turned),
        (text[end..].to_owned(), style),
    ]
}

/// The first byte in sight.
fn first(input: &Input, room: u16) -> usize {
    let before = input.split().0;
    let mut taken = width(before);
    for (at, grapheme) in before.grapheme_indices(true) {
        if taken < room.max(1) {
            return at;
        }
        taken -= width(grapheme).min(taken);
    }
    before.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_in_sight() {
        let input = Input::new("日本語 of a long line");
        assert_eq!((first(&input, 40), cursor(&input, 40)), (0, 21));
        assert_eq!(cursor(&input, 10), 9);
        assert_eq!(&input.text()[first(&input, 10)..], "long line");
        assert_eq!(cursor(&input, 0), 0);
    }
}
