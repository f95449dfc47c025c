//! `hold`: switches automated sync off, keeping prune and self-heal as they are, and says so on the Application.

use futures::{FutureExt, future::BoxFuture};

use super::{ask, draft, is_automated, request as other};
use crate::{
    action::{
        context::Context,
        pin,
        plan::{Goal, Plan, Request},
        registry::{ParamSpec, Row, Verb},
    },
    model::{self, Fault, Kind, Mutation},
};

/// Hold auto-sync, with who, since when and why on the application.
pub struct Hold;

impl Verb for Hold {
    fn name(&self) -> &'static str {
        "hold"
    }

    fn title(&self) -> &'static str {
        "HOLD AUTO-SYNC"
    }

    fn summary(&self) -> &'static str {
        "Hold auto-sync, with who, since when and why on the application"
    }

    fn applies(&self, kind: Kind) -> bool {
        kind == Kind::Application
    }

    fn fits(&self, row: &Row<'_>) -> bool {
        row.application.is_some_and(|app| is_automated(app) && app.hold.is_none())
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
    let rights = ask::rights(ctx, &app, &["update"]).await;
    let mut plan = draft(ctx, request, &app, &[pin::UID, pin::AUTO_SYNC]);
    plan.summary = format!("{} no longer follows {} by itself", app.key.name, app.target_revision);
    plan.with_rights(rights);
    match (&app.auto_sync, &app.hold) {
        (_, Some(hold)) => {
            plan.block(format!(
                "it is held by {} since {} already: {}",
                hold.by,
                hold.since.brief(),
                hold.reason
            ));
        }
        (Some(auto), None) if auto.enabled => {
            let word = |on| if on { "on" } else { "off" };
            let (prune, heal) = (word(auto.prune), word(auto.self_heal));
            plan.fact("keeps", format!("prune {prune}, self-heal {heal}"));
        }
        _ => plan.block("auto-sync is not on: there is nothing to hold"),
    }
    plan.warn_of_owner(&app, "the hold");
    let hold = model::Hold { by: ctx.actor.into(), since: plan.planned, reason: "held by hand".into() };
    let mutation = Mutation::HoldAutoSync { app: app.key.clone(), hold };
    plan.send(mutation.to_string(), mutation);
    plan.wait("wait until auto-sync is off", Goal::AutoSync { app: app.key.clone(), enabled: false });
    plan.undo = Some(other(request, "release", &[]));
    plan.fact("undo", "release the hold");
    Ok(plan)
}
