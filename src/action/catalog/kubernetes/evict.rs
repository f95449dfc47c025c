//! `evict`: has a pod leave its node, if the disruption budgets allow it.

use futures::{FutureExt, future::BoxFuture};

use super::{ENDING, change, draft, right, rights};
use crate::{
    action::{
        context::Context,
        plan::{Goal, Plan, Request},
        registry::{ParamSpec, Verb},
    },
    model::{Edit, Fault, Kind, Str},
};

/// Has a pod leave its node.
pub struct Evict;

impl Verb for Evict {
    fn name(&self) -> &'static str {
        "evict"
    }

    fn title(&self) -> &'static str {
        "EVICT"
    }

    fn summary(&self) -> &'static str {
        "Have a pod leave its node, if the disruption budgets allow it"
    }

    fn applies(&self, kind: Kind) -> bool {
        kind == Kind::Pod
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
    let object = ctx.object(&request.target).await?;
    let rights = rights(ctx, vec![right(&object, "create", "eviction")]).await;
    let mut plan = draft(ctx, request, &object, false);
    plan.with_rights(rights);
    plan.block_when_deleted(&object);
    plan.summary = format!("{} leaves its node", object.key);
    match &object.controller {
        Some((kind, name)) => plan.fact("affects", format!("the pod; {kind} {name} makes another")),
        None => plan.warn("nothing controls this pod: none is made in its place"),
    }
    plan.reach.deletes.push(object.key.to_string());
    let mutation = change(ctx, &object, Edit::Evict);
    plan.send(mutation.to_string(), mutation);
    let goal = Goal::Gone { object: object.key.clone(), uid: Str::clone(&object.uid) };
    plan.wait("wait until it is gone", goal);
    plan.deadline = ENDING;
    plan.fact("undo", "none: the pod is gone");
    Ok(plan)
}
