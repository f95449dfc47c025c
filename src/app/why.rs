//! Why a thing is as it is, from what is already known.

use std::time::Duration;

use super::{
    command::{Command, Keys},
    format,
    listed::Listed,
    viewer::{Line, Tone},
};
use crate::{
    keymap::{Context, print_sequence},
    model::{
        Application, Change, ChangeKind, Key, Kind, Node, OperationPhase, Owner, Pod, RotatedCredential,
        Severity, SyncStatus, Time,
    },
    store::Store,
    triage::{Focus, Scope},
};

/// How many of a sort are told.
const MOST: usize = 5;
/// How long before the trouble began changes are suspects.
const BEFORE: Duration = Duration::from_secs(30 * 60);

/// What is known about why an entity is as it is: the worst first, what changed before it, which keys help.
pub fn why(store: &Store, timeline: &[Change], key: &Key, keys: &Keys, ascii: bool, now: Time) -> Vec<Line> {
    let mut out = Telling { lines: Vec::new(), ascii };
    let scope = Scope::of(store, &Focus::Entity(key.clone()));
    match key.kind {
        Kind::Application => {
            if let Some(app) = store.applications.get(key) {
                out.application(app, now);
            }
        }
        Kind::Pod => {
            if let Some(pod) = store.pods.get(key) {
                out.pod(pod, now);
            }
        }
        Kind::Node => {
            if let Some(node) = store.nodes.get(key) {
                out.node(node, now);
            }
        }
        Kind::StaticRole => {
            if let Some(role) = store.static_roles.get(key) {
                out.static_role(role, now);
            }
        }
        Kind::Alert => {
            if let Some(alert) = store.alerts.get(key) {
                let since = format::age(now.since(alert.since));
                out.say(alert.severity, format!("{} since {since}", alert.name));
                for (name, value) in &alert.annotations {
                    out.field(name, value);
                }
                for (name, value) in &alert.labels {
                    out.field(name, value);
                }
            }
        }
        _ => {}
    }
    out.alerts(store, &scope, key, now);
    out.pods(store, &scope, key, now);
    let told = !out.lines.is_empty();
    let changes = out.changes(timeline, &scope, began(store, &scope, now), now);
    out.events(store, &scope, now);
    if !told && !changes {
        out.lines.push(Line::new(
            Tone::Dim,
            "nothing known speaks of it: no alert, no event, no change in the last day",
        ));
    }
    out.help(store, key, keys);
    out.lines
}

/// Since when things are wrong: the oldest alert that fires with a problem; none when none does.
fn began(store: &Store, scope: &Scope, now: Time) -> Option<Time> {
    let firing = store.alerts.iter().filter(|a| Listed::severity(*a, now).is_problem() && scope.alert(a));
    let alerts = firing.map(|a| a.since);
    let apps = store.applications.iter().filter(|a| a.severity().is_problem() && scope.application(a));
    let deployed = apps.filter_map(|a| a.deployed.as_ref()).map(|d| d.deployed);
    alerts.min().or_else(|| deployed.max())
}

struct Telling {
    lines: Vec<Line>,
    ascii: bool,
}

impl Telling {
    fn heading(&mut self, text: &str) {
        if !self.lines.is_empty() {
            self.lines.push(Line::new(Tone::Text, ""));
        }
        self.lines.push(Line::new(Tone::Strong, text));
    }

    fn say(&mut self, severity: Severity, text: impl AsRef<str>) {
        let sign = if self.ascii { severity.ascii() } else { severity.sign() };
        let tone = if severity.is_problem() { Tone::Severity(severity) } else { Tone::Text };
        self.lines.push(Line::new(tone, format!("  {sign} {}", format::line(text.as_ref()))));
    }

    /// Says how many more there are than were told.
    fn more(&mut self, all: usize, told: usize) {
        if all > told {
            self.lines.push(Line::new(Tone::Dim, format!("    and {} more", all - told)));
        }
    }

    fn field(&mut self, name: &str, value: &str) {
        self.lines.push(Line::new(Tone::Field, format!("    {name}: {}", format::line(value))));
    }

    fn application(&mut self, app: &Application, now: Time) {
        self.heading(&format!("{} is {:?} and {:?}", app.key.name, app.health, app.sync));
        let first = self.lines.len();
        if let Some(message) = &app.health_message {
            self.say(app.severity(), message);
        }
        let (create, change, prune) = app.drift;
        if create + change + prune > 0 {
            let text = format!("out of sync: {create} to create, {change} to change, {prune} to prune");
            self.say(Severity::Warning, text);
        }
        for condition in app.conditions.iter() {
            self.say(Severity::Warning, format!("{}: {}", condition.kind, condition.message));
        }
        if let Some(operation) = &app.operation {
            let severity = match operation.phase {
                OperationPhase::Failed | OperationPhase::Error => Severity::Critical,
                OperationPhase::Running | OperationPhase::Terminating => Severity::Active,
                OperationPhase::Succeeded => Severity::Ok,
            };
            let age = format::age(now.since(operation.finished.unwrap_or(operation.started)));
            let text = format!(
                "last operation {:?} {age} ago by {}: {}",
                operation.phase, operation.by, operation.message
            );
            self.say(severity, text);
            for resource in operation.resources.iter().filter(|r| &*r.status == "SyncFailed") {
                self.say(Severity::Critical, format!("{}: {}", resource.resource, resource.message));
            }
        }
        if let Some(hold) = &app.hold {
            let age = format::age(now.since(hold.since));
            self.say(Severity::Warning, format!("auto-sync held by {} for {age}: {}", hold.by, hold.reason));
        }
        match &app.owner {
            Some(Owner::ApplicationSet(name)) => {
                self.say(
                    Severity::Quiet,
                    format!("the ApplicationSet {name} generates it and undoes changes to it"),
                );
            }
            Some(Owner::Application(name)) => {
                self.say(
                    Severity::Quiet,
                    format!("the application {name} deploys it and undoes changes to it"),
                );
            }
            None => {}
        }
        let rank = |line: &Line| match line.tone {
            Tone::Severity(severity) => std::cmp::Reverse(severity),
            _ => std::cmp::Reverse(Severity::Ok),
        };
        self.lines[first..].sort_by_key(rank);
    }

    fn pod(&mut self, pod: &Pod, now: Time) {
        let age = format::age(now.since(pod.created));
        self.heading(&format!("{} is {} for {age}", pod.key.name, pod.reason));
        self.say(pod.severity(now), format!("{} of {} containers ready", pod.ready, pod.total));
        if pod.restarts > 0 {
            let last = pod
                .last_restart
                .map_or(String::new(), |t| format!(", last {} ago", format::age(now.since(t))));
            self.say(Severity::Warning, format!("{} restarts{last}", pod.restarts));
        }
        if pod.node.is_empty() {
            self.say(Severity::Active, "no node took it yet");
        }
    }

    fn node(&mut self, node: &Node, now: Time) {
        let age = node.changed.map_or(String::new(), |at| format!(" for {}", format::age(now.since(at))));
        self.heading(&format!("{} is {}{age}", node.key.name, node.reason));
    }

    fn static_role(&mut self, role: &RotatedCredential, now: Time) {
        self.heading(&format!("{} is the user {}", role.key.name, role.username));
        let rule = match (&role.schedule, role.period) {
            (Some(schedule), _) => format!("rotates by the schedule {schedule} (UTC)"),
            (None, Some(period)) => format!("rotates every {}", format::age(period)),
            (None, None) => "rotates by hand only".to_owned(),
        };
        self.say(Severity::Quiet, rule);
        let last = role.rotated.map_or("never rotated".to_owned(), |at| {
            format!("last rotated {} ago", format::age(now.since(at)))
        });
        let next = role.next.map_or(String::new(), |next| {
            if next <= now {
                format!(", due for {}", format::age(now.since(next)))
            } else {
                format!(", next in {}", format::age(next.since(now)))
            }
        });
        self.say(role.severity(now), last + &next);
    }

    fn pods(&mut self, store: &Store, scope: &Scope, key: &Key, now: Time) {
        let mut bad: Vec<&Pod> = store
            .pods
            .iter()
            .filter(|p| p.key != *key && p.severity(now) >= Severity::Active && scope.pod(p))
            .collect();
        bad.sort_by(|a, b| a.order(b, super::SortBy::Worst, now));
        if bad.is_empty() {
            return;
        }
        let are = if bad.len() == 1 { "is" } else { "are" };
        self.heading(&format!("{} of its pods {are} not ready", bad.len()));
        let widest = bad.iter().take(MOST).map(|p| p.key.name.len()).max().unwrap_or(0);
        for pod in bad.iter().take(MOST) {
            let text = format!(
                "{:<widest$}  {}/{}  {:<18} {} restarts",
                &*pod.key.name, pod.ready, pod.total, &*pod.reason, pod.restarts
            );
            self.say(pod.severity(now), text);
        }
        self.more(bad.len(), MOST);
    }

    fn alerts(&mut self, store: &Store, scope: &Scope, key: &Key, now: Time) {
        let mut firing: Vec<_> = store.alerts.iter().filter(|a| a.key != *key && scope.alert(a)).collect();
        firing.sort_by(|a, b| a.order(b, super::SortBy::Worst, now));
        if firing.is_empty() {
            return;
        }
        let plural = if firing.len() == 1 { "" } else { "s" };
        self.heading(&format!("{} alert{plural}", firing.len()));
        for alert in firing.iter().take(MOST) {
            let summary = alert.annotation("summary").or_else(|| alert.annotation("description"));
            let text = summary.map_or(String::new(), |s| format!("  {s}"));
            let since = format::age(now.since(alert.since));
            self.say(Listed::severity(*alert, now), format!("{since:<4} {}{text}", alert.name));
        }
        self.more(firing.len(), MOST);
    }

    fn events(&mut self, store: &Store, scope: &Scope, now: Time) {
        let mut events: Vec<_> = store.events.iter().filter(|e| e.warning && scope.event(e)).collect();
        events.sort_by_key(|e| std::cmp::Reverse(e.last));
        if events.is_empty() {
            return;
        }
        self.heading("warning events");
        // Of events that say the same of several pods the newest is enough.
        let mut told = std::collections::HashSet::new();
        let different: Vec<_> = events.iter().filter(|e| told.insert(&e.reason)).collect();
        for event in different.into_iter().take(MOST) {
            let age = format::age(now.since(event.last));
            let same: u32 = events.iter().filter(|e| e.reason == event.reason).map(|e| e.count).sum();
            let text = format!("{age:<4} {} ×{same}  {}: {}", event.reason, event.about, event.message);
            self.say(Severity::Warning, text);
        }
    }

    /// What changed before it began, newest first; without a beginning what changed in the last day. `false` when
    /// nothing did.
    fn changes(&mut self, timeline: &[Change], scope: &Scope, began: Option<Time>, now: Time) -> bool {
        let day = Duration::from_secs(86_400);
        let all = || timeline.iter().filter(|c| scope.change(c));
        // Alerts and crashes are what came of it.
        let is_cause = |c: &&Change| !matches!(c.kind, ChangeKind::Alert | ChangeKind::Pod);
        let (heading, near): (String, Vec<&Change>) = match began {
            Some(began) => {
                let near = all().filter(|c| c.at >= began.minus(BEFORE) && is_cause(c)).take(MOST).collect();
                (
                    format!(
                        "changes since {}, 30 minutes before it began",
                        format::moment(began.minus(BEFORE), now)
                    ),
                    near,
                )
            }
            None => {
                let near = all().filter(|c| now.since(c.at) < day).take(MOST).collect();
                ("changes in the last day, newest first".to_owned(), near)
            }
        };
        if near.is_empty() && began.is_none() {
            return false;
        }
        self.heading(&heading);
        if near.is_empty() {
            let last = all().find(is_cause);
            let text = last.map_or("none is known".to_owned(), |c| {
                format!(
                    "none; the last was {} ago: {} {}",
                    format::age(now.since(c.at)),
                    c.kind.name(),
                    c.title
                )
            });
            self.say(Severity::Quiet, text);
            return true;
        }
        for change in near {
            let by = change.by.as_deref().map_or(String::new(), |b| format!(" · {b}"));
            let at = format::moment(change.at, now);
            let text = format!("{at:<11}  {:<7} {}{by}", change.kind.name(), change.title);
            self.say(if change.severity.is_problem() { change.severity } else { Severity::Quiet }, text);
        }
        true
    }

    /// The keys that help with it now.
    fn help(&mut self, store: &Store, key: &Key, keys: &Keys) {
        let mut wanted: Vec<(Command, &str)> = Vec::new();
        match key.kind {
            Kind::Application => {
                let app = store.applications.get(key);
                wanted.push((Command::Logs, "its logs, those of deleted pods too"));
                if app.is_some_and(|a| a.sync == SyncStatus::OutOfSync) {
                    wanted.push((Command::Diff, "what differs from git"));
                    wanted.push((Command::Sync, "apply what git has: shows the plan first"));
                }
                wanted.push((
                    Command::Rollback,
                    "go back to an earlier deployment: choose, see the diff, then plan",
                ));
                match app.map(|a| a.hold.is_some()) {
                    Some(true) => wanted.push((Command::Hold, "release the hold on auto-sync")),
                    _ => wanted.push((Command::Hold, "hold auto-sync while you look")),
                }
            }
            Kind::Pod => {
                wanted.push((Command::Logs, "its logs"));
                if store.pods.get(key).is_some_and(|p| p.restarts > 0) {
                    wanted.push((Command::LogsPrevious, "its logs before the last restart"));
                }
                wanted.push((Command::Events, "all its events"));
                wanted.push((Command::Describe, "its description"));
            }
            k if k.is_workload() || k == Kind::Node => {
                wanted.push((Command::Events, "all its events"));
                wanted.push((Command::Describe, "its description"));
            }
            _ => {}
        }
        let rows: Vec<_> = wanted
            .into_iter()
            .filter_map(|(command, what)| {
                let binding = keys.key_for(&[Context::Document], |r| *r == command)?;
                Some(format!("    {:<6} {what}", print_sequence(&binding.on)))
            })
            .collect();
        if !rows.is_empty() {
            self.heading("keys that help");
            self.lines.extend(rows.into_iter().map(|row| Line::new(Tone::Text, row)));
        }
    }
}
