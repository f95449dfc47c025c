//! Signals: heard from before the terminal is taken, so that none ends the program without giving it back.

use std::{io, process, time::Duration};

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
}

impl Signals {
    /// Listens from now on. What is to end and has not soon is ended, wherever it hangs.
    pub fn listen() -> io::Result<Self> {
        let mut kinds = Kinds::new()?;
        let (out, told) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            loop {
                let what = kinds.next().await;
                // Nobody listening means that the program ends already.
                let _ = out.send(what);
                if what == Told::End {
                    sleep(GRACE).await;
                    terminal::abandon();
                    process::exit(1);
                }
            }
        });
        Ok(Self { told, task })
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

    async fn next(&mut self) -> Told {
        let [term, int, hup, quit] = &mut self.end;
        tokio::select! {
            biased;
            _ = term.recv() => Told::End,
            _ = int.recv() => Told::End,
            _ = hup.recv() => Told::End,
            _ = quit.recv() => Told::End,
            _ = self.go_on.recv() => Told::Continue,
            _ = self.stop.recv() => Told::Stop,
            _ = self.resize.recv() => Told::Resize,
        }
    }
}
