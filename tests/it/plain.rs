//! `vigie --plain` as a whole: the binary on the demo, asked line by line, its output no terminal.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

/// How long the next line may take.
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn lines_are_asked_and_answered() {
    let home = tempfile::tempdir().expect("a folder");
    let mut child = Command::new(env!("CARGO_BIN_EXE_vigie"))
        .args(["demo", "--plain", "--drill", "bad-release", "--speed", "30"])
        .env("HOME", home.path())
        .env("TERM", "xterm-256color")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut typed = child.stdin.take().expect("piped");
    let output = BufReader::new(child.stdout.take().expect("piped"));
    let (out, said) = mpsc::channel();
    thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| out.send(line)));
    let mut all: Vec<String> = Vec::new();
    let until = |wanted: &str, all: &mut Vec<String>| {
        while !all.last().is_some_and(|line| line.contains(wanted)) {
            match said.recv_timeout(PATIENCE) {
                Ok(line) => all.push(line),
                Err(error) => panic!("it did not say `{wanted}`, {error}:\n{}", all.join("\n")),
            }
        }
    };
    // Unasked: each environment, then what the drill breaks.
    until("prod: ", &mut all);
    until("critical: prod, application appointments", &mut all);
    typed.write_all(b"apps appointments\n").expect("typed");
    until("HEALTH", &mut all);
    typed.write_all(b"nonsense\nquit\n").expect("typed");
    until("there is no `nonsense`", &mut all);
    assert!(child.wait().expect("it ends").success());
    assert!(all.iter().all(|l| !l.contains(|c: char| c.is_control())), "{all:?}");
}
