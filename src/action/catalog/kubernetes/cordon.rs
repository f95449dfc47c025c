//! `cordon` and `uncordon`: whether new pods may be placed on a node.

use futures::{FutureExt, future::BoxFuture};

use super::{change, draft, request as other, right, rights};
use crate::{
    action::{
        context::Context,
        plan::{Goal, Plan, Request},
        registry::{ParamSpec, Row, Verb},
    },
    model::{Edit, Fault, Kind},
};

/// Lets a node take no new pods.
pub struct Cordon;
/// Lets a node take new pods again.
pub struct Uncordon;

impl Verb for Cordon {
    fn name(&self) -> &'static str {
        "cordon"
    }

    fn title(&self) -> &'static str {
        "CORDON"
    }

    fn summary(&self) -> &'static str {
        "Let a node take no new pods"
    }

    fn applies(&self, kind: Kind) -> bool {
        kind == Kind::Node
    }

    fn fits(&self, row: &Row<'_>) -> bool {
        row.node.is_none_or(|node| !node.reason.contains("SchedulingDisabled"))
    }

    fn bulk(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [ParamSpec] {
        &[]
    }

    fn plan<'a>(&'a self, ctx: &'a Context<'a>, request: &'a Request) -> BoxFuture<'a, Result<Plan, Fault>> {
        plan(ctx, request, true).boxed()
    }
}

impl Verb for Uncordon {
    fn name(&self) -> &'static str {
        "uncordon"
    }

    fn title(&self) -> &'static str {
        "UNCORDON"
    }

    fn summary(&self) -> &'static str {
        "Let a node take new pods again"
    }

    fn applies(&self, kind: Kind) -> bool {
        kind == Kind::Node
    }

    fn fits(&self, row: &Row<'_>) -> bool {
        row.node.is_none_or(|node| node.reason.contains("SchedulingDisabled"))
    }

    fn bulk(&self) -> bool {
        true
    }

    fn params(&self) -> &'static [ParamSpec] {
        &[]
    }

    fn plan<'a>(&'a self, ctx: &'a Context<'a>, request: &'a Request) -> BoxFuture<'a, Result<Plan, Fault>> {
        plan(ctx, request, false).boxed()
    }
}

async fn plan(ctx: &Context<'_>, request: &Request, on: bool) -> Result<Plan, Fault> {
    let node = ctx.object(&request.target).await?;
    let rights = rights(ctx, vec![right(&node, "patch", "")]).await;
    let mut plan = draft(ctx, request, &node, false);
    plan.with_rights(rights);
    let (now, undo) = if on { ("takes no new pods", "uncordon") } else { ("takes new pods", "cordon") };
    plan.summary = format!("{} {now}", node.key.name);
    if node.unschedulable == on {
        plan.block(format!("it {now} already"));
    }
    if on {
        plan.fact("affects", "nothing that runs: its pods stay (`drain` moves them)");
    }
    plan.reach.changes = 1;
    let mutation = change(ctx, &node, Edit::Cordon { on });
    plan.send(mutation.to_string(), mutation);
    plan.wait(format!("wait until it {now}"), Goal::Cordoned { node: node.key.clone(), on });
    plan.undo = Some(other(request, undo, &[]));
    plan.fact("undo", undo);
    Ok(plan)
}
