//! How each kind of system is reached.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Credential;
use crate::model::SystemKind;

/// A Kubernetes API server, through a kubeconfig context.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct KubernetesConfig {
    /// The kubeconfig; `KUBECONFIG` or `~/.kube/config` when absent.
    pub kubeconfig: Option<PathBuf>,
    /// The context; the current one when absent.
    pub context: Option<String>,
    /// Namespaces to look at; all when empty.
    pub namespaces: Vec<String>,
}

/// An Argo CD.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ArgoCdConfig {
    /// Through its API server, or through its custom resources where only the cluster is reachable.
    pub mode: ArgoCdMode,
    /// The API server's address, with the root path if it has one.
    pub url: Option<String>,
    /// The token; argocd's own configuration for that server when absent.
    pub token: Option<Credential>,
    /// argocd's configuration file; `~/.config/argocd/config` when absent.
    pub config: Option<PathBuf>,
    /// A PEM file of further certificate authorities.
    pub ca: Option<PathBuf>,
    /// In core mode: the namespace of the Applications.
    pub namespace: Option<String>,
    /// Projects to look at; all when empty.
    pub projects: Vec<String>,
}

/// The way to an Argo CD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ArgoCdMode {
    /// Its API server.
    #[default]
    Api,
    /// Its custom resources in the environment's cluster.
    Core,
}

/// A Vault or `OpenBao`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VaultConfig {
    /// Its address.
    pub url: String,
    /// The token; `VAULT_TOKEN`, `BAO_TOKEN` or `~/.vault-token` when absent.
    pub token: Option<Credential>,
    /// The namespace, where the server has them.
    pub namespace: Option<String>,
    /// A PEM file of further certificate authorities.
    pub ca: Option<PathBuf>,
    /// Lease ids or prefixes of the engineer's own leases, for tokens that may not list leases (it takes `sudo`).
    #[serde(default)]
    pub leases: Vec<String>,
}

/// A system reached by address alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointConfig {
    /// Its address.
    pub url: String,
    /// A bearer token, for what sits behind oauth2-proxy.
    pub token: Option<Credential>,
    /// A PEM file of further certificate authorities.
    pub ca: Option<PathBuf>,
    /// The tenant (`X-Scope-OrgID`).
    pub tenant: Option<String>,
}

/// A Loki.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LokiConfig {
    /// Its address.
    pub url: String,
    /// A bearer token, for what sits behind oauth2-proxy.
    pub token: Option<Credential>,
    /// A PEM file of further certificate authorities.
    pub ca: Option<PathBuf>,
    /// The tenant (`X-Scope-OrgID`).
    pub tenant: Option<String>,
    /// The label that holds the namespace; `namespace` when absent.
    pub namespace_label: Option<String>,
    /// The label that holds the pod; `pod` when absent.
    pub pod_label: Option<String>,
    /// The label that holds the container; `container` when absent.
    pub container_label: Option<String>,
}

/// One system of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SystemConfig {
    /// A cluster.
    Kubernetes(KubernetesConfig),
    /// An Argo CD, with the cluster that core mode goes through.
    ArgoCd(ArgoCdConfig, Option<KubernetesConfig>),
    /// A Vault.
    Vault(VaultConfig),
    /// An Alertmanager.
    Alertmanager(EndpointConfig),
    /// A Prometheus.
    Prometheus(EndpointConfig),
    /// A Loki.
    Loki(LokiConfig),
}

impl SystemConfig {
    /// What it is.
    pub const fn kind(&self) -> SystemKind {
        match self {
            Self::Kubernetes(_) => SystemKind::Kubernetes,
            Self::ArgoCd(..) => SystemKind::ArgoCd,
            Self::Vault(_) => SystemKind::Vault,
            Self::Alertmanager(_) => SystemKind::Alertmanager,
            Self::Prometheus(_) => SystemKind::Prometheus,
            Self::Loki(_) => SystemKind::Loki,
        }
    }
}
