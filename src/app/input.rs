//! A line of text being typed: readline's keys over a text area that keeps the history and what was cut.
//!
//! The text area counts characters; here moves and deletions go by what is seen as one character.

use ratatui_textarea::{CursorMove, TextArea};
use unicode_segmentation::UnicodeSegmentation;

use crate::{
    keymap::{Code, Press},
    model::text,
};

/// At most so many bytes are kept.
const MOST: usize = 500;

/// A line of text and where the cursor stands in it.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// One line; in a box because it knows much of drawing.
    area: Box<TextArea<'static>>,
}

impl PartialEq for Input {
    fn eq(&self, other: &Self) -> bool {
        self.split() == other.split()
    }
}

impl Eq for Input {}

/// A move, or the end of what is cut.
#[derive(Clone, Copy)]
enum To {
    Start,
    End,
    Before,
    After,
    /// Where the blanks before the word begin, as ctrl-w has it.
    BlankBefore,
    WordBefore,
    WordAfter,
}

impl Input {
    /// A line with the cursor at its end.
    pub fn new(text: impl Into<String>) -> Self {
        let mut area = TextArea::new(vec![text.into()]);
        area.move_cursor(CursorMove::End);
        Self { area: Box::new(area) }
    }

    /// A line with the cursor at a place in bytes, or at its end where that is none.
    pub fn at(text: String, cursor: usize) -> Self {
        let column = text.get(..cursor).map(|before| before.chars().count());
        let mut input = Self::new(text);
        if let Some(column) = column {
            input.jump(column);
        }
        input
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.area.lines().first().map_or("", String::as_str)
    }

    /// The text before and after the cursor.
    pub fn split(&self) -> (&str, &str) {
        self.text().split_at(self.byte(self.area.cursor().1))
    }

    /// The bytes that are selected.
    pub fn selected(&self) -> Option<std::ops::Range<usize>> {
        let ((_, start), (_, end)) = self.area.selection_range()?;
        (start < end).then(|| self.byte(start)..self.byte(end))
    }

    /// Puts text in at the cursor, on one line and safe to show, as much of it as there is room for.
    pub fn insert(&mut self, added: &str) {
        let added = text::clean(&added.replace(['\r', '\n'], " ")).into_owned();
        let room = (MOST + self.selected().map_or(0, |s| s.len())).saturating_sub(self.text().len());
        let fits = added.grapheme_indices(true).map(|(at, g)| at + g.len()).take_while(|end| *end <= room);
        let end = fits.last().unwrap_or(0);
        self.area.insert_str(&added[..end]);
    }

    /// Takes a press that edits; `false` when it is none of these.
    pub fn press(&mut self, press: Press) -> bool {
        if let Some(c) = press.typed() {
            if text::is_safe(c) {
                self.insert(c.encode_utf8(&mut [0; 4]));
            }
            return true;
        }
        if !self.edit(press) {
            return false;
        }
        // Cut text that was put back may be longer than what there is room for.
        if self.text().len() > MOST {
            self.area.undo();
        }
        true
    }

    fn edit(&mut self, press: Press) -> bool {
        let Press { code, ctrl, alt, shift } = press;
        match (code, ctrl, alt) {
            (Code::Backspace, false, false) | (Code::Char('h'), true, false) => self.delete(To::Before),
            (Code::Delete, false, false) | (Code::Char('d'), true, false) => self.delete(To::After),
            (Code::Char('w'), true, false) => self.cut(To::BlankBefore),
            (Code::Backspace, ..) => self.cut(To::WordBefore),
            (Code::Char('d'), false, true) | (Code::Delete, ..) => self.cut(To::WordAfter),
            (Code::Char('u'), true, false) => self.cut(To::Start),
            (Code::Char('k'), true, false) => self.cut(To::End),
            (Code::Char('y'), true, false) => _ = self.area.paste(),
            (Code::Char('_' | '/'), true, false) => _ = self.area.undo(),
            (Code::Char('z'), false, true) => _ = self.area.redo(),
            (Code::Char('w'), false, true) => self.area.copy(),
            (Code::Char('b'), false, true) => self.go(To::WordBefore, false),
            (Code::Char('f'), false, true) => self.go(To::WordAfter, false),
            (Code::Left, false, false) => self.go(To::Before, shift),
            (Code::Right, false, false) => self.go(To::After, shift),
            (Code::Left, ..) => self.go(To::WordBefore, shift),
            (Code::Right, ..) => self.go(To::WordAfter, shift),
            (Code::Char('b'), true, false) => self.go(To::Before, false),
            (Code::Char('f'), true, false) => self.go(To::After, false),
            (Code::Home, ..) => self.go(To::Start, shift),
            (Code::End, ..) => self.go(To::End, shift),
            (Code::Char('a'), true, false) => self.go(To::Start, false),
            (Code::Char('e'), true, false) => self.go(To::End, false),
            _ => return false,
        }
        true
    }

    /// Moves; with `selecting` what is passed is selected.
    fn go(&mut self, to: To, selecting: bool) {
        let target = self.target(to);
        match (selecting, self.area.is_selecting()) {
            (true, false) => self.area.start_selection(),
            (false, true) => self.area.cancel_selection(),
            _ => {}
        }
        self.jump(target);
    }

    /// Deletes as far as that, or what is selected.
    fn delete(&mut self, to: To) {
        if self.selected().is_none() {
            self.select(to);
        }
        // What is deleted a character at a time is not what one wants back later.
        let cut = self.area.yank_text();
        self.area.cut();
        self.area.set_yank_text(cut);
    }

    /// Cuts as far as that, or what is selected, to be put back with ctrl-y.
    fn cut(&mut self, to: To) {
        if self.selected().is_none() {
            self.select(to);
        }
        if self.selected().is_some() {
            self.area.cut();
        }
    }

    fn select(&mut self, to: To) {
        let target = self.target(to);
        self.area.start_selection();
        self.jump(target);
    }

    fn jump(&mut self, column: usize) {
        self.area.move_cursor(CursorMove::Jump(0, u16::try_from(column).unwrap_or(u16::MAX)));
    }

    /// Where a move ends, in characters.
    fn target(&self, to: To) -> usize {
        let (before, after) = self.split();
        let back = |text: &str| text.chars().count();
        let at = back(before);
        match to {
            To::Start => 0,
            To::End => back(self.text()),
            To::Before => at - before.graphemes(true).next_back().map_or(0, back),
            To::After => at + after.graphemes(true).next().map_or(0, back),
            To::BlankBefore => {
                let trimmed = before.trim_end();
                back(&before[..trimmed.rfind(char::is_whitespace).map_or(0, |n| n + 1)])
            }
            To::WordBefore => {
                let trimmed = before.trim_end_matches(is_between);
                back(trimmed) - trimmed.chars().rev().take_while(|c| !is_between(*c)).count()
            }
            To::WordAfter => {
                let gap = after.chars().take_while(|c| is_between(*c)).count();
                at + gap + after.chars().skip(gap).take_while(|c| !is_between(*c)).count()
            }
        }
    }

    /// The byte at which a character begins.
    fn byte(&self, column: usize) -> usize {
        self.text().char_indices().nth(column).map_or(self.text().len(), |(at, _)| at)
    }
}

/// Whether a character belongs to no word; an accent of its own belongs to the letter before it.
fn is_between(c: char) -> bool {
    !c.is_alphanumeric() && unicode_width::UnicodeWidthChar::width(c) != Some(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::keymap::parse_sequence;

    /// Presses keys on a text with the cursor at its end; `|` shows where it stands then.
    fn pressed(text: &str, keys: &str) -> String {
        let mut input = Input::new(text);
        for press in parse_sequence(keys).expect("keys") {
            assert!(input.press(press), "{press} edits");
        }
        let (before, after) = input.split();
        format!("{before}|{after}")
    }

    #[test]
    fn keys_are_those_of_readline() {
        for (text, keys, then) in [
            ("db pool", "ctrl-w", "db |"),
            ("kubectl get-pods", "ctrl-w", "kubectl |"),
            ("kubectl get-pods", "alt-backspace", "kubectl get-|"),
            ("db pool", "ctrl-a", "|db pool"),
            ("db pool", "ctrl-a ctrl-e", "db pool|"),
            ("db pool", "alt-b", "db |pool"),
            ("db pool", "ctrl-left", "db |pool"),
            ("db pool", "ctrl-a alt-f", "db| pool"),
            ("db pool", "ctrl-a ctrl-right ctrl-right", "db pool|"),
            ("db pool", "ctrl-a alt-d", "| pool"),
            ("db pool", "ctrl-b ctrl-b ctrl-k", "db po|"),
            ("db pool", "alt-b ctrl-u", "|pool"),
            ("db pool", "ctrl-w ctrl-a ctrl-y", "pool|db "),
            ("db pool", "ctrl-u ctrl-y x", "db poolx|"),
            ("db pool", "ctrl-u ctrl-_", "db pool|"),
            ("db pool", "ctrl-w ctrl-_ alt-z", "db |"),
            ("db pool", "alt-z x ctrl-_ alt-z alt-z", "db poolx|"),
            ("db pool", "ctrl-w backspace ctrl-y", "dbpool|"),
            ("db pool", "ctrl-a ctrl-d delete", "| pool"),
            ("db pool", "ctrl-h left right", "db poo|"),
            ("db pool", "home end", "db pool|"),
            ("e\u{301}x", "left left", "|e\u{301}x"),
            ("e\u{301}x", "backspace backspace", "|"),
            ("日本語", "left backspace", "日|語"),
            ("👩‍👩‍👧 x", "left left backspace", "| x"),
        ] {
            assert_eq!(pressed(text, keys), then, "{text:?} {keys}");
        }
    }

    #[test]
    fn what_is_selected_is_replaced_cut_and_copied() {
        for (keys, then) in [
            ("shift-left shift-left x", "db pox|"),
            ("shift-home x", "x|"),
            ("shift-left backspace", "db poo|"),
            ("ctrl-shift-left ctrl-w ctrl-a ctrl-y", "pool|db "),
            ("ctrl-shift-left alt-w home ctrl-y", "pool|db pool"),
            // Without shift nothing stays selected.
            ("shift-left left x", "db pox|ol"),
        ] {
            assert_eq!(pressed("db pool", keys), then, "{keys}");
        }
    }

    #[test]
    fn what_is_pasted_is_one_safe_line_of_a_bounded_length() {
        let mut input = Input::new("db ");
        input.insert("e\u{301}x\u{1b}[31m\ny");
        assert_eq!(input.text(), "db e\u{301}x y");
        input.insert(&"é".repeat(4000));
        assert!(input.text().len() <= MOST && input.text().len() > MOST - 2);
        assert!(!input.press(Press::plain(Code::Tab)));
        assert!(!input.press(Press::plain(Code::Enter)));
    }

    proptest! {
        #[test]
        fn nothing_pressed_leaves_the_line(
            text in "[a-z \u{301}é日👩\u{200d}-]{0,40}",
            presses in proptest::collection::vec((0usize..23, any::<[bool; 3]>(), any::<char>()), 0..60),
        ) {
            const CODES: [Code; 8] = [
                Code::Left, Code::Right, Code::Home, Code::End, Code::Backspace, Code::Delete, Code::Enter, Code::Tab,
            ];
            const CHARS: [char; 12] = ['a', 'b', 'd', 'e', 'f', 'h', 'k', 'u', 'w', 'y', 'z', '_'];
            let mut input = Input::new(text);
            for (n, [ctrl, alt, shift], c) in presses {
                let code = CODES.get(n).copied().unwrap_or(match CHARS.get(n - CODES.len().min(n)) {
                    Some(c) => Code::Char(*c),
                    None => Code::Char(c),
                });
                input.press(Press { code, ctrl, alt, shift: shift && !matches!(code, Code::Char(_)) });
                let (before, after) = input.split();
                prop_assert_eq!(format!("{before}{after}"), input.text());
                prop_assert!(input.text().len() <= MOST && !input.text().contains('\n'));
                if let Some(range) = input.selected() {
                    prop_assert!(input.text().get(range).is_some());
                }
            }
        }
    }
}
