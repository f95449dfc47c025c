//! Terminals by name: each gets what it understands, and no colours where none are wanted.

use std::{
    env, fs,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use super::{
    drawn,
    terminal::{Start, Terminal, home},
};

/// How long a tmux may take on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(30);

/// Looks about and quits: a move, the help, a filter with the cursor shown.
fn visited(env: &[(&str, &str)]) -> Terminal {
    let mut terminal = drawn(Start { env, ..Start::default() });
    terminal.press("j?");
    terminal.until_shows("why it is like this");
    terminal.press("q/x");
    terminal.until("shows the cursor", |t| !t.screen.screen().hide_cursor());
    terminal.press("\x1b");
    terminal.until("left the filter", |t| t.screen.screen().hide_cursor());
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(0));
    terminal.check_given_back();
    terminal
}

/// A control sequence: its numbers, and what it does.
fn sequences(written: &[u8]) -> Vec<(String, char)> {
    let text = String::from_utf8_lossy(written);
    let cut = |s: &str| {
        let end = s.find(|c: char| ('@'..='~').contains(&c))?;
        Some((s[..end].to_owned(), s[end..].chars().next()?))
    };
    text.split("\x1b[").skip(1).filter_map(cut).collect()
}

/// How many colours an SGR sequence asks for: none, some of 16, of 256, of 24 bits.
fn depth(numbers: &str) -> usize {
    let basic = |n: &str| matches!(n.parse(), Ok(30..=37 | 40..=47 | 90..=97 | 100..=107));
    match numbers {
        _ if numbers.contains("8;2;") => 3,
        _ if numbers.contains("8;5;") => 2,
        _ => usize::from(numbers.split(';').any(basic)),
    }
}

fn colours(written: &[u8]) -> usize {
    sequences(written).iter().filter(|(_, f)| *f == 'm').map(|(n, _)| depth(n)).max().unwrap_or(0)
}

/// Whether something is erased while a background is set: terminals without `bce` leave it as it was there.
fn erases_in_colour(written: &[u8]) -> bool {
    let mut set = false;
    sequences(written).into_iter().any(|(numbers, does)| {
        if does == 'm' {
            let mut all = numbers.split(';').map(|n| n.parse().unwrap_or(0));
            while let Some(n) = all.next() {
                match n {
                    38 | 48 => {
                        let rest = if all.next() == Some(2) { 3 } else { 1 };
                        all.by_ref().take(rest).for_each(drop);
                        set |= n == 48;
                    }
                    0 | 49 => set = false,
                    40..=47 | 100..=107 => set = true,
                    _ => {}
                }
            }
        }
        set && matches!(does, 'K' | 'X' | 'J')
    })
}

#[test]
fn every_terminal_gets_what_it_understands() {
    // By terminfo and the terminals' manuals: colours without and with COLORTERM, as `depth` counts them.
    let terminals = [
        ("linux", [1, 1]),
        ("screen-256color", [2, 3]),
        ("xterm-256color", [2, 3]),
        ("tmux-256color", [2, 3]),
    ];
    for (term, depths) in terminals {
        for (depth, direct) in depths.into_iter().zip([false, true]) {
            for none in [false, true] {
                let mut env = vec![("TERM", term)];
                env.extend(direct.then_some(("COLORTERM", "truecolor")));
                env.extend(none.then_some(("NO_COLOR", "1")));
                let written = visited(&env).written;
                assert_eq!(colours(&written), if none { 0 } else { depth }, "{env:?}");
                let text = String::from_utf8_lossy(&written);
                assert_eq!(written.is_ascii(), term == "linux", "{env:?}: the console has few signs");
                assert_eq!(
                    text.contains("\x1b]"),
                    term != "linux",
                    "{env:?}: the console has no window to name"
                );
                if term.starts_with("screen") {
                    assert!(!text.contains("\x1b]11;?"), "{env:?}: GNU screen has no answer to that");
                    assert!(!erases_in_colour(&written), "{env:?}: GNU screen fills with no colour");
                }
            }
        }
    }
}

#[test]
fn a_dumb_terminal_is_told_what_answers() {
    for more in [None, Some(("COLORTERM", "truecolor")), Some(("NO_COLOR", "1"))] {
        let mut env = vec![("TERM", "dumb")];
        env.extend(more);
        let mut terminal = Start { env: &env, ..Start::default() }.vigie();
        assert_eq!(terminal.end().code(), Some(2));
        assert!(terminal.text().contains("`vigie status`"), "{}", terminal.text());
        assert!(!terminal.written.contains(&0x1b));
    }
}

/// A tmux of our own with a vigie in it; none where tmux is not installed.
struct Tmux {
    folder: tempfile::TempDir,
}

impl Tmux {
    fn start() -> Option<Self> {
        let home = home();
        let tmux = Self { folder: home };
        if Command::new("tmux").arg("-V").output().is_err() {
            println!("skipped: tmux is not installed");
            return None;
        }
        let ended = tmux.folder.path().join("ended");
        let vigie = format!("{}; echo $? > {}", env!("CARGO_BIN_EXE_vigie"), ended.display());
        tmux.run(&["-f", "/dev/null", "new-session", "-d", "-x", "160", "-y", "45", &vigie]);
        Some(tmux)
    }

    /// Runs a command of tmux; what it says.
    fn run(&self, arguments: &[&str]) -> String {
        let folder = self.folder.path();
        let mut command = Command::new("tmux");
        command.arg("-S").arg(folder.join("tmux")).args(arguments).env_clear().current_dir(folder);
        for name in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"] {
            command.env(name, folder);
        }
        let path = env::var_os("PATH").unwrap();
        let out = command.env("PATH", path).env("LC_ALL", "C.UTF-8").env("TERM", "xterm-256color").output();
        String::from_utf8_lossy(&out.unwrap().stdout).into_owned()
    }

    /// Looks until the screen shows what is wanted; tmux tells of no change.
    fn until(&self, what: &str, holds: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let shown = self.run(&["capture-pane", "-p"]);
            if holds(&shown) {
                return shown;
            }
            assert!(Instant::now() < deadline, "never {what}:\n{shown}");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

#[test]
fn tmux_shows_it_and_has_its_keys() {
    let Some(tmux) = Tmux::start() else { return };
    let panes = ["Environments", "Applications", "Pods", "Alerts", "Changes"];
    let shown = tmux.until("drew a frame", |s| panes.iter().all(|p| s.contains(p)));
    for stray in ["2026h", "[22;0t", "]11;", "]2;", "[?"] {
        assert!(!shown.contains(stray), "{stray:?} is written out:\n{shown}");
    }
    tmux.run(&["send-keys", "?"]);
    tmux.until("showed the help", |s| s.contains("why it is like this"));
    tmux.run(&["resize-window", "-x", "100", "-y", "30"]);
    tmux.until("drew in the new size", |s| {
        s.lines().count() <= 30
            && s.contains("why it is like this")
            && s.lines().all(|l| l.chars().count() <= 100)
    });
    tmux.run(&["send-keys", "q"]);
    // All that was drawn piece by piece is what is drawn at once.
    let shown = tmux.until("left the help", |s| s.contains("Applications") && !s.contains("═"));
    tmux.run(&["send-keys", "C-l"]);
    let still = |s: &str| s.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    tmux.until("drew the same anew", |s| still(s).first() == still(&shown).first());
    tmux.run(&["send-keys", "q"]);
    let ended = tmux.folder.path().join("ended");
    let deadline = Instant::now() + PATIENCE;
    while fs::read_to_string(&ended).is_ok_and(|t| t.is_empty()) || !ended.exists() {
        assert!(Instant::now() < deadline, "it does not end");
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(fs::read_to_string(&ended).unwrap().trim(), "0");
}
