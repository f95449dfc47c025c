//! Bulk plans: one verb planned for several targets at once, and carried out for one after the other.
//!
//! Each target has a plan, an intent and an outcome of its own, as if it were alone; what they share is the
//! confirmation and an id on the record. The first that does not end well is the last that is begun.

use std::collections::BTreeMap;

use futures::{Stream, StreamExt, stream};

use super::{
    context::Context,
    guard::AdmittedBulk,
    plan::{self, ActionId, Outcome, Plan, Reach, Request},
    port::Systems,
    registry,
    run::{self, Cancel},
};
use crate::{
    journal::{Journal, Record},
    model::{Environment, Fault, Str, System},
};

/// How many targets are planned at the same time.
const AT_ONCE: usize = 4;

/// Names used in a record's detail.
const BULK: &str = "bulk";
const INDEX: &str = "bulk.index";
const COUNT: &str = "bulk.count";
const REST: &str = "bulk.rest";

/// Which part of a bulk plan an action is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The bulk plan.
    pub bulk: ActionId,
    /// Its place, from 0.
    pub index: usize,
    /// Of how many.
    pub count: usize,
    /// The names of those that come after it.
    pub rest: Vec<Str>,
}

impl Part {
    /// As records have it.
    pub(super) fn detail(&self) -> BTreeMap<String, String> {
        let mut detail = BTreeMap::from([
            (BULK.to_owned(), self.bulk.to_string()),
            (INDEX.to_owned(), (self.index + 1).to_string()),
            (COUNT.to_owned(), self.count.to_string()),
        ]);
        if !self.rest.is_empty() {
            detail.insert(REST.to_owned(), self.rest.join(", "));
        }
        detail
    }

    /// What a record's detail says of it, to be said again.
    pub(super) fn recorded(detail: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let of_bulk = |name: &str| [BULK, INDEX, COUNT, REST].contains(&name);
        detail.iter().filter(|(name, _)| of_bulk(name)).map(|(n, v)| (n.clone(), v.clone())).collect()
    }
}

/// The bulk plan that a record belongs to.
pub fn of(record: &Record) -> Option<&str> {
    record.detail.get(BULK).map(String::as_str)
}

/// The place in its bulk plan that a record tells: `2 of 3 of bulk 1a2b3c4d`.
pub fn place(record: &Record) -> Option<String> {
    let (id, index, count) = (of(record)?, record.detail.get(INDEX)?, record.detail.get(COUNT)?);
    Some(format!("{index} of {count} of bulk {}", id.get(..8).unwrap_or(id)))
}

/// One target to be planned.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The environment that owns it.
    pub environment: Environment,
    /// The system that holds it.
    pub system: System,
    /// The id its action will bear.
    pub id: ActionId,
    /// What is asked.
    pub request: Request,
}

/// Plans each target by its verb's own plan, a few at a time; gives each with its place as it arrives.
pub fn plans<'a>(
    systems: &'a dyn Systems,
    actor: &'a str,
    asked: impl IntoIterator<Item = (usize, Asked)> + 'a,
) -> impl Stream<Item = (usize, Result<Plan, Fault>)> + 'a {
    let plan = move |(at, one): (usize, Asked)| async move {
        let Asked { environment, system, id, request } = &one;
        let ctx = Context { systems, environment, system, actor, id: *id };
        (at, registry::plan(&ctx, request).await)
    };
    stream::iter(asked).map(plan).buffer_unordered(AT_ONCE)
}

/// The plan that can run, or why its target is left out.
pub fn runnable<'a>(plan: Result<&'a Plan, &Fault>) -> Result<&'a Plan, String> {
    match plan {
        Ok(plan) => plan.blocked().map_or(Ok(plan), |obstacle| Err(obstacle.text.clone())),
        Err(fault) => Err(fault.why.to_string()),
    }
}

/// How much plans change together; what is deleted is named with its target.
pub fn reach(plans: &[&Plan]) -> Reach {
    let mut all = Reach::default();
    for plan in plans {
        all.changes += plan.reach.changes;
        let name = &plan.request.target.name;
        all.deletes.extend(plan.reach.deletes.iter().map(|what| format!("{what} ({name})")));
    }
    all
}

/// What undoes those that are done, the last first: one plan, where the undoing verb can be a bulk plan.
pub fn undo(done: &[Request]) -> Option<Vec<Request>> {
    let verb = registry::find(done.first()?.verb)?;
    let alike = verb.bulk() && done.iter().all(|r| r.verb == verb.name() && r.params.is_empty());
    (done.len() == 1 || alike).then(|| done.iter().rev().cloned().collect())
}

/// Asks a running bulk plan to stop: first to begin no other target, then to stop before its next step.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    targets: Cancel,
    steps: Cancel,
}

impl Stop {
    /// One that stops when `cancel` does, before the next step.
    pub fn with(cancel: Cancel) -> Self {
        Self { targets: Cancel::default(), steps: cancel }
    }

    /// Asks; asked again, it does not wait for the target under way.
    pub fn ask(&self) {
        if self.targets.is_cancelled() {
            self.steps.cancel();
        }
        self.targets.cancel();
    }

    fn is_asked(&self) -> bool {
        self.targets.is_cancelled() || self.steps.is_cancelled()
    }
}

/// How a bulk plan goes on.
#[derive(Clone, Debug)]
pub enum Progress {
    /// One of its actions goes on.
    Target {
        /// Its place among those that run.
        index: usize,
        /// How.
        progress: plan::Progress,
    },
    /// It ended: the outcomes of those that were begun, in order; the rest were not.
    Ended(Vec<Outcome>),
}

/// Carries out what was admitted, one after the other, until one does not end well or it is asked to stop.
///
/// Gives the outcomes of those that were begun. Nothing of one is sent or on the record before the one before it is
/// done.
pub async fn run(
    admitted: AdmittedBulk,
    systems: &dyn Systems,
    journal: &Journal,
    progress: impl Fn(Progress) + Send + Sync,
    stop: &Stop,
) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for (index, part) in admitted.into_parts().into_iter().enumerate() {
        if stop.is_asked() {
            break;
        }
        let tell = |of| progress(Progress::Target { index, progress: of });
        let outcome = run::run(part, systems, journal, tell, &stop.steps).await;
        let goes_on = matches!(outcome, Outcome::Done { .. });
        outcomes.push(outcome);
        if !goes_on {
            break;
        }
    }
    progress(Progress::Ended(outcomes.clone()));
    outcomes
}
