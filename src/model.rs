//! Plain types that every layer shares; no I/O.

mod time;

pub use time::{Clock, SystemClock, Time};
