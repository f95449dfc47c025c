//! Texts, diffs and trees on the whole screen.

mod diff;
mod line;
mod text;
mod tree;

pub(super) use line::skip;

use crate::{
    app::{Area, Content, Diff, State, Text, Tree, Viewer, format},
    theme::Role,
    ui::pen::{Cut, Pen, width},
};

/// What is drawn, and where.
struct Place<'a> {
    viewer: &'a Viewer,
    area: Area,
    /// The first row.
    first: usize,
}

impl Place<'_> {
    /// Columns for text: one before it is the pointer's, one behind it stays free.
    fn room(&self) -> u16 {
        self.area.width.saturating_sub(2)
    }

    fn bottom(&self) -> u16 {
        self.area.y + self.area.height
    }

    /// Whether the pointer is on a row.
    fn is_pointed(&self, row: usize) -> bool {
        self.viewer.has_pointer() && row == self.viewer.cursor
    }

    /// Shows that lines are what the pointer is on.
    fn point(&self, from: u16, to: u16, pen: &mut Pen<'_>) {
        let to = to.min(self.bottom());
        pen.tint(Area::new(self.area.x, from, self.area.width, to.saturating_sub(from)), pen.selection());
        pen.select(Area::new(self.area.x, from, self.area.width, 1));
    }
}

/// Draws a viewer between header and footer.
pub(in crate::ui) fn draw(state: &State, viewer: &Viewer, pen: &mut Pen<'_>) {
    let layout = state.layout();
    let top = layout.header.y + layout.header.height;
    let area = Area::new(0, top, state.size.width, layout.footer.y.saturating_sub(top));
    if area.height == 0 {
        return;
    }
    title(state, viewer, area, pen);
    let area = Area::new(area.x, area.y + 1, area.width, area.height - 1);
    let place = Place { viewer, area, first: viewer.first(state.room()) };
    if viewer.loading {
        let text = format!("asking{}", pen.more());
        pen.put(1, area.y, place.room(), &text, pen.style(Role::Dim));
        return;
    }
    match &viewer.content {
        Content::Text(text) => text::draw(&place, text, pen),
        Content::Diff(diff) => diff::draw(&place, diff, pen),
        Content::Tree(tree) => tree::draw(state, &place, tree, pen),
    }
}

/// What it is, of what, how far; at the end of the line the path of what the pointer is on.
fn title(state: &State, viewer: &Viewer, area: Area, pen: &mut Pen<'_>) {
    pen.line(area.x, area.y, area.width, pen.style(Role::Border));
    let about = viewer.about.as_ref().map_or(String::new(), |k| {
        let env = state.store.system(k.source).map_or("", |s| &*s.env);
        format!(" of {} {} in {env}", k.kind, state.name_of(k))
    });
    let (accent, dim) = (pen.style(Role::Accent), pen.style(Role::Dim));
    let what = format!("{}{about}", viewer.what);
    let said = match &viewer.content {
        Content::Text(text) => of_text(viewer, text),
        Content::Diff(diff) => of_diff(diff),
        Content::Tree(tree) => of_tree(viewer, tree),
    };
    let search = if viewer.search.is_empty() { String::new() } else { format!("  /{}", viewer.search) };
    let path = viewer.path().map(|path| format!(" {path} "));
    // The path has what is left, and a third of the line at least.
    let taken = 1 + width(&what) + width(&said) + width(&search) + 2;
    let left = area.width.saturating_sub(taken).max(area.width / 3);
    let path_room = path.as_deref().map_or(0, |p| width(p).min(left));
    let pointer = pen.pointer();
    let mut x = area.x + pen.put(area.x, area.y, 1, pointer, accent);
    // How far it is stays where what it is must be cut.
    let end = (area.x + area.width).saturating_sub(path_room);
    let rest = width(&said) + width(&search) + 1;
    x += pen.put(x, area.y, end.saturating_sub(x + rest).max(8), &what, accent);
    pen.pieces(x, area.y, end.saturating_sub(x), &[(&said, dim), (&search, accent), (" ", accent)]);
    if let Some(path) = path {
        pen.put(end, area.y, 1, " ", accent);
        let style = pen.style(Role::SyntaxKey);
        pen.put_cut(end + 1, area.y, path_room.saturating_sub(1), path.trim_start(), style, Cut::Start);
    }
}

fn of_text(viewer: &Viewer, text: &Text) -> String {
    let here = if viewer.has_pointer() { viewer.cursor } else { viewer.scroll };
    match text.lines().len() {
        0 => String::new(),
        all => format!(" {}/{}", (text.line(here) + 1).min(all), format::count(all)),
    }
}

fn of_diff(diff: &Diff) -> String {
    let (added, removed) = diff.counts();
    let resources = match diff.resources().len() {
        1 => "1 resource".to_owned(),
        n => format!("{n} resources"),
    };
    format!(" {resources} +{added} -{removed} · {} lines around", diff.context())
}

fn of_tree(viewer: &Viewer, tree: &Tree) -> String {
    let all = format::count(tree.nodes().len());
    if tree.filter().is_empty() {
        return format!(" {}/{all}", tree.rows().get(viewer.cursor).map_or(0, |at| at + 1));
    }
    format!(" {} of {all}", format::count(tree.passing()))
}
