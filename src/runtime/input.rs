//! Keys: read on threads of their own, so that a busy loop never loses one and a lost terminal is always noticed.

use std::{io, thread};

use crossterm::event::{self, KeyCode, KeyEventKind, KeyModifiers};
use rustix::{
    event::{PollFd, PollFlags, poll},
    stdio::stdin,
};
use tokio::sync::mpsc;

use crate::{
    app::{Event, Size},
    keymap::{Code, Press},
};

/// Starts reading keys; the threads end when nobody listens any more or the terminal is gone.
pub fn start() -> io::Result<mpsc::UnboundedReceiver<Event>> {
    let (out, events) = mpsc::unbounded_channel();
    let keys = out.clone();
    thread::Builder::new().name("keys".into()).spawn(move || read(&keys))?;
    // crossterm does not come back from a terminal that hung up: someone else has to notice.
    thread::Builder::new().name("hangup".into()).spawn(move || watch(&out))?;
    Ok(events)
}

fn read(out: &mpsc::UnboundedSender<Event>) {
    loop {
        let tty = stdin();
        let mut fds = [PollFd::new(&tty, PollFlags::IN)];
        match poll(&mut fds, None) {
            Ok(_) if fds[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) => return,
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return,
        }
        while let Ok(true) = event::poll(std::time::Duration::ZERO) {
            let Ok(event) = event::read() else { return };
            if let Some(event) = translate(event)
                && out.send(event).is_err()
            {
                return;
            }
        }
    }
}

/// Waits for the terminal to hang up, which is told without being asked for.
fn watch(out: &mpsc::UnboundedSender<Event>) {
    loop {
        let tty = stdin();
        let mut fds = [PollFd::new(&tty, PollFlags::empty())];
        match poll(&mut fds, None) {
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            Ok(_) | Err(_) => {
                // Nobody listening means that the program ends already.
                let _ = out.send(Event::Hangup);
                return;
            }
        }
    }
}

/// What an event of crossterm means to us.
fn translate(event: event::Event) -> Option<Event> {
    match event {
        event::Event::Key(key) if key.kind != KeyEventKind::Release => {
            Some(Event::Key(press(key.code, key.modifiers)?))
        }
        event::Event::Paste(text) => Some(Event::Paste(text)),
        event::Event::Resize(width, height) => Some(Event::Resize(Size { width, height })),
        _ => None,
    }
}

fn press(code: KeyCode, modifiers: KeyModifiers) -> Option<Press> {
    let mut shift = modifiers.contains(KeyModifiers::SHIFT);
    let code = match code {
        KeyCode::Char(c) => {
            shift = false;
            Code::Char(c)
        }
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => {
            shift = true;
            Code::Tab
        }
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Insert => Code::Insert,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::F(n) => Code::F(n),
        _ => return None,
    };
    let held = |m| modifiers.contains(m);
    Some(Press { code, ctrl: held(KeyModifiers::CONTROL), alt: held(KeyModifiers::ALT), shift })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presses_are_as_keymaps_write_them() {
        let p = |code, modifiers| press(code, modifiers).map(|p| p.to_string());
        assert_eq!(p(KeyCode::Char('R'), KeyModifiers::SHIFT).as_deref(), Some("R"));
        assert_eq!(p(KeyCode::Char('d'), KeyModifiers::CONTROL).as_deref(), Some("ctrl-d"));
        assert_eq!(p(KeyCode::BackTab, KeyModifiers::SHIFT).as_deref(), Some("shift-tab"));
        assert_eq!(p(KeyCode::CapsLock, KeyModifiers::NONE), None);
    }
}
