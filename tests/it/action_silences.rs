//! Silences through the whole pipeline, on an Alertmanager over the wire.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use tokio::sync::Notify;
use uuid::Uuid;
use vigie::{
    action::{
        context::Context,
        guard::{self, Admitted, Approval},
        plan::{Outcome, Plan, Progress, Request},
        port::Systems,
        record, registry,
        resume::{resume, unfinished},
        run::{self, Cancel},
    },
    config::EndpointConfig,
    connector::{Connector, alertmanager::Alertmanager, prometheus::Prometheus, tls::install_crypto},
    journal::{Ending, Journal, Phase, read, verify},
    model::{
        Answer, Clock, Environment, Fault, FaultKind, Key, Mutation, Permission, Policy, Query, Receipt,
        Silence, SilenceState, Source, System, SystemClock, SystemKind, Tier, Time, Verdict,
    },
};

use super::{
    action_argocd::{fact, open},
    contract::{
        alertmanager::act::{alert, fire},
        simulator,
    },
};

const PROMETHEUS: Source = Source(1);

/// What becomes of the next request that changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lose {
    /// It does not arrive, and nobody knows.
    Request,
    /// It arrives, the answer does not.
    Answer,
}

/// The Alertmanager as the pipeline sees it, with faults, and a Prometheus beside it.
#[derive(Clone)]
struct Servers {
    client: Arc<Alertmanager>,
    prometheus: Arc<Prometheus>,
    sent: Arc<Mutex<usize>>,
    lose: Arc<Mutex<Option<Lose>>>,
    /// After how many more requests the process is killed.
    left: Arc<Mutex<Option<usize>>>,
    killed: Arc<Notify>,
}

impl Servers {
    /// Counts a request; the one that is one too many never comes back.
    async fn step(&self) {
        let over = {
            let mut left = self.left.lock().unwrap();
            left.as_mut().is_some_and(|left| {
                let over = *left == 0;
                *left = left.saturating_sub(1);
                over
            })
        };
        if over {
            self.killed.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

impl Systems for Servers {
    fn read(&self, source: Source, query: Query) -> BoxFuture<'_, Result<Answer, Fault>> {
        async move {
            if source == PROMETHEUS {
                return self.prometheus.read(query).await;
            }
            self.step().await;
            self.client.read(query).await
        }
        .boxed()
    }

    fn may(&self, _: Source, wanted: Vec<Permission>) -> BoxFuture<'_, Result<Vec<Verdict>, Fault>> {
        self.client.may(wanted)
    }

    fn perform(&self, _: Source, mutation: Mutation) -> BoxFuture<'_, Result<Receipt, Fault>> {
        async move {
            self.step().await;
            let lose = self.lose.lock().unwrap().take();
            let lost =
                || Fault::new(FaultKind::Unknown, "alertmanager in dev", "change", "the connection broke");
            if lose == Some(Lose::Request) {
                return Err(lost());
            }
            *self.sent.lock().unwrap() += 1;
            let answer = self.client.perform(mutation).await;
            // A second chance to be killed: sent, and nobody heard of it.
            self.step().await;
            if lose == Some(Lose::Answer) { Err(lost()) } else { answer }
        }
        .boxed()
    }

    fn find(&self, _: &str, kind: SystemKind) -> Option<Source> {
        (kind == SystemKind::Prometheus).then_some(PROMETHEUS)
    }

    fn now(&self) -> Time {
        SystemClock.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        tokio::time::sleep(duration / 4).boxed()
    }
}

struct Desk {
    servers: Servers,
    environment: Environment,
    system: System,
    journal: Journal,
    dir: tempfile::TempDir,
    url: String,
}

impl Desk {
    fn new(tier: Tier) -> Self {
        install_crypto();
        let system = |source, kind: SystemKind| System {
            source,
            env: "dev".into(),
            tier,
            kind,
            name: kind.name().into(),
        };
        let config = |name: &str| EndpointConfig {
            url: simulator::target("dev", name).url,
            token: None,
            ca: None,
            tenant: None,
        };
        let url = config("alertmanager").url;
        let own = system(Source(0), SystemKind::Alertmanager);
        let clock = || -> Arc<dyn Clock> { Arc::new(SystemClock) };
        let servers = Servers {
            client: Alertmanager::new(own.clone(), config("alertmanager"), clock()),
            prometheus: Prometheus::new(
                system(PROMETHEUS, SystemKind::Prometheus),
                config("prometheus"),
                clock(),
            ),
            sent: Arc::default(),
            lose: Arc::default(),
            left: Arc::default(),
            killed: Arc::default(),
        };
        let environment = Environment { name: "dev".into(), tier, color: None, policy: Policy::of(tier) };
        let dir = tempfile::tempdir().unwrap();
        let journal = open(&dir.path().join("journal"));
        Self { servers, environment, system: own, journal, dir, url }
    }

    /// An alert of its own.
    async fn fires(&self) -> Key {
        let name = format!("VigieRun{:08x}", fastrand::u32(..));
        fire(&self.url, &name, "billing").await;
        alert(&self.servers.client, &name, |_| true).await.key
    }

    async fn plan(&self, verb: &'static str, target: &Key, params: &[(&'static str, &str)]) -> Plan {
        let params = params.iter().map(|(n, v)| (*n, (*v).to_owned())).collect::<BTreeMap<_, _>>();
        self.request(Request { verb, target: target.clone(), params }).await
    }

    async fn request(&self, request: Request) -> Plan {
        let ctx = Context {
            systems: &self.servers,
            environment: &self.environment,
            system: &self.system,
            actor: "nadia",
            id: Uuid::new_v4(),
        };
        registry::plan(&ctx, &request).await.unwrap()
    }

    fn admit(plan: &Plan) -> Admitted {
        let approval = Approval {
            yes: true,
            reason: "INC-2291".into(),
            typed: Some("dev".into()),
            ..Approval::default()
        };
        guard::admit(plan, &approval).unwrap_or_else(|fault| panic!("{fault}"))
    }

    async fn run(&self, plan: &Plan) -> (Outcome, Vec<String>) {
        let notes = Mutex::new(Vec::new());
        let note = |p| {
            if let Progress::Note(text) = p {
                notes.lock().unwrap().push(text);
            }
        };
        let outcome =
            run::run(Self::admit(plan), &self.servers, &self.journal, note, &Cancel::default()).await;
        (outcome, notes.into_inner().unwrap())
    }

    async fn done(&self, plan: &Plan) -> (String, Option<Request>) {
        match self.run(plan).await {
            (Outcome::Done { summary, undo }, _) => (summary, undo),
            (other, notes) => panic!("not done: {other:?} {notes:?}"),
        }
    }

    async fn silence(&self, key: &Key) -> Silence {
        let Ok(Answer::Silence(silence)) = self.servers.client.read(Query::Silence(key.clone())).await else {
            panic!("no silence {key}")
        };
        *silence
    }

    fn sent(&self) -> usize {
        *self.servers.sent.lock().unwrap()
    }
}

fn blocked(plan: &Plan) -> String {
    plan.blocked().map(|o| o.text.clone()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_is_silenced_extended_and_loud_again() {
    let desk = Desk::new(Tier::Prod);
    let target = desk.fires().await;
    let plan = desk.plan("silence", &target, &[]).await;
    let name = plan.name.clone();
    assert_eq!(
        plan.steps[0].title,
        format!(
            r#"POST /silences {{alertname="{name}", namespace="billing", pod="cart-0", 120 min, by nadia}}"#
        )
    );
    assert_eq!(fact(&plan, "hits now"), format!("1 in dev: {name}"));
    assert_eq!((blocked(&plan), fact(&plan, "similar")), (String::new(), ""));
    let (seen, undo) = desk.done(&plan).await;
    assert!(seen.starts_with("silenced until "), "{seen}");
    let undo = undo.expect("an undo");
    let made = desk.silence(&undo.target).await;
    assert_eq!((made.state, made.action), (SilenceState::Active, Some(plan.id.to_string().into())));
    assert_eq!((&*made.created_by, &*made.comment), ("nadia", "INC-2291"));

    // What is there already is told to the next one.
    let again = desk.plan("silence", &target, &[]).await;
    assert!(fact(&again, "similar").contains("by nadia: INC-2291"), "{:?}", again.facts);
    assert!(again.obstacles.iter().any(|o| !o.blocks && o.text.contains("that one can be extended")));

    let longer = desk.plan("extend", &undo.target, &[("by", "30m")]).await;
    let (seen, back) = desk.done(&longer).await;
    assert!(seen.starts_with("lasts until "), "{seen}");
    let end = Time::from_millis(made.ends.plus(Duration::from_secs(1800)).millis());
    assert_eq!(desk.silence(&undo.target).await.ends, end);
    desk.done(&desk.request(back.expect("an undo")).await).await;
    assert_eq!(desk.silence(&undo.target).await.ends.millis(), made.ends.millis());

    // What undoes it is also on the record, with the id that only the server knew.
    let lines = read(desk.journal.dir()).unwrap().into_iter().filter_map(|l| l.record.ok());
    let id = plan.id.to_string();
    let record = lines.into_iter().find(|r| r.action == id && r.outcome == Some(Ending::Done)).unwrap();
    assert_eq!(record::undo(&record, &target), Some(undo.clone()));
    let (seen, none) = desk.done(&desk.request(undo).await).await;
    assert!(seen.starts_with("ended at ") && none.is_none(), "{seen}");
    alert(&desk.servers.client, &name, |a| a.silenced_by.is_empty()).await;
    assert!(verify(desk.journal.dir()).unwrap().is_intact());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_broad_or_makes_no_sense_is_said_before() {
    let mut desk = Desk::new(Tier::Dev);
    let target = desk.fires().await;
    desk.fires().await;
    let with = |matchers: &'static str| [("matchers", matchers)];
    let text = blocked(&desk.plan("silence", &target, &with(r#"namespace="billing""#)).await);
    assert!(text.contains("fewer than two matchers"), "{text}");
    let text =
        blocked(&desk.plan("silence", &target, &with(r#"alertname=~".+", namespace="billing""#)).await);
    assert!(text.contains("matches everything"), "{text}");
    let text = blocked(&desk.plan("silence", &target, &with(r#"alertname="Other", namespace="x""#)).await);
    assert!(text.starts_with("it would not mute VigieRun"), "{text}");
    let text = blocked(&desk.plan("silence", &target, &with("alertname")).await);
    assert!(text.contains("is no matcher"), "{text}");
    let text = blocked(&desk.plan("silence", &target, &with(r#"pod=~"(""#)).await);
    assert!(text.contains("no regular expression"), "{text}");
    let text = blocked(&desk.plan("silence", &target, &[("duration", "soon")]).await);
    assert!(text.contains("is no duration"), "{text}");

    desk.environment.policy.silence_limit = 1;
    let both = r#"alertname=~"VigieRun.*", namespace="billing""#;
    let text = blocked(&desk.plan("silence", &target, &with(both)).await);
    assert!(text.contains("more than 1; switch `broad` on"), "{text}");
    let plan = desk.plan("silence", &target, &[("matchers", both), ("broad", "true")]).await;
    assert_eq!(blocked(&plan), "");
    assert!(plan.obstacles.iter().any(|o| o.text.contains("more than 1")), "said all the same");
    assert_eq!(desk.sent(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_it_would_have_hit_is_told_where_prometheus_can() {
    let desk = Desk::new(Tier::Dev);
    let target = desk.fires().await;
    let plan = desk.plan("silence", &target, &[]).await;
    assert!(fact(&plan, "last day").starts_with("cannot be told"), "no rule of Prometheus made it");
    // The one that always fires, by Prometheus' own rule; its first evaluation may be to come.
    let watchdog = alert(&desk.servers.client, "Watchdog", |_| true).await.key;
    let matchers = [("matchers", r#"alertname="Watchdog", severity="none""#)];
    let mut said = String::new();
    for _ in 0..100 {
        let plan = desk.plan("silence", &watchdog, &matchers).await;
        said = fact(&plan, "last day").to_owned();
        if said == "1: Watchdog" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changed_since_it_was_confirmed_is_not_sent() {
    let desk = Desk::new(Tier::Dev);
    let target = desk.fires().await;
    let (late, first) = (desk.plan("silence", &target, &[]).await, desk.plan("silence", &target, &[]).await);
    let (_, undo) = desk.done(&first).await;
    let (outcome, _) = desk.run(&late).await;
    assert!(
        matches!(&outcome, Outcome::Refused(f) if f.why.contains("was firing, is silenced by")),
        "{outcome:?}"
    );
    let silence = undo.expect("an undo").target;
    let (expire, extend) =
        (desk.plan("expire", &silence, &[]).await, desk.plan("extend", &silence, &[("by", "1h")]).await);
    desk.done(&extend).await;
    let (outcome, _) = desk.run(&expire).await;
    assert!(matches!(&outcome, Outcome::Refused(f) if f.why.contains("last change")), "{outcome:?}");
    assert_eq!(desk.sent(), 2);
    desk.done(&desk.plan("expire", &silence, &[]).await).await;
    assert_eq!(blocked(&desk.plan("expire", &silence, &[]).await), "it has ended already");
    assert!(blocked(&desk.plan("extend", &silence, &[]).await).contains("silence the alert anew"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_looked_for_and_never_sent_again() {
    let desk = Desk::new(Tier::Dev);
    let target = desk.fires().await;
    let lose = |what| *desk.servers.lose.lock().unwrap() = Some(what);
    lose(Lose::Request);
    let (outcome, _) = desk.run(&desk.plan("silence", &target, &[]).await).await;
    assert!(
        matches!(&outcome, Outcome::Failed { fault, done: 0 } if fault.why.contains("did not arrive")),
        "{outcome:?}"
    );
    assert_eq!(desk.sent(), 0);
    lose(Lose::Answer);
    let (_, undo) = desk.done(&desk.plan("silence", &target, &[]).await).await;
    let silence = undo.expect("found by the action's id in its comment").target;
    for (verb, params) in [("extend", &[("by", "1h")][..]), ("expire", &[])] {
        lose(Lose::Request);
        let (outcome, _) = desk.run(&desk.plan(verb, &silence, params).await).await;
        assert!(matches!(&outcome, Outcome::Failed { done: 0, .. }), "{verb}: {outcome:?}");
        lose(Lose::Answer);
        let (outcome, notes) = desk.run(&desk.plan(verb, &silence, params).await).await;
        assert!(matches!(outcome, Outcome::Done { .. }), "{verb}: {outcome:?}");
        assert!(notes.iter().any(|n| n.contains("looking whether it arrived")), "{notes:?}");
    }
    assert_eq!(desk.sent(), 3);
}

/// Killed before, during and after the one request of a silence: what became of it is found out, nothing is sent again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_anywhere_it_is_found_out() {
    let mut desk = Desk::new(Tier::Dev);
    for after in 0..4 {
        let target = desk.fires().await;
        let plan = desk.plan("silence", &target, &[]).await;
        let before = desk.sent();
        *desk.servers.left.lock().unwrap() = Some(after);
        let cancel = Cancel::default();
        tokio::select! {
            _ = run::run(Desk::admit(&plan), &desk.servers, &desk.journal, |_| {}, &cancel) => {
                panic!("it was to be killed after {after} requests")
            }
            () = desk.servers.killed.notified() => {}
        }
        *desk.servers.left.lock().unwrap() = None;
        let sent = desk.sent() - before;
        assert_eq!(sent, usize::from(after >= 2), "after {after}");
        desk.journal = open(&desk.dir.path().join("journal"));
        let all = unfinished(&desk.journal).unwrap();
        let [one] = &all[..] else { panic!("after {after}: {all:?}") };
        let outcome =
            resume(one, &desk.system, &desk.servers, &desk.journal, |_| {}, &Cancel::default()).await;
        match outcome {
            Outcome::Cancelled { done: 0 } => assert_eq!(sent, 0, "after {after}"),
            Outcome::Done { undo: Some(undo), .. } => {
                assert_eq!(sent, 1, "after {after}");
                let made = desk.silence(&undo.target).await;
                assert_eq!(made.action, Some(plan.id.to_string().into()));
            }
            other => panic!("after {after}: {other:?}"),
        }
        assert_eq!(desk.sent() - before, sent, "resuming sends nothing");
    }
    let records = read(desk.journal.dir()).unwrap().into_iter().map(|l| l.record.unwrap());
    let intent = records.into_iter().find(|r| r.phase == Phase::Intent).unwrap();
    assert_eq!((&*intent.detail["step.01"], &*intent.detail["step.02"]), ("send silence", "await silenced"));
}
