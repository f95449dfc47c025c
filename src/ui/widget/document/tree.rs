//! A resource tree: health and sync status are always seen, names are cut with a sign.

use super::Place;
use crate::{
    app::{Area, State, Tree, format, found, short_kind, tree_severity},
    model::{AppHealth, Severity, TreeNode},
    theme::Role,
    ui::pen::{Cut, Pen, width},
};

/// Columns of health, sync status and age, with a blank before each.
const HEALTH: u16 = 12;
const SYNC: u16 = 10;
const AGE: u16 = 5;
/// Columns that a message should have to be shown.
const MESSAGE: u16 = 24;

/// Draws what is seen of a tree.
pub(super) fn draw(state: &State, place: &Place<'_>, tree: &Tree, pen: &mut Pen<'_>) {
    if tree.rows().is_empty() {
        pen.put(1, place.area.y, place.room(), "no resource passes the filter", pen.style(Role::Dim));
        return;
    }
    // Signs of severity and fold stand before the name, two columns each.
    let most = place.room().saturating_sub(4 + HEALTH + SYNC + AGE);
    let nodes = tree.rows().iter().enumerate().filter_map(|(row, _)| Some((row, tree.node(row)?)));
    let widest = nodes.map(|(row, node)| width(&name(tree, row, node, pen))).max().unwrap_or_default();
    let names = widest.min(most).max(20.min(most));
    for (row, y) in (place.first..tree.rows().len()).zip(place.area.y..place.bottom()) {
        let Some(node) = tree.node(row) else { return };
        resource(state, tree, row, node, Area::new(1, y, place.room(), 1), names, pen);
        if place.is_pointed(row) {
            place.point(y, y + 1, pen);
        }
        mark(place, tree, row, node, names, y, pen);
    }
}

fn resource(
    state: &State,
    tree: &Tree,
    row: usize,
    node: &TreeNode,
    at: Area,
    names: u16,
    pen: &mut Pen<'_>,
) {
    let severity = tree_severity(node);
    let style = if severity.is_problem() { pen.theme.severity(severity) } else { pen.style(Role::Text) };
    let (dim, y) = (pen.style(Role::Dim), at.y);
    let sign = pen.sign(severity);
    pen.put(at.x, y, 1, sign, pen.theme.severity(severity));
    let fold = match (tree.is_head(row), tree.hidden(row)) {
        (false, _) => " ",
        (true, 0) => "-",
        (true, _) => "+",
    };
    let indent = indent(node, names);
    pen.put(at.x + 2 + indent, y, 1, fold, dim);
    let text = name(tree, row, node, pen);
    let text = text.trim_start();
    pen.put_cut(at.x + 4 + indent, y, names.saturating_sub(indent), text, style, Cut::Middle);
    let mut x = at.x + 4 + names;
    let health = node.health.map_or("", AppHealth::name);
    pen.put(x + 1, y, HEALTH - 1, health, style);
    x += HEALTH;
    let sync = if &*node.sync == "OutOfSync" { pen.theme.severity(Severity::Warning) } else { dim };
    pen.put(x + 1, y, SYNC - 1, &node.sync, sync);
    x += SYNC;
    let age = node.created.map_or(String::new(), |t| format::age(state.now.since(t)));
    pen.put_right(x + AGE, y, AGE - 1, &age, dim);
    x += AGE;
    let left = (at.x + at.width).saturating_sub(x + 2);
    if left >= MESSAGE {
        pen.put(x + 2, y, left, &format::line(&node.message), style);
    }
}

/// How far a name is indented; a deep one leaves room for itself.
fn indent(node: &TreeNode, names: u16) -> u16 {
    (2 * u16::from(node.depth)).min(names / 2)
}

/// The name as it stands in the tree: `deploy/web`, and how much is folded into it.
fn name(tree: &Tree, row: usize, node: &TreeNode, pen: &Pen<'_>) -> String {
    let folded = match tree.hidden(row) {
        0 => String::new(),
        n => format!(" {} {n}", pen.more()),
    };
    let blanks = " ".repeat(2 * usize::from(node.depth));
    format!("{blanks}{}/{}{folded}", short_kind(&node.resource.kind), format::line(&node.resource.name))
}

/// Marks what a filter found in a name that is not cut.
fn mark(place: &Place<'_>, tree: &Tree, row: usize, node: &TreeNode, names: u16, y: u16, pen: &mut Pen<'_>) {
    let text = name(tree, row, node, pen);
    let text = text.trim_start();
    let indent = indent(node, names);
    if width(text) > names.saturating_sub(indent) {
        return;
    }
    let style = pen.style(Role::Match);
    for word in place.viewer.search.split_whitespace().filter(|word| !word.starts_with('!')) {
        for hit in found(text, word) {
            let x = place.area.x + 5 + indent + width(&text[..hit.start]);
            pen.tint(Area::new(x, y, width(&text[hit]), 1), style);
        }
    }
}
