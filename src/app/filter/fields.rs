//! What every sort of row tells a filter, column by column, without allocating.

use super::{
    column::Field,
    term::{Told, Value},
};
use crate::{
    app::{browse::Browse, listed::Listed, matrix::Line},
    model::{
        Alert, AlertState, AppHealth, Application, Cell, Certificate, Change, ClusterEvent, Environment,
        Lease, Namespace, Node, Object, Pod, RotatedCredential, SecretVersion, Silence, SilenceState, Str,
        SyncStatus, Time, Workload,
    },
    store::Store,
    triage::relations::APP_LABELS,
};

/// Whether a value is as wanted.
pub type Test<'t> = &'t mut dyn FnMut(Value<'_>) -> bool;

/// What a sort of row tells beyond what all tell.
pub trait Fields {
    /// Whether one of the values in a column is as wanted.
    fn field(&self, field: Field, now: Time, test: Test<'_>) -> bool;
    /// Its labels.
    fn labels(&self) -> &[(Str, Str)] {
        &[]
    }
}

/// A row of a list.
pub struct Listing<'a, T> {
    /// The row.
    pub row: &'a T,
    /// Its environment.
    pub env: &'a str,
    /// The moment it is.
    pub now: Time,
}

impl<T: Listed> Told for Listing<'_, T> {
    fn texts(&self, test: &mut dyn FnMut(&str) -> bool) -> bool {
        self.row.texts().into_iter().any(&mut *test) || test(self.env)
    }

    fn name(&self) -> &str {
        let [name, ..] = self.row.texts();
        name
    }

    fn value(&self, field: Field, test: Test<'_>) -> bool {
        let (row, now) = (self.row, self.now);
        match field {
            Field::Env => test(Value::Text(self.env)),
            Field::Namespace => test(Value::Text(&row.key().namespace)),
            Field::Name => test(Value::Text(self.name())),
            Field::Severity => test(Value::Severity(row.rated(now))),
            Field::Age => row.born().is_some_and(|at| test(since(at, now))),
            Field::Left => row.ends().is_some_and(|at| test(since(now, at))),
            other => row.field(other, now, test),
        }
    }

    fn label(&self, test: &mut dyn FnMut(&str, &str) -> bool) -> bool {
        self.row.labels().iter().any(|(name, value)| test(name, value))
    }
}

fn since<'a>(from: Time, to: Time) -> Value<'a> {
    Value::Number(to.since(from).as_secs_f64())
}

fn text(value: &str, test: Test<'_>) -> bool {
    test(Value::Text(value))
}

fn texts(values: &[Str], test: Test<'_>) -> bool {
    values.iter().any(|v| test(Value::Text(v)))
}

fn number(value: impl Into<f64>, test: Test<'_>) -> bool {
    test(Value::Number(value.into()))
}

fn part(some: impl Into<f64>, of: impl Into<f64>, test: Test<'_>) -> bool {
    test(Value::Part(some.into(), of.into()))
}

/// The applications that labels name: its own name there, and that of what it is a part of.
fn applications(labels: &[(Str, Str)], test: Test<'_>) -> bool {
    labels.iter().any(|(label, value)| names_application(label) && text(value, &mut *test))
}

/// Whether a label tells the application that something belongs to.
pub fn names_application(label: &str) -> bool {
    APP_LABELS.contains(&label) || label == "app.kubernetes.io/part-of"
}

impl Fields for Application {
    fn field(&self, field: Field, now: Time, test: Test<'_>) -> bool {
        match field {
            Field::Health => text(health(self.health), test),
            Field::Sync => text(sync(self.sync), test),
            Field::Revision => text(&self.revision, test),
            Field::Target => text(&self.target_revision, test),
            Field::Project => text(&self.project, test),
            Field::Destination => text(&self.destination, test),
            Field::By => {
                self.deployed.as_ref().and_then(|d| d.by.as_deref()).is_some_and(|by| text(by, test))
            }
            Field::Image => texts(&self.images, test),
            Field::Since => self.health_since.is_some_and(|at| test(since(at, now))),
            Field::Message => {
                self.hold.as_ref().is_some_and(|h| text("held", &mut *test) || text(&h.by, test))
            }
            _ => false,
        }
    }
    fn labels(&self) -> &[(Str, Str)] {
        &self.labels
    }
}

const fn health(health: AppHealth) -> &'static str {
    match health {
        AppHealth::Healthy => "Healthy",
        AppHealth::Progressing => "Progressing",
        AppHealth::Degraded => "Degraded",
        AppHealth::Suspended => "Suspended",
        AppHealth::Missing => "Missing",
        AppHealth::Unknown => "Unknown",
    }
}

const fn sync(sync: SyncStatus) -> &'static str {
    match sync {
        SyncStatus::Synced => "Synced",
        SyncStatus::OutOfSync => "OutOfSync",
        SyncStatus::Unknown => "Unknown",
    }
}

impl Fields for Pod {
    fn field(&self, field: Field, _: Time, test: Test<'_>) -> bool {
        match field {
            Field::Status => text(&self.reason, test),
            Field::Ready => part(self.ready, self.total, test),
            Field::Restarts => number(self.restarts, test),
            Field::Cpu => self.cpu.is_some_and(|n| number(n, test)),
            Field::Memory => self.memory.is_some_and(|n| number(n as f64, test)),
            Field::Share(share) => self.percent(share).is_some_and(|n| number(n, test)),
            Field::Node => text(&self.node, test),
            Field::App => applications(&self.labels, test),
            Field::Owner => self.owner.as_ref().is_some_and(|(_, name)| text(name, test)),
            Field::Image => texts(&self.images, test),
            _ => false,
        }
    }
    fn labels(&self) -> &[(Str, Str)] {
        &self.labels
    }
}

impl Fields for Workload {
    fn field(&self, field: Field, _: Time, test: Test<'_>) -> bool {
        match field {
            Field::Kind => text(self.key.kind.name(), test),
            Field::Status => text(&self.reason, test),
            Field::Ready => part(self.ready, self.desired, test),
            Field::Updated => number(self.updated, test),
            Field::Available => number(self.available, test),
            Field::App => {
                self.application.as_deref().is_some_and(|app| text(app, &mut *test))
                    || applications(&self.labels, test)
            }
            Field::Image => texts(&self.images, test),
            _ => false,
        }
    }
    fn labels(&self) -> &[(Str, Str)] {
        &self.labels
    }
}

impl Fields for Node {
    fn field(&self, field: Field, _: Time, test: Test<'_>) -> bool {
        match field {
            Field::Status => text(&self.reason, test),
            Field::Roles => self.roles.split(',').any(|role| text(role, &mut *test)),
            Field::Version => text(&self.version, test),
            Field::Cpu => self.cpu.is_some_and(|n| part(n, self.cpu_capacity, test)),
            Field::Memory => self.memory.is_some_and(|n| part(n as f64, self.memory_capacity as f64, test)),
            _ => false,
        }
    }
}

impl Fields for Namespace {
    fn field(&self, field: Field, _: Time, test: Test<'_>) -> bool {
        field == Field::Status && text(&self.phase, test)
    }
}

impl Fields for ClusterEvent {
    fn field(&self, field: Field, _: Time, test: Test<'_>) -> bool {
        match field {
            Field::Kind => text(&self.about_kind, test),
            Field::Status => text(&self.reason, test),
            Field::Type => text(if self.warning { "Warning" } else { "Normal" }, test),
            Field::Count => number(self.count, test),
            Field::Message => text(&self.message, test),
            _ => false,
        }
    }
}

impl Fields for Alert {
    fn field(&self, field: Field, _: Time, test: Test<'_>) -> bool {
        match field {
            Field::Status => text(
                match self.state {
                    AlertState::Active => "active",
                    AlertState::Silenced => "silenced",
                    AlertState::Inhibited => "inhibited",
                    AlertState::Unprocessed => "unprocessed",
                },
                test,
            ),
            Field::Owner => self.about().is_some_and(|about| text(about, test)),
            Field::Message => self.annotation("summary").is_some_and(|s| text(s, test)),
            _ => false,
        }
    }
    fn labels(&self) -> &[(Str, Str)] {
        &self.labels
    }
}

impl Fields for Silence {
    fn field(&self, field: Field, _: Time, test: Test<'_>) -> bool {
        match field {
            Field::Message => text(&self.comment, test),
            Field::By => text(&self.created_by, test),
            Field::Status => text(
                match self.state {
                    SilenceState::Active => "active",
                    SilenceState::Pending => "pending",
                    SilenceState::Expired => "expired",
                },
                test,
            ),
            _ => false,
        }
    }
}

macro_rules! kept {
    ($($t:ty),*) => { $(
        impl Fields for $t {
            fn field(&self, field: Field, _: Time, test: Test<'_>) -> bool {
                field == Field::Kind && text(self.key.kind.name(), test)
            }
        }
    )* };
}
kept!(Lease, RotatedCredential, SecretVersion, Certificate);

impl Fields for Change {
    fn field(&self, field: Field, _: Time, test: Test<'_>) -> bool {
        match field {
            Field::Type => text(self.kind.name(), test),
            Field::By => self.by.as_deref().is_some_and(|by| text(by, test)),
            _ => false,
        }
    }
}

impl Fields for Object {
    fn field(&self, _: Field, _: Time, _: Test<'_>) -> bool {
        false
    }
    fn labels(&self) -> &[(Str, Str)] {
        &self.labels
    }
}

/// An object in the columns of its server.
pub(in crate::app) struct Shown<'a> {
    pub listing: Listing<'a, Object>,
    pub browse: &'a Browse,
}

impl Told for Shown<'_> {
    fn texts(&self, test: &mut dyn FnMut(&str) -> bool) -> bool {
        let row = self.listing.row;
        let mut cells = row.cells.iter().filter_map(|cell| match cell {
            Cell::Text(text) => Some(&**text),
            _ => None,
        });
        test(row.key.title()) || test(&row.key.namespace) || test(self.listing.env) || cells.any(&mut *test)
    }

    fn name(&self) -> &str {
        self.listing.row.key.title()
    }

    fn value(&self, field: Field, test: Test<'_>) -> bool {
        let Field::Cell(n) = field else { return self.listing.value(field, test) };
        self.browse.cell(self.listing.row, n.into()).is_some_and(|cell| match cell {
            Cell::Text(cell) => text(cell, test),
            Cell::Number(n) => number(*n as f64, test),
            Cell::At(at) => test(since(*at, self.listing.now)),
        })
    }

    fn label(&self, test: &mut dyn FnMut(&str, &str) -> bool) -> bool {
        self.listing.label(test)
    }
}

impl Told for Environment {
    fn texts(&self, test: &mut dyn FnMut(&str) -> bool) -> bool {
        test(&self.name)
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn value(&self, field: Field, test: Test<'_>) -> bool {
        match field {
            Field::Tier => text(&self.tier.to_string(), test),
            Field::Name => text(&self.name, test),
            _ => false,
        }
    }
    fn label(&self, _: &mut dyn FnMut(&str, &str) -> bool) -> bool {
        false
    }
}

/// A row of the matrix.
pub(in crate::app) struct Across<'a> {
    pub line: &'a Line,
    pub store: &'a Store,
}

impl Told for Across<'_> {
    fn texts(&self, test: &mut dyn FnMut(&str) -> bool) -> bool {
        // The words that the screen has for them find them.
        if test(&self.line.name) || (self.line.differs() && test("differs")) {
            return true;
        }
        self.line.cells.iter().flatten().any(|cell| {
            let app = self.store.applications.at(cell.at as usize);
            test(&cell.version) || app.is_some_and(|a| test(&a.destination))
        })
    }

    fn name(&self) -> &str {
        &self.line.name
    }

    fn value(&self, field: Field, test: Test<'_>) -> bool {
        let cells = || self.line.cells.iter().zip(&self.store.environments);
        match field {
            Field::Name => text(&self.line.name, test),
            Field::Severity => test(Value::Severity(self.line.severity)),
            Field::Env => cells().any(|(cell, env)| cell.is_some() && text(&env.name, &mut *test)),
            Field::Version => cells().filter_map(|(c, _)| c.as_ref()).any(|c| text(&c.version, &mut *test)),
            _ => false,
        }
    }

    fn label(&self, _: &mut dyn FnMut(&str, &str) -> bool) -> bool {
        false
    }
}
