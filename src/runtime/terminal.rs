//! The terminal: entered once, left exactly as it was found, whatever ends the program.

use std::{
    io::{self, Write},
    panic,
    sync::{
        Arc, Mutex, MutexGuard, Once, PoisonError, TryLockError,
        mpsc::{SyncSender, sync_channel},
    },
    thread::{self, ThreadId},
    time::{Duration, Instant},
};

use base64::Engine;
use ratatui::{Frame, Terminal};
use rustix::{
    process::{Signal, getpgrp, getpid, getsid, kill_current_process_group, kill_process},
    stdio::{stdin, stdout},
    termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr},
};
use tokio::sync::Notify;

use super::{
    encode::{Encoder, Target},
    line::{Line, takes},
    mouse,
};
use crate::model::text;

/// What is to be known while the terminal is ours, and when it is given back.
struct Ours {
    /// Its modes as they were; none: it is not ours.
    modes: Option<Termios>,
    /// Who draws: a panic of this thread ends the program.
    owner: Option<ThreadId>,
    /// What other threads panicked with.
    failures: Vec<String>,
}

static OURS: Mutex<Ours> = Mutex::new(Ours { modes: None, owner: None, failures: Vec::new() });
/// Beside them, for modes are given back whoever is writing.
static LINE: Mutex<Option<Line>> = Mutex::new(None);
static HOOK: Once = Once::new();
/// At most so many failures are told.
const FAILURES: usize = 8;
/// How long giving back waits for a terminal that takes nothing.
const PATIENCE: Duration = Duration::from_secs(5);

fn ours() -> MutexGuard<'static, Ours> {
    OURS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn line() -> MutexGuard<'static, Option<Line>> {
    LINE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sends what the terminal takes now; whether nothing is left.
fn send() -> io::Result<bool> {
    line().as_mut().map_or(Ok(true), Line::send)
}

/// Saves the title, goes to the other screen, brackets pastes, hides the cursor.
const ENTER: &[u8] = b"\x1b[22;0t\x1b[?1049h\x1b[?2004h\x1b[?25l\x1b[0m\x1b[2J";
/// Undoes all of it, and ends a synchronized update that was cut short.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[?1006l\x1b[?1000l\x1b[0m\x1b[?2004l\x1b[?25h\x1b[?1049l\x1b[23;0t";

/// Undoes what another program may have left: the mouse, colours, bracketed pastes, a hidden cursor.
const TIDY: &[u8] = b"\x1b[?1006l\x1b[?1000l\x1b[0m\x1b[?2004l\x1b[?25h";

/// The terminal: takes all that is written at once, and sends it on as fast as it can.
#[derive(Debug, Default)]
pub struct Tty;

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut line = line();
        line.as_mut().ok_or(io::ErrorKind::NotConnected)?.put(bytes)?;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Target for Tty {
    fn size(&self) -> io::Result<(u16, u16)> {
        let size = tcgetwinsize(stdout())?;
        // A terminal that does not know its size is taken for the smallest usual one.
        Ok(if size.ws_col == 0 || size.ws_row == 0 { (80, 24) } else { (size.ws_col, size.ws_row) })
    }
}

/// The terminal while it is ours; dropping it gives it back.
pub struct Screen {
    /// What frames are drawn on.
    pub terminal: Terminal<Encoder<Tty>>,
    title: String,
    /// Whether the terminal tells of the mouse.
    mouse: bool,
    /// Whether there is a window to name and a clipboard: the console's older kernels would write such strings out.
    windowed: bool,
    /// What goes out beside the next frame; the newest of each is enough.
    copied: Vec<u8>,
    told: Vec<u8>,
    sender: Sender,
    /// How many bytes the last frame had.
    last: u64,
}

impl Screen {
    /// Takes the terminal; it is given back on drop and when this thread panics. A panic of another thread is not the
    /// end: it leaves the screen alone, and its words are told when the terminal is given back.
    pub fn enter() -> io::Result<Self> {
        HOOK.call_once(|| {
            let before = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                if !keep(info) {
                    leave();
                    before(info);
                }
            }));
        });
        ours().owner = Some(thread::current().id());
        take()?;
        Self::taken().inspect_err(|_| leave())
    }

    fn taken() -> io::Result<Self> {
        Ok(Self {
            terminal: Terminal::new(Encoder::new(Tty).filling(fills(|name| std::env::var(name).ok())))?,
            title: String::new(),
            mouse: false,
            windowed: std::env::var("TERM").is_ok_and(|term| !term.starts_with("linux")),
            copied: Vec::new(),
            told: Vec::new(),
            sender: Sender::start()?,
            last: 0,
        })
    }

    /// Whether a frame is still under way: another one has to wait until [`Screen::drained`].
    pub fn is_busy(&self) -> bool {
        line().as_ref().is_some_and(Line::is_busy)
    }

    /// How long after the last frame the next one may follow, where nobody waits for it.
    pub fn pause(&self) -> Duration {
        line().as_ref().map_or(Duration::ZERO, |line| line.pause(self.last))
    }

    /// Waits until nothing may be under way any more.
    pub async fn drained(&self) {
        self.sender.drained().await;
    }

    /// Gives the terminal back to lend it to another program; what restores its modes, whatever that does.
    pub fn give(&mut self) -> Given {
        let modes = ours().modes.clone();
        leave();
        Given(modes)
    }

    /// Takes the terminal up again from another program.
    pub fn take_from(&mut self, given: &Given) -> io::Result<()> {
        given.tidy();
        self.take_up()
    }

    /// Gives the terminal back and stops this process, as soon as may be, until it is continued: then the terminal is
    /// to be taken up again. `false`, and neither done, where nobody could continue it: beside a session's first
    /// process group there is no shell.
    pub fn suspend(&mut self) -> io::Result<bool> {
        if !can_stop()? {
            return Ok(false);
        }
        leave();
        stop_here()?;
        Ok(true)
    }

    /// Takes the terminal up again, and has all of it drawn.
    pub fn take_up(&mut self) -> io::Result<()> {
        leave();
        take()?;
        self.title.clear();
        self.mouse = false;
        self.redraw()
    }

    /// Has the next frame drawn whole.
    pub fn redraw(&mut self) -> io::Result<()> {
        self.terminal.backend_mut().forget();
        self.terminal.clear()
    }

    /// Names the window, when it is called otherwise now; goes out with the next frame.
    pub fn set_title(&mut self, title: &str) {
        if self.windowed && self.title != title {
            title.clone_into(&mut self.title);
            let safe = text::one_line(title);
            self.terminal.backend_mut().raw(format!("\x1b]2;{safe}\x07").as_bytes());
        }
    }

    /// Has the terminal tell of the mouse, or no longer; goes out with the next frame.
    pub fn set_mouse(&mut self, on: bool) {
        if self.mouse != on {
            self.mouse = on;
            self.terminal.backend_mut().raw(if on { mouse::ON } else { mouse::OFF });
        }
    }

    /// Puts text into the clipboard of the terminal in front of the engineer (OSC 52, through tmux too); goes out with
    /// the next frame.
    pub fn copy(&mut self, copied: &str) {
        if self.windowed {
            self.copied = clipboard(copied, std::env::var_os("TMUX").is_some());
        }
    }

    /// Tells who looks elsewhere; goes out with the next frame.
    pub fn tell(&mut self, sequence: Vec<u8>) {
        self.told = sequence;
    }

    /// Whether something is to go out though no cell changed.
    pub fn holds(&self) -> bool {
        !(self.copied.is_empty() && self.told.is_empty())
    }

    /// Draws, and sends with it what goes beside the cells.
    pub fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        for beside in [&mut self.copied, &mut self.told] {
            self.terminal.backend_mut().raw(&std::mem::take(beside));
        }
        let before = self.terminal.backend().written();
        self.terminal.draw(view)?;
        self.last = self.terminal.backend().written() - before;
        Ok(())
    }
}

/// The modes of a terminal that another program has.
pub struct Given(Option<Termios>);

impl Given {
    /// Puts back what a program may have left otherwise, which was killed perhaps.
    pub fn tidy(&self) {
        if let Some(modes) = &self.0 {
            // A terminal that is gone cannot be restored.
            let _ = tcsetattr(stdin(), OptionalActions::Now, modes);
            let _ = Tty.write_all(TIDY);
        }
    }
}

/// Whether somebody could continue this process: beside a session's first process group there is no shell.
pub fn can_stop() -> io::Result<bool> {
    Ok(getpgrp() != getsid(None)?)
}

/// Stops this process until it is continued.
pub fn stop_here() -> io::Result<()> {
    Ok(kill_process(getpid(), Signal::STOP)?)
}

/// A thread that sends on what the terminal did not take at once.
struct Sender {
    work: SyncSender<()>,
    drained: Arc<Notify>,
}

impl Sender {
    fn start() -> io::Result<Self> {
        let (work, wanted) = sync_channel(1);
        let drained = Arc::new(Notify::new());
        let tell = Arc::clone(&drained);
        thread::Builder::new().name("line".into()).spawn(move || {
            while wanted.recv().is_ok() {
                while !drain(Instant::now() + PATIENCE) {}
                tell.notify_one();
            }
        })?;
        Ok(Self { work, drained })
    }

    /// Waits until it says that all is sent; it may say so once too often.
    async fn drained(&self) {
        // One that has work already needs no more.
        let _ = self.work.try_send(());
        self.drained.notified().await;
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
    }
}

/// Whether the terminal gives what it erases the background that is set, as terminfo has it (`bce`); tmux does though
/// its entry does not say so, and GNU screen does not under any name.
fn fills(get: impl Fn(&str) -> Option<String>) -> bool {
    const FILLING: [&str; 9] =
        ["xterm", "tmux", "linux", "alacritty", "foot", "rxvt", "st-", "konsole", "putty"];
    let term = get("TERM").unwrap_or_default();
    get("STY").is_none() && (get("TMUX").is_some() || FILLING.iter().any(|name| term.starts_with(name)))
}

/// The sequence that sets the clipboard.
fn clipboard(copied: &str, inside_tmux: bool) -> Vec<u8> {
    let encoded = base64::engine::general_purpose::STANDARD.encode(copied);
    let plain = format!("\x1b]52;c;{encoded}\x07");
    if inside_tmux {
        // tmux passes on what is in its own envelope, escapes doubled.
        format!("{plain}\x1bPtmux;\x1b{plain}\x1b\\").into_bytes()
    } else {
        plain.into_bytes()
    }
}

fn take() -> io::Result<()> {
    {
        let mut line = line();
        if line.is_none() {
            *line = Some(Line::open()?);
        }
    }
    let modes = tcgetattr(stdin())?;
    let mut raw = modes.clone();
    raw.make_raw();
    tcsetattr(stdin(), OptionalActions::Now, &raw)?;
    ours().modes = Some(modes);
    Tty.write_all(ENTER).inspect_err(|_| leave())
}

/// Gives the terminal back; does nothing when it is not ours. A terminal that is gone, or takes nothing for long,
/// cannot be given back.
pub fn leave() {
    // First what needs no room in the terminal.
    if restore() && last_words(&mut line()).is_ok() && drain(Instant::now() + PATIENCE) {
        let failures = std::mem::take(&mut ours().failures);
        for failure in failures {
            let _ = writeln!(io::stderr(), "a part of vigie failed, the rest went on: {failure}");
        }
    }
}

/// Gives the terminal back without waiting for it: one that takes nothing more gets only its modes back.
pub fn abandon() {
    if !restore() {
        return;
    }
    // Who writes at this moment is held by the terminal.
    let mut line = match LINE.try_lock() {
        Ok(line) => line,
        Err(TryLockError::Poisoned(line)) => line.into_inner(),
        Err(TryLockError::WouldBlock) => return,
    };
    if takes(stdout(), Instant::now()) {
        let _ = last_words(&mut line);
    }
}

/// Sends what undoes all, in place of what is under way.
fn last_words(line: &mut Option<Line>) -> io::Result<()> {
    let Some(line) = line else { return Ok(()) };
    line.cut();
    line.put(LEAVE)
}

/// Waits until all is sent, or a moment; whether nothing is left. A terminal that is gone takes nothing more, and
/// whoever writes next hears of it.
fn drain(until: Instant) -> bool {
    let Some(tty) = line().as_ref().map(Line::tty) else { return true };
    loop {
        match send() {
            Ok(false) if takes(&tty, until) => {}
            other => return other.unwrap_or(true),
        }
    }
}

/// Gives the terminal's modes back; whether it was ours.
fn restore() -> bool {
    let modes = ours().modes.take();
    modes.map(|modes| tcsetattr(stdin(), OptionalActions::Now, &modes)).is_some()
}

/// Stops all that the terminal's foreground runs, as its own stop key would: comes back as a signal.
pub fn stop() -> io::Result<()> {
    Ok(kill_current_process_group(Signal::TSTP)?)
}

/// Keeps the words of a panic that does not end the program; `false` where it does.
fn keep(info: &panic::PanicHookInfo<'_>) -> bool {
    let mut ours = ours();
    let goes_on = ours.modes.is_some() && ours.owner != Some(thread::current().id());
    if goes_on && ours.failures.len() < FAILURES {
        ours.failures.push(text::one_line(&info.to_string()).into_owned());
    }
    goes_on
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_terminals_that_fill_are_taken_to() {
        let fills = |pairs: &[(&str, &str)]| {
            super::fills(|n| pairs.iter().find(|(k, _)| *k == n).map(|(_, v)| (*v).to_owned()))
        };
        assert!(fills(&[("TERM", "xterm-256color")]));
        assert!(fills(&[("TERM", "screen-256color"), ("TMUX", "/tmp/t")]));
        assert!(!fills(&[("TERM", "screen-256color")]));
        assert!(!fills(&[("TERM", "xterm-256color"), ("STY", "1.pts")]));
        assert!(!fills(&[("TERM", "vt220")]) && !fills(&[]));
    }

    #[test]
    fn clipboard_is_encoded() {
        assert_eq!(clipboard("hello", false), b"\x1b]52;c;aGVsbG8=\x07");
        assert!(clipboard("hello", true).ends_with(b"\x1bPtmux;\x1b\x1b]52;c;aGVsbG8=\x07\x1b\\"));
    }
}
