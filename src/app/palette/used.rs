//! What was chosen before, by names that are the same in every session.

use std::collections::HashMap;

use super::{Choice, Palette, rank};
use crate::{
    model::{Key, Kind, Time},
    store::Store,
};

impl Choice {
    /// The name under which it is remembered.
    pub(in crate::app) fn name(&self, store: &Store) -> String {
        match self {
            Self::Command(command) => format!("command {}", command.name()),
            Self::List { subject, .. } => format!("list {}", crate::app::workspace::name_of(*subject)),
            Self::Kind { id, .. } => format!("kind {id}"),
            Self::Environment(name) => format!("environment {name}"),
            Self::Set(setting) => setting.words(),
            Self::Order(order) => order.words(),
            Self::Filter(order) => order.words(),
            Self::Glass(order) => order.words(),
            Self::Alias { name, .. } => format!("alias {name}"),
            Self::Entity(key, _) => entity(store, key),
        }
    }
}

fn entity(store: &Store, key: &Key) -> String {
    let env = store.system(key.source).map_or("", |s| &*s.env);
    format!("entity {env} {} {} {}", key.kind, key.namespace, key.name)
}

/// How much each was chosen.
pub(super) struct Weights<'a>(HashMap<&'a str, u64>);

impl<'a> Weights<'a> {
    pub(super) fn new(palette: &'a Palette, now: Time) -> Self {
        Self(palette.used.iter().map(|u| (u.what.as_str(), rank::weight(u, now))).collect())
    }

    pub(super) fn of(&self, choice: &Choice, store: &Store) -> u64 {
        if self.0.is_empty() { 0 } else { self.0.get(choice.name(store).as_str()).copied().unwrap_or(0) }
    }
}

/// The most chosen of what there still is, at most so many.
pub(super) fn most(palette: &Palette, store: &Store, now: Time, count: usize) -> Vec<Choice> {
    let mut used: Vec<_> = palette.used.iter().map(|u| (rank::weight(u, now), u.what.as_str())).collect();
    used.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    let known: HashMap<String, Choice> =
        palette.standing(store).into_iter().map(|choice| (choice.name(store), choice)).collect();
    let found = |(_, name): (u64, &str)| known.get(name).cloned().or_else(|| entity_of(store, name, now));
    used.into_iter().filter_map(found).take(count).collect()
}

/// The entity that is remembered under a name, while it is there.
fn entity_of(store: &Store, name: &str, now: Time) -> Option<Choice> {
    let mut parts = name.strip_prefix("entity ")?.splitn(4, ' ');
    let (env, kind, namespace, name) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let kind: Kind = kind.parse().ok()?;
    let mut keys =
        store.systems.iter().filter(|s| *s.env == *env).map(|s| Key::new(s.source, kind, namespace, name));
    keys.find_map(|key| super::severity(store, &key, now).map(|severity| Choice::Entity(key, severity)))
}
