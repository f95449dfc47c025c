//! What a terminal sends for keys and pastes, as xterm, the Linux console and ECMA-48 have it.

use super::mouse::{self, Report};
use crate::{
    app::Event,
    keymap::{Code, Press},
};

/// Ends a paste.
const PASTED: &[u8] = b"\x1b[201~";
/// At most so much of a paste is kept, in bytes.
const PASTE: usize = 1 << 20;
/// A control sequence with more parameters, in bytes, is noise.
const SEQUENCE: usize = 64;

/// Makes events of bytes, in whatever pieces they come.
#[derive(Debug, Default)]
pub struct Keys {
    bytes: Vec<u8>,
    pasting: bool,
}

/// What bytes begin with: so many of them mean a press, or nothing; or there are too few to tell.
type Found = Option<(usize, Option<Press>)>;

impl Keys {
    /// Takes bytes in; the events they complete.
    pub fn read(&mut self, bytes: &[u8]) -> Vec<Event> {
        let old = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        let (mut events, mut at) = (Vec::new(), 0);
        if self.bytes[..old] == [0x1b]
            && !matches!(bytes.first(), None | Some(b'[' | b'O' | b']' | b'P' | b'_' | b'\\'))
            && !self.pasting
        {
            // Terminals send what belongs together at once: the escape was pressed by itself.
            events.push(Event::Key(Press::plain(Code::Esc)));
            at = 1;
        }
        while at < self.bytes.len() {
            if self.pasting {
                // The end of the paste may have begun in an earlier piece.
                let from = at.max(old.saturating_sub(PASTED.len()));
                let end =
                    self.bytes[from..].windows(PASTED.len()).position(|w| w == PASTED).map(|n| from + n);
                let Some(end) = end else { break };
                let pasted = &self.bytes[at..end.min(at + PASTE)];
                events.push(Event::Paste(String::from_utf8_lossy(pasted).into_owned()));
                (self.pasting, at) = (false, end + PASTED.len());
                continue;
            }
            if self.bytes[at..].starts_with(b"\x1b[200~") {
                (self.pasting, at) = (true, at + PASTED.len());
                continue;
            }
            match mouse::read(&self.bytes[at..]) {
                Report::Whole(taken, mouse) => {
                    events.extend(mouse.map(Event::Mouse));
                    at += taken;
                    continue;
                }
                Report::Torn => break,
                Report::No => {}
            }
            let Some((taken, press)) = press(&self.bytes[at..]) else { break };
            events.extend(press.map(Event::Key));
            at += taken;
        }
        self.bytes.drain(..at);
        if self.pasting && self.bytes.len() > PASTE {
            // Its end is kept: it may be the beginning of what ends the paste.
            self.bytes.drain(PASTE - PASTED.len()..self.bytes.len() - PASTED.len());
        }
        events
    }

    /// Whether what came could be a whole key or the beginning of one.
    pub fn is_torn(&self) -> bool {
        !self.pasting && !self.bytes.is_empty()
    }

    /// Nothing more came for a while: an escape was the key itself, or alt; what else was begun is dropped.
    pub fn rest(&mut self) -> Option<Event> {
        let press = match *self.bytes {
            [0x1b] => Some(Press::plain(Code::Esc)),
            [0x1b, c @ (b'[' | b'O')] => Some(Press { alt: true, ..Press::char(c.into()) }),
            _ => None,
        };
        self.bytes.clear();
        press.map(Event::Key)
    }
}

/// The press that bytes begin with.
fn press(bytes: &[u8]) -> Found {
    let control = |c: u8| Press { ctrl: true, ..Press::char(c.into()) };
    let press = match bytes[0] {
        0x1b => return escape(bytes),
        b'\r' => Press::plain(Code::Enter),
        b'\t' => Press::plain(Code::Tab),
        0x7f => Press::plain(Code::Backspace),
        0 => control(b' '),
        c @ 1..=0x1a => control(c - 1 + b'a'),
        c @ 0x1c..=0x1f => control(c - 0x1c + b'\\'),
        c @ b' '..=b'~' => Press::char(c.into()),
        _ => return character(bytes),
    };
    Some((1, Some(press)))
}

/// A character of several bytes; a byte that begins none means nothing.
fn character(bytes: &[u8]) -> Found {
    let start = &bytes[..bytes.len().min(4)];
    let valid = match std::str::from_utf8(start) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&start[..error.valid_up_to()]).unwrap_or_default(),
    };
    match valid.chars().next() {
        Some(c) => Some((c.len_utf8(), Some(Press::char(c)))),
        None if std::str::from_utf8(start).is_err_and(|e| e.error_len().is_none()) => None,
        None => Some((1, None)),
    }
}

/// What an escape begins.
fn escape(bytes: &[u8]) -> Found {
    match *bytes.get(1)? {
        b'[' => sequence(bytes),
        b'O' => Some((3, letter(*bytes.get(2)?).map(Press::plain))),
        0x1b => Some((1, Some(Press::plain(Code::Esc)))),
        _ => {
            let (taken, press) = press(&bytes[1..])?;
            Some((taken + 1, press.map(|p| Press { alt: true, ..p })))
        }
    }
}

/// A control sequence: numbers, the second of which holds the modifiers, and what they are numbers of.
fn sequence(bytes: &[u8]) -> Found {
    if bytes.get(2) == Some(&b'[') {
        // The function keys of the Linux console.
        let n = bytes.get(3)?.wrapping_sub(b'A');
        return Some((4, (n < 5).then(|| Press::plain(Code::F(n + 1)))));
    }
    let parameters = bytes[2..].iter().take(SEQUENCE).take_while(|b| matches!(b, b' '..=b'?')).count();
    let end = 2 + parameters;
    if parameters == SEQUENCE {
        return Some((end, None));
    }
    let last = *bytes.get(end)?;
    if !matches!(last, b'@'..=b'~') {
        return Some((end, None));
    }
    let text = std::str::from_utf8(&bytes[2..end]).unwrap_or_default();
    let number = |n: &str| n.split(':').next().and_then(|n| n.parse::<u32>().ok());
    let numbers: Vec<u32> = text.split(';').map(|n| number(n).unwrap_or(0)).collect();
    let get = |n: usize| numbers.get(n).copied().unwrap_or(0);
    let code = match last {
        b'~' if get(0) == 27 => key(get(2)),
        b'~' => tilde(get(0)),
        b'u' => key(get(0)),
        b'Z' => Some(Code::Tab),
        other => letter(other),
    };
    let held = get(1).saturating_sub(1);
    let press = code.map(|code| Press {
        code,
        ctrl: held & 4 != 0,
        alt: held & 2 != 0,
        // Shift is part of a character.
        shift: (held & 1 != 0 || last == b'Z') && !matches!(code, Code::Char(_)),
    });
    Some((end + 1, press))
}

/// Keys that sequences name by their last letter.
const fn letter(letter: u8) -> Option<Code> {
    Some(match letter {
        b'A' => Code::Up,
        b'B' => Code::Down,
        b'C' => Code::Right,
        b'D' => Code::Left,
        b'H' => Code::Home,
        b'F' => Code::End,
        b'P'..=b'S' => Code::F(letter - b'P' + 1),
        _ => return None,
    })
}

/// Keys that sequences name by a number before `~`.
const fn tilde(number: u32) -> Option<Code> {
    Some(match number {
        1 | 7 => Code::Home,
        2 => Code::Insert,
        3 => Code::Delete,
        4 | 8 => Code::End,
        5 => Code::PageUp,
        6 => Code::PageDown,
        11..=15 => Code::F(number as u8 - 10),
        17..=21 => Code::F(number as u8 - 11),
        23..=26 => Code::F(number as u8 - 12),
        28 | 29 => Code::F(number as u8 - 13),
        31..=34 => Code::F(number as u8 - 14),
        _ => return None,
    })
}

/// Keys that sequences name by the character they send.
fn key(code: u32) -> Option<Code> {
    Some(match code {
        9 => Code::Tab,
        13 => Code::Enter,
        27 => Code::Esc,
        127 => Code::Backspace,
        _ => Code::Char(char::from_u32(code).filter(|c| !c.is_control())?),
    })
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    /// Presses as keymaps write them, pastes in quotes.
    fn read(pieces: &[&[u8]]) -> String {
        let mut keys = Keys::default();
        let mut events: Vec<_> = pieces.iter().flat_map(|p| keys.read(p)).collect();
        events.extend(keys.rest());
        let words = events.iter().map(|e| match e {
            Event::Key(press) => press.to_string(),
            Event::Paste(text) => format!("{text:?}"),
            Event::Mouse(mouse) => format!("{:?}@{},{}", mouse.what, mouse.x, mouse.y),
            other => panic!("{other:?}"),
        });
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn keys_are_as_terminals_send_them() {
        for (bytes, keys) in [
            (&b"aR 7-"[..], "a R space 7 minus"),
            (
                b"\r\t\x7f\x08\n\0\x04\x1a\x1f",
                "enter tab backspace ctrl-h ctrl-j ctrl-space ctrl-d ctrl-z ctrl-_",
            ),
            ("é日😀".as_bytes(), "é 日 😀"),
            (b"\x1b", "esc"),
            (b"\x1b\x1b[A", "esc up"),
            (b"\x1bv\x1bF\x1b\r\x1b\x7f", "alt-v alt-F alt-enter alt-backspace"),
            (b"\x1b[A\x1b[B\x1b[C\x1b[D\x1b[H\x1b[F", "up down right left home end"),
            (b"\x1bOA\x1bOH\x1bOP\x1bOS", "up home f1 f4"),
            (b"\x1b[1~\x1b[2~\x1b[3~\x1b[4~\x1b[5~\x1b[6~", "home insert delete end pageup pagedown"),
            (b"\x1b[15~\x1b[17~\x1b[24~\x1b[[A\x1b[[E", "f5 f6 f12 f1 f5"),
            (b"\x1b[1;5A\x1b[1;2B\x1b[3;3~\x1b[1;2P", "ctrl-up shift-down alt-delete shift-f1"),
            (b"\x1b[Z", "shift-tab"),
            (b"\x1b[100;5u\x1b[27;6;13~\x1b[27u", "ctrl-d ctrl-shift-enter esc"),
            (b"\x1b[<0;3;4M\x1b[<0;3;4mq", "Click@2,3 q"),
            // What nobody asked for: motion, focus, cursor position, colours.
            (b"\x1b[<35;3;4M\x1b[I\x1b[?1;2cq", "q"),
            (b"\x1b[200~S R\x1b[31m\r\x1b[201~q", "\"S R\\u{1b}[31m\\r\" q"),
            (b"\xffq\xc3(\x1b[3", "q ("),
            (b"\x1b[", "alt-["),
        ] {
            assert_eq!(read(&[bytes]), keys, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn an_escape_that_came_by_itself_is_not_alt() {
        assert_eq!(read(&[b"\x1b", b"j"]), "esc j");
        assert_eq!(read(&[b"\x1bj"]), "alt-j");
        assert_eq!(read(&[b"\x1b", b"[A"]), "up");
        assert_eq!(read(&[b"\x1b", b"\x1b", b"O", b"A"]), "esc up");
    }

    #[test]
    fn a_paste_is_bounded_and_ends() {
        let mut keys = Keys::default();
        assert!(keys.read(b"\x1b[200~").is_empty());
        for _ in 0..300 {
            assert!(keys.read(&[b'S'; 4096]).is_empty());
        }
        assert!(keys.bytes.len() <= PASTE && !keys.is_torn());
        let events = keys.read(b"\x1b[201~q");
        let [Event::Paste(text), Event::Key(q)] = &events[..] else { panic!("{events:?}") };
        assert!(text.len() > PASTE / 2 && text.bytes().all(|b| b == b'S'));
        assert_eq!(*q, Press::char('q'));
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(
            parts in vec(prop_oneof![
                Just(b"\x1b[A".to_vec()), Just(b"\x1b[1;5B".to_vec()), Just("日é".as_bytes().to_vec()),
                Just(b"\x1b[200~S\x1b[20\x1b[201~".to_vec()), Just(b"\x1bx".to_vec()),
                Just(b"\x1b[<64;12;7M".to_vec()), Just(b"\x1b[<0;1".to_vec()), vec(any::<u8>(), 0..8),
            ], 0..12),
            cuts in vec(0usize..100, 0..6),
        ) {
            let bytes = parts.concat();
            // But for those right after an escape, which then is one by itself.
            let inside = |c: &usize| *c < bytes.len() && (*c == 0 || bytes[c - 1] != 0x1b);
            let mut cuts: Vec<_> = cuts.into_iter().filter(inside).collect();
            cuts.sort_unstable();
            let edges = [&[0], &cuts[..], &[bytes.len()]].concat();
            let pieces: Vec<_> = edges.windows(2).map(|w| &bytes[w[0]..w[1]]).collect();
            prop_assert_eq!(read(&pieces), read(&[&bytes]));
        }
    }
}
