//! How an action is written to the journal and how its records are read back.

use std::collections::BTreeMap;

use super::{
    bulk::Part,
    evidence::Before,
    glass,
    mark::Trace,
    plan::{Outcome, Plan, Request},
    registry,
};
use crate::{
    journal::{self, Ending, Entry, Journal, Phase, Record, Target},
    model::{Fault, FaultKind, Key, Str, Time},
};

/// Names used in a record's detail.
pub(super) const DEADLINE: &str = "deadline_s";
pub(super) const STEP: &str = "step";
pub(super) const STATE: &str = "state";
pub(super) const SENDING: &str = "sending";
pub(super) const ANSWERED: &str = "answered";
const DONE: &str = "done_steps";
const UNDO: &str = "undo";
/// No parameter has a dot in its name.
const UNDO_TARGET: &str = "undo..target";

/// Writes the records of one action.
pub(super) struct Scribe<'a> {
    pub(super) journal: &'a Journal,
    pub(super) blank: Entry,
}

impl<'a> Scribe<'a> {
    /// The scribe of a plan, and of the part that it is of a bulk plan.
    pub(super) fn of(journal: &'a Journal, plan: &Plan, reason: &Str, part: Option<&Part>) -> Self {
        let blank = Entry {
            at: plan.planned,
            action: plan.id,
            phase: Phase::Intent,
            verb: plan.request.verb.to_owned(),
            environment: plan.environment.name.to_string(),
            system: format!("{}/{}", plan.system.kind, plan.system.name),
            target: Some(Target::from(&plan.request.target)),
            params: plan.request.params.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect(),
            reason: reason.to_string(),
            outcome: None,
            text: String::new(),
            detail: part
                .map(Part::detail)
                .into_iter()
                .flatten()
                .chain(glass::mark(&plan.environment.policy))
                .collect(),
        };
        Self { journal, blank }
    }

    /// Appends a record; the fault says that the journal failed.
    pub(super) fn write(
        &self,
        at: Time,
        phase: Phase,
        outcome: Option<Ending>,
        text: String,
        mut detail: BTreeMap<String, String>,
    ) -> Result<(), Fault> {
        detail.extend(self.blank.detail.clone());
        let entry = Entry { at, phase, outcome, text, detail, ..self.blank.clone() };
        self.journal.append(entry).map(drop).map_err(|e| fault(&e))
    }

    /// Records what will be done.
    pub(super) fn intent(&self, plan: &Plan, at: Time) -> Result<(), Fault> {
        let mut detail = BTreeMap::from([(DEADLINE.to_owned(), plan.deadline.as_secs().to_string())]);
        for (index, step) in plan.steps.iter().enumerate() {
            detail.insert(
                format!("{STEP}.{:02}", index + 1),
                Trace::of(&step.call, &plan.request.target).to_string(),
            );
        }
        for (name, value) in &plan.pinned {
            detail.insert(format!("pinned.{name}"), value.to_string());
        }
        if let Some(undo) = &plan.undo {
            write_request(undo, &plan.request.target, &mut detail);
        }
        self.write(at, Phase::Intent, None, plan.summary.replace('\n', " "), detail)
    }

    /// Records that a step is about to be sent, and what was there before.
    pub(super) fn sending(&self, index: usize, text: String, before: &Before, at: Time) -> Result<(), Fault> {
        let mut detail = step(index, SENDING);
        before.write(&mut detail);
        self.write(at, Phase::Step, None, text, detail)
    }

    /// Records that a step was accepted.
    pub(super) fn answered(&self, index: usize, text: String, at: Time) -> Result<(), Fault> {
        self.write(at, Phase::Step, None, text, step(index, ANSWERED))
    }

    /// Records how it ended.
    pub(super) fn outcome(&self, phase: Phase, outcome: &Outcome, at: Time) -> Result<(), Fault> {
        let mut detail = BTreeMap::new();
        if let Outcome::Failed { done, .. } | Outcome::Cancelled { done } = outcome {
            detail.insert(DONE.to_owned(), done.to_string());
        }
        if let (Outcome::Done { undo: Some(undo), .. }, Some(target)) = (outcome, &self.blank.target) {
            let source = undo.target.source;
            let target = Key::new(source, target.kind, target.namespace.as_str(), target.name.as_str());
            write_request(undo, &target, &mut detail);
        }
        self.write(at, phase, Some(outcome.ending()), outcome.to_string(), detail)
    }
}

fn step(index: usize, state: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(STEP.to_owned(), (index + 1).to_string()), (STATE.to_owned(), state.to_owned())])
}

/// The journal's failure as the pipeline reports it.
pub fn fault(error: &journal::Error) -> Fault {
    Fault::new(FaultKind::Refused, "journal", "record the action", error.to_string())
        .hint("nothing is changed without a record; mend the journal first")
}

/// The steps that an intent names, in order.
pub(super) fn marks(intent: &Record) -> Vec<Result<Trace, String>> {
    let prefix = format!("{STEP}.");
    intent.detail.iter().filter(|(name, _)| name.starts_with(&prefix)).map(|(_, v)| v.parse()).collect()
}

/// Writes what undoes an action on `target`, and to what where that is something else.
fn write_request(request: &Request, target: &Key, detail: &mut BTreeMap<String, String>) {
    detail.insert(UNDO.to_owned(), request.verb.to_owned());
    if request.target != *target {
        let Key { kind, namespace, name, .. } = &request.target;
        detail.insert(UNDO_TARGET.to_owned(), format!("{kind}|{namespace}|{name}"));
    }
    for (name, value) in &request.params {
        detail.insert(format!("{UNDO}.{name}"), value.clone());
    }
}

/// The undo that a record holds.
pub fn undo(record: &Record, target: &Key) -> Option<Request> {
    let verb = registry::find(record.detail.get(UNDO)?)?;
    let params = verb
        .params()
        .iter()
        .filter_map(|spec| Some((spec.name, record.detail.get(&format!("{UNDO}.{}", spec.name))?.clone())))
        .collect();
    let other = record.detail.get(UNDO_TARGET).and_then(|text| {
        let mut parts = text.splitn(3, '|');
        let (kind, namespace, name) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?);
        Some(Key::new(target.source, kind, namespace, name))
    });
    Some(Request { verb: verb.name(), target: other.unwrap_or_else(|| target.clone()), params })
}

impl Outcome {
    /// As the journal knows it.
    pub const fn ending(&self) -> Ending {
        match self {
            Self::Done { .. } => Ending::Done,
            Self::Refused(_) => Ending::Refused,
            Self::Failed { .. } => Ending::Failed,
            Self::Unverified(_) => Ending::Unverified,
            Self::Cancelled { .. } => Ending::Cancelled,
        }
    }
}

impl std::fmt::Display for Outcome {
    /// One line: what happened, and what is half done.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Done { summary, .. } => f.write_str(summary),
            Self::Refused(fault) => write!(f, "nothing was changed: {fault}"),
            Self::Failed { fault, done: 0 } => write!(f, "{fault}"),
            Self::Failed { fault, done } => write!(f, "after {done} steps: {fault}"),
            Self::Unverified(why) => f.write_str(why),
            Self::Cancelled { done: 0 } => f.write_str("stopped before anything was sent"),
            Self::Cancelled { done } => write!(f, "stopped after {done} steps"),
        }
    }
}
