//! What the mouse does, where the terminal tells of it.

/// Something done with the mouse at a cell, both counted from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    /// What.
    pub what: Pointed,
    /// The column.
    pub x: u16,
    /// The line.
    pub y: u16,
}

/// What is done with the mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointed {
    /// The left button was pressed.
    Click,
    /// The wheel was turned up.
    Up,
    /// The wheel was turned down.
    Down,
}
