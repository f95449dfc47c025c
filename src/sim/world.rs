//! The simulated world: its environments, its git history and its clock.

mod containers;
mod credentials;
mod databases;
mod faults;
mod signals;

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex},
};

use tokio::sync::watch;

pub use self::{
    containers::{Container, ContainerKey, Containers},
    credentials::{Credential, Credentials},
    databases::Databases,
    faults::Faults,
    signals::{ContainerUsage, Signal, Signals, Usage},
};
use super::{SimClock, cluster::Cluster, drill::Running, git::Git, http::DemoCa, lock, logs::LogStore};
use crate::model::{Clock, Time};

/// How much an environment matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Broken things cost nothing.
    Development,
    /// The last look before production.
    Staging,
    /// Patients wait.
    Production,
}

/// The names and tiers of the three environments, in order.
pub const ENVIRONMENTS: [(&str, Tier); 3] =
    [("dev", Tier::Development), ("staging", Tier::Staging), ("prod", Tier::Production)];

/// Everything simulated.
#[derive(Debug)]
pub struct World {
    /// The environments: dev, staging, prod.
    pub envs: Vec<Arc<Env>>,
    /// The time.
    pub clock: Arc<SimClock>,
    /// The deployment repository.
    pub git: Arc<Git>,
    /// Who signs the servers' certificates.
    pub ca: Arc<DemoCa>,
    /// What fixes everything random.
    pub seed: u64,
    /// The drill under way.
    pub drill: watch::Sender<Option<Running>>,
}

impl World {
    /// The environment of that name.
    pub fn env(&self, name: &str) -> Option<&Arc<Env>> {
        self.envs.iter().find(|env| env.name == name)
    }

    /// The moment it is now.
    pub fn now(&self) -> Time {
        self.clock.now()
    }
}

/// One environment and what its systems share.
#[derive(Debug)]
pub struct Env {
    /// `dev`, `staging` or `prod`.
    pub name: &'static str,
    /// How much it matters.
    pub tier: Tier,
    /// Its place in [`World::envs`].
    pub index: usize,
    /// Its cluster's objects.
    pub cluster: Arc<Cluster>,
    /// What its containers write.
    pub logs: Arc<LogStore>,
    /// How its applications do: the source of its metrics.
    pub signals: Signals,
    /// What its pods and nodes use.
    pub usage: Usage,
    /// What its databases and secret engines hold and accept.
    pub credentials: Credentials,
    /// What its kubelets run.
    pub containers: Containers,
    /// Its database servers as their clients meet them.
    pub databases: Databases,
    /// What is broken underneath.
    pub faults: Faults,
    /// The state of its other systems (Argo CD, Vault, ...), each under its own type.
    pub systems: Systems,
    /// Its clock, the same as the world's.
    pub clock: Arc<SimClock>,
}

impl Env {
    /// An empty environment.
    pub fn new(index: usize, name: &'static str, tier: Tier, clock: Arc<SimClock>, seed: u64) -> Self {
        Self {
            name,
            tier,
            index,
            cluster: Arc::new(Cluster::new(Arc::clone(&clock), seed.wrapping_add(index as u64))),
            logs: Arc::default(),
            signals: Signals::default(),
            usage: Usage::default(),
            credentials: Credentials::default(),
            containers: Containers::default(),
            databases: Databases::default(),
            faults: Faults::default(),
            systems: Systems::default(),
            clock,
        }
    }

    /// The moment it is now.
    pub fn now(&self) -> Time {
        self.clock.now()
    }
}

/// The state of an environment's systems: one slot per type, so that a new system touches nothing here.
#[derive(Default)]
pub struct Systems(Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl Systems {
    /// Puts a system in its slot. It must not hold the `World` or `Env` strongly: they would never be freed.
    pub fn put<T: Any + Send + Sync>(&self, system: Arc<T>) {
        lock(&self.0).insert(TypeId::of::<T>(), system);
    }

    /// The system of that type, once it is installed.
    pub fn get<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        lock(&self.0).get(&TypeId::of::<T>()).cloned()?.downcast().ok()
    }
}

impl fmt::Debug for Systems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Systems({})", lock(&self.0).len())
    }
}

/// Something that works on an environment at every simulated step, in the order of registration.
pub trait Controller: Send {
    /// Brings the environment nearer to what is wanted. Called every [`STEP`](super::server::STEP) of simulated
    /// time: do nothing when nothing has changed and nothing is due.
    fn reconcile(&mut self, env: &Env, now: Time, rng: &mut fastrand::Rng);
}
