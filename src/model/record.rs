//! Any record, for the road from connectors to the store.

use super::{
    Alert, Application, Certificate, Change, ClusterEvent, Key, Lease, Mount, Namespace, Node, Object, Pod,
    RotatedCredential, SecretVersion, Silence, TokenState, VaultState, Workload,
};

/// One entity as last seen by a connector.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// A pod.
    Pod(Pod),
    /// A workload.
    Workload(Box<Workload>),
    /// A node.
    Node(Box<Node>),
    /// A namespace.
    Namespace(Namespace),
    /// A Kubernetes event.
    Event(Box<ClusterEvent>),
    /// An application.
    Application(Box<Application>),
    /// A Vault server's state.
    Vault(Box<VaultState>),
    /// A mount.
    Mount(Box<Mount>),
    /// A lease.
    Lease(Lease),
    /// A static role.
    StaticRole(Box<RotatedCredential>),
    /// A KV secret's metadata.
    Secret(Box<SecretVersion>),
    /// A certificate.
    Certificate(Box<Certificate>),
    /// The session's token.
    Token(Box<TokenState>),
    /// An alert.
    Alert(Box<Alert>),
    /// A silence.
    Silence(Box<Silence>),
    /// A change.
    Change(Box<Change>),
    /// An object of any other kind.
    Object(Box<Object>),
}

impl Record {
    /// Its key.
    pub fn key(&self) -> &Key {
        match self {
            Self::Pod(r) => &r.key,
            Self::Workload(r) => &r.key,
            Self::Node(r) => &r.key,
            Self::Namespace(r) => &r.key,
            Self::Event(r) => &r.key,
            Self::Application(r) => &r.key,
            Self::Vault(r) => &r.key,
            Self::Mount(r) => &r.key,
            Self::Lease(r) => &r.key,
            Self::StaticRole(r) => &r.key,
            Self::Secret(r) => &r.key,
            Self::Certificate(r) => &r.key,
            Self::Token(r) => &r.key,
            Self::Alert(r) => &r.key,
            Self::Silence(r) => &r.key,
            Self::Change(r) => &r.key,
            Self::Object(r) => &r.key,
        }
    }
}
