//! `revoke-token`: gives up the token that the session uses.

use futures::{FutureExt, future::BoxFuture};

use super::revoke;
use crate::{
    action::{
        context::Context,
        plan::{Plan, Request},
        registry::{ParamSpec, Verb},
    },
    model::{Fault, Kind},
};

/// Revokes the session's own token.
pub struct RevokeToken;

impl Verb for RevokeToken {
    fn name(&self) -> &'static str {
        "revoke-token"
    }

    fn title(&self) -> &'static str {
        "REVOKE OWN TOKEN"
    }

    fn summary(&self) -> &'static str {
        "Give up the Vault token that vigie uses: locks you out"
    }

    fn applies(&self, kind: Kind) -> bool {
        kind == Kind::Token
    }

    fn params(&self) -> &'static [ParamSpec] {
        &[]
    }

    fn plan<'a>(&'a self, ctx: &'a Context<'a>, request: &'a Request) -> BoxFuture<'a, Result<Plan, Fault>> {
        revoke::plan(ctx, request).boxed()
    }
}
