//! What identifies a target beyond its name, so that what was confirmed is what is changed.

use std::collections::BTreeMap;

use super::plan::Plan;
use crate::model::{Application, Fault, FaultKind, OperationPhase, Str};

/// The Application object itself: another with the same name is another application.
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

/// What an application shows under these names.
pub fn pins(app: &Application, names: &[&'static str]) -> BTreeMap<&'static str, Str> {
    names.iter().map(|name| (*name, pin(app, name))).collect()
}

fn pin(app: &Application, name: &str) -> Str {
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
pub fn check(plan: &Plan, app: &Application) -> Result<(), Fault> {
    for (name, then) in &plan.pinned {
        let now = pin(app, name);
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
