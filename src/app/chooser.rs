//! A short list to choose from: fields to show as columns, how far back logs are read.

use super::command::Command;

/// What is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choosing {
    /// Fields that logs show in columns; several.
    Columns,
    /// How far back logs are read; one.
    Range,
}

impl Choosing {
    /// What is asked.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Columns => "fields as columns",
            Self::Range => "how far back",
        }
    }

    /// Whether several can be chosen.
    pub const fn is_many(self) -> bool {
        matches!(self, Self::Columns)
    }
}

/// One thing to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its name.
    pub name: String,
    /// What is known of it.
    pub note: String,
    /// Whether it is chosen.
    pub on: bool,
}

/// The list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chooser {
    /// What is chosen.
    pub what: Choosing,
    /// What there is.
    pub offers: Vec<Offer>,
    /// Where the cursor stands.
    pub cursor: usize,
}

impl Chooser {
    /// A list with the cursor on the first that is chosen.
    pub fn new(what: Choosing, offers: Vec<Offer>) -> Self {
        let cursor = offers.iter().position(|o| o.on).unwrap_or(0);
        Self { what, offers, cursor }
    }

    /// Moves or switches; `false` when the command does neither.
    pub fn run(&mut self, command: Command) -> bool {
        if let Some(to) = command.step(self.cursor, self.offers.len().saturating_sub(1)) {
            self.cursor = to;
            return true;
        }
        let switches = command == Command::Toggle && self.what.is_many();
        if let Some(offer) = self.offers.get_mut(self.cursor).filter(|_| switches) {
            offer.on = !offer.on;
        }
        switches
    }
}
