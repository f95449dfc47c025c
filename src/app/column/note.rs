//! What stands out about an application, in a few words.

use std::borrow::Cow;

use crate::{
    app::format,
    model::{Application, OperationPhase, Severity, Time},
};

/// The operation, the hold, the drift or the first condition of an application, and how bad that is; empty when all is
/// as usual.
pub fn note(app: &Application, now: Time) -> (Cow<'_, str>, Severity) {
    if let Some(op) = &app.operation {
        match op.phase {
            OperationPhase::Running => {
                return (format!("syncing {}", format::age(now.since(op.started))).into(), Severity::Active);
            }
            OperationPhase::Terminating => return ("terminating".into(), Severity::Active),
            OperationPhase::Failed | OperationPhase::Error => {
                let text = format!("sync failed: {}", format::line(&op.message));
                return (text.into(), Severity::Critical);
            }
            OperationPhase::Succeeded => {}
        }
    }
    if let Some(hold) = &app.hold {
        let text = format!("HELD by {} {}", hold.by, format::age(now.since(hold.since)));
        return (text.into(), Severity::Warning);
    }
    let (create, change, prune) = app.drift;
    if create + change + prune > 0 {
        return (format!("+{create} ~{change} -{prune}").into(), Severity::Warning);
    }
    if let Some(condition) = app.conditions.first() {
        let text = format!("{}: {}", condition.kind, format::line(&condition.message));
        return (text.into(), Severity::Warning);
    }
    let is_automatic = app.auto_sync.as_ref().is_some_and(|auto| auto.enabled);
    (if is_automatic { "" } else { "manual sync" }.into(), Severity::Quiet)
}
