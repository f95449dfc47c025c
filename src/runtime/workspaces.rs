//! Workspaces as files: the ones configured, and those that the engineer saved.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use crate::{
    app::{Desk, Workspace, keep_workspace, print_workspaces, read_workspaces},
    config::{Problem, ScreenConfig, default_workspaces},
    keymap::Source,
};

/// The workspaces that there are, the configured one in use; and what is wrong with their files.
pub fn desk(config: &ScreenConfig) -> (Desk, Vec<Problem>) {
    let own = default_workspaces();
    let mut problems = Vec::new();
    let mut files = Vec::new();
    if let Some(path) = &config.workspaces {
        match fs::read_to_string(path) {
            Ok(text) => files.push(Source { path: path.clone(), text }),
            Err(error) => problems.push(Problem::file(path, format!("cannot be read: {error}"))),
        }
    }
    if let Some(path) = &own {
        match fs::read_to_string(path) {
            Ok(text) => files.push(Source { path: path.clone(), text }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => problems.push(Problem::file(path, format!("cannot be read: {error}"))),
        }
    }
    let (mut desk, wrong) = Desk::load(&files, own);
    problems.extend(wrong);
    if let Some(name) = &config.workspace
        && !desk.start(name)
    {
        let known: Vec<_> = desk.known.iter().map(|w| w.name.as_str()).collect();
        let hint = format!("one of {}", known.join(", "));
        problems.push(Problem::file(Path::new("workspace"), format!("none is called `{name}`")).hint(hint));
    }
    (desk, problems)
}

/// Changes of the file go one after the other.
static FILE: Mutex<()> = Mutex::new(());

/// Keeps a workspace in a file, in the place of one of the same name.
pub fn save(file: &Path, workspace: Workspace) -> Result<(), String> {
    change(file, |known| keep_workspace(known, workspace))
}

/// Takes a workspace out of a file.
pub fn forget(file: &Path, name: &str) -> Result<(), String> {
    change(file, |known| known.retain(|w| w.name != name))
}

/// Reads a file, changes what is in it, and puts it back whole. A file with mistakes is left alone: what could not be
/// read would be lost.
fn change(file: &Path, change: impl FnOnce(&mut Vec<Workspace>)) -> Result<(), String> {
    let _one = FILE.lock().unwrap_or_else(PoisonError::into_inner);
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(format!("{}: {error}", file.display())),
    };
    let (mut known, problems) = read_workspaces(&Source { path: file.to_owned(), text });
    if let Some(problem) = problems.first() {
        return Err(problem.to_string());
    }
    change(&mut known);
    write(file, &print_workspaces(&known)).map_err(|e| format!("{}: {e}", file.display()))
}

/// Puts a file in its place whole, and makes its folder.
pub(super) fn write(file: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let beside: PathBuf = file.with_extension(format!("toml.{}", std::process::id()));
    fs::write(&beside, text)?;
    fs::rename(&beside, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Workspace {
        let (desk, _) = Desk::load(&[], None);
        Workspace { name: name.into(), ..desk.now }
    }

    fn names(file: &Path) -> Vec<String> {
        let text = fs::read_to_string(file).expect("a file");
        read_workspaces(&Source { path: file.to_owned(), text }).0.into_iter().map(|w| w.name).collect()
    }

    #[test]
    fn saved_ones_are_kept_replaced_and_forgotten() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("deep/workspaces.toml");
        for name in ["night", "day", "night"] {
            save(&file, named(name)).expect("saved");
        }
        assert_eq!(names(&file), ["night", "day"]);
        forget(&file, "night").expect("forgotten");
        assert_eq!(names(&file), ["day"]);
        let beside = fs::read_dir(file.parent().expect("a folder")).expect("a folder").count();
        assert_eq!(beside, 1, "nothing else is left");
    }

    #[test]
    fn a_file_with_mistakes_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("workspaces.toml");
        fs::write(&file, "[[workspace]]\nname = 3\n").expect("written");
        let told = save(&file, named("night")).expect_err("refused");
        assert!(told.contains("workspaces.toml:2:8"), "{told}");
        assert_eq!(fs::read_to_string(&file).expect("a file"), "[[workspace]]\nname = 3\n");
    }
}
