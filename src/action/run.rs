//! Carries an admitted plan out: intent on the record, the target read again, each step once, verified, outcome.

use std::time::Duration;

use super::{
    evidence::{Before, Evidence},
    guard::Admitted,
    mark::Trace,
    pin,
    plan::{Call, Outcome, Plan, Progress},
    port::Systems,
    record::Scribe,
    subject::Subject,
    watch::{Found, Waited, Watcher},
};
use crate::{
    journal::{Journal, Phase},
    model::{Edit, Fault, FaultKind, Mutation, Receipt, Str},
};

/// How long an eviction that a disruption budget holds back waits, when the server does not say.
const HELD: Duration = Duration::from_secs(5);

/// What is known of an action that nothing but its answer shows.
pub(super) const ANSWERED: &str = "the system answered that it is done; it shows nowhere else";

pub use super::watch::Cancel;

/// Carries out what was admitted.
///
/// No mutation leaves before the intent is on disk, none is sent twice, and none is sent at all when the target is
/// no longer what was confirmed. Dropping the future stops it where it is; the journal then shows it as unfinished.
/// Appending to the journal blocks the thread for the milliseconds that a flush takes.
pub async fn run(
    admitted: Admitted,
    systems: &dyn Systems,
    journal: &Journal,
    progress: impl Fn(Progress) + Send + Sync,
    cancel: &Cancel,
) -> Outcome {
    let (plan, reason, part) = admitted.into_parts();
    let Some(running) = journal.begin(plan.id) else {
        let what = format!("{} {}", plan.request.verb, plan.request.target);
        let why = "this plan was carried out before";
        return Outcome::Refused(
            Fault::new(FaultKind::Conflict, plan.system.to_string(), what, why).hint("plan anew"),
        );
    };
    let scribe = Scribe::of(journal, &plan, &reason, part.as_ref());
    let outcome = if let Err(fault) = scribe.intent(&plan, systems.now()) {
        Outcome::Refused(fault)
    } else {
        progress(Progress::Started);
        let outcome = Run { plan: &plan, systems, scribe: &scribe, progress: &progress }.steps(cancel).await;
        close(&scribe, Phase::Outcome, outcome, systems)
    };
    drop(running);
    progress(Progress::Ended(outcome.clone()));
    outcome
}

/// Records an outcome; one that cannot be recorded is not *done*.
pub(super) fn close(scribe: &Scribe<'_>, phase: Phase, outcome: Outcome, systems: &dyn Systems) -> Outcome {
    match (scribe.outcome(phase, &outcome, systems.now()), outcome) {
        (Err(fault), Outcome::Done { summary, .. }) => {
            Outcome::Unverified(format!("{summary}, but that could not be recorded: {fault}"))
        }
        (_, outcome) => outcome,
    }
}

struct Run<'a, P> {
    plan: &'a Plan,
    systems: &'a dyn Systems,
    scribe: &'a Scribe<'a>,
    progress: &'a P,
}

impl<P: Fn(Progress) + Send + Sync> Run<'_, P> {
    async fn steps(&self, cancel: &Cancel) -> Outcome {
        let plan = self.plan;
        let subject = match Subject::read(self.systems, &plan.request.target).await {
            Ok(subject) => subject,
            Err(fault) => return Outcome::Failed { fault, done: 0 },
        };
        if let Err(fault) = pin::check(plan, &subject) {
            return Outcome::Refused(fault);
        }
        let mut evidence = Evidence::new(plan.id, Before::of(&subject));
        let note = |text| (self.progress)(Progress::Note(text));
        let mut watcher = Watcher {
            systems: self.systems,
            target: plan.request.target.clone(),
            cancel,
            note: &note,
            deadline: plan.deadline,
            spent: Duration::ZERO,
        };
        let mut summary = ANSWERED.to_owned();
        for (index, step) in plan.steps.iter().enumerate() {
            if cancel.is_cancelled() {
                return Outcome::Cancelled { done: index };
            }
            (self.progress)(Progress::Step(index));
            match &step.call {
                Call::Send(mutation) => {
                    if let Mutation::Rollback { revision, dry_run, .. } = mutation {
                        evidence.rollback = Some((Str::clone(revision), *dry_run));
                    }
                    if let Err(outcome) = self.send(index, mutation, &evidence, &watcher).await {
                        return outcome;
                    }
                }
                Call::Await(goal) => match watcher.until(goal, &mut evidence).await {
                    Waited::Holds(text) => summary = text,
                    Waited::Failed(why) => return self.failed(FaultKind::Server, &step.title, &why, index),
                    Waited::Unverified(why) => return Outcome::Unverified(self.loose_end(index, why)),
                    Waited::Cancelled => return Outcome::Cancelled { done: index },
                },
            }
        }
        Outcome::Done { summary, undo: evidence.undo(plan.undo.clone()) }
    }

    /// Sends a mutation; again only what a disruption budget held back, which had no effect.
    async fn perform(&self, mutation: &Mutation, watcher: &Watcher<'_>) -> Result<Receipt, Fault> {
        let mut waited = Duration::ZERO;
        loop {
            let answer = self.systems.perform(self.plan.system.source, mutation.clone()).await;
            match answer {
                Err(fault) if is_held(mutation, &fault) && waited < watcher.deadline => {
                    if watcher.cancel.is_cancelled() {
                        return Err(fault);
                    }
                    let pause = fault.retry_after.unwrap_or(HELD);
                    (self.progress)(Progress::Note(format!("held back, trying again: {}", fault.why)));
                    self.systems.sleep(pause).await;
                    waited += pause;
                }
                answer => return answer,
            }
        }
    }

    /// Sends a mutation once; an error is the action's outcome.
    async fn send(
        &self,
        index: usize,
        mutation: &Mutation,
        evidence: &Evidence,
        watcher: &Watcher<'_>,
    ) -> Result<(), Outcome> {
        let journal_failed = |fault, done| {
            if done == 0 { Outcome::Refused(fault) } else { Outcome::Failed { fault, done } }
        };
        self.scribe
            .sending(index, mutation.to_string(), &evidence.before, self.systems.now())
            .map_err(|fault| journal_failed(fault, index))?;
        let text = match self.perform(mutation, watcher).await {
            Ok(receipt) if receipt.warnings.is_empty() => "accepted".to_owned(),
            Ok(receipt) => {
                let text = format!("accepted, with warnings: {}", receipt.warnings.join("; "));
                (self.progress)(Progress::Note(text.clone()));
                text
            }
            Err(fault) if is_certain(fault.kind) => return Err(self.said_no(fault, index)),
            Err(fault) => {
                (self.progress)(Progress::Note(format!("{fault}; looking whether it arrived")));
                match watcher
                    .find(&Trace::of(&Call::Send(mutation.clone()), &self.plan.request.target), evidence)
                    .await
                {
                    Found::Yes => format!("the answer was lost ({}), but it arrived", fault.why),
                    Found::No => return Err(self.not_arrived(fault, index)),
                    Found::Blind(blind) => {
                        let why =
                            format!("the answer to `{mutation}` was lost and cannot be looked for: {blind}");
                        return Err(Outcome::Unverified(self.loose_end(index, why)));
                    }
                }
            }
        };
        self.scribe
            .answered(index, text, self.systems.now())
            .map_err(|fault| journal_failed(fault, index + 1))
    }

    fn said_no(&self, mut fault: Fault, index: usize) -> Outcome {
        if index == 0 {
            return Outcome::Refused(fault);
        }
        fault.hint = self.loose_end(index, fault.hint.to_string()).into();
        Outcome::Failed { fault, done: index }
    }

    fn not_arrived(&self, mut fault: Fault, index: usize) -> Outcome {
        fault.why = format!("{}; it did not arrive, as far as the system shows", fault.why).into();
        fault.hint = self.loose_end(index, "look again before trying again".to_owned()).into();
        Outcome::Failed { fault, done: index }
    }

    fn failed(&self, kind: FaultKind, what: &str, why: &str, index: usize) -> Outcome {
        let fault = Fault::new(kind, self.plan.system.to_string(), what, why)
            .hint(self.loose_end(index, String::new()));
        Outcome::Failed { fault, done: index }
    }

    /// `text`, and what earlier steps leave behind.
    fn loose_end(&self, index: usize, text: String) -> String {
        let end = self.plan.steps[..index].iter().find_map(|s| match (&s.call, self.plan.request.verb) {
            (Call::Send(Mutation::HoldAutoSync { .. }), verb) if verb != "hold" => {
                Some("auto-sync stays held: release it when done")
            }
            (Call::Send(Mutation::Object(change)), "drain")
                if matches!(change.edit, Edit::Cordon { on: true }) =>
            {
                Some("the node stays cordoned: uncordon it when done")
            }
            _ => None,
        });
        match (end, text.is_empty()) {
            (None, _) => text,
            (Some(end), true) => end.to_owned(),
            (Some(end), false) => format!("{text}; {end}"),
        }
    }
}

/// Whether a disruption budget held an eviction back.
fn is_held(mutation: &Mutation, fault: &Fault) -> bool {
    fault.kind == FaultKind::Throttled
        && matches!(mutation, Mutation::Object(change) if change.edit == Edit::Evict)
}

/// Whether a fault proves that the mutation had no effect.
fn is_certain(kind: FaultKind) -> bool {
    matches!(
        kind,
        FaultKind::Refused
            | FaultKind::Unauthenticated
            | FaultKind::NotFound
            | FaultKind::Conflict
            | FaultKind::Invalid
            | FaultKind::Throttled
            | FaultKind::Usage
            | FaultKind::Unsupported
    )
}
