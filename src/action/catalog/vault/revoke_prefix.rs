//! `revoke-prefix`: takes back all leases below a path.

use futures::{FutureExt, future::BoxFuture};

use super::{draft, number, other, revoke::role_of, rights};
use crate::{
    action::{
        context::Context,
        pin,
        plan::{Plan, Request},
        registry::{ParamKind, ParamSpec, Verb},
    },
    model::{Fault, Key, Kind, Permission, Str, VaultEdit, VaultItem},
};

/// The most leases that one action takes back: all their names go on the record.
const MOST: usize = 1000;
/// How many of them the sheet names.
const NAMED: usize = 8;

/// Revokes all leases below a path.
pub struct RevokePrefix;

const PARAMS: &[ParamSpec] = &[ParamSpec {
    name: "count",
    kind: ParamKind::Count,
    help: "How many leases go: the number that the plan names",
    default: "",
    required: true,
}];

impl Verb for RevokePrefix {
    fn name(&self) -> &'static str {
        "revoke-prefix"
    }

    fn title(&self) -> &'static str {
        "REVOKE ALL BELOW"
    }

    fn summary(&self) -> &'static str {
        "Take back all leases below a path, such as all of a role"
    }

    fn applies(&self, kind: Kind) -> bool {
        kind == Kind::Lease
    }

    fn aim(&self, row: Key) -> Key {
        let prefix = format!("{}/", role_of(&row.name));
        Key { name: prefix.into(), ..row }
    }

    fn params(&self) -> &'static [ParamSpec] {
        PARAMS
    }

    fn plan<'a>(&'a self, ctx: &'a Context<'a>, request: &'a Request) -> BoxFuture<'a, Result<Plan, Fault>> {
        plan(ctx, request).boxed()
    }
}

async fn plan(ctx: &Context<'_>, request: &Request) -> Result<Plan, Fault> {
    if !request.target.name.ends_with('/') {
        return Err(other(request));
    }
    let item = ctx.vault(&request.target).await?;
    let VaultItem::Leases(ids) = &item else { return Err(other(request)) };
    let given = number(request, "count")?;
    let mut plan = draft(ctx, request, &item, &[pin::LEASES]);
    let all = ids.len();
    plan.summary = if all == 1 { "1 lease goes".to_owned() } else { format!("{all} leases go") };
    plan.fact("deletes", named(ids, &request.target.name));
    plan.reach.deletes = ids.iter().map(|id| format!("lease {id}")).collect();
    plan.warn("whoever holds one loses the credential at once; one issued meanwhile goes too");
    if request.target.name.starts_with("auth/") {
        plan.warn("these are tokens: what was made with them goes too");
    }
    match given {
        _ if all > MOST => plan.block(format!("more than {MOST} at once: choose a longer path")),
        None => plan.block(format!("say how many go: {all}")),
        Some(count) if count as usize != all => {
            plan.block(format!("{all} leases are below {}, not {count}", request.target.name));
        }
        Some(_) => {}
    }
    let sudo = Permission::Vault {
        path: format!("sys/leases/revoke-prefix/{}", request.target.name.trim_end_matches('/')).into(),
        capability: "sudo".into(),
    };
    plan.with_rights(rights(ctx, vec![sudo]).await);
    plan.change(ctx, &request.target, VaultEdit::Revoke, "wait until all of them are gone").await;
    plan.fact("undo", "none: new ones have to be asked for");
    Ok(plan)
}

/// The first few by the end of their id.
fn named(ids: &[Str], prefix: &str) -> String {
    let short = |id: &Str| id.strip_prefix(prefix).unwrap_or(id).to_owned();
    let first = ids.iter().take(NAMED).map(short).collect::<Vec<_>>().join(", ");
    match ids.len().checked_sub(NAMED) {
        Some(more) if more > 0 => format!("{first} and {more} more"),
        _ => first,
    }
}
