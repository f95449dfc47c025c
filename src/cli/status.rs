//! `vigie status`: the one-screen answer to "is anything wrong, where, since when".

use serde_json::{Value, json};

use crate::{
    model::{AlertState, Environment, Severity, Source, Str, Time},
    store::{Status, Store},
};

use super::{
    answer::Exit,
    context::Common,
    get::age,
    output::{Table, print, say},
};

/// Reads every system once and prints a line per environment, then what is wrong.
pub async fn run(common: &Common) -> Exit {
    let (_, supervisor, mut store) = match common.connect() {
        Ok(connected) => connected,
        Err(exit) => return exit,
    };
    supervisor.collect(&mut store, common.patience()).await;
    let now = supervisor.clock().now();
    let problems = problems(&store, now);
    if common.output == super::answer::Format::Table {
        let exit = environments(common, &store, now);
        if problems.is_empty() {
            say("nothing is wrong that the systems tell of");
        } else {
            let mut table = Table::new(&["", "ENV", "WHAT", "NAME", "STATE", "SINCE"]);
            for p in &problems {
                let since = p.since.map(|s| age(now.since(s))).unwrap_or_default();
                let cells = [p.severity.sign(), &p.env, p.what, &p.name, &p.state, &since];
                table.rows.push(cells.map(str::to_owned).to_vec());
            }
            println!();
            print(common.output, &table, &Value::Null);
        }
        return exit;
    }
    let listed: Vec<_> = problems
        .iter()
        .map(|p| {
            json!({
                "severity": p.severity, "environment": &*p.env, "what": p.what, "name": p.name, "state": p.state,
                "since": p.since.map(Time::rfc3339),
            })
        })
        .collect();
    let summaries: Vec<_> = store.environments.iter().map(|e| Summary::of(&store, e, now).json(e)).collect();
    print(common.output, &Table::default(), &json!({ "environments": summaries, "problems": listed }));
    unreachable_exit(&store)
}

/// Prints a line per environment.
pub fn environments(common: &Common, store: &Store, now: Time) -> Exit {
    let mut table = Table::new(&["", "ENV", "TIER", "APPS", "PODS", "ALERTS", "LEASES", "SYSTEMS"]);
    let mut values = Vec::new();
    for env in &store.environments {
        let summary = Summary::of(store, env, now);
        table.rows.push(vec![
            summary.severity.sign().into(),
            env.name.to_string(),
            env.tier.to_string(),
            summary.applications.to_string(),
            summary.pods.to_string(),
            summary.alerts.to_string(),
            summary.leases.to_string(),
            summary.systems.join(" "),
        ]);
        values.push(summary.json(env));
    }
    print(common.output, &table, &json!(values));
    unreachable_exit(store)
}

/// 5 when a system could not be reached, 0 otherwise.
fn unreachable_exit(store: &Store) -> Exit {
    let down = store
        .systems
        .iter()
        .any(|s| store.freshness_of(s.source).any(|(_, f)| matches!(f.state(), Status::Down { .. })));
    if down { Exit::Unreachable } else { Exit::Done }
}

/// How many, and how many of them are wrong.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    all: usize,
    critical: usize,
    warning: usize,
}

impl Count {
    fn add(&mut self, severity: Severity) {
        self.all += 1;
        self.critical += usize::from(severity == Severity::Critical);
        self.warning += usize::from(severity == Severity::Warning);
    }

    fn json(self) -> Value {
        json!({ "all": self.all, "critical": self.critical, "warning": self.warning })
    }

    fn worst(self) -> Severity {
        match (self.critical, self.warning) {
            (0, 0) => Severity::Ok,
            (0, _) => Severity::Warning,
            _ => Severity::Critical,
        }
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.all)?;
        if self.critical > 0 {
            write!(f, " ✗{}", self.critical)?;
        }
        if self.warning > 0 {
            write!(f, " !{}", self.warning)?;
        }
        Ok(())
    }
}

struct Summary {
    severity: Severity,
    applications: Count,
    pods: Count,
    alerts: Count,
    leases: Count,
    systems: Vec<String>,
}

impl Summary {
    fn of(store: &Store, env: &Environment, now: Time) -> Self {
        let here = |source: Source| store.system(source).is_some_and(|s| s.env == env.name);
        let count = |severities: &mut dyn Iterator<Item = Severity>| {
            let mut count = Count::default();
            severities.for_each(|s| count.add(s));
            count
        };
        let applications = count(
            &mut store
                .applications
                .iter()
                .filter(|a| here(a.key.source))
                .map(super::super::model::Application::severity),
        );
        let pods = count(&mut store.pods.iter().filter(|p| here(p.key.source)).map(|p| p.severity(now)));
        let firing = store.alerts.iter().filter(|a| here(a.key.source) && a.state == AlertState::Active);
        let alerts = count(&mut firing.map(|a| a.severity));
        let leases = count(&mut store.leases.iter().filter(|l| here(l.key.source)).map(|l| l.severity(now)));
        let mut severity =
            [applications, pods, alerts, leases].map(Count::worst).into_iter().max().unwrap_or_default();
        let mut systems = Vec::new();
        for system in store.systems.iter().filter(|s| s.env == env.name) {
            let states: Vec<_> = store.freshness_of(system.source).map(|(_, f)| f.state()).collect();
            let short = system.kind.short();
            if states.iter().any(|s| matches!(s, Status::Down { .. })) {
                severity = severity.max(Severity::Warning);
                systems.push(format!("{short} ✗"));
            } else if states.iter().any(|s| matches!(s, Status::Refused(_) | Status::Degraded(_))) {
                systems.push(format!("{short} !"));
            } else {
                systems.push(format!("{short} ✓"));
            }
        }
        Self { severity, applications, pods, alerts, leases, systems }
    }

    fn json(&self, env: &Environment) -> Value {
        json!({
            "name": &*env.name, "tier": env.tier, "severity": self.severity, "applications": self.applications.json(),
            "pods": self.pods.json(), "alerts": self.alerts.json(), "leases": self.leases.json(), "systems": self.systems,
        })
    }
}

struct Problem {
    severity: Severity,
    env: Str,
    what: &'static str,
    name: String,
    state: String,
    since: Option<Time>,
}

/// What is wrong, worst first, then newest first.
fn problems(store: &Store, now: Time) -> Vec<Problem> {
    let env = |source: Source| store.system(source).map_or_else(|| Str::from(""), |s| s.env.clone());
    let mut all = Vec::new();
    let mut add = |severity: Severity, source: Source, what, name: String, state: String, since| {
        if severity.is_problem() {
            all.push(Problem { severity, env: env(source), what, name, state, since });
        }
    };
    for a in store.applications.iter() {
        let state = format!("{:?} {:?}", a.health, a.sync);
        add(a.severity(), a.key.source, "application", a.key.name.to_string(), state, a.health_since);
    }
    for p in store.pods.iter() {
        let name = format!("{}/{}", p.key.namespace, p.key.name);
        add(
            p.severity(now),
            p.key.source,
            "pod",
            name,
            p.reason.to_string(),
            p.unsettled.or(p.last_restart).or(Some(p.created)),
        );
    }
    for a in store.alerts.iter().filter(|a| a.state == AlertState::Active) {
        let place = a.label("namespace").map(|v| &**v);
        let about = a.about().map(|v| &**v).filter(|v| Some(*v) != place);
        let about: Vec<_> = place.into_iter().chain(about).collect();
        add(a.severity, a.key.source, "alert", a.name.to_string(), about.join("/"), Some(a.since));
    }
    for n in store.nodes.iter() {
        add(n.severity, n.key.source, "node", n.key.name.to_string(), n.reason.to_string(), n.changed);
    }
    for l in store.leases.iter() {
        let left = l.expires.map_or_else(String::new, |e| format!("expires in {}", age(e.since(now))));
        add(l.severity(now), l.key.source, "lease", l.key.name.to_string(), left, Some(l.issued));
    }
    for r in store.static_roles.iter() {
        let due = r.next.map_or_else(String::new, |next| format!("due for {}", age(now.since(next))));
        let name = format!("{}{}", r.key.namespace, r.key.name);
        add(r.severity(now), r.key.source, "static role", name, due, r.next);
    }
    for v in store.vaults.iter().filter(|v| v.sealed) {
        add(Severity::Critical, v.key.source, "vault", v.key.name.to_string(), "sealed".into(), None);
    }
    for s in &store.systems {
        for (kind, fresh) in store.freshness_of(s.source) {
            if let Status::Down { fault, .. } = fresh.state() {
                add(
                    Severity::Warning,
                    s.source,
                    "system",
                    format!("{} ({kind}s)", s.name),
                    fault.why.to_string(),
                    fresh.since(),
                );
            }
        }
    }
    all.sort_by(|a, b| {
        b.severity.cmp(&a.severity).then(b.since.cmp(&a.since)).then_with(|| a.name.cmp(&b.name))
    });
    all
}
