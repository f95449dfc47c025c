//! Comma-separated values as RFC 4180 has them, safe to open in a spreadsheet.

use serde_json::Value;

use crate::model::text;

/// One record. A text that a spreadsheet would take for a formula gets an apostrophe in front.
pub fn line(cells: impl IntoIterator<Item = Value>) -> String {
    let cells: Vec<String> = cells.into_iter().map(|cell| field(&cell)).collect();
    cells.join(",") + "\r\n"
}

/// A value of objects as records: the names of their fields first. What is no list is a list of one.
pub fn records(value: &Value) -> String {
    let rows: Vec<&Value> = match value {
        Value::Array(all) => all.iter().collect(),
        one => vec![one],
    };
    let mut names: Vec<&String> = Vec::new();
    for name in rows.iter().filter_map(|r| r.as_object()).flat_map(serde_json::Map::keys) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return rows.into_iter().map(|row| line([row.clone()])).collect();
    }
    let head = line(names.iter().map(|n| Value::String((*n).clone())));
    let row = |row: &&Value| line(names.iter().map(|n| row.get(n.as_str()).cloned().unwrap_or_default()));
    head + &rows.iter().map(row).collect::<String>()
}

fn field(value: &Value) -> String {
    let text = match value {
        Value::Null => return String::new(),
        Value::Bool(_) | Value::Number(_) => return value.to_string(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    // Line ends may stand in quotes; nothing else that is unsafe to show may.
    let clean = text.lines().map(text::clean).collect::<Vec<_>>().join("\r\n");
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let safe = if formula { format!("'{clean}") } else { clean };
    if safe.contains(['"', ',', '\r', '\n']) || safe.starts_with(' ') || safe.ends_with(' ') {
        format!("\"{}\"", safe.replace('"', "\"\""))
    } else {
        safe
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn quotes_as_the_rfc_says() {
        // RFC 4180, section 2, rules 5 to 7.
        let cells =
            [json!("aaa"), json!("b\nbb"), json!("c,c"), json!("d\"d"), json!(""), json!(null), json!(7)];
        assert_eq!(line(cells), "aaa,\"b\r\nbb\",\"c,c\",\"d\"\"d\",,,7\r\n");
    }

    #[test]
    fn formulas_and_sequences_do_nothing() {
        let cells = ["=1+1", "+1", "-1", "@SUM(A1)", "a=1", "\t=1", "x\u{1b}[31my"];
        let line = line(cells.map(|c| json!(c)));
        assert_eq!(line, "'=1+1,'+1,'-1,'@SUM(A1),a=1,'    =1,xy\r\n");
        assert_eq!(super::line([json!(-1)]), "-1\r\n");
    }

    #[test]
    fn objects_become_records() {
        let value = json!([{ "a": 1, "b": ["x"] }, { "a": 2, "c": true }]);
        assert_eq!(records(&value), "a,b,c\r\n1,\"[\"\"x\"\"]\",\r\n2,,true\r\n");
        assert_eq!(records(&json!([])), "");
        assert_eq!(records(&json!({ "a": null })), "a\r\n\r\n");
    }
}
