//! What is around the panes: the line of state above, the line of keys below, the lines between.

mod footer;
mod overview;

pub(super) use footer::footer;
pub(super) use overview::{overview, unread};

use ratatui::style::Style;

use super::{
    field,
    pen::{Pen, width},
};
use crate::{
    app::{Area, Layout, PaneId, State, format, pulses},
    model::{Environment, Severity},
    theme::Role,
    triage::Focus,
};

/// The badge of an environment: its name in its colour, and unmistakable without one.
pub(super) fn badge(pen: &Pen<'_>, env: &Environment) -> (String, Style) {
    let name =
        if env.tier == crate::model::Tier::Prod { env.name.to_uppercase() } else { env.name.to_string() };
    let text = if pen.ascii { format!("[{name}]") } else { format!("▌{name}▐") };
    (text, pen.theme.tier(env.tier, env.color.as_deref()))
}

/// Where we are, who we are, how old each system's data is, what time it is.
pub(super) fn header(state: &State, pen: &mut Pen<'_>) {
    let area = state.layout().header;
    if area.height == 0 {
        return;
    }
    let (dim, strong) = (pen.style(Role::Dim), pen.style(Role::Strong));
    let clock = format!("{} UTC", format::clock(state.now));
    let mut end = area.width.saturating_sub(1);
    if area.width >= 30 {
        end = end.saturating_sub(pen.put_right(end, area.y, 9, &clock, strong) + 2);
    }
    end = ages(state, area, end, pen);
    let mut at = 1.min(area.width);
    if area.width >= 100 {
        at += pen.put(at, area.y, 7, "vigie  ", pen.style(Role::Accent));
    }
    at += place(state, at, area.y, end.saturating_sub(at), pen);
    if !state.identity.is_empty() {
        let room = end.saturating_sub(at + 3);
        if room >= 8 {
            pen.put(at + 3, area.y, room, &state.identity, dim);
        }
    }
}

/// The environment and what the screen is about.
fn place(state: &State, x: u16, y: u16, room: u16, pen: &mut Pen<'_>) -> u16 {
    let mut at = 0;
    let mut put = |pen: &mut Pen<'_>, text: &str, style: Style| {
        at += pen.put(x + at, y, room.saturating_sub(at), text, style);
    };
    // What is set aside comes before all else, however little room there is.
    let glass = broken(state, pen);
    let left = room.saturating_sub(glass.iter().map(|(text, _)| width(text) + 1).sum());
    for (text, style) in &glass {
        put(pen, text, *style);
        put(pen, " ", pen.style(Role::Text));
    }
    match state.current_environment() {
        Some(env) => {
            let (text, style) = badge(pen, env);
            put(pen, &text, style);
        }
        None => {
            for (n, (text, style)) in badges(state, left, pen).iter().enumerate() {
                put(pen, if n == 0 { "" } else { " " }, pen.style(Role::Text));
                put(pen, text, *style);
            }
        }
    }
    let about = match &state.focus {
        Focus::Everything => "everything".to_owned(),
        Focus::Environment(_) => "all of it".to_owned(),
        Focus::Entity(key) => state.name_of(key),
    };
    put(pen, "  ", pen.style(Role::Text));
    put(pen, &about, pen.style(Role::Strong));
    if state.pinned {
        put(pen, " pinned", pen.style(Role::Accent));
    }
    if state.attention.quiet {
        put(pen, " quiet", pen.style(Role::Accent));
    }
    at
}

/// Which policies are set aside and for how long: in the colour of production, whatever the environment's is.
fn broken(state: &State, pen: &Pen<'_>) -> Vec<(String, Style)> {
    let here = state.current_environment().map(|env| &env.name);
    let text = |env: &Environment| {
        let left = env.policy.broken(state.now)?.left(state.now);
        let name = if here == Some(&env.name) { String::new() } else { format!(" {}", env.name) };
        let text = format!("BREAK-GLASS{name} {left}");
        Some(if pen.ascii { format!("[{text}]") } else { format!("▌{text}▐") })
    };
    let style = pen.theme.tier(crate::model::Tier::Prod, None);
    state.store.environments.iter().filter_map(text).map(|text| (text, style)).collect()
}

/// The badges of all environments, or of as many as there is room for, production first, and how many more there are.
fn badges(state: &State, room: u16, pen: &Pen<'_>) -> Vec<(String, Style)> {
    const COUNT: u16 = 4;
    let all: Vec<&Environment> = state.store.environments.iter().collect();
    let taken = |envs: &[&Environment]| envs.iter().map(|e| width(&badge(pen, e).0) + 1).sum::<u16>();
    if taken(&all) <= room + 1 {
        return all.iter().map(|e| badge(pen, e)).collect();
    }
    let mut kept = all.clone();
    kept.sort_by_key(|e| std::cmp::Reverse(e.tier));
    while kept.len() > 1 && taken(&kept) + COUNT > room {
        kept.pop();
    }
    let mut out: Vec<_> = kept.iter().map(|e| badge(pen, e)).collect();
    out.push((format!("+{}", all.len() - kept.len()), pen.style(Role::Strong)));
    out
}

/// How each kind of system fares: `argo ✓`, `prom ✗ 3m`; where the leftmost one begins.
///
/// On wide screens each has a place of its own that holds its age too, so that nothing moves when an age comes or
/// goes. On narrow ones only what is not well is named, and the rest is counted.
fn ages(state: &State, area: Area, end: u16, pen: &mut Pen<'_>) -> u16 {
    const AGE: u16 = 5;
    const ROOMY: u16 = 150;
    const NARROW: u16 = 112;
    let dim = pen.style(Role::Dim);
    let mut end = end;
    let mut well = 0;
    for pulse in pulses(&state.store, state.focus_scope(), state.now).iter().rev() {
        if area.width < NARROW && matches!(pulse.severity, Severity::Ok | Severity::Quiet) {
            well += u32::from(pulse.severity == Severity::Ok);
            continue;
        }
        let told = area.width >= ROOMY || pulse.severity.is_problem();
        let old = pulse.age.filter(|age| told && age.as_secs() >= 10);
        let age = old.map_or(String::new(), |age| {
            // In steps, so that nothing is drawn for a second more.
            let secs = age.as_secs();
            format!(
                " {}",
                format::age(std::time::Duration::from_secs(if secs < 100 { secs / 10 * 10 } else { secs }))
            )
        });
        let waits = pulse.severity == Severity::Active && pulse.age.is_none();
        let sign = if waits { pen.more() } else { pen.sign(pulse.severity) };
        let name = pulse.kind.short();
        let place = if area.width >= ROOMY { AGE } else { width(&age) };
        let taken = width(name) + 1 + width(sign) + place;
        if end < taken + area.width * 3 / 10 {
            break;
        }
        let x = end - taken;
        let style = pen.theme.severity(pulse.severity);
        let rest = format!("{sign}{age}");
        let at = pen.put(x, area.y, taken, name, dim);
        pen.put(x + at + 1, area.y, taken, &rest, style);
        end = x.saturating_sub(if (NARROW..ROOMY).contains(&area.width) { 2 } else { 1 });
    }
    if well > 0 {
        let text = format!("{well} {}", pen.sign(Severity::Ok));
        end = end.saturating_sub(pen.put_right(end, area.y, 6, &text, pen.style(Role::Ok)) + 2);
    }
    end
}

/// Lines between the columns, joined to the titles' lines and to one another.
pub(super) fn rules(layout: &Layout, pen: &mut Pen<'_>) {
    let style = pen.style(Role::Border);
    let ruled = |x: u16, y: u16| layout.rules.iter().any(|r| r.x == x && (r.y..r.y + r.height).contains(&y));
    let titled = |x: u16, y: u16| {
        layout.panes.iter().any(|p| p.area.y == y && (p.area.x..p.area.x + p.area.width).contains(&x))
    };
    for rule in &layout.rules {
        // One line more than it is long: where it ends on the title of a pane below it.
        for y in rule.y..=rule.y + rule.height {
            let end = y == rule.y + rule.height;
            if end && (!titled(rule.x, y) || ruled(rule.x, y)) {
                continue;
            }
            let up = end || y > rule.y || y > 0 && ruled(rule.x, y - 1);
            let down =
                !end && (y + 1 < rule.y + rule.height || ruled(rule.x, y + 1) || titled(rule.x, y + 1));
            let left = rule.x > 0 && titled(rule.x - 1, y);
            let right = titled(rule.x + 1, y);
            let Some(cell) = pen.buf.cell_mut((rule.x, y)) else { continue };
            // Words of a title are not crossed out.
            if end && !matches!(cell.symbol(), "─" | "-") {
                continue;
            }
            cell.set_symbol(joint([up, down, left, right], pen.ascii)).set_style(style);
        }
    }
}

/// The sign of lines that go up, down, to the left and to the right.
const fn joint(to: [bool; 4], ascii: bool) -> &'static str {
    let [up, down, left, right] = to;
    match (ascii, up, down, left, right) {
        (true, _, _, false, false) => "|",
        (true, ..) => "+",
        (_, false, _, true, true) => "┬",
        (_, true, false, true, true) => "┴",
        (_, true, true, true, true) => "┼",
        (_, _, _, true, false) => "┤",
        (_, _, _, false, true) => "├",
        (_, _, _, false, false) => "│",
    }
}

/// Where the cursor stands while a filter is typed.
pub(super) fn typing_cursor(state: &State) -> Option<(u16, u16)> {
    let typing = state.typing.as_ref()?;
    let area = state.layout().footer;
    let at = 1 + width(typing.purpose.prompt());
    let room = area.width.saturating_sub(at);
    (area.height > 0).then(|| (at + field::cursor(&typing.input, room), area.y))
}

/// What a pane is about, for its title: ` of appointments`.
pub(super) fn about(state: &State, pane: PaneId) -> String {
    if pane == PaneId::Environments {
        return String::new();
    }
    match state.focus_of(pane) {
        Focus::Everything => String::new(),
        Focus::Environment(name) => format!(" in {name}"),
        Focus::Entity(key) => format!(" of {}", state.name_of(&key)),
    }
}

/// Whether something is selected in a pane by hand.
pub(super) fn is_selected(state: &State, pane: PaneId, at: usize) -> bool {
    let p = state.pane(pane);
    p.cursor == at && p.selected.is_some()
}
