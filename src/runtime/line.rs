//! The line to the terminal: what is written goes out as fast as the terminal takes it, and nobody waits for it.
//!
//! Standard output shares its flags with the shell and with all else that has the terminal, so it must stay as it is:
//! the terminal is opened once more, and that description, ours alone, does not block.

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{Mode, OFlags, open},
    io::{Errno, write},
    process::getsid,
    stdio::stdout,
    termios::{tcgetsid, ttyname},
};

use super::pace::Pace;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
/// What is kept of the room for bytes that wait.
const ROOM: usize = 64 << 10;

/// The line, and what is under way on it.
#[derive(Debug)]
pub(super) struct Line {
    tty: Arc<OwnedFd>,
    /// What was handed in since nothing was under way, and how much of that is sent.
    bytes: Vec<u8>,
    sent: usize,
    /// Since when so many of them wait.
    waiting: Option<(Instant, usize)>,
    pace: Pace,
}

impl Line {
    /// A line to the terminal that standard output is. One that cannot be opened again is written as it is, and waits.
    pub fn open() -> io::Result<Self> {
        let tty = private().map_or_else(|| rustix::io::dup(stdout()), Ok)?;
        Ok(Self::to(tty))
    }

    fn to(tty: OwnedFd) -> Self {
        Self { tty: Arc::new(tty), bytes: Vec::new(), sent: 0, waiting: None, pace: Pace::default() }
    }

    /// What is written to.
    pub fn tty(&self) -> Arc<OwnedFd> {
        Arc::clone(&self.tty)
    }

    /// Whether something is under way.
    pub fn is_busy(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// How long after a frame of so many bytes the next one may follow, where nobody waits for it.
    pub fn pause(&self, bytes: u64) -> Duration {
        self.pace.pause(bytes, Instant::now())
    }

    /// Adds bytes, whole characters and sequences, and sends what the terminal takes now.
    pub fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes.extend_from_slice(bytes);
        self.send().map(drop)
    }

    /// Sends what the terminal takes now; whether that was all.
    pub fn send(&mut self) -> io::Result<bool> {
        while self.sent < self.bytes.len() {
            match write(&self.tty, &self.bytes[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    let left = self.bytes.len() - self.sent;
                    self.waiting.get_or_insert_with(|| (Instant::now(), left));
                    return Ok(false);
                }
                Err(error) => {
                    self.empty();
                    return Err(error.into());
                }
            }
        }
        self.empty();
        Ok(true)
    }

    fn empty(&mut self) {
        if let Some((since, bytes)) = self.waiting.take() {
            self.pace.waited(bytes, since, Instant::now());
        }
        self.bytes.clear();
        self.bytes.shrink_to(ROOM);
        self.sent = 0;
    }

    /// Leaves out what is under way, but for the end of the character or sequence that it is in.
    pub fn cut(&mut self) {
        let mut at = 0;
        while at < self.sent {
            at += token(&self.bytes[at..]);
        }
        self.bytes.truncate(at);
    }
}

/// Whether the terminal takes something before a moment.
pub(super) fn takes(tty: impl AsFd, until: Instant) -> bool {
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let mut fds = [PollFd::new(&tty, PollFlags::OUT)];
        match poll(&mut fds, Some(&timespec(left))) {
            Err(Errno::INTR) => {}
            other => return other == Ok(1),
        }
    }
}

fn timespec(time: Duration) -> Timespec {
    Timespec::try_from(time).expect("moments are near")
}

/// The terminal opened again: by its name, or, where another account owns that, as the terminal of this session.
fn private() -> Option<OwnedFd> {
    let flags = OFlags::WRONLY | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let again = |name: &std::ffi::CStr| open(name, flags, Mode::empty()).ok();
    let name = ttyname(stdout(), Vec::new()).ok();
    name.and_then(|name| again(&name)).or_else(|| {
        let ours = tcgetsid(stdout()).is_ok_and(|session| getsid(None) == Ok(session));
        ours.then(|| again(c"/dev/tty")).flatten()
    })
}

/// How many bytes the first character or sequence has.
fn token(bytes: &[u8]) -> usize {
    let end = match bytes {
        [ESC, b'[', rest @ ..] => rest.iter().position(|b| (0x40..=0x7e).contains(b)).map(|n| n + 3),
        [ESC, kind @ (b']' | b'P'), rest @ ..] => string(rest, *kind == b']').map(|n| n + 2),
        [ESC, _, ..] => Some(2),
        [_, rest @ ..] => rest.iter().position(|b| !(0x80..0xc0).contains(b)).map(|n| n + 1),
        [] => None,
    };
    end.unwrap_or(bytes.len())
}

/// How many bytes a control string and its end have. In tmux's envelope escapes are doubled, and BEL ends nothing.
fn string(bytes: &[u8], bell: bool) -> Option<usize> {
    let mut at = 0;
    loop {
        match bytes.get(at..)? {
            [BEL, ..] if bell => return Some(at + 1),
            [ESC, b'\\', ..] => return Some(at + 2),
            [ESC, ESC, ..] => at += 2,
            [] => return None,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, pipe};

    use rustix::io::ioctl_fionbio;

    use super::*;

    /// A line that takes nothing more after `sent` bytes, and its other end.
    fn line() -> (Line, io::PipeReader) {
        let (reader, writer) = pipe().expect("a pipe");
        ioctl_fionbio(&writer, true).expect("it does not block");
        (Line::to(writer.into()), reader)
    }

    #[test]
    fn it_never_waits_and_loses_nothing() {
        let (mut line, mut reader) = line();
        let bytes: Vec<u8> = (0..1_000_000u32).map(|n| (n % 251) as u8).collect();
        line.put(&bytes).expect("put");
        assert!(line.is_busy() && !line.send().expect("nobody reads"));
        assert!(!takes(line.tty(), Instant::now()));
        let mut read = Vec::new();
        while line.is_busy() {
            let mut some = [0; 5000];
            let count = reader.read(&mut some).expect("read");
            read.extend_from_slice(&some[..count]);
            line.send().expect("sent");
        }
        drop(line);
        reader.read_to_end(&mut read).expect("read");
        assert_eq!(read, bytes);
    }

    #[test]
    fn a_terminal_that_is_gone_is_told() {
        let (mut line, reader) = line();
        drop(reader);
        assert!(line.put(b"x").is_err());
    }

    #[test]
    fn what_is_cut_ends_where_a_character_or_sequence_does() {
        let tokens = [
            "a",
            "é",
            "日",
            "\r",
            "\n",
            "\x1b[?2026h",
            "\x1b[m",
            "\x1b[1;38;5;7m",
            "\x1b]2;vigie \u{2588} PROD\x07",
            "\x1b]11;?\x1b\\",
            "\x1b]52;c;aGVsbG8=\x07",
            "\x1bPtmux;\x1b\x1b]52;c;aGVsbG8=\x07\x1b\\",
            "z",
        ];
        let text = tokens.concat();
        let ends: Vec<_> = tokens
            .iter()
            .scan(0, |at, t| {
                *at += t.len();
                Some(*at)
            })
            .collect();
        for sent in 0..=text.len() {
            let (mut line, _reader) = line();
            (line.bytes, line.sent) = (text.clone().into_bytes(), sent);
            line.cut();
            let end = ends.iter().copied().find(|end| *end >= sent).expect("an end");
            assert_eq!(line.bytes.len(), if sent == 0 { 0 } else { end }, "{sent}");
        }
    }
}
