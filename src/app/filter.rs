//! What a list is narrowed to: words that must all be there, `!word` for those that must not.

/// A filter as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    text: String,
    /// Lower case, and whether the word must be absent.
    words: Vec<(String, bool)>,
}

impl Filter {
    /// Reads what was typed.
    pub fn new(text: &str) -> Self {
        let words = text
            .split_whitespace()
            .map(|w| w.strip_prefix('!').map_or((w, false), |rest| (rest, true)))
            .filter(|(w, _)| !w.is_empty())
            .map(|(w, absent)| (w.to_lowercase(), absent))
            .collect();
        Self { text: text.to_owned(), words }
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether everything passes.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The words that must be there, for marking them.
    pub fn wanted(&self) -> impl Iterator<Item = &str> {
        self.words.iter().filter(|(_, absent)| !absent).map(|(w, _)| w.as_str())
    }

    /// Whether a row with these texts passes: each word in at least one of them, `!` words in none.
    pub fn passes(&self, fields: &[&str]) -> bool {
        self.words.iter().all(|(word, absent)| fields.iter().any(|f| contains(f, word)) != *absent)
    }
}

/// Whether `text` contains the lower-case `word`, whatever the case of `text`.
pub fn contains(text: &str, word: &str) -> bool {
    if !text.is_ascii() {
        return text.to_lowercase().contains(word);
    }
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let Some((first, rest)) = word.split_first() else { return true };
    text.len() >= word.len()
        && (0..=text.len() - word.len()).any(|at| {
            text[at].to_ascii_lowercase() == *first && text[at + 1..][..rest.len()].eq_ignore_ascii_case(rest)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_all_wanted_and_negation_excludes() {
        let row = ["appointments-7d4c9", "CrashLoopBackOff", "prod"];
        assert!(Filter::new("appo crash").passes(&row));
        assert!(!Filter::new("appo running").passes(&row));
        assert!(Filter::new("!staging APPO").passes(&row));
        assert!(!Filter::new("!crash").passes(&row));
        assert!(Filter::new("  ! ").passes(&row));
        assert!(Filter::new("grü").passes(&["Grüße"]));
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_the_plain_way(text in "[a-cA-C]{0,8}", word in "[a-c]{0,3}") {
            proptest::prop_assert_eq!(contains(&text, &word), text.to_lowercase().contains(&word));
        }
    }
}
