//! Skins become themes.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{Report, brief, fresh, read, yaml_files};
use crate::{model::text, theme::k9s::from_k9s};

/// `config.yaml`, as far as it is about the screen.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Config {
    k9s: Inner,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Inner {
    ui: Ui,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Ui {
    skin: String,
}

/// Writes a theme of each skin, and says what of it wants a look.
pub(super) fn skins(dir: &Path, main: &Path, report: &mut Report) {
    let used = read::<Config>(&dir.join("config.yaml"), report).map(|c| c.k9s.ui.skin).unwrap_or_default();
    for file in yaml_files(&dir.join("skins")) {
        let name = file.file_stem().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        if let Some(theme) = skin(&file, &name, main, report).filter(|_| name == used) {
            let setting = format!("theme = \"themes/{theme}\"");
            report.next.push(format!(
                "for the colours of k9s as it is now write under [screen] in {}: {setting}",
                brief(main)
            ));
        }
    }
}

/// Makes a theme of one skin; its file's name, when it was written.
fn skin(file: &Path, name: &str, main: &Path, report: &mut Report) -> Option<String> {
    let what = format!("skin {}", text::one_line(name));
    let (theme, warnings) = match fs::read_to_string(file) {
        Ok(text) => from_k9s(&text),
        Err(error) => {
            report.left(what, format!("cannot be read: {error}"));
            return None;
        }
    };
    let told = warnings.iter().map(|w| text::one_line(w)).collect::<Vec<_>>().join("; ");
    let has_colours =
        theme.split_once("[palette]\n").is_some_and(|(_, rest)| rest.starts_with(char::is_alphabetic));
    if !has_colours {
        report.left(what, if told.is_empty() { "it sets no colours".to_owned() } else { told });
        return None;
    }
    let theme_file: PathBuf = main.with_file_name("themes").join(format!("{name}.toml"));
    if !fresh(&theme_file, &theme, report) {
        return None;
    }
    let beside = if told.is_empty() { String::new() } else { format!("; {told}") };
    report.took(what, format!("{}{beside}", brief(&theme_file)));
    Some(format!("{name}.toml"))
}
