//! `rotate`: has the password of a static role changed now.

use futures::{FutureExt, future::BoxFuture};

use super::{draft, moment, other};
use crate::{
    action::{
        context::Context,
        pin,
        plan::{Plan, Request},
        registry::{ParamSpec, Verb},
    },
    model::{Fault, Kind, VaultEdit, VaultItem},
};

/// Rotates a static role.
pub struct Rotate;

impl Verb for Rotate {
    fn name(&self) -> &'static str {
        "rotate"
    }

    fn title(&self) -> &'static str {
        "ROTATE"
    }

    fn summary(&self) -> &'static str {
        "Have the password of a static role changed now"
    }

    fn applies(&self, kind: Kind) -> bool {
        kind == Kind::StaticRole
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

async fn plan(ctx: &Context<'_>, request: &Request) -> Result<Plan, Fault> {
    let item = ctx.vault(&request.target).await?;
    let VaultItem::Role { role, connection } = &item else { return Err(other(request)) };
    let now = ctx.systems.now();
    let mut plan = draft(ctx, request, &item, &[pin::UID]);
    let last = role
        .rotated
        .map_or_else(|| "never rotated yet".to_owned(), |at| format!("last rotated {}", moment(at, now)));
    plan.summary = format!("{last}; a new password now");
    if let Some(next) = role.next {
        plan.fact("due", format!("by itself {}", moment(next, now)));
    }
    plan.fact("affects", format!("the account {} of the connection {connection}", role.username));
    plan.warn(format!(
        "the old password is refused at once: who uses {} fails until it has read {}static-creds/{} again",
        role.username, role.key.namespace, role.key.name
    ));
    plan.change(ctx, &role.key, VaultEdit::Rotate, "wait until Vault shows the rotation").await;
    plan.fact("undo", "none: nobody has the old password");
    Ok(plan)
}
