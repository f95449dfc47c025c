//! Makes text from outside safe to show.
//!
//! Logs, annotations, commit messages and error bodies may hold escape sequences, control characters and
//! characters that reorder or hide others. None of them reaches the terminal, the window title or the clipboard.

use std::borrow::Cow;

/// Whether a character may be shown as it is.
pub const fn is_safe(c: char) -> bool {
    !matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text with every unsafe character replaced: tabs by spaces to the next multiple of four, escape sequences
/// (CSI, OSC, DCS and the like) dropped whole, anything else by `·`. Line ends are unsafe too: split first.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_safe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut column = 0;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\t' => {
                let width = 4 - column % 4;
                out.extend(std::iter::repeat_n(' ', width));
                column += width;
            }
            '\u{1b}' | '\u{90}' | '\u{98}' | '\u{9b}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => {
                skip_sequence(c, &mut chars);
            }
            c if is_safe(c) => {
                out.push(c);
                column += 1;
            }
            _ => {
                out.push('·');
                column += 1;
            }
        }
    }
    Cow::Owned(out)
}

/// [`clean`], with line ends shown as single spaces and no blanks at either end.
pub fn one_line(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    if trimmed.contains(['\n', '\r']) {
        let joined = trimmed.split(['\n', '\r']).map(str::trim).filter(|s| !s.is_empty());
        Cow::Owned(joined.map(clean).collect::<Vec<_>>().join(" "))
    } else {
        clean(trimmed)
    }
}

/// Eats what belongs to the sequence that `first` begins (ECMA-48, sections 5.4 and 5.6).
fn skip_sequence(first: char, chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    let kind = if first == '\u{1b}' {
        match chars.peek() {
            Some('[') => '\u{9b}',
            Some(']' | 'P' | 'X' | '^' | '_') => '\u{9d}',
            Some(' '..='/') => {
                while chars.next_if(|c| matches!(c, ' '..='/')).is_some() {}
                chars.next_if(|c| matches!(c, '0'..='~'));
                return;
            }
            Some('0'..='~') => {
                chars.next();
                return;
            }
            _ => return,
        }
    } else {
        first
    };
    if first == '\u{1b}' {
        chars.next();
    }
    if kind == '\u{9b}' {
        while chars.next_if(|c| matches!(c, '0'..='?')).is_some() {}
        while chars.next_if(|c| matches!(c, ' '..='/')).is_some() {}
        chars.next_if(|c| matches!(c, '@'..='~'));
    } else {
        // A string: until BEL, ST (8-bit or ESC \), or the end of the text.
        while let Some(c) = chars.next() {
            match c {
                '\u{7}' | '\u{9c}' => return,
                '\u{1b}' => {
                    chars.next_if_eq(&'\\');
                    return;
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_not_copied() {
        assert!(matches!(clean("grüße 日本 ✓"), Cow::Borrowed(_)));
    }

    #[test]
    fn sequences_vanish_whole() {
        assert_eq!(clean("a\u{1b}[31;1mred\u{1b}[0m b"), "ared b");
        assert_eq!(clean("x\u{1b}]52;c;aGVsbG8=\u{7}y"), "xy");
        assert_eq!(clean("x\u{1b}]0;title\u{1b}\\y"), "xy");
        assert_eq!(clean("x\u{9b}2Jy\u{90}q#0\u{9c}z"), "xyz");
        assert_eq!(clean("x\u{1b}(By\u{1b}c"), "xy");
        assert_eq!(clean("cut\u{1b}["), "cut");
    }

    #[test]
    fn controls_and_reorderers_are_shown() {
        assert_eq!(clean("a\u{202e}b\u{7}c\u{200b}d"), "a·b·c·d");
        assert_eq!(clean("a\tb"), "a   b");
    }

    #[test]
    fn lines_join() {
        assert_eq!(one_line("  first\r\n\n second\u{1b}[K \n"), "first second");
    }

    proptest::proptest! {
        #[test]
        fn nothing_unsafe_survives(text in "(\\PC|[\u{0}-\u{a0}]|\u{202e}|\u{200d}|\u{1b}\\[){0,200}") {
            proptest::prop_assert!(clean(&text).chars().all(is_safe));
            proptest::prop_assert!(one_line(&text).chars().all(is_safe));
        }
    }
}
