//! Which sessions live: each holds a lock file that the system lets go when the process ends, however it ends.

use std::fs::File;

use uuid::Uuid;

use super::{Error, file::Dir};

/// This session's sign of life, and a way to look at those of others.
#[derive(Debug)]
pub(super) struct Alive {
    name: String,
    dir: Dir,
    _lock: Option<File>,
}

impl Alive {
    /// Claims the sign of life of a session.
    pub(super) fn claim(dir: &Dir, session: Uuid) -> Result<Self, Error> {
        let name = file_name(&session.to_string());
        let lock = dir.try_lock(&name, true)?;
        Ok(Self { name, dir: Dir::open(dir.path())?, _lock: lock })
    }

    /// Whether another session lives; clears away what a dead one left.
    #[expect(clippy::unused_self, reason = "only who has claimed its own may judge others")]
    pub(super) fn others(&self, dir: &Dir, session: &str) -> bool {
        let name = file_name(session);
        if Uuid::parse_str(session).is_err() || !dir.has(&name) {
            return false;
        }
        match dir.try_lock(&name, false) {
            Ok(Some(_)) => {
                dir.remove(&name);
                false
            }
            Ok(None) | Err(_) => true,
        }
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.dir.remove(&self.name);
    }
}

fn file_name(session: &str) -> String {
    format!("session-{session}.lock")
}
