//! Scenarios of filters: what is typed narrows, what is wrong is said, what there is is offered, what was is kept.

use vigie::{
    app::{Command, Effect, PaneId, Remember, Row},
    config::Problem,
};

use crate::{driver::Driver, frame::world};

fn driver() -> Driver {
    let mut d = Driver::new(world::incident(), world::now(), 160, 45);
    d.state.memory.file = Some("/nowhere/remembered.toml".into());
    d.state.memory.filters_file = Some("/nowhere/filters.toml".into());
    d
}

fn names(d: &Driver) -> Vec<String> {
    let key = |row: &Row| row.key(&d.state.store, &d.state.timeline).map(|k| k.name.to_string());
    let mut all: Vec<String> = d.state.pane(d.state.active).rows.shown.iter().filter_map(key).collect();
    all.sort();
    all
}

fn typed(d: &Driver) -> String {
    d.state.typing.as_ref().map_or(String::new(), |t| t.input.text().to_owned())
}

#[test]
fn columns_narrow_every_list() {
    let mut d = driver();
    d.keys("3 /").text("status=crashloopbackoff restarts>=5 age<1h").keys("enter");
    d.draw();
    assert_eq!(names(&d), ["appointments-7d4c9b6f5-k8q4r", "appointments-7d4c9b6f5-x2x7p"]);
    assert!(d.screen().contains("/status=crashloopbackoff restarts>=5 age<1h"));
    d.keys("esc 2 /").text("health=degraded,missing").keys("enter");
    d.draw();
    assert_eq!(names(&d), ["appointments", "appointments"]);
    d.keys("esc /").text("env=prod sync!=synced").keys("enter");
    d.draw();
    assert_eq!(names(&d), ["openmrs"]);
    d.keys("esc 4 /").text("severity=\"critical\"").keys("enter");
    d.draw();
    let (some, all) =
        (d.state.pane(PaneId::Alerts).rows.shown.len(), d.state.pane(PaneId::Alerts).rows.total);
    assert!(some > 0 && some < all, "{some} of {all}");
}

#[test]
fn a_typo_is_said_and_never_empties_the_list() {
    let mut d = driver();
    d.keys("3 /").text("crash");
    d.draw();
    let crashed = names(&d);
    assert_eq!(crashed.len(), 2);
    d.text(" statsu=Running");
    assert!(d.screen().contains("no column statsu: did you mean status?"), "{}", d.screen());
    assert_eq!(names(&d), crashed, "the other terms hold");
    d.keys("enter");
    assert!(d.state.typing.is_some(), "it is not taken");
    d.keys("ctrl-w").text("age<2");
    assert!(d.screen().contains("age 2? write it as 30s 10m 2h"), "{}", d.screen());
    assert_eq!(names(&d), crashed);
    d.text("d").keys("enter");
    d.draw();
    assert!(d.state.typing.is_none());
    assert_eq!(names(&d), crashed);
    d.keys("/").text(" status=runing");
    let screen = d.screen();
    assert!(
        screen.contains("match crash age<2d, but none has status=runing")
            || screen.contains("but not status=runing"),
        "{screen}"
    );
    d.keys("esc");
    d.draw();
    assert_eq!(names(&d), crashed);
}

#[test]
fn tab_offers_columns_and_then_the_values_that_are_there() {
    let mut d = driver();
    d.keys("3 /").text("sta").keys("tab");
    assert_eq!(typed(&d), "status=", "the only one is put in");
    d.keys("tab");
    assert_eq!(typed(&d), "status=Running", "what is there most comes first");
    let screen = d.screen();
    assert!(screen.contains("CrashLoopBackOff"), "{screen}");
    d.draw();
    assert!(names(&d).iter().all(|n| !n.contains("x2x7p")));
    d.keys("esc");
    assert_eq!(typed(&d), "status=", "esc takes back what was put in");
    d.text("cra").keys("tab");
    assert_eq!(typed(&d), "status=CrashLoopBackOff");
    d.text(" restarts").keys("tab").text("3 env=");
    d.keys("tab");
    assert_eq!(
        typed(&d),
        "status=CrashLoopBackOff restarts>3 env=prod",
        "the other terms narrow what is offered"
    );
    d.keys("enter 2 /").text("degr").keys("tab");
    assert_eq!(typed(&d), "health=Degraded", "a value finds its column");
    d.keys("ctrl-u tab tab shift-tab down up enter");
    assert!(!typed(&d).is_empty(), "a column alone is not taken");
    d.keys("esc esc");
    assert!(d.state.typing.is_none());
}

#[test]
fn labels_are_offered_too() {
    let mut d = driver();
    d.keys("4 /").text("alertn").keys("tab");
    assert!(typed(&d).starts_with("name=") || typed(&d).starts_with("alertname="), "{}", typed(&d));
    d.keys("ctrl-u").text("names").keys("tab enter");
    assert!(typed(&d).starts_with("namespace=") && typed(&d).len() > "namespace=".len(), "{}", typed(&d));
}

#[test]
fn what_was_typed_comes_back_list_by_list() {
    let mut d = driver();
    for text in ["crash", "restarts>3"] {
        d.keys("3 / ctrl-u").text(text).keys("enter");
    }
    let kept: Vec<_> = d
        .effects
        .iter()
        .filter_map(|e| match e {
            Effect::Remember { what: Remember::Filter { list, text }, .. } => {
                Some((list.as_str(), text.as_str()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(kept, [("pods", "crash"), ("pods", "restarts>3")]);
    d.keys("/ ctrl-u").text("ag").keys("up");
    assert_eq!(typed(&d), "restarts>3");
    d.keys("up");
    assert_eq!(typed(&d), "crash");
    d.draw();
    assert_eq!(names(&d).len(), 2, "it narrows at once");
    d.keys("up down down");
    assert_eq!(typed(&d), "ag", "and what was being typed is still there");
    d.keys("esc 2 / up");
    assert_eq!(typed(&d), "", "another list has its own");
}

#[test]
fn filters_are_saved_taken_and_forgotten_by_name() {
    let mut d = driver();
    d.keys("3 /").text("restarts>3").keys("enter g f").text("save shaky").keys("enter");
    let saved = d.effects.iter().find_map(|e| match e {
        Effect::SaveFilter { filter, .. } => {
            Some((filter.name.clone(), filter.list().to_owned(), filter.text.clone()))
        }
        _ => None,
    });
    assert_eq!(saved, Some(("shaky".into(), "pods".into(), "restarts>3".into())));
    d.keys("esc 2 :").text("filter sh").keys("enter");
    d.draw();
    assert_eq!(d.state.active, PaneId::Pods);
    assert_eq!(d.state.pane(PaneId::Pods).filter.text(), "restarts>3");
    assert_eq!(names(&d).len(), 3);
    d.keys(":").text("filter forget sh").keys("enter");
    assert!(d.state.memory.filters.is_empty());
    assert!(d.effects.iter().any(|e| matches!(e, Effect::ForgetFilter { name, .. } if name == "shaky")));
}

#[test]
fn a_workspace_keeps_its_filters_and_tells_those_it_cannot_read() {
    let mut d = driver();
    d.state.desk.file = Some("/nowhere/workspaces.toml".into());
    d.keys("3 /").text("restarts>3").keys("enter :").text("workspace save shaky").keys("enter");
    d.keys("esc ctrl-w 2 :").text("workspace shaky").keys("enter");
    d.draw();
    assert_eq!(d.state.pane(PaneId::Pods).filter.text(), "restarts>3");
    d.keys(":").text("po colour=red").keys("enter");
    let screen = d.screen();
    assert!(screen.contains("no column colour"), "{screen}");
    assert_eq!(
        names(&d).len(),
        d.state.pane(PaneId::Pods).rows.total,
        "what is not understood narrows nothing"
    );
}

#[test]
fn what_is_remembered_wrongly_is_told_in_its_file() {
    let mut d = driver();
    let text = "[[filter]]\nname = \"x\"\nlist = \"pods\"\nfilter = \"statsu=x\"\n";
    let file = vigie::keymap::Source { path: "filters.toml".into(), text: text.into() };
    let problems: Vec<Problem> = vigie::app::read_filters(&file, &vigie::app::Book::default()).1;
    d.event(vigie::app::Event::Problems(problems));
    assert!(d.screen().contains("filters.toml:4:10: no column statsu"), "{}", d.screen());
    assert!(Command::named("filters").is_some());
}
