//! Choosing the columns of a list: which are shown, and in which order.

use super::{Column, Id, is_kept, is_named, lists};
use crate::app::{command::Command, layout::PaneId, state::State, subject::Subject};

/// A column that can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnOffer {
    /// Its name.
    pub name: String,
    /// What is to be said of it: the path of one's own.
    pub note: String,
    /// Whether it is shown.
    pub on: bool,
    /// Whether the list cannot do without it.
    pub kept: bool,
}

/// The columns of a list, to choose from.
#[derive(Clone, Debug)]
pub struct ColumnChooser {
    /// The list, as files name it.
    pub list: String,
    /// All its columns: those shown first, in their order.
    pub offers: Vec<ColumnOffer>,
    /// Where the cursor stands.
    pub cursor: usize,
    /// Names of the usual columns, in their order.
    usual: Vec<String>,
    /// What was chosen before, for when it is cancelled.
    pub(in crate::app) before: Option<Vec<String>>,
    /// What the pane had for itself, in its workspace.
    pub(in crate::app) of_pane: Option<Vec<String>>,
    /// Whether the usual ones are shown because they were asked for, or nothing was changed.
    reset: bool,
}

/// The width with which columns are told apart from their names alone.
const ROOM: u16 = 200;

impl ColumnChooser {
    /// The columns of a pane; none where there is nothing to choose.
    pub(in crate::app) fn of(state: &State, pane: PaneId) -> Option<Self> {
        let subject = state.pane(pane).subject;
        if matches!(subject, Subject::Environments | Subject::Matrix | Subject::Logs) {
            return None;
        }
        let list = lists::list_of(subject, &state.browse).into_owned();
        let mut every = match subject {
            Subject::Objects => lists::every(40, &state.browse, 4),
            subject => lists::all(subject, 4, ROOM),
        };
        every.extend(state.own_columns(&list));
        let usual: Vec<String> = match subject {
            Subject::Objects => lists::objects(&state.browse, false, None, &[], 4, ROOM),
            subject => lists::of(subject, false, 4, ROOM),
        }
        .iter()
        .map(|c| c.name().into_owned())
        .collect();
        let before = state.book.chosen(&list).map(<[String]>::to_vec);
        let of_pane = state.pane(pane).columns.clone();
        let now = of_pane.clone().or_else(|| before.clone());
        let shown = now.clone().unwrap_or_else(|| usual.clone());
        let mut chooser =
            Self { list, offers: Vec::new(), cursor: 0, reset: now.is_none(), usual, before, of_pane };
        let offers = every.iter().map(|column| offer(state, column));
        chooser.offer(offers.collect(), &shown);
        Some(chooser)
    }

    /// Puts those that are shown first.
    fn offer(&mut self, mut all: Vec<ColumnOffer>, shown: &[String]) {
        let place = |o: &ColumnOffer| shown.iter().position(|name| is_named(&o.name, name));
        for offer in &mut all {
            offer.on = offer.kept || place(offer).is_some();
        }
        all.sort_by_key(|o| (!o.on, place(o).or(o.kept.then_some(0)).unwrap_or(usize::MAX)));
        self.offers = all;
    }

    /// The columns that are shown, in their order; none for the usual ones.
    pub fn chosen(&self) -> Option<Vec<String>> {
        (!self.reset).then(|| self.offers.iter().filter(|o| o.on).map(|o| o.name.clone()).collect())
    }

    /// Moves, switches or reorders; `false` when the command does none of that.
    pub(in crate::app) fn run(&mut self, command: Command) -> bool {
        if let Some(to) = command.step(self.cursor, self.offers.len().saturating_sub(1)) {
            self.cursor = to;
            return true;
        }
        match command {
            Command::Toggle => {
                if let Some(offer) = self.offers.get_mut(self.cursor).filter(|o| !o.kept) {
                    offer.on = !offer.on;
                    self.reset = false;
                }
            }
            Command::MoveDown => self.shift(self.cursor + 1),
            Command::MoveUp => self.shift(self.cursor.wrapping_sub(1)),
            Command::Reset => {
                self.reset = true;
                let (all, usual) = (std::mem::take(&mut self.offers), self.usual.clone());
                self.offer(all, &usual);
            }
            _ => return false,
        }
        true
    }

    /// Lets the column at the cursor change places with its neighbour, and goes with it.
    fn shift(&mut self, to: usize) {
        if to < self.offers.len() {
            self.offers.swap(self.cursor, to);
            self.cursor = to;
            self.reset = false;
        }
    }
}

fn offer(state: &State, column: &Column) -> ColumnOffer {
    let kept = is_kept(column);
    let note = match column.id {
        Id::Own(n) => state.book.own_at(n).map_or_else(String::new, |own| own.told().to_owned()),
        _ if kept => "stays".to_owned(),
        _ => String::new(),
    };
    ColumnOffer { name: column.name().into_owned(), note, on: false, kept }
}
