//! Break-glass, as it is typed: `break-glass prod INC-2291 pool exhausted`.

use crate::{
    model::{Environment, Str, Time},
    store::Store,
};

/// What can be asked of break-glass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GlassOrder {
    /// Set an environment's policy aside, for a reason; empty while none is typed.
    Begin {
        /// Where.
        environment: Str,
        /// Why.
        reason: String,
    },
    /// Have it hold again.
    End(Str),
}

impl GlassOrder {
    /// Reads what was typed after `break-glass`; every order that it can mean, the likeliest first.
    pub(super) fn read(word: &str, rest: &str, store: &Store, now: Time) -> Vec<Self> {
        if word != "break-glass" {
            return Vec::new();
        }
        let (name, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let reason = reason.trim();
        // A reason goes with the whole name only: nothing is guessed here.
        let fits = |env: &&Environment| {
            if reason.is_empty() { env.name.starts_with(name) } else { *env.name == *name }
        };
        let order = |env: &Environment| match env.policy.broken(now) {
            Some(_) => Self::End(env.name.clone()),
            None => Self::Begin { environment: env.name.clone(), reason: reason.to_owned() },
        };
        store.environments.iter().filter(fits).map(order).collect()
    }

    /// Its words, without the reason.
    pub fn words(&self) -> String {
        match self {
            Self::Begin { environment, .. } => format!("break-glass {environment}"),
            Self::End(environment) => format!("break-glass {environment} end"),
        }
    }

    /// What choosing it does.
    pub fn title(&self) -> String {
        match self {
            Self::Begin { environment, reason } if reason.is_empty() => {
                format!("type why after it; sets the policy of {environment} aside for 30 minutes")
            }
            Self::Begin { reason, .. } => format!("30 minutes, on the record: {reason}"),
            Self::End(_) => "have the policy hold again".to_owned(),
        }
    }
}
