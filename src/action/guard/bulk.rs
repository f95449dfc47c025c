//! The guard of bulk plans: several plans of one verb, in one environment, confirmed together.

use std::collections::BTreeSet;

use super::{Admitted, Approval, Demand, No, check, demand, ruled, sealed};
use crate::{
    action::{
        bulk::Part,
        plan::{ActionId, Plan},
    },
    model::{Confirm, Environment, Fault, Str},
};

/// Plans that may run one after another, once. Only [`admit_bulk`] makes one.
#[derive(Debug)]
pub struct AdmittedBulk {
    id: ActionId,
    parts: Vec<Admitted>,
}

impl AdmittedBulk {
    /// The id that their records share.
    pub fn id(&self) -> ActionId {
        self.id
    }

    /// The plans, in the order in which they run.
    pub fn plans(&self) -> impl ExactSizeIterator<Item = &Plan> {
        self.parts.iter().map(Admitted::plan)
    }

    pub(in crate::action) fn into_parts(self) -> Vec<Admitted> {
        self.parts
    }
}

/// What confirming these plans together takes: what the strictest of them does, and where that is the environment's
/// name, their number as well.
pub fn demand_bulk(plans: &[&Plan]) -> Demand {
    let mut all = Demand { confirm: Confirm::Enter, reason_required: false, count: None };
    for one in plans.iter().map(|plan| demand(plan)) {
        all.confirm = all.confirm.max(one.confirm);
        all.reason_required |= one.reason_required;
    }
    all.count = (all.confirm == Confirm::Name).then_some(plans.len());
    all
}

/// Whether an environment takes a bulk plan of a verb about so many things; the fault says how many it takes.
pub fn within_limit(environment: &Environment, verb: &str, count: usize) -> Result<(), Fault> {
    let env = &environment.name;
    match environment.policy.limit(verb) {
        Some(limit) if count > usize::from(limit) => {
            let why = format!("{count} are more than one plan may be about in {env}: at most {limit}");
            let hint = "take some away, or change the policy's bulk_limit";
            Err(No::because(why, hint).of("vigie".to_owned(), format!("plan {count} in {env}")))
        }
        _ => Ok(()),
    }
}

/// Lets plans pass together when nothing stands in the way of any and the approval gives what is demanded.
pub fn admit_bulk(id: ActionId, plans: &[&Plan], approval: &Approval) -> Result<AdmittedBulk, Fault> {
    let Some(first) = plans.first() else {
        let no = No::because("nothing is left to do", "every target is left out");
        return Err(no.of("vigie".to_owned(), "run a bulk plan".to_owned()));
    };
    let what = format!("{} {} in {}", first.request.verb, plans.len(), first.environment.name);
    let no = |no: No| no.of(first.system.to_string(), what.clone());
    alike(plans).map_err(no)?;
    within_limit(&first.environment, first.request.verb, plans.len())?;
    let demand = demand_bulk(plans);
    let blocked = plans.iter().find_map(|p| Some((p, p.blocked()?)));
    let blocked = blocked.map(|(plan, obstacle)| format!("{}: {}", plan.request.target.name, obstacle.text));
    check(&first.environment, demand, blocked.as_deref(), approval).map_err(no)?;
    counted(demand, plans.len(), &first.environment.name, approval).map_err(no)?;
    plans.iter().try_for_each(|plan| ruled(plan, approval)).map_err(no)?;
    let part = |(at, plan): (usize, &&Plan)| {
        let rest = plans[at + 1..].iter().map(|p| Str::clone(&p.request.target.name)).collect();
        sealed(plan, approval, Some(Part { bulk: id, index: at, count: plans.len(), rest }))
    };
    Ok(AdmittedBulk { id, parts: plans.iter().enumerate().map(part).collect() })
}

/// One verb, one environment, and nothing twice.
fn alike(plans: &[&Plan]) -> Result<(), No> {
    let names: BTreeSet<&str> = plans.iter().map(|p| &*p.environment.name).collect();
    if names.len() > 1 {
        let names: Vec<&str> = names.into_iter().collect();
        let why = format!("targets in {}: a bulk plan stays in one environment", names.join(" and "));
        return Err(No::because(why, "plan one environment after the other"));
    }
    let verbs: BTreeSet<&str> = plans.iter().map(|p| p.request.verb).collect();
    if verbs.len() > 1 {
        return Err(No::because("a bulk plan does one thing to all of them", "plan each thing by itself"));
    }
    let mut seen = BTreeSet::new();
    match plans.iter().find(|p| !seen.insert(&p.request.target)) {
        Some(twice) => {
            let why = format!("{} is in it twice", twice.request.target);
            Err(No::because(why, "name each target once"))
        }
        None => Ok(()),
    }
}

/// The number must be right where one is given, and given where it is asked.
fn counted(demand: Demand, is: usize, env: &str, approval: &Approval) -> Result<(), No> {
    match approval.count {
        Some(count) if count != is => {
            let why = format!("{count} were counted and {is} would be done");
            Err(No::because(why, "look at what is left out, and count again"))
        }
        None if demand.count.is_some() => {
            let why = format!("it was not confirmed by typing `{}`", demand.phrase(env));
            Err(No::because(
                why,
                format!("{env} takes its name and the number: --confirm {env} --count {is}"),
            ))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        action::plan::Obstacle,
        model::{FaultKind, Tier},
    };

    fn plans(tier: Tier, count: usize) -> Vec<Plan> {
        (0..count).map(|n| Plan::sample(tier, &format!("app-{n}"))).collect()
    }

    fn try_it(plans: &[Plan], approval: &Approval) -> Result<usize, String> {
        let plans: Vec<&Plan> = plans.iter().collect();
        match admit_bulk(ActionId::nil(), &plans, approval) {
            Ok(admitted) => Ok(admitted.plans().len()),
            Err(fault) => {
                assert_eq!(fault.kind, FaultKind::Refused);
                Err(fault.why.to_string())
            }
        }
    }

    fn typed(text: &str) -> Approval {
        let mut approval = Approval { reason: "INC-2291".to_owned(), ..Approval::default() };
        approval.take_typed(text);
        approval
    }

    #[test]
    fn production_takes_its_name_and_the_number() {
        let three = plans(Tier::Prod, 3);
        for wrong in ["", "prod", "3", "3 prod", "prod 2", "prod 3 3", "prod three", "dev 3"] {
            assert!(try_it(&three, &typed(wrong)).is_err(), "{wrong:?}");
        }
        let yes = Approval { yes: true, ..typed("prod") };
        assert!(try_it(&three, &yes).is_err(), "a yes is no number");
        assert_eq!(try_it(&three, &typed("prod 3")), Ok(3));
        assert_eq!(try_it(&three, &typed(" prod  3 ")), Ok(3));
        let silent = Approval { reason: " ".to_owned(), ..typed("prod 3") };
        assert_eq!(try_it(&three, &silent), Err("prod asks for a reason".to_owned()));
        assert_eq!(try_it(&plans(Tier::Prod, 1), &typed("prod 1")), Ok(1));
    }

    #[test]
    fn a_number_that_is_given_is_right_everywhere() {
        let yes = |count| Approval { yes: true, count, ..Approval::default() };
        assert_eq!(try_it(&plans(Tier::Dev, 3), &yes(None)), Ok(3));
        assert_eq!(try_it(&plans(Tier::Staging, 3), &yes(Some(3))), Ok(3));
        let miscounted = try_it(&plans(Tier::Staging, 3), &yes(Some(4)));
        assert_eq!(miscounted, Err("4 were counted and 3 would be done".to_owned()));
        assert!(try_it(&plans(Tier::Staging, 3), &Approval::default()).is_err());
    }

    #[test]
    fn a_bulk_plan_stays_in_one_environment_and_names_each_target_once() {
        let yes = Approval { yes: true, ..Approval::default() };
        let mut mixed = plans(Tier::Dev, 2);
        mixed.push(Plan::sample(Tier::Staging, "app-9"));
        let why = try_it(&mixed, &yes).expect_err("two environments");
        assert!(why.contains("dev and staging"), "{why}");
        let twice = [Plan::sample(Tier::Dev, "a"), Plan::sample(Tier::Dev, "a")];
        assert!(try_it(&twice, &yes).is_err());
        assert_eq!(try_it(&[], &yes), Err("nothing is left to do".to_owned()));
    }

    #[test]
    fn the_limit_and_what_blocks_one_forbid_all() {
        let yes = Approval { yes: true, ..Approval::default() };
        assert_eq!(try_it(&plans(Tier::Prod, 20), &typed("prod 20")), Ok(20));
        let why = try_it(&plans(Tier::Prod, 21), &typed("prod 21")).expect_err("one too many");
        assert!(why.contains("at most 20"), "{why}");
        assert_eq!(try_it(&plans(Tier::Dev, 60), &yes), Ok(60), "no limit in dev");
        let mut blocked = plans(Tier::Dev, 2);
        blocked[1].obstacles.push(Obstacle { blocks: true, text: "busy".to_owned() });
        assert_eq!(try_it(&blocked, &yes), Err("app-1: busy".to_owned()));
        blocked.pop();
        blocked[0].environment.policy.read_only = true;
        assert_eq!(try_it(&blocked, &yes), Err("dev is read-only".to_owned()));
    }

    #[test]
    fn each_part_knows_its_place_and_what_comes_after_it() {
        let three = plans(Tier::Dev, 3);
        let refs: Vec<&Plan> = three.iter().collect();
        let yes = Approval { yes: true, ..Approval::default() };
        let parts = admit_bulk(ActionId::nil(), &refs, &yes).expect("admitted").into_parts();
        let part = parts[1].part.clone().expect("a part");
        assert_eq!((part.index, part.count), (1, 3));
        assert_eq!(part.rest, ["app-2".into()]);
        assert_eq!(part.detail()["bulk.index"], "2", "people count from one");
    }
}
