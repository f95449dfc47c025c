//! What can be done, one folder per kind of system, one file per verb.

pub mod alertmanager;
pub mod argocd;
mod draft;
pub mod kubernetes;
pub mod vault;
