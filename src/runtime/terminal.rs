//! The terminal: entered once, left exactly as it was found, whatever ends the program.

use std::{
    io::{self, Write},
    panic,
    sync::{
        Once,
        atomic::{AtomicBool, Ordering},
    },
};

use base64::Engine;
use ratatui::Terminal;

use super::encode::{Encoder, Target};
use crate::model::text;

/// Whether the terminal is ours now.
static ENTERED: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// Saves the title, goes to the other screen, brackets pastes, hides the cursor.
const ENTER: &[u8] = b"\x1b[22;0t\x1b[?1049h\x1b[?2004h\x1b[?25l\x1b[0m\x1b[2J";
/// Undoes all of it, and ends a synchronized update that was cut short.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[0m\x1b[?2004l\x1b[?25h\x1b[?1049l\x1b[23;0t";

/// Standard output, written without a buffer in between.
#[derive(Debug, Default)]
pub struct Tty;

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(rustix::stdio::stdout(), bytes)?)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Target for Tty {
    fn size(&self) -> io::Result<(u16, u16)> {
        let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout())?;
        // A terminal that does not know its size is taken for the smallest usual one.
        Ok(if size.ws_col == 0 || size.ws_row == 0 { (80, 24) } else { (size.ws_col, size.ws_row) })
    }
}

/// The terminal while it is ours; dropping it gives it back.
pub struct Screen {
    /// What frames are drawn on.
    pub terminal: Terminal<Encoder<Tty>>,
    title: String,
}

impl Screen {
    /// Takes the terminal; it is given back on drop and when anything panics.
    pub fn enter() -> io::Result<Self> {
        HOOK.call_once(|| {
            let before = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                leave();
                before(info);
            }));
        });
        take()?;
        let terminal = Terminal::new(Encoder::new(Tty)).inspect_err(|_| leave())?;
        Ok(Self { terminal, title: String::new() })
    }

    /// Gives the terminal back for a while, stops this process, and takes it again when it goes on.
    pub fn suspend(&mut self) -> io::Result<()> {
        leave();
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP)?;
        take()?;
        self.redraw()
    }

    /// Has the next frame drawn whole.
    pub fn redraw(&mut self) -> io::Result<()> {
        self.terminal.backend_mut().forget();
        self.terminal.clear()
    }

    /// Names the window, when it is called otherwise now; goes out with the next frame.
    pub fn set_title(&mut self, title: &str) {
        if self.title != title {
            title.clone_into(&mut self.title);
            let safe = text::one_line(title);
            self.terminal.backend_mut().raw(format!("\x1b]2;{safe}\x07").as_bytes());
        }
    }

    /// Puts text into the clipboard of the terminal in front of the engineer (OSC 52, through tmux too).
    pub fn copy(&mut self, copied: &str) -> io::Result<()> {
        let inside_tmux = std::env::var_os("TMUX").is_some();
        let bytes = clipboard(copied, inside_tmux);
        self.terminal.backend_mut().raw(&bytes);
        ratatui::backend::Backend::flush(self.terminal.backend_mut())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
    }
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
    crossterm::terminal::enable_raw_mode()?;
    ENTERED.store(true, Ordering::SeqCst);
    Tty.write_all(ENTER).inspect_err(|_| leave())
}

/// Gives the terminal back; does nothing when it is not ours. A terminal that is gone cannot be given back.
pub fn leave() {
    if ENTERED.swap(false, Ordering::SeqCst) {
        let _ = Tty.write_all(LEAVE);
        let _ = crossterm::terminal::disable_raw_mode();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clipboard_is_encoded() {
        assert_eq!(clipboard("hello", false), b"\x1b]52;c;aGVsbG8=\x07");
        assert!(clipboard("hello", true).ends_with(b"\x1bPtmux;\x1b\x1b]52;c;aGVsbG8=\x07\x1b\\"));
    }
}
