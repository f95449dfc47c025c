//! The platform itself: starts the world, steps it, and serves its systems on loopback.

mod alertmanager;
pub mod argocd;
pub mod kubernetes;
mod loki;
mod params;
mod prometheus;
mod stepper;
mod vault;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::Router;
use tokio::{sync::watch, task::JoinHandle};

pub use self::stepper::STEP;
use self::stepper::Stepper;
use super::{
    Controller, Env, SimClock, SimError, World, catalog, controller, drill,
    git::Git,
    http::{self, DemoCa, Server},
    lock,
    workload::Workload,
    world::ENVIRONMENTS,
};
use crate::model::{Clock, SystemClock, Time};

/// What one system brings into an environment.
#[derive(Default)]
pub struct Installed {
    /// What it does at every step, in order.
    pub controllers: Vec<Box<dyn Controller>>,
    /// What it serves; none when it has no server of its own.
    pub router: Option<Router>,
    /// Whether it is served over TLS.
    pub tls: bool,
}

/// One kind of simulated system: a row in [`SYSTEMS`].
pub struct System {
    /// Its name in [`Endpoints`]: `kubernetes`, `argocd`, `vault`, ...
    pub name: &'static str,
    /// Puts it into an environment, after the objects of the catalogue are there.
    pub install: fn(&Arc<World>, &Arc<Env>) -> Result<Installed, SimError>,
}

/// The systems that every environment has; a new one adds its module above and its row here.
pub const SYSTEMS: &[System] = &[
    System { name: "kubernetes", install: kubernetes::install },
    System { name: "argocd", install: argocd::install },
    System { name: "vault", install: vault::install },
    System { name: "alertmanager", install: alertmanager::install },
    System { name: "prometheus", install: prometheus::install },
    System { name: "loki", install: loki::install },
];

/// How to start the platform.
#[derive(Clone, Debug)]
pub struct Options {
    /// What fixes everything random.
    pub seed: u64,
    /// Simulated seconds per real second; 0 is frozen, moved only by [`Platform::advance`].
    pub speed: f64,
    /// The simulated moment to start at; the real one by default.
    pub start: Option<Time>,
    /// The drill to begin some 20 simulated seconds after the start.
    pub drill: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: 1, speed: 1.0, start: None, drill: None }
    }
}

/// Where one system listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The address on loopback.
    pub addr: SocketAddr,
    /// Whether it speaks TLS with a certificate of the demo's authority.
    pub tls: bool,
}

impl Endpoint {
    /// Its URL without a path: `https://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        format!("{}://{}", if self.tls { "https" } else { "http" }, self.addr)
    }
}

/// Where the systems of one environment listen.
#[derive(Clone, Debug, Default)]
pub struct Endpoints(BTreeMap<&'static str, Endpoint>);

impl Endpoints {
    /// Where a system listens; none when it is not served.
    pub fn get(&self, system: &str) -> Option<Endpoint> {
        self.0.get(system).copied()
    }

    /// Endpoints by name, for what is served without a platform.
    pub fn of(served: &[(&'static str, Endpoint)]) -> Self {
        Self(served.iter().copied().collect())
    }

    /// Every system served, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Endpoint)> {
        self.0.iter().map(|(name, endpoint)| (*name, *endpoint))
    }
}

/// A running simulated platform; dropping it stops everything.
pub struct Platform {
    world: Arc<World>,
    stepper: Arc<Mutex<Stepper>>,
    endpoints: Vec<Endpoints>,
    servers: Vec<((usize, &'static str), Server)>,
    ticker: Option<JoinHandle<()>>,
}

impl Platform {
    /// Starts the world, its servers and its time. Needs a tokio runtime.
    pub async fn start(options: Options) -> Result<Self, SimError> {
        Self::start_with(options, SYSTEMS).await
    }

    /// Starts with some of the systems only: nothing else acts on the objects then.
    pub async fn start_with(options: Options, systems: &[System]) -> Result<Self, SimError> {
        let start = options.start.unwrap_or_else(|| SystemClock.now());
        let clock = Arc::new(SimClock::new(start.minus(WARM_UP + SETTLING), 0.0));
        let world = Arc::new(empty_world(options.seed, Arc::clone(&clock))?);
        let mut stepper = Stepper::new(&world);
        warm_up(&world, &mut stepper, start);
        let mut routers = Vec::new();
        for env in &world.envs {
            for system in systems {
                let installed = (system.install)(&world, env)?;
                stepper.add(env.index, installed.controllers);
                if let Some(router) = installed.router {
                    routers.push((env.index, system.name, router, installed.tls));
                }
            }
        }
        catalog::late_changes(&world, clock.now());
        stepper.jump(SETTLING, Duration::from_secs(20));
        if let Some(name) = &options.drill {
            drill::schedule(&world, name, start.plus(DRILL_AFTER))?;
        }
        let mut endpoints = vec![Endpoints::default(); world.envs.len()];
        let mut servers = Vec::new();
        for (index, name, router, tls) in routers {
            let config = if tls { Some(world.ca.server_config()?) } else { None };
            let server = http::serve(router, config).await?;
            endpoints[index].0.insert(name, Endpoint { addr: server.addr(), tls });
            servers.push(((index, name), server));
        }
        if options.start.is_none() && options.speed > 0.0 {
            // It was a while ago that the start was to be now.
            clock.advance(SystemClock.now().since(clock.now()));
        }
        clock.set_speed(options.speed);
        let stepper = Arc::new(Mutex::new(stepper));
        let ticker = (options.speed > 0.0).then(|| tokio::spawn(stepper::run(Arc::clone(&stepper))));
        Ok(Self { world, stepper, endpoints, servers, ticker })
    }

    /// The world, to look at or to reach into.
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// Where the systems of an environment listen; nothing for an unknown one.
    pub fn endpoints(&self, env: &str) -> Endpoints {
        self.world.env(env).map_or_else(Endpoints::default, |env| self.endpoints[env.index].clone())
    }

    /// Moves a frozen world forward, step by step.
    pub fn advance(&self, by: Duration) {
        lock(&self.stepper).advance(by);
    }

    /// Begins a drill now.
    pub fn start_drill(&self, name: &str) -> Result<(), SimError> {
        drill::schedule(&self.world, name, self.world.now())
    }

    /// The drill under way and how far it is.
    pub fn drill(&self) -> Option<drill::Running> {
        self.world.drill.borrow().clone()
    }

    /// The drill under way, told anew at every phase.
    pub fn drills(&self) -> watch::Receiver<Option<drill::Running>> {
        self.world.drill.subscribe()
    }

    /// Kills a system's server: its connections break and its port refuses. Says whether it was there.
    pub fn kill(&self, env: &str, system: &str) -> bool {
        let Some(env) = self.world.env(env) else { return false };
        let found = self.servers.iter().find(|((index, name), _)| *index == env.index && *name == system);
        found.inspect(|(_, server)| server.stop()).is_some()
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        if let Some(ticker) = &self.ticker {
            ticker.abort();
        }
    }
}

/// Simulated time before the start in which everything comes up.
const WARM_UP: Duration = Duration::from_secs(150);
/// Simulated time before the start in which the world runs as a whole, so that there is something to look back on.
const SETTLING: Duration = Duration::from_secs(1_200);
/// How long after the start a drill given at the start begins.
const DRILL_AFTER: Duration = Duration::from_secs(20);

/// Plants the catalogue, brings it up and makes it look old.
fn warm_up(world: &World, stepper: &mut Stepper, start: Time) {
    catalog::plant(world, start);
    for env in &world.envs {
        let mut controllers = controller::all();
        controllers.push(Box::<Workload>::default());
        stepper.add(env.index, controllers);
    }
    stepper.jump(WARM_UP, Duration::from_secs(2));
    catalog::age(world, world.now());
}

fn empty_world(seed: u64, clock: Arc<SimClock>) -> Result<World, SimError> {
    let env = |(index, (name, tier))| Arc::new(Env::new(index, name, tier, Arc::clone(&clock), seed));
    let envs = ENVIRONMENTS.into_iter().enumerate().map(env).collect();
    let (git, ca) = (Arc::new(Git::default()), Arc::new(DemoCa::new()?));
    Ok(World { envs, git, ca, seed, clock, drill: watch::Sender::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_frozen_platform_moves_by_hand() {
        let start: Time = "2026-11-21T03:12:44Z".parse().unwrap();
        let options = Options { speed: 0.0, start: Some(start), ..Options::default() };
        let platform = Platform::start(options).await.unwrap();
        platform.advance(Duration::from_secs(30));
        assert_eq!(platform.world().now(), start.plus(Duration::from_secs(30)));
        assert_eq!(platform.world().env("prod").unwrap().tier, super::super::world::Tier::Production);
    }
}
