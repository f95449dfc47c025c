//! The guard: what an environment's policy asks before a plan may run.

use super::plan::{Call, Plan};
use crate::model::{Confirm, Fault, FaultKind, Mutation, Str, Verdict, text};

/// The longest reason that is kept, in characters; it goes into annotations and operation infos.
const LONGEST_REASON: usize = 500;

/// What confirming a plan takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// How it is confirmed.
    pub confirm: Confirm,
    /// Whether a reason must be given.
    pub reason_required: bool,
}

/// What an engineer gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approval {
    /// What was typed where a name is asked.
    pub typed: Option<String>,
    /// Enter, `y` or `--yes`.
    pub yes: bool,
    /// Why.
    pub reason: String,
}

/// A plan that may run, once. Only [`admit`] makes one.
#[derive(Debug)]
pub struct Admitted {
    plan: Plan,
    reason: Str,
}

impl Admitted {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The reason given; empty when none was.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    pub(super) fn into_parts(self) -> (Plan, Str) {
        (self.plan, self.reason)
    }
}

/// What confirming this plan takes: what the environment's policy says, but only Enter for what changes nothing.
pub fn demand(plan: &Plan) -> Demand {
    if plan.is_harmless() {
        return Demand { confirm: Confirm::Enter, reason_required: false };
    }
    let policy = &plan.environment.policy;
    Demand { confirm: policy.confirm, reason_required: policy.reason }
}

/// Lets a plan pass when nothing stands in its way and the approval gives what the policy demands.
pub fn admit(plan: &Plan, approval: &Approval) -> Result<Admitted, Fault> {
    let env = &plan.environment.name;
    let no = |kind, why: String, hint: String| {
        let what = format!("{} {}", plan.request.verb, plan.request.target);
        Err(Fault::new(kind, plan.system.to_string(), what, why).hint(hint))
    };
    if plan.environment.policy.read_only {
        let hint = "its policy says read_only; change it in the configuration if it should not";
        return no(FaultKind::Refused, format!("{env} is read-only"), hint.to_owned());
    }
    if let Some(obstacle) = plan.blocked() {
        return no(FaultKind::Refused, obstacle.text.clone(), String::new());
    }
    let demand = demand(plan);
    let reason: String = text::one_line(&approval.reason).chars().take(LONGEST_REASON).collect();
    if demand.reason_required && reason.is_empty() {
        return no(
            FaultKind::Refused,
            format!("{env} asks for a reason"),
            "say why, with a ticket".to_owned(),
        );
    }
    match demand.confirm {
        Confirm::Enter | Confirm::Yes if !approval.yes => {
            let hint = "confirm it with Enter or y, without the screen with --yes";
            return no(FaultKind::Refused, "it was not confirmed".to_owned(), hint.to_owned());
        }
        Confirm::Name if approval.typed.as_deref() != Some(&**env) => {
            let why = format!("it was not confirmed by typing `{env}`");
            return no(
                FaultKind::Refused,
                why,
                format!("{env} takes its name, typed or as --confirm {env}; a yes is not enough"),
            );
        }
        _ => {}
    }
    let reason = Str::from(reason);
    let mut plan = plan.clone();
    for step in &mut plan.steps {
        sign(&mut step.call, &reason);
    }
    Ok(Admitted { plan, reason })
}

/// Puts the reason where the systems keep it.
fn sign(call: &mut Call, reason: &Str) {
    match call {
        Call::Send(Mutation::HoldAutoSync { hold, .. }) if !reason.is_empty() => {
            hold.reason = Str::clone(reason);
        }
        Call::Send(Mutation::Sync { infos, .. }) if !reason.is_empty() => {
            infos.push(("vigie.reason".into(), Str::clone(reason)));
        }
        _ => {}
    }
}

/// Rights that a system denied, as obstacles.
pub(super) fn denied(rights: &[(crate::model::Permission, Verdict)]) -> impl Iterator<Item = String> {
    rights
        .iter()
        .filter(|(_, verdict)| *verdict == Verdict::No)
        .map(|(permission, _)| format!("you lack a right: {permission}"))
}
