//! Questions that planning asks of Argo CD; what cannot be answered is said in the plan and does not end it.

use crate::{
    action::{context::Context, guard, plan::Plan},
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
    let verdicts = ctx.systems.may(app.key.source, permissions.clone()).await.unwrap_or_default();
    let unknown = std::iter::repeat(Verdict::Unknown);
    permissions.into_iter().zip(verdicts.into_iter().chain(unknown)).collect()
}

impl Plan {
    /// Takes rights in; what is denied blocks.
    pub(super) fn with_rights(&mut self, rights: Vec<(Permission, Verdict)>) {
        let denied: Vec<String> = guard::denied(&rights).collect();
        for text in denied {
            self.block(text);
        }
        self.rights.extend(rights);
    }

    /// Says that a question was not answered.
    pub(super) fn unanswered<T: Default>(&mut self, what: &str, answer: Result<T, Fault>) -> T {
        answer.unwrap_or_else(|fault| {
            self.warn(format!("{what} cannot be told: {fault}"));
            T::default()
        })
    }
}
