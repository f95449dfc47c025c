//! What lies over the panes.

use super::{Input, Palette, Picker, ResourcePicker, Sheet, Viewer};

/// Something that lies over the panes and takes the keys.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// The keys of the place below it; how far it is scrolled.
    Help(usize),
    /// The command palette.
    Palette(Palette),
    /// The plan of an action, and how it goes.
    Sheet(Box<Sheet>),
    /// An application's history, to choose what to roll back to.
    Picker(Picker),
    /// An application's resources, to choose what the sheet below is about.
    Resources(Box<ResourcePicker>),
    /// A text, diff or tree.
    Viewer(Box<Viewer>),
}

/// What is being typed in the line at the bottom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typing {
    /// The line.
    pub input: Input,
    /// What it was before, for when it is cancelled.
    pub before: String,
}
