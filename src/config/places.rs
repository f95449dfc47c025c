//! Where files are, by the XDG base directory specification.

use std::path::{Path, PathBuf};

/// Where the configuration file is looked for: `$XDG_CONFIG_HOME/vigie/vigie.toml`.
pub fn default_file() -> Option<PathBuf> {
    Some(directories::ProjectDirs::from("", "", "vigie")?.config_dir().join("vigie.toml"))
}

/// Where the journal is kept unless configured: `$XDG_STATE_HOME/vigie/journal`.
pub fn default_journal() -> Option<PathBuf> {
    state("journal")
}

/// Where exports are written: `$XDG_STATE_HOME/vigie/exports`.
pub fn exports() -> Option<PathBuf> {
    state("exports")
}

fn state(name: &str) -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "vigie")?;
    Some(dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).join(name))
}

/// Whether there is a configuration: the file itself, or environments beside it.
pub fn is_configured(file: &Path) -> bool {
    let folder = file.parent().unwrap_or(Path::new(""));
    file.exists() || !matching(folder, "environments/*.toml").is_empty()
}

/// The files that a pattern names, by name; `*` stands for any letters of the last part.
pub(super) fn matching(folder: &Path, pattern: &str) -> Vec<PathBuf> {
    let whole = folder.join(super::credential::expand(Path::new(pattern)));
    let name = whole.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let Some((start, end)) = name.split_once('*') else {
        return Some(whole).filter(|p| p.is_file()).into_iter().collect();
    };
    let fits = |path: &PathBuf| {
        path.file_name().and_then(|n| n.to_str()).is_some_and(|n| {
            n.len() >= start.len() + end.len()
                && n.starts_with(start)
                && n.ends_with(end)
                && !n.starts_with('.')
        })
    };
    let inside = std::fs::read_dir(whole.parent().unwrap_or(Path::new("")));
    let mut found: Vec<PathBuf> = inside.into_iter().flatten().flatten().map(|e| e.path()).collect();
    found.retain(|path| path.is_file() && fits(path));
    found.sort();
    found
}

/// Where the choice of columns is kept: `$XDG_CONFIG_HOME/vigie/columns.toml`.
pub fn default_columns() -> Option<PathBuf> {
    Some(default_file()?.with_file_name("columns.toml"))
}

/// Where filters with names are kept: `$XDG_CONFIG_HOME/vigie/filters.toml`.
pub fn default_filters() -> Option<PathBuf> {
    Some(default_file()?.with_file_name("filters.toml"))
}

/// Where what was typed and chosen is kept: `$XDG_STATE_HOME/vigie/remembered.toml`.
pub fn default_memory() -> Option<PathBuf> {
    state("remembered.toml")
}

/// Where saved workspaces are kept: `$XDG_STATE_HOME/vigie/workspaces.toml`.
pub fn default_workspaces() -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "vigie")?;
    Some(dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).join("workspaces.toml"))
}
