//! The keys of a place, as help lists them.

use super::{
    command::Command, filter, layout::Area, logs::GRAMMAR, overlay::Overlay, state::State, viewer::Sort,
};
use crate::keymap::{Context, print_sequence};

/// What is said of actions on marked rows.
const MARKED: [(&str, &str); 4] = [
    ("two or more", "planned together"),
    ("one environment", "or it is refused"),
    ("rows not shown", "left out, or taken in on the sheet"),
    ("roll back", "one at a time"),
];

/// What help lists, and where.
#[derive(Clone, Debug)]
pub struct Help {
    /// Keys with what they do; headings have no keys.
    pub rows: Vec<(String, String)>,
    /// The place, its frame included.
    pub area: Area,
    /// In how many columns the rows stand, one below the other.
    pub columns: u16,
}

impl Help {
    /// The first row where the last ones are shown.
    pub fn last(&self) -> usize {
        let lines = usize::from(self.area.height.saturating_sub(2)).max(1);
        self.rows.len().saturating_sub(lines * usize::from(self.columns))
    }
}

impl State {
    /// The keys of what is below help.
    pub fn help(&self) -> Help {
        let layout = self.layout();
        let top = layout.header.y + layout.header.height;
        let room = Area::new(0, top, self.size.width, layout.footer.y.saturating_sub(top));
        let rows = self.help_rows();
        let columns = (room.width / 50).clamp(1, 3);
        let height = u16::try_from(rows.len()).unwrap_or(u16::MAX).div_ceil(columns) + 2;
        let area = room.centred(room.width.min(columns * 54), height.min(room.height));
        Help { rows, area, columns }
    }

    fn help_rows(&self) -> Vec<(String, String)> {
        let contexts = self.help_contexts();
        let keys = &self.settings.keys;
        let mut rows: Vec<(String, String)> = Vec::new();
        for context in &contexts {
            let heading = match context.name() {
                "global" => "everywhere",
                "log" => "logs",
                "pane" => "panes",
                other => other,
            };
            if !rows.is_empty() {
                rows.push((String::new(), String::new()));
            }
            rows.push((String::new(), heading.to_uppercase()));
            for command in Command::ALL {
                let mut here: Vec<_> = keys
                    .bindings()
                    .iter()
                    .filter(|b| b.run == *command && b.context == *context && keys.works(&contexts, b))
                    .collect();
                // As hints have it: first those of the file read last.
                here.sort_by_key(|b| std::cmp::Reverse(b.layer));
                if let Some(first) = here.first() {
                    let on = here.iter().map(|b| print_sequence(&b.on)).collect::<Vec<_>>().join(", ");
                    rows.push((on, first.desc.clone()));
                }
            }
            if *context == Context::Table {
                rows.extend([
                    (String::new(), String::new()),
                    (String::new(), "ACTIONS ON MARKED ROWS".to_owned()),
                ]);
                rows.extend(MARKED.map(|(what, how)| (what.to_owned(), how.to_owned())));
                rows.extend([(String::new(), String::new()), (String::new(), "NARROWED BY".to_owned())]);
                rows.extend(filter::GRAMMAR.map(|(typed, finds)| (typed.to_owned(), finds.to_owned())));
            }
            if *context == Context::Log {
                rows.extend([
                    (String::new(), String::new()),
                    (String::new(), "SEARCHED AND FILTERED BY".to_owned()),
                ]);
                rows.extend(GRAMMAR.map(|(typed, finds)| (typed.to_owned(), finds.to_owned())));
            }
        }
        rows
    }

    /// The contexts that help is about.
    fn help_contexts(&self) -> Vec<Context> {
        let below = self.overlays.iter().rev().find(|o| !matches!(o, Overlay::Help(_)));
        match below {
            Some(Overlay::Sheet(_) | Overlay::Bulk(_)) => vec![Context::Sheet],
            Some(Overlay::Picker(_) | Overlay::Chooser(_) | Overlay::Orders(_) | Overlay::Groups(_)) => {
                vec![Context::Picker, Context::Global]
            }
            Some(Overlay::Columns(_)) => vec![Context::Columns, Context::Picker, Context::Global],
            Some(Overlay::Resources(_)) => vec![Context::Resources, Context::Picker, Context::Global],
            Some(Overlay::Viewer(v)) => match v.sort {
                Sort::Document => vec![Context::Document, Context::Global],
                Sort::Diff => vec![Context::Diff, Context::Global],
                Sort::Tree => vec![Context::Tree, Context::Global],
            },
            _ => self.pane_contexts().to_vec(),
        }
    }
}
