//! Log lines to a file that only its owner may read.

use std::{
    fs::OpenOptions,
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use crate::app::Saved;

/// Writes lines to a file that must not be there yet; how many were written.
pub fn write(path: &Path, lines: &Saved) -> io::Result<usize> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let mut out = BufWriter::new(file);
    let count = lines.write(&mut out)?;
    out.flush()?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::{
        app::LogBook,
        model::{LogLine, Time},
    };

    #[test]
    fn only_the_owner_may_read_it_and_nothing_is_written_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.log");
        let mut book = LogBook::new(1 << 20);
        let at = Time::from_secs(1);
        book.push(vec![LogLine { at, origin: "pod".into(), container: "".into(), text: "hello".into() }]);
        assert_eq!(write(&path, &book.saved()).expect("written"), 1);
        assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        let text = std::fs::read_to_string(&path).expect("text");
        assert_eq!(text, "1970-01-01T00:00:01.000000Z pod hello\n");
        let again = write(&path, &book.saved()).expect_err("it is there");
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
    }
}
