//! The way to one API server: builds the client lazily, renews its credentials, and turns failures into faults.
//!
//! Everything here is safe to call from any task. Reads are tried again once, and only after a 401 with renewed
//! credentials; nothing that changes anything is ever sent twice.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};
use http::{Method, Request, Response, header};
use http_body_util::BodyExt;
use kube::{Client, client::Body};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use super::{
    failure::{Failure, Words},
    kubeconfig::{self, Resolved},
    watch::JsonReader,
};

pub(crate) use super::watch::Event;

use crate::{
    config::KubernetesConfig,
    connector::tls::install_crypto,
    model::{Clock, Fault, FaultKind, Str, SystemClock, Time},
};

/// How long an answer may take to begin.
const ANSWER_LIMIT: Duration = Duration::from_secs(15);
/// How long an answer may pause.
const PAUSE_LIMIT: Duration = Duration::from_secs(15);
/// How long a watch may be silent before it is opened again.
pub(super) const WATCH_SILENCE: Duration = Duration::from_secs(70);
/// How long before their end credentials are renewed.
const RENEW_BEFORE: Duration = Duration::from_secs(60);
/// How often rejected credentials are renewed at most.
const RENEW_EVERY: Duration = Duration::from_secs(20);
/// The most that is read of an error's body.
const ERROR_BODY: usize = 64 * 1024;
/// The most that is read of one object or one page of a list.
const BODY_LIMIT: usize = 256 * 1024 * 1024;

/// The way to one API server with one kubeconfig context.
pub(crate) struct Access {
    words: Words,
    config: KubernetesConfig,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    session: Option<Arc<Session>>,
    built: u64,
    renewed: Option<Instant>,
}

/// A client with what is known of it.
pub(super) struct Session {
    /// The client; clones share connections.
    client: Client,
    /// Its settings, for a look at TLS.
    pub(super) config: kube::Config,
    /// Where the credentials come from.
    pub(super) credential: Str,
    /// When they end, where they say.
    pub(super) until: Option<Time>,
    /// The file and context.
    pub(super) origin: Str,
    number: u64,
}

/// One request.
#[derive(Clone, Copy)]
pub(super) struct Ask<'a> {
    pub(super) method: &'a Method,
    /// Path and query.
    pub(super) path: &'a str,
    pub(super) accept: &'a str,
    /// Content type and body.
    pub(super) body: Option<(&'a str, &'a [u8])>,
    /// Whether the answer should not be compressed.
    pub(super) plain: bool,
    /// Whether it changes something: never sent twice, and unknown when no answer comes.
    pub(super) change: bool,
    /// For messages: `list pods`.
    pub(super) what: &'a str,
}

impl<'a> Ask<'a> {
    /// A GET for JSON.
    pub(super) const fn get(path: &'a str, what: &'a str) -> Self {
        let (method, accept) = (&Method::GET, "application/json");
        Self { method, path, accept, body: None, plain: false, change: false, what }
    }
}

/// A list of JSON objects.
#[derive(Debug)]
pub(crate) struct List<T> {
    /// Where a watch goes on from.
    pub(crate) version: String,
    /// The objects.
    pub(crate) items: Vec<T>,
}

impl Access {
    /// The way to the server of `config`; `system` names it in messages (`kubernetes in prod`). Touches neither
    /// disk nor network yet.
    pub(crate) fn new(system: impl Into<Str>, config: KubernetesConfig) -> Arc<Self> {
        Arc::new(Self { words: Words { system: system.into() }, config, state: Mutex::new(State::default()) })
    }

    /// Words for this system's failures.
    pub(super) fn words(&self) -> &Words {
        &self.words
    }

    /// The namespaces it was told to keep to; all when empty.
    pub(crate) fn namespaces(&self) -> &[String] {
        &self.config.namespaces
    }

    /// The namespace of the kubeconfig context.
    ///
    /// # Errors
    /// When the kubeconfig or the credential plugin fails.
    pub(crate) async fn default_namespace(&self) -> Result<String, Fault> {
        Ok(self.session().await?.config.default_namespace.clone())
    }

    /// Whether the server is on this machine, where compressing costs more than it saves.
    pub(super) async fn is_near(&self) -> bool {
        let host = self.session().await.ok().and_then(|s| s.config.cluster_url.host().map(ToOwned::to_owned));
        host.is_some_and(|h| {
            h == "localhost"
                || h.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
        })
    }

    /// Reads a JSON object; `path` begins with `/api` and may have a query, `what` is for messages (`get application`).
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str, what: &str) -> Result<T, Fault> {
        self.json(Ask::get(path, what)).await
    }

    /// Reads a whole list in pages of 500. `query` is further parameters without `?`, such as `labelSelector=a%3Db`;
    /// may be empty.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &str,
        what: &str,
    ) -> Result<List<T>, Fault> {
        let mut all = List { version: String::new(), items: Vec::new() };
        let mut from = String::new();
        loop {
            let separator = if query.is_empty() { "" } else { "&" };
            let page_path = format!("{path}?limit=500{separator}{query}{from}");
            let page: Page<T> = match self.ask_json(Ask::get(&page_path, what)).await {
                Err(failure) if failure.is_gone() && !from.is_empty() => {
                    // The pages took longer than the server keeps a version: take it in one.
                    let whole = format!("{path}?{query}");
                    all.items.clear();
                    self.json(Ask::get(&whole, what)).await?
                }
                other => other?,
            };
            all.version = page.metadata.resource_version;
            all.items.extend(page.items);
            match page.metadata.r#continue {
                Some(token) if !token.is_empty() => from = format!("&continue={}", escape(&token)),
                _ => return Ok(all),
            }
        }
    }

    /// Creates an object and reads it back; for reviews, which change nothing.
    pub(crate) async fn create<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
        what: &str,
    ) -> Result<T, Fault> {
        let bytes = body.to_string();
        let body = Some(("application/json", bytes.as_bytes()));
        self.json(Ask { method: &Method::POST, body, ..Ask::get(path, what) }).await
    }

    /// Patches an object, once. `content_type` says which patch: `application/merge-patch+json`,
    /// `application/json-patch+json`. The query may hold `dryRun=All&fieldManager=vigie`.
    ///
    /// # Errors
    /// `Unknown` when it was sent and no answer came.
    pub(crate) async fn patch<T: DeserializeOwned>(
        &self,
        path: &str,
        content_type: &str,
        patch: &Value,
        what: &str,
    ) -> Result<T, Fault> {
        let bytes = patch.to_string();
        let ask = Ask {
            method: &Method::PATCH,
            body: Some((content_type, bytes.as_bytes())),
            change: true,
            ..Ask::get(path, what)
        };
        self.json(ask).await
    }

    /// Watches a list from `version` on; ends when the server ends it (every five minutes or so): watch again from
    /// the last version seen. `query` as for [`Access::list`].
    pub(crate) async fn watch<T: DeserializeOwned + Send + 'static>(
        &self,
        path: &str,
        query: &str,
        version: &str,
        what: &str,
    ) -> Result<BoxStream<'static, Result<Event<T>, Fault>>, Fault> {
        let separator = if query.is_empty() { "" } else { "&" };
        let path =
            format!("{path}?watch=1&allowWatchBookmarks=true&resourceVersion={version}{separator}{query}");
        let response = match self.send(Ask { plain: true, ..Ask::get(&path, what) }).await {
            Err(failure) if failure.is_gone() => {
                return Ok(futures::stream::once(async { Ok(Event::Gone) }).boxed());
            }
            other => other?,
        };
        let reader = JsonReader::new(response, &self.words, what);
        let chunks = futures::stream::unfold(Some(reader), |reader| async {
            let mut reader = reader?;
            match reader.next().await {
                Ok(Some(events)) => Some((events.into_iter().map(Ok).collect::<Vec<_>>(), Some(reader))),
                Ok(None) => None,
                Err(fault) => Some((vec![Err(fault)], None)),
            }
        });
        Ok(chunks.flat_map(futures::stream::iter).boxed())
    }

    async fn json<T: DeserializeOwned>(&self, ask: Ask<'_>) -> Result<T, Fault> {
        Ok(self.ask_json(ask).await?)
    }

    /// Sends a request and reads its answer as JSON.
    pub(super) async fn ask_json<T: DeserializeOwned>(&self, ask: Ask<'_>) -> Result<T, Failure> {
        let response = self.send(ask).await?;
        self.answer(response, ask).await
    }

    /// The answer to a request as JSON.
    pub(super) async fn answer<T: DeserializeOwned>(
        &self,
        response: Response<Body>,
        ask: Ask<'_>,
    ) -> Result<T, Failure> {
        let body = self.collect(response, ask.what).await.map_err(|fault| lost(fault, ask.change))?;
        serde_json::from_slice(&body)
            .map_err(|e| self.words.garbled(ask.what, format!("cannot read the answer: {e}"), &body).into())
    }

    /// The whole body of an answer.
    pub(super) async fn collect(&self, response: Response<Body>, what: &str) -> Result<Vec<u8>, Fault> {
        let mut chunks = Chunks::new(response, &self.words, what, PAUSE_LIMIT);
        let mut all = Vec::new();
        while let Some(chunk) = chunks.next().await? {
            if all.len() + chunk.len() > BODY_LIMIT {
                return Err(self.words.fault(FaultKind::Garbled, what, "the answer is larger than 256 MiB"));
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all)
    }

    /// Sends a request; an answer other than 2xx is a failure. Renews credentials once when a read is answered 401.
    pub(super) async fn send(&self, ask: Ask<'_>) -> Result<Response<Body>, Failure> {
        let session = self.session().await?;
        let result = self.send_with(&session, ask).await;
        match result {
            Err(failure) if failure.code == 401 && !ask.change && self.renew(session.number).await => {
                let session = self.session().await?;
                self.send_with(&session, ask).await
            }
            other => other,
        }
    }

    async fn send_with(&self, session: &Session, ask: Ask<'_>) -> Result<Response<Body>, Failure> {
        let mut request =
            Request::builder().method(ask.method).uri(ask.path).header(header::ACCEPT, ask.accept);
        if ask.plain {
            request = request.header(header::ACCEPT_ENCODING, "identity");
        }
        let body = match ask.body {
            Some((content_type, bytes)) => {
                request = request.header(header::CONTENT_TYPE, content_type);
                Body::from(bytes.to_vec())
            }
            None => Body::empty(),
        };
        let request = request.body(body).map_err(|e| {
            self.words.fault(FaultKind::Usage, ask.what, format!("cannot ask for {}: {e}", ask.path))
        })?;
        let response = match timeout(ANSWER_LIMIT, session.client.send(request)).await {
            Err(_) => return Err(lost(self.words.timeout(ask.what, ANSWER_LIMIT), ask.change).into()),
            Ok(Err(e)) => {
                let fault = self.words.broken(ask.what, &e);
                // A connection that never came up carried nothing.
                let carried = ask.change && !fault.why.contains("onnect");
                return Err(lost(fault, carried).into());
            }
            Ok(Ok(response)) => response,
        };
        if response.status().is_success() {
            return Ok(response);
        }
        let (code, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        let mut chunks = Chunks::new(response, &self.words, ask.what, PAUSE_LIMIT);
        while let Ok(Some(chunk)) = chunks.next().await {
            body.extend_from_slice(&chunk);
            if body.len() > ERROR_BODY {
                break;
            }
        }
        Err(self.words.refusal(ask.what, code, &headers, &body))
    }

    /// The client, built or renewed as needed.
    pub(super) async fn session(&self) -> Result<Arc<Session>, Fault> {
        let mut state = self.state.lock().await;
        if let Some(session) = &state.session
            && session.until.is_none_or(|until| until > SystemClock.now().plus(RENEW_BEFORE))
        {
            return Ok(Arc::clone(session));
        }
        let recently = state.renewed.is_some_and(|at| at.elapsed() < RENEW_EVERY);
        if let (Some(session), true) = (&state.session, recently) {
            // Renewed and still ending soon: nothing better is to be had.
            return Ok(Arc::clone(session));
        }
        let (words, config) = (self.words.clone(), self.config.clone());
        let built = tokio::task::spawn_blocking(move || build(&words, &config))
            .await
            .map_err(|e| self.words.fault(FaultKind::Usage, "build the client", e.to_string()))?;
        state.renewed = Some(Instant::now());
        let (client, resolved) = built?;
        state.built += 1;
        let Resolved { config, credential, until, origin } = resolved;
        let session = Arc::new(Session { client, config, credential, until, origin, number: state.built });
        state.session = Some(Arc::clone(&session));
        Ok(session)
    }

    /// Forgets the client with this number because its credentials were rejected; whether another try makes sense.
    async fn renew(&self, number: u64) -> bool {
        let mut state = self.state.lock().await;
        match &state.session {
            Some(session) if session.number == number => {
                if state.renewed.is_some_and(|at| at.elapsed() < RENEW_EVERY) && number > 1 {
                    return false;
                }
                state.session = None;
                state.renewed = None;
                true
            }
            _ => true,
        }
    }
}

fn build(words: &Words, config: &KubernetesConfig) -> Result<(Client, Resolved), Fault> {
    install_crypto();
    let resolved = kubeconfig::resolve(&words.system, config)?;
    let client = Client::try_from(resolved.config.clone()).map_err(|e| {
        words
            .fault(FaultKind::Usage, "build the client", kubeconfig::chain(&e))
            .hint(format!("check the certificates and credentials of {}", resolved.origin))
    })?;
    Ok((client, resolved))
}

/// What a lost answer means: for a change, that its outcome is unknown.
fn lost(fault: Fault, changes: bool) -> Fault {
    if changes && matches!(fault.kind, FaultKind::Unreachable | FaultKind::Timeout) {
        Fault { kind: FaultKind::Unknown, hint: "read it anew before doing anything".into(), ..fault }
    } else {
        fault
    }
}

/// A query value with everything outside the unreserved characters escaped (RFC 3986, section 2.3).
pub(crate) fn escape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.extend(
                [byte >> 4, byte & 15].map(|nibble| char::from(b"0123456789ABCDEF"[usize::from(nibble)])),
            );
        }
    }
    out
}

#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct Page<T> {
    #[serde(default)]
    metadata: PageMeta,
    #[serde(default = "Vec::new", deserialize_with = "nothing_is_empty")]
    items: Vec<T>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct PageMeta {
    resource_version: String,
    r#continue: Option<String>,
}

/// `items: null` is how Go writes an empty list.
fn nothing_is_empty<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(d: D) -> Result<Vec<T>, D::Error> {
    Option::<Vec<T>>::deserialize(d).map(Option::unwrap_or_default)
}

/// The chunks of a body, each within a time.
pub(super) struct Chunks {
    body: Body,
    words: Words,
    what: String,
    limit: Duration,
}

impl Chunks {
    /// The chunks of `response`, each within `limit`.
    pub(super) fn new(response: Response<Body>, words: &Words, what: &str, limit: Duration) -> Self {
        Self { body: response.into_body(), words: words.clone(), what: what.to_owned(), limit }
    }

    /// The next one; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Fault> {
        loop {
            match timeout(self.limit, self.body.frame()).await {
                Err(_) => return Err(self.words.timeout(&self.what, self.limit)),
                Ok(None) => return Ok(None),
                Ok(Some(Err(e))) => return Err(self.words.broken(&self.what, &e)),
                Ok(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data()
                        && !data.is_empty()
                    {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_queries() {
        assert_eq!(escape("app=a,b in (c)"), "app%3Da%2Cb%20in%20%28c%29");
    }

    #[test]
    fn a_lost_change_is_unknown_and_a_lost_read_is_not() {
        let fault = Fault::new(FaultKind::Timeout, "k", "patch", "no answer");
        assert_eq!(lost(fault.clone(), true).kind, FaultKind::Unknown);
        assert_eq!(lost(fault, false).kind, FaultKind::Timeout);
    }
}
