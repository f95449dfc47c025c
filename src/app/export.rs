//! Lists as text for other programs: tab separated, CSV, JSON. Nothing in them can act on a terminal or a spreadsheet.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::facts::{Fact, Facts};
use crate::model::text;

/// How a list is written to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma separated values (RFC 4180).
    Csv,
    /// An array of objects.
    Json,
}

impl Format {
    /// The end of the file's name.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    /// The list in this format.
    pub fn write(self, rows: &[Facts<'_>]) -> String {
        match self {
            Self::Csv => csv(rows),
            Self::Json => json(rows),
        }
    }
}

/// A row with tabs between its facts.
pub(super) fn tabbed(facts: &Facts<'_>) -> String {
    facts.iter().map(|(_, fact)| plain(fact)).collect::<Vec<_>>().join("\t")
}

/// A fact on one line, safe to print.
pub(super) fn plain(fact: &Fact<'_>) -> String {
    match fact {
        Fact::Unknown => String::new(),
        Fact::Text(told) => text::one_line(told).into_owned(),
        Fact::Number(n) => n.to_string(),
        Fact::Real(n) => n.0.to_string(),
        Fact::At(at) => at.rfc3339(),
    }
}

fn csv(rows: &[Facts<'_>]) -> String {
    let mut out = String::new();
    let mut line = |cells: Vec<Cow<'_, str>>| {
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    };
    if let Some(first) = rows.first() {
        line(first.iter().map(|(name, _)| field(name)).collect());
    }
    for row in rows {
        line(row.iter().map(|(_, fact)| Cow::Owned(field(&plain(fact)).into_owned())).collect());
    }
    out
}

/// A cell as RFC 4180 wants it. What a spreadsheet would take for a formula begins with an apostrophe.
fn field(told: &str) -> Cow<'_, str> {
    let is_formula = told.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let told = if is_formula { Cow::Owned(format!("'{told}")) } else { Cow::Borrowed(told) };
    if told.contains(['"', ',', '\n', '\r']) {
        Cow::Owned(format!("\"{}\"", told.replace('"', "\"\"")))
    } else {
        told
    }
}

fn json(rows: &[Facts<'_>]) -> String {
    let value = |fact: &Fact<'_>| match fact {
        Fact::Unknown => Value::Null,
        Fact::Number(n) => (*n).into(),
        Fact::Real(n) => n.0.into(),
        other => plain(other).into(),
    };
    let object = |row: &Facts<'_>| -> Value {
        row.iter().map(|(name, fact)| (name.to_string(), value(fact))).collect::<Map<_, _>>().into()
    };
    let all: Value = rows.iter().map(object).collect();
    format!("{all:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row<'a>(name: &'a str, note: &'a str) -> Facts<'a> {
        vec![
            ("name".into(), Fact::Text(name.into())),
            ("note, if any".into(), Fact::Text(note.into())),
            ("restarts".into(), Fact::Number(7)),
            ("created".into(), Fact::At(crate::model::Time::from_secs(0))),
            ("by".into(), Fact::Unknown),
        ]
    }

    #[test]
    fn csv_is_quoted_as_rfc_4180_wants_and_holds_no_formula() {
        let text = csv(&[row("a", "say \"hi\", then\ngo"), row("=cmd|' /C calc'!A0", "\u{1b}[31mred")]);
        assert_eq!(
            text,
            "name,\"note, if any\",restarts,created,by\r\n\
             a,\"say \"\"hi\"\", then go\",7,1970-01-01T00:00:00Z,\r\n\
             '=cmd|' /C calc'!A0,red,7,1970-01-01T00:00:00Z,\r\n"
        );
        for formula in ["+1", "-1", "@SUM(A1)"] {
            assert_eq!(field(formula), format!("'{formula}"));
        }
    }

    #[test]
    fn json_keeps_numbers_and_says_what_is_unknown() {
        let value: Value = serde_json::from_str(&json(&[row("a", "b")])).expect("JSON");
        assert_eq!(value[0]["restarts"], 7);
        assert_eq!(value[0]["by"], Value::Null);
        assert_eq!(value[0]["created"], "1970-01-01T00:00:00Z");
    }

    #[test]
    fn a_row_is_one_line() {
        assert_eq!(tabbed(&row("a", "b\nc")), "a\tb c\t7\t1970-01-01T00:00:00Z\t");
    }
}
