//! Keys: read on a thread of their own, so that a busy loop never loses one and a lost terminal is always noticed.

use std::{io, thread};

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

/// Starts reading keys, and the background when the terminal was `asked` for it; ends with a hangup when the terminal
/// is gone.
pub fn start(asked: bool) -> io::Result<mpsc::UnboundedReceiver<Event>> {
    let (out, events) = mpsc::unbounded_channel();
    thread::Builder::new().name("keys".into()).spawn(move || {
        let end = End(out);
        listen(&end.0, Answer::awaited(asked));
    })?;
    Ok(events)
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
fn listen(out: &mpsc::UnboundedSender<Event>, mut answer: Answer) {
    let mut keys = Keys::default();
    let mut bytes = [0; 4096];
    while !out.is_closed() {
        let tty = stdin();
        let mut fds = [PollFd::new(&tty, PollFlags::IN)];
        let events = match poll(&mut fds, keys.is_torn().then_some(&TORN)) {
            Ok(0) => keys.rest().into_iter().collect(),
            Ok(_) if fds[0].revents() != PollFlags::IN => return,
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
