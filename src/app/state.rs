//! All that the screen knows.

mod derive;
mod logs;
mod look;
mod order;

use std::{collections::HashMap, sync::Arc};

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
    pane::{Item, Pane},
    subject::Subject,
    tour::Tour,
    workspace::Desk,
};
use crate::{
    action::plan::{ActionId, Outcome, Request},
    config::Aliases,
    keymap::{Context, Press},
    model::{Change, Key, Kind, Severity, Source, Str, SystemKind, Time},
    store::Store,
    theme::Theme,
    triage::{Focus, Scope},
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
    /// The message in the footer, and for how many ticks it was there.
    pub notice: Option<(Notice, u32)>,
    /// Actions.
    pub running: Vec<Running>,
    /// Whether it was said what stays unfinished when the program ends now.
    pub(super) leaving: bool,
    /// What undoes the last action, or all of the last bulk plan.
    pub undo: Vec<Request>,
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
            leaving: false,
            undo: Vec::new(),
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
            Kind::Silence => {
                let silence = self.store.silences.get(key);
                silence.map(|s| s.comment.clone()).filter(|comment| !comment.is_empty())
            }
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
            Some(Overlay::Sheet(_) | Overlay::Bulk(_)) => vec![Context::Sheet],
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
        self.notice = Some((Notice::new(severity, text), 0));
        self.leaving = false;
        self.touch(Dirty::Now);
    }
}
