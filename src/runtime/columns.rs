//! The engineer's choice of columns as a file.

use std::{
    fs, io,
    path::Path,
    sync::{Mutex, PoisonError},
};

use super::workspaces::write;
use crate::{
    app::{Book, keep_columns},
    config::{Problem, default_columns},
    keymap::Source,
};

/// What is chosen, and what is wrong with the file.
pub fn book() -> (Book, Vec<Problem>) {
    let Some(path) = default_columns() else { return (Book::default(), Vec::new()) };
    match fs::read_to_string(&path) {
        Ok(text) => Book::load(Some(&Source { path: path.clone(), text }), Some(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Book::load(None, Some(path)),
        Err(error) => {
            let problem = Problem::file(&path, format!("cannot be read: {error}"));
            (Book::load(None, Some(path)).0, vec![problem])
        }
    }
}

/// Changes of the file go one after the other.
static FILE: Mutex<()> = Mutex::new(());

/// Keeps the columns of a list in a file, or forgets them; what else is in the file stays as it is written.
pub fn save(file: &Path, list: &str, columns: Option<&[String]>) -> Result<(), String> {
    let _one = FILE.lock().unwrap_or_else(PoisonError::into_inner);
    let told = |error: io::Error| format!("{}: {error}", file.display());
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(told(error)),
    };
    let next = keep_columns(&text, list, columns).map_err(|why| format!("{}: {why}", file.display()))?;
    write(file, &next).map_err(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_read_again_and_a_file_with_mistakes_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("deep/columns.toml");
        let columns = ["name".to_owned(), "age".to_owned()];
        save(&file, "pods", Some(&columns)).expect("saved");
        let read = || fs::read_to_string(&file).expect("a file");
        let book = Book::load(Some(&Source { path: file.clone(), text: read() }), None).0;
        assert_eq!(book.chosen("pods"), Some(&columns[..]));
        fs::write(&file, "[[list]\n").expect("written");
        let told = save(&file, "pods", None).expect_err("refused");
        assert!(told.contains("columns.toml"), "{told}");
        assert_eq!(read(), "[[list]\n");
    }
}
