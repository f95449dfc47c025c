//! What a row tells, name by name, exact and without ornament: for copies and exports.

use std::{borrow::Cow, cmp::Ordering};

use super::{
    browse::{Browse, natural},
    column::OwnColumn,
    layout::PaneId,
    rows::Row,
    state::State,
};
use crate::model::{
    Alert, Application, Cell, Certificate, Change, ClusterEvent, Key, Lease, Namespace, Node, Object, Pod,
    RotatedCredential, SecretVersion, Share, Silence, Str, Time, Workload,
};

/// A number with a fraction.
#[derive(Clone, Copy, Debug)]
pub struct Real(pub f64);

impl PartialEq for Real {
    fn eq(&self, other: &Self) -> bool {
        self.0.total_cmp(&other.0).is_eq()
    }
}

impl Eq for Real {}

/// What stands under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact<'a> {
    /// Nothing is known.
    Unknown,
    /// Text; from outside, not to be printed raw.
    Text(Cow<'a, str>),
    /// A number in the unit that the name says.
    Number(u64),
    /// A number with a fraction.
    Real(Real),
    /// A moment.
    At(Time),
}

impl<'a> Fact<'a> {
    /// What a cell says.
    pub fn of(cell: &'a Cell) -> Self {
        match cell {
            Cell::Text(cell) => text(&**cell),
            Cell::Number(n) => u64::try_from(*n).map_or_else(|_| text(n.to_string()), Fact::Number),
            Cell::At(moment) => Self::At(*moment),
        }
    }

    /// How two sort: most and newest first, texts by the alphabet and the numbers they begin with, what is unknown last.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => natural(a, b),
            (Self::Number(a), Self::Number(b)) => b.cmp(a),
            (Self::Real(a), Self::Real(b)) => b.0.total_cmp(&a.0),
            (Self::At(a), Self::At(b)) => b.cmp(a),
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::Number(_) | Self::Real(_) => 0,
            Self::At(_) => 1,
            Self::Text(_) => 2,
            Self::Unknown => 3,
        }
    }
}

/// Names with what stands under them; rows of one list have the same names in the same order.
pub type Facts<'a> = Vec<(Cow<'a, str>, Fact<'a>)>;

fn text<'a>(text: impl Into<Cow<'a, str>>) -> Fact<'a> {
    Fact::Text(text.into())
}

fn at<'a>(at: Option<Time>) -> Fact<'a> {
    at.map_or(Fact::Unknown, Fact::At)
}

fn number<'a>(number: Option<impl Into<u64>>) -> Fact<'a> {
    number.map_or(Fact::Unknown, |n| Fact::Number(n.into()))
}

fn list<'a>(items: &[Str]) -> Fact<'a> {
    text(items.join(","))
}

fn pairs<'a>(pairs: &[(Str, Str)]) -> Fact<'a> {
    text(pairs.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(","))
}

impl State {
    /// What a row tells.
    pub fn facts(&self, row: Row) -> Facts<'_> {
        let (s, n) = (&self.store, row.position() as usize);
        let own: Option<Vec<(&str, Fact<'_>)>> = match row {
            Row::Environment(_) => s.environments.get(n).map(|e| {
                let sum = self.summary(n);
                let count = |n: u32| Fact::Number(n.into());
                vec![
                    ("name", text(&*e.name)),
                    ("tier", text(e.tier.to_string())),
                    ("critical", count(sum.critical)),
                    ("warning", count(sum.warning)),
                ]
            }),
            Row::Application(_) => s.applications.at(n).map(application),
            Row::Pod(_) => s.pods.at(n).map(pod),
            Row::Workload(_) => s.workloads.at(n).map(workload),
            Row::Node(_) => s.nodes.at(n).map(node),
            Row::Namespace(_) => s.namespaces.at(n).map(namespace),
            Row::Event(_) => s.events.at(n).map(event),
            Row::Alert(_) => s.alerts.at(n).map(alert),
            Row::Silence(_) => s.silences.at(n).map(silence),
            Row::Lease(_) => s.leases.at(n).map(lease),
            Row::StaticRole(_) => s.static_roles.at(n).map(role),
            Row::Secret(_) => s.secrets.at(n).map(secret),
            Row::Certificate(_) => s.certificates.at(n).map(certificate),
            Row::Change(_) => self.timeline.get(n).map(change),
            Row::Object(_) => s.objects.at(n).map(|o| object(o, &self.browse)),
            Row::Group(_) => None,
        };
        let env = row.key(s, &self.timeline).and_then(|k| s.system(k.source)).map(|system| &*system.env);
        let env = env.map(|env| (Cow::from("environment"), text(env)));
        let own = own.unwrap_or_default().into_iter().map(|(name, fact)| (Cow::from(name), fact));
        env.into_iter().chain(own).collect()
    }

    /// What a row of a pane tells: the engineer's own columns that it shows come last.
    pub fn facts_in(&self, pane: PaneId, row: Row) -> Facts<'_> {
        self.facts_with(&self.own_used(pane), row)
    }

    /// What a row tells, with these columns of the engineer's own.
    pub(super) fn facts_with(&self, own: &[&OwnColumn], row: Row) -> Facts<'_> {
        let mut facts = self.facts(row);
        facts.extend(own.iter().map(|own| (Cow::Owned(own.name.clone()), self.own_fact(row, own))));
        facts
    }
}

type Own<'a> = Vec<(&'a str, Fact<'a>)>;

fn application(a: &Application) -> Own<'_> {
    vec![
        ("namespace", text(&*a.key.namespace)),
        ("name", text(&*a.key.name)),
        ("health", text(format!("{:?}", a.health))),
        ("sync", text(format!("{:?}", a.sync))),
        ("revision", text(&*a.revision)),
        ("targetRevision", text(&*a.target_revision)),
        ("project", text(&*a.project)),
        ("destination", text(&*a.destination)),
        ("repository", text(&*a.repo)),
        ("path", text(&*a.path)),
        ("deployed", at(a.deployed.as_ref().map(|d| d.deployed))),
        ("deployedBy", a.deployed.as_ref().and_then(|d| d.by.as_deref()).map_or(Fact::Unknown, text)),
        ("healthSince", at(a.health_since)),
        ("images", list(&a.images)),
        ("labels", pairs(&a.labels)),
    ]
}

fn pod(p: &Pod) -> Own<'_> {
    let mut all = vec![
        ("namespace", text(&*p.key.namespace)),
        ("name", text(&*p.key.name)),
        ("status", text(&*p.reason)),
        ("ready", Fact::Number(p.ready.into())),
        ("containers", Fact::Number(p.total.into())),
        ("restarts", Fact::Number(p.restarts.into())),
        ("lastRestart", at(p.last_restart)),
        ("cpuMillicores", number(p.cpu)),
        ("memoryBytes", number(p.memory)),
        ("node", text(&*p.node)),
        ("owner", p.owner.as_ref().map_or(Fact::Unknown, |(kind, name)| text(format!("{kind}/{name}")))),
        ("images", list(&p.images)),
        ("labels", pairs(&p.labels)),
        ("created", Fact::At(p.created)),
    ];
    all.extend(Share::ALL.map(|share| (share.name(), number(p.percent(share)))));
    all
}

fn workload(w: &Workload) -> Own<'_> {
    vec![
        ("namespace", text(&*w.key.namespace)),
        ("kind", text(w.key.kind.name())),
        ("name", text(&*w.key.name)),
        ("status", text(&*w.reason)),
        ("desired", Fact::Number(w.desired.into())),
        ("ready", Fact::Number(w.ready.into())),
        ("updated", Fact::Number(w.updated.into())),
        ("available", Fact::Number(w.available.into())),
        ("application", w.application.as_deref().map_or(Fact::Unknown, text)),
        ("images", list(&w.images)),
        ("labels", pairs(&w.labels)),
        ("created", Fact::At(w.created)),
    ]
}

fn node(n: &Node) -> Own<'_> {
    vec![
        ("name", text(&*n.key.name)),
        ("status", text(&*n.reason)),
        ("roles", text(&*n.roles)),
        ("version", text(&*n.version)),
        ("cpuMillicores", number(n.cpu)),
        ("cpuCapacityMillicores", Fact::Number(n.cpu_capacity.into())),
        ("memoryBytes", number(n.memory)),
        ("memoryCapacityBytes", Fact::Number(n.memory_capacity)),
        ("created", Fact::At(n.created)),
    ]
}

fn namespace(n: &Namespace) -> Own<'_> {
    vec![("name", text(&*n.key.name)), ("status", text(&*n.phase)), ("created", Fact::At(n.created))]
}

fn event(e: &ClusterEvent) -> Own<'_> {
    vec![
        ("namespace", text(&*e.key.namespace)),
        ("type", text(if e.warning { "Warning" } else { "Normal" })),
        ("reason", text(&*e.reason)),
        ("object", text(format!("{}/{}", e.about_kind.to_lowercase(), e.about))),
        ("count", Fact::Number(e.count.into())),
        ("first", Fact::At(e.first)),
        ("last", Fact::At(e.last)),
        ("message", text(&*e.message)),
    ]
}

fn alert(a: &Alert) -> Own<'_> {
    vec![
        ("name", text(&*a.name)),
        ("severity", text(a.severity.name())),
        ("state", text(format!("{:?}", a.state).to_lowercase())),
        ("since", Fact::At(a.since)),
        ("summary", a.annotation("summary").map_or(Fact::Unknown, |s| text(&**s))),
        ("labels", pairs(&a.labels)),
        ("fingerprint", text(&*a.key.name)),
    ]
}

fn silence(s: &Silence) -> Own<'_> {
    let matchers: Vec<_> = s.matchers.iter().map(ToString::to_string).collect();
    vec![
        ("id", text(&*s.key.name)),
        ("matchers", text(matchers.join(","))),
        ("starts", Fact::At(s.starts)),
        ("ends", Fact::At(s.ends)),
        ("createdBy", text(&*s.created_by)),
        ("comment", text(&*s.comment)),
    ]
}

/// What leases, static roles, secrets and certificates have in common.
fn kept<'a>(key: &'a Key, kind: &'a str, name: &'a str, since: Option<Time>, ends: Option<Time>) -> Own<'a> {
    vec![
        ("kind", text(kind)),
        ("mount", text(&*key.namespace)),
        ("name", text(name)),
        ("id", text(&*key.name)),
        ("since", at(since)),
        ("ends", at(ends)),
    ]
}

fn lease(l: &Lease) -> Own<'_> {
    let name = l.key.name.rsplit_once('/').map_or(&*l.key.name, |(path, _)| path);
    kept(&l.key, "lease", name, Some(l.issued), l.expires)
}

fn role(r: &RotatedCredential) -> Own<'_> {
    kept(&r.key, "static role", &r.key.name, r.rotated, r.next)
}

fn secret(s: &SecretVersion) -> Own<'_> {
    kept(&s.key, "secret", &s.key.name, Some(s.updated), None)
}

fn certificate(c: &Certificate) -> Own<'_> {
    kept(&c.key, "certificate", &c.common_name, Some(c.not_before), Some(c.not_after))
}

fn change(c: &Change) -> Own<'_> {
    vec![
        ("at", Fact::At(c.at)),
        ("kind", text(c.kind.name())),
        ("change", text(&*c.title)),
        ("by", c.by.as_deref().map_or(Fact::Unknown, text)),
    ]
}

fn object<'a>(o: &'a Object, browse: &'a Browse) -> Own<'a> {
    let mut all = vec![("namespace", text(&*o.key.namespace)), ("name", text(o.key.title()))];
    all.extend(browse.columns.iter().enumerate().map(|(n, column)| {
        let fact = match browse.cell(o, n) {
            None => Fact::Unknown,
            Some(cell) => Fact::of(cell),
        };
        (&*column.name, fact)
    }));
    all.extend([("labels", pairs(&o.labels)), ("created", at(o.created))]);
    all
}
