//! Where everything is on a screen of a given size.

mod divide;
mod tree;

pub use tree::{Axis, Node, Part};

/// A size in cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Lines.
    pub height: u16,
}

/// A piece of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Area {
    /// Left column.
    pub x: u16,
    /// Top line.
    pub y: u16,
    /// Columns.
    pub width: u16,
    /// Lines.
    pub height: u16,
}

impl Area {
    /// An area of a position and a size.
    pub const fn new(x: u16, y: u16, width: u16, height: u16) -> Self {
        Self { x, y, width, height }
    }

    /// Whether a cell is in it.
    pub const fn holds(self, x: u16, y: u16) -> bool {
        x >= self.x && y >= self.y && x - self.x < self.width && y - self.y < self.height
    }

    /// An area of at most this size in the middle, one third from the top when there is room.
    pub fn centred(self, width: u16, height: u16) -> Self {
        let (width, height) = (width.min(self.width), height.min(self.height));
        let (free_x, free_y) = (self.width - width, self.height - height);
        Self { x: self.x + free_x / 2, y: self.y + free_y / 3, width, height }
    }
}

/// The panes of the screen, in the order of their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PaneId {
    /// Environments.
    Environments,
    /// Applications.
    Applications,
    /// Pods, or workloads, nodes, namespaces, events.
    Pods,
    /// Alerts, or silences.
    Alerts,
    /// Leases and credentials.
    Leases,
    /// Logs.
    Logs,
    /// Changes.
    Changes,
    /// A pane that was split off and lists what it is told to.
    Extra1,
    /// Another one.
    Extra2,
    /// Another one.
    Extra3,
    /// Another one.
    Extra4,
    /// Another one.
    Extra5,
}

impl PaneId {
    /// Every pane that there can be.
    pub const ALL: [Self; 12] = [
        Self::Environments,
        Self::Applications,
        Self::Pods,
        Self::Alerts,
        Self::Leases,
        Self::Logs,
        Self::Changes,
        Self::Extra1,
        Self::Extra2,
        Self::Extra3,
        Self::Extra4,
        Self::Extra5,
    ];
    /// How many have a number of their own and are always there.
    pub const OWN: usize = 7;

    /// The panes that are always there.
    pub fn own() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().take(Self::OWN)
    }

    /// The panes that can be split off.
    pub fn extra() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().skip(Self::OWN)
    }

    /// Which of the panes that can be split off it is.
    pub const fn slot(self) -> Option<usize> {
        (self as usize).checked_sub(Self::OWN)
    }
}

/// A pane in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Which.
    pub pane: PaneId,
    /// Where, title included.
    pub area: Area,
}

/// The screen divided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The line of state above.
    pub header: Area,
    /// Lines that sum up panes that have no place; empty when all have one.
    pub overview: Area,
    /// The panes that the overview sums up.
    pub listed: Vec<PaneId>,
    /// Panes shown.
    pub panes: Vec<Placed>,
    /// Vertical lines between panes.
    pub rules: Vec<Area>,
    /// The line of keys below.
    pub footer: Area,
    /// Which of the workspace's screens it is; none when one pane is shown alone.
    pub screen: Option<usize>,
}

impl Layout {
    /// Where a pane is, if it is shown.
    pub fn area(&self, pane: PaneId) -> Option<Area> {
        self.panes.iter().find(|p| p.pane == pane).map(|p| p.area)
    }
}

/// An arrangement for screens of at least a size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    /// The least size it is for.
    pub from: Size,
    /// The arrangement.
    pub tree: Node,
}

/// What decides how a screen is divided.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The screen's size.
    pub size: Size,
    /// The pane that takes the keys.
    pub active: PaneId,
    /// Whether it is shown alone.
    pub zoom: bool,
    /// Arrangements, the first that fits is taken.
    pub screens: &'a [Screen],
    /// The pane whose place a pane without one takes while it is looked at.
    pub host: PaneId,
    /// How many environments there are.
    pub environments: usize,
}

/// Columns that a pane takes at least.
const NARROWEST: u16 = 16;
/// Lines that a pane takes at least.
const LOWEST: u16 = 3;
/// Columns that a pane's sum takes in the overview, in the order of the panes' numbers.
pub const SUMS: [u16; PaneId::OWN] = [14, 30, 31, 29, 29, 11, 14];

/// Divides the screen; `present` tells which panes have anything to show.
pub fn arrange(wanted: &Wanted<'_>, present: impl Fn(PaneId) -> bool) -> Layout {
    let Size { width, height } = wanted.size;
    let mut layout = Layout::default();
    if width == 0 || height == 0 {
        return layout;
    }
    let (header, footer) = (u16::from(height >= 3), u16::from(height >= 2));
    layout.header = Area::new(0, 0, width, header);
    layout.footer = Area::new(0, height - footer, width, footer);
    let body = Area::new(0, header, width, height - header - footer);
    let screens = wanted
        .screens
        .iter()
        .enumerate()
        .filter(|(_, s)| !wanted.zoom && s.from.width <= width && s.from.height <= height);
    for (n, screen) in screens {
        if let Some(tree) = screen.tree.keep(&|p| present(p))
            && let Some(placed) = place(&tree, body, wanted, &present)
        {
            return Layout { screen: Some(n), ..placed.over(layout) };
        }
    }
    let lines = if wanted.zoom || height < 16 || width < 60 { 0 } else { 2 };
    layout.overview = Area::new(0, body.y, width, lines);
    layout.listed = if lines == 0 { Vec::new() } else { PaneId::own().filter(|p| present(*p)).collect() };
    let area = Area::new(0, body.y + lines, width, body.height - lines);
    layout.panes.push(Placed { pane: wanted.active, area });
    layout
}

impl Layout {
    /// Its panes with the header and footer of another.
    fn over(self, other: Self) -> Self {
        Self { header: other.header, footer: other.footer, ..self }
    }
}

/// The panes of a tree in the body, if there is room for them all.
fn place(tree: &Node, body: Area, wanted: &Wanted<'_>, present: &impl Fn(PaneId) -> bool) -> Option<Layout> {
    let listed: Vec<PaneId> = PaneId::own().filter(|p| present(*p) && !tree.holds(*p)).collect();
    let needed: u16 = listed.iter().map(|p| SUMS[*p as usize]).sum();
    let lines = if needed == 0 { 0 } else { 1 + u16::from(needed > body.width) };
    let overview = Area::new(body.x, body.y, body.width, lines);
    let rest = Area::new(body.x, body.y + lines, body.width, body.height.checked_sub(lines)?);
    let (panes, rules) = divide::divide(tree, rest, wanted.environments);
    if panes.iter().any(|p| p.area.width < NARROWEST || p.area.height < LOWEST) {
        return None;
    }
    let mut layout = Layout { overview, listed, panes, rules, ..Layout::default() };
    if layout.area(wanted.active).is_none() {
        // A pane without a place is looked at in the place of the one that was left for it.
        let at = layout.panes.iter().position(|p| p.pane == wanted.host).unwrap_or(0);
        layout.panes.get_mut(at)?.pane = wanted.active;
    }
    Some(layout)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::workspace::shipped;

    fn wanted(screens: &[Screen], width: u16, height: u16, active: PaneId, zoom: bool) -> Wanted<'_> {
        let host = PaneId::Applications;
        Wanted { size: Size { width, height }, active, zoom, screens, host, environments: 3 }
    }

    proptest::proptest! {
        #[test]
        fn panes_never_leave_the_screen_or_overlap(
            width in 0u16..400, height in 0u16..120, active in 0usize..12, zoom: bool, hidden in 0u16..4096,
            environments in 0usize..60, workspace in 0usize..6, anywhere: bool,
        ) {
            let present = |p: PaneId| p == PaneId::Environments || hidden & (1 << p as u16) == 0;
            let mut shipped = shipped();
            let at = workspace % shipped.len();
            let mut workspace = shipped.swap_remove(at);
            if anywhere {
                workspace.screens.iter_mut().for_each(|s| s.from = Size::default());
            }
            let active = PaneId::ALL[active];
            let layout = arrange(
                &Wanted { environments, ..wanted(&workspace.screens, width, height, active, zoom) }, present);
            let mut taken = vec![false; usize::from(width) * usize::from(height)];
            let areas = layout.panes.iter().map(|p| p.area).chain(layout.rules.iter().copied());
            for a in areas.chain([layout.header, layout.overview, layout.footer]) {
                for y in a.y..a.y + a.height {
                    for x in a.x..a.x + a.width {
                        proptest::prop_assert!(x < width && y < height);
                        let cell = &mut taken[usize::from(y) * usize::from(width) + usize::from(x)];
                        proptest::prop_assert!(!*cell, "{},{} is taken twice", x, y);
                        *cell = true;
                    }
                }
            }
            proptest::prop_assert!(taken.iter().all(|t| *t), "nothing of the screen is left over");
            if width > 0 && height > 0 {
                proptest::prop_assert!(layout.area(active).is_some(), "the active pane is always shown");
            }
        }
    }

    #[test]
    fn all_seven_panes_from_120_by_40() {
        let triage = &shipped()[0];
        for (width, height) in [(120, 40), (160, 45), (200, 60), (320, 90)] {
            let layout = arrange(&wanted(&triage.screens, width, height, PaneId::Pods, false), |_| true);
            assert_eq!(layout.panes.len(), 7, "{width}x{height}");
            assert!(layout.panes.iter().all(|p| p.area.height >= 3 && p.area.width >= 20), "{layout:?}");
            assert_eq!(layout.overview.height, 0, "all have a place, nothing is summed up");
        }
        let small = arrange(&wanted(&triage.screens, 80, 24, PaneId::Pods, false), |_| true);
        assert_eq!((small.panes.len(), small.listed.len()), (1, 7));
    }

    #[test]
    fn a_pane_without_a_place_is_shown_in_its_host() {
        let triage = &shipped()[0];
        let at = |active| arrange(&wanted(&triage.screens, 100, 30, active, false), |_| true);
        let (usual, leases) = (at(PaneId::Alerts), at(PaneId::Leases));
        assert!(usual.listed.contains(&PaneId::Leases) && leases.listed.contains(&PaneId::Leases));
        assert_eq!(leases.area(PaneId::Leases), usual.area(PaneId::Applications));
        assert_eq!(leases.area(PaneId::Applications), None);
    }
}
