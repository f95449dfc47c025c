//! Long text in lines of a width.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The text in lines of at most `room` columns, broken at blanks where possible.
pub fn wrap(text: &str, room: u16) -> Vec<&str> {
    let room = usize::from(room);
    let mut lines = Vec::new();
    let mut rest = text.trim_end();
    while room > 0 && rest.width() > room {
        let mut end = 0;
        let mut taken = 0;
        for (at, c) in rest.char_indices() {
            taken += c.width().unwrap_or(0);
            if taken > room {
                break;
            }
            end = at + c.len_utf8();
        }
        if end == 0 {
            break;
        }
        let head = &rest[..end];
        let cut = head.rfind(' ').filter(|at| *at > room / 3).unwrap_or(end);
        lines.push(rest[..cut].trim_end());
        rest = rest[cut..].trim_start();
    }
    lines.push(rest);
    lines
}

/// The text in lines that all begin where its first one does, and that column.
pub fn hang(text: &str, room: u16) -> (u16, Vec<&str>) {
    let body = text.trim_start_matches(' ');
    let indent = u16::try_from(text.len() - body.len()).unwrap_or(u16::MAX).min(room / 2);
    (indent, wrap(body, room - indent))
}

/// In how many lines the text hangs.
pub(super) fn height(text: &str, room: u16) -> usize {
    if text.len() <= usize::from(room) { 1 } else { hang(text, room).1.len() }
}

/// Where a part of a text begins in it, in bytes; the part is a slice of the text.
pub fn offset(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_at_blanks() {
        let text = "one two three four";
        let parts = wrap(text, 9);
        assert_eq!(parts, ["one two", "three", "four"]);
        assert_eq!(parts.iter().map(|p| offset(text, p)).collect::<Vec<_>>(), [0, 8, 14]);
        assert_eq!(wrap("", 9), [""]);
        assert_eq!(wrap("日本日本", 5), ["日本", "日本"]);
        assert_eq!(hang("  one two", 6), (2, vec!["one", "two"]));
    }

    proptest::proptest! {
        #[test]
        fn nothing_but_blanks_is_lost(text in "[a-c日 ]{0,60}", room in 2u16..20) {
            let parts = wrap(&text, room);
            let kept = |t: &str| t.chars().filter(|c| *c != ' ').collect::<String>();
            proptest::prop_assert_eq!(kept(&parts.concat()), kept(&text));
            proptest::prop_assert!(parts.iter().all(|p| p.width() <= usize::from(room)));
            proptest::prop_assert_eq!(height(&text, room), hang(&text, room).1.len());
        }
    }
}
