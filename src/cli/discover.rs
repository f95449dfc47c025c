//! What is there when no configuration file is: kubeconfig, argocd's configuration, addresses in the environment.

use std::path::PathBuf;

use crate::{
    config::{
        ArgoCdConfig, Config, EndpointConfig, EnvironmentConfig, KubernetesConfig, LokiConfig, PolicyConfig,
        VaultConfig,
    },
    model::Tier,
};

/// One environment of what the machine is already set up for; guarded as production, since nothing says otherwise.
pub fn discover() -> Config {
    let var = |names: &[&str]| names.iter().find_map(|n| std::env::var(n).ok().filter(|v| !v.is_empty()));
    let home =
        |rest: &str| std::env::var_os("HOME").map(|h| PathBuf::from(h).join(rest)).filter(|p| p.exists());
    let endpoint =
        |names: &[&str]| var(names).map(|url| EndpointConfig { url, token: None, ca: None, tenant: None });
    let kubernetes =
        (var(&["KUBECONFIG"]).is_some() || home(".kube/config").is_some()).then(KubernetesConfig::default);
    let context = kubernetes.as_ref().and_then(|_| current_context());
    let environment = EnvironmentConfig {
        name: context.as_deref().map_or_else(|| "here".to_owned(), typable),
        tier: Tier::Prod,
        color: None,
        policy: PolicyConfig::default(),
        kubernetes,
        argocd: home(".config/argocd/config").map(|_| ArgoCdConfig::default()),
        vault: var(&["VAULT_ADDR", "BAO_ADDR"]).map(|url| VaultConfig {
            url,
            token: None,
            namespace: var(&["VAULT_NAMESPACE", "BAO_NAMESPACE"]),
            ca: var(&["VAULT_CACERT", "BAO_CACERT"]).map(PathBuf::from),
            leases: Vec::new(),
        }),
        alertmanager: endpoint(&["ALERTMANAGER_URL"]),
        prometheus: endpoint(&["PROMETHEUS_URL"]),
        loki: var(&["LOKI_ADDR"]).map(|url| LokiConfig {
            url,
            token: None,
            ca: None,
            tenant: var(&["LOKI_ORG_ID"]),
            namespace_label: None,
            pod_label: None,
            container_label: None,
        }),
    };
    if environment.systems().is_empty() {
        return Config::default();
    }
    Config { environments: vec![environment], ..Config::default() }
}

/// The current context of the kubeconfig, if it can be read.
fn current_context() -> Option<String> {
    kube::config::Kubeconfig::read().ok()?.current_context
}

/// A context's name as an environment's: what cannot be typed to confirm becomes `-`.
fn typable(context: &str) -> String {
    context.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect()
}
