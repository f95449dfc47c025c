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
}

impl Policy {
    /// What a tier asks when configuration says nothing: Enter in dev, `y` in staging, the name and a reason in prod.
    pub const fn of(tier: Tier) -> Self {
        match tier {
            Tier::Dev => Self { read_only: false, confirm: Confirm::Enter, reason: false },
            Tier::Staging => Self { read_only: false, confirm: Confirm::Yes, reason: false },
            Tier::Prod => Self { read_only: false, confirm: Confirm::Name, reason: true },
        }
    }
}
