//! The plan of an action on screen: what will be done, what it takes to confirm, how it goes, how it ended.

use super::{event::Ticket, input::Input, picker};
use crate::{
    action::{
        guard::{Admitted, Approval, admit, demand, unticketed},
        plan::{ActionId, Outcome, Plan, Progress, Request},
        registry::{self, ParamKind},
    },
    keymap::Press,
    model::{Answer, Confirm, Fault, ResourceRef, Time},
};

/// A place on the sheet that takes keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// A parameter that is on or off.
    Flag(&'static str),
    /// A parameter that is typed.
    Text(&'static str),
    /// A parameter that is chosen from the application's resources.
    Resources(&'static str),
    /// Why.
    Reason,
    /// What confirms.
    Confirm,
}

/// How far the action is.
#[derive(Clone, Debug)]
pub enum Phase {
    /// The plan is being made.
    Planning,
    /// It cannot be planned.
    Unplannable(Fault),
    /// The plan can be confirmed.
    Ready(Box<Plan>),
    /// It was confirmed and runs.
    Running {
        /// The plan.
        plan: Box<Plan>,
        /// The step under way; none before the intent is on the record.
        step: Option<usize>,
        /// What the step sees.
        note: String,
        /// Since when.
        since: Time,
        /// Whether it was asked to stop.
        stopping: bool,
    },
    /// It ended.
    Ended {
        /// The plan.
        plan: Box<Plan>,
        /// The step it was in.
        step: usize,
        /// How.
        outcome: Outcome,
    },
}

/// A plan sheet.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// What was asked for.
    pub request: Request,
    /// The question for the plan it waits for.
    pub ticket: Ticket,
    /// How far it is.
    pub phase: Phase,
    /// The place that takes keys.
    pub field: Field,
    /// Why, as typed.
    pub reason: Input,
    /// What confirms, as typed.
    pub typed: Input,
    /// Parameters, as typed.
    pub texts: Vec<(&'static str, Input)>,
    /// The question for the resources there are, when it has been asked.
    pub asked: Option<Ticket>,
    /// The resources there are, when they are known.
    pub resources: Option<Vec<ResourceRef>>,
    /// What is missing to confirm.
    pub missing: Option<String>,
    /// How far the sheet is scrolled.
    pub scroll: u16,
}

impl Sheet {
    /// A sheet for a request that is being planned.
    pub fn new(request: Request, ticket: Ticket) -> Self {
        let specs = registry::find(request.verb).map_or(&[][..], |v| v.params());
        let typed = specs.iter().filter(|s| matches!(s.kind, ParamKind::Text | ParamKind::Count));
        let wanted = registry::find(request.verb)
            .and_then(|v| v.params().iter().find(|s| s.required && !request.params.contains_key(s.name)))
            .map(|s| s.name);
        let given = |name| request.params.get(name).cloned().unwrap_or_default();
        Self {
            texts: typed.map(|s| (s.name, Input::new(given(s.name)))).collect(),
            asked: None,
            resources: None,
            request,
            ticket,
            phase: Phase::Planning,
            // What has to be said is asked for first.
            field: wanted.map_or(Field::Confirm, Field::Text),
            reason: Input::default(),
            typed: Input::default(),
            missing: None,
            scroll: 0,
        }
    }

    /// The plan, when there is one.
    pub fn plan(&self) -> Option<&Plan> {
        match &self.phase {
            Phase::Ready(plan) | Phase::Running { plan, .. } | Phase::Ended { plan, .. } => Some(plan),
            Phase::Planning | Phase::Unplannable(_) => None,
        }
    }

    /// The action under way, if one is.
    pub fn running(&self) -> Option<ActionId> {
        match &self.phase {
            Phase::Running { plan, .. } => Some(plan.id),
            _ => None,
        }
    }

    /// The places that take keys, from top to bottom.
    pub fn fields(&self) -> Vec<Field> {
        let mut fields = Vec::new();
        if matches!(self.phase, Phase::Running { .. } | Phase::Ended { .. }) {
            return fields;
        }
        for spec in registry::find(self.request.verb).map_or(&[][..], |v| v.params()) {
            match spec.kind {
                ParamKind::Flag => fields.push(Field::Flag(spec.name)),
                ParamKind::Text | ParamKind::Count => fields.push(Field::Text(spec.name)),
                ParamKind::Resources => fields.push(Field::Resources(spec.name)),
                ParamKind::Number => {}
            }
        }
        if let Phase::Ready(plan) = &self.phase
            && plan.blocked().is_none()
            && !plan.environment.policy.read_only
        {
            if demand(plan).reason_required {
                fields.push(Field::Reason);
            }
            fields.push(Field::Confirm);
        }
        fields
    }

    /// Whether letters are typed rather than commands run.
    pub fn is_typing(&self) -> bool {
        self.input().is_some()
    }

    /// The line being typed.
    pub fn input(&self) -> Option<&Input> {
        if !self.fields().contains(&self.field) {
            return None;
        }
        match self.field {
            Field::Reason => Some(&self.reason),
            Field::Text(name) => self.texts.iter().find(|(n, _)| *n == name).map(|(_, input)| input),
            Field::Confirm if self.wants_name() => Some(&self.typed),
            Field::Confirm | Field::Flag(_) | Field::Resources(_) => None,
        }
    }

    /// The line being typed, to change it.
    pub fn input_mut(&mut self) -> Option<&mut Input> {
        self.input()?;
        match self.field {
            Field::Reason => Some(&mut self.reason),
            Field::Text(name) => self.texts.iter_mut().find(|(n, _)| *n == name).map(|(_, input)| input),
            _ => Some(&mut self.typed),
        }
    }

    fn wants_name(&self) -> bool {
        self.plan().is_some_and(|p| demand(p).confirm == Confirm::Name)
    }

    /// Goes to the next or previous field.
    pub fn step_field(&mut self, forward: bool) {
        let fields = self.fields();
        let Some(last) = fields.len().checked_sub(1) else { return };
        let at = fields.iter().position(|f| *f == self.field);
        let to = match (at, forward) {
            (Some(at), true) => {
                if at == last {
                    0
                } else {
                    at + 1
                }
            }
            (Some(at), false) => at.checked_sub(1).unwrap_or(last),
            (None, _) => last,
        };
        self.field = fields[to];
    }

    /// Whether a parameter is on.
    pub fn is_on(&self, name: &str) -> bool {
        self.request.params.get(name).is_some_and(|v| v == "true")
    }

    /// Switches a parameter; the plan has to be made anew when it did.
    pub fn toggle(&mut self, name: &'static str) -> bool {
        if !self.fields().contains(&Field::Flag(name)) {
            return false;
        }
        let on = !self.is_on(name);
        self.request.params.insert(name, on.to_string());
        true
    }

    /// The parameter that is chosen from a list, when its place takes the keys.
    pub fn list(&self) -> Option<&'static str> {
        match self.field {
            Field::Resources(name) if self.fields().contains(&self.field) => Some(name),
            _ => None,
        }
    }

    /// Whether it has a parameter that is chosen from the application's resources.
    pub fn wants_resources(&self) -> bool {
        self.fields().iter().any(|f| matches!(f, Field::Resources(_)))
    }

    /// Takes the resources there are; without them only those chosen can be told.
    pub fn know(&mut self, answer: Result<Answer, Fault>) {
        self.asked = None;
        let resources = answer.ok().map(picker::entries);
        self.resources = resources.map(|all| all.into_iter().map(|r| r.resource).collect());
    }

    /// Short names of the resources that a parameter holds; none when it is all.
    pub fn chosen(&self, name: &str) -> Vec<String> {
        let known = self.resources.as_deref().unwrap_or_default();
        let held = self.request.params.get(name).map_or("", String::as_str);
        picker::items(held).map(|item| short_name(item, known)).collect()
    }

    /// Takes what was chosen from a list; `true` when that changed something and the plan has to be made anew.
    pub fn choose(&mut self, name: &'static str, value: String) -> bool {
        let before = self.request.params.get(name).cloned().unwrap_or_default();
        if value.is_empty() {
            self.request.params.remove(name);
        } else {
            self.request.params.insert(name, value.clone());
        }
        self.go_on();
        value != before
    }

    /// Takes typed parameters over into the request; `true` when one changed and the plan has to be made anew.
    pub fn take_over(&mut self) -> bool {
        let mut changed = false;
        for (name, input) in &self.texts {
            let wanted = Some(input.text().trim().to_owned()).filter(|t| !t.is_empty());
            if wanted.as_ref() != self.request.params.get(name) {
                changed = true;
                match wanted {
                    Some(text) => self.request.params.insert(name, text),
                    None => self.request.params.remove(name),
                };
            }
        }
        changed
    }

    /// Takes the plan, or why there is none.
    pub fn planned(&mut self, plan: Result<Box<Plan>, Fault>) {
        self.phase = match plan {
            Ok(plan) => Phase::Ready(plan),
            Err(fault) => Phase::Unplannable(fault),
        };
        self.missing = None;
        if !self.fields().contains(&self.field) || self.field == Field::Confirm {
            self.go_on();
        }
    }

    /// Goes to what is still to be given, or to where it is confirmed; to no field where it cannot be.
    fn go_on(&mut self) {
        let wants_reason = self.fields().contains(&Field::Reason) && self.reason.text().is_empty();
        self.field = if wants_reason { Field::Reason } else { Field::Confirm };
    }

    /// A press on the confirm field of an environment that asks for `y`.
    pub fn is_yes(&self, press: Press) -> bool {
        press == Press::char('y')
            && self.field == Field::Confirm
            && matches!(&self.phase, Phase::Ready(p) if demand(p).confirm == Confirm::Yes)
    }

    /// Lets the plan pass when all that it takes was given; otherwise says what is missing and goes there.
    pub fn admit(&mut self, yes: bool, now: Time) -> Option<Admitted> {
        let Phase::Ready(plan) = &self.phase else { return None };
        let asked = demand(plan);
        let typed = self.typed.text().trim();
        let name = &plan.environment.name;
        let missing = if plan.blocked().is_some() || plan.environment.policy.read_only {
            None
        } else if asked.reason_required && self.reason.text().trim().is_empty() {
            Some((Field::Reason, "a reason is needed".to_owned()))
        } else if let Some(why) = unticketed(plan, self.reason.text(), now) {
            Some((Field::Reason, why))
        } else if asked.confirm == Confirm::Name && typed != &**name {
            Some((Field::Confirm, format!("type {name} to go on")))
        } else if asked.confirm == Confirm::Yes && !yes {
            Some((Field::Confirm, "press y to go on".to_owned()))
        } else {
            None
        };
        if let Some((field, text)) = missing {
            self.field = field;
            self.missing = Some(text);
            return None;
        }
        let approval = Approval {
            typed: (asked.confirm == Confirm::Name).then(|| typed.to_owned()),
            count: None,
            yes: asked.confirm != Confirm::Name,
            reason: self.reason.text().trim().to_owned(),
            at: Some(now),
        };
        match admit(plan, &approval) {
            Ok(admitted) => Some(admitted),
            Err(fault) => {
                self.missing = Some(fault.why.to_string());
                None
            }
        }
    }

    /// Takes how the action goes on.
    pub fn progress(&mut self, progress: Progress) {
        let Phase::Running { plan, step, note, .. } = &mut self.phase else { return };
        match progress {
            Progress::Started => note.clear(),
            Progress::Step(n) => {
                *step = Some(n);
                note.clear();
            }
            Progress::Note(text) => *note = super::format::line(&text).into_owned(),
            Progress::Ended(outcome) => {
                self.phase = Phase::Ended { plan: plan.clone(), step: step.unwrap_or(0), outcome };
            }
        }
    }
}

/// A resource's short name, with its namespace where the short name is another's too.
fn short_name(item: &str, known: &[ResourceRef]) -> String {
    let Some(found) = known.iter().find(|r| r.is_named(item)) else {
        return match *item.split('/').collect::<Vec<_>>() {
            [_, kind, _, name] => format!("{kind}/{name}"),
            _ => item.to_owned(),
        };
    };
    let short = found.to_string();
    match known.iter().filter(|r| r.is_named(&short)).count() {
        0 | 1 => short,
        _ => format!("{short} in {}", found.namespace),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::{Key, Kind, ResourceState, Source};

    fn sheet(resources: &str) -> Sheet {
        let target = Key::new(Source(0), Kind::Application, "argocd", "shop");
        let params = BTreeMap::from([("resources", resources.to_owned())]);
        Sheet::new(Request { verb: "sync", target, params }, Ticket(1))
    }

    fn state(kind: &str, namespace: &str, name: &str) -> ResourceState {
        let (kind, namespace, name) = (kind.into(), namespace.into(), name.into());
        let resource = ResourceRef { group: "".into(), kind, namespace, name };
        ResourceState { resource, status: "Synced".into(), ..ResourceState::default() }
    }

    #[test]
    fn chosen_resources_are_told_apart() {
        let mut sheet = sheet("/ConfigMap/eu/cart,/ConfigMap/us/rates,apps/Deployment/eu/cart");
        assert_eq!(sheet.chosen("resources"), ["ConfigMap/cart", "ConfigMap/rates", "Deployment/cart"]);
        let all = [("eu", "cart"), ("us", "cart"), ("us", "rates")];
        let all = all.map(|(namespace, name)| state("ConfigMap", namespace, name));
        sheet.know(Ok(Answer::Resources(all.to_vec())));
        assert_eq!(sheet.chosen("resources"), ["ConfigMap/cart in eu", "ConfigMap/rates", "Deployment/cart"]);
    }

    #[test]
    fn choosing_changes_the_request_only_when_it_differs() {
        let mut sheet = sheet("/ConfigMap/eu/cart");
        sheet.field = Field::Resources("resources");
        assert_eq!(sheet.list(), Some("resources"));
        assert!(!sheet.choose("resources", "/ConfigMap/eu/cart".to_owned()));
        assert_eq!(sheet.list(), None, "the next enter confirms");
        assert!(sheet.choose("resources", String::new()));
        assert!(!sheet.request.params.contains_key("resources"), "all of it is no parameter");
    }
}
