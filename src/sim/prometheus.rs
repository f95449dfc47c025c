//! The simulated Prometheus: scrapes the environment on its clock, evaluates PromQL and alerting rules.

mod eval;
mod function;
mod metrics;
mod operator;
mod rule;
mod tsdb;

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use self::{eval::Evaluator, metrics::Scraper, tsdb::Tsdb};
pub use self::{
    eval::{EvalError, Row, Sample, Value, number_text},
    metrics::{HELP, Target},
    rule::{Active, Group, Rule},
    tsdb::{Labels, Point},
};
use super::{Controller, Env, alertmanager::Alertmanager, lock};
use crate::model::Time;

/// How often it scrapes and evaluates its rules.
pub const INTERVAL: Duration = Duration::from_secs(15);
/// The most steps of a range query.
pub const MOST_STEPS: i64 = 11_000;
/// How long a query may take.
pub const TIMEOUT: Duration = Duration::from_secs(120);

/// One environment's Prometheus.
#[derive(Debug)]
pub struct Prometheus {
    /// When it was started.
    pub started: Time,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    db: Tsdb,
    scraper: Scraper,
    groups: Vec<Group>,
    targets: Vec<Target>,
}

/// What a query asks for: the moments are milliseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// The first moment.
    pub start: i64,
    /// The last moment.
    pub end: i64,
    /// The distance between moments.
    pub step: i64,
}

impl Prometheus {
    /// A Prometheus with the demo's rules and nothing scraped.
    pub fn new(env: &Env) -> Self {
        let state = State {
            db: Tsdb::default(),
            scraper: Scraper::default(),
            groups: rule::groups(env.tier),
            targets: Vec::new(),
        };
        Self { started: env.now(), state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Evaluates an expression at one moment, in milliseconds since 1970.
    pub fn query(&self, text: &str, at: i64, timeout: Duration) -> Result<Value, EvalError> {
        let expr = eval::parse(text)?;
        let state = self.state();
        Evaluator::new(&state.db, timeout).eval(&expr, at)
    }

    /// Evaluates an expression at every step; the rows are by labels.
    pub fn query_range(&self, text: &str, span: Span, timeout: Duration) -> Result<Vec<Row>, EvalError> {
        let expr = eval::parse(text)?;
        let state = self.state();
        Evaluator::new(&state.db, timeout).range(&expr, span)
    }

    /// Writes an expression in the usual form.
    pub fn format(&self, text: &str) -> Result<String, EvalError> {
        eval::parse(text).map(|expr| expr.prettify())
    }

    /// The label sets of the series that any of the selectors takes and that have a sample in the span; of all
    /// series when there is no selector.
    pub fn series(&self, selectors: &[&str], span: Span) -> Result<Vec<Labels>, EvalError> {
        let parsed = selectors.iter().map(|text| eval::selector(text)).collect::<Result<Vec<_>, _>>()?;
        let state = self.state();
        let mut found: Vec<Labels> = state.db.within(span.start, span.end);
        if !parsed.is_empty() {
            found.retain(|labels| parsed.iter().any(|selector| tsdb::takes(selector, labels)));
        }
        found.sort();
        Ok(found)
    }

    /// The rules with their state.
    pub fn groups(&self) -> Vec<Group> {
        self.state().groups.clone()
    }

    /// What it scrapes.
    pub fn targets(&self) -> Vec<Target> {
        self.state().targets.clone()
    }

    /// How many series it holds, and the moments of its first and last sample.
    pub fn head(&self) -> (usize, Option<(i64, i64)>) {
        let state = self.state();
        (state.db.len(), state.db.span())
    }

    /// Scrapes, evaluates the rules and sends what fires.
    fn turn(&self, env: &Env, now: Time) {
        let alertmanager = env.systems.get::<Alertmanager>();
        let mut state = self.state();
        let State { db, scraper, groups, targets } = &mut *state;
        let (samples, found) = scraper.scrape(env, now);
        *targets = found;
        db.append(now.millis(), samples);
        let mut own = Vec::new();
        let mut fired = Vec::new();
        for group in groups.iter_mut() {
            group.evaluate(db, env, now, &mut own, &mut fired);
        }
        db.add(own);
        drop(state);
        if let Some(alertmanager) = alertmanager
            && !fired.is_empty()
        {
            alertmanager.receive(fired, now);
        }
    }
}

/// Makes one environment's Prometheus work.
#[derive(Debug)]
pub struct Scrapes {
    prometheus: Arc<Prometheus>,
    next: Time,
}

impl Scrapes {
    /// The work of a Prometheus; the environments take turns.
    pub fn new(prometheus: Arc<Prometheus>, env: &Env) -> Self {
        let next = env.now().plus(Duration::from_secs(1 + 2 * env.index as u64));
        Self { prometheus, next }
    }
}

impl Controller for Scrapes {
    fn reconcile(&mut self, env: &Env, now: Time, _: &mut fastrand::Rng) {
        if now >= self.next {
            self.next = now.plus(INTERVAL);
            self.prometheus.turn(env, now);
        }
    }
}

#[cfg(test)]
mod tests;
