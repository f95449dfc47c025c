//! What becomes of a container that starts: from the program in its image, its configuration and its database.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{Work, object, unit::Unit};
use crate::{
    model::Time,
    sim::{
        catalog::{self, Flaw, Program},
        cluster::known,
        git::hex,
        logs::{LogStream, Output},
        workload,
        world::Container,
    },
};

/// How a run ends.
#[derive(Clone, Debug)]
pub(super) struct Exit {
    pub(super) code: i64,
    pub(super) reason: &'static str,
    /// What it writes last.
    pub(super) words: String,
}

impl Exit {
    pub(super) fn output(&self) -> Output {
        if self.code == 0 { Output::Stdout } else { Output::Stderr }
    }
}

/// A run.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) id: String,
    pub(super) since: Time,
    pub(super) exit: Option<(Time, Exit)>,
    pub(super) ready: bool,
    /// When it is probed next.
    pub(super) probe: Time,
    pub(super) log: Arc<LogStream>,
    program: Option<&'static Program>,
    tag: String,
    ready_from: Time,
    /// The database password it was started with.
    password: Option<String>,
    pub(super) refused: bool,
    memory_limit: u64,
}

/// Starts a run; an error says why the container cannot be configured.
pub(super) fn start(work: &mut Work<'_>, unit: &Unit) -> Result<Started, String> {
    let password = environment(work, &unit.spec, "DB_PASSWORD")?;
    let pool =
        environment(work, &unit.spec, "DB_POOL_SIZE")?.and_then(|text| text.parse().ok()).unwrap_or(10);
    let (namespace, pod) = (object::namespace(&work.pod), object::name(&work.pod));
    let program = catalog::program(unit.image());
    let (_, tag) = catalog::split(unit.image());
    let app = application(&work.pod, unit);
    let node = work.pod["spec"]["nodeName"].as_str().unwrap_or_default();
    let log = work.env.logs.open(namespace, pod, unit.name(), &[("app", &app), ("node", node)]);
    log.restarted(u32::try_from(unit.restarts).unwrap_or(0));
    for line in workload::greeting(program, tag) {
        log.write(work.now, Output::Stdout, line);
    }
    let startup = program.map_or(1.0, |program| program.startup) * (0.8 + 0.4 * work.rng.f64());
    let exit = fate(work, program, tag, password.as_deref(), pool, startup);
    let bytes: Vec<u8> = (0..32).map(|_| work.rng.u8(..)).collect();
    let started = Started {
        id: format!("containerd://{}", hex(&bytes)),
        since: work.now,
        exit: exit.map(|(after, exit)| (work.now.plus(Duration::from_secs_f64(after)), exit)),
        ready: false,
        probe: work.now.plus(Duration::from_secs_f64(startup)),
        log,
        program,
        tag: tag.to_owned(),
        ready_from: work.now.plus(Duration::from_secs_f64(startup)),
        password,
        refused: false,
        memory_limit: u64::try_from(object::quantity(&unit.spec["resources"]["limits"]["memory"]) / 1000)
            .unwrap_or(0),
    };
    started.register(work, unit.name());
    Ok(started)
}

fn application(pod: &Value, unit: &Unit) -> String {
    let app = object::label(pod, "app.kubernetes.io/name");
    if app.is_empty() { unit.name().to_owned() } else { app.to_owned() }
}

/// Whether and how this run will end by itself, and after how many seconds.
fn fate(
    work: &Work<'_>,
    program: Option<&'static Program>,
    tag: &str,
    password: Option<&str>,
    pool: u32,
    startup: f64,
) -> Option<(f64, Exit)> {
    let program = program?;
    if let Some(database) = program.uses.and_then(catalog::database) {
        let client = format!("{}/{}", object::namespace(&work.pod), object::name(&work.pod));
        let enough = work.env.databases.connect(database.name, &client, pool, database.connections);
        if !work.env.credentials.accepts(database.path, password.unwrap_or_default(), work.now) {
            let words = workload::refused(program.style, database, work.now);
            return Some((startup + 1.5, Exit { code: 1, reason: "Error", words }));
        }
        if !enough {
            let words = workload::too_many_connections(program.style, database, work.now);
            return Some((startup + 2.0, Exit { code: 1, reason: "Error", words }));
        }
    }
    if let Some(seconds) = program.runs {
        let words = workload::finished(work.now.plus(Duration::from_secs_f64(seconds)));
        return Some((seconds, Exit { code: 0, reason: "Completed", words }));
    }
    match catalog::flaw(program, tag)? {
        Flaw::Exits { after, code, words } => {
            let words = workload::fatal(program.style, words, work.now);
            Some((*after, Exit { code: *code, reason: "Error", words }))
        }
        Flaw::Leaks { minutes } => {
            // Each pod leaks at its own pace.
            let pace = 0.7 + (object::fnv(object::uid(&work.pod).as_bytes()) % 60) as f64 / 100.0;
            let words = workload::out_of_memory(program.style, work.now);
            Some((minutes * 60.0 * pace, Exit { code: 137, reason: "OOMKilled", words }))
        }
        Flaw::Fails { .. } | Flaw::Slow { .. } => None,
    }
}

/// The value of an environment variable, also from a secret; an error when that is missing.
fn environment(work: &Work<'_>, container: &Value, name: &str) -> Result<Option<String>, String> {
    let variables = container["env"].as_array().into_iter().flatten();
    for variable in variables {
        let reference = &variable["valueFrom"]["secretKeyRef"];
        if let Some(secret) = reference["name"].as_str() {
            let key = reference["key"].as_str().unwrap_or_default();
            let namespace = object::namespace(&work.pod);
            let held = work.env.cluster.get(known::SECRETS, namespace, secret);
            let held = held.map_err(|_| format!("secret \"{secret}\" not found"))?;
            let value = held["data"][key].as_str();
            let value =
                value.ok_or_else(|| format!("couldn't find key {key} in Secret {namespace}/{secret}"))?;
            if variable["name"] == name {
                let bytes = STANDARD.decode(value).unwrap_or_default();
                return Ok(Some(String::from_utf8_lossy(&bytes).into_owned()));
            }
        } else if variable["name"] == name {
            return Ok(variable["value"].as_str().map(str::to_owned));
        }
    }
    Ok(None)
}

impl Started {
    /// Whether the run is ready now: it has started up, its database is there and takes its password.
    pub(super) fn probe(&mut self, work: &Work<'_>) -> bool {
        if work.now < self.ready_from {
            return false;
        }
        let client = format!("{}/{}", object::namespace(&work.pod), object::name(&work.pod));
        let Some(program) = self.program else { return true };
        if let Some(database) = program.serves {
            work.env.databases.serve(database, &client);
        }
        let Some(database) = program.uses.and_then(catalog::database) else {
            return self.exit_is_far(work.now);
        };
        let password = self.password.as_deref().unwrap_or_default();
        self.refused = !work.env.credentials.accepts(database.path, password, work.now);
        !self.refused && work.env.databases.is_up(database.name) && self.exit_is_far(work.now)
    }

    /// A run that breaks off during its start never becomes ready.
    fn exit_is_far(&self, now: Time) -> bool {
        self.exit.as_ref().is_none_or(|(at, exit)| exit.code == 0 || at.since(now) > Duration::from_secs(4))
    }

    /// Puts the run among the running containers.
    pub(super) fn register(&self, work: &Work<'_>, container: &str) {
        let (namespace, pod) = (object::namespace(&work.pod), object::name(&work.pod));
        let key = (namespace.to_owned(), pod.to_owned(), container.to_owned());
        let app = self.log.labels.get("app").cloned().unwrap_or_default();
        let running = Container {
            app,
            node: work.pod["spec"]["nodeName"].as_str().unwrap_or_default().to_owned(),
            program: self.program,
            tag: self.tag.clone(),
            since: self.since,
            ready: self.ready,
            refused: self.refused,
            memory_limit: self.memory_limit,
            log: Arc::clone(&self.log),
        };
        work.env.containers.put(key, running);
    }
}
