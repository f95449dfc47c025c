//! Pictures of the demo for the README: real frames of the real screen on the simulated platform, made by the keys
//! an engineer would press. `UPDATE=1 cargo test` writes them, and the page that shows them all, to `screenshots/`.

use std::{fmt::Write as _, fs, path::Path, sync::Arc, time::Duration};

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
    /// The pictures taken: file name and what is to be seen.
    taken: Vec<(String, String)>,
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
        self.taken.push((name.to_owned(), title.to_owned()));
        let text = svg(&self.driver.draw(), paper, &format!("vigie: {title}"));
        let kept = kept(&format!("{name}.svg"), &text);
        let head = |svg: &str| svg.lines().take(2).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(head(&kept), head(&text), "{name} is of another size or title: UPDATE=1 cargo test");
    }
}

/// What is kept in a file of `screenshots/`; with `UPDATE=1` it is first written anew.
fn kept(name: &str, text: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots").join(name);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        fs::write(&file, text).expect("written");
    }
    fs::read_to_string(&file)
        .unwrap_or_else(|e| panic!("{}: {e}; UPDATE=1 cargo test makes it", file.display()))
}

/// The page that shows every picture.
fn gallery(taken: &[(String, String)]) -> String {
    let mut page =
        "# Gallery\n\nReal frames of the simulated platform, made by `UPDATE=1 cargo test`.\n".to_owned();
    for (name, title) in taken {
        let (first, rest) = title.split_at(1);
        let title = first.to_uppercase() + rest;
        let size = name.rsplit('-').next().unwrap_or_default().replace('x', "×");
        let _ = write!(page, "\n## {title} ({size})\n\n![{title}]({name}.svg)\n");
    }
    page.push_str("\n## Themes\n");
    for (name, _) in theme::SHIPPED {
        let _ = write!(page, "\n### `{name}`\n\n![{name}](themes/{name}.svg)\n");
    }
    page
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
    let mut stage = Stage { driver, events, effects, batches, now: systems.now(), taken: Vec::new() };

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
    stage.until("lines alike").await;
    stage.picture("diff-160x45", &Paper::DARK, "live against desired");

    // The incident: the panes follow the application.
    stage.driver.keys("esc j");
    stage.until("Logs appointments").await;
    stage.until(" ERROR ").await;
    for (width, height) in [(80, 24), (100, 30), (120, 40), (160, 45), (200, 60), (320, 90)] {
        stage.size(width, height);
        stage.picture(&format!("triage-{width}x{height}"), &Paper::DARK, "triage of a bad release");
    }
    stage.size(160, 45);
    stage.driver.keys("x");
    stage.until("why of application appointments").await;
    stage.picture("why-160x45", &Paper::DARK, "why it is broken");
    stage.driver.keys("esc enter");
    stage.until("sts/").await;
    stage.picture("tree-160x45", &Paper::DARK, "the resources of an application");
    stage.driver.keys("esc y");
    stage.until("syncPolicy").await;
    stage.picture("yaml-160x45", &Paper::DARK, "the manifest of an application");
    stage.driver.keys("esc l / t o o space m a n y");
    stage.until("too many").await;
    stage.picture("logs-160x45", &Paper::DARK, "the logs of all its pods, a search under way");
    stage.driver.keys("esc esc esc 3 d");
    stage.until("CrashLoopBackOff").await;
    stage.picture("describe-160x45", &Paper::DARK, "a pod described");

    // Other places.
    stage.driver.keys("esc esc g c z");
    stage.picture("matrix-160x45", &Paper::DARK, "applications by environment");
    stage.driver.keys("z esc :").text("certificates");
    stage.until("certificates.cert-manager.io").await;
    stage.driver.keys("enter z");
    stage.until("appointments-tls").await;
    stage.picture("objects-160x45", &Paper::DARK, "any kind of object of the clusters");
    stage.driver.keys("z ctrl-w 4");
    stage.picture("secrets-160x45", &Paper::DARK, "leases and certificates, soonest end first");
    stage.driver.keys("ctrl-w 6");
    stage.picture("environments-160x45", &Paper::DARK, "environments side by side");
    stage.driver.keys("ctrl-w 1 g d g g");

    // The way back, as far as production lets it go without its name.
    stage.driver.keys("esc R");
    stage.until("runs now").await;
    stage.picture("history-160x45", &Paper::DARK, "choosing what to roll back to");
    stage.driver.keys("enter");
    stage.until("hooks do not run").await;
    stage.picture("plan-rollback-160x45", &Paper::DARK, "the plan of a roll back in production");

    // Finding, and help.
    stage.driver.keys("esc esc :").text("roll");
    stage.picture("palette-160x45", &Paper::DARK, "the palette");
    stage.driver.keys("esc ?");
    stage.picture("help-160x45", &Paper::DARK, "the keys of the place");
    stage.driver.keys("esc");
    stage.driver.state.settings.theme = Arc::new(theme::shipped("light").expect("shipped"));
    stage.picture("triage-light-160x45", &Paper::LIGHT, "triage, light theme");
    let page = gallery(&stage.taken);
    assert_eq!(kept("README.md", &page), page, "UPDATE=1 cargo test makes it anew");
}
