//! The record of every action: append-only JSON lines, hash-chained, one file per month.
//!
//! A directory of mode 0700 holds `2026-11.jsonl`, … and `HEAD`, which is the lock that several processes append
//! under and tells how far the chain was acknowledged. Records are read back before each append, flushed to disk
//! before the append returns, and never rewritten: a line that a crash tore is left where it is and covered by a
//! `repair` record. Without a place to write, nothing may be changed: callers fail closed.

mod chain;
mod entry;
mod file;
mod session;
mod tail;
mod verify;

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use uuid::Uuid;

pub use chain::{GENESIS, Head, hash};
pub use entry::{Actor, Ending, Entry, Phase, Record, Session, Target};
pub use verify::{Line, Problem, Report, read, verify, verify_against};

use file::Dir;

/// How the journal can fail; none of these may be retried silently.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The directory or a file is not safe to trust: a link, someone else's, or open to others.
    #[error("{path} is not safe for a journal: {why}", path = path.display())]
    Unsafe {
        /// Which.
        path: PathBuf,
        /// Why, and what to do.
        why: String,
    },
    /// The operating system refused.
    #[error("cannot {what} {path}: {source}", path = path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another process holds the lock for longer than an append takes.
    #[error("another process holds the journal {path}: is a vigie stopped?", path = path.display())]
    Locked {
        /// The lock.
        path: PathBuf,
    },
    /// Flushing failed once: what is on disk is unknown, so this process writes no more.
    #[error("the journal could not be flushed to disk ({why}); start vigie again when the disk is well")]
    Broken {
        /// The first error.
        why: String,
    },
}

/// The journal of one session.
#[derive(Debug)]
pub struct Journal {
    dir: Dir,
    session: Session,
    broken: Mutex<Option<String>>,
    running: Mutex<BTreeSet<Uuid>>,
    begun: Mutex<BTreeSet<Uuid>>,
    flush: fn(&File) -> io::Result<()>,
    alive: session::Alive,
}

impl Journal {
    /// Opens the journal in `dir`, which is made when missing. Fails when it cannot be trusted or written.
    pub fn open(dir: &Path, session: Session) -> Result<Self, Error> {
        let dir = Dir::create(dir)?;
        let alive = session::Alive::claim(&dir, session.id)?;
        Ok(Self {
            dir,
            session,
            broken: Mutex::default(),
            running: Mutex::default(),
            begun: Mutex::default(),
            flush: File::sync_data,
            alive,
        })
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Whose it is.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Appends an entry to the chain and flushes it; once this returns the record is on disk.
    pub fn append(&self, entry: Entry) -> Result<Head, Error> {
        let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(why) = &*broken {
            return Err(Error::Broken { why: why.clone() });
        }
        let result = self.append_locked(entry);
        if let Err(Error::Broken { why }) = &result {
            *broken = Some(why.clone());
        }
        result
    }

    fn append_locked(&self, entry: Entry) -> Result<Head, Error> {
        let lock = self.dir.lock()?;
        let tail = tail::find(&self.dir)?;
        let mut head = tail.head.clone();
        if let Some(repair) = tail.repair(&lock, &entry) {
            let name = tail.file.clone().unwrap_or_else(|| month(&entry));
            let record = Record::new(repair, &self.session, &head);
            // What a crash left behind gets a line of its own, so that it can be told from the record after it.
            head = self.write(&name, &record, tail.unterminated)?;
            lock.write(&head)?;
        }
        let month = month(&entry);
        let name = tail.file.filter(|newest| *newest > month).unwrap_or(month);
        let record = Record::new(entry, &self.session, &head);
        let head = self.write(&name, &record, false)?;
        lock.write(&head)?;
        Ok(head)
    }

    fn write(&self, name: &str, record: &Record, unterminated: bool) -> Result<Head, Error> {
        let (mut file, created) = self.dir.append_to(name)?;
        let mut line = String::new();
        if unterminated {
            line.push('\n');
        }
        line.push_str(&record.to_line());
        line.push('\n');
        file.write_all(line.as_bytes()).map_err(|e| self.dir.error("write", name, e))?;
        (self.flush)(&file).map_err(|e| Error::Broken { why: e.to_string() })?;
        if created {
            self.dir.sync().map_err(|e| Error::Broken { why: e.to_string() })?;
        }
        Ok(record.head())
    }

    /// The newest record's place in the chain, for anchoring outside; absent while nothing was recorded.
    pub fn head(&self) -> Result<Option<Head>, Error> {
        let _lock = self.dir.lock()?;
        let tail = tail::find(&self.dir)?;
        Ok(tail.file.is_some().then_some(tail.head).filter(|h| h.seq > 0))
    }

    /// Every line, oldest first; those that cannot be read say why.
    pub fn lines(&self) -> Result<Vec<Line>, Error> {
        read(self.dir.path())
    }

    /// Begins an action in this session; absent when this session has begun it before: a plan runs once.
    pub fn begin(&self, action: Uuid) -> Option<Running<'_>> {
        let fresh = self.begun.lock().unwrap_or_else(PoisonError::into_inner).insert(action);
        fresh.then(|| self.running(action))
    }

    /// Says that this session is busy with an action, until the guard is dropped.
    pub fn running(&self, action: Uuid) -> Running<'_> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(action);
        Running { journal: self, action }
    }

    /// Whether a session still lives, and, for this one, whether it still carries out the action.
    pub fn is_running(&self, session: &str, action: Uuid) -> bool {
        if session == self.session.id.to_string() {
            self.running.lock().unwrap_or_else(PoisonError::into_inner).contains(&action)
        } else {
            self.alive.others(&self.dir, session)
        }
    }
}

/// Held while an action is carried out.
#[derive(Debug)]
pub struct Running<'a> {
    journal: &'a Journal,
    action: Uuid,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.journal.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.action);
    }
}

fn month(entry: &Entry) -> String {
    format!("{}.jsonl", entry.at.rfc3339().get(..7).unwrap_or("1970-01"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal(dir: &Path) -> Journal {
        Journal::open(dir, Session::sample()).expect("opens")
    }

    #[test]
    fn a_failed_flush_is_final() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut journal = journal(&dir.path().join("j"));
        journal.append(Entry::sample()).expect("appends");
        journal.flush = |_| Err(io::Error::from_raw_os_error(5));
        assert!(matches!(journal.append(Entry::sample()), Err(Error::Broken { .. })));
        journal.flush = File::sync_data;
        assert!(matches!(journal.append(Entry::sample()), Err(Error::Broken { .. })), "never tried again");
    }

    #[test]
    fn a_session_knows_what_it_runs_and_who_else_lives() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("j");
        let (one, two) = (journal(&path), journal(&path));
        let action = Uuid::new_v4();
        let running = one.running(action);
        assert!(one.is_running(&one.session.id.to_string(), action));
        assert!(two.is_running(&one.session.id.to_string(), action), "the other process lives");
        drop(running);
        assert!(!one.is_running(&one.session.id.to_string(), action));
        let gone = one.session.id.to_string();
        drop(one);
        assert!(!two.is_running(&gone, action));
    }
}
