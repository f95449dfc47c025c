//! What is said: each environment in a sentence, and what changed since it was last said.

use std::collections::{BTreeMap, HashSet};

use crate::{
    app::{State, format, pulses},
    cli::status::{self, Problem},
    model::{ChangeKind, Key, Severity},
    triage::{Focus, Scope},
};

/// More changes at once are only counted.
const MOST: usize = 5;

/// Which problem it is.
type Name = (String, &'static str, String);

/// Knows what was said.
pub(super) struct Teller {
    problems: BTreeMap<Name, (Severity, String)>,
    changes: HashSet<Key>,
}

impl Teller {
    /// Takes everything as it is now for said.
    pub fn new(state: &State) -> Self {
        Self { problems: spoken(state), changes: state.timeline.iter().map(|c| c.key.clone()).collect() }
    }

    /// What came, went or changed since the last time, in sentences.
    pub fn news(&mut self, state: &State) -> Vec<String> {
        let at = format::clock(state.now);
        let now = spoken(state);
        let mut worse: Vec<_> =
            now.iter().filter(|(name, now)| self.problems.get(*name) != Some(*now)).collect();
        worse.sort_by_key(|(_, (severity, _))| std::cmp::Reverse(*severity));
        let told = worse.iter().filter(|(_, (s, _))| *s == Severity::Critical).count().max(MOST);
        let mut news = Vec::new();
        for ((env, kind, thing), (severity, what)) in worse.iter().take(told) {
            let is = if what.is_empty() { String::new() } else { format!(", {what}") };
            news.push(format!("{}: {env}, {kind} {thing}{is}, {at}", word(*severity)));
        }
        if worse.len() > told {
            news.push(format!("and {} more warnings; problems lists them", worse.len() - told));
        }
        for (env, kind, thing) in self.problems.keys().filter(|name| !now.contains_key(*name)) {
            news.push(format!("over: {env}, {kind} {thing}, {at}"));
        }
        // Alerts and pods are told of as problems.
        let is_told = |kind| matches!(kind, ChangeKind::Alert | ChangeKind::Pod);
        let unknown = state.timeline.iter().filter(|c| !self.changes.contains(&c.key));
        let new: Vec<_> = unknown.filter(|c| !is_told(c.kind)).collect();
        for change in new.iter().rev().take(MOST) {
            let env = state.store.system(change.key.source).map_or("", |s| &*s.env);
            let by = change.by.as_ref().map_or(String::new(), |by| format!(" by {by}"));
            news.push(format!("change: {env}, {} {}{by}, {at}", change.kind.name(), change.title));
        }
        if new.len() > MOST {
            news.push(format!("and {} more changes; changes lists them", new.len() - MOST));
        }
        self.changes = state.timeline.iter().map(|c| c.key.clone()).collect();
        self.problems = now;
        news
    }
}

/// The problems worth a word of their own: not each pod, which come and go, but what they belong to.
fn spoken(state: &State) -> BTreeMap<Name, (Severity, String)> {
    let told = status::found(&state.store, state.now).into_iter().filter(|p| p.what != "pod");
    told.map(|p| {
        let Problem { severity, env, what, name, state, .. } = p;
        // What is left of a lease runs down by itself.
        let state = if what == "lease" { String::new() } else { state };
        ((env.to_string(), what, name), (severity, state))
    })
    .collect()
}

/// A severity as it is said.
const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
        Severity::Active => "under way",
        Severity::Ok => "well",
        Severity::Quiet => "quiet",
    }
}

/// Each environment in a sentence.
pub(super) fn sentences(state: &State) -> Vec<String> {
    let all = state.store.environments.iter().enumerate();
    all.map(|(n, env)| {
        let sum = state.summary(n);
        let count = |n: u32, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
        let wrong = match (sum.critical, sum.warning) {
            (0, 0) => "nothing wrong".to_owned(),
            (critical, 0) => format!("{critical} critical"),
            (0, warning) => count(warning, "warning", "warnings"),
            (critical, warning) => format!("{critical} critical, {}", count(warning, "warning", "warnings")),
        };
        let scope = Scope::of(&state.store, &Focus::Environment(env.name.clone()));
        let pulses = pulses(&state.store, &scope, state.now);
        let named = |wanted: &dyn Fn(Severity) -> bool| {
            let names: Vec<_> = pulses.iter().filter(|p| wanted(p.severity)).map(|p| p.kind.name()).collect();
            names.join(", ")
        };
        let (silent, waiting) = (named(&Severity::is_problem), named(&|s| s == Severity::Active));
        let mut systems = Vec::new();
        for (names, what) in [(silent, "Not well"), (waiting, "Not heard of yet")] {
            if !names.is_empty() {
                systems.push(format!("{what}: {names}."));
            }
        }
        let systems = if systems.is_empty() { "Every system answers.".to_owned() } else { systems.join(" ") };
        let tier = env.tier.to_string();
        let tier = if *env.name == *tier { String::new() } else { format!(", tier {tier}") };
        format!(
            "{}{tier}: {wrong} in {} and {}. {systems}",
            env.name,
            count(sum.applications, "application", "applications"),
            count(sum.pods, "pod", "pods"),
        )
    })
    .collect()
}
