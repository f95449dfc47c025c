//! The shipped keymaps pressed as people of k9s, vim and Emacs press theirs; counts, places, and going back.

use std::sync::Arc;

use proptest::prelude::*;
use vigie::{
    app::{Effect, Event, Item, KEYMAPS, Overlay, PaneId, Size, SortBy, Subject, load_keys, load_keys_on},
    keymap::{Code, Press, Source},
    model::Kind,
    store::Delta,
    triage::Focus,
};

use crate::{driver::Driver, frame::world};

fn driver(keymap: &'static str) -> Driver {
    let mut d = Driver::new(world::incident(), world::now(), 160, 45);
    d.state.settings.keys = Arc::new(load_keys_on(keymap, None).0);
    d.draw();
    d
}

fn cursor(d: &Driver) -> usize {
    d.state.pane(d.state.active).cursor
}

fn name(d: &Driver) -> String {
    match d.state.selected() {
        Some(Item::Entity(key)) => key.name.to_string(),
        Some(Item::Environment(name)) => name.to_string(),
        _ => String::new(),
    }
}

fn said(d: &Driver) -> &str {
    d.state.notice.as_ref().map_or("", |(notice, _)| &notice.text)
}

fn copied(d: &Driver) -> Option<&str> {
    d.effects.iter().rev().find_map(|e| match e {
        Effect::Copy(text) => Some(text.as_str()),
        _ => None,
    })
}

fn quits(d: &Driver) -> bool {
    d.effects.iter().any(|e| matches!(e, Effect::Quit))
}

fn plans(d: &Driver) -> bool {
    let opens = |o: &Overlay| matches!(o, Overlay::Sheet(_) | Overlay::Picker(_));
    d.state.overlays.iter().any(opens) || d.effects.iter().any(|e| matches!(e, Effect::Plan { .. }))
}

fn about(d: &Driver) -> &'static str {
    match d.state.overlays.last() {
        Some(Overlay::Viewer(viewer)) => viewer.what,
        _ => "",
    }
}

#[test]
fn counts_run_it_so_often() {
    for (keymap, keys, at) in [
        ("default", "# 5 j", 5),
        ("default", "alt-5 j", 5),
        ("default", "alt-1 2 j", 12),
        ("default", "# 9 j # 3 k", 6),
        ("default", "# 1 2 G", 11),
        ("vim", "5 j", 5),
        ("vim", "1 0 j 3 k", 7),
        ("vim", "1 2 G", 11),
        ("vim", "3 g g", 2),
        ("vim", "9 9 9 9 9 9 j", 28),
        ("emacs", "ctrl-u 5 ctrl-n", 5),
        ("emacs", "alt-5 ctrl-n", 5),
        ("k9s", "# 4 j", 4),
        ("vim", "5 esc j", 1),
    ] {
        let mut d = driver(keymap);
        d.keys("g p");
        assert_eq!((d.state.active, cursor(&d)), (PaneId::Pods, 0));
        d.keys(keys);
        assert_eq!(cursor(&d), at, "{keymap}: {keys}");
        assert_eq!(d.state.keying.count, None);
    }
}

#[test]
fn a_count_goes_before_a_sequence_and_is_shown() {
    let mut d = driver("vim");
    d.keys("3 ] e");
    assert_eq!(d.state.active, PaneId::Alerts, "the third problem is the first alert");
    let mut d = driver("vim");
    d.keys("1 2");
    assert!(d.screen().lines().last().is_some_and(|l| l.starts_with(" 12 ")), "{}", d.screen());
    d.keys("]");
    assert!(d.screen().contains(" 12 ] "), "{}", d.screen());
}

#[test]
fn digits_go_to_panes_where_they_do_not_count() {
    for keymap in ["default", "k9s", "emacs"] {
        let mut d = driver(keymap);
        d.keys("3");
        assert_eq!(d.state.active, PaneId::Pods, "{keymap}");
    }
}

#[test]
fn a_half_typed_sequence_is_explained_when_it_rests_and_left_with_esc() {
    let mut d = driver("default");
    d.event(Event::Key(Press::char('g')));
    assert!(!d.screen().contains("deployments and other workloads"), "a fast typist is not told");
    d.event(Event::Waited);
    assert!(d.screen().contains("deployments and other workloads"), "{}", d.screen());
    d.keys("esc");
    assert!(!d.screen().contains("deployments and other workloads"));
    d.keys("p");
    assert_ne!(d.state.active, PaneId::Pods, "what was begun is forgotten");
}

#[test]
fn back_and_forth_between_places() {
    for (keymap, back, forth) in [
        ("default", "ctrl-o", "alt-o"),
        ("default", "alt-left", "alt-right"),
        ("vim", "ctrl-o", "alt-o"),
        ("emacs", "alt-,", "ctrl-x right"),
        ("k9s", "[", "]"),
    ] {
        let mut d = driver(keymap);
        let app = name(&d);
        d.keys("g p").keys("/").text("crash").keys("enter");
        d.draw();
        let pod = name(&d);
        d.keys("g a");
        assert_eq!(d.state.active, PaneId::Alerts);
        d.keys(back);
        assert_eq!((d.state.active, name(&d)), (PaneId::Pods, pod.clone()), "{keymap}");
        assert_eq!(d.state.pane(PaneId::Pods).filter.text(), "crash");
        d.keys(back);
        assert_eq!(d.state.active, PaneId::Pods);
        assert_eq!(d.state.pane(PaneId::Pods).filter.text(), "", "before it was filtered");
        d.keys(back);
        assert_eq!((d.state.active, name(&d)), (PaneId::Applications, app), "{keymap}");
        d.keys(back);
        assert_eq!(said(&d), "nowhere further back");
        d.keys(forth).keys(forth);
        assert_eq!(name(&d), pod);
        assert_eq!(d.state.pane(PaneId::Pods).filter.text(), "crash");
        d.keys(forth);
        assert_eq!(d.state.active, PaneId::Alerts, "{keymap}");
        d.keys(forth);
        assert_eq!(said(&d), "nowhere further forth");
    }
}

#[test]
fn texts_are_places_too_and_selections_are_not() {
    let mut d = driver("default");
    d.keys("j j j");
    assert_eq!(d.state.journey.lengths(), (0, 0));
    let mut d = driver("default");
    d.keys("g p y");
    assert_eq!(about(&d), "YAML");
    d.keys("esc g a ctrl-o ctrl-o");
    assert_eq!((d.state.active, about(&d)), (PaneId::Pods, "YAML"), "it is asked for again");
    d.keys("ctrl-o");
    assert_eq!((d.state.active, about(&d)), (PaneId::Pods, ""));
}

#[test]
fn what_is_gone_is_passed_over_with_a_word() {
    let mut d = driver("default");
    d.keys("3 j");
    let Some(Item::Entity(key)) = d.state.selected().cloned() else { panic!("a pod") };
    d.keys("4");
    world::send(&mut d.state.store, key.source, vec![Delta::Remove(key.clone())]);
    d.draw();
    d.keys("ctrl-o");
    assert_eq!(d.state.active, PaneId::Applications);
    assert_eq!(said(&d), format!("{} is gone: passed over", key.name));
}

#[test]
fn the_last_two_places() {
    for (keymap, key) in [("default", "`"), ("vim", "ctrl-^"), ("vim", "' '"), ("k9s", "-")] {
        let mut d = driver(keymap);
        d.keys("g p g a").keys(key);
        assert_eq!(d.state.active, PaneId::Pods, "{keymap}");
        d.keys(key);
        assert_eq!(d.state.active, PaneId::Alerts, "{keymap}");
    }
}

#[test]
fn places_have_letters() {
    for (keymap, set, go) in
        [("default", "m a", "' a"), ("vim", "m a", "` a"), ("emacs", "ctrl-x r m a", "ctrl-x r b a")]
    {
        let mut d = driver(keymap);
        d.keys("g p").keys("/").text("crash").keys("enter").keys(set);
        assert!(said(&d).starts_with("a is pods"), "{}", said(&d));
        let pod = name(&d);
        d.keys("esc g a").keys(go);
        assert_eq!((d.state.active, name(&d)), (PaneId::Pods, pod.clone()), "{keymap}");
        assert_eq!(d.state.pane(PaneId::Pods).filter.text(), "crash");
        d.keys(&go.replace('a', "z").replace("` z", "' z"));
        assert_eq!(said(&d), "no place is called z");
        let before_letter = go.rsplit_once(' ').expect("two keys").0;
        d.keys(before_letter);
        assert!(d.screen().contains(&format!("pods /crash, {pod}")) || d.screen().contains("/crash"));
        d.keys("esc j");
        assert_eq!(d.state.keying.waits, None);
    }
}

#[test]
fn lines_of_logs_are_marked_as_before() {
    let mut d = driver("vim");
    d.keys("g l m");
    assert!(d.state.typing.is_some(), "a note is asked for");
}

#[test]
fn again_looks_sorts_and_filters_but_never_plans() {
    let mut d = driver("vim");
    d.keys(".");
    assert_eq!(said(&d), "nothing was looked at, sorted or filtered yet");
    d.keys("g p s r g d .");
    assert!(said(&d).contains("cannot be sorted by restarts"), "{}", said(&d));
    d.keys("g p /").text("crash").keys("enter esc");
    assert_eq!(d.state.pane(PaneId::Pods).filter.text(), "");
    d.keys("g d .");
    assert_eq!(d.state.pane(PaneId::Applications).filter.text(), "crash");
    d.keys("esc x esc j .");
    assert_eq!(about(&d), "why");
    for (keymap, key) in [("default", "r"), ("vim", "."), ("k9s", "."), ("emacs", "ctrl-x z")] {
        let mut d = driver(keymap);
        let plan = if keymap == "k9s" { "a S" } else { "S" };
        d.keys("g d x esc").keys(plan);
        assert!(plans(&d), "{keymap}");
        d.effects.clear();
        d.keys("esc").keys(key);
        assert!(!plans(&d) && about(&d) == "why", "{keymap}: the plan is not made again");
    }
}

#[test]
fn q_goes_back_from_what_fills_the_screen_and_quits_from_the_bottom() {
    for (keymap, key) in [("default", "q"), ("vim", "q"), ("k9s", "q"), ("emacs", "ctrl-x k")] {
        let mut d = driver(keymap);
        d.keys("g p l");
        assert!(d.state.zoom && d.state.active == PaneId::Logs);
        d.keys(key);
        assert!(!quits(&d) && !d.state.zoom, "{keymap}");
        assert_eq!(d.state.active, PaneId::Pods, "{keymap}: where they were opened");
        d.keys(key);
        assert!(quits(&d), "{keymap}");
    }
    let mut d = driver("default");
    d.keys("g l z q");
    assert!(!quits(&d) && !d.state.zoom && d.state.active == PaneId::Logs);
}

#[test]
fn an_alert_that_resolved_lets_the_panes_go() {
    let mut d = driver("default");
    d.keys("4 j k");
    let Focus::Entity(key) = d.state.focus.clone() else { panic!("the focus follows") };
    assert_eq!(key.kind, Kind::Alert);
    d.keys("f");
    assert!(d.state.pinned);
    let deltas = vec![Delta::Remove(key.clone())];
    d.event(Event::Batches(vec![vigie::store::Batch { source: key.source, at: world::now(), deltas }]));
    d.draw();
    assert_eq!(d.state.focus, Focus::Everything);
    assert!(!d.state.pinned && d.state.pane(PaneId::Pods).rows.total > 20);
    assert_eq!(said(&d), "HighErrorRate no longer fires; the panes are about everything again");
}

#[test]
fn an_escape_tied_to_a_key_is_both_where_alt_means_nothing() {
    let mut d = driver("default");
    d.keys("3 j").keys("/").text("crash").keys("alt-j");
    assert!(d.state.typing.is_none(), "left as esc leaves it");
    assert_eq!(d.state.pane(PaneId::Pods).filter.text(), "");
    for keymap in ["default", "vim", "emacs"] {
        let mut d = driver(keymap);
        d.keys("alt-S alt-R alt-H alt-U");
        assert!(!plans(&d), "{keymap}: nothing is planned by a guess");
    }
}

#[test]
fn as_in_k9s() {
    let mut d = driver("k9s");
    d.keys("g p");
    for (key, what) in [("d", "description"), ("y", "YAML")] {
        d.keys(key);
        assert_eq!(about(&d), what);
        d.keys("esc");
    }
    d.keys("c");
    assert_eq!(copied(&d), Some(name(&d).as_str()));
    for (key, sort) in [
        ("N", SortBy::Name),
        ("A", SortBy::Newest),
        ("T", SortBy::Restarts),
        ("C", SortBy::Cpu),
        ("M", SortBy::Memory),
        ("O", SortBy::Node),
        ("S", SortBy::Worst),
    ] {
        d.keys(key);
        assert_eq!(d.state.pane(PaneId::Pods).sort, sort, "{key}");
        assert!(!plans(&d));
    }
    d.keys("S");
    assert!(d.state.pane(PaneId::Pods).reversed, "the same again turns it round");
    d.keys("R F");
    assert!(!plans(&d) && cursor(&d) == 0);
    for key in ["ctrl-d", "ctrl-k"] {
        d.keys(key);
        assert!(plans(&d), "what k9s deletes with shows the plan");
        d.keys("esc");
    }
    d.keys("ctrl-a");
    assert_eq!(d.state.pane(d.state.active).subject, Subject::Objects);
    d.keys("0 g d ctrl-l");
    assert!(plans(&d), "its roll back shows the plan's first question");
    assert!(!d.effects.iter().any(|e| matches!(e, Effect::Execute(_))));
    let mut d = driver("k9s");
    d.keys("g l 4");
    assert!(matches!(d.state.overlays.last(), Some(Overlay::Chooser(_))), "how far back");
    d.keys("esc ctrl-z g p 0");
    assert_eq!(d.state.focus, Focus::Everything);
}

#[test]
fn as_in_vim() {
    let mut d = driver("vim");
    d.keys("g p y y");
    assert_eq!(copied(&d), Some(name(&d).as_str()));
    d.keys("g y");
    assert_eq!(about(&d), "YAML");
    d.keys("esc 5 j");
    let pod = name(&d);
    d.keys("ctrl-w j ctrl-w k");
    assert_eq!((d.state.active, name(&d)), (PaneId::Pods, pod));
    d.keys("ctrl-w o");
    assert!(d.state.zoom);
    d.keys("ctrl-w o ctrl-w w");
    assert_ne!(d.state.active, PaneId::Pods);
    d.keys("Z Z");
    assert!(quits(&d));
    let mut d = driver("vim");
    d.keys(":").text("q").keys("enter");
    assert!(quits(&d));
}

#[test]
fn the_window_moves_under_the_selection() {
    let mut d = driver("vim");
    d.keys("g p");
    let first = |d: &Driver| d.state.pane(PaneId::Pods).offset;
    d.keys("1 0 j z t");
    assert_eq!((cursor(&d), first(&d)), (10, 10));
    d.keys("ctrl-y ctrl-y");
    assert_eq!((cursor(&d), first(&d)), (10, 8), "the selection stays");
    d.keys("g H");
    assert_eq!(cursor(&d), 8);
    d.keys("ctrl-e");
    assert_eq!((cursor(&d), first(&d)), (9, 9), "it goes along where its row would leave");
    d.keys("g L");
    let last = cursor(&d);
    d.keys("g M");
    assert_eq!(cursor(&d), usize::midpoint(9, last));
    d.keys("1 2 G z b");
    assert!(first(&d) <= 11 && cursor(&d) == 11);
}

#[test]
fn as_in_emacs() {
    let mut d = driver("emacs");
    d.keys("ctrl-x o");
    assert_ne!(d.state.active, PaneId::Applications);
    d.keys("g p ctrl-n ctrl-n ctrl-p");
    assert_eq!(cursor(&d), 1);
    d.keys("alt->");
    assert_eq!(cursor(&d), 28);
    d.keys("alt-<");
    assert_eq!(cursor(&d), 0);
    d.keys("ctrl-v");
    let page = cursor(&d);
    d.keys("alt-v");
    assert!(page > 0 && cursor(&d) == 0);
    d.keys("alt-w");
    assert_eq!(copied(&d), Some(name(&d).as_str()));
    d.keys("ctrl-x 1");
    assert!(d.state.zoom);
    d.keys("ctrl-x 1 ctrl-s").text("crash").keys("ctrl-g");
    assert!(d.state.typing.is_none());
    d.keys("alt-x");
    assert!(matches!(d.state.overlays.last(), Some(Overlay::Palette(_))));
    d.keys("ctrl-g ctrl-space ctrl-space");
    assert_eq!(d.state.pane(PaneId::Pods).marks.len(), 2);
    d.keys("ctrl-x ctrl-c");
    assert!(quits(&d));
}

#[test]
fn another_keymap_is_taken_from_the_palette_with_the_own_rows_on_top() {
    let own = Source { path: "own.toml".into(), text: "keys = [{ on = \"X\", run = \"help\" }]".into() };
    for typed in ["keymap vim", "set keymap vim", "set keymap=vim"] {
        let mut d = driver("default");
        d.state.settings.keys = Arc::new(load_keys(Some(own.clone())).0);
        d.keys(":").text(typed).keys("enter");
        assert_eq!(d.state.settings.keys.base.0, "vim", "{typed}");
        assert!(said(&d).contains("inherits = \"vim\""), "{}", said(&d));
        d.keys("X");
        assert!(d.screen().contains(" keys of vim "), "{}", d.screen());
        d.keys("esc g p 5 j");
        assert_eq!(cursor(&d), 5);
    }
    let mut d = driver("default");
    d.keys(":").text("keymap");
    for (keymap, _) in KEYMAPS {
        assert!(d.screen().contains(keymap), "{keymap}");
    }
}

#[test]
fn help_footer_and_tour_name_the_keys_in_force() {
    let mut d = driver("emacs");
    d.keys("g p");
    let footer = d.screen().lines().last().expect("a footer").to_owned();
    assert!(footer.contains("alt-x palette") && footer.contains("ctrl-s filter"), "{footer}");
    let mut d = driver("vim");
    d.keys("g p").keys("/").text("no such pod").keys("enter");
    assert!(d.screen().contains("esc clears the filter"));
    d.keys("?");
    let help = d.screen();
    assert!(help.contains("y y, y w") && help.contains("1, 2, 3"), "{help}");
    d.keys("esc esc");
    d.state.tour = Some(vigie::app::Tour::default());
    d.keys("j");
    d.keys("k");
    assert!(d.screen().contains("tab goes to the next pane, g p to the pods"), "{}", d.screen());
    assert!(d.screen().contains("ctrl-w o shows one alone"), "{}", d.screen());
}

fn press() -> impl Strategy<Value = Press> {
    let codes = prop_oneof![
        12 => proptest::char::range('!', '~').prop_map(Code::Char),
        3 => proptest::char::range('0', '9').prop_map(Code::Char),
        2 => prop::sample::select(vec!['g', 'z', 'm', '\'', 'a', 'x', 'w']).prop_map(Code::Char),
        1 => Just(Code::Char(' ')),
        2 => Just(Code::Enter),
        2 => Just(Code::Esc),
        1 => Just(Code::Tab),
        1 => prop::sample::select(vec![Code::Down, Code::Up, Code::Left, Code::Right, Code::Backspace]),
    ];
    let held = (prop::bool::weighted(0.2), prop::bool::weighted(0.1), prop::bool::weighted(0.05));
    (codes, held).prop_map(|(code, (ctrl, alt, shift))| Press {
        code,
        ctrl,
        alt,
        shift: shift && !matches!(code, Code::Char(_)),
    })
}

#[derive(Clone, Debug)]
enum Act {
    Press(Press),
    Resize(u16, u16),
    Rest,
    Gone(u8),
    Keymap(usize),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        16 => press().prop_map(Act::Press),
        1 => (1u16..200, 1u16..70).prop_map(|(w, h)| Act::Resize(w, h)),
        1 => (1u16..4, 1u16..4).prop_map(|(w, h)| Act::Resize(w, h)),
        2 => Just(Act::Rest),
        1 => any::<u8>().prop_map(Act::Gone),
        1 => (0..KEYMAPS.len()).prop_map(Act::Keymap),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn nothing_pressed_in_any_keymap_panics(
        keymap in 0..KEYMAPS.len(),
        size in (1u16..160, 1u16..50),
        acts in prop::collection::vec(act(), 1..70),
    ) {
        let mut d = Driver::new(world::incident(), world::now(), size.0, size.1);
        d.state.settings.keys = Arc::new(load_keys_on(KEYMAPS[keymap].0, None).0);
        for act in acts {
            match act {
                Act::Press(press) => d.event(Event::Key(press)),
                Act::Resize(width, height) => d.event(Event::Resize(Size { width, height })),
                Act::Rest => {
                    d.event(Event::Rest);
                    d.event(Event::Waited);
                }
                Act::Keymap(n) => d.state.settings.keys = Arc::new(load_keys_on(KEYMAPS[n].0, None).0),
                Act::Gone(n) => {
                    let key = d.state.store.pods.at(usize::from(n) % 32).map(|p| p.key.clone());
                    if let Some(key) = key {
                        world::send(&mut d.state.store, key.source, vec![Delta::Remove(key)]);
                    }
                }
            }
            d.draw();
            for id in PaneId::ALL {
                let pane = d.state.pane(id);
                prop_assert!(pane.rows.shown.is_empty() || pane.cursor < pane.rows.shown.len());
                prop_assert_eq!(&pane.selected, &d.state.item_at(id, pane.cursor));
            }
            prop_assert!(!d.effects.iter().any(|e| matches!(e, Effect::Execute(_))), "nothing was planned");
        }
    }
}

#[test]
fn a_count_and_help_work_in_a_text() {
    let mut d = Driver::new(world::incident(), world::now(), 80, 24);
    let text: String = (1..60).map(|n| format!("line-{n}: {n}\n")).collect::<Vec<_>>().concat();
    crate::frame::details::yaml(&mut d, &text);
    d.keys("# 9 j");
    assert!(d.screen().contains("10/59"), "{}", d.screen());
    d.keys("z n");
    assert!(d.screen().contains(" 10 line-10"), "{}", d.screen());
    let asked = d.effects.len();
    d.keys("ctrl-r");
    assert!(matches!(d.effects.get(asked), Some(Effect::Read { .. })), "it is read anew");
    d.keys("r");
    assert!(said(&d).contains("only in the panes"), "{}", said(&d));
}

#[test]
fn help_scrolls_to_its_end_and_no_further() {
    let mut d = Driver::new(world::incident(), world::now(), 80, 24);
    d.keys("? G");
    let end = d.screen();
    assert!(!end.contains("more below"), "{end}");
    for _ in 0..30 {
        d.keys("ctrl-f");
    }
    assert_eq!(d.screen(), end);
    d.keys("k");
    assert!(d.screen().contains("1 more below"), "one key goes back at once: {}", d.screen());
}

#[test]
fn what_is_said_stays_by_the_wall_clock() {
    let mut d = Driver::new(world::incident(), world::now(), 120, 40);
    d.keys("b");
    let text = said(&d).to_owned();
    assert!(!text.is_empty());
    // At a hundred times the speed a tick still comes once a second.
    for second in 1..8 {
        d.event(Event::Tick(world::now().plus(std::time::Duration::from_secs(100 * second))));
        assert_eq!(said(&d), text, "after {second} seconds");
    }
    d.event(Event::Tick(world::now().plus(std::time::Duration::from_secs(800))));
    assert_eq!(said(&d), "");
}
