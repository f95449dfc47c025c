//! Going back and forth between the places one has been at, and to those remembered.

use super::{browse, details, moves};
use crate::{
    app::{
        command::Command,
        event::Effect,
        journey::{Place, keep},
        keying::Waits,
        layout::PaneId,
        overlay::Overlay,
        state::State,
        subject::Subject,
    },
    keymap::{Code, Press},
    model::{Key, Severity},
    triage::Focus,
};

/// Takes in where one is, when nothing is half done.
pub(super) fn track(state: &mut State) {
    if let Some(place) = here(state) {
        state.journey.arrive(place);
    }
}

/// Where one is; nowhere while something is typed or chosen.
fn here(state: &State) -> Option<Place> {
    if state.typing.is_some() {
        return None;
    }
    let text = match state.overlays.last() {
        None => None,
        Some(Overlay::Viewer(viewer)) => Some(text(viewer.what).filter(|_| viewer.about.is_some())?),
        Some(_) => return None,
    };
    let pane = state.pane(state.active);
    let kind = if pane.subject == Subject::Objects { state.browse.word.clone() } else { String::new() };
    Some(Place {
        pane: state.active,
        subject: pane.subject,
        kind,
        filter: pane.filter.text().to_owned(),
        base: state.base.clone(),
        item: pane.selected.clone(),
        text,
        focus: state.focus.clone(),
        environment: state.environment.clone(),
        pinned: state.pinned,
        zoom: state.zoom,
    })
}

/// The command that opens a text again.
fn text(what: &str) -> Option<Command> {
    Some(match what {
        "description" => Command::Describe,
        "YAML" => Command::Yaml,
        "events" => Command::Events,
        "resources" => Command::Open,
        "live → desired" => Command::Diff,
        "why" => Command::Why,
        _ => return None,
    })
}

/// Runs a command that goes from place to place; `false` when it does not.
pub(super) fn run(state: &mut State, command: Command, effects: &mut Vec<Effect>) -> bool {
    match command {
        Command::JumpBack | Command::JumpForward | Command::JumpLast => jump(state, command, effects),
        Command::SetPlace => state.keying.waits = Some(Waits::Set),
        Command::GoPlace => state.keying.waits = Some(Waits::Go),
        _ => return false,
    }
    true
}

/// Takes the letter of a place; `false` when none is awaited.
pub(super) fn letter(state: &mut State, press: Press, effects: &mut Vec<Effect>) -> bool {
    let Some(waits) = state.keying.waits.take() else { return false };
    state.keying.leave();
    match (waits, press.typed()) {
        (Waits::Go, Some('\'' | '`')) => jump(state, Command::JumpLast, effects),
        (Waits::Set, Some(c)) if c.is_alphanumeric() => set(state, c),
        (Waits::Go, Some(c)) if c.is_alphanumeric() => go_to(state, c, effects),
        _ if press == Press::plain(Code::Esc) => {}
        _ => state.say(Severity::Quiet, "a place is called by a letter or a digit"),
    }
    true
}

fn set(state: &mut State, letter: char) {
    let Some(place) = here(state) else { return };
    let words = words(state, &place);
    state.journey.places.insert(letter, place);
    state.say(Severity::Quiet, format!("{letter} is {words}"));
}

fn go_to(state: &mut State, letter: char, effects: &mut Vec<Effect>) {
    let Some(place) = state.journey.places.get(&letter).cloned() else {
        return state.say(Severity::Quiet, format!("no place is called {letter}"));
    };
    if let Some(gone) = gone(state, &place) {
        return state.say(Severity::Quiet, format!("{gone} is gone"));
    }
    go(state, place, effects);
    track(state);
}

/// What a place is, in words: `pods of appointments /crash, appointments-x2x7p`.
pub fn words(state: &State, place: &Place) -> String {
    let list = match place.subject {
        Subject::Objects => place.kind.clone(),
        subject => subject.title().to_lowercase(),
    };
    let of = match (&place.base, &place.focus) {
        (_, Focus::Entity(key)) if place.pane == PaneId::Logs => format!(" of {}", state.name_of(key)),
        (Focus::Entity(key), _) => format!(" of {}", state.name_of(key)),
        (Focus::Environment(name), _) => format!(" in {name}"),
        (Focus::Everything, _) => String::new(),
    };
    let filter = if place.filter.is_empty() { String::new() } else { format!(" /{}", place.filter) };
    let text = place.text.map_or(String::new(), |c| format!(", {} of", c.name()));
    let item = place.item.as_ref().and_then(|i| i.key()).map(|key| state.name_of(key));
    let item = match (item, text.is_empty()) {
        (None, _) => String::new(),
        (Some(name), true) => format!(", {name}"),
        (Some(name), false) => format!("{text} {name}"),
    };
    format!("{list}{of}{filter}{item}")
}

/// What a place is of, when it is no longer there.
fn gone(state: &State, place: &Place) -> Option<String> {
    let key = place.thing()?;
    // Of a kind that is not looked at nothing is known.
    let unknown = place.subject == Subject::Objects && state.browse.word != place.kind;
    (!unknown && !exists(state, key)).then(|| state.name_of(key))
}

/// Whether a thing is there.
pub(super) fn exists(state: &State, key: &Key) -> bool {
    let item = crate::app::Item::Entity(key.clone());
    state.row_of(moves::subject_of(key.kind), &item).is_some()
}

fn jump(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    let forward = command == Command::JumpForward;
    let mut passed: Vec<String> = Vec::new();
    let next = loop {
        let from = if forward { &mut state.journey.forth } else { &mut state.journey.back };
        let Some(place) = from.pop() else { break None };
        match gone(state, &place) {
            Some(name) => passed.push(name),
            None => break Some(place),
        }
    };
    passed.dedup();
    let over = match &passed[..] {
        [] => String::new(),
        [one] => format!("{one} is gone: passed over"),
        [first, more @ ..] => format!("{first} and {} more are gone: passed over", more.len()),
    };
    let Some(place) = next else {
        let none = if forward { "nowhere further forth" } else { "nowhere further back" };
        let text = if over.is_empty() { none.to_owned() } else { format!("{over}; {none}") };
        return state.say(Severity::Quiet, text);
    };
    if let Some(left) = here(state).or_else(|| state.journey.at.clone()) {
        let to =
            if command == Command::JumpBack { &mut state.journey.forth } else { &mut state.journey.back };
        keep(to, left);
    }
    go(state, place, effects);
    state.journey.at = here(state);
    state.journey.opened = false;
    if !over.is_empty() {
        state.say(Severity::Quiet, over);
    }
}

/// Goes back from what was opened over the whole screen to where it was opened; `false` when that was elsewhere.
pub(super) fn unzoom(state: &mut State, effects: &mut Vec<Effect>) -> bool {
    let opened = state.journey.opened;
    if opened {
        jump(state, Command::JumpBack, effects);
    }
    opened
}

/// Goes to a place.
fn go(state: &mut State, place: Place, effects: &mut Vec<Effect>) {
    state.overlays.clear();
    let pane = if state.has_pane(place.pane) { place.pane } else { place.subject.pane() };
    if place.subject == Subject::Objects && state.browse.word != place.kind {
        browse::show(state, &place.kind, &place.filter);
    } else {
        moves::show_in(state, pane, place.subject);
    }
    let pane = state.active;
    if state.pane(pane).subject != place.subject {
        return;
    }
    state.follow = false;
    (state.pinned, state.zoom, state.environment) = (place.pinned, place.zoom, place.environment);
    state.base = place.base;
    let there = !matches!(&place.focus, Focus::Entity(key) if !exists(state, key));
    state.focus = if there { place.focus } else { state.base.clone() };
    state.narrow(pane, &place.filter);
    state.settle();
    if let Some(item) = place.item {
        moves::select_item(state, pane, &item);
        state.follow = false;
    }
    if let Some(text) = place.text {
        details::open(state, text, effects);
    }
}
