//! The palette: opened, narrowed, chosen from.

use std::sync::Arc;

use super::{browse, filters, keys, moves, panes};
use crate::app::{
    Input,
    command::Command,
    event::Effect,
    layout::PaneId,
    overlay::Overlay,
    palette::{Choice, Palette},
    state::State,
};
use crate::{
    model::{Severity, Str},
    theme::shipped,
    triage::Focus,
};

/// Opens it, over the panes alone.
pub(super) fn open(state: &mut State, effects: &mut Vec<Effect>) {
    open_with(state, "", effects);
}

/// Opens it with something typed already.
pub(super) fn open_with(state: &mut State, text: &str, effects: &mut Vec<Effect>) {
    state.overlays.retain(|o| matches!(o, Overlay::Sheet(_)));
    browse::ask(state, effects);
    let workspaces = state.desk.known.iter().map(|w| w.name.clone()).collect();
    let kinds = state.catalog.all();
    let input = Input::new(text.to_owned());
    let filters = state.memory.filters.clone();
    let mut palette = Palette { input, workspaces, filters, kinds, ..Palette::default() };
    palette.find(&state.store, state.now);
    state.overlays.push(Overlay::Palette(palette));
}

/// Runs a command in it.
pub(super) fn run(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    let Some(Overlay::Palette(palette)) = state.overlays.last_mut() else { return };
    match command {
        Command::Down => palette.step(true),
        Command::Up => palette.step(false),
        Command::Cancel | Command::Back => {
            state.overlays.pop();
        }
        Command::Confirm => {
            let chosen = palette.chosen().cloned();
            state.overlays.pop();
            if let Some(choice) = chosen {
                choose(state, choice, effects);
            }
        }
        _ => {}
    }
}

fn choose(state: &mut State, choice: Choice, effects: &mut Vec<Effect>) {
    match choice {
        Choice::Command(command) => keys::run(state, command, effects),
        Choice::List(subject, filter) => {
            moves::show(state, subject);
            state.base = state.root();
            let active = state.active;
            if state.pane(active).subject == subject {
                filters::narrow(state, active, &filter);
            }
            state.settle();
        }
        Choice::Kind { id, filter, .. } => browse::show(state, &id, &filter),
        Choice::Environment(name) => environment(state, name),
        Choice::Theme(name) => theme(state, name),
        Choice::Entity(key, _) => moves::go_to(state, &key),
        Choice::Order(order) => panes::order(state, order, effects),
        Choice::Filter(order) => filters::order(state, order, effects),
    }
}

/// Makes the screen about an environment.
pub(super) fn environment(state: &mut State, name: Str) {
    state.environment = Some(name.clone());
    state.focus = Focus::Environment(name);
    state.pinned = false;
    state.follow = false;
    if state.active == PaneId::Environments {
        let next = if state.has_pane(PaneId::Applications) { PaneId::Applications } else { PaneId::Pods };
        state.active = next;
    }
    state.base = state.root();
    state.settle();
}

/// Takes a theme from now on, and says how it stays.
fn theme(state: &mut State, name: &str) {
    let Some(theme) = shipped(name) else { return };
    state.settings.theme = Arc::new(theme.at(state.settings.theme.depth));
    state.settings.by_background = None;
    state.say(
        Severity::Quiet,
        format!("theme {name} until the end; `theme = \"{name}\"` under [screen] keeps it"),
    );
}
