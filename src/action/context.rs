//! What planning an action may use.

use super::{
    plan::ActionId,
    port::Systems,
    subject::{Alerting, Subject},
};
use crate::model::{
    Alert, Application, Environment, Fault, FaultKind, Key, ObjectState, Silence, System, VaultItem,
};

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
        match Subject::read(self.systems, key).await? {
            Subject::Application(app) => Ok(*app),
            _ => Err(self.absent(key)),
        }
    }

    /// Reads a Kubernetes object anew.
    pub async fn object(&self, key: &Key) -> Result<ObjectState, Fault> {
        match Subject::read(self.systems, key).await? {
            Subject::Object(object) => Ok(*object),
            _ => Err(self.absent(key)),
        }
    }

    /// Reads something in a Vault anew.
    pub async fn vault(&self, key: &Key) -> Result<VaultItem, Fault> {
        match Subject::read(self.systems, key).await? {
            Subject::Vault(item) => Ok(*item),
            _ => Err(self.absent(key)),
        }
    }

    /// Reads an alert anew, with what else its Alertmanager holds.
    pub async fn alert(&self, key: &Key) -> Result<(Alert, Alerting), Fault> {
        match Subject::read(self.systems, key).await? {
            Subject::Alert(seen) => match &seen.alert {
                Some(alert) => Ok((alert.clone(), *seen)),
                None => Err(self.absent(key)),
            },
            _ => Err(self.absent(key)),
        }
    }

    /// Reads a silence anew.
    pub async fn silence(&self, key: &Key) -> Result<Silence, Fault> {
        match Subject::read(self.systems, key).await? {
            Subject::Silence(silence) => Ok(*silence),
            _ => Err(self.absent(key)),
        }
    }

    fn absent(&self, key: &Key) -> Fault {
        self.fault(FaultKind::NotFound, format!("read {key}"), format!("there is no {key} any more"))
    }
}
