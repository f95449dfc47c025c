//! `--break-glass`: one call under a policy that is set aside, recorded before and after.

use super::{Headless, Invocation};
use crate::{
    action::glass,
    model::{Environment, Fault, Glass, text::clean},
};

/// Sets an environment's policy aside when that was asked for; on the record, unless only a plan is to be shown.
pub(super) fn begin(
    call: &mut Invocation,
    environment: &mut Environment,
    env: &dyn Headless,
) -> Result<(), Fault> {
    if !call.break_glass {
        return Ok(());
    }
    let now = env.systems().now();
    environment.policy.glass = if call.plan_only {
        Some(Glass::new("", call.reason.as_str(), now))
    } else {
        if call.reason.trim().is_empty() {
            call.reason = env.ask("break-glass, why: ").unwrap_or_default();
        }
        let broken = glass::begin(env.journal(), &environment.name, &call.reason, now)?;
        env.say(&clean(&format!(
            "BREAK-GLASS in {}: its policy is set aside, on the record",
            environment.name
        )));
        Some(broken)
    };
    Ok(())
}

/// Records that it ended with the call.
pub(super) fn end(call: &Invocation, environment: &Environment, env: &dyn Headless) {
    let Some(broken) = environment.policy.glass.as_ref().filter(|_| !call.plan_only) else { return };
    let now = env.systems().now();
    if let Err(fault) = glass::end(env.journal(), &environment.name, broken, now, "with the command") {
        env.say(&clean(&fault.to_string()));
    }
}
