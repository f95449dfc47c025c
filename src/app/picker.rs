//! Choosing from a list that a system gives: what to roll back to, which resources to sync.

mod resources;

pub use resources::ResourcePicker;
pub(super) use resources::{entries, items};

use super::{command::Command, event::Ticket};
use crate::model::{Answer, Fault, Key, Revision};

/// An application's history, newest first.
#[derive(Clone, Debug)]
pub struct Picker {
    /// The application.
    pub app: Key,
    /// The question whose answer it shows.
    pub ticket: Ticket,
    /// What is known: the deployments; the first is what runs.
    pub body: PickerBody<Revision>,
    /// The chosen one.
    pub cursor: usize,
}

/// What a picker knows.
#[derive(Clone, Debug)]
pub enum PickerBody<T> {
    /// The answer is to come.
    Loading,
    /// It failed.
    Failed(Fault),
    /// What can be picked.
    Entries(Vec<T>),
}

impl<T> PickerBody<T> {
    /// What can be picked, when it is there.
    pub fn entries(&self) -> &[T] {
        match self {
            Self::Entries(entries) => entries,
            Self::Loading | Self::Failed(_) => &[],
        }
    }

    /// Where a command moves from a position; none when it does not move.
    fn step(&self, cursor: usize, command: Command) -> Option<usize> {
        command.step(cursor, self.entries().len().saturating_sub(1))
    }
}

impl Picker {
    /// A picker that waits for its answer.
    pub fn new(app: Key, ticket: Ticket) -> Self {
        Self { app, ticket, body: PickerBody::Loading, cursor: 0 }
    }

    /// Takes the answer; the one before the newest is chosen, as that is what is mostly wanted.
    pub fn answer(&mut self, answer: Result<Answer, Fault>) {
        self.body = match answer {
            Ok(Answer::History(mut entries)) => {
                entries.sort_by_key(|r| std::cmp::Reverse((r.entry.deployed, r.entry.id)));
                PickerBody::Entries(entries)
            }
            Ok(_) => PickerBody::Entries(Vec::new()),
            Err(fault) => PickerBody::Failed(fault),
        };
        self.cursor = 1.min(self.entries().len().saturating_sub(1));
    }

    /// The deployments, when they are there.
    pub fn entries(&self) -> &[Revision] {
        self.body.entries()
    }

    /// The chosen one.
    pub fn chosen(&self) -> Option<&Revision> {
        self.entries().get(self.cursor)
    }

    /// Moves; `false` when the command does not.
    pub fn run(&mut self, command: Command) -> bool {
        let to = self.body.step(self.cursor, command);
        self.cursor = to.unwrap_or(self.cursor);
        to.is_some()
    }
}
