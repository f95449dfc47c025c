//! A line of text being typed.

use unicode_segmentation::UnicodeSegmentation;

use crate::{
    keymap::{Code, Press},
    model::text,
};

/// A line of text and where the cursor stands in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    text: String,
    /// In bytes, on a grapheme's edge.
    cursor: usize,
}

impl Input {
    /// A line with the cursor at its end.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { cursor: text.len(), text }
    }

    /// A line with the cursor at a place in bytes, or at its end where that is none.
    pub fn at(text: String, cursor: usize) -> Self {
        let cursor = if text.is_char_boundary(cursor) { cursor } else { text.len() };
        Self { text, cursor }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text before and after the cursor.
    pub fn split(&self) -> (&str, &str) {
        self.text.split_at(self.cursor)
    }

    /// Puts text in at the cursor, on one line and safe to show.
    pub fn insert(&mut self, added: &str) {
        let added = text::clean(&added.replace(['\r', '\n'], " ")).into_owned();
        self.text.insert_str(self.cursor, &added);
        self.cursor += added.len();
    }

    /// Takes a press that edits; `false` when it is none of these. At most 500 bytes are kept.
    pub fn press(&mut self, press: Press) -> bool {
        if let Some(c) = press.typed() {
            if self.text.len() < 500 && text::is_safe(c) {
                self.text.insert(self.cursor, c);
                self.cursor += c.len_utf8();
            }
            return true;
        }
        match (press.code, press.ctrl, press.alt) {
            (Code::Backspace, false, false) | (Code::Char('h'), true, false) => self.delete_to(self.before()),
            (Code::Delete, ..) => {
                let end = self.after();
                self.text.replace_range(self.cursor..end, "");
            }
            (Code::Char('w'), true, false) | (Code::Backspace, ..) => self.delete_to(self.word_before()),
            (Code::Char('u'), true, false) => self.delete_to(0),
            (Code::Char('k'), true, false) => self.text.truncate(self.cursor),
            (Code::Left, ..) | (Code::Char('b'), true, false) => self.cursor = self.before(),
            (Code::Right, ..) | (Code::Char('f'), true, false) => self.cursor = self.after(),
            (Code::Home, ..) | (Code::Char('a'), true, false) => self.cursor = 0,
            (Code::End, ..) | (Code::Char('e'), true, false) => self.cursor = self.text.len(),
            _ => return false,
        }
        true
    }

    fn before(&self) -> usize {
        self.text[..self.cursor].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.text[self.cursor..].graphemes(true).next().map_or(self.cursor, |g| self.cursor + g.len())
    }

    fn word_before(&self) -> usize {
        let trimmed = self.text[..self.cursor].trim_end();
        trimmed.rfind(char::is_whitespace).map_or(0, |at| at + 1)
    }

    fn delete_to(&mut self, start: usize) {
        self.text.replace_range(start..self.cursor, "");
        self.cursor = start;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_by_grapheme_and_word() {
        let mut input = Input::new("db pool");
        assert!(input.press(Press { ctrl: true, ..Press::char('w') }));
        assert_eq!(input.text(), "db ");
        input.insert("e\u{301}x\u{1b}[31m\ny");
        assert_eq!(input.text(), "db e\u{301}x y");
        for _ in 0..4 {
            input.press(Press::plain(Code::Backspace));
        }
        assert_eq!(input.text(), "db ");
        assert!(!input.press(Press::plain(Code::Tab)));
    }
}
