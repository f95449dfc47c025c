//! A text: lines, what of them is folded, and the secret in them that was asked for.

use super::{
    described,
    line::{Line, Tone},
    outline::{Folding, Outline},
    secret::Revealed,
    wrap,
    yaml::Yaml,
};
use crate::{
    app::filter::contains,
    model::{Document, Syntax, text},
};

/// A text, all of it, and what of it is shown.
#[derive(Clone, Debug, Default)]
pub struct Text {
    lines: Vec<Line>,
    /// What can be folded; nothing where the lines have no levels.
    outline: Option<Outline>,
    yaml: Option<Yaml>,
    /// The secret that is shown for now.
    pub(super) revealed: Option<Revealed>,
}

impl Text {
    /// Lines without levels.
    pub fn plain(lines: Vec<Line>) -> Self {
        Self { lines, ..Self::default() }
    }

    /// A document as its syntax says.
    pub fn of(document: &Document) -> Self {
        let clean = document.text.lines().map(text::clean);
        match document.syntax {
            Syntax::Yaml => {
                let clean: Vec<_> = clean.collect();
                let (yaml, lines, outline) = Yaml::read(clean.iter().map(|l| &**l));
                Self { lines, outline: Some(outline), yaml: Some(yaml), revealed: None }
            }
            Syntax::Describe => {
                let lines = described::lines(&document.text);
                let outline = Outline::new(&levels(&lines));
                Self { lines, outline: Some(outline), ..Self::default() }
            }
            Syntax::Plain => Self::plain(clean.map(|l| Line::new(Tone::Text, l)).collect()),
        }
    }

    /// The lines, shown or not.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// How many lines are shown.
    pub fn rows(&self) -> usize {
        self.outline.as_ref().map_or(self.lines.len(), |o| o.shown().len())
    }

    /// The place of a line that is shown, among all lines.
    pub fn line(&self, row: usize) -> usize {
        self.outline.as_ref().map_or(row, |o| o.shown().get(row).copied().unwrap_or_default())
    }

    /// Whether there is anything to point at: folds, paths.
    pub fn has_pointer(&self) -> bool {
        self.outline.as_ref().is_some_and(Outline::has_heads)
    }

    /// How many lines are folded into a line that is shown.
    pub fn hidden(&self, row: usize) -> usize {
        self.outline.as_ref().map_or(0, |o| o.hidden(self.line(row)))
    }

    /// In how many lines of a width a line is wrapped.
    pub fn height(&self, row: usize, width: u16) -> usize {
        let line = self.line(row);
        match self.revealed(line) {
            Some(lines) => lines.iter().map(|l| wrap::height(&l.text, width)).sum(),
            None => wrap::height(&self.lines[line].text, width),
        }
    }

    /// The line that shows a secret for now, as the lines that it takes.
    pub fn revealed(&self, line: usize) -> Option<Vec<Line>> {
        let revealed = self.revealed.as_ref().filter(|r| r.line == line)?;
        let start = self.yaml.as_ref()?.value_start(line);
        Some(revealed.lines(&self.lines[line].text[..start]))
    }

    /// By what the value is asked for that is hidden on a line that is shown.
    pub fn secret(&self, row: usize) -> Option<String> {
        self.yaml.as_ref()?.secret(&self.lines, self.outline.as_ref()?, self.line(row))
    }

    /// The way from the top to a line that is shown; nothing where there are none.
    pub fn path(&self, row: usize) -> Option<String> {
        let yaml = self.yaml.as_ref()?;
        (row < self.rows()).then_some(())?;
        Some(yaml.path(&self.lines, self.outline.as_ref()?, self.line(row)))
    }

    /// The value of a line that is shown; nothing where there are none.
    pub fn value(&self, row: usize) -> Option<String> {
        let yaml = self.yaml.as_ref()?;
        (row < self.rows()).then_some(())?;
        Some(yaml.value(&self.lines, self.outline.as_ref()?, self.line(row)))
    }

    /// Changes folds from a line that is shown; where the pointer is then.
    pub fn fold(&mut self, folding: Folding, row: usize) -> Option<usize> {
        let line = self.line(row);
        let outline = self.outline.as_mut().filter(|o| o.has_heads())?;
        let to = outline.change(folding, line);
        Some(outline.row(to))
    }

    /// How many levels are open.
    pub fn level(&self) -> usize {
        self.outline.as_ref().map_or(0, Outline::level)
    }

    /// The next line with a text, folded away or not, which has it shown; its place then.
    pub fn seek(&mut self, needle: &str, row: usize, step: super::Seek) -> Option<usize> {
        let here = self.line(row);
        let found = step.find(here, self.lines.len(), |at| contains(&self.lines[at].text, needle))?;
        Some(match &mut self.outline {
            Some(outline) => {
                outline.open(found);
                outline.row(found)
            }
            None => found,
        })
    }

    /// All of it, as it is copied.
    pub fn all(&self) -> String {
        let lines = match (&self.yaml, &self.outline) {
            (Some(yaml), Some(outline)) => yaml.copied(&self.lines, outline),
            _ => self.lines.iter().map(|l| l.text.as_str()).collect(),
        };
        lines.join("\n")
    }
}

/// The levels of lines by how far they are indented; empty lines go with what is before them.
fn levels(lines: &[Line]) -> Vec<usize> {
    let indent = |l: &Line| {
        let body = l.text.trim_start_matches(' ');
        if body.is_empty() { usize::MAX } else { l.text.len() - body.len() }
    };
    lines.iter().map(indent).collect()
}
