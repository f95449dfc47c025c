//! What a change of a silence does, on whatever Alertmanager: accepted once, refused when it was changed since.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use vigie::{
    connector::{Connector, alertmanager::Alertmanager},
    model::{
        Alert, Answer, Clock, Fault, FaultKind, Key, Kind, Matcher, Mutation, Query, Receipt, Silence,
        SilenceChange, SilenceEdit, SilenceState, Source, SystemClock, Time,
    },
};

const ACTION: &str = "4b1f6a52-3a74-4a0f-9a6c-1f64f1b7a001";
const HOUR: Duration = Duration::from_secs(3600);

/// Sends an alert that fires for ten minutes, as Prometheus does.
pub(crate) async fn fire(url: &str, name: &str, namespace: &str) {
    let starts = SystemClock.now();
    let ends = starts.plus(Duration::from_secs(600));
    let labels = json!({ "alertname": name, "namespace": namespace, "severity": "info", "pod": "cart-0" });
    let body = json!([{ "labels": labels, "startsAt": starts, "endsAt": ends }]);
    vigie::connector::tls::install_crypto();
    let sent = reqwest::Client::new().post(format!("{url}/api/v2/alerts")).json(&body).send().await.unwrap();
    assert!(sent.status().is_success(), "{sent:?}");
}

/// The alert of a name, once it is as it should be.
pub(crate) async fn alert(client: &Alertmanager, name: &str, holds: impl Fn(&Alert) -> bool) -> Alert {
    for _ in 0..300 {
        let Answer::Alerts(alerts, _) = client.read(Query::Alerts(Source(0))).await.unwrap() else {
            panic!("no alerts")
        };
        if let Some(found) = alerts.into_iter().find(|a| *a.name == *name && holds(a)) {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{name} does not get there");
}

fn matcher(name: &str, value: &str, is_regex: bool) -> Matcher {
    Matcher { name: name.into(), value: value.into(), is_regex, is_equal: true }
}

async fn send(client: &Alertmanager, target: &Key, edit: SilenceEdit) -> Result<Receipt, Fault> {
    let change = SilenceChange { target: target.clone(), action: ACTION.into(), edit };
    client.perform(Mutation::Silence(Box::new(change))).await
}

async fn read(client: &Alertmanager, key: &Key) -> Result<Silence, Fault> {
    let Answer::Silence(silence) = client.read(Query::Silence(key.clone())).await? else {
        panic!("no silence")
    };
    Ok(*silence)
}

/// A silence made, extended and ended, and what is refused on the way.
pub(super) async fn changes_silences(client: &Arc<Alertmanager>, url: &str) {
    let name = format!("VigieAct{:08x}", fastrand::u32(..));
    fire(url, &name, "contract").await;
    let target = alert(client, &name, |_| true).await.key;
    refuses(client, &target, &name).await;

    let matchers = vec![matcher("alertname", &name, false), matcher("pod", "cart-.", true)];
    let create = SilenceEdit::Create {
        matchers: matchers.clone(),
        lasts: 2 * HOUR,
        by: "nadia".into(),
        comment: "INC-2291: \"known\"".into(),
    };
    let sent = SystemClock.now();
    let id = send(client, &target, create).await.unwrap().id.unwrap();
    let key = Key::new(Source(0), Kind::Silence, "", id.clone());
    let made = read(client, &key).await.unwrap();
    assert_eq!((made.state, made.action.as_deref()), (SilenceState::Active, Some(ACTION)));
    assert_eq!((&*made.created_by, &*made.comment), ("nadia", "INC-2291: \"known\""));
    assert_eq!(made.matchers, matchers);
    let lasts = made.ends.since(made.starts);
    assert!(lasts.abs_diff(2 * HOUR) < Duration::from_secs(60), "{lasts:?}");
    assert!(made.starts.plus(Duration::from_secs(60)) > sent, "it begins when it is made, not before");
    alert(client, &name, |a| a.silenced_by.contains(&id)).await;

    let until = Time::from_millis(made.ends.plus(HOUR).millis());
    let stale = made.updated.minus(HOUR);
    for edit in [SilenceEdit::Extend { updated: stale, until }, SilenceEdit::Expire { updated: stale }] {
        let fault = send(client, &key, edit).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Conflict, "changed since: {fault}");
    }
    let extend = SilenceEdit::Extend { updated: made.updated, until };
    let receipt = send(client, &key, extend).await.unwrap();
    assert_eq!((receipt.id.as_ref(), receipt.warnings.len()), (Some(&id), 0), "it keeps its id");
    let extended = read(client, &key).await.unwrap();
    assert_eq!((extended.ends, extended.state), (until, SilenceState::Active));
    assert_eq!((&extended.comment, &extended.action), (&made.comment, &made.action));

    send(client, &key, SilenceEdit::Expire { updated: extended.updated }).await.unwrap();
    let ended = read(client, &key).await.unwrap();
    assert_eq!(ended.state, SilenceState::Expired);
    alert(client, &name, |a| a.silenced_by.is_empty()).await;

    // What has ended cannot be taken up again: the server makes another of it, which is said.
    let again = SilenceEdit::Extend { updated: ended.updated, until };
    let receipt = send(client, &key, again).await.unwrap();
    assert!(receipt.id.as_ref() != Some(&id) && receipt.warnings.len() == 1, "{receipt:?}");
    let other = Key::new(Source(0), Kind::Silence, "", receipt.id.unwrap());
    let updated = read(client, &other).await.unwrap().updated;
    send(client, &other, SilenceEdit::Expire { updated }).await.unwrap();
}

async fn refuses(client: &Alertmanager, target: &Key, name: &str) {
    let create = |matchers| SilenceEdit::Create {
        matchers,
        lasts: HOUR,
        by: "nadia".into(),
        comment: "INC-2291".into(),
    };
    for matchers in [vec![matcher("alertname", "(", true)], vec![matcher("pod", ".*", true)]] {
        let fault = send(client, target, create(matchers)).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Invalid, "{fault}");
    }
    let none = Key::new(Source(0), Kind::Silence, "", "00000000-0000-0000-0000-000000000000");
    assert_eq!(read(client, &none).await.unwrap_err().kind, FaultKind::NotFound);
    let expire = SilenceEdit::Expire { updated: Time::default() };
    assert_eq!(send(client, &none, expire).await.unwrap_err().kind, FaultKind::NotFound);
    alert(client, name, |a| a.silenced_by.is_empty()).await;
}
