//! The cockpit: the screen first, then everything else.

use std::{any::Any, collections::HashMap, io::IsTerminal, path::PathBuf, sync::Arc, time::Duration};

use futures::{
    FutureExt,
    future::{self, BoxFuture},
};
use tokio::sync::{mpsc, oneshot};

use crate::{
    app::{Event, Notice, State, Tour},
    config::{Config, ScreenConfig, SystemConfig},
    connector::{self, Connector},
    model::{Clock, Environment, Fault, Severity, Source, Str, System, SystemClock},
    runtime::{self, Hands, Io, Supervisor, columns, memory, session, settings, workspaces},
    store::{Batch, Store},
};

use super::{
    answer::Exit,
    context::Common,
    discover,
    headless::journal_dir,
    output::say,
    plain,
    reload::{Reload, follow},
};

/// How many events may wait for the screen before who sends them waits.
const EVENTS: usize = 64;
/// How many batches are handed to the screen at once.
const BATCHES: usize = 64;
/// How long what ends with the screen may take.
const LAST: Duration = Duration::from_millis(200);

/// What the screen is opened on.
pub struct Opening {
    /// How the screen looks.
    pub screen: ScreenConfig,
    /// Where the journal is kept.
    pub journal: Option<PathBuf>,
    /// The environments.
    pub environments: Vec<Environment>,
    /// Their systems.
    pub systems: Vec<System>,
    /// The kubeconfig contexts of clusters.
    pub contexts: HashMap<Source, Str>,
    /// Who tells the time.
    pub clock: Arc<dyn Clock>,
    /// Said once the screen is up.
    pub notice: Option<String>,
    /// Whether the tour is given.
    pub tour: bool,
    /// The configuration to read anew when it changes.
    pub reload: Option<Reload>,
    /// Whether it is lines rather than a screen.
    pub plain: bool,
}

/// Connectors, and what must live as long as they do.
pub struct Connected {
    /// The connectors, in the order of their sources.
    pub connectors: Vec<Arc<dyn Connector>>,
    /// What there will be to tell, once.
    pub news: BoxFuture<'static, Option<Notice>>,
    /// Kept until the screen closes.
    pub keep: Box<dyn Any + Send>,
}

impl Opening {
    /// What a configuration opens.
    pub fn of(config: &Config, clock: Arc<dyn Clock>) -> Self {
        let context = |(system, config): (System, SystemConfig)| match config {
            SystemConfig::Kubernetes(cluster) => Some((system.source, Str::from(cluster.context?))),
            _ => None,
        };
        Self {
            contexts: config.systems().into_iter().filter_map(context).collect(),
            screen: config.screen.clone(),
            journal: journal_dir(config),
            environments: config.environments(),
            systems: config.systems().into_iter().map(|(system, _)| system).collect(),
            clock,
            notice: None,
            tour: false,
            reload: None,
            plain: false,
        }
    }
}

/// Opens the cockpit on the configured systems.
pub async fn run(common: &Common) -> Exit {
    let config = match common.load() {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut opening = Opening::of(&config, Arc::clone(&clock));
    opening.reload = Reload::of(common);
    if common.file().is_none() {
        opening.notice = offer(discover::contexts_known());
    }
    opening.plain = common.plain;
    let connect = async move {
        Ok(Connected {
            connectors: connector::registry::connect(&config, Arc::clone(&clock)),
            news: future::ready(None).boxed(),
            keep: Box::new(()),
        })
    };
    // It holds all that the screen knows.
    Box::pin(open(opening, connect)).await
}

/// What to say where only the current of several contexts is shown.
fn offer(contexts: usize) -> Option<String> {
    (contexts > 1).then(|| {
        format!(
            "the current one of {contexts} kubeconfig contexts; `vigie init` writes a configuration with all"
        )
    })
}

/// Shows the screen and, when its first frame is drawn, connects.
pub async fn open(
    opening: Opening,
    connect: impl Future<Output = Result<Connected, Fault>> + Send + 'static,
) -> Exit {
    let in_lines = opening.plain;
    if let Some(missing) = missing().filter(|_| !in_lines) {
        let without = "`vigie --plain`, `vigie status` and `vigie get` answer without one";
        say(format!("the cockpit needs {missing}; {without}"));
        return Exit::Usage;
    }
    let (settings, mut problems) = settings::settings(&opening.screen);
    let (desk, wrong) = workspaces::desk(&opening.screen);
    problems.extend(wrong);
    let (book, wrong) = columns::book();
    problems.extend(wrong);
    let (memory, wrong) = memory::memory();
    problems.extend(wrong);
    let store = Store::new(opening.environments.clone(), opening.systems);
    let mut state = State::new(store, settings, opening.clock.now());
    state.memory = memory;
    state.arrange(desk);
    state.book = book;
    state.tour = opening.tour.then(Tour::default);
    state.contexts = opening.contexts;
    let (events_in, events) = mpsc::channel(EVENTS);
    let (effects, effects_out) = mpsc::unbounded_channel();
    let (drawn, first) = oneshot::channel();
    let clock = Arc::clone(&opening.clock);
    let behind = tokio::spawn(async move {
        if first.await.is_err() {
            return;
        }
        if !problems.is_empty() {
            let _ = events_in.send(Event::Problems(problems)).await;
        } else if let Some(notice) = opening.notice {
            let _ = events_in.send(Event::Notice(Notice::new(Severity::Active, notice))).await;
        }
        let Connected { connectors, news, keep } = match connect.await {
            Ok(connected) => connected,
            Err(fault) => {
                let _ =
                    events_in.send(Event::Notice(Notice::new(Severity::Critical, fault.to_string()))).await;
                return;
            }
        };
        let systems = Arc::new(Supervisor::new(connectors, clock));
        let journal = session::journal(opening.journal);
        if let Ok(journal) = &journal {
            let _ = events_in.send(Event::Identity(journal.session().actor.name.as_str().into())).await;
        }
        let hands = Hands::new(Arc::clone(&systems), opening.environments, journal, events_in.clone());
        let tell = async {
            if let Some(notice) = news.await {
                let _ = events_in.send(Event::Notice(notice)).await;
            }
        };
        let follow = follow(opening.reload, events_in.clone());
        tokio::join!(hands.serve(effects_out), watch(&systems, events_in.clone()), tell, follow);
        drop(keep);
    });
    let io = Io { events, effects, clock: opening.clock, drawn: Some(drawn) };
    // The state is large, and lives as long as the program.
    let ended = if in_lines {
        Box::pin(plain::run(state, io)).await.map(|()| Vec::new())
    } else {
        Box::pin(runtime::run(state, io)).await
    };
    behind.abort();
    // What ends with the screen is recorded before the program does; a disk that hangs does not hold it.
    let _ = tokio::time::timeout(LAST, behind).await;
    match ended {
        Ok(left) => {
            for what in left {
                say(format!("unfinished: {what} · `vigie resume` finds out what became of it"));
            }
            Exit::Done
        }
        Err(error) => {
            say(format!("the {} failed: {error}", if in_lines { "input" } else { "terminal" }));
            Exit::Failed
        }
    }
}

/// What is missing to show a screen on.
fn missing() -> Option<&'static str> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return Some("a terminal");
    }
    (std::env::var_os("TERM")? == "dumb").then_some("a terminal whose cursor moves, not TERM=dumb")
}

/// Hands what connectors see to the screen, as much at a time as has come.
async fn watch(systems: &Supervisor, events: mpsc::Sender<Event>) {
    let (out, mut seen) = mpsc::channel::<Batch>(BATCHES);
    let _tasks = systems.watch(&out);
    drop(out);
    let mut batches = Vec::new();
    while seen.recv_many(&mut batches, BATCHES).await > 0 {
        if events.send(Event::Batches(std::mem::take(&mut batches))).await.is_err() {
            return;
        }
    }
}
