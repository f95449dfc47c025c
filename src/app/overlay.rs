//! What lies over the panes.

use super::{
    BulkSheet, Chooser, ColumnChooser, Groups, Input, Orders, Palette, Picker, ResourcePicker, Sheet, Viewer,
    filter::Offers,
};

/// Something that lies over the panes and takes the keys.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// The keys of the place below it; how far it is scrolled.
    Help(usize),
    /// The command palette.
    Palette(Palette),
    /// The plan of an action, and how it goes.
    Sheet(Box<Sheet>),
    /// The plans of an action on several things, and how they go.
    Bulk(Box<BulkSheet>),
    /// An application's history, to choose what to roll back to.
    Picker(Picker),
    /// An application's resources, to choose what the sheet below is about.
    Resources(Box<ResourcePicker>),
    /// A short list to choose from.
    Chooser(Chooser),
    /// The orders that a list can have.
    Orders(Orders),
    /// The groupings that a list can have.
    Groups(Groups),
    /// The columns that a list can have.
    Columns(Box<ColumnChooser>),
    /// A text, diff or tree.
    Viewer(Box<Viewer>),
}

impl Overlay {
    /// Whether it is the sheet of a plan, of one thing or of several.
    pub const fn is_sheet(&self) -> bool {
        matches!(self, Self::Sheet(_) | Self::Bulk(_))
    }
}

/// What something is typed for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// To filter a list, or to search.
    #[default]
    Filter,
    /// To show only the log lines that have it.
    Include,
    /// To show no log lines that have it.
    Exclude,
    /// As the note of a mark among log lines.
    Note,
}

impl Purpose {
    /// What stands before it.
    pub const fn prompt(self) -> &'static str {
        match self {
            Self::Filter => "/",
            Self::Include => "+",
            Self::Exclude => "-",
            Self::Note => "mark: ",
        }
    }
}

/// What is being typed in the line at the bottom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typing {
    /// What for.
    pub purpose: Purpose,
    /// The line.
    pub input: Input,
    /// What it was before, for when it is cancelled.
    pub before: String,
    /// What it can go on with, while that is offered.
    pub offers: Option<Offers>,
    /// Which of what was typed before stands in it, and what was typed when that was put in.
    pub recalled: Option<(usize, String)>,
}
