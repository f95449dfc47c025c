//! Who sits here, for the journal.

use std::path::PathBuf;

use uuid::Uuid;

use crate::journal::{Actor, Journal, Session};

/// The session of this process: the machine's account until a sign-in says more.
pub fn session() -> Session {
    let named = ["USER", "LOGNAME"].iter().find_map(|v| std::env::var(v).ok().filter(|n| !n.is_empty()));
    let uid = rustix::process::getuid().as_raw();
    // A service or a bare container has none of these; the system knows the name all the same.
    let known = || uzers::get_user_by_uid(uid).map(|user| user.name().to_string_lossy().into_owned());
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    Session {
        id: Uuid::new_v4(),
        actor: Actor {
            issuer: format!("os:{host}"),
            subject: uid.to_string(),
            name: named.or_else(known).unwrap_or_else(|| format!("uid {uid}")),
        },
        host,
        ssh: std::env::var("SSH_CONNECTION").ok().and_then(|c| Session::ssh_origin(&c)),
    }
}

/// Opens the journal of this session; the error says what to do.
pub fn journal(dir: Option<PathBuf>) -> Result<Journal, String> {
    let dir =
        dir.ok_or("there is no home directory to keep a journal in; set `journal` in the configuration")?;
    Journal::open(&dir, session()).map_err(|e| e.to_string())
}
