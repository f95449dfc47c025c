//! The program on a real terminal: it draws, gives the terminal back whatever ends it, and never hangs.

mod editor;
mod slow;
mod terminal;
mod terms;

use std::{sync::Arc, time::Duration};

use rustix::process::Signal;
use tokio::sync::{mpsc, oneshot};
use vigie::{
    app::{Effect, Event, Notice},
    model::{Clock, Severity, SystemClock, Time},
    runtime::{self, Io},
};

use crate::{driver::Driver, frame::world};
use terminal::{Start, Terminal, inside};

/// A vigie whose first frame is drawn.
fn drawn(start: Start<'_>) -> Terminal {
    let mut terminal = start.vigie();
    terminal.until_drawn();
    terminal
}

#[test]
fn keys_quit() {
    for keys in ["q", "\x03"] {
        let mut terminal = drawn(Start::default());
        assert!(terminal.written.windows(8).any(|w| w == b"\x1b[22;0t\x1b"), "the title is kept");
        terminal.press(keys);
        assert_eq!(terminal.end().code(), Some(0), "{keys:?}");
        terminal.check_given_back();
    }
}

#[test]
fn the_mouse_is_told_of_but_over_ssh() {
    for (env, mode) in [
        (&[][..], vt100::MouseProtocolMode::PressRelease),
        (&[("SSH_TTY", "/dev/pts/9")][..], vt100::MouseProtocolMode::None),
    ] {
        let mut terminal = drawn(Start { env, ..Start::default() });
        assert_eq!(terminal.screen.screen().mouse_protocol_mode(), mode);
        // The wheel and a release are no keys.
        terminal.press("\x1b[<65;9;9M\x1b[<0;9;9mq");
        assert_eq!(terminal.end().code(), Some(0));
        terminal.check_given_back();
    }
}

#[test]
fn signals_end_it() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT] {
        let mut terminal = drawn(Start::default());
        terminal.signal(signal);
        let status = terminal.end();
        assert!(status.code().is_some(), "{signal:?}: {status}");
        terminal.check_given_back();
    }
}

#[test]
fn signals_end_it_before_the_first_frame() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT] {
        let mut terminal = Start::default().vigie();
        terminal.until("took the terminal", |t| t.screen.screen().alternate_screen());
        terminal.signal(signal);
        let status = terminal.end();
        assert!(status.code().is_some(), "{signal:?}: {status}");
        terminal.check_given_back();
    }
}

/// A shell that starts vigie as a job, and takes it up again after a line was typed.
const JOBS: &str = "set -m; \"$@\"; echo \"stopped $?\"; read -r go; fg; echo \"ended $?\"";

#[test]
fn it_stops_and_goes_on() {
    for by_key in [true, false] {
        let through = &["setsid", "-c", "sh", "-c", JOBS, "sh"];
        let mut terminal = drawn(Start { through, ..Start::default() });
        if by_key {
            terminal.press("\x1a");
        } else {
            terminal.signal(Signal::TSTP);
        }
        terminal.until_shows("stopped");
        terminal.check_given_back();
        terminal.resize(100, 30);
        terminal.press("\r");
        terminal.until("drew in the new size", |t| {
            t.text().contains("Applications") && t.text().lines().nth(29).is_some_and(|l| l.contains("keys"))
        });
        terminal.press("q");
        assert_eq!(terminal.end().code(), Some(0));
        assert!(terminal.text().contains("ended 0"), "{}", terminal.text());
        terminal.check_given_back();
    }
}

#[test]
fn where_nobody_could_take_it_up_again_it_does_not_stop() {
    let mut terminal = drawn(Start::default());
    for stop in 0..2 {
        if stop == 0 {
            terminal.press("\x1a");
        } else {
            terminal.signal(Signal::TSTP);
        }
        terminal.until_shows("no shell");
        terminal.press("/x");
        terminal.until("took a key", |t| !t.screen.screen().hide_cursor());
        terminal.press("\x1b");
        terminal.until("left the filter", |t| t.screen.screen().hide_cursor());
    }
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(0));
    terminal.check_given_back();
}

/// What the screen wants done outside.
type Effects = mpsc::UnboundedReceiver<Effect>;

/// The screen of a small world, as the program shows it, until it is told to end.
fn show(clock: impl Clock, beside: impl FnOnce(oneshot::Receiver<()>, mpsc::Sender<Event>, Effects)) {
    let state = Driver::new(world::incident(), world::now(), 160, 45).state;
    let (sender, events) = mpsc::channel(8);
    let (effects, wanted) = mpsc::unbounded_channel();
    let (drawn, first) = oneshot::channel();
    let io = Io { events, effects, clock: Arc::new(clock), drawn: Some(drawn) };
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(
        async {
            beside(first, sender, wanted);
            runtime::run(state, io).await.unwrap();
        },
    );
}

/// A clock that breaks the loop at its first tick.
struct Broken;

impl Clock for Broken {
    fn now(&self) -> Time {
        panic!("the clock broke")
    }
}

#[test]
fn a_panic_of_the_loop_gives_the_terminal_back() {
    if inside() {
        return show(Broken, |_, _, _| {});
    }
    let mut terminal = Start::default().test("pty::a_panic_of_the_loop_gives_the_terminal_back");
    assert_eq!(terminal.end().code(), Some(101));
    assert!(terminal.text().contains("the clock broke"), "{}", terminal.text());
    assert!(String::from_utf8_lossy(&terminal.written).contains("\x1b[?1049h"), "the terminal was taken");
    terminal.check_given_back();
}

#[test]
fn a_panic_of_a_task_leaves_the_screen_alone() {
    if inside() {
        return show(SystemClock, |first, events, _| {
            tokio::spawn(async move {
                first.await.unwrap();
                let task = tokio::spawn(async { panic!("a task broke") });
                assert!(task.await.unwrap_err().is_panic());
                events.send(Event::Notice(Notice::new(Severity::Quiet, "the task is gone"))).await.unwrap();
                // The loop ends with its events no sooner than it is told to.
                std::future::pending::<()>().await;
            });
        });
    }
    let mut terminal = Start::default().test("pty::a_panic_of_a_task_leaves_the_screen_alone");
    terminal.until_shows("the task is gone");
    assert!(terminal.screen.screen().alternate_screen(), "{}", terminal.text());
    assert!(!terminal.text().contains("a task broke"), "{}", terminal.text());
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(0));
    assert!(terminal.text().contains("a task broke"), "{}", terminal.text());
    terminal.check_given_back();
}

#[test]
fn a_terminal_that_is_gone_ends_it() {
    let ways: [(&str, &[&str]); 3] = [
        ("hangup told", &["setsid", "-c"]),
        ("hangup ignored", &["setsid", "-c", "sh", "-c", "trap '' HUP; exec \"$@\"", "sh"]),
        ("nobody to tell", &["setsid"]),
    ];
    for (way, through) in ways {
        let terminal = drawn(Start { through, ..Start::default() });
        let (status, took, cost) = terminal.close();
        println!("{way}: {status} after {took:?}, {cost}0 ms of the processor");
        assert!(status.code().is_some(), "{way}: {status}");
        // The goal is half a second; a machine with other things to do is given more.
        assert!(took < Duration::from_secs(2) && cost < 25, "{way}: {took:?}, {cost}0 ms");
    }
}

#[test]
fn a_terminal_that_takes_nothing_does_not_hold_it() {
    for signal in [Some(Signal::TERM), Some(Signal::HUP), None] {
        let mut terminal = drawn(Start::default());
        terminal.fill();
        if let Some(signal) = signal {
            terminal.press("?");
            terminal.signal(signal);
        } else {
            terminal.press("q");
        }
        assert!(terminal.end_unread().code().is_some());
        terminal.check_modes();
    }
}

#[test]
fn many_keys_at_once_are_all_taken() {
    let mut terminal = drawn(Start::default());
    terminal.press(&("j".repeat(3000) + "q"));
    assert_eq!(terminal.end().code(), Some(0));
    terminal.check_given_back();
}

#[test]
fn every_size_is_drawn() {
    let mut terminal = drawn(Start::default());
    for (width, height) in [(80, 24), (1, 1), (200, 60), (2, 3)] {
        let start = terminal.written.len();
        terminal.resize(width, height);
        terminal.until("drew it all", |t| {
            let new = String::from_utf8_lossy(&t.written[start..]);
            new.rfind("\x1b[2J").is_some_and(|cleared| new[cleared..].contains("\x1b[?2026l"))
        });
        if width >= 80 {
            terminal.until_shows("Applications");
        }
    }
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(0));
    terminal.check_given_back();
}

#[test]
fn without_a_terminal_it_says_what_answers() {
    for joined in [[false, true], [true, false]] {
        let mut terminal = Start { joined, through: &["setsid"], ..Start::default() }.vigie();
        assert_eq!(terminal.end().code(), Some(2));
        assert!(terminal.text().contains("`vigie status`"), "{}", terminal.text());
        assert!(!terminal.written.contains(&0x1b));
        terminal.check_given_back();
    }
}
