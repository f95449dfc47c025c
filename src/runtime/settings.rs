//! What the screen starts with: keymap and theme as configured, fitted to the terminal.

use std::{fs, path::Path, sync::Arc};

use crate::{
    app::{LOG_MEMORY, LogSettings, Settings, load_keys},
    config::{Problem, ScreenConfig},
    keymap::Source,
    theme::{Depth, Theme, load, shipped},
};

/// Frames a second that are drawn without a key being pressed, unless configured.
pub const FRAMES: u16 = 15;

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
    let own =
        config.keymap.as_deref().filter(|name| *name != "default").and_then(|file| read(file, &mut problems));
    let (keys, wrong) = load_keys(own);
    problems.extend(wrong);
    let theme = theme(config.theme.as_deref().unwrap_or("dark"), &mut problems);
    let settings = Settings {
        keys: Arc::new(keys),
        theme: Arc::new(theme.at(Depth::of_environment(&environment))),
        ascii: config.ascii || environment("TERM").as_deref() == Some("linux"),
        frames: config.frames.unwrap_or(FRAMES),
        logs: LogSettings {
            memory: config
                .log_memory
                .map_or(LOG_MEMORY, |size| usize::try_from(size.0).unwrap_or(usize::MAX)),
            folder: config.log_folder.clone(),
            zone: jiff::tz::TimeZone::system(),
        },
    };
    (settings, problems)
}

fn theme(name: &str, problems: &mut Vec<Problem>) -> Theme {
    shipped(name).unwrap_or_else(|| match read(name, problems) {
        Some(source) => {
            let (theme, wrong) = load(&source.path, &source.text);
            problems.extend(wrong);
            theme
        }
        None => shipped("dark").expect("the dark theme is shipped"),
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
