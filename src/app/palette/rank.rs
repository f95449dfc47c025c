//! In which order the palette offers what fits.
//!
//! What is said in full (`:po`, `:theme nord`) stands above all. The rest by how it fits: a name exactly, its beginning, the beginning of a part of it, a part, its
//! letters in this order. Among what fits alike:
//!
//! 1. of exact names, what one most likely means by a name: environment, application, command, and so on;
//! 2. what is broken, then what wants a look;
//! 3. what was chosen most, the lately chosen counting more;
//! 4. what one most likely means;
//! 5. for letters, how close together they stand;
//! 6. the alphabet.

use std::cmp::Ordering;

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{AtomKind, CaseMatching, Normalization, Pattern},
};

use super::Choice;
use crate::{
    app::memory::Use,
    model::{Kind, Severity, Time},
};

/// How something fits what was typed; better is more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Its name has the letters in this order.
    Spread,
    /// Its name holds it.
    Holds,
    /// A part of its name begins with it.
    Part,
    /// Its name begins with it.
    Prefix,
    /// It is its name.
    Exact,
}

/// What decides where something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rank {
    /// How it fits.
    pub class: Class,
    /// How bad it is.
    pub severity: Severity,
    /// How much it was chosen.
    pub used: u64,
    /// How likely one means such a thing; more is likelier.
    pub sort: u8,
    /// How close together the letters stand.
    pub close: u32,
    /// Its name.
    pub name: String,
}

impl Rank {
    /// How two are offered: the better first.
    pub fn order(&self, other: &Self) -> Ordering {
        let key = |r: &Self| {
            let exact = if r.class == Class::Exact { r.sort } else { 0 };
            let wrong = match r.severity {
                Severity::Critical => 2,
                Severity::Warning => 1,
                _ => 0,
            };
            (r.class, exact, wrong, r.used, r.sort, r.close)
        };
        key(other).cmp(&key(self)).then_with(|| self.name.cmp(&other.name))
    }
}

/// How likely one means it by its name.
pub(super) fn sort(choice: &Choice) -> u8 {
    match choice {
        Choice::List { .. } | Choice::Kind { .. } => 20,
        Choice::Environment(_) => 19,
        Choice::Entity(key, _) if key.kind == Kind::Application => 18,
        Choice::Alias { .. } => 17,
        Choice::Command(_) => 16,
        Choice::Order(_) => 15,
        Choice::Filter(_) | Choice::Glass(_) => 14,
        Choice::Set(_) => 13,
        Choice::Entity(key, _) => match key.kind {
            kind if kind.is_workload() => 12,
            Kind::Alert => 11,
            Kind::Namespace => 10,
            Kind::Node => 9,
            Kind::Pod => 8,
            _ => 7,
        },
    }
}

/// How much something was chosen: the times, those of late counting more.
pub fn weight(used: &Use, now: Time) -> u64 {
    let hours = (now.secs() - used.last).max(0) / 3600;
    let lately = match hours {
        0 => 32,
        1..24 => 16,
        24..168 => 8,
        168..720 => 4,
        _ => 1,
    };
    u64::from(used.times.min(100)) * lately
}

/// What was typed.
pub(super) struct Query {
    matcher: Matcher,
    /// In lower case.
    whole: String,
    words: Vec<(String, Pattern)>,
    buffer: Vec<char>,
}

impl Query {
    pub(super) fn new(text: &str) -> Self {
        let whole = text.trim().to_lowercase();
        let pattern = |word: &str| {
            let fuzzy = Pattern::new(word, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy);
            (word.to_owned(), fuzzy)
        };
        let words = whole.split_whitespace().map(pattern).collect();
        Self { matcher: Matcher::new(Config::DEFAULT), whole, words, buffer: Vec::new() }
    }

    /// How a thing with these names fits, and how close together the letters stand. Of several words each is in a
    /// name, or names the place, and one of them is in a name.
    pub(super) fn fits(&mut self, names: &[&str], place: &[&str]) -> Option<(Class, u32)> {
        if self.words.len() < 2 {
            return self.word(0, names);
        }
        let whole = names.iter().filter_map(|name| class(name, &self.whole)).max();
        if let Some(class) = whole {
            return Some((class, 0));
        }
        let mut worst: Option<(Class, u32)> = None;
        let mut named = false;
        for n in 0..self.words.len() {
            let at =
                place.iter().filter_map(|p| class(p, &self.words[n].0)).filter(|c| *c >= Class::Prefix).max();
            let in_name = self.word(n, names);
            named |= in_name.is_some();
            let this = at.map(|c| (c, 0)).max(in_name)?;
            worst = Some(worst.map_or(this, |w| w.min(this)));
        }
        worst.filter(|_| named)
    }

    fn word(&mut self, n: usize, names: &[&str]) -> Option<(Class, u32)> {
        let (word, pattern) = self.words.get(n)?;
        if let Some(class) = names.iter().filter_map(|name| class(name, word)).max() {
            return Some((class, 0));
        }
        let (buffer, matcher) = (&mut self.buffer, &mut self.matcher);
        let close = names.iter().filter_map(|name| pattern.score(Utf32Str::new(name, buffer), matcher)).max();
        close.map(|close| (Class::Spread, close))
    }
}

/// How a name fits a lower-case word that stands in it as it is.
fn class(name: &str, word: &str) -> Option<Class> {
    let lowered;
    let (name, ascii) = if name.is_ascii() {
        (name, true)
    } else {
        lowered = name.to_lowercase();
        (lowered.as_str(), false)
    };
    let (name, word) = (name.as_bytes(), word.as_bytes());
    if word.is_empty() || word.len() > name.len() {
        return None;
    }
    let same = |a: &[u8]| if ascii { a.eq_ignore_ascii_case(word) } else { a == word };
    let mut best = None;
    for (at, part) in name.windows(word.len()).enumerate().filter(|(_, part)| same(part)) {
        let this = match at {
            0 if part.len() == name.len() => Class::Exact,
            0 => Class::Prefix,
            _ if name[at - 1].is_ascii_alphanumeric() => Class::Holds,
            _ => Class::Part,
        };
        best = best.max(Some(this));
    }
    best
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_fit_exactly_by_their_beginning_by_a_part_or_by_their_letters() {
        let fits = |text: &str, name: &str| Query::new(text).fits(&[name], &[]).map(|(class, _)| class);
        let cases = [
            ("appointments", "appointments", Some(Class::Exact)),
            ("APPO", "appointments", Some(Class::Prefix)),
            ("7d4c", "appointments-7d4c9", Some(Class::Part)),
            ("point", "appointments", Some(Class::Holds)),
            ("aptx2", "appointments-7d4c9b6f5-x2x7p", Some(Class::Spread)),
            ("roll back", "roll back", Some(Class::Exact)),
            ("xyz", "appointments", None),
            ("grü", "Grüße", Some(Class::Prefix)),
        ];
        for (text, name, wanted) in cases {
            assert_eq!(fits(text, name), wanted, "{text} in {name}");
        }
    }

    #[test]
    fn more_words_name_the_place_too() {
        let mut query = Query::new("appointments prod");
        assert_eq!(
            query.fits(&["appointments"], &["appointments", "prod", "application"]),
            Some((Class::Exact, 0))
        );
        assert_eq!(query.fits(&["appointments"], &["appointments", "dev", "application"]), None);
        assert_eq!(
            Query::new("prod pod").fits(&["odoo"], &["odoo", "prod", "pod"]),
            None,
            "nothing names it"
        );
        assert_eq!(
            Query::new("app prod").fits(&["appointments"], &["x", "prod"]).map(|f| f.0),
            Some(Class::Prefix)
        );
    }

    #[test]
    fn what_was_chosen_lately_weighs_more_than_what_was_chosen_often() {
        let used = |times, ago: i64| Use { what: String::new(), times, last: 10_000_000 - ago };
        let now = Time::from_secs(10_000_000);
        let ordered = [used(3, 60), used(5, 7200), used(5, 100_000), used(9, 1_000_000), used(9, 5_000_000)];
        assert!(ordered.windows(2).all(|w| weight(&w[0], now) > weight(&w[1], now)));
    }

    fn rank() -> impl Strategy<Value = Rank> {
        let class =
            prop::sample::select(vec![Class::Spread, Class::Holds, Class::Part, Class::Prefix, Class::Exact]);
        let severity = prop::sample::select(vec![
            Severity::Quiet,
            Severity::Ok,
            Severity::Active,
            Severity::Warning,
            Severity::Critical,
        ]);
        (class, severity, 0..3_u64, 0..3_u8, 0..3_u32, "[ab]").prop_map(
            |(class, severity, used, sort, close, name)| Rank { class, severity, used, sort, close, name },
        )
    }

    proptest! {
        #[test]
        fn the_order_is_one_and_says_what_the_page_says(a in rank(), b in rank(), c in rank()) {
            prop_assert_eq!(a.order(&b), b.order(&a).reverse());
            if a.order(&b).is_le() && b.order(&c).is_le() {
                prop_assert!(a.order(&c).is_le());
            }
            let before = |better: &Rank, worse: &Rank| better.order(worse).is_lt();
            if a.class > b.class {
                prop_assert!(before(&a, &b), "a better fit comes first, whatever else");
            }
            let broken = |r: &Rank| r.severity == Severity::Critical;
            if a.class == b.class && a.class < Class::Exact && broken(&a) && !broken(&b) {
                prop_assert!(before(&a, &b), "of equal fits what is broken comes first");
            }
            if a.class == b.class && a.class == Class::Exact && a.sort > b.sort {
                prop_assert!(before(&a, &b), "of exact names the likelier thing comes first");
            }
            if a.class == b.class && a.severity == b.severity && a.sort == b.sort && a.used > b.used {
                prop_assert!(before(&a, &b), "else what was chosen more");
            }
        }
    }
}
