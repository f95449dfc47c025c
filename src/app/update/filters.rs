//! Filters with names: taken, saved, forgotten.

use super::{browse, moves};
use crate::{
    app::{
        event::Effect, layout::PaneId, memory::SavedFilter, palette::FilterOrder, state::State,
        subject::Subject,
    },
    model::Severity,
};

/// Does what was asked.
pub(super) fn order(state: &mut State, order: FilterOrder, effects: &mut Vec<Effect>) {
    match order {
        FilterOrder::Take(name) => take(state, &name),
        FilterOrder::Save(name) => save(state, name, effects),
        FilterOrder::Forget(name) => forget(state, name, effects),
    }
}

/// Narrows a pane to what was typed, and says what of it cannot be understood.
pub(super) fn narrow(state: &mut State, pane: PaneId, text: &str) {
    state.narrow(pane, text);
    // Which columns a kind of object has is known only when it is listed.
    let problem = state.pane(pane).filter.problem().filter(|_| state.pane(pane).subject != Subject::Objects);
    if let Some(problem) = problem.map(str::to_owned) {
        state.say(Severity::Warning, problem);
    }
}

fn take(state: &mut State, name: &str) {
    let Some(filter) = state.memory.filters.iter().find(|f| f.name == name).cloned() else { return };
    if filter.subject == Subject::Objects {
        return browse::show(state, &filter.kind, &filter.text);
    }
    moves::show(state, filter.subject);
    let pane = state.active;
    if state.pane(pane).subject == filter.subject {
        narrow(state, pane, &filter.text);
    }
    state.settle();
}

fn save(state: &mut State, name: String, effects: &mut Vec<Effect>) {
    let pane = state.pane(state.active);
    let text = pane.filter.text().trim().to_owned();
    if name.is_empty() {
        return state.say(Severity::Quiet, "type a name as well, as in :filter save restarting");
    }
    if text.is_empty() || pane.filter.problem().is_some() || pane.subject == Subject::Logs {
        return state.say(Severity::Quiet, "nothing narrows this list; / does");
    }
    let kind =
        if pane.subject == Subject::Objects { state.browse.title().into_owned() } else { String::new() };
    let filter = SavedFilter { name, subject: pane.subject, kind, text };
    state.memory.filters.retain(|known| known.name != filter.name);
    state.memory.filters.push(filter.clone());
    let Some(file) = state.memory.filters_file.clone() else {
        return state.say(Severity::Warning, "there is no home directory to keep filters in");
    };
    state.say(Severity::Ok, format!("filter {} kept", filter.name));
    effects.push(Effect::SaveFilter { file, filter });
}

fn forget(state: &mut State, name: String, effects: &mut Vec<Effect>) {
    state.memory.filters.retain(|known| known.name != name);
    state.say(Severity::Ok, format!("filter {name} forgotten"));
    effects.extend(state.memory.filters_file.clone().map(|file| Effect::ForgetFilter { file, name }));
}
