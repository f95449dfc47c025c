//! Syncing a part of an application: its resources chosen from a list.

use super::plans;
use crate::{
    app::{
        command::Command, event::Effect, overlay::Overlay, picker::ResourcePicker, sheet::Sheet, state::State,
    },
    model::{Query, Severity},
};

/// Opens the list from which the parameter in focus on the sheet is chosen.
pub(super) fn open(state: &mut State, effects: &mut Vec<Effect>) {
    let ticket = state.ticket();
    let Some(sheet) = sheet_on_top(state) else { return };
    let Some(param) = sheet.list() else { return };
    let app = sheet.request.target.clone();
    let given = sheet.request.params.get(param).map_or("", String::as_str);
    let picker = ResourcePicker::new(app.clone(), param, given, ticket);
    effects.push(Effect::Read { ticket, source: app.source, query: Query::Resources(app) });
    state.overlays.push(Overlay::Resources(Box::new(picker)));
}

fn sheet_on_top(state: &mut State) -> Option<&mut Sheet> {
    match state.overlays.last_mut() {
        Some(Overlay::Sheet(sheet)) => Some(sheet),
        _ => None,
    }
}

/// Runs a command in the list.
pub(super) fn run(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    let Some(Overlay::Resources(picker)) = state.overlays.last_mut() else { return };
    if picker.run(command) {
        return;
    }
    match command {
        Command::Cancel | Command::Back => {
            state.overlays.pop();
        }
        Command::Confirm => take_over(state, effects),
        Command::Diff => plans::differences(state, effects),
        Command::Copy => {
            if let Some(name) = picker.pointed().map(|e| e.resource.path()) {
                state.say(Severity::Quiet, format!("copied {name}"));
                effects.push(Effect::Copy(name));
            }
        }
        _ => {}
    }
}

/// Closes the list; what is marked goes to the sheet, whose plan is made anew when that changes it.
fn take_over(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Resources(picker)) = state.overlays.last() else { return };
    let Some(value) = picker.value() else { return };
    let param = picker.param;
    let known = picker.body.entries().iter().map(|e| e.resource.clone()).collect();
    state.overlays.pop();
    let Some(sheet) = sheet_on_top(state) else { return };
    sheet.resources = Some(known);
    if sheet.choose(param, value) {
        plans::replan(state, effects);
    }
}
