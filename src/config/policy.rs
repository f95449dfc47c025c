//! Policies as configured: what changing an environment, or every environment of a tier, takes and what it forbids.
//!
//! All that is said holds at once: what a tier's policy says, what an environment's does, and what either says of a
//! verb. So each can only forbid or ask more.

mod moment;
mod rules;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use moment::Moment;

use super::read::Document;
use crate::model::{Confirm, Policy, Rule, Tier};

/// What `bulk_limit` and `silence_limit` can be.
const LIMITS: std::ops::RangeInclusive<u16> = 1..=1000;

/// What changing environments of each tier takes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TierPolicies {
    /// Development.
    pub dev: PolicyConfig,
    /// Staging.
    pub staging: PolicyConfig,
    /// Production.
    pub prod: PolicyConfig,
}

/// What changing an environment takes and what is forbidden in it; it can only ask more than its tier does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyConfig {
    /// Nothing may be changed; break-glass does not override it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// What confirming takes.
    pub confirm: Option<Confirm>,
    /// Whether a reason must be given.
    pub reason: Option<bool>,
    /// How many things one bulk plan may be about at most; 20 in prod, 50 in staging, any number in dev when absent.
    #[schemars(range(min = 1, max = 1000))]
    pub bulk_limit: Option<u16>,
    /// How many alerts one silence may mute without being said to be broad; 20 when absent.
    #[schemars(range(min = 1, max = 1000))]
    pub silence_limit: Option<u16>,
    /// What is not done: verbs, or verbs on a kind of thing, such as `drain`, `delete pod`, `* node`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deny: Vec<String>,
    /// A regular expression that must be found in the reason, such as `INC-[0-9]+`; it asks for a reason too.
    pub ticket: Option<String>,
    /// The hours of the week in which things are changed.
    pub hours: Option<HoursConfig>,
    /// Times in which nothing is changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub freeze: Vec<FreezeConfig>,
    /// What single verbs take beyond that, by verb, or verb and kind: `delete`, `"delete pod"`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub verb: BTreeMap<String, VerbConfig>,
    /// The rules that these come to, once checked.
    #[serde(skip)]
    pub(super) rules: Vec<Rule>,
}

/// The hours of the week in which things are changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HoursConfig {
    /// Which: `mon-fri 07:00-19:00`, `sat,sun 09:00-12:00`, `daily 22:00-06:00`.
    pub open: Vec<String>,
    /// By whose clock: a time zone such as `Europe/Amsterdam`; UTC when absent.
    pub zone: Option<String>,
    /// What is done outside them too: verbs, or verbs on a kind of thing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<String>,
}

/// A time in which nothing is changed: from one moment to another, or for a while whenever a schedule strikes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FreezeConfig {
    /// What it is called where it refuses something.
    pub name: String,
    /// Since when: `2026-12-20`, `2026-12-20T18:00`, or with an offset from UTC.
    pub from: Option<Moment>,
    /// Until when; a day is the last one.
    pub to: Option<Moment>,
    /// A schedule of five fields: minute, hour, day, month, weekday.
    pub cron: Option<String>,
    /// How long it lasts each time: `12h`, `2d`; 31 days at most.
    pub duration: Option<String>,
    /// By whose clock: a time zone such as `Europe/Amsterdam`; UTC when absent.
    pub zone: Option<String>,
    /// What is done all the same: verbs, or verbs on a kind of thing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<String>,
}

/// What one verb takes beyond what the rest of the policy asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct VerbConfig {
    /// What confirming takes.
    pub confirm: Option<Confirm>,
    /// Whether a reason must be given.
    pub reason: Option<bool>,
    /// How many things one bulk plan may be about at most.
    #[schemars(range(min = 1, max = 1000))]
    pub bulk_limit: Option<u16>,
    /// A regular expression that must be found in the reason.
    pub ticket: Option<String>,
    /// The hours of the week in which it is done.
    pub hours: Option<HoursConfig>,
}

impl TierPolicies {
    /// Whether nothing is said.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The policy of a tier.
    pub(super) const fn of(&self, tier: Tier) -> &PolicyConfig {
        match tier {
            Tier::Dev => &self.dev,
            Tier::Staging => &self.staging,
            Tier::Prod => &self.prod,
        }
    }

    /// Tells what is wrong with them, and keeps the rules that they come to.
    pub(super) fn check(&mut self, document: &mut Document<'_>) {
        for (name, policy) in
            [("dev", &mut self.dev), ("staging", &mut self.staging), ("prod", &mut self.prod)]
        {
            policy.check(document, &["policy", name]);
        }
    }
}

impl PolicyConfig {
    /// What holds in an environment of a tier: what the tier asks by itself, what its policy adds, and what this adds.
    pub(super) fn over(&self, tier: Tier, of_tier: &Self) -> Policy {
        let base = Policy::of(tier);
        let said = [of_tier, self];
        Policy {
            read_only: said.iter().any(|p| p.read_only),
            confirm: said.iter().filter_map(|p| p.confirm).fold(base.confirm, Confirm::max),
            reason: base.reason || said.iter().any(|p| p.reason == Some(true)),
            bulk_limit: said.iter().filter_map(|p| p.bulk_limit).min().or(base.bulk_limit),
            silence_limit: said.iter().filter_map(|p| p.silence_limit).min().unwrap_or(base.silence_limit),
            rules: said.iter().flat_map(|p| p.rules.iter().cloned()).collect(),
            ..base
        }
    }

    /// Tells what is wrong with it, and keeps the rules that it comes to; `place` is where the document has it.
    pub(super) fn check(&mut self, document: &mut Document<'_>, place: &[&str]) {
        check_limit(self.bulk_limit, document, &[place, &["bulk_limit"]].concat());
        if let Some(limit) = self.silence_limit.filter(|limit| !LIMITS.contains(limit)) {
            let what = format!("a silence cannot be limited to {limit} alerts");
            let place = [place, &["silence_limit"]].concat();
            document.wrong(document.span(&place), what, "write a number from 1 to 1000");
        }
        for (name, verb) in &self.verb {
            check_limit(verb.bulk_limit, document, &[place, &["verb", name, "bulk_limit"]].concat());
        }
        self.rules = rules::rules(self, document, place);
    }
}

fn check_limit(limit: Option<u16>, document: &mut Document<'_>, place: &[&str]) {
    if let Some(limit) = limit.filter(|limit| !LIMITS.contains(limit)) {
        let what = format!("a bulk plan cannot be limited to {limit} things");
        let hint = "write a number from 1 to 1000; `read_only = true` forbids all actions";
        document.wrong(document.span(place), what, hint);
    }
}
