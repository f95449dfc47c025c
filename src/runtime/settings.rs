//! What the screen starts with: keymap and theme as configured, fitted to the terminal.

use std::{fs, path::Path, sync::Arc};

use super::background;
use crate::{
    app::{LOG_MEMORY, LogSettings, Notify, Settings, keymap_named, load_keys, load_keys_on},
    config::{Problem, ScreenConfig},
    keymap::Source,
    theme::{Depth, Theme, load, shipped},
};

/// Frames a second that are drawn without a key being pressed, unless configured.
pub const FRAMES: u16 = 15;
/// The theme that lets the background decide.
const AUTO: &str = "auto";

/// Reads keymap and theme; what is wrong with them is told on the screen, which opens all the same.
pub fn settings(config: &ScreenConfig) -> (Settings, Vec<Problem>) {
    settings_in(config, |name| std::env::var(name).ok())
}

/// The same for a terminal of which `environment` tells the variables.
pub fn settings_in(
    config: &ScreenConfig,
    environment: impl Fn(&str) -> Option<String>,
) -> (Settings, Vec<Problem>) {
    let mut problems = Vec::new();
    let named = config.keymap.as_deref();
    let (keys, wrong) = match named.and_then(keymap_named) {
        Some(shipped) => load_keys_on(shipped, None),
        None => load_keys(named.and_then(|file| read(file, &mut problems))),
    };
    problems.extend(wrong);
    let depth = Depth::of_environment(&environment);
    let mut named = |name: &str, other| Arc::new(theme(name, other, &mut problems).at(depth));
    let wanted = config.theme.as_deref().unwrap_or(AUTO);
    let (theme, by_background) = if wanted == AUTO {
        let dark = named(config.dark.as_deref().unwrap_or("dark"), "dark");
        let light = named(config.light.as_deref().unwrap_or("light"), "light");
        let is_light = background::hint(&environment).unwrap_or(false);
        (if is_light { light.clone() } else { dark.clone() }, (depth != Depth::None).then_some([dark, light]))
    } else {
        (named(wanted, "dark"), None)
    };
    let usual = Notify::default();
    let settings = Settings {
        keys: Arc::new(keys),
        theme,
        by_background,
        ascii: config.ascii || is_plain(environment("TERM").as_deref()),
        mouse: config.mouse.unwrap_or_else(|| !is_remote(&environment)),
        notify: Notify {
            ways: config.notify.clone().unwrap_or(usual.ways),
            tiers: config.notify_tiers.clone().unwrap_or(usual.tiers),
        },
        frames: config.frames.unwrap_or(FRAMES),
        programs: config.programs.unwrap_or(true),
        logs: LogSettings {
            memory: config
                .log_memory
                .map_or(LOG_MEMORY, |size| usize::try_from(size.0).unwrap_or(usize::MAX)),
            folder: config.log_folder.clone(),
            zone: jiff::tz::TimeZone::system(),
        },
        aliases: config.aliases.clone(),
    };
    (settings, problems)
}

/// Whether a terminal has no more signs than ASCII for sure: the console's font holds few others.
fn is_plain(term: Option<&str>) -> bool {
    term.is_some_and(|t| t == "dumb" || t.starts_with("linux") || t.starts_with("vt"))
}

/// Whether the terminal is far away: there the mouse is left to it, to select and copy with.
fn is_remote(environment: impl Fn(&str) -> Option<String>) -> bool {
    ["SSH_CONNECTION", "SSH_TTY"].iter().any(|name| environment(name).is_some_and(|value| !value.is_empty()))
}

/// A theme by name or file, or another one.
pub fn theme(name: &str, other: &str, problems: &mut Vec<Problem>) -> Theme {
    shipped(name).unwrap_or_else(|| match read(name, problems) {
        Some(source) => {
            let (theme, wrong) = load(&source.path, &source.text);
            problems.extend(wrong);
            theme
        }
        None => shipped(other).expect("the other one is a shipped one"),
    })
}

fn read(file: &str, problems: &mut Vec<Problem>) -> Option<Source> {
    let path = Path::new(file);
    match fs::read_to_string(path) {
        Ok(text) => Some(Source { path: path.to_owned(), text }),
        Err(error) => {
            let hint = "name a shipped one, or give the path of a file";
            problems.push(Problem::file(path, format!("cannot be read: {error}")).hint(hint));
            None
        }
    }
}
