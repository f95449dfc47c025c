//! What environments ask of who changes them, while the screen is up.

use super::{bulk, choose, plans};
use crate::{
    app::{
        bulk::Stage,
        event::Effect,
        overlay::Overlay,
        palette::GlassOrder,
        sheet::Phase,
        state::{Dirty, State},
    },
    model::{Environment, Fault, Glass, Policy, Severity, Str},
};

/// Takes policies that were read anew; plans that are looked at are made anew by them.
pub(super) fn policies(state: &mut State, environments: Vec<Environment>, effects: &mut Vec<Effect>) {
    let mut changed = false;
    for env in &mut state.store.environments {
        let Some(new) = environments.iter().find(|e| e.name == env.name) else { continue };
        // What was set aside stays so for its time, whatever it is now.
        let policy = Policy { glass: env.policy.glass.clone(), ..new.policy.clone() };
        changed |= policy != env.policy;
        env.policy = policy;
    }
    if changed {
        spread(state, effects);
    }
}

/// Does what was asked of break-glass.
pub(super) fn order(state: &mut State, order: GlassOrder, effects: &mut Vec<Effect>) {
    match order {
        GlassOrder::Begin { environment, reason } if reason.is_empty() => {
            choose::open_with(state, &format!("break-glass {environment} "), effects);
            state.say(Severity::Quiet, "why, with a ticket: it is kept on the record");
        }
        GlassOrder::Begin { environment, reason } => effects.push(Effect::BreakGlass { environment, reason }),
        GlassOrder::End(environment) => mend(state, |env| *env.name == *environment, "by command", effects),
    }
}

/// The policy of an environment is set aside, or it could not be recorded and holds.
pub(super) fn broken(state: &mut State, name: &str, glass: Result<Glass, Fault>, effects: &mut Vec<Effect>) {
    match glass {
        Err(fault) => state.say(Severity::Critical, format!("the policy of {name} holds: {fault}")),
        Ok(glass) => {
            let until = glass.until.brief();
            if let Some(env) = state.store.environments.iter_mut().find(|e| *e.name == *name) {
                env.policy.glass = Some(glass);
            }
            spread(state, effects);
            let text = format!(
                "BREAK-GLASS in {name} until {until} UTC: its policy is set aside, all is on the record"
            );
            state.say(Severity::Warning, text);
        }
    }
}

/// Policies whose time to be set aside is over hold again.
pub(super) fn expire(state: &mut State, effects: &mut Vec<Effect>) {
    let now = state.now;
    mend(state, |env| env.policy.glass.as_ref().is_some_and(|glass| !glass.holds(now)), "by itself", effects);
}

/// Has policies hold again.
fn mend(
    state: &mut State,
    which: impl Fn(&Environment) -> bool,
    how: &'static str,
    effects: &mut Vec<Effect>,
) {
    let mut mended: Vec<Str> = Vec::new();
    for env in state.store.environments.iter_mut().filter(|env| which(env)) {
        if let Some(glass) = env.policy.glass.take() {
            effects.push(Effect::MendGlass { environment: env.name.clone(), glass, how });
            mended.push(env.name.clone());
        }
    }
    if !mended.is_empty() {
        spread(state, effects);
        state.say(
            Severity::Ok,
            format!("break-glass ended {how}: the policy of {} holds again", mended.join(", ")),
        );
    }
}

/// Has everyone go by the policies as they are now.
fn spread(state: &mut State, effects: &mut Vec<Effect>) {
    effects.push(Effect::Guard(state.store.environments.clone()));
    state.touch(Dirty::Now);
    match state.overlays.last() {
        Some(Overlay::Sheet(sheet)) if matches!(sheet.phase, Phase::Ready(_) | Phase::Planning) => {
            plans::replan(state, effects);
        }
        Some(Overlay::Bulk(sheet)) if sheet.stage == Stage::Plan => bulk::replan(state, effects),
        _ => {}
    }
}
