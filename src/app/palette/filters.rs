//! Filters with names among what can be chosen.

use crate::app::{memory::SavedFilter, workspace::is_name};

/// What can be asked of filters by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilterOrder {
    /// Narrow its list by it.
    Take(String),
    /// Keep the filter in use under a name; empty while none is typed.
    Save(String),
    /// Forget it.
    Forget(String),
}

impl FilterOrder {
    /// Reads what was typed after `filter`; every order that it can mean, the likeliest first.
    pub fn read(word: &str, rest: &str, known: &[SavedFilter]) -> Vec<Self> {
        if !matches!(word, "filter" | "filters") {
            return Vec::new();
        }
        let rest = rest.trim();
        let (verb, name) = rest.split_once(char::is_whitespace).map_or((rest, ""), |(v, n)| (v, n.trim()));
        let begins = |whole: &str, part: &str| whole.to_lowercase().starts_with(&part.to_lowercase());
        let named =
            |part: &str| known.iter().map(|f| f.name.clone()).filter(|n| begins(n, part)).collect::<Vec<_>>();
        match verb {
            "save" if name.is_empty() || is_name(name) => vec![Self::Save(name.to_owned())],
            "save" => Vec::new(),
            "forget" => named(name).into_iter().map(Self::Forget).collect(),
            _ => {
                let save = begins("save", rest).then(|| Self::Save(String::new()));
                named(rest).into_iter().map(Self::Take).chain(save).collect()
            }
        }
    }

    /// Its words, as they are typed.
    pub fn words(&self) -> String {
        match self {
            Self::Take(name) => format!("filter {name}"),
            Self::Save(name) => format!("filter save {}", if name.is_empty() { "NAME" } else { name }),
            Self::Forget(name) => format!("filter forget {name}"),
        }
    }
}
