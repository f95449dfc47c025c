//! Delays between tries: doubling, capped, jittered, forgotten after a while of health.

use std::time::Duration;

use tokio::time::Instant;

/// First delay.
const FIRST: Duration = Duration::from_millis(800);
/// Longest delay: two tries a minute at a system that is down.
const CAP: Duration = Duration::from_secs(30);
/// Health that long forgets past failures.
const RESET: Duration = Duration::from_secs(120);

/// The delay before the next try.
#[derive(Debug)]
pub struct Backoff {
    failures: u32,
    last: Option<Instant>,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

impl Backoff {
    /// No failure so far.
    pub const fn new() -> Self {
        Self { failures: 0, last: None }
    }

    /// How long to wait after one more failure; never less than the server asked for (`Retry-After`).
    pub fn next(&mut self, retry_after: Option<Duration>) -> Duration {
        let now = Instant::now();
        if self.last.is_some_and(|at| now.duration_since(at) > RESET) {
            self.failures = 0;
        }
        self.last = Some(now);
        let full = FIRST.saturating_mul(1 << self.failures.min(10)).min(CAP);
        self.failures += 1;
        let jittered = full.mul_f64(0.5 + fastrand::f64() / 2.0);
        jittered.max(retry_after.unwrap_or_default())
    }

    /// Forgets failures at once.
    pub fn reset(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn doubles_to_a_cap_with_jitter_and_forgets() {
        let mut backoff = Backoff::new();
        for n in 0..12 {
            let full = FIRST.saturating_mul(1 << n).min(CAP);
            let delay = backoff.next(None);
            assert!(delay >= full / 2 && delay <= full, "try {n}: {delay:?} of {full:?}");
        }
        tokio::time::advance(RESET + Duration::from_secs(1)).await;
        assert!(backoff.next(None) <= FIRST);
    }

    #[test]
    fn keeps_to_what_the_server_asks() {
        let asked = Duration::from_secs(47);
        assert_eq!(Backoff::new().next(Some(asked)), asked);
    }
}
