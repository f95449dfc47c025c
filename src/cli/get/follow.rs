//! What clusters and Prometheus go on telling of the engineer's own columns while a list is watched.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::{sync::mpsc, task::JoinSet};

use super::{list::Wish, own, shown, values::Entry};
use crate::{
    app::{Shows, column_word, join_series},
    cli::output::say,
    connector::Connector,
    model::{JsonPath, Kind, Source, Str, SystemKind},
    runtime::Supervisor,
    store::{Batch, Freshness, Status, Store},
};

/// How often Prometheus is asked anew.
const EVERY: Duration = Duration::from_secs(30);

/// A column that Prometheus fills, in an environment.
type Place = (String, Str);

/// What came.
enum News {
    Batch(usize, Batch),
    /// What a query returned; none when it failed.
    Values(Place, Option<HashMap<(Str, Str), f64>>),
}

/// What is told of the engineer's own columns that a list needs.
pub struct Follow {
    /// By kind, what is told of its objects.
    seen: Vec<(Kind, Store)>,
    /// The clusters that are to tell.
    clusters: Vec<Source>,
    values: HashMap<Place, HashMap<(Str, Str), f64>>,
    /// Queries without an answer yet.
    waits: Vec<Place>,
    news: mpsc::Receiver<News>,
    _tasks: Vec<JoinSet<()>>,
}

impl Follow {
    /// Begins to follow what the columns of a list need.
    pub fn new(wish: &Wish, systems: &Supervisor) -> Self {
        let (out, news) = mpsc::channel(64);
        let (mut tasks, mut seen, mut clusters) = (Vec::new(), Vec::new(), Vec::new());
        let asked = own::to_ask(wish);
        if !asked.is_empty() {
            let paths: Arc<[JsonPath]> = asked.iter().filter_map(|own| own.path().cloned()).collect();
            clusters = of_kind(systems, SystemKind::Kubernetes).map(|c| c.system().source).collect();
            for kind in wish.what.kinds {
                let Some(word) = column_word(*kind) else { continue };
                let (batches, told) = mpsc::channel(64);
                tasks.push(systems.browse(&word.into(), &paths, &batches));
                tasks.push(passed_on(seen.len(), told, out.clone()));
                seen.push((*kind, Store::default()));
            }
        }
        let mut waits = Vec::new();
        for (_, own) in &wish.own {
            let Shows::Query(query) = &own.shows else { continue };
            for system in of_kind(systems, SystemKind::Prometheus) {
                let place = (own.name.clone(), system.system().env.clone());
                waits.push(place.clone());
                let list = shown::list_of(wish.what);
                tasks.push(asked_anew(Arc::clone(system), systems, list, query, place, out.clone()));
            }
        }
        Self { seen, clusters, values: HashMap::new(), waits, news, _tasks: tasks }
    }

    /// Takes in what comes next; `false` when nothing will.
    pub async fn next(&mut self) -> bool {
        match self.news.recv().await {
            Some(News::Batch(at, batch)) => self.seen[at].1.apply(batch),
            Some(News::Values(place, values)) => {
                self.waits.retain(|waits| *waits != place);
                if let Some(values) = values {
                    self.values.insert(place, values);
                }
            }
            None => return false,
        }
        true
    }

    /// Whether everything asked for has come once, or will not.
    pub fn is_settled(&self) -> bool {
        let is_over =
            |f: &Freshness| f.is_loaded() || matches!(f.state(), Status::Refused(_) | Status::Down { .. });
        let has_told = |seen: &Store| {
            self.clusters.iter().all(|c| seen.freshness(*c, Kind::Object).is_some_and(is_over))
        };
        self.waits.is_empty() && self.seen.iter().all(|(_, seen)| has_told(seen))
    }

    /// Puts what is known beside the entries of a list.
    pub fn fill(&self, entries: &mut [Entry], wish: &Wish) {
        let asked = own::to_ask(wish);
        for (kind, seen) in &self.seen {
            own::place(entries, *kind, seen, &asked);
        }
        for ((column, env), values) in &self.values {
            own::fill(entries, column, env, values);
        }
    }
}

fn of_kind(systems: &Supervisor, kind: SystemKind) -> impl Iterator<Item = &Arc<dyn Connector>> {
    systems.connectors().iter().filter(move |c| c.system().kind == kind)
}

/// Passes on what is told of a kind.
fn passed_on(at: usize, mut told: mpsc::Receiver<Batch>, out: mpsc::Sender<News>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        while let Some(batch) = told.recv().await {
            if out.send(News::Batch(at, batch)).await.is_err() {
                return;
            }
        }
    });
    tasks
}

/// Asks a query again and again. That it fails is said once.
fn asked_anew(
    system: Arc<dyn Connector>,
    systems: &Supervisor,
    list: &'static str,
    query: &Str,
    place: Place,
    out: mpsc::Sender<News>,
) -> JoinSet<()> {
    let (clock, query) = (Arc::clone(systems.clock()), Str::clone(query));
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut turn = tokio::time::interval(EVERY);
        let mut failed = false;
        loop {
            turn.tick().await;
            let values = match own::query_now(&*system, &query, clock.now()).await {
                Ok(lines) => Some(join_series(list, &lines)),
                Err(fault) => {
                    if !failed {
                        say(fault);
                    }
                    None
                }
            };
            failed = values.is_none();
            if out.send(News::Values(place.clone(), values)).await.is_err() {
                return;
            }
        }
    });
    tasks
}
