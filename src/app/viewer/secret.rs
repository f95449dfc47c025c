//! A secret that was asked for: shown for a while, hidden again by itself.

use std::time::Duration;

use super::line::{Line, Tone};
use crate::model::{Sensitive, Time, text};

/// How long a secret is shown.
pub const SHOWN: Duration = Duration::from_secs(30);
/// Of a longer one so many lines are shown.
const LINES: usize = 20;

/// The value of one entry of a Secret while it is shown.
#[derive(Clone, Debug)]
pub(super) struct Revealed {
    /// The line that it stands on.
    pub line: usize,
    /// The entry.
    pub entry: String,
    /// The value.
    pub value: Sensitive,
    /// When it is hidden again.
    pub until: Time,
}

impl Revealed {
    /// The value behind `lead`, in as many lines as it has.
    pub fn lines(&self, lead: &str) -> Vec<Line> {
        let runs = |at| vec![(0, Tone::Key), (at, Tone::Text)];
        let Some(value) = self.value.text() else {
            let said = format!("{lead}binary, {} bytes", self.value.len());
            return vec![Line::of(Tone::Mask, said, runs(lead.len()))];
        };
        let all: Vec<_> = value.lines().map(text::clean).collect();
        match all.as_slice() {
            [] => return vec![Line::of(Tone::Mask, format!("{lead}\"\""), runs(lead.len()))],
            [one] => return vec![Line::of(Tone::Text, format!("{lead}{one}"), runs(lead.len()))],
            _ => {}
        }
        let blanks = " ".repeat(2 + lead.len() - lead.trim_start().len());
        let mut lines = vec![Line::of(Tone::Text, format!("{lead}|"), runs(lead.len()))];
        lines.extend(all.iter().take(LINES).map(|l| Line::new(Tone::Text, format!("{blanks}{l}"))));
        if all.len() > LINES {
            lines.push(Line::new(Tone::Dim, format!("{blanks}and {} more lines", all.len() - LINES)));
        }
        lines
    }
}
