//! Larger pieces of the screen with a state of their own.

pub(super) mod document;
pub(super) mod logs;
