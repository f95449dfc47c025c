//! Columns of tables: which fit, how wide they are. Widths never follow from the rows that are on screen.

use std::borrow::Cow;

/// A column of a table.
#[derive(Clone, Debug)]
pub(super) struct Column {
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
pub(super) enum Id {
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
    /// A column of the kind that is looked at.
    Cell(u16),
}

/// A column of fixed width.
pub(super) const fn fixed(id: Id, title: &'static str, width: u16, rank: u8) -> Column {
    Column { id, title: Cow::Borrowed(title), width, fills: false, right: false, rank }
}

/// A column of fixed width, written to the right.
pub(super) const fn number(id: Id, title: &'static str, width: u16, rank: u8) -> Column {
    Column { id, title: Cow::Borrowed(title), width, fills: false, right: true, rank }
}

/// The column that takes what is left, but at least `width`.
pub(super) const fn filling(id: Id, title: &'static str, width: u16, rank: u8) -> Column {
    Column { id, title: Cow::Borrowed(title), width, fills: true, right: false, rank }
}

/// The columns that fit into `room`, with their widths; one blank lies between two of them.
pub(super) fn fit(columns: &[Column], room: u16, wanted: impl Fn(Id) -> bool) -> Vec<(Column, u16)> {
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
