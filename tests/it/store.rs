//! The store: the same world whatever the chunks, and no ghosts after a new list.

use std::sync::Arc;

use proptest::prelude::*;
use vigie::{
    model::{Fault, FaultKind, Key, Kind, Lease, Pod, PodState, Record, Resources, Source, Time},
    store::{Batch, Delta, Status, Store},
};

fn pod(source: u16, name: u8, restarts: u32) -> Pod {
    Pod {
        key: Key::new(Source(source), Kind::Pod, "shop", format!("pod-{name}")),
        uid: u128::from(name),
        node: "n1".into(),
        owner: None,
        labels: Arc::from([]),
        containers: Arc::from([]),
        images: Arc::from([]),
        secrets: Arc::from([]),
        reason: "Running".into(),
        state: PodState::Ready,
        ready: 1,
        total: 1,
        restarts,
        last_restart: None,
        unsettled: None,
        created: Time::from_secs(1),
        cpu: None,
        memory: None,
        resources: Resources::default(),
    }
}

fn lease(source: u16, name: u8) -> Lease {
    Lease {
        key: Key::new(Source(source), Kind::Lease, "database/", format!("creds/{name}")),
        issued: Time::from_secs(1),
        expires: None,
        renewable: true,
        renewed: None,
    }
}

fn delta() -> impl Strategy<Value = Delta> {
    let key = |kind: Kind, s: u16, n: u8| match kind {
        Kind::Pod => pod(s, n, 0).key,
        _ => lease(s, n).key,
    };
    prop_oneof![
        1 => prop_oneof![Just(Kind::Pod), Just(Kind::Lease)].prop_map(Delta::Reset),
        1 => prop_oneof![Just(Kind::Pod), Just(Kind::Lease)].prop_map(Delta::Synced),
        6 => (0..6_u8, 0..9_u32).prop_map(|(n, r)| Delta::Upsert(Record::Pod(pod(0, n, r)))),
        4 => (0..6_u8).prop_map(|n| Delta::Upsert(Record::Lease(lease(0, n)))),
        2 => (0..6_u8).prop_map(move |n| Delta::Remove(key(Kind::Pod, 0, n))),
        1 => (0..6_u8).prop_map(move |n| Delta::Remove(key(Kind::Lease, 0, n))),
        1 => (0..6_u8).prop_map(move |n| Delta::Usage { key: key(Kind::Pod, 0, n), cpu: 5, memory: 7 }),
    ]
}

fn world(chunks: impl IntoIterator<Item = Vec<Delta>>) -> (Vec<Pod>, Vec<Lease>) {
    let mut store = Store::default();
    for deltas in chunks {
        store.apply(Batch { source: Source(0), at: Time::from_secs(9), deltas });
    }
    let mut pods: Vec<_> = store.pods.iter().cloned().collect();
    let mut leases: Vec<_> = store.leases.iter().cloned().collect();
    pods.sort_by(|a, b| a.key.cmp(&b.key));
    leases.sort_by(|a, b| a.key.cmp(&b.key));
    (pods, leases)
}

proptest! {
    #[test]
    fn chunks_do_not_matter(deltas in prop::collection::vec(delta(), 0..60), size in 1..7_usize) {
        let whole = world([deltas.clone()]);
        let chunked = world(deltas.chunks(size).map(<[Delta]>::to_vec));
        prop_assert_eq!(whole, chunked);
    }

    #[test]
    fn a_new_list_is_the_whole_truth(before in prop::collection::vec(delta(), 0..40), listed in prop::collection::btree_set(0..6_u8, 0..6)) {
        let list = std::iter::once(Delta::Reset(Kind::Pod))
            .chain(listed.iter().map(|n| Delta::Upsert(Record::Pod(pod(0, *n, 0)))))
            .chain([Delta::Synced(Kind::Pod)]);
        let (pods, _) = world([before, list.collect()]);
        let seen: Vec<_> = pods.iter().map(|p| p.uid).collect();
        let wanted: Vec<_> = listed.iter().map(|n| u128::from(*n)).collect();
        prop_assert_eq!(seen, wanted);
    }
}

#[test]
fn a_new_list_of_one_source_leaves_others_alone() {
    let mut store = Store::default();
    let upsert = |s: u16| vec![Delta::Upsert(Record::Pod(pod(s, 1, 0)))];
    store.apply(Batch { source: Source(0), at: Time::from_secs(1), deltas: upsert(0) });
    store.apply(Batch { source: Source(1), at: Time::from_secs(1), deltas: upsert(1) });
    let empty = vec![Delta::Reset(Kind::Pod), Delta::Synced(Kind::Pod)];
    store.apply(Batch { source: Source(0), at: Time::from_secs(2), deltas: empty });
    let left: Vec<_> = store.pods.iter().map(|p| p.key.source.0).collect();
    assert_eq!(left, [1]);
}

#[test]
fn a_dead_source_keeps_its_rows_and_its_age() {
    let mut store = Store::default();
    let list =
        vec![Delta::Reset(Kind::Pod), Delta::Upsert(Record::Pod(pod(0, 1, 0))), Delta::Synced(Kind::Pod)];
    store.apply(Batch { source: Source(0), at: Time::from_secs(100), deltas: list });
    let fault = Box::new(Fault::new(FaultKind::Unreachable, "kubernetes in prod", "watch pods", "refused"));
    let down = Status::Down { fault, retry_at: Time::from_secs(160) };
    store.apply(Batch {
        source: Source(0),
        at: Time::from_secs(130),
        deltas: vec![Delta::Status(Kind::Pod, down)],
    });
    let fresh = store.freshness(Source(0), Kind::Pod).expect("known");
    assert_eq!(store.pods.len(), 1);
    assert_eq!(fresh.heard(), Some(Time::from_secs(100)));
    assert_eq!(fresh.since(), Some(Time::from_secs(130)));
    assert!(fresh.is_loaded());
}
