//! All that the screen knows.

mod look;
mod order;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use super::{
    attention::{Attention, Notify},
    browse::{Browse, Catalog},
    column::{Book, Metrics, Values},
    command::Keys,
    event::{Notice, Ticket},
    health::{self, Note},
    journey::Journey,
    keying::Keying,
    layout::{Layout, Node, PaneId, Size, Wanted, arrange},
    logs::{LogBook, LogSettings},
    memory::Memory,
    overlay::{Overlay, Typing},
    pane::{Item, Pane, Stamp},
    rows::{Row, Rows, Wish},
    subject::{SortBy, Subject},
    tour::Tour,
    workspace::Desk,
};
use crate::{
    action::plan::{ActionId, Outcome, Request},
    config::Aliases,
    keymap::{Context, Press},
    model::{Change, Key, Kind, LogTarget, Severity, Source, Str, SystemKind, Time},
    store::Store,
    theme::Theme,
    triage::{Focus, Scope, changes},
};

/// What does not change while the screen is up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Keys.
    pub keys: Arc<Keys>,
    /// Colours.
    pub theme: Arc<Theme>,
    /// The themes for a dark and for a light background, while the background decides.
    pub by_background: Option<[Arc<Theme>; 2]>,
    /// Whether signs and borders are ASCII only.
    pub ascii: bool,
    /// Whether the mouse selects and scrolls.
    pub mouse: bool,
    /// How new critical alerts are told.
    pub notify: Notify,
    /// Most frames a second that are drawn without a key being pressed.
    pub frames: u16,
    /// Whether other programs may be started: the engineer's editor and pager.
    pub programs: bool,
    /// Logs.
    pub logs: LogSettings,
    /// The engineer's own words in the palette.
    pub aliases: Aliases,
}

/// Whether the screen has to be drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dirty {
    /// It shows what is.
    #[default]
    No,
    /// Data changed: draw when the frame rate allows.
    Data,
    /// A key was pressed: draw at once.
    Now,
}

/// An action under way, or ended a moment ago.
#[derive(Clone, Debug)]
pub struct Running {
    /// Its id.
    pub id: ActionId,
    /// What: `rollback appointments in prod`.
    pub title: String,
    /// The step it is in, and of how many.
    pub step: (usize, usize),
    /// What the step sees.
    pub note: String,
    /// How it ended, when it did.
    pub outcome: Option<Outcome>,
}

/// What is wrong in an environment, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EnvironmentSummary {
    /// Applications, pods and alerts that are broken.
    pub critical: u32,
    /// Those that want a look.
    pub warning: u32,
    /// How bad it is.
    pub severity: Severity,
    /// Applications.
    pub applications: u32,
    /// Pods.
    pub pods: u32,
}

/// How a pane's place is divided.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// Whether the columns have a heading.
    pub heading: bool,
    /// Lines for rows.
    pub rows: u16,
    /// What to say about sources.
    pub notes: Vec<Note>,
}

/// All that the screen knows.
#[derive(Debug)]
pub struct State {
    /// The world as last seen.
    pub store: Store,
    /// The moment it is.
    pub now: Time,
    /// The terminal's size.
    pub size: Size,
    /// What does not change.
    pub settings: Settings,
    /// Who the engineer is.
    pub identity: Str,
    /// What the panes other than the active one are about.
    pub focus: Focus,
    /// What the active pane is about.
    pub base: Focus,
    /// The environment that was chosen, if one was.
    pub environment: Option<Str>,
    /// Whether the focus stays when the selection moves.
    pub pinned: bool,
    /// The pane that takes the keys.
    pub active: PaneId,
    /// Whether it is shown alone.
    pub zoom: bool,
    /// The workspace: which panes stand where.
    pub desk: Desk,
    /// What lies over the panes, the topmost last.
    pub overlays: Vec<Overlay>,
    /// The filter or search being typed.
    pub typing: Option<Typing>,
    /// Presses that begin a sequence.
    pub pending: Vec<Press>,
    /// Other keys half typed.
    pub keying: Keying,
    /// Where one has been.
    pub journey: Journey,
    /// The message in the footer, and since when.
    pub notice: Option<(Notice, Time)>,
    /// Actions.
    pub running: Vec<Running>,
    /// What undoes the last action.
    pub undo: Option<Request>,
    /// Changes, newest first.
    pub timeline: Vec<Change>,
    /// Logs.
    pub logs: LogBook,
    /// How far the engineer is on the tour, while on it.
    pub tour: Option<Tour>,
    /// What of the alerts was seen.
    pub attention: Attention,
    /// The kind of object that is looked at.
    pub browse: Browse,
    /// The kinds that the clusters have.
    pub catalog: Catalog,
    /// The columns that were chosen.
    pub book: Book,
    /// The kubeconfig contexts of clusters, for commands to copy.
    pub contexts: HashMap<Source, Str>,
    /// What is remembered from one session to the next.
    pub memory: Memory,
    /// Whether the screen has to be drawn.
    pub dirty: Dirty,
    /// What the engineer's own columns show beside what is always watched.
    pub(super) values: Values,
    /// The same of Prometheus.
    pub(super) metrics: Metrics,
    panes: Box<[Pane; PaneId::ALL.len()]>,
    summaries: Vec<EnvironmentSummary>,
    pub(super) follow: bool,
    /// The question whose answer is to be copied.
    pub(super) copying: Option<Ticket>,
    pub(super) timeline_stamp: Option<u64>,
    focus_scope: Cached,
    base_scope: Cached,
    root_scope: Cached,
    every_scope: Cached,
    tickets: u64,
}

/// A scope, and what it was computed from.
#[derive(Clone, Debug, Default)]
struct Cached {
    of: Focus,
    stamp: Option<u64>,
    scope: Scope,
    version: u64,
}

impl Cached {
    /// Computes it anew when the focus is another one, or when its neighbourhood may have changed.
    fn refresh(&mut self, store: &Store, focus: &Focus, stamp: u64) {
        let stamp = if matches!(focus, Focus::Entity(_)) { stamp } else { 0 };
        if self.stamp != Some(stamp) || self.of != *focus {
            self.scope = Scope::of(store, focus);
            self.of = focus.clone();
            self.stamp = Some(stamp);
            self.version += 1;
        }
    }
}

impl State {
    /// The screen before anything came.
    pub fn new(store: Store, settings: Settings, now: Time) -> Self {
        let has = |kind| store.systems.iter().any(|s| s.kind == kind);
        let active = if has(SystemKind::ArgoCd) {
            PaneId::Applications
        } else if has(SystemKind::Kubernetes) {
            PaneId::Pods
        } else {
            PaneId::Environments
        };
        let logs = LogBook::new(settings.logs.memory);
        Self {
            store,
            now,
            size: Size::default(),
            settings,
            identity: Str::from(""),
            focus: Focus::Everything,
            base: Focus::Everything,
            environment: None,
            pinned: false,
            active,
            zoom: false,
            desk: Desk::load(&[], None).0,
            overlays: Vec::new(),
            typing: None,
            pending: Vec::new(),
            keying: Keying::default(),
            journey: Journey::default(),
            notice: None,
            running: Vec::new(),
            undo: None,
            timeline: Vec::new(),
            logs,
            browse: Browse::default(),
            catalog: Catalog::default(),
            book: Book::default(),
            contexts: HashMap::new(),
            copying: None,
            tour: None,
            attention: Attention::default(),
            memory: Memory::default(),
            dirty: Dirty::Now,
            values: Values::default(),
            metrics: Metrics::default(),
            panes: Box::new(PaneId::ALL.map(|p| Pane::new(Subject::first(p)))),
            summaries: Vec::new(),
            follow: false,
            timeline_stamp: None,
            focus_scope: Cached::default(),
            base_scope: Cached::default(),
            root_scope: Cached::default(),
            every_scope: Cached::default(),
            tickets: 0,
        }
    }

    /// A pane.
    pub fn pane(&self, pane: PaneId) -> &Pane {
        &self.panes[pane as usize]
    }

    pub(super) fn pane_mut(&mut self, pane: PaneId) -> &mut Pane {
        &mut self.panes[pane as usize]
    }

    /// Numbers of an environment, by its position.
    pub fn summary(&self, environment: usize) -> EnvironmentSummary {
        self.summaries.get(environment).copied().unwrap_or_default()
    }

    /// Whether a pane is open and has anything to show with the systems there are.
    pub fn has_pane(&self, pane: PaneId) -> bool {
        let subject = if pane.slot().is_some() { self.pane(pane).subject } else { Subject::first(pane) };
        self.desk.now.opens(pane) && self.knows(subject)
    }

    /// Whether there is a system that a subject's rows can come from.
    pub(super) fn knows(&self, subject: Subject) -> bool {
        subject.system().is_none_or(|kind| self.store.systems.iter().any(|s| s.kind == kind))
    }

    /// The screen divided.
    pub fn layout(&self) -> Layout {
        self.layout_with(self.active)
    }

    /// The screen divided, were another pane the active one.
    pub(super) fn layout_with(&self, active: PaneId) -> Layout {
        let wanted = Wanted {
            size: self.size,
            active,
            zoom: self.zoom,
            screens: &self.desk.now.screens,
            host: self.desk.host,
            environments: self.store.environments.len(),
        };
        arrange(&wanted, |p| self.has_pane(p))
    }

    /// The arrangement on screen; none when one pane is shown alone.
    pub(super) fn tree(&self) -> Option<&Node> {
        let screen = self.layout().screen?;
        self.desk.now.screens.get(screen).map(|s| &s.tree)
    }

    /// How a pane's place of so many lines is divided.
    pub fn body(&self, pane: PaneId, height: u16) -> Body {
        let inner = height.saturating_sub(1);
        let subject = self.pane(pane).subject;
        let mut notes = health::notes(&self.store, subject, self.scope(pane), self.now);
        notes.extend(self.own_notes(pane));
        let heading = match subject {
            Subject::Environments => false,
            Subject::Logs => inner >= 7 && !self.logs.columns.is_empty(),
            // Without its heading nobody knows which column is which environment.
            Subject::Matrix => inner >= 2,
            _ => inner >= 7,
        };
        let room = inner - u16::from(heading);
        if !self.pane(pane).rows.shown.is_empty() {
            notes.truncate(usize::from(room / 4));
        }
        let rows = room.saturating_sub(u16::try_from(notes.len()).unwrap_or(room));
        Body { heading, rows, notes }
    }

    /// What a pane is about.
    pub fn scope(&self, pane: PaneId) -> &Scope {
        &self.scope_of(pane).scope
    }

    fn scope_of(&self, pane: PaneId) -> &Cached {
        match self.pane(pane).subject {
            Subject::Environments => &self.root_scope,
            Subject::Matrix => &self.every_scope,
            _ if pane == self.active => &self.base_scope,
            Subject::Applications => &self.root_scope,
            _ => &self.focus_scope,
        }
    }

    /// What a pane is about, as a focus.
    pub fn focus_of(&self, pane: PaneId) -> Focus {
        match self.pane(pane).subject {
            Subject::Environments | Subject::Matrix => Focus::Everything,
            _ if pane == self.active => self.base.clone(),
            Subject::Applications => self.root(),
            _ => self.focus.clone(),
        }
    }

    /// The environment that the screen is about, or everything.
    pub fn root(&self) -> Focus {
        match (&self.focus, &self.environment) {
            (Focus::Environment(name), _) | (_, Some(name)) => Focus::Environment(name.clone()),
            _ => Focus::Everything,
        }
    }

    /// What an entity is called: alerts and certificates by their names rather than their keys.
    pub fn name_of(&self, key: &Key) -> String {
        let name = match key.kind {
            Kind::Alert => self.store.alerts.get(key).map(|a| a.name.clone()),
            Kind::Certificate => self.store.certificates.get(key).map(|c| c.common_name.clone()),
            Kind::Silence => self.store.silences.get(key).map(|s| s.comment.clone()),
            _ => None,
        };
        name.map_or_else(|| key.title().to_owned(), |name| name.to_string())
    }

    /// The scope of the focus: what belongs to what the screen is about.
    pub fn focus_scope(&self) -> &Scope {
        &self.focus_scope.scope
    }

    /// What is selected in the active pane.
    pub fn selected(&self) -> Option<&Item> {
        self.pane(self.active).selected.as_ref()
    }

    /// What actions and details are about: what is selected, or what the focus is on when logs are read.
    pub fn target(&self) -> Option<Key> {
        if self.active == PaneId::Logs {
            return match &self.focus {
                Focus::Entity(key) => Some(key.clone()),
                _ => None,
            };
        }
        self.stands_for(self.selected()?)
    }

    /// What one wants to look at when a thing is selected.
    pub(super) fn stands_for(&self, item: &Item) -> Option<Key> {
        let key = item.key()?;
        match key.kind {
            // A change and an event are about something; that is what one wants to look at.
            Kind::Change => self.timeline.iter().find(|c| c.key == *key).and_then(|c| c.subject.clone()),
            Kind::Event => {
                let event = self.store.events.get(key)?;
                let kind = event.about_kind.parse().ok()?;
                Some(Key::new(key.source, kind, key.namespace.clone(), event.about.clone()))
            }
            _ => Some(key.clone()),
        }
    }

    /// The environment that the screen, or what is selected, is in.
    pub fn current_environment(&self) -> Option<&crate::model::Environment> {
        let name = match &self.focus {
            Focus::Environment(name) => Some(name.clone()),
            Focus::Entity(key) => self.store.system(key.source).map(|s| s.env.clone()),
            Focus::Everything => match self.store.environments.as_slice() {
                [only] => Some(only.name.clone()),
                _ => self.environment.clone(),
            },
        }?;
        self.store.environments.iter().find(|e| e.name == name)
    }

    /// The contexts whose keys work now, the first deciding.
    pub fn contexts(&self) -> Vec<Context> {
        if self.typing.is_some() {
            return vec![Context::Input];
        }
        match self.overlays.last() {
            Some(Overlay::Palette(_)) => vec![Context::Palette],
            Some(Overlay::Sheet(_)) => vec![Context::Sheet],
            Some(Overlay::Picker(_) | Overlay::Chooser(_) | Overlay::Orders(_) | Overlay::Groups(_)) => {
                vec![Context::Picker, Context::Global]
            }
            Some(Overlay::Columns(_)) => vec![Context::Columns, Context::Picker, Context::Global],
            Some(Overlay::Resources(_)) => vec![Context::Resources, Context::Picker, Context::Global],
            Some(Overlay::Help(_)) => vec![Context::Document, Context::Global],
            Some(Overlay::Viewer(v)) => {
                let own = match v.sort {
                    super::Sort::Document => Context::Document,
                    super::Sort::Diff => Context::Diff,
                    super::Sort::Tree => Context::Tree,
                };
                vec![own, Context::Global]
            }
            None => self.pane_contexts().to_vec(),
        }
    }

    /// The contexts of the panes, whatever lies over them.
    pub fn pane_contexts(&self) -> [Context; 3] {
        let own = if self.active == PaneId::Logs { Context::Log } else { Context::Table };
        [own, Context::Global, Context::Pane]
    }

    /// Whether a sequence of keys is half typed.
    pub fn waits_for_keys(&self) -> bool {
        !self.pending.is_empty() || self.keying.waits.is_some()
    }

    pub(super) fn ticket(&mut self) -> Ticket {
        self.tickets += 1;
        Ticket(self.tickets)
    }

    pub(super) fn touch(&mut self, dirty: Dirty) {
        self.dirty = self.dirty.max(dirty);
    }

    pub(super) fn say(&mut self, severity: Severity, text: impl AsRef<str>) {
        self.notice = Some((Notice::new(severity, text), self.now));
        self.touch(Dirty::Now);
    }

    /// Brings all that is derived up to date: scopes, lists, selections. Cheap when nothing changed.
    pub fn settle(&mut self) {
        if self.timeline_stamp.is_none() {
            self.retell();
        }
        let world = self.neighbourhood();
        let (focus, base, root) = (self.focus.clone(), self.base.clone(), self.root());
        self.focus_scope.refresh(&self.store, &focus, world);
        self.base_scope.refresh(&self.store, &base, world);
        self.root_scope.refresh(&self.store, &root, world);
        let layout = self.layout();
        self.summarise();
        for pane in PaneId::ALL {
            if !self.desk.now.opens(pane) {
                // Nobody sees it; its rows would point to where others are by and by.
                self.panes[pane as usize].empty();
                continue;
            }
            self.rebuild(pane);
            let height = layout.area(pane).map_or(0, |a| self.body(pane, a.height).rows);
            self.panes[pane as usize].scroll(usize::from(height));
        }
    }

    /// Draws up the timeline anew when anything it tells of changed.
    pub(super) fn retell(&mut self) {
        let stamp = self.neighbourhood()
            + self.store.events.generation()
            + self.store.static_roles.generation()
            + self.store.secrets.generation()
            + self.store.silences.generation()
            + self.store.nodes.generation()
            + self.store.changes.generation();
        if self.timeline_stamp != Some(stamp) {
            self.timeline_stamp = Some(stamp);
            self.timeline = changes(&self.store, self.now.minus(Duration::from_secs(86_400)), self.now);
        }
    }

    /// Changes when what belongs together may have changed.
    fn neighbourhood(&self) -> u64 {
        let s = &self.store;
        s.applications.generation() + s.pods.generation() + s.workloads.generation() + s.alerts.generation()
    }

    /// Changes when what the engineer's own columns show may have.
    const fn own_version(&self) -> u64 {
        self.values.version() + self.metrics.version()
    }

    fn tables(&self, subject: Subject) -> u64 {
        let s = &self.store;
        match subject {
            Subject::Environments | Subject::Logs => 0,
            Subject::Applications => s.applications.generation() + self.own_version(),
            // Workloads tell which images are wanted.
            Subject::Matrix => s.applications.generation() + s.workloads.generation(),
            Subject::Pods => s.pods.generation() + self.own_version(),
            Subject::Workloads => s.workloads.generation() + self.own_version(),
            Subject::Nodes => s.nodes.generation() + self.own_version(),
            Subject::Namespaces => s.namespaces.generation() + self.own_version(),
            Subject::Events => s.events.generation(),
            Subject::Alerts => s.alerts.generation(),
            Subject::Silences => s.silences.generation(),
            Subject::Leases => {
                s.leases.generation()
                    + s.static_roles.generation()
                    + s.secrets.generation()
                    + s.certificates.generation()
            }
            Subject::Changes => self.timeline_stamp.unwrap_or(0),
            Subject::Objects => s.objects.generation() + self.browse.version(),
        }
    }

    fn rebuild(&mut self, id: PaneId) {
        self.understand(id);
        let pane = &self.panes[id as usize];
        // How bad they are depends on the time.
        let step = match pane.subject {
            Subject::Leases | Subject::Silences => 1,
            Subject::Pods => 60,
            _ => i64::MAX,
        };
        let stamp = Stamp {
            tables: self.tables(pane.subject),
            scope: self.scope_version(id),
            wish: pane.wishes,
            time: self.now.secs() / if pane.filter.is_timed() { step.min(5) } else { step },
        };
        if pane.stamp == Some(stamp) {
            return;
        }
        let wish = Wish {
            scope: self.scope(id),
            filter: &pane.filter,
            by: pane.sort,
            reversed: pane.reversed,
            column: pane.column,
            now: self.now,
            browse: &self.browse,
        };
        let mut rows = Rows::build(&self.store, &self.timeline, pane.subject, &wish, &pane.rows.shown);
        let sort = self.sort_found(id, &rows).unwrap_or(pane.sort);
        if let SortBy::Fact(column) = sort {
            self.sort_by_fact(id, &mut rows, usize::from(column), pane.reversed);
        }
        self.group(id, &mut rows);
        let pane = &mut self.panes[id as usize];
        if pane.sort != sort {
            (pane.sort, pane.sort_wanted) = (sort, None);
        }
        pane.rows = rows;
        pane.stamp = Some(stamp);
        self.remark(id);
        self.reselect(id);
    }

    /// Which scope a pane had and how often it was computed, in one number.
    fn scope_version(&self, id: PaneId) -> u64 {
        let which = self.scope_of(id);
        let all = [&self.root_scope, &self.base_scope, &self.focus_scope, &self.every_scope];
        let slot = all.iter().position(|s| std::ptr::eq(*s, which)).unwrap_or_default();
        which.version * 4 + slot as u64
    }

    /// Finds the selected thing again; when it is gone, what took its place is selected.
    fn reselect(&mut self, id: PaneId) {
        let pane = &self.panes[id as usize];
        let place = |wanted: Row| pane.rows.shown.iter().position(|r| *r == wanted);
        let found = pane.selected.as_ref().filter(|_| pane.touched).and_then(|item| match item {
            Item::Group(label) => place(pane.rows.heading(label)?),
            item => place(self.row_of(pane.subject, item)?),
        });
        // What is folded away is stood for by its heading.
        let heading = || {
            let item = pane.selected.as_ref().filter(|_| pane.touched)?;
            let group = self.group_of(id, self.row_of(pane.subject, item)?)?;
            place(Row::Group(u32::try_from(group).ok()?))
        };
        let cursor = match found.or_else(heading) {
            Some(at) => at,
            None if pane.touched => pane.cursor.min(pane.rows.shown.len().saturating_sub(1)),
            None => 0,
        };
        let selected = if found.is_some() { pane.selected.clone() } else { self.item_at(id, cursor) };
        let stays = found.is_some();
        let pane = &mut self.panes[id as usize];
        if stays && pane.offset > 0 {
            // Where the list was scrolled, what is selected stays on its line; at the top what comes first stays in
            // sight.
            pane.offset = (pane.offset + cursor).saturating_sub(pane.cursor);
        }
        pane.cursor = cursor;
        pane.selected = selected;
    }

    /// The thing at a position of a pane.
    pub fn item_at(&self, id: PaneId, at: usize) -> Option<Item> {
        let row = *self.pane(id).rows.shown.get(at)?;
        match row {
            Row::Environment(n) => {
                self.store.environments.get(n as usize).map(|e| Item::Environment(e.name.clone()))
            }
            Row::Group(n) => self.pane(id).rows.groups.get(n as usize).map(|g| Item::Group(g.label.clone())),
            row => row.key(&self.store, &self.timeline).map(|k| Item::Entity(k.clone())),
        }
    }

    pub(super) fn row_of(&self, subject: Subject, item: &Item) -> Option<Row> {
        let s = &self.store;
        let short = |n: Option<usize>| n.and_then(|n| u32::try_from(n).ok());
        let key = match item {
            Item::Environment(name) => {
                return short(s.environments.iter().position(|e| e.name == *name)).map(Row::Environment);
            }
            Item::Entity(key) => key,
            Item::Group(_) => return None,
        };
        match (subject, key.kind) {
            (Subject::Applications | Subject::Matrix, _) => {
                short(s.applications.position(key)).map(Row::Application)
            }
            (Subject::Pods, _) => short(s.pods.position(key)).map(Row::Pod),
            (Subject::Workloads, _) => short(s.workloads.position(key)).map(Row::Workload),
            (Subject::Nodes, _) => short(s.nodes.position(key)).map(Row::Node),
            (Subject::Namespaces, _) => short(s.namespaces.position(key)).map(Row::Namespace),
            (Subject::Events, _) => short(s.events.position(key)).map(Row::Event),
            (Subject::Alerts, _) => short(s.alerts.position(key)).map(Row::Alert),
            (Subject::Silences, _) => short(s.silences.position(key)).map(Row::Silence),
            (Subject::Leases, Kind::Lease) => short(s.leases.position(key)).map(Row::Lease),
            (Subject::Leases, Kind::StaticRole) => short(s.static_roles.position(key)).map(Row::StaticRole),
            (Subject::Leases, Kind::Secret) => short(s.secrets.position(key)).map(Row::Secret),
            (Subject::Leases, Kind::Certificate) => short(s.certificates.position(key)).map(Row::Certificate),
            (Subject::Objects, Kind::Object) => short(s.objects.position(key)).map(Row::Object),
            (Subject::Changes, _) => short(self.timeline.iter().position(|c| c.key == *key)).map(Row::Change),
            _ => None,
        }
    }

    fn summarise(&mut self) {
        let s = &self.store;
        let index: HashMap<&Str, usize> = s.environments.iter().zip(0..).map(|(e, n)| (&e.name, n)).collect();
        let of_source: Vec<Option<usize>> = s.systems.iter().map(|x| index.get(&x.env).copied()).collect();
        let mut out = vec![
            EnvironmentSummary { severity: Severity::Quiet, ..Default::default() };
            s.environments.len()
        ];
        let mut add = |key: &Key, severity: Severity| {
            let at = of_source.get(usize::from(key.source.0)).copied().flatten();
            let Some(sum) = at.and_then(|n| out.get_mut(n)) else { return };
            match severity {
                Severity::Critical => sum.critical += 1,
                Severity::Warning => sum.warning += 1,
                _ => {}
            }
            sum.severity = sum.severity.max(severity);
            match key.kind {
                Kind::Application => sum.applications += 1,
                Kind::Pod => sum.pods += 1,
                _ => {}
            }
        };
        for app in s.applications.iter() {
            add(&app.key, app.severity());
        }
        for pod in s.pods.iter() {
            add(&pod.key, pod.severity(self.now));
        }
        for alert in s.alerts.iter() {
            add(&alert.key, super::Listed::severity(alert, self.now));
        }
        self.summaries = out;
    }

    /// Whether a row belongs to the focus in a list that shows more than that.
    pub fn is_related(&self, id: PaneId, row: Row) -> bool {
        if id == self.active || !matches!(self.focus, Focus::Entity(_)) {
            return false;
        }
        match row {
            Row::Application(n) => {
                self.store.applications.at(n as usize).is_some_and(|a| self.focus_scope().application(a))
            }
            Row::Environment(n) => self
                .store
                .environments
                .get(n as usize)
                .is_some_and(|e| self.focus_scope().environment(&self.store, e)),
            _ => false,
        }
    }

    /// Pods whose logs the focus asks for, with their uids: itself, or so many of its pods, the worst first.
    pub(super) fn log_pods(&self, most: usize) -> Vec<(Key, u128)> {
        let Focus::Entity(key) = &self.focus else { return Vec::new() };
        if key.kind == Kind::Pod {
            return vec![(key.clone(), self.store.pods.get(key).map_or(super::logs::GONE, |p| p.uid))];
        }
        let scope = self.focus_scope();
        let mut pods: Vec<_> = self.store.pods.iter().filter(|p| scope.pod(p)).collect();
        pods.sort_by(|a, b| super::Listed::order(*a, b, super::SortBy::Worst, self.now));
        let mut seen = HashSet::new();
        pods.iter().filter(|p| seen.insert(&p.key)).take(most).map(|p| (p.key.clone(), p.uid)).collect()
    }

    /// The query for what Loki kept of what the focus is on, deleted pods included; none where there is no Loki.
    pub(super) fn kept_logs(&self) -> Option<LogTarget> {
        let Focus::Entity(key) = &self.focus else { return None };
        let env = &self.store.system(key.source)?.env;
        let loki = self.store.systems.iter().find(|s| s.kind == SystemKind::Loki && s.env == *env)?;
        let scope = self.focus_scope();
        let mut namespaces: Vec<&str> = Vec::new();
        let mut names: Vec<String> = Vec::new();
        let is_owner =
            |k: Kind| matches!(k, Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet | Kind::Job);
        if key.kind == Kind::Pod {
            namespaces.push(&key.namespace);
            names.push(escaped(&key.name));
        } else {
            for owner in self.store.workloads.iter().filter(|w| is_owner(w.key.kind) && scope.workload(w)) {
                namespaces.push(&owner.key.namespace);
                names.push(format!("{}-.+", escaped(&owner.key.name)));
            }
        }
        namespaces.sort_unstable();
        namespaces.dedup();
        names.sort_unstable();
        names.dedup();
        if names.is_empty() {
            return None;
        }
        let namespaces: Vec<_> = namespaces.into_iter().map(escaped).collect();
        let query = format!("{{namespace=~\"{}\", pod=~\"{}\"}}", namespaces.join("|"), names.join("|"));
        Some(LogTarget::Query { source: loki.source, query: query.into() })
    }
}

/// A Kubernetes name as a regular expression in a LogQL string: of what such names hold only the dot has a meaning.
fn escaped(name: &str) -> String {
    name.replace('.', "\\\\.")
}
