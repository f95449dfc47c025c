//! `rotate-root`: has the password changed with which Vault itself enters a database.

use futures::{FutureExt, future::BoxFuture};

use super::{draft, other, rights, text};
use crate::{
    action::{
        context::Context,
        pin,
        plan::{Plan, Request},
        registry::{ParamKind, ParamSpec, Verb},
    },
    model::{Fault, Kind, Mutation, Permission, Str, VaultChange, VaultEdit, VaultItem},
};

/// Rotates the root password of a database connection.
pub struct RotateRoot;

const PARAMS: &[ParamSpec] = &[ParamSpec {
    name: "connection",
    kind: ParamKind::Text,
    help: "The connection of this mount; the role's own when not said",
    default: "",
    required: false,
}];

impl Verb for RotateRoot {
    fn name(&self) -> &'static str {
        "rotate-root"
    }

    fn title(&self) -> &'static str {
        "ROTATE ROOT OF"
    }

    fn summary(&self) -> &'static str {
        "Have the password changed with which Vault enters the database of a static role"
    }

    fn applies(&self, kind: Kind) -> bool {
        kind == Kind::StaticRole
    }

    fn params(&self) -> &'static [ParamSpec] {
        PARAMS
    }

    fn plan<'a>(&'a self, ctx: &'a Context<'a>, request: &'a Request) -> BoxFuture<'a, Result<Plan, Fault>> {
        plan(ctx, request).boxed()
    }
}

async fn plan(ctx: &Context<'_>, request: &Request) -> Result<Plan, Fault> {
    let item = ctx.vault(&request.target).await?;
    let VaultItem::Role { role, connection } = &item else { return Err(other(request)) };
    let connection = text(request, "connection").map_or_else(|| Str::clone(connection), Str::from);
    let mut plan = draft(ctx, request, &item, &[pin::UID]);
    plan.summary = format!("a new password for Vault's own account of the connection {connection}");
    plan.warn("nobody knows the new password: not you, not who set the connection up; it cannot be read");
    plan.warn("whatever else enters the database with that account is locked out");
    plan.fact("affects", format!("{}config/{connection}; leases and roles of it go on", role.key.namespace));
    let edit = VaultEdit::RotateRoot { connection };
    let change = VaultChange { on: role.key.clone(), edit };
    let update = Permission::Vault { path: change.path().into(), capability: "update".into() };
    plan.with_rights(rights(ctx, vec![update]).await);
    plan.reach.changes = 1;
    // Vault answers when the database has taken the password, and tells nowhere afterwards when that was.
    let mutation = Mutation::Vault(Box::new(change));
    plan.send(mutation.to_string(), mutation);
    plan.fact("undo", "none: the old password is refused, the new one is Vault's alone");
    Ok(plan)
}
