//! Tests of the simulated Alertmanager against what 0.34 answered.

use super::*;

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

fn draft(id: &str, matchers: &[&str], starts: Time, ends: Time) -> Draft {
    Draft {
        id: id.into(),
        matchers: matchers.iter().map(|text| Matcher::parse(text).unwrap()).collect(),
        starts,
        ends,
        created_by: "olivia".into(),
        comment: "lab".into(),
    }
}

#[test]
fn fingerprints_are_those_of_the_real_server() {
    let warning =
        [("alertname", "AlwaysWarning"), ("cluster", "lab"), ("env", "staging"), ("severity", "warning")];
    assert_eq!(format!("{:016x}", fingerprint(&labels(&warning))), "30df47ab98114747");
    let info = [("alertname", "InfoX"), ("env", "prod"), ("severity", "info")];
    assert_eq!(format!("{:016x}", fingerprint(&labels(&info))), "44b8919e488af645");
}

#[test]
fn a_silence_keeps_its_id_only_for_the_same_start_and_matchers() {
    let now = Time::from_secs(1_795_239_437);
    let am = Alertmanager::new(now, 1);
    let (soon, later) = (now.plus(Duration::from_secs(60)), now.plus(Duration::from_secs(3_600)));
    let id = am.put_silence(draft("", &["alertname=\"A\""], now, soon), now).unwrap();
    assert_eq!(am.put_silence(draft(&id, &["alertname=\"A\""], now, later), now), Ok(id.clone()));
    let moved = am.put_silence(draft(&id, &["alertname=\"A\"", "env=\"x\""], now, later), now).unwrap();
    assert_ne!(moved, id);
    assert_eq!(am.silence(&id).unwrap().state(now), SilenceState::Expired);
    let unknown = draft("00000000-0000-0000-0000-000000000000", &["a=\"b\""], now, later);
    assert_eq!(am.put_silence(unknown, now), Err(SilenceError::Unknown));
    let pending = am.put_silence(draft("", &["alertname=~\"Foo.*\""], soon, later), now).unwrap();
    assert_eq!(am.silence(&pending).unwrap().state(now), SilenceState::Pending);
    assert!(am.expire_silence(&pending, now) && am.expire_silence(&pending, now));
}

#[test]
fn alerts_are_silenced_inhibited_grouped_and_end() {
    let now = Time::from_secs(1_795_239_437);
    let am = Alertmanager::new(now, 1);
    let alert = |name: &str, severity: &str| Posted {
        labels: labels(&[("alertname", name), ("namespace", "odoo"), ("severity", severity)]),
        ..Posted::default()
    };
    am.receive(vec![alert("HighErrorRatio", "critical"), alert("HighErrorRatio", "warning")], now);
    let all = am.alerts(now);
    let warning = all.iter().find(|judged| judged.alert.labels["severity"] == "warning").unwrap();
    let critical = all.iter().find(|judged| judged.alert.labels["severity"] == "critical").unwrap();
    assert_eq!(warning.inhibited_by, [critical.alert.fingerprint]);
    assert_eq!(critical.receivers, ["oncall", "team-chat"]);
    assert_eq!(am.groups(now).len(), 2);
    am.put_silence(draft("", &["severity=\"critical\""], now, now.plus(Duration::from_secs(60))), now)
        .unwrap();
    assert!(am.alerts(now).iter().any(|judged| !judged.silenced_by.is_empty()));
    assert!(am.alerts(now.plus(RESOLVE_TIMEOUT)).is_empty());
}
