//! What can be done to objects of a cluster, and what planning these verbs shares.

mod cordon;
mod delete;
mod drain;
mod evict;
mod restart;
mod rollout_undo;
mod scale;
mod set_image;
mod trigger;

use std::time::Duration;

pub use cordon::{Cordon, Uncordon};
pub use delete::Delete;
pub use drain::Drain;
pub use evict::Evict;
pub use restart::Restart;
pub use rollout_undo::RolloutUndo;
pub use scale::Scale;
pub use set_image::SetImage;
pub use trigger::Trigger;

use super::draft::{flag, request, rights, text};
use crate::{
    action::{
        context::Context,
        pin,
        plan::{Plan, Request},
        registry::usage,
        subject::Subject,
    },
    model::{Edit, Fault, Kind, Mutation, ObjectChange, ObjectName, ObjectState, Permission, Str},
};

/// How long a rollout may take until it is verified.
const ROLLOUT: Duration = Duration::from_secs(10 * 60);
/// How long the end of a pod may take.
const ENDING: Duration = Duration::from_secs(2 * 60);

/// Kinds whose pods are replaced by a rollout.
const fn rolls(kind: Kind) -> bool {
    matches!(kind, Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet)
}

/// A plan about an object with nothing in it yet. Its uid is always pinned, and what is wanted of it where asked.
fn draft(ctx: &Context<'_>, request: &Request, object: &ObjectState, spec: bool) -> Plan {
    let pinned: &[_] = if spec { &[pin::UID, pin::SPEC] } else { &[pin::UID] };
    Plan::draft(ctx, request, &Subject::Object(Box::new(object.clone())), pinned)
}

/// One change to the object.
fn change(ctx: &Context<'_>, object: &ObjectState, edit: Edit) -> Mutation {
    Mutation::Object(Box::new(ObjectChange {
        object: object.key.clone(),
        uid: Str::clone(&object.uid),
        action: ctx.id.to_string().into(),
        edit,
    }))
}

/// The right to do something to this object.
fn right(object: &ObjectState, verb: &str, subresource: &str) -> Permission {
    let key = &object.key;
    let (group, resource) = match (ObjectName::of(key), key.kind) {
        (Some(name), _) => (name.group.to_owned(), name.plural.to_owned()),
        (None, Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicaSet) => {
            ("apps".to_owned(), format!("{}s", key.kind))
        }
        (None, Kind::Job) => ("batch".to_owned(), "jobs".to_owned()),
        (None, kind) => (String::new(), format!("{kind}s")),
    };
    Permission::Kubernetes {
        verb: verb.into(),
        group: group.into(),
        resource: resource.into(),
        subresource: subresource.into(),
        namespace: Str::clone(&key.namespace),
        name: key.title().into(),
    }
}

/// A parameter that is a whole number.
fn number(request: &Request, name: &str) -> Result<Option<u32>, Fault> {
    let Some(given) = text(request, name) else { return Ok(None) };
    let wrong =
        |_| usage(request, format!("`{name}` is `{given}`"), "it takes a whole number, 0 or more".into());
    given.parse().map(Some).map_err(wrong)
}

/// `1 pod`, `3 pods`.
fn pods(count: u32) -> String {
    if count == 1 { "1 pod".to_owned() } else { format!("{count} pods") }
}

impl Plan {
    /// Blocks what is on its way out.
    fn block_when_deleted(&mut self, object: &ObjectState) {
        if object.deleting {
            self.block("it is being deleted already");
        }
    }

    /// Says that git brings back what is changed here.
    fn warn_of_gitops(&mut self, object: &ObjectState, what: &str) {
        if let Some(app) = &object.application {
            self.warn(format!(
                "the Argo CD application `{app}` owns it: {what} at its next sync, at once with self-heal"
            ));
        }
    }

    /// Says that its controller brings back what is changed here.
    fn warn_of_controller(&mut self, object: &ObjectState, what: &str) {
        if let Some((kind, name)) = &object.controller {
            self.warn(format!("{kind} {name} controls it and {what}"));
        }
    }
}
