//! Kinds of objects among what can be chosen: named as kubectl takes them, found by a part of their name.

use super::Choice;
use crate::model::{API_RESOURCES, ApiResource};

/// The score of a kind that is named exactly, by the best of its names.
pub(super) const EXACT: u32 = u32::MAX - 10;
/// The score of one whose name holds what was typed.
const PART: u32 = 60;

/// Adds the kinds that a word names, and last the word itself: the clusters may know it although they did not say yet.
pub(super) fn find(kinds: &[ApiResource], word: &str, filter: &str, out: &mut Vec<(u32, Choice)>) {
    let lower = word.to_lowercase();
    let choice = |id: &str, about: &str| Choice::Kind {
        id: id.into(),
        about: about.into(),
        filter: filter.to_owned(),
    };
    if lower == API_RESOURCES || lower == "apiresources" {
        out.push((EXACT, choice(API_RESOURCES, "every kind of object that the clusters have")));
        return;
    }
    let mut named = false;
    for kind in kinds {
        let score = match kind.answers_to(&lower) {
            Some(rank) => {
                named = true;
                EXACT - u32::from(rank)
            }
            None if lower.len() > 2 && kind.plural.contains(&lower) => PART,
            None => continue,
        };
        let names = std::iter::once(&*kind.kind).chain(kind.short.iter().map(|s| &**s));
        out.push((score, choice(&kind.id(), &names.collect::<Vec<_>>().join(" "))));
    }
    let is_name = lower.starts_with(|c: char| c.is_ascii_lowercase())
        && lower.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
    if !named && is_name {
        out.push((0, choice(&lower, "look for such a kind in the clusters")));
    }
}
