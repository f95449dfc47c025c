//! The palette: opened, narrowed, chosen from.

use super::{browse, filters, guard, keys, moves, panes, settings, typing};
use crate::app::{
    Input,
    command::Command,
    event::Effect,
    layout::PaneId,
    memory::Remember,
    overlay::Overlay,
    palette::{Choice, Palette},
    state::State,
};
use crate::{
    model::{Source, Str},
    triage::Focus,
};

/// Opens it, over the panes alone.
pub(super) fn open(state: &mut State, effects: &mut Vec<Effect>) {
    open_with(state, "", effects);
}

/// Opens it with something typed already.
pub(super) fn open_with(state: &mut State, text: &str, effects: &mut Vec<Effect>) {
    state.overlays.retain(Overlay::is_sheet);
    browse::ask(state, effects);
    let mut palette = about(state, text);
    palette.find(&state.store, state.now);
    state.overlays.push(Overlay::Palette(palette));
}

/// A palette that knows what there is.
fn about(state: &State, text: &str) -> Palette {
    let context = |(source, context): (&Source, &Str)| {
        state.store.system(*source).map(|system| (context.clone(), system.env.clone()))
    };
    Palette {
        input: Input::new(text.to_owned()),
        workspaces: state.desk.known.iter().map(|w| w.name.clone()).collect(),
        filters: state.memory.filters.clone(),
        book: state.book.clone(),
        kinds: state.catalog.all(),
        aliases: state.settings.aliases.clone(),
        contexts: state.contexts.iter().filter_map(context).collect(),
        used: state.memory.past.used.clone(),
        here: state.pane(state.active).subject,
        ..Palette::default()
    }
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
                let (what, at) = (choice.name(&state.store), state.now);
                typing::keep(state, Remember::Use { what, at }, effects);
                choose(state, choice, effects);
            }
        }
        _ => {}
    }
}

fn choose(state: &mut State, choice: Choice, effects: &mut Vec<Effect>) {
    match choice {
        Choice::Command(command) => keys::run(state, command, effects),
        Choice::List { subject, environment, filter } => {
            if let Some(name) = environment {
                self::environment(state, name);
            }
            moves::show(state, subject);
            state.base = state.root();
            let active = state.active;
            if state.pane(active).subject == subject {
                filters::narrow(state, active, &filter);
            }
            state.settle();
        }
        Choice::Kind { id, environment, filter, .. } => {
            if let Some(name) = environment {
                self::environment(state, name);
            }
            browse::show(state, &id, &filter);
        }
        Choice::Alias { text, .. } => {
            let mut meant = about(state, &text);
            meant.find(&state.store, state.now);
            // Never another alias: they could stand for each other.
            let first = meant.choices.into_iter().find(|c| !matches!(c, Choice::Alias { .. }));
            if let Some(choice) = first {
                choose(state, choice, effects);
            }
        }
        Choice::Environment(name) => environment(state, name),
        Choice::Set(setting) => settings::set(state, setting),
        Choice::Entity(key, _) => moves::go_to(state, &key),
        Choice::Order(order) => panes::order(state, order, effects),
        Choice::Filter(order) => filters::order(state, order, effects),
        Choice::Glass(order) => guard::order(state, order, effects),
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
