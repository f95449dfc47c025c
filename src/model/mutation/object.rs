//! What may be changed in a Kubernetes object, in the words of its API.

use std::fmt;

use crate::model::{Key, ObjectName, Str, Time};

/// One request that changes one object.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectChange {
    /// The object.
    pub object: Key,
    /// Its uid when the change was confirmed; the server refuses the change of another object of the same name.
    pub uid: Str,
    /// The action's id. Patches leave it as the annotation [`ACTION`].
    pub action: Str,
    /// What is changed.
    pub edit: Edit,
}

/// The annotation under which a patched object bears the id of the action that patched it last.
pub const ACTION: &str = "vigie.dev/action";

/// What is changed in an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Replaces every pod by the workload's own strategy: the template's annotation
    /// `kubectl.kubernetes.io/restartedAt` is set, as `kubectl rollout restart` does.
    Restart {
        /// The moment written.
        at: Time,
    },
    /// Sets the number of replicas through the `scale` subresource.
    Scale {
        /// How many.
        replicas: u32,
    },
    /// Puts the pod template of an older revision back, as `kubectl rollout undo` does.
    Undo {
        /// The `ReplicaSet` or `ControllerRevision` that holds it.
        from: Str,
        /// Its revision.
        revision: u64,
    },
    /// Sets the image of one container of the pod template.
    Image {
        /// The container.
        container: Str,
        /// The image.
        image: Str,
    },
    /// Deletes it.
    Delete {
        /// What becomes of what it owns.
        propagation: Propagation,
        /// Seconds that pods are given to end; their own when absent.
        grace: Option<u32>,
    },
    /// Evicts a pod: deletes it unless a disruption budget forbids.
    Evict,
    /// Says whether new pods may be placed on a node.
    Cordon {
        /// `true`: they may not.
        on: bool,
    },
    /// Runs a cron job now, as `kubectl create job --from` does.
    Trigger {
        /// The name of the job made.
        job: Str,
    },
}

/// What becomes of the objects that a deleted object owns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Propagation {
    /// They are deleted after it.
    #[default]
    Background,
    /// They are deleted before it.
    Foreground,
    /// They stay.
    Orphan,
}

impl Propagation {
    /// As the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Background => "Background",
            Self::Foreground => "Foreground",
            Self::Orphan => "Orphan",
        }
    }
}

impl std::str::FromStr for Propagation {
    type Err = String;

    /// Reads the API's word in any case.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        [Self::Background, Self::Foreground, Self::Orphan]
            .into_iter()
            .find(|p| p.name().eq_ignore_ascii_case(s.trim()))
            .ok_or_else(|| format!("`{s}` is neither background, foreground nor orphan"))
    }
}

impl fmt::Display for ObjectChange {
    /// The request without the API's prefix: `PATCH deployments/cart in shop {…}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (method, sub) = match &self.edit {
            Edit::Restart { .. } | Edit::Undo { .. } | Edit::Image { .. } | Edit::Cordon { .. } => {
                ("PATCH", "")
            }
            Edit::Scale { .. } => ("PATCH", "/scale"),
            Edit::Delete { .. } => ("DELETE", ""),
            Edit::Evict => ("POST", "/eviction"),
            Edit::Trigger { .. } => ("POST jobs of", ""),
        };
        write!(f, "{method} {}/{}{sub}", resource(&self.object), self.object.title())?;
        if !self.object.namespace.is_empty() {
            write!(f, " in {}", self.object.namespace)?;
        }
        match &self.edit {
            Edit::Restart { at } => write!(f, " {{template.restartedAt: {}}}", at.rfc3339()),
            Edit::Scale { replicas } => write!(f, " {{replicas: {replicas}}}"),
            Edit::Undo { from, revision } => write!(f, " {{template: of {from}, revision {revision}}}"),
            Edit::Image { container, image } => write!(f, " {{{container}: {image}}}"),
            Edit::Delete { propagation, grace } => {
                write!(f, " {{propagationPolicy: {}", propagation.name())?;
                grace.map_or(Ok(()), |s| write!(f, ", gracePeriodSeconds: {s}"))?;
                f.write_str("}")
            }
            Edit::Evict => Ok(()),
            Edit::Cordon { on } => write!(f, " {{unschedulable: {on}}}"),
            Edit::Trigger { job } => write!(f, " {{name: {job}}}"),
        }
    }
}

/// The plural by which the API knows the object's kind.
fn resource(object: &Key) -> String {
    ObjectName::of(object).map_or_else(|| format!("{}s", object.kind), |name| name.plural.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Kind, Source};

    #[test]
    fn requests_read_as_the_api_has_them() {
        let said = |kind, namespace: &str, name: &str, edit| {
            let object = Key::new(Source(0), kind, namespace, name);
            ObjectChange { object, uid: "u".into(), action: "a".into(), edit }.to_string()
        };
        assert_eq!(
            said(Kind::Deployment, "shop", "cart", Edit::Scale { replicas: 3 }),
            "PATCH deployments/cart/scale in shop {replicas: 3}"
        );
        assert_eq!(
            said(Kind::Node, "", "n1", Edit::Cordon { on: true }),
            "PATCH nodes/n1 {unschedulable: true}"
        );
        let delete = Edit::Delete { propagation: Propagation::Orphan, grace: Some(0) };
        assert_eq!(
            said(Kind::Object, "shop", "ingresses.v1.networking.k8s.io/web", delete),
            "DELETE ingresses/web in shop {propagationPolicy: Orphan, gracePeriodSeconds: 0}"
        );
    }

    #[test]
    fn propagations_read_back() {
        assert_eq!("foreground".parse(), Ok(Propagation::Foreground));
        assert!("sideways".parse::<Propagation>().is_err());
    }
}
