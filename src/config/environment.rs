//! An environment as configured: its systems, and what changing it takes.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ArgoCdConfig, EndpointConfig, KubernetesConfig, LokiConfig, PolicyConfig, SystemConfig, VaultConfig,
    credential::expand, read::Document,
};
use crate::model::Tier;

/// An environment and its systems.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentConfig {
    /// Its name, as typed to confirm an action.
    pub name: String,
    /// How careful to be; production when absent.
    #[serde(default)]
    pub tier: Tier,
    /// Its colour: a name, `#rrggbb` or a theme role.
    pub color: Option<String>,
    /// What changing it takes.
    #[serde(default)]
    pub policy: PolicyConfig,
    /// Its cluster.
    pub kubernetes: Option<KubernetesConfig>,
    /// Its Argo CD.
    pub argocd: Option<ArgoCdConfig>,
    /// Its Vault.
    pub vault: Option<VaultConfig>,
    /// Its Alertmanager.
    pub alertmanager: Option<EndpointConfig>,
    /// Its Prometheus.
    pub prometheus: Option<EndpointConfig>,
    /// Its Loki.
    pub loki: Option<LokiConfig>,
}

impl EnvironmentConfig {
    /// An environment without systems.
    pub fn new(name: impl Into<String>, tier: Tier) -> Self {
        Self {
            name: name.into(),
            tier,
            color: None,
            policy: PolicyConfig::default(),
            kubernetes: None,
            argocd: None,
            vault: None,
            alertmanager: None,
            prometheus: None,
            loki: None,
        }
    }

    /// Its systems, in the order of [`SystemKind::ALL`](crate::model::SystemKind::ALL).
    pub fn systems(&self) -> Vec<SystemConfig> {
        let argocd = self.argocd.clone().map(|a| SystemConfig::ArgoCd(a, self.kubernetes.clone()));
        [
            self.kubernetes.clone().map(SystemConfig::Kubernetes),
            argocd,
            self.vault.clone().map(SystemConfig::Vault),
            self.alertmanager.clone().map(SystemConfig::Alertmanager),
            self.prometheus.clone().map(SystemConfig::Prometheus),
            self.loki.clone().map(SystemConfig::Loki),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Whether a name can be typed to confirm an action.
    pub fn is_typable(name: &str) -> bool {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    }

    /// Tells what is wrong with it, and keeps the rules of its policy; `place` is where the document has it.
    pub(super) fn check(&mut self, document: &mut Document<'_>, place: &[&str]) {
        let at = |document: &Document<'_>, rest: &[&str]| document.span(&[place, rest].concat());
        if !Self::is_typable(&self.name) {
            let span = at(document, &["name"]);
            let what = format!("environment name \"{}\" cannot be typed to confirm an action", self.name);
            document.wrong(span, what, "use letters, digits, `-`, `_` and `.`");
        }
        self.policy.check(document, &[place, &["policy"]].concat());
        let urls = [
            ("argocd", self.argocd.as_ref().and_then(|a| a.url.as_ref())),
            ("vault", self.vault.as_ref().map(|s| &s.url)),
            ("alertmanager", self.alertmanager.as_ref().map(|s| &s.url)),
            ("prometheus", self.prometheus.as_ref().map(|s| &s.url)),
            ("loki", self.loki.as_ref().map(|s| &s.url)),
        ];
        for (system, url) in urls.into_iter().filter_map(|(system, url)| Some((system, url?))) {
            let span = at(document, &[system, "url"]);
            match url.parse::<http::Uri>() {
                Ok(uri) if uri.authority().is_some_and(|a| a.as_str().contains('@')) => {
                    let hint = "write where it is to be had: `token = { env = \"NAME\" }`";
                    document.wrong(span, "an address holds no name or password", hint);
                }
                Ok(uri)
                    if matches!(uri.scheme_str(), Some("http" | "https"))
                        && uri.host().is_some_and(|h| !h.is_empty()) => {}
                _ => {
                    let what = format!("`{url}` is not an address");
                    document.wrong(span, what, "write `https://host[:port][/path]`");
                }
            }
        }
    }

    /// Makes relative paths relative to a folder.
    pub(super) fn resolve(&mut self, folder: &Path) {
        let fix = |path: &mut Option<PathBuf>| {
            if let Some(p) = path {
                *p = folder.join(expand(p));
            }
        };
        if let Some(k) = &mut self.kubernetes {
            fix(&mut k.kubeconfig);
        }
        if let Some(a) = &mut self.argocd {
            fix(&mut a.config);
            fix(&mut a.ca);
        }
        if let Some(v) = &mut self.vault {
            fix(&mut v.ca);
        }
        for e in [&mut self.alertmanager, &mut self.prometheus].into_iter().flatten() {
            fix(&mut e.ca);
        }
        if let Some(l) = &mut self.loki {
            fix(&mut l.ca);
        }
    }
}
