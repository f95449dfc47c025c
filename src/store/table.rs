//! Rows of one type, by key, swapped whole when a source lists anew.

use indexmap::IndexMap;

use crate::model::{
    Alert, Application, Certificate, Change, ClusterEvent, Key, Kind, Lease, Mount, Namespace, Node, Object,
    Pod, RotatedCredential, SecretVersion, Silence, Source, TokenState, VaultState, Workload,
};

/// A row of a table: it knows its key.
pub trait Row {
    /// The key.
    fn key(&self) -> &Key;
}

macro_rules! rows {
    ($($t:ty),*) => { $(impl Row for $t { fn key(&self) -> &Key { &self.key } })* };
}
rows!(
    Pod,
    Workload,
    Node,
    Namespace,
    ClusterEvent,
    Application,
    VaultState,
    Mount,
    Lease,
    RotatedCredential,
    SecretVersion,
    Certificate,
    TokenState,
    Alert,
    Silence,
    Change,
    Object
);

/// Rows of one type.
#[derive(Debug)]
pub struct Table<T> {
    rows: IndexMap<Key, (u32, T)>,
    epochs: Vec<((Source, Kind), u32)>,
    generation: u64,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: IndexMap::new(), epochs: Vec::new(), generation: 0 }
    }
}

impl<T: Row> Table<T> {
    /// The row of a key.
    pub fn get(&self, key: &Key) -> Option<&T> {
        self.rows.get(key).map(|(_, row)| row)
    }

    /// The row at a position; positions move when rows go.
    pub fn at(&self, index: usize) -> Option<&T> {
        self.rows.get_index(index).map(|(_, (_, row))| row)
    }

    /// The position of a key's row, for [`at`](Self::at).
    pub fn position(&self, key: &Key) -> Option<usize> {
        self.rows.get_index_of(key)
    }

    /// All rows, in no promised order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &T> + Clone {
        self.rows.values().map(|(_, row)| row)
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A number that changes whenever a row does.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn upsert(&mut self, row: T) {
        let epoch = self.epoch(row.key().source, row.key().kind);
        self.generation += 1;
        self.rows.insert(row.key().clone(), (epoch, row));
    }

    pub(super) fn update(&mut self, key: &Key, change: impl FnOnce(&mut T)) {
        if let Some((_, row)) = self.rows.get_mut(key) {
            change(row);
            self.generation += 1;
        }
    }

    pub(super) fn remove(&mut self, key: &Key) {
        if self.rows.swap_remove(key).is_some() {
            self.generation += 1;
        }
    }

    pub(super) fn clear(&mut self) {
        self.rows = IndexMap::new();
        self.generation += 1;
    }

    pub(super) fn reset(&mut self, source: Source, kind: Kind) {
        match self.epochs.iter_mut().find(|(of, _)| *of == (source, kind)) {
            Some((_, epoch)) => *epoch = epoch.wrapping_add(1),
            None => self.epochs.push(((source, kind), 1)),
        }
    }

    pub(super) fn sweep(&mut self, source: Source, kind: Kind) {
        let current = self.epoch(source, kind);
        let before = self.rows.len();
        self.rows.retain(|key, (epoch, _)| key.source != source || key.kind != kind || *epoch == current);
        if self.rows.len() != before {
            self.generation += 1;
        }
        if self.rows.capacity() > 2 * self.rows.len() + 64 {
            self.rows.shrink_to_fit();
        }
    }

    fn epoch(&self, source: Source, kind: Kind) -> u32 {
        self.epochs.iter().find(|(of, _)| *of == (source, kind)).map_or(0, |(_, epoch)| *epoch)
    }
}
