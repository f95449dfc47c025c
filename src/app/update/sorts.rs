//! Orders with a key of their own.

use crate::{
    app::{
        column::{Column, Id, is_named},
        command::Command,
        keying::Again,
        layout::PaneId,
        orders::Orders,
        state::State,
        subject::{SortBy, Subject},
    },
    model::Severity,
};

/// Sorts the list by what a command names, or turns the order round where it is sorted so; `false` when it names none.
pub(super) fn run(state: &mut State, command: Command) -> bool {
    let sort = match command {
        Command::SortName => SortBy::Name,
        Command::SortAge => SortBy::Newest,
        Command::SortWorst => SortBy::Worst,
        Command::SortRestarts => SortBy::Restarts,
        Command::SortCpu => SortBy::Cpu,
        Command::SortMemory => SortBy::Memory,
        Command::SortNode => SortBy::Node,
        _ => return false,
    };
    let id = state.active;
    let pane = state.pane_mut(id);
    if !pane.subject.sorts().contains(&sort) {
        let list = if pane.subject == Subject::Objects { "this list" } else { pane.subject.title() };
        let text = format!("{} cannot be sorted {}", list.to_lowercase(), sort.name());
        state.say(Severity::Quiet, text);
        return true;
    }
    take(state, id, sort);
    true
}

/// Sorts a list by one of its columns, or turns the order round where it is sorted so.
pub(super) fn by_column(state: &mut State, id: PaneId, column: &Column) {
    match order(state, id, column) {
        Some(sort) => {
            take(state, id, sort);
            state.keying.again = Some(Again::Sort(sort));
        }
        None => state.say(Severity::Quiet, format!("this list has no order by {}", column.name())),
    }
}

fn take(state: &mut State, id: PaneId, sort: SortBy) {
    let pane = state.pane_mut(id);
    if pane.sort == sort {
        pane.sort_reverse();
    } else {
        pane.sort_by(sort);
    }
    let round = if state.pane(id).reversed { ", reversed" } else { "" };
    state.say(Severity::Quiet, format!("sorted {}{round}", state.sort_words(id)));
}

/// The order that goes with a column, where the list has one.
fn order(state: &State, id: PaneId, column: &Column) -> Option<SortBy> {
    let all = Orders::of(state, id).all;
    let usual = match column.id {
        Id::Cell(n) => return Some(SortBy::Column(n)),
        Id::State => Some(SortBy::Worst),
        Id::Name => Some(SortBy::Name),
        Id::Age => Some(SortBy::Newest),
        Id::Left => Some(SortBy::Ends),
        Id::Restarts => Some(SortBy::Restarts),
        Id::Cpu => Some(SortBy::Cpu),
        Id::Memory => Some(SortBy::Memory),
        Id::Node => Some(SortBy::Node),
        _ => None,
    };
    if let Some(sort) = usual.filter(|sort| all.iter().any(|(known, _)| known == sort)) {
        return Some(sort);
    }
    // What rows tell has longer names than columns have room for: `environment`, `targetRevision`.
    let name = match column.id {
        Id::Share(share) => share.name().into(),
        _ => column.name(),
    };
    let told = |words: &str, whole: bool| {
        let fact = words.strip_prefix("by ").unwrap_or(words);
        is_named(fact, &name) || (!whole && fact.to_lowercase().starts_with(&*name))
    };
    let facts = || all.iter().filter(|(sort, _)| matches!(sort, SortBy::Fact(_)));
    let found = facts()
        .find(|(_, words)| told(words, true))
        .or_else(|| facts().find(|(_, words)| told(words, false)));
    found.map(|(sort, _)| *sort)
}
