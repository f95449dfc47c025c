//! The arrangement of panes: moved between, resized, hidden, split, and kept under a name.

use super::{browse, choose, moves};
use crate::{
    app::{
        command::Command,
        event::Effect,
        layout::{Area, Axis, Node, PaneId, Size},
        pane::Pane,
        state::State,
        subject::Subject,
        workspace::{List, Look, Order, Workspace},
    },
    model::Severity,
};

/// Columns by which a pane is made wider or narrower at a time.
const COLUMNS: i16 = 4;
/// Lines by which a pane is made taller or shorter at a time.
const LINES: i16 = 2;

/// Runs a command about the arrangement; `false` when it is about something else.
pub(super) fn run(state: &mut State, command: Command, effects: &mut Vec<Effect>) -> bool {
    match command {
        Command::PaneLeft | Command::PaneDown | Command::PaneUp | Command::PaneRight => go(state, command),
        Command::MoveLeft | Command::MoveDown | Command::MoveUp | Command::MoveRight => swap(state, command),
        Command::Wider => resize(state, Axis::Columns, COLUMNS),
        Command::Narrower => resize(state, Axis::Columns, -COLUMNS),
        Command::Taller => resize(state, Axis::Rows, LINES),
        Command::Shorter => resize(state, Axis::Rows, -LINES),
        Command::SplitRight => split(state, Axis::Columns, state.pane(state.active).subject),
        Command::SplitDown => split(state, Axis::Rows, state.pane(state.active).subject),
        Command::HidePane => hide(state),
        Command::AddPane => add(state),
        Command::Balance => rearrange(state, |tree| {
            tree.balance();
            true
        }),
        Command::TakeBack => take_back(state),
        Command::Reset => reset(state),
        Command::Workspaces => choose::open_with(state, "workspace ", effects),
        Command::Workspace1 => nth(state, 0),
        Command::Workspace2 => nth(state, 1),
        Command::Workspace3 => nth(state, 2),
        Command::Workspace4 => nth(state, 3),
        Command::Workspace5 => nth(state, 4),
        Command::Workspace6 => nth(state, 5),
        Command::Workspace7 => nth(state, 6),
        Command::Workspace8 => nth(state, 7),
        Command::Workspace9 => nth(state, 8),
        _ => return false,
    }
    true
}

/// Does what was chosen from the palette.
pub(super) fn order(state: &mut State, order: Order, effects: &mut Vec<Effect>) {
    match order {
        Order::Choose(name) => match state.desk.named(&name).cloned() {
            Some(workspace) => open(state, workspace),
            None => state.say(Severity::Quiet, format!("no workspace is called {name}")),
        },
        Order::Save(name) => save(state, name, effects),
        Order::Forget(name) => forget(state, name, effects),
        Order::Split(subject) => {
            let axis = beside(state);
            split(state, axis, subject);
        }
    }
}

/// The pane whose place a pane takes: itself, or its host.
fn seat(state: &State, pane: PaneId) -> PaneId {
    let Some(tree) = state.tree() else { return pane };
    let placed = tree.panes();
    let is_seated = |p: &PaneId| placed.contains(p) && state.has_pane(*p);
    let first = || placed.iter().copied().find(is_seated);
    [pane, state.desk.host].into_iter().find(is_seated).or_else(first).unwrap_or(pane)
}

/// Changes the arrangement on screen; `false` from `change` leaves it as it was.
fn rearrange(state: &mut State, change: impl FnOnce(&mut Node) -> bool) {
    let Some(n) = state.layout().screen else {
        state.say(Severity::Quiet, "one pane is shown alone here; there is nothing to arrange");
        return;
    };
    let mut next = state.desk.now.clone();
    let done = next.screens.get_mut(n).is_some_and(|s| change(&mut s.tree));
    if done {
        state.desk.change(next);
    } else {
        state.say(Severity::Quiet, "there is no pane beside it that way");
    }
    state.settle();
}

/// The pane on that side of the active one that shares the longest edge with it.
fn neighbour(state: &State, command: Command) -> Option<PaneId> {
    let layout = state.layout();
    let from = layout.area(state.active)?;
    let overlap = |a: (u16, u16), b: (u16, u16)| (a.0 + a.1).min(b.0 + b.1).saturating_sub(a.0.max(b.0));
    let shared = |a: &Area| {
        let (right, bottom) = (from.x + from.width, from.y + from.height);
        let (beside, along) = match command {
            Command::PaneLeft | Command::MoveLeft => (a.x + a.width + 1 == from.x, true),
            Command::PaneRight | Command::MoveRight => (right + 1 == a.x, true),
            Command::PaneUp | Command::MoveUp => (a.y + a.height == from.y, false),
            _ => (bottom == a.y, false),
        };
        let edge = if along {
            overlap((a.y, a.height), (from.y, from.height))
        } else {
            overlap((a.x, a.width), (from.x, from.width))
        };
        if beside { edge } else { 0 }
    };
    let best =
        layout.panes.iter().max_by_key(|p| (shared(&p.area), std::cmp::Reverse((p.area.y, p.area.x))))?;
    (shared(&best.area) > 0).then_some(best.pane)
}

fn go(state: &mut State, command: Command) {
    match neighbour(state, command) {
        Some(pane) => moves::enter(state, pane),
        None => state.say(Severity::Quiet, "there is no pane that way"),
    }
}

fn swap(state: &mut State, command: Command) {
    let (active, other) = (seat(state, state.active), neighbour(state, command));
    rearrange(state, |tree| {
        let Some(other) = other else { return false };
        tree.swap(active, other);
        true
    });
}

fn resize(state: &mut State, axis: Axis, by: i16) {
    let pane = seat(state, state.active);
    let layout = state.layout_with(pane);
    let length = |node: &Node| {
        let panes = node.panes();
        let areas = || layout.panes.iter().filter(|p| panes.contains(&p.pane)).map(|p| p.area);
        let span = |start: fn(&Area) -> u16, size: fn(&Area) -> u16| {
            let end = areas().map(|a| start(&a) + size(&a)).max().unwrap_or(0);
            end.saturating_sub(areas().map(|a| start(&a)).min().unwrap_or(0))
        };
        match axis {
            Axis::Columns => span(|a| a.x, |a| a.width),
            Axis::Rows => span(|a| a.y, |a| a.height),
        }
    };
    rearrange(state, |tree| tree.resize(pane, axis, by, &length));
}

/// Beside a pane when it is wide, below it when it is not.
fn beside(state: &State) -> Axis {
    const WIDE: u16 = 100;
    let width = state.layout().area(state.active).map_or(0, |a| a.width);
    if width >= WIDE { Axis::Columns } else { Axis::Rows }
}

/// Puts a list into a pane of its own in half the place of the active one, and goes there.
fn split(state: &mut State, axis: Axis, subject: Subject) {
    let at = seat(state, state.active);
    let layout = state.layout();
    let refused = if subject == Subject::Logs {
        Some("logs are shown once".to_owned())
    } else if layout.screen.is_none() {
        Some("one pane is shown alone here; there is no room to split".to_owned())
    } else if !state.knows(subject) {
        Some(format!("no {} is configured", subject.system().map_or("system", |k| k.name())))
    } else {
        None
    };
    if let Some(why) = refused {
        return state.say(Severity::Quiet, why);
    }
    let Some(fresh) = PaneId::extra().find(|p| !state.desk.now.opens(*p)) else {
        return state.say(Severity::Quiet, format!("at most {} panes are shown", PaneId::ALL.len()));
    };
    let before = state.pane(state.active);
    let mut pane = if before.subject == subject { before.clone() } else { Pane::new(subject) };
    (pane.stamp, pane.wishes) = (None, state.pane(fresh).wishes + 1);
    let look = if before.subject == subject { state.look(state.active) } else { Look::default() };
    let list = List { pane: fresh, subject, filter: pane.filter.text().to_owned(), look };
    let mut next = state.desk.now.clone();
    next.lists.push(list);
    if let Some(screen) = layout.screen.and_then(|n| next.screens.get_mut(n)) {
        screen.tree.split(at, axis, fresh);
    }
    let held = std::mem::replace(&mut state.desk.now, next.clone());
    let fits = state.layout().area(fresh).is_some() && state.layout().screen == layout.screen;
    state.desk.now = held;
    if !fits {
        return state.say(Severity::Quiet, "there is no room to split this pane");
    }
    state.desk.change(next);
    *state.pane_mut(fresh) = pane;
    state.settle();
    moves::enter(state, fresh);
}

/// Takes the active pane out of the arrangement; one that was split off is closed.
fn hide(state: &mut State) {
    if state.zoom {
        state.zoom = false;
        state.settle();
        return;
    }
    let layout = state.layout();
    let active = state.active;
    let seat = seat(state, active);
    if seat != active {
        // It only visits; leaving it brings back the pane whose place this is.
        return moves::enter(state, seat);
    }
    if layout.panes.len() < 2 {
        return state.say(Severity::Quiet, "it is the only pane here");
    }
    let at = layout.panes.iter().position(|p| p.pane == active).unwrap_or(0);
    let next = layout.panes.get(at + 1).or_else(|| layout.panes.get(at.checked_sub(1)?));
    let next = next.map(|p| p.pane);
    rearrange(state, |tree| tree.keep(&|p| p != active).map(|kept| *tree = kept).is_some());
    if let Some(next) = next {
        moves::enter(state, next);
    }
    if active.slot().is_some() {
        // Closed on every screen of the workspace: nobody could reach it any more.
        for screen in &mut state.desk.now.screens {
            if let Some(kept) = screen.tree.keep(&|p| p != active) {
                screen.tree = kept;
            }
        }
        let orphaned = state.desk.now.screens.iter().any(|s| s.tree.holds(active));
        if !orphaned {
            state.desk.now.lists.retain(|l| l.pane != active);
        }
    } else {
        let word = state.pane(active).subject.title().to_lowercase();
        let key = state.key_name(Command::AddPane);
        state.say(Severity::Quiet, format!("{word} hidden; go to it, then {key} gives it a place again"));
    }
    state.settle();
}

/// Gives a pane that only visits a place of its own beside its host.
fn add(state: &mut State) {
    let (active, host) = (state.active, seat(state, state.active));
    if host == active {
        return state.say(Severity::Quiet, "it has its place here");
    }
    let axis = beside(state);
    rearrange(state, |tree| {
        tree.split(host, axis, active);
        true
    });
}

fn take_back(state: &mut State) {
    let open: Vec<PaneId> = state.desk.now.lists.iter().map(|l| l.pane).collect();
    if state.desk.take_back() {
        arrive(state, &open);
    } else {
        state.say(Severity::Quiet, "nothing was changed");
    }
}

fn reset(state: &mut State) {
    let name = state.desk.now.name.clone();
    match state.desk.named(&name).cloned() {
        Some(workspace) if workspace != state.desk.now => {
            open(state, workspace);
            let key = state.key_name(Command::TakeBack);
            state.say(Severity::Quiet, format!("{name} as it was; {key} takes that back"));
        }
        _ => state.say(Severity::Quiet, format!("{name} is as it was")),
    }
}

fn nth(state: &mut State, n: usize) {
    match state.desk.known.get(n).cloned() {
        Some(workspace) => open(state, workspace),
        None => state.say(Severity::Quiet, format!("there are {} workspaces", state.desk.known.len())),
    }
}

/// Takes a workspace into use.
fn open(state: &mut State, workspace: Workspace) {
    let said = if workspace.title.is_empty() {
        workspace.name.clone()
    } else {
        format!("{}: {}", workspace.name, workspace.title)
    };
    state.zoom = false;
    state.desk.change(workspace);
    arrive(state, &[]);
    state.say(Severity::Quiet, said);
}

/// Fills the panes of the workspace that came into use, but for those that were `open` and list the same, and keeps
/// the keys in a pane that is shown.
pub(super) fn arrive(state: &mut State, open: &[PaneId]) {
    for list in state.desk.now.lists.clone() {
        if list.subject == Subject::Objects && !list.look.kind.is_empty() && !open.contains(&list.pane) {
            browse::look_at(state, &list.look.kind);
        }
        let known = state.pane(list.pane);
        let narrowed = known.filter.text() == list.filter || open.contains(&list.pane);
        if known.subject != list.subject || !narrowed {
            let wishes = known.wishes + 1;
            let mut pane = Pane::new(list.subject);
            pane.wishes = wishes;
            *state.pane_mut(list.pane) = pane;
            super::filters::narrow(state, list.pane, &list.filter);
        }
        if !open.contains(&list.pane) {
            state.take_look(list.pane, &list.look);
        }
    }
    state.settle();
    // Before the first frame the size is not known; the largest screen says what the workspace is about.
    let unsized_yet = state.desk.now.screens.first().filter(|_| state.size == Size::default());
    let placed = state.tree().or_else(|| unsized_yet.map(|s| &s.tree)).map(Node::panes);
    let seated = |pane: PaneId| placed.as_ref().is_some_and(|p| p.contains(&pane));
    if !seated(state.active) {
        let first = placed.as_ref().and_then(|p| p.iter().copied().find(|p| wanted_first(state, *p)));
        let gone = !state.has_pane(state.active);
        let next = first.or_else(|| gone.then(|| fallback(state)));
        if let Some(next) = next {
            moves::enter(state, next);
        }
    }
    state.settle();
}

/// Environments are seldom what one came for.
fn wanted_first(state: &State, pane: PaneId) -> bool {
    state.has_pane(pane) && pane != PaneId::Environments
}

/// A pane that is always there.
fn fallback(state: &State) -> PaneId {
    PaneId::own().find(|p| wanted_first(state, *p)).unwrap_or(PaneId::Environments)
}

/// Keeps the arrangement in use under a name.
fn save(state: &mut State, name: String, effects: &mut Vec<Effect>) {
    if name.is_empty() {
        return state.say(Severity::Quiet, "type a name as well, as in :workspace save night");
    }
    let Some(file) = state.desk.file.clone() else {
        return state.say(Severity::Warning, "there is no home directory to keep workspaces in");
    };
    let mut workspace = Workspace { name, ..state.desk.now.clone() };
    for list in &mut workspace.lists {
        let pane = state.pane(list.pane);
        (list.subject, list.filter) = (pane.subject, pane.filter.text().to_owned());
        list.look = state.look(list.pane);
    }
    for id in
        PaneId::own().filter(|p| *p != PaneId::Logs && !state.desk.now.lists.iter().any(|l| l.pane == *p))
    {
        let (pane, look) = (state.pane(id), state.look(id));
        if !pane.is_plain(&look) || pane.subject != Subject::first(id) {
            let (subject, filter) = (pane.subject, pane.filter.text().to_owned());
            workspace.lists.push(List { pane: id, subject, filter, look });
        }
    }
    state.desk.keep(workspace.clone());
    state.desk.now = workspace.clone();
    state.say(Severity::Ok, format!("workspace {} kept", workspace.name));
    effects.push(Effect::SaveWorkspace { file, workspace: Box::new(workspace) });
}

/// Forgets a workspace of the engineer's own.
fn forget(state: &mut State, name: String, effects: &mut Vec<Effect>) {
    if state.desk.forget(&name) {
        state.say(Severity::Ok, format!("workspace {name} forgotten"));
        effects.extend(state.desk.file.clone().map(|file| Effect::ForgetWorkspace { file, name }));
    } else {
        state.say(Severity::Quiet, format!("no workspace of yours is called {name}"));
    }
}
