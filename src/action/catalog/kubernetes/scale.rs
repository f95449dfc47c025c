//! `scale`: sets how many pods a workload has.

use futures::{FutureExt, future::BoxFuture};

use super::{ROLLOUT, change, draft, number, pods, request as other, right, rights};
use crate::{
    action::{
        context::Context,
        plan::{Goal, Plan, Request},
        registry::{ParamKind, ParamSpec, Verb},
    },
    model::{Answer, Edit, Fault, Key, Kind, Query, Str},
};

/// Sets how many pods a workload has.
pub struct Scale;

const PARAMS: &[ParamSpec] = &[ParamSpec {
    name: "replicas",
    kind: ParamKind::Count,
    help: "How many pods",
    default: "",
    required: true,
}];

impl Verb for Scale {
    fn name(&self) -> &'static str {
        "scale"
    }

    fn title(&self) -> &'static str {
        "SCALE"
    }

    fn summary(&self) -> &'static str {
        "Set how many pods a workload has"
    }

    fn applies(&self, kind: Kind) -> bool {
        matches!(kind, Kind::Deployment | Kind::StatefulSet | Kind::ReplicaSet)
    }

    fn params(&self) -> &'static [ParamSpec] {
        PARAMS
    }

    fn plan<'a>(&'a self, ctx: &'a Context<'a>, request: &'a Request) -> BoxFuture<'a, Result<Plan, Fault>> {
        plan(ctx, request).boxed()
    }
}

async fn plan(ctx: &Context<'_>, request: &Request) -> Result<Plan, Fault> {
    let object = ctx.object(&request.target).await?;
    let wanted = number(request, "replicas")?;
    let autoscalers = autoscalers(ctx, &object.key).await;
    let rights = rights(ctx, vec![right(&object, "patch", "scale")]).await;
    let mut plan = draft(ctx, request, &object, true);
    plan.with_rights(rights);
    plan.block_when_deleted(&object);
    let now = object.replicas.map_or(0, |r| r.wanted);
    let Some(wanted) = wanted else {
        plan.summary = format!("{now} replicas now");
        plan.block("say how many replicas");
        return Ok(plan);
    };
    plan.summary = format!("from {now} to {}", pods(wanted));
    if wanted == now {
        plan.block(format!("it has {now} replicas already"));
    }
    for name in plan.unanswered("whether an autoscaler sets its replicas", autoscalers) {
        plan.warn(format!("the autoscaler `{name}` sets its replicas and undoes this within seconds"));
    }
    plan.warn_of_gitops(&object, "the number in git, if there is one, comes back");
    plan.warn_of_controller(&object, "sets the number of its pods again");
    if wanted == 0 {
        plan.warn(format!("nothing of {} runs any more", object.key.name));
    }
    plan.fact(
        "affects",
        match wanted.checked_sub(now) {
            Some(more) => format!("{more} more"),
            None => format!("{} fewer: they are ended", now - wanted),
        },
    );
    plan.reach.changes = 1;
    let mutation = change(ctx, &object, Edit::Scale { replicas: wanted });
    plan.send(mutation.to_string(), mutation);
    let goal = Goal::Scaled { object: object.key.clone(), replicas: wanted };
    plan.wait(format!("wait until {} ready, at most {} min", pods(wanted), ROLLOUT.as_secs() / 60), goal);
    plan.deadline = ROLLOUT;
    plan.undo = Some(other(request, "scale", &[("replicas", now.to_string())]));
    plan.fact("undo", format!("scale back to {now}"));
    Ok(plan)
}

async fn autoscalers(ctx: &Context<'_>, key: &Key) -> Result<Vec<Str>, Fault> {
    match ctx.systems.read(key.source, Query::Autoscalers(key.clone())).await? {
        Answer::Names(names) => Ok(names),
        _ => Ok(Vec::new()),
    }
}
