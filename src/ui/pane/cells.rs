//! What stands in each cell.

use std::borrow::Cow;

use ratatui::style::Style;

use crate::{
    app::{ColumnId as Id, Listed, OwnCell, OwnColumn, Row, State, format, note, short_number, words},
    model::{
        Alert, AlertState, Application, Certificate, Change, ClusterEvent, Key, Lease, Namespace, Node,
        Object, Pod, RotatedCredential, SecretVersion, Severity, Share, Silence, Str, SyncStatus, Workload,
        standing,
    },
    theme::Role,
    triage::timeline::{short, tag},
    ui::{chrome, pen::Pen},
};

/// Text and how it looks.
pub(super) struct Cell<'a> {
    pub text: Cow<'a, str>,
    pub style: Style,
}

/// What draws a cell: the state and the pen's signs and styles.
struct Draw<'s, 'p, 'b> {
    state: &'s State,
    pen: &'p Pen<'b>,
}

/// So many percent of a limit are nearly all of it.
const NEARLY: u32 = 90;

/// The cell of a row in a column.
pub(super) fn cell<'s>(state: &'s State, row: Row, id: Id, pen: &Pen<'_>) -> Cell<'s> {
    let draw = Draw { state, pen };
    if let Id::Own(n) = id {
        return state.book.own_at(n).map_or_else(|| draw.text(""), |own| draw.own(row, own));
    }
    let store = &state.store;
    let at = row.position() as usize;
    let found = match row {
        Row::Environment(_) => return draw.environment(at, id),
        Row::Application(_) => store.applications.at(at).map(|r| draw.application(r, id)),
        Row::Pod(_) => store.pods.at(at).map(|r| draw.pod(r, id)),
        Row::Workload(_) => store.workloads.at(at).map(|r| draw.workload(r, id)),
        Row::Node(_) => store.nodes.at(at).map(|r| draw.node(r, id)),
        Row::Namespace(_) => store.namespaces.at(at).map(|r| draw.namespace(r, id)),
        Row::Event(_) => store.events.at(at).map(|r| draw.event(r, id)),
        Row::Alert(_) => store.alerts.at(at).map(|r| draw.alert(r, id)),
        Row::Silence(_) => store.silences.at(at).map(|r| draw.silence(r, id)),
        Row::Lease(_) => store.leases.at(at).map(|r| draw.lease(r, id)),
        Row::StaticRole(_) => store.static_roles.at(at).map(|r| draw.role(r, id)),
        Row::Secret(_) => store.secrets.at(at).map(|r| draw.secret(r, id)),
        Row::Certificate(_) => store.certificates.at(at).map(|r| draw.certificate(r, id)),
        Row::Change(_) => state.timeline.get(at).map(|r| draw.change(r, id)),
        Row::Object(_) => store.objects.at(at).map(|r| draw.object(r, id)),
        // A heading has no columns.
        Row::Group(_) => None,
    };
    found.unwrap_or_else(|| draw.text(""))
}

impl<'s> Draw<'s, '_, '_> {
    fn with<'a>(&self, text: impl Into<Cow<'a, str>>, role: Role) -> Cell<'a> {
        Cell { text: text.into(), style: self.pen.style(role) }
    }

    fn text<'a>(&self, text: impl Into<Cow<'a, str>>) -> Cell<'a> {
        self.with(text, Role::Text)
    }

    fn dim<'a>(&self, text: impl Into<Cow<'a, str>>) -> Cell<'a> {
        self.with(text, Role::Dim)
    }

    fn status(&self, severity: Severity, word: &str) -> Cell<'static> {
        let text = format!("{} {word}", self.pen.sign(severity));
        Cell { text: text.into(), style: self.pen.theme.severity(severity) }
    }

    fn age(&self, at: Option<crate::model::Time>) -> Cell<'static> {
        self.dim(at.map_or(String::new(), |t| format::age(self.state.now.since(t))))
    }

    /// A column of the engineer's own.
    fn own(&self, row: Row, own: &OwnColumn) -> Cell<'s> {
        match self.state.own_cell(row, own) {
            OwnCell::Unknown => self.dim(self.pen.more()),
            OwnCell::Text(text) => self.text(text),
            // What is old says so: it may be otherwise by now.
            OwnCell::Value(value, true) => self.dim(format!("{} ?", short_number(value))),
            OwnCell::Value(value, false) => self.text(short_number(value)),
            OwnCell::Cell(cell) => {
                let text = words(cell, self.state.now);
                match standing(&own.name, cell) {
                    Some(severity) => self.status(severity, &text),
                    None => self.text(text),
                }
            }
        }
    }

    fn images(&self, images: &[Str]) -> Cell<'static> {
        self.dim(images.iter().map(|i| tag(i)).collect::<Vec<_>>().join(","))
    }

    fn labels(&self, labels: &[(Str, Str)]) -> Cell<'static> {
        self.dim(labels.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(","))
    }

    fn env(&self, key: &Key) -> Cell<'s> {
        let Some(env) = self.state.store.environment_of(key.source) else { return self.dim("") };
        let badge = self.pen.theme.tier(env.tier, env.color.as_deref());
        // The badge's ground as ink: rows of one environment are known by colour, and by the name.
        let style = badge.bg.map_or(badge, |ground| Style::new().fg(ground));
        let style = if self.pen.theme.depth == crate::theme::Depth::None { Style::new() } else { style };
        Cell { text: (&*env.name).into(), style }
    }

    fn environment(&self, at: usize, id: Id) -> Cell<'s> {
        let Some(env) = self.state.store.environments.get(at) else { return self.text("") };
        let sum = self.state.summary(at);
        match id {
            Id::Name => {
                let (text, style) = chrome::badge(self.pen, env);
                Cell { text: text.into(), style }
            }
            Id::Wrong if sum.critical + sum.warning == 0 => {
                let (sign, style) = match sum.severity {
                    Severity::Quiet => ("", self.pen.style(Role::Dim)),
                    severity => (self.pen.sign(severity), self.pen.theme.severity(severity)),
                };
                Cell { text: sign.into(), style }
            }
            Id::Wrong => {
                let count =
                    |n: u32, s| if n > 0 { format!("{} {n}  ", self.pen.sign(s)) } else { String::new() };
                let text = format!(
                    "{}{}",
                    count(sum.critical, Severity::Critical),
                    count(sum.warning, Severity::Warning)
                );
                Cell { text: text.trim_end().to_owned().into(), style: self.pen.theme.severity(sum.severity) }
            }
            Id::Size if sum.pods == 1 => self.dim("1 pod"),
            Id::Size if sum.pods > 0 => self.dim(format!("{} pods", sum.pods)),
            _ => self.dim(""),
        }
    }

    fn application(&self, app: &'s Application, id: Id) -> Cell<'s> {
        match id {
            Id::Env => self.env(&app.key),
            Id::Name => self.text(&*app.key.name),
            Id::State => {
                let health = format!("{:?}", app.health);
                let severity = app.severity();
                // Out of sync is said in its own column.
                let severity = match app.health {
                    crate::model::AppHealth::Healthy => Severity::Ok,
                    _ => severity,
                };
                self.status(severity, &health)
            }
            Id::Sync => match app.sync {
                SyncStatus::Synced => self.dim("Synced"),
                SyncStatus::OutOfSync => self.with("OutOfSync", Role::Warning),
                SyncStatus::Unknown => self.with("Unknown", Role::Warning),
            },
            Id::Revision => self.dim(short(&app.revision)),
            Id::Age => self.age(app.deployed.as_ref().map(|d| d.deployed)),
            Id::Note => self.note(app),
            Id::Target => self.dim(short(&app.target_revision)),
            Id::Project => self.dim(&*app.project),
            Id::Namespace => self.dim(&*app.destination),
            Id::By => self.dim(app.deployed.as_ref().and_then(|d| d.by.as_deref()).unwrap_or("")),
            Id::Since => self.age(app.health_since),
            Id::Image => self.images(&app.images),
            Id::Labels => self.labels(&app.labels),
            _ => self.text(""),
        }
    }

    /// What stands out about an application: the operation, the hold, the drift, the first condition.
    fn note(&self, app: &'s Application) -> Cell<'s> {
        let (text, severity) = note(app, self.state.now);
        let role = match severity {
            Severity::Critical => Role::Critical,
            Severity::Warning => Role::Warning,
            Severity::Active => Role::Active,
            Severity::Ok | Severity::Quiet => Role::Dim,
        };
        self.with(text, role)
    }

    fn pod(&self, pod: &'s Pod, id: Id) -> Cell<'s> {
        match id {
            Id::Env => self.env(&pod.key),
            Id::Namespace => self.dim(&*pod.key.namespace),
            Id::Name => self.text(&*pod.key.name),
            Id::Ready => {
                let role = if pod.ready < pod.total && pod.severity(self.state.now) >= Severity::Active {
                    Role::Text
                } else {
                    Role::Dim
                };
                self.with(format!("{}/{}", pod.ready, pod.total), role)
            }
            Id::State => self.status(pod.severity(self.state.now), &pod.reason),
            Id::Restarts if pod.restarts == 0 => self.dim("0"),
            Id::Restarts => match pod.last_restart {
                Some(at) => {
                    self.text(format!("{} ({})", pod.restarts, format::age(self.state.now.since(at))))
                }
                None => self.text(pod.restarts.to_string()),
            },
            Id::Node => self.dim(&*pod.node),
            Id::Cpu => self.dim(pod.cpu.map_or(String::new(), format::cpu)),
            Id::Memory => self.dim(pod.memory.map_or(String::new(), format::bytes)),
            Id::Share(share) => self.share(pod, share),
            Id::Age => self.age(Some(pod.created)),
            Id::About => self.dim(pod.owner.as_ref().map_or("", |(_, name)| &**name)),
            Id::Image => self.images(&pod.images),
            Id::Labels => self.labels(&pod.labels),
            _ => self.text(""),
        }
    }

    /// How much of what a pod asks for or may take it uses; what is nearly all that it may take stands out.
    fn share(&self, pod: &Pod, share: Share) -> Cell<'static> {
        if pod.whole(share).is_none() {
            return self.dim("n/a");
        }
        let of_limit = matches!(share, Share::CpuOfLimit | Share::MemoryOfLimit);
        match pod.percent(share) {
            Some(percent) if of_limit && percent >= NEARLY => self.with(percent.to_string(), Role::Warning),
            percent => self.dim(percent.map_or(String::new(), |p| p.to_string())),
        }
    }

    fn workload(&self, w: &'s Workload, id: Id) -> Cell<'s> {
        match id {
            Id::Env => self.env(&w.key),
            Id::Namespace => self.dim(&*w.key.namespace),
            Id::Kind => self.dim(w.key.kind.name()),
            Id::Name => self.text(&*w.key.name),
            Id::Ready => self.text(format!("{}/{}", w.ready, w.desired)),
            Id::State => self.status(w.severity, &w.reason),
            Id::Image => self.dim(w.images.first().map_or("", |i| tag(i))),
            Id::Age => self.age(Some(w.created)),
            Id::Updated => self.dim(w.updated.to_string()),
            Id::Size => self.dim(w.available.to_string()),
            Id::About => self.dim(w.application.as_deref().unwrap_or("")),
            Id::Labels => self.labels(&w.labels),
            _ => self.text(""),
        }
    }

    fn node(&self, n: &'s Node, id: Id) -> Cell<'s> {
        match id {
            Id::Env => self.env(&n.key),
            Id::Name => self.text(&*n.key.name),
            Id::State => self.status(n.severity, &n.reason),
            Id::Roles => self.dim(&*n.roles),
            Id::Version => self.dim(&*n.version),
            Id::Cpu => {
                let used = n.cpu.map_or("-".to_owned(), format::cpu);
                self.dim(format!("{used}/{}", format::cpu(n.cpu_capacity)))
            }
            Id::Memory => {
                let used = n.memory.map_or("-".to_owned(), format::bytes);
                self.dim(format!("{used}/{}", format::bytes(n.memory_capacity)))
            }
            Id::Age => self.age(Some(n.created)),
            _ => self.text(""),
        }
    }

    fn namespace(&self, n: &'s Namespace, id: Id) -> Cell<'s> {
        match id {
            Id::Env => self.env(&n.key),
            Id::Name => self.text(&*n.key.name),
            Id::State => self.status(n.severity(self.state.now), &n.phase),
            Id::Age => self.age(Some(n.created)),
            _ => self.text(""),
        }
    }

    fn event(&self, e: &'s ClusterEvent, id: Id) -> Cell<'s> {
        match id {
            Id::Env => self.env(&e.key),
            Id::Age => self.age(Some(e.last)),
            Id::Size => self.dim(e.count.to_string()),
            Id::State => self.status(e.severity(self.state.now), &e.reason),
            Id::About => self.text(format!("{}/{}", e.about_kind.to_lowercase(), e.about)),
            Id::Message => self.text(format::line(&e.message)),
            _ => self.text(""),
        }
    }

    fn alert(&self, a: &'s Alert, id: Id) -> Cell<'s> {
        let severity = Listed::severity(a, self.state.now);
        match id {
            Id::Env => self.env(&a.key),
            Id::State => {
                let word = match (a.state, a.severity) {
                    (AlertState::Silenced, _) => "mute",
                    (AlertState::Inhibited, _) => "inhb",
                    (_, Severity::Critical) => "crit",
                    (_, Severity::Warning) => "warn",
                    _ => "info",
                };
                self.status(severity, word)
            }
            Id::Name if severity == Severity::Quiet => self.dim(&*a.name),
            Id::Name => self.text(&*a.name),
            Id::About => self.dim(a.about().map_or("", |v| &**v)),
            Id::Age => self.age(Some(a.since)),
            Id::Namespace => self.dim(a.label("namespace").map_or("", |v| &**v)),
            Id::Labels => self.labels(&a.labels),
            Id::Message => self.text(a.annotation("summary").map_or(Cow::Borrowed(""), |s| format::line(s))),
            _ => self.text(""),
        }
    }

    fn silence(&self, s: &'s Silence, id: Id) -> Cell<'s> {
        match id {
            Id::Env => self.env(&s.key),
            Id::Left => self.text(format::left(s.ends.since(self.state.now))),
            Id::Message => {
                let matchers = s.matchers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
                self.text(format!("{matchers}  {}", format::line(&s.comment)))
            }
            Id::By => self.dim(&*s.created_by),
            Id::At => self.dim(format::day_or_time(s.starts, self.state.now)),
            _ => self.text(""),
        }
    }

    /// The columns that leases, roles, secrets and certificates share.
    fn secret_like<T: Listed>(&self, row: &'s T, id: Id, what: &'static str, name: Cow<'s, str>) -> Cell<'s> {
        let severity = row.severity(self.state.now);
        let style = self.pen.theme.severity(severity);
        match id {
            Id::Env => self.env(row.key()),
            Id::State if !severity.is_problem() => self.dim(""),
            Id::State => Cell { text: self.pen.sign(severity).into(), style },
            Id::Left => {
                let left = match row.ends() {
                    Some(end) if end <= self.state.now => "ended".to_owned(),
                    Some(end) => format::left(end.since(self.state.now)),
                    None => String::new(),
                };
                let calm = matches!(severity, Severity::Ok | Severity::Quiet);
                let style = if calm { self.pen.style(Role::Text) } else { style };
                Cell { text: left.into(), style }
            }
            Id::Kind => self.dim(what),
            Id::Name => self.text(name),
            Id::Namespace => self.dim(row.key().namespace.trim_end_matches('/')),
            Id::Since => self.age(row.born()),
            _ => self.text(""),
        }
    }

    fn lease(&self, l: &'s Lease, id: Id) -> Cell<'s> {
        // The last part of a lease's id is random: what comes before says which credential it is.
        let name = l.key.name.rsplit_once('/').map_or(&*l.key.name, |(path, _)| path);
        self.secret_like(l, id, "lease", Cow::Borrowed(name))
    }

    fn role(&self, r: &'s RotatedCredential, id: Id) -> Cell<'s> {
        if id == Id::Left && r.next.is_some_and(|n| n <= self.state.now) {
            return self.with("due", Role::Active);
        }
        let mount = r.key.namespace.trim_end_matches('/');
        self.secret_like(r, id, "rotate", format!("{mount}/{}", r.key.name).into())
    }

    fn secret(&self, s: &'s SecretVersion, id: Id) -> Cell<'s> {
        let mount = s.key.namespace.trim_end_matches('/');
        self.secret_like(s, id, "kv", format!("{mount}/{} v{}", s.key.name, s.current).into())
    }

    fn certificate(&self, c: &'s Certificate, id: Id) -> Cell<'s> {
        let what = if c.authority { "ca" } else { "cert" };
        self.secret_like(c, id, what, Cow::Borrowed(&c.common_name))
    }

    fn object(&self, o: &'s Object, id: Id) -> Cell<'s> {
        match id {
            Id::Env => self.env(&o.key),
            Id::Namespace => self.dim(&*o.key.namespace),
            Id::Name => self.text(o.key.title()),
            Id::Age => self.age(o.created),
            Id::Labels => self.labels(&o.labels),
            Id::Cell(n) => {
                let browse = &self.state.browse;
                let column = browse.columns.get(usize::from(n));
                let (Some(column), Some(cell)) = (column, browse.cell(o, usize::from(n))) else {
                    return self.dim("");
                };
                let text = words(cell, self.state.now);
                match standing(&column.name, cell) {
                    Some(severity) => self.status(severity, &text),
                    None if column.number || &*text == "<none>" => self.dim(text),
                    None => self.text(text),
                }
            }
            _ => self.text(""),
        }
    }

    fn change(&self, c: &'s Change, id: Id) -> Cell<'s> {
        match id {
            Id::Env => self.env(&c.key),
            Id::At => self.dim(format::day_or_time(c.at, self.state.now)),
            Id::Kind => {
                let style = if c.severity.is_problem() {
                    self.pen.theme.severity(c.severity)
                } else {
                    self.pen.style(Role::Active)
                };
                Cell { text: c.kind.name().into(), style }
            }
            Id::Message => self.text(format::line(&c.title)),
            Id::By => self.dim(c.by.as_deref().unwrap_or("")),
            _ => self.text(""),
        }
    }
}
