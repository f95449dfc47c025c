//! `vigie snapshot`: one frame of the cockpit, drawn without a terminal.

use std::{str::FromStr, sync::Arc, time::Duration};

use clap::Args;
use ratatui::{Terminal, backend::TestBackend, buffer::Buffer};
use tokio::sync::mpsc;

use crate::{
    app::{Effect, Event, Size, State, update},
    model::{Clock as _, Key, SystemClock},
    runtime::{Hands, Supervisor, columns, session, settings::settings_in, workspaces},
    shot::{self, Paper},
    store::{Batch, Store},
    ui,
};

use super::{
    answer::Exit,
    context::{Common, Form, Picture},
    output::{out, say},
};

/// Arguments of `snapshot`.
#[derive(Args, Clone, Debug)]
pub struct Snapshot {
    /// Columns and lines
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "160x45")]
    pub size: Dimensions,
    /// Focus on this: NAME or NAMESPACE/NAME of an application, a workload, a pod, ..., or an environment
    #[arg(long, value_name = "NAME")]
    pub focus: Option<String>,
    /// The workspace to show: a shipped one or one of yours; the configured one when absent
    #[arg(long, value_name = "NAME")]
    pub workspace: Option<String>,
}

/// A size as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dimensions(u16, u16);

impl FromStr for Dimensions {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
        match numbers {
            Some((w @ 1..=1000, h @ 1..=1000)) => Ok(Self(w, h)),
            _ => Err("write columns and lines, each 1 to 1000: 160x45".to_owned()),
        }
    }
}

/// How long logs may be silent before the frame is drawn.
const QUIET: Duration = Duration::from_millis(400);

/// Connects, waits until what is to be seen is loaded, and prints the frame.
pub async fn run(common: &Common, args: &Snapshot) -> Exit {
    let picture = match common.form {
        Form::Frame(picture) => picture,
        Form::Result(super::answer::Format::Table) => Picture::Text,
        Form::Result(_) => {
            say("a frame is printed as -o text, ansi or svg");
            return Exit::Usage;
        }
    };
    let (config, systems, store) = match common.connect() {
        Ok(connected) => connected,
        Err(exit) => return exit,
    };
    // A drawing has all colours, whatever this terminal has.
    let variable = |name: &str| match (picture, name) {
        (Picture::Svg, "COLORTERM") => Some("truecolor".to_owned()),
        (Picture::Svg, "TERM") => Some("xterm-256color".to_owned()),
        (Picture::Svg, "NO_COLOR") => None,
        _ => std::env::var(name).ok(),
    };
    let (settings, mut problems) = settings_in(&config.screen, variable);
    let (mut desk, wrong) = workspaces::desk(&config.screen);
    problems.extend(wrong);
    let (book, wrong) = columns::book();
    problems.extend(wrong);
    problems.iter().for_each(say);
    if let Some(name) = args.workspace.as_ref().filter(|name| !desk.start(name)) {
        let known: Vec<_> = desk.known.iter().map(|w| w.name.as_str()).collect();
        say(format!("no workspace is called `{name}`; known: {}", known.join(", ")));
        return Exit::Usage;
    }
    let light = settings.theme.name.contains("light");
    let mut state = State::new(store, settings, SystemClock.now());
    state.book = book;
    state.arrange(desk);
    let mut stage = Stage::open(state, &systems, config.environments());
    stage.event(Event::Identity(session::session().actor.name.as_str().into()));
    stage.event(Event::Resize(Size { width: args.size.0, height: args.size.1 }));
    if !stage.load(&systems, common.patience()).await {
        say(format!("not all has come within {} s: the frame shows what has", common.timeout));
    }
    if let Some(name) = &args.focus {
        let Some(event) = focus(&stage.state.store, name) else {
            say(format!(
                "nothing is called `{name}`; `vigie get applications` and `vigie get pods` list names"
            ));
            return Exit::Usage;
        };
        stage.event(event);
        stage.event(Event::Rest);
        stage.logs(common.patience()).await;
    }
    match stage.draw() {
        Ok(frame) => {
            let paper = if light { &Paper::LIGHT } else { &Paper::DARK };
            out(&match picture {
                Picture::Text => shot::text(&frame),
                Picture::Ansi => shot::ansi(&frame),
                Picture::Svg => shot::svg(&frame, paper, &ui::title(&stage.state)),
            });
            super::status::unreachable_exit(&stage.state.store)
        }
        Err(why) => {
            say(why);
            Exit::Failed
        }
    }
}

/// What brings the focus to a name: an environment's, or an entity's, the most telling kind first.
fn focus(store: &Store, name: &str) -> Option<Event> {
    if let Some(env) = store.environments.iter().find(|e| *e.name == *name) {
        return Some(Event::ShowEnvironment(env.name.clone()));
    }
    let (namespace, name) = name.rsplit_once('/').map_or((None, name), |(ns, name)| (Some(ns), name));
    let is = |key: &Key| *key.name == *name && namespace.is_none_or(|ns| *key.namespace == *ns);
    let keys = store
        .applications
        .iter()
        .map(|r| &r.key)
        .chain(store.workloads.iter().map(|r| &r.key))
        .chain(store.pods.iter().map(|r| &r.key))
        .chain(store.nodes.iter().map(|r| &r.key))
        .chain(store.namespaces.iter().map(|r| &r.key))
        .chain(store.leases.iter().map(|r| &r.key))
        .chain(store.static_roles.iter().map(|r| &r.key))
        .chain(store.secrets.iter().map(|r| &r.key));
    let alert = store.alerts.iter().filter(|a| *a.name == *name).map(|a| &a.key);
    keys.into_iter().find(|k| is(k)).or_else(|| alert.min()).map(|key| Event::Show(key.clone()))
}

/// The screen without a terminal, joined to the systems.
struct Stage {
    state: State,
    events: mpsc::Receiver<Event>,
    batches: mpsc::Receiver<Batch>,
    effects: mpsc::UnboundedSender<Effect>,
    opened: bool,
    _tasks: tokio::task::JoinSet<()>,
}

impl Stage {
    fn open(state: State, systems: &Arc<Supervisor>, environments: Vec<crate::model::Environment>) -> Self {
        let (out, batches) = mpsc::channel(64);
        let tasks = systems.watch(&out);
        let (events_in, events) = mpsc::channel(64);
        let (effects, effects_out) = mpsc::unbounded_channel();
        // A frame plans nothing, so it needs no record.
        let hands = Hands::new(Arc::clone(systems), environments, Err(String::new()), events_in);
        tokio::spawn(hands.serve(effects_out));
        Self { state, events, batches, effects, opened: false, _tasks: tasks }
    }

    fn event(&mut self, event: Event) {
        for effect in update(&mut self.state, event) {
            self.opened |= matches!(effect, Effect::OpenLogs { .. });
            // When nobody carries it out any more, the frame shows that nothing came.
            let _ = self.effects.send(effect);
        }
    }

    /// Waits until every system has told what it has, or why not; `false` when the time is up.
    async fn load(&mut self, systems: &Supervisor, patience: Duration) -> bool {
        let all = async {
            while !systems.is_settled(&self.state.store) {
                match self.batches.recv().await {
                    Some(batch) => self.event(Event::Batches(vec![batch])),
                    None => return,
                }
            }
        };
        let settled = tokio::time::timeout(patience, all).await.is_ok();
        self.event(Event::Tick(systems.clock().now()));
        settled
    }

    /// Waits for the logs of what is in focus: until they have come and been quiet for a moment.
    async fn logs(&mut self, patience: Duration) {
        if !self.opened {
            return;
        }
        let come = async {
            let mut came = false;
            loop {
                let wait = if came { QUIET } else { patience };
                match tokio::time::timeout(wait, self.events.recv()).await {
                    Ok(Some(event)) => {
                        came |= matches!(event, Event::Logs { .. } | Event::LogsEnded { .. });
                        // Notices are for someone who sits there.
                        if !matches!(event, Event::Notice(_)) {
                            self.event(event);
                        }
                    }
                    _ => return,
                }
            }
        };
        // Out of patience is no failure: the pane says that it waits.
        let _ = tokio::time::timeout(patience, come).await;
    }

    fn draw(&mut self) -> Result<Buffer, String> {
        self.state.settle();
        let Size { width, height } = self.state.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).map_err(|e| e.to_string())?;
        terminal.draw(|frame| ui::view(&self.state, frame)).map_err(|e| e.to_string())?;
        Ok(terminal.backend().buffer().clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!("160x45".parse(), Ok(Dimensions(160, 45)));
        for wrong in ["160", "0x5", "5x0", "160x9999", "x", "-1x4"] {
            assert!(wrong.parse::<Dimensions>().is_err(), "{wrong}");
        }
    }
}
