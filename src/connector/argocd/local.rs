//! argocd's own configuration file: where its servers are and the tokens that `argocd login` left.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::model::Sensitive;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct LocalConfig {
    current_context: String,
    contexts: Vec<Entry>,
    servers: Vec<Server>,
    users: Vec<User>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry {
    name: String,
    server: String,
    user: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Server {
    server: String,
    insecure: bool,
    grpc_web_root_path: String,
    plain_text: bool,
    core: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct User {
    name: String,
    auth_token: Option<Sensitive>,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What the file says of one server.
pub(super) struct Login {
    /// The address, root path included.
    pub url: String,
    /// The token, where someone logged in.
    pub token: Option<Sensitive>,
}

/// The file that argocd itself would read (`util/localconfig`: `DefaultConfigDir`).
pub(super) fn default_path() -> PathBuf {
    let env = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let home = env("HOME").unwrap_or_default();
    if let Some(dir) = env("ARGOCD_CONFIG_DIR") {
        return dir.join("config");
    }
    let legacy = home.join(".argocd");
    if legacy.exists() {
        return legacy.join("config");
    }
    env("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config")).join("argocd/config")
}

/// A context of argocd's own configuration; its token stays where it is.
#[derive(Clone, Debug)]
pub struct Context {
    /// Its name.
    pub name: String,
    /// The server's address, root path included; empty in core mode.
    pub url: String,
    /// Whether it is in core mode.
    pub core: bool,
    /// Whether it is the current one.
    pub current: bool,
    /// The file it is in.
    pub file: PathBuf,
}

/// The contexts that `argocd login` left behind; nothing when there is no such file.
pub fn contexts() -> Option<Result<Vec<Context>, String>> {
    let file = Some(default_path()).filter(|p| p.exists())?;
    Some(LocalConfig::load(&file).map(|config| {
        let one = |entry: &Entry| {
            let server = config.server(&entry.server)?;
            Some(Context {
                name: entry.name.clone(),
                url: if server.core { String::new() } else { address(server) },
                core: server.core,
                current: entry.name == config.current_context,
                file: file.clone(),
            })
        };
        config.contexts.iter().filter_map(one).collect()
    }))
}

impl LocalConfig {
    /// Reads the file; errors are words for a fault.
    pub(super) fn load(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|e| format!("cannot read argocd's configuration {}: {e}", path.display()))?;
        Self::parse(&text).map_err(|e| format!("argocd's configuration {}: {e}", path.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        // Errors of the parser may quote the text around them, tokens included: only the place is told.
        serde_saphyr::from_str(text).map_err(|e| match e.location() {
            Some(at) => format!("line {}, column {}: not what argocd writes", at.line(), at.column()),
            None => "not what argocd writes".into(),
        })
    }

    /// The login of a context by name, the current one when the name is empty.
    pub(super) fn by_context(&self, name: &str) -> Result<Login, String> {
        let name = if name.is_empty() { self.current_context.as_str() } else { name };
        if name.is_empty() {
            return Err("it has no current context; run `argocd login`".into());
        }
        let context = self.contexts.iter().find(|c| c.name == name).ok_or_else(|| {
            let known: Vec<_> = self.contexts.iter().map(|c| c.name.as_str()).collect();
            format!("it has no context `{name}`; known: {}", known.join(", "))
        })?;
        self.login(context)
    }

    /// The login whose server is at `url`; the current context first when several are.
    pub(super) fn by_url(&self, url: &str) -> Result<Login, String> {
        let wanted = normal(url);
        let mut matching: Vec<_> = self
            .contexts
            .iter()
            .filter(|c| self.server(&c.server).is_some_and(|s| normal(&address(s)) == wanted))
            .collect();
        matching.sort_by_key(|c| c.name != self.current_context);
        match matching.first() {
            Some(context) => self.login(context),
            None => Err(format!("it has no login for {url}; run `argocd login`")),
        }
    }

    fn server(&self, name: &str) -> Option<&Server> {
        self.servers.iter().find(|s| s.server == name)
    }

    fn login(&self, context: &Entry) -> Result<Login, String> {
        let server = self
            .server(&context.server)
            .ok_or_else(|| format!("context `{}` names a server that is not there", context.name))?;
        if server.core {
            return Err(format!(
                "context `{}` is in core mode; set `mode = \"core\"` for this Argo CD",
                context.name
            ));
        }
        if server.insecure && !server.plain_text {
            return Err(format!(
                "context `{}` skips TLS verification, and there is no switch for that here; give `url` and `ca`",
                context.name
            ));
        }
        let user = self.users.iter().find(|u| u.name == context.user);
        let token = user.and_then(|u| u.auth_token.clone()).filter(|t| !t.is_empty());
        Ok(Login { url: address(server), token })
    }
}

/// Whether two addresses are of one server.
pub(super) fn same_server(a: &str, b: &str) -> bool {
    normal(a) == normal(b)
}

fn address(server: &Server) -> String {
    let scheme = if server.plain_text { "http" } else { "https" };
    let root = server.grpc_web_root_path.trim_matches('/');
    let slash = if root.is_empty() { "" } else { "/" };
    format!("{scheme}://{}{slash}{root}", server.server.trim_end_matches('/'))
}

/// The address without what does not tell servers apart.
fn normal(url: &str) -> String {
    let url = url.trim_end_matches('/').to_lowercase();
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", &url));
    let (host, path) = rest.split_once('/').map_or((rest, ""), |(h, p)| (h, p));
    let default = if scheme == "http" { ":80" } else { ":443" };
    format!("{scheme}://{}/{path}", host.strip_suffix(default).unwrap_or(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    // As `argocd login --plaintext` and `argocd login --grpc-web-root-path` of 3.2.11 write it.
    const FILE: &str = "contexts:\n- name: 127.0.0.1:28080\n  server: 127.0.0.1:28080\n  user: 127.0.0.1:28080\n- name: prod\n  server: argocd.example.org\n  user: prod\n- name: bad\n  server: skip.example.org\n  user: bad\ncurrent-context: 127.0.0.1:28080\nprompts-enabled: false\nservers:\n- grpc-web-root-path: \"\"\n  plain-text: true\n  server: 127.0.0.1:28080\n- grpc-web: true\n  grpc-web-root-path: argo\n  server: argocd.example.org\n- grpc-web-root-path: \"\"\n  insecure: true\n  server: skip.example.org\nusers:\n- auth-token: canary-1\n  name: 127.0.0.1:28080\n- auth-token: canary-2\n  name: prod\n";

    #[test]
    fn finds_logins_by_context_and_address() {
        let config = LocalConfig::parse(FILE).expect("argocd's file");
        let current = config.by_context("").expect("current");
        assert_eq!(current.url, "http://127.0.0.1:28080");
        assert_eq!(current.token.expect("logged in").expose(), "canary-1");
        let prod = config.by_url("https://ARGOCD.example.org:443/argo/").expect("by address");
        assert_eq!(prod.url, "https://argocd.example.org/argo");
        assert_eq!(prod.token.expect("logged in").expose(), "canary-2");
        assert!(config.by_url("https://argocd.example.org").is_err(), "another root path is another server");
    }

    #[test]
    fn refuses_to_skip_verification_and_never_quotes_tokens() {
        let config = LocalConfig::parse(FILE).expect("argocd's file");
        let why = config.by_context("bad").err().expect("refused");
        assert!(why.contains("no switch for that"), "{why}");
        assert!(!format!("{config:?}").contains("canary"));
        let why = LocalConfig::parse("users:\n- auth-token: canary-3\n  name: [").expect_err("broken");
        assert!(why.starts_with("line ") && !why.contains("canary"), "{why}");
    }
}
