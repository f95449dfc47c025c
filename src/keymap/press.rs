//! Single presses and sequences of them, and how they are written.

use std::{fmt, str::FromStr};

/// A key without its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// A character, upper case where shift was held.
    Char(char),
    /// Return.
    Enter,
    /// Escape.
    Esc,
    /// Tabulator.
    Tab,
    /// Delete to the left.
    Backspace,
    /// Delete to the right.
    Delete,
    /// Insert.
    Insert,
    /// Arrow.
    Up,
    /// Arrow.
    Down,
    /// Arrow.
    Left,
    /// Arrow.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// A function key.
    F(u8),
}

/// Names of keys that are not characters; the first name of a key is the one printed.
const NAMES: [(&str, Code); 22] = [
    ("enter", Code::Enter),
    ("esc", Code::Esc),
    ("tab", Code::Tab),
    ("backspace", Code::Backspace),
    ("delete", Code::Delete),
    ("insert", Code::Insert),
    ("up", Code::Up),
    ("down", Code::Down),
    ("left", Code::Left),
    ("right", Code::Right),
    ("home", Code::Home),
    ("end", Code::End),
    ("pageup", Code::PageUp),
    ("pagedown", Code::PageDown),
    ("space", Code::Char(' ')),
    ("minus", Code::Char('-')),
    ("return", Code::Enter),
    ("escape", Code::Esc),
    ("del", Code::Delete),
    ("ins", Code::Insert),
    ("pgup", Code::PageUp),
    ("pgdn", Code::PageDown),
];

/// One press of a key. Shift is part of a character, and told apart only for keys that are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Press {
    /// The key.
    pub code: Code,
    /// Whether control was held.
    pub ctrl: bool,
    /// Whether alt was held.
    pub alt: bool,
    /// Whether shift was held, for keys that are not characters.
    pub shift: bool,
}

impl Press {
    /// A press of a key alone.
    pub const fn plain(code: Code) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }

    /// A press of a character alone.
    pub const fn char(c: char) -> Self {
        Self::plain(Code::Char(c))
    }

    /// The character it would type.
    pub const fn typed(self) -> Option<char> {
        match self {
            Self { code: Code::Char(c), ctrl: false, alt: false, .. } => Some(c),
            _ => None,
        }
    }
}

impl fmt::Display for Press {
    /// `ctrl-d`, `R`, `space`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in [(self.ctrl, "ctrl-"), (self.alt, "alt-"), (self.shift, "shift-")] {
            if held {
                f.write_str(name)?;
            }
        }
        match (self.code, NAMES.iter().find(|(_, code)| *code == self.code)) {
            (_, Some((name, _))) => f.write_str(name),
            (Code::F(n), _) => write!(f, "f{n}"),
            (Code::Char(c), _) => write!(f, "{c}"),
            _ => Ok(()),
        }
    }
}

impl FromStr for Press {
    type Err = String;

    /// Reads `ctrl-d`, `alt-enter`, `R`, `f5`; the error says what is wrong with it.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let mut press = Self::plain(Code::Enter);
        let mut rest = s;
        loop {
            let lower = rest.to_ascii_lowercase();
            let (held, length) = if lower.starts_with("ctrl-") {
                (&mut press.ctrl, 5)
            } else if lower.starts_with("alt-") {
                (&mut press.alt, 4)
            } else if lower.starts_with("shift-") {
                (&mut press.shift, 6)
            } else {
                break;
            };
            if *held {
                return Err(format!("`{s}` names a modifier twice"));
            }
            *held = true;
            rest = &rest[length..];
        }
        press.code = code(rest).ok_or_else(|| {
            format!(
                "`{s}` is not a key; write a character, `ctrl-x`, `alt-x`, `enter`, `esc`, `tab`, `f1`, …"
            )
        })?;
        if let (true, Code::Char(digit @ '4'..='7')) = (press.ctrl, press.code) {
            // Terminals send one byte for these, whichever of the two is pressed.
            press.code = Code::Char(['\\', ']', '^', '_'][digit as usize - '4' as usize]);
        }
        if let Code::Char(c) = press.code
            && press.shift
        {
            press.shift = false;
            press.code = Code::Char(c.to_uppercase().next().unwrap_or(c));
        }
        Ok(press)
    }
}

fn code(name: &str) -> Option<Code> {
    let mut chars = name.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return (!c.is_control() && c != ' ').then_some(Code::Char(c));
    }
    let lower = name.to_ascii_lowercase();
    if let Some((_, code)) = NAMES.iter().find(|(n, _)| *n == lower) {
        return Some(*code);
    }
    let number: u8 = lower.strip_prefix('f')?.parse().ok()?;
    (1..=24).contains(&number).then_some(Code::F(number))
}

/// Reads presses with blanks between them: `g e`.
pub fn parse_sequence(text: &str) -> Result<Vec<Press>, String> {
    let presses: Vec<Press> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    if presses.is_empty() { Err("no key is given".to_owned()) } else { Ok(presses) }
}

/// Writes presses as [`parse_sequence`] reads them.
pub fn print_sequence(presses: &[Press]) -> String {
    presses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        assert_eq!("ctrl-d".parse(), Ok(Press { ctrl: true, ..Press::char('d') }));
        assert_eq!("shift-r".parse(), Ok(Press::char('R')));
        assert_eq!("shift-tab".parse(), Ok(Press { shift: true, ..Press::plain(Code::Tab) }));
        assert_eq!("-".parse(), Ok(Press::char('-')));
        assert_eq!("f12".parse(), Ok(Press::plain(Code::F(12))));
        assert_eq!("ctrl-5".parse(), Ok(Press { ctrl: true, ..Press::char(']') }));
        assert!("ctrl-".parse::<Press>().is_err());
        assert!("ctrl-ctrl-x".parse::<Press>().is_err_and(|e| e.contains("twice")));
        assert!("hyper-x".parse::<Press>().is_err_and(|e| e.contains("not a key")));
        assert!(parse_sequence(" ").is_err());
    }

    proptest::proptest! {
        #[test]
        fn prints_and_reads_back(c in "[!-~éÄ→ ]", ctrl: bool, alt: bool, f in 1u8..24, named in 0usize..14) {
            let c = c.chars().next().expect("one");
            for code in [Code::Char(c), Code::F(f), NAMES[named].1] {
                let press = Press { code, ctrl: ctrl && !"4567".contains(c), alt, shift: false };
                proptest::prop_assert_eq!(press.to_string().parse(), Ok(press));
            }
        }
    }
}
