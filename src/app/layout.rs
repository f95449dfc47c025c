//! Where everything is on a screen of a given size.

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
}

impl PaneId {
    /// Every pane.
    pub const ALL: [Self; 7] = [
        Self::Environments,
        Self::Applications,
        Self::Pods,
        Self::Alerts,
        Self::Leases,
        Self::Logs,
        Self::Changes,
    ];
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
    /// Lines that sum up the panes that are not shown; empty on wide screens.
    pub overview: Area,
    /// Panes shown.
    pub panes: Vec<Placed>,
    /// Vertical lines between panes.
    pub rules: Vec<Area>,
    /// The line of keys below.
    pub footer: Area,
}

impl Layout {
    /// Where a pane is, if it is shown.
    pub fn area(&self, pane: PaneId) -> Option<Area> {
        self.panes.iter().find(|p| p.pane == pane).map(|p| p.area)
    }
}

/// From here on all panes are side by side.
pub const WIDE: Size = Size { width: 118, height: 28 };

/// Divides the screen; `present` tells which panes have anything to show, `environments` how many there are.
pub fn arrange(
    size: Size,
    active: PaneId,
    zoom: bool,
    present: impl Fn(PaneId) -> bool,
    environments: usize,
) -> Layout {
    let Size { width, height } = size;
    let mut layout = Layout::default();
    if width == 0 || height == 0 {
        return layout;
    }
    let (header, footer) = (u16::from(height >= 3), u16::from(height >= 2));
    layout.header = Area::new(0, 0, width, header);
    layout.footer = Area::new(0, height - footer, width, footer);
    let body = Area::new(0, header, width, height - header - footer);
    let wide = width >= WIDE.width && height >= WIDE.height;
    if zoom || !wide {
        let lines = if zoom || height < 12 || width < 40 { 0 } else { 2 };
        layout.overview = Area::new(0, body.y, width, lines);
        let area = Area::new(0, body.y + lines, width, body.height - lines);
        layout.panes.push(Placed { pane: active, area });
        return layout;
    }
    columns(&mut layout, body, &present, environments);
    layout
}

/// Three columns and the logs below them.
fn columns(layout: &mut Layout, body: Area, present: &impl Fn(PaneId) -> bool, environments: usize) {
    let share = |of: u16, percent: u32, low: u16, high: u16| {
        u16::try_from(u32::from(of) * percent / 100).unwrap_or(of).clamp(low, high)
    };
    let logs = if present(PaneId::Logs) { share(body.height, 24, 6, 24) } else { 0 };
    let upper = body.height - logs;
    let left = share(body.width, 18, 25, 44);
    let right = share(body.width, 30, 38, 84);
    let middle = body.width - left - right - 2;
    let mut column = |x: u16, width: u16, panes: &[(PaneId, u16)]| {
        let mut y = body.y;
        let shown: Vec<_> = panes.iter().filter(|(p, _)| present(*p)).collect();
        for (n, (pane, wanted)) in shown.iter().enumerate() {
            let left_over = body.y + upper - y;
            let height = if n + 1 == shown.len() { left_over } else { (*wanted).min(left_over) };
            layout.panes.push(Placed { pane: *pane, area: Area::new(x, y, width, height) });
            y += height;
        }
    };
    let some = u16::try_from(environments).unwrap_or(u16::MAX).saturating_add(2).clamp(3, (upper / 3).max(3));
    column(0, left, &[(PaneId::Environments, some), (PaneId::Leases, upper)]);
    column(left + 1, middle, &[(PaneId::Applications, upper * 45 / 100), (PaneId::Pods, upper)]);
    column(left + middle + 2, right, &[(PaneId::Alerts, upper * 45 / 100), (PaneId::Changes, upper)]);
    layout.rules.push(Area::new(left, body.y, 1, upper));
    layout.rules.push(Area::new(left + middle + 1, body.y, 1, upper));
    if logs > 0 {
        let area = Area::new(body.x, body.y + upper, body.width, logs);
        layout.panes.push(Placed { pane: PaneId::Logs, area });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn panes_never_leave_the_screen_or_overlap(
            width in 0u16..400, height in 0u16..120, active in 0usize..7, zoom: bool, hidden in 0u8..128, envs in 0usize..60
        ) {
            let present = |p: PaneId| p == PaneId::Environments || hidden & (1 << p as u8) == 0;
            let layout = arrange(Size { width, height }, PaneId::ALL[active], zoom, present, envs);
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
        }
    }

    #[test]
    fn all_seven_panes_from_120_by_40() {
        for (width, height) in [(120, 40), (160, 45), (200, 60), (320, 90)] {
            let layout = arrange(Size { width, height }, PaneId::Pods, false, |_| true, 3);
            assert_eq!(layout.panes.len(), 7, "{width}x{height}");
            assert!(layout.panes.iter().all(|p| p.area.height >= 3 && p.area.width >= 20), "{layout:?}");
        }
        assert_eq!(arrange(Size { width: 80, height: 24 }, PaneId::Pods, false, |_| true, 3).panes.len(), 1);
    }
}
