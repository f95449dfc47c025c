//! What the rules of an environment's policy say to a plan at a moment.

use crate::{
    action::plan::{Obstacle, Plan},
    model::{Act, Pattern, Rule, Says, Time},
};

/// What a rule forbids, and what can be done about it.
pub(super) struct Ban {
    /// What, why, and which rule says so.
    pub why: String,
    /// What can be done.
    pub hint: String,
}

/// The first thing that is forbidden at a moment, unless the glass is broken.
pub(super) fn ban(plan: &Plan, at: Time) -> Option<Ban> {
    if plan.environment.policy.broken(at).is_some() {
        return None;
    }
    bans(plan, at).next()
}

/// What stands in a plan's way by its environment's policy, for the sheet: what forbids it, or would if the glass were
/// whole.
pub(in crate::action) fn obstacles(plan: &Plan, at: Time) -> Vec<Obstacle> {
    let broken = plan.environment.policy.broken(at).is_some();
    let tell = |ban: Ban| Obstacle {
        blocks: !broken,
        text: if broken {
            format!("set aside by break-glass: {}", ban.why)
        } else {
            format!("{}: {}", ban.why, ban.hint)
        },
    };
    bans(plan, at).map(tell).collect()
}

fn bans(plan: &Plan, at: Time) -> impl Iterator<Item = Ban> {
    plan.environment.policy.rules.iter().filter_map(move |rule| forbids(rule, plan, at))
}

/// What a rule forbids of a plan. What changes nothing is done at any time.
fn forbids(rule: &Rule, plan: &Plan, at: Time) -> Option<Ban> {
    const BREAK: &str = "break-glass overrides it for 30 minutes at most";
    let (verb, key) = (plan.request.verb, &plan.request.target);
    let env = &plan.environment.name;
    let fits = |act: &Act| act.fits(verb, key);
    match &rule.says {
        Says::Deny(act) if fits(act) => Some(Ban {
            why: format!("`{act}` is not done in {env} ({rule})"),
            hint: format!("ask whoever keeps the policy; {BREAK}"),
        }),
        Says::Freeze { window, allow } if !plan.is_harmless() && !allow.iter().any(fits) => {
            let end = window.end(at)?;
            Some(Ban {
                why: format!("{env} is frozen until {} UTC ({rule})", end.brief()),
                hint: format!("{}; {BREAK}", passes(allow)),
            })
        }
        Says::Hours { of, hours, allow } if fits(of) && !plan.is_harmless() && !allow.iter().any(fits) => {
            if hours.hold(at) {
                return None;
            }
            let next =
                hours.next(at).map_or_else(String::new, |next| format!("wait until {} UTC; ", next.brief()));
            Some(Ban {
                why: format!("{env} is changed {hours} only ({rule})"),
                hint: format!("{next}{}; {BREAK}", passes(allow)),
            })
        }
        _ => None,
    }
}

/// What is done all the same.
fn passes(allow: &[Act]) -> String {
    let acts: Vec<String> = allow.iter().map(Act::to_string).collect();
    if acts.is_empty() {
        "nothing else passes".to_owned()
    } else {
        format!("only these pass: {}", acts.join(", "))
    }
}

/// The patterns that a plan's reason has to match, and the rules that say so; none while the glass is broken.
pub(super) fn tickets(plan: &Plan, at: Time) -> impl Iterator<Item = (&Pattern, &Rule)> {
    let policy = &plan.environment.policy;
    let asked = policy.broken(at).is_none() && !plan.is_harmless();
    policy.rules.iter().filter(move |_| asked).filter_map(|rule| match &rule.says {
        Says::Ticket { of, pattern } if of.fits(plan.request.verb, &plan.request.target) => {
            Some((pattern, rule))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests;
