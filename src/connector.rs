//! Clients of the systems: one folder per kind, one contract.
//!
//! A connector watches its system in a task of its own and never slows another; it keeps only the fields the
//! records have; it retries reads with a capped, jittered delay and never retries a mutation.

pub mod alertmanager;
pub mod argocd;
pub mod backoff;
pub mod contract;
mod endpoint;
mod hidden;
mod http;
pub mod kubernetes;
pub mod loki;
mod poll;
mod probe;
pub mod prometheus;
pub mod registry;
mod secret;
pub mod tls;
pub mod vault;

pub use contract::{Connector, LogSink, Sink};
