//! `vigie --plain`: the cockpit in lines, for screen readers and for outputs that are no terminal. What matters is
//! said when it changes; what is asked for is typed as a line. Nothing but text is written.

mod teller;

use std::{
    io::{self, BufRead, IsTerminal},
    thread,
    time::Duration,
};

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
    time::{MissedTickBehavior, interval},
};

use super::{
    get::{self, What},
    output::out,
    status,
};
use crate::{
    app::{Effect, Event, State, update},
    model::text,
    runtime::Io,
    store::Status,
};
use teller::Teller;

/// Seconds that systems have to answer before the first words.
const PATIENCE: u32 = 20;

const HELP: &str = "\
status: each environment in a sentence. problems: what is wrong, worst first.
apps, pods, deployments, nodes, alerts, silences, leases, events and so on list these; a word after it narrows the list.
quiet: only what is asked for is said, or everything again. quit: end.
To change something use another shell: vigie sync, vigie rollback, vigie hold.
";

/// What a line typed asks for.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Status,
    Problems,
    List(String, String),
    Quiet,
    Help,
    Quit,
    Nothing,
    Unknown(String),
}

/// Speaks until told to end.
pub async fn run(mut state: State, mut io: Io) -> io::Result<()> {
    if let Some(drawn) = io.drawn.take() {
        // Nobody waiting is as well.
        let _ = drawn.send(());
    }
    let mut lines = lines()?;
    let mut term = signal(SignalKind::terminate())?;
    let mut second = interval(Duration::from_secs(1));
    second.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut teller = None;
    let mut waited = 0;
    let (mut open, mut listening) = (true, true);
    say("vigie in lines; help lists what can be typed");
    loop {
        tokio::select! {
            line = lines.recv(), if listening && teller.is_some() => match line.map(|l| read(&l)) {
                Some(Line::Quit) => return Ok(()),
                Some(line) => answer(&mut state, line),
                // The end of a file typed into a terminal ends; a file that is over leaves only the telling.
                None if io::stdin().is_terminal() => return Ok(()),
                None => listening = false,
            },
            event = io.events.recv(), if open => match event {
                Some(event) => pass(&mut state, event, &io),
                None => open = false,
            },
            _ = second.tick() => {
                pass(&mut state, Event::Tick(io.clock.now()), &io);
                state.settle();
                waited += 1;
                match &mut teller {
                    None if is_settled(&state) || waited > PATIENCE => {
                        answer(&mut state, Line::Status);
                        answer(&mut state, Line::Problems);
                        teller = Some(Teller::new(&state));
                    }
                    None => {}
                    Some(teller) => {
                        let news = teller.news(&state);
                        if !state.attention.quiet {
                            news.iter().for_each(say);
                        }
                    }
                }
            }
            _ = tokio::signal::ctrl_c() => return Ok(()),
            _ = term.recv() => return Ok(()),
        }
    }
}

/// Lines as they are typed, read on a thread of their own.
fn lines() -> io::Result<mpsc::UnboundedReceiver<String>> {
    let (out, lines) = mpsc::unbounded_channel();
    thread::Builder::new().name("lines".into()).spawn(move || {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if out.send(line).is_err() {
                return;
            }
        }
    })?;
    Ok(lines)
}

fn pass(state: &mut State, event: Event, io: &Io) {
    if let Event::Notice(notice) = &event {
        say(&notice.text);
    }
    if let Event::Problems(problems) = &event {
        for problem in problems {
            say(problem.to_string());
        }
    }
    for effect in update(state, event) {
        if !matches!(effect, Effect::Notify { .. }) {
            // When nobody does things any more, the program is ending.
            let _ = io.effects.send(effect);
        }
    }
}

/// Whether every system has told what it has, or that it cannot.
fn is_settled(state: &State) -> bool {
    let store = &state.store;
    store.systems.iter().all(|s| {
        let mut all = store.freshness_of(s.source).peekable();
        all.peek().is_some() && all.all(|(_, f)| !matches!(f.state(), Status::Loading))
    })
}

fn read(line: &str) -> Line {
    let line = line.trim().trim_start_matches(':').to_lowercase();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((&line, ""));
    match word {
        "" => Line::Nothing,
        "status" | "s" => Line::Status,
        "problems" | "p" => Line::Problems,
        "quiet" => Line::Quiet,
        "help" | "h" | "?" => Line::Help,
        "quit" | "q" | "exit" => Line::Quit,
        list if What::named(list).is_some() => Line::List(list.to_owned(), rest.trim().to_owned()),
        _ => Line::Unknown(word.to_owned()),
    }
}

fn answer(state: &mut State, line: Line) {
    match line {
        Line::Status => teller::sentences(state).iter().for_each(say),
        Line::Problems => {
            let problems = status::found(&state.store, state.now);
            if problems.is_empty() {
                let settled = is_settled(state);
                say(if settled {
                    "nothing is wrong that the systems tell of"
                } else {
                    "not every system has answered yet"
                });
            }
            for problem in problems {
                say(problem.sentence(state.now));
            }
        }
        Line::List(what, words) => {
            out(&get::shown(&state.store, &what, &words, state.now).unwrap_or_default());
        }
        Line::Quiet => {
            state.attention.quiet = !state.attention.quiet;
            say(if state.attention.quiet {
                "quiet: only what is asked for is said"
            } else {
                "changes are said again"
            });
        }
        Line::Help => out(HELP),
        Line::Unknown(word) => say(format!("there is no `{word}`; help lists what can be typed")),
        Line::Nothing | Line::Quit => {}
    }
}

/// Writes a line, clean of all that is not text.
fn say(line: impl AsRef<str>) {
    out(&format!("{}\n", text::one_line(line.as_ref())));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_commands() {
        assert_eq!(read(" status "), Line::Status);
        assert_eq!(read(":q"), Line::Quit);
        assert_eq!(read("apps"), Line::List("apps".into(), String::new()));
        assert_eq!(read("pods Appointments"), Line::List("pods".into(), "appointments".into()));
        assert_eq!(read("alerts"), Line::List("alerts".into(), String::new()));
        assert_eq!(read(""), Line::Nothing);
        assert_eq!(read("frobnicate x"), Line::Unknown("frobnicate".into()));
    }
}
