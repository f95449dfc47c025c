//! Log lines and what is asked of a log.

use std::time::Duration;

use super::{Key, Str, Time};

/// How loud a line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The line does not say.
    #[default]
    None,
    /// Finest.
    Trace,
    /// For developers.
    Debug,
    /// Normal.
    Info,
    /// Odd.
    Warn,
    /// Failed.
    Error,
    /// Gave up.
    Fatal,
}

/// One line, as a connector hands it on; raw text from outside.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    /// When the container wrote it.
    pub at: Time,
    /// The pod or stream it came from.
    pub origin: Str,
    /// The container, where known.
    pub container: Str,
    /// The text without its line end; not yet safe to print.
    pub text: Box<str>,
}

/// What a log is read from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LogTarget {
    /// A pod's container over the Kubernetes log endpoint; every container when none is named.
    Pod {
        /// The pod.
        key: Key,
        /// One container only.
        container: Option<Str>,
        /// The instance before the last restart.
        previous: bool,
    },
    /// A LogQL query on a Loki.
    Query {
        /// The Loki.
        source: super::Source,
        /// The LogQL log query.
        query: Str,
    },
}

/// What is asked of a log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LogRequest {
    /// Where from.
    pub target: LogTarget,
    /// At most so many lines from before now.
    pub tail: Option<u32>,
    /// Nothing older than this.
    pub since: Option<Duration>,
    /// Whether to go on with new lines.
    pub follow: bool,
}
