//! Moving: in a list, between panes, to problems; and what follows the selection.

use super::{groups, logs, sorts, window};
use crate::{
    app::{
        command::Command,
        event::Effect,
        keying::Again,
        layout::PaneId,
        listed::Listed,
        orders::Orders,
        overlay::Overlay,
        pane::{Item, Pane},
        state::{Dirty, State},
        subject::Subject,
    },
    model::{Application, Key, Kind, Severity},
    triage::Focus,
};

/// Runs a command that moves.
pub(super) fn run(state: &mut State, command: Command) {
    let active = state.active;
    let height = height(state, active);
    let rows = state.pane(active).rows.shown.len();
    let last = rows.saturating_sub(1);
    let at = state.pane(active).cursor;
    let to = match command {
        Command::Down => at + 1,
        Command::Up => at.saturating_sub(1),
        Command::HalfPageDown => at + (height / 2).max(1),
        Command::HalfPageUp => at.saturating_sub((height / 2).max(1)),
        Command::PageDown => at + height.max(1),
        Command::PageUp => at.saturating_sub(height.max(1)),
        Command::Top => 0,
        Command::Bottom => last,
        Command::Left | Command::Right if state.pane(active).subject == Subject::Matrix => {
            return column(state, command == Command::Right);
        }
        _ => return elsewhere(state, command),
    };
    if rows > 0 {
        select(state, active, to.min(last));
    }
}

/// Goes so many rows up or down.
pub(super) fn by(state: &mut State, down: bool, rows: usize) {
    let at = state.pane(state.active).cursor;
    row(state, if down { at + rows } else { at.saturating_sub(rows) });
}

/// Goes to a row of the active pane, or the last.
pub(super) fn row(state: &mut State, at: usize) {
    let active = state.active;
    let rows = state.pane(active).rows.shown.len();
    if rows > 0 {
        select(state, active, at.min(rows - 1));
    }
}

/// Moves the selection of a pane that one is not in: nothing follows it.
pub(super) fn scroll(state: &mut State, pane: PaneId, down: bool, rows: usize) {
    let at = state.pane(pane).cursor;
    let last = state.pane(pane).rows.shown.len().saturating_sub(1);
    let to = if down { (at + rows).min(last) } else { at.saturating_sub(rows) };
    let (item, height) = (state.item_at(pane, to), height(state, pane));
    let p = state.pane_mut(pane);
    (p.cursor, p.selected, p.touched) = (to, item, true);
    p.scroll(height);
}

/// Selects a thing where the list has it.
pub(super) fn select_item(state: &mut State, pane: PaneId, item: &Item) {
    let rows = state.pane(pane).rows.shown.len();
    if let Some(at) = (0..rows).find(|at| state.item_at(pane, *at).as_ref() == Some(item)) {
        select(state, pane, at);
    }
}

/// How many rows of a pane are on screen.
pub(super) fn height(state: &State, pane: PaneId) -> usize {
    let area = state.layout().area(pane);
    area.map_or(0, |a| usize::from(state.body(pane, a.height).rows))
}

/// Selects the row at a position; the focus follows when the keys rest.
fn select(state: &mut State, pane: PaneId, at: usize) {
    let item = state.item_at(pane, at);
    let height = height(state, pane);
    let p = state.pane_mut(pane);
    p.cursor = at;
    p.selected = item;
    p.touched = true;
    p.scroll(height);
    state.follow = true;
}

/// Chooses the next or previous environment of the matrix that has the selected application.
fn column(state: &mut State, forward: bool) {
    let pane = state.pane(state.active);
    let Some(line) = pane.rows.matrix.get(pane.cursor) else { return };
    let has = |n: &usize| line.cells.get(*n).is_some_and(Option::is_some);
    let from = if has(&pane.column) { pane.column } else { line.reference };
    let next = if forward { (from + 1..line.cells.len()).find(has) } else { (0..from).rev().find(has) };
    let Some(next) = next else { return };
    let pane = state.active_pane();
    pane.column = next;
    pane.wishes += 1;
    pane.touched = true;
    let at = pane.cursor;
    // What was selected stands in another column now: the row stays, and its new cell is selected.
    pane.selected = None;
    state.settle();
    select(state, state.active, at);
}

fn elsewhere(state: &mut State, command: Command) {
    match command {
        _ if window::run(state, command) || sorts::run(state, command) => {}
        Command::Everything => everything(state),
        Command::NextPane => step(state, true),
        Command::PreviousPane => step(state, false),
        Command::SortNext => {
            let columns = if state.pane(state.active).subject == Subject::Objects {
                state.browse.columns.len()
            } else {
                0
            };
            state.active_pane().sort_next(columns);
            state.say(Severity::Quiet, format!("sorted {}", state.sort_words(state.active)));
        }
        Command::SortBy => orders(state),
        Command::SortReverse => state.active_pane().sort_reverse(),
        Command::Pin => pin(state),
        Command::Owner => owner(state),
        Command::NextProblem => problem(state, true),
        Command::PreviousProblem => problem(state, false),
        Command::GoEnvironments => show(state, Subject::Environments),
        Command::GoApplications => show(state, Subject::Applications),
        Command::GoMatrix => show(state, Subject::Matrix),
        Command::GoPods => show(state, Subject::Pods),
        Command::GoWorkloads => show(state, Subject::Workloads),
        Command::GoNodes => show(state, Subject::Nodes),
        Command::GoNamespaces => show(state, Subject::Namespaces),
        Command::GoKinds => super::browse::kinds(state),
        Command::Wide => wide(state),
        Command::GoEvents => show(state, Subject::Events),
        Command::GoAlerts => show(state, Subject::Alerts),
        Command::GoSilences => show(state, Subject::Silences),
        Command::GoLeases => show(state, Subject::Leases),
        Command::GoLogs => show(state, Subject::Logs),
        Command::GoChanges => show(state, Subject::Changes),
        _ => {}
    }
}

/// Offers the orders that the list can have.
fn orders(state: &mut State) {
    let orders = Orders::of(state, state.active);
    if orders.all.is_empty() {
        state.say(Severity::Quiet, "nothing to sort by");
        return;
    }
    state.overlays.push(Overlay::Orders(orders));
}

/// Runs a command in the list of orders.
pub(super) fn choose_order(state: &mut State, command: Command) {
    let Some(Overlay::Orders(orders)) = state.overlays.last_mut() else { return };
    if orders.run(command) {
        return;
    }
    let chosen = orders.chosen();
    match command {
        Command::Cancel | Command::Back => {
            state.overlays.pop();
        }
        Command::Confirm | Command::Open => {
            state.overlays.pop();
            if let Some(sort) = chosen {
                state.keying.again = Some(Again::Sort(sort));
                state.active_pane().sort_by(sort);
                state.say(Severity::Quiet, format!("sorted {}", state.sort_words(state.active)));
            }
        }
        _ => {}
    }
}

/// Shows the columns of the wide form as well, or no longer.
fn wide(state: &mut State) {
    let pane = state.active_pane();
    if !pane.subject.has_wide() {
        state.say(Severity::Quiet, "this list has no more columns");
        return;
    }
    pane.wide = !pane.wide;
    let text = if pane.wide { "all columns that fit" } else { "the usual columns" };
    state.say(Severity::Quiet, text);
}

impl State {
    fn active_pane(&mut self) -> &mut Pane {
        self.pane_mut(self.active)
    }
}

/// Goes to the next or previous pane that has a place; where one is shown alone, that has anything to show.
fn step(state: &mut State, forward: bool) {
    let at = state.active as usize;
    let count = PaneId::ALL.len();
    let order = (1..=count).map(|n| if forward { (at + n) % count } else { (at + count - n) % count });
    let tree = state.tree();
    let reached = |p: &PaneId| state.has_pane(*p) && tree.is_none_or(|t| t.holds(*p));
    let next = order.map(|n| PaneId::ALL[n]).find(reached);
    if let Some(next) = next {
        enter(state, next);
    }
}

/// The pane that a list is shown in: the active one when it lists that, or was split off and no pane lists that by
/// itself; else its own.
fn pane_for(state: &State, subject: Subject) -> PaneId {
    let own = subject.pane();
    let active = state.active;
    let free = active.slot().is_some() && Subject::first(own) != subject;
    if state.pane(active).subject == subject || free { active } else { own }
}

/// Shows a list in its pane and goes there.
pub(super) fn show(state: &mut State, subject: Subject) {
    show_in(state, pane_for(state, subject), subject);
}

/// Shows a list in a pane and goes there.
pub(super) fn show_in(state: &mut State, pane: PaneId, subject: Subject) {
    if !state.knows(subject) {
        let system = subject.system().map_or("system", |k| k.name());
        state.say(Severity::Quiet, format!("no {system} is configured"));
        return;
    }
    if state.pane(pane).subject != subject {
        let wishes = state.pane(pane).wishes + 1;
        *state.pane_mut(pane) = Pane::new(subject);
        state.pane_mut(pane).wishes = wishes;
        if let Some(list) = state.desk.now.lists.iter_mut().find(|l| l.pane == pane) {
            (list.subject, list.filter) = (subject, String::new());
        }
    }
    enter(state, pane);
}

/// Makes a pane the one that takes the keys. It keeps the list it shows.
pub(super) fn enter(state: &mut State, pane: PaneId) {
    if pane == state.active {
        return;
    }
    follow(state);
    if let Focus::Environment(name) = &state.focus {
        state.environment = Some(name.clone());
    }
    state.base = match state.pane(pane).subject {
        Subject::Environments | Subject::Matrix => Focus::Everything,
        Subject::Applications => state.root(),
        _ => state.focus.clone(),
    };
    if state.tree().is_some_and(|t| t.holds(state.active)) {
        state.desk.host = state.active;
    }
    state.active = pane;
    state.settle();
}

/// Lets the focus follow the selection, if it moved.
fn follow(state: &mut State) -> bool {
    if !std::mem::take(&mut state.follow) || state.pinned {
        return false;
    }
    let Some(item) = state.selected() else { return false };
    let focus = match item {
        Item::Entity(key) if matches!(key.kind, Kind::Change | Kind::Event) => {
            state.target().map_or_else(|| state.base.clone(), Focus::Entity)
        }
        item => item.focus().unwrap_or_else(|| state.base.clone()),
    };
    if let Focus::Environment(name) = &focus {
        state.environment = Some(name.clone());
    }
    if focus == state.focus {
        return false;
    }
    state.focus = focus;
    true
}

/// The keys rest: the focus follows, and the logs of what it is on are opened.
pub(super) fn rest(state: &mut State, effects: &mut Vec<Effect>) {
    if follow(state) {
        state.settle();
        state.touch(Dirty::Now);
    }
    logs::follow_focus(state, effects);
}

/// `esc`: clears the search and the filters, leaves the zoom, unpins, widens the focus; one of these at a time.
pub(super) fn back(state: &mut State) {
    if state.active == PaneId::Logs && !state.logs.search().is_empty() {
        state.logs.set_search(crate::app::Query::default(), 0);
    } else if state.active == PaneId::Logs && state.logs.filters().next().is_some() {
        state.logs.drop_filter();
    } else if state.pane(state.active).filter.is_set() {
        state.active_pane().set_filter(crate::app::Filter::default());
    } else if state.zoom {
        state.zoom = false;
    } else if state.pinned {
        state.pinned = false;
    } else {
        state.follow = false;
        let wider = match &state.focus {
            Focus::Entity(_) => state.environment.clone().map_or(Focus::Everything, Focus::Environment),
            Focus::Environment(_) | Focus::Everything => {
                state.environment = None;
                Focus::Everything
            }
        };
        state.focus = wider.clone();
        let all = matches!(state.pane(state.active).subject, Subject::Environments | Subject::Matrix);
        state.base = if all { Focus::Everything } else { wider };
    }
    state.settle();
}

/// Makes the screen about all environments.
fn everything(state: &mut State) {
    (state.pinned, state.follow, state.environment) = (false, false, None);
    (state.focus, state.base) = (Focus::Everything, Focus::Everything);
    state.settle();
    state.say(Severity::Quiet, "all environments");
}

/// The alert that the panes are about, by name.
pub(super) fn looked_at(state: &State) -> Option<String> {
    let Focus::Entity(key) = &state.focus else { return None };
    state.store.alerts.get(key).map(|alert| alert.name.to_string())
}

/// Lets go of an alert that resolved: what belongs to it cannot be told any more, so all panes would be empty.
pub(super) fn let_go(state: &mut State, before: Option<String>) {
    let (Focus::Entity(key), Some(name)) = (state.focus.clone(), before) else { return };
    if state.store.alerts.get(&key).is_some() {
        return;
    }
    let of = state.environment.as_ref().map_or("everything", |e| e).to_owned();
    let wider = state.environment.clone().map_or(Focus::Everything, Focus::Environment);
    if state.base == state.focus {
        state.base = wider.clone();
    }
    (state.focus, state.pinned) = (wider, false);
    state.settle();
    state.say(Severity::Ok, format!("{name} no longer fires; the panes are about {of} again"));
}

fn pin(state: &mut State) {
    state.pinned = !state.pinned;
    if state.pinned {
        state.pinned = false;
        state.follow = true;
        follow(state);
        state.pinned = true;
        let key = state.key_name(Command::Pin);
        state.say(Severity::Quiet, format!("the focus stays here; {key} lets it follow again"));
    } else {
        state.follow = true;
        state.say(Severity::Quiet, "the focus follows the selection again");
    }
}

/// Goes to the application that the selected thing belongs to.
fn owner(state: &mut State) {
    let Some(key) = state.target() else { return };
    let scope = crate::triage::Scope::of(&state.store, &Focus::Entity(key.clone()));
    let owns = |a: &&Application| a.key != key && !scope.is_of_node() && scope.application(a);
    let app = state.store.applications.iter().find(owns).map(|a| a.key.clone());
    match app {
        Some(app) => go_to(state, &app),
        None => state
            .say(Severity::Quiet, format!("no application is known that {} belongs to", state.name_of(&key))),
    }
}

/// The list that things of a kind stand in.
pub(super) const fn subject_of(kind: Kind) -> Subject {
    match kind {
        Kind::Application => Subject::Applications,
        Kind::Pod => Subject::Pods,
        Kind::Node => Subject::Nodes,
        Kind::Namespace => Subject::Namespaces,
        Kind::Event => Subject::Events,
        Kind::Alert => Subject::Alerts,
        Kind::Silence => Subject::Silences,
        Kind::Change => Subject::Changes,
        Kind::Object => Subject::Objects,
        kind if kind.is_workload() => Subject::Workloads,
        _ => Subject::Leases,
    }
}

/// Goes to an entity: its list, its row, the focus on it.
pub(super) fn go_to(state: &mut State, key: &Key) {
    let subject = subject_of(key.kind);
    show(state, subject);
    let pane = state.active;
    if state.pane(pane).subject != subject {
        return;
    }
    state.pane_mut(pane).set_filter(crate::app::Filter::default());
    state.settle();
    groups::reveal(state, key);
    if position(state, pane, key).is_none() {
        state.environment = None;
        state.base = Focus::Everything;
        state.focus = Focus::Everything;
        state.settle();
        groups::reveal(state, key);
    }
    if let Some(at) = position(state, pane, key) {
        select(state, pane, at);
        follow(state);
        state.settle();
    }
}

fn position(state: &State, pane: PaneId, key: &Key) -> Option<usize> {
    let rows = &state.pane(pane).rows.shown;
    rows.iter().position(|r| r.key(&state.store, &state.timeline) == Some(key))
}

/// Goes to the next thing that is broken or wants a look, in any environment: applications, alerts, pods, leases.
fn problem(state: &mut State, forward: bool) {
    fn bad<'a, T: Listed + 'a>(
        rows: impl Iterator<Item = &'a T>,
        now: crate::model::Time,
        out: &mut Vec<(usize, Severity, Key)>,
        rank: usize,
    ) {
        let found = rows.map(|r| (rank, r.severity(now), r.key().clone())).filter(|(_, s, _)| s.is_problem());
        out.extend(found);
    }
    let (s, now) = (&state.store, state.now);
    let mut all = Vec::new();
    bad(s.applications.iter(), now, &mut all, 0);
    bad(s.alerts.iter(), now, &mut all, 1);
    bad(s.pods.iter(), now, &mut all, 2);
    bad(s.leases.iter(), now, &mut all, 3);
    bad(s.static_roles.iter(), now, &mut all, 3);
    bad(s.certificates.iter(), now, &mut all, 3);
    bad(s.nodes.iter(), now, &mut all, 4);
    all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)).then_with(|| a.2.cmp(&b.2)));
    if all.is_empty() {
        state.say(Severity::Ok, "nothing is wrong anywhere");
        return;
    }
    let here = state.selected().and_then(Item::key).filter(|_| state.pane(state.active).touched);
    let at = here.and_then(|k| all.iter().position(|(_, _, key)| key == k));
    let next = match (at, forward) {
        (Some(at), true) => (at + 1) % all.len(),
        (Some(at), false) => (at + all.len() - 1) % all.len(),
        (None, true) => 0,
        (None, false) => all.len() - 1,
    };
    let key = all[next].2.clone();
    let text = format!("problem {} of {}", next + 1, all.len());
    go_to(state, &key);
    state.say(Severity::Quiet, text);
}
