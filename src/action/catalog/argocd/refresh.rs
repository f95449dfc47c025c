//! `refresh`: has Argo CD compare again.

use futures::{FutureExt, future::BoxFuture};

use super::{ask, draft};
use crate::{
    action::{
        context::Context,
        pin,
        plan::{Goal, Plan, Request},
        registry::{ParamSpec, Verb},
    },
    model::{Fault, Kind, Mutation, Time},
};

/// Have Argo CD compare with git again.
pub struct Refresh;

impl Verb for Refresh {
    fn name(&self) -> &'static str {
        "refresh"
    }

    fn title(&self) -> &'static str {
        "REFRESH"
    }

    fn summary(&self) -> &'static str {
        "Have Argo CD compare with git again"
    }

    fn applies(&self, kind: Kind) -> bool {
        kind == Kind::Application
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

/// Plans a comparison, with the manifest cache dropped or not.
pub(super) async fn plan(ctx: &Context<'_>, request: &Request, hard: bool) -> Result<Plan, Fault> {
    let app = ctx.application(&request.target).await?;
    let rights = ask::rights(ctx, &app, &["get"]).await;
    let mut plan = draft(ctx, request, &app, &[pin::UID]);
    let last = app.reconciled.map_or_else(|| "never".to_owned(), Time::brief);
    plan.summary = format!("last compared {last}, {:?} and {:?}", app.sync, app.health);
    plan.with_rights(rights);
    if hard {
        plan.fact("note", "drops the manifest cache: the repo server renders everything anew");
    }
    let mutation = Mutation::Refresh { app: app.key.clone(), hard };
    plan.send(mutation.to_string(), mutation);
    plan.wait("wait until Argo CD compared", Goal::Reconciled { app: app.key.clone() });
    Ok(plan)
}
