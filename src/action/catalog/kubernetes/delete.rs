//! `delete`: deletes an object; what is deleted is gone.

use futures::{FutureExt, future::BoxFuture};

use super::{ENDING, change, draft, flag, number, right, rights, text};
use crate::{
    action::{
        context::Context,
        plan::{Goal, Plan, Request},
        registry::{ParamKind, ParamSpec, Verb, usage},
    },
    model::{Edit, Fault, Kind, ObjectName, Propagation, Str},
};

/// Deletes an object.
pub struct Delete;

const PARAMS: &[ParamSpec] = &[
    ParamSpec {
        name: "cascade",
        kind: ParamKind::Text,
        help: "What becomes of what it owns: background, foreground or orphan",
        default: "background",
        required: false,
    },
    ParamSpec {
        name: "grace",
        kind: ParamKind::Count,
        help: "Seconds that pods are given to end; their own when not given",
        default: "",
        required: false,
    },
    ParamSpec {
        name: "force",
        kind: ParamKind::Flag,
        help: "End pods at once, without grace",
        default: "false",
        required: false,
    },
];

impl Verb for Delete {
    fn name(&self) -> &'static str {
        "delete"
    }

    fn title(&self) -> &'static str {
        "DELETE"
    }

    fn summary(&self) -> &'static str {
        "Delete an object, with what it owns or without"
    }

    fn applies(&self, kind: Kind) -> bool {
        kind.is_workload() || matches!(kind, Kind::Pod | Kind::Object)
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

async fn plan(ctx: &Context<'_>, request: &Request) -> Result<Plan, Fault> {
    let object = ctx.object(&request.target).await?;
    let propagation: Propagation = text(request, "cascade")
        .map_or(Ok(Propagation::default()), str::parse)
        .map_err(|why| usage(request, why, String::new()))?;
    let grace = if flag(request, "force") { Some(0) } else { number(request, "grace")? };
    let rights = rights(ctx, vec![right(&object, "delete", "")]).await;
    let mut plan = draft(ctx, request, &object, false);
    plan.with_rights(rights);
    plan.summary = match &object.controller {
        Some((kind, name)) if object.key.kind == Kind::Pod => format!("deleted; {kind} {name} makes another"),
        _ => "deleted for good".to_owned(),
    };
    if object.deleting {
        plan.warn("it is being deleted already");
    }
    if !object.finalizers.is_empty() {
        plan.warn(format!("finalizers may hold it up: {}", object.finalizers.join(", ")));
    }
    if object.key.kind == Kind::Pod {
        match &object.controller {
            Some((kind, name)) => plan.fact("affects", format!("the pod; {kind} {name} makes another")),
            None => plan.warn("nothing controls this pod: none is made in its place"),
        }
    } else {
        plan.warn_of_controller(&object, "may make it again");
        let owned = match propagation {
            Propagation::Orphan => "what it owns stays".to_owned(),
            _ => object.replicas.map_or_else(
                || "it and what it owns".to_owned(),
                |pods| format!("it and its {}", super::pods(pods.total)),
            ),
        };
        plan.fact("affects", owned);
    }
    if ObjectName::of(&object.key)
        .is_some_and(|o| matches!(o.plural, "namespaces" | "customresourcedefinitions"))
    {
        plan.warn("everything in it goes with it");
    }
    plan.warn_of_gitops(&object, "it comes back");
    if grace == Some(0) {
        plan.warn("no grace: what runs is killed, and a stateful pod may run twice for a while");
    }
    plan.reach.deletes.push(object.key.to_string());
    let mutation = change(ctx, &object, Edit::Delete { propagation, grace });
    plan.send(mutation.to_string(), mutation);
    let goal = Goal::Gone { object: object.key.clone(), uid: Str::clone(&object.uid) };
    plan.wait(format!("wait until it is gone, at most {} min", ENDING.as_secs() / 60), goal);
    plan.deadline = ENDING;
    plan.fact("undo", "none: what is deleted is gone");
    Ok(plan)
}
