//! The token of a system: fetched off the async threads, once for all who wait, and anew after a 401.

use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use tokio::sync::Mutex;

use crate::{
    config::Credential,
    model::{Fault, FaultKind, Sensitive, Str},
};

/// How a token is had: may read files and run programs; errors are words for a fault.
pub(crate) type Fetch = Arc<dyn Fn() -> Result<Option<Sensitive>, String> + Send + Sync>;

type Header = (HeaderName, HeaderValue);

/// The header that says who we are.
pub(crate) struct Token {
    fetch: Option<Fetch>,
    header: HeaderName,
    bearer: bool,
    current: Mutex<Option<Header>>,
}

impl Token {
    /// No token.
    pub(crate) fn none() -> Self {
        Self { fetch: None, header: http::header::AUTHORIZATION, bearer: false, current: Mutex::default() }
    }

    /// `Authorization: Bearer …`.
    pub(crate) fn bearer(fetch: Option<Fetch>) -> Self {
        Self { fetch, bearer: true, ..Self::none() }
    }

    /// The token alone in a header of its own.
    pub(crate) fn header(header: HeaderName, fetch: Fetch) -> Self {
        Self { fetch: Some(fetch), header, ..Self::none() }
    }

    /// Whether there is one at all.
    pub(crate) fn is_some(&self) -> bool {
        self.fetch.is_some()
    }

    /// The header to send, fetched when it is not there yet.
    pub(crate) async fn get(&self, system: &Str, what: &str) -> Result<Option<Header>, Fault> {
        let mut current = self.current.lock().await;
        if current.is_none() {
            *current = self.fetch(system, what).await?;
        }
        Ok(current.clone())
    }

    /// The header after `old` was refused: what another request fetched meanwhile, or fetched now; `None` when it is
    /// still the same.
    pub(crate) async fn renew(
        &self,
        system: &Str,
        what: &str,
        old: Option<&Header>,
    ) -> Result<Option<Header>, Fault> {
        let mut current = self.current.lock().await;
        if current.as_ref() == old {
            *current = self.fetch(system, what).await?;
        }
        Ok(current.clone().filter(|new| Some(new) != old))
    }

    async fn fetch(&self, system: &Str, what: &str) -> Result<Option<Header>, Fault> {
        let Some(fetch) = self.fetch.clone() else { return Ok(None) };
        let fault = |why: String| {
            Fault::new(FaultKind::Unauthenticated, Arc::clone(system), what, format!("no token: {why}"))
                .hint("see `token` of this system in the configuration")
        };
        let token = tokio::task::spawn_blocking(move || fetch())
            .await
            .map_err(|e| fault(e.to_string()))?
            .map_err(fault)?;
        let Some(token) = token.filter(|t| !t.is_empty()) else { return Ok(None) };
        let text = if self.bearer { Sensitive::new(format!("Bearer {}", token.expose())) } else { token };
        let mut value = HeaderValue::from_str(text.expose())
            .map_err(|_| fault("it holds characters that no header may have".into()))?;
        value.set_sensitive(true);
        Ok(Some((self.header.clone(), value)))
    }
}

/// A fetcher for a credential of the configuration.
pub(crate) fn from_credential(credential: Credential) -> Fetch {
    Arc::new(move || credential.fetch().map(Some).map_err(|e| e.to_string()))
}
