//! Drills: incidents that begin on the simulated platform, and whether they are resolved.

mod checks;

use std::time::Duration;

use super::{
    SimError, World,
    catalog::{AUTHORS, Edit, edit},
    cluster::known,
    git::Authored,
    vault::Vault,
};
use crate::model::Time;

/// How often it is looked whether a drill has become visible or is resolved.
const LOOK: Duration = Duration::from_secs(1);

/// A scripted incident.
pub struct Drill {
    /// Its name on the command line.
    pub name: &'static str,
    /// What happens, in one sentence.
    pub description: &'static str,
    /// What may be seen while it lasts.
    pub signs: &'static [&'static str],
    /// One way to resolve it.
    pub way_out: &'static str,
    /// Makes it begin.
    start: fn(&World, Time),
    /// Whether the world is as it should be.
    healthy: fn(&World) -> bool,
}

/// The drills there are.
pub const DRILLS: &[Drill] = &[
    Drill {
        name: "bad-release",
        description: "A release of appointments in prod raises its connection pool beyond what the database allows.",
        signs: &[
            "appointments-api pods in CrashLoopBackOff with \"too many connections for role\"",
            "5xx and latency of appointments-api up, database connections at their limit",
            "a commit by Wanjiru Kamau just before, synced automatically",
        ],
        way_out: "Hold auto-sync, roll appointments back to the revision before, verify that it is healthy.",
        start: bad_release,
        healthy: checks::release_is_healthy,
    },
    Drill {
        name: "expired-credential",
        description: "A scheduled rotation of billing's database password in prod was missed; now it has expired.",
        signs: &[
            "billing-api pods not ready, \"password authentication failed for user\" in their logs",
            "billing-api answers nothing but 503",
            "the static role billing in Vault is due: it was not rotated when its schedule said so",
        ],
        way_out: "Rotate the static role, refresh the external secret, restart billing-api.",
        start: expired_credential,
        healthy: checks::credential_works,
    },
    Drill {
        name: "node-lost",
        description: "A worker node of prod goes silent with everything that runs on it.",
        signs: &[
            "a node NotReady, its pods not ready, then Terminating",
            "replacements on other nodes, alerts of many applications at once",
        ],
        way_out: "Let the pods move, then remove what hangs on the dead node: delete the node or force their end.",
        start: node_lost,
        healthy: checks::nothing_hangs_on_lost_nodes,
    },
];

/// How far a drill is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It begins at a moment to come.
    Scheduled,
    /// It has begun, but nothing is broken yet.
    Begun,
    /// Something is broken.
    Broken,
    /// It was broken and is whole again.
    Resolved,
}

/// A drill under way.
#[derive(Clone, Debug)]
pub struct Running {
    /// Its name.
    pub name: &'static str,
    /// When it begins or began.
    pub begins: Time,
    /// How far it is.
    pub phase: Phase,
    /// When it was resolved.
    pub resolved: Option<Time>,
    looked: Time,
}

impl Running {
    /// How long it took to resolve it; nothing before it is.
    pub fn took(&self) -> Option<Duration> {
        Some(self.resolved?.since(self.begins))
    }
}

/// The drill of that name.
pub fn find(name: &str) -> Option<&'static Drill> {
    DRILLS.iter().find(|drill| drill.name == name)
}

/// Lets a drill begin at a moment; it takes the place of any other.
pub fn schedule(world: &World, name: &str, begins: Time) -> Result<(), SimError> {
    let Some(drill) = find(name) else {
        let known: Vec<&str> = DRILLS.iter().map(|drill| drill.name).collect();
        return Err(SimError::UnknownDrill { name: name.to_owned(), known: known.join(", ") });
    };
    let running =
        Running { name: drill.name, begins, phase: Phase::Scheduled, resolved: None, looked: begins };
    world.drill.send_replace(Some(running));
    Ok(())
}

/// Moves the drill under way along.
pub fn step(world: &World, now: Time) {
    let Some(mut running) = world.drill.borrow().clone() else { return };
    let Some(drill) = find(running.name) else { return };
    if running.phase == Phase::Resolved || now < running.looked {
        return;
    }
    running.looked = now.plus(LOOK);
    let before = running.phase;
    match running.phase {
        Phase::Scheduled => {
            (drill.start)(world, now);
            running.phase = Phase::Begun;
        }
        Phase::Begun if !(drill.healthy)(world) => running.phase = Phase::Broken,
        Phase::Broken if (drill.healthy)(world) => {
            running.phase = Phase::Resolved;
            running.resolved = Some(now);
        }
        _ => {}
    }
    world.drill.send_if_modified(|held| {
        let told = running.phase != before;
        *held = Some(running);
        told
    });
}

fn bad_release(world: &World, now: Time) {
    let (author, email) = AUTHORS[2];
    let message = "appointments: raise pool size for the vaccination week\n\nRelease 2.15.0. CHG-4457.";
    let edits = [
        Edit::Tag("appointments-api", "v2.15.0"),
        Edit::Tag("appointments-worker", "v2.15.0"),
        Edit::Variable("appointments-api", "DB_POOL_SIZE", "220"),
    ];
    edit(&world.git, &Authored { author, email, date: now, message }, "prod", "appointments", &edits);
}

fn expired_credential(world: &World, now: Time) {
    let Some(env) = world.env("prod") else { return };
    env.credentials.expire("database/static-creds/billing", Some(now));
    if let Some(vault) = env.systems.get::<Vault>() {
        vault.miss_rotation(now, "database/", "billing");
    }
}

fn node_lost(world: &World, _now: Time) {
    let Some(env) = world.env("prod") else { return };
    let pods = env.cluster.list(known::PODS, None);
    let weight = |node: &str| {
        let on = pods.iter().filter(|pod| pod["spec"]["nodeName"] == node);
        let (mut all, mut fixed) = (0_usize, 0_usize);
        for pod in on {
            all += 1;
            fixed += usize::from(pod["metadata"]["ownerReferences"][0]["kind"] == "StatefulSet");
        }
        (std::cmp::Reverse(fixed), all)
    };
    let nodes = env.cluster.list(known::NODES, None);
    let workers = nodes
        .iter()
        .filter(|node| node["metadata"]["labels"].get("node-role.kubernetes.io/control-plane").is_none());
    // The busiest of those with the fewest databases: enough to wake someone, not enough to end the day.
    let names = workers.filter_map(|node| node["metadata"]["name"].as_str());
    if let Some(node) = names.max_by_key(|node| weight(node)) {
        env.faults.lose_node(node);
    }
}

#[cfg(test)]
mod tests;
