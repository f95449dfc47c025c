//! What was typed, taken apart: blanks part terms but for those in quotes, in `/…/` and in brackets.

use std::ops::Range;

/// Where the terms of a text stand, in bytes.
pub(super) fn split(text: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(skip) = text[at..].find(|c: char| !c.is_whitespace()) {
        let start = at + skip;
        at = start + length(&text[start..]);
        out.push(start..at);
    }
    out
}

/// How long the term is that a text begins with.
fn length(text: &str) -> usize {
    let bare = text.strip_prefix('!').unwrap_or(text);
    let skipped = text.len() - bare.len();
    let end = match bare.chars().next() {
        Some('/') => regex(bare),
        Some('(') => bare.find(')').map(|at| at + 1),
        _ => None,
    };
    skipped + end.unwrap_or_else(|| word(bare))
}

/// The end of `/…/`: the first `/` that a blank or nothing follows.
fn regex(text: &str) -> Option<usize> {
    let ends = |at: usize| text[at + 1..].chars().next().is_none_or(char::is_whitespace);
    text.match_indices('/').map(|(at, _)| at).skip(1).find(|at| ends(*at)).map(|at| at + 1)
}

fn word(text: &str) -> usize {
    let mut quoted = false;
    let end = text.find(|c: char| {
        quoted ^= c == '"';
        c.is_whitespace() && !quoted
    });
    end.unwrap_or(text.len())
}

/// The alternatives of a value: commas part them but for those in quotes. With each whether it was quoted.
pub(super) fn alternatives(text: &str) -> Vec<(String, bool)> {
    let mut out = vec![(String::new(), false)];
    let mut inside = false;
    for c in text.chars() {
        match (c, out.last_mut()) {
            ('"', Some((_, quoted))) => {
                inside = !inside;
                *quoted = true;
            }
            (',', _) if !inside => out.push((String::new(), false)),
            (c, Some((value, _))) => value.push(c),
            (_, None) => {}
        }
    }
    out.retain(|(value, quoted)| *quoted || !value.is_empty());
    out
}

/// A value without its quotes.
pub(super) fn unquoted(text: &str) -> String {
    text.replace('"', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_part_terms_but_in_quotes_regexes_and_brackets() {
        let terms = |text: &'static str| -> Vec<&str> { split(text).into_iter().map(|r| &text[r]).collect() };
        assert_eq!(terms("  db  pool "), ["db", "pool"]);
        assert_eq!(terms(r#""db pool" !"a b" x"#), [r#""db pool""#, r#"!"a b""#, "x"]);
        assert_eq!(terms(r#"message~"a b" y"#), [r#"message~"a b""#, "y"]);
        assert_eq!(terms("!/a b/ /c/d/ e"), ["!/a b/", "/c/d/", "e"]);
        assert_eq!(terms("/var lib"), ["/var", "lib"]);
        assert_eq!(terms("app in (a, b) x"), ["app", "in", "(a, b)", "x"]);
        assert_eq!(terms("\"never closed"), ["\"never closed"]);
        let all = [("a".to_owned(), false), ("b,c".to_owned(), true), (String::new(), true)];
        assert_eq!(alternatives(r#"a,"b,c",,"""#), all);
    }
}
