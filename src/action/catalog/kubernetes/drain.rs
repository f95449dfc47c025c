//! `drain`: cordons a node and evicts its pods one by one, as the disruption budgets allow.

use futures::{FutureExt, future::BoxFuture};

use super::{ROLLOUT, change, draft, flag, request as other, right, rights};
use crate::{
    action::{
        context::Context,
        plan::{Goal, Plan, Request},
        registry::{ParamKind, ParamSpec, Verb},
    },
    model::{
        Answer, Edit, Fault, FaultKind, Key, Kind, Mutation, NodePod, ObjectChange, Permission, Query, Str,
    },
};

/// Cordons a node and evicts its pods.
pub struct Drain;

const PARAMS: &[ParamSpec] = &[
    ParamSpec {
        name: "delete-emptydir-data",
        kind: ParamKind::Flag,
        help: "Also pods whose emptyDir data is lost",
        default: "false",
        required: false,
    },
    ParamSpec {
        name: "force",
        kind: ParamKind::Flag,
        help: "Also pods that nothing makes anew",
        default: "false",
        required: false,
    },
];

impl Verb for Drain {
    fn name(&self) -> &'static str {
        "drain"
    }

    fn title(&self) -> &'static str {
        "DRAIN"
    }

    fn summary(&self) -> &'static str {
        "Cordon a node and evict its pods, as the disruption budgets allow"
    }

    fn applies(&self, kind: Kind) -> bool {
        kind == Kind::Node
    }

    fn params(&self) -> &'static [ParamSpec] {
        PARAMS
    }

    fn plan<'a>(&'a self, ctx: &'a Context<'a>, request: &'a Request) -> BoxFuture<'a, Result<Plan, Fault>> {
        plan(ctx, request).boxed()
    }
}

async fn plan(ctx: &Context<'_>, request: &Request) -> Result<Plan, Fault> {
    let node = ctx.object(&request.target).await?;
    let pods = pods(ctx, &node.key).await?;
    let evict = Permission::Kubernetes {
        verb: "create".into(),
        group: "".into(),
        resource: "pods".into(),
        subresource: "eviction".into(),
        namespace: "".into(),
        name: "".into(),
    };
    let rights = rights(ctx, vec![right(&node, "patch", ""), evict]).await;
    let mut plan = draft(ctx, request, &node, false);
    plan.with_rights(rights);
    let moved: Vec<&NodePod> = pods.iter().filter(|p| !p.bound).collect();
    let bound = pods.len() - moved.len();
    plan.summary = format!("{} pods leave {}", moved.len(), node.key.name);
    plan.fact("affects", names(moved.iter().copied()));
    if bound > 0 {
        plan.fact("stays", format!("{bound} pods of daemon sets and of the node itself"));
    }
    obstacles(&mut plan, &moved);
    if !node.unschedulable {
        let mutation = change(ctx, &node, Edit::Cordon { on: true });
        plan.send(mutation.to_string(), mutation);
    }
    for pod in &moved {
        let mutation = eviction(ctx, pod);
        plan.send(mutation.to_string(), mutation);
    }
    let title = format!("wait until they are gone, at most {} min", ROLLOUT.as_secs() / 60);
    plan.wait(title, Goal::Drained { node: node.key.clone() });
    plan.deadline = ROLLOUT;
    plan.undo = Some(other(request, "uncordon", &[]));
    plan.fact("undo", "uncordon; the pods stay where they went");
    Ok(plan)
}

fn obstacles(plan: &mut Plan, moved: &[&NodePod]) {
    let (force, data) = (flag(&plan.request, "force"), flag(&plan.request, "delete-emptydir-data"));
    let alone: Vec<_> = moved.iter().copied().filter(|p| p.controller.is_none()).collect();
    match (alone.is_empty(), force) {
        (true, _) => {}
        (false, true) => plan.warn(format!("nothing makes these anew: {}", names(alone))),
        (false, false) => {
            plan.block(format!("nothing makes these anew, they would be lost: {}", names(alone)));
        }
    }
    let local: Vec<_> = moved.iter().copied().filter(|p| p.local_data).collect();
    match (local.is_empty(), data) {
        (true, _) => {}
        (false, true) => plan.warn(format!("emptyDir data is lost of {}", names(local))),
        (false, false) => {
            plan.block(format!(
                "emptyDir data would be lost (delete-emptydir-data allows it) of {}",
                names(local)
            ));
        }
    }
    for pod in moved.iter().filter(|p| !p.held_by.is_empty()) {
        let budgets = pod.held_by.join(", ");
        plan.warn(format!("{}: the budget {budgets} allows no disruption now; it is waited for", pod.key));
    }
}

fn eviction(ctx: &Context<'_>, pod: &NodePod) -> Mutation {
    Mutation::Object(Box::new(ObjectChange {
        object: pod.key.clone(),
        uid: Str::clone(&pod.uid),
        action: ctx.id.to_string().into(),
        edit: Edit::Evict,
    }))
}

async fn pods(ctx: &Context<'_>, node: &Key) -> Result<Vec<NodePod>, Fault> {
    match ctx.systems.read(node.source, Query::Drain(node.clone())).await? {
        Answer::Drain(pods) => Ok(pods),
        _ => Err(ctx.fault(FaultKind::Garbled, "list pods", "the connector answered with something else")),
    }
}

/// Up to eight pods by name.
fn names<'a>(pods: impl IntoIterator<Item = &'a NodePod>) -> String {
    let mut names: Vec<String> =
        pods.into_iter().map(|p| format!("{}/{}", p.key.namespace, p.key.name)).collect();
    let more = names.len().saturating_sub(8);
    names.truncate(8);
    match (names.is_empty(), more) {
        (true, _) => "no pods".to_owned(),
        (false, 0) => names.join(", "),
        (false, more) => format!("{} and {more} more", names.join(", ")),
    }
}
