//! `vigie status`: the one-screen answer to "is anything wrong, where, since when".

use serde_json::{Value, json};

use crate::{
    model::{AlertState, Environment, Severity, Source, Str, Time},
    store::{Status, Store},
};

use super::{
    answer::{Exit, Format},
    context::Common,
    get::{Entry, What, age},
    output::{Table, out, print, say},
};

/// Reads every system once and prints a line per environment, then what is wrong.
pub async fn run(common: &Common) -> Exit {
    let (_, supervisor, mut store) = match common.connect() {
        Ok(connected) => connected,
        Err(exit) => return exit,
    };
    supervisor.collect(&mut store, common.patience()).await;
    let now = supervisor.clock().now();
    match common.output {
        Format::Table => people(&store, now),
        Format::Csv => {
            let what = What::named("problems").expect("it is a list");
            out(&super::get::records(what, &problems(&store, now)));
        }
        format => {
            let values = |entries: Vec<Entry>| entries.into_iter().map(|e| e.value).collect::<Vec<_>>();
            let both = json!({
                "environments": values(environments(&store, now)), "problems": values(problems(&store, now)),
            });
            print(format, &Table::default(), &both);
        }
    }
    unreachable_exit(&store)
}

/// Both lists with signs, for people.
fn people(store: &Store, now: Time) {
    let mut table = Table::new(&["", "ENV", "TIER", "APPS", "PODS", "ALERTS", "LEASES", "SYSTEMS"]);
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
    }
    out(&table.render());
    let problems = found(store, now);
    if problems.is_empty() {
        say("nothing is wrong that the systems tell of");
        return;
    }
    let mut table = Table::new(&["", "ENV", "WHAT", "NAME", "STATE", "SINCE"]);
    for p in &problems {
        let since = p.since.map(|s| age(now.since(s))).unwrap_or_default();
        let state = with_age(&p.state, now);
        let cells = [p.severity.sign(), &p.env, p.what, &p.name, &state, &since];
        table.rows.push(cells.map(str::to_owned).to_vec());
    }
    out(&format!("\n{}", table.render()));
}

/// The state of a thing with how long until, or since, the moment in it.
fn with_age(state: &str, now: Time) -> String {
    let moment = |word| state.strip_prefix(word).and_then(|moment| moment.parse::<Time>().ok());
    match (moment("expires "), moment("due ")) {
        (Some(end), _) => format!("expires in {}", age(end.since(now))),
        (_, Some(due)) => format!("due for {}", age(now.since(due))),
        _ => state.to_owned(),
    }
}

/// An object per environment: how many things it has, and how many of them are wrong.
pub fn environments(store: &Store, now: Time) -> Vec<Entry> {
    let one = |env: &Environment| {
        let summary = Summary::of(store, env, now);
        Entry::new(env.name.to_string(), &env.name, summary.json(env))
    };
    store.environments.iter().map(one).collect()
}

/// An object per problem, worst first, then newest first.
pub fn problems(store: &Store, now: Time) -> Vec<Entry> {
    let one = |p: Problem| {
        let fields = json!({
            "severity": p.severity, "what": p.what, "name": p.name, "state": p.state,
            "since": p.since.map(Time::rfc3339),
        });
        Entry::new(format!("{} {} {}", p.env, p.what, p.name), &p.env, fields)
    };
    found(store, now).into_iter().map(one).collect()
}

/// 5 when a system could not be reached, 0 otherwise.
pub fn unreachable_exit(store: &Store) -> Exit {
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

/// Something that is wrong.
pub(super) struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// In which environment.
    pub env: Str,
    /// What kind of thing it is.
    pub what: &'static str,
    /// Its name.
    pub name: String,
    /// What is wrong with it.
    pub state: String,
    /// Since when.
    pub since: Option<Time>,
}

impl Problem {
    /// The problem in a line to be read aloud.
    pub fn sentence(&self, now: Time) -> String {
        let word = if self.severity == Severity::Critical { "critical" } else { "warning" };
        let state = if self.state.is_empty() { String::new() } else { format!(", {}", self.state) };
        let since = self.since.map_or_else(String::new, |s| format!(", since {}", age(now.since(s))));
        format!("{word}: {}, {} {}{state}{since}", self.env, self.what, self.name)
    }
}

/// What is wrong, worst first, then newest first.
pub(super) fn found(store: &Store, now: Time) -> Vec<Problem> {
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
        let left = l.expires.map_or_else(String::new, |e| format!("expires {}", e.rfc3339()));
        add(l.severity(now), l.key.source, "lease", l.key.name.to_string(), left, Some(l.issued));
    }
    for r in store.static_roles.iter() {
        let due = r.next.map_or_else(String::new, |next| format!("due {}", next.rfc3339()));
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
