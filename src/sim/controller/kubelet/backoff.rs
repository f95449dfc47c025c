//! How long a kubelet waits before it tries again.

use std::time::Duration;

use crate::model::Time;

/// The first wait and the longest (kubelet: 10 s doubling up to 5 min, forgotten after 10 min of running).
const FIRST: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(300);
const FORGOTTEN: Duration = Duration::from_secs(600);

/// The wait after repeated failures.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    last: Option<Duration>,
}

impl Backoff {
    /// The wait after a container that ran from `since` has failed: none the first time.
    pub(super) fn after_exit(&mut self, since: Time, now: Time) -> Duration {
        if now.since(since) >= FORGOTTEN {
            self.last = None;
        }
        let wait = match self.last {
            None => Duration::ZERO,
            Some(Duration::ZERO) => FIRST,
            Some(last) => (last * 2).min(LONGEST),
        };
        self.last = Some(wait);
        wait
    }

    /// The wait after a pull has failed.
    pub(super) fn after_pull(&mut self) -> Duration {
        let wait = self.last.map_or(FIRST, |last| (last * 2).min(LONGEST));
        self.last = Some(wait);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_five_minutes_and_are_forgotten() {
        let mut backoff = Backoff::default();
        let start = Time::from_secs(0);
        let waits: Vec<u64> =
            (0..8).map(|_| backoff.after_exit(start, Time::from_secs(5)).as_secs()).collect();
        assert_eq!(waits, [0, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(backoff.after_exit(start, Time::from_secs(601)), Duration::ZERO);
    }
}
