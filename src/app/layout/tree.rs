//! An arrangement as a tree of splits, and how it is changed.

use super::PaneId;

/// The way a split goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// One under the other.
    Rows,
    /// Side by side.
    Columns,
}

/// A pane, or a split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A pane.
    Pane(PaneId),
    /// Parts one after the other.
    Split {
        /// Which way.
        axis: Axis,
        /// The parts.
        parts: Vec<Part>,
    },
}

/// A part of a split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What is in it.
    pub node: Node,
    /// Its share, compared with the others'.
    pub weight: u16,
    /// Columns or lines it takes at least.
    pub least: u16,
    /// Columns or lines it takes at most; 0 sets no bound.
    pub most: u16,
    /// Whether the environments in it take the lines they need, whatever the weight.
    pub fits: bool,
}

impl Part {
    /// A part of a weight, without bounds.
    pub const fn new(node: Node, weight: u16) -> Self {
        Self { node, weight, least: 0, most: 0, fits: false }
    }

    /// Takes a share that was chosen by hand: no bounds stand against it.
    fn weigh(&mut self, weight: u16) {
        (self.weight, self.least, self.most, self.fits) = (weight.max(1), 0, 0, false);
    }
}

impl Node {
    /// Whether a pane is in it.
    pub fn holds(&self, pane: PaneId) -> bool {
        self.panes().contains(&pane)
    }

    /// Its panes in reading order.
    pub fn panes(&self) -> Vec<PaneId> {
        match self {
            Self::Pane(pane) => vec![*pane],
            Self::Split { parts, .. } => parts.iter().flat_map(|p| p.node.panes()).collect(),
        }
    }

    /// The tree with only the panes that are wanted; none when none is left.
    pub fn keep(&self, wanted: &impl Fn(PaneId) -> bool) -> Option<Self> {
        match self {
            Self::Pane(pane) => wanted(*pane).then_some(Self::Pane(*pane)),
            Self::Split { axis, parts } => {
                let kept = |part: &Part| Some(Part { node: part.node.keep(wanted)?, ..part.clone() });
                let mut parts: Vec<Part> = parts.iter().filter_map(kept).collect();
                match parts.len() {
                    0 => None,
                    1 => parts.pop().map(|p| p.node),
                    _ => Some(Self::Split { axis: *axis, parts }),
                }
            }
        }
    }

    /// Lets two panes change places.
    pub fn swap(&mut self, a: PaneId, b: PaneId) {
        match self {
            Self::Pane(pane) if *pane == a => *pane = b,
            Self::Pane(pane) if *pane == b => *pane = a,
            Self::Pane(_) => {}
            Self::Split { parts, .. } => parts.iter_mut().for_each(|p| p.node.swap(a, b)),
        }
    }

    /// Puts a pane beside or below another, which gives it half of its place.
    pub fn split(&mut self, at: PaneId, axis: Axis, fresh: PaneId) {
        match self {
            Self::Pane(pane) if *pane == at => {
                let parts = [at, fresh].map(|p| Part::new(Self::Pane(p), 1)).into();
                *self = Self::Split { axis, parts };
            }
            Self::Pane(_) => {}
            Self::Split { axis: own, parts } => {
                let direct = parts.iter().position(|p| p.node == Self::Pane(at)).filter(|_| *own == axis);
                let Some(n) = direct else {
                    return parts.iter_mut().for_each(|p| p.node.split(at, axis, fresh));
                };
                for part in parts.iter_mut() {
                    (part.weight, part.least) = (part.weight.saturating_mul(2), 0);
                }
                let half = parts[n].weight / 2;
                parts[n].weigh(half);
                parts.insert(n + 1, Part::new(Self::Pane(fresh), half.max(1)));
            }
        }
    }

    /// Makes a pane's place longer by so many cells, or shorter, along an axis; `length` tells how long the part
    /// that a pane is in is now. Whether there was a split along that axis to change.
    pub fn resize(&mut self, pane: PaneId, axis: Axis, by: i16, length: &impl Fn(&Self) -> u16) -> bool {
        let Self::Split { axis: own, parts } = self else { return false };
        let Some(n) = parts.iter().position(|p| p.node.holds(pane)) else { return false };
        if parts[n].node.resize(pane, axis, by, length) {
            return true;
        }
        if *own != axis {
            return false;
        }
        let now: Vec<u16> = parts.iter().map(|p| length(&p.node)).collect();
        // What it gains its neighbour loses: the next one that is shown, or the one before the last.
        let shown = |at: &usize| now[*at] > 0;
        let Some(other) = (n + 1..parts.len()).find(shown).or_else(|| (0..n).rev().find(shown)) else {
            return false;
        };
        let least = if axis == Axis::Columns { super::NARROWEST } else { super::LOWEST };
        let room = |at: usize| i16::try_from(now[at].saturating_sub(least)).unwrap_or(0);
        let gained = by.clamp(-room(n), room(other));
        for (at, part) in parts.iter_mut().enumerate() {
            let change = if at == n {
                gained
            } else if at == other {
                -gained
            } else {
                0
            };
            part.weigh(now[at].saturating_add_signed(change));
        }
        true
    }

    /// Gives all parts of every split the same share.
    pub fn balance(&mut self) {
        if let Self::Split { parts, .. } = self {
            for part in parts {
                part.weigh(1);
                part.node.balance();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PaneId as P;

    fn columns(panes: &[P]) -> Node {
        let parts = panes.iter().map(|p| Part::new(Node::Pane(*p), 1)).collect();
        Node::Split { axis: Axis::Columns, parts }
    }

    fn weights(node: &Node) -> Vec<u16> {
        let Node::Split { parts, .. } = node else { panic!("a split") };
        parts.iter().map(|p| p.weight).collect()
    }

    #[test]
    fn a_split_takes_half_of_the_place_and_closes_again() {
        let mut tree = columns(&[P::Pods, P::Alerts]);
        tree.split(P::Pods, Axis::Columns, P::Extra1);
        assert_eq!(tree.panes(), [P::Pods, P::Extra1, P::Alerts]);
        assert_eq!(weights(&tree), [1, 1, 2], "the others keep their share");
        tree.split(P::Alerts, Axis::Rows, P::Extra2);
        assert_eq!(tree.panes(), [P::Pods, P::Extra1, P::Alerts, P::Extra2]);
        let tree =
            tree.keep(&|p| p != P::Extra2).and_then(|t| t.keep(&|p| p != P::Extra1)).expect("two are left");
        assert_eq!(tree.panes(), [P::Pods, P::Alerts]);
        assert_eq!(tree.keep(&|_| false), None);
    }

    #[test]
    fn resizing_takes_from_the_neighbour_and_leaves_it_the_least() {
        let mut tree = columns(&[P::Pods, P::Alerts, P::Leases]);
        let length = |_: &Node| 40;
        assert!(tree.resize(P::Pods, Axis::Columns, 4, &length));
        assert_eq!(weights(&tree), [44, 36, 40]);
        assert!(tree.resize(P::Leases, Axis::Columns, 100, &length));
        assert_eq!(weights(&tree), [40, 16, 64], "the last takes from the one before it");
        assert!(!tree.resize(P::Pods, Axis::Rows, 1, &length), "there are no rows");
        tree.balance();
        assert_eq!(weights(&tree), [1, 1, 1]);
    }

    #[test]
    fn panes_change_places() {
        let mut tree = columns(&[P::Pods, P::Alerts, P::Leases]);
        tree.swap(P::Pods, P::Leases);
        assert_eq!(tree.panes(), [P::Leases, P::Alerts, P::Pods]);
    }
}
