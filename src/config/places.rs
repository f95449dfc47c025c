//! Where files are, by the XDG base directory specification.

use std::path::PathBuf;

/// Where the configuration file is looked for: `$XDG_CONFIG_HOME/vigie/vigie.toml`.
pub fn default_file() -> Option<PathBuf> {
    Some(directories::ProjectDirs::from("", "", "vigie")?.config_dir().join("vigie.toml"))
}

/// Where the journal is kept unless configured: `$XDG_STATE_HOME/vigie/journal`.
pub fn default_journal() -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "vigie")?;
    Some(dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).join("journal"))
}
