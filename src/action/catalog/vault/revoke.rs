//! `revoke`: takes a lease back before its time.

use futures::{FutureExt, future::BoxFuture};

use super::{draft, is_of_token, moment, other};
use crate::{
    action::{
        context::Context,
        pin,
        plan::{Plan, Request},
        registry::{ParamSpec, Verb},
    },
    model::{Fault, Kind, VaultEdit, VaultItem},
};

/// Revokes a lease.
pub struct Revoke;

impl Verb for Revoke {
    fn name(&self) -> &'static str {
        "revoke"
    }

    fn title(&self) -> &'static str {
        "REVOKE"
    }

    fn summary(&self) -> &'static str {
        "Take a Vault lease back before its time"
    }

    fn applies(&self, kind: Kind) -> bool {
        kind == Kind::Lease
    }

    fn bulk(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [ParamSpec] {
        &[]
    }

    fn plan<'a>(&'a self, ctx: &'a Context<'a>, request: &'a Request) -> BoxFuture<'a, Result<Plan, Fault>> {
        plan(ctx, request).boxed()
    }
}

/// The plan of revoking a lease or the session's token.
pub(super) async fn plan(ctx: &Context<'_>, request: &Request) -> Result<Plan, Fault> {
    let item = ctx.vault(&request.target).await?;
    let (key, expires) = match &item {
        VaultItem::Lease(lease) => (&lease.key, lease.expires),
        VaultItem::Token(token) => (&token.key, token.expires),
        _ => return Err(other(request)),
    };
    let now = ctx.systems.now();
    let mut plan = draft(ctx, request, &item, &[pin::UID]);
    let until = expires
        .map_or_else(|| "never ends by itself".to_owned(), |end| format!("would end {}", moment(end, now)));
    plan.summary = format!("{until}; revoked at once");
    match key.kind {
        Kind::Token => {
            plan.warn(
                "this locks you out: vigie and every other program with this token can do nothing more",
            );
            plan.fact("affects", "this token, and every token and lease that was made with it");
        }
        _ if is_of_token(&key.name) => {
            plan.warn("it is a token's: every token and lease that was made with it goes too");
            plan.fact("affects", "who holds the token is logged out");
        }
        _ => {
            plan.warn("Vault does not tell who holds it; whoever does loses the credential at once");
            plan.fact("affects", format!("one credential of {}", role_of(&key.name)));
        }
    }
    plan.reach.deletes.push(key.to_string());
    plan.change(ctx, key, VaultEdit::Revoke, "wait until it is gone").await;
    plan.fact("undo", "none: a new one has to be asked for");
    Ok(plan)
}

/// The path that gave a lease: its id without the last part.
pub(super) fn role_of(id: &str) -> &str {
    id.trim_end_matches('/').rsplit_once('/').map_or(id, |(path, _)| path)
}
