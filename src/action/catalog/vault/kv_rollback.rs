//! `kv-rollback`: writes the content of an older version of a secret anew, as `vault kv rollback` does.

use futures::{FutureExt, future::BoxFuture};

use super::{draft, moment, newest, other, request, rights, version_of};
use crate::{
    action::{
        context::Context,
        pin,
        plan::{Plan, Request},
        registry::{ParamKind, ParamSpec, Verb},
    },
    model::{Fault, Kind, KvSecret, Permission, VaultEdit, VaultItem},
};

/// Rolls a secret back.
pub struct KvRollback;

const PARAMS: &[ParamSpec] = &[ParamSpec {
    name: "version",
    kind: ParamKind::Count,
    help: "The version whose content comes back; the one before the current when not said",
    default: "",
    required: false,
}];

impl Verb for KvRollback {
    fn name(&self) -> &'static str {
        "kv-rollback"
    }

    fn title(&self) -> &'static str {
        "ROLL BACK SECRET"
    }

    fn summary(&self) -> &'static str {
        "Write the content of an older version of a KV secret anew, without showing it"
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
    let from = version_of(asked)?.unwrap_or_else(|| before(secret));
    let (now, cas) = (ctx.systems.now(), secret.current);
    plan.summary = format!("the content of version {from} as version {}", cas + 1);
    match secret.versions.get(&from) {
        _ if from == cas => plan.block(format!("version {from} is the current one")),
        None if from == 0 => plan.block("there is no older version that could come back"),
        None => plan.block(format!("there is no version {from}")),
        Some(version) if version.destroyed => plan.block(format!("version {from} is destroyed")),
        Some(version) if version.deleted => {
            plan.block(format!("version {from} is deleted: bring it back first (kv-undelete)"));
        }
        Some(version) => plan.fact("written", moment(version.created, now)),
    }
    plan.warn("the values are not shown; consumers get them when they read the secret again");
    let read = Permission::Vault {
        path: format!("{}data/{}", secret.key.namespace, secret.key.name).into(),
        capability: "read".into(),
    };
    plan.with_rights(rights(ctx, vec![read]).await);
    let wait = "wait until the new version has that content";
    plan.change(ctx, &secret.key, VaultEdit::Restore { from, cas }, wait).await;
    if secret.versions.get(&cas).is_some_and(|v| !v.deleted && !v.destroyed) {
        plan.undo = Some(request(asked, "kv-rollback", &[("version", cas.to_string())]));
        plan.fact("undo", format!("kv-rollback to version {cas}"));
    } else {
        plan.fact("undo", format!("kv-delete of version {}", cas + 1));
        plan.undo = Some(request(asked, "kv-delete", &[("version", (cas + 1).to_string())]));
    }
    Ok(plan)
}

/// The newest version before the current one that has a content; zero when there is none.
fn before(secret: &KvSecret) -> u64 {
    let older = secret.versions.range(..secret.current);
    older.rev().find(|(_, v)| !v.deleted && !v.destroyed).map_or(0, |(number, _)| *number)
}
