//! What commands print: tables for people, JSON, YAML and CSV for programs; results on stdout, words on stderr.

use std::io::Write;

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::{answer::Format, csv};
use crate::model::text;

/// Rows under headings.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Headings in capitals.
    pub headings: Vec<String>,
    /// Cells; text from outside is cleaned when printed.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub fn new(headings: &[&str]) -> Self {
        Self { headings: headings.iter().map(ToString::to_string).collect(), rows: Vec::new() }
    }

    /// The table with columns two blanks apart; the last column is as long as it is.
    pub fn render(&self) -> String {
        let mut widths = Vec::new();
        self.widen(&mut widths);
        self.lines(&widths).into_iter().map(|line| line + "\n").collect()
    }

    /// Makes columns wide enough for this table.
    pub fn widen(&self, widths: &mut Vec<usize>) {
        widths.resize(self.headings.len().max(widths.len()), 0);
        for (n, width) in widths.iter_mut().enumerate() {
            let heading = self.headings.get(n).map_or(0, |h| h.width());
            let cells = self.rows.iter().filter_map(|r| r.get(n)).map(|c| text::one_line(c).width());
            *width = cells.chain([heading, *width]).max().unwrap_or(0);
        }
    }

    /// The headings and the rows as lines, with columns of these widths.
    pub fn lines(&self, widths: &[usize]) -> Vec<String> {
        let rows = std::iter::once(&self.headings).chain(&self.rows);
        rows.map(|row| {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(widths) {
                let cell = text::one_line(cell);
                line.push_str(&cell);
                line.extend(std::iter::repeat_n(' ', width + 2 - cell.width().min(*width)));
            }
            line.trim_end().to_owned()
        })
        .collect()
    }

    /// The table as records, its headings in lower case.
    fn records(&self) -> String {
        let head = csv::line(self.headings.iter().map(|h| Value::String(h.to_lowercase())));
        let row = |row: &Vec<String>| csv::line(row.iter().cloned().map(Value::String));
        head + &self.rows.iter().map(row).collect::<String>()
    }
}

/// Prints a result in the format asked for.
pub fn print(format: Format, table: &Table, value: &Value) {
    match format {
        Format::Csv => out(&table.records()),
        format => out(&format.render(value, |_| table.render())),
    }
}

/// Writes to stdout. A reader that went away (`| head`) is not an error.
pub fn out(text: &str) {
    let _ = alive(text);
}

/// Writes to stdout; `false` when nobody reads any more.
pub fn alive(text: &str) -> bool {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).is_ok()
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
