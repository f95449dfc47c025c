//! What is around the panes: the line of state above, the line of keys below, the lines between.

use ratatui::style::Style;

use super::{
    field, hints,
    pen::{Pen, width},
};
use crate::{
    app::{
        Area, Command, Item, Layout, Overlay, PaneId, Phase, Purpose, Query, Row, SUMS, Sort, State, Subject,
        Typing, Viewer, format, pulses,
    },
    keymap::{Context, print_sequence},
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
            for (n, (text, style)) in badges(state, room, pen).iter().enumerate() {
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
pub(super) fn overview(state: &State, layout: &Layout, pen: &mut Pen<'_>) {
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
pub(super) fn unread(state: &State, pane: PaneId) -> usize {
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

/// Commands worth showing in the footer for what is selected, most wanted first.
fn useful(state: &State) -> Vec<Command> {
    use Command as C;
    match state.overlays.last() {
        Some(Overlay::Help(_)) => return vec![C::Back, C::Down],
        Some(Overlay::Chooser(chooser)) if chooser.what.is_many() => {
            return vec![C::Toggle, C::Confirm, C::Cancel];
        }
        Some(Overlay::Columns(_)) => {
            return vec![C::Toggle, C::MoveUp, C::MoveDown, C::Reset, C::Confirm, C::Cancel];
        }
        Some(Overlay::Palette(_) | Overlay::Chooser(_) | Overlay::Orders(_) | Overlay::Groups(_)) => {
            return vec![C::Confirm, C::Cancel];
        }
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
            return of_viewer(viewer);
        }
        None => {}
    }
    if state.active == PaneId::Logs {
        let searching = !state.logs.search().is_empty();
        let first = [C::Follow, C::Open, C::LeastLevel, C::PreviousError];
        let search = [C::PreviousMatch, C::OnlyMatches];
        let filter = [C::Include, C::Exclude, C::Range, C::Columns];
        let rest = [C::Wrap, C::LogsPrevious, C::Archive, C::Mark, C::Save, C::Timestamps, C::Zoom];
        let search = search.into_iter().filter(|_| searching);
        return first.into_iter().chain(search).chain(filter).chain(rest).collect();
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
        Some(Kind::Object) => vec![C::Describe, C::Yaml, C::Events, C::Wide],
        Some(_) => vec![C::Why, C::Describe],
        None if is_heading(state) => vec![C::Open, C::FoldAll],
        None => vec![C::Open],
    };
    all.push(C::Zoom);
    all
}

/// What is done with a text, diff or tree.
fn of_viewer(viewer: &Viewer) -> Vec<Command> {
    use Command as C;
    let next = (!viewer.search.is_empty()).then_some(C::NextMatch);
    let (first, rest): (&[C], &[C]) = match viewer.sort {
        Sort::Tree => (&[C::Back, C::Sync, C::Fold, C::NextProblem, C::Filter], &[C::Reload]),
        Sort::Diff => (
            &[C::Back, C::NextChange, C::SideBySide, C::Fold, C::MoreContext, C::Filter],
            &[C::Wrap, C::Copy],
        ),
        Sort::Document if viewer.secret().is_some() => {
            (&[C::Back, C::Reveal, C::CopyValue, C::Fold, C::Filter], &[C::Wrap, C::Copy])
        }
        Sort::Document if viewer.path().is_some() => {
            (&[C::Back, C::Fold, C::Filter], &[C::CopyPath, C::CopyValue, C::Wrap, C::Copy])
        }
        Sort::Document if viewer.has_pointer() => (&[C::Back, C::Fold, C::Filter], &[C::Wrap, C::Copy]),
        Sort::Document => (&[C::Back, C::Filter], &[C::Wrap, C::Copy]),
    };
    first.iter().copied().chain(next).chain(rest.iter().copied()).collect()
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
        Command::Fold => "fold",
        Command::Reveal => "show or hide",
        Command::CopyPath => "path",
        Command::CopyValue => "value",
        Command::SideBySide => "sides",
        Command::MoreContext => "context",
        Command::NextProblem => "problem",
        Command::Reload => "again",
        Command::Wrap => "wrap",
        Command::Wide => "wide",
        Command::Copy => "copy",
        Command::Follow => "follow",
        Command::LeastLevel => "level",
        Command::Include => "only",
        Command::Exclude => "without",
        Command::Range => "range",
        Command::Columns => "columns",
        Command::Mark => "mark",
        Command::Save => "save",
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
        Command::MoveUp => "left",
        Command::MoveDown => "right",
        Command::Reset => "usual",
        Command::FoldAll => "fold all",
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
    let mut at = 1;
    if state.layout().header.height == 0 {
        // Where there is no line above, this one says where we are.
        at += place(state, at, area.y, area.width / 2, pen) + 2;
    }
    let begun = hints::begun(state);
    if !begun.is_empty() && !state.keying.told {
        at += pen.put(at, area.y, area.width.saturating_sub(at), &begun, pen.style(Role::Accent)) + 2;
    }
    if let Some(typing) = &state.typing {
        let rows = &state.pane(state.active).rows;
        let count = format!("{} of {}", format::count(rows.kept()), format::count(rows.total));
        let is_list = state.overlays.is_empty() && state.active != PaneId::Logs;
        let prompt = typing.purpose.prompt();
        let at = 1 + pen.put(1, area.y, area.width.saturating_sub(1), prompt, pen.style(Role::Key));
        let text = pen.style(Role::Text);
        field::draw(&typing.input, at, area.y, area.width.saturating_sub(at), text, pen);
        if is_list && typing.input.text().is_empty() {
            let hint = "word  !word  env=prod  restarts>3  age<2h  sev>=warning  %letters  /regex/";
            pen.put(at + 1, area.y, area.width.saturating_sub(at + 22), hint, pen.style(Role::Dim));
        }
        let for_logs = state.overlays.is_empty() && state.active == PaneId::Logs;
        if for_logs && typing.input.text().is_empty() {
            let hint = match typing.purpose {
                Purpose::Note => "a note, or nothing",
                _ => "word  !word  \"a phrase\"  status>=500  level=error  ~regex",
            };
            pen.put(at + 1, area.y, area.width.saturating_sub(at + 1), hint, pen.style(Role::Dim));
        }
        let problem = if is_list { None } else { wrong(state, typing) };
        if let Some(problem) = problem {
            let room = area.width / 2;
            pen.put_right(area.width.saturating_sub(1), area.y, room, &problem, pen.style(Role::Warning));
        }
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
            Command::Open if is_heading(state) => "fold or unfold",
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

/// Whether the heading of a group is selected.
fn is_heading(state: &State) -> bool {
    state.overlays.is_empty() && matches!(state.selected(), Some(Item::Group(_)))
}

/// What the key that switches does here.
fn toggled(state: &State) -> &'static str {
    match state.overlays.last() {
        Some(Overlay::Resources(_)) => "mark",
        Some(Overlay::Columns(_)) => "show",
        Some(Overlay::Sheet(sheet)) if sheet.list().is_some() => "choose",
        _ => "switch",
    }
}

/// Whether the sheet on top shows an action that was confirmed.
fn is_confirmed(state: &State) -> bool {
    let Some(Overlay::Sheet(sheet)) = state.overlays.last() else { return false };
    matches!(sheet.phase, Phase::Running { .. } | Phase::Ended { .. })
}

/// What is wrong with what is typed for the logs.
fn wrong(state: &State, typing: &Typing) -> Option<String> {
    let is_query = state.overlays.is_empty() && typing.purpose != Purpose::Note;
    let query = Query::new(if is_query { typing.input.text() } else { "" });
    query.problem().map(str::to_owned)
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

/// Whether rows of several environments can stand in a pane.
pub(super) fn several(state: &State, pane: PaneId) -> bool {
    state.store.environments.len() > 1 && matches!(state.focus_of(pane), Focus::Everything)
}

/// Whether something is selected in a pane by hand.
pub(super) fn is_selected(state: &State, pane: PaneId, at: usize) -> bool {
    let p = state.pane(pane);
    p.cursor == at && p.selected.is_some()
}

/// The contexts that help is about.
pub(super) fn help_contexts(state: &State) -> Vec<Context> {
    let below = state.overlays.iter().rev().find(|o| !matches!(o, Overlay::Help(_)));
    match below {
        Some(Overlay::Sheet(_)) => vec![Context::Sheet],
        Some(Overlay::Picker(_) | Overlay::Chooser(_) | Overlay::Orders(_) | Overlay::Groups(_)) => {
            vec![Context::Picker, Context::Global]
        }
        Some(Overlay::Columns(_)) => vec![Context::Columns, Context::Picker, Context::Global],
        Some(Overlay::Resources(_)) => vec![Context::Resources, Context::Picker, Context::Global],
        Some(Overlay::Viewer(v)) => match v.sort {
            Sort::Document => vec![Context::Document, Context::Global],
            Sort::Diff => vec![Context::Diff, Context::Global],
            Sort::Tree => vec![Context::Tree, Context::Global],
        },
        _ => state.pane_contexts().to_vec(),
    }
}
