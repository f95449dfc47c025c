//! `vigie demo`: the cockpit on the simulated platform, or only the platform.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use clap::Args;
use clap_complete::{ArgValueCandidates, CompletionCandidate};
use futures::FutureExt;
use tokio::sync::watch;

use crate::{
    app::Notice,
    config::{Config, Problem, default_journal},
    connector,
    model::{Clock, Fault, FaultKind, Severity, SystemClock, Time},
    sim::{
        Options, Platform,
        drill::{self, Phase, Running},
        files::{Files, configuration},
        world::ENVIRONMENTS,
    },
};

use super::{
    answer::Exit,
    cockpit::{self, Connected, Opening},
    context::Common,
    get::age,
    output::{out, say},
};

/// Arguments of `demo`.
#[derive(Args, Clone, Debug)]
pub struct Demo {
    /// Start an incident: bad-release, expired-credential, node-lost
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(drills))]
    pub drill: Option<String>,
    /// What fixes everything random
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Simulated seconds per real second: 1 real time, 10 fast, 0 frozen
    #[arg(long, default_value_t = 1.0)]
    pub speed: f64,
    /// A tour of two minutes, with an incident under way
    #[arg(long, conflicts_with = "serve")]
    pub tour: bool,
    /// Only serve the platform, for kubectl, argocd, bao, amtool, promtool and logcli
    #[arg(long, requires = "dir")]
    pub serve: bool,
    /// Where to write kubeconfig, argocd.yaml, env and vigie.toml
    #[arg(long, value_name = "DIR", requires = "serve")]
    pub dir: Option<PathBuf>,
}

/// Runs the demo.
pub async fn run(common: &Common, demo: &Demo) -> Exit {
    if let Some(name) = &demo.drill
        && !drill::DRILLS.iter().any(|d| d.name == name)
    {
        let known: Vec<_> = drill::DRILLS.iter().map(|d| d.name).collect();
        say(format!("there is no drill `{name}`; known: {}", known.join(", ")));
        return Exit::Usage;
    }
    if !(0.0..=1000.0).contains(&demo.speed) {
        say("--speed takes 0 (frozen) to 1000");
        return Exit::Usage;
    }
    match &demo.dir {
        Some(dir) if demo.serve => serve(demo, dir).await,
        _ => show(common, demo).await,
    }
}

fn options(demo: &Demo) -> Options {
    let drill = demo.drill.clone().or_else(|| demo.tour.then(|| TOURED.to_owned()));
    Options { seed: demo.seed, speed: demo.speed, drill, start: None }
}

/// The incident of the tour.
const TOURED: &str = "bad-release";

fn drills() -> Vec<CompletionCandidate> {
    drill::DRILLS.iter().map(|d| CompletionCandidate::new(d.name).help(Some(d.description.into()))).collect()
}

/// What to say to someone who opens the demo for the first time on this machine.
fn welcome() -> Option<String> {
    let seen = default_journal()?.with_file_name("demo-seen");
    if seen.exists() {
        return None;
    }
    // Where nothing can be kept, it is said every time.
    let _ = fs::create_dir_all(seen.parent()?).and_then(|()| fs::write(&seen, ""));
    Some("new here? `vigie demo --tour` shows the way round in two minutes; `?` shows the keys".to_owned())
}

/// Serves until told to end.
async fn serve(demo: &Demo, dir: &Path) -> Exit {
    let platform = match Platform::start(options(demo)).await {
        Ok(platform) => platform,
        Err(error) => {
            say(format!("the simulated platform cannot start: {error}"));
            return Exit::Failed;
        }
    };
    if let Err(error) = Files::of(&platform).write(dir) {
        say(format!("{}: {error}", dir.display()));
        return Exit::Failed;
    }
    let mut text = String::new();
    for (env, _) in ENVIRONMENTS {
        for (system, endpoint) in platform.endpoints(env).iter() {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{env:<8} {system:<13} {}", endpoint.url());
        }
    }
    out(&format!("{text}ready\n"));
    let mut term = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(term) => term,
        Err(error) => {
            say(format!("cannot wait for a signal: {error}"));
            return Exit::Failed;
        }
    };
    let tell = async {
        if let Some(text) = resolution(platform.drills()).await {
            out(&format!("{text}\n"));
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = term.recv() => {}
        () = tell => {}
    }
    Exit::Done
}

/// Waits until a drill is resolved, and says so; waits for ever when none ever is.
async fn resolution(mut drills: watch::Receiver<Option<Running>>) -> Option<String> {
    let resolved = |held: &Option<Running>| held.as_ref().is_some_and(|drill| drill.took().is_some());
    let drill = drills.wait_for(resolved).await.ok()?.clone()?;
    Some(ending(&drill))
}

/// How a drill has ended, or what could have ended it.
fn ending(running: &Running) -> String {
    let way_out = drill::find(running.name).map_or("", |drill| drill.way_out);
    let how = match (running.took(), running.phase) {
        (Some(took), _) => format!("resolved {} after it began", age(took)),
        (None, Phase::Scheduled | Phase::Begun) => "nothing was broken yet".to_owned(),
        (None, _) => format!("not resolved; one way out: {way_out}"),
    };
    format!("drill {}: {how}", running.name)
}

/// Opens the cockpit; the platform starts when the first frame is drawn.
async fn show(common: &Common, demo: &Demo) -> Exit {
    let plan = match Config::parse(
        Path::new("(demo)"),
        &configuration(|_, system| Some(format!("http://{system}.invalid"))),
    ) {
        Ok(config) => narrowed(config, common),
        Err(problems) => {
            problems.iter().for_each(say);
            return Exit::Failed;
        }
    };
    let files = std::env::temp_dir().join(format!("vigie-demo-{}", std::process::id()));
    let clock = Arc::new(DemoClock::default());
    let mut opening = Opening::of(&plan, Arc::<DemoClock>::clone(&clock));
    opening.journal = Some(files.join("journal"));
    opening.tour = demo.tour;
    opening.notice = if demo.tour { None } else { welcome() };
    opening.plain = common.plain;
    let (options, common, dir) = (options(demo), common.clone(), files.clone());
    let drills = Arc::new(OnceLock::new());
    let told_to = Arc::clone(&drills);
    let connect = async move {
        let fault =
            |why: String| Fault::new(FaultKind::Server, "vigie demo", "start the simulated platform", why);
        let platform = Platform::start(options).await.map_err(|e| fault(e.to_string()))?;
        let _ = clock.0.set(Arc::<crate::sim::clock::SimClock>::clone(&platform.world().clock));
        Files::of(&platform).write(&dir).map_err(|e| fault(e.to_string()))?;
        let told = |problems: Vec<Problem>| fault(problems.iter().map(ToString::to_string).collect());
        let config = narrowed(Config::load(&dir.join("vigie.toml")).map_err(told)?, &common);
        let clock: Arc<dyn Clock> = clock;
        let connectors = connector::registry::connect(&config, Arc::clone(&clock));
        let _ = told_to.set(platform.drills());
        let news = resolution(platform.drills()).map(|text| Some(Notice::new(Severity::Ok, text?))).boxed();
        Ok(Connected { connectors, news, keep: Box::new(platform) })
    };
    let exit = Box::pin(cockpit::open(opening, connect)).await;
    // On the screen it stood for a moment only.
    if let Some(drill) = drills.get().and_then(|drills| drills.borrow().clone()) {
        say(ending(&drill));
    }
    // What the demo left behind goes with it; nothing is lost when it cannot.
    let _ = fs::remove_dir_all(&files);
    exit
}

fn narrowed(mut config: Config, common: &Common) -> Config {
    config.environments.retain(|e| common.env.as_ref().is_none_or(|wanted| *wanted == e.name));
    config
}

/// The simulated clock from the moment there is one, the machine's before.
#[derive(Default)]
struct DemoClock(OnceLock<Arc<crate::sim::clock::SimClock>>);

impl Clock for DemoClock {
    fn now(&self) -> Time {
        self.0.get().map_or_else(|| SystemClock.now(), |clock| clock.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::server::SYSTEMS;

    #[tokio::test]
    async fn a_drill_that_is_not_resolved_tells_the_way_out() {
        let start = "2026-11-21T03:12:44Z".parse().expect("a moment");
        let still = Options { speed: 0.0, start: Some(start), ..Options::default() };
        let platform = Platform::start_with(still, &SYSTEMS[..1]).await.expect("a platform");
        platform.start_drill("node-lost").expect("a drill");
        let told = || ending(&platform.drill().expect("under way"));
        assert_eq!(told(), "drill node-lost: nothing was broken yet");
        while platform.drill().is_some_and(|drill| drill.phase != Phase::Broken) {
            platform.advance(std::time::Duration::from_secs(10));
        }
        assert!(
            told().starts_with("drill node-lost: not resolved; one way out: Let the pods move"),
            "{}",
            told()
        );
    }
}
