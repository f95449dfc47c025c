//! `restart`: replaces every pod of a workload by its own strategy, as `kubectl rollout restart`.

use futures::{FutureExt, future::BoxFuture};

use super::{ROLLOUT, change, draft, pods, right, rights, rolls};
use crate::{
    action::{
        context::Context,
        plan::{Goal, Plan, Request},
        registry::{ParamSpec, Verb},
    },
    model::{Edit, Fault, Kind},
};

/// Replaces every pod of a workload.
pub struct Restart;

impl Verb for Restart {
    fn name(&self) -> &'static str {
        "restart"
    }

    fn title(&self) -> &'static str {
        "RESTART"
    }

    fn summary(&self) -> &'static str {
        "Replace every pod of a workload, a few at a time, by its own strategy"
    }

    fn applies(&self, kind: Kind) -> bool {
        rolls(kind)
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
    let rights = rights(ctx, vec![right(&object, "patch", "")]).await;
    let mut plan = draft(ctx, request, &object, true);
    plan.with_rights(rights);
    plan.block_when_deleted(&object);
    let wanted = object.replicas.map_or(0, |r| r.wanted);
    plan.summary = format!("{} of {} are replaced", pods(wanted), object.key.name);
    plan.fact("affects", pods(wanted));
    if let Some(at) = object.restarted {
        plan.fact("before", format!("restarted at {}", at.brief()));
    }
    if object.paused {
        plan.block("its rollouts are paused: resume them first (`kubectl rollout resume`)");
    }
    if object.on_delete {
        plan.warn("its update strategy is OnDelete: pods are replaced only as they are deleted");
    }
    if wanted == 0 {
        plan.warn("it wants no pods: nothing is restarted");
    }
    if object.replicas.is_some_and(|r| r.wanted == 1) && object.key.kind != Kind::DaemonSet {
        plan.warn("there is one pod: it may be away for a moment");
    }
    let at = plan.planned;
    plan.reach.changes = 1;
    let mutation = change(ctx, &object, Edit::Restart { at });
    plan.send(mutation.to_string(), mutation);
    if !object.on_delete {
        let title =
            format!("wait until every pod is new and available, at most {} min", ROLLOUT.as_secs() / 60);
        plan.wait(title, Goal::RolledOut { object: object.key });
    }
    plan.deadline = ROLLOUT;
    plan.fact("undo", "none: the pods of before are gone");
    Ok(plan)
}
