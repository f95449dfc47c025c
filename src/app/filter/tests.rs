use proptest::prelude::*;

use super::{Column, Columns, Field, Filter, Labels, Told, Value};
use crate::{
    app::{browse::Browse, column_names, subject::Subject, workspace::name_of},
    model::Severity,
};

/// A row of which everything is said.
struct Pod {
    name: &'static str,
    env: &'static str,
    status: &'static str,
    restarts: f64,
    ready: (f64, f64),
    age: f64,
    cpu: Option<f64>,
    memory: f64,
    severity: Severity,
    images: &'static [&'static str],
    labels: &'static [(&'static str, &'static str)],
}

impl Told for Pod {
    fn texts(&self, test: &mut dyn FnMut(&str) -> bool) -> bool {
        test(self.name) || test(self.env) || test(self.status)
    }
    fn name(&self) -> &str {
        self.name
    }
    fn value(&self, field: Field, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        match field {
            Field::Name => test(Value::Text(self.name)),
            Field::Env => test(Value::Text(self.env)),
            Field::Status => test(Value::Text(self.status)),
            Field::Restarts => test(Value::Number(self.restarts)),
            Field::Ready => test(Value::Part(self.ready.0, self.ready.1)),
            Field::Age => test(Value::Number(self.age)),
            Field::Cpu => self.cpu.is_some_and(|n| test(Value::Number(n))),
            Field::Memory => test(Value::Number(self.memory)),
            Field::Severity => test(Value::Severity(self.severity)),
            Field::Image => self.images.iter().any(|i| test(Value::Text(i))),
            _ => false,
        }
    }
    fn label(&self, test: &mut dyn FnMut(&str, &str) -> bool) -> bool {
        self.labels.iter().any(|(name, value)| test(name, value))
    }
}

const CRASHED: Pod = Pod {
    name: "appointments-7d4c9-x2",
    env: "prod",
    status: "CrashLoopBackOff",
    restarts: 14.0,
    ready: (1.0, 2.0),
    age: 5400.0,
    cpu: Some(620.0),
    memory: 1.5e9,
    severity: Severity::Critical,
    images: &["registry/appointments:1.8.3", "envoy:v1.30"],
    labels: &[("app", "appointments"), ("tier", "web"), ("app.kubernetes.io/name", "appointments")],
};

fn pods() -> Columns {
    Columns::of(Subject::Pods, &Browse::default())
}

fn passes(text: &str) -> bool {
    let filter = Filter::new(text, &pods());
    assert_eq!(filter.problem(), None, "{text}");
    filter.passes(&CRASHED)
}

#[test]
fn every_kind_of_term_finds_what_it_says() {
    let yes = [
        "",
        "  ! ",
        "appo crash",
        "Crash prod",
        "!staging appo",
        "\"appointments-7d4c9\"",
        "oom|crash",
        "7d4c9-x2",
        "/^app.*x2$/",
        "~back.?off",
        "!~^prod-",
        "%aptx2",
        "-f aptx2",
        "!%zz",
        "env=prod",
        "ENV=prod",
        "environment=prod,staging",
        "env!=staging",
        "env=p*",
        "env:ro",
        "status~^crash",
        "status=~Crash.*",
        "status!~^Run",
        "status=crashloopbackoff",
        "status:running,crash",
        "env in (prod, staging)",
        "env notin (dev)",
        "!env in (dev)",
        "env=\"prod\"",
        "restarts>3",
        "restarts=14",
        "restarts!=3",
        "restarts=3,14",
        "restarts<=14",
        "restarts:14",
        "ready<all",
        "ready=1/2",
        "ready=1",
        "ready<80%",
        "ready!=2/2",
        "age<2h",
        "age>=1h30m",
        "age<1d age>1h",
        "created>60m",
        "cpu>500m",
        "cpu<1",
        "cpu>=0.62",
        "mem>1Gi",
        "memory<2G",
        "mem>=1500000000",
        "severity=critical",
        "sev>=warning",
        "severity!=ok",
        "severity in (critical,warning)",
        "severity:crit",
        "image=envoy:v1.30",
        "image~:1\\.8\\.",
        "image:appointments",
        "-l app=appointments",
        "-l app=appointments,tier!=db",
        "-l 'app in (appointments,odoo)'",
        "-l app,tier",
        "-l app in (appointments,odoo)",
        "-l !canary",
        "!-l app=odoo",
        "label:app=appointments",
        "label:app",
        "tier in (web,api)",
        "-l app.kubernetes.io/name=appointments",
        "labels:tier~^w",
        "nothing | crash",
        "nothing || prod",
        "| prod",
        "dev | env=prod restarts>3",
    ];
    let quoted_selector =
        |text: &str| text.replace("-l 'app in (appointments,odoo)'", "-l app in (appointments,odoo)");
    for text in yes {
        assert!(passes(&quoted_selector(text)), "{text}");
    }
    let no = [
        "APPO",
        "crash running",
        "!crash",
        "oom|evicted",
        "/^x2/",
        "%xta",
        "env=pro",
        "env=Prod",
        "env!=prod,dev",
        "status~^back",
        "status=~Crash",
        "env notin (prod)",
        "restarts>14",
        "restarts=1,2",
        "ready=all",
        "ready>=50.1%",
        "age>2h",
        "age<1h",
        "cpu>1",
        "cpu<500m",
        "mem>2Gi",
        "severity<critical",
        "severity=ok",
        "image=envoy",
        "-l app=odoo",
        "-l canary",
        "-l app=appointments,tier!=web",
        "label:app!=appointments",
        "tier in (db)",
        "node=n1",
        "dev | env=prod restarts>20",
        "name=*-x3",
    ];
    for text in no {
        assert!(!passes(text), "{text}");
    }
}

#[test]
fn what_is_not_there_is_neither_less_nor_more() {
    let idle = Pod { cpu: None, ..CRASHED };
    let filter = |text: &str| Filter::new(text, &pods()).passes(&idle);
    assert!(!filter("cpu>1m") && !filter("cpu<1m") && filter("!cpu>1m") && filter("cpu!=1m"));
}

#[test]
fn words_of_addresses_and_images_are_no_columns() {
    for text in ["<none>", "a!b", "http://x", "envoy:v1.30", "x=\"", "\"x=y\""] {
        let filter = Filter::new(text, &pods());
        assert_eq!(filter.problem().is_some(), text == "x=\"", "{text}");
    }
}

#[test]
fn what_cannot_be_understood_is_said_and_narrows_nothing() {
    let cases = [
        ("statsu=Running", "no column statsu: did you mean status?"),
        ("statsu:Running", "did you mean status?"),
        ("colour=red", "no column colour; pods have env namespace name"),
        ("env=", "env what?"),
        ("age<2", "age 2? write it as 30s 10m 2h"),
        ("age<soon", "write it as"),
        ("mem>lots", "write it as 512Mi 1Gi"),
        ("cpu>80%", "cpu has no whole to be 80% of"),
        ("restarts>many", "write it as a number"),
        ("restarts~1", "restarts is an amount"),
        ("node>3", "node is text"),
        ("severity=bad", "severity is critical, warning"),
        ("~(", "(: unclosed group"),
        ("status~[", "["),
        ("/abc", "/abc needs a / at its end"),
        ("-l", "-l app=x"),
        ("label:", "-l app=x"),
        ("-l app=", "app what?"),
    ];
    for (typed, said) in cases {
        for text in [typed.to_owned(), format!("crash {typed}"), format!("!{typed}")] {
            let filter = Filter::new(&text, &pods());
            let problem = filter.problem().unwrap_or_default();
            assert!(problem.contains(said), "{text}: {problem}");
            // The other terms hold.
            assert!(filter.passes(&CRASHED), "{text}");
        }
        assert!(!Filter::new(&format!("running {typed}"), &pods()).passes(&CRASHED), "{typed}");
    }
    let nodes = Columns::of(Subject::Nodes, &Browse::default());
    assert!(
        Filter::new("-l app=x", &nodes).problem().is_some_and(|p| p.contains("no labels are known of nodes"))
    );
    assert_eq!(Filter::new("cpu>80% memory<50%", &nodes).problem(), None);
}

#[test]
fn every_column_on_screen_narrows_its_list() {
    for subject in Subject::ALL {
        let columns = Columns::of(subject, &Browse::default());
        // Labels are asked for one by one.
        let shown = column_names(name_of(subject)).into_iter().filter(|name| name != "labels");
        for name in shown.filter(|_| columns.labels != Labels::Bare) {
            assert!(columns.named(&name).is_some(), "{name} of {}", columns.of);
        }
    }
}

#[test]
fn alerts_are_found_by_their_bare_labels() {
    let alerts = Columns::of(Subject::Alerts, &Browse::default());
    assert_eq!(alerts.labels, Labels::Bare);
    let passes = |text: &str| {
        let filter = Filter::new(text, &alerts);
        assert_eq!(filter.problem(), None, "{text}");
        filter.passes(&CRASHED)
    };
    assert!(passes("severity=\"critical\" app=~\"appo.*\" tier!=\"db\" tier!~\"^d.\""));
    assert!(passes("severity!=page") && !passes("severity=page") && !passes("app=\"odoo\""));
}

#[test]
fn a_server_s_own_columns_are_compared_by_what_they_say() {
    struct Cells(&'static str);
    impl Told for Cells {
        fn texts(&self, test: &mut dyn FnMut(&str) -> bool) -> bool {
            test(self.0)
        }
        fn name(&self) -> &'static str {
            "data"
        }
        fn value(&self, _: Field, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
            test(Value::Text(self.0))
        }
        fn label(&self, _: &mut dyn FnMut(&str, &str) -> bool) -> bool {
            false
        }
    }
    let cell =
        Column { name: "capacity".into(), others: &[], field: Field::Cell(0), measure: super::Measure::Any };
    let columns = Columns { of: "objects".into(), all: vec![cell].into(), labels: Labels::Asked };
    let passes = |text: &str, cell| Filter::new(text, &columns).passes(&Cells(cell));
    assert!(passes("capacity>5Gi", "10Gi") && !passes("capacity>5Gi", "512Mi"));
    assert!(passes("capacity>=3", "3/4") && passes("capacity<2h", "90m") && !passes("capacity>1", "<none>"));
    assert!(
        passes("capacity=10gi", "10Gi") && passes("capacity~^1", "10Gi") && !passes("capacity=1", "10Gi")
    );
}

/// Texts that are nearly filters.
fn typed() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("!".to_owned()),
        Just("\"".to_owned()),
        Just("/".to_owned()),
        Just("~".to_owned()),
        Just("%".to_owned()),
        Just("-l ".to_owned()),
        Just("-f ".to_owned()),
        Just(" | ".to_owned()),
        Just("|".to_owned()),
        Just("env=".to_owned()),
        Just("restarts>".to_owned()),
        Just("age<".to_owned()),
        Just("mem>=".to_owned()),
        Just("label:".to_owned()),
        Just(" in (".to_owned()),
        Just(")".to_owned()),
        Just(",".to_owned()),
        Just("(".to_owned()),
        Just("*".to_owned()),
        Just("severity".to_owned()),
        Just(" ".to_owned()),
        "[a-zA-Zäß€0-9.:]{0,4}",
        "\\PC{0,3}",
    ];
    prop::collection::vec(piece, 0..8).prop_map(|p| p.concat())
}

/// A term that nothing stands beside.
fn term() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z]{1,4}",
        "%[a-z]{1,3}",
        "~[a-z]{1,3}",
        "/[a-z]{1,3}/",
        "\"[a-z ]{1,5}\"",
        "[a-z]{1,2}\\|[a-z]{1,2}",
        "(env|name|status)(=|!=|~|:|!~|=~)[a-z]{1,4}",
        "(restarts|cpu|age|mem)(=|!=|<|>|<=|>=)[1-9][0-9]{0,3}",
        "severity(=|!=|<|>=)(ok|warning|critical)",
        "ready(<|=|>=)(all|1|1/2|50%)",
        "label:[a-z]{1,4}(=[a-z]{1,3})?",
    ]
}

proptest! {
    #[test]
    fn nothing_typed_panics(text in typed()) {
        for subject in [Subject::Pods, Subject::Alerts, Subject::Nodes, Subject::Logs] {
            let filter = Filter::new(&text, &Columns::of(subject, &Browse::default()));
            filter.passes(&CRASHED);
        }
    }

    #[test]
    fn the_opposite_of_a_term_is_its_complement(term in term()) {
        let filter = |text: &str| Filter::new(text, &pods());
        let (plain, opposite) = (filter(&term), filter(&format!("!{term}")));
        prop_assert_eq!(plain.problem(), opposite.problem());
        if plain.problem().is_none() {
            prop_assert_ne!(plain.passes(&CRASHED), opposite.passes(&CRASHED), "{}", term);
        }
    }

    #[test]
    fn words_agree_with_the_plain_way(text in "[a-cA-C]{0,8}", word in "[a-c]{0,3}") {
        prop_assert_eq!(super::contains(&text, &word), text.to_lowercase().contains(&word));
    }
}
