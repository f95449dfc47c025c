//! Keys: read on a thread of their own, so that a busy loop never loses one and a lost terminal is always noticed.

use std::{
    io::{self, PipeReader, PipeWriter, Read, Write, pipe},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::{Errno, read},
    stdio::stdin,
};
use tokio::sync::mpsc;

use super::{
    background::{Answer, Taken},
    keys::Keys,
};
use crate::app::Event;

/// How long the rest of a key may be under way: a slow link tears them apart.
const TORN: Timespec = Timespec { tv_sec: 0, tv_nsec: 25_000_000 };

/// Keys as they come, and the way to leave them to another program.
pub struct Input {
    /// What was pressed.
    pub events: mpsc::UnboundedReceiver<Event>,
    wake: PipeWriter,
    held: Receiver<()>,
}

/// What the thread that reads is told, and how it answers.
struct Hold {
    wake: PipeReader,
    held: Sender<()>,
}

const HOLD: u8 = b'h';
const GO_ON: u8 = b'g';

/// Starts reading keys, and the background when the terminal was `asked` for it; ends with a hangup when the terminal
/// is gone.
pub fn start(asked: bool) -> io::Result<Input> {
    let (out, events) = mpsc::unbounded_channel();
    let (reader, wake) = pipe()?;
    let (sender, held) = channel();
    let hold = Hold { wake: reader, held: sender };
    thread::Builder::new().name("keys".into()).spawn(move || {
        let end = End(out);
        listen(&end.0, Answer::awaited(asked), hold);
    })?;
    Ok(Input { events, wake, held })
}

impl Input {
    /// Reads no more keys; those read and not taken yet are dropped, for nothing puts them back: what did (TIOCSTI) is
    /// off in Linux since 6.2, because it typed for others. `false` when the terminal is gone.
    pub fn hold(&mut self) -> bool {
        let told = self.wake.write_all(&[HOLD]).is_ok() && self.held.recv().is_ok();
        while let Ok(event) = self.events.try_recv() {
            if matches!(event, Event::Hangup) {
                return false;
            }
        }
        told
    }

    /// Reads keys again.
    pub fn go_on(&mut self) {
        // A thread that has ended told so.
        let _ = self.wake.write_all(&[GO_ON]);
    }
}

impl Hold {
    /// Takes what was told: waits until keys are to be read again. `false` when nobody listens any more.
    fn wait(&mut self) -> bool {
        let mut told = [0];
        while self.wake.read_exact(&mut told).is_ok() {
            if told == [GO_ON] {
                return true;
            }
            if self.held.send(()).is_err() {
                return false;
            }
        }
        false
    }
}

/// Tells that no key will come any more, whatever the reason.
struct End(mpsc::UnboundedSender<Event>);

impl Drop for End {
    fn drop(&mut self) {
        // Nobody listening means that the program ends already.
        let _ = self.0.send(Event::Hangup);
    }
}

/// Reads until the terminal is gone or nobody listens.
fn listen(out: &mpsc::UnboundedSender<Event>, mut answer: Answer, mut hold: Hold) {
    let mut keys = Keys::default();
    let mut bytes = [0; 4096];
    while !out.is_closed() {
        let tty = stdin();
        let mut fds = [PollFd::new(&tty, PollFlags::IN), PollFd::new(&hold.wake, PollFlags::IN)];
        let polled = poll(&mut fds, keys.is_torn().then_some(&TORN));
        let [typed, told] = [fds[0].revents(), fds[1].revents()];
        let events = match polled {
            Ok(0) => keys.rest().into_iter().collect(),
            Ok(_) if !told.is_empty() => {
                if !hold.wait() {
                    return;
                }
                keys = Keys::default();
                continue;
            }
            Ok(_) if typed != PollFlags::IN => return,
            Ok(_) => match read(tty, &mut bytes) {
                Ok(0) => return,
                Ok(count) => keys.read(&bytes[..count]),
                Err(Errno::INTR | Errno::AGAIN) => continue,
                Err(_) => return,
            },
            Err(Errno::INTR) => continue,
            Err(_) => return,
        };
        if events.into_iter().flat_map(|e| without(&mut answer, e)).any(|event| out.send(event).is_err()) {
            return;
        }
    }
}

/// Takes out of the keys what answers for the background.
fn without(answer: &mut Answer, event: Event) -> Vec<Event> {
    let Event::Key(press) = event else { return vec![event] };
    match answer.take(press) {
        Taken::Keys(presses) => presses.into_iter().map(Event::Key).collect(),
        Taken::Held => Vec::new(),
        Taken::Answer(light) => light.map(|light| Event::Background { light }).into_iter().collect(),
    }
}
