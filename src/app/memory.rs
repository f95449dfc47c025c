//! What is remembered from one session to the next: filters that were typed, those that were given a name, and what
//! was chosen from the palette.

mod past;
mod saved;

use std::path::PathBuf;

pub use past::{Remember, Remembered, Use};
pub use saved::{SavedFilter, print_filters, read_filters};

/// What is remembered.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// What was typed and chosen.
    pub past: Remembered,
    /// Where that is kept.
    pub file: Option<PathBuf>,
    /// Filters with names.
    pub filters: Vec<SavedFilter>,
    /// Where these are kept.
    pub filters_file: Option<PathBuf>,
}
