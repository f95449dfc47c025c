//! Pictures of the demo for the README: real frames of the real screen on the simulated platform, made by the keys
//! an engineer would press. `UPDATE=1 cargo test` writes them to `screenshots/`.

use std::{fs, path::Path, sync::Arc, time::Duration};

use tokio::sync::mpsc;
use vigie::{
    action::port::Systems as _,
    app::{Effect, Event, Size},
    config::Config,
    connector::{registry, tls::install_crypto},
    journal::{Actor, Journal, Session},
    model::{Clock, Time},
    runtime::{Hands, Supervisor},
    shot::{Paper, svg},
    sim::{Options, Platform, files::Files},
    store::{Batch, Store},
    theme,
};

use crate::driver::Driver;

/// The moment the platform starts at: six minutes before the sketch's three in the morning.
const START: &str = "2026-11-21T03:06:44Z";
/// How long a screen may take to show what it must.
const PATIENCE: Duration = Duration::from_secs(240);

/// The screen, joined to the platform as the program joins it.
struct Stage {
    driver: Driver,
    events: mpsc::Receiver<Event>,
    effects: mpsc::UnboundedSender<Effect>,
    batches: mpsc::Receiver<Batch>,
    now: Time,
}

impl Stage {
    /// Waits until the screen shows a text.
    async fn until(&mut self, text: &str) {
        self.rest(text, |screen| screen.contains(text)).await;
    }

    /// Waits until the screen no longer shows a text.
    async fn gone(&mut self, text: &str) {
        self.rest(text, |screen| !screen.contains(text)).await;
    }

    /// Waits until something holds of what the screen shows.
    async fn rest(&mut self, text: &str, holds: impl Fn(&str) -> bool) {
        self.holds(text, |driver| holds(&driver.screen())).await;
    }

    /// Waits until something holds of the screen.
    async fn holds(&mut self, text: &str, holds: impl Fn(&mut Driver) -> bool) {
        let shown = async {
            loop {
                for effect in self.driver.effects.drain(..) {
                    self.effects.send(effect).expect("hands");
                }
                if holds(&mut self.driver) {
                    return;
                }
                let event = tokio::select! {
                    event = self.events.recv() => event.expect("an event"),
                    batch = self.batches.recv() => Event::Batches(vec![batch.expect("a batch")]),
                };
                self.driver.event(event);
                self.driver.event(Event::Tick(self.now));
                self.driver.event(Event::Rest);
            }
        };
        let waited = tokio::time::timeout(PATIENCE, shown).await;
        assert!(waited.is_ok(), "waited for `{text}`:\n{}", self.driver.screen());
    }

    fn size(&mut self, width: u16, height: u16) {
        self.driver.event(Event::Resize(Size { width, height }));
    }

    /// Holds what is on the screen as a picture.
    fn picture(&mut self, name: &str, paper: &Paper, title: &str) {
        let text = svg(&self.driver.draw(), paper, title);
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots").join(name).with_extension("svg");
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(file.parent().expect("a folder")).expect("made");
            fs::write(&file, &text).expect("written");
        }
        let kept = fs::read_to_string(&file)
            .unwrap_or_else(|e| panic!("{}: {e}; UPDATE=1 cargo test makes it", file.display()));
        let head = |svg: &str| svg.lines().take(2).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(head(&kept), head(&text), "{name} is of another size or title: UPDATE=1 cargo test");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_of_the_demo() {
    install_crypto();
    let start: Time = START.parse().expect("a moment");
    let options = Options { seed: 1, speed: 0.0, start: Some(start), drill: Some("bad-release".to_owned()) };
    let platform = Platform::start(options).await.expect("the platform");
    platform.advance(Duration::from_secs(6 * 60));
    let dir = tempfile::tempdir().expect("a folder");
    Files::of(&platform).write(dir.path()).expect("files");
    let config = Config::load(&dir.path().join("vigie.toml")).expect("a configuration");
    let clock: Arc<dyn Clock> = Arc::clone(&platform.world().clock) as Arc<dyn Clock>;
    let systems = Arc::new(Supervisor::new(registry::connect(&config, Arc::clone(&clock)), clock));
    let session = Session {
        id: uuid::Uuid::from_u128(1),
        actor: Actor { issuer: "demo".into(), subject: "nadia".into(), name: "nadia".into() },
        host: "bastion".into(),
        ssh: None,
    };
    let journal = Journal::open(&dir.path().join("journal"), session).map_err(|e| e.to_string());
    let (out, batches) = mpsc::channel(64);
    let _tasks = systems.watch(&out);
    let (events_in, events) = mpsc::channel(64);
    let (effects, effects_out) = mpsc::unbounded_channel();
    let hands = Hands::new(Arc::clone(&systems), config.environments(), journal, events_in);
    tokio::spawn(hands.serve(effects_out));
    let known = config.systems().into_iter().map(|(system, _)| system).collect();
    let driver = Driver::new(Store::new(config.environments(), known), systems.now(), 160, 45);
    let mut stage = Stage { driver, events, effects, batches, now: systems.now() };

    // What differs before a sync.
    stage.until("CrashLoopBackOff").await;
    stage.until("Degraded").await;
    stage.until("Progressing").await;
    stage.until("patient-portal").await;
    stage.gone("loading").await;
    // The list tells no revisions: those come with the stream.
    stage
        .holds("every application whole", |d| {
            d.state.store.applications.iter().all(|a| !a.revision.is_empty())
        })
        .await;
    stage.driver.keys("g d j v");
    stage.until("@@").await;
    stage.picture("diff-160x45", &Paper::DARK, "vigie: live against desired");

    // The incident: the panes follow the application.
    stage.driver.keys("esc j");
    stage.until("Logs appointments").await;
    stage.until(" ERROR ").await;
    for (width, height) in [(80, 24), (120, 40), (160, 45), (200, 60)] {
        stage.size(width, height);
        stage.picture(&format!("triage-{width}x{height}"), &Paper::DARK, "vigie: triage of a bad release");
    }
    stage.size(160, 45);
    stage.driver.keys("x");
    stage.until("why of application appointments").await;
    stage.picture("why-160x45", &Paper::DARK, "vigie: why it is broken");

    // The way back, as far as production lets it go without its name.
    stage.driver.keys("esc R");
    stage.until("runs now").await;
    stage.picture("history-160x45", &Paper::DARK, "vigie: choosing what to roll back to");
    stage.driver.keys("enter");
    stage.until("hooks do not run").await;
    stage.picture("plan-rollback-160x45", &Paper::DARK, "vigie: the plan of a roll back in production");

    // Finding, and help.
    stage.driver.keys("esc esc :").text("roll");
    stage.picture("palette-160x45", &Paper::DARK, "vigie: the palette");
    stage.driver.keys("esc ?");
    stage.picture("help-160x45", &Paper::DARK, "vigie: the keys of the place");
    stage.driver.keys("esc");
    stage.driver.state.settings.theme = Arc::new(theme::shipped("light").expect("shipped"));
    stage.picture("triage-light-160x45", &Paper::LIGHT, "vigie: triage, light theme");
}
