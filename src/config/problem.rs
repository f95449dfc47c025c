//! What is wrong with a file, and where.

use std::{
    fmt,
    ops::Range,
    path::{Path, PathBuf},
};

/// A place in a file, both counted from one; columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

impl Position {
    /// The position of a byte offset in a text.
    pub fn of(text: &str, offset: usize) -> Self {
        let before = &text[..text.floor_char_boundary(offset)];
        let line_start = before.rfind('\n').map_or(0, |n| n + 1);
        Self { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }
}

/// Something wrong in a file, with what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, or what stands for one (`(defaults)`).
    pub file: PathBuf,
    /// Where in it.
    pub at: Option<Position>,
    /// What is wrong.
    pub what: String,
    /// What to write instead; may be empty.
    pub hint: String,
}

impl Problem {
    /// A problem with a file as a whole.
    pub fn file(file: &Path, what: impl Into<String>) -> Self {
        Self { file: file.to_owned(), at: None, what: what.into(), hint: String::new() }
    }

    /// A problem at a byte range of a file's text.
    pub fn span(file: &Path, text: &str, span: Option<Range<usize>>, what: impl Into<String>) -> Self {
        let at = span.map(|s| Position::of(text, s.start));
        Self { file: file.to_owned(), at, what: what.into(), hint: String::new() }
    }

    /// The same with advice.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// What the TOML parser found wrong.
    pub fn toml(file: &Path, text: &str, error: &toml::de::Error) -> Self {
        Self::span(file, text, error.span(), error.message().trim().to_owned())
    }
}

impl fmt::Display for Problem {
    /// `vigie.toml:3:7: unknown field …; hint`, one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(at) = self.at {
            write!(f, ":{}:{}", at.line, at.column)?;
        }
        write!(f, ": {}", self.what.replace('\n', "; "))?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, ". {}", self.hint) }
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one() {
        let text = "a = 1\nü = x\n";
        assert_eq!(Position::of(text, 0), Position { line: 1, column: 1 });
        assert_eq!(Position::of(text, text.find('x').expect("x")), Position { line: 2, column: 5 });
    }
}
