//! What is broken underneath: things that no API object says.

use std::{collections::BTreeSet, sync::Mutex};

use crate::sim::lock;

/// The faults of one environment.
#[derive(Debug, Default)]
pub struct Faults {
    lost: Mutex<BTreeSet<String>>,
}

impl Faults {
    /// Cuts a node off, as a dead machine or network does.
    pub fn lose_node(&self, node: &str) {
        lock(&self.lost).insert(node.to_owned());
    }

    /// Brings a node back; says whether it was cut off.
    pub fn restore_node(&self, node: &str) -> bool {
        lock(&self.lost).remove(node)
    }

    /// Whether a node is cut off.
    pub fn is_lost(&self, node: &str) -> bool {
        lock(&self.lost).contains(node)
    }

    /// The nodes cut off.
    pub fn lost_nodes(&self) -> Vec<String> {
        lock(&self.lost).iter().cloned().collect()
    }
}
