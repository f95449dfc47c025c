//! One suite per connector: it takes a target and a few facts about what is there, and asserts on what the connector
//! observes, answers and refuses. Run alike on the simulator and on real servers.

pub(crate) mod alertmanager;
mod argocd;
mod kubernetes;
mod loki;
mod prometheus;
pub(crate) mod vault;

pub(crate) mod live;
pub(crate) mod simulator;
mod watch;
