//! What an environment asks before it lets itself be changed.

mod glass;
mod hours;
mod rule;
mod window;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Key, Tier, Time};

pub use glass::Glass;
pub use hours::Hours;
pub use rule::{Act, Pattern, Rule, Says};
pub use window::Freeze;

/// What confirming an action takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confirm {
    /// The Enter key.
    Enter,
    /// The letter `y`.
    Yes,
    /// The environment's name, typed.
    Name,
}

/// An environment's guard policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Nothing may be changed.
    pub read_only: bool,
    /// What confirming takes.
    pub confirm: Confirm,
    /// Whether a reason must be given.
    pub reason: bool,
    /// How many things one bulk plan may be about at most; any number when absent.
    pub bulk_limit: Option<u16>,
    /// What else is forbidden or asked; all of them hold.
    pub rules: Vec<Rule>,
    /// What overrides them for now.
    pub glass: Option<Glass>,
    /// How many alerts one silence may mute without being said to be broad.
    pub silence_limit: u16,
}

impl Policy {
    /// What a tier asks when configuration says nothing: Enter in dev, `y` in staging, the name and a reason in prod;
    /// bulk plans of at most 50 in staging and 20 in prod; silences of at most 20 alerts.
    pub const fn of(tier: Tier) -> Self {
        let (confirm, reason, bulk_limit) = match tier {
            Tier::Dev => (Confirm::Enter, false, None),
            Tier::Staging => (Confirm::Yes, false, Some(50)),
            Tier::Prod => (Confirm::Name, true, Some(20)),
        };
        Self {
            read_only: false,
            confirm,
            reason,
            bulk_limit,
            silence_limit: 20,
            rules: Vec::new(),
            glass: None,
        }
    }

    /// What confirming a verb on a thing takes, and whether a reason must be given: the strictest of all that is said.
    pub fn asks(&self, verb: &str, key: &Key) -> (Confirm, bool) {
        self.rules.iter().fold((self.confirm, self.reason), |(confirm, reason), rule| match &rule.says {
            Says::Ask { of, confirm: asked, reason: wanted } if of.fits(verb, key) => {
                (confirm.max(asked.unwrap_or(confirm)), reason || *wanted)
            }
            _ => (confirm, reason),
        })
    }

    /// How many things one bulk plan of a verb may be about at most.
    pub fn limit(&self, verb: &str) -> Option<u16> {
        let own = self.rules.iter().filter_map(|rule| match &rule.says {
            Says::Limit { of, most } if *of.verb == *"*" || *of.verb == *verb => Some(*most),
            _ => None,
        });
        own.chain(self.bulk_limit).min()
    }

    /// What overrides the rules at a moment.
    pub fn broken(&self, at: Time) -> Option<&Glass> {
        self.glass.as_ref().filter(|glass| glass.holds(at))
    }
}

#[cfg(test)]
mod tests;
