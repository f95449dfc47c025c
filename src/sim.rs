//! The simulated platform: environments whose controllers really reconcile, served over the real protocols.
//!
//! It knows only the model. What it serves is written from the real servers' answers, never from our connectors.

pub mod alertmanager;
pub mod argocd;
pub mod catalog;
pub mod clock;
pub mod cluster;
pub mod controller;
mod cron;
pub mod drill;
pub mod exports;
pub mod files;
pub mod git;
pub mod http;
pub mod identity;
pub mod logs;
pub mod loki;
pub mod prometheus;
pub mod server;
pub mod vault;
pub mod workload;
pub mod world;

use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};

pub use self::{
    clock::SimClock,
    server::{Endpoint, Endpoints, Options, Platform},
    world::{Controller, Env, World},
};

/// Why the simulated platform could not start or do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// A loopback socket could not be opened.
    #[error("the simulated platform cannot listen on loopback: {0}")]
    Listen(#[from] io::Error),
    /// The demo certificates could not be made.
    #[error("the simulated platform cannot make its certificates: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The TLS set-up was refused.
    #[error("the simulated platform cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// No drill of that name exists.
    #[error("no drill is called {name:?}; there are: {known}")]
    UnknownDrill {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
}

/// Locks, also after a panic elsewhere: the data behind these locks is always whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
