//! What planning an action may use.

use super::{plan::ActionId, port::Systems};
use crate::model::{Answer, Application, Environment, Fault, FaultKind, Key, Query, System};

/// What a verb plans with: the systems to ask, and where and for whom it plans.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The systems.
    pub systems: &'a dyn Systems,
    /// The environment that owns the target.
    pub environment: &'a Environment,
    /// The system that holds the target.
    pub system: &'a System,
    /// Who asks, by the name that others will read.
    pub actor: &'a str,
    /// The id the action will bear; fresh for every plan.
    pub id: ActionId,
}

impl Context<'_> {
    /// A fault of the target's system.
    pub fn fault(&self, kind: FaultKind, what: impl Into<crate::model::Str>, why: impl AsRef<str>) -> Fault {
        Fault::new(kind, self.system.to_string(), what, why)
    }

    /// Reads an application anew.
    pub async fn application(&self, key: &Key) -> Result<Application, Fault> {
        application(self.systems, key).await
    }
}

/// Reads an application anew.
pub(super) async fn application(systems: &dyn Systems, key: &Key) -> Result<Application, Fault> {
    match systems.read(key.source, Query::Application(key.clone())).await? {
        Answer::Application(app) => Ok(*app),
        _ => Err(Fault::new(
            FaultKind::Garbled,
            "vigie",
            format!("read {key}"),
            "the connector answered with something else than an application",
        )),
    }
}
