//! A text in the engineer's editor and pager, on a real terminal.

use std::path::Path;

use rustix::process::Signal;
use vigie::model::SystemClock;

use super::{
    show,
    terminal::{Start, Terminal, inside},
};

/// Says what it was given and in what modes, and waits for a line.
const EDITOR: &str = "sh -c 'stat -c \"mode %a\" \"$0\" \"${0%/*}\"; grep -c . \"$0\"; echo \"copy $0\"; echo it waits; read -r line'";

/// A vigie that shows why the application is broken, in a terminal of its own.
fn why(name: &str, env: &[(&str, &str)]) -> Terminal {
    let mut terminal = Start { env, ..Start::default() }.test(&format!("pty::editor::{name}"));
    terminal.until_drawn();
    terminal.press("x");
    terminal.until_shows("why of application");
    terminal
}

/// Leaves what is looked at, and ends.
fn quit(terminal: &mut Terminal) {
    terminal.until("shows the text again", |t| {
        t.screen.screen().alternate_screen() && t.text().contains("why of")
    });
    terminal.press("q");
    terminal.until("left the text", |t| !t.text().contains("why of"));
    terminal.press("q");
    assert_eq!(terminal.end().code(), Some(0));
    terminal.check_given_back();
}

#[test]
fn an_editor_gets_a_copy_and_the_terminal() {
    if inside() {
        return show(SystemClock, |_, _, _| {});
    }
    let env = [("VISUAL", EDITOR), ("EDITOR", "false")];
    let mut terminal = why("an_editor_gets_a_copy_and_the_terminal", &env);
    terminal.press("\x05");
    terminal.until_shows("it waits");
    let text = terminal.text();
    assert!(!terminal.screen.screen().alternate_screen(), "the editor has the terminal as it was: {text}");
    assert!(text.contains("mode 400") && text.contains("mode 700"), "{text}");
    let copy = text.lines().find_map(|l| l.strip_prefix("copy ")).expect("a copy").trim().to_owned();
    assert!(Path::new(&copy).extension().is_some_and(|e| e == "txt"), "{copy}");
    terminal.press("go\r");
    quit(&mut terminal);
    assert!(!Path::new(&copy).exists(), "{copy} was left behind");
}

#[test]
fn what_interrupts_an_editor_leaves_vigie_alone() {
    if inside() {
        return show(SystemClock, |_, _, _| {});
    }
    let mut terminal = why("what_interrupts_an_editor_leaves_vigie_alone", &[("EDITOR", EDITOR)]);
    terminal.press("\x05");
    terminal.until_shows("it waits");
    terminal.press("\x03");
    terminal.until_shows("was ended by signal 2");
    quit(&mut terminal);
}

#[test]
fn a_missing_editor_is_said() {
    if inside() {
        return show(SystemClock, |_, _, _| {});
    }
    let mut terminal = why("a_missing_editor_is_said", &[("EDITOR", "no-such-editor")]);
    terminal.press("\x05");
    terminal.until_shows("there is no `no-such-editor` here");
    quit(&mut terminal);
}

#[test]
fn a_pager_reads_it_all() {
    if inside() {
        return show(SystemClock, |_, _, _| {});
    }
    let pager = "sh -c 'head -n 1; echo paged; read -r line < /dev/tty'";
    let mut terminal = why("a_pager_reads_it_all", &[("PAGER", pager)]);
    terminal.press("|");
    terminal.until_shows("paged");
    assert!(terminal.text().contains("Degraded"), "{}", terminal.text());
    terminal.press("\r");
    quit(&mut terminal);
}

#[test]
fn an_end_ends_the_editor_too() {
    if inside() {
        return show(SystemClock, |_, _, _| {});
    }
    for signal in [Signal::TERM, Signal::HUP] {
        let mut terminal = why("an_end_ends_the_editor_too", &[("EDITOR", EDITOR)]);
        terminal.press("\x05");
        terminal.until_shows("it waits");
        let text = terminal.text();
        let copy = text.lines().find_map(|l| l.strip_prefix("copy ")).expect("a copy").trim().to_owned();
        terminal.signal(signal);
        assert!(terminal.end().code().is_some(), "{signal:?}");
        terminal.check_given_back();
        assert!(!Path::new(&copy).exists(), "{copy} was left behind");
    }
}
