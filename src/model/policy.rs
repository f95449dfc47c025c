//! What an environment asks before it lets itself be changed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Tier;

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
}

impl Policy {
    /// What a tier asks when configuration says nothing: Enter in dev, `y` in staging, the name and a reason in prod;
    /// bulk plans of at most 50 in staging and 20 in prod.
    pub const fn of(tier: Tier) -> Self {
        let (confirm, reason, bulk_limit) = match tier {
            Tier::Dev => (Confirm::Enter, false, None),
            Tier::Staging => (Confirm::Yes, false, Some(50)),
            Tier::Prod => (Confirm::Name, true, Some(20)),
        };
        Self { read_only: false, confirm, reason, bulk_limit }
    }
}
