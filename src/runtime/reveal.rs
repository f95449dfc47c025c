//! The record of a secret's value being looked at.

use std::{collections::BTreeMap, sync::Arc};

use uuid::Uuid;

use crate::{
    journal::{Ending, Entry, Journal, Phase},
    model::{Fault, FaultKind, Key, System, Time},
};

/// Records that the value of one entry of a Secret was read: who, from where, which one, never the value. It is on disk
/// once this returns; where it fails the value is not to be shown.
pub(super) fn record(
    journal: &Result<Arc<Journal>, String>,
    system: &System,
    (key, entry): (&Key, &str),
    at: Time,
) -> Result<(), Fault> {
    let refused = |why: String| {
        let what = format!("show {entry} of {}", key.name);
        Fault::new(FaultKind::Refused, "journal", what, why)
            .hint("no value of a secret is shown without a record; mend the journal first")
    };
    let journal = journal.as_ref().map_err(|why| refused(why.clone()))?;
    let record = Entry {
        at,
        action: Uuid::new_v4(),
        phase: Phase::Outcome,
        verb: "reveal".to_owned(),
        environment: system.env.to_string(),
        system: format!("{}/{}", system.kind, system.name),
        target: Some(key.into()),
        params: BTreeMap::from([("entry".to_owned(), entry.to_owned())]),
        reason: String::new(),
        outcome: Some(Ending::Done),
        text: format!("the value of {entry} in {} was read", key.name),
        detail: BTreeMap::new(),
    };
    journal.append(record).map(drop).map_err(|e| refused(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        action::resume::unfinished,
        model::{Kind, Source, SystemKind, Tier},
        runtime::session,
    };

    fn system() -> System {
        System {
            source: Source(0),
            kind: SystemKind::Kubernetes,
            name: "kubernetes".into(),
            env: "prod".into(),
            tier: Tier::Prod,
        }
    }

    #[test]
    fn what_was_read_is_on_the_record_and_leaves_nothing_open() {
        let dir = tempfile::tempdir().expect("a folder");
        let journal = Journal::open(&dir.path().join("journal"), session::session()).expect("a journal");
        let system = system();
        let key = Key::new(Source(0), Kind::Object, "appointments", "appointments-db");
        let at = "2026-11-26T03:00:00Z".parse().expect("a moment");
        let journal = Arc::new(journal);
        record(&Ok(Arc::clone(&journal)), &system, (&key, "password"), at).expect("recorded");
        let lines = journal.lines().expect("read");
        let record = lines.last().and_then(|l| l.record.as_ref().ok()).expect("a record");
        assert_eq!((record.verb.as_str(), record.environment.as_str()), ("reveal", "prod"));
        assert_eq!(record.params["entry"], "password");
        assert_eq!(record.target.as_ref().map(|t| t.name.as_str()), Some("appointments-db"));
        assert_eq!(record.actor, journal.session().actor);
        assert!(unfinished(&journal).expect("read").is_empty());
    }

    #[test]
    fn without_a_journal_it_is_refused() {
        let system = system();
        let key = Key::new(Source(0), Kind::Object, "appointments", "appointments-db");
        let at = "2026-11-26T03:00:00Z".parse().expect("a moment");
        let fault = record(&Err("the disk is full".to_owned()), &system, (&key, "password"), at)
            .expect_err("it is refused");
        assert_eq!(fault.kind, FaultKind::Refused);
        assert!(fault.to_string().contains("the disk is full"), "{fault}");
    }
}
