//! Another program on the terminal: an editor on a copy of a text, or a pager that reads it.

use std::{
    env,
    fs::{OpenOptions, Permissions},
    io::{self, Write},
    os::unix::{
        fs::{OpenOptionsExt, PermissionsExt},
        process::ExitStatusExt,
    },
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::{
    io::AsyncWriteExt,
    process::{Child, Command},
    time::timeout,
};

use crate::app::{Handout, Program};

/// How long a program that is told to end may take before it is made to.
const GRACE: Duration = Duration::from_millis(200);
/// What the shell says of a program that is not there (POSIX, Shell Command Language, 2.8.2).
const NOT_FOUND: i32 = 127;
/// And of one that cannot be run.
const NOT_EXECUTABLE: i32 = 126;

/// A program while the terminal is its own.
pub(super) struct Away {
    child: Child,
    /// What was started, as the engineer's environment says it.
    command: String,
    with: Program,
    /// The copy that it shows, gone with this.
    copy: Option<TempDir>,
}

impl Away {
    /// Starts a program on the terminal, which is to be given back before.
    pub fn start(handout: Handout) -> io::Result<Self> {
        let command = command_line(handout.with, |name| env::var(name).ok());
        let mut shell = Command::new("sh");
        // Words and quotes in the variable are the shell's affair, as they are for git and kubectl.
        shell.arg("-c").arg(format!("exec {command} \"$@\"")).arg("vigie").kill_on_drop(true);
        let copy = match handout.with {
            Program::Editor => {
                let (dir, path) = copy(&handout)?;
                shell.arg(path);
                Some(dir)
            }
            Program::Pager => {
                shell.stdin(Stdio::piped());
                None
            }
        };
        let mut child = shell.spawn()?;
        if let Some(mut input) = child.stdin.take() {
            // A pager that is left before its end reads no more.
            tokio::spawn(async move {
                let _ = input.write_all(handout.text.as_bytes()).await;
            });
        }
        Ok(Self { child, command, with: handout.with, copy })
    }

    /// Waits until it ends; what there is to say of how.
    pub async fn ended(&mut self) -> Option<String> {
        match self.child.wait().await {
            Ok(status) => said(&self.command, self.with, status),
            Err(error) => Some(format!("{}: {error}", self.command)),
        }
    }

    /// Ends it: as a terminal that goes would, then by force. Its copy goes first.
    pub async fn end(&mut self) {
        drop(self.copy.take());
        let pid = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let Some(pid) = pid else { return };
        // One that is gone cannot be told.
        let _ = kill_process(pid, Signal::HUP);
        if timeout(GRACE, self.child.wait()).await.is_err() {
            // As above.
            let _ = self.child.kill().await;
        }
    }

    /// Ends it by force, without waiting.
    pub fn kill(&mut self) {
        // One that is gone cannot be killed.
        let _ = self.child.start_kill();
    }
}

/// What is started: what the environment names, or what is usual.
fn command_line(with: Program, environment: impl Fn(&str) -> Option<String>) -> String {
    let (names, usual): (&[&str], _) = match with {
        Program::Editor => (&["VISUAL", "EDITOR"], "vi"),
        Program::Pager => (&["PAGER"], "less"),
    };
    let named = names.iter().filter_map(|name| environment(name)).find(|value| !value.trim().is_empty());
    named.unwrap_or_else(|| usual.to_owned())
}

/// A copy of a text that nobody else may read and nobody may write, in a folder of its own.
fn copy(handout: &Handout) -> io::Result<(TempDir, PathBuf)> {
    let dir =
        tempfile::Builder::new().prefix("vigie-").permissions(Permissions::from_mode(0o700)).tempdir()?;
    let path = dir.path().join(&handout.name);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o400).open(&path)?;
    file.write_all(handout.text.as_bytes())?;
    Ok((dir, path))
}

/// What there is to say of how a program ended.
fn said(command: &str, with: Program, status: ExitStatus) -> Option<String> {
    let variable = match with {
        Program::Editor => "$VISUAL or $EDITOR",
        Program::Pager => "$PAGER",
    };
    match (status.code(), status.signal()) {
        (Some(0), _) => None,
        (Some(NOT_FOUND), _) => Some(format!("there is no `{command}` here: {variable} says what to start")),
        (Some(NOT_EXECUTABLE), _) => {
            Some(format!("`{command}` cannot be run: {variable} says what to start"))
        }
        (Some(code), _) => Some(format!("`{command}` ended with status {code}")),
        (None, signal) => Some(format!("`{command}` was ended by signal {}", signal.unwrap_or_default())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_environment_names_is_started() {
        let line = |with, pairs: &[(&str, &str)]| {
            command_line(with, |n| pairs.iter().find(|(k, _)| *k == n).map(|(_, v)| (*v).to_owned()))
        };
        assert_eq!(line(Program::Editor, &[("VISUAL", "code --wait"), ("EDITOR", "vim")]), "code --wait");
        assert_eq!(line(Program::Editor, &[("VISUAL", " "), ("EDITOR", "vim")]), "vim");
        assert_eq!(line(Program::Editor, &[("PAGER", "more")]), "vi");
        assert_eq!(line(Program::Pager, &[("PAGER", "more")]), "more");
        assert_eq!(line(Program::Pager, &[]), "less");
    }

    #[test]
    fn a_copy_is_the_owners_alone_and_goes() {
        let handout = Handout { text: "a: b\n".into(), name: "pod.yaml".into(), with: Program::Editor };
        let (dir, path) = copy(&handout).expect("a copy");
        let mode =
            |path: &std::path::Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(dir.path()), mode(&path)), (0o700, 0o400));
        assert_eq!(std::fs::read_to_string(&path).expect("text"), "a: b\n");
        drop(dir);
        assert!(!path.exists());
    }

    #[test]
    fn how_it_ended_is_said() {
        let of = |raw| said("vim", Program::Editor, ExitStatus::from_raw(raw));
        assert_eq!(of(0), None);
        let missing = of(127 << 8).expect("said");
        assert!(missing.contains("no `vim`") && missing.contains("$EDITOR"), "{missing}");
        assert_eq!(of(1 << 8).as_deref(), Some("`vim` ended with status 1"));
        assert_eq!(of(9).as_deref(), Some("`vim` was ended by signal 9"));
    }

    #[tokio::test]
    async fn it_is_ended_by_a_hangup_or_by_force() {
        // Started by hand: the environment of a test is everybody's.
        for (script, signal) in [("echo; exec sleep 60", 1), ("trap '' HUP; echo; exec sleep 60", 9)] {
            let mut shell = Command::new("sh");
            shell.arg("-c").arg(script).stdout(Stdio::piped()).kill_on_drop(true);
            let mut child = shell.spawn().expect("a shell");
            let mut out = child.stdout.take().expect("piped");
            // It has said so: what it ignores is settled.
            tokio::io::AsyncReadExt::read_u8(&mut out).await.expect("a byte");
            let mut away = Away { child, command: script.into(), with: Program::Editor, copy: None };
            away.end().await;
            assert_eq!(away.child.wait().await.expect("ended").signal(), Some(signal), "{script}");
        }
    }
}
