//! `vigie get --watch`: what is there, then every change of it, as it happens.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use super::{
    follow::Follow,
    list::{self, Wish},
    own,
    shown::Shown,
    values::{Entry, entries},
    what::What,
};
use crate::{
    cli::{
        answer::{Exit, Format},
        context::Common,
        csv,
        output::{alive, say},
    },
    model::{Kind, Source, Time},
    runtime::Supervisor,
    store::{Status, Store},
};

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Added,
    Modified,
    Removed,
}

impl Event {
    const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Modified => "modified",
            Self::Removed => "removed",
        }
    }

    const fn sign(self) -> &'static str {
        match self {
            Self::Added => "+",
            Self::Modified => "~",
            Self::Removed => "-",
        }
    }
}

/// How often the list is compared at most.
const LOOK: Duration = Duration::from_millis(250);

/// Fields that go up and down all the time: alone they are no change.
const USAGE: [&str; 6] = [
    "cpuMillicores",
    "memoryBytes",
    "cpuPercentOfRequest",
    "cpuPercentOfLimit",
    "memoryPercentOfRequest",
    "memoryPercentOfLimit",
];

/// Prints the list and goes on with its changes until interrupted, or until nobody reads any more.
///
/// `all` are the systems that are asked for the engineer's own columns too.
pub async fn watch(
    common: &Common,
    wish: &Wish,
    systems: &Supervisor,
    all: &Supervisor,
    mut store: Store,
) -> Exit {
    let (out, mut batches) = mpsc::channel(64);
    let _tasks = systems.watch(&out);
    drop(out);
    let mut follow = Follow::new(wish, all);
    let mut seen = Seen::new(wish);
    let mut told = HashMap::new();
    let mut printer =
        Printer::new(common.output, wish.shown(), list::heads(wish.what, wish.columns.as_deref()));
    let patience = tokio::time::sleep(common.patience());
    tokio::pin!(patience);
    // What comes in a burst is compared once.
    let mut look = tokio::time::interval(LOOK);
    let (mut begun, mut fresh) = (false, true);
    let mut many = Vec::new();
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => return Exit::Done,
            () = &mut patience, if !begun => begun = true,
            got = batches.recv_many(&mut many, 64) => {
                if got == 0 {
                    return Exit::Done;
                }
                many.drain(..).for_each(|batch| store.apply(batch));
                begun = begun || systems.is_settled(&store) && follow.is_settled();
                fresh = true;
                continue;
            }
            true = follow.next() => {
                begun = begun || systems.is_settled(&store) && follow.is_settled();
                fresh = true;
                continue;
            }
            _ = look.tick(), if begun && fresh => {}
        }
        if !begun {
            continue;
        }
        fresh = false;
        complain(&store, wish.what, &mut told);
        let now = systems.clock().now();
        let mut listed = entries(&store, wish.what, now);
        own::labels(&mut listed, &wish.own);
        follow.fill(&mut listed, wish);
        let events = seen.update(wish.choose(listed, now));
        if !printer.print(&events, now) {
            return Exit::Done;
        }
    }
}

/// Says once when a system no longer tells, and when it does again.
fn complain(store: &Store, what: &What, told: &mut HashMap<(Source, Kind), bool>) {
    for system in &store.systems {
        for kind in what.kinds {
            let Some(fresh) = store.freshness(system.source, *kind) else { continue };
            let silent = matches!(fresh.state(), Status::Down { .. } | Status::Refused(_));
            let before = told.insert((system.source, *kind), silent).unwrap_or(false);
            match fresh.state() {
                Status::Down { fault, .. } | Status::Refused(fault) if !before => say(fault),
                _ if before && !silent => say(format!("{system}: {kind}s are told again")),
                _ => {}
            }
        }
    }
}

/// The list as last printed.
#[derive(Debug, Default)]
struct Seen {
    last: BTreeMap<String, Value>,
    /// Fields that alone are no change.
    unsteady: Vec<String>,
}

impl Seen {
    /// Nothing yet; what Prometheus measures goes up and down all the time as well.
    fn new(wish: &Wish) -> Self {
        let measured = wish.own.iter().filter(|(_, own)| own.path().is_none());
        Self { unsteady: measured.map(|(_, own)| own.name.clone()).collect(), ..Self::default() }
    }

    /// What differs from the last list: what went, then what is new or other, in the order of the list.
    fn update(&mut self, entries: Vec<Entry>) -> Vec<(Event, Value)> {
        let mut before = std::mem::take(&mut self.last);
        let mut events = Vec::new();
        for Entry { id, value, .. } in entries {
            match before.remove(&id) {
                None => events.push((Event::Added, value.clone())),
                Some(old) if self.steady(&old) != self.steady(&value) => {
                    events.push((Event::Modified, value.clone()));
                }
                Some(_) => {}
            }
            self.last.insert(id, value);
        }
        let gone = before.into_values().map(|value| (Event::Removed, value));
        gone.chain(events).collect()
    }

    fn steady<'a>(&self, value: &'a Value) -> Vec<(&'a String, &'a Value)> {
        let is_steady = |name: &String| !USAGE.contains(&name.as_str()) && !self.unsteady.contains(name);
        value.as_object().into_iter().flatten().filter(|(name, _)| is_steady(name)).collect()
    }
}

/// Writes events in the form asked for.
struct Printer {
    format: Format,
    /// The columns of tables.
    columns: Vec<Shown>,
    /// The fields of comma-separated values.
    heads: Vec<String>,
    /// How wide the columns of the table are so far.
    widths: Vec<usize>,
    begun: bool,
}

impl Printer {
    fn new(format: Format, columns: Vec<Shown>, heads: Vec<String>) -> Self {
        Self { format, columns, heads, widths: Vec::new(), begun: false }
    }

    /// Prints events; `false` when nobody reads any more.
    fn print(&mut self, events: &[(Event, Value)], now: Time) -> bool {
        if self.begun && events.is_empty() {
            return true;
        }
        let text = self.text(events, now);
        self.begun = true;
        alive(&text)
    }

    fn text(&mut self, events: &[(Event, Value)], now: Time) -> String {
        match self.format {
            Format::Table => self.table(events, now),
            Format::Json => {
                events.iter().map(|e| crate::cli::answer::safe_json(&marked(e).to_string()) + "\n").collect()
            }
            Format::Yaml => {
                let one = |e: &(Event, Value)| {
                    format!("---\n{}", Format::Yaml.render(&marked(e), |_| String::new()))
                };
                events.iter().map(one).collect()
            }
            Format::Csv => {
                let head = std::iter::once("event").chain(self.heads.iter().map(String::as_str));
                let head = (!self.begun).then(|| csv::line(head.map(|h| json!(h))));
                let row = |(event, value): &(Event, Value)| {
                    csv::line(std::iter::once(json!(event.name())).chain(list::fields(&self.heads, value)))
                };
                head.into_iter().chain(events.iter().map(row)).collect()
            }
        }
    }

    /// Rows with a sign in front; columns grow with what comes and never shrink.
    fn table(&mut self, events: &[(Event, Value)], now: Time) -> String {
        let mut table = list::table(&self.columns, &[], now);
        table.rows = events.iter().map(|(_, value)| list::cells(&self.columns, value, now)).collect();
        table.widen(&mut self.widths);
        let first = !self.begun;
        let signs = first.then_some(" ").into_iter().chain(events.iter().map(|(event, _)| event.sign()));
        let lines = table.lines(&self.widths);
        signs
            .zip(lines.iter().skip(usize::from(!first)))
            .flat_map(|(sign, line)| [sign, " ", line.as_str(), "\n"])
            .collect()
    }
}

/// The object with what happened to it first.
fn marked((event, value): &(Event, Value)) -> Value {
    let mut out = Map::new();
    out.insert("event".to_owned(), json!(event.name()));
    out.extend(value.as_object().into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())));
    Value::Object(out)
}

#[cfg(test)]
mod tests {
    use super::{super::shown, *};

    fn namespace(name: &str, status: &str) -> Entry {
        let fields = json!({ "name": name, "status": status, "created": "2026-11-21T03:00:00Z" });
        Entry::new(name.to_owned(), "dev", fields)
    }

    #[test]
    fn only_what_changed_is_told() {
        let mut seen = Seen::default();
        let mut names = |entries: Vec<Entry>| {
            let events = seen.update(entries);
            events.iter().map(|(e, v)| format!("{}{}", e.sign(), list::plain(&v["name"]))).collect::<Vec<_>>()
        };
        assert_eq!(names(vec![namespace("a", "Active"), namespace("b", "Active")]), ["+a", "+b"]);
        assert!(names(vec![namespace("b", "Active"), namespace("a", "Active")]).is_empty());
        assert_eq!(names(vec![namespace("a", "Terminating"), namespace("c", "Active")]), ["-b", "~a", "+c"]);
    }

    #[test]
    fn use_alone_is_no_change() {
        let mut seen = Seen::default();
        let pod = |cpu: u32, restarts: u32| {
            vec![Entry::new("p".into(), "dev", json!({ "cpuMillicores": cpu, "restarts": restarts }))]
        };
        assert_eq!(seen.update(pod(1, 0)).len(), 1);
        assert!(seen.update(pod(2, 0)).is_empty());
        assert_eq!(seen.update(pod(2, 1)).len(), 1);
    }

    #[test]
    fn forms() {
        let what = What::named("ns").expect("a list");
        let of = |format| Printer::new(format, shown::usual(what), list::heads(what, None));
        let now: Time = "2026-11-21T03:00:09Z".parse().expect("a moment");
        let added = [(Event::Added, namespace("kube-system", "Active").value)];
        let modified = [(Event::Modified, namespace("x", "Terminating").value)];
        let mut printer = of(Format::Table);
        assert_eq!(
            printer.text(&added, now),
            "  ENV  NAME         STATUS  AGE\n+ dev  kube-system  Active  9s\n"
        );
        printer.begun = true;
        assert_eq!(printer.text(&modified, now), "~ dev  x            Terminating  9s\n");
        let line = of(Format::Json).text(&modified, now);
        assert_eq!(
            line,
            "{\"event\":\"modified\",\"environment\":\"dev\",\"name\":\"x\",\"status\":\"Terminating\",\"created\":\"2026-11-21T03:00:00Z\"}\n"
        );
        let csv = of(Format::Csv).text(&modified, now);
        assert_eq!(
            csv,
            "event,environment,name,status,created\r\nmodified,dev,x,Terminating,2026-11-21T03:00:00Z\r\n"
        );
    }
}
