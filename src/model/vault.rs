//! What Vault holds, as an action needs it: read anew, one at a time, never kept. No secret's value is among it.

use std::collections::BTreeMap;

use super::{Key, Lease, RotatedCredential, Str, Time};

/// One thing in a Vault.
#[derive(Clone, Debug, PartialEq)]
pub enum VaultItem {
    /// A lease.
    Lease(Lease),
    /// The ids of the leases below a prefix (a lease's key whose name ends in `/`), sorted; at least one.
    Leases(Vec<Str>),
    /// A static role of a database engine.
    Role {
        /// The role.
        role: RotatedCredential,
        /// The connection that it is of.
        connection: Str,
    },
    /// The token that the session uses.
    Token(HeldToken),
    /// A KV version 2 secret.
    Secret(KvSecret),
}

/// The session's own token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldToken {
    /// Source; the name is the token's display name.
    pub key: Key,
    /// When it was issued; absent for root tokens of old.
    pub issued: Option<Time>,
    /// When it was last renewed.
    pub renewed: Option<Time>,
    /// When it ends; absent when it never does.
    pub expires: Option<Time>,
    /// Whether it can be renewed.
    pub renewable: bool,
}

/// A KV version 2 secret without its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KvSecret {
    /// Source, the mount, and the path.
    pub key: Key,
    /// When it was first written; another after it was deleted whole and written anew.
    pub created: Time,
    /// Its current version.
    pub current: u64,
    /// The versions that are kept.
    pub versions: BTreeMap<u64, KvVersion>,
    /// Whether the two versions that were asked about have the same content.
    pub same: Option<bool>,
}

/// One version of a KV secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KvVersion {
    /// When it was written.
    pub created: Time,
    /// Whether it is deleted, but can be brought back.
    pub deleted: bool,
    /// Whether it is gone for good.
    pub destroyed: bool,
}

impl VaultItem {
    /// When it was last renewed or rotated, by the server's clock.
    pub fn turned(&self) -> Option<Time> {
        match self {
            Self::Lease(lease) => lease.renewed,
            Self::Role { role, .. } => role.rotated,
            Self::Token(token) => token.renewed,
            Self::Leases(_) | Self::Secret(_) => None,
        }
    }

    /// When it ends, where it does.
    pub fn expires(&self) -> Option<Time> {
        match self {
            Self::Lease(lease) => lease.expires,
            Self::Token(token) => token.expires,
            Self::Leases(_) | Self::Role { .. } | Self::Secret(_) => None,
        }
    }
}
