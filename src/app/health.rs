//! How fresh what a pane shows is, and what to say about it in the pane's own place.

use std::time::Duration;

use super::{format, subject::Subject};
use crate::{
    model::{FaultKind, Kind, Severity, Source, System, SystemKind, Time},
    store::{Status, Store},
    triage::Scope,
};

/// A line about the state of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// How it stands out.
    pub severity: Severity,
    /// The text.
    pub text: String,
}

/// How a system fares as a whole, for the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pulse {
    /// What sort of system.
    pub kind: SystemKind,
    /// How well.
    pub severity: Severity,
    /// How old its data is; none when nothing ever came.
    pub age: Option<Duration>,
}

/// Notes about the sources of a subject, worst first; nothing when all is well.
pub fn notes(store: &Store, subject: Subject, scope: &Scope, now: Time) -> Vec<Note> {
    let Some(kind) = subject.system() else { return Vec::new() };
    let systems = store.systems.iter().filter(|s| s.kind == kind && scope.has_source(s.source));
    let several = store.environments.len() > 1;
    let mut notes: Vec<Note> = Vec::new();
    for system in systems {
        for kind in subject.kinds() {
            let Some(note) = note(store, system, *kind, several, now) else { continue };
            // What is down is down with all its kinds.
            let is_down = note.severity == Severity::Critical;
            if !notes.contains(&note) {
                notes.push(note);
            }
            if is_down {
                break;
            }
        }
    }
    notes.sort_by_key(|n| std::cmp::Reverse(n.severity));
    notes
}

fn note(store: &Store, system: &System, kind: Kind, several: bool, now: Time) -> Option<Note> {
    let place = if several { system.env.to_string() } else { system.name.to_string() };
    let Some(fresh) = store.freshness(system.source, kind) else {
        let asked = || Note { severity: Severity::Active, text: format!("{place}: asking…") };
        return silent(store, system, &place).or_else(|| (kind == Kind::Object).then(asked));
    };
    match fresh.state() {
        Status::Live => None,
        Status::Loading if fresh.is_loaded() => None,
        Status::Loading => {
            let text = format!("{place}: loading {}s…", kind.name());
            Some(Note { severity: Severity::Active, text })
        }
        Status::Degraded(why) => {
            Some(Note { severity: Severity::Quiet, text: format!("{place}: {}", format::line(why)) })
        }
        Status::Refused(fault) if fault.kind == FaultKind::NotFound && kind == Kind::Object => {
            let text = format!("{place} {} · {}", fault.why, fault.hint);
            Some(Note { severity: Severity::Quiet, text: format::line(&text).into_owned() })
        }
        Status::Refused(fault) => {
            let hint = if fault.hint.is_empty() { String::new() } else { format!(" · {}", fault.hint) };
            let text = format!("{place} refused: {}{hint}", fault.why);
            Some(Note { severity: Severity::Warning, text: format::line(&text).into_owned() })
        }
        Status::Down { fault, retry_at } => {
            let seen = match fresh.heard() {
                Some(heard) => format!("last seen {} ago", format::age(now.since(heard))),
                None => "never seen".to_owned(),
            };
            let wait = retry_at.since(now).as_secs();
            let retry = if wait == 0 { "trying again".to_owned() } else { format!("again in {wait} s") };
            let text = format!("{place}: {seen}: {} · {retry}", fault.why);
            Some(Note { severity: Severity::Critical, text: format::line(&text).into_owned() })
        }
    }
}

/// What to say of a kind that a system never spoke of: nothing, when it speaks of others.
fn silent(store: &Store, system: &System, place: &str) -> Option<Note> {
    let quiet = store.freshness_of(system.source).next().is_none();
    quiet.then(|| Note { severity: Severity::Active, text: format!("{place}: connecting…") })
}

/// How each kind of system in the scope fares, the worst standing for all of its kind.
pub fn pulses(store: &Store, scope: &Scope, now: Time) -> Vec<Pulse> {
    SystemKind::ALL
        .into_iter()
        .filter_map(|kind| {
            let of_kind = store.systems.iter().filter(|s| s.kind == kind && scope.has_source(s.source));
            of_kind.map(|s| pulse(store, s.source, kind, now)).max_by_key(|p| (p.severity, p.age))
        })
        .collect()
}

/// How one system fares.
pub fn pulse(store: &Store, source: Source, kind: SystemKind, now: Time) -> Pulse {
    let mut severity = None;
    // What one looks at just now is told in its own pane.
    for (_, fresh) in store.freshness_of(source).filter(|(kind, _)| *kind != Kind::Object) {
        let this = match fresh.state() {
            Status::Loading if !fresh.is_loaded() => Severity::Active,
            Status::Live | Status::Loading | Status::Degraded(_) => Severity::Ok,
            Status::Refused(_) => Severity::Warning,
            Status::Down { .. } => Severity::Critical,
        };
        severity = severity.max(Some(this));
    }
    if severity.is_none() && matches!(kind, SystemKind::Prometheus | SystemKind::Loki) {
        // Asked only when someone looks.
        severity = Some(Severity::Quiet);
    }
    let age = store.last_heard(source).map(|heard| now.since(heard));
    Pulse { kind, severity: severity.unwrap_or(Severity::Active), age }
}
