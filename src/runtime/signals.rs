//! Signals: heard from before the terminal is taken, so that none ends the program without giving it back.

use std::{
    io, process,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use rustix::process::Signal;
use tokio::{
    signal::unix::{self, SignalKind, signal},
    sync::mpsc,
    task::JoinHandle,
    time::sleep,
};

use super::terminal;

/// How long ending may take: a terminal that takes nothing any more must not hold the program.
const GRACE: Duration = Duration::from_millis(400);

/// Milliseconds by which a signal may be heard of late that went to another program too.
const LATE: u64 = 200;

/// What a signal tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// To end.
    End,
    /// That the window has another size.
    Resize,
    /// To stop until further notice.
    Stop,
    /// That this process was stopped, and goes on.
    Continue,
}

/// What signals told, and who hears them: dropped when the terminal was given back.
pub(super) struct Signals {
    told: mpsc::UnboundedReceiver<Told>,
    task: JoinHandle<()>,
    start: Instant,
    /// Until how many milliseconds after the start another program has the terminal: what its keys mean is its affair.
    away: Arc<AtomicU64>,
}

impl Signals {
    /// Listens from now on. What is to end and has not soon is ended, wherever it hangs.
    pub fn listen() -> io::Result<Self> {
        let mut kinds = Kinds::new()?;
        let (out, told) = mpsc::unbounded_channel();
        let start = Instant::now();
        let away = Arc::new(AtomicU64::new(0));
        let until = Arc::clone(&away);
        let task = tokio::spawn(async move {
            loop {
                let (what, by_key) = kinds.next().await;
                if by_key && millis(start) < until.load(Ordering::Relaxed) {
                    continue;
                }
                // Nobody listening means that the program ends already.
                let _ = out.send(what);
                if what == Told::End {
                    sleep(GRACE).await;
                    terminal::abandon();
                    process::exit(1);
                }
            }
        });
        Ok(Self { told, task, start, away })
    }

    /// Says whether another program has the terminal: its keys for interrupting are not meant for this one.
    pub fn leave_keys(&self, away: bool) {
        // The key that ended it may be heard of here a moment after.
        let until = if away { u64::MAX } else { millis(self.start).saturating_add(LATE) };
        self.away.store(until, Ordering::Relaxed);
    }

    /// The next one.
    pub async fn next(&mut self) -> Told {
        self.told.recv().await.unwrap_or(Told::End)
    }

    /// Waits until this process, stopped before, goes on or is to end.
    pub async fn continued(&mut self) -> Told {
        loop {
            if let told @ (Told::Continue | Told::End) = self.next().await {
                return told;
            }
        }
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Kinds {
    end: [unix::Signal; 4],
    resize: unix::Signal,
    stop: unix::Signal,
    go_on: unix::Signal,
}

impl Kinds {
    fn new() -> io::Result<Self> {
        let kind = |s: Signal| signal(SignalKind::from_raw(s.as_raw()));
        Ok(Self {
            end: [kind(Signal::TERM)?, kind(Signal::INT)?, kind(Signal::HUP)?, kind(Signal::QUIT)?],
            resize: kind(Signal::WINCH)?,
            stop: kind(Signal::TSTP)?,
            go_on: kind(Signal::CONT)?,
        })
    }

    /// The next one, and whether a key of the terminal sends it to all that runs there.
    async fn next(&mut self) -> (Told, bool) {
        let [term, int, hup, quit] = &mut self.end;
        tokio::select! {
            biased;
            _ = term.recv() => (Told::End, false),
            _ = int.recv() => (Told::End, true),
            _ = hup.recv() => (Told::End, false),
            _ = quit.recv() => (Told::End, true),
            _ = self.go_on.recv() => (Told::Continue, false),
            _ = self.stop.recv() => (Told::Stop, false),
            _ = self.resize.recv() => (Told::Resize, false),
        }
    }
}
