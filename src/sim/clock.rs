//! Simulated time: real elapsed time at a speed, or moved by hand.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use super::lock;
use crate::model::{Clock, Time};

/// A clock whose time runs at a chosen speed; speed 0 stands still until [`SimClock::advance`].
#[derive(Debug)]
pub struct SimClock(Mutex<State>);

#[derive(Debug)]
struct State {
    sim: Time,
    real: Instant,
    speed: f64,
}

impl State {
    fn now(&self) -> Time {
        if self.speed <= 0.0 { self.sim } else { self.sim.plus(self.real.elapsed().mul_f64(self.speed)) }
    }
}

impl SimClock {
    /// A clock that shows `start` now and runs at `speed`.
    pub fn new(start: Time, speed: f64) -> Self {
        Self(Mutex::new(State { sim: start, real: Instant::now(), speed: speed.clamp(0.0, 1000.0) }))
    }

    /// How many simulated seconds pass in a real one; 0 when frozen.
    pub fn speed(&self) -> f64 {
        lock(&self.0).speed
    }

    /// Changes the speed from now on.
    pub fn set_speed(&self, speed: f64) {
        let mut state = lock(&self.0);
        let now = state.now();
        *state = State { sim: now, real: Instant::now(), speed: speed.clamp(0.0, 1000.0) };
    }

    /// Moves the time forward by hand.
    pub fn advance(&self, by: Duration) {
        let mut state = lock(&self.0);
        state.sim = state.sim.plus(by);
    }
}

impl Clock for SimClock {
    fn now(&self) -> Time {
        lock(&self.0).now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_clock_moves_only_by_hand() {
        let clock = SimClock::new(Time::from_secs(100), 0.0);
        clock.advance(Duration::from_secs(5));
        assert_eq!(clock.now(), Time::from_secs(105));
        clock.set_speed(10.0);
        assert!(clock.now() >= Time::from_secs(105));
    }
}
