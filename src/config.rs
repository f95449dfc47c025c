//! Configuration: TOML files to checked values and warnings.
//!
//! A mistake is reported with file, line, column and what to write instead; nothing is guessed silently.

mod credential;
mod environment;
mod file;
mod places;
mod policy;
mod problem;
mod read;
mod schema;
mod size;
mod system;

pub use credential::{Credential, CredentialError};
pub use environment::EnvironmentConfig;
pub use file::{Aliases, Config, Loaded, ScreenConfig, Way};
pub use places::{
    default_columns, default_file, default_filters, default_journal, default_memory, default_workspaces,
    exports, is_configured,
};
pub use policy::{FreezeConfig, HoursConfig, Moment, PolicyConfig, TierPolicies, VerbConfig};
pub use problem::{Position, Problem};
pub use schema::schema;
pub use size::ByteSize;
pub use system::{
    ArgoCdConfig, ArgoCdMode, EndpointConfig, KubernetesConfig, LokiConfig, SystemConfig, VaultConfig,
};
