//! Silences that are like the one to be made: on the same alert, or with the same matchers.

use std::time::Duration;

use super::{at, written};
use crate::model::{Alert, Matching, Silence, SilenceState, Str, Time};

/// How long ago a silence may have ended to be told.
const ENDED: Duration = Duration::from_secs(24 * 3600);
/// How many are told before the rest is counted.
const MOST: usize = 3;

/// Silences of the same alert or with the same matchers: those that work by their end, the last first, then those that
/// ended in the last day.
pub(super) fn similar<'a>(
    alert: &Alert,
    matching: &Matching,
    all: &'a [Silence],
    now: Time,
) -> Vec<&'a Silence> {
    let like = |silence: &Silence| {
        let same = silence.matchers.len() == matching.matchers().len()
            && matching.matchers().all(|matcher| silence.matchers.contains(matcher));
        same || covers(silence, &alert.labels)
    };
    let recent = |s: &Silence| s.state != SilenceState::Expired || now.since(s.ends) <= ENDED;
    let mut found: Vec<&Silence> = all.iter().filter(|s| recent(s) && like(s)).collect();
    found.sort_by_key(|s| (s.state == SilenceState::Expired, std::cmp::Reverse(s.ends)));
    found
}

/// Whether a silence mutes what bears these labels; one whose expressions cannot be read is taken not to.
fn covers(silence: &Silence, labels: &[(Str, Str)]) -> bool {
    Matching::new(silence.matchers.clone()).is_ok_and(|matching| matching.takes(labels))
}

/// A line for each, and how many more there are.
pub(super) fn lines(found: &[&Silence]) -> Vec<String> {
    let mut lines: Vec<String> = found.iter().take(MOST).map(|silence| line(silence)).collect();
    if found.len() > MOST {
        lines.push(format!("and {} more", found.len() - MOST));
    }
    lines
}

fn line(silence: &Silence) -> String {
    let when = match silence.state {
        SilenceState::Active => format!("active until {}", at(silence.ends)),
        SilenceState::Pending => format!("begins {}", at(silence.starts)),
        SilenceState::Expired => format!("ended {}", at(silence.ends)),
    };
    let why = if silence.comment.is_empty() { "no comment" } else { &silence.comment };
    format!("{when}, by {}: {why} · {}", silence.created_by, written(&silence.matchers))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AlertState, Key, Kind, Severity, Source};

    fn silence(matchers: &str, state: SilenceState, ends: i64) -> Silence {
        Silence {
            key: Key::new(Source(0), Kind::Silence, "", format!("{ends}")),
            matchers: Matching::parse(matchers).expect("matchers").matchers().cloned().collect(),
            starts: Time::from_secs(0),
            ends: Time::from_secs(ends),
            updated: Time::from_secs(0),
            created_by: "samir".into(),
            comment: "INC-1".into(),
            action: None,
            state,
        }
    }

    #[test]
    fn what_mutes_the_same_or_did_today_is_similar() {
        let labels = [("alertname", "X"), ("namespace", "billing")].map(|(n, v)| (n.into(), v.into()));
        let alert = Alert {
            key: Key::new(Source(0), Kind::Alert, "", "f1"),
            name: "X".into(),
            severity: Severity::Critical,
            labels: labels.to_vec(),
            annotations: Vec::new(),
            since: Time::default(),
            updated: Time::default(),
            state: AlertState::Active,
            silenced_by: Vec::new(),
            inhibited_by: Vec::new(),
            generator: "".into(),
        };
        let now = Time::from_secs(1_000_000);
        let all = [
            silence(r#"alertname="X""#, SilenceState::Expired, 999_000),
            silence(r#"alertname="X""#, SilenceState::Expired, 100_000),
            silence(r#"namespace=~"bill.*""#, SilenceState::Active, 1_001_000),
            silence(r#"alertname="Y""#, SilenceState::Active, 1_001_000),
        ];
        let matching = Matching::parse(r#"alertname="X", namespace="billing""#).expect("matchers");
        let found = similar(&alert, &matching, &all, now);
        assert_eq!(
            lines(&found),
            [
                r#"active until 12 Jan 14:03 UTC, by samir: INC-1 · namespace=~"bill.*""#,
                r#"ended 12 Jan 13:30 UTC, by samir: INC-1 · alertname="X""#,
            ]
        );
    }
}
