//! From a wish to a plan to an action: the sheet and the history picker.

use std::collections::BTreeMap;

use super::{bulk, details, resources};
use crate::{
    action::{
        plan::{Outcome, Request},
        registry::{self, Row, Verb},
    },
    app::{
        bulk::Stage,
        command::Command,
        event::Effect,
        overlay::Overlay,
        picker::Picker,
        sheet::{Field, Phase, Sheet},
        state::{Running, State},
        viewer::Sort,
    },
    model::{Key, Kind, Query, Severity, Str, Versus},
};

/// Asks for the plan of an action on the selected thing.
pub(super) fn request(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    let Some(verb) = command.verb() else { return };
    if state.pane(state.active).marks.len() > 1 {
        return bulk::request(state, command, effects);
    }
    let Some((verb, target)) = choose(state, verb) else {
        state.say(Severity::Quiet, nothing(state, command, verb));
        return;
    };
    if verb.name() == "rollback" {
        let ticket = state.ticket();
        effects.push(Effect::Read { ticket, source: target.source, query: Query::History(target.clone()) });
        state.overlays.push(Overlay::Picker(Picker::new(target, ticket)));
        return;
    }
    let params = verb.suggest(&row(state, &target)).into_iter().collect();
    plan(state, Request { verb: verb.name(), target, params }, effects);
}

/// Verbs that one command stands for, the one of its own name first: what holds is released, what is cordoned
/// uncordoned, a workload or a secret goes back as an application does, an alert is silenced and its silence extended by
/// one key, and what is no object is deleted in its own way.
pub(super) fn family(verb: &'static str) -> &'static [&'static str] {
    match verb {
        "hold" => &["hold", "release"],
        "cordon" => &["cordon", "uncordon"],
        "rollback" => &["rollback", "rollout-undo", "kv-rollback"],
        "silence" => &["silence", "extend"],
        "delete" => &["delete", "revoke", "kv-delete", "expire"],
        _ => &[],
    }
}

/// The verb that fits what is selected, and what it is done to.
fn choose(state: &State, verb: &'static str) -> Option<(&'static dyn Verb, Key)> {
    let alone = [verb];
    let names = match family(verb) {
        [] => &alone[..],
        family => family,
    };
    let found: Vec<_> = names
        .iter()
        .filter_map(|name| registry::find(name))
        .filter_map(|verb| Some((verb, target(state, verb)?)))
        .collect();
    // A workload is its application's, and goes with it; all else is taken as it is, not as what it belongs to.
    let row = state.target().filter(|row| !row.kind.is_workload());
    let own = |verb: &dyn Verb| row.as_ref().is_some_and(|row| verb.applies(row.kind));
    let fitting = || found.iter().filter(|(verb, key)| fits(state, *verb, key));
    // Where none fits, the plan of the one asked for says why.
    fitting().find(|(verb, _)| own(*verb)).or_else(|| fitting().next()).or(found.first()).cloned()
}

/// Whether a verb makes sense for a row as it is.
pub(super) fn fits(state: &State, verb: &dyn Verb, key: &Key) -> bool {
    verb.applies(key.kind) && verb.fits(&row(state, key))
}

/// What choosing a verb needs of a row.
fn row<'a>(state: &'a State, key: &'a Key) -> Row<'a> {
    let store = &state.store;
    Row {
        key,
        application: store.applications.get(key),
        node: store.nodes.get(key),
        alert: store.alerts.get(key),
    }
}

/// Why there is nothing to plan.
fn nothing(state: &State, command: Command, verb: &str) -> String {
    let kinds: Vec<&str> =
        Kind::ALL.into_iter().filter(|k| family_applies(verb, *k)).map(Kind::name).collect();
    match (state.target(), kinds.is_empty()) {
        (_, true) | (None, _) => format!("select what to {}", command.title()),
        (Some(_), false) => format!("{}: select {}", command.title(), listed(&kinds)),
    }
}

fn family_applies(verb: &str, kind: Kind) -> bool {
    registry::find(verb).is_some_and(|v| v.applies(kind))
}

/// `a pod`, `a deployment or a statefulset`.
fn listed(kinds: &[&str]) -> String {
    let with_article = |kind: &&str| {
        let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        format!("{article} {kind}")
    };
    kinds.iter().map(with_article).collect::<Vec<_>>().join(" or ")
}

/// What a verb would be done to: what is selected, what owns it, or the application that it belongs to.
fn target(state: &State, verb: &dyn Verb) -> Option<Key> {
    let key = state.target()?;
    if verb.applies(key.kind) {
        return Some(verb.aim(key));
    }
    if let Some(owner) = owner(state, &key).filter(|owner| verb.applies(owner.kind)) {
        return Some(owner);
    }
    if verb.applies(Kind::Token) {
        return own_token(state, &key);
    }
    if !verb.applies(Kind::Application) {
        return None;
    }
    let scope = crate::triage::Scope::of(&state.store, &crate::triage::Focus::Entity(key));
    let mut near = state.store.applications.iter().filter(|a| scope.application(a));
    let first = near.next()?;
    // Two candidates are one too many to guess between.
    near.next().is_none().then(|| first.key.clone())
}

/// The token with which the Vault of a row's environment is asked; none where there are several.
fn own_token(state: &State, row: &Key) -> Option<Key> {
    let env = |source| state.store.system(source).map(|system| &system.env);
    let mut near = state.store.tokens.iter().filter(|token| env(token.key.source) == env(row.source));
    let first = near.next()?;
    near.next().is_none().then(|| first.key.clone())
}

/// The workload that a pod or a `ReplicaSet` is of.
fn owner(state: &State, key: &Key) -> Option<Key> {
    let of = |kind, name: &Str| Key::new(key.source, kind, Str::clone(&key.namespace), Str::clone(name));
    let set = match key.kind {
        Kind::Pod => {
            let (kind, name) = state.store.pods.get(key)?.owner.as_ref()?;
            of(*kind, name)
        }
        Kind::ReplicaSet => key.clone(),
        _ => return None,
    };
    if set.kind != Kind::ReplicaSet {
        return Some(set);
    }
    let above = state.store.workloads.get(&set).and_then(|w| w.owner.as_ref());
    Some(match above {
        Some((kind, name)) if &**kind == "Deployment" => of(Kind::Deployment, name),
        _ => set,
    })
}

/// Opens a sheet and asks for the plan, and for the resources there are where some can be chosen.
pub(super) fn plan(state: &mut State, request: Request, effects: &mut Vec<Effect>) {
    let ticket = state.ticket();
    effects.push(Effect::Plan { ticket, request: request.clone() });
    let mut sheet = Sheet::new(request, ticket);
    if sheet.wants_resources() {
        let app = sheet.request.target.clone();
        let ticket = state.ticket();
        effects.push(Effect::Read { ticket, source: app.source, query: Query::Resources(app) });
        sheet.asked = Some(ticket);
    }
    state.overlays.push(Overlay::Sheet(Box::new(sheet)));
}

/// Offers the undo of the last action.
pub(super) fn undo(state: &mut State, effects: &mut Vec<Effect>) {
    let requests = state.undo.clone();
    if requests.is_empty() {
        return state.say(Severity::Quiet, "there is nothing to undo at once; `vigie undo` undoes by id");
    }
    let over = match state.overlays.last() {
        Some(Overlay::Sheet(sheet)) => matches!(sheet.phase, Phase::Ended { .. }),
        Some(Overlay::Bulk(sheet)) => sheet.stage == Stage::Ended,
        _ => false,
    };
    if over {
        state.overlays.pop();
    }
    match <[Request; 1]>::try_from(requests) {
        Ok([one]) => plan(state, one, effects),
        Err(several) => bulk::undo(state, &several, effects),
    }
}

/// Runs a command in the history picker.
pub(super) fn pick(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    let Some(Overlay::Picker(picker)) = state.overlays.last_mut() else { return };
    if picker.run(command) {
        return;
    }
    let chosen = picker.chosen().cloned();
    let app = picker.app.clone();
    match (command, chosen) {
        (Command::Cancel | Command::Back, _) => {
            state.overlays.pop();
        }
        (Command::Diff, Some(revision)) => {
            let query = Query::Diff { app: app.clone(), versus: Versus::History(revision.entry) };
            details::question(state, app, "live → this entry", Sort::Diff, query, effects);
        }
        (Command::Copy, Some(revision)) => {
            effects.push(Effect::Copy(revision.entry.revision.to_string()));
            state.say(Severity::Quiet, "copied the revision");
        }
        (Command::Confirm | Command::Open, Some(revision)) => {
            state.overlays.pop();
            let params = BTreeMap::from([("id", revision.entry.id.to_string())]);
            plan(state, Request { verb: "rollback", target: app, params }, effects);
        }
        _ => {}
    }
}

/// Runs a command on the sheet.
pub(super) fn run(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    let Some(Overlay::Sheet(sheet)) = state.overlays.last_mut() else { return };
    let again = match command {
        Command::Confirm | Command::Toggle if sheet.list().is_some() => {
            return resources::open(state, effects);
        }
        Command::Cancel | Command::Back => return close(state),
        Command::Confirm => return confirm(state, false, effects),
        Command::Diff => return differences(state, effects),
        Command::NextField => {
            sheet.step_field(true);
            sheet.take_over()
        }
        Command::PreviousField => {
            sheet.step_field(false);
            sheet.take_over()
        }
        Command::Interrupt => {
            if let Phase::Running { plan, stopping, .. } = &mut sheet.phase
                && !*stopping
            {
                *stopping = true;
                effects.push(Effect::Interrupt(plan.id));
            }
            false
        }
        Command::PageDown | Command::PageUp => {
            let by = (state.size.height / 2).max(1);
            let down = command == Command::PageDown;
            let to = if down { sheet.scroll + by } else { sheet.scroll.saturating_sub(by) };
            sheet.scroll = to.min(state.size.height.saturating_mul(2));
            false
        }
        Command::DryRun => sheet.toggle("dry-run"),
        Command::Prune => sheet.toggle("prune"),
        Command::Toggle => match sheet.field {
            Field::Flag(name) => sheet.toggle(name),
            _ => false,
        },
        _ => false,
    };
    if again {
        replan(state, effects);
    }
}

/// Has the plan made anew with the parameters as they are now.
pub(super) fn replan(state: &mut State, effects: &mut Vec<Effect>) {
    let ticket = state.ticket();
    let Some(Overlay::Sheet(sheet)) = state.overlays.last_mut() else { return };
    sheet.ticket = ticket;
    sheet.phase = Phase::Planning;
    effects.push(Effect::Plan { ticket, request: sheet.request.clone() });
}

/// Confirms, if nothing is missing.
pub(super) fn confirm(state: &mut State, yes: bool, effects: &mut Vec<Effect>) {
    let now = state.now;
    let Some(Overlay::Sheet(sheet)) = state.overlays.last_mut() else { return };
    match &sheet.phase {
        Phase::Ended { .. } | Phase::Unplannable(_) => return close(state),
        Phase::Ready(_) => {}
        Phase::Planning | Phase::Running { .. } => return,
    }
    if sheet.take_over() {
        return replan(state, effects);
    }
    let Some(admitted) = sheet.admit(yes, now) else { return };
    let Phase::Ready(plan) = &sheet.phase else { return };
    let plan = plan.clone();
    let title = format!("{} {} in {}", plan.request.verb, plan.name, plan.environment.name);
    let running =
        Running { id: plan.id, title, step: (0, plan.steps.len()), note: String::new(), outcome: None };
    sheet.phase = Phase::Running { plan, step: None, note: String::new(), since: now, stopping: false };
    state.running.push(running);
    effects.push(Effect::Execute(Box::new(admitted)));
}

/// `esc` on the sheet: closes it; a running action goes on.
fn close(state: &mut State) {
    let Some(Overlay::Sheet(sheet)) = state.overlays.last_mut() else { return };
    match &mut sheet.phase {
        Phase::Running { .. } => {
            state.overlays.pop();
            state.say(Severity::Active, "the action goes on; it is shown below until it ends");
        }
        Phase::Ended { outcome: Outcome::Done { undo: Some(_), .. }, .. } => {
            state.overlays.pop();
            state.say(Severity::Ok, "done; U undoes it");
        }
        _ => {
            state.overlays.pop();
        }
    }
}

/// Shows what the plan of the topmost sheet would change.
pub(super) fn differences(state: &mut State, effects: &mut Vec<Effect>) {
    let sheet = state.overlays.iter().rev().find_map(|o| match o {
        Overlay::Sheet(sheet) => Some(sheet),
        _ => None,
    });
    let Some(sheet) = sheet else { return };
    let app = sheet.request.target.clone();
    let id = sheet.request.params.get("id").and_then(|id| id.parse::<i64>().ok());
    let revision = sheet.request.params.get("revision").cloned();
    let versus = match (id, revision, sheet.plan()) {
        (Some(id), _, Some(plan)) => {
            let pinned = plan.pinned.get("revision").cloned().unwrap_or_default();
            Versus::History(crate::model::HistoryEntry {
                id,
                revision: pinned,
                deployed: plan.planned,
                by: None,
            })
        }
        (None, Some(revision), _) => Versus::Revision(revision.into()),
        _ => Versus::Desired,
    };
    details::question(state, app.clone(), "live → planned", Sort::Diff, Query::Diff { app, versus }, effects);
}
