//! From Alertmanager's answers to records.

use std::{collections::BTreeMap, time::Duration};

use super::wire;
use crate::model::{
    Alert, AlertState, Interner, Key, Kind, Severity, Silence, SilenceState, Source, Str, Time,
};

/// Ended silences are shown that long: a silence that just ended explains why it is loud again.
const ENDED: Duration = Duration::from_secs(3600);

pub(super) fn alert(key: Key, alert: wire::Alert, shared: &Interner) -> Alert {
    let pairs = |map: BTreeMap<Str, Str>| -> Vec<(Str, Str)> {
        map.iter().map(|(k, v)| (shared.get(k), shared.get(v))).collect()
    };
    let label = |name: &str| alert.labels.get(name).map(|v| shared.get(v));
    let status = alert.status;
    // `suppressed` covers silences, inhibition and, since 0.28, mute time intervals.
    let state = match status.state.as_str() {
        "suppressed" if status.silenced_by.is_empty() && !status.inhibited_by.is_empty() => {
            AlertState::Inhibited
        }
        "suppressed" => AlertState::Silenced,
        "unprocessed" => AlertState::Unprocessed,
        _ => AlertState::Active,
    };
    Alert {
        key,
        name: label("alertname").unwrap_or_default(),
        severity: severity(label("severity").as_deref()),
        since: alert.starts_at,
        updated: alert.updated_at,
        state,
        silenced_by: status.silenced_by,
        inhibited_by: status.inhibited_by,
        generator: alert.generator_url,
        labels: pairs(alert.labels),
        annotations: pairs(alert.annotations),
    }
}

/// Words that rules use for the `severity` label.
fn severity(label: Option<&str>) -> Severity {
    match label.map(str::to_ascii_lowercase).as_deref() {
        Some("critical" | "page" | "emergency" | "fatal" | "error" | "high" | "p1" | "disaster") => {
            Severity::Critical
        }
        Some("info" | "informational" | "none" | "debug" | "low") => Severity::Quiet,
        _ => Severity::Warning,
    }
}

/// Whether a silence has not ended long ago (Alertmanager keeps them for days).
pub(super) fn is_recent(silence: &Silence, now: Time) -> bool {
    silence.state != SilenceState::Expired || now.since(silence.ends) <= ENDED
}

/// A silence.
pub(super) fn silence(source: Source, silence: wire::Silence) -> Silence {
    let (comment, action) = unsigned(&silence.comment);
    Silence {
        key: Key::new(source, Kind::Silence, "", silence.id),
        matchers: silence.matchers,
        starts: silence.starts_at,
        ends: silence.ends_at,
        updated: silence.updated_at,
        created_by: silence.created_by,
        comment: comment.into(),
        action: action.map(Str::from),
        state: silence.status.state,
    }
}

/// A comment with the id of the action that makes the silence.
pub(super) fn signed(comment: &str, action: &str) -> String {
    format!("{comment} [vigie {action}]")
}

/// A comment, and the id of the action that made the silence where it bears one.
fn unsigned(comment: &str) -> (&str, Option<&str>) {
    match comment.strip_suffix(']').and_then(|c| c.rsplit_once(" [vigie ")) {
        Some((comment, action)) => (comment, Some(action)),
        None => (comment, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: &str) -> Alert {
        // samples/alertmanager/alerts_inhibited.json and alertmanager-0.34/alerts_silenced.json
        let body = format!(
            r#"{{"annotations":{{}},"endsAt":"2026-11-21T05:42:46.078Z","fingerprint":"44b8919e488af645",
            "receivers":[{{"name":"prod-hook"}}],"startsAt":"2026-11-21T05:37:46.078Z","status":{status},
            "updatedAt":"2026-11-21T05:37:46.078Z","labels":{{"alertname":"InfoX","env":"prod","severity":"info"}}}}"#
        );
        let wire: wire::Alert = serde_json::from_str(&body).expect("an alert");
        let key = Key::new(Source(0), Kind::Alert, "", Str::clone(&wire.fingerprint));
        alert(key, wire, &Interner::default())
    }

    #[test]
    fn suppressed_says_by_what() {
        let inhibited = read(r#"{"inhibitedBy":["3bbdcf14dc6d9b3b"],"silencedBy":[],"state":"suppressed"}"#);
        assert_eq!((inhibited.state, inhibited.severity), (AlertState::Inhibited, Severity::Quiet));
        assert_eq!(&*inhibited.name, "InfoX");
        let silenced = read(
            r#"{"inhibitedBy":[],"mutedBy":[],"silencedBy":["348dba48-93ee-48ba-a918-cf87dc31f445"],"state":"suppressed"}"#,
        );
        assert_eq!(silenced.state, AlertState::Silenced);
    }

    #[test]
    fn long_ended_silences_are_left_out() {
        // samples/alertmanager/silences_all_states.json
        let body = r#"{"id":"def31335-6c7a-41c1-bfdf-df96f28e272e","status":{"state":"expired"},
            "updatedAt":"2026-11-21T05:14:09.339Z","comment":"","createdBy":"o","endsAt":"2026-11-21T05:14:59.000Z",
            "matchers":[{"isEqual":true,"isRegex":false,"name":"alertname","value":"AlwaysWarning"}],
            "startsAt":"2026-11-21T05:14:09.339Z"}"#;
        let at = |now: &str| {
            let wire: wire::Silence = serde_json::from_str(body).expect("a silence");
            is_recent(&silence(Source(0), wire), now.parse().expect("a moment"))
        };
        assert!(at("2026-11-21T05:30:00Z"));
        assert!(!at("2026-11-21T07:30:00Z"));
    }

    #[test]
    fn the_action_in_a_comment_is_no_part_of_it() {
        assert_eq!(unsigned(&signed("INC-2291 [ok]", "4b1f")), ("INC-2291 [ok]", Some("4b1f")));
        assert_eq!(unsigned("INC-2291 [ok]"), ("INC-2291 [ok]", None));
    }
}
