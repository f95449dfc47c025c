//! What an action looks at: its target as the system holds it now.

use super::{plan::Goal, port::Systems, sign::Sign};
use crate::model::{
    Alert, Answer, Application, Fault, FaultKind, Key, Kind, NodePod, ObjectState, Query, Silence, VaultItem,
};

/// An alert, if it still fires, and what else its Alertmanager holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Alerting {
    /// The alert; none when it no longer fires.
    pub alert: Option<Alert>,
    /// All alerts.
    pub alerts: Vec<Alert>,
    /// All silences, ended ones too.
    pub silences: Vec<Silence>,
}

/// A target, read anew.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// An Argo CD application.
    Application(Box<Application>),
    /// A Kubernetes object.
    Object(Box<ObjectState>),
    /// Pods of a node.
    Pods(Vec<NodePod>),
    /// Something in a Vault.
    Vault(Box<VaultItem>),
    /// An alert.
    Alert(Box<Alerting>),
    /// A silence.
    Silence(Box<Silence>),
    /// It does not exist.
    Absent,
}

impl Subject {
    /// Reads what a key names.
    ///
    /// # Errors
    /// Whatever keeps it from being read; that it does not exist is no error.
    pub async fn read(systems: &dyn Systems, key: &Key) -> Result<Self, Fault> {
        let query = match key.kind {
            Kind::Application => Query::Application(key.clone()),
            Kind::Lease | Kind::StaticRole | Kind::Token | Kind::Secret => Query::VaultItem(key.clone()),
            Kind::Alert => Query::Alerts(key.source),
            Kind::Silence => Query::Silence(key.clone()),
            _ => Query::Object(key.clone()),
        };
        Self::ask(systems, key, query).await
    }

    /// Reads what a goal is about.
    pub(super) async fn of_goal(systems: &dyn Systems, goal: &Goal) -> Result<Self, Fault> {
        match goal {
            Goal::Drained { node } => Self::ask(systems, node, Query::Drain(node.clone())).await,
            Goal::Vault { on, sign } => Self::of_sign(systems, on, sign).await,
            goal => Self::read(systems, goal.target()).await,
        }
    }

    /// Reads what a change to a Vault shows in: for a version that was restored, its content too.
    pub(super) async fn of_sign(systems: &dyn Systems, key: &Key, sign: &Sign) -> Result<Self, Fault> {
        let mut subject = Self::read(systems, key).await?;
        if let (Sign::Restored { from, version }, Self::Vault(item)) = (sign, &mut subject)
            && let VaultItem::Secret(secret) = &mut **item
            && secret.versions.contains_key(version)
        {
            let query = Query::SameVersions { key: key.clone(), versions: (*from, *version) };
            if let Answer::Holds(same) = systems.read(key.source, query).await? {
                secret.same = Some(same);
            }
        }
        Ok(subject)
    }

    async fn ask(systems: &dyn Systems, key: &Key, query: Query) -> Result<Self, Fault> {
        match systems.read(key.source, query).await {
            Ok(Answer::Application(app)) => Ok(Self::Application(app)),
            Ok(Answer::Object(object)) => Ok(Self::Object(object)),
            Ok(Answer::Drain(pods)) => Ok(Self::Pods(pods)),
            Ok(Answer::VaultItem(item)) => Ok(Self::Vault(item)),
            Ok(Answer::Silence(silence)) => Ok(Self::Silence(silence)),
            Ok(Answer::Alerts(alerts, silences)) => {
                let alert = alerts.iter().find(|a| a.key == *key).cloned();
                Ok(Self::Alert(Box::new(Alerting { alert, alerts, silences })))
            }
            Ok(_) => Err(Fault::new(
                FaultKind::Garbled,
                "vigie",
                format!("read {key}"),
                "the connector answered with something else",
            )),
            Err(fault) if fault.kind == FaultKind::NotFound => Ok(Self::Absent),
            Err(fault) => Err(fault),
        }
    }

    /// The application, if it is one.
    pub fn application(&self) -> Option<&Application> {
        match self {
            Self::Application(app) => Some(app),
            _ => None,
        }
    }

    /// The object, if it is one.
    pub fn object(&self) -> Option<&ObjectState> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }
}
