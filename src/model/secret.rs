//! What Vault and OpenBao issue, keep and rotate. Never a secret's value.

use std::time::Duration;

use super::{Key, Severity, Str, Time};

/// A Vault server's own state.
#[derive(Clone, Debug, PartialEq)]
pub struct VaultState {
    /// Source; the name is the system's.
    pub key: Key,
    /// Whether it has been initialised.
    pub initialized: bool,
    /// Whether it is sealed: nothing can be read.
    pub sealed: bool,
    /// Unseal keys given so far, and needed.
    pub unseal: (u16, u16),
    /// Whether this node answers as a standby.
    pub standby: bool,
    /// Nodes of an HA cluster that the server names; empty when it has no HA.
    pub nodes: Vec<Str>,
    /// Version.
    pub version: Str,
    /// Name of the cluster.
    pub cluster: Str,
}

/// A mounted secrets engine or auth method.
#[derive(Clone, Debug, PartialEq)]
pub struct Mount {
    /// Source and path (`database/`, `auth/kubernetes/`).
    pub key: Key,
    /// Type: `kv`, `database`, `pki`, …
    pub engine: Str,
    /// Version of a KV engine.
    pub version: Option<u8>,
    /// Description.
    pub description: Str,
    /// Running version of its plugin, where told.
    pub plugin: Str,
}

/// A lease with its time to live.
#[derive(Clone, Debug, PartialEq)]
pub struct Lease {
    /// Source, the mount, and the lease id.
    pub key: Key,
    /// When it was issued.
    pub issued: Time,
    /// When it ends; absent when it never does.
    pub expires: Option<Time>,
    /// Whether it can be renewed.
    pub renewable: bool,
    /// When it was last renewed.
    pub renewed: Option<Time>,
}

/// A credential that lives long and is rotated: a static role of the database engine.
#[derive(Clone, Debug, PartialEq)]
pub struct RotatedCredential {
    /// Source, the mount, and the role.
    pub key: Key,
    /// The account at the target.
    pub username: Str,
    /// Rotation period; absent when it goes by a schedule.
    pub period: Option<Duration>,
    /// The rotation schedule (cron), if it has one.
    pub schedule: Option<Str>,
    /// When it was last rotated; never, when absent.
    pub rotated: Option<Time>,
    /// When it will be rotated next.
    pub next: Option<Time>,
}

/// Metadata of a KV v2 secret.
#[derive(Clone, Debug, PartialEq)]
pub struct SecretVersion {
    /// Source, the mount, and the path.
    pub key: Key,
    /// Current version.
    pub current: u64,
    /// Oldest version kept.
    pub oldest: u64,
    /// When it was last written.
    pub updated: Time,
    /// When it was first written.
    pub created: Time,
    /// Whether the current version is deleted or destroyed.
    pub deleted: bool,
}

/// A certificate that Vault's PKI engine issued.
#[derive(Clone, Debug, PartialEq)]
pub struct Certificate {
    /// Source, the mount, and the serial number.
    pub key: Key,
    /// Common name.
    pub common_name: Str,
    /// Start of validity.
    pub not_before: Time,
    /// End of validity.
    pub not_after: Time,
    /// When it was revoked, if it was.
    pub revoked: Option<Time>,
    /// Whether it is an authority's own.
    pub authority: bool,
}

/// The token that the session uses.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenState {
    /// Source; the name is the token's display name.
    pub key: Key,
    /// Policies.
    pub policies: Vec<Str>,
    /// When it ends; absent when it never does.
    pub expires: Option<Time>,
    /// Whether it can be renewed.
    pub renewable: bool,
}

/// How bad it is that something ends in `left`: under 15 minutes critical below 5, warning below 15.
pub(super) fn expiry_severity(left: Duration) -> Severity {
    match left.as_secs() {
        0..300 => Severity::Critical,
        300..900 => Severity::Warning,
        _ => Severity::Ok,
    }
}

impl Lease {
    /// How bad its remaining life is at `now`.
    pub fn severity(&self, now: Time) -> Severity {
        self.expires.map_or(Severity::Quiet, |end| expiry_severity(end.since(now)))
    }
}

impl RotatedCredential {
    /// Overdue by more than a tenth of its period is a warning, by a whole period critical.
    pub fn severity(&self, now: Time) -> Severity {
        let Some(next) = self.next else { return Severity::Quiet };
        let overdue = now.since(next);
        match self.period {
            Some(period) if overdue > period => Severity::Critical,
            Some(period) if overdue > period / 10 => Severity::Warning,
            None if overdue > Duration::from_secs(3600) => Severity::Warning,
            _ => Severity::Ok,
        }
    }
}

impl Certificate {
    /// Expired or within two days of it is critical, within a fortnight a warning.
    pub fn severity(&self, now: Time) -> Severity {
        const DAY: u64 = 86_400;
        if self.revoked.is_some() {
            return Severity::Quiet;
        }
        match self.not_after.since(now).as_secs() / DAY {
            0..2 => Severity::Critical,
            2..14 => Severity::Warning,
            _ => Severity::Ok,
        }
    }
}
