//! `terminate`: ends the operation under way; what it applied so far stays.

use futures::{FutureExt, future::BoxFuture};

use super::{ask, draft};
use crate::{
    action::{
        context::Context,
        evidence::short,
        pin,
        plan::{Goal, Plan, Request},
        registry::{ParamSpec, Row, Verb},
    },
    model::{Fault, Kind, Mutation, OperationPhase},
};

/// End the sync or rollback under way; what it applied so far stays.
pub struct Terminate;

impl Verb for Terminate {
    fn name(&self) -> &'static str {
        "terminate"
    }

    fn title(&self) -> &'static str {
        "TERMINATE"
    }

    fn summary(&self) -> &'static str {
        "End the sync or rollback under way; what it applied so far stays"
    }

    fn applies(&self, kind: Kind) -> bool {
        kind == Kind::Application
    }

    fn fits(&self, row: &Row<'_>) -> bool {
        row.application
            .and_then(|app| app.operation.as_ref())
            .is_some_and(|o| o.phase == OperationPhase::Running)
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
    let app = ctx.application(&request.target).await?;
    let rights = ask::rights(ctx, &app, &["sync"]).await;
    let mut plan = draft(ctx, request, &app, &[pin::UID, pin::OPERATION]);
    plan.with_rights(rights);
    match &app.operation {
        Some(o) if o.phase == OperationPhase::Running => {
            plan.summary = format!(
                "the operation on {}, begun by {} at {}: {}",
                short(&o.revision),
                o.by,
                o.started.brief(),
                o.message
            );
            if *o.by != *ctx.actor {
                plan.warn(format!("{} began it", o.by));
            }
        }
        Some(o) if o.phase == OperationPhase::Terminating => {
            plan.block("the operation is being terminated already");
        }
        _ => plan.block("no operation is in progress"),
    }
    let mutation = Mutation::Terminate { app: app.key.clone() };
    plan.send(mutation.to_string(), mutation);
    plan.wait("wait until no operation is under way", Goal::NoOperation { app: app.key.clone() });
    plan.fact("undo", "none: what was applied stays, sync or roll back to settle it");
    Ok(plan)
}
