//! What the terminal's background is: a hint in the environment, and the terminal's own answer.
//!
//! The question (OSC 11) goes out with the first frame and holds nothing up. The answer comes among the keys, and
//! their reader, which knows no OSC, hands it on as presses: `alt-] 1 1 ; r g b : …` up to BEL or ST. [`Answer`] takes
//! exactly those out again, so that no part of it is ever taken for keys.

use std::time::{Duration, Instant};

use crate::{
    keymap::{Code, Press},
    theme::measure::{LIGHT, Rgb, luminance},
};

/// The question, and how long its answer is waited for.
pub const QUERY: &[u8] = b"\x1b]11;?\x1b\\";
const PATIENCE: Duration = Duration::from_secs(10);
/// Answers are not longer than this.
const LONGEST: usize = 40;

/// Whether the background is light, as far as `COLORFGBG` tells (`15;0`, `0;default;15`); `get` reads a variable.
pub fn hint(get: impl Fn(&str) -> Option<String>) -> Option<bool> {
    let value = get("COLORFGBG")?;
    let background: u8 = value.rsplit(';').next()?.parse().ok()?;
    // The sixteen colours: 7 and from 9 on the light ones.
    Some(matches!(background, 7 | 9..=15))
}

/// Whether the terminal may be asked. The console, `dumb` and GNU screen would show the question or swallow it.
pub fn may_ask(get: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name| get(name).filter(|v| !v.is_empty());
    let Some(term) = set("TERM") else { return false };
    let screen = term.starts_with("screen") && set("TMUX").is_none();
    !(term == "dumb" || term.starts_with("linux") || term.starts_with("vt") || screen || set("STY").is_some())
}

/// Takes the answer out of the presses.
#[derive(Debug)]
pub struct Answer {
    held: Vec<Press>,
    until: Instant,
}

/// What became of a press.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    /// These are keys.
    Keys(Vec<Press>),
    /// It may belong to the answer.
    Held,
    /// It was the end of the answer; whether the background is light, when that could be read.
    Answer(Option<bool>),
}

impl Answer {
    /// Waits for the answer to a question asked now; without one, everything is a key.
    pub fn awaited(asked: bool) -> Self {
        let now = Instant::now();
        Self { held: Vec::new(), until: if asked { now + PATIENCE } else { now } }
    }

    /// Takes a press.
    pub fn take(&mut self, press: Press) -> Taken {
        if self.held.is_empty() && (press.code != Code::Char(']') || Instant::now() >= self.until) {
            return Taken::Keys(vec![press]);
        }
        self.held.push(press);
        match read(&self.held) {
            Read::Begun => Taken::Held,
            Read::Whole(color) => {
                self.held.clear();
                self.until = Instant::now();
                Taken::Answer(color.map(|c| luminance(c) > LIGHT))
            }
            Read::Other => Taken::Keys(std::mem::take(&mut self.held)),
        }
    }
}

enum Read {
    Begun,
    Whole(Option<Rgb>),
    Other,
}

/// Reads presses as an answer. Escapes that came apart from what follows them stand alone.
fn read(held: &[Press]) -> Read {
    let ctrl_g = Press { ctrl: true, ..Press::char('g') };
    let st = Press { alt: true, ..Press::char('\\') };
    let mut text = String::new();
    let mut escaped = false;
    for press in &held[1..] {
        if *press == ctrl_g || *press == st || escaped && *press == Press::char('\\') {
            return Read::Whole(color(&text));
        }
        match press.typed() {
            Some(c) if !escaped => text.push(c),
            None if *press == Press::plain(Code::Esc) && !escaped => escaped = true,
            _ => return Read::Other,
        }
    }
    let kinds = ["11;rgb:", "11;rgba:"];
    let begun = kinds.iter().any(|k| k.starts_with(&*text) && !escaped);
    let value = kinds.iter().find_map(|k| text.strip_prefix(k));
    let inside =
        value.is_some_and(|v| v.len() <= LONGEST && v.chars().all(|c| c.is_ascii_hexdigit() || c == '/'));
    if begun || inside { Read::Begun } else { Read::Other }
}

/// `11;rgb:1a1a/1d1d/2323`, each part of one to four digits (XParseColor).
fn color(text: &str) -> Option<Rgb> {
    let parts: Vec<u8> = text
        .split_once(':')?
        .1
        .split('/')
        .map(|part| {
            let most = 16u32.checked_pow(u32::try_from(part.len()).ok()?)?.checked_sub(1)?;
            let value = u32::from_str_radix(part, 16).ok()?;
            u8::try_from((u64::from(value) * 255).checked_div(u64::from(most))?).ok()
        })
        .collect::<Option<_>>()?;
    match parts[..] {
        [r, g, b] | [r, g, b, _] => Some((r, g, b)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Presses as the reader of keys makes them of bytes: `ESC x` is alt-x, `^G` ctrl-g.
    fn presses(bytes: &str) -> Vec<Press> {
        let mut out = Vec::new();
        let mut chars = bytes.chars();
        while let Some(c) = chars.next() {
            out.push(match c {
                '\x1b' => match chars.next() {
                    Some(c) => Press { alt: true, ..Press::char(c) },
                    None => Press::plain(Code::Esc),
                },
                '\x07' => Press { ctrl: true, ..Press::char('g') },
                c => Press::char(c),
            });
        }
        out
    }

    /// Keys that got through, and the answers found.
    fn through(presses: &[Press]) -> (Vec<Press>, Vec<Option<bool>>) {
        let mut answer = Answer::awaited(true);
        let (mut keys, mut answers) = (Vec::new(), Vec::new());
        for press in presses {
            match answer.take(*press) {
                Taken::Keys(some) => keys.extend(some),
                Taken::Held => {}
                Taken::Answer(light) => answers.push(light),
            }
        }
        (keys, answers)
    }

    #[test]
    fn answers_never_reach_the_keys() {
        for (bytes, light) in [
            ("\x1b]11;rgb:1a1a/1d1d/2323\x1b\\", Some(false)),
            ("\x1b]11;rgb:FFFF/FDFD/E3E3\x07", Some(true)),
            ("\x1b]11;rgb:fd/f6/e3\x1b\\", Some(true)),
            ("\x1b]11;rgba:0000/0000/0000/ffff\x1b\\", Some(false)),
            ("\x1b]11;rgb:\x1b\\", None),
            ("]11;rgb:0/0/0\x07", Some(false)),
        ] {
            let around = format!("jk{bytes}RS");
            let (keys, answers) = through(&presses(&around));
            assert_eq!(keys, presses("jkRS"), "{bytes:?}");
            assert_eq!(answers, [light], "{bytes:?}");
        }
    }

    #[test]
    fn an_answer_cut_into_single_escapes_is_found_too() {
        let mut all = presses("]11;rgb:ff/ff/ff");
        all.extend([Press::plain(Code::Esc), Press::char('\\')]);
        assert_eq!(through(&all), (Vec::new(), vec![Some(true)]));
    }

    #[test]
    fn keys_that_begin_like_it_are_keys() {
        for typed in ["]e]w", "]1", "]11x", "\x1b]x"] {
            // What is held when nothing follows is let go by the next key.
            let all = presses(&format!("{typed}jj"));
            assert_eq!(through(&all), (all.clone(), vec![]), "{typed:?}");
        }
    }

    #[test]
    fn only_the_first_answer_is_waited_for_and_only_when_asked() {
        let all = presses("\x1b]11;rgb:0/0/0\x07");
        let mut answer = Answer::awaited(false);
        assert!(all.iter().all(|p| matches!(answer.take(*p), Taken::Keys(_))));
    }

    #[test]
    fn the_environment_hints() {
        let hint = |value: &str| super::hint(|_| Some(value.to_owned()));
        assert_eq!(hint("15;0"), Some(false));
        assert_eq!(hint("0;15"), Some(true));
        assert_eq!(hint("0;default;15"), Some(true));
        assert_eq!(hint("15;default"), None);
        assert_eq!(super::hint(|_| None), None);
    }

    #[test]
    fn who_is_asked() {
        let may = |pairs: &[(&str, &str)]| {
            may_ask(|n| pairs.iter().find(|(k, _)| *k == n).map(|(_, v)| (*v).to_owned()))
        };
        assert!(may(&[("TERM", "xterm-256color")]));
        assert!(may(&[("TERM", "tmux-256color"), ("TMUX", "/tmp/t")]));
        assert!(may(&[("TERM", "screen-256color"), ("TMUX", "/tmp/t")]));
        assert!(!may(&[("TERM", "screen-256color"), ("STY", "1.pts")]));
        assert!(!may(&[("TERM", "screen")]));
        assert!(!may(&[("TERM", "linux")]));
        assert!(!may(&[("TERM", "dumb")]));
        assert!(!may(&[]));
    }

    proptest::proptest! {
        #[test]
        fn no_key_is_lost_or_moved(typed in "[]1;rgb:/0-9a-fjRS]{0,30}") {
            let mut all = presses(&typed);
            // Something that surely ends what may be held.
            all.push(Press::plain(Code::Enter));
            let (keys, answers) = through(&all);
            proptest::prop_assert!(answers.is_empty());
            proptest::prop_assert_eq!(keys, all);
        }
    }
}
