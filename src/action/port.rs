//! What the pipeline needs from the outside world.

use std::time::Duration;

use futures::future::BoxFuture;

use crate::model::{Answer, Fault, Mutation, Permission, Query, Receipt, Source, SystemKind, Time, Verdict};

/// The systems as the pipeline sees them; the runtime passes these on to connectors.
pub trait Systems: Send + Sync {
    /// Asks a question.
    fn read(&self, source: Source, query: Query) -> BoxFuture<'_, Result<Answer, Fault>>;
    /// Asks for rights.
    fn may(&self, source: Source, permissions: Vec<Permission>)
    -> BoxFuture<'_, Result<Vec<Verdict>, Fault>>;
    /// Sends a mutation, once.
    fn perform(&self, source: Source, mutation: Mutation) -> BoxFuture<'_, Result<Receipt, Fault>>;
    /// The system of a kind in an environment, where it has one.
    fn find(&self, _environment: &str, _kind: SystemKind) -> Option<Source> {
        None
    }
    /// The moment it is now.
    fn now(&self) -> Time;
    /// Waits.
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()>;
}
