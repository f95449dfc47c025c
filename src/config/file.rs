//! The configuration file.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{ArgoCdConfig, EndpointConfig, KubernetesConfig, LokiConfig, Problem, SystemConfig, VaultConfig};
use crate::model::{Confirm, Environment, Policy, Source, Str, System, Tier};

/// A checked configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Environments in the order in which screens list them.
    #[serde(rename = "environment")]
    pub environments: Vec<EnvironmentConfig>,
    /// How the screen looks and behaves.
    pub screen: ScreenConfig,
    /// Where the journal is kept; `$XDG_STATE_HOME/vigie/journal` when absent.
    pub journal: Option<PathBuf>,
}

/// How the screen looks and behaves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScreenConfig {
    /// The theme: a shipped one by name, or a file.
    pub theme: Option<String>,
    /// The keymap: a shipped one by name, or a file.
    pub keymap: Option<String>,
    /// ASCII signs and borders only.
    pub ascii: bool,
    /// Most frames a second that are drawn without a key being pressed; 15 when absent.
    pub frames: Option<u16>,
}

/// An environment and its systems.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentConfig {
    /// Its name.
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

/// What changing an environment takes; can only ask more than its tier does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyConfig {
    /// Nothing may be changed.
    pub read_only: bool,
    /// What confirming takes.
    pub confirm: Option<Confirm>,
    /// Whether a reason must be given.
    pub reason: Option<bool>,
}

impl PolicyConfig {
    /// The tier's policy with what is asked beyond it.
    fn over(&self, tier: Tier) -> Policy {
        let base = Policy::of(tier);
        Policy {
            read_only: self.read_only,
            confirm: self.confirm.unwrap_or(base.confirm).max(base.confirm),
            reason: base.reason || self.reason.unwrap_or(false),
        }
    }
}

impl EnvironmentConfig {
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
}

impl Config {
    /// Reads and checks a file. Relative paths in it are relative to its folder.
    pub fn load(path: &Path) -> Result<Self, Vec<Problem>> {
        let text = std::fs::read_to_string(path)
            .map_err(|e| vec![Problem::file(path, format!("cannot be read: {e}"))])?;
        let mut config = Self::parse(path, &text)?;
        if let Some(folder) = path.parent() {
            config.resolve(folder);
        }
        Ok(config)
    }

    /// Checks the text of a file; `path` is for messages.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Vec<Problem>> {
        let config: Self = toml::from_str(text).map_err(|e| vec![Problem::toml(path, text, &e)])?;
        let problems = config.check(path, text);
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }

    /// The environments as the rest of the program knows them.
    pub fn environments(&self) -> Vec<Environment> {
        self.environments
            .iter()
            .map(|e| Environment {
                name: e.name.as_str().into(),
                tier: e.tier,
                color: e.color.as_deref().map(Str::from),
                policy: e.policy.over(e.tier),
            })
            .collect()
    }

    /// The systems of all environments, numbered, with how each is reached.
    pub fn systems(&self) -> Vec<(System, SystemConfig)> {
        let all = self.environments.iter().flat_map(|e| e.systems().into_iter().map(move |s| (e, s)));
        all.enumerate()
            .map(|(n, (env, config))| {
                let kind = config.kind();
                let system = System {
                    source: Source(u16::try_from(n).unwrap_or(u16::MAX)),
                    env: env.name.as_str().into(),
                    tier: env.tier,
                    kind,
                    name: kind.name().into(),
                };
                (system, config)
            })
            .collect()
    }

    fn check(&self, path: &Path, text: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut names = HashSet::new();
        let spot = |needle: &str| text.find(needle).map(|at| at..at);
        for env in &self.environments {
            let quoted = format!("\"{}\"", env.name);
            if env.name.trim().is_empty()
                || !env.name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
            {
                problems.push(
                    Problem::span(
                        path,
                        text,
                        spot(&quoted),
                        format!("environment name {quoted} cannot be typed to confirm an action"),
                    )
                    .hint("use letters, digits, `-`, `_` and `.`"),
                );
            }
            if !names.insert(&env.name) {
                let again = text.rfind(&quoted).map(|at| at..at);
                problems.push(
                    Problem::span(path, text, again, format!("environment {quoted} is there twice"))
                        .hint("give each environment its own name"),
                );
            }
            let urls = [
                env.argocd.as_ref().and_then(|a| a.url.as_ref()),
                env.vault.as_ref().map(|s| &s.url),
                env.alertmanager.as_ref().map(|s| &s.url),
                env.prometheus.as_ref().map(|s| &s.url),
                env.loki.as_ref().map(|s| &s.url),
            ];
            for url in urls.into_iter().flatten() {
                let sound = url.parse::<http::Uri>().is_ok_and(|u| {
                    matches!(u.scheme_str(), Some("http" | "https"))
                        && u.host().is_some_and(|h| !h.is_empty())
                });
                if !sound {
                    problems.push(
                        Problem::span(
                            path,
                            text,
                            spot(&format!("\"{url}\"")),
                            format!("`{url}` is not an address"),
                        )
                        .hint("write `https://host[:port][/path]`"),
                    );
                }
            }
        }
        problems
    }

    fn resolve(&mut self, folder: &Path) {
        let fix = |path: &mut Option<PathBuf>| {
            if let Some(p) = path {
                *p = folder.join(super::credential::expand(p));
            }
        };
        fix(&mut self.journal);
        for env in &mut self.environments {
            if let Some(k) = &mut env.kubernetes {
                fix(&mut k.kubeconfig);
            }
            if let Some(a) = &mut env.argocd {
                fix(&mut a.config);
                fix(&mut a.ca);
            }
            if let Some(v) = &mut env.vault {
                fix(&mut v.ca);
            }
            for e in [&mut env.alertmanager, &mut env.prometheus].into_iter().flatten() {
                fix(&mut e.ca);
            }
            if let Some(l) = &mut env.loki {
                fix(&mut l.ca);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        match Config::parse(Path::new("vigie.toml"), text) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn points_at_line_and_column() {
        let found = problems("[[environment]]\nname = \"prod\"\nteir = \"prod\"\n");
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("vigie.toml:3:1: unknown field `teir`"), "{found:?}");
        assert!(found[0].contains("`tier`"), "{found:?}");
    }

    #[test]
    fn addresses_and_names_are_checked() {
        let found = problems(
            "[[environment]]\nname = \"a b\"\n[environment.vault]\nurl = \"vault.example.org\"\n[[environment]]\nname = \"x\"\n[[environment]]\nname = \"x\"\n",
        );
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[1].starts_with("vigie.toml:4:7: `vault.example.org` is not an address"), "{found:?}");
        assert!(found[2].starts_with("vigie.toml:8:8: environment \"x\" is there twice"), "{found:?}");
    }

    #[test]
    fn policy_asks_never_less_than_the_tier() {
        let config = Config::parse(
            Path::new("v"),
            "[[environment]]\nname = \"p\"\npolicy = { confirm = \"enter\", reason = false }\n[[environment]]\nname = \"d\"\ntier = \"dev\"\npolicy = { confirm = \"name\" }\n",
        )
        .expect("valid");
        let envs = config.environments();
        assert_eq!(envs[0].policy, Policy::of(Tier::Prod));
        assert_eq!(envs[1].policy.confirm, Confirm::Name);
    }

    #[test]
    fn systems_are_numbered_across_environments() {
        let config = Config::parse(
            Path::new("v"),
            "[[environment]]\nname = \"a\"\nkubernetes = {}\nvault = { url = \"http://127.0.0.1:1\" }\n[[environment]]\nname = \"b\"\nkubernetes = { context = \"b\" }\n",
        )
        .expect("valid");
        let systems = config.systems();
        let seen: Vec<_> = systems.iter().map(|(s, _)| (s.source.0, &*s.env, s.kind.name())).collect();
        assert_eq!(seen, [(0, "a", "kubernetes"), (1, "a", "vault"), (2, "b", "kubernetes")]);
    }
}
