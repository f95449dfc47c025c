//! Finding anything by a few letters: commands, settings, entities of every environment, and k9s's words.

mod filters;
mod glass;
mod kinds;
mod rank;
mod settings;
mod used;
mod words;

pub use filters::FilterOrder;
pub use glass::GlassOrder;
pub use settings::Setting;

use rank::{Class, Query, Rank};
use used::Weights;

use super::{
    column::Book,
    command::Command,
    input::Input,
    listed::Listed,
    memory::{SavedFilter, Use},
    subject::Subject,
    workspace::Order,
};
use crate::{
    config::Aliases,
    model::{ApiResource, Key, Kind, Severity, Str, Time},
    store::{Store, Table},
};

/// What can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Run a command.
    Command(Command),
    /// Show a list.
    List {
        /// Which.
        subject: Subject,
        /// Of which environment; of the one in use when absent.
        environment: Option<Str>,
        /// To what it is narrowed.
        filter: String,
    },
    /// Show the objects of a kind.
    Kind {
        /// What names it.
        id: Str,
        /// Its other names.
        about: Str,
        /// Of which environment; of the one in use when absent.
        environment: Option<Str>,
        /// To what they are narrowed.
        filter: String,
    },
    /// Go to an environment.
    Environment(Str),
    /// Set something.
    Set(Setting),
    /// Go to an entity.
    Entity(Key, Severity),
    /// Do something with the arrangement of panes.
    Order(Order),
    /// Do something with the filters that have names.
    Filter(FilterOrder),
    /// Set a policy aside, or no longer.
    Glass(GlassOrder),
    /// What the engineer calls something else.
    Alias {
        /// The word.
        name: String,
        /// What is typed instead.
        text: String,
    },
}

/// The palette.
#[derive(Clone, Debug, Default)]
pub struct Palette {
    /// What was typed.
    pub input: Input,
    /// What fits, best first.
    pub choices: Vec<Choice>,
    /// The chosen one.
    pub cursor: usize,
    /// The names of the workspaces.
    pub workspaces: Vec<String>,
    /// The filters that have names.
    pub filters: Vec<SavedFilter>,
    /// The kinds that the clusters have.
    pub kinds: Vec<ApiResource>,
    /// The engineer's own words.
    pub aliases: Aliases,
    /// The kubeconfig contexts, with their environments.
    pub contexts: Vec<(Str, Str)>,
    /// What was chosen before.
    pub used: Vec<Use>,
    /// The engineer's own columns.
    pub book: Book,
    /// What the pane below lists.
    pub here: Subject,
}

/// At most so many choices are offered.
const OFFERED: usize = 100;
/// At most so many of what was chosen before stand first while nothing is typed.
const USED: usize = 6;

impl Palette {
    /// Finds what fits, anew.
    pub fn find(&mut self, store: &Store, now: Time) {
        self.cursor = 0;
        let text = self.meant();
        let mut found =
            if text.is_empty() { self.suggestions(store, now) } else { self.fitting(&text, store, now) };
        found.truncate(OFFERED);
        self.choices = found;
    }

    /// What was typed, with the engineer's own word at its beginning replaced by what it stands for.
    fn meant(&self) -> String {
        let mut text = self.input.text().trim().to_owned();
        let mut seen: Vec<String> = Vec::new();
        loop {
            let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((&text, ""));
            let Some(stands_for) = self.aliases.get(word).filter(|_| !seen.iter().any(|s| s == word)) else {
                return text;
            };
            seen.push(word.to_owned());
            let next = format!("{stands_for} {}", rest.trim());
            next.trim().clone_into(&mut text);
        }
    }

    fn fitting(&self, text: &str, store: &Store, now: Time) -> Vec<Choice> {
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let rest = rest.trim();
        let mut said = words::said(self, store, word, rest);
        let kinds = kinds::find(self, store, word, rest);
        // What Vault keeps has such names here; a cluster's own kind of the name comes before it.
        let vaults = words::list(word) == Some(Subject::Leases) && !word.starts_with("lease");
        let at = if vaults { 0 } else { said.len() };
        said.splice(at..at, kinds.exact);
        said.extend(Order::read(word, rest, &self.workspaces).into_iter().map(Choice::Order));
        said.extend(FilterOrder::read(word, rest, &self.filters).into_iter().map(Choice::Filter));
        said.extend(GlassOrder::read(word, rest, store, now).into_iter().map(Choice::Glass));
        said.extend(Setting::read(word, rest).into_iter().map(Choice::Set));
        if settings::leaves(text) {
            said.insert(0, Choice::Command(Command::Quit));
        }
        let mut finder =
            Finder { query: Query::new(text), used: Weights::new(self, now), store, out: Vec::new() };
        self.named(&mut finder);
        finder.entities(now);
        finder.out.sort_by(|(a, _), (b, _)| a.order(b));
        let ranked = finder.out.into_iter().map(|(_, choice)| choice).filter(|c| !said.contains(c));
        let mut all = said.clone();
        all.extend(ranked.take(OFFERED));
        // It stands last, however much is offered.
        all.truncate(OFFERED - 1);
        all.extend(kinds.last);
        all
    }

    /// Adds all that has a name and is no entity.
    fn named(&self, finder: &mut Finder<'_>) {
        for choice in self.standing(finder.store) {
            match &choice {
                Choice::Command(command) => finder.add(&[command.name(), command.title()], &choice),
                Choice::Environment(name) => finder.add(&[name], &choice),
                Choice::Order(Order::Choose(name)) | Choice::Filter(FilterOrder::Take(name)) => {
                    finder.add(&[name], &choice);
                }
                Choice::Alias { name, .. } => finder.add(&[name], &choice),
                // Many have few letters: only where they are meant.
                Choice::Set(setting) => finder.begun(setting.value(), &choice),
                Choice::Kind { id, .. } => finder.begun(id, &choice),
                Choice::List { subject, .. } => finder.begun(subject.title(), &choice),
                _ => {}
            }
        }
    }

    /// All that stands to be chosen whatever the systems tell.
    fn standing(&self, store: &Store) -> Vec<Choice> {
        let commands = Command::ALL.iter().filter(|c| c.in_palette()).map(|c| Choice::Command(*c));
        let environments = store.environments.iter().map(|e| Choice::Environment(e.name.clone()));
        let workspaces = self.workspaces.iter().map(|name| Choice::Order(Order::Choose(name.clone())));
        let filters = self.filters.iter().map(|f| Choice::Filter(FilterOrder::Take(f.name.clone())));
        let aliases =
            self.aliases.iter().map(|(name, text)| Choice::Alias { name: name.clone(), text: text.clone() });
        let settings = Setting::all().into_iter().filter(|s| s.name() == "theme").map(Choice::Set);
        let lists = Subject::ALL.into_iter().filter(|s| *s != Subject::Objects).map(|subject| Choice::List {
            subject,
            environment: None,
            filter: String::new(),
        });
        let kinds = self.kinds.iter().map(|kind| kinds::choice(self, store, kind, ""));
        environments
            .chain(commands)
            .chain(workspaces)
            .chain(filters)
            .chain(aliases)
            .chain(settings)
            .chain(lists)
            .chain(kinds)
            .collect()
    }

    /// What was chosen most, what is worst, then what can be done.
    fn suggestions(&self, store: &Store, now: Time) -> Vec<Choice> {
        fn worst<T: Listed>(table: &Table<T>, now: Time, out: &mut Vec<Choice>) {
            let mut bad: Vec<&T> = table.iter().filter(|r| r.severity(now) == Severity::Critical).collect();
            bad.sort_by(|a, b| a.alike(b));
            out.extend(bad.into_iter().take(5).map(|r| Choice::Entity(r.key().clone(), Severity::Critical)));
        }
        let mut all = used::most(self, store, now, USED);
        worst(&store.applications, now, &mut all);
        worst(&store.alerts, now, &mut all);
        worst(&store.pods, now, &mut all);
        all.extend(store.environments.iter().map(|e| Choice::Environment(e.name.clone())));
        all.extend(self.filters.iter().map(|f| Choice::Filter(FilterOrder::Take(f.name.clone()))));
        all.extend(Command::ALL.iter().filter(|c| c.in_palette()).map(|c| Choice::Command(*c)));
        let mut once: Vec<Choice> = Vec::new();
        for choice in all {
            if !once.contains(&choice) {
                once.push(choice);
            }
        }
        once
    }

    /// Finds anew, because more is known; the cursor stays on its choice.
    pub(super) fn refresh(&mut self, store: &Store, now: Time) {
        let before = self.chosen().cloned();
        let moved = self.cursor > 0;
        self.find(store, now);
        if moved {
            self.cursor = self.choices.iter().position(|c| Some(c) == before.as_ref()).unwrap_or(0);
        }
    }

    /// The chosen one.
    pub fn chosen(&self) -> Option<&Choice> {
        self.choices.get(self.cursor)
    }

    /// Moves by `by`, round the ends.
    pub fn step(&mut self, forward: bool) {
        let count = self.choices.len();
        if count > 0 {
            self.cursor = if forward { (self.cursor + 1) % count } else { (self.cursor + count - 1) % count };
        }
    }
}

/// How bad an entity is, while it is there.
fn severity(store: &Store, key: &Key, now: Time) -> Option<Severity> {
    fn of<T: Listed>(table: &Table<T>, key: &Key, now: Time) -> Option<Severity> {
        table.get(key).map(|row| row.severity(now))
    }
    match key.kind {
        Kind::Application => of(&store.applications, key, now),
        Kind::Pod => of(&store.pods, key, now),
        Kind::Node => of(&store.nodes, key, now),
        Kind::Namespace => of(&store.namespaces, key, now),
        Kind::Alert => of(&store.alerts, key, now),
        Kind::Lease => of(&store.leases, key, now),
        Kind::StaticRole => of(&store.static_roles, key, now),
        Kind::Secret => of(&store.secrets, key, now),
        Kind::Certificate => of(&store.certificates, key, now),
        kind if kind.is_workload() => of(&store.workloads, key, now),
        _ => None,
    }
}

/// What fits so far.
struct Finder<'a> {
    query: Query,
    used: Weights<'a>,
    store: &'a Store,
    out: Vec<(Rank, Choice)>,
}

impl Finder<'_> {
    /// Adds something by its names, the first of which it is sorted by.
    fn add(&mut self, names: &[&str], choice: &Choice) {
        if let Some((class, close)) = self.query.fits(names, &[]) {
            self.push(class, close, Severity::Quiet, names[0], choice.clone());
        }
    }

    /// Adds something where its name, or a part of it, begins with what was typed.
    fn begun(&mut self, name: &str, choice: &Choice) {
        if let Some((class, close)) = self.query.fits(&[name], &[]).filter(|(class, _)| *class >= Class::Part)
        {
            self.push(class, close, Severity::Quiet, name, choice.clone());
        }
    }

    fn push(&mut self, class: Class, close: u32, severity: Severity, name: &str, choice: Choice) {
        let used = self.used.of(&choice, self.store);
        let (sort, name) = (rank::sort(&choice), name.to_owned());
        self.out.push((Rank { class, severity, used, sort, close, name }, choice));
    }

    fn entities(&mut self, now: Time) {
        let s = self.store;
        self.table(&s.applications, now);
        self.table(&s.pods, now);
        self.table(&s.workloads, now);
        self.table(&s.nodes, now);
        self.table(&s.namespaces, now);
        self.table(&s.alerts, now);
        self.table(&s.leases, now);
        self.table(&s.static_roles, now);
        self.table(&s.secrets, now);
        self.table(&s.certificates, now);
    }

    fn table<T: Listed>(&mut self, table: &Table<T>, now: Time) {
        for row in table.iter() {
            let key = row.key();
            let env = self.store.system(key.source).map_or("", |s| &*s.env);
            let [name, ..] = row.texts();
            let place = [&*key.namespace, env, key.kind.name()];
            let Some((class, close)) = self.query.fits(&[name], &place) else { continue };
            let severity = row.severity(now);
            // Of the same name in several environments, in their order.
            let name = format!("{name} {:05}", key.source.0);
            self.push(class, close, severity, &name, Choice::Entity(key.clone(), severity));
        }
    }
}
