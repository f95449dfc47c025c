//! Break-glass on the record: that it began, that it ended, and a mark on every action in between.

use std::collections::BTreeMap;

use super::{plan::ActionId, record::fault};
use crate::{
    journal::{Ending, Entry, Journal, Phase, Record},
    model::{Fault, FaultKind, Glass, Policy, Time, text},
};

/// The verb of its own records, and the name of the mark in those of others.
pub const VERB: &str = "break-glass";

/// Breaks the glass of an environment; it is on the record once this returns, and holds only then.
pub fn begin(journal: &Journal, environment: &str, reason: &str, now: Time) -> Result<Glass, Fault> {
    let reason = text::one_line(reason.trim()).into_owned();
    if reason.is_empty() {
        let what = format!("{VERB} {environment}");
        let why = "it asks for a reason";
        return Err(Fault::new(FaultKind::Refused, "vigie", what, why).hint("say why, with a ticket"));
    }
    let glass = Glass::new(ActionId::new_v4().to_string(), reason, now);
    let text = format!("begun: the policy is set aside until {} at the latest", glass.until.rfc3339());
    write(journal, environment, &glass, now, text)?;
    Ok(glass)
}

/// Records that it ended, and how.
pub fn end(journal: &Journal, environment: &str, glass: &Glass, now: Time, how: &str) -> Result<(), Fault> {
    write(journal, environment, glass, now.min(glass.until.max(glass.since)), format!("ended: {how}"))
}

fn write(journal: &Journal, environment: &str, glass: &Glass, at: Time, text: String) -> Result<(), Fault> {
    let entry = Entry {
        at,
        action: glass.id.parse().unwrap_or_default(),
        phase: Phase::Outcome,
        verb: VERB.to_owned(),
        environment: environment.to_owned(),
        system: "vigie".to_owned(),
        target: None,
        params: BTreeMap::new(),
        reason: glass.reason.to_string(),
        outcome: Some(Ending::Done),
        text,
        detail: BTreeMap::from([("until".to_owned(), glass.until.rfc3339())]),
    };
    journal.append(entry).map(drop).map_err(|error| fault(&error))
}

/// The mark of an action that is done while an environment's glass is broken.
pub(super) fn mark(policy: &Policy) -> Option<(String, String)> {
    policy.glass.as_ref().map(|glass| (VERB.to_owned(), glass.id.to_string()))
}

/// The mark in what a record says, to be said again.
pub(super) fn recorded(detail: &BTreeMap<String, String>) -> Option<(String, String)> {
    detail.get(VERB).map(|id| (VERB.to_owned(), id.clone()))
}

/// The break-glass that a record was written under.
pub fn of(record: &Record) -> Option<&str> {
    record.detail.get(VERB).map(String::as_str)
}
