//! Syncing a part of an application: its resources chosen from a list, or one from its tree.

use std::collections::BTreeMap;

use super::plans;
use crate::{
    action::plan::Request,
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

/// Plans the sync of what the pointer is on in a resource tree, or of what it was made of; where Argo CD syncs
/// neither, of the whole application. The sheet takes the tree's place.
pub(super) fn sync_pointed(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Viewer(viewer)) = state.overlays.last() else { return };
    let (Some(app), Some(node)) = (viewer.about.clone(), viewer.pointed()) else { return };
    let root = viewer.managed();
    let said = match root {
        Some(root) if root == node => None,
        Some(root) => Some(format!("for {}, which {} was made of", root.resource, node.resource)),
        None => Some(format!(
            "for the whole application: Argo CD syncs nothing that {} was made of",
            node.resource
        )),
    };
    let params = root.map(|root| ("resources", root.resource.path()));
    let request = Request { verb: "sync", target: app, params: BTreeMap::from_iter(params) };
    state.overlays.pop();
    plans::plan(state, request, effects);
    if let Some(said) = said {
        state.say(Severity::Quiet, said);
    }
}
