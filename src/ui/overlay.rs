//! What lies over the panes: palette, pickers, help, and the plan sheet.

mod bulk;
mod chooser;
mod columns;
mod lines;
mod resources;
mod sheet;

use super::{
    chrome, field,
    pen::{Pen, width},
};
use crate::{
    app::{
        Area, Choice, Command, FilterOrder, Groups, Order, Orders, Overlay, Palette, Picker, PickerBody,
        State, format,
    },
    keymap::{Binding, print_sequence},
    model::{Key, Severity},
    theme::Role,
    triage::timeline::short,
};

/// Draws an overlay.
pub(super) fn draw(state: &State, overlay: &Overlay, pen: &mut Pen<'_>) {
    match overlay {
        Overlay::Palette(palette) => self::palette(state, palette, pen),
        Overlay::Picker(picker) => self::picker(state, picker, pen),
        Overlay::Resources(picker) => self::resources::draw(state, picker, pen),
        Overlay::Help(scroll) => help(state, *scroll, pen),
        Overlay::Sheet(sheet) => self::sheet::draw(state, sheet, pen),
        Overlay::Bulk(sheet) => self::bulk::draw(state, sheet, pen),
        Overlay::Chooser(chooser) => self::chooser::draw(state, chooser, pen),
        Overlay::Orders(orders) => self::orders(state, orders, pen),
        Overlay::Groups(groups) => self::groups(state, groups, pen),
        Overlay::Columns(chooser) => self::columns::draw(state, chooser, pen),
        Overlay::Viewer(_) => {}
    }
}

/// Where the cursor stands in the topmost overlay, if text is typed there.
pub(super) fn cursor(state: &State) -> Option<(u16, u16)> {
    match state.overlays.last()? {
        Overlay::Palette(palette) => {
            let area = palette_area(state, palette);
            (area.height > 2).then(|| {
                let room = area.width.saturating_sub(5);
                (area.x + 3 + field::cursor(&palette.input, room), area.y + 1)
            })
        }
        Overlay::Sheet(sheet) => self::sheet::cursor(state, sheet),
        Overlay::Bulk(sheet) => self::bulk::cursor(state, sheet),
        _ => None,
    }
}

/// The place between header and footer.
fn middle(state: &State) -> Area {
    let layout = state.layout();
    let top = layout.header.y + layout.header.height;
    Area::new(0, top, state.size.width, layout.footer.y.saturating_sub(top))
}

fn palette_area(state: &State, palette: &Palette) -> Area {
    let room = middle(state);
    let wanted = u16::try_from(palette.choices.len()).unwrap_or(u16::MAX).clamp(1, 20) + 3;
    // The height does not follow what is found, so that nothing jumps while typing.
    let height = if palette.input.text().is_empty() { wanted.max(14) } else { 23 };
    room.centred(room.width.min(90), height.min(room.height))
}

fn palette(state: &State, palette: &Palette, pen: &mut Pen<'_>) {
    let area = palette_area(state, palette);
    let accent = pen.style(Role::Accent);
    let inner = pen.frame(area, &[(" go to, or do ", accent)], pen.style(Role::Border));
    if inner.height == 0 {
        return;
    }
    pen.put(inner.x, inner.y, inner.width, ": ", pen.style(Role::Key));
    let (room, strong) = (inner.width.saturating_sub(3), pen.style(Role::Strong));
    field::draw(&palette.input, inner.x + 2, inner.y, room, strong, pen);
    let lines = usize::from(inner.height.saturating_sub(1));
    if palette.choices.is_empty() && lines > 0 {
        pen.put(inner.x + 2, inner.y + 1, inner.width, "nothing fits", pen.style(Role::Dim));
        return;
    }
    let first = (palette.cursor + 1).saturating_sub(lines);
    for (y, (n, choice)) in (inner.y + 1..).zip(palette.choices.iter().enumerate().skip(first).take(lines)) {
        let line = Area::new(inner.x, y, inner.width, 1);
        self::choice(state, choice, line, pen);
        if n == palette.cursor {
            pen.select(line);
        }
    }
}

fn choice(state: &State, choice: &Choice, area: Area, pen: &mut Pen<'_>) {
    let (dim, text) = (pen.style(Role::Dim), pen.style(Role::Text));
    let Area { x, y, width: room, .. } = area;
    let (name, more, right, style) = match choice {
        Choice::Command(command) => {
            let key = key_of(state, *command).map_or(String::new(), |b| print_sequence(&b.on));
            (command.name().to_owned(), command.title().to_owned(), key, text)
        }
        Choice::List { subject, environment, filter } => {
            (subject.title().to_owned(), narrowed(filter), list_of(environment.as_deref()), text)
        }
        Choice::Kind { id, about, environment, filter } => {
            let more = format!("{about} {}", narrowed(filter));
            (id.to_string(), more, list_of(environment.as_deref()), text)
        }
        Choice::Alias { name, text: stands_for } => {
            (name.clone(), stands_for.clone(), "alias".to_owned(), text)
        }
        Choice::Environment(name) => {
            let env = state.store.environments.iter().find(|e| e.name == *name);
            let style = env.map_or(text, |e| chrome::badge(pen, e).1);
            (format!(" {name} "), String::new(), "environment".to_owned(), style)
        }
        Choice::Order(order) => {
            let title = match order {
                Order::Choose(name) => state.desk.named(name).map_or("", |w| &w.title),
                Order::Save(_) => "keep the panes as they stand now",
                Order::Forget(_) => "no longer offer it",
                Order::Split(_) => "in a pane of its own",
            };
            (order.words(), title.to_owned(), "panes".to_owned(), text)
        }
        Choice::Filter(order) => {
            let known = |name: &str| state.memory.filters.iter().find(|f| f.name == *name);
            let title = match order {
                FilterOrder::Take(name) => {
                    known(name).map_or(String::new(), |f| format!("{} /{}", f.list(), f.text))
                }
                FilterOrder::Save(_) => "keep what narrows this list".to_owned(),
                FilterOrder::Forget(_) => "no longer offer it".to_owned(),
            };
            (order.words(), title, "filter".to_owned(), text)
        }
        Choice::Glass(order) => (order.words(), order.title(), "policy".to_owned(), pen.style(Role::Warning)),
        Choice::Set(setting) => {
            let used = if setting.is_in_use(state) { "in use" } else { "setting" };
            (setting.words(), setting.title().to_owned(), used.to_owned(), text)
        }
        Choice::Entity(key, severity) => {
            let env = state.store.system(key.source).map_or("", |s| &*s.env);
            let name = format!("{} {}", pen.sign(*severity), state.name_of(key));
            let style = if severity.is_problem() { pen.theme.severity(*severity) } else { text };
            (name, key.namespace.to_string(), format!("{} {env}", key.kind), style)
        }
    };
    let right_width = width(&right).min(room / 3);
    let name_room = room.saturating_sub(right_width + 4);
    let at = pen.put(x + 2, y, name_room, &name, style);
    pen.put(x + 4 + at, y, name_room.saturating_sub(at + 2), &more, dim);
    pen.put_right(x + room.saturating_sub(1), y, right_width, &right, dim);
}

fn narrowed(filter: &str) -> String {
    if filter.is_empty() { String::new() } else { format!("/{filter}") }
}

fn list_of(environment: Option<&str>) -> String {
    environment.map_or_else(|| "list".to_owned(), |name| format!("list in {name}"))
}

/// The key that runs a command from the panes.
fn key_of(state: &State, command: Command) -> Option<&Binding<Command>> {
    let keys = &state.settings.keys;
    keys.key_for(&state.pane_contexts(), |r| *r == command).or_else(|| keys.key_anywhere(|r| *r == command))
}

fn picker(state: &State, picker: &Picker, pen: &mut Pen<'_>) {
    let inner = box_of(state, &picker.app, "ROLL BACK", picker.entries().len(), pen);
    let empty = "it was never deployed, so there is nothing to go back to";
    if has_rows(&picker.body, "the history", empty, inner, pen) {
        history(state, picker, inner, pen);
    }
}

/// The box of a picker with so many lines below its heading: the environment's colour all around, its name in the title.
fn box_of(state: &State, app: &Key, title: &str, lines: usize, pen: &mut Pen<'_>) -> Area {
    let room = middle(state);
    let height = u16::try_from(lines).unwrap_or(u16::MAX).clamp(2, 20) + 3;
    let area = room.centred(room.width.min(110), height.min(room.height));
    let env = state.store.environment_of(app.source);
    let (badge, badge_style) = env.map_or((String::new(), pen.style(Role::Text)), |e| chrome::badge(pen, e));
    let edge = badge_style.bg.map_or(pen.style(Role::Border), |c| ratatui::style::Style::new().fg(c));
    let title = format!(" {title}  {}  in ", app.name);
    let accent = pen.style(Role::Strong);
    pen.frame(area, &[(&title, accent), (&badge, badge_style), (" ", accent)], edge)
}

/// Whether a picker has rows to show; where it has none, that and why is said.
fn has_rows<T>(body: &PickerBody<T>, what: &str, empty: &str, inner: Area, pen: &mut Pen<'_>) -> bool {
    let room = inner.width.saturating_sub(2);
    let (dim, critical) = (pen.style(Role::Dim), pen.style(Role::Critical));
    match body {
        PickerBody::Loading => {
            let text = format!("asking for {what}{}", pen.more());
            pen.put(inner.x + 1, inner.y, room, &text, dim);
        }
        PickerBody::Failed(fault) => {
            let lines = [fault.to_string(), fault.hint.to_string()];
            for (y, text) in (inner.y..inner.y + inner.height).zip(&lines) {
                pen.put(inner.x + 1, y, room, text, critical);
            }
        }
        PickerBody::Entries(entries) if entries.is_empty() => {
            pen.put(inner.x + 1, inner.y, room, empty, dim);
        }
        PickerBody::Entries(_) => return true,
    }
    false
}

/// The orders that a list can have.
fn orders(state: &State, orders: &Orders, pen: &mut Pen<'_>) {
    let is_now = |sort| sort == state.pane(state.active).sort;
    let words: Vec<_> = orders.all.iter().map(|(sort, words)| (words.as_str(), is_now(*sort))).collect();
    short_list(state, "sort", &words, orders.cursor, pen);
}

/// The groupings that a list can have.
fn groups(state: &State, groups: &Groups, pen: &mut Pen<'_>) {
    let is_now = |by| by == &state.pane(state.active).group;
    let words: Vec<_> = groups.all.iter().map(|(by, words)| (words.as_str(), is_now(by))).collect();
    short_list(state, "group", &words, groups.cursor, pen);
}

/// A few words to choose one of; what is so now stands out.
fn short_list(state: &State, verb: &str, words: &[(&str, bool)], cursor: usize, pen: &mut Pen<'_>) {
    let room = middle(state);
    let height = u16::try_from(words.len()).unwrap_or(u16::MAX).saturating_add(2);
    let area = room.centred(room.width.min(44), height.min(room.height));
    let title = format!(" {verb} {} ", state.pane_title(state.active));
    let inner = pen.frame(area, &[(&title, pen.style(Role::Accent))], pen.style(Role::Border));
    let lines = usize::from(inner.height);
    let first = (cursor + 1).saturating_sub(lines);
    for (y, (n, (words, is_now))) in (inner.y..).zip(words.iter().enumerate().skip(first).take(lines)) {
        let style = pen.style(if *is_now { Role::Strong } else { Role::Text });
        pen.put(inner.x + 2, y, inner.width.saturating_sub(3), words, style);
        if n == cursor {
            pen.select(Area::new(inner.x, y, inner.width, 1));
        }
    }
}

/// Columns of authors' names.
const AUTHOR: usize = 16;

fn history(state: &State, picker: &Picker, area: Area, pen: &mut Pen<'_>) {
    let dim = pen.style(Role::Dim);
    let room = area.width.saturating_sub(2);
    let head = format!("{:>4}  {:<8} {:>5}  {:<16} {}", "ID", "REVISION", "AGE", "AUTHOR", "MESSAGE");
    pen.put(area.x + 1, area.y, room, &head, dim);
    let lines = usize::from(area.height.saturating_sub(1));
    let first = (picker.cursor + 1).saturating_sub(lines);
    let shown = picker.entries().iter().enumerate().skip(first).take(lines);
    for (y, (n, revision)) in (area.y + 1..).zip(shown) {
        let age = format::age(state.now.since(revision.entry.deployed));
        let runs = if n == 0 { "  runs now" } else { "" };
        let tags =
            if revision.tags.is_empty() { String::new() } else { format!("[{}] ", revision.tags.join(" ")) };
        let author = format::line(revision.author_name());
        let author = match author.char_indices().nth(AUTHOR) {
            Some(_) => {
                format!("{}{}", author.chars().take(AUTHOR - 1).collect::<String>(), pen.more())
            }
            None => author.into_owned(),
        };
        let lead = format!(
            "{:>4}  {:<8.8} {age:>5}  {author:<AUTHOR$} ",
            revision.entry.id,
            short(&revision.entry.revision),
        );
        let message = format!("{tags}{}", format::line(&revision.message));
        let at = pen.put(area.x + 1, y, room, &lead, pen.style(Role::Text));
        let keep = width(runs);
        pen.put(area.x + 1 + at, y, room.saturating_sub(at + keep), &message, pen.style(Role::Text));
        pen.put_right(area.x + 1 + room, y, keep, runs, pen.style(Role::Ok));
        if n == picker.cursor {
            pen.select(Area::new(area.x, y, area.width, 1));
        }
    }
}

/// The keys of the place below, drawn from the loaded keymap.
fn help(state: &State, scroll: usize, pen: &mut Pen<'_>) {
    let help = state.help();
    let (area, columns) = (help.area, help.columns);
    let keys = &state.settings.keys;
    let accent = pen.style(Role::Accent);
    let title = match keys.base.0 {
        "default" | "" => " keys ".to_owned(),
        name => format!(" keys of {name} "),
    };
    let inner = pen.frame(area, &[(&title, accent)], pen.style(Role::Border));
    let lines = usize::from(inner.height).max(1);
    let pages = help.last();
    let first = scroll.min(pages);
    let wide = inner.width / columns;
    let all = help.rows.iter().skip(first).take(lines * usize::from(columns)).enumerate();
    for (n, (keys, desc)) in all {
        let (column, line) = (n / lines, n % lines);
        let x = inner.x + 1 + u16::try_from(column).unwrap_or(0) * wide;
        let y = inner.y + u16::try_from(line).unwrap_or(0);
        if keys.is_empty() {
            pen.put(x, y, wide.saturating_sub(1), desc, pen.style(Role::Strong));
            continue;
        }
        pen.put(x, y, 17.min(wide.saturating_sub(1)), keys, pen.style(Role::Key));
        pen.put(x + 18, y, wide.saturating_sub(20), desc, pen.style(Role::Text));
    }
    if pages > first {
        let more = format!(" {} more below ", pages - first);
        pen.put_right(
            (area.x + area.width).saturating_sub(1),
            (area.y + area.height).saturating_sub(1),
            20,
            &more,
            pen.theme.severity(Severity::Active),
        );
    }
}
