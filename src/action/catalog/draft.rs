//! What making any plan shares.

use std::time::Duration;

use crate::{
    action::{
        context::Context,
        guard, pin,
        plan::{Call, Goal, Obstacle, Plan, Reach, Request, Step},
        subject::Subject,
    },
    model::{Fault, Mutation, Permission, Verdict},
};

/// How long a goal may take when a verb does not say.
const DEADLINE: Duration = Duration::from_secs(60);

impl Plan {
    /// A plan with nothing in it yet.
    pub(super) fn draft(
        ctx: &Context<'_>,
        request: &Request,
        subject: &Subject,
        pinned: &[&'static str],
    ) -> Self {
        Self {
            id: ctx.id,
            request: request.clone(),
            name: request.target.name.to_string(),
            environment: ctx.environment.clone(),
            system: ctx.system.clone(),
            pinned: pin::pins(subject, pinned),
            summary: String::new(),
            steps: Vec::new(),
            facts: Vec::new(),
            reach: Reach::default(),
            rights: Vec::new(),
            obstacles: Vec::new(),
            undo: None,
            deadline: DEADLINE,
            planned: ctx.systems.now(),
        }
    }

    /// Adds a step that sends.
    pub(super) fn send(&mut self, title: impl Into<String>, mutation: Mutation) {
        self.steps.push(Step { title: title.into(), call: Call::Send(mutation) });
    }

    /// Adds a step that waits.
    pub(super) fn wait(&mut self, title: impl Into<String>, goal: Goal) {
        self.steps.push(Step { title: title.into(), call: Call::Await(goal) });
    }

    /// Adds what forbids it.
    pub(super) fn block(&mut self, text: impl Into<String>) {
        self.obstacles.push(Obstacle { blocks: true, text: text.into() });
    }

    /// Adds what should be known before.
    pub(super) fn warn(&mut self, text: impl Into<String>) {
        self.obstacles.push(Obstacle { blocks: false, text: text.into() });
    }

    /// Adds a fact.
    pub(super) fn fact(&mut self, name: &'static str, value: impl Into<String>) {
        self.facts.push((name, value.into()));
    }

    /// Takes rights in; what is denied blocks.
    pub(super) fn with_rights(&mut self, rights: Vec<(Permission, Verdict)>) {
        let denied: Vec<String> = guard::denied(&rights).collect();
        for text in denied {
            self.block(text);
        }
        self.rights.extend(rights);
    }

    /// Says that a question was not answered.
    pub(super) fn unanswered<T: Default>(&mut self, what: &str, answer: Result<T, Fault>) -> T {
        answer.unwrap_or_else(|fault| {
            self.warn(format!("{what} cannot be told: {fault}"));
            T::default()
        })
    }
}

/// Asks a system for rights, in its own words; what it does not answer is unknown.
pub(super) async fn rights(ctx: &Context<'_>, permissions: Vec<Permission>) -> Vec<(Permission, Verdict)> {
    let verdicts = ctx.systems.may(ctx.system.source, permissions.clone()).await.unwrap_or_default();
    let unknown = std::iter::repeat(Verdict::Unknown);
    permissions.into_iter().zip(verdicts.into_iter().chain(unknown)).collect()
}

/// A request of another verb on the same target.
pub(super) fn request(of: &Request, verb: &'static str, params: &[(&'static str, String)]) -> Request {
    Request { verb, target: of.target.clone(), params: params.iter().cloned().collect() }
}

/// Whether a flag is set.
pub(super) fn flag(request: &Request, name: &str) -> bool {
    request.params.get(name).is_some_and(|v| v == "true")
}

/// A parameter that is given and not empty.
pub(super) fn text<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.params.get(name).map(|v| v.trim()).filter(|v| !v.is_empty())
}
