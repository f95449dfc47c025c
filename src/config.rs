//! Configuration: TOML files to checked values and warnings.
//!
//! A mistake is reported with file, line, column and what to write instead; nothing is guessed silently.

mod credential;
mod file;
mod places;
mod problem;
mod system;

pub use credential::{Credential, CredentialError};
pub use file::{Config, EnvironmentConfig, PolicyConfig, ScreenConfig};
pub use places::{default_file, default_journal};
pub use problem::{Position, Problem};
pub use system::{
    ArgoCdConfig, ArgoCdMode, EndpointConfig, KubernetesConfig, LokiConfig, SystemConfig, VaultConfig,
};
