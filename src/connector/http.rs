//! One thin HTTP client for every system that speaks JSON: time-outs, limits, tokens, and failures in words that help.
//!
//! A token is sent to the origin it was configured for and nowhere else: redirects are not followed. Reads may be
//! retried once on a broken connection. A change is never sent twice: when its answer is lost, the fault says
//! [`FaultKind::Unknown`].

mod fault;
mod token;

pub(crate) use fault::{from_status, garbled};
pub(crate) use token::{Fetch, Token, from_credential};

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures::StreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use reqwest::{Certificate, Client, Response, Url, redirect::Policy};
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;

use super::tls::install_crypto;
use crate::model::{Fault, FaultKind, Str, System};

/// How long a connection may take to come up.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a request may take unless it says otherwise.
const REQUEST: Duration = Duration::from_secs(15);
/// The longest answer that is taken in.
const BODY_LIMIT: usize = 64 << 20;

/// Where a system is and how it is spoken to; found out at the first request, off the async threads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Target {
    /// `http(s)://host[:port][/root]`, without a slash at the end.
    pub base: String,
    /// Further certificate authorities, PEM.
    pub ca: Vec<Vec<u8>>,
    /// Headers sent with every request: tenant, namespace.
    pub headers: Vec<(HeaderName, String)>,
}

/// How the target is found; errors are words for a fault.
pub(crate) type Locate = Arc<dyn Fn() -> Result<Target, String> + Send + Sync>;

struct Ready {
    client: Client,
    upgrade: Client,
    target: Target,
}

/// A client of one system.
pub(crate) struct Http {
    system: Str,
    locate: Locate,
    ready: OnceCell<Ready>,
    token: Token,
}

/// An answer taken in whole.
pub(crate) struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Http {
    /// A client of `system`, found by `locate`, with a token if it takes one.
    pub(crate) fn new(system: &System, locate: Locate, token: Token) -> Self {
        Self { system: system.to_string().into(), locate, ready: OnceCell::new(), token }
    }

    /// The system as faults name it.
    pub(crate) fn system(&self) -> &Str {
        &self.system
    }

    /// Whether a token is configured (it may still be impossible to fetch).
    pub(crate) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// The address in use, once it is known.
    pub(crate) async fn base(&self) -> Result<&str, Fault> {
        Ok(&self.ready("find the address").await?.target.base)
    }

    /// A request that reads.
    pub(crate) fn get(&self, what: &'static str, path: impl Into<String>) -> Call<'_> {
        self.call(Method::GET, what, path.into(), false)
    }

    /// A request that reads although its method is not GET; may be retried.
    pub(crate) fn ask(&self, method: Method, what: &'static str, path: impl Into<String>) -> Call<'_> {
        self.call(method, what, path.into(), false)
    }

    /// A request that changes something; sent at most once.
    pub(crate) fn change(&self, method: Method, what: &'static str, path: impl Into<String>) -> Call<'_> {
        self.call(method, what, path.into(), true)
    }

    /// A fault of this system.
    pub(crate) fn fault(&self, kind: FaultKind, what: &str, why: impl AsRef<str>) -> Fault {
        Fault::new(kind, Arc::clone(&self.system), what, why)
    }

    fn call(&self, method: Method, what: &'static str, path: String, changes: bool) -> Call<'_> {
        Call {
            http: self,
            method,
            what,
            url: path,
            query: false,
            headers: HeaderMap::new(),
            body: None,
            timeout: REQUEST,
            changes,
            upgrade: false,
        }
    }

    async fn ready(&self, what: &str) -> Result<&Ready, Fault> {
        self.ready
            .get_or_try_init(|| async {
                let locate = Arc::clone(&self.locate);
                tokio::task::spawn_blocking(move || build(&locate))
                    .await
                    .unwrap_or_else(|e| Err(e.to_string()))
                    .map_err(|why| self.fault(FaultKind::Usage, what, why))
            })
            .await
    }
}

fn build(locate: &Locate) -> Result<Ready, String> {
    install_crypto();
    let target = locate()?;
    let mut roots = Vec::new();
    for pem in &target.ca {
        let found = Certificate::from_pem_bundle(pem).map_err(|e| format!("`ca` is not a PEM file: {e}"))?;
        if found.is_empty() {
            return Err("`ca` holds no certificate".into());
        }
        roots.extend(found);
    }
    let base = |roots: Vec<Certificate>| {
        Client::builder()
            .user_agent(concat!("vigie/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .tcp_keepalive(Duration::from_secs(20))
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .tls_certs_merge(roots)
    };
    let failed = |e: reqwest::Error| format!("TLS cannot be set up: {}", fault::chain(&e));
    let client = base(roots.clone()).build().map_err(failed)?;
    let upgrade = base(roots).http1_only().build().map_err(failed)?;
    Ok(Ready { client, upgrade, target })
}

/// One request under construction.
#[must_use]
pub(crate) struct Call<'a> {
    http: &'a Http,
    method: Method,
    what: &'static str,
    url: String,
    query: bool,
    headers: HeaderMap,
    body: Option<Bytes>,
    timeout: Duration,
    changes: bool,
    upgrade: bool,
}

impl Call<'_> {
    /// Adds a query parameter.
    pub(crate) fn query(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.url.push(if self.query { '&' } else { '?' });
        self.query = true;
        self.url.push_str(name);
        self.url.push('=');
        self.url.push_str(&encode(value.as_ref(), false));
        self
    }

    /// Sends a body, as exactly `application/json`.
    pub(crate) fn json_body(mut self, body: &serde_json::Value) -> Self {
        self.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.body = Some(body.to_string().into());
        self
    }

    /// Sends a form.
    pub(crate) fn form_body(mut self, fields: &[(&str, &str)]) -> Self {
        let form =
            fields.iter().map(|(k, v)| format!("{k}={}", encode(v, false))).collect::<Vec<_>>().join("&");
        self.headers
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        self.body = Some(form.into());
        self
    }

    /// Sets a header.
    pub(crate) fn header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.insert(name, HeaderValue::from_static(value));
        self
    }

    /// Sets a header to a value made for this request.
    pub(crate) fn secret_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Gives it so long instead of the usual 15 s; for a stream, until its headers.
    pub(crate) fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Speaks HTTP/1.1, so that the connection can become a websocket.
    pub(crate) fn upgrading(mut self) -> Self {
        self.upgrade = true;
        self
    }

    /// The answer as JSON; anything but 2xx is a fault.
    pub(crate) async fn json<T: DeserializeOwned>(self) -> Result<T, Fault> {
        let (http, what, changes) = (self.http, self.what, self.changes);
        let reply = self.reply().await?;
        if !reply.status.is_success() {
            return Err(from_status(&http.system, what, &reply, changes));
        }
        parse(&http.system, what, &reply, changes)
    }

    /// The answer whatever its status, taken in whole.
    pub(crate) async fn reply(self) -> Result<Reply, Fault> {
        match self.whole().await {
            Err(f) if f.kind == FaultKind::Unreachable && !self.changes => self.whole().await,
            other => other,
        }
    }

    /// The answer when its headers are there, for streams; anything but 2xx (or 101) is a fault.
    pub(crate) async fn open(self) -> Result<Response, Fault> {
        let response = tokio::time::timeout(self.timeout, self.send())
            .await
            .map_err(|_| fault::timeout(&self.http.system, self.what, self.timeout, false))??;
        let status = response.status();
        if status.is_success() || status == StatusCode::SWITCHING_PROTOCOLS {
            return Ok(response);
        }
        let reply = self.take(response).await?;
        Err(from_status(&self.http.system, self.what, &reply, false))
    }

    async fn whole(&self) -> Result<Reply, Fault> {
        tokio::time::timeout(self.timeout, async {
            let response = self.send().await?;
            self.take(response).await
        })
        .await
        .unwrap_or_else(|_| Err(fault::timeout(&self.http.system, self.what, self.timeout, self.changes)))
    }

    /// Sends it; after a 401 a read is sent once more with a token fetched anew.
    async fn send(&self) -> Result<Response, Fault> {
        let ready = self.http.ready(self.what).await?;
        let token = self.http.token.get(&self.http.system, self.what).await?;
        let response = self.send_with(ready, token.as_ref()).await?;
        if response.status() != StatusCode::UNAUTHORIZED || token.is_none() {
            return Ok(response);
        }
        let renewed = self.http.token.renew(&self.http.system, self.what, token.as_ref()).await?;
        match renewed {
            Some(new) if !self.changes => self.send_with(ready, Some(&new)).await,
            _ => Ok(response),
        }
    }

    async fn send_with(
        &self,
        ready: &Ready,
        token: Option<&(HeaderName, HeaderValue)>,
    ) -> Result<Response, Fault> {
        let url: Url = format!("{}{}", ready.target.base, self.url).parse().map_err(|e| {
            self.http.fault(FaultKind::Usage, self.what, format!("the address is wrong: {e}"))
        })?;
        let client = if self.upgrade { &ready.upgrade } else { &ready.client };
        let mut request = client.request(self.method.clone(), url).header(header::ACCEPT, "application/json");
        for (name, value) in &ready.target.headers {
            request = request.header(name, value);
        }
        if let Some((name, value)) = token {
            request = request.header(name, value);
        }
        request = request.headers(self.headers.clone());
        if let Some(body) = &self.body {
            request = request.body(body.clone());
        }
        request
            .send()
            .await
            .map_err(|e| fault::from_transport(&self.http.system, self.what, &e, self.changes))
    }

    async fn take(&self, response: Response) -> Result<Reply, Fault> {
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk =
                chunk.map_err(|e| fault::from_transport(&self.http.system, self.what, &e, self.changes))?;
            if body.len() + chunk.len() > BODY_LIMIT {
                return Err(garbled(
                    &self.http.system,
                    self.what,
                    format!("the answer is larger than {} MiB", BODY_LIMIT >> 20),
                    self.changes,
                ));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status, headers, body: body.into() })
    }
}

/// Reads a 2xx answer as JSON; says what it is when it is something else.
fn parse<T: DeserializeOwned>(system: &Str, what: &str, reply: &Reply, changes: bool) -> Result<T, Fault> {
    serde_json::from_slice(&reply.body).map_err(|e| fault::not_json(system, what, reply, &e, changes))
}

/// Percent-encodes a path segment or query value; `slashes` are kept in paths.
fn encode(text: &str, slashes: bool) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            b'/' if slashes => out.push('/'),
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

/// A name as one path segment.
pub(crate) fn segment(text: &str) -> String {
    encode(text, false)
}

/// A path whose slashes stay slashes.
pub(crate) fn path(text: &str) -> String {
    encode(text, true)
}

/// The target of an address from the configuration, with its `ca` file read.
pub(crate) fn target(
    url: &str,
    ca: Option<&std::path::PathBuf>,
    headers: Vec<(HeaderName, String)>,
) -> Result<Target, String> {
    let ca = ca
        .map(|file| std::fs::read(file).map_err(|e| format!("cannot read `ca` {}: {e}", file.display())))
        .transpose()?;
    Ok(Target { base: url.trim_end_matches('/').to_owned(), ca: ca.into_iter().collect(), headers })
}

#[cfg(test)]
mod tests;
