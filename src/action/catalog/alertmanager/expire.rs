//! `expire`: ends a silence now.

use futures::{FutureExt, future::BoxFuture};

use super::{at, change, extend::draft};
use crate::{
    action::{
        context::Context,
        plan::{Goal, Plan, Request},
        registry::{ParamSpec, Verb},
    },
    model::{Fault, Kind, SilenceEdit, SilenceState},
};

/// Ends a silence now.
pub struct Expire;

impl Verb for Expire {
    fn name(&self) -> &'static str {
        "expire"
    }

    fn title(&self) -> &'static str {
        "EXPIRE SILENCE"
    }

    fn summary(&self) -> &'static str {
        "End a silence now"
    }

    fn applies(&self, kind: Kind) -> bool {
        kind == Kind::Silence
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
    let silence = ctx.silence(&request.target).await?;
    let mut plan = draft(ctx, request, &silence);
    if silence.state == SilenceState::Expired {
        plan.summary = format!("ended {}", at(silence.ends));
        plan.block("it has ended already");
        return Ok(plan);
    }
    plan.summary = format!("ends now instead of {}", at(silence.ends));
    plan.tell_of(ctx, &silence).await;
    plan.reach.changes = 1;
    let edit = SilenceEdit::Expire { updated: silence.updated };
    let mutation = change(ctx, &silence.key, edit);
    plan.send(mutation.to_string(), mutation);
    plan.wait("wait until it has ended", Goal::Expired { silence: silence.key.clone() });
    plan.fact("undo", "none: silence the alert anew");
    Ok(plan)
}
