//! How lists are shown, for workspaces that remember it.

use std::collections::HashSet;

use super::State;
use crate::app::{
    group::GroupBy,
    layout::PaneId,
    pane::Pane,
    rows::Rows,
    subject::{SortBy, Subject},
    workspace::Look,
};

/// Orders by the names that files have for them.
const SORTS: [(&str, SortBy); 8] = [
    ("worst", SortBy::Worst),
    ("name", SortBy::Name),
    ("newest", SortBy::Newest),
    ("ends", SortBy::Ends),
    ("restarts", SortBy::Restarts),
    ("cpu", SortBy::Cpu),
    ("memory", SortBy::Memory),
    ("node", SortBy::Node),
];

impl State {
    /// How a pane shows its list.
    pub(in crate::app) fn look(&self, id: PaneId) -> Look {
        let pane = self.pane(id);
        let name = match pane.sort {
            _ if pane.sort_wanted.is_some() => pane.sort_wanted.clone().unwrap_or_default(),
            SortBy::Column(_) | SortBy::Fact(_) => self.sort_words(id).trim_start_matches("by ").to_owned(),
            sort => SORTS
                .iter()
                .find(|(_, s)| *s == sort)
                .map_or_else(String::new, |(name, _)| (*name).to_owned()),
        };
        let is_usual = pane.subject.sorts().first().is_none_or(|usual| *usual == pane.sort)
            && !pane.reversed
            && pane.sort_wanted.is_none();
        let kind = if pane.subject == Subject::Objects { self.browse.word.clone() } else { String::new() };
        Look {
            kind,
            sort: if is_usual {
                String::new()
            } else {
                format!("{}{name}", if pane.reversed { "-" } else { "" })
            },
            wide: pane.wide,
            show: self.chosen_columns(id).map(<[String]>::to_vec),
            group: pane.group.as_ref().map_or_else(String::new, |by| by.name().to_owned()),
        }
    }

    /// Has a pane show its list so; the kind of object is opened elsewhere.
    pub(in crate::app) fn take_look(&mut self, id: PaneId, look: &Look) {
        let pane = self.pane_mut(id);
        let subject = pane.subject;
        let (name, reversed) =
            look.sort.strip_prefix('-').map_or((look.sort.as_str(), false), |rest| (rest, true));
        let usual = subject.sorts().first().copied().unwrap_or(SortBy::Name);
        let known = SORTS.iter().find(|(n, s)| *n == name && subject.sorts().contains(s)).map(|(_, s)| *s);
        pane.sort_wanted = (known.is_none() && !name.is_empty()).then(|| name.to_owned());
        (pane.sort, pane.reversed, pane.wide) = (known.unwrap_or(usual), reversed, look.wide);
        pane.columns.clone_from(&look.show);
        (pane.group, pane.folded) = (None, HashSet::new());
        if !look.group.is_empty() {
            pane.group = Some(GroupBy::named(subject, &look.group));
        }
        pane.wishes += 1;
    }

    /// The order that is wanted by the name of a column, as soon as rows tell where that is.
    pub(super) fn sort_found(&self, id: PaneId, rows: &Rows) -> Option<SortBy> {
        let wanted = self.pane(id).sort_wanted.as_ref()?;
        let told = self.facts_in(id, rows.first()?);
        let at = told.iter().position(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
        u16::try_from(at).ok().map(SortBy::Fact)
    }
}

impl Pane {
    /// Whether it shows its list in the usual way, narrowed to nothing.
    pub(in crate::app) fn is_plain(&self, look: &Look) -> bool {
        self.filter.is_empty() && Look { kind: String::new(), ..look.clone() }.is_usual()
    }
}
