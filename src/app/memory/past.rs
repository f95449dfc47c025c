//! What was typed and chosen, the newest first, and no more of it than one looks at again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::Time;

/// Filters that are kept of a list.
const FILTERS: usize = 50;
/// Lists of which filters are kept.
const LISTS: usize = 60;
/// Choices that are kept.
const USES: usize = 200;
/// The longest text that is kept, in bytes.
const LONGEST: usize = 500;

/// Something to remember.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remember {
    /// What a list was narrowed to.
    Filter {
        /// The list.
        list: String,
        /// What was typed.
        text: String,
    },
    /// What was chosen from the palette.
    Use {
        /// What, by the name that it has for good.
        what: String,
        /// When.
        at: Time,
    },
}

/// How often something was chosen, and when last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// What.
    pub what: String,
    /// How often.
    pub times: u32,
    /// When last, in seconds since 1970.
    pub last: i64,
}

/// What was typed and chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Remembered {
    /// What lists were narrowed to, the newest first.
    pub filters: BTreeMap<String, Vec<String>>,
    /// What was chosen from the palette.
    pub used: Vec<Use>,
}

impl Remembered {
    /// What a list was narrowed to, the newest first.
    pub fn of(&self, list: &str) -> &[String] {
        self.filters.get(list).map_or(&[], Vec::as_slice)
    }

    /// Takes something in.
    pub fn take(&mut self, what: &Remember) {
        match what {
            Remember::Filter { list, text } => self.filter(list, text.trim()),
            Remember::Use { what, at } => self.use_of(what, *at),
        }
    }

    fn filter(&mut self, list: &str, text: &str) {
        let is_new = !self.filters.contains_key(list);
        if text.is_empty() || text.len() > LONGEST || (is_new && self.filters.len() >= LISTS) {
            return;
        }
        let all = self.filters.entry(list.to_owned()).or_default();
        all.retain(|known| known != text);
        all.insert(0, text.to_owned());
        all.truncate(FILTERS);
    }

    fn use_of(&mut self, what: &str, at: Time) {
        if what.len() > LONGEST {
            return;
        }
        match self.used.iter_mut().find(|u| u.what == what) {
            Some(known) => {
                known.times = known.times.saturating_add(1);
                known.last = known.last.max(at.secs());
            }
            None => self.used.push(Use { what: what.to_owned(), times: 1, last: at.secs() }),
        }
        if self.used.len() > USES {
            let oldest = self.used.iter().enumerate().min_by_key(|(_, u)| u.last).map(|(n, _)| n);
            oldest.map(|n| self.used.remove(n));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_stands_first_once_and_no_list_grows_without_end() {
        let mut past = Remembered::default();
        let mut type_in =
            |text: &str| past.take(&Remember::Filter { list: "pods".into(), text: text.into() });
        for n in 0..100 {
            type_in(&format!(" restarts>{n}"));
        }
        type_in("  ");
        type_in(&"x".repeat(LONGEST + 1));
        assert_eq!(past.of("pods").len(), FILTERS);
        assert_eq!(past.of("pods")[0], "restarts>99");
        assert_eq!(past.of("nodes"), [""; 0]);
        let mut past = Remembered::default();
        for text in ["a", "b", "a"] {
            past.take(&Remember::Filter { list: "pods".into(), text: text.into() });
        }
        assert_eq!(past.of("pods"), ["a", "b"]);
    }

    #[test]
    fn uses_are_counted_and_the_longest_unused_goes() {
        let mut past = Remembered::default();
        for n in 0..300 {
            past.take(&Remember::Use { what: format!("pod {}", n % 250), at: Time::from_secs(n) });
        }
        assert_eq!(past.used.len(), USES);
        let of = |what: &str| past.used.iter().find(|u| u.what == what).map(|u| (u.times, u.last));
        assert_eq!(of("pod 249"), Some((1, 249)));
        assert_eq!(of("pod 49"), Some((1, 299)), "it was gone, and came again");
        assert_eq!(of("pod 60"), None);
    }
}
