//! Scenarios of tables: any kind of object, orders and columns, marks, copies and exports.

use std::sync::Arc;

use proptest::prelude::*;
use vigie::{
    app::{Command, Effect, Event, Item, PaneId, Subject, Ticket},
    keymap::{Code, Press},
    model::{
        Answer, ApiResource, Cell, Document, Fault, FaultKind, Kind, Object, Query, Record, Severity, Syntax,
        SystemKind, TableColumn, TableHead, Time,
    },
    store::{Batch, Delta, Status},
};

use crate::{driver::Driver, frame::world};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn driver() -> Driver {
    Driver::new(world::incident(), world::now(), 160, 45)
}

pub fn kind(group: &str, plural: &str, kind: &str, short: &[&str]) -> ApiResource {
    ApiResource {
        group: group.into(),
        version: "v1".into(),
        plural: plural.into(),
        singular: kind.to_lowercase().into(),
        kind: kind.into(),
        short: short.iter().map(|s| (*s).into()).collect(),
        namespaced: true,
        watchable: true,
    }
}

pub fn certificates() -> ApiResource {
    kind("cert-manager.io", "certificates", "Certificate", &["cert", "certs"])
}

fn column(name: &str, wide: bool) -> TableColumn {
    TableColumn { name: name.into(), wide, number: false }
}

/// Certificates as cert-manager's definition has them drawn.
fn head() -> Delta {
    let columns = vec![
        column("Ready", false),
        column("Secret", false),
        column("Issuer", true),
        TableColumn { name: "Renewal".into(), wide: true, number: true },
    ];
    Delta::Head(Arc::new(TableHead { resource: certificates(), columns, own: Vec::new() }))
}

fn certificate(env: usize, namespace: &str, name: &str, ready: &str, secret: &str) -> Delta {
    let text = |text: &str| Cell::Text(text.into());
    Delta::Upsert(Record::Object(Box::new(Object {
        key: certificates().key(world::source(env, SystemKind::Kubernetes), namespace, name),
        uid: 1,
        cells: [text(ready), text(secret), text("ca"), Cell::At(world::ago(7200))].into(),
        labels: Arc::from([("app.kubernetes.io/instance".into(), name.into())]),
        severity: if ready == "False" { Severity::Warning } else { Severity::Ok },
        created: Some(world::ago(86_400 * 3)),
    })))
}

/// The ticket of the last opening.
fn opened(d: &Driver) -> (Ticket, String) {
    let open = d.effects.iter().rev().find_map(|e| match e {
        Effect::Browse { ticket, word, .. } => Some((*ticket, word.to_string())),
        _ => None,
    });
    open.expect("a kind was opened")
}

pub fn told(d: &mut Driver, ticket: Ticket, env: usize, deltas: Vec<Delta>) {
    let batch = Batch { source: world::source(env, SystemKind::Kubernetes), at: world::now(), deltas };
    d.event(Event::Browsed { ticket, batches: vec![batch] });
}

/// Opens the certificates and lets two clusters tell of theirs; the third has no such kind.
pub fn browse(d: &mut Driver) -> Ticket {
    d.keys(":").text("certificates.cert-manager.io").keys("enter");
    let (ticket, _) = opened(d);
    let rows = vec![
        Delta::Reset(Kind::Object),
        head(),
        certificate(0, "appointments", "appointments", "False", "appointments-tls"),
        certificate(0, "odoo", "odoo", "True", "a-secret"),
        certificate(0, "billing", "billing", "True", "billing-tls"),
        Delta::Synced(Kind::Object),
    ];
    told(d, ticket, 0, rows);
    let rows = vec![
        Delta::Reset(Kind::Object),
        head(),
        certificate(1, "odoo", "odoo", "True", "odoo-tls"),
        Delta::Synced(Kind::Object),
    ];
    told(d, ticket, 1, rows);
    let fault =
        Fault::new(FaultKind::NotFound, "kubernetes in dev", "list", "has no certificates.cert-manager.io")
            .hint(":api-resources lists what there is");
    told(d, ticket, 2, vec![Delta::Status(Kind::Object, Status::Refused(Box::new(fault)))]);
    d.draw();
    ticket
}

fn names(d: &Driver) -> Vec<String> {
    let rows = &d.state.pane(PaneId::Pods).rows.shown;
    let key =
        |row: &vigie::app::Row| row.key(&d.state.store, &d.state.timeline).map(|k| k.title().to_owned());
    rows.iter().filter_map(key).collect()
}

fn copied(d: &Driver) -> String {
    let copy = d.effects.iter().rev().find_map(|e| match e {
        Effect::Copy(text) => Some(text.clone()),
        _ => None,
    });
    copy.expect("something was copied")
}

fn said(d: &Driver) -> String {
    d.state.notice.as_ref().map(|(n, _)| n.text.clone()).unwrap_or_default()
}

#[test]
fn any_kind_is_fed_while_it_is_looked_at_and_no_longer() {
    let mut d = driver();
    // Nothing has such a name: the last choice is to look for the word in the clusters.
    d.keys(":").text("ing").keys("ctrl-p enter");
    let (first, word) = opened(&d);
    assert_eq!(word, "ing", "the clusters are asked although they did not say yet what they have");
    assert_eq!(d.state.pane(PaneId::Pods).subject, Subject::Objects);
    assert!(d.screen().contains("asking"), "it says that nothing is known yet");
    let ticket = browse(&mut d);
    assert_ne!(first, ticket);
    told(&mut d, first, 0, vec![certificate(0, "x", "late", "True", "x")]);
    d.draw();
    assert_eq!(
        names(&d),
        ["appointments", "billing", "odoo", "odoo"],
        "worst first; what came late is dropped"
    );
    d.effects.clear();
    d.keys("2");
    let closed = |d: &Driver| d.effects.iter().any(|e| matches!(e, Effect::CloseBrowse(_)));
    assert!(!closed(&d), "its pane is still there to be seen");
    d.keys("3");
    assert!(closed(&d), "nobody looks at it any more");
}

#[test]
fn on_a_narrow_screen_another_pane_ends_it_and_coming_back_feeds_it_again() {
    let mut d = Driver::new(world::incident(), world::now(), 80, 24);
    browse(&mut d);
    d.effects.clear();
    d.keys("2");
    assert!(d.effects.iter().any(|e| matches!(e, Effect::CloseBrowse(_))));
    d.keys("tab");
    let (_, word) = opened(&d);
    assert_eq!(word, "certificates.cert-manager.io");
    assert_eq!(names(&d).len(), 4, "what was seen stays until the clusters tell anew");
}

#[test]
fn the_palette_knows_the_kinds_of_the_clusters() {
    let mut d = driver();
    d.keys(":");
    let asked: Vec<_> = d
        .effects
        .iter()
        .filter_map(|e| match e {
            Effect::Read { ticket, query: Query::ApiResources, .. } => Some(*ticket),
            _ => None,
        })
        .collect();
    assert_eq!(asked.len(), 3, "each cluster is asked");
    let kinds: Arc<[ApiResource]> = [kind("", "configmaps", "ConfigMap", &["cm"]), certificates()].into();
    for ticket in asked {
        d.event(Event::Answer { ticket, answer: Ok(Answer::ApiResources(Arc::clone(&kinds))) });
    }
    d.text("certificates odoo").keys("enter");
    let (_, word) = opened(&d);
    assert_eq!(word, "certificates.cert-manager.io", "a cluster's own kind comes before what Vault keeps");
    assert_eq!(d.state.pane(PaneId::Pods).filter.text(), "ns=odoo", "as in k9s");
    d.keys("esc :").text("cm").keys("enter");
    assert_eq!(opened(&d).1, "configmaps");
    d.effects.clear();
    d.keys(":");
    assert!(d.effects.is_empty(), "they are asked once");
    d.text("leases").keys("enter");
    assert_eq!(d.state.active, PaneId::Leases);
}

#[test]
fn the_list_of_kinds_leads_to_each() {
    let mut d = driver();
    d.keys("g r");
    let (ticket, word) = opened(&d);
    assert_eq!(word, "api-resources");
    let own = kind("", "api-resources", "APIResource", &[]);
    let own = ApiResource { version: "".into(), namespaced: false, ..own };
    let head = TableHead { resource: own.clone(), columns: vec![column("Kind", false)], own: Vec::new() };
    let row = Object {
        key: own.key(world::source(0, SystemKind::Kubernetes), "", "certificates.cert-manager.io"),
        uid: 0,
        cells: [Cell::Text("Certificate".into())].into(),
        labels: Arc::from([]),
        severity: Severity::Quiet,
        created: None,
    };
    told(&mut d, ticket, 0, vec![Delta::Head(Arc::new(head)), Delta::Upsert(Record::Object(Box::new(row)))]);
    d.draw();
    d.keys("y");
    assert!(said(&d).contains("enter lists them"));
    d.keys("enter");
    assert_eq!(opened(&d).1, "certificates.cert-manager.io");
    assert!(names(&d).is_empty(), "nothing of the kind before stays");
}

#[test]
fn an_object_is_looked_at_like_anything_else() {
    let mut d = driver();
    browse(&mut d);
    d.keys("y");
    let asked = d.effects.iter().rev().find_map(|e| match e {
        Effect::Read { query: Query::Manifest(key), source, .. } => Some((key.clone(), *source)),
        _ => None,
    });
    let (key, source) = asked.expect("the YAML is asked for");
    assert_eq!(&*key.name, "certificates.v1.cert-manager.io/appointments");
    assert_eq!(source, world::source(0, SystemKind::Kubernetes));
    d.keys("esc o");
    let Some(Item::Entity(app)) = d.state.selected().cloned() else { panic!("an application") };
    assert_eq!((app.kind, &*app.name), (Kind::Application, "appointments"), "by its labels");
}

#[test]
fn objects_sort_by_each_column_and_are_found_by_any_cell() {
    let mut d = driver();
    browse(&mut d);
    // Worst, name, newest, then the columns.
    d.keys(", , , ,");
    assert_eq!(said(&d), "sorted by Secret");
    d.draw();
    let secrets = ["a-secret", "appointments-tls", "billing-tls", "odoo-tls"];
    assert_eq!(names(&d), ["odoo", "appointments", "billing", "odoo"], "{secrets:?}");
    d.keys(";");
    d.draw();
    assert_eq!(names(&d), ["odoo", "billing", "appointments", "odoo"]);
    d.keys("/").text("a-secret").keys("enter");
    d.draw();
    assert_eq!(names(&d), ["odoo"]);
}

#[test]
fn any_list_sorts_by_anything_that_its_rows_tell() {
    let mut d = driver();
    d.keys("3 .");
    assert!(d.screen().contains("by memoryBytes"), "{}", d.screen());
    // The usual orders stand first, then the environment, the namespace and the name.
    d.keys("j j j j j j j j enter");
    assert_eq!(said(&d), "sorted by namespace");
    d.draw();
    let pods = &d.state.pane(PaneId::Pods).rows.shown;
    let namespaces: Vec<_> = pods
        .iter()
        .filter_map(|r| r.key(&d.state.store, &d.state.timeline))
        .map(|k| k.namespace.clone())
        .collect();
    assert!(namespaces.len() > 20 && namespaces.is_sorted(), "{namespaces:?}");
    d.keys(";");
    d.draw();
    let pods = &d.state.pane(PaneId::Pods).rows.shown;
    let first = pods[0].key(&d.state.store, &d.state.timeline).map(|k| k.namespace.clone());
    assert_eq!(first.as_ref(), namespaces.last());
    d.keys(". esc");
    assert!(d.state.overlays.is_empty());
    d.keys("1 .");
    assert_eq!(said(&d), "nothing to sort by", "environments stand as configured");
}

#[test]
fn wide_is_said_where_there_is_no_more() {
    let mut d = Driver::new(world::incident(), world::now(), 200, 60);
    d.keys("2 z w");
    let screen = d.screen();
    assert!(screen.contains("PROJECT") && screen.contains("DESTINATION"), "{screen}");
    d.keys("z g n w");
    assert_eq!(said(&d), "this list has no more columns");
}

#[test]
fn wide_shows_the_columns_that_the_server_calls_so() {
    let mut d = Driver::new(world::incident(), world::now(), 200, 60);
    browse(&mut d);
    d.keys("z");
    assert!(!d.screen().contains("ISSUER"));
    d.keys("w");
    let screen = d.screen();
    assert!(screen.contains("ISSUER") && screen.contains("RENEWAL") && screen.contains("2h"), "{screen}");
}

#[test]
fn columns_never_shrink_while_the_same_kind_is_looked_at() {
    let mut d = driver();
    let ticket = browse(&mut d);
    let at = |d: &mut Driver| {
        let screen = d.screen();
        let heading = screen.lines().find(|l| l.contains("SECRET")).expect("a heading").to_owned();
        (heading.find("READY"), heading.find("SECRET"))
    };
    let before = at(&mut d);
    let gone = certificates().key(world::source(0, SystemKind::Kubernetes), "appointments", "appointments");
    told(&mut d, ticket, 0, vec![Delta::Remove(gone)]);
    assert_eq!(at(&mut d), before);
}

#[test]
fn marks_stay_on_things_and_hidden_ones_are_left_out_aloud() {
    let mut d = driver();
    browse(&mut d);
    d.keys("space space");
    let marked = d.state.pane(PaneId::Pods).marks.clone();
    assert_eq!(marked.len(), 2);
    assert!(d.screen().contains("2 marked"));
    d.keys("/").text("billing").keys("enter");
    assert!(d.screen().contains("2 marked, 1 of them hidden"));
    d.keys("c c");
    assert_eq!(copied(&d), "billing");
    assert!(said(&d).ends_with("1 marked row is hidden and left out"), "{}", said(&d));
    d.keys("esc");
    d.draw();
    assert_eq!(d.state.pane(PaneId::Pods).marks, marked, "the filter takes no mark away");
    d.keys("c c");
    assert_eq!(copied(&d), "appointments\nbilling");
    d.keys("*");
    assert_eq!(d.state.pane(PaneId::Pods).marks.len(), 2);
    assert!(d.state.pane(PaneId::Pods).marks.is_disjoint(&marked));
    d.keys("+");
    assert_eq!(d.state.pane(PaneId::Pods).marks.len(), 4);
    d.keys("-");
    assert!(d.state.pane(PaneId::Pods).marks.is_empty());
}

#[test]
fn a_mark_goes_with_its_thing() {
    let mut d = driver();
    let ticket = browse(&mut d);
    d.keys("space");
    let gone = certificates().key(world::source(0, SystemKind::Kubernetes), "appointments", "appointments");
    told(&mut d, ticket, 0, vec![Delta::Remove(gone)]);
    d.draw();
    assert!(d.state.pane(PaneId::Pods).marks.is_empty());
}

#[test]
fn roll_backs_are_planned_one_at_a_time() {
    let mut d = driver();
    d.keys("2 space space");
    d.effects.clear();
    d.keys("R");
    assert!(said(&d).contains("roll back is done one at a time"), "{}", said(&d));
    assert!(d.effects.iter().all(|e| !matches!(e, Effect::Plan { .. } | Effect::Read { .. })));
    d.keys("- S");
    assert!(d.effects.iter().any(|e| matches!(e, Effect::Plan { .. })));
}

#[test]
fn commands_are_those_of_the_systems_own_clients() {
    let mut d = driver();
    let kube = world::source(0, SystemKind::Kubernetes);
    d.state.contexts.insert(kube, "aks-prod".into());
    d.keys("2 c k");
    assert_eq!(copied(&d), "argocd app get argocd/appointments");
    d.keys("3 c k");
    assert!(copied(&d).starts_with("kubectl --context aks-prod -n "), "{}", copied(&d));
    assert!(copied(&d).contains(" get pod ") && copied(&d).ends_with(" -o yaml"));
    browse(&mut d);
    d.keys("c k");
    assert_eq!(
        copied(&d),
        "kubectl --context aks-prod -n appointments get certificates.v1.cert-manager.io appointments -o yaml"
    );
    d.keys("4 c k");
    assert!(copied(&d).starts_with("amtool alert query "), "{}", copied(&d));
}

#[test]
fn rows_and_yaml_are_copied() {
    let mut d = driver();
    browse(&mut d);
    d.keys("c r");
    let row = copied(&d);
    let cells: Vec<_> = row.split('\t').collect();
    assert_eq!(cells[..4], ["prod", "appointments", "appointments", "False"]);
    assert_eq!(cells.last().copied(), Some(&*world::ago(86_400 * 3).rfc3339()), "exact, not an age");
    d.keys("c y");
    let text = "kind: Certificate\nnote: \u{1b}]52;c;x\u{7}\n".into();
    d.answer(Ok(Answer::Document(Document { syntax: Syntax::Yaml, text })));
    assert!(copied(&d).starts_with("kind: Certificate\n"));
    assert!(!copied(&d).contains('\u{1b}'), "nothing raw reaches the clipboard");
    d.keys("c y");
    d.answer(Err(Fault::new(FaultKind::NotFound, "kubernetes in prod", "read", "it is gone")));
    assert!(said(&d).contains("it is gone"));
}

#[test]
fn lists_are_exported_as_they_are_shown() {
    let mut d = driver();
    browse(&mut d);
    d.keys("/").text("odoo").keys("enter c e");
    let saved = |d: &Driver| {
        let save = d.effects.iter().rev().find_map(|e| match e {
            Effect::Export { name, extension, text, what } => {
                Some((name.clone(), *extension, text.clone(), what.clone()))
            }
            _ => None,
        });
        save.expect("a file is wanted")
    };
    let (name, extension, text, what) = saved(&d);
    assert_eq!((name.as_str(), extension), ("certificates.cert-manager.io-20261121T031244Z", "csv"));
    assert_eq!(what, "2 rows");
    let lines: Vec<_> = text.split("\r\n").collect();
    assert_eq!(lines[0], "environment,namespace,name,Ready,Secret,Issuer,Renewal,labels,created");
    assert_eq!(lines.len(), 4);
    d.keys("c j");
    let (_, extension, text, _) = saved(&d);
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((extension, json[0]["name"].as_str()), ("json", Some("odoo")));
}

#[test]
fn every_list_has_facts_for_its_rows() {
    for keys in ["1", "2", "3", "4", "5", "7", "g w", "g n", "g x", "g v", "g m"] {
        let mut d = driver();
        d.keys(keys);
        d.draw();
        let rows = &d.state.pane(d.state.active).rows.shown;
        let heads: Vec<Vec<_>> = rows
            .iter()
            .map(|row| d.state.facts(*row).iter().map(|(name, _)| name.to_string()).collect())
            .collect();
        assert!(heads.windows(2).all(|w| w[0] == w[1]), "{keys}: rows of one list have the same names");
        assert!(heads.iter().all(|h| h.len() >= 3), "{keys}: {heads:?}");
    }
}

#[test]
fn frames() {
    for (width, height) in SIZES {
        let mut d = Driver::new(world::incident(), world::now(), width, height);
        d.keys("3 .");
        insta::assert_snapshot!(format!("orders_{width}x{height}"), d.screen());
        d.keys("esc z w");
        insta::assert_snapshot!(format!("wide_{width}x{height}"), d.screen());
        d.keys("z w");
        browse(&mut d);
        insta::assert_snapshot!(format!("objects_{width}x{height}"), d.screen());
        d.keys("j space space");
        insta::assert_snapshot!(format!("marks_{width}x{height}"), d.screen());
        for press in vigie::keymap::parse_sequence("c").expect("keys") {
            d.event(Event::Key(press));
        }
        d.event(Event::Waited);
        insta::assert_snapshot!(format!("copy_{width}x{height}"), d.screen());
    }
}

#[derive(Clone, Debug)]
enum Act {
    Press(char),
    Run(Command),
    Gone(u8),
    Come(u8),
    Tick(u32),
}

fn act() -> impl Strategy<Value = Act> {
    let commands = [
        Command::Down,
        Command::Up,
        Command::Bottom,
        Command::Mark,
        Command::MarkAll,
        Command::MarkInvert,
        Command::SortNext,
        Command::SortBy,
        Command::Confirm,
        Command::SortReverse,
        Command::Wide,
        Command::GroupBy,
        Command::FoldAll,
        Command::Left,
        Command::NextProblem,
        Command::GoPods,
        Command::GoKinds,
        Command::Back,
        Command::ExportCsv,
        Command::CopyRow,
        Command::CopyCommand,
        Command::Open,
    ];
    prop_oneof![
        2 => proptest::char::range('!', '~').prop_map(Act::Press),
        8 => prop::sample::select(commands.to_vec()).prop_map(Act::Run),
        2 => (0u8..4).prop_map(Act::Gone),
        2 => any::<u8>().prop_map(Act::Come),
        1 => (0u32..100_000).prop_map(Act::Tick),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]
    #[test]
    fn selections_and_marks_stay_valid(acts in prop::collection::vec(act(), 1..50)) {
        let mut d = Driver::new(world::incident(), world::now(), 100, 30);
        let mut ticket = browse(&mut d);
        for act in acts {
            match act {
                Act::Press(c) => d.event(Event::Key(Press::plain(Code::Char(c)))),
                Act::Run(command) => d.event(Event::Run(command)),
                Act::Gone(n) => {
                    let key = d.state.store.objects.at(n.into()).map(|o| o.key.clone());
                    if let Some(key) = key {
                        told(&mut d, ticket, 0, vec![Delta::Remove(key)]);
                    }
                }
                Act::Come(n) => {
                    told(&mut d, ticket, 0, vec![head(), certificate(0, "more", &format!("c-{n}"), "True", "s")]);
                }
                Act::Tick(secs) => {
                    let at: Time = world::now().plus(std::time::Duration::from_secs(secs.into()));
                    d.event(Event::Tick(at));
                }
            }
            if let Some(Effect::Browse { ticket: new, .. }) =
                d.effects.iter().rev().find(|e| matches!(e, Effect::Browse { .. }))
            {
                ticket = *new;
            }
            d.draw();
            for id in PaneId::ALL {
                let pane = d.state.pane(id);
                prop_assert!(pane.rows.shown.is_empty() || pane.cursor < pane.rows.shown.len());
                prop_assert_eq!(&pane.selected, &d.state.item_at(id, pane.cursor));
                prop_assert_eq!(pane.rows.marked.len() + pane.rows.hidden, pane.marks.len());
                prop_assert!(pane.rows.marked.iter().all(|row| pane.rows.shown.contains(row)));
            }
        }
    }
}
