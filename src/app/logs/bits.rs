//! A set of the lines of one chunk, a bit for each.

/// A set of small numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    /// An empty set with room for numbers below `len`.
    pub(super) fn none(len: usize) -> Self {
        Self(vec![0; len.div_ceil(64)])
    }

    /// The numbers from `from` to below `len`.
    pub(super) fn range(from: usize, len: usize) -> Self {
        let mut bits = Self::none(len);
        for (at, word) in bits.0.iter_mut().enumerate() {
            let start = at * 64;
            let below = |n: usize| match n.saturating_sub(start) {
                0 => 0,
                1..64 => (1 << (n - start)) - 1,
                _ => u64::MAX,
            };
            *word = below(len) & !below(from);
        }
        bits
    }

    /// Puts a number in.
    pub(super) fn set(&mut self, n: usize) {
        self.0[n / 64] |= 1 << (n % 64);
    }

    /// Whether a number is in.
    pub(super) fn has(&self, n: usize) -> bool {
        self.0.get(n / 64).is_some_and(|w| w >> (n % 64) & 1 == 1)
    }

    /// How many are in.
    pub(super) fn count(&self) -> usize {
        self.0.iter().map(|w| w.count_ones() as usize).sum()
    }

    /// How many below `n` are in.
    pub(super) fn rank(&self, n: usize) -> usize {
        let whole: usize = self.0.iter().take(n / 64).map(|w| w.count_ones() as usize).sum();
        let part = self.0.get(n / 64).map_or(0, |w| (w & ((1 << (n % 64)) - 1)).count_ones() as usize);
        whole + part
    }

    /// Keeps what is in both.
    pub(super) fn and(&mut self, other: &Self) {
        for (at, word) in self.0.iter_mut().enumerate() {
            *word &= other.0.get(at).copied().unwrap_or(0);
        }
    }

    /// Takes in what is in the other.
    pub(super) fn or(&mut self, other: &Self) {
        self.0.resize(self.0.len().max(other.0.len()), 0);
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
    }

    /// Takes out what is in the other.
    pub(super) fn without(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= !other;
        }
    }

    /// The first number at `from` or above.
    pub(super) fn next(&self, from: usize) -> Option<usize> {
        let first = self.0.get(from / 64).map(|w| w & (u64::MAX << (from % 64)));
        let rest = self.0.iter().skip(from / 64 + 1).copied();
        let mut words = first.into_iter().chain(rest).zip(from / 64..);
        words.find(|(w, _)| *w != 0).map(|(w, at)| at * 64 + w.trailing_zeros() as usize)
    }

    /// The last number below `to`.
    pub(super) fn previous(&self, to: usize) -> Option<usize> {
        let last = self.0.get(to / 64).map(|w| w & ((1 << (to % 64)) - 1));
        let whole = self.0.iter().enumerate().take(to / 64).rev().map(|(at, w)| (*w, at));
        let mut words = last.map(|w| (w, to / 64)).into_iter().chain(whole);
        words.find(|(w, _)| *w != 0).map(|(w, at)| at * 64 + 63 - w.leading_zeros() as usize)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    proptest::proptest! {
        #[test]
        fn is_a_set(all in proptest::collection::btree_set(0usize..200, 0..40), n in 0usize..200) {
            let mut bits = Bits::none(200);
            for n in &all {
                bits.set(*n);
            }
            proptest::prop_assert_eq!(bits.count(), all.len());
            proptest::prop_assert_eq!(bits.has(n), all.contains(&n));
            proptest::prop_assert_eq!(bits.rank(n), all.range(..n).count());
            proptest::prop_assert_eq!(bits.next(n), all.range(n..).next().copied());
            proptest::prop_assert_eq!(bits.previous(n), all.range(..n).next_back().copied());
        }

        #[test]
        fn combines(a in proptest::collection::btree_set(0usize..130, 0..20), from in 0usize..130, to in 0usize..131) {
            let of = |set: &BTreeSet<usize>| {
                let mut bits = Bits::none(130);
                for n in set {
                    bits.set(*n);
                }
                bits
            };
            let range: BTreeSet<usize> = (from..to.max(from)).collect();
            let bits = Bits::range(from, to.max(from));
            let (mut and, mut or, mut without) = (of(&a), of(&a), of(&a));
            and.and(&bits);
            or.or(&bits);
            without.without(&bits);
            proptest::prop_assert_eq!(and, of(&(&a & &range)));
            proptest::prop_assert_eq!(or, of(&(&a | &range)));
            proptest::prop_assert_eq!(without, of(&(&a - &range)));
        }
    }
}
