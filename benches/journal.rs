//! What the journal costs: one flushed append, and proving a chain of a thousand records.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench")]

use std::{collections::BTreeMap, path::Path};

use uuid::Uuid;
use vigie::{
    journal::{Actor, Entry, Journal, Phase, Session, verify},
    model::Time,
};

fn main() {
    divan::main();
}

fn journal(dir: &Path) -> Journal {
    let session = Session { id: Uuid::new_v4(), actor: Actor::default(), host: "bastion".into(), ssh: None };
    Journal::open(&dir.join("journal"), session).unwrap()
}

fn entry() -> Entry {
    Entry {
        at: Time::from_secs(1_795_230_764),
        action: Uuid::from_u128(1),
        phase: Phase::Step,
        verb: "sync".into(),
        environment: "prod".into(),
        system: "argocd/argocd".into(),
        target: None,
        params: BTreeMap::new(),
        reason: "db pool exhausted, INC-2291".into(),
        outcome: None,
        text: "accepted".into(),
        detail: BTreeMap::new(),
    }
}

#[divan::bench(sample_count = 50, sample_size = 1)]
fn append_after_a_thousand(bencher: divan::Bencher) {
    let dir = tempfile::tempdir().unwrap();
    let journal = journal(dir.path());
    for _ in 0..1000 {
        journal.append(entry()).unwrap();
    }
    bencher.bench_local(|| journal.append(entry()).unwrap());
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn verify_a_thousand(bencher: divan::Bencher) {
    let dir = tempfile::tempdir().unwrap();
    let journal = journal(dir.path());
    for _ in 0..1000 {
        journal.append(entry()).unwrap();
    }
    bencher.bench_local(|| verify(journal.dir()).unwrap());
}
