//! Which rows of a kind are kept: all, or of events the newest two thousand.

use std::collections::{BTreeSet, HashMap};

use crate::{
    model::{Key, Kind, Record, Time},
    store::Delta,
};

/// How many events are kept.
const EVENTS: usize = 2000;

/// Decides what is passed on.
#[derive(Default)]
pub(super) struct Recent {
    order: BTreeSet<(Time, Key)>,
    known: HashMap<Key, Time>,
    /// Events of a list under way, passed on at its end.
    held: HashMap<Key, Record>,
    listing: bool,
}

impl Recent {
    /// A list begins.
    pub(super) fn begin(&mut self) {
        *self = Self { listing: true, ..Self::default() };
    }

    /// The list is over: what was held back.
    pub(super) fn end(&mut self) -> Vec<Delta> {
        self.listing = false;
        self.held.drain().map(|(_, record)| Delta::Upsert(record)).collect()
    }

    /// A row came.
    pub(super) fn upsert(&mut self, record: Record, out: &mut Vec<Delta>) {
        let Record::Event(event) = &record else {
            out.push(Delta::Upsert(record));
            return;
        };
        let (key, last) = (event.key.clone(), event.last);
        if let Some(before) = self.known.insert(key.clone(), last) {
            self.order.remove(&(before, key.clone()));
        }
        self.order.insert((last, key.clone()));
        if self.listing {
            self.held.insert(key, record);
        } else {
            out.push(Delta::Upsert(record));
        }
        if self.order.len() > EVENTS
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.known.remove(&oldest);
            if self.held.remove(&oldest).is_none() && !self.listing {
                out.push(Delta::Remove(oldest));
            }
        }
    }

    /// A row went.
    pub(super) fn remove(&mut self, key: Key, out: &mut Vec<Delta>) {
        if key.kind == Kind::Event
            && let Some(last) = self.known.remove(&key)
        {
            self.order.remove(&(last, key.clone()));
        }
        out.push(Delta::Remove(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ClusterEvent, Source};

    fn event(n: usize) -> Record {
        let at = Time::from_secs(n as i64);
        Record::Event(Box::new(ClusterEvent {
            key: Key::new(Source(0), Kind::Event, "shop", format!("e{n}")),
            about_kind: "Pod".into(),
            about: "cart".into(),
            about_uid: 0,
            warning: false,
            reason: "Started".into(),
            message: "".into(),
            count: 1,
            first: at,
            last: at,
        }))
    }

    #[test]
    fn keeps_the_newest_events() {
        let mut recent = Recent::default();
        recent.begin();
        let mut out = Vec::new();
        (0..3000).rev().for_each(|n| recent.upsert(event(n), &mut out));
        assert!(out.is_empty(), "a list is passed on at its end");
        let listed = recent.end();
        assert_eq!(listed.len(), EVENTS);
        assert!(listed.iter().all(|d| matches!(d, Delta::Upsert(Record::Event(e)) if e.last.secs() >= 1000)));
        recent.upsert(event(3000), &mut out);
        assert_eq!(out.len(), 2, "one in, the oldest out: {out:?}");
        assert!(matches!(&out[1], Delta::Remove(key) if &*key.name == "e1000"));
    }
}
