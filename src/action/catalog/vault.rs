//! What can be done in a Vault, and what planning these verbs shares.

mod kv_delete;
mod kv_rollback;
mod kv_undelete;
mod renew;
mod renew_token;
mod revoke;
mod revoke_prefix;
mod revoke_token;
mod rotate;
mod rotate_root;

use std::time::Duration;

pub use kv_delete::KvDelete;
pub use kv_rollback::KvRollback;
pub use kv_undelete::KvUndelete;
pub use renew::Renew;
pub use renew_token::RenewToken;
pub use revoke::Revoke;
pub use revoke_prefix::RevokePrefix;
pub use revoke_token::RevokeToken;
pub use rotate::Rotate;
pub use rotate_root::RotateRoot;

use super::draft::{request, rights, text};
use crate::{
    action::{
        context::Context,
        plan::{Goal, Plan, Request},
        registry::usage,
        sign::Sign,
        subject::Subject,
    },
    model::{Fault, Key, KvSecret, KvVersion, Mutation, Permission, Time, VaultChange, VaultEdit, VaultItem},
};

/// A plan about something in a Vault with nothing in it yet.
fn draft(ctx: &Context<'_>, request: &Request, item: &VaultItem, pinned: &[&'static str]) -> Plan {
    Plan::draft(ctx, request, &Subject::Vault(Box::new(item.clone())), pinned)
}

/// A thing in a Vault that is not what the verb is for.
fn other(request: &Request) -> Fault {
    usage(request, "it is something else than this can be done to".to_owned(), String::new())
}

/// A parameter that is a whole number.
fn number(request: &Request, name: &str) -> Result<Option<u32>, Fault> {
    let Some(given) = text(request, name) else { return Ok(None) };
    let wrong =
        |_| usage(request, format!("`{name}` is `{given}`"), "it takes a whole number, 0 or more".into());
    given.parse().map(Some).map_err(wrong)
}

/// The version of a secret that is asked for.
fn version_of(request: &Request) -> Result<Option<u64>, Fault> {
    Ok(number(request, "version")?.map(u64::from))
}

/// The newest versions and what became of them: `7 current, 6, 5 deleted, 4 and 3 older`.
fn newest(secret: &KvSecret) -> String {
    const NAMED: usize = 5;
    let said = |(number, version): (&u64, &KvVersion)| {
        let state = match () {
            () if version.destroyed => " destroyed",
            () if version.deleted => " deleted",
            () if *number == secret.current => " current",
            () => "",
        };
        format!("{number}{state}")
    };
    let named = secret.versions.iter().rev().take(NAMED).map(said).collect::<Vec<_>>().join(", ");
    match secret.versions.len().saturating_sub(NAMED) {
        0 => named,
        older => format!("{named} and {older} older"),
    }
}

impl Plan {
    /// Adds the one request, the right that it takes, and the wait for its sign.
    async fn change(&mut self, ctx: &Context<'_>, on: &Key, edit: VaultEdit, wait: &str) {
        let sign = Sign::of(&edit);
        let change = VaultChange { on: on.clone(), edit };
        let update = Permission::Vault { path: change.path().into(), capability: "update".into() };
        self.with_rights(rights(ctx, vec![update]).await);
        let mutation = Mutation::Vault(Box::new(change));
        self.send(mutation.to_string(), mutation);
        self.wait(wait, Goal::Vault { on: on.clone(), sign });
        self.reach.changes = 1;
    }
}

/// A moment and how far it is: `at 2026-11-26T03:14:05Z, in 12 min`.
fn moment(at: Time, now: Time) -> String {
    let said = at.rfc3339();
    if at > now {
        return format!("at {said}, in {}", span(at.since(now)));
    }
    format!("at {said}, {} ago", span(now.since(at)))
}

/// A length of time in its two largest units: `45 s`, `12 min`, `2 h 10 min`, `31 d 4 h`.
fn span(length: Duration) -> String {
    let (secs, unit) = (length.as_secs(), |n: u64, unit: &str| format!("{n} {unit}"));
    let two = |large: String, small: u64, name: &str| match small {
        0 => large,
        n => format!("{large} {}", unit(n, name)),
    };
    match secs {
        0..60 => unit(secs, "s"),
        60..3_600 => two(unit(secs / 60, "min"), if secs < 600 { secs % 60 } else { 0 }, "s"),
        3_600..86_400 => two(unit(secs / 3_600, "h"), secs / 60 % 60, "min"),
        _ => two(unit(secs / 86_400, "d"), secs / 3_600 % 24, "h"),
    }
}

/// Whether a lease is that of a token: only the token itself is renewed.
fn is_of_token(id: &str) -> bool {
    id.starts_with("auth/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_in_two_units_at_most() {
        let said = |secs| span(Duration::from_secs(secs));
        assert_eq!(said(45), "45 s");
        assert_eq!(said(100), "1 min 40 s");
        assert_eq!(said(2_099), "34 min");
        assert_eq!(said(7_800), "2 h 10 min");
        assert_eq!(said(7_200), "2 h");
        assert_eq!(said(2_764_800), "32 d");
    }
}
