//! Vault's HTTP API: where it is, who we are there, and the requests that read.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ::http::{HeaderName, Method};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{lease::LeaseCache, map, wire};
use crate::{
    config::VaultConfig,
    connector::http::{self, Http, Token},
    model::{
        Answer, Certificate, Clock, Document, Fault, FaultKind, Interner, Key, Kind, Permission, Query,
        Sensitive, Source, Syntax, System, Verdict,
    },
};

/// How long the list of mounts is good for.
const MOUNTS_AGE: Duration = Duration::from_secs(20);

/// A mount by its path; auth methods are below `auth/`.
pub(super) type Mounts = Arc<BTreeMap<String, wire::MountWire>>;

/// The API of one Vault.
pub(super) struct Api {
    pub http: Http,
    pub source: Source,
    pub name: String,
    pub config: VaultConfig,
    pub clock: Arc<dyn Clock>,
    pub shared: Interner,
    pub leases: Mutex<LeaseCache>,
    /// Certificates do not change but for being revoked.
    pub certificates: Mutex<HashMap<Key, Certificate>>,
    mounts: tokio::sync::Mutex<Option<(Instant, Mounts)>>,
}

impl Api {
    pub(super) fn new(system: &System, config: VaultConfig, clock: Arc<dyn Clock>) -> Self {
        let (place, credential) = (config.clone(), config.clone());
        let locate = move || {
            let mut headers = vec![(HeaderName::from_static("x-vault-request"), "true".to_owned())];
            if let Some(namespace) = &place.namespace {
                headers.push((HeaderName::from_static("x-vault-namespace"), namespace.clone()));
            }
            http::target(&place.url, place.ca.as_ref(), headers)
        };
        let fetch = move || token(&credential);
        let token = Token::header(HeaderName::from_static("x-vault-token"), Arc::new(fetch));
        Self {
            http: Http::new(system, Arc::new(locate), token),
            source: system.source,
            name: system.name.to_string(),
            config,
            clock,
            shared: Interner::default(),
            leases: Mutex::default(),
            certificates: Mutex::default(),
            mounts: tokio::sync::Mutex::default(),
        }
    }

    pub(super) fn key(&self, kind: Kind, scope: &str, name: &str) -> Key {
        Key::new(self.source, kind, self.shared.get(scope), name)
    }

    /// Reads the `data` of a path below `/v1/`.
    pub(super) async fn data<T: DeserializeOwned>(&self, what: &'static str, path: &str) -> Result<T, Fault> {
        let call = self.http.get(what, format!("/v1/{}", http::path(path)));
        let answer = call.json::<wire::Envelope<T>>().await.map_err(|f| explain(f, path, "read"))?;
        Ok(answer.data)
    }

    /// Lists a path; nothing there is an empty list (404).
    pub(super) async fn list(&self, what: &'static str, path: &str) -> Result<Vec<String>, Fault> {
        let call = self.http.get(what, format!("/v1/{}", http::path(path))).query("list", "true");
        match call.json::<wire::Envelope<wire::Keys>>().await {
            Ok(answer) => Ok(answer.data.keys),
            Err(f) if f.kind == FaultKind::NotFound => Ok(Vec::new()),
            Err(f) => Err(explain(f, path, "list")),
        }
    }

    /// What the server says of a lease; nothing when there is no such lease.
    pub(super) async fn lookup(&self, id: &str) -> Result<Option<wire::LeaseWire>, Fault> {
        let call = self.http.ask(Method::PUT, "look up a lease", "/v1/sys/leases/lookup");
        match call.json_body(&json!({"lease_id": id})).json::<wire::Envelope<_>>().await {
            Ok(answer) => Ok(Some(answer.data)),
            // 400 is `invalid lease`; some versions answer 404.
            Err(f) if matches!(f.kind, FaultKind::Invalid | FaultKind::NotFound) => Ok(None),
            Err(f) => Err(explain(f, "sys/leases/lookup", "update")),
        }
    }

    /// The mounts that this token may see, not older than 20 s.
    pub(super) async fn mounts(&self) -> Result<Mounts, Fault> {
        let mut cached = self.mounts.lock().await;
        if let Some((at, mounts)) = &*cached
            && at.elapsed() < MOUNTS_AGE
        {
            return Ok(Arc::clone(mounts));
        }
        let found: wire::Mounts = self.data("list mounts", "sys/internal/ui/mounts").await?;
        let auth = found.auth.into_iter().map(|(path, m)| (format!("auth/{path}"), m));
        let mounts: Mounts = Arc::new(found.secret.into_iter().chain(auth).collect());
        *cached = Some((Instant::now(), Arc::clone(&mounts)));
        Ok(mounts)
    }

    pub(super) async fn may(&self, permissions: Vec<Permission>) -> Result<Vec<Verdict>, Fault> {
        let mut paths: Vec<&str> = permissions
            .iter()
            .filter_map(|p| match p {
                Permission::Vault { path, .. } => Some(&**path),
                _ => None,
            })
            .collect();
        paths.sort_unstable();
        paths.dedup();
        if paths.is_empty() {
            return Ok(vec![Verdict::Unknown; permissions.len()]);
        }
        let call = self.http.ask(Method::POST, "ask for rights", "/v1/sys/capabilities-self");
        let answer = call.json_body(&json!({ "paths": paths })).json::<wire::Envelope<Value>>().await;
        let found = answer.map_err(|f| explain(f, "sys/capabilities-self", "update"))?.data;
        let verdict = |permission: &Permission| {
            let Permission::Vault { path, capability } = permission else { return Verdict::Unknown };
            let Some(has) = found.get(&**path).and_then(Value::as_array) else { return Verdict::Unknown };
            let has = |name: &str| has.iter().any(|c| c.as_str() == Some(name));
            if has("root") || has(capability) { Verdict::Yes } else { Verdict::No }
        };
        Ok(permissions.iter().map(verdict).collect())
    }

    /// Answers a question about one entity; metadata only.
    pub(super) async fn answer(&self, query: Query) -> Result<Answer, Fault> {
        match query {
            Query::Certificate(key) if key.kind == Kind::Certificate => {
                Ok(Answer::Certificate(Box::new(self.certificate(&key.namespace, &key.name).await?)))
            }
            Query::VaultItem(key) => self.item(&key).await,
            Query::SameVersions { key, versions } => Ok(Answer::Holds(self.same(&key, versions).await?)),
            Query::Manifest(key) => self.manifest(&key).await,
            Query::Describe(key) => match self.manifest(&key).await? {
                Answer::Document(d) => {
                    Ok(Answer::Document(Document { syntax: Syntax::Describe, text: d.text }))
                }
                other => Ok(other),
            },
            _ => Err(self.http.fault(FaultKind::Unsupported, "that question", "Vault has no answer to that")),
        }
    }

    async fn manifest(&self, key: &Key) -> Result<Answer, Fault> {
        let (mount, name) = (&*key.namespace, &*key.name);
        let mut value: Value = match key.kind {
            Kind::Vault => self.http.get("read the seal status", "/v1/sys/seal-status").json().await?,
            Kind::Mount => self.data("read the mount", &format!("sys/internal/ui/mounts/{name}")).await?,
            Kind::StaticRole => {
                self.data("read the static role", &format!("{mount}static-roles/{name}")).await?
            }
            Kind::Secret => self.data("read the metadata", &format!("{mount}metadata/{name}")).await?,
            Kind::Token => self.data("look up the own token", "auth/token/lookup-self").await?,
            Kind::Certificate => self.data("read the certificate", &format!("{mount}cert/{name}")).await?,
            Kind::Lease => {
                let call = self.http.ask(Method::PUT, "look up a lease", "/v1/sys/leases/lookup");
                let answer = call.json_body(&json!({"lease_id": name})).json::<wire::Envelope<Value>>().await;
                answer.map_err(|f| explain(f, "sys/leases/lookup", "update"))?.data
            }
            _ => {
                return Err(self.http.fault(FaultKind::Unsupported, "show that", "Vault has no such thing"));
            }
        };
        if let Some(map) = value.as_object_mut() {
            if key.kind == Kind::Token {
                // The token itself, and what can revoke it.
                map.remove("id");
                map.remove("accessor");
            }
            map.remove("password");
            map.remove("private_key");
        }
        let text = serde_saphyr::to_string(&value).unwrap_or_else(|_| value.to_string());
        Ok(Answer::Document(Document { syntax: Syntax::Yaml, text }))
    }

    /// One certificate, read and parsed.
    pub(super) async fn certificate(&self, mount: &str, serial: &str) -> Result<Certificate, Fault> {
        const WHAT: &str = "read a certificate";
        let wire: wire::CertWire = self.data(WHAT, &format!("{mount}cert/{serial}")).await?;
        map::certificate(self.key(Kind::Certificate, mount, serial), &wire)
            .map_err(|why| self.http.fault(FaultKind::Garbled, WHAT, why))
    }

    /// Certificates already parsed.
    pub(super) fn known_certificates(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Certificate>> {
        self.certificates.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The configured token, else what `vault` and `bao` themselves would use, if it is for this address.
fn token(config: &VaultConfig) -> Result<Option<Sensitive>, String> {
    if let Some(credential) = &config.token {
        return credential.fetch().map(Some).map_err(|e| e.to_string());
    }
    let env = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    let origin =
        |url: &str| url.parse::<::http::Uri>().ok().and_then(|u| Some((u.host()?.to_owned(), u.port_u16())));
    for (name, address) in [("VAULT_TOKEN", "VAULT_ADDR"), ("BAO_TOKEN", "BAO_ADDR")] {
        let Some(token) = env(name) else { continue };
        // A token goes to the server that it was set for and to no other.
        if env(address).is_none_or(|a| origin(&a) == origin(&config.url)) {
            return Ok(Some(Sensitive::new(token)));
        }
    }
    let file = env("HOME").map(PathBuf::from).unwrap_or_default().join(".vault-token");
    match std::fs::read_to_string(&file) {
        Ok(text) => Ok(Some(Sensitive::new(text.trim()))),
        Err(_) => Ok(None),
    }
}

/// Adds what Vault's answer means: which capability on which path, that it is sealed.
pub(super) fn explain(fault: Fault, path: &str, capability: &str) -> Fault {
    match fault.kind {
        FaultKind::Refused => {
            let sudo = if path.starts_with("sys/leases/lookup/") { " (and sudo)" } else { "" };
            fault.hint(format!(
                "the token's policies lack `{capability}`{sudo} on `{path}`, or it has expired"
            ))
        }
        FaultKind::Server if fault.why.contains("sealed") => {
            Fault { why: "it is sealed".into(), ..fault }.hint("whoever holds the unseal keys must unseal it")
        }
        _ => fault,
    }
}
