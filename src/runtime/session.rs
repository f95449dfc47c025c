//! Who sits here, for the journal.

use std::path::PathBuf;

use uuid::Uuid;

use crate::journal::{Actor, Journal, Session};

/// The session of this process: the machine's account until a sign-in says more.
pub fn session() -> Session {
    let name = ["USER", "LOGNAME"].iter().find_map(|v| std::env::var(v).ok().filter(|n| !n.is_empty()));
    let uid = rustix::process::getuid().as_raw();
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    Session {
        id: Uuid::new_v4(),
        actor: Actor {
            issuer: format!("os:{host}"),
            subject: uid.to_string(),
            name: name.unwrap_or_else(|| format!("uid {uid}")),
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
