//! Skins become themes.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{Report, brief, fresh, quoted, read, yaml_files};
use crate::{model::text, theme::k9s::from_k9s};

/// `config.yaml`: what holds for all contexts.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Config {
    k9s: Inner,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Inner {
    read_only: bool,
    ui: Ui,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Ui {
    skin: String,
}

/// Writes a theme of each skin, and says what of it wants a look; the setting that takes up the one in use.
pub(super) fn skins(dir: &Path, main: &Path, report: &mut Report) -> Option<String> {
    let Config { k9s: Inner { read_only, ui: Ui { skin: used } } } =
        read(&dir.join("config.yaml"), report).unwrap_or_default();
    if read_only {
        let why = "write `policy = { read_only = true }` for each environment";
        report.left("readOnly of all contexts", why);
    }
    let mut setting = None;
    for file in yaml_files(&dir.join("skins")) {
        let name = file.file_stem().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let theme = skin(&file, &name, main, report).filter(|_| name == used);
        setting = setting.or(theme.map(|theme| format!("theme = {}", quoted(&format!("themes/{theme}")))));
    }
    setting
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
