//! What the machine is already set up for: kubeconfig contexts, argocd's logins, addresses in the environment. Only
//! references are taken, never a secret.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{
    config::{
        ArgoCdConfig, ArgoCdMode, Config, Credential, EndpointConfig, EnvironmentConfig, KubernetesConfig,
        LokiConfig, VaultConfig,
    },
    connector::argocd::contexts,
    model::Tier,
};

/// An environment that was found, and why it looks as it does.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The environment.
    pub config: EnvironmentConfig,
    /// Why it has its tier.
    pub guess: String,
    /// Where each system was found.
    pub origins: Vec<Origin>,
}

/// Where a system was found.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Its name in the configuration.
    pub system: &'static str,
    /// The place.
    pub place: String,
    /// Whether anything says that it belongs to the environment.
    pub sure: bool,
}

/// All that was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Environments; the current one first.
    pub environments: Vec<Candidate>,
    /// What was found and could not be used, and why.
    pub notes: Vec<String>,
}

/// One environment of what the machine is set up for now; guarded as production, since nothing says otherwise.
pub fn discover() -> Config {
    let mut found = find(true);
    if found.environments.is_empty() {
        return Config::default();
    }
    let current = found.environments.swap_remove(0).config;
    Config { environments: vec![EnvironmentConfig { tier: Tier::Prod, ..current }], ..Config::default() }
}

/// How many contexts the kubeconfig has.
pub fn contexts_known() -> usize {
    find(false).environments.iter().filter(|c| c.config.kubernetes.is_some()).count()
}

/// Looks for all of it. With `current` only the current contexts are taken, and all addresses are theirs.
pub fn find(current: bool) -> Found {
    let mut found = Found::default();
    clusters(&mut found, current);
    argocd(&mut found, current);
    addresses(&mut found);
    found.environments.retain(|c| !c.config.systems().is_empty());
    found
}

fn variable(names: &[&'static str]) -> Option<(&'static str, String)> {
    names.iter().find_map(|n| Some((*n, std::env::var(n).ok().filter(|v| !v.is_empty())?)))
}

fn home(rest: &str) -> Option<PathBuf> {
    std::env::var_os("HOME").map(|h| PathBuf::from(h).join(rest))
}

/// The kubeconfigs that kubectl would read, and that of MicroK8s; whether each has to be named in a configuration.
fn kubeconfigs(notes: &mut Vec<String>) -> Vec<(PathBuf, bool)> {
    let usual = home(".kube/config");
    let mut files: Vec<(PathBuf, bool)> = match std::env::var_os("KUBECONFIG").filter(|v| !v.is_empty()) {
        // A file that the variable names is named in the configuration too: the variable may be gone tomorrow.
        Some(list) => std::env::split_paths(&list)
            .filter(|p| !p.as_os_str().is_empty())
            .inspect(|p| {
                if !p.exists() {
                    notes.push(format!("KUBECONFIG names {}, which is not there", p.display()));
                }
            })
            .map(|p| {
                let named = Some(&p) != usual.as_ref();
                (p, named)
            })
            .collect(),
        None => usual.into_iter().map(|p| (p, false)).collect(),
    };
    files.push((PathBuf::from("/var/snap/microk8s/current/credentials/client.config"), true));
    files.retain(|(p, _)| p.exists());
    files
}

fn clusters(found: &mut Found, only_current: bool) {
    let mut current: Option<String> = None;
    let mut seen = BTreeSet::new();
    for (file, named) in kubeconfigs(&mut found.notes) {
        let read = match kube::config::Kubeconfig::read_from(&file) {
            Ok(read) => read,
            Err(error) => {
                found.notes.push(format!("{}: {error}", file.display()));
                continue;
            }
        };
        let first = current.is_none();
        current = current.or(read.current_context);
        for context in read.contexts {
            if !seen.insert(context.name.clone()) || only_current && current.as_ref() != Some(&context.name) {
                continue;
            }
            let (tier, guess) = guess(&context.name);
            let kubernetes = KubernetesConfig {
                kubeconfig: named.then(|| file.clone()),
                context: Some(context.name.clone()),
                ..KubernetesConfig::default()
            };
            let config = EnvironmentConfig {
                kubernetes: Some(kubernetes),
                ..EnvironmentConfig::new(free_name(found, &context.name), tier)
            };
            let origins = vec![Origin { system: "kubernetes", place: brief(&file), sure: true }];
            let is_current = first && current.as_ref() == Some(&context.name);
            let at = if is_current { 0 } else { found.environments.len() };
            found.environments.insert(at, Candidate { config, guess, origins });
        }
    }
}

/// A name that can be typed and that no other environment has.
fn free_name(found: &Found, wanted: &str) -> String {
    let typable: String = wanted
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' })
        .collect();
    let typable = if typable.is_empty() { "here".to_owned() } else { typable };
    let taken = |name: &str| found.environments.iter().any(|c| c.config.name == name);
    let numbered = (2..).map(|n| format!("{typable}-{n}"));
    std::iter::once(typable.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(typable)
}

fn argocd(found: &mut Found, only_current: bool) {
    if let Some((name, server)) = variable(&["ARGOCD_SERVER"]) {
        let url = if server.contains("://") { server } else { format!("https://{server}") };
        let token = variable(&["ARGOCD_AUTH_TOKEN"]).map(|(name, _)| Credential::Env(name.to_owned()));
        let (at, sure) = owner(found, &url);
        let config = ArgoCdConfig { url: Some(url), token, ..ArgoCdConfig::default() };
        note(found, at, "argocd", name, sure);
        found.environments[at].config.argocd = Some(config);
    }
    let read = match contexts() {
        None => return,
        Some(Ok(read)) => read,
        Some(Err(why)) => return found.notes.push(why),
    };
    for context in read.into_iter().filter(|c| !only_current || c.current) {
        let (at, sure) = if only_current {
            (owner(found, "").0, true)
        } else {
            owner(found, &format!("{} {}", context.name, context.url))
        };
        let from = format!("context `{}` of {}", context.name, brief(&context.file));
        if found.environments[at].config.argocd.is_some() {
            found.notes.push(format!("argocd's {from}: its environment has another one already"));
            continue;
        }
        let config = if context.core {
            ArgoCdConfig { mode: ArgoCdMode::Core, ..ArgoCdConfig::default() }
        } else if only_current {
            ArgoCdConfig::default()
        } else {
            ArgoCdConfig { url: Some(context.url), ..ArgoCdConfig::default() }
        };
        note(found, at, "argocd", &from, sure);
        found.environments[at].config.argocd = Some(config);
    }
}

/// Systems that are named by their address alone.
fn addresses(found: &mut Found) {
    if let Some((name, url)) = variable(&["VAULT_ADDR", "BAO_ADDR"]) {
        let (at, sure) = owner(found, &url);
        note(found, at, "vault", name, sure);
        found.environments[at].config.vault = Some(VaultConfig {
            url,
            token: None,
            namespace: variable(&["VAULT_NAMESPACE", "BAO_NAMESPACE"]).map(|(_, v)| v),
            ca: variable(&["VAULT_CACERT", "BAO_CACERT"]).map(|(_, v)| PathBuf::from(v)),
            leases: Vec::new(),
        });
    }
    let endpoint = |url| EndpointConfig { url, token: None, ca: None, tenant: None };
    let alertmanager = variable(&["ALERTMANAGER_URL"]).map(|(name, url)| (name.to_owned(), url));
    if let Some((from, url)) = alertmanager.or_else(|| amtool(&mut found.notes)) {
        let (at, sure) = owner(found, &url);
        note(found, at, "alertmanager", &from, sure);
        found.environments[at].config.alertmanager = Some(endpoint(url));
    }
    if let Some((name, url)) = variable(&["PROMETHEUS_URL"]) {
        let (at, sure) = owner(found, &url);
        note(found, at, "prometheus", name, sure);
        found.environments[at].config.prometheus = Some(endpoint(url));
    }
    if let Some((name, url)) = variable(&["LOKI_ADDR"]) {
        let (at, sure) = owner(found, &url);
        note(found, at, "loki", name, sure);
        let token = variable(&["LOKI_BEARER_TOKEN"]).map(|(name, _)| Credential::Env(name.to_owned()));
        let file = || variable(&["LOKI_BEARER_TOKEN_FILE"]).map(|(_, file)| Credential::File(file.into()));
        found.environments[at].config.loki = Some(LokiConfig {
            url,
            token: token.or_else(file),
            ca: variable(&["LOKI_CA_CERT_PATH"]).map(|(_, v)| PathBuf::from(v)),
            tenant: variable(&["LOKI_ORG_ID"]).map(|(_, v)| v),
            namespace_label: None,
            pod_label: None,
            container_label: None,
        });
    }
    let stern = home(".config/stern/config.yaml").filter(|p| p.exists());
    found.notes.extend(
        stern.map(|p| {
            format!("{}: stern's settings are its own; `vigie logs` reads the same pods", p.display())
        }),
    );
}

/// What amtool reads its Alertmanager from.
fn amtool(notes: &mut Vec<String>) -> Option<(String, String)> {
    #[derive(Deserialize)]
    struct Amtool {
        #[serde(rename = "alertmanager.url")]
        url: Option<String>,
    }
    let own = home(".config/amtool/config.yml");
    let file = own.into_iter().chain([PathBuf::from("/etc/amtool/config.yml")]).find(|p| p.exists())?;
    let text = std::fs::read_to_string(&file).ok()?;
    match serde_saphyr::from_str::<Amtool>(&text) {
        Ok(read) => Some((brief(&file), read.url?)),
        Err(_) => {
            notes.push(format!("{}: not what amtool reads", file.display()));
            None
        }
    }
}

/// The environment that an address belongs to by the words in it, and whether they say so; the current one otherwise.
fn owner(found: &mut Found, text: &str) -> (usize, bool) {
    let words = words(text);
    let tier = guess_of(&words).map(|(tier, _)| tier);
    let score = |candidate: &Candidate| {
        let own = self::words(&candidate.config.name);
        let shared = own.iter().filter(|w| words.contains(w)).count();
        shared + usize::from(tier.is_some() && tier == guess_of(&own).map(|(tier, _)| tier))
    };
    let best = found.environments.iter().map(score).max().unwrap_or(0);
    let mut fitting = (0..found.environments.len()).filter(|n| score(&found.environments[*n]) == best);
    let first = fitting.next();
    match first {
        Some(at) if best > 0 && fitting.next().is_none() => (at, true),
        Some(_) => (0, false),
        None => {
            let config = EnvironmentConfig::new("here", tier.unwrap_or(Tier::Prod));
            let guess = "nothing says otherwise".to_owned();
            found.environments.push(Candidate { config, guess, origins: Vec::new() });
            (0, true)
        }
    }
}

fn note(found: &mut Found, at: usize, system: &'static str, from: &str, sure: bool) {
    // Of a single environment there is no other that it could belong to.
    let sure = sure || found.environments.len() == 1;
    let doubt = if sure { "" } else { "; nothing says whose it is: uncomment it where it belongs" };
    found.environments[at].origins.push(Origin { system, place: format!("{from}{doubt}"), sure });
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// What a name says of how careful to be, and by which word. What says nothing is production.
pub fn guess(name: &str) -> (Tier, String) {
    match guess_of(&words(name)) {
        Some((tier, word)) => (tier, format!("`{word}` in the name")),
        None => (Tier::Prod, "nothing in the name says otherwise".to_owned()),
    }
}

fn guess_of(words: &[String]) -> Option<(Tier, String)> {
    const STAGING: [&str; 12] = [
        "stg",
        "stage",
        "staging",
        "uat",
        "qa",
        "preprod",
        "preproduction",
        "nonprod",
        "acc",
        "acceptance",
        "test",
        "tst",
    ];
    const PROD: [&str; 5] = ["prod", "prd", "production", "live", "p"];
    const DEV: [&str; 13] = [
        "dev",
        "devel",
        "development",
        "local",
        "localhost",
        "minikube",
        "kind",
        "k3d",
        "microk8s",
        "sandbox",
        "lab",
        "desktop",
        "play",
    ];
    // `pre-prod` and `non-prod` are not production.
    let before = |n: usize| n > 0 && matches!(words[n - 1].as_str(), "pre" | "non");
    let is_prod = |n: usize| PROD.contains(&words[n].as_str());
    let all = 0..words.len();
    if let Some(n) = all.clone().find(|n| is_prod(*n) && !before(*n)) {
        return Some((Tier::Prod, words[n].clone()));
    }
    if let Some(n) = all.clone().find(|n| is_prod(*n)) {
        return Some((Tier::Staging, format!("{}-{}", words[n - 1], words[n])));
    }
    let bare = |word: &str| word.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    let named =
        |list: &[&str]| words.iter().find(|w| list.contains(&w.as_str()) || list.contains(&bare(w).as_str()));
    if let Some(word) = named(&PROD) {
        return Some((Tier::Prod, word.clone()));
    }
    named(&STAGING)
        .map(|word| (Tier::Staging, word.clone()))
        .or_else(|| named(&DEV).map(|word| (Tier::Dev, word.clone())))
}

/// A path as people write it: `~` for the home directory.
pub fn brief(path: &Path) -> String {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    match home.and_then(|home| path.strip_prefix(home).ok().map(Path::to_owned)) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_how_careful_to_be_and_doubt_means_production() {
        let cases = [
            ("aks-clinic-prod-weu", Tier::Prod),
            ("prd01", Tier::Prod),
            ("clinic", Tier::Prod),
            ("prod-dev-tools", Tier::Prod),
            ("gke_clinic_europe-west1_staging", Tier::Staging),
            ("pre-prod", Tier::Staging),
            ("nonprod", Tier::Staging),
            ("qa2", Tier::Staging),
            ("kind-clinic", Tier::Dev),
            ("docker-desktop", Tier::Dev),
            ("microk8s", Tier::Dev),
        ];
        for (name, tier) in cases {
            assert_eq!(guess(name).0, tier, "{name}");
        }
        assert_eq!(guess("kind-x").1, "`kind` in the name");
    }
}
