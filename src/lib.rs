//! vigie: a lookout for engineers on call.
pub mod model;
pub mod sim;
