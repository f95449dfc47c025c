//! A verb done to several things without the screen: planned together, confirmed once, done one after the other.

use futures::StreamExt as _;
use serde::Serialize;

use super::{Headless, Invocation, Sheet, approval, glass, tell};
use crate::{
    action::{
        bulk::{self, Asked, Progress, Stop, reach, runnable},
        guard::{self, Demand},
        plan::{ActionId, Outcome, Plan, Request},
        registry::{self, ParamKind, Verb},
    },
    cli::answer::Exit,
    model::{Confirm, Environment, Fault, FaultKind, text::clean},
};

/// One of the targets: what was asked of it, its plan or why there is none, and how it ended if it was begun.
struct Target {
    request: Request,
    plan: Result<Plan, Fault>,
    outcome: Option<Outcome>,
}

/// Plans, asks, runs and answers.
pub(super) async fn attempt(call: &Invocation, env: &dyn Headless) -> Result<Exit, Fault> {
    let mut asked = asked(call, env)?;
    let mut environment = asked[0].environment.clone();
    let mut call = call.clone();
    glass::begin(&mut call, &mut environment, env)?;
    for one in &mut asked {
        one.environment = environment.clone();
    }
    let exit = confirmed(&call, &environment, asked, env).await;
    glass::end(&call, &environment, env);
    exit
}

/// Plans, asks, runs and answers, where the policy holds or is set aside.
async fn confirmed(
    call: &Invocation,
    environment: &Environment,
    asked: Vec<Asked>,
    env: &dyn Headless,
) -> Result<Exit, Fault> {
    guard::within_limit(environment, call.verb, asked.len())?;
    let mut targets = planned(asked, env).await;
    let id = env.id();
    let plans: Vec<&Plan> = targets.iter().filter_map(|t| runnable(t.plan.as_ref()).ok()).collect();
    let demand = guard::demand_bulk(&plans);
    let left_out = plans.len() < targets.len();
    if call.plan_only {
        let answer = Answer::of(id, call.verb, environment, demand, &targets);
        env.out(&call.format.render(&answer, |_| lines(call.verb, environment, &targets)));
        return Ok(if left_out || environment.policy.read_only { Exit::Refused } else { Exit::Done });
    }
    env.say(lines(call.verb, environment, &targets).trim_end());
    let harmless = plans.iter().all(|p| p.is_harmless());
    let may = !plans.is_empty() && !environment.policy.read_only;
    let approval =
        if may { approval(call, demand, environment, harmless, env) } else { guard::Approval::default() };
    let admitted = guard::admit_bulk(id, &plans, &approval)?;
    let names: Vec<(String, Vec<String>)> =
        plans.iter().map(|p| (p.name.clone(), p.steps.iter().map(|s| s.title.clone()).collect())).collect();
    let progress = |progress| {
        if let Progress::Target { index, progress } = progress {
            let (name, titles) = &names[index];
            if matches!(progress, crate::action::plan::Progress::Started) {
                env.say(&clean(&format!("{} of {}  {name}", index + 1, names.len())));
            }
            tell(env, titles, &progress);
        }
    };
    let stop = Stop::with(env.cancel().clone());
    let outcomes = bulk::run(admitted, env.systems(), env.journal(), progress, &stop).await;
    let exit = exit(&outcomes, names.len(), left_out);
    let runs = targets.iter_mut().filter(|t| runnable(t.plan.as_ref()).is_ok());
    runs.zip(outcomes).for_each(|(target, outcome)| target.outcome = Some(outcome));
    let answer = Answer::of(id, call.verb, environment, demand, &targets);
    env.out(&call.format.render(&answer, Answer::lines));
    Ok(exit)
}

/// The exit of the one that stopped it; refused when something asked for was left out.
fn exit(outcomes: &[Outcome], of: usize, left_out: bool) -> Exit {
    match outcomes.iter().map(Exit::of_outcome).find(|exit| *exit != Exit::Done) {
        Some(exit) => exit,
        None if outcomes.len() < of => Exit::Failed,
        None if left_out => Exit::Refused,
        None => Exit::Done,
    }
}

/// What is asked of each target, all found, in one environment.
fn asked(call: &Invocation, env: &dyn Headless) -> Result<Vec<Asked>, Fault> {
    let no = |kind, why: String, hint: &str| {
        let what = format!("{} {}", call.verb, call.targets.join(" "));
        Err(Fault::new(kind, "vigie", what, why).hint(hint))
    };
    let specs = registry::find(call.verb).map_or(&[][..], Verb::params);
    let own = specs.iter().find(|s| s.kind == ParamKind::Resources && call.params.contains_key(s.name));
    if let Some(spec) = own {
        let why = format!("--{} names one application's own", spec.name);
        return no(FaultKind::Usage, why, "do it to one application at a time");
    }
    let mut all: Vec<Asked> = Vec::new();
    for name in &call.targets {
        let (kind, name) = super::sought(call.verb, name)?;
        let (environment, system, target) = env.find(kind, name, call.env.as_deref())?;
        if all.iter().any(|a| a.request.target == target) {
            return no(FaultKind::Usage, format!("{name} is named twice"), "name each target once");
        }
        if let Some(first) = all.first().filter(|a| a.environment.name != environment.name) {
            let (one, other) = (&first.environment.name, &environment.name);
            let why = format!("targets in {one} and {other}: a bulk plan stays in one environment");
            return no(FaultKind::Refused, why, "call it for each environment, with -e");
        }
        let request = Request { verb: call.verb, target, params: call.params.clone() };
        all.push(Asked { environment, system, id: env.id(), request });
    }
    Ok(all)
}

/// Each target with its plan, in the order in which they were named.
async fn planned(asked: Vec<Asked>, env: &dyn Headless) -> Vec<Target> {
    let requests: Vec<Request> = asked.iter().map(|a| a.request.clone()).collect();
    let actor = env.actor();
    let all = bulk::plans(env.systems(), &actor, asked.into_iter().enumerate());
    let mut plans: Vec<(usize, Result<Plan, Fault>)> = all.collect().await;
    plans.sort_by_key(|(at, _)| *at);
    let target = |(request, (_, plan))| Target { request, plan, outcome: None };
    requests.into_iter().zip(plans).map(target).collect()
}

/// The plans for people: a line for each target, and what they come to together.
fn lines(verb: &'static str, environment: &Environment, targets: &[Target]) -> String {
    let title = registry::find(verb).map_or(verb, Verb::title);
    let plans: Vec<&Plan> = targets.iter().filter_map(|t| runnable(t.plan.as_ref()).ok()).collect();
    let mut out = vec![format!("{title}  {} of {} in {}", plans.len(), targets.len(), environment.name)];
    let names = targets.iter().map(|t| t.request.target.name.chars().count()).max().unwrap_or(0);
    for target in targets {
        let name = &target.request.target.name;
        match runnable(target.plan.as_ref()) {
            Err(why) => out.push(format!("✗ {name:<names$}  left out: {why}")),
            Ok(plan) => {
                out.push(format!("  {name:<names$}  {}", plan.summary.replace('\n', " ")));
                let facts = plan.facts.iter().filter(|(fact, _)| ["changes", "deletes"].contains(fact));
                out.extend(facts.map(|(fact, said)| format!("    {fact:<9} {said}")));
                out.extend(plan.obstacles.iter().map(|o| format!("    ! {}", o.text)));
            }
        }
    }
    let all = reach(&plans);
    out.push(format!("together  {} changed, {} deleted", all.changes, all.deletes.len()));
    if environment.policy.read_only {
        out.push(format!("✗ {} is read-only", environment.name));
    }
    out.iter().map(|line| clean(line).into_owned() + "\n").collect()
}

/// A bulk plan for `-o json` and `-o yaml`, and what became of it.
#[derive(Debug, Serialize)]
struct Answer {
    bulk: String,
    verb: &'static str,
    environment: String,
    count: usize,
    changes: usize,
    deletes: Vec<String>,
    confirm: Confirm,
    reason_required: bool,
    targets: Vec<Part>,
}

#[derive(Debug, Serialize)]
struct Part {
    target: String,
    /// `planned` or `left-out` before it runs; then how it ended, or `not-begun`.
    state: &'static str,
    text: String,
    undo: Option<String>,
    plan: Option<Sheet>,
}

impl Answer {
    fn of(
        id: ActionId,
        verb: &'static str,
        environment: &Environment,
        demand: Demand,
        targets: &[Target],
    ) -> Self {
        let plans: Vec<&Plan> = targets.iter().filter_map(|t| runnable(t.plan.as_ref()).ok()).collect();
        let all = reach(&plans);
        let ran = targets.iter().any(|t| t.outcome.is_some());
        Self {
            bulk: id.to_string(),
            verb,
            environment: environment.name.to_string(),
            count: plans.len(),
            changes: all.changes,
            deletes: all.deletes,
            confirm: demand.confirm,
            reason_required: demand.reason_required,
            targets: targets.iter().map(|t| Part::of(t, ran)).collect(),
        }
    }

    fn lines(&self) -> String {
        let names = self.targets.iter().map(|t| t.target.chars().count()).max().unwrap_or(0);
        let line = |part: &Part| {
            let undo = part.undo.as_ref().map(|id| format!("; undo: vigie undo {id}")).unwrap_or_default();
            let state = part.state.replace('-', " ");
            clean(&format!("{:<names$}  {state}: {}{undo}", part.target, part.text)).into_owned() + "\n"
        };
        self.targets.iter().map(line).collect()
    }
}

impl Part {
    fn of(target: &Target, ran: bool) -> Self {
        let undo = match (&target.outcome, &target.plan) {
            (Some(Outcome::Done { undo: Some(_), .. }), Ok(plan)) => Some(plan.id.to_string()),
            _ => None,
        };
        let (state, text) = match (runnable(target.plan.as_ref()), &target.outcome) {
            (Err(why), _) => ("left-out", why),
            (Ok(_), Some(outcome)) => (outcome.ending().name(), outcome.to_string()),
            (Ok(_), None) if ran => ("not-begun", "stopped before it".to_owned()),
            (Ok(plan), None) => ("planned", plan.summary.replace('\n', " ")),
        };
        let plan = target.plan.as_ref().ok().map(Sheet::of);
        Self { target: target.request.target.name.to_string(), state, text, undo, plan }
    }
}
