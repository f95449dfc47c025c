//! The directory and its files: opened without following links, trusted only when nobody else can write or read them.

use std::{
    fs::{DirBuilder, File},
    io::{self, Read, Seek, Write},
    os::{fd::OwnedFd, unix::fs::DirBuilderExt},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use rustix::{
    fs::{self, AtFlags, FileType, FlockOperation, Mode, OFlags},
    io::Errno,
};

use super::{Error, chain::Head};

/// The lock and how far the chain was acknowledged.
pub(super) const HEAD: &str = "HEAD";

/// How long an append waits for others; each holds the lock for some milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(5);

/// The journal's directory.
#[derive(Debug)]
pub(super) struct Dir {
    fd: OwnedFd,
    path: PathBuf,
}

impl Dir {
    /// Opens the directory, made with mode 0700 when missing.
    pub(super) fn create(path: &Path) -> Result<Self, Error> {
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|source| Error::Io {
            what: "make",
            path: path.to_owned(),
            source,
        })?;
        Self::open(path)
    }

    /// Opens the directory as it is.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = match fs::open(path, flags, Mode::empty()) {
            Ok(fd) => fd,
            Err(Errno::LOOP | Errno::NOTDIR) => {
                let why = "it is a link or no directory; give the directory itself".to_owned();
                return Err(Error::Unsafe { path: path.to_owned(), why });
            }
            Err(e) => return Err(Error::Io { what: "open", path: path.to_owned(), source: e.into() }),
        };
        let dir = Self { fd, path: path.to_owned() };
        trusted(&dir.fd, &dir.path, FileType::Directory)?;
        Ok(dir)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The error of doing `what` with the file `name`.
    pub(super) fn error(&self, what: &'static str, name: &str, source: io::Error) -> Error {
        Error::Io { what, path: self.path.join(name), source }
    }

    /// Month files, oldest first.
    pub(super) fn months(&self) -> Result<Vec<String>, Error> {
        let entries = fs::Dir::read_from(&self.fd).map_err(|e| self.error("list", "", e.into()))?;
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|e| self.error("list", "", e.into()))?;
            if let Ok(name) = entry.file_name().to_str()
                && is_month(name)
            {
                names.push(name.to_owned());
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Opens a file to read.
    pub(super) fn read(&self, name: &str) -> Result<File, Error> {
        self.open_file(name, OFlags::RDONLY)
    }

    /// All of a file.
    pub(super) fn contents(&self, name: &str) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        self.read(name)?.read_to_end(&mut bytes).map_err(|e| self.error("read", name, e))?;
        Ok(bytes)
    }

    /// Opens a file to append to; says whether it was made.
    pub(super) fn append_to(&self, name: &str) -> Result<(File, bool), Error> {
        let created = !self.has(name);
        Ok((self.open_file(name, OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE)?, created))
    }

    /// Whether there is a file of the name.
    pub(super) fn has(&self, name: &str) -> bool {
        fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW).is_ok()
    }

    /// Removes a file that is not part of the chain.
    pub(super) fn remove(&self, name: &str) {
        // A left-over lock file does no harm.
        let _ = fs::unlinkat(&self.fd, name, AtFlags::empty());
    }

    /// Flushes the directory itself, after a file was made.
    pub(super) fn sync(&self) -> io::Result<()> {
        fs::fsync(&self.fd).map_err(io::Error::from)
    }

    /// Takes the lock for an append.
    pub(super) fn lock(&self) -> Result<Lock<'_>, Error> {
        let mut waited = Duration::ZERO;
        loop {
            let existed = self.has(HEAD);
            let file = self.open_file(HEAD, OFlags::RDWR | OFlags::CREATE)?;
            match fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) if self.is_current(&file) => {
                    if !existed {
                        self.sync().map_err(|e| Error::Broken { why: e.to_string() })?;
                    }
                    return Ok(Lock { dir: self, file, existed });
                }
                Ok(()) | Err(Errno::WOULDBLOCK | Errno::INTR) => {}
                Err(e) => return Err(self.error("lock", HEAD, e.into())),
            }
            self.pause(&mut waited)?;
        }
    }

    /// Takes the lock for reading, where there is one: no append is half way while it is held.
    pub(super) fn lock_shared(&self) -> Result<Option<File>, Error> {
        if !self.has(HEAD) {
            return Ok(None);
        }
        let file = self.read(HEAD)?;
        let mut waited = Duration::ZERO;
        loop {
            match fs::flock(&file, FlockOperation::NonBlockingLockShared) {
                Ok(()) => return Ok(Some(file)),
                Err(Errno::WOULDBLOCK | Errno::INTR) => self.pause(&mut waited)?,
                Err(e) => return Err(self.error("lock", HEAD, e.into())),
            }
        }
    }

    /// Takes a lock file of this name if nobody holds it.
    pub(super) fn try_lock(&self, name: &str, create: bool) -> Result<Option<File>, Error> {
        let flags = if create { OFlags::RDWR | OFlags::CREATE } else { OFlags::RDWR };
        let file = self.open_file(name, flags)?;
        match fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(file)),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(e) => Err(self.error("lock", name, e.into())),
        }
    }

    fn pause(&self, waited: &mut Duration) -> Result<(), Error> {
        if *waited >= PATIENCE {
            return Err(Error::Locked { path: self.path.join(HEAD) });
        }
        thread::sleep(PAUSE);
        *waited += PAUSE;
        Ok(())
    }

    fn is_current(&self, file: &File) -> bool {
        let (Ok(ours), Ok(there)) = (fs::fstat(file), fs::statat(&self.fd, HEAD, AtFlags::SYMLINK_NOFOLLOW))
        else {
            return false;
        };
        (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino)
    }

    fn open_file(&self, name: &str, flags: OFlags) -> Result<File, Error> {
        let path = self.path.join(name);
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let fd = match fs::openat(&self.fd, name, flags, Mode::RUSR | Mode::WUSR) {
            Ok(fd) => fd,
            Err(Errno::LOOP) => return Err(Error::Unsafe { path, why: "it is a link".to_owned() }),
            Err(e) => return Err(self.error("open", name, e.into())),
        };
        trusted(&fd, &path, FileType::RegularFile)?;
        Ok(File::from(fd))
    }
}

/// The lock, held; `HEAD` can be read and written.
pub(super) struct Lock<'a> {
    dir: &'a Dir,
    file: File,
    /// Whether `HEAD` was there before.
    pub(super) existed: bool,
}

impl Lock<'_> {
    /// What `HEAD` claims; absent when it is empty or unreadable.
    pub(super) fn claimed(&self) -> Option<Head> {
        let mut text = String::new();
        let mut file = &self.file;
        file.rewind().ok()?;
        file.read_to_string(&mut text).ok()?;
        text.parse().ok()
    }

    /// Notes how far the chain is acknowledged.
    pub(super) fn write(&self, head: &Head) -> Result<(), Error> {
        let mut file = &self.file;
        file.rewind()
            .and_then(|()| file.write_all(head.to_line().as_bytes()))
            .map_err(|e| self.dir.error("write", HEAD, e))
    }
}

fn trusted(fd: &impl std::os::fd::AsFd, path: &Path, wanted: FileType) -> Result<(), Error> {
    let stat =
        fs::fstat(fd).map_err(|e| Error::Io { what: "look at", path: path.to_owned(), source: e.into() })?;
    let refuse = |why: String| Err(Error::Unsafe { path: path.to_owned(), why });
    if FileType::from_raw_mode(stat.st_mode) != wanted {
        return refuse("it is not a regular file or directory".to_owned());
    }
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return refuse(format!("it belongs to user {}", stat.st_uid));
    }
    if stat.st_mode & 0o077 != 0 {
        let mode = if wanted == FileType::Directory { "700" } else { "600" };
        return refuse(format!("others may use it (mode {:o}); chmod {mode} it", stat.st_mode & 0o777));
    }
    if wanted == FileType::RegularFile && stat.st_nlink != 1 {
        return refuse("it has a second name (hard link)".to_owned());
    }
    Ok(())
}

fn is_month(name: &str) -> bool {
    let Some(month) = name.strip_suffix(".jsonl") else { return false };
    let bytes = month.as_bytes();
    bytes.len() == 7
        && bytes.iter().enumerate().all(|(i, b)| if i == 4 { *b == b'-' } else { b.is_ascii_digit() })
}
