//! The line at the bottom while something is typed in it: taken, left, gone on with, and what was typed before.

use super::{keys, logs};
use crate::{
    app::{
        command::Command,
        event::Effect,
        input::Input,
        keying::Again,
        memory::Remember,
        overlay::{Overlay, Purpose},
        state::State,
        subject::Subject,
        workspace::name_of,
    },
    model::ApiResource,
};

/// Runs a command in the line.
pub(super) fn run(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    match command {
        Command::Confirm => confirm(state, effects),
        Command::Cancel => cancel(state),
        Command::NextField => offer(state, true),
        Command::PreviousField => offer(state, false),
        Command::Down | Command::Up if is_offered(state) => offer(state, command == Command::Down),
        Command::Up => recall(state, true),
        Command::Down => recall(state, false),
        _ => {}
    }
}

/// Forgets what was offered and recalled, because something else is typed.
pub(super) fn edited(state: &mut State) {
    if let Some(typing) = &mut state.typing {
        typing.offers = None;
        typing.recalled = None;
    }
}

fn is_offered(state: &State) -> bool {
    state.typing.as_ref().is_some_and(|t| t.offers.is_some())
}

/// Whether a list is narrowed.
pub(super) fn is_for_list(state: &State) -> bool {
    state.overlays.is_empty() && !keys::is_for_logs(state)
}

/// The name under which what is typed here is remembered.
pub(super) fn place(state: &State) -> String {
    match state.overlays.last() {
        Some(Overlay::Viewer(_)) => "texts".to_owned(),
        _ => match state.pane(state.active).subject {
            Subject::Objects => {
                state.browse.resource.as_ref().map_or_else(|| state.browse.word.clone(), ApiResource::id)
            }
            subject => name_of(subject).to_owned(),
        },
    }
}

fn confirm(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(typing) = &state.typing else { return };
    let (purpose, text) = (typing.purpose, typing.input.text().to_owned());
    if is_for_list(state) && state.pane(state.active).filter.problem().is_some() {
        // It is said above the line; where a value is missing, what there is is offered.
        edited(state);
        if text.ends_with(['=', '~', ':', '<', '>']) {
            offer(state, true);
        }
        return;
    }
    if keys::is_for_logs(state) && !logs::confirm(state, purpose, &text) {
        return;
    }
    state.typing = None;
    if purpose != Purpose::Note && state.overlays.is_empty() {
        state.keying.again = Some(Again::Typed(purpose, text.clone()));
    }
    if purpose != Purpose::Note && !text.trim().is_empty() {
        let list = place(state);
        keep(state, Remember::Filter { list, text }, effects);
    }
}

/// Remembers something, here and for the next session.
pub(super) fn keep(state: &mut State, what: Remember, effects: &mut Vec<Effect>) {
    state.memory.past.take(&what);
    effects.extend(state.memory.file.clone().map(|file| Effect::Remember { file, what }));
}

fn cancel(state: &mut State) {
    let Some(typing) = &mut state.typing else { return };
    if let Some(offers) = typing.offers.take() {
        let cursor = offers.place.end;
        typing.input = Input::at(offers.before, cursor);
        return keys::apply_typing(state);
    }
    let (purpose, before) = (typing.purpose, typing.before.clone());
    state.typing = None;
    if keys::is_for_logs(state) {
        logs::cancel(state, purpose, &before);
    } else {
        keys::set_filter(state, &before);
    }
}

/// Offers what the filter can go on with, or puts the next of these in.
fn offer(state: &mut State, forward: bool) {
    if !is_for_list(state) {
        return;
    }
    let pane = state.active;
    let Some(typing) = &state.typing else { return };
    let offers = match typing.offers.clone() {
        Some(mut offers) => {
            offers.step(forward);
            Some(offers)
        }
        None => {
            let (before, after) = typing.input.split();
            let (cursor, text) = (before.len(), format!("{before}{after}"));
            state.offers(pane, &text, cursor).map(|mut offers| {
                if !forward {
                    offers.step(false);
                }
                offers
            })
        }
    };
    let (Some(offers), Some(typing)) = (offers, &mut state.typing) else { return };
    if !offers.all.is_empty() {
        let (text, cursor) = offers.put();
        typing.input = Input::at(text, cursor);
    }
    // The only one is not stepped through: the next press goes on behind it.
    typing.offers = (offers.all.len() != 1).then_some(offers);
    typing.recalled = None;
    keys::apply_typing(state);
}

/// Puts in what was typed here before, or goes back to what is typed now.
fn recall(state: &mut State, older: bool) {
    let past = state.memory.past.of(&place(state)).to_vec();
    let Some(typing) = &mut state.typing else { return };
    if typing.purpose == Purpose::Note {
        return;
    }
    let at = typing.recalled.as_ref().map(|(at, _)| *at);
    let draft = typing.recalled.as_ref().map_or_else(|| typing.input.text().to_owned(), |(_, d)| d.clone());
    // What is there already is no step back.
    let next = match (at, older) {
        (None, true) => past.iter().position(|text| *text != draft),
        (Some(at), true) => Some(at + 1).filter(|n| *n < past.len()).or(Some(at)),
        (Some(at), false) => at.checked_sub(1).filter(|n| past[*n] != draft),
        (None, false) => return,
    };
    let text = next.map_or_else(|| draft.clone(), |n| past[n].clone());
    typing.recalled = next.map(|n| (n, draft));
    typing.input = Input::new(text);
    keys::apply_typing(state);
}
