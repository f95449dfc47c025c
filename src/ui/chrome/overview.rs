//! The panes that have no place, in a few words each.

use ratatui::style::Style;

use crate::{
    app::{Area, Command, Layout, PaneId, Row, SUMS, State, Subject, format},
    model::Severity,
    theme::Role,
    ui::pen::{Pen, width},
};

/// The key of a pane, and a short word for what it lists.
fn label(state: &State, pane: PaneId) -> String {
    let word = match state.pane(pane).subject {
        Subject::Environments => "envs",
        Subject::Applications => "apps",
        Subject::Matrix => "matrix",
        other => &other.title().to_lowercase(),
    };
    match key_of(state, pane) {
        Some(key) => format!("{key} {word}"),
        None => word.to_owned(),
    }
}

/// The keys that go to a pane, written as one word.
fn key_of(state: &State, pane: PaneId) -> Option<String> {
    let go = match pane {
        PaneId::Environments => Command::GoEnvironments,
        PaneId::Applications => Command::GoApplications,
        PaneId::Pods => Command::GoPods,
        PaneId::Alerts => Command::GoAlerts,
        PaneId::Leases => Command::GoLeases,
        PaneId::Logs => Command::GoLogs,
        PaneId::Changes => Command::GoChanges,
        _ => return None,
    };
    let binding = state.settings.keys.key_for(&state.pane_contexts(), |r| *r == go)?;
    Some(binding.on.iter().map(ToString::to_string).collect())
}

/// The panes that have no place, each with what is worst in it. Each has its share of the line by its kind, whatever
/// it has to say, so that nothing moves when it says something else.
pub(in crate::ui) fn overview(state: &State, layout: &Layout, pen: &mut Pen<'_>) {
    let area = layout.overview;
    let mut rest = &layout.listed[..];
    for n in 0..area.height {
        let lines = usize::from(area.height - n);
        let (line, after) = rest.split_at(first_of(rest, lines));
        rest = after;
        let total: u32 = line.iter().map(|p| u32::from(SUMS[*p as usize])).sum();
        let mut x = 1;
        for pane in line {
            let share =
                u32::from(area.width.saturating_sub(1)) * u32::from(SUMS[*pane as usize]) / total.max(1);
            let slot = u16::try_from(share).unwrap_or(0).min(2 * SUMS[*pane as usize]);
            sum(state, *pane, Area::new(x, area.y + n, slot.saturating_sub(1), 1), pen);
            x += slot;
        }
    }
}

/// How many of the panes go into the first of so many lines for these to be about as long.
fn first_of(panes: &[PaneId], lines: usize) -> usize {
    let all: u32 = panes.iter().map(|p| u32::from(SUMS[*p as usize])).sum();
    let mut taken = 0;
    let fits = |p: &&PaneId| {
        let half = u32::from(SUMS[**p as usize]) / 2;
        let fits = lines == 1 || (taken + half) * u32::try_from(lines).unwrap_or(1) <= all;
        taken += u32::from(SUMS[**p as usize]);
        fits
    };
    panes.iter().take_while(fits).count()
}

/// A pane in a few words.
fn sum(state: &State, pane: PaneId, area: Area, pen: &mut Pen<'_>) {
    let Area { x, y, width: room, .. } = area;
    let style = pen.style(if pane == state.active { Role::Accent } else { Role::Dim });
    let mut at = pen.put(x, y, room, &label(state, pane), style);
    let rows = &state.pane(pane).rows;
    let (critical, warning) = match pane {
        PaneId::Environments => {
            let worst =
                |s| (0..state.store.environments.len()).filter(|n| state.summary(*n).severity == s).count();
            (worst(Severity::Critical), worst(Severity::Warning))
        }
        _ => (rows.critical, rows.warning),
    };
    let mut pieces: Vec<(String, Style)> = Vec::new();
    for (count, severity) in [(critical, Severity::Critical), (warning, Severity::Warning)] {
        if count > 0 {
            let text = format!(" {}{}", pen.sign(severity), format::count(count));
            pieces.push((text, pen.theme.severity(severity)));
        }
    }
    let unread = unread(state, pane);
    if unread > 0 {
        // Of changes most are no problem: what is new says more than how bad it is.
        let at = if pane == PaneId::Changes { 0 } else { pieces.len() };
        let word = if pane == PaneId::Changes { format!(" +{unread}") } else { format!(" {unread} new") };
        pieces.insert(at, (word, pen.style(Role::Accent)));
    }
    for (text, style) in pieces {
        // Half a number is a wrong one.
        if at + width(&text) <= room {
            at += pen.put(x + at, y, room - at, &text, style);
        }
    }
    let more = gist(state, pane);
    pen.put(x + at, y, room.saturating_sub(at), &more, pen.style(Role::Dim));
}

/// How many of what a pane lists came since it was last looked at.
pub(in crate::ui) fn unread(state: &State, pane: PaneId) -> usize {
    match state.pane(pane).subject {
        Subject::Alerts => state.attention.unread(),
        Subject::Changes => state.attention.new_changes(&state.timeline),
        _ => 0,
    }
}

/// The most telling row of a pane in a few words.
fn gist(state: &State, pane: PaneId) -> String {
    let rows = &state.pane(pane).rows;
    match pane {
        PaneId::Environments => String::new(),
        PaneId::Logs => match state.logs.len() {
            0 => String::new(),
            n => format!(" {}", format::count(n)),
        },
        PaneId::Changes => format!(" {}", format::count(rows.total)),
        _ if rows.critical + rows.warning == 0 => format!(" {}", format::count(rows.total)),
        _ => {
            let first = rows.listed().find_map(|r| match r {
                Row::Application(n) => {
                    state.store.applications.at(n as usize).map(|a| a.key.name.to_string())
                }
                Row::Alert(n) => state.store.alerts.at(n as usize).map(|a| a.name.to_string()),
                Row::Pod(n) => state.store.pods.at(n as usize).map(|p| p.reason.to_string()),
                Row::Lease(n) => state.store.leases.at(n as usize).map(|l| {
                    let left = l.expires.map_or(String::new(), |end| format::left(end.since(state.now)));
                    // The last part is random, the one before it says which credential it is.
                    format!("{left} {}", l.key.name.rsplit('/').nth(1).unwrap_or(&l.key.name))
                }),
                _ => None,
            });
            first.map_or(String::new(), |f| format!(" {f}"))
        }
    }
}
