//! vigie: a lookout for engineers on call.
pub mod action;
pub mod config;
pub mod connector;
pub mod model;
pub mod sim;
pub mod store;
pub mod triage;
