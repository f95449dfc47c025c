//! What can be done to Argo CD's applications, and what planning these verbs shares.

mod ask;
mod hard_refresh;
mod hold;
mod preview;
mod refresh;
mod release;
mod rollback;
mod sync;
mod terminate;

use std::time::Duration;

pub use hard_refresh::HardRefresh;
pub use hold::Hold;
pub use refresh::Refresh;
pub use release::Release;
pub use rollback::Rollback;
pub use sync::Sync;
pub use terminate::Terminate;

use super::draft::{flag, request, text};

use crate::{
    action::{
        context::Context,
        plan::{Plan, Request},
        subject::Subject,
    },
    model::{Application, OperationPhase, Owner},
};

/// How long a deployment may take until it is verified.
const DEPLOY: Duration = Duration::from_secs(5 * 60);
/// How long a change to the Application object or a comparison may take.
const TOUCH: Duration = Duration::from_secs(60);

/// A plan with nothing in it yet.
fn draft(ctx: &Context<'_>, request: &Request, app: &Application, pinned: &[&'static str]) -> Plan {
    let subject = Subject::Application(Box::new(app.clone()));
    Plan { deadline: TOUCH, ..Plan::draft(ctx, request, &subject, pinned) }
}

impl Plan {
    /// Blocks when an operation is under way, naming who began it and when.
    fn block_when_busy(&mut self, app: &Application) {
        if let Some(o) = &app.operation
            && matches!(o.phase, OperationPhase::Running | OperationPhase::Terminating)
        {
            self.block(format!(
                "an operation is under way, begun by {} at {}: wait for it, or terminate it",
                o.by,
                o.started.brief()
            ));
        }
    }

    /// Says who will undo a change to the Application object.
    fn warn_of_owner(&mut self, app: &Application, what: &str) {
        match &app.owner {
            Some(Owner::ApplicationSet(name)) => self.warn(format!(
                "the ApplicationSet `{name}` generates this application and undoes {what} when it reconciles, unless \
                 its ignoreApplicationDifferences leaves .spec.syncPolicy alone"
            )),
            Some(Owner::Application(name)) => self.warn(format!(
                "the application `{name}` deploys this one and undoes {what} at its next sync, at once with self-heal"
            )),
            None => {}
        }
    }
}

/// Whether automated sync is on.
fn is_automated(app: &Application) -> bool {
    app.auto_sync.is_some_and(|a| a.enabled)
}
