//! `sync`: deploys what git wants, whole or in part.

use futures::{FutureExt, future::BoxFuture, join};

use super::{DEPLOY, ask, draft, flag, is_automated, preview, request as other, text};
use crate::{
    action::{
        context::Context,
        evidence::{ID_INFO, short},
        pin,
        plan::{Goal, Plan, Request},
        registry::{ParamKind, ParamSpec, Verb, usage},
    },
    model::{Application, Fault, Kind, Mutation, ResourceRef, ResourceState, Str, Verdict, Versus},
};

/// Deploys what git wants.
pub struct Sync;

const PARAMS: &[ParamSpec] = &[
    ParamSpec {
        name: "prune",
        kind: ParamKind::Flag,
        help: "Delete what git no longer has",
        default: "false",
        required: false,
    },
    ParamSpec {
        name: "dry-run",
        kind: ParamKind::Flag,
        help: "Only try; change nothing",
        default: "false",
        required: false,
    },
    ParamSpec {
        name: "revision",
        kind: ParamKind::Text,
        help: "Deploy this branch, tag or commit instead of what the application tracks",
        default: "",
        required: false,
    },
    ParamSpec {
        name: "resources",
        kind: ParamKind::Resources,
        help: "Only these: group/Kind/namespace/name or Kind/name, separated by commas; hooks do not run",
        default: "",
        required: false,
    },
];

impl Verb for Sync {
    fn name(&self) -> &'static str {
        "sync"
    }

    fn title(&self) -> &'static str {
        "SYNC"
    }

    fn summary(&self) -> &'static str {
        "Deploy what git wants, the whole application or chosen resources"
    }

    fn applies(&self, kind: Kind) -> bool {
        kind == Kind::Application
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
    let app = ctx.application(&request.target).await?;
    let (prune, dry_run) = (flag(request, "prune"), flag(request, "dry-run"));
    let revision = text(request, "revision").filter(|r| *r != &*app.target_revision);
    let versus = revision.map_or(Versus::Desired, |r| Versus::Revision(r.into()));
    let actions: &[&str] = if revision.is_some() { &["sync", "override"] } else { &["sync"] };
    let (window, resources, diff, tree, rights) = join!(
        ask::shut_window(ctx, &app),
        ask::resources(ctx, &app),
        ask::diff(ctx, &app, versus),
        ask::tree(ctx, &app),
        ask::rights(ctx, &app, actions)
    );

    let mut plan =
        draft(ctx, request, &app, &[pin::UID, pin::ORIGIN, pin::REVISION, pin::OPERATION, pin::AUTO_SYNC]);
    let chosen = chosen(request, &resources)?;
    plan.block_when_busy(&app);
    if let Some(window) = plan.unanswered("whether a sync window is shut", window) {
        plan.block(format!("sync windows forbid it: {window}"));
    }
    if let Some(revision) = revision
        && is_automated(&app)
        && !dry_run
    {
        plan.block(format!(
            "auto-sync is on and follows {}: Argo CD refuses to sync {revision}; hold auto-sync first",
            app.target_revision
        ));
    }
    add_rights(&mut plan, rights);

    let resources = plan.unanswered("what prune would delete", resources);
    let mut diff = plan.unanswered("what changes", diff);
    let mut deletions = preview::deletions(&diff, if revision.is_none() { &resources } else { &[] });
    if !chosen.is_empty() {
        diff.retain(|d| chosen.contains(&d.resource));
        deletions.retain(|r| chosen.contains(r));
    }
    plan.summary = summary(&app, revision, &chosen, dry_run);
    if chosen.len() > 1 {
        plan.fact("only", preview::names(&chosen));
    }
    plan.fact("changes", preview::changes(&diff));
    plan.fact_deletes(&deletions, prune);
    if !dry_run {
        plan.reach = preview::reach(&diff, if prune { &deletions } else { &[] });
    }
    if let Ok(tree) = &tree {
        plan.fact("affects", preview::affected(tree));
    }
    if !chosen.is_empty() {
        plan.warn("chosen resources only: hooks do not run and no history entry is written");
    }
    let leftover = !deletions.is_empty() && !prune && chosen.is_empty();
    if !deletions.is_empty() && !prune && !dry_run {
        let what = if leftover { "stays OutOfSync" } else { "Argo CD will skip what is to be pruned" };
        let names = preview::names(&deletions);
        plan.warn(format!("{what}: prune is off and git no longer has {names}"));
    }

    add_steps(ctx, &mut plan, &app, revision, &chosen, leftover);
    if !dry_run && let Some(before) = &app.deployed {
        plan.undo = Some(other(request, "rollback", &[("id", before.id.to_string())]));
        plan.fact("undo", format!("roll back to id {} · {}", before.id, short(&before.revision)));
    }
    Ok(plan)
}

fn add_steps(
    ctx: &Context<'_>,
    plan: &mut Plan,
    app: &Application,
    revision: Option<&str>,
    chosen: &[ResourceRef],
    leftover: bool,
) {
    let (prune, dry_run) = (flag(&plan.request, "prune"), flag(&plan.request, "dry-run"));
    let key = app.key.clone();
    let mutation = Mutation::Sync {
        app: key.clone(),
        revision: revision.map(Str::from),
        prune,
        dry_run,
        resources: chosen.to_vec(),
        options: Vec::new(),
        infos: vec![(ID_INFO.into(), ctx.id.to_string().into()), ("vigie.by".into(), ctx.actor.into())],
    };
    plan.send(mutation.to_string(), mutation);
    plan.wait("wait until the operation succeeded", Goal::OperationSucceeded { app: key.clone() });
    plan.deadline = DEPLOY;
    if dry_run {
        return;
    }
    // Argo CD compares with what the application tracks, so another revision ends OutOfSync when it differs.
    let synced = revision.is_none() && chosen.is_empty() && !leftover;
    let commit =
        revision.filter(|r| r.len() == 40 && r.bytes().all(|b| b.is_ascii_hexdigit()) && chosen.is_empty());
    let title = if synced { "wait until Synced and Healthy" } else { "wait until Healthy" };
    plan.wait(
        format!("{title}, at most {} min", DEPLOY.as_secs() / 60),
        Goal::AppSettled { app: key, revision: commit.map(Str::from), synced },
    );
}

fn add_rights(plan: &mut Plan, rights: Vec<(crate::model::Permission, Verdict)>) {
    let mut rights = rights.into_iter();
    plan.with_rights(rights.by_ref().take(1).collect());
    for (permission, verdict) in rights {
        // Servers ask for it only when application.sync.requireOverridePrivilegeForRevisionSync is set.
        if verdict == Verdict::No {
            plan.warn(format!("Argo CD may refuse another revision: you lack {permission}"));
        }
        plan.rights.push((permission, verdict));
    }
}

fn summary(app: &Application, revision: Option<&str>, chosen: &[ResourceRef], dry_run: bool) -> String {
    let from = app.deployed.as_ref().map_or("nothing", |d| short(&d.revision));
    let to = revision.map_or_else(
        || format!("{} ({})", short(&app.revision), app.target_revision),
        |r| short(r).to_owned(),
    );
    let part = match chosen {
        [] => String::new(),
        [_] => format!(", only {}", preview::names(chosen)),
        several => format!(", only {} resources", several.len()),
    };
    let dry = if dry_run { ", dry run" } else { "" };
    format!("from {from} to {to}{part}{dry}")
}

/// The resources asked for, each found among the application's own.
fn chosen(request: &Request, known: &Result<Vec<ResourceState>, Fault>) -> Result<Vec<ResourceRef>, Fault> {
    let Some(list) = text(request, "resources") else { return Ok(Vec::new()) };
    let known = known.as_ref().map_err(Clone::clone)?;
    let mut chosen = Vec::new();
    for item in list.split(',').map(str::trim).filter(|i| !i.is_empty()) {
        let mut hits = known.iter().map(|k| &k.resource).filter(|r| r.is_named(item));
        match (hits.next(), hits.next()) {
            (Some(hit), None) => chosen.push(hit.clone()),
            (Some(_), Some(_)) => {
                let hint = "name it as group/Kind/namespace/name".to_owned();
                return Err(usage(request, format!("`{item}` names several resources"), hint));
            }
            (None, _) => {
                let names = known.iter().map(|k| k.resource.to_string()).collect::<Vec<_>>().join(", ");
                let why = format!("the application has no resource `{item}`");
                return Err(usage(request, why, format!("it has {names}")));
            }
        }
    }
    chosen.sort();
    chosen.dedup();
    Ok(chosen)
}
