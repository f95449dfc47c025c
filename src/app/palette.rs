//! Finding anything by a few letters: commands, entities of every environment, and k9s's words.

mod filters;
mod kinds;

pub use filters::FilterOrder;
use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};

use super::{
    command::Command, input::Input, listed::Listed, memory::SavedFilter, subject::Subject, workspace::Order,
};
use crate::{
    model::{ApiResource, Key, Severity, Str, Time},
    store::{Store, Table},
    theme::SHIPPED,
};

/// What can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Run a command.
    Command(Command),
    /// Show a list, narrowed to what was typed behind its name.
    List(Subject, String),
    /// Show the objects of a kind, narrowed to what was typed behind its name.
    Kind {
        /// What names it.
        id: Str,
        /// Its other names.
        about: Str,
        /// What was typed behind it.
        filter: String,
    },
    /// Go to an environment.
    Environment(Str),
    /// Take a shipped theme.
    Theme(&'static str),
    /// Go to an entity.
    Entity(Key, Severity),
    /// Do something with the arrangement of panes.
    Order(Order),
    /// Do something with the filters that have names.
    Filter(FilterOrder),
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
}

/// At most so many choices are offered.
const OFFERED: usize = 100;

/// The words k9s users bring, and ours.
const WORDS: [(&[&str], Subject); 13] = [
    (&["po", "pod", "pods"], Subject::Pods),
    (
        &[
            "deploy",
            "dp",
            "deployment",
            "deployments",
            "workloads",
            "sts",
            "statefulsets",
            "ds",
            "daemonsets",
            "jobs",
            "rs",
        ],
        Subject::Workloads,
    ),
    (&["no", "node", "nodes"], Subject::Nodes),
    (&["ns", "namespace", "namespaces"], Subject::Namespaces),
    (&["ev", "event", "events"], Subject::Events),
    (&["alerts", "alert", "al"], Subject::Alerts),
    (&["silences", "silence"], Subject::Silences),
    (&["leases", "lease", "secrets", "certs", "certificates", "credentials", "roles"], Subject::Leases),
    (&["apps", "app", "applications", "argo"], Subject::Applications),
    (&["matrix", "compare", "fleet"], Subject::Matrix),
    (&["env", "envs", "environments", "ctx", "context", "contexts"], Subject::Environments),
    (&["changes", "timeline", "history"], Subject::Changes),
    (&["logs", "log"], Subject::Logs),
];

impl Palette {
    /// Finds what fits, anew.
    pub fn find(&mut self, store: &Store, now: Time) {
        self.cursor = 0;
        let text = self.input.text().trim();
        if text.is_empty() {
            self.choices = suggestions(store, now);
            return;
        }
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let mut scored: Vec<(u32, Choice)> = Vec::new();
        if let Some((_, subject)) = WORDS.iter().find(|(words, _)| words.contains(&word)) {
            let named = store.environments.iter().find(|e| *e.name == *rest.trim());
            scored.push(match named {
                Some(env) if *subject == Subject::Environments => {
                    (u32::MAX, Choice::Environment(env.name.clone()))
                }
                // What Vault keeps has these names here; a cluster's own kind of the name comes before it.
                _ if *subject == Subject::Leases && !word.starts_with("lease") => {
                    (kinds::EXACT - 10, Choice::List(*subject, rest.trim().to_owned()))
                }
                _ => (u32::MAX, Choice::List(*subject, rest.trim().to_owned())),
            });
        }
        kinds::find(&self.kinds, word, rest.trim(), &mut scored);
        let orders = Order::read(word, rest, &self.workspaces).into_iter();
        scored.extend(orders.map(|o| (u32::MAX, Choice::Order(o))));
        filters::find(&self.filters, word, rest, &mut scored);
        if matches!(word, "theme" | "themes" | "skin") {
            let named = SHIPPED.iter().map(|(name, _)| *name).filter(|name| name.contains(rest.trim()));
            // Above all else, in the order of their table.
            scored.extend(named.map(|name| (u32::MAX, Choice::Theme(name))));
        }
        let mut finder = Finder::new(text);
        for name in &self.workspaces {
            let score = finder.score(name, &["workspace"]);
            let order = Choice::Order(Order::Choose(name.clone()));
            if !scored.iter().any(|(_, c)| *c == order) {
                scored.extend(score.map(|s| (s + 10, order)));
            }
        }
        for command in Command::ALL.iter().filter(|c| c.in_palette()) {
            let score = finder.score(command.name(), &[]).max(finder.score(command.title(), &[]));
            scored.extend(score.map(|s| (s + 20, Choice::Command(*command))));
        }
        for env in &store.environments {
            let score = finder.score(&env.name, &["environment"]);
            scored.extend(score.map(|s| (s + 40, Choice::Environment(env.name.clone()))));
        }
        finder.table(store, &store.applications, now, 30, &mut scored);
        finder.table(store, &store.pods, now, 0, &mut scored);
        finder.table(store, &store.workloads, now, 10, &mut scored);
        finder.table(store, &store.nodes, now, 0, &mut scored);
        finder.table(store, &store.namespaces, now, 0, &mut scored);
        finder.table(store, &store.alerts, now, 20, &mut scored);
        finder.table(store, &store.leases, now, 0, &mut scored);
        finder.table(store, &store.static_roles, now, 0, &mut scored);
        finder.table(store, &store.secrets, now, 0, &mut scored);
        finder.table(store, &store.certificates, now, 0, &mut scored);
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        self.choices = scored.into_iter().take(OFFERED).map(|(_, c)| c).collect();
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

/// What is worst, then what can be done.
fn suggestions(store: &Store, now: Time) -> Vec<Choice> {
    fn worst<T: Listed>(table: &Table<T>, now: Time, out: &mut Vec<Choice>) {
        let bad = table.iter().filter(|r| r.severity(now) == Severity::Critical).take(5);
        out.extend(bad.map(|r| Choice::Entity(r.key().clone(), Severity::Critical)));
    }
    let mut out = Vec::new();
    worst(&store.applications, now, &mut out);
    worst(&store.alerts, now, &mut out);
    worst(&store.pods, now, &mut out);
    out.extend(store.environments.iter().map(|e| Choice::Environment(e.name.clone())));
    out.extend(Command::ALL.iter().filter(|c| c.in_palette()).map(|c| Choice::Command(*c)));
    out
}

struct Finder {
    matcher: Matcher,
    pattern: Pattern,
    buffer: Vec<char>,
    text: String,
    several: bool,
}

impl Finder {
    fn new(query: &str) -> Self {
        Self {
            matcher: Matcher::new(Config::DEFAULT),
            pattern: Pattern::parse(query, CaseMatching::Ignore, Normalization::Smart),
            buffer: Vec::new(),
            text: String::new(),
            several: query.split_whitespace().nth(1).is_some(),
        }
    }

    fn score(&mut self, name: &str, more: &[&str]) -> Option<u32> {
        self.text.clear();
        self.text.push_str(name);
        // One word is looked for in names only; more of them may name the place too.
        for word in more.iter().filter(|_| self.several) {
            self.text.push(' ');
            self.text.push_str(word);
        }
        self.pattern.score(Utf32Str::new(&self.text, &mut self.buffer), &mut self.matcher)
    }

    fn table<T: Listed>(
        &mut self,
        store: &Store,
        table: &Table<T>,
        now: Time,
        bonus: u32,
        out: &mut Vec<(u32, Choice)>,
    ) {
        for row in table.iter() {
            let key = row.key();
            let env = store.system(key.source).map_or("", |s| &*s.env);
            let [name, ..] = row.texts();
            let Some(score) = self.score(name, &[&key.namespace, env, key.kind.name()]) else { continue };
            let severity = row.severity(now);
            let wrong = match severity {
                Severity::Critical => 60,
                Severity::Warning => 30,
                Severity::Active => 10,
                Severity::Ok | Severity::Quiet => 0,
            };
            out.push((score + bonus + wrong, Choice::Entity(key.clone(), severity)));
        }
    }
}
