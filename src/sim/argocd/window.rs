//! Sync windows of a project: which are for an application, which are open, and whether it may sync now.

use std::time::Duration;

use jiff::tz::TimeZone;
use serde_json::Value;

use super::{View, text};
use crate::{model::Time, sim::cron::Cron};

/// The windows of a project that are for one application.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    /// All of them.
    pub(crate) assigned: Vec<Value>,
    /// Those open now.
    pub(crate) active: Vec<Value>,
}

impl Windows {
    /// The windows of `project` (an AppProject) that are for `app`, at a moment; an error text for one that is wrong.
    pub(crate) fn of(project: &Value, app: View<'_>, now: Time) -> Result<Self, String> {
        let all = project.pointer("/spec/syncWindows").and_then(Value::as_array);
        let assigned: Vec<Value> =
            all.into_iter().flatten().filter(|window| is_for(window, app)).cloned().collect();
        let mut active = Vec::new();
        for window in &assigned {
            if is_open(window, now)? {
                active.push(window.clone());
            }
        }
        Ok(Self { assigned, active })
    }

    /// Whether a sync may begin: a deny window that is open forbids it, and so does an allow window that is shut
    /// while no other is open; `manualSync` excepts what a person starts.
    pub(crate) fn can_sync(&self, manual: bool) -> bool {
        let is = |window: &&Value, kind: &str| window["kind"] == kind;
        let by_hand = |window: &Value| window["manualSync"] == true;
        let mut denying = self.active.iter().filter(|w| is(w, "deny")).peekable();
        if denying.peek().is_some() {
            return manual && denying.all(by_hand);
        }
        if self.active.iter().any(|w| is(&w, "allow")) {
            return true;
        }
        let mut shut = self.assigned.iter().filter(|w| is(w, "allow")).peekable();
        shut.peek().is_none() || (manual && shut.all(by_hand))
    }
}

/// The items of one of a window's lists.
fn list<'a>(window: &'a Value, field: &str) -> impl Iterator<Item = &'a str> {
    window.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn is_for(window: &Value, app: View<'_>) -> bool {
    let destination = &app.0["spec"]["destination"];
    let names = [text(destination, "/name"), text(destination, "/server")];
    let tests = [
        ("applications", vec![app.name()]),
        ("clusters", names.into_iter().filter(|name| !name.is_empty()).collect()),
        ("namespaces", vec![app.dest_namespace()]),
    ];
    let all = window["andOperator"] == true;
    let mut any = false;
    for (field, values) in tests {
        if list(window, field).next().is_none() {
            continue;
        }
        let hit = list(window, field).any(|pattern| values.iter().any(|value| glob(pattern, value)));
        match (all, hit) {
            (true, false) => return false,
            (false, true) => return true,
            _ => any |= hit,
        }
    }
    any
}

/// Whether a pattern with `*` and `?` matches a whole text.
pub(crate) fn glob(pattern: &str, value: &str) -> bool {
    fn matches(pattern: &[u8], value: &[u8]) -> bool {
        match (pattern.split_first(), value.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) => (0..=value.len()).any(|skip| matches(rest, &value[skip..])),
            (Some((b'?', rest)), Some((_, left))) => matches(rest, left),
            (Some((a, rest)), Some((b, left))) if a == b => matches(rest, left),
            _ => false,
        }
    }
    matches(pattern.as_bytes(), value.as_bytes())
}

fn is_open(window: &Value, now: Time) -> Result<bool, String> {
    let (schedule, duration) = (text(window, "/schedule"), text(window, "/duration"));
    let cron = Cron::parse(schedule).ok_or_else(|| format!("cannot parse schedule '{schedule}'"))?;
    let length = go_duration(duration).ok_or_else(|| format!("cannot parse duration '{duration}'"))?;
    let zone = match text(window, "/timeZone") {
        "" => TimeZone::UTC,
        name => TimeZone::get(name).unwrap_or(TimeZone::UTC),
    };
    let here = zone.to_datetime(now.timestamp());
    Ok(cron.began_within(here, length))
}

/// A duration as Go writes it: `1h30m`, `45m`, `10s`.
pub(crate) fn go_duration(text: &str) -> Option<Duration> {
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let (unit, length) = [("ms", 0.001), ("h", 3600.0), ("m", 60.0), ("s", 1.0)]
            .into_iter()
            .find(|(unit, _)| rest.starts_with(unit))?;
        total += number * length;
        rest = &rest[unit.len()..];
    }
    (!text.is_empty()).then(|| Duration::from_secs_f64(total))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn windows(windows: &Value, at: &str) -> Windows {
        let project = json!({ "spec": { "syncWindows": windows } });
        let app = json!({ "metadata": { "name": "prod-odoo" }, "spec": { "destination": { "namespace": "odoo" } } });
        Windows::of(&project, View(&app), at.parse().unwrap()).unwrap()
    }

    #[test]
    fn a_deny_window_shuts_and_manual_sync_excepts_people() {
        let night = json!([{ "kind": "deny", "schedule": "0 22 * * *", "duration": "8h",
            "applications": ["prod-*"], "manualSync": true }]);
        let open = windows(&night, "2026-11-21T12:00:00Z");
        assert!(open.can_sync(false) && open.active.is_empty() && open.assigned.len() == 1);
        let shut = windows(&night, "2026-11-22T03:00:00Z");
        assert!(!shut.can_sync(false) && shut.can_sync(true));
        assert!(windows(&night, "2026-11-22T06:00:00Z").can_sync(false));
    }

    #[test]
    fn a_shut_allow_window_denies() {
        let office = json!([{ "kind": "allow", "schedule": "0 9 * * 1-5", "duration": "8h", "namespaces": ["odoo"],
            "manualSync": false }]);
        assert!(windows(&office, "2026-11-20T09:30:00Z").can_sync(true), "a Friday");
        assert!(!windows(&office, "2026-11-20T17:30:00Z").can_sync(true));
        assert!(!windows(&office, "2026-11-21T10:00:00Z").can_sync(true), "a Saturday");
        let others =
            json!([{ "kind": "deny", "schedule": "* * * * *", "duration": "1h", "namespaces": ["x"] }]);
        assert!(windows(&others, "2026-11-21T08:00:00Z").can_sync(false));
    }

    #[test]
    fn the_time_zone_counts_where_the_machine_knows_it() {
        if TimeZone::get("Etc/GMT-2").is_err() {
            return;
        }
        let morning = json!([{ "kind": "allow", "schedule": "0 9 * * *", "duration": "1h", "timeZone": "Etc/GMT-2",
            "namespaces": ["odoo"] }]);
        assert!(windows(&morning, "2026-11-20T07:30:00Z").can_sync(false));
        assert!(!windows(&morning, "2026-11-20T09:30:00Z").can_sync(false));
    }
}
