//! What a terminal sends for the mouse: xterm's SGR form (1006), `ESC [ < button ; column ; line M`.

use crate::app::{Mouse, Pointed};

/// Has presses and the wheel told (1000), in the form that has no largest column (1006).
pub const ON: &[u8] = b"\x1b[?1000h\x1b[?1006h";
/// Has nothing of the mouse told.
pub const OFF: &[u8] = b"\x1b[?1006l\x1b[?1000l";
/// A report with more bytes is noise.
const REPORT: usize = 32;
/// Bits of a button that tell of shift, alt and control.
const HELD: u16 = 4 | 8 | 16;

/// What bytes are that begin as a report of the mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// So many bytes, that mean this or nothing.
    Whole(usize, Option<Mouse>),
    /// Too few bytes to tell.
    Torn,
    /// None.
    No,
}

/// Reads a report at the beginning of bytes.
pub fn read(bytes: &[u8]) -> Report {
    const BEGIN: &[u8] = b"\x1b[<";
    if !bytes.starts_with(BEGIN) {
        return Report::No;
    }
    let rest = &bytes[BEGIN.len()..];
    let numbers = rest.iter().take(REPORT).take_while(|b| matches!(b, b'0'..=b'9' | b';')).count();
    match rest.get(numbers) {
        None => Report::Torn,
        Some(end @ (b'M' | b'm')) => {
            let mouse = (*end == b'M').then(|| mouse(&rest[..numbers])).flatten();
            Report::Whole(BEGIN.len() + numbers + 1, mouse)
        }
        // Whatever this is, it is a control sequence.
        Some(_) => Report::No,
    }
}

fn mouse(numbers: &[u8]) -> Option<Mouse> {
    let text = std::str::from_utf8(numbers).ok()?;
    let mut numbers = text.split(';').map(|n| n.parse::<u16>().ok());
    let (button, x, y) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let what = match button & !HELD {
        0 => Pointed::Click,
        64 => Pointed::Up,
        65 => Pointed::Down,
        _ => return None,
    };
    numbers.next().is_none().then_some(Mouse { what, x: x.checked_sub(1)?, y: y.checked_sub(1)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_as_xterm_sends_them() {
        let at = |what, x, y| Some(Mouse { what, x, y });
        for (bytes, mouse) in [
            ("\x1b[<0;1;1M", at(Pointed::Click, 0, 0)),
            ("\x1b[<0;300;80M", at(Pointed::Click, 299, 79)),
            ("\x1b[<16;3;4M", at(Pointed::Click, 2, 3)),
            ("\x1b[<64;3;4M", at(Pointed::Up, 2, 3)),
            ("\x1b[<65;3;4M", at(Pointed::Down, 2, 3)),
            // A release, another button, a motion, and what no terminal sends.
            ("\x1b[<0;3;4m", None),
            ("\x1b[<2;3;4M", None),
            ("\x1b[<35;3;4M", None),
            ("\x1b[<0;0;0M", None),
            ("\x1b[<0;3M", None),
            ("\x1b[<0;99999;4M", None),
            ("\x1b[<;;;;M", None),
        ] {
            assert_eq!(read(bytes.as_bytes()), Report::Whole(bytes.len(), mouse), "{bytes:?}");
        }
        assert_eq!(read(b"\x1b[<0;3"), Report::Torn);
        assert_eq!(read(b"\x1b[<0;3R"), Report::No);
        assert_eq!(read(b"\x1b[A"), Report::No);
        assert_eq!(read(&[b"\x1b[<".as_slice(), &[b'1'; 40]].concat()), Report::No);
    }
}
