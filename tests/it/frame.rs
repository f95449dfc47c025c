//! Frames of the main states at three sizes, with a fixed clock.

pub mod details;
mod objects;
pub mod resources;
mod silences;
pub mod world;

use std::collections::BTreeMap;

use vigie::{
    action::plan::{Call, Goal, Obstacle, Plan, Progress, Request, Step},
    app::{Effect, Event},
    model::{
        Answer, Document, Fault, FaultKind, HistoryEntry, Kind, LogLine, Mutation, Permission, ResourceDiff,
        ResourceRef, Revision, Syntax, SystemKind, Verdict,
    },
    store::{Delta, Status},
};

use crate::driver::Driver;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// Draws a state at every size and holds the frames against the recorded ones.
pub fn frames(name: &str, prepare: impl Fn(&mut Driver)) {
    for (width, height) in SIZES {
        let mut driver = Driver::new(world::incident(), world::now(), width, height);
        prepare(&mut driver);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), driver.screen());
    }
}

/// Holds what was drawn against what is recorded.
pub fn recorded(name: &str, drawn: &str) {
    insta::assert_snapshot!(name, drawn);
}

#[test]
fn triage() {
    frames("triage", |_| {});
}

#[test]
fn triage_between_and_beyond() {
    for (width, height) in [(40, 12), (100, 30), (160, 45), (320, 90)] {
        let mut driver = Driver::new(world::incident(), world::now(), width, height);
        insta::assert_snapshot!(format!("triage_{width}x{height}"), driver.screen());
    }
}

#[test]
fn workspaces() {
    for (name, keys) in [
        ("delivery", "ctrl-w 2"),
        ("pods", "ctrl-w 3"),
        ("secrets", "ctrl-w 4"),
        ("logs", "ctrl-w 5"),
        ("environments", "ctrl-w 6"),
    ] {
        frames(&format!("workspace_{name}"), |d| {
            d.keys(keys);
        });
    }
}

#[test]
fn focus_on_an_application() {
    frames("focus", |d| {
        d.keys("k k g g");
        let open = d.effects.iter().rev().find_map(|e| match e {
            Effect::OpenLogs { ticket, .. } => Some(*ticket),
            _ => None,
        });
        let line = |secs, text: &str| LogLine {
            at: world::ago(secs),
            origin: "appointments-7d4c9b6f5-x2x7p".into(),
            container: "main".into(),
            text: text.into(),
        };
        let lines = vec![
            line(46, "ERROR db    too many connections for role \"app-rw\" (limit 20)"),
            line(40, "level=info msg=\"\u{1b}[31mretrying\u{1b}[0m\" try=5"),
            line(43, "FATAL main  cannot reach database after 5 tries, exiting 1"),
        ];
        d.event(Event::Logs { ticket: open.expect("logs were opened"), lines });
    });
}

#[test]
fn empty_loading_refused_and_dead() {
    for (width, height) in SIZES {
        let mut store = world::silent();
        let kube = world::source(0, SystemKind::Kubernetes);
        world::send(&mut store, kube, vec![Delta::Status(Kind::Pod, Status::Loading)]);
        let vault = world::source(0, SystemKind::Vault);
        let fault = Fault::new(
            FaultKind::Refused,
            "vault in prod",
            "list leases",
            "needs list on sys/leases/lookup (sudo)",
        );
        world::send(&mut store, vault, vec![Delta::Status(Kind::Lease, Status::Refused(Box::new(fault)))]);
        let argo = world::source(0, SystemKind::ArgoCd);
        let fault =
            Fault::new(FaultKind::Unreachable, "argocd in prod", "list applications", "connection refused");
        let retry_at = world::now().plus(std::time::Duration::from_secs(8));
        let down = Status::Down { fault: Box::new(fault), retry_at };
        world::send(&mut store, argo, vec![Delta::Status(Kind::Application, down)]);
        for env in 0..3 {
            let alerts = world::source(env, SystemKind::Alertmanager);
            world::send(&mut store, alerts, vec![Delta::Reset(Kind::Alert), Delta::Synced(Kind::Alert)]);
        }
        let mut driver = Driver::new(store, world::now(), width, height);
        insta::assert_snapshot!(format!("states_{width}x{height}"), driver.screen());
    }
}

#[test]
fn palette() {
    frames("palette", |d| {
        d.keys(":").text("appo");
    });
}

#[test]
fn help() {
    frames("help", |d| {
        d.keys("?");
    });
}

#[test]
fn which_key() {
    frames("which_key", |d| {
        d.keys("g");
    });
}

#[test]
fn why() {
    frames("why", |d| {
        d.keys("x");
    });
}

#[test]
fn filter() {
    frames("filter", |d| {
        d.keys("3 /").text("crash !x2x7p");
    });
}

#[test]
fn history() {
    frames("history", |d| {
        d.keys("R");
        d.answer(Ok(revisions()));
    });
}

#[test]
fn plan_sheet() {
    frames("plan", |d| {
        to_sheet(d);
        d.text("db pool exhausted, INC-2291").keys("tab").text("pro");
    });
}

#[test]
fn plan_under_way() {
    frames("running", |d| {
        to_sheet(d);
        d.text("INC-2291").keys("tab").text("prod").keys("enter");
        let id = d.state.running.first().expect("it runs").id;
        d.event(Event::Progress { id, progress: Progress::Started });
        d.event(Event::Progress { id, progress: Progress::Step(2) });
        d.event(Event::Progress {
            id,
            progress: Progress::Note("Deployment/appointments 3 of 6 updated".into()),
        });
    });
}

#[test]
fn yaml_diff_and_tree() {
    frames("yaml", |d| {
        d.keys("3 y");
        let text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: \"x\"\n  annotations:\n    note: \u{1b}]0;owned\u{7}harmless\n".into();
        d.answer(Ok(Answer::Document(Document { syntax: Syntax::Yaml, text })));
    });
    let resource =
        ResourceRef { kind: "Deployment".into(), name: "appointments".into(), ..ResourceRef::default() };
    frames("diff", |d| {
        d.keys("v");
        d.answer(Ok(Answer::Diff(vec![ResourceDiff {
            resource: resource.clone(),
            live: Some("spec:\n  replicas: 6\n  image: 2.14.0\n".into()),
            target: Some("spec:\n  replicas: 6\n  image: 2.13.9\n".into()),
            changed: true,
        }])));
    });
    frames("tree", |d| {
        d.keys("enter");
        d.answer(Ok(resources::tree()));
        d.keys("j j");
    });
}

fn revisions() -> Answer {
    let entry = |id, revision: &str, age, message: &str| Revision {
        entry: HistoryEntry {
            id,
            revision: revision.into(),
            deployed: world::ago(age),
            by: Some("nadia".into()),
        },
        author: "Nadia K".into(),
        date: Some(world::ago(age + 600)),
        message: message.into(),
        tags: Vec::new(),
    };
    Answer::History(vec![
        entry(17, "41d0a7755aa2c3d4e5f60718293a4b5c6d7e8f90", 6 * 86_400, "widen the booking window"),
        entry(18, "9f31c2e0a1b2c3d4e5f60718293a4b5c6d7e8f90", 290, "raise pool size"),
    ])
}

/// Chooses a history entry of the broken application and gets the plan to go back to it.
fn to_sheet(d: &mut Driver) {
    d.keys("R");
    d.answer(Ok(revisions()));
    d.keys("enter");
    let (ticket, request) = d
        .effects
        .iter()
        .rev()
        .find_map(|e| match e {
            Effect::Plan { ticket, request } => Some((*ticket, request.clone())),
            _ => None,
        })
        .expect("a plan was asked for");
    assert_eq!(request.params.get("id").map(String::as_str), Some("17"));
    d.event(Event::Planned { ticket, plan: Ok(Box::new(plan(d, request))) });
}

fn plan(d: &Driver, request: Request) -> Plan {
    let app = request.target.clone();
    let step = |title: &str, call| Step { title: title.into(), call };
    let hold = vigie::model::Hold { by: "nadia".into(), since: world::now(), reason: "".into() };
    let revision = "41d0a7755aa2c3d4e5f60718293a4b5c6d7e8f90";
    let right = |action: &str| Permission::ArgoCd {
        resource: "applications".into(),
        action: action.into(),
        object: "default/appointments".into(),
    };
    Plan {
        id: vigie::action::plan::ActionId::nil(),
        environment: d.state.store.environments[0].clone(),
        system: d.state.store.system(app.source).expect("known").clone(),
        pinned: BTreeMap::new(),
        name: "appointments".to_owned(),
        summary: "from 9f31c2e (4m, nadia, \"raise pool size\")\nto id 17 · 41d0a77 (6d)".into(),
        steps: vec![
            step(
                "hold auto-sync; prune and self-heal stay as they are",
                Call::Send(Mutation::HoldAutoSync { app: app.clone(), hold }),
            ),
            step(
                "roll back",
                Call::Send(Mutation::Rollback {
                    app: app.clone(),
                    id: 17,
                    revision: revision.into(),
                    prune: false,
                    dry_run: false,
                }),
            ),
            step(
                "wait until Synced and Healthy on 41d0a77, at most 5 min",
                Call::Await(Goal::AppSettled {
                    app: app.clone(),
                    revision: Some(revision.into()),
                    synced: false,
                }),
            ),
        ],
        facts: vec![
            ("changes", "Deployment/appointments, ConfigMap/appointments-config".into()),
            ("affects", "6 pods".into()),
            ("undo", "release the hold: auto-sync deploys 9f31c2e again".into()),
        ],
        reach: vigie::action::plan::Reach::default(),
        rights: vec![(right("sync"), Verdict::Yes), (right("update"), Verdict::Yes)],
        obstacles: vec![Obstacle { blocks: false, text: "hooks do not run in a rollback".into() }],
        undo: None,
        deadline: std::time::Duration::from_secs(300),
        planned: world::now(),
        request,
    }
}
