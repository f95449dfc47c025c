//! Questions that planning asks of Argo CD; what cannot be answered is said in the plan and does not end it.

use crate::{
    action::{catalog::draft, context::Context},
    model::{
        Answer, Application, Fault, FaultKind, Permission, Query, ResourceDiff, ResourceState, Str, TreeNode,
        Verdict, Versus,
    },
};

fn garbled(ctx: &Context<'_>, what: &'static str) -> Fault {
    ctx.fault(FaultKind::Garbled, what, "the connector answered with something else")
}

/// Resources with their state; which git no longer has.
pub(super) async fn resources(ctx: &Context<'_>, app: &Application) -> Result<Vec<ResourceState>, Fault> {
    match ctx.systems.read(app.key.source, Query::Resources(app.key.clone())).await? {
        Answer::Resources(resources) => Ok(resources),
        _ => Err(garbled(ctx, "read resources")),
    }
}

/// What differs from what would be deployed.
pub(super) async fn diff(
    ctx: &Context<'_>,
    app: &Application,
    versus: Versus,
) -> Result<Vec<ResourceDiff>, Fault> {
    match ctx.systems.read(app.key.source, Query::Diff { app: app.key.clone(), versus }).await? {
        Answer::Diff(mut diff) => {
            diff.retain(|d| d.changed);
            Ok(diff)
        }
        _ => Err(garbled(ctx, "read the diff")),
    }
}

/// The resource tree.
pub(super) async fn tree(ctx: &Context<'_>, app: &Application) -> Result<Vec<TreeNode>, Fault> {
    match ctx.systems.read(app.key.source, Query::Tree(app.key.clone())).await? {
        Answer::Tree(tree) => Ok(tree),
        _ => Err(garbled(ctx, "read the resource tree")),
    }
}

/// Sync windows: the one that forbids a sync by hand now, in words.
pub(super) async fn shut_window(ctx: &Context<'_>, app: &Application) -> Result<Option<String>, Fault> {
    match ctx.systems.read(app.key.source, Query::Windows(app.key.clone())).await? {
        Answer::Windows { can_sync: true, .. } => Ok(None),
        Answer::Windows { active, .. } => {
            let shut = active.iter().find(|w| &*w.kind == "deny" && !w.manual_sync);
            Ok(Some(shut.map_or_else(
                || "no allow window is open now".to_owned(),
                |w| {
                    format!(
                        "the deny window `{}` for {} is open and lets no sync by hand pass",
                        w.schedule, w.duration
                    )
                },
            )))
        }
        _ => Err(garbled(ctx, "read sync windows")),
    }
}

/// Asks for rights on the application's project and name, in Argo CD's own words.
pub(super) async fn rights(
    ctx: &Context<'_>,
    app: &Application,
    actions: &[&str],
) -> Vec<(Permission, Verdict)> {
    let permissions: Vec<Permission> = actions
        .iter()
        .map(|action| Permission::ArgoCd {
            resource: "applications".into(),
            action: Str::from(*action),
            object: format!("{}/{}", app.project, app.key.name).into(),
        })
        .collect();
    draft::rights(ctx, permissions).await
}
