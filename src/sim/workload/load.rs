//! How much there is to do, how well it is done, and what it takes.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    model::Time,
    sim::{
        catalog::{self, Flaw, Program},
        cluster::known,
        world::{ContainerUsage, Env, Signal, Tier},
    },
};

/// The load of the hour, 0.25 at night to 1 before noon: a smooth daily curve.
pub(super) fn busy(now: Time) -> f64 {
    let hour = now.secs().rem_euclid(86_400) as f64 / 3600.0;
    let day = 0.5 - 0.5 * ((hour - 3.5) / 24.0 * std::f64::consts::TAU).cos();
    0.25 + 0.75 * day
}

/// The size of an environment's traffic, 1 for production.
pub(super) fn size(tier: Tier) -> f64 {
    match tier {
        Tier::Development => 0.12,
        Tier::Staging => 0.3,
        Tier::Production => 1.0,
    }
}

#[derive(Default)]
struct Group {
    program: Option<&'static Program>,
    ready: u32,
    refused: u32,
    failing: f64,
    slow: f64,
}

/// Renews the signals of every application that has a workload.
pub(super) fn signals(env: &Env, now: Time, rng: &mut fastrand::Rng) {
    let mut groups: BTreeMap<(String, String), Group> = BTreeMap::new();
    env.containers.each(|key, container| {
        let group = groups.entry((key.0.clone(), container.app.clone())).or_default();
        group.program = group.program.or(container.program);
        group.ready += u32::from(container.ready);
        group.refused += u32::from(container.refused);
        match container.program.and_then(|program| catalog::flaw(program, &container.tag)) {
            Some(Flaw::Fails { share }) => group.failing = group.failing.max(*share),
            Some(Flaw::Slow { factor }) => group.slow = group.slow.max(*factor),
            _ => {}
        }
    });
    let mut wanted = BTreeMap::new();
    for gr in [known::DEPLOYMENTS, known::STATEFUL_SETS, known::DAEMON_SETS] {
        for workload in env.cluster.list(gr, None) {
            let (key, replicas) = wanted_by(&workload);
            wanted.insert(key, replicas);
        }
    }
    for (key, _) in env.signals.all() {
        if !wanted.contains_key(&key) && !groups.contains_key(&key) {
            env.signals.forget(&key.0, &key.1);
        }
    }
    let load = busy(now) * size(env.tier);
    for (key, replicas) in wanted {
        let group = groups.remove(&key).unwrap_or_default();
        let before = env.signals.get(&key.0, &key.1);
        let signal = signal(env, &group, before, replicas, load, rng);
        env.signals.set(&key.0, &key.1, signal);
    }
}

fn wanted_by(workload: &Value) -> ((String, String), u32) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let app = text(&workload["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"]);
    let name = if app.is_empty() { text(&workload["metadata"]["name"]) } else { app };
    let replicas = workload["spec"].get("replicas").unwrap_or(&workload["status"]["desiredNumberScheduled"]);
    let replicas = u32::try_from(replicas.as_i64().unwrap_or(0)).unwrap_or(0);
    ((text(&workload["metadata"]["namespace"]), name), replicas)
}

fn signal(
    env: &Env,
    group: &Group,
    before: Option<Signal>,
    replicas: u32,
    load: f64,
    rng: &mut fastrand::Rng,
) -> Signal {
    let mut signal = Signal { replicas, ready: group.ready, ..Signal::default() };
    let program = group.program;
    let mut full = 0.0_f64;
    if let Some(database) =
        program.and_then(|program| program.uses.or(program.serves)).and_then(catalog::database)
    {
        signal.db_connections = f64::from(env.databases.used(database.name));
        signal.db_connections_max = f64::from(database.connections);
        full = signal.db_connections / signal.db_connections_max;
    }
    let requests = program.map_or(0.0, |program| program.requests);
    if requests == 0.0 && before.is_none_or(|before| before.requests == 0.0) {
        signal.saturation = full;
        return signal;
    }
    let expected =
        if requests > 0.0 { requests * load } else { before.map_or(0.0, |before| before.requests) };
    let noise = 0.96 + 0.08 * rng.f64();
    signal.requests = before.map_or(expected, |b| b.requests * 0.7 + expected * 0.3) * noise;
    let crowd = f64::from(replicas.max(1)) / f64::from(group.ready.max(1));
    signal.saturation = full.max((0.35 * crowd * (0.4 + 0.6 * load)).min(1.0));
    let refused = f64::from(group.refused) / f64::from((group.ready + group.refused).max(1));
    signal.errors = if group.ready == 0 {
        1.0
    } else {
        let starved = if full >= 0.999 { 0.18 } else { 0.0 };
        let base = 0.0004 + 0.0012 * rng.f64();
        (base + starved + group.failing + refused * 0.9 + (crowd - 2.0).max(0.0) * 0.05).min(1.0)
    };
    let median = program.map_or(0.05, |program| program.latency);
    let slow = group.slow.max(1.0) * crowd.sqrt() * if full >= 0.999 { 12.0 } else { 1.0 };
    signal.latency_p50 = median * slow * (0.9 + 0.2 * rng.f64());
    signal.latency_p99 = signal.latency_p50 * (5.0 + 2.0 * rng.f64());
    signal
}

/// Measures what every container and node uses.
pub(super) fn usage(env: &Env, now: Time, rng: &mut fastrand::Rng) {
    let load = busy(now) * size(env.tier).max(0.3);
    let mut pods: BTreeMap<(String, String), Vec<ContainerUsage>> = BTreeMap::new();
    let mut nodes: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for node in env.cluster.list(known::NODES, None) {
        let name = node["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        if !env.faults.is_lost(&name) {
            nodes.insert(name, (180_000_000 + rng.u64(..40_000_000), (900 << 20) + rng.u64(..64 << 20)));
        }
    }
    env.containers.each(|key, container| {
        let (cpu, memory) = container.program.map_or((5, 30), |program| (program.cpu, program.memory));
        let age = now.since(container.since).as_secs_f64();
        let starting = if age < container.program.map_or(0.0, |program| program.startup) { 2.5 } else { 1.0 };
        let cpu = cpu as f64 * 1e6 * (0.35 + 0.9 * load) * starting * (0.9 + 0.2 * rng.f64());
        let mut memory =
            memory as f64 * 1_048_576.0 * (0.9 + 0.1 * (age / 3600.0).min(1.0)) * (0.99 + 0.02 * rng.f64());
        if let Some(Flaw::Leaks { minutes }) =
            container.program.and_then(|p| catalog::flaw(p, &container.tag))
            && container.memory_limit > 0
        {
            let share = (age / 60.0 / minutes).min(1.0);
            memory += (container.memory_limit as f64 - memory).max(0.0) * share;
        }
        let used = ContainerUsage { container: key.2.clone(), cpu: cpu as u64, memory: memory as u64 };
        if let Some(node) = nodes.get_mut(&container.node) {
            node.0 += used.cpu;
            node.1 += used.memory;
        }
        pods.entry((key.0.clone(), key.1.clone())).or_default().push(used);
    });
    env.usage.measure(pods, nodes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noon_is_busier_than_night() {
        let at = |text: &str| busy(text.parse().unwrap());
        assert!(at("2026-11-21T15:30:00Z") > 0.99);
        assert!(at("2026-11-21T03:30:00Z") < 0.26);
    }
}
