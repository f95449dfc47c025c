//! The one loop: takes in what happened, keys first, and draws when something changed.

use std::{future::ready, io, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};

use super::{
    background,
    encode::Target,
    input,
    lent::Lent,
    notify,
    signals::{Signals, Told},
    terminal::{self, Screen, Tty},
};
use crate::{
    app::{Dirty, Effect, Event, Handout, Notice, Size, State, update},
    model::{Clock, Severity},
    ui,
};

/// How the loop is joined to the rest of the program.
pub struct Io {
    /// What happens outside.
    pub events: mpsc::Receiver<Event>,
    /// What the screen wants done outside.
    pub effects: mpsc::UnboundedSender<Effect>,
    /// Who tells the time.
    pub clock: Arc<dyn Clock>,
    /// Told when the first frame is on the screen: connectors start after that.
    pub drawn: Option<oneshot::Sender<()>>,
}

/// How long after the last key the focus follows the selection.
const REST: Duration = Duration::from_millis(60);
/// How long after the last key of a sequence half typed it is told how that goes on.
const WAITED: Duration = Duration::from_millis(300);
/// At most so many events are taken in before keys are looked at again.
const TURN: usize = 64;

/// Shows the screen until the engineer quits, the terminal goes, or a signal says to end; gives what was under way then.
pub async fn run(mut state: State, mut io: Io) -> io::Result<Vec<String>> {
    let mut signals = Signals::listen()?;
    let mut screen = Screen::enter()?;
    let mut turn = Turn { rest: None, told: None, last: Instant::now(), over: false, handout: None };
    let mut lent = Lent::default();
    turn.take(&mut state, resized()?, &mut screen, &io)?;
    let environment = |name: &str| std::env::var(name).ok();
    let asks = state.settings.by_background.is_some() && background::may_ask(environment);
    if asks {
        screen.terminal.backend_mut().raw(background::QUERY);
    }
    turn.draw(&mut state, &mut screen)?;
    if let Some(drawn) = io.drawn.take() {
        // Nobody waiting is as well.
        let _ = drawn.send(());
    }
    let mut keys = input::start(asks)?;
    let mut second = interval(Duration::from_secs(1));
    second.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let frame = Duration::from_secs(1) / u32::from(state.settings.frames.clamp(1, 60));
    let mut open = true;
    while !turn.over {
        if let Some(event) = lent.lend(turn.handout.take(), &mut keys, &mut screen, &signals)? {
            turn.take(&mut state, event, &mut screen, &io)?;
            continue;
        }
        let busy = screen.is_busy();
        // What is drawn when the terminal takes more, or is taken back, is what is so then.
        let due = if busy || lent.is_lent() { None } else { turn.due(state.dirty, frame, &screen) };
        if due.is_some_and(|at| at <= Instant::now()) {
            turn.draw(&mut state, &mut screen)?;
            continue;
        }
        let event = tokio::select! {
            biased;
            key = keys.events.recv(), if !lent.is_lent() => key.unwrap_or(Event::Hangup),
            told = signals.next() => if lent.is_lent() {
                heed_away(told)?
            } else {
                heed(told, &mut signals, &mut screen).await?
            },
            said = lent.ended(), if lent.is_lent() => {
                lent.take_back(&mut keys, &mut screen, &signals)?;
                turn.take(&mut state, resized()?, &mut screen, &io)?;
                let Some(said) = said else { continue };
                Event::Notice(Notice::new(Severity::Warning, said))
            }
            () = screen.drained(), if busy => continue,
            () = sleep_until(turn.rest.unwrap_or_else(Instant::now)), if turn.rest.is_some() => {
                turn.rest = None;
                Event::Rest
            }
            () = sleep_until(turn.told.unwrap_or_else(Instant::now)), if turn.told.is_some() => {
                turn.told = None;
                Event::Waited
            }
            _ = second.tick() => Event::Tick(io.clock.now()),
            event = io.events.recv(), if open => {
                let Some(event) = event else {
                    open = false;
                    continue;
                };
                event
            }
            () = ready(()), if state.logs.is_busy() => Event::Idle,
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => continue,
        };
        turn.take(&mut state, event, &mut screen, &io)?;
        // What is typed behind the key that starts another program is not meant for this one.
        while turn.handout.is_none()
            && let Ok(key) = keys.events.try_recv()
        {
            turn.take(&mut state, key, &mut screen, &io)?;
        }
        for _ in 0..TURN {
            if !keys.events.is_empty() || turn.over {
                break;
            }
            let Ok(event) = io.events.try_recv() else { break };
            turn.take(&mut state, event, &mut screen, &io)?;
        }
    }
    lent.end().await;
    Ok(state.unfinished())
}

/// What a signal means while another program has the terminal: this one stops with that, and goes on with it.
fn heed_away(told: Told) -> io::Result<Event> {
    match told {
        Told::End => return Ok(Event::Hangup),
        Told::Stop if terminal::can_stop()? => terminal::stop_here()?,
        Told::Stop | Told::Resize | Told::Continue => {}
    }
    resized()
}

/// What a signal means to the screen; a stop lasts until it is over.
async fn heed(told: Told, signals: &mut Signals, screen: &mut Screen) -> io::Result<Event> {
    let told = if told == Told::Stop && screen.suspend()? { signals.continued().await } else { told };
    match told {
        Told::End => Ok(Event::Hangup),
        Told::Resize => resized(),
        Told::Stop => {
            let why = "there is no shell here that could take vigie up again";
            Ok(Event::Notice(Notice::new(Severity::Quiet, why)))
        }
        Told::Continue => {
            screen.take_up()?;
            resized()
        }
    }
}

fn resized() -> io::Result<Event> {
    let (width, height) = Tty.size()?;
    Ok(Event::Resize(Size { width, height }))
}

/// What the loop remembers from turn to turn.
struct Turn {
    /// When the keys will have rested.
    rest: Option<Instant>,
    /// When it is told how a sequence half typed goes on.
    told: Option<Instant>,
    /// When the last frame was drawn.
    last: Instant,
    over: bool,
    /// What another program is to show.
    handout: Option<Handout>,
}

impl Turn {
    /// When the next frame is due.
    fn due(&self, dirty: Dirty, frame: Duration, screen: &Screen) -> Option<Instant> {
        match dirty {
            Dirty::No => screen.holds().then(Instant::now),
            Dirty::Now => Some(Instant::now()),
            Dirty::Data => Some(self.last + frame.max(screen.pause())),
        }
    }

    /// Takes an event in and does or passes on what it asks for.
    fn take(&mut self, state: &mut State, event: Event, screen: &mut Screen, io: &Io) -> io::Result<()> {
        let pressed = matches!(event, Event::Key(_) | Event::Mouse(_) | Event::Run(_));
        if pressed {
            self.rest = Some(Instant::now() + REST);
        }
        let effects = update(state, event);
        if pressed {
            self.told = state.waits_for_keys().then(|| Instant::now() + WAITED);
        }
        for effect in effects {
            match effect {
                Effect::Quit => self.over = true,
                Effect::Redraw => screen.redraw()?,
                Effect::Suspend => terminal::stop()?,
                Effect::Notify { text, ways } => {
                    let bytes = notify::sequence(&text, &ways, std::env::var_os("TMUX").is_some());
                    screen.tell(bytes);
                }
                Effect::Copy(text) => screen.copy(&text),
                Effect::HandOut(handout) => self.handout = Some(handout),
                // When nobody does things any more, the program is ending.
                other => _ = io.effects.send(other),
            }
        }
        Ok(())
    }

    fn draw(&mut self, state: &mut State, screen: &mut Screen) -> io::Result<()> {
        state.settle();
        screen.set_title(&ui::title(state));
        screen.set_mouse(state.settings.mouse);
        screen.draw(|frame| ui::view(state, frame))?;
        state.dirty = Dirty::No;
        self.last = Instant::now();
        Ok(())
    }
}
