//! What someone may do, and what a check of a system found.

use serde::Serialize;

use super::Str;

/// A right on a system, in that system's own words.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// A Kubernetes access review: verb on a resource.
    Kubernetes {
        /// `get`, `patch`, …
        verb: Str,
        /// API group.
        group: Str,
        /// Plural resource.
        resource: Str,
        /// Subresource; empty for none.
        subresource: Str,
        /// Namespace; empty for all.
        namespace: Str,
        /// Name; empty for any.
        name: Str,
    },
    /// Argo CD's can-i: action on a resource of a project.
    ArgoCd {
        /// `applications`, …
        resource: Str,
        /// `get`, `sync`, `update`, …
        action: Str,
        /// `project/application`.
        object: Str,
    },
    /// A Vault capability on a path.
    Vault {
        /// The path without `/v1/`.
        path: Str,
        /// `read`, `update`, `sudo`, …
        capability: Str,
    },
}

impl std::fmt::Display for Permission {
    /// `argocd: applications sync on shop/cart`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Kubernetes { verb, resource, subresource, namespace, .. } => {
                write!(f, "kubernetes: {verb} {resource}")?;
                if !subresource.is_empty() {
                    write!(f, "/{subresource}")?;
                }
                if namespace.is_empty() { Ok(()) } else { write!(f, " in {namespace}") }
            }
            Self::ArgoCd { resource, action, object } => write!(f, "argocd: {resource} {action} on {object}"),
            Self::Vault { path, capability } => write!(f, "vault: {capability} on {path}"),
        }
    }
}

/// A system's answer to whether a right is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Granted.
    Yes,
    /// Denied.
    No,
    /// The system cannot tell.
    Unknown,
}

/// One thing that `doctor` looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What: `reach`, `tls`, `identity`, `rights`, `clock`, `version`.
    pub name: Str,
    /// How it went.
    pub state: CheckState,
    /// What was found, and what to do when it is not well.
    pub detail: Str,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckState {
    /// Well.
    Ok,
    /// Works, but less than it could.
    Degraded,
    /// Does not work.
    Failed,
}
