//! Whether a goal about silences holds.

use super::{Evidence, Seen, object::astray};
use crate::{
    action::{plan::Goal, subject::Alerting},
    model::{Silence, SilenceState, Str},
};

impl Evidence {
    /// The silence that this action made, found by the action's id.
    pub fn silence<'a>(&self, all: &'a [Silence]) -> Option<&'a Silence> {
        let id = self.id.to_string();
        all.iter().find(|silence| silence.action.as_deref() == Some(&*id))
    }

    /// Whether the silence that was made mutes the alert.
    pub(super) fn silenced(&mut self, goal: &Goal, seen: &Alerting) -> Seen {
        if !matches!(goal, Goal::Silenced { .. }) {
            return astray(goal);
        }
        let Some(silence) = self.silence(&seen.silences) else {
            return Seen::Waiting("the silence is not listed yet".to_owned());
        };
        self.made = Some(Str::clone(&silence.key.name));
        let until = silence.ends.brief();
        match (silence.state, &seen.alert) {
            (SilenceState::Expired, _) => Seen::Failed("the silence was ended since".to_owned()),
            (SilenceState::Pending, _) => {
                Seen::Waiting(format!("the silence begins at {}", silence.starts.brief()))
            }
            (SilenceState::Active, None) => {
                Seen::Holds(format!("silence active until {until} UTC; the alert no longer fires"))
            }
            (SilenceState::Active, Some(alert)) if alert.silenced_by.contains(&silence.key.name) => {
                Seen::Holds(format!("silenced until {until} UTC"))
            }
            (SilenceState::Active, Some(alert)) => {
                Seen::Waiting(format!("the silence is active, {} is not muted by it yet", alert.name))
            }
        }
    }
}

/// Whether a goal about one silence holds.
pub(super) fn look(goal: &Goal, seen: &Silence) -> Seen {
    let until = seen.ends.brief();
    match (goal, seen.state) {
        (Goal::Expired { .. }, SilenceState::Expired) => Seen::Holds(format!("ended at {until} UTC")),
        (Goal::Expired { .. }, _) => Seen::Waiting(format!("it still lasts until {until} UTC")),
        (Goal::Lasts { .. }, SilenceState::Expired) => Seen::Failed(format!("it ended at {until} UTC")),
        (Goal::Lasts { until: wanted, .. }, _) if seen.ends.millis() == wanted.millis() => {
            Seen::Holds(format!("lasts until {until} UTC"))
        }
        (Goal::Lasts { .. }, _) => Seen::Waiting(format!("it still ends at {until} UTC")),
        _ => astray(goal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        action::{evidence::Before, plan::ActionId},
        model::{Alert, AlertState, Key, Kind, Severity, Source, Time},
    };

    fn silence(state: SilenceState, action: Option<&str>) -> Silence {
        Silence {
            key: Key::new(Source(0), Kind::Silence, "", "s1"),
            matchers: Vec::new(),
            starts: Time::from_secs(0),
            ends: Time::from_secs(7200),
            updated: Time::from_secs(0),
            created_by: "nadia".into(),
            comment: "INC-1".into(),
            action: action.map(Str::from),
            state,
        }
    }

    fn alert(silenced_by: &[&str]) -> Alert {
        Alert {
            key: Key::new(Source(0), Kind::Alert, "", "f1"),
            name: "X".into(),
            severity: Severity::Critical,
            labels: Vec::new(),
            annotations: Vec::new(),
            since: Time::from_secs(0),
            updated: Time::from_secs(0),
            state: AlertState::Active,
            silenced_by: silenced_by.iter().map(|s| Str::from(*s)).collect(),
            inhibited_by: Vec::new(),
            generator: "".into(),
        }
    }

    #[test]
    fn a_silence_counts_only_when_it_is_ours_and_mutes() {
        let id = ActionId::new_v4();
        let ours = id.to_string();
        let look = |alert: Option<Alert>, silences: Vec<Silence>| {
            let mut evidence = Evidence::new(id, Before::default());
            let goal = Goal::Silenced { alert: Key::new(Source(0), Kind::Alert, "", "f1") };
            let seen = Alerting { alert, alerts: Vec::new(), silences };
            (evidence.silenced(&goal, &seen), evidence.made)
        };
        let active = || vec![silence(SilenceState::Active, Some(&ours))];
        let (seen, made) = look(Some(alert(&["s1"])), active());
        assert!(matches!(seen, Seen::Holds(_)) && made.as_deref() == Some("s1"));
        assert!(matches!(look(Some(alert(&["s0"])), active()).0, Seen::Waiting(_)));
        assert!(matches!(look(None, active()).0, Seen::Holds(text) if text.contains("no longer fires")));
        let other = vec![silence(SilenceState::Active, Some("another"))];
        assert!(matches!(look(Some(alert(&["s1"])), other), (Seen::Waiting(_), None)));
        let ended = vec![silence(SilenceState::Expired, Some(&ours))];
        assert!(matches!(look(Some(alert(&[])), ended).0, Seen::Failed(_)));
    }

    #[test]
    fn ends_are_compared_as_the_server_writes_them() {
        let key = silence(SilenceState::Active, None).key;
        let lasts = |until| Goal::Lasts { silence: key.clone(), until };
        let active = silence(SilenceState::Active, None);
        assert!(matches!(look(&lasts(Time::from_nanos(7_200_000_000_123)), &active), Seen::Holds(_)));
        assert!(matches!(look(&lasts(Time::from_secs(9000)), &active), Seen::Waiting(_)));
        let ended = silence(SilenceState::Expired, None);
        assert!(matches!(look(&lasts(Time::from_secs(7200)), &ended), Seen::Failed(_)));
        assert!(matches!(look(&Goal::Expired { silence: key.clone() }, &ended), Seen::Holds(_)));
    }
}
