//! Bulk plans on several small Argo CDs in memory: planned together, run one after the other, stopped by the first
//! that does not end well.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::{StreamExt, future::BoxFuture};
use uuid::Uuid;
use vigie::{
    action::{
        bulk::{self, Asked, Progress, Stop},
        guard::{self, Approval},
        plan::{self, ActionId, Outcome, Plan, Request},
        port::Systems,
        resume::unfinished,
    },
    journal::{Journal, Phase, Record, read},
    model::{
        Answer, Fault, FaultKind, Key, Kind, Mutation, Permission, Query, Receipt, Source, Tier, Time,
        Verdict,
    },
};

use super::action_argocd::{ArgoCd, Desk};

/// One server for each application, each answering for the application of its name.
#[derive(Clone)]
pub struct Several(Arc<Vec<(Key, ArgoCd)>>);

impl Several {
    pub fn new(keys: impl IntoIterator<Item = Key>) -> Self {
        let server = |key: Key| {
            let argocd = ArgoCd::deployed();
            let mut state = argocd.state();
            state.app.uid = format!("uid-{}", key.name).as_str().into();
            state.app.key = key.clone();
            drop(state);
            (key, argocd)
        };
        Self(Arc::new(keys.into_iter().map(server).collect()))
    }

    pub fn of(&self, name: &str) -> Result<&ArgoCd, Fault> {
        let found = self.0.iter().find(|(of, _)| *of.name == *name).map(|(_, argocd)| argocd);
        found.ok_or_else(|| Fault::new(FaultKind::NotFound, "argocd in dev", "ask", format!("no {name}")))
    }
}

pub fn key(name: &str) -> Key {
    Key::new(Source(0), Kind::Application, "argocd", name)
}

impl Systems for Several {
    fn read(&self, source: Source, query: Query) -> BoxFuture<'_, Result<Answer, Fault>> {
        let name = match &query {
            Query::Application(key)
            | Query::History(key)
            | Query::Resources(key)
            | Query::Tree(key)
            | Query::Windows(key)
            | Query::Diff { app: key, .. } => key.name.clone(),
            other => panic!("not asked in these tests: {other:?}"),
        };
        Box::pin(async move { self.of(&name)?.read(source, query).await })
    }

    fn may(
        &self,
        source: Source,
        permissions: Vec<Permission>,
    ) -> BoxFuture<'_, Result<Vec<Verdict>, Fault>> {
        self.0[0].1.may(source, permissions)
    }

    fn perform(&self, source: Source, mutation: Mutation) -> BoxFuture<'_, Result<Receipt, Fault>> {
        let name = mutation.target().name.clone();
        Box::pin(async move { self.of(&name)?.perform(source, mutation).await })
    }

    fn now(&self) -> Time {
        self.0.iter().map(|(_, argocd)| argocd.now()).max().expect("one at least")
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            for (_, argocd) in self.0.iter() {
                argocd.sleep(duration).await;
            }
        })
    }
}

/// The targets whose intent is on the record, in order.
pub fn begun(journal: &Journal) -> Vec<String> {
    let records = read(journal.dir()).unwrap().into_iter().map(|line| line.record.unwrap());
    records.filter(|r| r.phase == Phase::Intent).map(|r| r.target.unwrap().name).collect()
}

struct Bench {
    desk: Desk,
    systems: Several,
}

impl Bench {
    fn new(names: &[&'static str], tier: Tier) -> Self {
        Self {
            desk: Desk::new(ArgoCd::deployed(), tier),
            systems: Several::new(names.iter().map(|n| key(n))),
        }
    }

    /// Plans in the order asked, whatever the order of arrival.
    async fn plans(&self, verb: &'static str, names: &[&str]) -> Vec<Result<Plan, Fault>> {
        let asked = names.iter().enumerate().map(|(at, name)| {
            let request = Request { verb, target: key(name), params: [].into() };
            let (environment, system) = (self.desk.environment.clone(), self.desk.system.clone());
            (at, Asked { environment, system, id: Uuid::new_v4(), request })
        });
        let mut all: Vec<_> = bulk::plans(&self.systems, "nadia@example.org", asked).collect().await;
        all.sort_by_key(|(at, _)| *at);
        all.into_iter().map(|(_, plan)| plan).collect()
    }

    async fn run(&self, id: ActionId, plans: &[Result<Plan, Fault>], stop: &Stop) -> Vec<Outcome> {
        let plans: Vec<&Plan> = plans.iter().filter_map(|plan| bulk::runnable(plan.as_ref()).ok()).collect();
        let mut approval = Approval { reason: "INC-2291".to_owned(), yes: true, ..Approval::default() };
        approval.take_typed(&format!("{} {}", self.desk.environment.name, plans.len()));
        let admitted = guard::admit_bulk(id, &plans, &approval).expect("admitted");
        let told = Mutex::new(Vec::new());
        let progress = |p| told.lock().unwrap().push(p);
        let outcomes = bulk::run(admitted, &self.systems, &self.desk.journal, progress, stop).await;
        let told = told.into_inner().unwrap();
        assert!(matches!(told.last(), Some(Progress::Ended(ended)) if *ended == outcomes));
        outcomes
    }

    fn records(&self) -> Vec<Record> {
        let lines = read(self.desk.journal.dir()).unwrap();
        lines.into_iter().map(|line| line.record.unwrap()).collect()
    }

    fn begun(&self) -> Vec<String> {
        begun(&self.desk.journal)
    }
}

#[tokio::test]
async fn all_are_done_in_order_each_with_its_own_record() {
    let bench = Bench::new(&["cart", "shop", "web"], Tier::Prod);
    let plans = bench.plans("sync", &["shop", "web", "cart"]).await;
    let id = Uuid::new_v4();
    let outcomes = bench.run(id, &plans, &Stop::default()).await;
    assert!(outcomes.iter().all(|o| matches!(o, Outcome::Done { .. })), "{outcomes:?}");
    assert_eq!(outcomes.len(), 3);
    assert_eq!(bench.begun(), ["shop", "web", "cart"]);
    let of_web: Vec<Record> =
        bench.records().into_iter().filter(|r| r.target.as_ref().unwrap().name == "web").collect();
    for record in &of_web {
        assert_eq!(bulk::of(record), Some(&*id.to_string()), "{:?}", record.phase);
        let short = &id.to_string()[..8];
        assert_eq!(bulk::place(record), Some(format!("2 of 3 of bulk {short}")));
        assert_eq!(record.detail["bulk.rest"], "cart");
        assert_eq!(record.reason, "INC-2291");
    }
    assert_eq!(of_web.last().unwrap().phase, Phase::Outcome);
    // Nothing of one is on the record before the one before it has ended.
    let phases: Vec<(String, Phase)> =
        bench.records().into_iter().map(|r| (r.target.unwrap().name, r.phase)).collect();
    let ended = phases.iter().position(|p| *p == ("shop".to_owned(), Phase::Outcome)).unwrap();
    let begins = phases.iter().position(|p| p.0 == "web").unwrap();
    assert!(ended < begins, "{phases:?}");
}

#[tokio::test]
async fn the_first_that_fails_is_the_last_that_is_begun() {
    let bench = Bench::new(&["cart", "shop", "web"], Tier::Dev);
    bench.systems.of("shop").unwrap().state().fails = true;
    let plans = bench.plans("sync", &["cart", "shop", "web"]).await;
    let outcomes = bench.run(Uuid::new_v4(), &plans, &Stop::default()).await;
    assert!(matches!(outcomes[..], [Outcome::Done { .. }, Outcome::Failed { .. }]), "{outcomes:?}");
    assert_eq!(bench.begun(), ["cart", "shop"]);
    assert!(bench.systems.of("web").unwrap().state().sent.is_empty());
}

#[tokio::test]
async fn a_target_that_changed_since_it_was_planned_is_not_touched() {
    let bench = Bench::new(&["cart", "shop"], Tier::Dev);
    let plans = bench.plans("sync", &["cart", "shop"]).await;
    bench.systems.of("shop").unwrap().state().app.uid = "another".into();
    let outcomes = bench.run(Uuid::new_v4(), &plans, &Stop::default()).await;
    assert!(matches!(outcomes[..], [Outcome::Done { .. }, Outcome::Refused(_)]), "{outcomes:?}");
    assert!(bench.systems.of("shop").unwrap().state().sent.is_empty());
}

#[tokio::test]
async fn what_cannot_be_planned_or_is_blocked_is_left_out_with_its_reason() {
    let bench = Bench::new(&["cart", "shop"], Tier::Dev);
    bench.systems.of("shop").unwrap().state().app.hold = None;
    let plans = bench.plans("terminate", &["cart", "gone"]).await;
    let why: Vec<String> = plans.iter().map(|p| bulk::runnable(p.as_ref()).expect_err("left out")).collect();
    assert_eq!(why, ["no operation is in progress", "there is no application argocd/gone any more"]);
    let none = guard::admit_bulk(Uuid::new_v4(), &[], &Approval::default()).unwrap_err();
    assert_eq!(none.kind, FaultKind::Refused);
}

#[tokio::test]
async fn asked_to_stop_it_ends_what_is_under_way_and_begins_nothing_else() {
    let bench = Bench::new(&["cart", "shop"], Tier::Dev);
    let plans = bench.plans("sync", &["cart", "shop"]).await;
    let plans: Vec<&Plan> = plans.iter().map(|p| p.as_ref().unwrap()).collect();
    let yes = Approval { yes: true, ..Approval::default() };
    let stop = Stop::default();
    let admitted = guard::admit_bulk(Uuid::new_v4(), &plans, &yes).unwrap();
    let asks = |p| {
        if matches!(p, Progress::Target { index: 0, progress: plan::Progress::Step(1) }) {
            stop.ask();
        }
    };
    let outcomes = bulk::run(admitted, &bench.systems, &bench.desk.journal, asks, &stop).await;
    assert!(matches!(outcomes[..], [Outcome::Done { .. }]), "{outcomes:?}");
    assert_eq!(bench.begun(), ["cart"]);

    // Asked twice, it waits for nothing.
    let bench = Bench::new(&["cart", "shop"], Tier::Dev);
    let stop = Stop::default();
    let admitted = guard::admit_bulk(Uuid::new_v4(), &plans, &yes).unwrap();
    let asks = |p| {
        if matches!(p, Progress::Target { index: 0, progress: plan::Progress::Step(1) }) {
            stop.ask();
            stop.ask();
        }
    };
    let outcomes = bulk::run(admitted, &bench.systems, &bench.desk.journal, asks, &stop).await;
    assert_eq!(outcomes, [Outcome::Cancelled { done: 1 }]);
}

#[tokio::test]
async fn killed_it_leaves_the_one_under_way_to_be_found_and_no_trace_of_the_rest() {
    let bench = Bench::new(&["cart", "shop", "web"], Tier::Dev);
    let plans = bench.plans("sync", &["cart", "shop", "web"]).await;
    let plans: Vec<&Plan> = plans.iter().map(|p| p.as_ref().unwrap()).collect();
    let yes = Approval { yes: true, ..Approval::default() };
    let admitted = guard::admit_bulk(Uuid::new_v4(), &plans, &yes).unwrap();
    let killed = tokio::sync::Notify::new();
    let progress = |p| {
        if matches!(p, Progress::Target { index: 1, progress: plan::Progress::Step(1) }) {
            killed.notify_one();
        }
    };
    let stop = Stop::default();
    tokio::select! {
        biased;
        () = killed.notified() => {}
        _ = bulk::run(admitted, &bench.systems, &bench.desk.journal, progress, &stop) => panic!("it ended"),
    }
    assert_eq!(bench.begun(), ["cart", "shop"]);
    let open = unfinished(&bench.desk.journal).unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].intent.target.as_ref().unwrap().name, "shop");
    assert_eq!(open[0].intent.detail["bulk.rest"], "web");
}

#[test]
fn holds_are_undone_together_and_syncs_one_by_one() {
    let request = |verb, name, params: &[(&'static str, &str)]| Request {
        verb,
        target: key(name),
        params: params.iter().map(|(k, v)| (*k, (*v).to_owned())).collect(),
    };
    let releases = [request("release", "cart", &[]), request("release", "shop", &[])];
    let undone = bulk::undo(&releases).expect("one plan");
    assert_eq!(undone.iter().map(|r| &*r.target.name).collect::<Vec<_>>(), ["shop", "cart"]);
    let back = |name| request("rollback", name, &[("id", "3")]);
    assert_eq!(bulk::undo(&[back("cart"), back("shop")]), None);
    assert_eq!(bulk::undo(&[back("cart")]), Some(vec![back("cart")]), "one alone is no bulk plan");
    assert_eq!(bulk::undo(&[]), None);
}
