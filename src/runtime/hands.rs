//! Does outside what the screen wants done: questions, logs, plans, actions; each in a task of its own.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinSet},
};

use crate::{
    action::{
        bulk::Stop,
        context::Context,
        guard::Admitted,
        plan::{ActionId, Outcome, Progress, Request},
        port::Systems as _,
        registry,
        resume::unfinished,
        run::{self, Cancel},
    },
    app::{Effect, Event, Notice, Saved, Ticket, format},
    config,
    journal::Journal,
    model::{
        Environment, Fault, FaultKind, JsonPath, LogLine, LogRequest, LogTarget, Query, Severity, Source,
        Str, System, Time,
    },
};

mod bulk;
mod glass;

use super::{Supervisor, columns, export, memory, reveal, workspaces};

/// How many batches of log lines wait for the screen before a reader waits.
const LOG_BATCHES: usize = 32;
/// The same for batches of a kind of object.
const BROWSE_BATCHES: usize = 16;

/// Carries out the screen's effects.
pub struct Hands {
    systems: Arc<Supervisor>,
    environments: Vec<Environment>,
    known: Vec<System>,
    journal: Result<Arc<Journal>, String>,
    events: mpsc::Sender<Event>,
    logs: JoinSet<()>,
    browses: HashMap<Ticket, JoinSet<()>>,
    actions: HashMap<ActionId, Cancel>,
    bulks: HashMap<ActionId, Stop>,
    tasks: JoinSet<()>,
}

impl Hands {
    /// Hands on these systems; an unusable journal forbids actions and nothing else.
    pub fn new(
        systems: Arc<Supervisor>,
        environments: Vec<Environment>,
        journal: Result<Journal, String>,
        events: mpsc::Sender<Event>,
    ) -> Self {
        let known = systems.connectors().iter().map(|c| c.system().clone()).collect();
        Self {
            systems,
            environments,
            known,
            journal: journal.map(Arc::new),
            events,
            logs: JoinSet::new(),
            browses: HashMap::new(),
            actions: HashMap::new(),
            bulks: HashMap::new(),
            tasks: JoinSet::new(),
        }
    }

    /// Carries out effects until the screen ends; actions under way are given the time to end their step.
    pub async fn serve(mut self, mut effects: mpsc::UnboundedReceiver<Effect>) {
        self.tell_unfinished();
        while let Some(effect) = effects.recv().await {
            while self.tasks.try_join_next().is_some() {}
            self.perform(effect);
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Read { ticket, source, query } => self.read(ticket, source, query),
            Effect::OpenLogs { ticket, requests } => {
                self.logs.abort_all();
                for request in requests {
                    self.open_log(ticket, request);
                }
            }
            Effect::MoreLogs { ticket, requests } => {
                for request in requests {
                    self.open_log(ticket, request);
                }
            }
            Effect::Save { path, lines } => self.save(path, *lines),
            Effect::CloseLogs => self.logs.abort_all(),
            Effect::Browse { ticket, word, paths } => self.browse(ticket, &word, &paths),
            Effect::CloseBrowse(ticket) => _ = self.browses.remove(&ticket),
            Effect::Plan { ticket, request } => self.plan(ticket, request),
            Effect::PlanBulk { ticket, requests } => self.plan_bulk(ticket, requests),
            Effect::Execute(admitted) => self.execute(*admitted),
            Effect::ExecuteBulk(admitted) => self.execute_bulk(*admitted),
            Effect::Interrupt(id) => {
                if let Some(stop) = self.bulks.get(&id) {
                    stop.ask();
                } else if let Some(cancel) = self.actions.get(&id) {
                    cancel.cancel();
                }
            }
            Effect::Guard(environments) => self.environments = environments,
            Effect::BreakGlass { environment, reason } => self.break_glass(environment, reason),
            Effect::MendGlass { environment, glass, how } => self.mend_glass(environment, glass, how),
            Effect::SaveWorkspace { file, workspace } => {
                self.keep("the workspace is", move || workspaces::save(&file, *workspace));
            }
            Effect::ForgetWorkspace { file, name } => {
                self.keep("the workspace is", move || workspaces::forget(&file, &name));
            }
            Effect::SaveColumns { file, list, columns } => {
                self.keep("columns are", move || self::columns::save(&file, &list, columns.as_deref()));
            }
            Effect::SaveFilter { file, filter } => {
                self.keep("the filter is", move || memory::save(&file, filter));
            }
            Effect::ForgetFilter { file, name } => {
                self.keep("the filter is", move || memory::forget(&file, &name));
            }
            Effect::Remember { file, what } => {
                self.keep("what was typed is", move || memory::remember(&file, &what));
            }
            Effect::Export { name, extension, text, what } => self.export(name, extension, text, what),
            // The terminal's own affairs are done by the loop.
            Effect::Notify { .. }
            | Effect::Copy(_)
            | Effect::HandOut(_)
            | Effect::Redraw
            | Effect::Suspend
            | Effect::Quit => {}
        }
    }

    /// Changes a file of what was chosen, and tells when that fails.
    fn keep(&mut self, what: &'static str, change: impl FnOnce() -> Result<(), String> + Send + 'static) {
        let events = self.events.clone();
        self.tasks.spawn_blocking(move || {
            if let Err(why) = change() {
                let text = format!("{what} kept for this session only: {why}");
                let _ = events.blocking_send(Event::Notice(Notice::new(Severity::Warning, text)));
            }
        });
    }

    fn read(&mut self, ticket: Ticket, source: Source, query: Query) {
        let (systems, events) = (Arc::clone(&self.systems), self.events.clone());
        let secret = match &query {
            Query::SecretEntry { key, entry } => Some((key.clone(), entry.clone())),
            _ => None,
        };
        let journal = self.journal.clone();
        self.tasks.spawn(async move {
            let answer = match systems.get(source) {
                Ok(connector) => match (connector.read(query).await, secret) {
                    (Ok(answer), Some((key, entry))) => {
                        reveal::record(&journal, connector.system(), (&key, &entry), systems.now())
                            .map(|()| answer)
                    }
                    (answer, _) => answer,
                },
                Err(fault) => Err(fault),
            };
            let _ = events.send(Event::Answer { ticket, answer }).await;
        });
    }

    fn open_log(&mut self, ticket: Ticket, request: LogRequest) -> AbortHandle {
        let (source, origin) = match &request.target {
            LogTarget::Pod { key, .. } => (key.source, key.name.clone()),
            LogTarget::Query { source, .. } => (*source, Str::from("loki")),
        };
        let (systems, events) = (Arc::clone(&self.systems), self.events.clone());
        self.logs.spawn(async move {
            let (out, mut lines) = mpsc::channel::<Vec<LogLine>>(LOG_BATCHES);
            let read = async {
                match systems.get(source) {
                    Ok(connector) => connector.logs(request, out).await,
                    Err(fault) => Err(fault),
                }
            };
            let forward = async {
                while let Some(lines) = lines.recv().await {
                    if events.send(Event::Logs { ticket, lines }).await.is_err() {
                        return;
                    }
                }
            };
            let (result, ()) = tokio::join!(read, forward);
            let _ = events.send(Event::LogsEnded { ticket, origin, fault: result.err() }).await;
        })
    }

    /// Has every cluster tell of a kind of object.
    fn browse(&mut self, ticket: Ticket, word: &Str, paths: &Arc<[JsonPath]>) {
        let (out, mut seen) = mpsc::channel(BROWSE_BATCHES);
        let mut tasks = self.systems.browse(word, paths, &out);
        let events = self.events.clone();
        tasks.spawn(async move {
            let mut batches = Vec::new();
            while seen.recv_many(&mut batches, BROWSE_BATCHES).await > 0 {
                let batches = std::mem::take(&mut batches);
                if events.send(Event::Browsed { ticket, batches }).await.is_err() {
                    return;
                }
            }
        });
        self.browses.insert(ticket, tasks);
    }

    /// Writes an export and says where.
    fn export(&mut self, name: String, extension: &'static str, text: String, what: String) {
        let events = self.events.clone();
        self.tasks.spawn_blocking(move || {
            let notice = match config::exports() {
                None => Notice::new(Severity::Warning, "there is no home directory to write to"),
                Some(dir) => match export::write(&dir, &name, extension, &text) {
                    Ok(path) => Notice::new(Severity::Ok, format!("wrote {what} to {}", path.display())),
                    Err(error) => {
                        Notice::new(Severity::Warning, format!("cannot write to {}: {error}", dir.display()))
                    }
                },
            };
            let _ = events.blocking_send(Event::Notice(notice));
        });
    }

    fn save(&mut self, path: PathBuf, lines: Saved) {
        let events = self.events.clone();
        self.tasks.spawn_blocking(move || {
            let notice = match super::save::write(&path, &lines) {
                Ok(count) => Notice::new(
                    Severity::Ok,
                    format!("saved {} lines to {}", format::count(count), path.display()),
                ),
                Err(error) => {
                    Notice::new(Severity::Critical, format!("cannot save {}: {error}", path.display()))
                }
            };
            let _ = events.blocking_send(Event::Notice(notice));
        });
    }

    fn plan(&mut self, ticket: Ticket, request: Request) {
        let (systems, events) = (Arc::clone(&self.systems), self.events.clone());
        let place = self.place(request.target.source);
        let actor = self.actor();
        self.tasks.spawn(async move {
            let plan = match place {
                Err(fault) => Err(fault),
                Ok((environment, system)) => {
                    let ctx = Context {
                        systems: &*systems,
                        environment: &environment,
                        system: &system,
                        actor: &actor,
                        id: ActionId::new_v4(),
                    };
                    registry::plan(&ctx, &request).await.map(Box::new)
                }
            };
            let _ = events.send(Event::Planned { ticket, plan }).await;
        });
    }

    /// The moment it is.
    fn now(&self) -> Time {
        self.systems.now()
    }

    /// Who acts, by the name that others will read.
    fn actor(&self) -> String {
        self.journal.as_ref().map_or_else(|_| String::new(), |j| j.session().actor.name.clone())
    }

    /// The environment and system that a source stands for.
    fn place(&self, source: Source) -> Result<(Environment, System), Fault> {
        let system = self.known.iter().find(|s| s.source == source);
        let env = system.and_then(|s| self.environments.iter().find(|e| e.name == s.env));
        match (env, system) {
            (Some(env), Some(system)) => Ok((env.clone(), system.clone())),
            _ => Err(Fault::new(FaultKind::Usage, "vigie", "plan", "the target's system is not configured")),
        }
    }

    fn execute(&mut self, admitted: Admitted) {
        let events = self.events.clone();
        let id = admitted.plan().id;
        let journal = match &self.journal {
            Ok(journal) => Arc::clone(journal),
            Err(error) => {
                let fault = unrecorded(error);
                self.tasks.spawn(async move {
                    let progress = Progress::Ended(Outcome::Refused(fault));
                    let _ = events.send(Event::Progress { id, progress }).await;
                });
                return;
            }
        };
        let cancel = Cancel::default();
        self.actions.insert(id, cancel.clone());
        let systems = Arc::clone(&self.systems);
        // Not in the set of tasks: an action under way is not dropped with the screen.
        tokio::spawn(async move {
            let (steps, mut told) = mpsc::unbounded_channel();
            let tell = async {
                while let Some(progress) = told.recv().await {
                    let _ = events.send(Event::Progress { id, progress }).await;
                }
            };
            let act = async {
                let progress = move |p| {
                    let _ = steps.send(p);
                };
                run::run(admitted, &*systems, &journal, progress, &cancel).await
            };
            tokio::join!(act, tell);
        });
    }

    /// Says which actions of earlier sessions have no outcome on the record.
    fn tell_unfinished(&mut self) {
        let events = self.events.clone();
        let journal = self.journal.clone();
        self.tasks.spawn_blocking(move || {
            let notice = match journal.as_ref().map(|j| unfinished(j)) {
                Ok(Ok(open)) => match open.iter().find(|u| !u.alive) {
                    Some(one) => format!(
                        "unfinished: {} of {} in {} · `vigie resume` finds out what became of it",
                        one.intent.verb,
                        one.intent.target.as_ref().map_or("?", |t| t.name.as_str()),
                        one.intent.environment,
                    ),
                    None => return,
                },
                Ok(Err(error)) => format!("the journal cannot be read: {error}"),
                Err(error) => format!("no action is possible: {error}"),
            };
            let _ = events.blocking_send(Event::Notice(Notice::new(Severity::Warning, notice)));
        });
    }
}

/// The fault of actions without a journal.
fn unrecorded(error: &str) -> Fault {
    Fault::new(FaultKind::Refused, "vigie", "write the journal", error)
        .hint("nothing is changed without a record")
}
