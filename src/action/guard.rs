//! The guard: what an environment's policy asks before a plan may run.

mod bulk;
pub(super) mod policy;

use super::{
    bulk::Part,
    plan::{Call, Plan},
};
use crate::model::{Confirm, Environment, Fault, FaultKind, Mutation, SilenceEdit, Str, Time, Verdict, text};

pub use bulk::{AdmittedBulk, admit_bulk, demand_bulk, within_limit};

/// The longest reason that is kept, in characters; it goes into annotations and operation infos.
const LONGEST_REASON: usize = 500;

/// What confirming a plan takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// How it is confirmed.
    pub confirm: Confirm,
    /// Whether a reason must be given.
    pub reason_required: bool,
    /// How many things it is about, where that must be given with the environment's name.
    pub count: Option<usize>,
}

impl Demand {
    /// What is typed where a name is asked: `prod`, and `prod 3` where the number is asked too.
    pub fn phrase(&self, env: &str) -> String {
        self.count.map_or_else(|| env.to_owned(), |count| format!("{env} {count}"))
    }
}

/// What an engineer gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approval {
    /// The name that was typed where one is asked.
    pub typed: Option<String>,
    /// The number of things that was given; where it is, it must be right.
    pub count: Option<usize>,
    /// Enter, `y` or `--yes`.
    pub yes: bool,
    /// Why.
    pub reason: String,
    /// When it was given; when the plan was made, where that is not said.
    pub at: Option<Time>,
}

impl Approval {
    /// Takes what was typed: a name, and a number after it.
    pub fn take_typed(&mut self, typed: &str) {
        let mut words = typed.split_whitespace();
        self.typed = words.next().map(str::to_owned);
        let rest: Vec<&str> = words.collect();
        match (rest.as_slice(), rest.first().and_then(|n| n.parse().ok())) {
            ([], _) => {}
            ([_], Some(count)) => self.count = Some(count),
            // More than a name and a number is neither.
            _ => self.typed = Some(typed.trim().to_owned()),
        }
    }
}

/// A plan that may run, once. Only [`admit`] and [`admit_bulk`] make one.
#[derive(Debug)]
pub struct Admitted {
    plan: Plan,
    reason: Str,
    part: Option<Part>,
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

    pub(super) fn into_parts(self) -> (Plan, Str, Option<Part>) {
        (self.plan, self.reason, self.part)
    }
}

/// What confirming this plan takes: what the environment's policy says, but only Enter for what changes nothing.
pub fn demand(plan: &Plan) -> Demand {
    if plan.is_harmless() {
        return Demand { confirm: Confirm::Enter, reason_required: false, count: None };
    }
    let policy = &plan.environment.policy;
    let (confirm, reason) = policy.asks(plan.request.verb, &plan.request.target);
    let ticket = ticket(plan, plan.planned).is_some();
    Demand { confirm, reason_required: reason || ticket, count: None }
}

/// What has to be found in the reason for a plan, as a regular expression; the first where there are several.
pub fn ticket(plan: &Plan, at: Time) -> Option<String> {
    policy::tickets(plan, at).next().map(|(pattern, _)| pattern.to_string())
}

/// What is wrong with a reason, by the first rule that it does not satisfy.
pub fn unticketed(plan: &Plan, reason: &str, at: Time) -> Option<String> {
    let missing = policy::tickets(plan, at).find(|(pattern, _)| !pattern.is_in(reason));
    missing.map(|(pattern, rule)| format!("the reason must name a ticket like `{pattern}` ({rule})"))
}

/// Lets a plan pass when nothing stands in its way and the approval gives what the policy demands.
pub fn admit(plan: &Plan, approval: &Approval) -> Result<Admitted, Fault> {
    let no =
        |no: No| no.of(plan.system.to_string(), format!("{} {}", plan.request.verb, plan.request.target));
    if approval.count.is_some_and(|count| count != 1) {
        return Err(no(No::because("this plan is about one thing", "count 1, or leave the number out")));
    }
    let blocked = plan.blocked().map(|o| o.text.as_str());
    check(&plan.environment, demand(plan), blocked, approval).map_err(no)?;
    ruled(plan, approval).map_err(no)?;
    Ok(sealed(plan, approval, None))
}

/// Why a plan may not run, and what can be done about it.
struct No {
    why: String,
    hint: String,
}

impl No {
    fn because(why: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { why: why.into(), hint: hint.into() }
    }

    fn of(self, system: String, what: String) -> Fault {
        Fault::new(FaultKind::Refused, system, what, self.why).hint(self.hint)
    }
}

/// Holds an approval to what is demanded, where nothing stands in the way.
fn check(
    environment: &Environment,
    demand: Demand,
    blocked: Option<&str>,
    approval: &Approval,
) -> Result<(), No> {
    let env = &*environment.name;
    if environment.policy.read_only {
        let hint = "its policy says read_only; change it in the configuration if it should not";
        return Err(No::because(format!("{env} is read-only"), hint));
    }
    if let Some(text) = blocked {
        return Err(No::because(text, ""));
    }
    if demand.reason_required && reason_of(approval).is_empty() {
        return Err(No::because(format!("{env} asks for a reason"), "say why, with a ticket"));
    }
    match demand.confirm {
        Confirm::Enter | Confirm::Yes if !approval.yes => {
            let hint = "confirm it with Enter or y, without the screen with --yes";
            Err(No::because("it was not confirmed", hint))
        }
        Confirm::Name if approval.typed.as_deref() != Some(env) => {
            let why = format!("it was not confirmed by typing `{}`", demand.phrase(env));
            let count = demand.count.map_or_else(String::new, |count| format!(" --count {count}"));
            let hint =
                format!("{env} takes its name, typed or as --confirm {env}{count}; a yes is not enough");
            Err(No::because(why, hint))
        }
        _ => Ok(()),
    }
}

/// Holds a plan to the rules of its environment's policy as they are when it is approved.
fn ruled(plan: &Plan, approval: &Approval) -> Result<(), No> {
    let at = approval.at.unwrap_or(plan.planned);
    if let Some(ban) = policy::ban(plan, at) {
        return Err(No::because(ban.why, ban.hint));
    }
    unticketed(plan, &approval.reason, at).map_or(Ok(()), |why| Err(No::because(why, "say it in the reason")))
}

fn reason_of(approval: &Approval) -> Str {
    text::one_line(&approval.reason).chars().take(LONGEST_REASON).collect::<String>().into()
}

/// A plan that may run, the reason put where the systems keep it, and the glass only where it is broken.
fn sealed(plan: &Plan, approval: &Approval, part: Option<Part>) -> Admitted {
    let (mut plan, reason) = (plan.clone(), reason_of(approval));
    let at = approval.at.unwrap_or(plan.planned);
    plan.environment.policy.glass = plan.environment.policy.broken(at).cloned();
    for step in &mut plan.steps {
        sign(&mut step.call, &reason);
    }
    Admitted { plan, reason, part }
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
        Call::Send(Mutation::Silence(change)) if !reason.is_empty() => {
            if let SilenceEdit::Create { comment, .. } = &mut change.edit {
                *comment = Str::clone(reason);
            }
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
