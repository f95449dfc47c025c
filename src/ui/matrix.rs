//! Applications by environment: a row for each application, a column for each environment.

use ratatui::style::Style;

use super::{chrome, pen::Pen};
use crate::{
    app::{Area, Cell, Drift, MatrixLine, PaneId, Row, State, format},
    model::{Application, Severity, SyncStatus, Tier},
    theme::Role,
};

/// Columns that an environment takes at least, and at most.
const CELL: (u16, u16) = (13, 46);

/// How a place is divided into columns; from the place alone, so that nothing jumps when data changes.
struct Grid {
    name: u16,
    cell: u16,
    first: usize,
    shown: usize,
}

impl Grid {
    fn of(room: u16, environments: usize, chosen: usize) -> Self {
        let name = (room * 22 / 100).clamp(14, 34).min(room);
        let left = room - name;
        let fit = usize::from(left / CELL.0).max(1);
        let shown = environments.min(fit);
        let cell = (left / u16::try_from(shown.max(1)).unwrap_or(1)).min(CELL.1);
        // The chosen one is always among those shown.
        let first = (chosen + 1).saturating_sub(shown).min(environments - shown);
        Self { name, cell, first, shown }
    }

    fn columns(&self, x: u16) -> impl Iterator<Item = (usize, u16)> {
        let (name, cell) = (self.name, self.cell);
        (self.first..self.first + self.shown).zip(0u16..).map(move |(env, n)| (env, x + name + n * cell))
    }
}

/// Draws heading and rows; the lines taken.
pub(super) fn draw(state: &State, id: PaneId, area: Area, rows: u16, pen: &mut Pen<'_>) -> u16 {
    let pane = state.pane(id);
    let room = area.width.saturating_sub(2);
    let grid = Grid::of(room, state.store.environments.len(), pane.column);
    heading(state, &grid, area, pen);
    let lines = pane.rows.matrix.iter().zip(&pane.rows.shown).enumerate();
    let mut y = area.y + 1;
    for (at, (line, row)) in lines.skip(pane.offset).take(usize::from(rows)) {
        let place = Area::new(area.x, y, area.width, 1);
        let chosen = (chrome::is_selected(state, id, at) && id == state.active).then_some(*row);
        draw_line(state, id, line, chosen, &grid, place, pen);
        y += 1;
    }
    y - area.y
}

/// The environments' names, and how many there are beside those shown.
fn heading(state: &State, grid: &Grid, area: Area, pen: &mut Pen<'_>) {
    let all = state.store.environments.len();
    let dim = pen.style(Role::Dim);
    let part = format!("{}-{} of {all}", grid.first + 1, grid.first + grid.shown);
    let word = if grid.shown < all { &part } else { "APPLICATION" };
    pen.put(area.x + 1, area.y, grid.name.saturating_sub(1), word, dim);
    for (env, x) in grid.columns(area.x + 1) {
        let (text, style) = chrome::badge(pen, &state.store.environments[env]);
        pen.put(x + 1, area.y, grid.cell.saturating_sub(2), &text, style);
    }
}

fn draw_line(
    state: &State,
    id: PaneId,
    line: &MatrixLine,
    chosen: Option<Row>,
    grid: &Grid,
    area: Area,
    pen: &mut Pen<'_>,
) {
    let related = line.cells.iter().flatten().any(|c| state.is_related(id, Row::Application(c.at)));
    let style = match line.severity {
        severity if severity.is_problem() => pen.theme.severity(severity),
        _ => pen.style(Role::Text),
    };
    let style = if related { style.patch(pen.style(Role::Related)) } else { style };
    pen.put(area.x + 1, area.y, grid.name.saturating_sub(1), &line.name, style);
    for (env, x) in grid.columns(area.x + 1) {
        let place = Area::new(x, area.y, grid.cell.saturating_sub(1), 1);
        match line.cells.get(env).and_then(Option::as_ref) {
            Some(cell) => {
                draw_cell(state, cell, env == line.reference, place, pen);
                if chosen == Some(Row::Application(cell.at)) {
                    select(place, pen);
                }
            }
            None => _ = pen.put(x + 1, area.y, 1, pen.dot(), pen.style(Role::Dim)),
        }
    }
    if chosen.is_some() {
        select(Area::new(area.x, area.y, grid.name, 1), pen);
    } else if related {
        let sign = if pen.ascii { "*" } else { "•" };
        pen.put(area.x, area.y, 1, sign, pen.style(Role::Related));
    }
}

/// Marks what is selected: the application's name and its cell.
fn select(area: Area, pen: &mut Pen<'_>) {
    let selection = pen.style(Role::Selection);
    pen.tint(area, Style { fg: None, ..selection });
    let pointer = pen.pointer();
    pen.put(area.x, area.y, 1, pointer, selection);
}

/// The sign of how a version stands to the one compared with.
const fn sign(drift: Drift, ascii: bool) -> &'static str {
    match (drift, ascii) {
        (Drift::Same, _) => " ",
        (Drift::Ahead, false) => "↑",
        (Drift::Behind, false) => "↓",
        (Drift::Apart, false) => "≠",
        (Drift::Ahead, true) => ">",
        (Drift::Behind, true) => "<",
        (Drift::Apart, true) => "#",
    }
}

/// Sign of health, version, how it stands to the one compared with; age and words where there is room.
fn draw_cell(state: &State, cell: &Cell, reference: bool, area: Area, pen: &mut Pen<'_>) {
    const AGE: u16 = 5;
    const WORDS: u16 = 14;
    // Hardly a tag is longer, and what belongs to it stands close.
    const VERSION: u16 = 16;
    let Some(app) = state.store.applications.at(cell.at as usize) else { return };
    let Area { x, y, width: room, .. } = area;
    let (aged, worded) = (room >= 19, room >= 19 + WORDS);
    let severity = app.severity();
    pen.put(x + 1, y, 1, pen.sign(severity), pen.theme.severity(severity));
    let taken = 3 + 2 + if aged { AGE } else { 0 } + if worded { WORDS } else { 0 };
    let version = room.saturating_sub(taken).min(VERSION);
    let style = match cell.drift {
        Drift::Same if reference => pen.style(Role::Text),
        Drift::Same => pen.style(Role::Dim),
        _ => pen.style(Role::Accent),
    };
    pen.put(x + 3, y, version, &cell.version, style);
    let mut at = x + 3 + version;
    pen.put(at + 1, y, 1, sign(cell.drift, pen.ascii), style);
    at += 2;
    if aged {
        let age = app.deployed.as_ref().map_or(String::new(), |d| format::age(state.now.since(d.deployed)));
        pen.put_right(at + AGE, y, AGE - 1, &age, pen.style(Role::Dim));
        at += AGE;
    }
    if worded {
        let words = words(app);
        let style = if severity.is_problem() { pen.theme.severity(severity) } else { pen.style(Role::Dim) };
        pen.put(at + 1, y, WORDS - 1, &words, style);
    }
}

/// What is to say of an application that is not just well.
fn words(app: &Application) -> String {
    match app.severity() {
        Severity::Ok | Severity::Quiet if app.hold.is_some() => "held".to_owned(),
        Severity::Ok => String::new(),
        _ if app.sync == SyncStatus::OutOfSync && app.severity() == Severity::Warning => {
            "OutOfSync".to_owned()
        }
        _ => format!("{:?}", app.health),
    }
}

/// What the signs of the matrix mean, for the end of its title.
pub(super) fn legend(state: &State, pen: &Pen<'_>) -> String {
    let prod = state.store.environments.iter().find(|e| e.tier == Tier::Prod);
    let Some(base) = prod.or_else(|| state.store.environments.first()) else { return String::new() };
    let name = chrome::badge(pen, base).0;
    let [newer, older, other] = [Drift::Ahead, Drift::Behind, Drift::Apart].map(|d| sign(d, pen.ascii));
    format!(" {newer} newer {older} older {other} other than {name} ")
}
