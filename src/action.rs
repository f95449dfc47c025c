//! The one way in which anything outside is changed: plan, preflight, guard, intent, execute, verify, outcome.

pub mod plan;
pub mod port;
