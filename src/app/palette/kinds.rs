//! Kinds of objects among what can be chosen: named as kubectl takes them, found by a part of their name.

use super::{Choice, Palette, words};
use crate::{
    app::{browse::Browse, filter::Columns, subject::Subject},
    model::{API_RESOURCES, ApiResource},
    store::Store,
};

/// The kinds that a word names, and what stands behind it.
pub(super) struct Named {
    /// Those that are named exactly, the likeliest first.
    pub exact: Vec<Choice>,
    /// The word itself: the clusters may know it although they did not say yet.
    pub last: Option<Choice>,
}

/// Finds them.
pub(super) fn find(palette: &Palette, store: &Store, word: &str, rest: &str) -> Named {
    let lower = word.to_lowercase();
    if lower == API_RESOURCES || lower == "apiresources" {
        let about = "every kind of object that the clusters have";
        return Named { exact: vec![plain(API_RESOURCES, about, rest)], last: None };
    }
    let mut exact: Vec<_> =
        palette.kinds.iter().filter_map(|kind| Some((kind.answers_to(&lower)?, kind))).collect();
    exact.sort_by_key(|(rank, _)| *rank);
    let exact: Vec<_> = exact.into_iter().map(|(_, kind)| choice(palette, store, kind, rest)).collect();
    let is_name = lower.starts_with(|c: char| c.is_ascii_lowercase())
        && lower.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
    let last =
        (exact.is_empty() && is_name).then(|| plain(&lower, "look for such a kind in the clusters", rest));
    Named { exact, last }
}

fn plain(id: &str, about: &str, filter: &str) -> Choice {
    Choice::Kind { id: id.into(), about: about.into(), environment: None, filter: filter.to_owned() }
}

/// A kind, narrowed to what was typed behind its name.
pub(super) fn choice(palette: &Palette, store: &Store, kind: &ApiResource, rest: &str) -> Choice {
    let names: Vec<_> = std::iter::once(&*kind.kind).chain(kind.short.iter().map(|s| &**s)).collect();
    let mut columns = Columns::of(Subject::Objects, &Browse::default()).with_own(&kind.id(), &palette.book);
    if !kind.namespaced {
        columns.all.to_mut().retain(|column| column.name != "namespace");
    }
    let behind = words::behind(palette, store, rest, &columns);
    Choice::Kind {
        id: kind.id().into(),
        about: names.join(" ").into(),
        environment: behind.environment,
        filter: behind.filter,
    }
}
