//! `rollback`: deploys a history entry again, holding automated sync where it is on.
//!
//! Argo CD refuses a rollback while automated sync is on, dry run included; applies without hooks; writes a new
//! history entry with the old revision; and goes on comparing with what the application tracks, so that afterwards
//! the application is OutOfSync wherever git differs. The API does not ask sync windows, the controller does: an
//! operation begun in a shut window hangs.

use futures::{FutureExt, future::BoxFuture, join};

use super::{DEPLOY, ask, draft, flag, is_automated, preview, request as other, text};
use crate::{
    action::{
        context::Context,
        evidence::short,
        pin,
        plan::{Goal, Plan, Request},
        registry::{ParamKind, ParamSpec, Verb, usage},
    },
    model::{
        Answer, Application, Fault, FaultKind, Hold, Kind, Mutation, Query, Revision, Str, Versus,
        text::one_line,
    },
};

/// Deploys a history entry again.
pub struct Rollback;

const PARAMS: &[ParamSpec] = &[
    ParamSpec {
        name: "id",
        kind: ParamKind::Number,
        help: "The history entry; the newest of another revision when not given",
        default: "",
        required: false,
    },
    ParamSpec {
        name: "prune",
        kind: ParamKind::Flag,
        help: "Delete what that revision does not have",
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
];

impl Verb for Rollback {
    fn name(&self) -> &'static str {
        "rollback"
    }

    fn title(&self) -> &'static str {
        "ROLL BACK"
    }

    fn summary(&self) -> &'static str {
        "Deploy an earlier history entry, holding auto-sync where it is on"
    }

    fn applies(&self, kind: Kind) -> bool {
        kind == Kind::Application
    }

    fn params(&self) -> &'static [ParamSpec] {
        PARAMS
    }

    fn plan<'a>(&'a self, ctx: &'a Context<'a>, request: &'a Request) -> BoxFuture<'a, Result<Plan, Fault>> {
        plan(ctx, request).boxed()
    }
}

async fn plan(ctx: &Context<'_>, request: &Request) -> Result<Plan, Fault> {
    let query = Query::History(request.target.clone());
    let (app, history) =
        join!(ctx.application(&request.target), ctx.systems.read(request.target.source, query));
    let app = app?;
    let Answer::History(history) = history? else {
        return Err(ctx.fault(
            FaultKind::Garbled,
            "read history",
            "the connector answered with something else",
        ));
    };
    let entry = entry(request, &app, &history)?;
    let (prune, dry_run) = (flag(request, "prune"), flag(request, "dry-run"));
    let hold = is_automated(&app) && !dry_run;
    let actions: &[&str] = if hold { &["sync", "update"] } else { &["sync"] };
    let (window, diff, tree, rights) = join!(
        ask::shut_window(ctx, &app),
        ask::diff(ctx, &app, Versus::History(entry.entry.clone())),
        ask::tree(ctx, &app),
        ask::rights(ctx, &app, actions)
    );

    let mut plan =
        draft(ctx, request, &app, &[pin::UID, pin::ORIGIN, pin::DEPLOYED, pin::OPERATION, pin::AUTO_SYNC]);
    plan.summary = summary(&app, entry, &history, dry_run);
    plan.block_when_busy(&app);
    if let Some(window) = plan.unanswered("whether a sync window is shut", window) {
        plan.block(format!("sync windows forbid it, and a rollback begun now would hang: {window}"));
    }
    if dry_run && is_automated(&app) {
        plan.block("Argo CD refuses even a dry run of a rollback while auto-sync is on: look at the diff, or hold first");
    }
    plan.with_rights(rights);

    let diff = plan.unanswered("what changes", diff);
    plan.fact("changes", preview::changes(&diff));
    plan.fact_deletes(&preview::deletions(&diff, &[]), prune);
    if let Ok(tree) = &tree {
        plan.fact("affects", preview::affected(tree));
    }
    plan.warn("hooks do not run at a rollback: no migration is undone or done");
    if hold {
        plan.warn_of_owner(&app, "the hold");
    }
    match &app.hold {
        Some(held) if hold => plan.block(format!(
            "{} held auto-sync at {}, yet it is on again: whoever owns the application undid the hold; release what is \
             left of it first",
            held.by,
            held.since.brief()
        )),
        Some(held) => plan.warn(format!(
            "auto-sync is held by {} since {}: {}",
            held.by,
            held.since.brief(),
            held.reason
        )),
        None => {}
    }
    if !dry_run && entry.entry.revision != app.revision {
        plan.fact(
            "note",
            format!(
                "Argo CD will call it OutOfSync: git has {}; done means applied and Healthy",
                short(&app.revision)
            ),
        );
    }
    add_steps(ctx, &mut plan, &app, entry, hold);
    if !dry_run {
        add_undo(&mut plan, &app, hold);
    }
    Ok(plan)
}

fn add_steps(ctx: &Context<'_>, plan: &mut Plan, app: &Application, entry: &Revision, hold: bool) {
    let (prune, dry_run) = (flag(&plan.request, "prune"), flag(&plan.request, "dry-run"));
    let key = app.key.clone();
    let revision = &entry.entry.revision;
    if hold {
        plan.send(
            "hold auto-sync; prune and self-heal stay as they are",
            Mutation::HoldAutoSync {
                app: key.clone(),
                hold: Hold {
                    by: ctx.actor.into(),
                    since: plan.planned,
                    reason: format!("rolled back to id {}", entry.entry.id).into(),
                },
            },
        );
        plan.wait("wait until auto-sync is off", Goal::AutoSync { app: key.clone(), enabled: false });
    }
    let mutation = Mutation::Rollback {
        app: key.clone(),
        id: entry.entry.id,
        revision: Str::clone(revision),
        prune,
        dry_run,
    };
    plan.send(mutation.to_string(), mutation);
    plan.wait("wait until the operation succeeded", Goal::OperationSucceeded { app: key.clone() });
    plan.deadline = DEPLOY;
    if !dry_run {
        let on = short(revision);
        plan.wait(
            format!("wait until {on} is applied and Healthy, at most {} min", DEPLOY.as_secs() / 60),
            Goal::AppSettled { app: key, revision: Some(Str::clone(revision)), synced: false },
        );
    }
}

fn add_undo(plan: &mut Plan, app: &Application, hold: bool) {
    if hold {
        plan.undo = Some(other(&plan.request, "release", &[]));
        let text = format!("release the hold: auto-sync rolls forward to {}", short(&app.revision));
        plan.fact("undo", text);
    } else if let Some(before) = &app.deployed {
        plan.undo = Some(other(&plan.request, "rollback", &[("id", before.id.to_string())]));
        plan.fact("undo", format!("roll forward to id {} · {}", before.id, short(&before.revision)));
    }
}

/// The entry asked for, or the newest of another revision than what is deployed.
fn entry<'a>(request: &Request, app: &Application, history: &'a [Revision]) -> Result<&'a Revision, Fault> {
    let known = || {
        let ids: Vec<String> =
            history.iter().map(|r| format!("{} ({})", r.entry.id, short(&r.entry.revision))).collect();
        format!("the history has {}", if ids.is_empty() { "no entries".to_owned() } else { ids.join(", ") })
    };
    if let Some(id) = text(request, "id") {
        return history
            .iter()
            .find(|r| r.entry.id.to_string() == id)
            .ok_or_else(|| usage(request, format!("there is no history entry {id}"), known()));
    }
    let now = app.deployed.as_ref().map(|d| &d.revision);
    history
        .iter()
        .find(|r| Some(&r.entry.revision) != now)
        .ok_or_else(|| usage(request, "there is no earlier revision to go back to".to_owned(), known()))
}

fn summary(app: &Application, to: &Revision, history: &[Revision], dry_run: bool) -> String {
    let words = |r: &Revision| {
        let tag = r.tags.first().map(|t| format!(" {t}")).unwrap_or_default();
        let mut who: Vec<String> = Vec::new();
        if let Some(date) = r.date {
            who.push(date.brief());
        }
        if !r.author.is_empty() {
            who.push(one_line(r.author_name()).into_owned());
        }
        if !r.message.is_empty() {
            who.push(format!("\"{}\"", one_line(&r.message)));
        }
        let who = if who.is_empty() { String::new() } else { format!(" ({})", who.join(", ")) };
        format!("{}{tag}{who}", short(&r.entry.revision))
    };
    let from = app.deployed.as_ref().map_or_else(
        || "nothing".to_owned(),
        |d| history.iter().find(|r| r.entry.id == d.id).map_or_else(|| short(&d.revision).to_owned(), words),
    );
    let dry = if dry_run { ", dry run" } else { "" };
    format!("from {from}\nto id {} · {}{dry}", to.entry.id, words(to))
}
