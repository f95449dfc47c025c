//! The simulated Alertmanager: alerts that are sent to it, silences, inhibition, routes and groups.

mod matcher;
mod route;
mod silence;

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

pub use self::{
    matcher::Matcher,
    route::{CONFIG, RECEIVERS},
    silence::{Draft, Silence, SilenceError, SilenceState},
};
use super::lock;
use crate::model::Time;

/// How long an alert without an end stays firing after it was last sent.
pub const RESOLVE_TIMEOUT: Duration = Duration::from_secs(300);

/// How long resolved alerts are kept, so that a late look still finds nothing wrong with them.
const KEPT: Duration = Duration::from_secs(900);

/// The labels of an alert.
pub type Labels = BTreeMap<String, String>;

/// An alert as it is sent.
#[derive(Clone, Debug, Default)]
pub struct Posted {
    /// What identifies it.
    pub labels: Labels,
    /// What explains it.
    pub annotations: Labels,
    /// Since when it fires; since now by default.
    pub starts: Option<Time>,
    /// Until when; [`RESOLVE_TIMEOUT`] from now by default.
    pub ends: Option<Time>,
    /// Where it comes from.
    pub generator: String,
}

/// An alert as it is held.
#[derive(Clone, Debug)]
pub struct Alert {
    /// What identifies it.
    pub labels: Labels,
    /// What explains it.
    pub annotations: Labels,
    /// Since when it fires.
    pub starts: Time,
    /// Until when.
    pub ends: Time,
    /// When it was last sent.
    pub updated: Time,
    /// Where it comes from.
    pub generator: String,
    /// The number of its labels.
    pub fingerprint: u64,
}

/// An alert with what mutes it and who gets it.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The alert.
    pub alert: Alert,
    /// The ids of the silences that mute it.
    pub silenced_by: Vec<String>,
    /// The fingerprints of the alerts that inhibit it.
    pub inhibited_by: Vec<u64>,
    /// The receivers that it is routed to.
    pub receivers: Vec<&'static str>,
}

/// Alerts that are notified together.
#[derive(Clone, Debug)]
pub struct Group {
    /// The labels that they share by the route's `group_by`.
    pub labels: Labels,
    /// Who gets them.
    pub receiver: &'static str,
    /// The alerts.
    pub alerts: Vec<Judged>,
}

/// One environment's Alertmanager.
#[derive(Debug)]
pub struct Alertmanager {
    /// When it was started.
    pub started: Time,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    alerts: BTreeMap<u64, Alert>,
    silences: Vec<Silence>,
    rng: fastrand::Rng,
}

/// The number of a label set: FNV-1a over names and values, each followed by 0xff; Prometheus `LabelSet.Fingerprint`.
pub fn fingerprint(labels: &Labels) -> u64 {
    let add = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let bytes =
        labels.iter().flat_map(|(name, value)| name.bytes().chain([0xff]).chain(value.bytes()).chain([0xff]));
    bytes.fold(0xcbf2_9ce4_8422_2325, add)
}

impl Alertmanager {
    /// An Alertmanager without alerts; `seed` fixes the silences' ids.
    pub fn new(now: Time, seed: u64) -> Self {
        let rng = fastrand::Rng::with_seed(seed);
        Self { started: now, state: Mutex::new(State { alerts: BTreeMap::new(), silences: Vec::new(), rng }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Takes alerts in: new ones, such as fire on, and such as have ended.
    pub fn receive(&self, posted: Vec<Posted>, now: Time) {
        let mut state = self.state();
        for post in posted {
            let starts = post.starts.or(post.ends.filter(|ends| *ends < now)).unwrap_or(now);
            let ends = post.ends.unwrap_or_else(|| now.plus(RESOLVE_TIMEOUT));
            let labels: Labels = post.labels.into_iter().filter(|(_, value)| !value.is_empty()).collect();
            let fingerprint = fingerprint(&labels);
            let held = state.alerts.get(&fingerprint).filter(|held| held.ends >= starts);
            let starts = held.map_or(starts, |held| held.starts.min(starts));
            let alert = Alert {
                labels,
                annotations: post.annotations,
                starts,
                ends,
                updated: now,
                generator: post.generator,
                fingerprint,
            };
            state.alerts.insert(fingerprint, alert);
        }
        state.alerts.retain(|_, alert| alert.ends.plus(KEPT) > now);
    }

    /// The alerts that fire, with what mutes each, by fingerprint.
    pub fn alerts(&self, now: Time) -> Vec<Judged> {
        let state = self.state();
        let firing: Vec<&Alert> = state.alerts.values().filter(|alert| alert.ends > now).collect();
        let active: Vec<&Silence> =
            state.silences.iter().filter(|silence| silence.state(now) == SilenceState::Active).collect();
        let judge = |alert: &&Alert| Judged {
            alert: (*alert).clone(),
            silenced_by: active.iter().filter(|s| s.covers(&alert.labels)).map(|s| s.id.clone()).collect(),
            inhibited_by: route::inhibitors(alert, &firing),
            receivers: route::routes(&alert.labels).iter().map(|route| route.receiver).collect(),
        };
        firing.iter().map(judge).collect()
    }

    /// The same alerts in the groups of their routes, by labels and receiver.
    pub fn groups(&self, now: Time) -> Vec<Group> {
        let mut groups: BTreeMap<(Labels, &'static str), Vec<Judged>> = BTreeMap::new();
        for judged in self.alerts(now) {
            for route in route::routes(&judged.alert.labels) {
                let shared = |name: &str| {
                    let value = judged.alert.labels.get(name)?;
                    Some((name.to_owned(), value.clone()))
                };
                let labels: Labels = route.group_by.iter().filter_map(|name| shared(name)).collect();
                groups.entry((labels, route.receiver)).or_default().push(judged.clone());
            }
        }
        groups.into_iter().map(|((labels, receiver), alerts)| Group { labels, receiver, alerts }).collect()
    }

    /// Creates a silence or changes one; says the id, which is a new one when the change needs it.
    pub fn put_silence(&self, draft: Draft, now: Time) -> Result<String, SilenceError> {
        let mut state = self.state();
        let State { silences, rng, .. } = &mut *state;
        silence::put(silences, draft, now, rng)
    }

    /// The silences: active ones by their end, then pending, then expired ones, the newest first.
    pub fn silences(&self, now: Time) -> Vec<Silence> {
        let mut all = self.state().silences.clone();
        all.sort_by_key(|silence| match silence.state(now) {
            SilenceState::Active => (0, silence.ends.nanos()),
            SilenceState::Pending => (1, silence.starts.nanos()),
            SilenceState::Expired => (2, -silence.ends.nanos()),
        });
        all
    }

    /// One silence.
    pub fn silence(&self, id: &str) -> Option<Silence> {
        self.state().silences.iter().find(|silence| silence.id == id).cloned()
    }

    /// Ends a silence; says whether it is known.
    pub fn expire_silence(&self, id: &str, now: Time) -> bool {
        let mut state = self.state();
        let found = state.silences.iter_mut().find(|silence| silence.id == id);
        found.map(|silence| silence.expire(now)).is_some()
    }
}

#[cfg(test)]
mod tests;
