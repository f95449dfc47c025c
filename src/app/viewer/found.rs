//! Where in a line a text was found.

use std::ops::Range;

/// Where the lower-case `needle` stands in a text, whatever the case of that.
pub fn found(text: &str, needle: &str) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    let mut from = 0;
    while let Some(first) = text[from..].chars().next().filter(|_| !needle.is_empty()) {
        match length(&text[from..], needle) {
            Some(length) => {
                all.push(from..from + length);
                from += length;
            }
            None => from += first.len_utf8(),
        }
    }
    all
}

/// How much of a text the needle that it begins with takes.
fn length(text: &str, needle: &str) -> Option<usize> {
    let mut wanted = needle.chars();
    let mut rest = text.char_indices();
    let mut lower = None::<std::char::ToLowercase>;
    loop {
        let at_end = lower.as_ref().is_none_or(|l| l.len() == 0);
        let Some(want) = wanted.next() else {
            return at_end.then(|| rest.next().map_or(text.len(), |(at, _)| at));
        };
        if at_end {
            lower = Some(rest.next()?.1.to_lowercase());
        }
        if lower.as_mut().and_then(Iterator::next) != Some(want) {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_case() {
        assert_eq!(found("image: IMAGE", "image"), [0..5, 7..12]);
        assert_eq!(found("Grüße, GRÜSSE", "grü"), [0..4, 9..13]);
        assert_eq!(found("aaa", "aa"), vec![Range { start: 0, end: 2 }]);
        assert_eq!(found("abc", ""), Vec::<Range<usize>>::new());
        assert_eq!(found("", "a"), Vec::<Range<usize>>::new());
    }
}
