//! The engineer's terminal: a pseudo-terminal with a program in it, the keys, the screen, and how all was before.

use std::{
    env,
    fmt::Write as _,
    fs,
    os::fd::OwnedFd,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{Mode, OFlags, open},
    io::{Errno, read, write},
    process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open},
    pty::{OpenptFlags, openpt, ptsname, unlockpt},
    termios::{Winsize, tcgetattr, tcgetpgrp, tcsetwinsize},
};

use crate::stream::grammar;

/// How long anything may take on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(30);
/// What stands on the terminal before the program starts.
const PROMPT: &[u8] = b"$ vigie\n";
/// Written after a program has ended: what it wrote itself has come by then.
const END: &[u8] = b"that was all";
/// Tells a test that it is the program in the terminal.
const INSIDE: &str = "VIGIE_TEST_INSIDE";

/// How a program is started.
#[derive(Clone, Copy)]
pub struct Start<'a> {
    /// What it is started through, `"$@"` being the program; `setsid` alone leaves it without a session's terminal.
    pub through: &'a [&'a str],
    /// Columns and lines.
    pub size: (u16, u16),
    /// Environment variables besides the usual ones.
    pub env: &'a [(&'a str, &'a str)],
    /// Whether standard input and output are the terminal; they are empty otherwise.
    pub joined: [bool; 2],
}

impl Default for Start<'_> {
    fn default() -> Self {
        Self { through: &["setsid", "-c"], size: (160, 45), env: &[], joined: [true, true] }
    }
}

impl Start<'_> {
    /// Starts vigie on systems that are not there.
    pub fn vigie(self) -> Terminal {
        self.run(env!("CARGO_BIN_EXE_vigie"), &[])
    }

    /// Starts a test of this binary in the terminal; it knows by [`inside`].
    pub fn test(self, name: &str) -> Terminal {
        let this = env::current_exe().unwrap();
        self.run(this.to_str().unwrap(), &[name, "--exact", "--nocapture"])
    }

    fn run(self, program: &str, arguments: &[&str]) -> Terminal {
        let home = home();
        let host = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        unlockpt(&host).unwrap();
        let name = ptsname(&host, Vec::new()).unwrap();
        let end = |more| open(&name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC | more, Mode::empty());
        let line = end(OFlags::empty()).unwrap();
        resize(&host, self.size);
        write(&line, PROMPT).unwrap();
        let [input, output] =
            self.joined.map(|joined| if joined { line.try_clone().unwrap().into() } else { Stdio::null() });
        let mut command = Command::new(self.through[0]);
        command.args(&self.through[1..]).arg(program).args(arguments);
        command
            .env_clear()
            .current_dir(home.path())
            .stdin(input)
            .stdout(output)
            .stderr(line.try_clone().unwrap());
        for name in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"] {
            command.env(name, home.path());
        }
        command.env("PATH", env::var_os("PATH").unwrap()).env("TERM", "xterm-256color").env(INSIDE, "1");
        command.envs(self.env.iter().copied());
        let before = modes(&line);
        let program = Program(command.spawn().unwrap());
        let ended = pidfd_open(program.pid(), PidfdFlags::empty()).unwrap();
        let (size, screen) = (self.size, virtual_screen(self.size));
        // Blocks nothing when it is full.
        let stuff = end(OFlags::NONBLOCK).unwrap();
        Terminal { host, line, stuff, program, ended, size, screen, written: Vec::new(), before, _home: home }
    }
}

/// Whether this test is the program in a terminal of another test.
pub fn inside() -> bool {
    env::var_os(INSIDE).is_some()
}

/// A home with a configuration whose systems refuse connections: nothing listens on port 1.
pub fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("vigie");
    fs::create_dir(&dir).unwrap();
    let mut text = String::from("[[environment]]\nname = \"prod\"\n");
    text += "kubernetes = { kubeconfig = \"kubeconfig\", context = \"prod\" }\n";
    for system in ["argocd", "vault"] {
        writeln!(text, "{system} = {{ url = \"http://127.0.0.1:1\", token = {{ env = \"TERM\" }} }}")
            .unwrap();
    }
    for system in ["alertmanager", "prometheus", "loki"] {
        writeln!(text, "{system} = {{ url = \"http://127.0.0.1:1\" }}").unwrap();
    }
    fs::write(dir.join("vigie.toml"), text).unwrap();
    let kubeconfig = "apiVersion: v1\nkind: Config\n\
        clusters: [{name: prod, cluster: {server: \"http://127.0.0.1:1\"}}]\n\
        users: [{name: me, user: {}}]\n\
        contexts: [{name: prod, context: {cluster: prod, user: me}}]\n";
    fs::write(dir.join("kubeconfig"), kubeconfig).unwrap();
    home
}

fn virtual_screen((width, height): (u16, u16)) -> vt100::Parser {
    vt100::Parser::new(height.try_into().unwrap(), width.try_into().unwrap(), 0)
}

fn modes(line: &OwnedFd) -> String {
    format!("{:?}", tcgetattr(line).unwrap())
}

fn resize(host: &OwnedFd, (width, height): (u16, u16)) {
    let size = Winsize { ws_row: height, ws_col: width, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(host, size).unwrap();
}

/// Processor time of a process, in hundredths of a second (proc_pid_stat(5), fields 14 and 15).
fn spent(pid: Pid) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap();
    let after_name = stat.rsplit_once(')').unwrap().1;
    after_name.split_whitespace().skip(11).take(2).map(|n| n.parse::<u64>().unwrap()).sum()
}

/// What came from the terminal.
enum Came {
    Bytes,
    End,
    Nothing,
}

/// A program; where a test fails it ends with it.
struct Program(Child);

impl Program {
    fn pid(&self) -> Pid {
        Pid::from_child(&self.0)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A terminal and the program in it.
pub struct Terminal {
    host: OwnedFd,
    /// The program's side, held so that nothing is lost when the program ends.
    line: OwnedFd,
    stuff: OwnedFd,
    program: Program,
    ended: OwnedFd,
    size: (u16, u16),
    /// What is on the screen.
    pub screen: vt100::Parser,
    /// Every byte written.
    pub written: Vec<u8>,
    before: String,
    _home: tempfile::TempDir,
}

impl Terminal {
    /// What the screen shows, as text.
    pub fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// Presses keys.
    pub fn press(&self, keys: &str) {
        assert_eq!(write(&self.host, keys.as_bytes()), Ok(keys.len()));
    }

    /// Signals the program, or the one in the foreground where a shell started it.
    pub fn signal(&self, signal: Signal) {
        kill_process(tcgetpgrp(&self.host).unwrap(), signal).unwrap();
    }

    /// Gives the window another size.
    pub fn resize(&mut self, width: u16, height: u16) {
        self.screen.screen_mut().set_size(height.try_into().unwrap(), width.try_into().unwrap());
        resize(&self.host, (width, height));
    }

    /// Fills the terminal until it takes nothing more, as one does whose other end does not read.
    pub fn fill(&self) {
        while write(&self.stuff, &[b'x'; 512]) != Err(Errno::AGAIN) {}
    }

    /// Reads so many bytes a second for a while.
    pub fn read_slowly(&mut self, rate: usize, time: Duration) {
        let start = Instant::now();
        let mut read = 0;
        while start.elapsed() < time {
            let most = rate.saturating_mul(start.elapsed().as_millis() as usize) / 1000;
            if most > read {
                let before = self.written.len();
                self.take((most - read).min(16 << 10), Instant::now());
                read += self.written.len() - before;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// What the program has of memory, in KiB (proc_pid_status(5)).
    pub fn memory(&self) -> usize {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.program.pid().as_raw_nonzero())).unwrap();
        let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Reads until what is on the screen satisfies.
    pub fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(self) {
            match self.read(deadline) {
                Came::Bytes => {}
                Came::End => panic!("it ended before {what}:\n{}", self.text()),
                Came::Nothing => panic!("never {what}:\n{}", self.text()),
            }
        }
    }

    /// Reads until the screen shows a text.
    pub fn until_shows(&mut self, text: &str) {
        self.until(&format!("showed {text:?}"), |t| t.text().contains(text));
    }

    /// Reads until the first frame is there, whole.
    pub fn until_drawn(&mut self) {
        self.until("drew a frame", |t| {
            let panes = ["Environments", "Applications", "Pods", "Alerts", "Changes"];
            panes.iter().all(|p| t.text().contains(p)) && t.screen.screen().alternate_screen()
        });
    }

    /// Reads until the program has ended and all that it wrote has come.
    pub fn end(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.read(deadline) {
                Came::Bytes => {}
                Came::End => break,
                Came::Nothing => panic!("it does not end:\n{}", self.text()),
            }
        }
        write(&self.line, END).unwrap();
        while !self.written.ends_with(END) {
            assert!(matches!(self.read(deadline), Came::Bytes | Came::End), "the terminal lost something");
        }
        self.written.truncate(self.written.len() - END.len());
        self.program.0.wait().unwrap()
    }

    /// Waits for the end without reading.
    pub fn end_unread(&mut self) -> ExitStatus {
        assert!(ends(&self.ended, PATIENCE), "it does not end while nobody reads");
        self.program.0.wait().unwrap()
    }

    /// Closes the terminal: how the program ended, how long that took, and what it cost in hundredths of a second.
    pub fn close(mut self) -> (ExitStatus, Duration, u64) {
        let before = spent(self.program.pid());
        drop((self.line, self.stuff));
        let start = Instant::now();
        drop(self.host);
        assert!(ends(&self.ended, PATIENCE), "it lives on without a terminal");
        let took = start.elapsed();
        let cost = spent(self.program.pid()) - before;
        (self.program.0.wait().unwrap(), took, cost)
    }

    /// Reads what there is, or waits for it.
    fn read(&mut self, deadline: Instant) -> Came {
        self.take(16 << 10, deadline)
    }

    /// Reads at most so many bytes of what there is, or waits for it.
    fn take(&mut self, most: usize, deadline: Instant) -> Came {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut fds = [PollFd::new(&self.host, PollFlags::IN), PollFd::new(&self.ended, PollFlags::IN)];
        match poll(&mut fds, Some(&Timespec::try_from(left).unwrap())) {
            Ok(0) => return Came::Nothing,
            Err(Errno::INTR) => return Came::Bytes,
            other => _ = other.unwrap(),
        }
        if !fds[0].revents().contains(PollFlags::IN) {
            return Came::End;
        }
        let mut bytes = [0; 16 << 10];
        let count = read(&self.host, &mut bytes[..most]).unwrap();
        self.written.extend_from_slice(&bytes[..count]);
        self.screen.process(&bytes[..count]);
        Came::Bytes
    }

    /// Whether the line has the modes it had before.
    pub fn check_modes(&self) {
        assert_eq!(modes(&self.line), self.before, "the terminal's modes");
    }

    /// Holds the terminal against how it was before, and all that was written against the grammar.
    pub fn check_given_back(&self) {
        self.check_modes();
        // Seen by a terminal that kept its size: a smaller one loses what stood there before.
        let mut kept = virtual_screen(self.size);
        kept.process(&self.written);
        let screen = kept.screen();
        assert!(!screen.alternate_screen(), "the other screen is left");
        assert!(screen.contents().starts_with("$ vigie"), "{}", screen.contents());
        assert!(!screen.hide_cursor(), "the cursor shows");
        assert!(!screen.bracketed_paste() && !screen.application_keypad() && !screen.application_cursor());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert_eq!(screen.attributes_formatted(), vt100::Parser::default().screen().attributes_formatted());
        let text = String::from_utf8_lossy(&self.written);
        for (on, off) in [("\x1b[22;0t", "\x1b[23;0t"), ("\x1b[?2026h", "\x1b[?2026l")] {
            assert!(text.rfind(on) <= text.rfind(off), "{on:?} is not undone");
        }
        assert_eq!(
            text.matches("\x1b[22;0t").count(),
            text.matches("\x1b[23;0t").count(),
            "titles are popped"
        );
        assert!(text.rfind("\x1b]2;") <= text.rfind("\x1b[23;0t"), "the last title is the one before");
        assert_eq!(grammar(&self.written), Ok(()));
    }
}

/// Waits until a process has ended.
fn ends(process: &OwnedFd, patience: Duration) -> bool {
    let mut fds = [PollFd::new(process, PollFlags::IN)];
    poll(&mut fds, Some(&Timespec::try_from(patience).unwrap())) == Ok(1)
}
