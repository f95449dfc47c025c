//! Secrets by reference only: configuration never holds one.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Sensitive;

/// Where a secret is to be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Credential {
    /// An environment variable.
    Env(String),
    /// A file; surrounding blanks are dropped, `~/` is the home directory.
    File(PathBuf),
    /// A program and its arguments; its standard output is the secret.
    Command(Vec<String>),
    /// A context of argocd's own configuration; the current one when empty.
    Argocd(String),
}

/// Why a secret could not be had.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The environment variable is not set.
    #[error("environment variable {0} is not set")]
    Unset(String),
    /// The file could not be read.
    #[error("cannot read {0}: {1}")]
    File(PathBuf, #[source] std::io::Error),
    /// The program could not be run or failed.
    #[error("`{0}` {1}")]
    Command(String, String),
    /// argocd's configuration has no such context or no token for it.
    #[error("{0}")]
    Argocd(String),
}

impl Credential {
    /// Fetches the secret; may run a program, so not on the screen's thread. `Argocd` is read by the Argo CD
    /// connector, which knows that file.
    pub fn fetch(&self) -> Result<Sensitive, CredentialError> {
        match self {
            Self::Env(name) => {
                std::env::var(name).map(Sensitive::new).map_err(|_| CredentialError::Unset(name.clone()))
            }
            Self::File(path) => {
                let path = expand(path);
                let text = std::fs::read_to_string(&path).map_err(|e| CredentialError::File(path, e))?;
                Ok(Sensitive::new(text.trim()))
            }
            Self::Command(argv) => run(argv),
            Self::Argocd(context) => Err(CredentialError::Argocd(format!(
                "`argocd = \"{context}\"` is a credential for Argo CD only"
            ))),
        }
    }
}

fn run(argv: &[String]) -> Result<Sensitive, CredentialError> {
    let name = argv.first().cloned().unwrap_or_default();
    let failed = |why: String| CredentialError::Command(name.clone(), why);
    let output = Command::new(&name)
        .args(argv.get(1..).unwrap_or_default())
        .stdin(Stdio::null())
        .output()
        .map_err(|e| failed(format!("cannot be run: {e}")))?;
    if !output.status.success() {
        return Err(failed(format!("ended with {}", output.status)));
    }
    let text =
        String::from_utf8(output.stdout).map_err(|_| failed("printed something that is not text".into()))?;
    Ok(Sensitive::new(text.trim()))
}

/// The path with a leading `~/` replaced by the home directory.
pub(crate) fn expand(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => path.to_owned(),
    }
}
