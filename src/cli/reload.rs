//! Reads the configuration anew when its files change: keys, colours and policies at once, the rest said.

use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};

use tokio::sync::mpsc;

use crate::{
    app::{Event, Notice, Settings},
    config::{EnvironmentConfig, Loaded, PolicyConfig, Problem, ScreenConfig},
    model::{Environment, Severity},
    runtime::settings::settings,
};

use super::{context::Common, policy};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// A configuration on disk, and how it was last read.
#[derive(Clone, Debug)]
pub struct Reload {
    main: PathBuf,
    stamps: Vec<(PathBuf, Stamp)>,
    environments: Vec<EnvironmentConfig>,
}

/// When a file last changed, and how long it is; nothing when it is not there.
type Stamp = Option<(SystemTime, u64)>;

/// What reading anew gave.
#[derive(Debug)]
enum Anew {
    /// It is right: how the screen looks now, what each environment asks now, and the environments that are otherwise
    /// other than before.
    Right(Box<Settings>, Vec<Environment>, Vec<String>),
    /// It is wrong.
    Wrong(Vec<Problem>),
}

impl Reload {
    /// The configuration that a command line names; nothing where there is none.
    pub fn of(common: &Common) -> Option<Self> {
        let main = common.file()?;
        let loaded = policy::load(&main);
        let stamps = stamps(&main, &loaded.files, &loaded.config.screen);
        Some(Self { main, stamps, environments: loaded.config.environments })
    }

    /// Reads it when a file changed since the last look.
    fn look(&mut self) -> Option<Anew> {
        if self.stamps.iter().all(|(path, before)| stamp(path) == *before) {
            return None;
        }
        let Loaded { config, mut problems, files, .. } = policy::load(&self.main);
        let (settings, wrong) = settings(&config.screen);
        problems.extend(wrong);
        self.stamps = stamps(&self.main, &files, &config.screen);
        if !problems.is_empty() {
            return Some(Anew::Wrong(problems));
        }
        // What the screen is connected to stays what it was at the start.
        let other = differing(&self.environments, &config.environments);
        Some(Anew::Right(Box::new(settings), config.environments(), other))
    }
}

/// Names of environments that came, went or are reached otherwise.
fn differing(before: &[EnvironmentConfig], now: &[EnvironmentConfig]) -> Vec<String> {
    // What they ask takes effect at once.
    let bare = |all: &[EnvironmentConfig]| -> Vec<EnvironmentConfig> {
        all.iter().map(|e| EnvironmentConfig { policy: PolicyConfig::default(), ..e.clone() }).collect()
    };
    let (before, now) = (bare(before), bare(now));
    let gone = before.iter().filter(|e| !now.contains(e));
    let changed = now.iter().filter(|e| !before.contains(e)).chain(gone);
    let mut names: Vec<String> = changed.map(|e| e.name.clone()).collect();
    names.sort();
    names.dedup();
    names
}

/// The files to look at: those that were read, keymap and theme, and the folder where environments may come.
fn stamps(main: &std::path::Path, files: &[PathBuf], screen: &ScreenConfig) -> Vec<(PathBuf, Stamp)> {
    let named = [&screen.keymap, &screen.theme].into_iter().flatten().map(PathBuf::from);
    let all = files.iter().cloned().chain(named).chain([main.with_file_name("environments")]);
    all.map(|path| {
        let now = stamp(&path);
        (path, now)
    })
    .collect()
}

fn stamp(path: &std::path::Path) -> Stamp {
    let data = std::fs::metadata(path).ok()?;
    Some((data.modified().ok()?, data.len()))
}

/// Looks every two seconds, and hands what is new to the screen; without a configuration there is nothing to do.
pub async fn follow(reload: Option<Reload>, events: mpsc::Sender<Event>) {
    let Some(mut reload) = reload else { return };
    let mut look = tokio::time::interval(LOOK);
    loop {
        look.tick().await;
        let Some(anew) = reload.look() else { continue };
        for event in told(anew) {
            if events.send(event).await.is_err() {
                return;
            }
        }
    }
}

fn told(anew: Anew) -> Vec<Event> {
    match anew {
        Anew::Wrong(problems) => {
            let first = problems.first().map_or_else(String::new, ToString::to_string);
            let more = if problems.len() > 1 {
                format!(" (and {} more)", problems.len() - 1)
            } else {
                String::new()
            };
            let text = format!("{first}{more} · what was read before stays");
            vec![Event::Notice(Notice::new(Severity::Warning, text))]
        }
        Anew::Right(settings, environments, other) => {
            let restart = if other.is_empty() {
                String::new()
            } else {
                format!("; restart to connect to {} as configured now", other.join(", "))
            };
            let text = format!("configuration read anew: keys, colours and policies{restart}");
            let severity = if other.is_empty() { Severity::Ok } else { Severity::Warning };
            vec![
                Event::Settings(settings),
                Event::Policies(environments),
                Event::Notice(Notice::new(severity, text)),
            ]
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{app::Command, keymap::Context};

    #[test]
    fn right_files_take_effect_and_wrong_ones_are_told_and_change_nothing() {
        let home = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| fs::write(home.path().join(name), text).expect("written");
        write("vigie.toml", "[screen]\nkeymap = \"keys.toml\"\n[[environment]]\nname = \"dev\"\n");
        write("keys.toml", "keys = []\n");
        let common = Common { config: Some(home.path().join("vigie.toml")), ..Common::default() };
        let mut reload = Reload::of(&common).expect("a configuration");
        assert!(reload.look().is_none());

        write("keys.toml", "keys = [{ on = \"X\", run = \"help\" }]\n");
        let Some(Anew::Right(settings, _, other)) = reload.look() else { panic!("it changed and is right") };
        let help = settings.keys.key_for(&[Context::Global], |run| *run == Command::Help).expect("a key");
        assert!(
            settings.keys.bindings().iter().any(|b| b.run == Command::Help && b.on[0].to_string() == "X"),
            "{help:?}"
        );
        assert!(other.is_empty());
        assert!(reload.look().is_none());

        write("keys.toml", "keys = [{ on = \"X\", run = \"flying\" }]\n");
        let events = told(reload.look().expect("it changed"));
        let [Event::Notice(notice)] = events.as_slice() else { panic!("{events:?}") };
        assert!(notice.text.contains("keys.toml:1:9: unknown command `flying`"), "{}", notice.text);
        assert!(notice.text.ends_with("what was read before stays"), "{}", notice.text);

        write("keys.toml", "keys = []\n");
        fs::create_dir(home.path().join("environments")).expect("made");
        write("environments/lab.toml", "tier = \"dev\"\n");
        let Some(Anew::Right(_, _, other)) = reload.look() else { panic!("it is right again") };
        assert_eq!(other, ["lab"]);
    }

    #[test]
    fn policies_are_read_anew_and_need_no_restart() {
        let home = tempfile::tempdir().expect("a folder");
        let write = |text: &str| fs::write(home.path().join("vigie.toml"), text).expect("written");
        write("[[environment]]\nname = \"dev\"\ntier = \"dev\"\n");
        let common = Common { config: Some(home.path().join("vigie.toml")), ..Common::default() };
        let mut reload = Reload::of(&common).expect("a configuration");
        write("[[environment]]\nname = \"dev\"\ntier = \"dev\"\npolicy = { deny = [\"drain\"] }\n");
        let Some(Anew::Right(_, environments, other)) = reload.look() else { panic!("it is right") };
        assert!(other.is_empty(), "{other:?}");
        assert_eq!(environments[0].policy.rules[0].to_string(), "deny, vigie.toml:4");
    }
}
