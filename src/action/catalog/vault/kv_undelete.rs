//! `kv-undelete`: brings a deleted version of a secret back.

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

/// Brings a version of a secret back.
pub struct KvUndelete;

const PARAMS: &[ParamSpec] = &[ParamSpec {
    name: "version",
    kind: ParamKind::Count,
    help: "Which version; the newest deleted one when not said",
    default: "",
    required: false,
}];

impl Verb for KvUndelete {
    fn name(&self) -> &'static str {
        "kv-undelete"
    }

    fn title(&self) -> &'static str {
        "BRING SECRET VERSION BACK"
    }

    fn summary(&self) -> &'static str {
        "Bring a deleted version of a KV secret back"
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
    let newest = secret.versions.iter().rev().find(|(_, v)| v.deleted && !v.destroyed);
    let Some(version) = version_of(asked)?.or(newest.map(|(number, _)| *number)) else {
        "nothing is deleted".clone_into(&mut plan.summary);
        plan.block("no version of it is deleted");
        return Ok(plan);
    };
    plan.summary = format!("version {version} is there again");
    match secret.versions.get(&version) {
        None => plan.block(format!("there is no version {version}")),
        Some(seen) if seen.destroyed => plan.block(format!("version {version} is destroyed for good")),
        Some(seen) if !seen.deleted => plan.block(format!("version {version} is not deleted")),
        Some(_) => {}
    }
    plan.fact(
        "affects",
        if version == secret.current {
            "who reads the secret gets this version again"
        } else {
            "only who asks for this version: it is not the current one"
        },
    );
    plan.change(ctx, &secret.key, VaultEdit::UndeleteVersion { version }, "wait until it is there").await;
    plan.undo = Some(request(asked, "kv-delete", &[("version", version.to_string())]));
    plan.fact("undo", format!("kv-delete of version {version}"));
    Ok(plan)
}
