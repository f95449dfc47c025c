//! What of the secrets of a text is shown, and what of it may be copied.

use super::{
    Content, Viewer,
    secret::{Revealed, SHOWN},
    text::Text,
};
use crate::model::{Sensitive, Time, text};

/// What is copied as the value of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// What stands there.
    Plain(String),
    /// Nothing: this entry is hidden.
    Hidden(String),
    /// Nothing: this entry is no text.
    Binary(String),
    /// A secret that is shown.
    Secret {
        /// The entry.
        entry: String,
        /// Its value, safe to paste.
        text: String,
        /// Whether that is not quite what it is.
        altered: bool,
    },
}

impl Viewer {
    fn lines(&self) -> Option<&Text> {
        match &self.content {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    fn lines_mut(&mut self) -> Option<&mut Text> {
        match &mut self.content {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The line that the pointer is on, folded ones counted.
    pub fn cursor_line(&self) -> usize {
        self.lines().map_or(self.cursor, |text| text.line(self.cursor))
    }

    /// By what the hidden value is asked for that the pointer is on.
    pub fn secret(&self) -> Option<String> {
        self.lines()?.secret(self.cursor)
    }

    /// Whether it has values that are hidden.
    pub fn has_secrets(&self) -> bool {
        self.lines().is_some_and(|text| (0..text.rows()).any(|row| text.secret(row).is_some()))
    }

    /// Whether the secret that the pointer is on is shown.
    pub fn is_revealed(&self) -> bool {
        let line = self.cursor_line();
        self.lines().and_then(|text| text.revealed.as_ref()).is_some_and(|r| r.line == line)
    }

    /// Shows a secret for a while; the one shown before is hidden.
    pub fn reveal(&mut self, line: usize, entry: &str, value: Sensitive, now: Time) {
        let until = now.plus(SHOWN);
        if let Some(text) = self.lines_mut().filter(|text| line < text.lines().len()) {
            text.revealed = Some(Revealed { line, entry: entry.to_owned(), value, until });
        }
    }

    /// Hides the secret that is shown, and does not show the one that was asked for.
    pub fn hide(&mut self) {
        self.revealing = None;
        if let Some(text) = self.lines_mut() {
            text.revealed = None;
        }
    }

    /// Hides the secret that is shown when its time is over; whether it was.
    pub fn expire(&mut self, now: Time) -> bool {
        let Some(text) = self.lines_mut() else { return false };
        text.revealed.take_if(|revealed| revealed.until <= now).is_some()
    }

    /// What is copied as the value of the line that the pointer is on; nothing where lines have none.
    pub fn value(&self) -> Option<Value> {
        let lines = self.lines()?;
        let line = self.cursor_line();
        if let Some(revealed) = lines.revealed.as_ref().filter(|r| r.line == line) {
            return Some(secret(revealed));
        }
        match lines.secret(self.cursor) {
            Some(entry) => Some(Value::Hidden(entry)),
            None => lines.value(self.cursor).map(Value::Plain),
        }
    }
}

/// A secret that is shown, as it is copied.
fn secret(revealed: &Revealed) -> Value {
    let entry = revealed.entry.clone();
    let Some(value) = revealed.value.text() else { return Value::Binary(entry) };
    let clean: Vec<_> = value.split('\n').map(text::clean).collect();
    let text = clean.join("\n");
    Value::Secret { entry, altered: text != value, text }
}
