//! From a kubeconfig context to what a client needs: address, authorities, credentials and until when they hold.
//!
//! Credential plugins run here, without a terminal: what they print on standard error becomes the message.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use base64::Engine;
use kube::config::{ExecConfig, Kubeconfig};
use serde::Deserialize;

use super::certificate;
use crate::{
    config::KubernetesConfig,
    model::{Fault, FaultKind, Str, Time, text},
};

/// How long a credential plugin may take.
const PLUGIN_LIMIT: Duration = Duration::from_secs(40);
/// How long connecting may take.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// What a context comes to.
pub(super) struct Resolved {
    /// Ready for building a client.
    pub(super) config: kube::Config,
    /// Where the credentials come from, for `doctor`: `client certificate`, `token`, `plugin kubelogin`.
    pub(super) credential: Str,
    /// When the credentials end, where they say.
    pub(super) until: Option<Time>,
    /// The file and context, for messages: `context prod of /home/me/.kube/config`.
    pub(super) origin: Str,
}

/// Reads the kubeconfig and runs the credential plugin if there is one; blocks.
///
/// # Errors
/// `Usage` when the file or context is wrong, `Unauthenticated` when the plugin fails.
pub(super) fn resolve(system: &Str, wanted: &KubernetesConfig) -> Result<Resolved, Fault> {
    let usage = |why: &str, hint: String| {
        Fault::new(FaultKind::Usage, system.clone(), "read the kubeconfig", why)
            .hint(text::one_line(&hint).as_ref())
    };
    let named = wanted.kubeconfig.clone();
    let place = named.as_deref().map_or_else(default_place, |p| p.display().to_string());
    let read = match &named {
        Some(path) => Kubeconfig::read_from(path).map(Some),
        None => match Kubeconfig::from_env() {
            Ok(None) if !Path::new(&place).exists() => Ok(None),
            Ok(None) => Kubeconfig::read().map(Some),
            other => other,
        },
    };
    let file = match read {
        Ok(Some(file)) => file,
        Ok(None) => {
            return in_cluster(&place).map_err(|why| {
                usage(&why, "set `kubeconfig` for this system, or KUBECONFIG, or write ~/.kube/config".into())
            });
        }
        Err(e) => {
            return Err(usage(&chain(&e), format!("check that {place} is there, readable and valid YAML")));
        }
    };
    let mut file = file;
    let known = file.contexts.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ");
    let known = if known.is_empty() { "it has no contexts".to_owned() } else { format!("it has {known}") };
    let Some(context) =
        wanted.context.clone().or_else(|| file.current_context.clone()).filter(|c| !c.is_empty())
    else {
        return Err(usage(&format!("{place} names no current context"), format!("set `context`: {known}")));
    };
    if !file.contexts.iter().any(|c| c.name == context) {
        return Err(usage(
            &format!("no context `{context}` in {place}"),
            format!("set `context` to one it has: {known}"),
        ));
    }
    file.current_context = Some(context.clone());
    let origin: Str = format!("context {context} of {place}").into();
    let mut config = kube::Config::try_from(file).map_err(|e| {
        usage(&format!("{origin}: {}", chain(&e)), "check the cluster and user it names".into())
    })?;
    let plugin = config.auth_info.exec.take();
    let mut until: Option<Time> = None;
    let mut credential: Str = describe_credential(&config).into();
    if let Some(plugin) = plugin {
        let name = plugin.command.clone().unwrap_or_default();
        let given = run_plugin(&plugin).map_err(|why| {
            let hint = plugin.install_hint.clone().unwrap_or_else(|| {
                format!(
                    "run `kubectl --context {context} get ns` once in a shell: the plugin may want to sign in"
                )
            });
            Fault::new(FaultKind::Unauthenticated, system.clone(), "run the credential plugin", why)
                .hint(text::one_line(&hint).as_ref())
        })?;
        credential = format!("plugin {name}").into();
        until = given.expiration_timestamp.as_deref().and_then(|t| t.parse().ok());
        config.auth_info.token = given.token.map(Into::into);
        if let (Some(cert), Some(key)) = (given.client_certificate_data, given.client_key_data) {
            let encode = |pem: String| base64::engine::general_purpose::STANDARD.encode(pem);
            config.auth_info.client_certificate_data = Some(encode(cert));
            config.auth_info.client_key_data = Some(encode(key).into());
        }
    }
    let certificate_end =
        client_certificate(&config).and_then(|pem| certificate::of_pem(&pem)).map(|c| c.until);
    until = match (until, certificate_end) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    Ok(Resolved { config: tuned(config), credential, until, origin })
}

/// The client certificate as PEM, from the data or the file of the user.
fn client_certificate(config: &kube::Config) -> Option<Vec<u8>> {
    let user = &config.auth_info;
    match (&user.client_certificate_data, &user.client_certificate) {
        (Some(data), _) => base64::engine::general_purpose::STANDARD.decode(data).ok(),
        (None, Some(path)) => std::fs::read(path).ok(),
        (None, None) => None,
    }
}

fn describe_credential(config: &kube::Config) -> &'static str {
    let user = &config.auth_info;
    if user.token.is_some() {
        "token"
    } else if user.token_file.is_some() {
        "token file"
    } else if user.client_certificate.is_some() || user.client_certificate_data.is_some() {
        "client certificate"
    } else if user.username.is_some() {
        "user and password"
    } else if user.auth_provider.is_some() {
        "auth provider"
    } else {
        "none"
    }
}

/// Settings that never come from the file: mutations must not be replayed and connecting must not hang.
fn tuned(mut config: kube::Config) -> kube::Config {
    config.default_retry = false;
    config.connect_timeout = Some(CONNECT_LIMIT);
    config
}

fn default_place() -> String {
    std::env::var("KUBECONFIG").ok().filter(|v| !v.is_empty()).unwrap_or_else(|| {
        std::env::var_os("HOME")
            .map_or_else(|| PathBuf::from(".kube/config"), |home| PathBuf::from(home).join(".kube/config"))
            .display()
            .to_string()
    })
}

fn in_cluster(place: &str) -> Result<Resolved, String> {
    if std::env::var_os("KUBERNETES_SERVICE_HOST").is_none() {
        return Err(format!("no kubeconfig at {place}"));
    }
    let config = kube::Config::incluster().map_err(|e| chain(&e))?;
    Ok(Resolved {
        config: tuned(config),
        credential: "service account".into(),
        until: None,
        origin: "the pod's service account".into(),
    })
}

/// What a credential plugin gives (client.authentication.k8s.io, `ExecCredentialStatus`).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Given {
    expiration_timestamp: Option<String>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

#[derive(Deserialize)]
struct ExecCredential {
    status: Option<Given>,
}

fn run_plugin(plugin: &ExecConfig) -> Result<Given, String> {
    let name = plugin.command.as_deref().ok_or("the kubeconfig's exec entry names no command")?;
    let mut info = serde_json::json!({
        "apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": { "interactive": false },
    });
    if let Some(cluster) = &plugin.cluster {
        info["spec"]["cluster"] = serde_json::to_value(cluster).unwrap_or_default();
    }
    let mut command = Command::new(name);
    command.args(plugin.args.iter().flatten()).env("KUBERNETES_EXEC_INFO", info.to_string());
    for entry in plugin.env.iter().flatten() {
        if let (Some(name), Some(value)) = (entry.get("name"), entry.get("value")) {
            command.env(name, value);
        }
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("`{name}` cannot be run: {e}"))?;
    let out = child.stdout.take().map(drain);
    let err = child.stderr.take().map(drain);
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|e| format!("`{name}`: {e}"))? {
            break status;
        }
        if started.elapsed() > PLUGIN_LIMIT {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("`{name}` took more than {} s", PLUGIN_LIMIT.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let collect = |reader: Option<std::thread::JoinHandle<Vec<u8>>>| {
        reader.and_then(|r| r.join().ok()).unwrap_or_default()
    };
    let (out, err) = (collect(out), collect(err));
    if !status.success() {
        let said = String::from_utf8_lossy(&err);
        let last = said.lines().rev().find(|l| !l.trim().is_empty()).unwrap_or_default();
        return Err(format!("`{name}` ended with {status}: {last}"));
    }
    serde_json::from_slice::<ExecCredential>(&out)
        .ok()
        .and_then(|c| c.status)
        .filter(|s| s.token.is_some() || s.client_certificate_data.is_some())
        .ok_or_else(|| format!("`{name}` printed no credential"))
}

fn drain(mut from: impl std::io::Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut all = Vec::new();
        let _ = from.read_to_end(&mut all);
        all
    })
}

/// An error with its causes in one line, each said once.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut out = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        if !out.contains(&said) {
            out.push_str(": ");
            out.push_str(&said);
        }
        next = cause.source();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "apiVersion: v1\nkind: Config\nclusters:\n- {name: c, cluster: {server: 'https://127.0.0.1:1'}}\nusers:\n- {name: u, user: {token: t}}\ncontexts:\n- {name: dev, context: {cluster: c, user: u, namespace: shop}}\n- {name: prod, context: {cluster: c, user: u}}\ncurrent-context: dev\n";

    fn with(text: &str, context: Option<&str>) -> (tempfile::NamedTempFile, Result<Resolved, Fault>) {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        let config = KubernetesConfig {
            kubeconfig: Some(file.path().to_owned()),
            context: context.map(ToOwned::to_owned),
            namespaces: Vec::new(),
        };
        let result = resolve(&"kubernetes in dev".into(), &config);
        (file, result)
    }

    #[test]
    fn takes_the_current_context_or_the_one_named() {
        let (_file, got) = with(TWO, None);
        let got = got.expect("resolves");
        assert_eq!(got.config.default_namespace, "shop");
        assert!(!got.config.default_retry, "mutations are never replayed");
        assert_eq!(&*got.credential, "token");
        assert_eq!(with(TWO, Some("prod")).1.expect("resolves").config.default_namespace, "default");
    }

    #[test]
    fn a_wrong_context_names_the_file_and_what_it_has() {
        let (file, got) = with(TWO, Some("stage"));
        let fault = got.err().expect("a fault");
        assert_eq!(fault.kind, FaultKind::Usage);
        assert!(fault.why.contains("no context `stage`"), "{fault}");
        assert!(fault.why.contains(&file.path().display().to_string()), "{fault}");
        assert!(fault.hint.contains("dev, prod"), "{fault}");
    }

    #[test]
    fn unreadable_files_say_which() {
        let (file, got) = with(": [", None);
        let fault = got.err().expect("a fault");
        assert!(fault.to_string().contains(&file.path().display().to_string()), "{fault}");
        let gone = KubernetesConfig { kubeconfig: Some("/nowhere/config".into()), ..Default::default() };
        let fault = resolve(&"kubernetes in dev".into(), &gone).err().expect("a fault");
        assert!(fault.to_string().contains("/nowhere/config"), "{fault}");
    }

    #[test]
    fn plugins_run_without_a_terminal_and_tell_their_end() {
        let exec = |script: &str| {
            TWO.replace(
                "{token: t}",
                &format!(
                    "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: ['-c', '{script}']}}}}"
                ),
            )
        };
        let good = exec(
            r#"printf "%s" "{\"status\":{\"token\":\"abc\",\"expirationTimestamp\":\"2030-01-01T00:00:00Z\"}}""#,
        );
        let got = with(&good, None).1.expect("resolves");
        assert_eq!(got.until.map(Time::rfc3339).as_deref(), Some("2030-01-01T00:00:00Z"));
        assert_eq!(&*got.credential, "plugin sh");
        assert!(got.config.auth_info.exec.is_none());
        let fault = with(&exec("echo please sign in >&2; exit 3"), None).1.err().expect("a fault");
        assert_eq!(fault.kind, FaultKind::Unauthenticated);
        assert!(fault.why.contains("please sign in"), "{fault}");
    }
}
