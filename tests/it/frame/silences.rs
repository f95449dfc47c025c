//! Frames of the sheet of a silence, planned by the verb itself on what the screen shows.

use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};
use vigie::{
    action::{context::Context, port::Systems, registry},
    app::{Effect, Event},
    model::{
        Alert, Answer, Fault, Key, Kind, Matching, Mutation, Permission, Query, Receipt, Record, Silence,
        SilenceState, Source, Str, SystemKind, Time, Verdict,
    },
    store::{Batch, Delta},
};

use super::{frames, world};
use crate::driver::Driver;

/// An Alertmanager that holds what the screen shows, and some silences.
struct Held {
    alerts: Vec<Alert>,
    silences: Vec<Silence>,
}

impl Systems for Held {
    fn read(&self, _: Source, _: Query) -> BoxFuture<'_, Result<Answer, Fault>> {
        async { Ok(Answer::Alerts(self.alerts.clone(), self.silences.clone())) }.boxed()
    }

    fn may(&self, _: Source, wanted: Vec<Permission>) -> BoxFuture<'_, Result<Vec<Verdict>, Fault>> {
        async move { Ok(vec![Verdict::Unknown; wanted.len()]) }.boxed()
    }

    fn perform(&self, _: Source, _: Mutation) -> BoxFuture<'_, Result<Receipt, Fault>> {
        async { panic!("a plan changes nothing") }.boxed()
    }

    fn now(&self) -> Time {
        world::now()
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'_, ()> {
        async {}.boxed()
    }
}

fn ended() -> Silence {
    let key = Key::new(world::source(0, SystemKind::Alertmanager), Kind::Silence, "", "5bc45f90");
    Silence {
        key,
        matchers: Matching::parse(r#"alertname="HighErrorRate""#).unwrap().matchers().cloned().collect(),
        starts: world::ago(9000),
        ends: world::ago(1800),
        updated: world::ago(9000),
        created_by: "samir".into(),
        comment: "INC-2288 rollout".into(),
        action: None,
        state: SilenceState::Expired,
    }
}

/// Goes to the alert that is worst, with the labels that Prometheus gives it, and asks to mute it.
fn ask(d: &mut Driver) {
    let of = |a: &&Alert| &*a.name == "HighErrorRate";
    let mut alert = d.state.store.alerts.iter().find(of).expect("it fires").clone();
    alert.labels.insert(0, ("alertname".into(), Str::clone(&alert.name)));
    let (source, at) = (alert.key.source, world::now());
    let deltas = vec![Delta::Upsert(Record::Alert(Box::new(alert)))];
    d.event(Event::Batches(vec![Batch { source, at, deltas }]));
    d.keys("4 g g M");
    planned(d);
}

/// Plans what the screen asks for.
fn planned(d: &mut Driver) {
    let asked = d.effects.iter().rev().find_map(|e| match e {
        Effect::Plan { ticket, request } => Some((*ticket, request.clone())),
        _ => None,
    });
    let (ticket, request) = asked.expect("a plan was asked for");
    let store = &d.state.store;
    let source = request.target.source;
    let held = Held {
        alerts: store.alerts.iter().filter(|a| a.key.source == source).cloned().collect(),
        silences: vec![ended()],
    };
    let (environment, system) = (store.environment_of(source).unwrap(), store.system(source).unwrap());
    let id = vigie::action::plan::ActionId::nil();
    let ctx = Context { systems: &held, environment, system, actor: "nadia", id };
    let plan = registry::plan(&ctx, &request).now_or_never().expect("nothing to wait for");
    d.event(Event::Planned { ticket, plan: plan.map(Box::new) });
}

#[test]
fn silence_of_an_alert() {
    frames("silence", |d| {
        ask(d);
        d.text("INC-2291").keys("tab").text("pro");
    });
}

#[test]
fn silence_that_is_too_broad() {
    frames("silence_broad", |d| {
        ask(d);
        // Up from the reason: `broad`, the duration, the matchers.
        d.keys("shift-tab shift-tab shift-tab ctrl-u").text("namespace=~\".*\"").keys("tab");
        planned(d);
    });
}
