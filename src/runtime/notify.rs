//! Telling someone who looks elsewhere: the bell, and the notifications of terminals that have them.

use crate::{config::Way, model::text};

/// Longer texts are cut.
const LONGEST: usize = 120;

/// The bytes that tell a text in these ways. In tmux notifications are wrapped for the terminal outside.
pub fn sequence(told: &str, ways: &[Way], inside_tmux: bool) -> Vec<u8> {
    let safe = text::one_line(told);
    let short: String = safe.chars().take(LONGEST).collect();
    let mut out = String::new();
    for way in ways {
        let osc = match way {
            Way::Bell => {
                out.push('\x07');
                continue;
            }
            Way::Title => continue,
            Way::Osc9 => format!("\x1b]9;{short}\x07"),
            // The text's place is the last, but a semicolon in it is told apart by few.
            Way::Osc777 => format!("\x1b]777;notify;vigie;{}\x07", short.replace(';', ",")),
        };
        let (before, after) = if inside_tmux { ("\x1bPtmux;\x1b", "\x1b\\") } else { ("", "") };
        out.extend([before, &osc, after]);
    }
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_has_its_sequence() {
        let all = [Way::Title, Way::Bell, Way::Osc9, Way::Osc777];
        assert_eq!(
            sequence("critical in prod: A; B", &all, false),
            b"\x07\x1b]9;critical in prod: A; B\x07\x1b]777;notify;vigie;critical in prod: A, B\x07"
        );
        assert_eq!(sequence("x", &[Way::Osc9], true), b"\x1bPtmux;\x1b\x1b]9;x\x07\x1b\\");
        assert_eq!(sequence("x", &[Way::Title], false), b"");
    }

    #[test]
    fn texts_are_clean_and_short() {
        let told = sequence(&format!("a\x07\x1b]52;c;AAAA\x07{}", "b".repeat(500)), &[Way::Osc9], false);
        let body = &told[4..told.len() - 1];
        assert!(body.iter().all(|b| !b.is_ascii_control()), "{body:?}");
        assert!(String::from_utf8(body.to_vec()).expect("text").chars().count() <= LONGEST);
        assert!(!body.windows(4).any(|w| w == b"AAAA"));
    }
}
