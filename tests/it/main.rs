//! The integration tests, one binary.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod action;
mod action_argocd;
mod action_bulk;
mod action_headless;
mod action_kill;
mod action_objects;
mod action_silences;
mod action_vault;
mod architecture;
mod attention;
mod command;
mod config;
mod contract;
mod driver;
mod faulty;
mod frame;
mod headless;
mod journal;
mod pictures;
mod plain;
#[cfg(target_os = "linux")]
mod pty;
mod readme;
mod scenario;
mod scenario_bulk;
mod scenario_columns;
mod scenario_filter;
mod scenario_groups;
mod scenario_guard;
mod scenario_keys;
mod scenario_logs;
mod scenario_mouse;
mod scenario_palette;
mod scenario_tables;
mod scenario_vault;
mod store;
mod stream;
mod themes;
mod tour;
mod triage;
mod workspace;
