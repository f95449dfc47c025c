//! The list of an application's resources, from which a sync's are chosen.

use ratatui::style::Style;

use super::{box_of, has_rows};
use crate::{
    app::{Area, ResourcePicker, State},
    model::{ResourceState, Severity},
    theme::Role,
    ui::pen::{Cut, Pen, width},
};

/// Columns of the marks, of sync status and health, and between columns.
const MARK: u16 = 4;
const SYNC: u16 = 12;
const HEALTH: u16 = 13;
const GAP: u16 = 2;

/// Where the columns of text begin and how wide they are.
struct Columns {
    kind: (u16, u16),
    name: (u16, u16),
    sync: u16,
    health: u16,
}

impl Columns {
    /// Kinds as wide as the widest, if that leaves names their place.
    fn of(entries: &[ResourceState], area: Area) -> Self {
        let start = area.x + 1 + MARK;
        let end = (area.x + area.width).saturating_sub(1);
        let health = end.saturating_sub(HEALTH);
        let sync = health.saturating_sub(SYNC + GAP);
        let room = sync.saturating_sub(start + 2 * GAP);
        let widest = entries.iter().map(|e| width(&e.resource.kind)).max().unwrap_or(0);
        let kind = widest.clamp(4, (room / 3).max(4));
        Self { kind: (start, kind), name: (start + kind + GAP, room.saturating_sub(kind)), sync, health }
    }
}

/// Draws it.
pub(super) fn draw(state: &State, picker: &ResourcePicker, pen: &mut Pen<'_>) {
    let entries = picker.body.entries();
    let inner = box_of(state, &picker.app, "SYNC ONLY", entries.len() + 1, pen);
    let nothing = "Argo CD manages no resource of it";
    if !has_rows(&picker.body, "the resources", nothing, inner, pen) || inner.height == 0 {
        return;
    }
    let columns = Columns::of(entries, inner);
    let dim = pen.style(Role::Dim);
    let heads = [
        (columns.kind.0, "KIND"),
        (columns.name.0, "NAME"),
        (columns.sync, "SYNC"),
        (columns.health, "HEALTH"),
    ];
    for (x, head) in heads {
        pen.put(x, inner.y, HEALTH, head, dim);
    }
    let lines = usize::from(inner.height.saturating_sub(2));
    let first = (picker.cursor + 1).saturating_sub(lines);
    for (y, (n, entry)) in (inner.y + 1..).zip(entries.iter().enumerate().skip(first).take(lines)) {
        row(picker, entry, &columns, (inner.x, y), pen);
        if n == picker.cursor {
            pen.select(Area::new(inner.x, y, inner.width, 1));
        }
    }
    marked(picker, first + lines, inner, pen);
}

fn row(
    picker: &ResourcePicker,
    entry: &ResourceState,
    columns: &Columns,
    (x, y): (u16, u16),
    pen: &mut Pen<'_>,
) {
    let (text, dim) = (pen.style(Role::Text), pen.style(Role::Dim));
    let resource = &entry.resource;
    let (mark, style) =
        if picker.is_marked(resource) { ("[x]", pen.style(Role::Accent)) } else { ("[ ]", text) };
    pen.put(x + 1, y, MARK, mark, style);
    pen.put(columns.kind.0, y, columns.kind.1, &resource.kind, text);
    let name = match &*resource.namespace {
        "" => resource.name.to_string(),
        namespace => format!("{namespace}/{}", resource.name),
    };
    pen.put_cut(columns.name.0, y, columns.name.1, &name, text, Cut::Start);
    let (sync, style) = sync(entry, pen);
    pen.put(columns.sync, y, SYNC, sync, style);
    if let Some(health) = entry.health {
        let severity = health.severity();
        let text = format!("{} {health:?}", pen.sign(severity));
        pen.put(columns.health, y, HEALTH, &text, pen.theme.severity(severity));
    } else {
        pen.put(columns.health, y, HEALTH, pen.sign(Severity::Quiet), dim);
    }
}

/// What a sync would have to do with it.
fn sync<'a>(entry: &'a ResourceState, pen: &Pen<'_>) -> (&'a str, Style) {
    match &*entry.status {
        _ if entry.prune => ("to be pruned", pen.style(Role::Warning)),
        "Synced" => ("Synced", pen.style(Role::Dim)),
        other => (other, pen.style(Role::Warning)),
    }
}

/// Says at the bottom how many are marked, and how many lie below.
fn marked(picker: &ResourcePicker, seen: usize, inner: Area, pen: &mut Pen<'_>) {
    let (y, room) = (inner.y + inner.height - 1, inner.width.saturating_sub(2));
    let all = picker.body.entries().len();
    let text = match picker.marks() {
        0 => "none marked: the whole application".to_owned(),
        marks => format!("{marks} of {all} marked"),
    };
    let style = pen.style(if picker.marks() == 0 { Role::Dim } else { Role::Strong });
    pen.put(inner.x + 1, y, room, &text, style);
    if all > seen {
        let more = format!("{} more below", all - seen);
        pen.put_right(inner.x + 1 + room, y, room / 3, &more, pen.style(Role::Dim));
    }
}
