//! Streams of answers out of channels.

use futures::{Stream, stream};
use tokio::sync::mpsc;

/// What comes through a channel, as a stream that ends when the last sender is gone.
pub(super) fn from_channel<T: Send + 'static>(receiver: mpsc::Receiver<T>) -> impl Stream<Item = T> + Send {
    stream::unfold(receiver, |mut receiver| async move { receiver.recv().await.map(|item| (item, receiver)) })
}
