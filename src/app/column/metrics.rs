//! Columns of the engineer's own that Prometheus fills: one query for each environment, for the whole list, asked
//! anew now and then while the column is shown.

use std::{collections::HashMap, time::Duration};

use super::{OwnColumn, Shows};
use crate::{
    app::{event::Ticket, format, health::Note, rows::Row, state::State, subject::Subject},
    model::{Answer, Fault, Key, Query, Series, Severity, Source, Str, SystemKind, Time},
};

/// How often it is asked.
const EVERY: Duration = Duration::from_secs(30);
/// Values older than that are shown as such.
const STALE: Duration = Duration::from_secs(120);

/// A column of a list in an environment.
type Place = (String, Subject, Str);

/// What Prometheus told.
#[derive(Debug, Default)]
pub struct Metrics {
    asked: HashMap<Ticket, Place>,
    told: HashMap<Place, Told>,
    version: u64,
}

#[derive(Debug, Default)]
struct Told {
    asked: Time,
    waits: bool,
    /// When the values came, if they ever did.
    at: Option<Time>,
    values: HashMap<(Str, Str), f64>,
    fault: Option<Fault>,
}

/// Labels that name what a list lists, by list.
const fn names(subject: Subject) -> &'static [&'static str] {
    match subject {
        Subject::Pods => &["pod"],
        Subject::Workloads => &["deployment", "statefulset", "daemonset", "job_name", "workload"],
        Subject::Nodes => &["node", "kubernetes_node", "instance"],
        Subject::Namespaces => &["namespace"],
        Subject::Applications => &["application", "app", "name"],
        _ => &[],
    }
}

/// Whether a list's rows can be found in what a query returns, and by which labels.
pub(super) fn labels(subject: Subject) -> Option<String> {
    let names = names(subject);
    let namespaced = matches!(subject, Subject::Pods | Subject::Workloads);
    (!names.is_empty())
        .then(|| format!("{}{}", if namespaced { "namespace and " } else { "" }, names.join(" or ")))
}

/// By what a line of an answer finds its row.
fn joined(subject: Subject, series: &Series) -> Option<(Str, Str)> {
    let label = |name: &str| series.labels.iter().find(|(k, _)| **k == *name).map(|(_, v)| Str::clone(v));
    let name = names(subject).iter().find_map(|name| label(name))?;
    // An address of a node exporter has a port.
    let name = match subject {
        Subject::Nodes => name.split(':').next().unwrap_or_default().into(),
        _ => name,
    };
    let namespace = match subject {
        Subject::Pods | Subject::Workloads => label("namespace")?,
        _ => Str::from(""),
    };
    Some((namespace, name))
}

/// What a query returned for each row of a list, by namespace (where that has one) and name.
pub fn join_series(list: &str, lines: &[Series]) -> HashMap<(Str, Str), f64> {
    let Some(subject) = super::lists::list_named(list) else { return HashMap::new() };
    lines.iter().filter_map(|line| Some((joined(subject, line)?, line.points.last()?.1))).collect()
}

/// By what a row is found.
fn key_of(subject: Subject, key: &Key) -> (Str, Str) {
    match subject {
        Subject::Pods | Subject::Workloads => (key.namespace.clone(), key.name.clone()),
        _ => (Str::from(""), key.name.clone()),
    }
}

impl Metrics {
    /// A number that changes whenever a value may have.
    pub(in crate::app) const fn version(&self) -> u64 {
        self.version
    }

    /// What stands in a column beside a row of an environment.
    fn value(&self, place: &Place, at: &(Str, Str)) -> Option<(f64, Time)> {
        let told = self.told.get(place)?;
        Some((*told.values.get(at)?, told.at?))
    }

    fn is_due(&self, place: &Place, now: Time) -> bool {
        self.told.get(place).is_none_or(|told| !told.waits && now.since(told.asked) >= EVERY)
    }
}

impl State {
    /// What Prometheus is to be asked now: for every column that is shown and is due, in every environment.
    pub(in crate::app) fn ask_metrics(&mut self) -> Vec<(Ticket, Source, Query)> {
        let mut due: Vec<(Place, Source, Str)> = Vec::new();
        for placed in self.layout().panes {
            let subject = self.pane(placed.pane).subject;
            for own in self.own_used(placed.pane) {
                let Shows::Query(query) = &own.shows else { continue };
                for system in self.store.systems.iter().filter(|s| s.kind == SystemKind::Prometheus) {
                    let place = (own.name.clone(), subject, system.env.clone());
                    if self.metrics.is_due(&place, self.now) && !due.iter().any(|(p, ..)| *p == place) {
                        due.push((place, system.source, query.replace("$env", &system.env).into()));
                    }
                }
            }
        }
        let now = self.now;
        let ask = |(place, source, query): (Place, Source, Str)| {
            let ticket = self.ticket();
            let told = self.metrics.told.entry(place.clone()).or_default();
            (told.asked, told.waits) = (now, true);
            self.metrics.asked.insert(ticket, place);
            // A range of one moment is what an instant query is.
            (ticket, source, Query::Range { source, query, from: now, to: now, step: 1 })
        };
        due.into_iter().map(ask).collect()
    }

    /// Takes an answer; `false` when it is to another question.
    pub(in crate::app) fn take_metrics(&mut self, ticket: Ticket, answer: &Result<Answer, Fault>) -> bool {
        let Some(place) = self.metrics.asked.remove(&ticket) else { return false };
        let (subject, now) = (place.1, self.now);
        let told = self.metrics.told.entry(place).or_default();
        told.waits = false;
        match answer {
            Ok(Answer::Series(lines)) => {
                let value = |line: &Series| Some((joined(subject, line)?, line.points.last()?.1));
                told.values = lines.iter().filter_map(value).collect();
                (told.at, told.fault) = (Some(now), None);
            }
            Err(fault) => told.fault = Some(fault.clone()),
            Ok(_) => {}
        }
        self.metrics.version += 1;
        true
    }

    /// What a query says of a row, and whether that is old.
    pub(super) fn metric(&self, row: Row, own: &OwnColumn) -> Option<(f64, bool)> {
        let key = row.key(&self.store, &self.timeline)?;
        let env = &self.store.system(key.source)?.env;
        let subject = match row {
            Row::Pod(_) => Subject::Pods,
            Row::Workload(_) => Subject::Workloads,
            Row::Node(_) => Subject::Nodes,
            Row::Namespace(_) => Subject::Namespaces,
            Row::Application(_) => Subject::Applications,
            _ => return None,
        };
        let (value, at) =
            self.metrics.value(&(own.name.clone(), subject, env.clone()), &key_of(subject, key))?;
        Some((value, self.now.since(at) > STALE))
    }

    /// What to say about queries of a pane that failed.
    pub(super) fn metric_notes(&self, subject: Subject, own: &[&OwnColumn]) -> Vec<Note> {
        let mut notes = Vec::new();
        for own in own {
            for system in self.store.systems.iter().filter(|s| s.kind == SystemKind::Prometheus) {
                let told = self.metrics.told.get(&(own.name.clone(), subject, system.env.clone()));
                let Some(fault) = told.and_then(|t| t.fault.as_ref()) else { continue };
                let text =
                    format!("{}: column {}: {}", system.env, own.name, format::line(&fault.to_string()));
                notes.push(Note { severity: Severity::Warning, text });
            }
        }
        notes
    }
}

/// A value in few letters: `0.25`, `12`, `1.2k`, `3.4M`.
pub fn short_number(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() { "-".to_owned() } else { format!("{value}") };
    }
    let (scaled, unit) = match value.abs() {
        n if n >= 1e12 => (value / 1e12, "T"),
        n if n >= 1e9 => (value / 1e9, "G"),
        n if n >= 1e6 => (value / 1e6, "M"),
        n if n >= 1e4 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let digits = match scaled.abs() {
        n if n >= 100.0 => 0,
        n if n >= 10.0 => 1,
        n if n >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{scaled:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(labels: &[(&str, &str)], value: f64) -> Series {
        let labels = labels.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        Series { labels, points: vec![(Time::from_secs(0), value)] }
    }

    #[test]
    fn lines_find_their_rows_by_labels() {
        let lines = [
            line(&[("namespace", "shop"), ("pod", "web-1")], 0.5),
            line(&[("pod", "no-namespace")], 1.0),
            line(&[("instance", "node-1:9100")], 3.0),
        ];
        let pods = join_series("pods", &lines);
        assert_eq!(pods.into_iter().collect::<Vec<_>>(), [(("shop".into(), "web-1".into()), 0.5)]);
        let nodes = join_series("nodes", &lines);
        assert_eq!(nodes.get(&("".into(), "node-1".into())), Some(&3.0));
    }

    #[test]
    fn numbers_are_short() {
        let shown = [0.0, 0.25, 1.0 / 3.0, 12.345, 123.4, 9_999.0, 12_345.0, 3.4e6, f64::NAN, f64::INFINITY];
        assert_eq!(
            shown.map(short_number),
            ["0", "0.25", "0.333", "12.3", "123", "9999", "12.3k", "3.4M", "-", "inf"]
        );
    }
}
