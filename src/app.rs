//! What the screen is about and how it changes: plain data and [`update`], no I/O.
//!
//! Events come in, effects go out; time is one of the events. The same events give the same state, so a scenario
//! is a list of events and a test is a frame.

mod attention;
mod browse;
mod bulk;
mod chooser;
mod column;
mod command;
mod equivalent;
mod event;
mod export;
mod facts;
pub mod filter;
mod fitted;
mod footer;
pub mod format;
mod group;
mod health;
mod help;
mod input;
mod journey;
mod keying;
mod keymaps;
mod layout;
mod listed;
mod logs;
mod matrix;
mod memory;
mod message;
mod mouse;
mod orders;
mod overlay;
mod palette;
mod pane;
mod picker;
mod rows;
mod sheet;
mod state;
mod subject;
mod tour;
mod update;
mod viewer;
mod why;
mod workspace;

pub use attention::{Attention, Notify};
pub use browse::{Browse, BrowseColumn, Catalog, natural, words};
pub use bulk::{BulkSheet, Going, HIDDEN, Stage, Target as BulkTarget};
pub use chooser::{Chooser, Choosing, Offer};
pub use column::{
    Book, Column as ListColumn, ColumnChooser, ColumnOffer, Id as ColumnId, OwnCell, OwnColumn, Shows,
    fit as fit_columns, is_named as is_column_named, join_series, keep as keep_columns,
    names_of as column_names, note, short_number, word_of as column_word,
};
pub use command::{Command, Keys};
pub use event::{Effect, Event, Handout, Notice, Program, Ticket};
pub use export::Format;
pub use facts::{Fact, Facts};
pub use filter::{Filter, contains};
pub use footer::{Footer, Hint, Said};
pub use group::{Group, GroupBy, Groups, in_common};
pub use health::{Note, Pulse, notes, pulses};
pub use help::Help;
pub use input::Input;
pub use journey::{Journey, Place};
pub use keying::{Keying, Waits};
pub use keymaps::{KEYMAPS, keymap_named, load_keys, load_keys_on};
pub use layout::{Area, Axis, Layout, Node, PaneId, Part, Placed, SUMS, Screen, Size, Wanted, arrange};
pub use listed::Listed;
pub use logs::{
    Entry, FieldColumn, GRAMMAR, LOG_MEMORY, LogBook, LogSettings, Query, Reading, Saved, Times, field,
};
pub use matrix::{Cell, Drift, Line as MatrixLine};
pub use memory::{Memory, Remember, Remembered, SavedFilter, Use, print_filters, read_filters};
pub use message::{Ink, InkColor, Message};
pub use mouse::{Mouse, Pointed};
pub use orders::Orders;
pub use overlay::{Overlay, Purpose, Typing};
pub use palette::{Choice, FilterOrder, GlassOrder, Palette, Setting};
pub use pane::{Item, Pane};
pub use picker::{Picker, PickerBody, ResourcePicker};
pub use rows::{Row, Rows};
pub use sheet::{Field, Phase, Sheet};
pub use state::{Body, Dirty, EnvironmentSummary, Running, Settings, State};
pub use subject::{SortBy, Subject};
pub use tour::Tour;
pub use update::{place_words, update};
pub use viewer::{
    Content, Diff, DiffRow, Differing, Folding, Kin, Line, Room, Seek, Side, Sort, Text, Tone, Tree, Value,
    Viewer, found, hang, offset, short_kind, tree_severity, wrap,
};
pub use workspace::{
    Desk, List, Look, Order, Workspace, keep as keep_workspace, print as print_workspaces,
    read as read_workspaces,
};
