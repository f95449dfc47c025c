//! Choosing what to roll back to.

use super::{command::Command, event::Ticket};
use crate::model::{Answer, Fault, Key, Revision};

/// An application's history, newest first.
#[derive(Clone, Debug)]
pub struct Picker {
    /// The application.
    pub app: Key,
    /// The question whose answer it shows.
    pub ticket: Ticket,
    /// What is known.
    pub body: PickerBody,
    /// The chosen one.
    pub cursor: usize,
}

/// What a picker knows.
#[derive(Clone, Debug)]
pub enum PickerBody {
    /// The answer is to come.
    Loading,
    /// It failed.
    Failed(Fault),
    /// The deployments; the first is what runs.
    Entries(Vec<Revision>),
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
        match &self.body {
            PickerBody::Entries(entries) => entries,
            _ => &[],
        }
    }

    /// The chosen one.
    pub fn chosen(&self) -> Option<&Revision> {
        self.entries().get(self.cursor)
    }

    /// Moves; `false` when the command does not.
    pub fn run(&mut self, command: Command) -> bool {
        let last = self.entries().len().saturating_sub(1);
        self.cursor = match command {
            Command::Down => self.cursor + 1,
            Command::Up => self.cursor.saturating_sub(1),
            Command::HalfPageDown | Command::PageDown => self.cursor + 10,
            Command::HalfPageUp | Command::PageUp => self.cursor.saturating_sub(10),
            Command::Top => 0,
            Command::Bottom => last,
            _ => return false,
        }
        .min(last);
        true
    }
}
