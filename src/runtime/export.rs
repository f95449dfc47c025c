//! Writes exports to files that only their owner can read.

use std::{
    fs::{DirBuilder, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// Writes a new file in a folder, which is made when it is not there; gives its path. A name that is taken gets a
/// number, so that nothing is overwritten.
pub(super) fn write(dir: &Path, name: &str, extension: &str, text: &str) -> io::Result<PathBuf> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    for n in 1..100 {
        let number = if n == 1 { String::new() } else { format!("-{n}") };
        let path = dir.join(format!("{name}{number}.{extension}"));
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(mut file) => {
                file.write_all(text.as_bytes())?;
                return Ok(path);
            }
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn only_the_owner_reads_it_and_nothing_is_overwritten() {
        let home = tempfile::tempdir().expect("a folder");
        let dir = home.path().join("exports");
        let first = write(&dir, "pods", "csv", "a\r\n").expect("written");
        let second = write(&dir, "pods", "csv", "b\r\n").expect("written");
        assert_eq!(second, dir.join("pods-2.csv"));
        assert_eq!(std::fs::read_to_string(&first).expect("read"), "a\r\n");
        let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&first), mode(&dir)), (0o600, 0o700));
    }
}
