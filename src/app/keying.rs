//! Keys half typed: a count, the letter of a place to come; and what `repeat` does again.

use super::{command::Command, overlay::Purpose, subject::SortBy};

/// The largest count.
pub(super) const MOST: u16 = 9999;

/// What the letter that comes next names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// This place is remembered under it.
    Set,
    /// The place that was is gone to.
    Go,
}

/// Keys half typed, and what was done last.
#[derive(Clone, Debug, Default)]
pub struct Keying {
    /// How often what comes next runs; zero while no digit is there yet.
    pub count: Option<u16>,
    /// Whether the letter of a place is awaited.
    pub waits: Option<Waits>,
    /// Whether what was begun lasts so long that it is shown how it can go on.
    pub told: bool,
    pub(super) again: Option<Again>,
}

impl Keying {
    /// Forgets what was begun.
    pub(super) fn leave(&mut self) {
        (self.count, self.waits, self.told) = (None, None, false);
    }

    /// Puts a digit behind the count; what is more than the largest stays out.
    pub(super) fn digit(&mut self, digit: u32) {
        let count = u32::from(self.count.unwrap_or(0)) * 10 + digit;
        self.count = Some(u16::try_from(count).ok().filter(|n| *n <= MOST).unwrap_or(MOST));
    }
}

/// What can be done again: it looks, sorts or narrows, and changes nothing outside.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Again {
    /// A command, so often.
    Command(Command, Option<u16>),
    /// What was typed to filter or search.
    Typed(Purpose, String),
    /// An order that was chosen.
    Sort(SortBy),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_bounded() {
        let mut keying = Keying::default();
        for _ in 0..9 {
            keying.digit(7);
        }
        assert_eq!(keying.count, Some(9999));
        keying.leave();
        keying.digit(0);
        keying.digit(4);
        assert_eq!(keying.count, Some(4));
    }
}
