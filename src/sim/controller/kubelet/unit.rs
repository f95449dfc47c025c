//! One container of a pod: pulled, started, probed, restarted.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    Work,
    backoff::Backoff,
    object,
    start::{self, Exit, Started},
};
use crate::{
    model::Time,
    sim::{catalog, world::Env},
};

/// How often a running container is probed.
const PROBE: Duration = Duration::from_secs(5);

/// Where a container is.
#[derive(Debug, Default)]
pub(super) enum State {
    /// Nothing has been done yet.
    #[default]
    New,
    /// Its image is being pulled.
    Pulling { since: Time, until: Time },
    /// Its image cannot be pulled; tried again at `next`.
    NoImage { next: Time, backing_off: bool },
    /// It cannot be configured, for example because a secret is missing.
    NoConfig { next: Time, why: String },
    /// It runs.
    Running(Box<Started>),
    /// It has exited and is restarted at `until`.
    Waiting { until: Time, wait: Duration },
    /// It has exited for good.
    Done,
}

/// A container.
#[derive(Debug, Default)]
pub(super) struct Unit {
    pub(super) spec: Value,
    pub(super) state: State,
    pub(super) restarts: i64,
    /// How the last run ended: a `terminated` state.
    pub(super) last: Option<Value>,
    pulls: Backoff,
    crashes: Backoff,
}

impl Unit {
    pub(super) fn new(spec: &Value) -> Self {
        Self { spec: spec.clone(), ..Self::default() }
    }

    pub(super) fn name(&self) -> &str {
        self.spec["name"].as_str().unwrap_or_default()
    }

    pub(super) fn image(&self) -> &str {
        self.spec["image"].as_str().unwrap_or_default()
    }

    pub(super) fn is_running(&self) -> bool {
        matches!(self.state, State::Running(_))
    }

    pub(super) fn is_ready(&self) -> bool {
        matches!(&self.state, State::Running(run) if run.ready)
    }

    /// When something is due; none when nothing will happen by itself.
    pub(super) fn next(&self) -> Option<Time> {
        match &self.state {
            State::New => Some(Time::default()),
            State::Pulling { until, .. } | State::Waiting { until, .. } => Some(*until),
            State::NoImage { next, .. } | State::NoConfig { next, .. } => Some(*next),
            State::Running(run) => {
                let exit = run.exit.as_ref().map(|(at, _)| *at);
                Some(exit.map_or(run.probe, |at| at.min(run.probe)))
            }
            State::Done => None,
        }
    }

    /// Does what is due; says whether anything has changed that the status tells.
    pub(super) fn step(&mut self, work: &mut Work<'_>) -> bool {
        match &self.state {
            State::New => self.pull(work),
            State::Pulling { since, until } if *until <= work.now => {
                let (since, until) = (*since, *until);
                self.pulled(work, since, until);
            }
            State::NoImage { next, backing_off } if *next <= work.now => {
                if *backing_off {
                    self.pull(work);
                } else {
                    self.back_off_pull(work);
                }
            }
            State::NoConfig { next, .. } if *next <= work.now => self.start(work),
            State::Waiting { until, .. } if *until <= work.now => {
                self.restarts = self.counted(work) + 1;
                self.start(work);
            }
            State::Running(_) => return self.run(work),
            _ => return false,
        }
        true
    }

    /// The restarts that the pod's status says.
    fn counted(&self, work: &Work<'_>) -> i64 {
        let statuses = work.pod["status"]["containerStatuses"].as_array().into_iter().flatten();
        let own = statuses.into_iter().find(|status| status["name"] == self.name());
        own.map_or(self.restarts, |status| object::count(&status["restartCount"], 0))
    }

    fn pull(&mut self, work: &mut Work<'_>) {
        let image = self.image().to_owned();
        let have = work.images.contains(&(work.node().to_owned(), image.clone()));
        if have && self.spec["imagePullPolicy"] != "Always" {
            let message = format!("Container image \"{image}\" already present on machine");
            work.say("Normal", "Pulled", &message);
            self.start(work);
            return;
        }
        work.say("Normal", "Pulling", &format!("Pulling image \"{image}\""));
        let takes = if catalog::can_be_pulled(&image) { 0.8 + work.rng.f64() * 3.2 } else { 0.7 };
        self.state = State::Pulling { since: work.now, until: work.now.plus(Duration::from_secs_f64(takes)) };
    }

    fn pulled(&mut self, work: &mut Work<'_>, since: Time, until: Time) {
        let image = self.image().to_owned();
        if !catalog::can_be_pulled(&image) {
            let why = format!(
                "Failed to pull image \"{image}\": rpc error: code = NotFound desc = failed to pull and unpack \
                 image \"{image}\": failed to resolve reference \"{image}\": {image}: not found"
            );
            work.say("Warning", "Failed", &why);
            work.say("Warning", "Failed", "Error: ErrImagePull");
            self.state = State::NoImage { next: work.now.plus(Duration::from_secs(2)), backing_off: false };
            return;
        }
        work.images.insert((work.node().to_owned(), image.clone()));
        let took = until.since(since);
        let size = 20_000_000 + object::fnv(image.as_bytes()) % 400_000_000;
        let message = format!(
            "Successfully pulled image \"{image}\" in {:.3}s ({:.3}s including waiting). Image size: {size} bytes.",
            took.as_secs_f64(),
            took.as_secs_f64()
        );
        work.say("Normal", "Pulled", &message);
        self.start(work);
    }

    fn back_off_pull(&mut self, work: &mut Work<'_>) {
        work.say("Normal", "BackOff", &format!("Back-off pulling image \"{}\"", self.image()));
        work.say("Warning", "Failed", "Error: ImagePullBackOff");
        self.state = State::NoImage { next: work.now.plus(self.pulls.after_pull()), backing_off: true };
    }

    fn start(&mut self, work: &mut Work<'_>) {
        match start::start(work, self) {
            Err(why) => {
                work.say("Warning", "Failed", &format!("Error: {why}"));
                self.state = State::NoConfig { next: work.now.plus(Duration::from_secs(10)), why };
            }
            Ok(run) => {
                work.say("Normal", "Created", &format!("Created container: {}", self.name()));
                work.say("Normal", "Started", &format!("Started container {}", self.name()));
                self.state = State::Running(Box::new(run));
            }
        }
    }

    /// Ends a run that is over, or probes it.
    fn run(&mut self, work: &mut Work<'_>) -> bool {
        let State::Running(run) = &mut self.state else { return false };
        if let Some((at, _)) = &run.exit
            && *at <= work.now
        {
            self.exited(work);
            return true;
        }
        if run.probe > work.now {
            return false;
        }
        let refused = run.refused;
        run.probe = work.now.plus(PROBE);
        let ready = run.probe(work);
        if ready == run.ready && refused == run.refused {
            return false;
        }
        if !ready && run.ready {
            let message = "Readiness probe failed: HTTP probe failed with statuscode: 503";
            work.say("Warning", "Unhealthy", message);
        }
        let changed = run.ready != ready;
        run.ready = ready;
        run.register(work, self.spec["name"].as_str().unwrap_or_default());
        changed
    }

    fn exited(&mut self, work: &mut Work<'_>) {
        self.withdraw(work.env, object::namespace(&work.pod), object::name(&work.pod));
        let State::Running(run) = std::mem::take(&mut self.state) else { return };
        let Some((at, exit)) = run.exit else { return };
        run.log.write(work.now, exit.output(), exit.words.clone());
        self.last = Some(terminated(&exit, run.since, at, &run.id));
        let always = work.pod["spec"]["restartPolicy"] == "Always";
        let on_failure = work.pod["spec"]["restartPolicy"] == "OnFailure";
        if !(always || on_failure && exit.code != 0) {
            self.state = State::Done;
            return;
        }
        let wait = self.crashes.after_exit(run.since, work.now);
        if !wait.is_zero() {
            let (pod, uid) = (object::name(&work.pod), object::uid(&work.pod));
            let namespace = object::namespace(&work.pod);
            let name = self.name();
            let message =
                format!("Back-off restarting failed container {name} in pod {pod}_{namespace}({uid})");
            work.say("Warning", "BackOff", &message);
        }
        let until = work.now.plus(wait.max(Duration::from_millis(800)));
        self.state = State::Waiting { until, wait };
    }

    /// The container serves no longer. Its database connections linger: the server notices only when the pod goes.
    fn withdraw(&self, env: &Env, namespace: &str, pod: &str) {
        env.containers.remove(&(namespace.to_owned(), pod.to_owned(), self.name().to_owned()));
        if let Some(database) = catalog::program(self.image()).and_then(|program| program.serves) {
            env.databases.stop(database, &format!("{namespace}/{pod}"));
        }
    }

    /// Lets go of everything that the container holds outside.
    pub(super) fn release(&self, env: &Env, namespace: &str, pod: &str) {
        self.withdraw(env, namespace, pod);
        if let Some(database) = catalog::program(self.image()).and_then(|program| program.uses) {
            env.databases.disconnect(database, &format!("{namespace}/{pod}"));
        }
    }
}

fn terminated(exit: &Exit, since: Time, at: Time, id: &str) -> Value {
    json!({
        "exitCode": exit.code,
        "reason": exit.reason,
        "startedAt": since.rfc3339(),
        "finishedAt": at.rfc3339(),
        "containerID": id,
    })
}
