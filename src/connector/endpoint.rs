//! What systems reached by address alone have in common: a bearer token for the proxy before them, a tenant.

use std::sync::Arc;

use ::http::HeaderName;

use super::http::{self, Http, Token, from_credential};
use crate::{
    config::EndpointConfig,
    model::{Fault, FaultKind, Mutation, System},
};

/// A client of `system` at the configured address.
pub(crate) fn client(system: &System, config: &EndpointConfig) -> Http {
    let place = config.clone();
    let locate = move || {
        let tenant = place.tenant.clone().map(|t| (HeaderName::from_static("x-scope-orgid"), t));
        http::target(&place.url, place.ca.as_ref(), tenant.into_iter().collect())
    };
    let token = Token::bearer(config.token.clone().map(from_credential));
    Http::new(system, Arc::new(locate), token)
}

/// The fault of something that the system does not do.
pub(crate) fn unsupported(system: &System, what: &str) -> Fault {
    let why = format!("{} does not do that", system.kind);
    Fault::new(FaultKind::Unsupported, system.to_string(), what, why)
}

/// The fault of a mutation that the system does not take.
pub(crate) fn cannot(system: &System, mutation: &Mutation) -> Fault {
    unsupported(system, &mutation.to_string())
}
