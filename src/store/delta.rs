//! What connectors send.

use std::sync::Arc;

use crate::model::{Key, Kind, Record, Source, TableHead, Time};

use super::Status;

/// What a connector saw at a moment.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Which system.
    pub source: Source,
    /// When it was observed.
    pub at: Time,
    /// What changed, in order.
    pub deltas: Vec<Delta>,
}

/// One thing seen.
#[expect(clippy::large_enum_variant, reason = "nearly all are pods that came or changed")]
#[derive(Clone, Debug, PartialEq)]
pub enum Delta {
    /// A new list of the kind begins; rows not seen again before `Synced` will go.
    Reset(Kind),
    /// The list of the kind is complete.
    Synced(Kind),
    /// A row is there or changed.
    Upsert(Record),
    /// A row is gone.
    Remove(Key),
    /// What a pod or node uses now: CPU in millicores, memory in bytes.
    Usage {
        /// The pod or node.
        key: Key,
        /// Millicores.
        cpu: u32,
        /// Bytes.
        memory: u64,
    },
    /// What pods and nodes use was asked for once, and told if it can be had.
    Measured,
    /// What the cells of the objects that follow are.
    Head(Arc<TableHead>),
    /// How the stream of the kind fares.
    Status(Kind, Status),
}
