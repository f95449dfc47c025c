//! Frames of what is looked at closely: YAML, secrets, diffs, trees, events, descriptions.

use std::sync::Arc;

use ratatui::style::{Color, Modifier};
use vigie::{
    model::{
        Answer, AppHealth, ClusterEvent, Document, Fault, FaultKind, Key, Kind, ResourceDiff, Sensitive,
        Syntax, SystemKind, TreeNode,
    },
    theme::{self, Depth},
};

use super::{frames, recorded, resources::named, world};
use crate::driver::Driver;

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  annotations:
    deployment.kubernetes.io/revision: \"14\"
    kubectl.kubernetes.io/last-applied-configuration: |
      {\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"appointments\"}}
  generation: 14
  managedFields:
    - apiVersion: apps/v1
      manager: argocd-controller
      operation: Apply
    - apiVersion: apps/v1
      manager: kube-controller-manager
      operation: Update
  name: appointments
  namespace: appointments
spec:
  replicas: 6
  revisionHistoryLimit: null
  template:
    spec:
      containers:
        - image: registry.example.org/platform/appointments:2.14.0 # pinned by the release train, see the runbook
          name: main
          env:
            - name: POOL_SIZE
              value: \"20\"
          readinessProbe:
            httpGet:
              path: /healthz
              port: 8080
      terminationGracePeriodSeconds: 30
status:
  readyReplicas: 2
";

/// Looks at the YAML of the first pod and answers with a document.
pub fn yaml(d: &mut Driver, text: &str) {
    d.keys("3 y");
    d.answer(Ok(Answer::Document(Document { syntax: Syntax::Yaml, text: text.into() })));
}

#[test]
fn yaml_folds_and_tells_the_path() {
    frames("yaml_folded", |d| {
        yaml(d, DEPLOYMENT);
        d.keys("/").text("httpget").keys("enter space z n");
    });
    frames("yaml_wide", |d| {
        yaml(d, DEPLOYMENT);
        d.keys("/").text("pinned").keys("enter w right");
    });
}

/// Without colours weight, slant and reversal tell what stands out.
#[test]
fn yaml_without_colours() {
    let mut d = Driver::new(world::incident(), world::now(), 80, 24);
    d.state.settings.theme = Arc::new(theme::shipped("dark").expect("shipped").at(Depth::None));
    yaml(&mut d, DEPLOYMENT);
    d.keys("/").text("pinned").keys("enter w");
    let drawn = d.draw();
    assert!(drawn.content.iter().all(|c| (c.fg, c.bg) == (Color::Reset, Color::Reset)), "no colour anywhere");
    let lines: Vec<String> = (0..24)
        .map(|y| {
            let marks = (0..80).map(|x| match drawn[(x, y)].modifier {
                m if m.contains(Modifier::REVERSED | Modifier::BOLD) => 'R',
                m if m.contains(Modifier::REVERSED) => 'r',
                m if m.contains(Modifier::UNDERLINED) => 'u',
                m if m.contains(Modifier::BOLD) => 'b',
                m if m.contains(Modifier::DIM) => 'd',
                _ => ' ',
            });
            marks.collect::<String>().trim_end().to_owned()
        })
        .collect();
    let screen = d.screen();
    let both: Vec<_> = screen.lines().zip(&lines).map(|(text, marks)| format!("{text}\n{marks}")).collect();
    recorded("yaml_without_colours", &both.join("\n"));
}

const SECRET: &str = "\
apiVersion: v1
kind: Secret
metadata:
  name: appointments-db
  namespace: appointments
type: Opaque
data:
  ca.crt: ••••••• (61 bytes)
  password: ••••••• (7 bytes)
  username: ••••••• (15 bytes)
";

/// Looks at a Secret's YAML.
pub fn secret(d: &mut Driver) {
    yaml(d, SECRET);
    d.keys("/").text("ca.crt").keys("enter");
}

/// Asks for what is hidden under the pointer, and gets it.
pub fn reveal(d: &mut Driver, value: &str) {
    d.keys("x");
    d.answer(Ok(Answer::Secret(Sensitive::new(value))));
}

const VARIABLES: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: appointments-7d4c9b6f5-x2x7p
spec:
  containers:
  - env:
    - name: POOL_SIZE
      value: \"20\"
    - name: DB_PASSWORD
      value: ••••••• (7 bytes)
    name: main
";

#[test]
fn variables_that_are_secret_by_name_are_masked_until_asked() {
    frames("variables_masked", |d| {
        yaml(d, VARIABLES);
        d.keys("/").text("•••").keys("enter");
    });
    frames("variables_shown", |d| {
        yaml(d, VARIABLES);
        d.keys("/").text("•••").keys("enter");
        reveal(d, "hunter2");
    });
}

#[test]
fn secrets_are_masked_until_asked() {
    frames("secret_masked", secret);
    frames("secret_shown", |d| {
        secret(d);
        reveal(d, "-----BEGIN CERTIFICATE-----\nMIIB\u{1b}[31m\n-----END CERTIFICATE-----\n");
    });
}

fn config(pool: &str, more: &str) -> String {
    let fields: String =
        (0..9).map(|n| format!("  setting-{n}: \"value {n}\"\n")).collect::<Vec<_>>().concat();
    format!(
        "apiVersion: v1\ndata:\n{fields}  pool-size: \"{pool}\"\n{more}kind: ConfigMap\nmetadata:\n  name: appointments-config\n"
    )
}

/// Two resources that differ, one of them a Secret, and one that does not.
pub fn diff() -> Answer {
    let differ = |path: &str, live: Option<String>, target: Option<String>| ResourceDiff {
        resource: named(path),
        changed: live != target,
        live,
        target,
    };
    let image = |tag: &str| {
        format!(
            "spec:\n  replicas: 6\n  template:\n    spec:\n      containers:\n        - name: main\n          image: registry.example.org/platform/appointments:{tag}\n"
        )
    };
    let masked = |more: &str| Some(format!("data:\n  password: •••••••{more}\nkind: Secret\n"));
    Answer::Diff(vec![
        differ(
            "/ConfigMap/appointments/appointments-config",
            Some(config("10", "")),
            Some(config("20", "  timeout: 5s\n")),
        ),
        differ("apps/Deployment/appointments/appointments", Some(image("2.14.0")), Some(image("2.13.9"))),
        differ("/Secret/appointments/appointments-db", masked(""), masked(" changed")),
        differ("/Service/appointments/appointments", masked(""), masked("")),
        differ(
            "batch/Job/appointments/migrate",
            Some("kind: Job\nmetadata:\n  name: migrate\n".into()),
            None,
        ),
    ])
}

#[test]
fn diffs() {
    frames("diff_sides", |d| {
        d.keys("v");
        d.answer(Ok(diff()));
        d.keys("] c");
    });
    frames("diff_below", |d| {
        d.keys("v");
        d.answer(Ok(diff()));
        if d.state.size.width >= 160 {
            d.keys("s");
        }
        d.keys("z n w minus minus ] c ] c");
    });
}

/// A tree with long names and every health.
pub fn tree() -> Answer {
    let node = |path: &str, depth, health, sync: &str, message: &str| TreeNode {
        resource: named(path),
        depth,
        health,
        sync: sync.into(),
        message: message.into(),
        created: Some(world::ago(3900)),
        managed: !sync.is_empty(),
    };
    let healthy = Some(AppHealth::Healthy);
    Answer::Tree(vec![
        node(
            "/ConfigMap/appointments/appointments-feature-flags-of-the-spring-release",
            0,
            None,
            "OutOfSync",
            "",
        ),
        node("apps/Deployment/appointments/appointments", 0, Some(AppHealth::Degraded), "Synced", ""),
        node("apps/ReplicaSet/appointments/appointments-7d4c9b6f5", 1, Some(AppHealth::Progressing), "", ""),
        node(
            "/Pod/appointments/appointments-7d4c9b6f5-x2x7p",
            2,
            Some(AppHealth::Degraded),
            "",
            "back-off 5m0s restarting failed container=main",
        ),
        node("/Pod/appointments/appointments-7d4c9b6f5-k8q4r", 2, healthy, "", ""),
        node("/Service/appointments/appointments", 0, healthy, "Synced", ""),
    ])
}

#[test]
fn trees() {
    frames("tree_whole", |d| {
        d.keys("enter");
        d.answer(Ok(tree()));
        d.keys("j j");
    });
    frames("tree_folded", |d| {
        d.keys("enter");
        d.answer(Ok(tree()));
        d.keys("j j space");
    });
    frames("tree_filtered", |d| {
        d.keys("enter");
        d.answer(Ok(tree()));
        d.keys("/").text("x2x7p").keys("enter");
    });
}

/// Events about a pod, a frequent warning among them.
pub fn events() -> Answer {
    let event = |reason: &str, message: &str, warning, count, first, last| ClusterEvent {
        key: Key::new(world::source(0, SystemKind::Kubernetes), Kind::Event, "appointments", reason),
        about_kind: "Pod".into(),
        about: "appointments-7d4c9b6f5-x2x7p".into(),
        about_uid: 0,
        reason: reason.into(),
        message: message.into(),
        warning,
        count,
        first: world::ago(first),
        last: world::ago(last),
    };
    Answer::Events(vec![
        event(
            "Scheduled",
            "Successfully assigned appointments/appointments-7d4c9b6f5-x2x7p to node-3",
            false,
            1,
            290,
            290,
        ),
        event(
            "BackOff",
            "Back-off restarting failed container main in pod appointments-7d4c9b6f5-x2x7p_appointments(2f0c)",
            true,
            21,
            270,
            12,
        ),
        event(
            "Pulled",
            "Container image \"registry.example.org/appointments:2.14.0\" already present",
            false,
            5,
            288,
            41,
        ),
    ])
}

const DESCRIPTION: &str = "\
Name:              appointments-7d4c9b6f5-x2x7p
Namespace:         appointments
Labels:            app.kubernetes.io/instance=appointments
                   app.kubernetes.io/managed-by=argocd
Containers:
  main:
    Image:         registry.example.org/appointments:2.14.0
    State:         Waiting (CrashLoopBackOff)
Conditions:
  Ready                      False        4m  ContainersNotReady: containers with unready status: [main]
Events:
  Warning  BackOff               12s (x21)  Back-off restarting failed container main in pod appointments-7d4c9b6f5-x2x7p
";

#[test]
fn events_and_descriptions() {
    frames("events", |d| {
        d.keys("3 e");
        d.answer(Ok(events()));
    });
    frames("description", |d| {
        d.keys("3 d");
        d.answer(Ok(Answer::Document(Document { syntax: Syntax::Describe, text: DESCRIPTION.into() })));
        d.keys("j j j j space");
    });
    frames("events_refused", |d| {
        d.keys("3 e");
        let fault = Fault::new(
            FaultKind::Refused,
            "kubernetes in prod",
            "list events of pod appointments/appointments-7d4c9b6f5-x2x7p",
            "events is forbidden: User \"nadia\" cannot list resource \"events\" in API group \"\" in the namespace \"appointments\"",
        );
        d.answer(Err(fault.hint("needs list on events in appointments")));
    });
}
