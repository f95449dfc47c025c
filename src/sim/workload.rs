//! What the running programs do: they write logs, serve requests and use resources, as their state allows.

mod lines;
mod load;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

pub use self::lines::{fatal, finished, greeting, out_of_memory, refused, too_many_connections};
use super::{
    logs::{LogStream, Output},
    world::{ContainerKey, Controller, Env, Signal},
};
use crate::model::Time;

/// How often lines are written.
const LINES: Duration = Duration::from_secs(1);
/// How often the signals are renewed.
const SIGNALS: Duration = Duration::from_secs(5);
/// How often usage is measured (metrics-server: 15 s).
const USAGE: Duration = Duration::from_secs(15);
/// The most lines that one container writes at once, so that a jump in time does not flood.
const BURST: f64 = 6.0;

/// Keeps the running programs busy.
#[derive(Default)]
pub struct Workload {
    lines: Time,
    signals: Time,
    usage: Time,
    /// The lines that each container owes, in fractions.
    owed: BTreeMap<ContainerKey, f64>,
}

/// A container that writes in this step.
struct Writer {
    log: Arc<LogStream>,
    context: lines::Context,
    count: u32,
}

impl Controller for Workload {
    fn reconcile(&mut self, env: &Env, now: Time, rng: &mut fastrand::Rng) {
        if now >= self.signals {
            self.signals = now.plus(SIGNALS);
            load::signals(env, now, rng);
        }
        if now >= self.usage {
            self.usage = now.plus(USAGE);
            load::usage(env, now, rng);
        }
        if now >= self.lines {
            let since = if self.lines == Time::default() { LINES } else { now.since(self.lines) + LINES };
            self.lines = now.plus(LINES);
            self.write(env, now, since, rng);
        }
    }
}

impl Workload {
    fn write(&mut self, env: &Env, now: Time, since: Duration, rng: &mut fastrand::Rng) {
        let signals: BTreeMap<(String, String), Signal> = env.signals.all().into_iter().collect();
        let busy = load::busy(now) * load::size(env.tier);
        let mut writers = Vec::new();
        let mut owed = BTreeMap::new();
        env.containers.each(|key, container| {
            let Some(program) = container.program else { return };
            let signal = signals.get(&(key.0.clone(), container.app.clone())).copied().unwrap_or_default();
            // Nobody's requests reach what is not ready; what cannot log in says so at every attempt.
            let serves = match (program.requests > 0.0 && !container.ready, container.refused) {
                (false, _) => 1.0,
                (true, true) => 0.1,
                (true, false) => 0.0,
            };
            let rate = program.lines / 60.0 * (0.3 + 0.7 * busy) * serves;
            let mut owes = self.owed.get(key).copied().unwrap_or(0.0) + rate * since.as_secs_f64();
            owes = owes.min(BURST);
            let count = owes as u32;
            owed.insert(key.clone(), owes - f64::from(count));
            if count > 0 {
                let context = lines::Context {
                    style: program.style,
                    errors: signal.errors,
                    latency: signal.latency_p50,
                    refused: container.refused,
                    database: program.uses,
                    pod: key.1.clone(),
                };
                writers.push(Writer { log: Arc::clone(&container.log), context, count });
            }
        });
        self.owed = owed;
        for writer in writers {
            for n in 0..writer.count {
                let share = f64::from(n + 1) / f64::from(writer.count + 1);
                let age = since.mul_f64(1.0 - share);
                let at = now.minus(age.min(LINES));
                for (output, text) in lines::next(&writer.context, at, rng) {
                    writer.log.write(at, output, text);
                }
            }
        }
    }
}

/// Where a severity goes.
fn output(bad: bool) -> Output {
    if bad { Output::Stderr } else { Output::Stdout }
}
