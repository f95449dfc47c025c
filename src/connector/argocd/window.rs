//! Sync windows of an `AppProject`, judged as Argo CD's API server does (`types.go`: `SyncWindows.CanSync`).

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};
use serde::Deserialize;

use super::wire::{self, nullable};
use crate::model::{Cron, Str, Time, Window};

/// The longest window that is looked at.
const LONGEST: Duration = Duration::from_secs(31 * 86_400);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Project {
    pub spec: ProjectSpec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ProjectSpec {
    #[serde(deserialize_with = "nullable")]
    pub sync_windows: Vec<SyncWindow>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct SyncWindow {
    kind: Str,
    schedule: Str,
    duration: Str,
    #[serde(deserialize_with = "nullable")]
    applications: Vec<String>,
    #[serde(deserialize_with = "nullable")]
    namespaces: Vec<String>,
    manual_sync: bool,
    time_zone: String,
    #[serde(rename = "andOperator")]
    and: bool,
}

/// The windows that are open now, and whether a sync by hand may pass.
pub(super) fn judge(
    windows: &[SyncWindow],
    app: &wire::App,
    now: Time,
) -> Result<(Vec<Window>, bool), String> {
    let (mut active, mut idle_allows) = (Vec::new(), Vec::new());
    for window in windows.iter().filter(|w| touches(w, app)) {
        if is_open(window, now)? {
            active.push(window);
        } else if &*window.kind == "allow" {
            idle_allows.push(window);
        }
    }
    let mut denies = active.iter().filter(|w| &*w.kind == "deny").peekable();
    let can = if denies.peek().is_some() {
        denies.all(|w| w.manual_sync)
    } else {
        active.iter().any(|w| &*w.kind == "allow") || idle_allows.iter().all(|w| w.manual_sync)
    };
    let shown = active.into_iter().map(|w| Window {
        kind: w.kind.clone(),
        schedule: w.schedule.clone(),
        duration: w.duration.clone(),
        manual_sync: w.manual_sync,
    });
    Ok((shown.collect(), can))
}

/// By name or destination namespace; windows by cluster alone count for every application, to err on the safe side.
fn touches(window: &SyncWindow, app: &wire::App) -> bool {
    let by_name = window.applications.iter().any(|g| glob(g, &app.metadata.name));
    let by_namespace = window.namespaces.iter().any(|g| glob(g, &app.spec.destination.namespace));
    if window.applications.is_empty() && window.namespaces.is_empty() {
        return true;
    }
    if window.and {
        (by_name || window.applications.is_empty()) && (by_namespace || window.namespaces.is_empty())
    } else {
        by_name || by_namespace
    }
}

/// `*` and `?` as in a shell.
fn glob(pattern: &str, text: &str) -> bool {
    fn matches(p: &[u8], t: &[u8]) -> bool {
        match (p.first(), t.first()) {
            (None, None) => true,
            (Some(b'*'), _) => matches(&p[1..], t) || (!t.is_empty() && matches(p, &t[1..])),
            (Some(b'?'), Some(_)) => matches(&p[1..], &t[1..]),
            (Some(a), Some(b)) => a == b && matches(&p[1..], &t[1..]),
            _ => false,
        }
    }
    matches(pattern.as_bytes(), text.as_bytes())
}

/// Whether the schedule started within the last `duration`.
fn is_open(window: &SyncWindow, now: Time) -> Result<bool, String> {
    let cron = Cron::parse(&window.schedule).ok_or_else(|| {
        format!("the schedule `{}` of a sync window cannot be judged here", window.schedule)
    })?;
    let duration = go_duration(&window.duration).ok_or_else(|| {
        format!("the duration `{}` of a sync window cannot be judged here", window.duration)
    })?;
    let zone = match window.time_zone.as_str() {
        "" | "UTC" => TimeZone::UTC,
        name => TimeZone::get(name).map_err(|e| format!("the time zone of a sync window: {e}"))?,
    };
    let (last, back) = (now.secs() / 60, duration.min(LONGEST).as_secs() / 60);
    Ok((0..=back as i64).map(|ago| last - ago).any(|at| {
        let Ok(moment) = Timestamp::from_second(at * 60) else { return false };
        now.since(Time::from_secs(at * 60)) < duration && cron.strikes(zone.to_datetime(moment))
    }))
}

/// `1h30m`, as Go writes it.
fn go_duration(text: &str) -> Option<Duration> {
    let (mut total, mut digits) = (0.0, String::new());
    for c in text.chars() {
        if c.is_ascii_digit() || c == '.' {
            digits.push(c);
            continue;
        }
        let unit = match c {
            'h' => 3600.0,
            'm' => 60.0,
            's' => 1.0,
            _ => return None,
        };
        total += std::mem::take(&mut digits).parse::<f64>().ok()? * unit;
    }
    (digits.is_empty() && total > 0.0).then(|| Duration::from_secs_f64(total))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn can(windows: serde_json::Value, now: &str) -> bool {
        let windows: Vec<SyncWindow> = serde_json::from_value(windows).expect("windows");
        let app: wire::App = serde_json::from_value(
            json!({"metadata": {"name": "prod-search"}, "spec": {"destination": {"namespace": "prod"}}}),
        )
        .expect("an application");
        judge(&windows, &app, now.parse().expect("a moment")).expect("judged").1
    }

    #[test]
    fn windows_are_judged_as_the_server_does() {
        let deny = |manual: bool| {
            json!([{"kind": "deny", "schedule": "* * * * *", "duration": "24h",
            "applications": ["prod-*"], "manualSync": manual}])
        };
        // samples/argocd-more/syncwindows-denied.json
        assert!(!can(deny(false), "2026-11-21T06:00:00Z"));
        assert!(can(deny(true), "2026-11-21T06:00:00Z"));
        let night =
            json!([{"kind": "allow", "schedule": "0 22 * * 1-5", "duration": "2h", "namespaces": ["prod"]}]);
        // 2026-11-20 is a Friday.
        assert!(can(night.clone(), "2026-11-20T23:59:00Z"));
        assert!(!can(night.clone(), "2026-11-21T00:00:00Z"));
        assert!(!can(night, "2026-11-21T23:00:00Z"));
        let other =
            json!([{"kind": "deny", "schedule": "* * * * *", "duration": "1h", "applications": ["dev-*"]}]);
        assert!(can(other, "2026-11-21T06:00:00Z"));
    }
}
