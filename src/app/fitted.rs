//! Which columns of a list have room where it stands.

use unicode_width::UnicodeWidthStr;

use super::{
    column::{Column, Id, fit},
    layout::{Area, PaneId},
    state::State,
};
use crate::triage::Focus;

impl State {
    /// The columns of a pane that fit into `room`, with their widths.
    pub fn fitted(&self, id: PaneId, room: u16) -> Vec<(Column, u16)> {
        let several = self.has_several(id);
        let columns = self.columns(id, self.environment_width(room), room);
        fit(&columns, room, |c| several || c != Id::Env)
    }

    /// The column of a list that stands at `x`, where its pane has this area.
    pub(super) fn column_at(&self, id: PaneId, area: Area, x: u16) -> Option<Column> {
        let mut from = area.x + 1;
        for (column, width) in self.fitted(id, area.width.saturating_sub(2)) {
            if (from..from + width).contains(&x) {
                return Some(column);
            }
            from += width + 1;
        }
        None
    }

    /// Whether rows of several environments can stand in a pane.
    pub fn has_several(&self, pane: PaneId) -> bool {
        self.store.environments.len() > 1 && matches!(self.focus_of(pane), Focus::Everything)
    }

    /// Columns for the names of environments: in narrow panes their beginnings, where these tell them apart.
    fn environment_width(&self, room: u16) -> u16 {
        const SHORT: u16 = 4;
        const NARROW: u16 = 60;
        let names = || self.store.environments.iter().map(|e| &*e.name);
        let width = |name: &str| u16::try_from(name.width()).unwrap_or(u16::MAX);
        let longest = names().map(width).max().unwrap_or(SHORT).clamp(3, 8);
        if room >= NARROW || longest <= SHORT {
            return longest;
        }
        let start = |name: &str| name.chars().take(usize::from(SHORT)).collect::<String>();
        let all: std::collections::HashSet<String> = names().map(start).collect();
        if all.len() == self.store.environments.len() { SHORT } else { longest }
    }
}
