//! What can be done to alerts and silences, and what planning these verbs shares.

mod day;
mod expire;
mod extend;
mod silence;
mod similar;

use std::collections::BTreeMap;

pub use expire::Expire;
pub use extend::Extend;
pub use silence::Silence;

use super::draft::{flag, text};
use crate::{
    action::{context::Context, subject::Alerting},
    model::{
        Alert, Answer, Fault, Key, Matching, Mutation, Query, Severity, SilenceChange, SilenceEdit, Time,
    },
};

/// How many names are told before the rest is counted.
const NAMES: usize = 5;

/// One change of silences.
fn change(ctx: &Context<'_>, target: &Key, edit: SilenceEdit) -> Mutation {
    let action = ctx.id.to_string().into();
    Mutation::Silence(Box::new(SilenceChange { target: target.clone(), action, edit }))
}

/// All alerts and silences of the target's Alertmanager.
async fn everything(ctx: &Context<'_>, key: &Key) -> Result<Alerting, Fault> {
    let (alerts, silences) = match ctx.systems.read(key.source, Query::Alerts(key.source)).await? {
        Answer::Alerts(alerts, silences) => (alerts, silences),
        _ => Default::default(),
    };
    Ok(Alerting { alert: None, alerts, silences })
}

/// The alerts that matchers hit.
fn hits<'a>(matching: &Matching, alerts: &'a [Alert]) -> Vec<&'a Alert> {
    alerts.iter().filter(|alert| matching.takes(&alert.labels)).collect()
}

/// `3 in prod, 2 critical: HighErrorRatio ×2, KubeJobFailed`; `none now`.
fn told(env: &str, hits: &[&Alert]) -> String {
    if hits.is_empty() {
        return "none now".to_owned();
    }
    let critical = hits.iter().filter(|alert| alert.severity == Severity::Critical).count();
    let critical = if critical == 0 { String::new() } else { format!(", {critical} critical") };
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for alert in hits {
        *names.entry(&alert.name).or_default() += 1;
    }
    format!("{} in {env}{critical}: {}", hits.len(), counted(names.into_iter()))
}

/// `HighErrorRatio ×2, KubeJobFailed`, most first.
fn counted<'a>(names: impl Iterator<Item = (&'a str, usize)>) -> String {
    let mut all: Vec<(&str, usize)> = names.collect();
    all.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let said = |(name, count): &(&str, usize)| match count {
        1 => (*name).to_owned(),
        n => format!("{name} ×{n}"),
    };
    let named = all.iter().take(NAMES).map(said).collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(NAMES) {
        0 => named,
        more => format!("{named} and {more} more names"),
    }
}

/// The matchers of a silence as they are written.
fn written<'a>(matchers: impl IntoIterator<Item = &'a crate::model::Matcher>) -> String {
    matchers.into_iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// A moment as a plan says it.
fn at(moment: Time) -> String {
    format!("{} UTC", moment.brief())
}
