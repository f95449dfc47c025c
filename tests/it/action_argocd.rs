//! A small Argo CD in memory, behind the pipeline's port.
//!
//! Its applications, refusals and the order in which an operation's end, the history, the comparison and the health
//! appear are those recorded from a real server (`tests/samples/argocd`).

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll},
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use serde_json::Value;
use uuid::Uuid;
use vigie::{
    action::{
        context,
        guard::{self, Approval},
        plan::{Outcome, Plan, Progress, Request},
        port::Systems,
        registry, run,
    },
    journal::{Actor, Journal, Session},
    model::{
        Answer, AppHealth, Application, AutoSync, Environment, Fault, FaultKind, HistoryEntry, Key, Kind,
        Mutation, Operation, OperationPhase, Permission, Policy, Query, Receipt, ResourceDiff, ResourceRef,
        ResourceState, Revision, Source, Str, SyncStatus, System, SystemKind, Tier, Time, TreeNode, Verdict,
        Versus, Window,
    },
};

pub const OLD: &str = "b52f906fc470dd4840aadf206f3fc4b005820a90";
pub const NEW: &str = "c43ca2ccf4d052ede11bac74ef9903e71c6edcc3";

/// A body of a recorded answer.
pub fn sample(name: &str) -> Value {
    let path = format!("{}/tests/samples/argocd/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_json::from_str::<Value>(&text).unwrap()["body"].take()
}

/// The application of a recorded answer.
pub fn application(body: &Value) -> Application {
    let text = |v: &Value| Str::from(v.as_str().unwrap_or_default());
    let time = |v: &Value| v.as_str().and_then(|t| t.parse::<Time>().ok());
    let (meta, spec, status) = (&body["metadata"], &body["spec"], &body["status"]);
    let state = &status["operationState"];
    let result = &state["syncResult"];
    let resource = |r: &Value| ResourceState {
        resource: ResourceRef {
            group: text(&r["group"]),
            kind: text(&r["kind"]),
            namespace: text(&r["namespace"]),
            name: text(&r["name"]),
        },
        status: text(&r["status"]),
        message: text(&r["message"]),
        ..ResourceState::default()
    };
    let all = |v: &Value| v.as_array().map(|a| a.iter().map(resource).collect()).unwrap_or_default();
    let entry = |h: &Value| HistoryEntry {
        id: h["id"].as_i64().unwrap(),
        revision: text(&h["revision"]),
        deployed: time(&h["deployedAt"]).unwrap(),
        by: Some(text(&h["initiatedBy"]["username"])),
    };
    Application {
        key: Key::new(Source(0), Kind::Application, text(&meta["namespace"]), text(&meta["name"])),
        uid: text(&meta["uid"]),
        project: text(&spec["project"]),
        sync: serde_json::from_value(status["sync"]["status"].clone()).unwrap(),
        health: serde_json::from_value(status["health"]["status"].clone()).unwrap(),
        health_message: None,
        revision: text(&status["sync"]["revision"]),
        target_revision: text(&spec["source"]["targetRevision"]),
        repo: text(&spec["source"]["repoURL"]),
        path: text(&spec["source"]["path"]),
        destination: text(&spec["destination"]["namespace"]),
        images: Arc::new([]),
        auto_sync: None,
        hold: None,
        operation: Some(Operation {
            phase: OperationPhase::Succeeded,
            message: text(&state["message"]),
            started: time(&state["startedAt"]).unwrap(),
            finished: time(&state["finishedAt"]),
            revision: text(&result["revision"]),
            by: text(&state["operation"]["initiatedBy"]["username"]),
            dry_run: false,
            infos: Vec::new(),
            resources: all(&result["resources"]),
        }),
        deployed: status["history"].as_array().and_then(|h| h.last()).map(entry),
        drift: (0, 0, 0),
        conditions: Arc::new([]),
        owner: None,
        labels: Arc::new([]),
        reconciled: time(&status["reconciledAt"]),
        health_since: None,
    }
}

/// What becomes of the next mutation's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lose {
    /// The request never arrives.
    Request,
    /// It arrives, the answer is lost.
    Answer,
}

/// What the server holds.
pub struct State {
    pub app: Application,
    pub history: Vec<Revision>,
    pub resources: Vec<ResourceState>,
    pub diff: Vec<ResourceDiff>,
    pub window: Option<Window>,
    pub denied: Vec<&'static str>,
    pub lose: Option<Lose>,
    pub dark: bool,
    pub fails: bool,
    pub sent: Vec<Mutation>,
    pub now: Time,
    due: Vec<(Time, Due)>,
}

#[derive(Clone, Debug)]
enum Due {
    TakeUp,
    End(Vec<ResourceRef>),
    Compare,
    Healthy,
}

/// The server.
#[derive(Clone)]
pub struct ArgoCd(Arc<Mutex<State>>);

impl ArgoCd {
    /// `prod-catalog` as recorded: out of sync after a commit, one history entry.
    pub fn out_of_sync() -> Self {
        let mut app = application(&sample("app-outofsync"));
        app.health = AppHealth::Healthy;
        Self::of(app)
    }

    /// `prod-catalog` with both history entries as recorded, the second deployed.
    pub fn deployed() -> Self {
        let mut app = application(&sample("app-outofsync"));
        app.health = AppHealth::Healthy;
        app.sync = SyncStatus::Synced;
        let this = Self::of(app);
        {
            let mut s = this.state();
            s.history = sample("history").as_array().unwrap().iter().rev().map(revision).collect();
            s.app.deployed = Some(s.history[0].entry.clone());
            s.app.operation.as_mut().unwrap().revision = NEW.into();
            s.app.operation.as_mut().unwrap().started = "2026-11-21T06:19:29Z".parse().unwrap();
            s.app.operation.as_mut().unwrap().finished = "2026-11-21T06:19:31Z".parse().ok();
            s.app.reconciled = "2026-11-21T06:19:31Z".parse().ok();
        }
        this
    }

    fn of(app: Application) -> Self {
        let state = |kind: &str, name: &str, status: &str| ResourceState {
            resource: resource(kind, name),
            status: status.into(),
            ..ResourceState::default()
        };
        let history = sample("history").as_array().unwrap()[..1].iter().map(revision).collect();
        Self(Arc::new(Mutex::new(State {
            app,
            history,
            resources: vec![
                state("ConfigMap", "catalog-config", "Synced"),
                state("Service", "catalog", "Synced"),
                state("Deployment", "catalog", "OutOfSync"),
            ],
            diff: vec![ResourceDiff {
                resource: resource("Deployment", "catalog"),
                live: Some("replicas: 2".into()),
                target: Some("replicas: 3".into()),
                changed: true,
            }],
            window: None,
            denied: Vec::new(),
            lose: None,
            dark: false,
            fails: false,
            sent: Vec::new(),
            now: "2026-11-21T06:19:40Z".parse().unwrap(),
            due: Vec::new(),
        })))
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub fn automate(self) -> Self {
        self.state().app.auto_sync = Some(AutoSync { enabled: true, prune: true, self_heal: true });
        self
    }

    /// An extra ConfigMap that git no longer has.
    pub fn with_leftover(self) -> Self {
        let leftover = resource("ConfigMap", "catalog-old");
        {
            let mut s = self.state();
            s.resources.push(ResourceState {
                resource: leftover.clone(),
                status: "OutOfSync".into(),
                prune: true,
                ..ResourceState::default()
            });
            s.diff.push(ResourceDiff {
                resource: leftover,
                live: Some("a: b".into()),
                target: None,
                changed: true,
            });
        }
        self
    }

    /// An operation of someone else, under way.
    pub fn busy(self) -> Self {
        {
            let mut s = self.state();
            let now = s.now;
            let o = s.app.operation.as_mut().unwrap();
            o.phase = OperationPhase::Running;
            o.started = now;
            o.finished = None;
            o.by = "samir".into();
        }
        self
    }
}

pub fn resource(kind: &str, name: &str) -> ResourceRef {
    let group = if kind == "Deployment" { "apps" } else { "" };
    ResourceRef { group: group.into(), kind: kind.into(), namespace: "prod".into(), name: name.into() }
}

fn revision(h: &Value) -> Revision {
    Revision {
        entry: HistoryEntry {
            id: h["id"].as_i64().unwrap(),
            revision: h["revision"].as_str().unwrap().into(),
            deployed: h["deployedAt"].as_str().unwrap().parse().unwrap(),
            by: Some("admin".into()),
        },
        author: "Bob <bob@lab.test>".into(),
        date: "2026-11-04T14:18:57Z".parse().ok(),
        message: "dev: checkout 1.2.0 with four replicas".into(),
        tags: Vec::new(),
    }
}

impl State {
    fn read(&mut self, query: Query) -> Result<Answer, Fault> {
        if self.dark {
            return Err(fault(FaultKind::Unreachable, "connection refused"));
        }
        Ok(match query {
            Query::Application(_) => Answer::Application(Box::new(self.app.clone())),
            Query::History(_) => Answer::History(self.history.clone()),
            Query::Resources(_) => Answer::Resources(self.resources.clone()),
            Query::Diff { versus: Versus::History(_) | Versus::Desired | Versus::Revision(_), .. } => {
                Answer::Diff(self.diff.clone())
            }
            Query::Tree(_) => Answer::Tree(
                ["Deployment", "Pod", "Pod"]
                    .into_iter()
                    .map(|kind| TreeNode {
                        resource: resource(kind, "catalog"),
                        depth: 0,
                        health: None,
                        sync: "".into(),
                        message: "".into(),
                        created: None,
                        managed: kind == "Deployment",
                    })
                    .collect(),
            ),
            Query::Windows(_) => Answer::Windows {
                active: self.window.clone().into_iter().collect(),
                can_sync: self.window.is_none(),
            },
            _ => return Err(fault(FaultKind::Unsupported, "not asked in these tests")),
        })
    }

    fn perform(&mut self, mutation: &Mutation) -> Result<Receipt, Fault> {
        let automated = self.app.auto_sync.is_some_and(|a| a.enabled);
        let busy = self
            .app
            .operation
            .as_ref()
            .is_some_and(|o| matches!(o.phase, OperationPhase::Running | OperationPhase::Terminating));
        match mutation {
            Mutation::Sync { .. } | Mutation::Rollback { .. } if busy => {
                let words = sample("409-or-400-operation-in-progress");
                return Err(fault(FaultKind::Conflict, words["message"].as_str().unwrap()));
            }
            Mutation::Sync { revision, dry_run, resources, infos, .. } => {
                let to = revision.clone().unwrap_or_else(|| Str::clone(&self.app.revision));
                self.start(to, *dry_run, resources.clone(), infos.clone());
            }
            Mutation::Rollback { .. } if automated => {
                let words = sample("rollback-autosync");
                return Err(fault(FaultKind::Invalid, words["message"].as_str().unwrap()));
            }
            Mutation::Rollback { revision, dry_run, .. } => {
                self.start(Str::clone(revision), *dry_run, Vec::new(), Vec::new());
            }
            Mutation::Terminate { .. } => {
                let o = self.app.operation.as_mut().unwrap();
                o.phase = OperationPhase::Failed;
                o.message = "Operation terminated".into();
                o.finished = Some(self.now);
                self.due.clear();
            }
            Mutation::Refresh { .. } => self.due.push((self.now.plus(Duration::from_secs(1)), Due::Compare)),
            Mutation::HoldAutoSync { hold, .. } => {
                self.app.auto_sync.as_mut().unwrap().enabled = false;
                self.app.hold = Some(hold.clone());
            }
            Mutation::ReleaseAutoSync { .. } => {
                self.app.auto_sync.as_mut().unwrap().enabled = true;
                self.app.hold = None;
            }
            Mutation::Object(_) | Mutation::Vault(_) | Mutation::Silence(_) => {
                return Err(fault(FaultKind::Unsupported, "not asked in these tests"));
            }
        }
        Ok(Receipt::default())
    }

    fn start(&mut self, revision: Str, dry_run: bool, only: Vec<ResourceRef>, infos: Vec<(Str, Str)>) {
        self.app.operation = Some(Operation {
            phase: OperationPhase::Running,
            message: "asked for, not begun".into(),
            started: Time::default(),
            finished: None,
            revision,
            by: "nadia".into(),
            dry_run,
            infos,
            resources: Vec::new(),
        });
        let after = |secs| self.now.plus(Duration::from_secs(secs));
        self.due = vec![(after(1), Due::TakeUp), (after(3), Due::End(only))];
    }

    fn tick(&mut self, passed: Duration) {
        self.now = self.now.plus(passed);
        while let Some(index) = self.due.iter().position(|(at, _)| *at <= self.now) {
            let (at, due) = self.due.remove(index);
            self.happen(at, due);
        }
    }

    fn happen(&mut self, at: Time, due: Due) {
        let operation = self.app.operation.as_mut().unwrap();
        match due {
            Due::TakeUp => {
                operation.started = at;
                operation.message = "waiting for healthy state of apps/Deployment/catalog".into();
            }
            Due::End(_) if self.fails => {
                operation.phase = OperationPhase::Failed;
                operation.finished = Some(at);
                operation.message = "one or more objects failed to apply".into();
                operation.resources = vec![ResourceState {
                    resource: resource("Deployment", "catalog"),
                    status: "SyncFailed".into(),
                    message: "admission webhook denied the request".into(),
                    ..ResourceState::default()
                }];
            }
            Due::End(only) => {
                operation.phase = OperationPhase::Succeeded;
                operation.message = "successfully synced (all tasks run)".into();
                operation.finished = Some(at);
                if !operation.dry_run && only.is_empty() {
                    let entry = HistoryEntry {
                        id: self.app.deployed.as_ref().map_or(0, |d| d.id + 1),
                        revision: Str::clone(&operation.revision),
                        deployed: at,
                        by: Some("nadia".into()),
                    };
                    self.app.deployed = Some(entry);
                }
                if !operation.dry_run {
                    self.due.push((at.plus(Duration::from_secs(2)), Due::Compare));
                    self.due.push((at.plus(Duration::from_secs(4)), Due::Healthy));
                }
            }
            Due::Compare => {
                self.app.reconciled = Some(at);
                let applied = self.app.deployed.as_ref().is_some_and(|d| d.revision == self.app.revision);
                self.app.sync = if applied { SyncStatus::Synced } else { SyncStatus::OutOfSync };
                if self.due.iter().any(|(_, d)| matches!(d, Due::Healthy)) {
                    self.app.health = AppHealth::Progressing;
                }
            }
            Due::Healthy => self.app.health = AppHealth::Healthy,
        }
    }
}

fn fault(kind: FaultKind, why: &str) -> Fault {
    Fault::new(kind, "argocd in prod", "ask", why)
}

/// Lets the caller be dropped here.
struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Systems for ArgoCd {
    fn read(&self, _: Source, query: Query) -> BoxFuture<'_, Result<Answer, Fault>> {
        async move {
            Yield(false).await;
            self.state().read(query)
        }
        .boxed()
    }

    fn may(&self, _: Source, permissions: Vec<Permission>) -> BoxFuture<'_, Result<Vec<Verdict>, Fault>> {
        async move {
            let s = self.state();
            let verdict = |p: &Permission| match p {
                Permission::ArgoCd { action, .. } if s.denied.contains(&&**action) => Verdict::No,
                _ => Verdict::Yes,
            };
            Ok(permissions.iter().map(verdict).collect())
        }
        .boxed()
    }

    fn perform(&self, _: Source, mutation: Mutation) -> BoxFuture<'_, Result<Receipt, Fault>> {
        async move {
            Yield(false).await;
            let lose = self.state().lose.take();
            if lose != Some(Lose::Request) {
                let mut s = self.state();
                s.sent.push(mutation.clone());
                s.perform(&mutation)?;
            }
            Yield(false).await;
            match lose {
                Some(_) => Err(fault(FaultKind::Unknown, "connection reset before the answer")),
                None => Ok(Receipt::default()),
            }
        }
        .boxed()
    }

    fn now(&self) -> Time {
        self.state().now
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        async move {
            Yield(false).await;
            self.state().tick(duration);
        }
        .boxed()
    }
}

/// An engineer at the keyboard: a server, an environment, a journal.
pub struct Desk {
    pub argocd: ArgoCd,
    pub environment: Environment,
    pub system: System,
    pub journal: Journal,
    pub dir: tempfile::TempDir,
}

impl Desk {
    pub fn new(argocd: ArgoCd, tier: Tier) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let journal = open(&dir.path().join("journal"));
        let name = tier.to_string();
        let environment =
            Environment { name: name.as_str().into(), tier, color: None, policy: Policy::of(tier) };
        let system = System {
            source: Source(0),
            env: name.into(),
            tier,
            kind: SystemKind::ArgoCd,
            name: "argocd".into(),
        };
        Self { argocd, environment, system, journal, dir }
    }

    pub fn request(verb: &'static str, params: &[(&'static str, &str)]) -> Request {
        Request {
            verb,
            target: Key::new(Source(0), Kind::Application, "argocd", "prod-catalog"),
            params: params.iter().map(|(k, v)| (*k, (*v).to_owned())).collect(),
        }
    }

    pub async fn plan(&self, verb: &'static str, params: &[(&'static str, &str)]) -> Result<Plan, Fault> {
        let ctx = context::Context {
            systems: &self.argocd,
            environment: &self.environment,
            system: &self.system,
            actor: "nadia@example.org",
            id: Uuid::new_v4(),
        };
        registry::plan(&ctx, &Self::request(verb, params)).await
    }

    pub fn approval(&self) -> Approval {
        Approval {
            typed: Some(self.environment.name.to_string()),
            count: None,
            yes: true,
            reason: "db pool exhausted, INC-2291".to_owned(),
            at: None,
        }
    }

    pub async fn run(&self, plan: &Plan) -> (Outcome, Vec<String>) {
        let admitted = match guard::admit(plan, &self.approval()) {
            Ok(admitted) => admitted,
            Err(fault) => return (Outcome::Refused(fault), Vec::new()),
        };
        let notes = Mutex::new(Vec::new());
        let progress = |p| {
            if let Progress::Note(text) = p {
                notes.lock().unwrap().push(text);
            }
        };
        let outcome =
            run::run(admitted, &self.argocd, &self.journal, progress, &run::Cancel::default()).await;
        (outcome, notes.into_inner().unwrap())
    }

    pub async fn go(&self, verb: &'static str, params: &[(&'static str, &str)]) -> Outcome {
        let plan = self.plan(verb, params).await.unwrap();
        self.run(&plan).await.0
    }

    pub fn sent(&self) -> Vec<Mutation> {
        self.argocd.state().sent.clone()
    }
}

pub fn open(dir: &std::path::Path) -> Journal {
    let session = Session {
        id: Uuid::new_v4(),
        actor: Actor { issuer: "argocd".into(), subject: "nadia".into(), name: "nadia@example.org".into() },
        host: "bastion".into(),
        ssh: Session::ssh_origin("192.0.2.7 52114 198.51.100.3 22"),
    };
    Journal::open(dir, session).unwrap()
}

/// The value of a plan's fact.
pub fn fact<'a>(plan: &'a Plan, name: &str) -> &'a str {
    plan.facts.iter().find(|(n, _)| *n == name).map_or("", |(_, v)| v)
}
