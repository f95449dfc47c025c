//! `rollout-undo`: puts an older pod template of a workload back, as `kubectl rollout undo`.

use futures::{FutureExt, future::BoxFuture};

use super::{ROLLOUT, change, draft, number, request as other, right, rights, rolls};
use crate::{
    action::{
        context::Context,
        plan::{Goal, Plan, Request},
        registry::{ParamKind, ParamSpec, Verb, usage},
    },
    model::{Answer, Edit, Fault, FaultKind, Key, Kind, Query, Rollout, Str},
};

/// Puts an older pod template back.
pub struct RolloutUndo;

const PARAMS: &[ParamSpec] = &[ParamSpec {
    name: "revision",
    kind: ParamKind::Count,
    help: "To this revision; the one before when not given",
    default: "",
    required: false,
}];

impl Verb for RolloutUndo {
    fn name(&self) -> &'static str {
        "rollout-undo"
    }

    fn title(&self) -> &'static str {
        "UNDO ROLLOUT"
    }

    fn summary(&self) -> &'static str {
        "Put an older revision of a workload back, by kubectl's algorithm"
    }

    fn applies(&self, kind: Kind) -> bool {
        rolls(kind)
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
    let revisions = revisions(ctx, &object.key).await?;
    let rights = rights(ctx, vec![right(&object, "patch", "")]).await;
    let mut plan = draft(ctx, request, &object, true);
    plan.with_rights(rights);
    plan.block_when_deleted(&object);
    if object.paused {
        plan.block("its rollouts are paused: resume them first (`kubectl rollout resume`)");
    }
    plan.fact("revisions", listed(&revisions));
    let current = revisions.iter().find(|r| r.current);
    let Some(to) = chosen(request, &revisions)? else {
        "there is no older revision".clone_into(&mut plan.summary);
        plan.block("there is no older revision to go back to");
        return Ok(plan);
    };
    let now = current.map_or_else(|| "nothing".to_owned(), |c| c.revision.to_string());
    plan.summary = format!("from revision {now} to {} · {}", to.revision, to.images.join(", "));
    if to.current {
        plan.block(format!("revision {} runs already", to.revision));
    }
    plan.fact("changes", changes(current, to));
    if let Some(cause) = &to.cause {
        plan.fact("cause", cause.to_string());
    }
    plan.warn_of_gitops(&object, "git's version comes back");
    let edit = Edit::Undo { from: Str::clone(&to.name), revision: to.revision };
    plan.reach.changes = 1;
    let mutation = change(ctx, &object, edit);
    plan.send(mutation.to_string(), mutation);
    let title =
        format!("wait until every pod is of it and available, at most {} min", ROLLOUT.as_secs() / 60);
    plan.wait(title, Goal::RolledOut { object: object.key.clone() });
    plan.deadline = ROLLOUT;
    if let Some(current) = current {
        plan.undo = Some(other(request, "rollout-undo", &[("revision", current.revision.to_string())]));
        plan.fact("undo", format!("back to revision {}", current.revision));
    }
    Ok(plan)
}

async fn revisions(ctx: &Context<'_>, key: &Key) -> Result<Vec<Rollout>, Fault> {
    match ctx.systems.read(key.source, Query::Rollouts(key.clone())).await? {
        Answer::Rollouts(all) => Ok(all),
        _ => {
            Err(ctx.fault(FaultKind::Garbled, "read revisions", "the connector answered with something else"))
        }
    }
}

/// The revision asked for, or the newest that does not run.
fn chosen<'a>(request: &Request, all: &'a [Rollout]) -> Result<Option<&'a Rollout>, Fault> {
    let Some(wanted) = number(request, "revision")?.filter(|n| *n > 0) else {
        return Ok(all.iter().find(|r| !r.current));
    };
    all.iter().find(|r| r.revision == u64::from(wanted)).map(Some).ok_or_else(|| {
        let why = format!("there is no revision {wanted}");
        usage(request, why, format!("there are {}", listed(all)))
    })
}

fn listed(all: &[Rollout]) -> String {
    let one = |r: &Rollout| {
        let now = if r.current { ", now" } else { "" };
        format!("{} ({}{now})", r.revision, r.created.brief())
    };
    all.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn changes(from: Option<&Rollout>, to: &Rollout) -> String {
    let Some(from) = from else { return "the pod template".to_owned() };
    let differ: Vec<String> = from
        .images
        .iter()
        .zip(&to.images)
        .filter(|(a, b)| a != b)
        .map(|(a, b)| format!("{a} → {b}"))
        .collect();
    if differ.is_empty() && from.images == to.images {
        "the pod template; the images stay".to_owned()
    } else if differ.is_empty() {
        "the pod template and its containers".to_owned()
    } else {
        differ.join(", ")
    }
}
