//! `silence`: mutes an alert for a while.

use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};

use super::{at, change, day::last_day, flag, hits, similar, text, told, written};
use crate::{
    action::{
        context::Context,
        pin,
        plan::{Goal, Plan, Request},
        registry::{ParamKind, ParamSpec, Row, Verb},
        subject::{Alerting, Subject},
    },
    model::{Alert, Fault, Key, Kind, Matcher, Matching, SilenceEdit, SilenceState, Str, parse_duration},
};

/// Mutes an alert for a while.
pub struct Silence;

/// How long a silence lasts when not said.
pub(super) const LASTS: &str = "2h";
/// Longer than this is worth a word.
const LONG: Duration = Duration::from_secs(24 * 3600);
/// Labels that say where an alert is from, where one Alertmanager gets those of several places.
const PLACES: [&str; 4] = ["cluster", "env", "environment", "namespace"];

const PARAMS: &[ParamSpec] = &[
    ParamSpec {
        name: "matchers",
        kind: ParamKind::Text,
        help: "What it mutes, as label=\"value\", label=~\"regex\"; this alert's name, place and subject when empty",
        default: "",
        required: false,
    },
    ParamSpec {
        name: "duration",
        kind: ParamKind::Text,
        help: "How long: 30m, 2h, 1d",
        default: LASTS,
        required: false,
    },
    ParamSpec {
        name: "broad",
        kind: ParamKind::Flag,
        help: "It is meant to be broad",
        default: "false",
        required: false,
    },
];

impl Verb for Silence {
    fn name(&self) -> &'static str {
        "silence"
    }

    fn title(&self) -> &'static str {
        "SILENCE"
    }

    fn summary(&self) -> &'static str {
        "Mute an alert for a while"
    }

    fn applies(&self, kind: Kind) -> bool {
        kind == Kind::Alert
    }

    fn suggest(&self, row: &Row<'_>) -> Vec<(&'static str, String)> {
        let matchers = row.alert.map(|alert| ("matchers", written(&usual(alert))));
        matchers.into_iter().chain([("duration", LASTS.to_owned())]).collect()
    }

    fn bulk(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [ParamSpec] {
        PARAMS
    }

    fn plan<'a>(&'a self, ctx: &'a Context<'a>, request: &'a Request) -> BoxFuture<'a, Result<Plan, Fault>> {
        plan(ctx, request).boxed()
    }
}

/// Matchers of its name, of where it is from, and of what it is about.
fn usual(alert: &Alert) -> Vec<Matcher> {
    let is = |name: &'static str| {
        let value = alert.label(name).filter(|value| !value.is_empty())?;
        Some(Matcher { name: name.into(), value: Str::clone(value), is_regex: false, is_equal: true })
    };
    let about = alert.about_label().map(|(name, _)| name).filter(|name| !PLACES.contains(name));
    ["alertname"].into_iter().chain(PLACES).chain(about).filter_map(is).collect()
}

async fn plan(ctx: &Context<'_>, request: &Request) -> Result<Plan, Fault> {
    let (alert, seen) = ctx.alert(&request.target).await?;
    let mut plan = Plan::draft(ctx, request, &Subject::Alert(Box::new(seen.clone())), &[pin::ALERT]);
    plan.name = alert.name.to_string();
    let matching = text(request, "matchers").map_or_else(|| Matching::new(usual(&alert)), Matching::parse);
    let lasts = parse_duration(text(request, "duration").unwrap_or(LASTS));
    let (matching, lasts) = match (matching, lasts) {
        (Ok(matching), Ok(lasts)) if !lasts.is_zero() => (matching, lasts),
        (Ok(_), Ok(_)) => return Ok(unclear(plan, "say how long it is to last")),
        (Err(why), _) | (_, Err(why)) => return Ok(unclear(plan, &why)),
    };
    plan.summary = format!("{} is mute until {}", alert.name, at(ctx.systems.now().plus(lasts)));
    weigh(&mut plan, &alert, &seen, &matching);
    let day = last_day(ctx, &matching).await;
    plan.fact("last day", day);
    tell_similar(&mut plan, ctx, &alert, &seen, &matching);
    if lasts > LONG {
        plan.warn("it lasts longer than a day: who will look at it then?");
    }
    let matchers = matching.matchers().cloned().collect();
    let by: Str = if ctx.actor.is_empty() { "vigie" } else { ctx.actor }.into();
    // The reason takes its place, where one is given.
    let comment = "no reason given".into();
    let mutation = change(ctx, &alert.key, SilenceEdit::Create { matchers, lasts, by, comment });
    plan.send(mutation.to_string(), mutation);
    plan.wait("wait until it mutes the alert", Goal::Silenced { alert: alert.key.clone() });
    // Its id is known only when it is made.
    let target = Key::new(alert.key.source, Kind::Silence, "", "");
    plan.undo = Some(Request { verb: "expire", target, params: std::collections::BTreeMap::new() });
    plan.fact("undo", "expire the silence");
    Ok(plan)
}

fn unclear(mut plan: Plan, why: &str) -> Plan {
    plan.summary = format!("{} is not mute yet", plan.name);
    plan.block(why);
    plan
}

/// What it hits now, and whether that is more than one would mute by a silence.
fn weigh(plan: &mut Plan, alert: &Alert, seen: &Alerting, matching: &Matching) {
    let found = hits(matching, &seen.alerts);
    plan.fact("hits now", told(&plan.environment.name, &found));
    plan.reach.changes = found.len();
    if !matching.takes(&alert.labels) {
        plan.block(format!("it would not mute {}", alert.name));
    }
    let mut broad: Vec<String> = Vec::new();
    broad.extend(matching.open().map(|matcher| format!("{matcher} matches everything")));
    if matching.narrowing() < 2 {
        broad.push("fewer than two matchers say what it is about".to_owned());
    }
    let limit = usize::from(plan.environment.policy.silence_limit);
    if found.len() > limit {
        broad.push(format!("it mutes {} alerts now, more than {limit}", found.len()));
    }
    for why in broad {
        if flag(&plan.request, "broad") {
            plan.warn(why);
        } else {
            plan.block(format!("{why}; switch `broad` on if that is meant"));
        }
    }
}

/// Silences of the same, now and lately.
fn tell_similar(plan: &mut Plan, ctx: &Context<'_>, alert: &Alert, seen: &Alerting, matching: &Matching) {
    let found = similar::similar(alert, matching, &seen.silences, ctx.systems.now());
    for line in similar::lines(&found) {
        plan.fact("similar", line);
    }
    if let Some(active) =
        found.iter().find(|s| s.state == SilenceState::Active && alert.silenced_by.contains(&s.key.name))
    {
        let (by, ends) = (&active.created_by, at(active.ends));
        plan.warn(format!("a silence of {by} mutes it until {ends}: that one can be extended"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AlertState, Severity, Source, Time};

    fn usual_of(labels: &[(&str, &str)]) -> String {
        let labels = labels.iter().map(|(n, v)| (Str::from(*n), Str::from(*v))).collect();
        written(&usual(&Alert {
            key: Key::new(Source(0), Kind::Alert, "", "f1"),
            name: "X".into(),
            severity: Severity::Critical,
            labels,
            annotations: Vec::new(),
            since: Time::default(),
            updated: Time::default(),
            state: AlertState::Active,
            silenced_by: Vec::new(),
            inhibited_by: Vec::new(),
            generator: "".into(),
        }))
    }

    #[test]
    fn the_usual_matchers_are_name_place_and_subject() {
        assert_eq!(
            usual_of(&[
                ("alertname", "X"),
                ("cluster", "eu"),
                ("namespace", "shop"),
                ("pod", "cart-0"),
                ("severity", "critical")
            ]),
            r#"alertname="X", cluster="eu", namespace="shop", pod="cart-0""#
        );
        assert_eq!(
            usual_of(&[("alertname", "X"), ("namespace", "shop")]),
            r#"alertname="X", namespace="shop""#,
            "a place is not said twice"
        );
        assert_eq!(usual_of(&[("alertname", "Watchdog")]), r#"alertname="Watchdog""#);
    }
}
