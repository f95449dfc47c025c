//! What is around the panes: the line of state above, the line of keys below, the lines between.

use ratatui::style::Style;

use super::pen::{Pen, width};
use crate::{
    app::{Area, Command, Item, Layout, Overlay, PaneId, Phase, Row, Sort, State, format, pulses},
    keymap::{Context, Found, print_sequence},
    model::{Environment, Kind, Severity},
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
    match state.current_environment() {
        Some(env) => {
            let (text, style) = badge(pen, env);
            put(pen, &text, style);
        }
        None => {
            for (n, env) in state.store.environments.iter().enumerate() {
                let (text, style) = badge(pen, env);
                put(pen, if n == 0 { "" } else { " " }, pen.style(Role::Text));
                put(pen, &text, style);
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
    at
}

/// How each kind of system fares: `argo ✓`, `prom ✗ 3m`; where the leftmost one begins.
///
/// On wide screens each has a place of its own that holds its age too, so that nothing moves when an age comes or
/// goes. On narrow ones only what is not well is named, and the rest is counted.
fn ages(state: &State, area: Area, end: u16, pen: &mut Pen<'_>) -> u16 {
    const AGE: u16 = 5;
    const ROOMY: u16 = 150;
    const NARROW: u16 = 100;
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

/// The name of a pane as its number and word.
const NAMES: [(&str, PaneId); 7] = [
    ("1 envs", PaneId::Environments),
    ("2 apps", PaneId::Applications),
    ("3 pods", PaneId::Pods),
    ("4 alerts", PaneId::Alerts),
    ("5 leases", PaneId::Leases),
    ("6 logs", PaneId::Logs),
    ("7 changes", PaneId::Changes),
];

/// The panes that are not shown, each with what is worst in it.
pub(super) fn overview(state: &State, area: Area, pen: &mut Pen<'_>) {
    if area.height == 0 {
        return;
    }
    let shown: Vec<_> = NAMES.iter().filter(|(_, p)| state.has_pane(*p)).collect();
    let first = shown.len().div_ceil(usize::from(area.height));
    for (line, chunk) in (area.y..).zip(shown.chunks(first.max(1))) {
        let slots = u16::try_from(chunk.len()).unwrap_or(1).max(1);
        let slot = area.width.saturating_sub(1) / slots;
        for (n, (name, pane)) in (0..).zip(chunk) {
            let x = 1 + n * slot;
            let active = *pane == state.active;
            let style = pen.style(if active { Role::Accent } else { Role::Dim });
            let room = slot.saturating_sub(1);
            let mut at = pen.put(x, line, room, name, style);
            let rows = &state.pane(*pane).rows;
            for (count, severity) in [(rows.critical, Severity::Critical), (rows.warning, Severity::Warning)]
            {
                if count > 0 {
                    let text = format!(" {}{}", pen.sign(severity), format::count(count));
                    at += pen.put(x + at, line, room.saturating_sub(at), &text, pen.theme.severity(severity));
                }
            }
            let more = gist(state, *pane);
            pen.put(x + at, line, room.saturating_sub(at), &more, pen.style(Role::Dim));
        }
    }
}

/// The most telling row of a pane in a few words.
fn gist(state: &State, pane: PaneId) -> String {
    let rows = &state.pane(pane).rows;
    match pane {
        PaneId::Environments => {
            let bad = (0..state.store.environments.len()).filter(|n| state.summary(*n).critical > 0);
            let names: Vec<_> = bad.map(|n| &*state.store.environments[n].name).collect();
            if names.is_empty() { String::new() } else { format!(" {}", names.join(" ")) }
        }
        PaneId::Logs => match state.logs.len() {
            0 => String::new(),
            n => format!(" {}", format::count(n)),
        },
        PaneId::Changes => format!(" {}", format::count(rows.total)),
        _ if rows.critical + rows.warning == 0 => format!(" {}", format::count(rows.total)),
        _ => {
            let first = rows.shown.iter().find_map(|r| match r {
                Row::Application(n) => {
                    state.store.applications.at(*n as usize).map(|a| a.key.name.to_string())
                }
                Row::Alert(n) => state.store.alerts.at(*n as usize).map(|a| a.name.to_string()),
                Row::Pod(n) => state.store.pods.at(*n as usize).map(|p| p.reason.to_string()),
                Row::Lease(n) => state.store.leases.at(*n as usize).map(|l| {
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

/// Lines between the columns, joined to the titles' lines.
pub(super) fn rules(layout: &Layout, pen: &mut Pen<'_>) {
    let style = pen.style(Role::Border);
    for rule in &layout.rules {
        for y in rule.y..rule.y + rule.height {
            let titled = |side: &dyn Fn(Area) -> bool| {
                layout.panes.iter().any(|p| p.area.y == y && p.area.height > 0 && side(p.area))
            };
            let left = titled(&|a| a.x + a.width == rule.x);
            let right = titled(&|a| a.x == rule.x + 1);
            let first = y == rule.y;
            let symbol = match (pen.ascii, left, right, first) {
                (true, false, false, _) => "|",
                (true, ..) => "+",
                (_, true, true, true) => "┬",
                (_, true, true, false) => "┼",
                (_, true, false, _) => "┤",
                (_, false, true, _) => "├",
                (_, false, false, _) => "│",
            };
            if let Some(cell) = pen.buf.cell_mut((rule.x, y)) {
                cell.set_symbol(symbol).set_style(style);
            }
        }
    }
}

/// Commands worth showing in the footer for what is selected, most wanted first.
fn useful(state: &State) -> Vec<Command> {
    use Command as C;
    match state.overlays.last() {
        Some(Overlay::Palette(_)) => return vec![C::Confirm, C::Cancel],
        Some(Overlay::Help(_)) => return vec![C::Back, C::Down],
        Some(Overlay::Picker(_)) => return vec![C::Confirm, C::Diff, C::Copy, C::Cancel],
        Some(Overlay::Resources(_)) => {
            return vec![C::Confirm, C::Toggle, C::MarkOutOfSync, C::Diff, C::Copy, C::Cancel];
        }
        Some(Overlay::Sheet(sheet)) => {
            return if sheet.running().is_some() {
                vec![C::Cancel, C::Interrupt]
            } else if matches!(sheet.phase, Phase::Ended { .. } | Phase::Unplannable(_)) {
                vec![C::Cancel, C::Undo, C::Diff]
            } else if sheet.list().is_some() {
                vec![C::Toggle, C::NextField, C::Diff, C::Cancel]
            } else if sheet.is_typing() {
                vec![C::Confirm, C::NextField, C::Cancel]
            } else {
                vec![C::Confirm, C::NextField, C::Toggle, C::Diff, C::Cancel]
            };
        }
        Some(Overlay::Viewer(viewer)) => {
            return match viewer.sort {
                Sort::Tree => vec![C::Back, C::Sync, C::Filter],
                _ => vec![C::Back, C::Filter, C::NextMatch, C::Wrap, C::Copy],
            };
        }
        None => {}
    }
    if state.active == PaneId::Logs {
        let searching = !state.logs.filter().is_empty();
        let first = [C::Follow, C::ErrorsOnly, C::PreviousError];
        let search = [C::PreviousMatch, C::OnlyMatches];
        let rest = [C::Wrap, C::Archive, C::LogsPrevious, C::Timestamps, C::Zoom];
        let search = search.into_iter().filter(|_| searching);
        return first.into_iter().chain(search).chain(rest).collect();
    }
    let mut all = match state.target().map(|k| k.kind) {
        Some(Kind::Application) => {
            vec![C::Why, C::Diff, C::Logs, C::Rollback, C::Sync, C::Hold, C::Open]
        }
        Some(Kind::Pod) => vec![C::Why, C::Logs, C::LogsPrevious, C::Describe, C::Yaml, C::Events],
        Some(Kind::Alert) => vec![C::Why, C::Owner, C::Yaml],
        Some(Kind::Change) => vec![C::Why, C::Open],
        Some(k) if k.is_workload() || matches!(k, Kind::Node | Kind::Namespace) => {
            vec![C::Why, C::Logs, C::Describe, C::Yaml, C::Events]
        }
        Some(_) => vec![C::Why, C::Describe],
        None => vec![C::Open],
    };
    all.push(C::Zoom);
    all
}

/// Short words for the footer, where the full title is too long.
const fn word(command: Command) -> &'static str {
    match command {
        Command::Diff => "diff",
        Command::Logs => "logs",
        Command::LogsPrevious => "previous",
        Command::Events => "events",
        Command::Why => "why",
        Command::Hold => "hold",
        Command::Palette => "palette",
        Command::Filter => "filter",
        Command::Help => "keys",
        Command::NextMatch => "next",
        Command::Wrap => "wrap",
        Command::Copy => "copy",
        Command::Follow => "follow",
        Command::ErrorsOnly => "errors",
        Command::PreviousError => "last error",
        Command::PreviousMatch => "last match",
        Command::OnlyMatches => "only matches",
        Command::Archive => "loki",
        Command::PageDown => "more",
        Command::Undo => "undo",
        Command::Timestamps => "times",
        Command::Back => "back",
        Command::Owner => "application",
        Command::Zoom => "zoom",
        Command::MarkOutOfSync => "all OutOfSync",
        Command::Interrupt => "stop",
        other => other.title(),
    }
}

/// What the keys do here, what is typed, what runs.
pub(super) fn footer(state: &State, pen: &mut Pen<'_>) {
    let area = state.layout().footer;
    if area.height == 0 {
        return;
    }
    pen.clear(area);
    if let Some(typing) = &state.typing {
        let rows = &state.pane(state.active).rows;
        let count = format!("{} of {}", format::count(rows.shown.len()), format::count(rows.total));
        let is_list = state.overlays.is_empty() && state.active != PaneId::Logs;
        pen.put(1, area.y, 1, "/", pen.style(Role::Key));
        pen.put(2, area.y, area.width.saturating_sub(2), typing.input.text(), pen.style(Role::Text));
        if is_list {
            pen.put_right(area.width.saturating_sub(1), area.y, 20, &count, pen.style(Role::Dim));
        }
        return;
    }
    let mut end = area.width.saturating_sub(1);
    if let Some(running) = state.running.first() {
        let more =
            if state.running.len() > 1 { format!(" +{}", state.running.len() - 1) } else { String::new() };
        let note =
            if running.note.is_empty() { String::new() } else { format!(" {} {}", pen.dot(), running.note) };
        let (at, of) = running.step;
        let text = format!("{} {} {at}/{of}{note}{more}", pen.sign(Severity::Active), running.title);
        let room = end / 2;
        end = end.saturating_sub(pen.put_right(end, area.y, room, &text, pen.style(Role::Active)) + 2);
    }
    let mut at = 1;
    if let Some((notice, _)) = &state.notice {
        let text = format!("{} {}", pen.sign(notice.severity), notice.text);
        let room = if state.running.is_empty() { end.saturating_sub(at) } else { end / 2 };
        at += pen.put(at, area.y, room, &text, pen.theme.severity(notice.severity)) + 3;
    }
    let contexts = state.contexts();
    if state.overlays.is_empty() && state.running.is_empty() {
        // What always helps stands at the right end, wherever there is room for anything.
        for command in [Command::Help, Command::Filter, Command::Palette] {
            let Some(binding) = state.settings.keys.key_for(&contexts, |r| *r == command) else { continue };
            let key = print_sequence(&binding.on);
            let taken = width(&key) + 1 + width(word(command));
            if end < at + taken + area.width / 3 {
                break;
            }
            let x = end - taken;
            let used = pen.put(x, area.y, taken, &key, pen.style(Role::Key)) + 1;
            pen.put(x + used, area.y, taken, word(command), pen.style(Role::Dim));
            end = x.saturating_sub(2);
        }
    }
    for command in useful(state) {
        let Some(binding) = state.settings.keys.key_for(&contexts, |r| *r == command) else { continue };
        let key = print_sequence(&binding.on);
        let word = match command {
            // Nothing is cancelled by it any more.
            Command::Cancel if is_confirmed(state) => "close",
            Command::Toggle => toggled(state),
            other => word(other),
        };
        let taken = width(&key) + 1 + width(word);
        if at + taken > end {
            break;
        }
        at += pen.put(at, area.y, taken, &key, pen.style(Role::Key)) + 1;
        at += pen.put(at, area.y, taken, word, pen.style(Role::Dim)) + 2;
    }
}

/// What the key that switches does here.
fn toggled(state: &State) -> &'static str {
    match state.overlays.last() {
        Some(Overlay::Resources(_)) => "mark",
        Some(Overlay::Sheet(sheet)) if sheet.list().is_some() => "choose",
        _ => "switch",
    }
}

/// Whether the sheet on top shows an action that was confirmed.
fn is_confirmed(state: &State) -> bool {
    let Some(Overlay::Sheet(sheet)) = state.overlays.last() else { return false };
    matches!(sheet.phase, Phase::Running { .. } | Phase::Ended { .. })
}

/// Where the cursor stands while a filter is typed.
pub(super) fn typing_cursor(state: &State) -> Option<(u16, u16)> {
    let typing = state.typing.as_ref()?;
    let area = state.layout().footer;
    (area.height > 0).then(|| (2 + width(typing.input.split().0), area.y))
}

/// The panel that shows how a sequence can go on.
pub(super) fn hints(state: &State, pen: &mut Pen<'_>) {
    if state.pending.is_empty() {
        return;
    }
    let Found::Prefix(next) = state.settings.keys.find(&state.contexts(), &state.pending) else { return };
    let footer = state.layout().footer;
    let rows: Vec<(String, &str)> =
        next.iter().map(|b| (print_sequence(&b.on[state.pending.len()..]), b.desc.as_str())).collect();
    let widest = rows.iter().map(|(k, d)| width(k) + width(d) + 6).max().unwrap_or(0).min(footer.width);
    let columns = (footer.width / widest.max(1)).clamp(1, 3);
    let lines = u16::try_from(rows.len()).unwrap_or(u16::MAX).div_ceil(columns);
    let height = (lines + 1).min(footer.y);
    let area = Area::new(0, footer.y - height, footer.width, height);
    pen.clear(area);
    pen.line(area.x, area.y, area.width, pen.style(Role::Border));
    let title = format!(" {} ", print_sequence(&state.pending));
    pen.put(1, area.y, area.width.saturating_sub(1), &title, pen.style(Role::Accent));
    for (n, (key, desc)) in (0u16..).zip(&rows) {
        let (column, line) = (n / lines.max(1), n % lines.max(1));
        let (x, y) = (1 + column * widest, area.y + 1 + line);
        if y >= footer.y {
            continue;
        }
        let at = pen.put(x, y, widest, key, pen.style(Role::Key));
        pen.put(x + at + 2, y, widest.saturating_sub(at + 3), desc, pen.style(Role::Text));
    }
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

/// Whether rows of several environments can stand in a pane.
pub(super) fn several(state: &State, pane: PaneId) -> bool {
    state.store.environments.len() > 1 && matches!(state.focus_of(pane), Focus::Everything)
}

/// Whether something is selected in a pane by hand.
pub(super) fn is_selected(state: &State, pane: PaneId, at: usize) -> bool {
    let p = state.pane(pane);
    p.cursor == at && matches!(p.selected, Some(Item::Entity(_) | Item::Environment(_)))
}

/// The contexts that help is about.
pub(super) fn help_contexts(state: &State) -> Vec<Context> {
    let below = state.overlays.iter().rev().find(|o| !matches!(o, Overlay::Help(_)));
    match below {
        Some(Overlay::Sheet(_)) => vec![Context::Sheet],
        Some(Overlay::Picker(_)) => vec![Context::Picker, Context::Global],
        Some(Overlay::Resources(_)) => vec![Context::Resources, Context::Picker, Context::Global],
        Some(Overlay::Viewer(v)) => match v.sort {
            Sort::Document => vec![Context::Document, Context::Global],
            Sort::Diff => vec![Context::Diff, Context::Global],
            Sort::Tree => vec![Context::Tree, Context::Global],
        },
        _ => state.pane_contexts().to_vec(),
    }
}
