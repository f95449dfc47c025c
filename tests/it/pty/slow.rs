//! A terminal behind a slow link: keys are taken all the same, frames are left out, and the newest state shows at last.

use std::{
    io::{Read, Write},
    os::unix::net::{UnixListener, UnixStream},
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use tokio::sync::mpsc;
use vigie::{
    app::{Effect, Event, Notice},
    model::{Clock as _, LogLine, Query, Severity, SystemClock},
};

use super::{
    drawn, show,
    terminal::{Start, Terminal, inside},
};

/// Names the socket on which the program in the terminal tells what it does.
const SOCKET: &str = "VIGIE_TEST_SOCKET";
/// The link: bytes a second.
const LINK: usize = 10 << 10;
/// What the kernel holds between the program and who reads: 8 KiB of the pseudo-terminal, which the last piece of 4
/// may exceed, and 4 of its line discipline (Linux: `drivers/tty/pty.c`, `tty_buffer.c`, `N_TTY_BUF_SIZE`).
const KERNEL: usize = 16 << 10;
/// No frame of 160×45 has more.
const FRAME: usize = 12 << 10;
/// Events that change the screen, and how far they are from each other.
const EVENTS: usize = 80;
const PAUSE: Duration = Duration::from_millis(50);
const LAST: &str = "that was the last event";
/// How long a key may take to be heeded. A blocked loop would take as long as a frame does: a second.
const PROMPT: Duration = Duration::from_millis(250);

/// The program in the terminal: events come all the time, and it tells when a manifest is asked for.
fn program() {
    let mut socket = UnixStream::connect(std::env::var_os(SOCKET).unwrap()).unwrap();
    show(SystemClock, |first, events, mut effects| {
        tokio::spawn(async move {
            while let Some(effect) = effects.recv().await {
                if let Effect::Read { query: Query::Manifest(_), .. } = effect {
                    socket.write_all(b"m").unwrap();
                }
            }
        });
        tokio::spawn(async move {
            first.await.unwrap();
            flood(&events).await;
            std::future::pending::<()>().await;
        });
    });
}

async fn flood(events: &mpsc::Sender<Event>) {
    let notice = |text: String| Event::Notice(Notice::new(Severity::Quiet, text));
    for n in 0..EVENTS {
        events.send(notice(format!("event {n}"))).await.unwrap();
        tokio::time::sleep(PAUSE).await;
    }
    events.send(notice(LAST.to_owned())).await.unwrap();
}

/// The program in the terminal: as soon as logs are opened, whole screens of lines come all the time.
fn talker() {
    let mut socket = UnixStream::connect(std::env::var_os(SOCKET).unwrap()).unwrap();
    show(SystemClock, |_, events, mut effects| {
        tokio::spawn(async move {
            let ticket = loop {
                if let Some(Effect::OpenLogs { ticket, .. }) = effects.recv().await {
                    break ticket;
                }
            };
            socket.write_all(b"l").unwrap();
            for n in 0u64.. {
                let line = |k: u64| LogLine {
                    at: SystemClock.now(),
                    origin: "appointments-7d4c9b6f5-x2x7p".into(),
                    container: "main".into(),
                    text: format!("{:x}", (n * 60 + k).wrapping_mul(0x9e37_79b9_7f4a_7c15)).repeat(4).into(),
                };
                let lines = (0..60).map(line).collect();
                if events.send(Event::Logs { ticket, lines }).await.is_err() {
                    return;
                }
                tokio::time::sleep(PAUSE).await;
            }
        });
    });
}

/// The program in its terminal, and when it heeded keys.
struct Slow {
    terminal: Terminal,
    heeded: std::sync::mpsc::Receiver<Instant>,
    _dir: tempfile::TempDir,
}

impl Slow {
    fn start(test: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let (out, heeded) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            while socket.read_exact(&mut [0]).is_ok() && out.send(Instant::now()).is_ok() {}
        });
        let env = [(SOCKET, path.to_str().unwrap())];
        let mut terminal = Start { env: &env, ..Start::default() }.test(&format!("pty::slow::{test}"));
        terminal.until_drawn();
        Self { terminal, heeded, _dir: dir }
    }

    /// Opens and closes a manifest, large frames both, while the link carries so many bytes a second; how long each
    /// took to be heeded.
    fn browse(&mut self, times: usize, link: usize) -> Vec<Duration> {
        let mut took = Vec::new();
        for _ in 0..times {
            let pressed = Instant::now();
            self.terminal.press("y");
            self.terminal.read_slowly(link, Duration::from_millis(80));
            self.terminal.press("q");
            self.terminal.read_slowly(link, Duration::from_millis(40));
            let heeded = self.heeded.recv_timeout(Duration::from_secs(30)).expect("the key was heeded");
            took.push(heeded.saturating_duration_since(pressed));
        }
        took
    }

    /// Reads until what is newest shows; how many bytes that took.
    fn newest(&mut self) -> usize {
        let before = self.terminal.written.len();
        self.terminal.until_shows(LAST);
        self.terminal.written.len() - before
    }

    /// Holds what is shown against the same drawn anew.
    fn check_shown(&mut self) {
        let shown = self.terminal.text();
        let before = self.terminal.written.len();
        self.terminal.press("\x0c");
        self.terminal.until("drew it anew", |t| {
            let new = String::from_utf8_lossy(&t.written[before..]);
            new.find("\x1b[2J").is_some_and(|cleared| new[cleared..].contains("\x1b[?2026l"))
        });
        assert_eq!(still(&shown), still(&self.terminal.text()));
    }
}

/// A screen without its first line, which has the time.
fn still(text: &str) -> Vec<&str> {
    text.lines().skip(1).collect()
}

fn frames(written: &[u8]) -> usize {
    String::from_utf8_lossy(written).matches("\x1b[?2026h").count()
}

#[test]
fn on_a_slow_link_keys_are_heeded_and_frames_left_out() {
    if inside() {
        return program();
    }
    let mut slow = Slow::start("on_a_slow_link_keys_are_heeded_and_frames_left_out");
    let before = slow.terminal.written.len();
    let mut took = slow.browse(12, LINK);
    slow.terminal.resize(120, 40);
    took.extend(slow.browse(12, LINK));
    let carried = slow.terminal.written.len() - before;
    let drawn = frames(&slow.terminal.written[before..]);
    let last = slow.newest();
    println!("{took:?}; {drawn} frames in {carried} bytes; {last} bytes until the newest");
    assert!(took.iter().all(|t| *t < PROMPT), "{took:?}");
    // 48 keys and 80 events were to be drawn.
    assert!(drawn < 48, "{drawn} frames");
    assert!(last < KERNEL + 3 * FRAME, "{last} bytes until the newest");
    slow.check_shown();
    slow.terminal.press("q");
    assert_eq!(slow.terminal.end().code(), Some(0));
    slow.terminal.check_given_back();
}

#[test]
fn on_a_slow_link_data_leaves_room_for_the_answer_to_a_key() {
    if inside() {
        return talker();
    }
    let mut slow = Slow::start("on_a_slow_link_data_leaves_room_for_the_answer_to_a_key");
    slow.terminal.press("2gglz");
    slow.heeded.recv_timeout(Duration::from_secs(30)).expect("logs were opened");
    // Until the link is full, and is known to be.
    slow.terminal.read_slowly(LINK, Duration::from_secs(6));
    let mut answers = Vec::new();
    for (key, shown) in [("?", true), ("q", false), ("?", true), ("q", false)] {
        slow.terminal.press(key);
        let pressed = Instant::now();
        while slow.terminal.text().contains("╔") != shown {
            slow.terminal.read_slowly(LINK, Duration::from_millis(20));
            assert!(pressed.elapsed() < Duration::from_secs(30), "{}", slow.terminal.text());
        }
        answers.push(pressed.elapsed());
        slow.terminal.read_slowly(LINK, Duration::from_millis(700));
    }
    println!("keys are answered after {answers:?}");
    // Where the way is full of data it takes what the kernel holds, the frame under way and the answer: three seconds.
    answers.sort();
    assert!(answers[1] < Duration::from_millis(1500), "{answers:?}");
    slow.terminal.press("q");
    slow.terminal.press("q");
}

#[test]
fn while_nothing_is_read_keys_are_heeded_and_nothing_piles_up() {
    if inside() {
        return program();
    }
    let mut slow = Slow::start("while_nothing_is_read_keys_are_heeded_and_nothing_piles_up");
    let before = slow.terminal.written.len();
    // Until it is stuck.
    let mut took = slow.browse(5, 0);
    let memory = slow.terminal.memory();
    took.extend(slow.browse(12, 0));
    slow.terminal.resize(120, 40);
    took.extend(slow.browse(12, 0));
    let grown = slow.terminal.memory().saturating_sub(memory);
    assert_eq!(slow.terminal.written.len(), before);
    let last = slow.newest();
    let drawn = frames(&slow.terminal.written[before..]);
    println!("{took:?}; grown by {grown} KiB; {drawn} frames in {last} bytes until the newest");
    assert!(took.iter().all(|t| *t < PROMPT), "{took:?}");
    assert!(grown < 1024, "{grown} KiB more");
    assert!(last < KERNEL + 3 * FRAME, "{last} bytes until the newest");
    slow.check_shown();
    slow.terminal.press("q");
    assert_eq!(slow.terminal.end().code(), Some(0));
    slow.terminal.check_given_back();
}

#[test]
fn quitting_leaves_out_what_is_under_way() {
    for end in ["q", "signal"] {
        let mut terminal = drawn(Start { size: (200, 60), ..Start::default() });
        for key in ["?", "q"].repeat(8) {
            terminal.press(key);
            terminal.read_slowly(0, Duration::from_millis(30));
        }
        if end == "q" {
            terminal.press("q");
        } else {
            terminal.signal(Signal::TERM);
        }
        let before = terminal.written.len();
        // In that time it is heeded.
        terminal.read_slowly(LINK, PROMPT);
        let status = terminal.end();
        let rest = terminal.written.len() - before;
        assert!(status.code().is_some(), "{end}: {status}");
        assert!(rest < KERNEL + LINK / 2, "{end}: {rest} bytes until the end");
        terminal.check_given_back();
    }
}

#[test]
fn an_answer_that_is_long_under_way_holds_nothing_up() {
    let mut terminal = drawn(Start { env: &[("COLORTERM", "truecolor")], ..Start::default() });
    let asked = |t: &Terminal| t.written.windows(6).any(|w| w == b"\x1b]11;?");
    assert!(asked(&terminal), "the background is asked for with the first frame");
    terminal.read_slowly(usize::MAX, Duration::from_millis(300));
    terminal.press("?");
    terminal.until_shows("why it is like this");
    let before = terminal.written.len();
    terminal.press("\x1b]11;rgb:ffff/ffff/ffff\x1b\\");
    // The paper of the light theme.
    terminal.until("took the light theme", |t| t.written.len() > before + 200);
    terminal.press("qq");
    assert_eq!(terminal.end().code(), Some(0));
    terminal.check_given_back();
}
