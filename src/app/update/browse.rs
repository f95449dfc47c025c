//! Any kind of object: shown, fed while it is looked at, and the kinds themselves.

use std::sync::Arc;

use super::moves;
use crate::{
    app::{
        browse::Feed,
        event::{Effect, Ticket},
        layout::PaneId,
        overlay::Overlay,
        pane::Pane,
        state::{Dirty, State},
        subject::Subject,
    },
    model::{API_RESOURCES, Answer, Fault, Key, ObjectName, Query, SystemKind},
    store::Batch,
};

/// Shows the objects of the kind that a word names, narrowed to what was typed behind it.
pub(super) fn show(state: &mut State, word: &str, filter: &str) {
    look_at(state, word);
    moves::show(state, Subject::Objects);
    let pane = state.active;
    if state.pane(pane).subject == Subject::Objects {
        state.base = state.root();
        state.narrow(pane, filter);
    }
    state.settle();
}

/// Lets the panes of objects be about the kind that a word names.
pub(super) fn look_at(state: &mut State, word: &str) {
    if state.browse.word == word {
        return;
    }
    state.store.forget_objects();
    state.browse.open(word);
    for pane in PaneId::ALL {
        if state.pane(pane).subject == Subject::Objects {
            let wishes = state.pane(pane).wishes + 1;
            *state.pane_mut(pane) = Pane::new(Subject::Objects);
            state.pane_mut(pane).wishes = wishes;
        }
    }
}

/// Shows the kinds themselves.
pub(super) fn kinds(state: &mut State) {
    show(state, API_RESOURCES, "");
}

/// The kind that a row of the list of kinds stands for.
pub(super) fn kind_of(key: &Key) -> Option<&str> {
    ObjectName::of(key).filter(|object| object.plural == API_RESOURCES).map(|object| object.name)
}

/// Takes in what clusters tell; what feeds the pane no longer is dropped.
pub(super) fn take(state: &mut State, ticket: Ticket, batches: Vec<Batch>) {
    if state.values.take(ticket, &batches) {
        state.now = batches.iter().map(|b| b.at).fold(state.now, std::cmp::Ord::max);
        return state.touch(Dirty::Data);
    }
    if !state.browse.is_fed_by(ticket) {
        return;
    }
    for batch in batches {
        state.now = state.now.max(batch.at);
        state.browse.learn(&batch);
        state.store.apply(batch);
    }
    state.touch(Dirty::Data);
}

/// Has lists fed while they are looked at, and no longer.
pub(super) fn feed(state: &mut State, effects: &mut Vec<Effect>) {
    ask_metrics(state, effects);
    effects.extend(state.feed().into_iter().map(|feed| match feed {
        Feed::Open(ticket, word, paths) => Effect::Browse { ticket, word, paths },
        Feed::Close(ticket) => Effect::CloseBrowse(ticket),
    }));
}

/// Asks Prometheus what columns show, now and then while they are shown.
fn ask_metrics(state: &mut State, effects: &mut Vec<Effect>) {
    if state.book.has_own() {
        let asked = state.ask_metrics().into_iter();
        effects.extend(asked.map(|(ticket, source, query)| Effect::Read { ticket, source, query }));
    }
}

/// Takes what Prometheus answers; `false` when it is to another question.
pub(super) fn measured(state: &mut State, ticket: Ticket, answer: &Result<Answer, Fault>) -> bool {
    let taken = state.take_metrics(ticket, answer);
    if taken {
        state.touch(Dirty::Data);
    }
    taken
}

/// Asks the clusters which kinds they have, those that did not say yet.
pub(super) fn ask(state: &mut State, effects: &mut Vec<Effect>) {
    let clusters = state.store.systems.iter().filter(|s| s.kind == SystemKind::Kubernetes);
    let sources: Vec<_> = clusters.map(|s| s.source).filter(|s| !state.catalog.is_asked(*s)).collect();
    for source in sources {
        let ticket = state.ticket();
        state.catalog.ask(source, ticket);
        effects.push(Effect::Read { ticket, source, query: Query::ApiResources });
    }
}

/// Takes the answer about kinds; `false` when it is to another question.
pub(super) fn answer(state: &mut State, ticket: Ticket, answer: &Result<Answer, Fault>) -> bool {
    let told = match answer {
        Ok(Answer::ApiResources(all)) => Some(Arc::clone(all)),
        _ => None,
    };
    if !state.catalog.answer(ticket, told) {
        return false;
    }
    let (all, now) = (state.catalog.all(), state.now);
    if let Some(Overlay::Palette(palette)) = state.overlays.last_mut() {
        palette.kinds = all;
        palette.refresh(&state.store, now);
        state.touch(Dirty::Now);
    }
    true
}
