//! `kv-delete`: deletes a version of a secret so that it can be brought back.

use futures::{FutureExt, future::BoxFuture};

use super::{draft, newest, other, request, version_of};
use crate::{
    action::{
        context::Context,
        pin,
        plan::{Plan, Request},
        registry::{ParamKind, ParamSpec, Verb},
    },
    model::{Fault, Kind, VaultEdit, VaultItem},
};

/// Deletes a version of a secret.
pub struct KvDelete;

const PARAMS: &[ParamSpec] = &[ParamSpec {
    name: "version",
    kind: ParamKind::Count,
    help: "Which version; the current one when not said",
    default: "",
    required: false,
}];

impl Verb for KvDelete {
    fn name(&self) -> &'static str {
        "kv-delete"
    }

    fn title(&self) -> &'static str {
        "DELETE SECRET VERSION"
    }

    fn summary(&self) -> &'static str {
        "Delete a version of a KV secret; it can be brought back"
    }

    fn applies(&self, kind: Kind) -> bool {
        kind == Kind::Secret
    }

    fn params(&self) -> &'static [ParamSpec] {
        PARAMS
    }

    fn plan<'a>(&'a self, ctx: &'a Context<'a>, request: &'a Request) -> BoxFuture<'a, Result<Plan, Fault>> {
        plan(ctx, request).boxed()
    }
}

async fn plan(ctx: &Context<'_>, asked: &Request) -> Result<Plan, Fault> {
    let item = ctx.vault(&asked.target).await?;
    let VaultItem::Secret(secret) = &item else { return Err(other(asked)) };
    let mut plan = draft(ctx, asked, &item, &[pin::UID, pin::VERSIONS]);
    plan.fact("versions", newest(secret));
    let version = version_of(asked)?.unwrap_or(secret.current);
    plan.summary = format!("version {version} is deleted");
    match secret.versions.get(&version) {
        None => plan.block(format!("there is no version {version}")),
        Some(seen) if seen.destroyed => plan.block(format!("version {version} is destroyed already")),
        Some(seen) if seen.deleted => plan.block(format!("version {version} is deleted already")),
        Some(_) if version == secret.current => {
            plan.warn("it is the current version: who reads the secret gets none until it is written or brought back");
        }
        Some(_) => {}
    }
    plan.reach.deletes.push(format!("version {version} of {}", secret.key));
    plan.change(ctx, &secret.key, VaultEdit::DeleteVersion { version }, "wait until it is deleted").await;
    plan.undo = Some(request(asked, "kv-undelete", &[("version", version.to_string())]));
    plan.fact("undo", "kv-undelete");
    Ok(plan)
}
