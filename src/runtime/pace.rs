//! How fast frames may follow each other on a link that is slower than they are.
//!
//! A terminal takes bytes long before they are through: what lies between would be shown before the answer to a key.
//! So the link is measured while it is full, and what nobody waits for is then sent at less than its speed: the way
//! empties, and stays so.

use std::time::{Duration, Instant};

/// What of the link frames of data may take.
const SHARE: f64 = 0.67;
/// In this time a link is taken to have become twice as fast, until it is full again.
const DOUBLES: Duration = Duration::from_secs(10);
/// What is shorter tells nothing of the link.
const SHORTEST: Duration = Duration::from_millis(100);
/// However slow the link is said to be, frames are not farther apart.
const LONGEST: Duration = Duration::from_secs(1);

/// What is known of the link.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// When it was full last, and how many bytes a second it took then.
    measured: Option<(Instant, f64)>,
}

impl Pace {
    /// So many bytes waited for the link, since a moment until another.
    pub fn waited(&mut self, bytes: usize, since: Instant, until: Instant) {
        let took = until.saturating_duration_since(since);
        if took >= SHORTEST {
            self.measured = Some((until, bytes as f64 / took.as_secs_f64()));
        }
    }

    /// How long after a frame of so many bytes the next one may follow.
    pub fn pause(&self, bytes: u64, now: Instant) -> Duration {
        let Some((at, rate)) = self.measured else { return Duration::ZERO };
        let doublings = now.saturating_duration_since(at).as_secs_f64() / DOUBLES.as_secs_f64();
        let rate = (rate * SHARE * doublings.exp2()).max(1.0);
        Duration::from_secs_f64(bytes as f64 / rate).min(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_take_less_than_the_link_can() {
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        let mut pace = Pace::default();
        assert_eq!(pace.pause(5000, start), Duration::ZERO, "nothing is known yet");
        pace.waited(100, start, after(5));
        assert_eq!(pace.pause(5000, after(5)), Duration::ZERO, "that was too short to tell");
        // 10 KB/s.
        pace.waited(5000, start, after(500));
        let pause = pace.pause(3000, after(500));
        assert!((400..500).contains(&pause.as_millis()), "{pause:?}");
        let pause = pace.pause(3000, after(10_500));
        assert!((200..250).contains(&pause.as_millis()), "{pause:?} when it was not full for ten seconds");
        // It stood still.
        pace.waited(2000, after(20_000), after(60_000));
        assert_eq!(pace.pause(3000, after(60_000)), LONGEST);
        assert!(pace.pause(3000, after(180_000)) < Duration::from_millis(66), "it is forgotten");
    }
}
