//! A line to show, and how its parts stand out.

use crate::model::{Severity, text};

/// How a line, or a part of one, stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Ordinary.
    Text,
    /// Matters less.
    Dim,
    /// A heading.
    Strong,
    /// Has the form `key: value`.
    Field,
    /// A key in YAML.
    Key,
    /// A text in YAML.
    Quote,
    /// A number, a word of the language, an anchor or a tag in YAML.
    Word,
    /// A comment.
    Comment,
    /// Stands for a secret.
    Mask,
    /// Is added.
    Add,
    /// Goes.
    Remove,
    /// Is what is new in a line that changed.
    AddWord,
    /// Is what is gone in a line that changed.
    RemoveWord,
    /// Says where in a diff.
    Hunk,
    /// Is this bad.
    Severity(Severity),
}

/// A line to show; safe to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How it stands out.
    pub tone: Tone,
    /// The text.
    pub text: String,
    /// Parts that stand out otherwise: from which byte on, in order.
    runs: Vec<(usize, Tone)>,
}

impl Line {
    /// A line; the text is made safe.
    pub fn new(tone: Tone, line: impl AsRef<str>) -> Self {
        Self { tone, text: text::clean(line.as_ref()).into_owned(), runs: Vec::new() }
    }

    /// A line of safe text whose parts stand out by themselves.
    pub(super) fn of(tone: Tone, text: String, runs: Vec<(usize, Tone)>) -> Self {
        Self { tone, text, runs }
    }

    /// The bytes `from..to` in pieces that look alike.
    pub fn pieces(&self, from: usize, to: usize) -> impl Iterator<Item = (&str, Tone)> {
        let before = self.runs.partition_point(|(at, _)| *at <= from);
        let first = before.checked_sub(1).map_or(self.tone, |n| self.runs[n].1);
        let starts = std::iter::once((from, first))
            .chain(self.runs[before..].iter().copied().take_while(move |(at, _)| *at < to));
        let ends = self.runs[before..].iter().map(move |(at, _)| (*at).min(to)).chain(std::iter::once(to));
        starts
            .zip(ends)
            .filter(|((from, _), end)| from < end)
            .map(|((from, tone), end)| (&self.text[from..end], tone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_a_part() {
        let line = Line::of(
            Tone::Text,
            "key: value # why".into(),
            vec![(0, Tone::Key), (4, Tone::Text), (11, Tone::Comment)],
        );
        let whole: Vec<_> = line.pieces(0, 16).collect();
        assert_eq!(whole, [("key:", Tone::Key), (" value ", Tone::Text), ("# why", Tone::Comment)]);
        assert_eq!(line.pieces(2, 8).collect::<Vec<_>>(), [("y:", Tone::Key), (" val", Tone::Text)]);
        assert_eq!(line.pieces(12, 16).collect::<Vec<_>>(), [(" why", Tone::Comment)]);
        assert_eq!(Line::new(Tone::Dim, "a").pieces(0, 1).collect::<Vec<_>>(), [("a", Tone::Dim)]);
    }
}
