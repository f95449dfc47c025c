//! Tests of what fills the screen.

use super::*;
use crate::model::{Answer, Document, Kind, Source, Syntax, Time};

const ROOM: Room = Room { width: 20, height: 4 };

fn yaml(text: &str) -> Viewer {
    let key = Key::new(Source(0), Kind::Pod, "a", "b");
    let mut viewer = Viewer::waiting("YAML", key, Sort::Document, Ticket(1));
    let document = Document { syntax: Syntax::Yaml, text: text.into() };
    viewer.answer(Ok(Answer::Document(document)), Time::default(), 80);
    viewer
}

#[test]
fn the_pointer_stays_in_sight_where_lines_are_wrapped() {
    let mut viewer = yaml("a:\n  b: one two three four five six seven\n  c: 1\n  d: 2\n  e: 3");
    for command in [Command::Down, Command::Down, Command::Down] {
        assert!(viewer.run(command, ROOM));
    }
    assert_eq!((viewer.cursor, viewer.first(ROOM)), (3, 2), "the long line takes three of four lines");
    viewer.run(Command::Wrap, ROOM);
    assert_eq!(viewer.first(ROOM), 2);
    viewer.run(Command::Top, ROOM);
    assert_eq!((viewer.cursor, viewer.first(ROOM)), (0, 0));
}

#[test]
fn a_text_without_pointer_scrolls_to_its_end_and_no_further() {
    let lines =
        (0..6).map(|n| Line::new(Tone::Text, format!("line {n} that is long enough to wrap"))).collect();
    let mut viewer = Viewer::of("why", Sort::Document, lines);
    viewer.run(Command::Bottom, ROOM);
    assert_eq!(viewer.first(ROOM), 4, "the last two fill the place");
    viewer.run(Command::Down, ROOM);
    assert_eq!(viewer.first(ROOM), 4);
}

#[test]
fn a_search_opens_folds_and_goes_on_from_match_to_match() {
    let mut viewer = yaml("a:\n  x: 1\nb:\n  x: 2\nc: 3");
    viewer.run(Command::FoldAll, ROOM);
    assert_eq!(viewer.rows(), 3);
    viewer.search("X:");
    assert_eq!((viewer.cursor, viewer.path().as_deref()), (1, Some(".a.x")));
    viewer.run(Command::NextMatch, ROOM);
    assert_eq!(viewer.path().as_deref(), Some(".b.x"));
    viewer.run(Command::PreviousMatch, ROOM);
    assert_eq!(viewer.path().as_deref(), Some(".a.x"));
}

#[test]
fn line_numbers_take_their_room() {
    let mut viewer = yaml("a: 1\nb: 2");
    assert_eq!(viewer.gutter(), 0);
    viewer.run(Command::Numbers, ROOM);
    assert_eq!(viewer.gutter(), 2);
}
