//! Columns of tables: which there are, which are chosen, which fit, how wide they are. Widths never follow from the
//! rows that are on screen.

mod book;
mod chooser;
mod each;
mod file;
mod lists;
mod metrics;
mod note;
mod own;

pub use book::Book;
pub use chooser::{ColumnChooser, ColumnOffer};
pub use file::keep;
pub use lists::{list_of, names_of};
pub(super) use metrics::Metrics;
pub use metrics::{join_series, short_number};
pub use note::note;
pub use own::{OwnCell, OwnColumn, Shows, word_of};
pub(super) use own::{Values, own_cell};

use std::borrow::Cow;

use super::{layout::PaneId, state::State, subject::Subject};
use crate::model::Share;

/// A column of a table.
#[derive(Clone, Debug)]
pub struct Column {
    /// Which; what the cell function is asked for.
    pub id: Id,
    /// The heading.
    pub title: Cow<'static, str>,
    /// Columns it takes; the least, where it is the one that fills.
    pub width: u16,
    /// Whether it takes what is left.
    pub fills: bool,
    /// Whether it is written to the right.
    pub right: bool,
    /// Which goes first when there is no room: the highest number.
    pub rank: u8,
}

/// What a column shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Id {
    /// Severity and word.
    State,
    /// Environment.
    Env,
    /// Namespace.
    Namespace,
    /// Name.
    Name,
    /// Age.
    Age,
    /// Ready containers or pods.
    Ready,
    /// Restarts.
    Restarts,
    /// Node.
    Node,
    /// CPU.
    Cpu,
    /// Memory.
    Memory,
    /// A share of what a pod asks for or may take.
    Share(Share),
    /// Sync status.
    Sync,
    /// Revision.
    Revision,
    /// Drift, hold, operation.
    Note,
    /// Kind.
    Kind,
    /// What it is about.
    About,
    /// Message.
    Message,
    /// Who.
    By,
    /// What is left.
    Left,
    /// When.
    At,
    /// Counts of what is wrong.
    Wrong,
    /// How many things there are.
    Size,
    /// Roles of a node.
    Roles,
    /// Version.
    Version,
    /// Images.
    Image,
    /// The revision that is tracked.
    Target,
    /// Project.
    Project,
    /// Since when it is so.
    Since,
    /// How many are at the newest template.
    Updated,
    /// Labels.
    Labels,
    /// A column of the kind that is looked at.
    Cell(u16),
    /// A column of the engineer's own.
    Own(u16),
}

impl Column {
    /// What it is called in files and on the command line: `restarts`, `env`.
    pub fn name(&self) -> Cow<'_, str> {
        let word = match self.id {
            Id::Kind => "kind",
            Id::Name => "name",
            Id::State if self.title.is_empty() => "severity",
            Id::Size if &*self.title == "×" => "count",
            _ => return Cow::Owned(self.title.to_lowercase().replace(' ', "-")),
        };
        Cow::Borrowed(word)
    }
}

/// Whether a written name means a column of that name: case and the sign between words do not matter.
pub fn is_named(name: &str, written: &str) -> bool {
    let plain = |c: char| if matches!(c, ' ' | '_') { '-' } else { c.to_ascii_lowercase() };
    name.chars().map(plain).eq(written.chars().map(plain))
}

/// The least width of a column that takes what is left, where columns were chosen.
const NARROW: u16 = 16;

/// The chosen ones of all columns, in the order of the names; what is not there is left out. The one that tells the
/// rows apart stands first where it was not chosen. What was chosen last goes first when there is no room.
pub fn pick(all: Vec<Column>, chosen: &[String]) -> Vec<Column> {
    let mut all: Vec<Option<Column>> = all.into_iter().map(Some).collect();
    let mut take = |wanted: &dyn Fn(&Column) -> bool| {
        all.iter_mut().find(|c| c.as_ref().is_some_and(wanted)).and_then(Option::take)
    };
    let mut out: Vec<Column> =
        chosen.iter().filter_map(|name| take(&|c| is_named(&c.name(), name))).collect();
    if !out.iter().any(is_kept) {
        out.splice(0..0, take(&is_kept));
    }
    for (n, column) in (1..).zip(&mut out) {
        // What was chosen is wanted more than whole names.
        column.width = if column.fills { column.width.min(NARROW) } else { column.width };
        column.rank = if is_kept(column) { 0 } else { n };
    }
    out
}

/// Whether a column is the one that a list cannot do without: it tells its rows apart.
pub const fn is_kept(column: &Column) -> bool {
    column.fills && column.rank == 0
}

impl State {
    /// The columns of a pane before it is seen which fit: the chosen ones, or the usual ones; all in the wide form.
    /// `env` is the width of environments' names, `room` that of the pane.
    pub fn columns(&self, id: PaneId, env: u16, room: u16) -> Vec<Column> {
        let pane = self.pane(id);
        let chosen = self.chosen_columns(id);
        let own = || self.own_columns(&list_of(pane.subject, &self.browse));
        match (pane.subject, chosen) {
            (Subject::Objects, chosen) => lists::objects(&self.browse, pane.wide, chosen, &own(), env, room),
            (subject, None) => lists::of(subject, pane.wide, env, room),
            (subject, Some(chosen)) => {
                let mut all = lists::all(subject, env, room);
                let mut chosen = chosen.to_vec();
                if pane.wide {
                    chosen.extend(all.iter().map(|c| c.name().into_owned()));
                }
                all.extend(own());
                pick(all, &chosen)
            }
        }
    }

    /// The engineer's own columns that a list can show.
    fn own_columns(&self, list: &str) -> Vec<Column> {
        let own = self.book.own(list);
        own.map(|(n, own)| Column {
            id: Id::Own(n),
            title: Cow::Owned(own.name.to_uppercase()),
            width: own.width,
            fills: false,
            right: false,
            rank: u8::MAX,
        })
        .collect()
    }

    /// The names of the columns chosen for a pane, where they are not the usual ones.
    pub fn chosen_columns(&self, id: PaneId) -> Option<&[String]> {
        let pane = self.pane(id);
        let own = pane.columns.as_deref();
        own.or_else(|| self.book.chosen(&list_of(pane.subject, &self.browse)))
    }
}

/// A column of fixed width.
pub const fn fixed(id: Id, title: &'static str, width: u16, rank: u8) -> Column {
    Column { id, title: Cow::Borrowed(title), width, fills: false, right: false, rank }
}

/// A column of fixed width, written to the right.
pub const fn number(id: Id, title: &'static str, width: u16, rank: u8) -> Column {
    Column { id, title: Cow::Borrowed(title), width, fills: false, right: true, rank }
}

/// The column that takes what is left, but at least `width`.
pub const fn filling(id: Id, title: &'static str, width: u16, rank: u8) -> Column {
    Column { id, title: Cow::Borrowed(title), width, fills: true, right: false, rank }
}

/// The columns that fit into `room`, with their widths; one blank lies between two of them.
pub fn fit(columns: &[Column], room: u16, wanted: impl Fn(Id) -> bool) -> Vec<(Column, u16)> {
    let mut kept: Vec<Column> = columns.iter().filter(|c| wanted(c.id)).cloned().collect();
    let needed = |kept: &[Column]| -> u32 {
        let widths: u32 = kept.iter().map(|c| u32::from(c.width)).sum();
        widths + kept.len().saturating_sub(1) as u32
    };
    while kept.len() > 1 && needed(&kept) > u32::from(room) {
        let Some(at) = (0..kept.len()).max_by_key(|n| kept[*n].rank) else { break };
        kept.remove(at);
    }
    let mut spare = u32::from(room).saturating_sub(needed(&kept));
    let fillers = kept.iter().filter(|c| c.fills).count() as u32;
    let mut left = fillers;
    kept.into_iter()
        .map(|column| {
            let mut width = column.width;
            if column.fills {
                let share = spare / left.max(1);
                width += u16::try_from(share).unwrap_or(0);
                spare -= share;
                left -= 1;
            }
            (column, width.min(room))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn columns_fit(room in 1u16..300) {
            let columns = [
                filling(Id::Name, "", 12, 0), fixed(Id::State, "", 18, 1), number(Id::Age, "", 4, 2),
                fixed(Id::Node, "", 12, 9), filling(Id::Message, "", 20, 5),
            ];
            let fitted = fit(&columns, room, |_| true);
            let total: u16 = fitted.iter().map(|(_, w)| *w).sum::<u16>() + fitted.len() as u16 - 1;
            proptest::prop_assert!(total <= room);
            proptest::prop_assert!(fitted.iter().any(|(c, _)| c.id == Id::Name));
            if fitted.len() == columns.len() {
                proptest::prop_assert_eq!(total, room);
            }
        }
    }
}
