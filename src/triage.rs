//! What belongs together, and what changed just before.
//!
//! Knows the store only. Relations are computed for a focus and asked row by row, so that a screen of ten thousand
//! pods costs one look-up each.

pub mod relations;
pub mod timeline;

pub use relations::{Focus, Scope};
pub use timeline::changes;
