//! Scenarios of columns: chosen per list, kept, and the same names everywhere.

use vigie::{
    app::{Book, Effect, Event, Overlay, PaneId},
    keymap::Source,
};

use crate::{driver::Driver, frame::world, scenario_tables::browse};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn driver() -> Driver {
    let mut d = Driver::new(world::incident(), world::now(), 160, 45);
    d.state.book.file = Some("/home/nadia/.config/vigie/columns.toml".into());
    d
}

/// The heading of the pane that stands alone on the screen.
fn heading(d: &mut Driver) -> Vec<String> {
    let screen = d.screen();
    let line = screen.lines().find(|l| l.contains("AGE") || l.contains("NAME")).expect("a heading");
    line.split_whitespace().map(str::to_owned).collect()
}

fn saved(d: &Driver) -> Option<(String, Option<Vec<String>>)> {
    d.effects.iter().rev().find_map(|e| match e {
        Effect::SaveColumns { list, columns, .. } => Some((list.clone(), columns.clone())),
        _ => None,
    })
}

#[test]
fn columns_are_hidden_shown_and_moved_at_once_and_kept() {
    let mut d = driver();
    d.keys("3 z");
    assert_eq!(
        heading(&mut d),
        ["ENV", "NAMESPACE", "POD", "READY", "STATUS", "RESTARTS", "CPU", "MEM", "NODE", "AGE"]
    );
    d.keys("|");
    assert!(d.screen().contains("columns of pods"));
    // The namespace goes; the name cannot; the status goes two to the left.
    d.keys("j space j space j j K K");
    d.keys("enter");
    assert_eq!(heading(&mut d), ["ENV", "STATUS", "POD", "READY", "RESTARTS", "CPU", "MEM", "NODE", "AGE"]);
    let (list, columns) = saved(&d).expect("kept");
    assert_eq!(list, "pods");
    let columns = columns.expect("chosen");
    assert_eq!(columns, ["env", "status", "name", "ready", "restarts", "cpu", "mem", "node", "age"]);
    // All panes of the list show it so, and only those.
    d.keys("z 2 z");
    assert!(heading(&mut d).contains(&"HEALTH".to_owned()));
}

#[test]
fn what_is_cancelled_was_never_chosen_and_reset_brings_the_usual_ones() {
    let mut d = driver();
    d.keys("3 z");
    let usual = heading(&mut d);
    d.keys("| space j j space");
    assert_ne!(heading(&mut d), usual, "what is chosen shows at once");
    d.keys("esc");
    assert_eq!(heading(&mut d), usual);
    assert!(saved(&d).is_none());
    d.keys("| space enter");
    assert!(!heading(&mut d).contains(&"ENV".to_owned()));
    assert!(saved(&d).is_some_and(|(_, columns)| columns.is_some()));
    d.keys("| r enter");
    assert_eq!(heading(&mut d), usual);
    assert_eq!(saved(&d), Some(("pods".to_owned(), None)));
    d.effects.clear();
    d.keys("| enter");
    assert!(saved(&d).is_none(), "nothing was changed");
}

#[test]
fn any_kind_of_object_has_columns_of_its_own() {
    let mut d = driver();
    browse(&mut d);
    d.keys("z | j space enter");
    assert_eq!(heading(&mut d), ["ENV", "NAME", "READY", "SECRET", "AGE"]);
    assert_eq!(saved(&d).map(|(list, _)| list).as_deref(), Some("certificates.cert-manager.io"));
    d.keys("w");
    assert!(heading(&mut d).contains(&"ISSUER".to_owned()), "the wide form adds to what was chosen");
}

#[test]
fn what_a_file_chooses_is_shown_and_the_list_says_so() {
    let mut d = driver();
    let text = "[[list]]\nname = \"pods\"\ncolumns = [\"owner\", \"labels\", \"Age\"]\n".to_owned();
    let (book, problems) = Book::load(Some(&Source { path: "columns.toml".into(), text }), None);
    assert_eq!(problems, Vec::new());
    d.state.book = book;
    d.keys("3 z");
    assert_eq!(heading(&mut d), ["POD", "OWNER", "LABELS", "AGE"], "no list goes without its name");
    d.keys("| j space enter");
    let said = d.state.notice.as_ref().map(|(n, _)| n.text.clone()).unwrap_or_default();
    assert_eq!(said, "there is no home directory to keep columns in");
}

#[test]
fn lists_without_columns_say_so() {
    let mut d = driver();
    d.keys("1 |");
    assert!(d.state.overlays.is_empty());
    d.keys("g c |");
    assert!(d.state.overlays.is_empty());
    d.keys(":").text("columns").keys("enter");
    assert!(d.state.overlays.is_empty(), "nor from the palette");
    d.keys("6 |");
    assert_eq!(d.state.active, PaneId::Logs);
    assert!(!d.state.overlays.iter().any(|o| matches!(o, Overlay::Columns(_))), "logs have fields");
}

#[test]
fn frames() {
    for (width, height) in SIZES {
        let mut d = driver();
        d.event(Event::Resize(vigie::app::Size { width, height }));
        d.keys("3 | j space j j j K");
        insta::assert_snapshot!(format!("columns_{width}x{height}"), d.screen());
    }
}
