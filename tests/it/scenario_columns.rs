//! Scenarios of columns: chosen per list, kept, and the same names everywhere.

use std::sync::Arc;

use vigie::{
    app::{Book, Effect, Event, Overlay, PaneId, Ticket},
    keymap::Source,
    model::{
        Answer, Cell, Fault, FaultKind, Kind, Object, Query, Record, Series, Severity, SystemKind, TableHead,
    },
    store::{Delta, Status},
};

use crate::{
    driver::Driver,
    frame::world,
    scenario_tables::{browse, certificates, kind, told},
};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn driver() -> Driver {
    let mut d = Driver::new(world::incident(), world::now(), 160, 45);
    d.state.book.file = Some("/home/nadia/.config/vigie/columns.toml".into());
    d
}

/// The heading of the pane that stands alone on the screen.
fn heading(d: &mut Driver) -> Vec<String> {
    let screen = d.screen();
    let line =
        screen.lines().find(|l| ["AGE", "NAME", "POD "].iter().any(|h| l.contains(h))).expect("a heading");
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

/// Columns of one's own: a label, and a path.
fn own(d: &mut Driver) {
    let text = "[[column]]\nname = \"part\"\nlists = [\"pods\", \"alerts\"]\npath = \".metadata.labels.app\"\nwidth = 14\n\
                [[column]]\nname = \"class\"\nlists = [\"pods\"]\npath = \"{.status.qosClass}\"\n\
                [[column]]\nname = \"dns\"\nlists = [\"certificates.cert-manager.io\"]\npath = \".spec.dnsNames[*]\"\n\
                [[list]]\nname = \"pods\"\ncolumns = [\"env\", \"name\", \"status\", \"part\", \"class\"]\n\
                [[list]]\nname = \"certificates.cert-manager.io\"\ncolumns = [\"name\", \"dns\"]\n";
    let (book, problems) = Book::load(Some(&Source { path: "columns.toml".into(), text: text.into() }), None);
    assert_eq!(problems, Vec::new());
    d.state.book = book;
}

/// What was last opened of a kind: its ticket and its paths.
fn asked(d: &Driver, wanted: &str) -> Option<(Ticket, Vec<String>)> {
    d.effects.iter().rev().find_map(|e| match e {
        Effect::Browse { ticket, word, paths } if **word == *wanted => {
            Some((*ticket, paths.iter().map(|p| p.text().to_string()).collect()))
        }
        _ => None,
    })
}

fn pods(paths: &[&str]) -> Delta {
    let resource = kind("", "pods", "Pod", &["po"]);
    let own = paths.iter().map(|p| (*p).into()).collect();
    Delta::Head(Arc::new(TableHead { resource, columns: Vec::new(), own }))
}

fn with_class(name: &str, class: &str) -> Delta {
    let key =
        kind("", "pods", "Pod", &[]).key(world::source(0, SystemKind::Kubernetes), "appointments", name);
    Delta::Upsert(Record::Object(Box::new(Object {
        key,
        uid: 1,
        cells: [Cell::Text(class.into())].into(),
        labels: Arc::from([]),
        severity: Severity::Quiet,
        created: None,
    })))
}

/// The name of the first pod of the list that is one of the application's.
fn first_pod(d: &Driver) -> String {
    let keys = d.state.pane(PaneId::Pods).rows.shown.iter();
    let mut keys = keys.filter_map(|row| row.key(&d.state.store, &d.state.timeline));
    keys.find(|k| &*k.namespace == "appointments" && k.source == world::source(0, SystemKind::Kubernetes))
        .expect("a pod")
        .name
        .to_string()
}

#[test]
fn paths_are_asked_for_while_they_are_shown_and_labels_are_not() {
    let mut d = driver();
    own(&mut d);
    d.keys("3 z");
    let (ticket, paths) = asked(&d, "pods").expect("the clusters are asked");
    assert_eq!(paths, ["$.status.qosClass"], "labels are known");
    assert!(asked(&d, "deployments.apps").is_none(), "no workload has such a column");
    let name = first_pod(&d);
    assert_eq!(heading(&mut d), ["ENV", "POD", "STATUS", "PART", "CLASS"]);
    let rows = vec![
        Delta::Reset(Kind::Object),
        pods(&["$.status.qosClass"]),
        with_class(&name, "Burstable"),
        Delta::Synced(Kind::Object),
    ];
    told(&mut d, ticket, 0, rows);
    let screen = d.screen();
    let line = screen.lines().find(|l| l.contains("Burstable")).expect("it is shown");
    assert!(line.contains("appointments"), "beside its pod: {line}");
    // It sorts, and is copied and exported.
    d.keys(".");
    assert!(d.screen().contains("by class"), "{}", d.screen());
    d.keys("G enter g g c r");
    let row = d.effects.iter().rev().find_map(|e| match e {
        Effect::Copy(text) => Some(text.clone()),
        _ => None,
    });
    assert!(row.is_some_and(|r| r.ends_with("\tBurstable") && r.contains(&name)));
    d.effects.clear();
    d.keys("z 2 z");
    assert!(d.effects.iter().any(|e| matches!(e, Effect::CloseBrowse(t) if *t == ticket)));
    d.keys("z 3");
    let (again, _) = asked(&d, "pods").expect("asked anew");
    assert_ne!(again, ticket);
    told(&mut d, ticket, 0, vec![with_class(&name, "late")]);
    assert!(!d.screen().contains("late"), "what comes too late is dropped");
}

#[test]
fn a_cluster_that_refuses_says_so_in_the_pane() {
    let mut d = driver();
    own(&mut d);
    d.keys("3 z");
    let (ticket, _) = asked(&d, "pods").expect("asked");
    let fault = Fault::new(FaultKind::Refused, "kubernetes in prod", "list pods", "needs list on pods");
    told(&mut d, ticket, 0, vec![Delta::Status(Kind::Object, Status::Refused(Box::new(fault)))]);
    assert!(d.screen().contains("prod: own columns: "), "{}", d.screen());
}

#[test]
fn objects_come_with_what_their_paths_lead_to() {
    let mut d = driver();
    own(&mut d);
    browse(&mut d);
    let (ticket, paths) = asked(&d, "certificates.cert-manager.io").expect("asked");
    assert_eq!(paths, ["$.spec.dnsNames[*]"], "its columns are known when it is named");
    let text = |text: &str| Cell::Text(text.into());
    let key = certificates().key(world::source(0, SystemKind::Kubernetes), "odoo", "web");
    let object = Object {
        key,
        uid: 2,
        cells: [text("True"), text("web-tls"), text("ca"), text(""), text("a.org,b.org")].into(),
        labels: Arc::from([]),
        severity: Severity::Ok,
        created: None,
    };
    let column = |name: &str| vigie::model::TableColumn { name: name.into(), wide: false, number: false };
    let columns = ["Ready", "Secret", "Issuer", "Renewal"].map(column).into();
    let head = TableHead { resource: certificates(), columns, own: vec!["$.spec.dnsNames[*]".into()] };
    let rows = vec![
        Delta::Reset(Kind::Object),
        Delta::Head(Arc::new(head)),
        Delta::Upsert(Record::Object(Box::new(object))),
        Delta::Synced(Kind::Object),
    ];
    told(&mut d, ticket, 0, rows);
    d.keys("z");
    let screen = d.screen();
    assert!(screen.contains("DNS") && screen.contains("a.org,b.org"), "{screen}");
    assert!(!screen.contains("True"), "only what was chosen: {screen}");
}

/// A column that Prometheus fills.
fn measured(d: &mut Driver) {
    let text = "[[column]]\nname = \"rps\"\nlists = [\"pods\"]\nquery = 'sum by (namespace, pod) (rate(http{env=\"$env\"}[5m]))'\n\
                [[list]]\nname = \"pods\"\ncolumns = [\"name\", \"rps\", \"age\"]\n";
    let (book, problems) = Book::load(Some(&Source { path: "columns.toml".into(), text: text.into() }), None);
    assert_eq!(problems, Vec::new());
    d.state.book = book;
}

/// Questions to Prometheus: their tickets, whom, and what.
fn queries(d: &Driver) -> Vec<(Ticket, vigie::model::Source, String)> {
    let query = |e: &Effect| match e {
        Effect::Read { ticket, source, query: Query::Range { query, from, to, .. } } => {
            assert_eq!(from, to, "one moment");
            Some((*ticket, *source, query.to_string()))
        }
        _ => None,
    };
    d.effects.iter().filter_map(query).collect()
}

#[test]
fn one_query_for_each_environment_fills_a_column_and_is_asked_again_only_while_it_is_shown() {
    let mut d = driver();
    measured(&mut d);
    d.keys("3 z");
    let asked = queries(&d);
    let places = d.state.store.systems.iter().filter(|s| s.kind == SystemKind::Prometheus).count();
    assert_eq!(asked.len(), places, "never one for each row");
    let (ticket, source, query) = asked[0].clone();
    assert_eq!(source, world::source(0, SystemKind::Prometheus));
    assert!(query.contains("env=\"prod\""), "{query}");
    let name = first_pod(&d);
    let line = Series {
        labels: vec![("namespace".into(), "appointments".into()), ("pod".into(), name.as_str().into())],
        points: vec![(world::now(), 12.345)],
    };
    d.event(Event::Answer { ticket, answer: Ok(Answer::Series(vec![line])) });
    let screen = d.screen();
    assert!(screen.lines().any(|l| l.contains(&name) && l.contains("12.3")), "{screen}");
    d.effects.clear();
    let at = |secs| Event::Tick(world::now().plus(std::time::Duration::from_secs(secs)));
    d.event(at(20));
    assert!(queries(&d).is_empty(), "gently");
    d.event(at(31));
    let (again, ..) = queries(&d).into_iter().find(|(_, s, _)| *s == source).expect("asked again");
    let fault =
        Fault::new(FaultKind::Unreachable, "prometheus in prod", "query a range", "connection refused");
    d.event(Event::Answer { ticket: again, answer: Err(fault) });
    assert!(d.screen().contains("prod: column rps: "), "{}", d.screen());
    d.event(at(200));
    assert!(d.screen().contains("12.3 ?"), "what is old says so: {}", d.screen());
    d.keys("z 2 z");
    d.effects.clear();
    d.event(at(400));
    assert!(queries(&d).is_empty(), "nobody looks at it");
}

/// How many pods are listed.
fn listed(d: &mut Driver) -> usize {
    d.state.settle();
    d.state.pane(PaneId::Pods).rows.shown.len()
}

#[test]
fn lists_are_narrowed_by_labels_and_paths_of_ones_own_in_the_same_grammar() {
    let mut d = driver();
    let text = "[[column]]\nname = \"part\"\nlists = [\"pods\"]\npath = '.metadata.labels.app\\.kubernetes\\.io/instance'\n\
                [[column]]\nname = \"class\"\nlists = [\"pods\"]\npath = \"{.status.qosClass}\"\n\
                [[list]]\nname = \"pods\"\ncolumns = [\"name\", \"part\", \"class\"]\n";
    let (book, problems) = Book::load(Some(&Source { path: "columns.toml".into(), text: text.into() }), None);
    assert_eq!(problems, Vec::new());
    d.state.book = book;
    d.keys("3 z");
    let all = listed(&mut d);
    let is_part = |p: &vigie::model::Pod| p.labels.iter().any(|(_, v)| **v == *"appointments");
    let parts = d.state.store.pods.iter().filter(|p| is_part(p)).count();
    assert!(parts > 0 && parts < all);
    d.keys("/").text("part=appointments").keys("enter");
    assert_eq!(listed(&mut d), parts);
    d.keys("/").text(" !class=burstable").keys("enter");
    assert_eq!(listed(&mut d), parts, "nothing is known of it yet");
    let (ticket, _) = asked(&d, "pods").expect("asked");
    let name = first_pod(&d);
    let rows = vec![
        Delta::Reset(Kind::Object),
        pods(&["$.status.qosClass"]),
        with_class(&name, "Burstable"),
        Delta::Synced(Kind::Object),
    ];
    told(&mut d, ticket, 0, rows);
    assert_eq!(listed(&mut d), parts - 1, "what comes narrows at once");
    d.keys("/ ctrl-u").text("cla");
    d.keys("tab");
    assert!(d.screen().contains("/class="), "{}", d.screen());
    d.text("b").keys("tab");
    assert!(d.screen().contains("class=Burstable"), "with the values that are there: {}", d.screen());
    d.keys("enter");
    assert_eq!(listed(&mut d), 1);
}

#[test]
fn what_a_filter_names_is_asked_for_though_no_column_shows_it() {
    let mut d = driver();
    let text = "[[column]]\nname = \"class\"\nlists = [\"pods\"]\npath = \"{.status.qosClass}\"\n\
                [[column]]\nname = \"cpu95\"\nlists = [\"pods\"]\nquery = 'sum by (namespace, pod) (x)'\n";
    let (book, problems) = Book::load(Some(&Source { path: "columns.toml".into(), text: text.into() }), None);
    assert_eq!(problems, Vec::new());
    d.state.book = book;
    d.keys("3 z");
    assert!(asked(&d, "pods").is_none() && queries(&d).is_empty(), "nobody looks at it");
    d.keys("/").text("class=");
    assert!(asked(&d, "pods").is_some(), "its values are offered while it is typed");
    d.keys("ctrl-u").text("cpu95>500m").keys("enter");
    let (ticket, ..) = queries(&d).remove(0);
    assert_eq!(listed(&mut d), 0);
    let name = first_pod_of_store(&d);
    let line = |pod: &str, value: f64| Series {
        labels: vec![("namespace".into(), "appointments".into()), ("pod".into(), pod.into())],
        points: vec![(world::now(), value)],
    };
    d.event(Event::Answer { ticket, answer: Ok(Answer::Series(vec![line(&name, 0.75)])) });
    assert_eq!(listed(&mut d), 1);
    d.keys("/ ctrl-u").text("cpu95>0.8").keys("enter");
    assert_eq!(listed(&mut d), 0);
    d.keys("/ ctrl-u").text("cpu95~x");
    assert!(d.screen().contains("cpu95 is an amount"), "{}", d.screen());
}

/// The name of a pod of the application in production, listed or not.
fn first_pod_of_store(d: &Driver) -> String {
    let mut pods = d.state.store.pods.iter();
    pods.find(|p| {
        &*p.key.namespace == "appointments" && p.key.source == world::source(0, SystemKind::Kubernetes)
    })
    .expect("a pod")
    .key
    .name
    .to_string()
}

#[test]
fn shares_of_requests_and_limits_are_shown_wide_sorted_and_narrowed_by() {
    let mut d = driver();
    d.event(Event::Resize(vigie::app::Size { width: 240, height: 45 }));
    d.keys("3 z");
    assert!(!d.screen().contains("%CPU/R"));
    d.keys("w");
    let screen = d.screen();
    let head = screen.lines().find(|l| l.contains("%CPU/R")).expect("a heading");
    assert!(head.contains("%CPU/R %CPU/L %MEM/R %MEM/L"), "{head}");
    let line = screen.lines().find(|l| l.contains("appointments-")).expect("a pod");
    let shares: Vec<&str> =
        line.split_whitespace().filter(|w| *w == "n/a" || w.parse::<u32>().is_ok_and(|n| n > 10)).collect();
    assert_eq!(shares, ["120", "n/a", "150", "75"], "{line}");
    let all = listed(&mut d);
    let sized = d.state.store.pods.iter().filter(|p| p.resources.memory_limit > 0).count();
    assert!(sized > 0 && sized < all);
    for (filter, wanted) in
        [("mem/l>=75", sized), ("%mem/l>75%", 0), ("cpu/r=120%", sized), ("!mem/r>100", all - sized)]
    {
        d.keys("/ ctrl-u").text(filter).keys("enter");
        assert_eq!(listed(&mut d), wanted, "{filter}");
    }
    d.keys("esc .");
    assert!(d.screen().contains("by memoryPercentOfLimit"), "{}", d.screen());
}

#[test]
fn frames_of_own_columns() {
    for (width, height) in SIZES {
        let mut d = driver();
        d.event(Event::Resize(vigie::app::Size { width, height }));
        own(&mut d);
        d.keys("3");
        let (ticket, _) = asked(&d, "pods").expect("asked");
        let name = first_pod(&d);
        let rows =
            vec![Delta::Reset(Kind::Object), pods(&["$.status.qosClass"]), with_class(&name, "Burstable")];
        told(&mut d, ticket, 0, rows);
        insta::assert_snapshot!(format!("own_columns_{width}x{height}"), d.screen());
    }
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
