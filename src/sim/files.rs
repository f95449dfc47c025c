//! The files that point clients at the simulated platform: kubectl's, argocd's, a shell's and vigie's own.

use std::{
    fmt::Write as _,
    fs, io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use super::{
    Platform, exports, identity,
    server::{argocd, kubernetes},
    world::ENVIRONMENTS,
};

/// The configuration of the demo's environments; `address` tells where a system is, if it is served.
pub fn configuration(address: impl Fn(&str, &str) -> Option<String>) -> String {
    let mut text = String::from("journal = \"journal\"\n");
    for (env, _) in ENVIRONMENTS.iter().rev() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n[[environment]]\nname = \"{env}\"\ntier = \"{env}\"");
        let _ = writeln!(text, "kubernetes = {{ kubeconfig = \"kubeconfig\", context = \"{env}\" }}");
        for system in ["argocd", "vault", "alertmanager", "prometheus", "loki"] {
            if let Some(url) = address(env, system) {
                let token =
                    if matches!(system, "argocd" | "vault") { ", token = { file = \"token\" }" } else { "" };
                let _ = writeln!(text, "{system} = {{ url = \"{url}\"{token} }}");
            }
        }
    }
    text
}

/// The files that point clients at the platform.
pub struct Files {
    kubeconfig: String,
    argocd: String,
    exports: Vec<(String, String)>,
    configuration: String,
    token: &'static str,
}

impl Files {
    /// What points clients at a platform.
    pub fn of(platform: &Platform) -> Self {
        let clusters = ENVIRONMENTS
            .iter()
            .filter_map(|(env, _)| Some((*env, platform.endpoints(env).get("kubernetes")?)));
        let all: Vec<_> = ENVIRONMENTS.iter().map(|(env, _)| platform.endpoints(env)).collect();
        let user = &identity::USERS[0];
        Self {
            kubeconfig: kubernetes::kubeconfig(clusters, &platform.world().ca.pem()),
            argocd: argocd::cli_config(&all),
            exports: exports::env_exports(&platform.endpoints(ENVIRONMENTS[0].0), user),
            configuration: configuration(|env, system| platform.endpoints(env).get(system).map(|e| e.url())),
            token: user.token,
        }
    }

    /// Writes them into a folder of our own, readable by nobody else.
    pub fn write(&self, dir: &Path) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let here = fs::canonicalize(dir)?;
        let place = |name: &str| here.join(name).display().to_string();
        let mut env = String::new();
        let own = [
            ("KUBECONFIG".to_owned(), place("kubeconfig")),
            ("ARGOCD_OPTS".to_owned(), format!("--config {}", place("argocd.yaml"))),
        ];
        for (name, value) in own.iter().chain(&self.exports) {
            // Writing to a String cannot fail.
            let _ = writeln!(env, "export {name}='{}'", value.replace('\'', "'\\''"));
        }
        private(&here.join("kubeconfig"), &self.kubeconfig)?;
        private(&here.join("argocd.yaml"), &self.argocd)?;
        private(&here.join("env"), &env)?;
        private(&here.join("token"), self.token)?;
        let absolute =
            self.configuration.replace("file = \"token\"", &format!("file = \"{}\"", place("token")));
        private(&here.join("vigie.toml"), &absolute)
    }
}

fn private(path: &Path, text: &str) -> io::Result<()> {
    // A file of an earlier run may be there with other rights.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    io::Write::write_all(&mut file, text.as_bytes())
}
