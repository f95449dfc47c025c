//! Rules of a policy: what they are about, what they say, and where they are written.

use std::fmt;

use regex::Regex;

use super::{Confirm, Freeze, Hours};
use crate::model::{Key, Kind, ObjectName, Str};

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it is called: a freeze by its name, others by their setting (`deny`, `hours`).
    pub name: Str,
    /// The file and line that it stands in: `vigie.toml:31`.
    pub place: Str,
    /// What it says.
    pub says: Says,
}

impl fmt::Display for Rule {
    /// `deny, vigie.toml:31`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.name, self.place)
    }
}

/// What a rule says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// This is not done.
    Deny(Act),
    /// For this, the reason must match a pattern.
    Ticket {
        /// For what.
        of: Act,
        /// What must be found in the reason.
        pattern: Pattern,
    },
    /// Only what is let pass is done in a window.
    Freeze {
        /// When.
        window: Freeze,
        /// What it lets pass.
        allow: Vec<Act>,
    },
    /// This is done within these hours, and outside them only what is let pass.
    Hours {
        /// What they are about.
        of: Act,
        /// The hours.
        hours: Hours,
        /// What is done outside them too.
        allow: Vec<Act>,
    },
    /// Confirming this takes more.
    Ask {
        /// What.
        of: Act,
        /// How it is confirmed at least.
        confirm: Option<Confirm>,
        /// Whether a reason must be given.
        reason: bool,
    },
    /// One bulk plan of this is about so many things at most.
    Limit {
        /// Of what.
        of: Act,
        /// How many.
        most: u16,
    },
}

/// A verb, and maybe the kind of thing it is done to: `drain`, `delete pod`, `* node`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// The verb; `*` for any.
    pub verb: Str,
    /// The kind, or an API resource as `ingresses.networking.k8s.io`; any when absent.
    pub kind: Option<Str>,
}

impl Act {
    /// Any verb on anything.
    pub fn any() -> Self {
        Self { verb: "*".into(), kind: None }
    }

    /// Reads it; the error says what is wrong with it. Whether there is such a verb is for others to know.
    pub fn parse(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (verb, kind) = match words[..] {
            [verb] => (verb, None),
            [verb, kind] => (verb, Some(kind.to_ascii_lowercase())),
            _ => return Err(format!("`{text}` is not a verb, or a verb and a kind")),
        };
        if let Some(word) = &kind
            && !word.contains('.')
        {
            word.parse::<Kind>()?;
        }
        Ok(Self { verb: verb.into(), kind: kind.map(Str::from) })
    }

    /// Whether a verb on a thing is meant.
    pub fn fits(&self, verb: &str, key: &Key) -> bool {
        (*self.verb == *"*" || *self.verb == *verb) && self.kind.as_ref().is_none_or(|word| is_of(word, key))
    }
}

/// Whether a word names the kind of a thing: `secret` also a Secret of Kubernetes, which has no kind of its own here.
fn is_of(word: &str, key: &Key) -> bool {
    let Some(object) = ObjectName::of(key) else {
        return word.parse().is_ok_and(|kind: Kind| kind == key.kind);
    };
    let (plural, version, group) = (object.plural, object.version, object.group);
    let dotted =
        [format!("{plural}.{group}"), format!("{plural}.{version}"), format!("{plural}.{version}.{group}")];
    word.strip_suffix('s').unwrap_or(word) == plural.strip_suffix('s').unwrap_or(plural)
        || dotted.iter().any(|name| name.trim_end_matches('.') == word)
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.verb)?;
        self.kind.as_ref().map_or(Ok(()), |kind| write!(f, " {kind}"))
    }
}

/// A regular expression, equal to another of the same text.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// Reads it; the error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        // The library draws the place in several lines; the last says what it is.
        let short = |error: &regex::Error| error.to_string().lines().last().unwrap_or_default().to_owned();
        Regex::new(text).map(Self).map_err(|error| short(&error))
    }

    /// Whether it is found in a text.
    pub fn is_in(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for Pattern {}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}
