//! What commands print: tables for people, JSON and YAML for programs; results on stdout, words on stderr.

use std::io::Write;

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::answer::Format;
use crate::model::text;

/// Rows under headings.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Headings in capitals.
    pub headings: Vec<&'static str>,
    /// Cells; text from outside is cleaned when printed.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub fn new(headings: &[&'static str]) -> Self {
        Self { headings: headings.to_vec(), rows: Vec::new() }
    }

    /// The table with columns two blanks apart; the last column is as long as it is.
    pub fn render(&self) -> String {
        let rows: Vec<Vec<String>> =
            self.rows.iter().map(|r| r.iter().map(|c| text::one_line(c).into_owned()).collect()).collect();
        let width = |n: usize, heading: &str| {
            rows.iter()
                .filter_map(|r| r.get(n))
                .map(|c| c.width())
                .chain([heading.width()])
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = self.headings.iter().enumerate().map(|(n, h)| width(n, h)).collect();
        let mut out = String::new();
        let headings = self.headings.iter().map(ToString::to_string).collect();
        for row in std::iter::once(&headings).chain(&rows) {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', width + 2 - cell.width().min(*width)));
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }
}

/// Prints a result in the format asked for.
pub fn print(format: Format, table: &Table, value: &Value) {
    out(&format.render(value, |_| table.render()));
}

/// Writes to stdout. A reader that went away (`| head`) is not an error.
pub fn out(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// Prints words for people on stderr.
pub fn say(words: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr().lock(), "{words}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_stay_safe() {
        let mut table = Table::new(&["NAME", "AGE"]);
        table.rows.push(vec!["a\u{1b}[31mb".into(), "1m".into()]);
        table.rows.push(vec!["日本".into(), "10m".into()]);
        assert_eq!(table.render(), "NAME  AGE\nab    1m\n日本  10m\n");
    }
}
