//! Which columns a list can be narrowed by: their names, and what stands in them.

use std::borrow::Cow;

use crate::{
    app::{browse::Browse, column::Book, subject::Subject},
    model::Share,
};

/// What is asked of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// The environment.
    Env,
    /// The namespace, or the mount.
    Namespace,
    /// The name.
    Name,
    /// The kind.
    Kind,
    /// How bad it is.
    Severity,
    /// How long it has been there.
    Age,
    /// How long it still has.
    Left,
    /// The status or state as a word.
    Status,
    /// The health of an application.
    Health,
    /// The sync status.
    Sync,
    /// The revision.
    Revision,
    /// The revision that is tracked.
    Target,
    /// The project.
    Project,
    /// Where it is deployed to.
    Destination,
    /// Who did it.
    By,
    /// The application it belongs to.
    App,
    /// What owns it.
    Owner,
    /// The node.
    Node,
    /// Roles of a node.
    Roles,
    /// The version.
    Version,
    /// Images.
    Image,
    /// How many are ready, of how many.
    Ready,
    /// How many have the newest template.
    Updated,
    /// How many are available.
    Available,
    /// Restarts.
    Restarts,
    /// How often.
    Count,
    /// Millicores.
    Cpu,
    /// Bytes.
    Memory,
    /// A share of what a pod asks for or may take, in percent.
    Share(Share),
    /// What it says.
    Message,
    /// Of which sort.
    Type,
    /// The tier of an environment.
    Tier,
    /// Since when it is as well as it is.
    Since,
    /// A column by its position, where a server or a command names them.
    Cell(u16),
    /// A column of the engineer's own, by its place in the book.
    Own(u16),
}

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Text.
    Text,
    /// A number.
    Number,
    /// So many of so many.
    Part,
    /// Millicores; of how many, where that is known.
    Cpu {
        /// Whether it can be asked for a share.
        share: bool,
    },
    /// Bytes; of how many, where that is known.
    Memory {
        /// Whether it can be asked for a share.
        share: bool,
    },
    /// So many of a hundred.
    Percent,
    /// Seconds.
    Duration,
    /// How bad.
    Severity,
    /// A number of which the unit is not known, as Kubernetes writes quantities.
    Quantity,
    /// Whatever a server writes.
    Any,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: Cow<'static, str>,
    /// Its other names.
    pub others: &'static [&'static str],
    /// What is asked of a row.
    pub field: Field,
    /// What stands in it.
    pub measure: Measure,
}

/// How the labels of a list's rows are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Labels {
    /// There are none.
    None,
    /// With `-l` or `label:`.
    Asked,
    /// By their bare names too, as Alertmanager's matchers do.
    Bare,
}

/// The columns of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// What is listed: `pods`.
    pub of: Cow<'static, str>,
    /// The columns, in the order in which they are offered.
    pub all: Cow<'static, [Column]>,
    /// Its labels.
    pub labels: Labels,
}

const fn column(
    name: &'static str,
    others: &'static [&'static str],
    field: Field,
    measure: Measure,
) -> Column {
    Column { name: Cow::Borrowed(name), others, field, measure }
}

const fn text(name: &'static str, others: &'static [&'static str], field: Field) -> Column {
    column(name, others, field, Measure::Text)
}

const fn share(name: &'static str, others: &'static [&'static str], of: Share) -> Column {
    column(name, others, Field::Share(of), Measure::Percent)
}

const ENV: Column = text("env", &["environment"], Field::Env);
const NAMESPACE: Column = text("namespace", &["ns"], Field::Namespace);
const STATUS: Column = text("status", &["state", "reason"], Field::Status);
const SEVERITY: Column = column("severity", &["sev"], Field::Severity, Measure::Severity);
const AGE: Column = column("age", &["created", "since"], Field::Age, Measure::Duration);
const READY: Column = column("ready", &[], Field::Ready, Measure::Part);
const APP: Column = text("app", &["application"], Field::App);
const IMAGE: Column = text("image", &["images"], Field::Image);
const KIND: Column = text("kind", &["type"], Field::Kind);
const BY: Column = text("by", &["author", "who"], Field::By);
const LEFT: Column = column("left", &["ttl", "ends", "expires"], Field::Left, Measure::Duration);

static ENVIRONMENTS: [Column; 2] =
    [text("name", &["env", "environment"], Field::Name), text("tier", &[], Field::Tier)];
static APPLICATIONS: [Column; 14] = [
    ENV,
    text("name", &["app", "application"], Field::Name),
    text("health", &["status", "state"], Field::Health),
    text("sync", &[], Field::Sync),
    SEVERITY,
    text("revision", &["rev"], Field::Revision),
    text("target", &["branch"], Field::Target),
    text("project", &[], Field::Project),
    text("destination", &["namespace", "ns"], Field::Destination),
    text("by", &["deployed-by", "author"], Field::By),
    IMAGE,
    column("age", &["deployed"], Field::Age, Measure::Duration),
    column("since", &[], Field::Since, Measure::Duration),
    text("note", &["hold"], Field::Message),
];
static MATRIX: [Column; 4] = [
    text("name", &["app", "application"], Field::Name),
    ENV,
    SEVERITY,
    text("version", &["image", "revision"], Field::Version),
];
static PODS: [Column; 18] = [
    ENV,
    NAMESPACE,
    text("name", &["pod"], Field::Name),
    STATUS,
    SEVERITY,
    READY,
    column("restarts", &["restart"], Field::Restarts, Measure::Number),
    column("cpu", &[], Field::Cpu, Measure::Cpu { share: false }),
    column("memory", &["mem"], Field::Memory, Measure::Memory { share: false }),
    share("cpu/r", &["%cpu/r"], Share::CpuOfRequest),
    share("cpu/l", &["%cpu/l"], Share::CpuOfLimit),
    share("mem/r", &["%mem/r"], Share::MemoryOfRequest),
    share("mem/l", &["%mem/l"], Share::MemoryOfLimit),
    text("node", &[], Field::Node),
    APP,
    text("owner", &[], Field::Owner),
    IMAGE,
    AGE,
];
static WORKLOADS: [Column; 12] = [
    ENV,
    NAMESPACE,
    KIND,
    text("name", &["workload"], Field::Name),
    STATUS,
    SEVERITY,
    READY,
    column("updated", &[], Field::Updated, Measure::Number),
    column("available", &[], Field::Available, Measure::Number),
    APP,
    IMAGE,
    AGE,
];
static NODES: [Column; 9] = [
    ENV,
    text("name", &["node"], Field::Name),
    STATUS,
    SEVERITY,
    text("roles", &["role"], Field::Roles),
    column("cpu", &[], Field::Cpu, Measure::Cpu { share: true }),
    column("memory", &["mem"], Field::Memory, Measure::Memory { share: true }),
    text("version", &[], Field::Version),
    AGE,
];
static NAMESPACES: [Column; 4] = [ENV, text("name", &["namespace", "ns"], Field::Name), STATUS, AGE];
static EVENTS: [Column; 9] = [
    ENV,
    NAMESPACE,
    text("object", &["name", "about"], Field::Name),
    text("kind", &[], Field::Kind),
    text("reason", &["status"], Field::Status),
    text("type", &[], Field::Type),
    column("count", &[], Field::Count, Measure::Number),
    text("message", &[], Field::Message),
    column("age", &["last"], Field::Age, Measure::Duration),
];
static ALERTS: [Column; 7] = [
    ENV,
    text("name", &["alert", "alertname"], Field::Name),
    SEVERITY,
    text("state", &["status"], Field::Status),
    text("about", &[], Field::Owner),
    text("summary", &["message"], Field::Message),
    column("age", &["for", "since"], Field::Age, Measure::Duration),
];
static SILENCES: [Column; 6] = [
    ENV,
    text("comment", &["silence", "message", "name"], Field::Message),
    text("by", &["author", "createdby"], Field::By),
    text("state", &["status"], Field::Status),
    LEFT,
    AGE,
];
static LEASES: [Column; 7] = [
    ENV,
    text("kind", &["what", "type"], Field::Kind),
    text("mount", &["namespace", "ns"], Field::Namespace),
    text("name", &["path", "role"], Field::Name),
    SEVERITY,
    LEFT,
    column("age", &["since", "issued", "rotated", "updated"], Field::Age, Measure::Duration),
];
static CHANGES: [Column; 6] = [
    ENV,
    text("what", &["kind"], Field::Type),
    text("change", &["title", "message", "name"], Field::Name),
    BY,
    SEVERITY,
    column("age", &["at"], Field::Age, Measure::Duration),
];
static OBJECTS: [Column; 5] = [ENV, NAMESPACE, text("name", &[], Field::Name), SEVERITY, AGE];

impl Columns {
    /// The columns of a list; of objects those of the kind that is looked at, as far as they are known.
    pub fn of(subject: Subject, browse: &Browse) -> Self {
        let (of, all): (_, &'static [Column]) = match subject {
            Subject::Environments => ("environments", &ENVIRONMENTS),
            Subject::Applications => ("applications", &APPLICATIONS),
            Subject::Matrix => ("applications", &MATRIX),
            Subject::Pods => ("pods", &PODS),
            Subject::Workloads => ("workloads", &WORKLOADS),
            Subject::Nodes => ("nodes", &NODES),
            Subject::Namespaces => ("namespaces", &NAMESPACES),
            Subject::Events => ("events", &EVENTS),
            Subject::Alerts => ("alerts", &ALERTS),
            Subject::Silences => ("silences", &SILENCES),
            Subject::Leases => ("credentials", &LEASES),
            Subject::Changes => ("changes", &CHANGES),
            Subject::Logs => ("lines", &[]),
            Subject::Objects => return Self::of_objects(browse),
        };
        let labels = match subject {
            Subject::Alerts => Labels::Bare,
            Subject::Applications | Subject::Pods | Subject::Workloads => Labels::Asked,
            _ => Labels::None,
        };
        Self { of: of.into(), all: all.into(), labels }
    }

    fn of_objects(browse: &Browse) -> Self {
        let mut all = OBJECTS.to_vec();
        for (n, cell) in (0..).zip(&browse.columns) {
            let name = cell.name.to_lowercase().replace(' ', "-");
            let field = Field::Cell(n);
            match all.iter_mut().find(|c| c.name == name) {
                // What the server says under this name comes before what we would.
                Some(same) if same.field != Field::Age => {
                    *same = Column { name: name.into(), others: &[], field, measure: Measure::Any };
                }
                Some(_) => {}
                None => all.push(Column { name: name.into(), others: &[], field, measure: Measure::Any }),
            }
        }
        Self { of: "objects".into(), all: all.into(), labels: Labels::Asked }
    }

    /// The same with the engineer's own columns of the list; what is called as they are stands back.
    pub fn with_own(mut self, list: &str, book: &Book) -> Self {
        for (n, own) in book.own(list) {
            let measure = if own.path().is_some() { Measure::Any } else { Measure::Quantity };
            let name = own.name.to_lowercase().into();
            let column = Column { name, others: &[], field: Field::Own(n), measure };
            let all = self.all.to_mut();
            match all.iter_mut().find(|c| c.name == column.name) {
                Some(same) => *same = column,
                None => all.push(column),
            }
        }
        self
    }

    /// The column of a name, in any case.
    pub fn named(&self, name: &str) -> Option<&Column> {
        let is = |known: &str| known.eq_ignore_ascii_case(name);
        self.all
            .iter()
            .find(|c| is(&c.name))
            .or_else(|| self.all.iter().find(|c| c.others.iter().any(|o| is(o))))
    }

    /// The name that is nearly this one.
    pub(super) fn like(&self, name: &str) -> Option<&str> {
        let name = name.to_lowercase();
        let names = self.all.iter().flat_map(|c| std::iter::once(&*c.name).chain(c.others.iter().copied()));
        let near = names.map(|n| (strsim::osa_distance(n, &name), n)).min_by_key(|(far, _)| *far);
        near.filter(|(far, n)| *far <= 1 + n.len() / 5 && *far < n.len()).map(|(_, n)| n)
    }

    /// The names, as many as one reads at a glance.
    pub(super) fn names(&self) -> String {
        self.all.iter().map(|c| &*c.name).collect::<Vec<_>>().join(" ")
    }
}
