//! Actions that ended without an outcome on the record: what is known of them, and how they are resolved.
//!
//! Resuming looks at the systems and sends nothing: a step that was never sent stays unsent.

use std::{collections::BTreeMap, time::Duration};

use super::{
    bulk::Part,
    evidence::{Before, Evidence},
    glass,
    mark::{Mark, Trace},
    plan::{ActionId, Outcome, Progress},
    port::Systems,
    record::{self, Scribe},
    run,
    subject::Subject,
    watch::{Cancel, Found, Waited, Watcher},
};
use crate::{
    journal::{self, Entry, Journal, Phase, Record},
    model::{Fault, FaultKind, Key, Source, Str, System, Time},
};

/// An action whose intent is on the record and whose outcome is not.
#[derive(Clone, Debug)]
pub struct Unfinished {
    /// The action.
    pub action: ActionId,
    /// When it began.
    pub began: Time,
    /// Its steps as recorded, and for each that was sent whether an answer came.
    pub steps: Vec<(String, Option<bool>)>,
    /// Whether the session that began it still carries it out.
    pub alive: bool,
    /// The intent: verb, environment, system, target, reason, who, from where.
    pub intent: Record,
    before: Before,
}

impl Unfinished {
    /// Whether `system` is the one that it was sent to.
    pub fn is_of(&self, system: &System) -> bool {
        self.intent.environment == *system.env
            && self.intent.system == format!("{}/{}", system.kind, system.name)
    }

    /// Its target in the session's numbering.
    pub fn key(&self, source: Source) -> Option<Key> {
        let target = self.intent.target.as_ref()?;
        Some(Key::new(source, target.kind, target.namespace.as_str(), target.name.as_str()))
    }
}

/// Actions without an outcome, oldest first. Reads the whole journal: not for the UI's thread.
pub fn unfinished(journal: &Journal) -> Result<Vec<Unfinished>, journal::Error> {
    let mut open: BTreeMap<String, Unfinished> = BTreeMap::new();
    for record in journal.lines()?.into_iter().filter_map(|l| l.record.ok()) {
        if record.outcome.is_some() {
            open.remove(&record.action);
            continue;
        }
        match record.phase {
            Phase::Intent => {
                let Ok(action) = record.action.parse::<ActionId>() else { continue };
                let steps = record::marks(&record)
                    .into_iter()
                    .map(|m| (m.map_or_else(|unknown| unknown, |m: Trace| m.to_string()), None))
                    .collect();
                open.insert(
                    record.action.clone(),
                    Unfinished {
                        action,
                        began: record.time,
                        steps,
                        alive: journal.is_running(&record.session, action),
                        intent: record,
                        before: Before::default(),
                    },
                );
            }
            Phase::Step => {
                if let Some(one) = open.get_mut(&record.action) {
                    note_step(one, &record);
                }
            }
            Phase::Outcome | Phase::Resumed | Phase::Repair => {}
        }
    }
    let mut all: Vec<_> = open.into_values().collect();
    all.sort_by_key(|u| u.intent.seq);
    Ok(all)
}

fn note_step(one: &mut Unfinished, record: &Record) {
    let number = record.detail.get(record::STEP).and_then(|n| n.parse::<usize>().ok());
    let Some(step) = number.and_then(|n| one.steps.get_mut(n.checked_sub(1)?)) else { return };
    match record.detail.get(record::STATE).map(String::as_str) {
        Some(record::ANSWERED) => step.1 = Some(true),
        Some(record::SENDING) => {
            step.1 = Some(false);
            one.before = Before::read(&record.detail);
        }
        _ => {}
    }
}

/// Finds out what became of an unfinished action by looking at the systems, and records it.
///
/// When the system cannot be asked, or when stopped, nothing is recorded and it stays unfinished.
pub async fn resume(
    unfinished: &Unfinished,
    system: &System,
    systems: &dyn Systems,
    journal: &Journal,
    progress: impl Fn(Progress) + Send + Sync,
    cancel: &Cancel,
) -> Outcome {
    let refuse = |kind, why: &str| {
        let what = format!("resume {}", unfinished.action);
        Outcome::Refused(Fault::new(kind, system.to_string(), what, why))
    };
    if journal.is_running(&unfinished.intent.session, unfinished.action) {
        return refuse(FaultKind::Conflict, "the session that began it still carries it out");
    }
    let Some(target) = unfinished.key(system.source).filter(|_| unfinished.is_of(system)) else {
        return refuse(FaultKind::Usage, "it was sent to another system");
    };
    let running = journal.running(unfinished.action);
    let note = |text| progress(Progress::Note(text));
    let deadline =
        unfinished.intent.detail.get(record::DEADLINE).and_then(|d| d.parse().ok()).map_or(60, |d: u64| d);
    let watcher = Watcher {
        systems,
        target: target.clone(),
        cancel,
        note: &note,
        deadline: Duration::from_secs(deadline),
        spent: Duration::ZERO,
    };
    let outcome = match resolve(unfinished, &target, watcher).await {
        Ok(outcome) => {
            let scribe = Scribe { journal, blank: blank(unfinished) };
            run::close(&scribe, Phase::Resumed, outcome, systems)
        }
        Err(open) => open,
    };
    drop(running);
    progress(Progress::Ended(outcome.clone()));
    outcome
}

/// What became of it; an error when that could not be found out now, so that it stays unfinished.
async fn resolve(
    unfinished: &Unfinished,
    target: &Key,
    mut watcher: Watcher<'_>,
) -> Result<Outcome, Outcome> {
    let mut evidence = Evidence::new(unfinished.action, unfinished.before.clone());
    let Some(sent) = unfinished.steps.iter().rposition(|(_, answered)| answered.is_some()) else {
        return Ok(Outcome::Cancelled { done: 0 });
    };
    let mut traces = Vec::new();
    for (text, _) in &unfinished.steps {
        traces.push(text.parse::<Trace>().map_err(Outcome::Unverified)?);
    }
    let blind = |fault: &Fault| {
        Outcome::Unverified(format!("it stays unfinished, for now nothing can be told: {fault}"))
    };
    Subject::read(watcher.systems, target).await.map_err(|fault| blind(&fault))?;
    if let Mark::Rollback { revision, dry_run } = &traces[sent].mark {
        evidence.rollback = Some((Str::clone(revision), *dry_run));
    }
    if unfinished.steps[sent].1 == Some(false) {
        match watcher.find(&traces[sent], &evidence).await {
            Found::Yes => {}
            Found::No => return Ok(Outcome::Cancelled { done: sent }),
            Found::Blind(fault) if fault.kind == FaultKind::Unknown => {
                return Ok(Outcome::Unverified(format!("whether it arrived can no longer be told: {fault}")));
            }
            Found::Blind(fault) => return Err(blind(&fault)),
        }
    }
    let mut summary = run::ANSWERED.to_owned();
    for (index, trace) in traces.iter().enumerate().skip(sent + 1) {
        let Some(goal) = trace.mark.goal(&trace.key(target)) else {
            // The next thing to send was never sent, and is not sent now.
            return Ok(Outcome::Cancelled { done: index });
        };
        match watcher.until(&goal, &mut evidence).await {
            Waited::Holds(text) => summary = text,
            Waited::Failed(why) => {
                let what = format!("{} {target}", unfinished.intent.verb);
                let fault = Fault::new(FaultKind::Server, unfinished.intent.system.as_str(), what, why);
                return Ok(Outcome::Failed { fault, done: index });
            }
            Waited::Unverified(why) => return Ok(Outcome::Unverified(why)),
            Waited::Cancelled => return Err(Outcome::Cancelled { done: index }),
        }
    }
    Ok(Outcome::Done { summary, undo: evidence.undo(record::undo(&unfinished.intent, target)) })
}

fn blank(unfinished: &Unfinished) -> Entry {
    let intent = &unfinished.intent;
    Entry {
        at: intent.time,
        action: unfinished.action,
        phase: Phase::Resumed,
        verb: intent.verb.clone(),
        environment: intent.environment.clone(),
        system: intent.system.clone(),
        target: intent.target.clone(),
        params: intent.params.clone(),
        reason: intent.reason.clone(),
        outcome: None,
        text: String::new(),
        detail: Part::recorded(&intent.detail).into_iter().chain(glass::recorded(&intent.detail)).collect(),
    }
}
