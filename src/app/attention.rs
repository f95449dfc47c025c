//! Alerts and changes for someone who looks elsewhere: which came since the last look, and when that is told.

use std::collections::HashSet;

use super::{event::Effect, listed::Listed};
use crate::{
    config::Way,
    model::{Change, ChangeKind, Key, Kind, Severity, Source, Tier, Time},
    store::{Freshness, Store},
};

/// Seconds between two tellings at least.
const APART: u64 = 10;
/// At most so many names are told at once.
const NAMED: usize = 3;

/// How and where a new critical alert is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notify {
    /// How.
    pub ways: Vec<Way>,
    /// In environments of which tiers.
    pub tiers: Vec<Tier>,
}

impl Default for Notify {
    fn default() -> Self {
        Self { ways: vec![Way::Title, Way::Bell], tiers: vec![Tier::Prod] }
    }
}

/// What of the alerts and changes was seen.
#[derive(Clone, Debug, Default)]
pub struct Attention {
    /// Whether nothing is told.
    pub quiet: bool,
    known: HashSet<Key>,
    unread: HashSet<Key>,
    waiting: Vec<Key>,
    complete: HashSet<Source>,
    told: Option<Time>,
    stamp: u64,
    /// When the changes were last looked at; what was there before is no news.
    changes: Option<Time>,
}

impl Attention {
    /// Whether an alert came since the last look.
    pub fn is_unread(&self, key: &Key) -> bool {
        self.unread.contains(key)
    }

    /// How many came since the last look.
    pub fn unread(&self) -> usize {
        self.unread.len()
    }

    /// The engineer looks at the alerts.
    pub(super) fn look(&mut self) {
        self.unread.clear();
    }

    /// How many changes came since the last look, of a timeline with the newest first; alerts are told beside it.
    pub fn new_changes(&self, timeline: &[Change]) -> usize {
        let Some(looked) = self.changes else { return 0 };
        let since = timeline.iter().take_while(|c| c.at > looked);
        since.filter(|c| c.kind != ChangeKind::Alert).count()
    }

    /// The engineer looks at the changes.
    pub(super) fn look_at_changes(&mut self, now: Time) {
        self.changes = Some(now);
    }

    /// Looks at the alerts as they are now; what is to be told, when something is.
    pub(super) fn watch(&mut self, store: &Store, policy: &Notify, now: Time) -> Option<Effect> {
        self.changes.get_or_insert(now);
        if self.stamp != store.alerts.generation() {
            self.stamp = store.alerts.generation();
            self.compare(store, policy, now);
        }
        // What a system has when it is first heard is no news.
        let loaded = |source| store.freshness(source, Kind::Alert).is_some_and(Freshness::is_loaded);
        self.complete.extend(store.systems.iter().map(|s| s.source).filter(|s| loaded(*s)));
        let due = self.told.is_none_or(|told| now.since(told).as_secs() >= APART);
        if self.quiet {
            self.waiting.clear();
        }
        if self.waiting.is_empty() || !due {
            return None;
        }
        self.told = Some(now);
        let text = told(store, &std::mem::take(&mut self.waiting));
        Some(Effect::Notify { text, ways: policy.ways.clone() })
    }

    fn compare(&mut self, store: &Store, policy: &Notify, now: Time) {
        let mut present = HashSet::new();
        for alert in store.alerts.iter() {
            let severity = Listed::severity(alert, now);
            if severity == Severity::Quiet {
                continue;
            }
            let key = &alert.key;
            present.insert(key.clone());
            if self.known.contains(key) || !self.complete.contains(&key.source) {
                continue;
            }
            self.unread.insert(key.clone());
            let tier = store.system(key.source).map(|s| s.tier);
            if severity == Severity::Critical && tier.is_some_and(|t| policy.tiers.contains(&t)) {
                self.waiting.push(key.clone());
            }
        }
        self.unread.retain(|key| present.contains(key));
        self.waiting.retain(|key| present.contains(key));
        self.known = present;
    }
}

/// What is told of some alerts, in a few words.
fn told(store: &Store, keys: &[Key]) -> String {
    let alerts: Vec<_> = keys.iter().filter_map(|key| store.alerts.get(key)).collect();
    let names: Vec<_> = alerts.iter().take(NAMED).map(|a| &*a.name).collect();
    let mut envs: Vec<_> = keys.iter().filter_map(|k| store.system(k.source)).map(|s| &*s.env).collect();
    envs.dedup();
    let more =
        if alerts.len() > NAMED { format!(" and {} more", alerts.len() - NAMED) } else { String::new() };
    format!("critical in {}: {}{more}", envs.join(", "), names.join(", "))
}
