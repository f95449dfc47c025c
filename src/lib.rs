#![doc = include_str!("ARCHITECTURE.md")]

pub mod model;

pub mod store;

pub mod triage;

pub mod journal;

pub mod action;

pub mod config;

pub mod keymap;

pub mod theme;

pub mod connector;

pub mod app;

pub mod ui;

pub mod shot;

pub mod runtime;

pub mod sim;

pub mod cli;
