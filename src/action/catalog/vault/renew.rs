//! `renew`: makes a lease live longer.

use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};

use super::{draft, is_of_token, moment, number, other, span};
use crate::{
    action::{
        context::Context,
        pin,
        plan::{Plan, Request},
        registry::{ParamKind, ParamSpec, Verb},
    },
    model::{Fault, Kind, Time, VaultEdit, VaultItem},
};

/// Renews a lease.
pub struct Renew;

pub(super) const PARAMS: &[ParamSpec] = &[ParamSpec {
    name: "increment",
    kind: ParamKind::Count,
    help: "Seconds from now; as long as it was first given when not said",
    default: "",
    required: false,
}];

impl Verb for Renew {
    fn name(&self) -> &'static str {
        "renew"
    }

    fn title(&self) -> &'static str {
        "RENEW"
    }

    fn summary(&self) -> &'static str {
        "Make a Vault lease live longer"
    }

    fn applies(&self, kind: Kind) -> bool {
        kind == Kind::Lease
    }

    fn bulk(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [ParamSpec] {
        PARAMS
    }

    fn plan<'a>(&'a self, ctx: &'a Context<'a>, request: &'a Request) -> BoxFuture<'a, Result<Plan, Fault>> {
        plan(ctx, request).boxed()
    }
}

/// The plan of renewing a lease or the session's token.
pub(super) async fn plan(ctx: &Context<'_>, request: &Request) -> Result<Plan, Fault> {
    let item = ctx.vault(&request.target).await?;
    let increment = number(request, "increment")?.filter(|seconds| *seconds > 0);
    let (key, renewable, expires) = match &item {
        VaultItem::Lease(lease) => (&lease.key, lease.renewable, lease.expires),
        VaultItem::Token(token) => (&token.key, token.renewable, token.expires),
        _ => return Err(other(request)),
    };
    let now = ctx.systems.now();
    let mut plan = draft(ctx, request, &item, &[pin::UID]);
    plan.summary =
        expires.map_or_else(|| "it never ends".to_owned(), |end| format!("ends {}", moment(end, now)));
    let asks = increment.map_or_else(
        || "as long as it was first given, from now".to_owned(),
        |seconds| format!("{} from now", span(Duration::from_secs(seconds.into()))),
    );
    plan.fact("asks for", format!("{asks}; Vault gives no more than its maximum leaves"));
    plan.fact("affects", "who holds it goes on with the same credential");
    obstacles(&mut plan, renewable, expires, increment, now);
    if key.kind == Kind::Lease && is_of_token(&key.name) {
        plan.block("it is a token's: only who holds the token renews it");
    }
    plan.change(ctx, key, VaultEdit::Renew { increment }, "wait until Vault shows the renewal").await;
    plan.fact("undo", "none; revoking ends it before its time");
    Ok(plan)
}

fn obstacles(plan: &mut Plan, renewable: bool, expires: Option<Time>, increment: Option<u32>, now: Time) {
    match expires {
        None => plan.block("it never ends: there is nothing to renew"),
        Some(end) if end <= now => plan.block("it has ended already"),
        Some(_) if !renewable => plan.block("Vault says that it cannot be renewed"),
        Some(end) => {
            let left = end.since(now);
            let asked = increment.map(|seconds| Duration::from_secs(seconds.into()));
            if let Some(asked) = asked.filter(|asked| *asked < left) {
                let (asked, left) = (span(asked), span(left));
                plan.warn(format!("it would end sooner than it does now: in {asked}, not in {left}"));
            }
        }
    }
}
