//! `release`: gives automated sync back as it was before a hold.

use futures::{FutureExt, future::BoxFuture, join};

use super::{ask, draft, preview, request as other};
use crate::{
    action::{
        context::Context,
        evidence::short,
        pin,
        plan::{Goal, Plan, Request},
        registry::{ParamSpec, Row, Verb},
    },
    model::{Fault, Kind, Mutation, Versus},
};

/// Release a hold: auto-sync as it was before, deploying what git wants.
pub struct Release;

impl Verb for Release {
    fn name(&self) -> &'static str {
        "release"
    }

    fn title(&self) -> &'static str {
        "RELEASE AUTO-SYNC"
    }

    fn summary(&self) -> &'static str {
        "Release a hold: auto-sync as it was before, deploying what git wants"
    }

    fn applies(&self, kind: Kind) -> bool {
        kind == Kind::Application
    }

    fn fits(&self, row: &Row<'_>) -> bool {
        row.application.is_some_and(|app| app.hold.is_some())
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
    let (rights, diff) = join!(ask::rights(ctx, &app, &["update"]), ask::diff(ctx, &app, Versus::Desired));
    let mut plan = draft(ctx, request, &app, &[pin::UID, pin::ORIGIN, pin::REVISION, pin::AUTO_SYNC]);
    plan.summary = format!("{} follows {} by itself again", app.key.name, app.target_revision);
    plan.with_rights(rights);
    match &app.hold {
        Some(hold) => {
            plan.fact("held", format!("by {} since {}: {}", hold.by, hold.since.brief(), hold.reason));
            let diff = plan.unanswered("what auto-sync will change", diff);
            plan.fact(
                "changes",
                format!("{} (auto-sync deploys {})", preview::changes(&diff), short(&app.revision)),
            );
            let deletions = preview::deletions(&diff, &[]);
            // A server that does not know automated.enabled shows no policy while it is held.
            let prune = app.auto_sync.is_none_or(|a| a.prune);
            plan.fact_deletes(&deletions, prune);
            plan.reach = preview::reach(&diff, if prune { &deletions } else { &[] });
        }
        None if app.auto_sync.is_some_and(|a| a.enabled) => plan.block("auto-sync is on: nothing holds it"),
        None => plan.block("no hold stands: auto-sync is off by the application's own configuration"),
    }
    let mutation = Mutation::ReleaseAutoSync { app: app.key.clone() };
    plan.send(mutation.to_string(), mutation);
    plan.wait("wait until auto-sync is on", Goal::AutoSync { app: app.key.clone(), enabled: true });
    plan.undo = Some(other(request, "hold", &[]));
    plan.fact("undo", "hold it again; what auto-sync deployed meanwhile stays");
    Ok(plan)
}
