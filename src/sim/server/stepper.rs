//! Steps the world: a fixed stretch of simulated time at a time, so that the same seed gives the same world.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::{
    model::{Clock, Time},
    sim::{Controller, Env, World, drill, lock},
};

/// How much simulated time one step is.
pub const STEP: Duration = Duration::from_millis(250);

/// How many steps are caught up at once before others get the processor.
const AT_ONCE: usize = 40;

/// The controllers of every environment and the moment up to which they have worked.
pub(super) struct Stepper {
    world: Arc<World>,
    envs: Vec<Stepped>,
    reached: Time,
}

struct Stepped {
    env: Arc<Env>,
    rng: fastrand::Rng,
    controllers: Vec<Box<dyn Controller>>,
}

impl Stepped {
    fn step(&mut self, now: Time) {
        for controller in &mut self.controllers {
            controller.reconcile(&self.env, now, &mut self.rng);
        }
    }
}

impl Stepper {
    /// A stepper that has reached the world's present.
    pub(super) fn new(world: &Arc<World>) -> Self {
        let envs = world.envs.iter().map(|env| Stepped {
            env: Arc::clone(env),
            rng: fastrand::Rng::with_seed(world.seed ^ (0x5eed << (8 * env.index))),
            controllers: Vec::new(),
        });
        Self { envs: envs.collect(), reached: world.now(), world: Arc::clone(world) }
    }

    pub(super) fn add(&mut self, index: usize, controllers: Vec<Box<dyn Controller>>) {
        self.envs[index].controllers.extend(controllers);
    }

    fn step(&mut self, by: Duration) {
        self.reached = self.reached.plus(by);
        for env in &mut self.envs {
            env.step(self.reached);
        }
        drill::step(&self.world, self.reached);
    }

    /// Moves a frozen clock and steps with it.
    pub(super) fn advance(&mut self, by: Duration) {
        let end = self.world.now().plus(by);
        while self.reached.plus(STEP) <= end {
            self.wind(STEP);
            self.step(STEP);
        }
        self.world.clock.advance(end.since(self.world.now()));
    }

    /// Moves a frozen clock in steps of another length, before any drill; the environments step at the same time,
    /// as they share nothing that changes by itself.
    pub(super) fn jump(&mut self, by: Duration, step: Duration) {
        let end = self.reached.plus(by);
        while self.reached < end {
            self.wind(step);
            self.reached = self.reached.plus(step);
            let reached = self.reached;
            std::thread::scope(|threads| {
                for env in &mut self.envs {
                    threads.spawn(move || env.step(reached));
                }
            });
        }
    }

    /// Moves a frozen clock to the end of the next step.
    fn wind(&self, step: Duration) {
        self.world.clock.advance(self.reached.plus(step).since(self.world.now()));
    }
}

/// Steps the world as its clock runs, for ever.
pub(super) async fn run(stepper: Arc<Mutex<Stepper>>) {
    loop {
        let wait = catch_up(&mut lock(&stepper));
        tokio::time::sleep(wait.clamp(Duration::from_millis(1), Duration::from_secs(1))).await;
    }
}

/// Does the steps that are due, and says how long until the next.
fn catch_up(stepper: &mut Stepper) -> Duration {
    for _ in 0..AT_ONCE {
        let clock = &stepper.world.clock;
        let due = stepper.reached.plus(STEP);
        let now = clock.now();
        if now < due {
            return due.since(now).div_f64(clock.speed().max(0.001));
        }
        stepper.step(STEP);
    }
    Duration::ZERO
}
