//! What identifies a target beyond its name, so that what was confirmed is what is changed.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{
    plan::Plan,
    subject::{Alerting, Subject},
};
use crate::model::{
    Application, Fault, FaultKind, KvSecret, KvVersion, ObjectState, OperationPhase, Str, VaultItem,
};

/// The object itself: another with the same name is another thing.
pub const UID: &str = "uid";
/// Where it deploys from: repository, path and what it follows.
pub const ORIGIN: &str = "source";
/// The commit last compared: what a sync deploys.
pub const REVISION: &str = "revision";
/// The newest history entry: what a rollback leaves.
pub const DEPLOYED: &str = "deployed";
/// The operation under way, if any.
pub const OPERATION: &str = "operation";
/// Automated sync and its hold.
pub const AUTO_SYNC: &str = "auto-sync";

/// What is wanted of a Kubernetes object, as its generation counts it.
pub const SPEC: &str = "spec";

/// The leases below a prefix.
pub const LEASES: &str = "leases";
/// The versions of a secret.
pub const VERSIONS: &str = "versions";
/// Whether an alert fires, and what mutes it.
pub const ALERT: &str = "state";
/// When a silence was last changed.
pub const UPDATED: &str = "last change";

/// What the target shows under these names.
pub fn pins(subject: &Subject, names: &[&'static str]) -> BTreeMap<&'static str, Str> {
    names.iter().map(|name| (*name, pin(subject, name))).collect()
}

fn pin(subject: &Subject, name: &str) -> Str {
    match subject {
        Subject::Application(app) => pin_application(app, name),
        Subject::Object(object) => pin_object(object, name),
        Subject::Vault(item) => pin_item(item, name),
        Subject::Alert(seen) => pin_alert(seen),
        Subject::Silence(silence) => format!("at {}", silence.updated).into(),
        Subject::Pods(_) | Subject::Absent => Str::from(""),
    }
}

fn pin_alert(seen: &Alerting) -> Str {
    match &seen.alert {
        None => "no longer firing".into(),
        Some(alert) if alert.silenced_by.is_empty() => "firing".into(),
        Some(alert) => format!("silenced by {}", alert.silenced_by.join(", ")).into(),
    }
}

fn pin_object(object: &ObjectState, name: &str) -> Str {
    match name {
        UID => Str::clone(&object.uid),
        SPEC => format!("generation {}", object.generation).into(),
        _ => Str::from(""),
    }
}

fn pin_item(item: &VaultItem, name: &str) -> Str {
    match (name, item) {
        // Nothing in a Vault has a uid: when it was made tells it from another of its name.
        (UID, VaultItem::Lease(lease)) => lease.issued.to_string().into(),
        (UID, VaultItem::Role { role, connection }) => format!("{} of {connection}", role.username).into(),
        (UID, VaultItem::Token(token)) => token.issued.map_or("".into(), |at| at.to_string().into()),
        (UID, VaultItem::Secret(secret)) => secret.created.to_string().into(),
        (LEASES, VaultItem::Leases(ids)) => format!("{} ({})", ids.len(), digest(ids)).into(),
        (VERSIONS, VaultItem::Secret(secret)) => versions(secret).into(),
        _ => Str::from(""),
    }
}

/// A few letters that tell one set of ids from another.
fn digest(ids: &[Str]) -> String {
    let mut hash = Sha256::new();
    for id in ids {
        hash.update(id.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn versions(secret: &KvSecret) -> String {
    let gone = |wanted: fn(&KvVersion) -> bool| {
        let list = secret.versions.iter().filter(|(_, v)| wanted(v)).map(|(n, _)| n.to_string());
        list.collect::<Vec<_>>().join(",")
    };
    let (deleted, destroyed) = (gone(|v| v.deleted), gone(|v| v.destroyed));
    format!("current {}, deleted [{deleted}], destroyed [{destroyed}]", secret.current)
}

fn pin_application(app: &Application, name: &str) -> Str {
    match name {
        UID => Str::clone(&app.uid),
        ORIGIN => format!("{} {} {}", app.repo, app.path, app.target_revision).into(),
        REVISION => Str::clone(&app.revision),
        DEPLOYED => app.deployed.as_ref().map_or_else(|| "nothing".into(), |d| d.id.to_string().into()),
        OPERATION => match &app.operation {
            Some(o) if matches!(o.phase, OperationPhase::Running | OperationPhase::Terminating) => {
                format!("of {} since {}", o.by, o.started).into()
            }
            _ => "none".into(),
        },
        AUTO_SYNC => {
            let state = match app.auto_sync {
                None => "none",
                Some(a) if a.enabled => "on",
                Some(_) => "off",
            };
            match &app.hold {
                Some(hold) => format!("{state}, held by {} since {}", hold.by, hold.since).into(),
                None => state.into(),
            }
        }
        _ => Str::from(""),
    }
}

/// Whether what was pinned when planning still holds; the fault says what changed.
pub fn check(plan: &Plan, subject: &Subject) -> Result<(), Fault> {
    if *subject == Subject::Absent {
        let what = format!("{} {}", plan.request.verb, plan.request.target);
        let why = format!("{} is gone", plan.request.target);
        return Err(
            Fault::new(FaultKind::NotFound, plan.system.to_string(), what, why).hint("nothing was sent")
        );
    }
    for (name, then) in &plan.pinned {
        let now = pin(subject, name);
        if now != *then {
            let why = if *name == UID {
                format!(
                    "{} was replaced by another of the same name since it was confirmed",
                    plan.request.target
                )
            } else {
                format!("its {name} changed since it was confirmed: was {then}, is {now}")
            };
            let what = format!("{} {}", plan.request.verb, plan.request.target);
            return Err(Fault::new(FaultKind::Conflict, plan.system.to_string(), what, why)
                .hint("nothing was sent; look again and plan anew"));
        }
    }
    Ok(())
}
