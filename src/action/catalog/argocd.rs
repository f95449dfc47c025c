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

use crate::{
    action::{
        context::Context,
        pin,
        plan::{Call, Goal, Obstacle, Plan, Reach, Request, Step},
    },
    model::{Application, Mutation, OperationPhase, Owner},
};

/// How long a deployment may take until it is verified.
const DEPLOY: Duration = Duration::from_secs(5 * 60);
/// How long a change to the Application object or a comparison may take.
const TOUCH: Duration = Duration::from_secs(60);

/// A plan with nothing in it yet.
fn draft(ctx: &Context<'_>, request: &Request, app: &Application, pinned: &[&'static str]) -> Plan {
    Plan {
        id: ctx.id,
        request: request.clone(),
        environment: ctx.environment.clone(),
        system: ctx.system.clone(),
        pinned: pin::pins(app, pinned),
        summary: String::new(),
        steps: Vec::new(),
        facts: Vec::new(),
        reach: Reach::default(),
        rights: Vec::new(),
        obstacles: Vec::new(),
        undo: None,
        deadline: TOUCH,
        planned: ctx.systems.now(),
    }
}

impl Plan {
    fn send(&mut self, title: impl Into<String>, mutation: Mutation) {
        self.steps.push(Step { title: title.into(), call: Call::Send(mutation) });
    }

    fn wait(&mut self, title: impl Into<String>, goal: Goal) {
        self.steps.push(Step { title: title.into(), call: Call::Await(goal) });
    }

    fn block(&mut self, text: impl Into<String>) {
        self.obstacles.push(Obstacle { blocks: true, text: text.into() });
    }

    fn warn(&mut self, text: impl Into<String>) {
        self.obstacles.push(Obstacle { blocks: false, text: text.into() });
    }

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

/// A request of another verb on the same target.
fn request(of: &Request, verb: &'static str, params: &[(&'static str, String)]) -> Request {
    Request { verb, target: of.target.clone(), params: params.iter().cloned().collect() }
}

/// Whether a flag is set.
fn flag(request: &Request, name: &str) -> bool {
    request.params.get(name).is_some_and(|v| v == "true")
}

/// A parameter that is given and not empty.
fn text<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.params.get(name).map(|v| v.trim()).filter(|v| !v.is_empty())
}

/// Whether automated sync is on.
fn is_automated(app: &Application) -> bool {
    app.auto_sync.is_some_and(|a| a.enabled)
}
