//! What may be changed in a Vault, in the words of its API.

use std::fmt;

use crate::model::{Key, Kind, Str};

/// One request that changes one thing in a Vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultChange {
    /// The lease, prefix of leases, static role, token or secret.
    pub on: Key,
    /// What is changed.
    pub edit: VaultEdit,
}

/// What is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VaultEdit {
    /// Makes a lease or the session's own token live longer.
    Renew {
        /// Seconds from now; as long as it was first given when absent.
        increment: Option<u32>,
    },
    /// Takes back a lease, all leases below a prefix, or the session's own token.
    Revoke,
    /// Has a static role's password changed.
    Rotate,
    /// Has the password changed with which Vault itself enters a database. Nobody knows the new one.
    RotateRoot {
        /// The connection.
        connection: Str,
    },
    /// Writes the content of an older version anew, as `vault kv rollback` does.
    Restore {
        /// That version.
        from: u64,
        /// The version that is current; the server refuses when it no longer is.
        cas: u64,
    },
    /// Deletes a version so that it can be brought back.
    DeleteVersion {
        /// Which.
        version: u64,
    },
    /// Brings a deleted version back.
    UndeleteVersion {
        /// Which.
        version: u64,
    },
}

impl VaultChange {
    /// The path below `/v1/` that it is posted to; the right that it takes is `update` on it.
    pub fn path(&self) -> String {
        let (mount, name) = (&self.on.namespace, &self.on.name);
        match (&self.edit, self.on.kind) {
            (VaultEdit::Renew { .. }, Kind::Token) => "auth/token/renew-self".to_owned(),
            (VaultEdit::Renew { .. }, _) => "sys/leases/renew".to_owned(),
            (VaultEdit::Revoke, Kind::Token) => "auth/token/revoke-self".to_owned(),
            (VaultEdit::Revoke, _) => match name.strip_suffix('/') {
                // No path that is written to may end in a slash; the server takes it as if one did.
                Some(prefix) => format!("sys/leases/revoke-prefix/{prefix}"),
                None => "sys/leases/revoke".to_owned(),
            },
            (VaultEdit::Rotate, _) => format!("{mount}rotate-role/{name}"),
            (VaultEdit::RotateRoot { connection }, _) => format!("{mount}rotate-root/{connection}"),
            (VaultEdit::Restore { .. }, _) => format!("{mount}data/{name}"),
            (VaultEdit::DeleteVersion { .. }, _) => format!("{mount}delete/{name}"),
            (VaultEdit::UndeleteVersion { .. }, _) => format!("{mount}undelete/{name}"),
        }
    }
}

impl fmt::Display for VaultChange {
    /// The request without `/v1/`: `POST sys/leases/renew {lease_id: …, increment: 3600}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "POST {}", self.path())?;
        let name = &self.on.name;
        match (&self.edit, self.on.kind) {
            (VaultEdit::Renew { increment: Some(s) }, Kind::Token) => write!(f, " {{increment: {s}}}"),
            (VaultEdit::Renew { increment: Some(s) }, _) => {
                write!(f, " {{lease_id: {name}, increment: {s}}}")
            }
            (VaultEdit::Revoke, Kind::Lease) if name.ends_with('/') => f.write_str(" {sync: true}"),
            (VaultEdit::Revoke, Kind::Lease) => write!(f, " {{lease_id: {name}, sync: true}}"),
            (VaultEdit::Renew { increment: None }, Kind::Lease) => write!(f, " {{lease_id: {name}}}"),
            (VaultEdit::Restore { from, cas }, _) => {
                write!(f, " {{data: of version {from}, cas: {cas}}}")
            }
            (VaultEdit::DeleteVersion { version } | VaultEdit::UndeleteVersion { version }, _) => {
                write!(f, " {{versions: [{version}]}}")
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Source;

    #[test]
    fn requests_read_as_the_api_has_them() {
        let said = |kind, namespace: &str, name: &str, edit| {
            VaultChange { on: Key::new(Source(0), kind, namespace, name), edit }.to_string()
        };
        let lease = "database/creds/app/x7";
        assert_eq!(
            said(Kind::Lease, "database/", lease, VaultEdit::Renew { increment: Some(3600) }),
            "POST sys/leases/renew {lease_id: database/creds/app/x7, increment: 3600}"
        );
        assert_eq!(
            said(Kind::Lease, "database/", lease, VaultEdit::Revoke),
            "POST sys/leases/revoke {lease_id: database/creds/app/x7, sync: true}"
        );
        assert_eq!(
            said(Kind::Lease, "database/", "database/creds/app/", VaultEdit::Revoke),
            "POST sys/leases/revoke-prefix/database/creds/app {sync: true}"
        );
        assert_eq!(
            said(Kind::Token, "", "token-nadia", VaultEdit::Renew { increment: None }),
            "POST auth/token/renew-self"
        );
        assert_eq!(
            said(Kind::StaticRole, "database/", "billing", VaultEdit::Rotate),
            "POST database/rotate-role/billing"
        );
        assert_eq!(
            said(Kind::Secret, "secret/", "app/db", VaultEdit::Restore { from: 3, cas: 5 }),
            "POST secret/data/app/db {data: of version 3, cas: 5}"
        );
    }
}
