//! `renew-token`: makes the token that the session uses live longer.

use futures::{FutureExt, future::BoxFuture};

use super::renew;
use crate::{
    action::{
        context::Context,
        plan::{Plan, Request},
        registry::{ParamSpec, Verb},
    },
    model::{Fault, Kind},
};

/// Renews the session's own token.
pub struct RenewToken;

impl Verb for RenewToken {
    fn name(&self) -> &'static str {
        "renew-token"
    }

    fn title(&self) -> &'static str {
        "RENEW OWN TOKEN"
    }

    fn summary(&self) -> &'static str {
        "Make the Vault token that vigie uses live longer"
    }

    fn applies(&self, kind: Kind) -> bool {
        kind == Kind::Token
    }

    fn params(&self) -> &'static [ParamSpec] {
        renew::PARAMS
    }

    fn plan<'a>(&'a self, ctx: &'a Context<'a>, request: &'a Request) -> BoxFuture<'a, Result<Plan, Fault>> {
        renew::plan(ctx, request).boxed()
    }
}
