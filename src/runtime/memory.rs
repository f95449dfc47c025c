//! What is remembered, as files: what was typed and chosen in the state directory, filters with names beside the
//! configuration.

use std::{
    fs, io,
    path::Path,
    sync::{Mutex, PoisonError},
};

use super::columns;
use crate::{
    app::{Memory, Remember, Remembered, SavedFilter, print_filters, read_filters},
    config::{Problem, default_filters, default_memory},
    keymap::Source,
};

/// What is remembered, and what is wrong with the files.
pub fn memory() -> (Memory, Vec<Problem>) {
    let mut memory = Memory { file: default_memory(), filters_file: default_filters(), ..Memory::default() };
    let mut problems = Vec::new();
    if let Some(path) = &memory.file {
        match past(path) {
            Ok(past) => memory.past = past,
            Err(problem) => problems.push(problem),
        }
    }
    if let Some(path) = &memory.filters_file {
        match text(path) {
            Ok(text) => {
                let (filters, wrong) = read_filters(&Source { path: path.clone(), text }, &columns::book().0);
                memory.filters = filters;
                problems.extend(wrong);
            }
            Err(error) => problems.push(Problem::file(path, format!("cannot be read: {error}"))),
        }
    }
    (memory, problems)
}

/// Changes of the files go one after the other.
static FILES: Mutex<()> = Mutex::new(());

/// Takes something in. What other sessions remembered meanwhile stays.
pub fn remember(file: &Path, what: &Remember) -> Result<(), String> {
    let _one = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    let mut all = past(file).map_err(|problem| problem.to_string())?;
    all.take(what);
    let text = toml::to_string(&all).map_err(|error| format!("{}: {error}", file.display()))?;
    write(file, &text)
}

/// Keeps a filter under its name, in the place of one of the same name.
pub fn save(file: &Path, filter: SavedFilter) -> Result<(), String> {
    change(file, |all| {
        all.retain(|known| known.name != filter.name);
        all.push(filter);
    })
}

/// Takes a filter out of a file.
pub fn forget(file: &Path, name: &str) -> Result<(), String> {
    change(file, |all| all.retain(|known| known.name != name))
}

/// A file with mistakes is left alone: what could not be read would be lost.
fn change(file: &Path, change: impl FnOnce(&mut Vec<SavedFilter>)) -> Result<(), String> {
    let _one = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    let text = text(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let (mut all, problems) = read_filters(&Source { path: file.to_owned(), text }, &columns::book().0);
    if let Some(problem) = problems.first() {
        return Err(problem.to_string());
    }
    change(&mut all);
    write(file, &print_filters(&all))
}

fn past(file: &Path) -> Result<Remembered, Problem> {
    let text = text(file).map_err(|error| Problem::file(file, format!("cannot be read: {error}")))?;
    toml::from_str(&text).map_err(|error| {
        Problem::toml(file, &text, &error).hint("nothing is remembered until it is right or gone")
    })
}

/// What a file holds; nothing when it is not there.
fn text(file: &Path) -> io::Result<String> {
    match fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        other => other,
    }
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    let whole = || {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        let beside = file.with_extension(format!("toml.{}", std::process::id()));
        fs::write(&beside, text)?;
        fs::rename(&beside, file)
    };
    whole().map_err(|error| format!("{}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{app::Book, app::Subject, model::Time};

    #[test]
    fn what_is_remembered_is_there_the_next_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("deep/remembered.toml");
        assert_eq!(past(&file).expect("nothing yet"), Remembered::default());
        let filter = |text: &str| Remember::Filter { list: "pods".into(), text: text.into() };
        remember(&file, &filter("restarts>3")).expect("written");
        remember(&file, &filter("\"a b\" ~\\d")).expect("written");
        remember(&file, &Remember::Use { what: "theme nord".into(), at: Time::from_secs(7) })
            .expect("written");
        let again = past(&file).expect("right");
        assert_eq!(again.of("pods"), ["\"a b\" ~\\d", "restarts>3"]);
        assert_eq!(again.used[0].what, "theme nord");
        fs::write(&file, "filters = 3\n").expect("written");
        let told = remember(&file, &filter("x")).expect_err("refused");
        assert!(told.contains("remembered.toml:1:11"), "{told}");
        assert_eq!(fs::read_to_string(&file).expect("a file"), "filters = 3\n");
    }

    #[test]
    fn filters_are_saved_replaced_and_forgotten() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("filters.toml");
        let named = |name: &str, text: &str| SavedFilter {
            name: name.into(),
            subject: Subject::Pods,
            kind: String::new(),
            text: text.into(),
        };
        for (name, text) in [("night", "crash"), ("day", "age<1h"), ("night", "oom")] {
            save(&file, named(name, text)).expect("saved");
        }
        forget(&file, "day").expect("forgotten");
        let (all, problems) = read_filters(
            &Source { path: file.clone(), text: text(&file).expect("a file") },
            &Book::default(),
        );
        assert_eq!((all, problems), (vec![named("night", "oom")], Vec::new()));
    }
}
