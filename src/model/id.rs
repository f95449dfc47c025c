//! Who is who: environments, systems, and the key of every entity on screen.

use std::{
    collections::HashSet,
    fmt,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A string that many records share.
pub type Str = Arc<str>;

/// How much an action on an environment can break; decides what confirming one takes.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Nobody but its developers depends on it.
    Dev,
    /// Rehearses production.
    Staging,
    /// Users depend on it. What is not said to be otherwise is production.
    #[default]
    Prod,
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dev => "dev",
            Self::Staging => "staging",
            Self::Prod => "prod",
        })
    }
}

/// A stage that owns systems; nothing crosses from one to another by accident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Its name, as typed to confirm an action.
    pub name: Str,
    /// How careful to be.
    pub tier: Tier,
    /// The theme role or colour that frames it; chosen from the tier when absent.
    pub color: Option<Str>,
    /// What changing it takes.
    pub policy: super::Policy,
}

/// A kind of system that a connector speaks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SystemKind {
    /// A Kubernetes API server.
    Kubernetes,
    /// An Argo CD API server, or its custom resources in a cluster.
    ArgoCd,
    /// `HashiCorp` Vault or `OpenBao`.
    Vault,
    /// A Prometheus Alertmanager.
    Alertmanager,
    /// A Prometheus, or what answers its query API.
    Prometheus,
    /// A Grafana Loki.
    Loki,
}

impl SystemKind {
    /// Every kind, in the order in which screens list them.
    pub const ALL: [Self; 6] =
        [Self::Kubernetes, Self::ArgoCd, Self::Vault, Self::Alertmanager, Self::Prometheus, Self::Loki];

    /// The name used in configuration and commands.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::ArgoCd => "argocd",
            Self::Vault => "vault",
            Self::Alertmanager => "alertmanager",
            Self::Prometheus => "prometheus",
            Self::Loki => "loki",
        }
    }

    /// At most five letters, for the line that shows how old each system's data is.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Kubernetes => "k8s",
            Self::ArgoCd => "argo",
            Self::Vault => "vault",
            Self::Alertmanager => "alert",
            Self::Prometheus => "prom",
            Self::Loki => "loki",
        }
    }
}

impl fmt::Display for SystemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The number of a system in the session's list of systems: two bytes in every key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Source(pub u16);

/// One endpoint of one kind in one environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct System {
    /// Its number in the session.
    pub source: Source,
    /// The environment that owns it.
    pub env: Str,
    /// How careful to be with it.
    pub tier: Tier,
    /// What it is.
    pub kind: SystemKind,
    /// Its name, unique in its environment and kind; the kind's own name when there is but one.
    pub name: Str,
}

impl fmt::Display for System {
    /// `argocd in prod`, for messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.name, self.env)
    }
}

/// What an entity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A Kubernetes namespace.
    Namespace,
    /// A Kubernetes node.
    Node,
    /// A Kubernetes pod.
    Pod,
    /// An apps/v1 Deployment.
    Deployment,
    /// An apps/v1 `StatefulSet`.
    StatefulSet,
    /// An apps/v1 `DaemonSet`.
    DaemonSet,
    /// An apps/v1 `ReplicaSet`.
    ReplicaSet,
    /// A batch/v1 Job.
    Job,
    /// A Kubernetes event.
    Event,
    /// An Argo CD Application.
    Application,
    /// A Vault secrets or auth mount.
    Mount,
    /// A Vault lease.
    Lease,
    /// A Vault static role: a credential that lives long and is rotated.
    StaticRole,
    /// A KV secret's metadata.
    Secret,
    /// A certificate issued by Vault's PKI engine.
    Certificate,
    /// The token that the session itself uses.
    Token,
    /// A Vault server's seal and HA state.
    Vault,
    /// An alert in Alertmanager.
    Alert,
    /// A silence in Alertmanager.
    Silence,
    /// Something that altered an environment at a moment.
    Change,
    /// An object of a cluster of any other kind; its key's name says which.
    Object,
}

impl Kind {
    /// Every kind but [`Object`](Self::Object), which stands for those without a row of their own.
    pub const ALL: [Self; 20] = [
        Self::Namespace,
        Self::Node,
        Self::Pod,
        Self::Deployment,
        Self::StatefulSet,
        Self::DaemonSet,
        Self::ReplicaSet,
        Self::Job,
        Self::Event,
        Self::Application,
        Self::Mount,
        Self::Lease,
        Self::StaticRole,
        Self::Secret,
        Self::Certificate,
        Self::Token,
        Self::Vault,
        Self::Alert,
        Self::Silence,
        Self::Change,
    ];

    /// The singular name, as Kubernetes and the other systems write it in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Namespace => "namespace",
            Self::Node => "node",
            Self::Pod => "pod",
            Self::Deployment => "deployment",
            Self::StatefulSet => "statefulset",
            Self::DaemonSet => "daemonset",
            Self::ReplicaSet => "replicaset",
            Self::Job => "job",
            Self::Event => "event",
            Self::Application => "application",
            Self::Mount => "mount",
            Self::Lease => "lease",
            Self::StaticRole => "staticrole",
            Self::Secret => "secret",
            Self::Certificate => "certificate",
            Self::Token => "token",
            Self::Vault => "vault",
            Self::Alert => "alert",
            Self::Silence => "silence",
            Self::Change => "change",
            Self::Object => "object",
        }
    }

    /// Whether it is one of the workload kinds that own pods.
    pub const fn is_workload(self) -> bool {
        matches!(self, Self::Deployment | Self::StatefulSet | Self::DaemonSet | Self::ReplicaSet | Self::Job)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = String;

    /// Reads a singular or plural name in any case; the error lists what is known.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let wanted = s.to_ascii_lowercase();
        let singular = wanted.strip_suffix('s').unwrap_or(&wanted);
        Self::ALL
            .into_iter()
            .find(|k| k.name() == wanted || k.name() == singular)
            .ok_or_else(|| format!("unknown kind `{s}`; known: {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// Names one entity in one system.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Key {
    /// The system that holds it.
    pub source: Source,
    /// What it is.
    pub kind: Kind,
    /// Its namespace, mount or other scope; empty when it has none.
    pub namespace: Str,
    /// Its name within that scope: a Kubernetes name, a lease id, an alert's fingerprint.
    pub name: Str,
}

impl Key {
    /// The key of `kind` `name` in `namespace` of `source`.
    pub fn new(source: Source, kind: Kind, namespace: impl Into<Str>, name: impl Into<Str>) -> Self {
        Self { source, kind, namespace: namespace.into(), name: name.into() }
    }
}

impl Key {
    /// Its name without what else the key's name says.
    pub fn title(&self) -> &str {
        super::ObjectName::of(self).map_or(&*self.name, |object| object.name)
    }
}

impl fmt::Display for Key {
    /// `pod shop/cart-0`, or `node n1` when there is no namespace.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match super::ObjectName::of(self) {
            Some(object) if object.group.is_empty() => write!(f, "{} ", object.plural)?,
            Some(object) => write!(f, "{}.{} ", object.plural, object.group)?,
            None => write!(f, "{} ", self.kind)?,
        }
        // A lease's id begins with its mount already, and a mount ends in a slash.
        if self.namespace.is_empty() || self.kind == Kind::Lease {
            f.write_str(self.title())
        } else if self.namespace.ends_with('/') {
            write!(f, "{}{}", self.namespace, self.title())
        } else {
            write!(f, "{}/{}", self.namespace, self.title())
        }
    }
}

/// Hands out one shared copy of equal strings; forgets those that nobody holds when it grows.
#[derive(Debug, Default)]
pub struct Interner {
    known: Mutex<(HashSet<Str>, usize)>,
}

impl Interner {
    /// The shared copy of `text`.
    pub fn get(&self, text: &str) -> Str {
        let mut guard = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, limit) = &mut *guard;
        if let Some(found) = known.get(text) {
            return Arc::clone(found);
        }
        if known.len() >= (*limit).max(4096) {
            known.retain(|s| Arc::strong_count(s) > 1);
            *limit = known.len() * 2;
        }
        let shared: Str = Arc::from(text);
        known.insert(Arc::clone(&shared));
        shared
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_read_back() {
        for kind in Kind::ALL {
            assert_eq!(kind.name().parse::<Kind>(), Ok(kind));
            assert_eq!(format!("{}s", kind.name()).parse::<Kind>(), Ok(kind));
        }
        assert!("frobnicator".parse::<Kind>().is_err_and(|e| e.contains("known: namespace")));
    }

    #[test]
    fn keys_read_as_their_systems_name_them() {
        let said = |kind, namespace: &str, name: &str| Key::new(Source(0), kind, namespace, name).to_string();
        assert_eq!(said(Kind::Pod, "shop", "cart-0"), "pod shop/cart-0");
        assert_eq!(said(Kind::Node, "", "n1"), "node n1");
        assert_eq!(said(Kind::Lease, "database/", "database/creds/app/x"), "lease database/creds/app/x");
        assert_eq!(said(Kind::StaticRole, "database/", "billing"), "staticrole database/billing");
    }

    #[test]
    fn interner_shares() {
        let interner = Interner::default();
        assert!(Arc::ptr_eq(&interner.get("kube-system"), &interner.get("kube-system")));
    }
}
