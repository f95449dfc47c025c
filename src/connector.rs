//! Clients of the systems: one folder per kind, one contract.
//!
//! A connector watches its system in a task of its own and never slows another; it keeps only the fields the
//! records have; it retries reads with a capped, jittered delay and never retries a mutation.

pub mod backoff;
pub mod contract;

pub use contract::{Connector, LogSink, Sink};
