//! What may be changed in a system: one request each, sent once.

mod object;
mod silence;
mod vault;

use std::fmt;

pub use object::{ACTION, Edit, ObjectChange, Propagation};
pub use silence::{SilenceChange, SilenceEdit};
pub use vault::{VaultChange, VaultEdit};

use super::{Hold, Key, ResourceRef, Str};

/// One request that changes something; sent at most once, never retried.
#[derive(Clone, Debug, PartialEq)]
pub enum Mutation {
    /// Starts a sync of an Argo CD application.
    Sync {
        /// The application.
        app: Key,
        /// The revision; what the application tracks when absent.
        revision: Option<Str>,
        /// Delete what git no longer has.
        prune: bool,
        /// Only try.
        dry_run: bool,
        /// These resources only; all when empty (then hooks run and history is written).
        resources: Vec<ResourceRef>,
        /// Sync options such as `ServerSideApply=true`; the application's own when empty.
        options: Vec<Str>,
        /// Names and values put on the operation; vigie's id is under `vigie.id`.
        infos: Vec<(Str, Str)>,
    },
    /// Starts a rollback of an Argo CD application to a history entry.
    Rollback {
        /// The application.
        app: Key,
        /// The history entry's id; zero is valid.
        id: i64,
        /// That entry's revision, for core mode and for verifying.
        revision: Str,
        /// Delete what that revision does not have.
        prune: bool,
        /// Only try.
        dry_run: bool,
    },
    /// Ends the operation under way.
    Terminate {
        /// The application.
        app: Key,
    },
    /// Has Argo CD compare again.
    Refresh {
        /// The application.
        app: Key,
        /// Drop the manifest cache too.
        hard: bool,
    },
    /// Holds automated sync (prune and self-heal stay as they are), with who, since and why as annotations.
    HoldAutoSync {
        /// The application.
        app: Key,
        /// Who, since, why.
        hold: Hold,
    },
    /// Releases a hold: automated sync as it was before, annotations gone.
    ReleaseAutoSync {
        /// The application.
        app: Key,
    },
    /// Changes a Kubernetes object.
    Object(Box<ObjectChange>),
    /// Changes something in a Vault.
    Vault(Box<VaultChange>),
    /// Makes or changes a silence of Alertmanager.
    Silence(Box<SilenceChange>),
}

impl Mutation {
    /// The entity it changes.
    pub fn target(&self) -> &Key {
        match self {
            Self::Sync { app, .. }
            | Self::Rollback { app, .. }
            | Self::Terminate { app }
            | Self::Refresh { app, .. }
            | Self::HoldAutoSync { app, .. }
            | Self::ReleaseAutoSync { app } => app,
            Self::Object(change) => &change.object,
            Self::Vault(change) => &change.on,
            Self::Silence(change) => &change.target,
        }
    }
}

impl fmt::Display for Mutation {
    /// The request as the system's API has it, for the plan sheet and the journal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.target().name;
        match self {
            Self::Sync { revision, prune, dry_run, resources, .. } => {
                let revision = revision.as_deref().unwrap_or("tracked");
                write!(
                    f,
                    "POST /applications/{name}/sync {{revision: {revision}, prune: {prune}, dryRun: {dry_run}"
                )?;
                if resources.is_empty() {
                    f.write_str("}")
                } else {
                    write!(f, ", resources: {}}}", resources.len())
                }
            }
            Self::Rollback { id, prune, dry_run, .. } => {
                write!(
                    f,
                    "POST /applications/{name}/rollback {{id: {id}, prune: {prune}, dryRun: {dry_run}}}"
                )
            }
            Self::Terminate { .. } => write!(f, "DELETE /applications/{name}/operation"),
            Self::Refresh { hard, .. } => {
                write!(f, "GET /applications/{name}?refresh={}", if *hard { "hard" } else { "normal" })
            }
            Self::HoldAutoSync { .. } => {
                write!(f, "PATCH /applications/{name} {{syncPolicy.automated.enabled: false}}")
            }
            Self::ReleaseAutoSync { .. } => {
                write!(f, "PATCH /applications/{name} {{syncPolicy.automated: as it was before the hold}}")
            }
            Self::Object(change) => change.fmt(f),
            Self::Vault(change) => change.fmt(f),
            Self::Silence(change) => change.fmt(f),
        }
    }
}

/// What a system said to a mutation it accepted: accepted, not done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// An id or resource version that the system gave, if any.
    pub id: Option<Str>,
    /// Warnings that came with it.
    pub warnings: Vec<Str>,
}
