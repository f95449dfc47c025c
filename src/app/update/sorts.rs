//! Orders with a key of their own.

use crate::{
    app::{
        command::Command,
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
    if pane.sort == sort {
        pane.sort_reverse();
    } else {
        pane.sort_by(sort);
    }
    state.say(Severity::Quiet, format!("sorted {}", state.sort_words(id)));
    true
}
