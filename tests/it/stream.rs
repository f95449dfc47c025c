//! What goes to the terminal: a small grammar whatever the world holds, and few bytes of it.

use std::{
    io::{self, Write},
    sync::Arc,
};

use ratatui::Terminal;
use unicode_width::UnicodeWidthChar;
use vigie::{
    app::{Effect, Event, Notice},
    model::{
        AlertState, Answer, AppHealth, ClusterEvent, Document, Fault, FaultKind, Key, Kind, LogLine,
        Namespace, PodState, Record, Severity, SyncStatus, Syntax, SystemKind,
    },
    runtime::encode::{Encoder, Target},
    store::{Delta, Status, Store},
    theme::{self, Depth},
    ui,
};

use crate::{driver::Driver, frame::world};

/// Checks a stream against the grammar of all that vigie ever writes; the error shows where it breaks.
pub fn grammar(bytes: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).map_err(|e| format!("no UTF-8 at byte {}", e.valid_up_to()))?;
    let (mut rest, mut marks) = (text, 0);
    while let Some(c) = rest.chars().next() {
        // No more marks on one character than the Stream-Safe Text Format has (Unicode Annex 15).
        marks = if c.width() == Some(0) { marks + 1 } else { 0 };
        rest = token(rest).filter(|_| marks <= 30).ok_or_else(|| {
            format!("at byte {}: {:?}", text.len() - rest.len(), rest.chars().take(24).collect::<String>())
        })?;
    }
    Ok(())
}

/// What is left after the first token, if it is one.
fn token(rest: &str) -> Option<&str> {
    if let Some(rest) = rest.strip_prefix("\r\n") {
        return Some(rest);
    }
    if let Some(rest) = rest.strip_prefix("\x1b[") {
        let (parameters, rest) = rest.split_at(rest.find(|c| ('@'..='~').contains(&c))?);
        let (last, rest) = rest.split_at(1);
        return control(parameters, last).then_some(rest);
    }
    // The question for the terminal's background.
    if let Some(rest) = rest.strip_prefix("\x1b]11;?\x1b\\") {
        return Some(rest);
    }
    if let Some(rest) = rest.strip_prefix("\x1b]") {
        let (string, rest) = rest.split_once('\x07')?;
        return command(string).then_some(rest);
    }
    let c = rest.chars().next().filter(|c| printable(*c))?;
    Some(&rest[c.len_utf8()..])
}

/// Whether this control sequence is one of ours.
fn control(parameters: &str, last: &str) -> bool {
    let numbers = parameters.split(';').all(|n| n.len() <= 4 && n.bytes().all(|b| b.is_ascii_digit()));
    match last {
        "m" | "H" => numbers,
        "C" | "G" | "X" => numbers && !parameters.contains(';'),
        "K" => parameters.is_empty(),
        "J" => parameters == "2",
        "t" => matches!(parameters, "22;0" | "23;0"),
        "h" | "l" => matches!(parameters, "?25" | "?1000" | "?1006" | "?1049" | "?2004" | "?2026"),
        _ => false,
    }
}

/// Whether this operating system command is one of ours: the title, the clipboard.
fn command(string: &str) -> bool {
    match string.split_once(';') {
        Some(("2", title)) => title.chars().all(printable),
        Some(("52", text)) => text
            .strip_prefix("c;")
            .is_some_and(|t| t.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))),
        _ => false,
    }
}

/// Whether a character takes its place, moves nothing and hides nothing.
fn printable(c: char) -> bool {
    let hides = matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    !c.is_control() && !hides
}

/// A terminal that keeps every byte.
struct Kept {
    bytes: Vec<u8>,
    size: (u16, u16),
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Target for Kept {
    fn size(&self) -> io::Result<(u16, u16)> {
        Ok(self.size)
    }
}

/// A driver whose frames go through the encoder.
struct Line {
    driver: Driver,
    terminal: Terminal<Encoder<Kept>>,
}

impl Line {
    fn new(mut driver: Driver) -> Self {
        let size = driver.state.size;
        let kept = Kept { bytes: Vec::new(), size: (size.width, size.height) };
        driver.state.settle();
        let mut line = Self { driver, terminal: Terminal::new(Encoder::new(kept).filling(true)).unwrap() };
        line.frame();
        line
    }

    /// Draws; how many bytes that took.
    fn frame(&mut self) -> u64 {
        let before = self.terminal.backend().written();
        self.driver.state.settle();
        self.terminal.draw(|frame| ui::view(&self.driver.state, frame)).unwrap();
        self.terminal.backend().written() - before
    }

    fn bytes(&self) -> &[u8] {
        &self.terminal.backend().target().bytes
    }
}

/// Most bytes of the first frame at 200×60.
const FIRST: u64 = 12 << 10;
/// Most bytes of the frame that answers a cursor key, two rows written anew.
const KEY: u64 = 300;
/// Every list by its key.
const LISTS: [&str; 11] = ["1", "2", "3", "4", "5", "7", "g w", "g n", "g x", "g v", "g c"];

#[test]
fn the_first_frame_takes_few_bytes() {
    let first = Line::new(Driver::new(world::incident(), world::now(), 200, 60)).bytes().len() as u64;
    assert!(first <= FIRST, "{first} bytes");
}

/// The incident, and rows of the lists that it leaves empty.
fn everything() -> Store {
    let mut store = world::incident();
    let kubernetes = world::source(0, SystemKind::Kubernetes);
    let namespace = |name: &str| {
        let key = Key::new(kubernetes, Kind::Namespace, "", name);
        Record::Namespace(Namespace { key, phase: "Active".into(), created: world::ago(90 * 86_400) })
    };
    let event = |n: u32| {
        let pod = format!("appointments-7d4c9b6f5-x2x{n}p");
        let message = format!("Back-off restarting failed container main in pod {pod}_appointments");
        let event = ClusterEvent {
            key: Key::new(kubernetes, Kind::Event, "appointments", format!("{pod}.1")),
            about_kind: "Pod".into(),
            about: pod.as_str().into(),
            about_uid: n.into(),
            warning: true,
            reason: "BackOff".into(),
            message: message.as_str().into(),
            count: n,
            first: world::ago(290),
            last: world::ago(n.into()),
        };
        Record::Event(Box::new(event))
    };
    let records = ["appointments", "odoo", "openmrs"].map(namespace).into_iter().chain((1..4).map(event));
    world::send(&mut store, kubernetes, records.map(Delta::Upsert).collect());
    store
}

/// The last line of a screen.
fn hints(driver: &mut Driver) -> String {
    driver.screen().lines().last().unwrap_or_default().to_owned()
}

/// With 256 colours, as ssh leaves them (it does not pass COLORTERM on), and with all.
#[test]
fn a_cursor_move_takes_few_bytes() {
    let depths = [Depth::Indexed, Depth::True];
    let sizes = [(120, 40), (200, 60)];
    let themes = ["dark", "light"];
    let mut over = Vec::new();
    for (theme, depth) in themes.iter().flat_map(|t| depths.map(|d| (t, d))) {
        for ((width, height), pane) in sizes.iter().flat_map(|s| LISTS.map(|p| (*s, p))) {
            let mut driver = Driver::new(everything(), world::now(), width, height);
            driver.state.settings.theme = Arc::new(theme::shipped(theme).unwrap().at(depth));
            driver.keys(pane).keys("g g");
            let mut line = Line::new(driver);
            for key in ["j", "j", "k"] {
                let before = hints(&mut line.driver);
                let press = vigie::keymap::parse_sequence(key).unwrap()[0];
                line.driver.event(Event::Key(press));
                let moved = line.frame();
                assert_eq!(hints(&mut line.driver), before, "the keys of one list are the same for all rows");
                line.driver.event(Event::Rest);
                let followed = line.frame();
                let said = format!(
                    "{width}×{height}, {theme}, {depth:?}, pane {pane}, {key}: {moved}, and {followed} to follow"
                );
                println!("{said}");
                assert!(moved > 0, "{said}");
                if moved > KEY {
                    over.push(said);
                }
            }
        }
    }
    assert!(over.is_empty(), "{}", over.join("\n"));
}

#[test]
fn the_grammar_is_small() {
    for fine in
        ["plain ✓ 日本 e\u{301}", "\r\n", "\x1b[1;38;5;7m", "\x1b[m", "\x1b[12;5H", "\x1b]2;vigie PROD\x07"]
    {
        assert_eq!(grammar(fine.as_bytes()), Ok(()), "{fine:?}");
    }
    for wrong in [
        "\n",
        "\r",
        "\t",
        "\x07",
        "\x1b",
        "\x1b[",
        "\x1b[5n",
        "\x1b[?1003h",
        "\x1b]0;x\x07",
        "\x1b]2;x\x1b\\",
        "\x1b]2;\u{9b}\x07",
        "\x1bc",
        "\x1bP1q\x1b\\",
        "\u{9b}m",
        "\u{202e}",
        "\u{200b}",
        "\x7f",
    ] {
        assert!(grammar(wrong.as_bytes()).is_err(), "{wrong:?}");
    }
    assert!(grammar(b"\xff").is_err());
    assert!(grammar(format!("a{}", "\u{301}".repeat(31)).as_bytes()).is_err());
}

/// Names and lines that want more than to be read. Each begins with `hostile`.
fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = [
        "\x1b[2J\x1b[31mred\x1b[0m",
        "\x1bc\x1b(0\x1b#8",
        "\u{9b}31mred\u{9b}2J",
        "\x1b]52;c;aGVsbG8=\x07",
        "\u{9d}52;c;aGVsbG8=\u{9c}",
        "\x1b]0;owned\x1b\\",
        "\x1bP1$r0m\x1b\\",
        "\x1b_apc\x1b\\\x1b^pm\x1b\\",
        "\r\n\tline\x08\x08\x7f\x07",
        "\u{202e}gpj.exe",
        "\u{2066}x\u{2069}\u{200f}",
        "z\u{200b}w\u{200d}\u{feff}",
        "tag\u{e0041}\u{e007f}",
        "日本\u{9b}1m語",
        "cut\x1b[",
        "cut\x1b]52;c;",
        "\u{85}\u{90}\u{98}\u{9e}\u{9f}",
    ]
    .iter()
    .map(|t| format!("hostile {t}"))
    .collect();
    texts.push(format!("hostile a{}b", "\u{301}".repeat(100)));
    texts.push(format!("hostile {}", "\u{20dd}".repeat(100)));
    texts
}

/// The incident, and in it a thing of each kind that has a text for its name.
fn bewitched(text: &str) -> Driver {
    let mut store = world::incident();
    let at = |kind| world::source(0, kind);
    let app = world::app(0, text, AppHealth::Degraded, SyncStatus::OutOfSync, text, 60);
    let pod = world::pod(0, text, text, PodState::Failed, text, (0, 1), 3, 60);
    let mut alert = store.alerts.iter().next().expect("an alert").clone();
    alert.key.name = text.into();
    alert.name = text.into();
    alert.labels = vec![("namespace".into(), text.into())];
    alert.annotations = vec![("summary".into(), text.into())];
    alert.severity = Severity::Critical;
    alert.state = AlertState::Active;
    world::send(&mut store, at(SystemKind::ArgoCd), vec![Delta::Upsert(Record::Application(Box::new(app)))]);
    world::send(&mut store, at(SystemKind::Kubernetes), vec![Delta::Upsert(Record::Pod(pod))]);
    world::send(
        &mut store,
        at(SystemKind::Alertmanager),
        vec![Delta::Upsert(Record::Alert(Box::new(alert)))],
    );
    let fault = Fault::new(FaultKind::Unreachable, text, text, text).hint(text);
    let down = Status::Down { fault: Box::new(fault), retry_at: world::now() };
    world::send(&mut store, at(SystemKind::Vault), vec![Delta::Status(Kind::Lease, down)]);
    let mut driver = Driver::new(store, world::now(), 200, 60);
    driver.event(Event::Identity(text.into()));
    driver
}

/// Draws every place where text from outside is shown; how often the text was seen.
fn tour(text: &str) -> (Line, usize) {
    let mut line = Line::new(bewitched(text));
    let mut seen = 0;
    let mut look = |line: &mut Line| {
        line.frame();
        seen += line.driver.screen().matches("hostile").count();
    };
    look(&mut line);
    line.driver.keys("2 /").text("hostile");
    line.driver.keys("enter j");
    look(&mut line);
    let open = line.driver.effects.iter().rev().find_map(|e| match e {
        Effect::OpenLogs { ticket, .. } => Some(*ticket),
        _ => None,
    });
    let open = open.unwrap_or_else(|| panic!("no logs: {}", line.driver.screen()));
    let entry = LogLine { at: world::ago(4), origin: text.into(), container: text.into(), text: text.into() };
    line.driver.event(Event::Logs { ticket: open, lines: vec![entry] });
    look(&mut line);
    line.driver.keys("x");
    look(&mut line);
    line.driver.keys("q y");
    let document = Document { syntax: Syntax::Yaml, text: format!("{text}: {text}\n# {text}\n") };
    line.driver.answer(Ok(Answer::Document(document)));
    look(&mut line);
    line.driver.keys("q d");
    line.driver.answer(Err(Fault::new(FaultKind::Server, text, text, text).hint(text)));
    look(&mut line);
    line.driver.keys("q :").text("hostile");
    look(&mut line);
    line.driver.keys("esc S");
    let asked = line.driver.effects.iter().rev().find_map(|e| match e {
        Effect::Plan { ticket, .. } => Some(*ticket),
        _ => None,
    });
    let plan = Err(Fault::new(FaultKind::Refused, text, text, text).hint(text));
    line.driver.event(Event::Planned { ticket: asked.expect("a plan was asked for"), plan });
    look(&mut line);
    line.driver.event(Event::Notice(Notice::new(Severity::Warning, text)));
    line.driver.keys("esc");
    look(&mut line);
    (line, seen)
}

#[test]
fn hostile_text_stays_text() {
    for text in hostile() {
        let (line, seen) = tour(&text);
        assert_eq!(grammar(line.bytes()), Ok(()), "{text:?}");
        assert!(seen > 12, "{text:?} was seen {seen} times");
    }
}
