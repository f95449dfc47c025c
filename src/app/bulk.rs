//! A bulk plan on screen: one verb for the marked things, a plan for each, confirmed together.

use std::collections::BTreeMap;

use super::{event::Ticket, format, input::Input, sheet::Field};
use crate::{
    action::{
        bulk::{Progress, runnable},
        guard::{AdmittedBulk, Approval, Demand, admit_bulk, demand_bulk, unticketed},
        plan::{self, ActionId, Outcome, Plan, Request},
        registry::{self, ParamKind},
    },
    keymap::Press,
    model::{Confirm, Environment, Fault, Key, Time},
};

/// The field that takes in the marked rows that are not shown.
pub const HIDDEN: &str = "hidden";

/// How far one target is.
#[derive(Clone, Debug)]
pub enum Going {
    /// Its turn has not come.
    Waiting,
    /// It is carried out.
    Running {
        /// The step under way; none before the intent is on the record.
        step: Option<usize>,
        /// What the step sees.
        note: String,
    },
    /// It ended.
    Ended(Outcome),
    /// Its turn never came.
    NotBegun,
}

/// One of the marked things.
#[derive(Clone, Debug)]
pub struct Target {
    /// What it is.
    pub key: Key,
    /// Its plan, once made, or why there is none.
    pub plan: Option<Result<Box<Plan>, Fault>>,
    /// How far it is.
    pub going: Going,
}

impl Target {
    fn new(key: Key) -> Self {
        Self { key, plan: None, going: Going::Waiting }
    }

    /// Its plan when it can run, or why it is left out; nothing while it is being made.
    pub fn runnable(&self) -> Option<Result<&Plan, String>> {
        Some(runnable(self.plan.as_ref()?.as_deref()))
    }

    fn runs(&self) -> Option<&Plan> {
        self.runnable()?.ok()
    }
}

/// How far the bulk plan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is made, or can be confirmed.
    Plan,
    /// It was confirmed and runs.
    Running {
        /// Since when.
        since: Time,
        /// How often it was asked to stop.
        stops: u8,
    },
    /// It ended.
    Ended,
}

/// The sheet of a bulk plan.
#[derive(Clone, Debug)]
pub struct BulkSheet {
    /// The verb.
    pub verb: &'static str,
    /// The environment that all targets are in.
    pub environment: Environment,
    /// Parameters, the same for all.
    pub params: BTreeMap<&'static str, String>,
    /// The question for the plans it waits for.
    pub ticket: Ticket,
    /// What the records of its actions will share, once plans came.
    pub id: Option<ActionId>,
    /// What it is about, in the order in which it is done.
    pub targets: Vec<Target>,
    /// Marked things whose rows are not shown; they are left out unless asked for.
    pub hidden: Vec<Key>,
    /// How far it is.
    pub stage: Stage,
    /// The place that takes keys.
    pub field: Field,
    /// Why, as typed; recorded for each.
    pub reason: Input,
    /// What confirms, as typed.
    pub typed: Input,
    /// What is missing to confirm.
    pub missing: Option<String>,
    /// How far the sheet is scrolled.
    pub scroll: u16,
}

impl BulkSheet {
    /// A sheet for things that are being planned.
    pub fn new(
        verb: &'static str,
        environment: Environment,
        shown: Vec<Key>,
        hidden: Vec<Key>,
        ticket: Ticket,
    ) -> Self {
        Self {
            verb,
            environment,
            params: BTreeMap::new(),
            ticket,
            id: None,
            targets: shown.into_iter().map(Target::new).collect(),
            hidden,
            stage: Stage::Plan,
            field: Field::Confirm,
            reason: Input::default(),
            typed: Input::default(),
            missing: None,
            scroll: 0,
        }
    }

    /// What is asked of each target, in order.
    pub fn requests(&self) -> Vec<Request> {
        let of = |t: &Target| Request { verb: self.verb, target: t.key.clone(), params: self.params.clone() };
        self.targets.iter().map(of).collect()
    }

    /// The plans that will run, in order.
    pub fn plans(&self) -> Vec<&Plan> {
        self.targets.iter().filter_map(Target::runs).collect()
    }

    /// How many plans there are already, or reasons why there is none.
    pub fn planned_count(&self) -> usize {
        self.targets.iter().filter(|t| t.plan.is_some()).count()
    }

    /// Whether the marked things whose rows are not shown are in it.
    pub fn has_hidden(&self) -> bool {
        self.hidden.first().is_some_and(|key| self.targets.iter().any(|t| t.key == *key))
    }

    /// What confirming takes; nothing while it cannot be confirmed.
    pub fn demand(&self) -> Option<Demand> {
        let plans = self.plans();
        let ready = self.stage == Stage::Plan && self.planned_count() == self.targets.len();
        let may = ready && !plans.is_empty() && !self.environment.policy.read_only;
        may.then(|| demand_bulk(&plans))
    }

    /// The places that take keys, from top to bottom.
    pub fn fields(&self) -> Vec<Field> {
        let mut fields = Vec::new();
        if self.stage != Stage::Plan {
            return fields;
        }
        if !self.hidden.is_empty() {
            fields.push(Field::Flag(HIDDEN));
        }
        let specs = registry::find(self.verb).map_or(&[][..], |v| v.params());
        fields.extend(specs.iter().filter(|s| s.kind == ParamKind::Flag).map(|s| Field::Flag(s.name)));
        if let Some(demand) = self.demand() {
            if demand.reason_required {
                fields.push(Field::Reason);
            }
            fields.push(Field::Confirm);
        }
        fields
    }

    /// The line being typed.
    pub fn input(&self) -> Option<&Input> {
        let typed = self.demand().is_some_and(|d| d.confirm == Confirm::Name);
        match self.field {
            Field::Reason if self.fields().contains(&Field::Reason) => Some(&self.reason),
            Field::Confirm if typed => Some(&self.typed),
            _ => None,
        }
    }

    /// The line being typed, to change it.
    pub fn input_mut(&mut self) -> Option<&mut Input> {
        self.input()?;
        self.missing = None;
        Some(if self.field == Field::Reason { &mut self.reason } else { &mut self.typed })
    }

    /// Goes to the next or previous field.
    pub fn step_field(&mut self, forward: bool) {
        let fields = self.fields();
        let Some(count) = std::num::NonZero::new(fields.len()) else { return };
        let at = fields.iter().position(|f| *f == self.field);
        let to = match (at, forward) {
            (Some(at), true) => (at + 1) % count,
            (Some(at), false) => (at + count.get() - 1) % count,
            (None, _) => count.get() - 1,
        };
        self.field = fields[to];
    }

    /// Whether a parameter is on.
    pub fn is_on(&self, name: &str) -> bool {
        if name == HIDDEN { self.has_hidden() } else { self.params.get(name).is_some_and(|v| v == "true") }
    }

    /// Switches a parameter or takes the hidden things in or out; the plans have to be made anew when it did.
    pub fn toggle(&mut self, name: &'static str) -> bool {
        if !self.fields().contains(&Field::Flag(name)) {
            return false;
        }
        if name != HIDDEN {
            self.params.insert(name, (!self.is_on(name)).to_string());
        } else if self.has_hidden() {
            self.targets.retain(|t| !self.hidden.contains(&t.key));
        } else {
            self.targets.extend(self.hidden.iter().cloned().map(Target::new));
        }
        true
    }

    /// Waits for plans made anew. The number that was typed was about others.
    pub fn replan(&mut self, ticket: Ticket) {
        self.ticket = ticket;
        self.id = None;
        self.missing = None;
        self.typed = Input::default();
        self.targets.iter_mut().for_each(|t| t.plan = None);
    }

    /// Takes the plan of one target, or why there is none.
    pub fn planned(&mut self, bulk: ActionId, index: usize, plan: Result<Box<Plan>, Fault>) {
        self.id = Some(bulk);
        if let Some(target) = self.targets.get_mut(index) {
            target.plan = Some(plan);
        }
        if self.field == Field::Confirm && self.fields().contains(&Field::Reason) {
            let given = !self.reason.text().trim().is_empty();
            self.field = if given { Field::Confirm } else { Field::Reason };
        }
    }

    /// A press on the confirm field of an environment that asks for `y`.
    pub fn is_yes(&self, press: Press) -> bool {
        press == Press::char('y')
            && self.field == Field::Confirm
            && self.demand().is_some_and(|d| d.confirm == Confirm::Yes)
    }

    /// Lets the plans pass when all that they take was given; otherwise says what is missing and goes there.
    pub fn admit(&mut self, yes: bool, now: Time) -> Option<AdmittedBulk> {
        let (demand, id) = (self.demand()?, self.id?);
        let mut approval = Approval {
            yes: yes || demand.confirm == Confirm::Enter,
            reason: self.reason.text().trim().to_owned(),
            at: Some(now),
            ..Approval::default()
        };
        if demand.confirm == Confirm::Name {
            approval.take_typed(self.typed.text());
        }
        match admit_bulk(id, &self.plans(), &approval) {
            Ok(admitted) => Some(admitted),
            Err(fault) => {
                let unticketed = self.plans().iter().find_map(|p| unticketed(p, &approval.reason, now));
                let wants_reason =
                    demand.reason_required && approval.reason.is_empty() || unticketed.is_some();
                self.field = if wants_reason { Field::Reason } else { Field::Confirm };
                self.missing = Some(match demand.confirm {
                    _ if approval.reason.is_empty() && wants_reason => "a reason is needed".to_owned(),
                    _ if unticketed.is_some() => unticketed.unwrap_or_default(),
                    Confirm::Name => format!("type {} to go on", demand.phrase(&self.environment.name)),
                    Confirm::Yes if !yes => "press y to go on".to_owned(),
                    _ => fault.why.to_string(),
                });
                None
            }
        }
    }

    /// Takes how it goes on.
    pub fn progress(&mut self, progress: Progress) {
        match progress {
            Progress::Target { index, progress } => {
                let target = self.targets.iter_mut().filter(|t| t.runs().is_some()).nth(index);
                if let Some(target) = target {
                    target.progress(progress);
                }
            }
            Progress::Ended(outcomes) => {
                let mut outcomes = outcomes.into_iter();
                for target in self.targets.iter_mut().filter(|t| t.runs().is_some()) {
                    target.going = outcomes.next().map_or(Going::NotBegun, Going::Ended);
                }
                self.stage = Stage::Ended;
            }
        }
    }

    /// What undoes each that is done, in the order in which they were done.
    pub fn undos(&self) -> Vec<Request> {
        let undo = |t: &Target| match &t.going {
            Going::Ended(Outcome::Done { undo, .. }) => undo.clone(),
            _ => None,
        };
        self.targets.iter().filter_map(undo).collect()
    }
}

impl Target {
    fn progress(&mut self, progress: plan::Progress) {
        match (progress, &mut self.going) {
            (plan::Progress::Started, _) => {
                self.going = Going::Running { step: None, note: String::new() };
            }
            (plan::Progress::Step(n), _) => {
                self.going = Going::Running { step: Some(n), note: String::new() };
            }
            (plan::Progress::Note(text), Going::Running { note, .. }) => {
                *note = format::line(&text).into_owned();
            }
            (plan::Progress::Note(_), _) => {}
            (plan::Progress::Ended(outcome), _) => self.going = Going::Ended(outcome),
        }
    }
}
