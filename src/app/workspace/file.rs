//! Workspace files: trees of `{ rows = [..] }`, `{ columns = [..] }` and `{ pane = "pods" }`.

use std::{fmt::Write, ops::Range};

use serde::Deserialize;
use toml::Spanned;

use super::{List, Look, Workspace};
use crate::{
    app::{
        layout::{Axis, Node, PaneId, Part, Screen, Size},
        subject::Subject,
    },
    config::Problem,
    keymap::Source,
    model::text,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    workspace: Vec<Spanned<RawWorkspace>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWorkspace {
    name: Spanned<String>,
    #[serde(default)]
    title: String,
    #[serde(default)]
    screen: Vec<Spanned<RawScreen>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScreen {
    from: Option<Spanned<String>>,
    pane: Option<Spanned<String>>,
    filter: Option<String>,
    kind: Option<String>,
    sort: Option<String>,
    #[serde(default)]
    wide: bool,
    show: Option<Vec<String>>,
    group: Option<String>,
    rows: Option<Vec<Spanned<RawPart>>>,
    columns: Option<Vec<Spanned<RawPart>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPart {
    pane: Option<Spanned<String>>,
    filter: Option<String>,
    kind: Option<String>,
    sort: Option<String>,
    #[serde(default)]
    wide: bool,
    show: Option<Vec<String>>,
    group: Option<String>,
    rows: Option<Vec<Spanned<RawPart>>>,
    columns: Option<Vec<Spanned<RawPart>>>,
    #[serde(default = "one")]
    weight: u16,
    #[serde(default)]
    least: u16,
    #[serde(default)]
    most: u16,
    #[serde(default)]
    fits: bool,
}

const fn one() -> u16 {
    1
}

/// What panes are called in files.
pub(in crate::app) const NAMES: [(&str, Subject); 14] = [
    ("environments", Subject::Environments),
    ("applications", Subject::Applications),
    ("matrix", Subject::Matrix),
    ("pods", Subject::Pods),
    ("workloads", Subject::Workloads),
    ("nodes", Subject::Nodes),
    ("namespaces", Subject::Namespaces),
    ("events", Subject::Events),
    ("objects", Subject::Objects),
    ("alerts", Subject::Alerts),
    ("silences", Subject::Silences),
    ("leases", Subject::Leases),
    ("logs", Subject::Logs),
    ("changes", Subject::Changes),
];

/// What a list is called in files.
pub(in crate::app) fn name_of(subject: Subject) -> &'static str {
    NAMES.iter().find(|(_, s)| *s == subject).map_or("environments", |(n, _)| n)
}

/// The list of a name in files.
pub(in crate::app) fn subject_named(name: &str) -> Option<Subject> {
    NAMES.iter().find(|(n, _)| *n == name).map(|(_, s)| *s)
}

/// What is wrong, where, and what to write instead.
type Wrong = (Range<usize>, String, String);

/// Splits may lie so deep in one another.
const DEEPEST: usize = 8;

/// Reads a file: its workspaces without those that are wrong, and what is wrong with these.
pub fn read(file: &Source) -> (Vec<Workspace>, Vec<Problem>) {
    let parsed = match toml::from_str::<File>(&file.text) {
        Ok(parsed) => parsed.workspace,
        Err(error) => return (Vec::new(), vec![Problem::toml(&file.path, &file.text, &error)]),
    };
    let mut out: Vec<Workspace> = Vec::new();
    let mut problems = Vec::new();
    for raw in parsed {
        match workspace(raw) {
            Ok(workspace) => super::keep(&mut out, workspace),
            Err((span, what, hint)) => {
                problems.push(Problem::span(&file.path, &file.text, Some(span), what).hint(hint));
            }
        }
    }
    (out, problems)
}

fn workspace(raw: Spanned<RawWorkspace>) -> Result<Workspace, Wrong> {
    let span = raw.span();
    let RawWorkspace { name, title, screen } = raw.into_inner();
    let at = name.span();
    let name = name.into_inner();
    if !is_name(&name) {
        return Err((at, format!("`{name}` cannot name a workspace"), "use letters, digits, - and _".into()));
    }
    let title = text::one_line(&title).into_owned();
    let mut out = Workspace { name, title, screens: Vec::new(), lists: Vec::new() };
    for raw in screen {
        let span = raw.span();
        let RawScreen { from, pane, filter, kind, sort, wide, show, group, rows, columns } = raw.into_inner();
        let from = from.map_or(Ok(Size::default()), |f| {
            size(f.get_ref()).ok_or_else(|| {
                (f.span(), format!("`{}` is no size", f.get_ref()), "write `from = \"118x28\"`".into())
            })
        })?;
        let mut taken = Vec::new();
        let (weight, least, most, fits) = (1, 0, 0, false);
        let part =
            RawPart { pane, filter, kind, sort, wide, show, group, rows, columns, weight, least, most, fits };
        let tree = node(Spanned::new(span, part), &mut out.lists, &mut taken, 0)?;
        out.screens.push(Screen { from, tree });
    }
    if out.screens.is_empty() {
        let hint = "add `[[workspace.screen]]` with `rows` or `columns`".to_owned();
        return Err((span, format!("`{}` arranges nothing", out.name), hint));
    }
    out.screens.sort_by_key(|s| std::cmp::Reverse((s.from.width, s.from.height)));
    Ok(out)
}

/// Whether a workspace can be called so.
pub(in crate::app) fn is_name(name: &str) -> bool {
    (1..=32).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

/// Reads `118x28`.
fn size(text: &str) -> Option<Size> {
    let (width, height) = text.split_once('x')?;
    Some(Size { width: width.parse().ok()?, height: height.parse().ok()? })
}

fn node(
    raw: Spanned<RawPart>,
    lists: &mut Vec<List>,
    taken: &mut Vec<PaneId>,
    depth: usize,
) -> Result<Node, Wrong> {
    let span = raw.span();
    let RawPart { pane, filter, kind, sort, wide, show, group, rows, columns, .. } = raw.into_inner();
    let text = Option::unwrap_or_default;
    let (axis, parts) = match (pane, rows, columns) {
        (Some(name), None, None) => {
            let look = Look { kind: text(kind), sort: text(sort), wide, show, group: text(group) };
            return leaf(&name, text(filter), look, lists, taken);
        }
        (None, Some(rows), None) => (Axis::Rows, rows),
        (None, None, Some(columns)) => (Axis::Columns, columns),
        _ => {
            let hint = "each place has exactly one of them".to_owned();
            return Err((span, "a `pane`, `rows` or `columns` is wanted here".into(), hint));
        }
    };
    if parts.is_empty() || depth == DEEPEST {
        let hint = format!("a split has a part at least, and at most {DEEPEST} lie in one another");
        return Err((span, "this split cannot be".into(), hint));
    }
    let mut out = Vec::new();
    for raw in parts {
        let &RawPart { weight, least, most, fits, .. } = raw.get_ref();
        out.push(Part { node: node(raw, lists, taken, depth + 1)?, weight, least, most, fits });
    }
    Ok(if out.len() == 1 { out.remove(0).node } else { Node::Split { axis, parts: out } })
}

/// The pane for a list: its own, where that is free, or one that is split off.
fn leaf(
    name: &Spanned<String>,
    filter: String,
    look: Look,
    lists: &mut Vec<List>,
    taken: &mut Vec<PaneId>,
) -> Result<Node, Wrong> {
    let Some((_, subject)) = NAMES.iter().find(|(n, _)| n == name.get_ref()) else {
        let known = NAMES.map(|(n, _)| n).join(", ");
        return Err((
            name.span(),
            format!("no pane is called `{}`", name.get_ref()),
            format!("one of {known}"),
        ));
    };
    let (subject, own) = (*subject, subject.pane());
    let pane = if Subject::first(own) == subject && !taken.contains(&own) {
        let is_plain = filter.is_empty() && look.is_usual();
        if !is_plain && !lists.iter().any(|l| l.pane == own) {
            lists.push(List { pane: own, subject, filter, look });
        }
        own
    } else if subject == Subject::Logs {
        return Err((name.span(), "logs are shown once".into(), "leave one of them out".into()));
    } else {
        let same = lists.iter().find(|l| {
            let is_same = l.subject == subject && l.filter == filter && l.look == look;
            l.pane.slot().is_some() && is_same && !taken.contains(&l.pane)
        });
        let free = || PaneId::extra().find(|p| !lists.iter().any(|l| l.pane == *p));
        let Some(pane) = same.map(|l| l.pane).or_else(free) else {
            return Err((name.span(), "there are too many panes".into(), "at most 12 are shown".into()));
        };
        if !lists.iter().any(|l| l.pane == pane) {
            lists.push(List { pane, subject, filter, look });
        }
        pane
    };
    taken.push(pane);
    Ok(Node::Pane(pane))
}

/// Writes workspaces as [`read`] reads them.
pub fn print(workspaces: &[Workspace]) -> String {
    let mut out = String::new();
    for workspace in workspaces {
        if !out.is_empty() {
            out.push('\n');
        }
        let _ = writeln!(out, "[[workspace]]\nname = {}", quoted(&workspace.name));
        if !workspace.title.is_empty() {
            let _ = writeln!(out, "title = {}", quoted(&workspace.title));
        }
        for Screen { from, tree } in &workspace.screens {
            let _ = writeln!(out, "\n[[workspace.screen]]\nfrom = \"{}x{}\"", from.width, from.height);
            match tree {
                Node::Pane(pane) => _ = writeln!(out, "{}", pane_text(*pane, workspace, "\n")),
                Node::Split { axis, parts } => {
                    let _ = writeln!(out, "{} = {}", word(*axis), parts_text(parts, workspace, 0));
                }
            }
        }
    }
    out
}

const fn word(axis: Axis) -> &'static str {
    match axis {
        Axis::Rows => "rows",
        Axis::Columns => "columns",
    }
}

fn parts_text(parts: &[Part], workspace: &Workspace, depth: usize) -> String {
    let indent = "  ".repeat(depth + 1);
    let mut out = "[\n".to_owned();
    for part in parts {
        let what = match &part.node {
            Node::Pane(pane) => pane_text(*pane, workspace, ", "),
            Node::Split { axis, parts } => {
                format!("{} = {}", word(*axis), parts_text(parts, workspace, depth + 1))
            }
        };
        let mut bounds = format!("weight = {}", part.weight);
        for (name, bound) in [("least", part.least), ("most", part.most)] {
            if bound > 0 {
                let _ = write!(bounds, ", {name} = {bound}");
            }
        }
        bounds.push_str(if part.fits { ", fits = true" } else { "" });
        let _ = writeln!(out, "{indent}{{ {bounds}, {what} }},");
    }
    out.push_str(&indent[2..]);
    out.push(']');
    out
}

fn pane_text(pane: PaneId, workspace: &Workspace, between: &str) -> String {
    let list = workspace.lists.iter().find(|l| l.pane == pane);
    let subject = list.map_or_else(|| Subject::first(pane), |l| l.subject);
    let name = name_of(subject);
    let mut out = format!("pane = \"{name}\"");
    let Some(List { filter, look, .. }) = list else { return out };
    for (name, text) in
        [("kind", &look.kind), ("filter", filter), ("sort", &look.sort), ("group", &look.group)]
    {
        if !text.is_empty() {
            let _ = write!(out, "{between}{name} = {}", quoted(text));
        }
    }
    if let Some(show) = &look.show {
        let show = show.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
        let _ = write!(out, "{between}show = [{show}]");
    }
    out.push_str(if look.wide { between } else { "" });
    out.push_str(if look.wide { "wide = true" } else { "" });
    out
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests;
