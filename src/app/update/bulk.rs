//! From marks to a bulk plan to actions.

use std::collections::BTreeSet;

use super::plans;
use crate::{
    action::{
        bulk::{self, Progress},
        guard::within_limit,
        plan::{self, ActionId, Outcome, Plan, Request},
        registry::{self, Verb},
    },
    app::{
        bulk::{BulkSheet, Going, HIDDEN, Stage},
        command::Command,
        event::{Effect, Notice, Ticket},
        overlay::Overlay,
        pane::Item,
        sheet::Field,
        state::{Dirty, Running, State},
    },
    model::{Environment, Fault, Key, Severity},
};

/// Asks for the plans of an action on the marked things.
pub(super) fn request(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    let Some(verb) = command.verb().and_then(registry::find) else { return };
    if !verb.bulk() {
        let text = format!("{} is done one at a time: take the marks away first", command.title());
        return state.say(Severity::Warning, text);
    }
    let (shown, hidden) = marked(state);
    let verb = turned(state, verb, &shown);
    match environment(state, verb, &shown) {
        Err(why) => state.say(Severity::Warning, why),
        Ok(_) if shown.is_empty() => {
            let text = "all marked rows are hidden: show them first, or take the marks away";
            state.say(Severity::Warning, text);
        }
        Ok(environment) => {
            let sheet = BulkSheet::new(verb.name(), environment, shown, hidden, Ticket::default());
            open(state, sheet, effects);
        }
    }
}

/// Opens the sheet of what undoes several actions.
pub(super) fn undo(state: &mut State, requests: &[Request], effects: &mut Vec<Effect>) {
    let targets: Vec<Key> = requests.iter().map(|r| r.target.clone()).collect();
    let Some(verb) = requests.first().and_then(|r| registry::find(r.verb)) else { return };
    match environment(state, verb, &targets) {
        Err(why) => state.say(Severity::Warning, why),
        Ok(environment) => {
            let sheet = BulkSheet::new(verb.name(), environment, targets, Vec::new(), Ticket::default());
            open(state, sheet, effects);
        }
    }
}

fn open(state: &mut State, mut sheet: BulkSheet, effects: &mut Vec<Effect>) {
    let ticket = state.ticket();
    sheet.ticket = ticket;
    effects.push(Effect::PlanBulk { ticket, requests: sheet.requests() });
    state.overlays.push(Overlay::Bulk(Box::new(sheet)));
}

/// The marked things whose rows are shown, in the order of the list, and the others.
fn marked(state: &State) -> (Vec<Key>, Vec<Key>) {
    let pane = state.pane(state.active);
    let rows = pane.rows.shown.iter().filter(|row| pane.rows.marked.contains(row));
    let shown: Vec<Key> = rows.filter_map(|row| row.key(&state.store, &state.timeline).cloned()).collect();
    let others = pane.marks.iter().filter_map(Item::key).filter(|key| !shown.contains(key));
    let hidden: BTreeSet<Key> = others.cloned().collect();
    (shown, hidden.into_iter().collect())
}

/// One key for both: where all that can be is held already, it is released.
fn turned(state: &State, verb: &'static dyn Verb, keys: &[Key]) -> &'static dyn Verb {
    let fits = |verb: &dyn Verb| keys.iter().any(|key| plans::fits(state, verb, key));
    if fits(verb) {
        return verb;
    }
    let others = plans::family(verb.name()).iter().filter_map(|name| registry::find(name));
    others.into_iter().find(|other| other.bulk() && fits(*other)).unwrap_or(verb)
}

/// The one environment that all are in, when the verb can be done to them there.
fn environment(state: &State, verb: &dyn Verb, keys: &[Key]) -> Result<Environment, String> {
    let wrong = keys.iter().filter(|key| !verb.applies(key.kind)).count();
    if wrong > 0 {
        return Err(format!("{wrong} of the marked rows are nothing to {}", verb.name()));
    }
    let all: Vec<&Environment> =
        keys.iter().filter_map(|key| state.store.environment_of(key.source)).collect();
    let names: BTreeSet<&str> = all.iter().map(|env| &*env.name).collect();
    if names.len() > 1 {
        let names: Vec<&str> = names.into_iter().collect();
        return Err(format!("marked in {}: a bulk plan stays in one environment", names.join(" and ")));
    }
    let Some(env) = all.first() else {
        return Err("all marked rows are hidden: show them first, or take the marks away".to_owned());
    };
    within_limit(env, verb.name(), keys.len()).map_err(|fault| format!("{}; {}", fault.why, fault.hint))?;
    Ok((*env).clone())
}

/// Runs a command on the sheet.
pub(super) fn run(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    let height = state.size.height;
    let Some(Overlay::Bulk(sheet)) = state.overlays.last_mut() else { return };
    match command {
        Command::Cancel | Command::Back => close(state),
        Command::Confirm => confirm(state, false, effects),
        Command::NextField | Command::PreviousField => sheet.step_field(command == Command::NextField),
        Command::Interrupt => {
            if let (Stage::Running { stops, .. }, Some(id)) = (&mut sheet.stage, sheet.id) {
                *stops = stops.saturating_add(1);
                effects.push(Effect::Interrupt(id));
            }
        }
        Command::PageDown | Command::PageUp => {
            let by = (height / 2).max(1);
            let down = command == Command::PageDown;
            let to = if down { sheet.scroll + by } else { sheet.scroll.saturating_sub(by) };
            sheet.scroll = to.min(u16::try_from(sheet.targets.len() * 4).unwrap_or(u16::MAX) + height);
        }
        Command::DryRun => toggle(state, "dry-run", effects),
        Command::Prune => toggle(state, "prune", effects),
        Command::Toggle => {
            if let Field::Flag(name) = sheet.field {
                toggle(state, name, effects);
            }
        }
        _ => {}
    }
}

/// Switches something and has the plans made anew.
fn toggle(state: &mut State, name: &'static str, effects: &mut Vec<Effect>) {
    if name == HIDDEN
        && let Some(why) = forbidden(state)
    {
        if let Some(Overlay::Bulk(sheet)) = state.overlays.last_mut() {
            sheet.missing = Some(why);
        }
        return;
    }
    let ticket = state.ticket();
    let Some(Overlay::Bulk(sheet)) = state.overlays.last_mut() else { return };
    if sheet.toggle(name) {
        sheet.replan(ticket);
        effects.push(Effect::PlanBulk { ticket, requests: sheet.requests() });
    }
}

/// Has the plans made anew by what the environment asks now.
pub(super) fn replan(state: &mut State, effects: &mut Vec<Effect>) {
    let ticket = state.ticket();
    let environments = &state.store.environments;
    let Some(Overlay::Bulk(sheet)) = state.overlays.last_mut() else { return };
    if let Some(env) = environments.iter().find(|e| e.name == sheet.environment.name) {
        sheet.environment = env.clone();
    }
    sheet.replan(ticket);
    effects.push(Effect::PlanBulk { ticket, requests: sheet.requests() });
}

/// Why the hidden things cannot be taken in.
fn forbidden(state: &State) -> Option<String> {
    let Some(Overlay::Bulk(sheet)) = state.overlays.last() else { return None };
    if sheet.has_hidden() {
        return None;
    }
    let verb = registry::find(sheet.verb)?;
    let all: Vec<Key> = sheet.targets.iter().map(|t| &t.key).chain(&sheet.hidden).cloned().collect();
    environment(state, verb, &all).err()
}

/// Confirms, if nothing is missing.
pub(super) fn confirm(state: &mut State, yes: bool, effects: &mut Vec<Effect>) {
    let now = state.now;
    let Some(Overlay::Bulk(sheet)) = state.overlays.last_mut() else { return };
    match sheet.stage {
        Stage::Plan => {}
        Stage::Ended => return close(state),
        Stage::Running { .. } => return,
    }
    let Some(admitted) = sheet.admit(yes, now) else { return };
    let count = admitted.plans().len();
    let title = format!("{} {count} in {}", sheet.verb, sheet.environment.name);
    sheet.stage = Stage::Running { since: now, stops: 0 };
    sheet.scroll = 0;
    let running = Running { id: admitted.id(), title, step: (0, count), note: String::new(), outcome: None };
    state.running.push(running);
    effects.push(Effect::ExecuteBulk(Box::new(admitted)));
}

/// `esc` on the sheet: closes it; what runs goes on.
fn close(state: &mut State) {
    let Some(Overlay::Bulk(sheet)) = state.overlays.pop() else { return };
    match sheet.stage {
        Stage::Running { .. } => {
            state.say(Severity::Active, "the actions go on; they are shown below until they end");
        }
        Stage::Ended if bulk::undo(&sheet.undos()).is_some() => {
            state.say(Severity::Ok, "U undoes what was done");
        }
        _ => {}
    }
}

fn sheets(state: &mut State) -> impl Iterator<Item = &mut BulkSheet> {
    state.overlays.iter_mut().filter_map(|o| match o {
        Overlay::Bulk(sheet) => Some(&mut **sheet),
        _ => None,
    })
}

/// Takes the plan of one target.
pub(super) fn planned(
    state: &mut State,
    ticket: Ticket,
    id: ActionId,
    index: usize,
    plan: Result<Box<Plan>, Fault>,
) {
    let waiting = sheets(state).find(|s| s.ticket == ticket && s.stage == Stage::Plan);
    if waiting.map(|s| s.planned(id, index, plan)).is_some() {
        state.touch(Dirty::Now);
    }
}

/// Takes how a bulk plan goes on.
pub(super) fn progressed(state: &mut State, id: ActionId, progress: Progress) {
    if let Some(running) = state.running.iter_mut().find(|r| r.id == id) {
        match &progress {
            Progress::Target { index, progress: plan::Progress::Started } => {
                running.step.0 = index + 1;
                running.note.clear();
            }
            Progress::Target { progress: plan::Progress::Note(text), .. } => {
                running.note = crate::app::format::line(text).into_owned();
            }
            Progress::Target { .. } | Progress::Ended(_) => {}
        }
    }
    if let Progress::Ended(outcomes) = &progress {
        ended(state, id, outcomes);
    }
    if let Some(sheet) = sheets(state).find(|s| s.id == Some(id) && s.stage != Stage::Plan) {
        sheet.progress(progress);
    }
    state.touch(Dirty::Data);
}

fn ended(state: &mut State, id: ActionId, outcomes: &[Outcome]) {
    let running = state.running.iter().find(|r| r.id == id);
    let (title, count) = running.map_or(("the actions", outcomes.len()), |r| (r.title.as_str(), r.step.1));
    let undos: Vec<Request> = outcomes
        .iter()
        .filter_map(|o| if let Outcome::Done { undo, .. } = o { undo.clone() } else { None })
        .collect();
    let (severity, text) = summary(outcomes, count);
    let notice = Notice::new(severity, format!("{title}: {text}"));
    state.notice = Some((notice, 0));
    state.undo = bulk::undo(&undos).unwrap_or_default();
    state.running.retain(|r| r.id != id);
}

/// How so many ended: `2 done, 1 failed: why, 3 not begun`.
fn summary(outcomes: &[Outcome], count: usize) -> (Severity, String) {
    let done = outcomes.iter().filter(|o| matches!(o, Outcome::Done { .. })).count();
    if done == count {
        return (Severity::Ok, format!("all {count} done"));
    }
    let mut words = vec![format!("{done} done")];
    let mut severity = Severity::Warning;
    if let Some(bad) = outcomes.iter().find(|o| !matches!(o, Outcome::Done { .. })) {
        words.push(format!("1 {}: {bad}", bad.ending().name()));
        if matches!(bad, Outcome::Failed { .. } | Outcome::Unverified(_)) {
            severity = Severity::Critical;
        }
    }
    if count > outcomes.len() {
        words.push(format!("{} not begun", count - outcomes.len()));
    }
    (severity, words.join(", "))
}

impl BulkSheet {
    /// How it ended, in numbers.
    pub fn summary(&self) -> (Severity, String) {
        let outcomes: Vec<Outcome> = self
            .targets
            .iter()
            .filter_map(|t| if let Going::Ended(outcome) = &t.going { Some(outcome.clone()) } else { None })
            .collect();
        summary(&outcomes, self.plans().len())
    }
}
