//! Bulk plans by key: marks, one sheet, one confirmation, one after the other on small Argo CDs in memory.

use futures::StreamExt;
use tokio::runtime;
use uuid::Uuid;
use vigie::{
    action::{
        bulk::{self, Asked, Progress, Stop},
        plan,
    },
    app::{Effect, Event, Overlay},
    journal::Journal,
    model::{AppHealth, Application, Kind, Record, SyncStatus, SystemKind},
    store::Delta,
};

use crate::{
    action_argocd::open,
    action_bulk::{Several, begun},
    driver::Driver,
    frame::world,
};

/// A screen on applications of some environments, their Argo CDs, and a journal.
struct Scene {
    d: Driver,
    systems: Several,
    journal: Journal,
    _dir: tempfile::TempDir,
}

const NAMES: [&str; 3] = ["cart", "shop", "web"];

impl Scene {
    /// Each application in its environment, by the environment's place: prod, staging, dev.
    fn new(apps: &[(usize, &str)], width: u16, height: u16) -> Self {
        let mut store = world::silent();
        let of = |(env, name): &(usize, &str)| {
            world::app(*env, name, AppHealth::Healthy, SyncStatus::OutOfSync, "9f31c2e", 600)
        };
        let apps: Vec<Application> = apps.iter().map(of).collect();
        for env in 0..3 {
            let source = world::source(env, SystemKind::ArgoCd);
            let own = apps.iter().filter(|a| a.key.source == source);
            let upserts = own.map(|a| Delta::Upsert(Record::Application(Box::new(a.clone()))));
            let (first, last) = (Delta::Reset(Kind::Application), Delta::Synced(Kind::Application));
            let deltas = [first].into_iter().chain(upserts).chain([last]).collect();
            world::send(&mut store, source, deltas);
        }
        let mut d = Driver::new(store, world::now(), width, height);
        d.keys("2 s n g g");
        let dir = tempfile::tempdir().expect("a folder");
        let systems = Several::new(apps.into_iter().map(|a| a.key));
        Self { d, systems, journal: open(&dir.path().join("journal")), _dir: dir }
    }

    fn three(env: usize) -> Self {
        Self::new(&NAMES.map(|name| (env, name)), 160, 45)
    }

    fn keys(&mut self, keys: &str) -> &mut Self {
        self.d.keys(keys);
        self
    }

    /// Does what the screen wanted done of bulk plans; `true` when there was anything.
    fn pump(&mut self) -> bool {
        let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let mut did = false;
        for effect in std::mem::take(&mut self.d.effects) {
            match effect {
                Effect::PlanBulk { ticket, requests } => {
                    let store = &self.d.state.store;
                    let asked = requests.into_iter().enumerate().map(|(at, request)| {
                        let source = request.target.source;
                        let environment = store.environment_of(source).expect("known").clone();
                        let system = store.system(source).expect("known").clone();
                        (at, Asked { environment, system, id: Uuid::from_u128(at as u128 + 1), request })
                    });
                    let plans = bulk::plans(&self.systems, "nadia@example.org", asked.collect::<Vec<_>>());
                    let mut plans: Vec<_> = runtime.block_on(plans.collect());
                    // The order of arrival is not the order of the list.
                    plans.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
                    for (index, plan) in plans {
                        let (bulk, plan) = (Uuid::from_u128(7), plan.map(Box::new));
                        self.d.event(Event::PlannedPart { ticket, bulk, index, plan });
                    }
                    did = true;
                }
                Effect::ExecuteBulk(admitted) => {
                    let id = admitted.id();
                    let told = std::sync::Mutex::new(Vec::new());
                    let progress = |p: Progress| told.lock().expect("not poisoned").push(p);
                    let stop = Stop::default();
                    runtime.block_on(bulk::run(*admitted, &self.systems, &self.journal, progress, &stop));
                    for progress in told.into_inner().expect("not poisoned") {
                        self.d.event(Event::BulkProgress { id, progress });
                    }
                    did = true;
                }
                _ => {}
            }
        }
        did
    }

    fn said(&self) -> String {
        self.d.state.notice.as_ref().map(|(n, _)| n.text.clone()).unwrap_or_default()
    }

    fn executes(&self) -> bool {
        self.d.effects.iter().any(|e| matches!(e, Effect::ExecuteBulk(_)))
    }

    fn shows(&mut self, text: &str) {
        let screen = self.d.screen();
        assert!(screen.contains(text), "no {text:?} in\n{screen}");
    }
}

#[test]
fn three_are_synced_in_dev_by_one_enter_in_the_order_of_the_list() {
    let mut s = Scene::three(2);
    s.keys("space space space S");
    s.shows("reading the systems to make the plans: 0 of 3");
    s.keys("enter");
    assert!(!s.executes(), "nothing runs before it is planned");
    assert!(s.pump());
    s.shows("SYNC  3 targets  in");
    s.shows("3 resources in 3 of 3");
    s.shows("enter does it to 3 in dev");
    s.keys("enter");
    assert!(s.executes());
    s.pump();
    s.shows("all 3 done");
    s.shows("vigie undo 00000000  rollback cart");
    assert_eq!(begun(&s.journal), NAMES);
    s.keys("enter");
    assert!(s.d.state.overlays.is_empty() && s.d.state.running.is_empty());
}

#[test]
fn production_takes_a_reason_its_name_and_the_number() {
    let mut s = Scene::three(0);
    s.keys("space space space S");
    s.pump();
    s.shows("type prod 3 to go on:");
    s.keys("enter");
    s.shows("a reason is needed");
    s.d.text("INC-2291").keys("tab").text("prod").keys("enter");
    assert!(!s.executes(), "the name alone is not enough");
    s.d.text(" 2").keys("enter");
    assert!(!s.executes(), "another number is not enough");
    s.keys("backspace").d.text("3").keys("enter");
    assert!(s.executes());
    s.pump();
    assert_eq!(begun(&s.journal), NAMES);
}

#[test]
fn staging_takes_a_y() {
    let mut s = Scene::three(1);
    s.keys("space space space F");
    s.pump();
    // Comparing again changes nothing: Enter is enough anywhere.
    s.shows("enter does it to 3 in staging");
    s.keys("esc S");
    s.pump();
    s.keys("enter");
    s.shows("press y to go on");
    s.keys("y");
    assert!(s.executes());
}

#[test]
fn what_is_marked_in_two_environments_is_refused() {
    let mut s = Scene::new(&[(0, "cart"), (2, "shop"), (2, "web")], 160, 45);
    s.keys("+");
    s.d.effects.clear();
    s.keys("S");
    assert_eq!(s.said(), "marked in dev and prod: a bulk plan stays in one environment");
    assert!(s.d.state.overlays.is_empty() && s.d.effects.is_empty());
}

#[test]
fn more_than_the_limit_is_refused() {
    let names: Vec<String> = (0..21).map(|n| format!("app-{n:02}")).collect();
    let apps: Vec<(usize, &str)> = names.iter().map(|name| (0, name.as_str())).collect();
    let mut s = Scene::new(&apps, 160, 45);
    s.keys("+ S");
    assert!(s.said().contains("at most 20"), "{}", s.said());
    s.keys("space S");
    assert!(matches!(s.d.state.overlays.last(), Some(Overlay::Bulk(_))), "twenty are not too many");
}

#[test]
fn after_one_that_fails_nothing_is_begun() {
    let mut s = Scene::three(2);
    s.systems.of("shop").expect("there").state().fails = true;
    s.keys("space space space S");
    s.pump();
    s.keys("enter");
    s.pump();
    s.shows("web   not begun");
    s.shows("1 done, 1 failed");
    assert_eq!(begun(&s.journal), ["cart", "shop"]);
    assert!(s.systems.of("web").expect("there").state().sent.is_empty());
}

#[test]
fn hidden_marks_are_left_out_unless_asked_for() {
    let mut s = Scene::three(2);
    s.keys("+ /").d.text("shop").keys("enter S");
    s.pump();
    s.shows("SYNC  1 target  in");
    s.shows("[ ] Take in 2 marked rows that are not shown");
    s.keys("tab space");
    s.shows("SYNC  3 targets  in");
    s.pump();
    s.keys("space");
    s.shows("SYNC  1 target  in");
    s.pump();
    s.keys("enter");
    s.pump();
    assert_eq!(begun(&s.journal), ["shop"]);
}

#[test]
fn hidden_marks_of_another_environment_stay_out() {
    let mut s = Scene::new(&[(0, "cart"), (2, "shop"), (2, "web")], 160, 45);
    s.keys("+ /").d.text("env=dev").keys("enter S");
    s.pump();
    s.keys("tab space");
    s.shows("marked in dev and prod: a bulk plan stays in one environment");
    s.shows("SYNC  2 targets  in");
}

#[test]
fn where_all_are_left_out_nothing_can_be_confirmed() {
    let mut s = Scene::three(2);
    s.keys("+ T");
    s.pump();
    s.shows("left out: no operation is in progress");
    s.shows("every target is left out");
    s.keys("enter y");
    assert!(!s.executes());
}

#[test]
fn it_stops_after_the_target_under_way_and_goes_on_when_the_sheet_is_closed() {
    let mut s = Scene::three(2);
    s.keys("+ S");
    s.pump();
    s.keys("enter");
    s.d.effects.clear();
    let id = s.d.state.running.first().expect("it runs").id;
    let started = Progress::Target { index: 1, progress: plan::Progress::Started };
    s.d.event(Event::BulkProgress { id, progress: started });
    s.keys("K");
    assert!(matches!(s.d.effects[..], [Effect::Interrupt(of)] if of == id));
    s.shows("stops after this one");
    s.keys("esc");
    assert!(s.said().contains("go on"), "{}", s.said());
    s.shows("sync 3 in dev 2/3");
    let done = plan::Outcome::Done { summary: "Synced".into(), undo: None };
    s.d.event(Event::BulkProgress { id, progress: Progress::Ended(vec![done.clone(), done]) });
    assert_eq!(s.said(), "sync 3 in dev: 2 done, 1 not begun");
}

#[test]
fn frames() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let many = ["appointments", "billing", "cart", "front-end", "shop", "web"].map(|name| (0, name));
        let mut s = Scene::new(&many, width, height);
        s.systems.of("shop").expect("there").clone().busy();
        s.systems.of("web").expect("there").clone().with_leftover();
        s.keys("+ S");
        s.pump();
        s.d.text("db pool exhausted, INC-2291").keys("tab").text("prod ");
        insta::assert_snapshot!(format!("bulk_plan_{width}x{height}"), s.d.screen());
        s.d.text("5").keys("enter");
        let id = s.d.state.running.first().expect("it runs").id;
        let done = plan::Outcome::Done { summary: "Synced and Healthy on c43ca2c".into(), undo: None };
        for (index, progress) in [
            (0, plan::Progress::Ended(done)),
            (1, plan::Progress::Started),
            (1, plan::Progress::Step(1)),
            (1, plan::Progress::Note("running: waiting for healthy state of Deployment/billing".into())),
        ] {
            s.d.event(Event::BulkProgress { id, progress: Progress::Target { index, progress } });
        }
        insta::assert_snapshot!(format!("bulk_running_{width}x{height}"), s.d.screen());
    }
}
