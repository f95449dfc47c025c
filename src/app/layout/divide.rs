//! A tree of splits laid out in an area.

use super::{Area, Axis, Node, PaneId, Part, Placed};

/// The places of a tree's panes, and the lines between columns.
pub(super) fn divide(tree: &Node, area: Area, environments: usize) -> (Vec<Placed>, Vec<Area>) {
    let mut out = (Vec::new(), Vec::new());
    walk(tree, area, environments, &mut out);
    out
}

fn walk(node: &Node, area: Area, environments: usize, out: &mut (Vec<Placed>, Vec<Area>)) {
    let (axis, parts) = match node {
        Node::Pane(pane) => return out.0.push(Placed { pane: *pane, area }),
        Node::Split { axis, parts } => (*axis, parts),
    };
    let gaps =
        if axis == Axis::Columns { u16::try_from(parts.len()).unwrap_or(1).saturating_sub(1) } else { 0 };
    let length = if axis == Axis::Columns { area.width } else { area.height };
    let wants: Vec<Want> = parts.iter().map(|p| Want::of(p, length, environments)).collect();
    let mut at = 0;
    for (n, (part, size)) in parts.iter().zip(sizes(length.saturating_sub(gaps), &wants)).enumerate() {
        let place = match axis {
            Axis::Columns => Area::new(area.x + at, area.y, size, area.height),
            Axis::Rows => Area::new(area.x, area.y + at, area.width, size),
        };
        walk(&part.node, place, environments, out);
        at += size;
        if axis == Axis::Columns && n + 1 < parts.len() && at < length {
            out.1.push(Area::new(area.x + at, area.y, 1, area.height));
            at += 1;
        }
    }
}

/// What a part of a split wants of its length.
#[derive(Clone, Copy, Debug)]
struct Want {
    weight: u32,
    least: u16,
    most: u16,
}

impl Want {
    fn of(part: &Part, length: u16, environments: usize) -> Self {
        if part.fits && part.node == Node::Pane(PaneId::Environments) {
            // Its title, a line for each, and one that sets them off; never more than a third.
            let lines = u16::try_from(environments).unwrap_or(u16::MAX).saturating_add(2);
            let lines = lines.clamp(3, (length / 3).max(3));
            return Self { weight: 1, least: lines, most: lines };
        }
        let most = if part.most == 0 { u16::MAX } else { part.most };
        Self { weight: u32::from(part.weight.max(1)), least: part.least.min(most), most }
    }
}

/// Shares a length by weight, each share within its bounds as far as the length allows; the shares fill it.
fn sizes(length: u16, wants: &[Want]) -> Vec<u16> {
    let mut fixed: Vec<Option<u16>> = vec![None; wants.len()];
    loop {
        let taken: u32 = fixed.iter().flatten().map(|s| u32::from(*s)).sum();
        let rest = u32::from(length).saturating_sub(taken);
        let weights: u32 = wants.iter().zip(&fixed).filter(|(_, f)| f.is_none()).map(|(w, _)| w.weight).sum();
        let share = |w: &Want| u16::try_from(rest * w.weight / weights.max(1)).unwrap_or(u16::MAX);
        let free = || wants.iter().enumerate().filter(|(n, _)| fixed[*n].is_none());
        let bound = free()
            .find(|(_, w)| share(w) < w.least)
            .map(|(n, w)| (n, w.least))
            .or_else(|| free().find(|(_, w)| share(w) > w.most).map(|(n, w)| (n, w.most)));
        match bound {
            Some((n, size)) => fixed[n] = Some(size),
            None => {
                let shares: Vec<u16> =
                    wants.iter().zip(&fixed).map(|(w, f)| f.unwrap_or_else(|| share(w))).collect();
                return fill(length, shares, &fixed);
            }
        }
    }
}

/// Gives what rounding left over to the last that is free, and takes what is missing from the end.
fn fill(length: u16, mut shares: Vec<u16>, fixed: &[Option<u16>]) -> Vec<u16> {
    let total: u32 = shares.iter().map(|s| u32::from(*s)).sum();
    let last = fixed.iter().rposition(Option::is_none).or_else(|| shares.len().checked_sub(1));
    if let (Some(last), Ok(over)) = (last, u16::try_from(u32::from(length).saturating_sub(total))) {
        shares[last] += over;
    }
    let mut left = length;
    for share in &mut shares {
        *share = (*share).min(left);
        left -= *share;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn want(weight: u32, least: u16, most: u16) -> Want {
        Want { weight, least, most }
    }

    #[test]
    fn shares_follow_weights_within_bounds() {
        assert_eq!(sizes(100, &[want(1, 0, 99), want(3, 0, 99)]), [25, 75]);
        assert_eq!(sizes(100, &[want(1, 40, 99), want(3, 0, 99)]), [40, 60]);
        assert_eq!(sizes(100, &[want(3, 0, 24), want(1, 0, 99)]), [24, 76]);
        assert_eq!(
            sizes(10, &[want(1, 8, 99), want(1, 8, 99)]),
            [8, 2],
            "what is missing is missing at the end"
        );
    }

    proptest::proptest! {
        #[test]
        fn shares_fill_the_length(
            length in 0u16..400, wants in proptest::collection::vec((1u32..200, 0u16..60, 0u16..90), 1..6)
        ) {
            let wants: Vec<_> = wants.into_iter().map(|(w, l, m)| want(w, l, m.max(l))).collect();
            proptest::prop_assert_eq!(sizes(length, &wants).iter().sum::<u16>(), length);
        }
    }
}
