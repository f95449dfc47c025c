//! The columns of a list: chosen, and kept.

use crate::{
    app::{column::ColumnChooser, command::Command, event::Effect, overlay::Overlay, state::State},
    model::Severity,
};

/// Offers the columns of the active pane.
pub(super) fn open(state: &mut State) {
    match ColumnChooser::of(state, state.active) {
        Some(chooser) => state.overlays.push(Overlay::Columns(Box::new(chooser))),
        None => state.say(Severity::Quiet, "there are no columns to choose here"),
    }
}

/// Runs a command in the list of columns; the pane behind it shows at once what is chosen.
pub(super) fn run(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    let Some(Overlay::Columns(chooser)) = state.overlays.last_mut() else { return };
    if chooser.run(command) {
        let (list, chosen) = (chooser.list.clone(), chooser.chosen());
        state.book.choose(&list, chosen);
        // What is chosen here is for every pane of the list.
        state.pane_mut(state.active).columns = None;
        return;
    }
    match command {
        Command::Cancel | Command::Back => {
            let (list, before, of_pane) =
                (chooser.list.clone(), chooser.before.take(), chooser.of_pane.take());
            state.book.choose(&list, before);
            state.pane_mut(state.active).columns = of_pane;
            state.overlays.pop();
        }
        Command::Confirm | Command::Open => {
            let (list, chosen) = (chooser.list.clone(), chooser.chosen());
            let changed = chosen != chooser.before;
            state.overlays.pop();
            if changed {
                keep(state, list, chosen, effects);
            }
        }
        _ => {}
    }
}

fn keep(state: &mut State, list: String, columns: Option<Vec<String>>, effects: &mut Vec<Effect>) {
    let Some(file) = state.book.file.clone() else {
        return state.say(Severity::Warning, "there is no home directory to keep columns in");
    };
    let is = if columns.is_some() { "kept" } else { "the usual ones again" };
    state.say(Severity::Ok, format!("columns of {list} {is}"));
    effects.push(Effect::SaveColumns { file, list, columns });
}
